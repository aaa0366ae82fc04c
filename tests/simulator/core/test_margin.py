"""Margin numbers: Bybit's worked examples, tiers, hedged pairs."""

from decimal import Decimal
from fractions import Fraction

import pytest

from gridtrader.simulator.core.margin import OrderTerms
from tests.simulator.core.venue import BTC, LONG, SHORT, UID, D, Venue


def worked_example() -> Venue:
    """0.010 BTC long at 65000 with leverage 10, mark 65100, and a resting buy of 0.010 at 64000."""
    venue = Venue()
    venue.quote("65000", "65000.1", symbol=BTC)
    venue.order("Buy", "0.010", "65000", symbol=BTC)
    venue.quote("64999.9", "65000", symbol=BTC)
    venue.quote("65100", "65100.1", symbol=BTC)
    venue.order("Buy", "0.010", "64000", symbol=BTC)
    return venue


def test_the_position_of_the_worked_example_has_its_margins() -> None:
    leg = worked_example().leg(symbol=BTC)
    assert (leg.initial_margin, leg.maintenance_margin) == (D("65.42175"), D("3.57675"))
    assert (leg.size, leg.entry_price, leg.value, leg.unrealised_pnl) == (D("0.010"), D(65000), D(650), D(1))
    assert (leg.cur_realised_pnl, leg.break_even_price) == (D("-0.13"), D("65048.77682725"))
    assert leg.liq_price is None


def test_the_wallet_of_the_worked_example_has_its_totals() -> None:
    wallet = worked_example().wallet()
    assert wallet.wallet_balance == D("9999.87")
    assert wallet.order_im == D("64.6688")
    assert wallet.total_initial_margin == D("130.09055")
    assert wallet.total_maintenance_margin == D("7.44555")
    assert wallet.total_margin_balance == D("10000.87")
    assert wallet.total_available == D("9870.77945")
    assert (wallet.im_rate, wallet.mm_rate) == (D("0.013"), D("0.0007"))
    assert wallet.cum_realised_pnl == D("-0.13")


def test_order_cost_is_rounded_up_to_eight_decimals() -> None:
    assert OrderTerms(1, D(10), D("0.00055")).initial(D("25.293")) == D("2.55573119")


@pytest.mark.parametrize(("idx", "sign"), [(LONG, 1), (SHORT, -1)])
def test_both_sides_follow_the_formulas_at_any_leverage(idx: int, sign: int) -> None:
    venue = Venue()
    venue.exchange.set_leverage(UID, "COINUSDT", D(30), D(30), venue.now)
    venue.order("Buy" if idx == LONG else "Sell", "7.3", "100.00" if idx == LONG else "99.99", idx)
    venue.quote("98.77", "98.78", mark="98.77")
    leg = venue.leg(idx)
    entry, size, mark, taker = Fraction(leg.entry_price), Fraction(leg.size), Fraction("98.77"), Fraction("0.00055")
    fee_to_close = size * entry * (1 - Fraction(sign, 30)) * taker
    assert leg.initial_margin == rounded_up(size * mark / 30 + fee_to_close)
    assert leg.maintenance_margin == rounded_up(size * mark * Fraction("0.01") + fee_to_close)
    assert leg.unrealised_pnl == Decimal(str(float(sign * size * (mark - entry))))


def rounded_up(value: Fraction) -> Decimal:
    return Decimal(-(-value * 10**8 // 1)) / 10**8


def test_a_short_order_reserves_more_than_a_long_one_because_it_closes_higher() -> None:
    venue = Venue()
    venue.order("Buy", "10", "90.00", LONG)
    long_im = venue.wallet().order_im
    venue.order("Sell", "10", "110.00", SHORT)
    value, taker = D(1100), D("0.00055")
    assert venue.wallet().order_im - long_im == value / 10 + value * taker + value * D("1.1") * taker


def test_closing_orders_carry_no_margin() -> None:
    venue = Venue()
    venue.order("Buy", "10", "100.00")
    before = venue.wallet()
    venue.order("Sell", "10", "105.00")
    after = venue.wallet()
    assert after == before


def test_opening_orders_raise_the_maintenance_margin_of_the_account_but_not_of_the_positions() -> None:
    venue = Venue()
    venue.order("Buy", "10", "100.00")
    before = venue.wallet()
    venue.order("Buy", "10", "99.00")
    after = venue.wallet()
    assert after.position_mm == before.position_mm
    fees = D(990) * D("0.00055") * D("1.9")
    assert after.total_maintenance_margin - before.total_maintenance_margin == D("9.9") + fees


def test_the_tier_follows_the_value_of_positions_and_opening_orders_at_the_mark_price() -> None:
    venue = Venue("1000000")
    venue.order("Buy", "1900", "100.00")
    assert venue.leg().risk_id == 11
    venue.order("Buy", "200", "90.00")
    assert venue.leg().risk_id == 12
    venue.quote("94.00", "94.01")
    assert venue.leg().risk_id == 11


def test_the_deduction_of_a_tier_makes_the_requirement_continuous() -> None:
    venue = Venue("1000000", fees_enabled=False)
    venue.order("Buy", "2000", "100.00")
    venue.quote("100.00", "100.01")
    assert venue.leg().maintenance_margin == D(2000)
    venue.quote("100.01", "100.02")
    assert venue.leg().maintenance_margin == D("200020") * D("0.015") - 1000


def test_both_legs_share_one_deduction_by_their_value() -> None:
    venue = Venue("1000000", fees_enabled=False)
    venue.order("Buy", "1800", "100.00")
    venue.order("Sell", "600", "99.99", SHORT)
    venue.quote("100.00", "100.01")
    long, short = venue.leg(LONG), venue.leg(SHORT)
    assert long.maintenance_margin == D(2700) - 750
    assert short.maintenance_margin == D(900) - 250


def test_a_small_position_beside_large_orders_never_has_a_negative_requirement() -> None:
    venue = Venue("1000000", fees_enabled=False)
    venue.order("Buy", "1", "100.00")
    venue.order("Buy", "2500", "99.00")
    assert venue.leg().risk_id == 12
    assert venue.leg().maintenance_margin == 0


def test_a_hedged_pair_counts_both_legs_or_only_the_larger_by_option() -> None:
    totals = {}
    for option in ("sum", "larger"):
        venue = Venue(hedge_margin=option)
        venue.order("Buy", "10", "100.00", LONG)
        venue.order("Sell", "6", "99.99", SHORT)
        legs = [venue.leg(LONG), venue.leg(SHORT)]
        totals[option] = venue.wallet()
        together = sum if option == "sum" else max
        assert totals[option].position_im == together(leg.initial_margin for leg in legs)
        assert totals[option].position_mm == together(leg.maintenance_margin for leg in legs)
    assert totals["larger"].total_available > totals["sum"].total_available


def test_without_risk_tiers_the_first_tier_holds_for_every_size() -> None:
    venue = Venue("1000000", risk_tiers=False)
    venue.order("Buy", "9000", "100.00")
    assert venue.leg().risk_id == 11
    assert venue.leg().initial_margin > 0


def test_without_fees_nothing_is_charged_nor_reserved() -> None:
    venue = Venue(fees_enabled=False)
    venue.exchange.set_fee_rates(UID, D("0.01"), D("0.01"))
    venue.order("Buy", "10", "100.00")
    assert venue.wallet().wallet_balance == 10000
    assert venue.leg().initial_margin == D("99.99")


def test_an_accounts_own_fee_rates_are_charged_and_reserved() -> None:
    venue = Venue()
    venue.exchange.set_fee_rates(UID, D("0.001"), D("0.002"))
    venue.order("Buy", "10", "100.00")
    assert venue.wallet().wallet_balance == 10000 - D(2)
    assert venue.leg().initial_margin == D("99.99") + D(1000) * D("0.9") * D("0.002")


def test_the_margin_rate_of_an_account_worth_nothing_is_capped() -> None:
    venue = Venue("100", risk_tiers=False)
    venue.exchange.set_leverage(UID, "COINUSDT", D(50), D(50), venue.now)
    venue.order("Buy", "40", "100.00")
    venue.quote("90.00", "90.01")
    assert venue.wallet().total_margin_balance < 0
    assert venue.wallet().mm_rate == D("99.9999")
    assert venue.wallet().total_available < 0


def test_the_liquidation_price_is_where_the_margin_is_used_up() -> None:
    venue = Venue("200")
    venue.order("Buy", "15", "100.00")
    price = venue.leg().liq_price
    assert price is not None
    venue.quote(str(price + D("0.01")), str(price + D("0.02")))
    assert venue.leg().size == 15
    venue.quote(str(price), str(price + D("0.01")))
    assert venue.leg().size < 15


def test_a_hedged_pair_has_a_liquidation_price_only_on_its_heavier_side() -> None:
    venue = Venue("1000")
    venue.order("Buy", "50", "100.00", LONG)
    venue.order("Sell", "20", "99.99", SHORT)
    assert venue.leg(LONG).liq_price is not None
    assert venue.leg(SHORT).liq_price is None
