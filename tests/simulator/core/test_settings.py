"""Accounts and their settings: money, modes, leverage."""

from typing import Any

import pytest

from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import World
from tests.simulator.core.venue import BTC, COIN, LONG, SHORT, UID, D, Venue, instrument, refusal, refusal_code


def test_a_new_account_is_in_one_way_mode_with_cross_margin_and_leverage_ten() -> None:
    exchange = Exchange({COIN: instrument()})
    exchange.open_account(5, World.MAINNET, D(100), 1)
    assert (exchange.position_mode(5, COIN), exchange.margin_mode(5)) == (0, "REGULAR_MARGIN")
    assert [(leg.position_idx, leg.leverage, leg.seq) for leg in exchange.positions(5, COIN)] == [(0, D(10), -1)]
    assert exchange.wallet(5).total_available == 100
    assert [row.type for row in exchange.ledger(5)] == ["TRANSFER_IN"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reduce_only_victim", "nearest"),
        ("hedge_margin", "none"),
        ("post_only_violation", "cancelled"),
        ("off_step_qty", ""),
        ("link_ids_reserved", "never"),
        ("price_limit", "ignore"),
        ("taker_fee", D("-0.1")),
    ],
)
def test_a_mistyped_option_is_an_error_that_says_what_is_allowed(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"option {name} is .*(allowed are|needed)"):
        Venue(**{name: value})


# --- money ---


def test_money_goes_in_and_out_and_shows_in_the_log() -> None:
    venue = Venue("100")
    venue.exchange.transfer(UID, D(50), venue.now)
    venue.exchange.transfer(UID, D(-120), venue.now)
    assert venue.wallet().wallet_balance == 30
    rows = venue.exchange.ledger(UID)
    assert [(row.type, row.change, row.cash_balance) for row in rows] == [
        ("TRANSFER_IN", D(100), D(100)),
        ("TRANSFER_IN", D(50), D(150)),
        ("TRANSFER_OUT", D(-120), D(30)),
    ]


def test_only_available_money_can_be_taken_out_and_unrealised_profit_cannot() -> None:
    venue = Venue("200")
    venue.order("Buy", "10", "100.00")
    available = venue.wallet().total_available
    assert refusal_code(lambda: venue.exchange.transfer(UID, -available - D("0.01"), 1)) == 131212
    venue.quote("150.00", "150.01")
    cash = venue.wallet().wallet_balance
    assert venue.wallet().total_available > cash
    assert refusal_code(lambda: venue.exchange.transfer(UID, -cash - D("0.01"), 1)) == 131212
    venue.exchange.transfer(UID, -cash, 1)
    assert venue.wallet().wallet_balance == 0


# --- position mode ---


def test_the_mode_of_one_contract_can_be_switched_there_and_back() -> None:
    venue = Venue()
    venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)
    assert (venue.exchange.position_mode(UID, COIN), venue.exchange.position_mode(UID, BTC)) == (0, 3)
    venue.exchange.switch_mode(UID, COIN, None, 3, venue.now)
    assert [leg.position_idx for leg in venue.exchange.positions(UID, COIN)] == [LONG, SHORT]


@pytest.mark.parametrize("target", [(COIN, None), (None, "USDT")])
def test_switching_to_the_mode_that_is_set_is_refused(target: tuple[str | None, str | None]) -> None:
    venue = Venue()
    call = refusal(lambda: venue.exchange.switch_mode(UID, *target, 3, venue.now))
    assert call == (110025, "Position mode is not modified")


def test_a_position_is_in_the_way_of_switching() -> None:
    venue = Venue()
    venue.order("Buy", "1")
    assert refusal_code(lambda: venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)) == 110024


@pytest.mark.parametrize("fields", [{}, {"trigger_price": D(90), "trigger_direction": 2}])
def test_an_order_is_in_the_way_of_switching(fields: dict[str, Any]) -> None:
    venue = Venue()
    venue.order("Buy", "1", "95.00", **fields)
    assert refusal_code(lambda: venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)) == 110028


def test_switching_by_coin_passes_over_contracts_in_use() -> None:
    venue = Venue()
    venue.order("Buy", "1")
    venue.exchange.switch_mode(UID, None, "USDT", 0, venue.now)
    assert venue.exchange.position_mode(UID, COIN) == 3
    assert venue.exchange.position_mode(UID, BTC) == 0


def test_only_usdt_contracts_know_hedge_mode() -> None:
    exchange = Exchange({"COINPERP": instrument("COINPERP")})
    exchange.open_account(5, World.MAINNET, D(100), 1)
    assert refusal_code(lambda: exchange.switch_mode(5, "COINPERP", None, 3, 1)) == 110029
    assert refusal_code(lambda: exchange.switch_mode(5, None, "USDC", 3, 1)) == 110029


def test_a_mode_needs_a_target_and_a_known_number() -> None:
    venue = Venue()
    assert refusal_code(lambda: venue.exchange.switch_mode(UID, None, None, 3, 1)) == 10001
    assert refusal_code(lambda: venue.exchange.switch_mode(UID, COIN, None, 1, 1)) == 10001
    assert refusal_code(lambda: venue.exchange.switch_mode(UID, "NOPE", None, 3, 1)) == 10001


# --- margin mode ---


def test_the_margin_mode_can_be_set_and_set_again() -> None:
    venue = Venue()
    for mode in ("ISOLATED_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN", "REGULAR_MARGIN", "REGULAR_MARGIN"):
        venue.exchange.set_margin_mode(UID, mode, venue.now)
        assert venue.exchange.margin_mode(UID) == mode
    assert refusal_code(lambda: venue.exchange.set_margin_mode(UID, "CROSS", venue.now)) == 10001


def test_an_account_in_use_cannot_leave_cross_margin_but_can_come_back() -> None:
    venue = Venue()
    venue.exchange.set_margin_mode(UID, "ISOLATED_MARGIN", venue.now)
    venue.order("Buy", "1", "95.00")
    venue.exchange.set_margin_mode(UID, "REGULAR_MARGIN", venue.now)
    failed = refusal(lambda: venue.exchange.set_margin_mode(UID, "ISOLATED_MARGIN", venue.now))
    assert failed == (3400045, "Set margin mode failed")


# --- leverage ---


def test_leverage_is_set_for_both_legs_and_survives_a_change_of_mode() -> None:
    venue = Venue()
    venue.exchange.set_leverage(UID, COIN, D("12.5"), D("12.5"), venue.now)
    assert [leg.leverage for leg in venue.exchange.positions(UID, COIN)] == [D("12.5")] * 2
    venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)
    assert venue.exchange.positions(UID, COIN)[0].leverage == D("12.5")


def test_setting_the_leverage_that_is_set_is_refused() -> None:
    venue = Venue()
    code = refusal(lambda: venue.exchange.set_leverage(UID, COIN, D(10), D(10), 1))
    assert code == (110043, "Set leverage not modified")


@pytest.mark.parametrize(
    ("buy", "sell", "code"),
    [
        ("51", "51", 110013),
        ("0.5", "0.5", 10001),
        ("10.005", "10.005", 10001),
        ("20", "25", 10001),
        ("NaN", "1", 10001),
    ],
)
def test_a_leverage_that_is_not_possible_is_refused(buy: str, sell: str, code: int) -> None:
    venue = Venue()
    assert refusal_code(lambda: venue.exchange.set_leverage(UID, COIN, D(buy), D(sell), 1)) == code
    assert venue.leg().leverage == 10


def test_the_words_for_too_much_leverage_are_in_hundredths() -> None:
    venue = Venue()
    _, text = refusal(lambda: venue.exchange.set_leverage(UID, COIN, D(75), D(75), 1))
    assert text == "cannot set leverage [7500] gt maxLeverage [5000] by risk limit"


def test_a_large_position_bounds_the_leverage_by_its_tier() -> None:
    venue = Venue("1000000")
    venue.order("Buy", "3000")
    assert refusal_code(lambda: venue.exchange.set_leverage(UID, COIN, D(30), D(30), 1)) == 110013
    venue.exchange.set_leverage(UID, COIN, D(25), D(25), 1)


def test_lower_leverage_needs_the_money_for_it() -> None:
    venue = Venue("120")
    venue.order("Buy", "10", "100.00")
    before = venue.wallet()
    assert refusal_code(lambda: venue.exchange.set_leverage(UID, COIN, D(5), D(5), 1)) == 110044
    assert venue.wallet() == before
    venue.exchange.set_leverage(UID, COIN, D(20), D(20), 1)
    assert venue.wallet().total_available > before.total_available


def test_more_leverage_is_possible_when_nothing_is_available_any_more() -> None:
    venue = Venue("120")
    venue.order("Buy", "10", "100.00")
    venue.quote("95.00", "95.01")
    assert venue.wallet().total_available < 0
    venue.exchange.set_leverage(UID, COIN, D(11), D(11), 1)
    assert venue.wallet().total_available < 0
    assert venue.leg().leverage == 11


def test_an_isolated_hedge_may_have_two_leverages() -> None:
    venue = Venue()
    venue.exchange.set_margin_mode(UID, "ISOLATED_MARGIN", venue.now)
    venue.exchange.set_leverage(UID, COIN, D(20), D(5), venue.now)
    assert (venue.leg(LONG).leverage, venue.leg(SHORT).leverage) == (D(20), D(5))
