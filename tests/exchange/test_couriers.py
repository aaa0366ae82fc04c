import threading
from decimal import Decimal

from gridtrader.domain.types import Quote
from gridtrader.engine.ports import Event, NewQuote, PricesDown, PricesUp
from gridtrader.exchange.couriers import Couriers, Mailbox
from tests.exchange.support.clocks import RealClock
from tests.exchange.support.rig import Log
from tests.exchange.support.waiting import RecordingSink, until


def quote(last: int) -> NewQuote:
    price = Decimal(last)
    return NewQuote("BTCUSDT", Quote(price, price, price, last))


def couriers(log: Log | None = None) -> Couriers:
    return Couriers(0.02, RealClock(), (log or Log()).logger)


class Stuck(RecordingSink):
    """Holds whoever calls until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.entered = threading.Event()

    def put(self, event: Event) -> None:
        self.entered.set()
        self.gate.wait(20)
        super().put(event)


class Raising(RecordingSink):
    def put(self, event: Event) -> None:
        super().put(event)
        raise ValueError("no")


def test_letters_arrive_in_order() -> None:
    post, sink = couriers(), RecordingSink()
    box = Mailbox(sink)
    post.post(box, PricesDown("BTCUSDT", "gone"))
    sink.wait_for(PricesDown)
    post.post(box, PricesUp("BTCUSDT"))
    sink.wait_for(PricesUp)
    post.post(box, quote(1))
    assert sink.wait_for(NewQuote) == [quote(1)]
    post.close()


def test_stuck_sinks_keep_no_other_waiting_and_get_only_the_newest_price_later() -> None:
    post, good = couriers(), RecordingSink()
    stuck = [Stuck() for _ in range(3)]
    boxes = [Mailbox(sink) for sink in (*stuck, good)]
    for last in range(1, 30):
        for box in boxes:
            post.post(box, quote(last))
        good.wait_for(NewQuote, last, patience_s=2)
    assert [event.quote.at_ms for event in good.of(NewQuote)] == list(range(1, 30))
    assert post.count == 4
    for sink in stuck:
        sink.gate.set()
    for sink in stuck:
        assert [event.quote.at_ms for event in sink.wait_for(NewQuote, 2)] == [1, 29]
    until(lambda: post.count == 1, "the relief goes home")
    post.close()


def test_a_single_letter_behind_a_stuck_sink_is_delivered_without_another_post() -> None:
    post, stuck, good = couriers(), Stuck(), RecordingSink()
    post.post(Mailbox(stuck), quote(1))
    assert stuck.entered.wait(5)
    post.post(Mailbox(good), quote(1))
    good.wait_for(NewQuote, patience_s=2)
    stuck.gate.set()
    post.close()


def test_a_raising_sink_harms_nobody_and_is_named_once() -> None:
    log = Log()
    post, bad, good = couriers(log), Raising(), RecordingSink()
    boxes = [Mailbox(bad), Mailbox(good)]
    for last in range(1, 6):
        for box in boxes:
            post.post(box, quote(last))
        good.wait_for(NewQuote, last)
        bad.wait_for(NewQuote, last)
    until(lambda: "a sink has failed" in log.text, "the fault is logged")
    assert log.text.count("a sink has failed") == 1
    assert post.count == 1
    post.close()


def test_the_state_comes_before_the_price_and_wipes_older_ones() -> None:
    post, stuck = couriers(), Stuck()
    box = Mailbox(stuck)
    post.post(box, quote(1))
    assert stuck.entered.wait(5)
    for letter in (quote(2), PricesDown("BTCUSDT", "x"), PricesUp("BTCUSDT"), quote(3), quote(4)):
        post.post(box, letter)
    stuck.gate.set()
    stuck.wait_for(NewQuote, 2)
    assert stuck.events == [quote(1), PricesUp("BTCUSDT"), quote(4)]
    post.post(box, quote(5))
    post.post(box, PricesDown("BTCUSDT", "y"))
    stuck.wait_for(PricesDown)
    assert stuck.events[-1] == PricesDown("BTCUSDT", "y")
    post.close()


def test_nothing_is_delivered_to_a_closed_box_or_by_closed_couriers() -> None:
    post, sink = couriers(), RecordingSink()
    box, other = Mailbox(sink), Mailbox(sink)
    post.post(box, quote(1))
    sink.wait_for(NewQuote)
    post.close_box(box)
    post.post(box, quote(2))
    post.post(other, quote(3))
    sink.wait_for(NewQuote, 2)
    post.close()
    post.post(other, quote(4))
    until(lambda: post.count == 0, "the couriers end")
    assert [event.quote.at_ms for event in sink.of(NewQuote)] == [1, 3]
