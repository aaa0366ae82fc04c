"""The simulated REST face: what the bot hears of a command, what the exchange did, and how long it took."""

from decimal import Decimal

import pytest

from gridtrader.domain.types import Amendment
from gridtrader.engine.ports import Accepted, Lane, Refusal, Refused, Rejected, Unknown, Unreachable
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.hub import Killed
from gridtrader.simulation.machine import Process
from tests.simulation.stage import HOUR, START, SYMBOL, UID, Call, Stage, buy, close

LANE = Lane.EMERGENCY
ZERO = Decimal(0)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_command_without_a_fault_is_done_and_acknowledged(stage: Stage) -> None:
    desk = stage.desk()
    done = stage.call(lambda: desk.place([buy()], LANE))
    assert [type(outcome) for outcome in done.answers[0]] == [Accepted]
    assert stage.open_names == ["a"]
    assert done.ended is not None
    assert 16 <= done.ended - START <= 100
    assert desk.in_the_air == 0


def test_a_lost_request_does_nothing_and_is_unknown_after_ten_seconds(stage: Stage) -> None:
    desk = stage.desk(Fault.REQUEST_LOST)
    done = stage.call(lambda: desk.place([buy()], LANE))
    assert done.answers == [[Unknown("no complete answer within 10 s")]]
    assert stage.open_names == []
    assert done.ended is not None
    assert done.ended - START >= 10_000


def test_a_late_request_is_unknown_at_once_and_is_carried_out_within_the_receive_window(stage: Stage) -> None:
    desk = stage.desk(Fault.REQUEST_LATE)
    done = Call(stage.hub, lambda: desk.place([buy()], LANE))
    stage.hub.run(START + 100)
    assert done.answers == [[Unknown("the connection broke")]]
    assert stage.open_names == []
    stage.hub.run(START + 5_050)
    assert stage.open_names == ["a"]


def test_a_lost_reply_is_as_unknown_as_a_lost_request_but_the_order_stands(stage: Stage) -> None:
    desk = stage.desk(Fault.REPLY_LOST)
    done = stage.call(lambda: desk.place([buy()], LANE))
    assert done.answers == [[Unknown("no complete answer within 10 s")]]
    assert stage.open_names == ["a"]


def test_a_late_reply_is_right_and_one_to_nine_seconds_late(stage: Stage) -> None:
    desk = stage.desk(Fault.REPLY_LATE)
    done = stage.call(lambda: desk.place([buy()], LANE))
    assert [type(outcome) for outcome in done.answers[0]] == [Accepted]
    assert done.ended is not None
    assert 1_000 <= done.ended - START <= 9_100


@pytest.mark.parametrize("fault", [Fault.HTTP_5XX, Fault.HTML_BODY, Fault.SERVER_ERROR])
def test_nobody_can_say_of_a_server_error_whether_the_order_stands(stage: Stage, fault: Fault) -> None:
    names = [f"a{number}" for number in range(20)]
    desk = stage.desk(*[fault] * 20)
    done = stage.call(lambda: [desk.place([buy(name)], LANE)[0] for name in names])
    assert {type(outcome) for outcome in done.answers[0]} == {Unknown}
    assert 0 < len(stage.open_names) < 20


@pytest.mark.parametrize(
    ("fault", "refusal", "code"),
    [
        (Fault.FORBIDDEN, Refusal.RATE, 10018),
        (Fault.RATE, Refusal.RATE, 10006),
        (Fault.CLOCK_WINDOW, Refusal.CLOCK, 10002),
        (Fault.MONEY, Refusal.MONEY, 110007),
        (Fault.DUPLICATE, Refusal.DUPLICATE, 110072),
    ],
)
def test_a_refusal_out_of_the_blue_does_nothing(stage: Stage, fault: Fault, refusal: Refusal, code: int) -> None:
    desk = stage.desk(fault)
    outcome = stage.call(lambda: desk.place([buy()], LANE)).answers[0][0]
    assert isinstance(outcome, Rejected)
    assert (outcome.refusal, outcome.code) == (refusal, code)
    assert stage.open_names == []


def test_orders_of_one_request_have_outcomes_of_their_own(stage: Stage) -> None:
    desk = stage.desk(None, Fault.MONEY, None)
    done = stage.call(lambda: desk.place([buy("a"), buy("b"), buy("c")], LANE))
    assert [type(outcome) for outcome in done.answers[0]] == [Accepted, Rejected, Accepted]
    assert sorted(stage.open_names) == ["a", "c"]


def test_an_empty_request_is_not_sent(stage: Stage) -> None:
    desk = stage.desk()
    done = stage.call(lambda: desk.place([], LANE))
    assert (done.answers, done.ended, stage.process.points) == ([[]], START, 0)


def test_a_refusal_of_the_exchange_itself_is_heard_as_such(stage: Stage) -> None:
    desk = stage.desk()
    outcomes = stage.call(lambda: [*desk.place([buy()], LANE), *desk.place([buy()], LANE)]).answers[0]
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].refusal is Refusal.DUPLICATE
    closing = stage.call(lambda: desk.place([close()], LANE)).answers[0][0]
    assert isinstance(closing, Rejected)
    assert closing.refusal is Refusal.REDUCE_ONLY


def test_an_order_is_amended_and_cancelled_by_its_name(stage: Stage) -> None:
    desk = stage.desk()
    change = Amendment(SYMBOL, "a", price=Decimal("0.18"), qty=Decimal(200))
    stage.call(lambda: (desk.place([buy()], LANE), desk.amend([change], LANE)))
    report = stage.call(lambda: desk.order(SYMBOL, "a")).answers[0]
    assert report is not None
    assert (report.price, report.qty) == (Decimal("0.18"), Decimal(200))
    assert [type(outcome) for outcome in stage.call(lambda: desk.cancel(SYMBOL, ["a"], LANE)).answers[0]] == [
        Accepted
    ]
    gone = stage.call(lambda: desk.cancel(SYMBOL, ["a"], LANE)).answers[0][0]
    assert isinstance(gone, Rejected)
    assert gone.refusal is Refusal.GONE


def test_a_setting_that_is_so_already_is_a_success(stage: Stage) -> None:
    desk = stage.desk()
    done = stage.call(lambda: [desk.set_hedge_mode(SYMBOL), desk.set_leverage(SYMBOL, Decimal(5))] * 2)
    assert {type(outcome) for outcome in done.answers[0]} == {Accepted}
    again = stage.call(lambda: [desk.set_leverage(SYMBOL, Decimal(5)), desk.set_cross_margin()])
    assert {type(outcome) for outcome in again.answers[0]} == {Accepted}


def test_every_command_is_told_as_it_leaves_whatever_becomes_of_it(stage: Stage) -> None:
    desk = stage.desk(Fault.REQUEST_LOST)
    told: list[tuple[str, object]] = []
    desk.on_sent = lambda command, what: told.append((command, what))
    order = buy()
    stage.call(lambda: (desk.place([order], LANE), desk.cancel(SYMBOL, ["a"], LANE), desk.cancel_all(SYMBOL)))
    assert told[:2] == [("place", order), ("cancel", "a")]
    assert ("cancel all", SYMBOL) in told


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REQUEST_LOST, Unreachable),
        (Fault.REPLY_LOST, Unreachable),
        (Fault.HTTP_5XX, Unreachable),
        (Fault.HTML_BODY, Unreachable),
        (Fault.SERVER_ERROR, Unreachable),
        (Fault.FORBIDDEN, Refused),
        (Fault.RATE, Refused),
        (Fault.CLOCK_WINDOW, Refused),
    ],
)
def test_a_read_that_fails_raises_and_the_next_one_is_right(
    stage: Stage, fault: Fault, error: type[Exception]
) -> None:
    desk = stage.desk(fault)
    failed: Call[object] = stage.call(desk.wallet)
    assert isinstance(failed.error, error)
    assert desk.in_the_air == 0
    assert stage.call(desk.wallet).answers[0].margin_balance == Decimal(10_000)


def test_a_late_read_shows_how_things_were_when_it_was_asked(stage: Stage) -> None:
    desk = stage.desk(Fault.REPLY_LATE)
    late = Call(stage.hub, lambda: desk.open_orders(SYMBOL))
    stage.hub.run(START + 500)
    other = stage.desk()
    stage.call(lambda: other.place([buy()], LANE), seconds=20)
    assert late.answers == [[]]
    assert late.ended is not None
    assert late.ended - START >= 1_000


@pytest.mark.parametrize("point", [1, 2, 3])
def test_a_process_killed_on_the_way_hears_nothing_and_the_order_stands_if_it_had_arrived(point: int) -> None:
    stage = Stage()

    def passed(process: Process, where: str) -> None:
        if process.points == point:
            process.is_dead = True

    process = Process(passed)
    desk = stage.desk(process=process)
    done = stage.call(lambda: desk.place([buy()], LANE))
    assert (done.answers, done.error, desk.in_the_air) == ([], None, 0)
    assert done.fiber.is_over
    assert stage.open_names == ([] if point == 1 else ["a"])


def test_a_process_killed_while_its_request_travels_finds_out_when_it_comes_back(stage: Stage) -> None:
    desk = stage.desk()
    done = Call(stage.hub, lambda: desk.place([buy()], LANE))
    stage.hub.run(START + 1)
    stage.process.is_dead = True
    stage.hub.run(START + 60_000)
    assert (done.answers, stage.open_names, done.fiber.is_over) == ([], [], True)
    with pytest.raises(Killed):
        stage.process.point("any")


def test_a_request_may_outlive_its_process(stage: Stage) -> None:
    desk = stage.desk(Fault.REQUEST_LATE, Fault.REQUEST_LATE)
    done = Call(stage.hub, lambda: desk.place([buy("a"), buy("b")], LANE))
    stage.hub.run(START + 1)
    stage.process.is_dead = True
    stage.hub.run(START + 50)
    assert (done.answers, stage.open_names, done.fiber.is_over) == ([], [], True)
    stage.hub.run(START + 5_100)
    assert stage.open_names == ["a", "b"]


# --- what REST shows ---


def test_both_sides_are_told_also_where_nothing_was_ever_traded(stage: Stage) -> None:
    rows = stage.call(lambda: stage.desk().positions_of(SYMBOL)).answers[0]
    assert [(row.side.name, row.size, row.seq) for row in rows] == [("LONG", ZERO, -1), ("SHORT", ZERO, -1)]
    assert stage.call(lambda: stage.desk().positions()).answers == [[]]


def test_one_way_mode_is_refused() -> None:
    stage = Stage(hedged=False)
    refused = stage.call(lambda: stage.desk().positions_of(SYMBOL))
    assert isinstance(refused.error, Refused)
    assert "hedge mode is needed" in str(refused.error)


def test_a_lagging_exchange_shows_an_account_as_it_was(stage: Stage) -> None:
    desk = stage.desk()
    stage.venue.lag(UID, 5_000)
    stage.call(lambda: desk.place([buy("fills", price="0.2"), buy("rests")], LANE), seconds=1)
    assert stage.call(lambda: desk.open_orders(SYMBOL), seconds=1).answers == [[]]
    assert stage.call(lambda: desk.positions_of(SYMBOL), seconds=1).answers[0][0].size == 0
    assert stage.call(lambda: desk.order(SYMBOL, "rests"), seconds=1).answers == [None]
    stage.hub.run(stage.hub.now + 5_000)
    assert [row.link_id for row in stage.call(lambda: desk.open_orders(SYMBOL), seconds=1).answers[0]] == ["rests"]
    assert stage.call(lambda: desk.positions_of(SYMBOL), seconds=1).answers[0][0].size == 100


def test_the_end_of_a_lag_shows_things_as_they_are(stage: Stage) -> None:
    desk = stage.desk()
    stage.venue.lag(UID, 900_000)
    stage.call(lambda: desk.place([buy()], LANE))
    assert stage.call(lambda: desk.open_orders(SYMBOL)).answers == [[]]
    stage.venue.lag(UID, 0)
    assert len(stage.call(lambda: desk.open_orders(SYMBOL)).answers[0]) == 1


def test_late_history_shows_fills_later_and_all_of_them(stage: Stage) -> None:
    desk = stage.desk()
    stage.memory.history_lag_ms = 30_000
    stage.call(lambda: desk.place([buy(price="0.2")], LANE), seconds=1)
    assert stage.call(lambda: desk.executions(SYMBOL, START, START + HOUR), seconds=1).answers == [[]]
    stage.hub.run(stage.hub.now + 30_000)
    rows = stage.call(lambda: desk.executions(SYMBOL, START, START + HOUR), seconds=1).answers[0]
    assert [(row.link_id, row.qty) for row in rows] == [("a", Decimal(100))]


def test_short_history_forgets_fills_and_closed_orders_but_no_open_one(stage: Stage) -> None:
    desk = stage.desk()
    stage.memory.keeps_ms = 2 * HOUR
    stage.call(lambda: desk.place([buy("filled", price="0.2"), buy("open")], LANE))
    stage.hub.run(stage.hub.now + 3 * HOUR)
    end = stage.hub.now + HOUR
    assert stage.call(lambda: desk.executions(SYMBOL, START, end)).answers == [[]]
    assert stage.call(lambda: desk.order(SYMBOL, "filled")).answers == [None]
    assert stage.call(lambda: desk.order(SYMBOL, "open")).answers != [None]


def test_history_is_told_between_the_times_asked_for(stage: Stage) -> None:
    desk = stage.desk()
    stage.call(lambda: desk.place([buy("one", price="0.2")], LANE), seconds=600)
    middle = stage.hub.now
    stage.call(lambda: desk.place([buy("two", price="0.2")], LANE))
    early = stage.call(lambda: desk.executions(SYMBOL, START, middle)).answers[0]
    late = stage.call(lambda: desk.executions(SYMBOL, middle + 1, middle + HOUR)).answers[0]
    assert ([row.link_id for row in early], [row.link_id for row in late]) == (["one"], ["two"])
    orders = stage.call(lambda: desk.order_history(SYMBOL, START, middle)).answers[0]
    assert [row.link_id for row in orders] == ["one"]
