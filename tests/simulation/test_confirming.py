"""The law C3: a command that nobody confirms is asked for; what is told, answered or read is not."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from gridtrader.domain.types import OrderReport, OrderStatus, Side
from gridtrader.engine.ports import Accepted, Outcome, Refusal, Rejected, StreamMessage, Unknown
from gridtrader.simulation.confirming import LATE_MS, Unconfirmed

NAME, SYMBOL = "g_DOGE_LA03_1k9f2_0", "DOGEUSDT"
D = Decimal


def sent() -> Unconfirmed:
    law = Unconfirmed()
    law.sent(NAME, SYMBOL, 1_000)
    return law


def report(link_id: str) -> StreamMessage:
    row = OrderReport(SYMBOL, Side.LONG, "1", link_id, OrderStatus.WORKING, True, False, D(1), D(1), D(0), D(0), 1, 1)
    return StreamMessage("order", "", orders=(row,))


def test_what_nobody_has_told_of_for_too_long_is_a_breach() -> None:
    law = sent()
    assert list(law.overdue(1_000 + LATE_MS)) == []
    (text,) = law.overdue(1_001 + LATE_MS)
    assert text.startswith(f"{SYMBOL}: C3: {NAME}")


Tell = Callable[[Unconfirmed], None]

KNOWN: list[Tell] = [
    lambda law: law.told(report(NAME)),
    lambda law: law.asked(NAME),
    lambda law: law.read(SYMBOL),
    lambda law: law.forget(),
]
OTHER: list[Tell] = [
    lambda law: law.told(report("g_DOGE_LA04_1k9f2_0")),
    lambda law: law.asked("g_DOGE_LA04_1k9f2_0"),
    lambda law: law.read("XRPUSDT"),
]


@pytest.mark.parametrize("tell", KNOWN)
def test_what_is_told_looked_up_or_read_is_known(tell: Tell) -> None:
    law = sent()
    tell(law)
    assert list(law.overdue(10**9)) == []


@pytest.mark.parametrize("tell", OTHER)
def test_what_is_heard_of_others_answers_nothing(tell: Tell) -> None:
    law = sent()
    tell(law)
    assert list(law.overdue(10**9)) != []


@pytest.mark.parametrize(
    ("outcome", "is_known"),
    [
        (Accepted("1"), False),
        (Unknown("no answer"), False),
        (Rejected(Refusal.GONE, 110001, "gone"), False),
        (Rejected(Refusal.MONEY, 110007, "too little"), True),
    ],
)
def test_only_a_refusal_answers_for_itself(outcome: Outcome, is_known: bool) -> None:
    law = sent()
    law.answered(NAME, outcome)
    assert (list(law.overdue(10**9)) == []) is is_known
