"""An unreliable exchange: replies lost, requests lost, streams doubled, shuffled and silent (C3, S10, A5)."""

import random
from decimal import Decimal

import pytest

from gridtrader.engine.ports import (
    Accepted,
    Outcome,
    Refusal,
    Rejected,
    StreamDown,
    StreamLost,
    StreamMessage,
    StreamUp,
    Unknown,
)
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy

D = Decimal


def opened(**kwargs: object) -> Table:
    table = Table(settings(**kwargs), {"DOGEUSDT": "0.2"})
    table.start()
    return table


def every_name_once(table: Table) -> None:
    names = [o.order_link_id for o in (*table.exchange.closed_orders(UID), *table.exchange.open_orders(UID))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", ["place", "amend", "cancel"])
def test_a_reply_lost_after_acceptance_places_nothing_twice(command: str) -> None:
    table = opened()
    table.desk.after = lambda what, name: Unknown("reply lost") if what == command else None
    for price in ("0.199", "0.198", "0.1985", "0.2", "0.202"):
        table.price("DOGEUSDT", price)
    table.wait(10_000)
    assert table.broken_laws() == []
    every_name_once(table)


@pytest.mark.parametrize("command", ["place", "amend", "cancel"])
def test_a_request_that_is_lost_is_sent_again_under_its_own_name(command: str) -> None:
    table = opened()
    lost: set[str] = set()

    def lose_first(what: str, name: str) -> Outcome | None:
        if what != command or name in lost:
            return None
        lost.add(name)
        return Unknown("connection lost")

    table.desk.before = lose_first
    for price in ("0.199", "0.198", "0.1985", "0.2", "0.202"):
        table.price("DOGEUSDT", price)
    table.wait(30_000)
    assert lost
    assert table.broken_laws() == []


def test_an_acknowledged_command_the_stream_never_confirms_is_looked_up() -> None:
    table = opened()
    silent = [False]
    table.desk.shuffle = lambda messages: [] if silent[0] else list(messages)
    silent[0] = True
    table.price("DOGEUSDT", "0.199")
    silent[0] = False
    assert table.broken_laws() != [], "the fill was not told"
    table.wait(61_000)
    assert table.broken_laws() == [], "the comparison with the exchange has found it"


@pytest.mark.parametrize("seed", range(5))
def test_streams_doubled_and_permuted_come_to_the_same_end(seed: int) -> None:
    def run(shuffle: bool) -> tuple[list[tuple[str, Decimal, Decimal]], list[str]]:
        table = opened()
        dice = random.Random(seed)

        def mix(messages: list[StreamMessage]) -> list[StreamMessage]:
            doubled = [message for message in messages for _ in range(dice.choice((1, 1, 2)))]
            dice.shuffle(doubled)
            return doubled

        if shuffle:
            table.desk.shuffle = mix
        for _ in table.wander(seed, 60):
            assert table.broken_laws() == []
        orders = sorted((o.order_link_id, o.price, o.leaves_qty) for o in table.exchange.open_orders(UID))
        return orders, [e.order_link_id for e in table.exchange.executions(UID)]

    assert run(shuffle=True) == run(shuffle=False)


def test_a_lost_private_stream_blinds_the_account_until_everything_is_read() -> None:
    table = opened()
    table.inbox.put(StreamDown("gone"))
    table.rest()
    table.desk.shuffle = lambda messages: []
    sent = len(table.desk.commands)
    table.price("DOGEUSDT", "0.199")
    assert len(table.desk.commands) == sent, "blind: nothing is sent"
    table.desk.shuffle = list
    table.inbox.put(StreamUp())
    table.rest()
    assert table.broken_laws() == []


def test_a_private_stream_that_cannot_be_rebuilt_stops_the_account() -> None:
    table = opened()
    table.inbox.put(StreamLost("3 attempts failed"))
    table.rest()
    assert table.engine.emergency_stopped
    assert "private stream" in table.archive.emergencies[0]["reason"]


def test_a_fill_that_only_one_stream_tells_is_read_by_rest() -> None:
    table = opened()
    table.desk.shuffle = lambda messages: [m for m in messages if m.topic != "execution"]
    table.price("DOGEUSDT", "0.199")
    table.desk.shuffle = list
    table.wait(7_000)
    assert table.broken_laws() == []


def test_a_message_that_cannot_be_understood_makes_the_account_read_everything() -> None:
    table = opened()
    bad = StreamMessage("order", "{}", errors=("order: qty is missing",))
    table.desk.shuffle = lambda messages: [bad for _ in messages]
    table.price("DOGEUSDT", "0.199")
    table.desk.shuffle = list
    table.wait(3_000)
    assert table.broken_laws() == []


def test_one_leg_refused_takes_the_other_with_it_until_the_balance_changes() -> None:
    table = opened()
    refuse = [True]

    def refuse_short(what: str, name: str) -> Outcome | None:
        if refuse[0] and what == "place" and "_SA02_" in name:
            return Rejected(Refusal.MONEY, 110007, "ab not enough for new order")
        return None

    table.desk.before = refuse_short
    table.price("DOGEUSDT", "0.199")
    assert not [name for name in table.open_names() if "A02" in name]
    refuse[0] = False
    table.exchange.transfer(UID, D(100), table.clock.now)
    table.desk.push()
    table.wait(2_000)
    assert len([name for name in table.open_names() if "A02" in name]) == 2
    assert table.broken_laws() == []


def test_a_level_above_the_risk_tier_ends_both_ladders_below_it() -> None:
    table = opened()
    table.desk.before = lambda what, name: (
        Rejected(Refusal.TIER, 110090, "adjust your leverage") if what == "place" and "A02" in name else None
    )
    table.price("DOGEUSDT", "0.199")
    table.wait(5_000)
    assert not [name for name in table.open_names() if "A02" in name]
    assert not table.engine.emergency_stopped


def test_a_transient_110017_right_after_a_fill_is_retried() -> None:
    table = opened()
    left = [2]

    def refuse(what: str, name: str) -> Outcome | None:
        if left[0] and what in ("amend", "place") and "T00" in name:
            left[0] -= 1
            return Rejected(Refusal.REDUCE_ONLY, 110017, "current position is zero")
        return None

    table.desk.before = refuse
    table.price("DOGEUSDT", "0.199")
    table.wait(4_000)
    assert table.broken_laws() == []


def test_a_take_profit_that_cannot_be_amended_is_cancelled_and_placed_anew() -> None:
    table = opened()
    table.desk.before = lambda what, name: (
        Rejected(Refusal.OTHER, 110079, "the order is processing") if what == "amend" else None
    )
    table.price("DOGEUSDT", "0.199")
    table.wait(3_000)
    assert table.broken_laws() == []
    assert any(name.endswith("_1") and "_LT00_" in name for name in table.open_names())


def test_a_take_profit_that_is_refused_again_and_again_stops_the_account() -> None:
    table = opened()
    table.desk.before = lambda what, name: (
        Rejected(Refusal.INVALID, 10001, "price invalid") if "T00" in name and what in ("place", "amend") else None
    )
    table.price("DOGEUSDT", "0.199")
    table.wait(30_000)
    assert table.engine.emergency_stopped
    assert "take-profit of LONG is refused" in table.archive.emergencies[0]["reason"]


def test_a_dead_key_stops_the_account() -> None:
    table = opened()
    table.desk.before = lambda what, name: Rejected(Refusal.KEY, 10003, "API key is invalid.")
    table.price("DOGEUSDT", "0.199")
    assert table.engine.emergency_stopped
    assert "API key" in table.archive.emergencies[0]["reason"]


def test_an_exchange_that_cannot_be_read_after_a_reconnect_stops_the_account() -> None:
    table = opened()
    table.desk.is_down = True
    table.inbox.put(StreamDown("gone"))
    table.inbox.put(StreamUp())
    table.wait(20_000)
    assert table.engine.emergency_stopped
    assert "cannot be read" in table.archive.emergencies[0]["reason"]


def test_a_comparison_that_fails_now_and_then_stops_nothing() -> None:
    table = opened()
    table.wait(50_000)
    table.desk.is_down = True
    table.wait(15_000)
    table.desk.is_down = False
    table.wait(70_000)
    assert not table.engine.emergency_stopped
    assert table.broken_laws() == []


def test_a_duplicate_name_is_an_answer_and_not_an_error() -> None:
    """The first sending was carried out and its reply lost; looked up too early, it was not there; sent again."""
    table = opened()
    spoil = [True]

    def lose_reply(what: str, name: str) -> Outcome | None:
        return Unknown("reply lost") if what == "place" and "A02" in name and spoil[0] else None

    real_order = table.desk.order
    blind = [4]

    def late_order(symbol: str, link_id: str) -> object:
        if blind[0] and "A02" in link_id:
            blind[0] -= 1
            return None
        return real_order(symbol, link_id)

    table.desk.after = lose_reply
    table.desk.order = late_order  # type: ignore[assignment, method-assign]
    table.desk.shuffle = lambda messages: [m for m in messages if not any("A02" in o.link_id for o in m.orders)]
    table.price("DOGEUSDT", "0.199")
    spoil[0] = False
    table.desk.shuffle = list
    table.wait(20_000)
    assert table.broken_laws() == []
    every_name_once(table)


def test_commands_accepted_twice_are_impossible_even_when_everything_is_lost_half_the_time() -> None:
    dice = random.Random(7)
    table = Table(settings(strategy(), safety_tries=1_000), {"DOGEUSDT": "0.2"})
    table.start()

    def maybe(what: str, name: str) -> Outcome | None:
        return Unknown("lost") if dice.random() < 0.3 else None

    table.desk.before = table.desk.after = maybe
    for _ in table.wander(3, 60):
        table.wait(3_000)
    table.desk.before = table.desk.after = lambda what, name: None
    table.wait(70_000)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert table.broken_laws() == []
    every_name_once(table)


def test_the_outcome_of_an_accepted_command_changes_nothing_by_itself() -> None:
    """S10: state changes only on stream events."""
    table = opened()
    table.desk.shuffle = lambda messages: []
    before = dict(table.archive.states)
    table.desk.after = lambda what, name: Accepted("some-id")
    table.price("DOGEUSDT", "0.2001")
    assert table.archive.states == before
