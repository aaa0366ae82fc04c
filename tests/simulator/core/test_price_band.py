"""The price band and its 30-second premium."""

from decimal import Decimal

import pytest

from gridtrader.simulator.core.model import Quote
from gridtrader.simulator.core.price_band import PremiumAverage
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, refusal


def market(mark: str, bid: str, ask: str) -> Quote:
    return Quote(D(mark), D(bid), D(ask), D(mark), D(mark))


def test_without_a_premium_the_band_is_x_around_the_mark() -> None:
    venue = Venue()
    venue.quote("99.99", "100.01", mark="100.00")
    assert venue.exchange.price_limits(COIN) == (D("101.00"), D("99.00"))


def test_the_band_is_rounded_inwards_to_the_tick() -> None:
    venue = Venue()
    venue.quote("100.00", "100.02", mark="100.01")
    assert venue.exchange.price_limits(COIN) == (D("101.01"), D("99.01"))


def test_the_index_can_widen_the_band_up_to_y() -> None:
    venue = Venue()
    venue.quote("99.99", "100.01", mark="100.00", index="101.50")
    assert venue.exchange.price_limits(COIN) == (D("101.50"), D("99.00"))
    venue.quote("99.99", "100.01", mark="100.00", index="90.00")
    assert venue.exchange.price_limits(COIN) == (D("101.00"), D("98.00"))


def test_a_lasting_premium_widens_the_band_on_its_side() -> None:
    venue = Venue()
    venue.quote("100.39", "100.41", mark="100.00")
    venue.now += 40_000
    venue.quote("100.39", "100.41", mark="100.00")
    assert venue.exchange.price_limits(COIN) == (D("101.40"), D("99.00"))
    venue.quote("99.59", "99.61", mark="100.00")
    venue.now += 40_000
    venue.quote("99.59", "99.61", mark="100.00")
    assert venue.exchange.price_limits(COIN) == (D("101.00"), D("98.60"))


@pytest.mark.parametrize(
    ("side", "idx", "asked", "allowed"), [("Buy", LONG, "103.00", "100.98"), ("Sell", SHORT, "97.00", "99.00")]
)
def test_an_aggressive_price_is_adjusted_and_the_order_shows_it(
    side: str, idx: int, asked: str, allowed: str
) -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", mark="99.99" if side == "Buy" else "100.00")
    order = venue.order(side, "1", asked, idx)
    assert order.price == D(allowed)


def test_an_adjusted_price_may_stay_behind_a_market_that_has_run_away() -> None:
    venue = Venue()
    venue.quote("104.00", "104.01", mark="100.00")
    order = venue.order("Buy", "1", "104.01")
    assert (order.price, order.leaves_qty) == (D("101.00"), D(1))


def test_the_band_may_reject_instead_by_option() -> None:
    venue = Venue(price_limit="reject")
    assert refusal(lambda: venue.order("Buy", "1", "103.00")) == (110003, "Order price is out of permissible range")
    venue.order("Buy", "1", "100.50")


def test_the_band_does_not_bound_orders_away_from_the_market() -> None:
    venue = Venue()
    assert venue.order("Buy", "1", "20.00").price == D("20.00")
    assert venue.order("Sell", "1", "500.00", SHORT).price == D("500.00")


def test_market_orders_are_outside_the_band() -> None:
    venue = Venue()
    assert venue.order("Buy", "1").price == D("105.00")
    assert venue.wallet(UID).wallet_balance < 10000


# --- the average itself ---


def average(premium: PremiumAverage, now: int) -> Decimal:
    doubled, count = premium.doubled(now)
    return doubled / (2 * count)


def test_a_quote_counts_once_for_every_whole_second_it_was_in_force() -> None:
    premium = PremiumAverage()
    premium.feed(market("100", "101", "101"), 0)
    premium.feed(market("100", "104", "104"), 10_000)
    assert average(premium, 9_999) == 1
    assert average(premium, 10_000) == D(10 * 1 + 1 * 4) / 11
    assert average(premium, 19_999) == D(10 * 1 + 10 * 4) / 20
    assert average(premium, 34_000) == D(5 * 1 + 25 * 4) / 30
    assert average(premium, 39_000) == 4


def test_of_several_quotes_within_a_second_the_last_one_is_sampled() -> None:
    premium = PremiumAverage()
    premium.feed(market("100", "101", "101"), 0)
    premium.feed(market("100", "150", "150"), 400)
    premium.feed(market("100", "103", "103"), 900)
    assert average(premium, 1_000) == 2


def test_a_quote_on_the_whole_second_replaces_the_one_before_it_there() -> None:
    premium = PremiumAverage()
    premium.feed(market("100", "101", "101"), 1_000)
    assert average(premium, 1_000) == 1
    premium.feed(market("100", "102", "102"), 1_000)
    assert average(premium, 1_000) == 2


def test_before_the_first_whole_second_there_is_no_premium() -> None:
    premium = PremiumAverage()
    assert average(premium, 500) == 0
    premium.feed(market("100", "101", "101"), 500)
    assert average(premium, 999) == 0
    assert average(premium, 1_000) == 1


def test_the_average_equals_sampling_by_hand() -> None:
    premium = PremiumAverage()
    quotes = [(0, 5), (300, 7), (2_500, -4), (2_501, 11), (9_000, 2), (31_999, 6), (32_000, 1), (40_100, 9)]
    for now, by in quotes:
        premium.feed(market("100", str(100 + by), str(100 + by)), now)
        for moment in (now, now + 999, now + 1_700):
            upcoming = [at for at, _ in quotes if at > now]
            if upcoming and moment >= upcoming[0]:
                continue
            seconds = range(max(0, moment // 1000 - 29), moment // 1000 + 1)
            samples = [[value for at, value in quotes if at <= second * 1000][-1] for second in seconds]
            assert average(premium, moment) == D(sum(samples)) / len(samples)
