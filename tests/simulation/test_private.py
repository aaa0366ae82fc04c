"""The simulated private stream: connects, delivers in any order, breaks, falls silent."""

from collections.abc import Sequence

import pytest

from gridtrader.engine.ports import Event, StreamDown, StreamLost, StreamMessage, StreamUp
from gridtrader.paper import translate
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.private import SimStream
from tests.simulation.stage import UID, Stage, buy


@pytest.fixture
def stage() -> Stage:
    return Stage()


def connected(stage: Stage, *faults: Fault | None) -> SimStream:
    """A stream that is up; its faults are thrown message by message."""
    stream = stage.stream(None, *faults)
    stream.start()
    stage.hub.run(stage.hub.now + 1_000)
    assert stage.inbox.drain() == [StreamUp()]
    return stream


def place(stage: Stage, name: str = "a") -> None:
    """Let an order appear at the exchange: an order, a position and a wallet message."""
    stage.exchange.create_order(UID, translate.request_of(buy(name)), stage.hub.now)
    stage.venue.pump()


def topics(events: Sequence[Event]) -> list[str]:
    return [event.topic for event in events if isinstance(event, StreamMessage)]


def wait(stage: Stage, milliseconds: int) -> list[Event]:
    stage.hub.run(stage.hub.now + milliseconds)
    return stage.inbox.drain()


def test_what_happens_arrives_a_little_later_and_once(stage: Stage) -> None:
    stream = connected(stage)
    place(stage)
    assert stage.inbox.drain() == []
    assert stream.in_the_air == 3
    assert sorted(topics(wait(stage, 100))) == ["order", "position", "wallet"]
    assert (stream.in_the_air, wait(stage, 60_000)) == (0, [])


def test_the_judge_is_told_before_the_stream(stage: Stage) -> None:
    connected(stage)
    place(stage)
    assert len(stage.seen) == 3
    assert stage.inbox.drain() == []


def test_messages_of_one_topic_keep_their_order(stage: Stage) -> None:
    connected(stage)
    for number in range(30):
        place(stage, f"a{number}")
    orders = [
        event.orders[0].link_id for event in wait(stage, 1_000) if isinstance(event, StreamMessage) and event.orders
    ]
    assert orders == [f"a{number}" for number in range(30)]


def test_permuted_messages_overtake_those_of_other_topics_and_never_their_own(stage: Stage) -> None:
    connected(stage, *[None] * 90, *[Fault.EVENT_PERMUTED] * 90)
    found = []
    for batch in ("plain", "permuted"):
        for number in range(30):
            place(stage, f"{batch}{number}")
        events = wait(stage, 1_000)
        orders = [event.orders[0].link_id for event in events if isinstance(event, StreamMessage) and event.orders]
        assert orders == [f"{batch}{number}" for number in range(30)]
        found.append(topics(events))
    plain, permuted = found
    assert plain == plain[:3] * 30
    assert sorted(permuted) == sorted(plain)
    assert permuted != plain


def test_a_doubled_message_arrives_twice(stage: Stage) -> None:
    connected(stage, Fault.EVENT_DOUBLED)
    place(stage)
    found = topics(wait(stage, 3_000))
    assert len(found) == 4
    assert set(found) == {"order", "position", "wallet"}


def test_a_late_message_holds_up_those_of_its_topic_behind_it(stage: Stage) -> None:
    connected(stage, Fault.EVENT_LATE, None, None)
    place(stage, "late")
    assert sorted(topics(wait(stage, 200))) == ["position", "wallet"]
    place(stage, "behind")
    assert sorted(topics(wait(stage, 50))) == ["position", "wallet"]
    rest = wait(stage, 7_000)
    names = [event.orders[0].link_id for event in rest if isinstance(event, StreamMessage) and event.orders]
    assert names == ["late", "behind"]


def test_a_lost_message_never_comes_and_the_stream_lives_on(stage: Stage) -> None:
    missed: list[int] = []
    stream = connected(stage, Fault.EVENT_LOST)
    stream.on_missed = lambda: missed.append(stage.hub.now)
    place(stage, "lost")
    assert sorted(topics(wait(stage, 5_000))) == ["position", "wallet"]
    assert len(missed) == 1
    assert stream.is_up
    assert stream.in_the_air == 0
    place(stage, "told")
    assert "order" in topics(wait(stage, 200))


def test_an_unreadable_message_says_so_and_holds_nothing(stage: Stage) -> None:
    connected(stage, *[Fault.EVENT_UNREADABLE] * 3)
    place(stage)
    messages = [event for event in wait(stage, 200) if isinstance(event, StreamMessage)]
    assert [(message.orders, message.positions, message.wallet) for message in messages] == [((), (), None)] * 3
    assert all(message.errors for message in messages)


def test_what_is_in_the_air_is_lost_with_its_connection(stage: Stage) -> None:
    stream = connected(stage)
    place(stage, "lost")
    stream.break_down()
    assert stream.in_the_air == 0
    place(stage, "unheard")
    assert wait(stage, 500) == [StreamDown("connection reset by peer")]
    assert wait(stage, 2_000) == [StreamUp()]
    assert stream.is_alive
    place(stage, "heard")
    assert "order" in topics(wait(stage, 200))


def test_a_silent_stream_looks_alive_until_the_watchdog_notices(stage: Stage) -> None:
    lost: list[int] = []
    stream = connected(stage)
    stream.on_lost = lambda: lost.append(stage.hub.now)
    began = stage.hub.now
    stream.fall_silent()
    assert (stream.is_up, stream.is_alive, lost) == (True, False, [began])
    place(stage)
    assert wait(stage, 29_000) == []
    events = wait(stage, 12_000)
    assert [type(event) for event in events] == [StreamDown, StreamUp]
    assert 30_000 <= lost[-1] - began <= 35_000


def test_what_is_in_the_air_does_not_arrive_on_a_silent_stream(stage: Stage) -> None:
    stream = connected(stage)
    place(stage)
    stream.fall_silent()
    assert topics(wait(stage, 20_000)) == []


@pytest.mark.parametrize("fault", [Fault.STREAM_REFUSED, Fault.STREAM_AUTH, Fault.STREAM_SUBSCRIBE])
def test_an_attempt_that_fails_is_tried_again(stage: Stage, fault: Fault) -> None:
    stream = stage.stream(fault, fault, None)
    stream.start()
    assert wait(stage, 30_000) == [StreamUp()]
    assert stream.is_alive


def test_three_failed_attempts_lose_the_stream_for_good(stage: Stage) -> None:
    stream = stage.stream(*[Fault.STREAM_REFUSED] * 9)
    stream.start()
    assert wait(stage, 3_600_000) == [StreamLost("3 attempts failed, the last one: connection refused")]
    assert not stream.is_up


def test_a_success_makes_the_attempts_count_anew(stage: Stage) -> None:
    stream = stage.stream(
        Fault.STREAM_REFUSED, Fault.STREAM_REFUSED, None, Fault.STREAM_REFUSED, Fault.STREAM_REFUSED
    )
    stream.start()
    assert wait(stage, 30_000) == [StreamUp()]
    stream.break_down()
    assert [type(event) for event in wait(stage, 60_000)] == [StreamDown, StreamUp]


def test_a_stopped_stream_says_nothing_any_more(stage: Stage) -> None:
    stream = connected(stage)
    place(stage)
    stream.stop()
    place(stage, "b")
    assert wait(stage, 3_600_000) == []
    assert stream.in_the_air == 0


def test_a_stream_stopped_while_it_connects_never_comes_up(stage: Stage) -> None:
    stream = stage.stream()
    stream.start()
    stage.hub.run(stage.hub.now + 30)
    stream.stop()
    assert wait(stage, 60_000) == []


def test_messages_carry_a_text_only_for_who_reads_along(stage: Stage) -> None:
    stream = connected(stage)
    place(stage)
    assert {event.text for event in wait(stage, 200) if isinstance(event, StreamMessage)} == {""}
    stream.is_read_along = True
    place(stage, "b")
    texts = [event.text for event in wait(stage, 200) if isinstance(event, StreamMessage) and event.topic == "order"]
    assert texts == ["b working, 0 of 100 at 0.19"]
