"""Messages of the private stream as `StreamMessage`: every row is validated, one bad row does not hide the others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from gridtrader.domain.types import Wallet
from gridtrader.engine.ports import StreamMessage
from gridtrader.exchange import rows
from gridtrader.exchange.fields import BadMessage, Row

TOPICS: Final = ("order", "execution", "position", "wallet")
CATEGORY: Final = "linear"

Report = TypeVar("Report")


def private_message(message: Mapping[str, object], text: str, latest_ms: int) -> StreamMessage:
    """Return the validated parts of one push; never raises: what does not fit stands in `errors`.

    Nothing dated later than `latest_ms` is taken, be it the whole push or one of its rows.

    Rows of other categories (spot, options, inverse) are left out: the account may hold them, the bot does not.
    """
    errors: list[str] = []
    topic = "?"
    try:
        row = Row(message, "push")
        topic = row.word("topic")
        row.place = f"{topic} push"
        sent_ms = row.moment("creationTime", latest_ms)
        data = row.list("data")
        if topic == "order":
            return StreamMessage(
                topic, text, orders=_linear(data, rows.order_report, topic, latest_ms, errors), errors=tuple(errors)
            )
        if topic == "execution":
            return StreamMessage(
                topic, text, executions=_linear(data, rows.execution, topic, latest_ms, errors), errors=tuple(errors)
            )
        if topic == "position":
            return StreamMessage(
                topic,
                text,
                positions=_linear(data, rows.position_report, topic, latest_ms, errors),
                errors=tuple(errors),
            )
        if topic == "wallet":
            return StreamMessage(topic, text, wallet=_wallet(row, data, sent_ms))
        raise row.bad("topic", f"one of {', '.join(TOPICS)}")
    except BadMessage as error:
        return StreamMessage(topic, text, errors=(*errors, str(error)))


def unreadable(text: str, reason: str) -> StreamMessage:
    """Return the event for a push that is not even a JSON object."""
    return StreamMessage("?", text, errors=(reason,))


def _linear(
    data: Sequence[object],
    parse: Callable[[object, str, int], Report | None],
    place: str,
    latest_ms: int,
    errors: list[str],
) -> tuple[Report, ...]:
    reports: list[Report] = []
    for item in data:
        try:
            if Row(item, place).word("category") == CATEGORY:
                report = parse(item, place, latest_ms)
                if report is not None:
                    reports.append(report)
        except BadMessage as error:
            errors.append(str(error))
    return tuple(reports)


def _wallet(push: Row, data: Sequence[object], sent_ms: int) -> Wallet:
    if len(data) != 1:
        raise push.bad("data", "a list of one wallet")
    return rows.wallet(data[0], push.place, sent_ms)
