"""What is told, in which order, and how the parts of one event refer to each other."""

from collections.abc import Callable

import pytest

from gridtrader.simulator.core.model import (
    Event,
    Executed,
    OrderChanged,
    OrderStatus,
    PositionChanged,
    WalletChanged,
)
from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, refusal_code


def story(events: list[Event]) -> list[str]:
    """Tell events in short words: `order New`, `execution 2`, `position`, `wallet`."""
    words = []
    for event in events:
        if isinstance(event, OrderChanged):
            words.append(f"order {event.order.status.value}")
        elif isinstance(event, Executed):
            words.append(f"execution {len(event.executions)}")
        else:
            words.append("position" if isinstance(event, PositionChanged) else "wallet")
    return words


def numbers(events: list[Event]) -> set[int]:
    """Return all sequence numbers that the events bear."""
    found: set[int] = set()
    for event in events:
        if isinstance(event, OrderChanged):
            found.add(event.order.seq)
        elif isinstance(event, Executed):
            found.update(execution.seq for execution in event.executions)
        elif isinstance(event, PositionChanged):
            found.add(event.seq)
    return found


def resting(venue: Venue) -> None:
    venue.order("Buy", "10", "95.00")


def filling(venue: Venue) -> None:
    venue.order("Buy", "10", "95.00")
    venue.events()
    venue.quote("94.98", "95.00")


def taking(venue: Venue) -> None:
    venue.order("Buy", "10", "100.00")


def filling_in_part(venue: Venue) -> None:
    venue.order("Buy", "10", "95.00")
    venue.events()
    venue.quote("94.98", "95.00", size="4")


def cancelling(venue: Venue) -> None:
    order = venue.order("Buy", "10", "95.00")
    venue.events()
    venue.cancel(order)


def amending(venue: Venue) -> None:
    order = venue.order("Buy", "10", "95.00")
    venue.events()
    venue.amend(order, price="96.00")


def amending_into_the_market(venue: Venue) -> None:
    order = venue.order("Buy", "10", "95.00")
    venue.events()
    venue.amend(order, price="100.00")


def funding_both_legs(venue: Venue) -> None:
    venue.order("Buy", "10", "100.00")
    venue.order("Sell", "10", "99.99", SHORT)
    venue.events()
    venue.exchange.settle_funding(COIN, D("0.0001"), venue.now)


def leverage_of_a_position(venue: Venue) -> None:
    venue.order("Buy", "10", "100.00")
    venue.events()
    venue.exchange.set_leverage(UID, COIN, D(20), D(20), venue.now)


def leverage_without_a_position(venue: Venue) -> None:
    venue.exchange.set_leverage(UID, COIN, D(20), D(20), venue.now)


def changing_the_mode(venue: Venue) -> None:
    venue.exchange.switch_mode(UID, COIN, None, 0, venue.now)


def violating_post_only(venue: Venue) -> None:
    venue.order("Buy", "10", "100.00", time_in_force="PostOnly")


def cancelling_everything(venue: Venue) -> None:
    venue.order("Buy", "10", "95.00")
    venue.order("Sell", "10", "105.00", SHORT)
    venue.events()
    venue.exchange.cancel_all(UID, venue.now, symbol=COIN)


def transferring(venue: Venue) -> None:
    venue.exchange.transfer(UID, D(5), venue.now)


def quoting_without_crossing(venue: Venue) -> None:
    venue.order("Buy", "10", "95.00")
    venue.order("Buy", "10", "100.00")
    venue.events()
    venue.quote("96.00", "96.01")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (resting, ["order New", "position", "wallet"]),
        (filling, ["execution 1", "order Filled", "position", "wallet"]),
        (taking, ["execution 1", "order Filled", "position", "wallet"]),
        (filling_in_part, ["execution 1", "order PartiallyFilled", "position", "wallet"]),
        (cancelling, ["order Cancelled", "position", "wallet"]),
        (amending, ["order New", "position", "wallet"]),
        (amending_into_the_market, ["execution 1", "order Filled", "position", "wallet"]),
        (funding_both_legs, ["execution 2", "position", "wallet"]),
        (leverage_of_a_position, ["position", "wallet"]),
        (leverage_without_a_position, ["position"]),
        (changing_the_mode, ["position"]),
        (violating_post_only, ["order Cancelled", "position", "wallet"]),
        (cancelling_everything, ["order Cancelled", "order Cancelled", "position", "wallet"]),
        (transferring, ["wallet"]),
        (quoting_without_crossing, []),
    ],
    ids=lambda value: value.__name__.replace("_", " ") if callable(value) else "",
)
def test_each_cause_is_told_in_bybits_order(act: Callable[[Venue], None], told: list[str]) -> None:
    venue = Venue()
    act(venue)
    events = venue.events()
    assert story(events) == told
    assert {event.uid for event in events} <= {UID}
    assert len(numbers(events)) <= 1


def test_all_fills_of_an_account_by_one_quote_come_in_one_event() -> None:
    venue = Venue()
    for price in ("94.00", "95.00", "96.00"):
        venue.order("Buy", "1", price)
    venue.events()
    venue.quote("93.98", "94.00")
    events = venue.events()
    assert story(events) == ["execution 3", *["order Filled"] * 3, "position", "wallet"]
    first = events[0]
    assert isinstance(first, Executed)
    assert [execution.price for execution in first.executions] == [D(96), D(95), D(94)]


def test_two_accounts_filled_by_one_quote_have_their_own_events() -> None:
    venue = Venue()
    venue.account(2)
    venue.order("Buy", "1", "95.00", uid=2)
    venue.order("Buy", "1", "95.00")
    venue.events()
    venue.quote("94.98", "95.00")
    events = venue.events()
    assert [event.uid for event in events] == [2] * 4 + [UID] * 4
    assert len(numbers(events[:4]) | numbers(events[4:])) == 2


def test_execution_order_and_position_of_one_event_bear_one_number_and_the_next_a_higher_one() -> None:
    venue = Venue()
    taking(venue)
    (first,) = numbers(venue.events())
    assert (venue.leg(LONG).seq, venue.leg(SHORT).seq) == (first, -1)
    taking(venue)
    (second,) = numbers(venue.events())
    assert second > first
    assert venue.leg(LONG).seq == second


def test_the_position_event_shows_both_legs_in_hedge_mode_and_one_otherwise() -> None:
    venue = Venue()
    taking(venue)
    event = next(event for event in venue.events() if isinstance(event, PositionChanged))
    assert [(leg.position_idx, leg.side, leg.size) for leg in event.legs] == [(1, "Buy", D(10)), (2, "", D(0))]
    other = Venue()
    other.exchange.switch_mode(UID, COIN, None, 0, other.now)
    event = next(event for event in other.events() if isinstance(event, PositionChanged))
    assert [leg.position_idx for leg in event.legs] == [0]


def test_events_carry_the_state_after_the_event() -> None:
    venue = Venue()
    taking(venue)
    events = venue.events()
    wallet = next(event for event in events if isinstance(event, WalletChanged))
    assert wallet.wallet == venue.wallet()
    position = next(event for event in events if isinstance(event, PositionChanged))
    assert position.legs == venue.exchange.positions(UID, COIN)


def test_a_taker_that_walks_the_market_tells_one_version_of_its_order() -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", size="4")
    venue.events()
    venue.order("Buy", "10", "100.01")
    events = venue.events()
    assert story(events) == ["execution 2", "order PartiallyFilled", "position", "wallet"]


def test_a_cut_closing_order_is_told_with_the_event_that_cut_it() -> None:
    venue = Venue()
    taking(venue)
    venue.order("Sell", "10", "105.00")
    venue.events()
    venue.exchange.deleverage(UID, COIN, LONG, D(4), venue.now)
    events = venue.events()
    assert story(events) == ["execution 1", "order Filled", "order New", "position", "wallet"]
    cut = events[2]
    assert isinstance(cut, OrderChanged)
    assert (cut.order.status, cut.order.leaves_qty) == (OrderStatus.NEW, D(6))


def test_drained_events_are_gone() -> None:
    venue = Venue()
    taking(venue)
    assert venue.events()
    assert venue.events() == []


def test_refused_commands_tell_nothing() -> None:
    venue = Venue()
    assert refusal_code(lambda: venue.order("Buy", "10000", "95.00")) == 110089
    assert venue.events() == []
