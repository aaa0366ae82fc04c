"""Everything that changes something: place, amend, cancel, and the account's modes. Each ends in an `Outcome`.

Several orders go in one batch request. Its envelope says nothing of the single orders; their codes stand in
`retExtInfo`, in the order of the request.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import plain
from gridtrader.domain.types import Amendment, NewOrder
from gridtrader.engine.ports import Accepted, Lane, Outcome, Refusal, Rejected, Unknown
from gridtrader.exchange import codes, rows
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.exchange.messages import CATEGORY
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.wire import Answer, NoAnswer, NotSent, Wire

_HEDGE: Final = 3
_CROSS: Final = "REGULAR_MARGIN"
_HTTP_NOT_FOUND: Final = 404

Item = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Kind:
    """The two endpoints of one kind of command."""

    single: Endpoint
    batch: Endpoint


_PLACE: Final = _Kind(Endpoint.CREATE, Endpoint.CREATE_BATCH)
_AMEND: Final = _Kind(Endpoint.AMEND, Endpoint.AMEND_BATCH)
_CANCEL: Final = _Kind(Endpoint.CANCEL, Endpoint.CANCEL_BATCH)


class Commands:
    """The commanding half of the gateway. Nothing here raises for what the network or the exchange does."""

    def __init__(self, wire: Wire, settings: EdgeSettings, log: logging.Logger) -> None:
        self._wire = wire
        self._settings = settings
        self._log = log
        self._absent: set[Endpoint] = set()

    def place(self, orders: Sequence[NewOrder], lane: Lane) -> Sequence[Outcome]:
        """Send limit orders; the outcomes stand in the order of `orders`."""
        return self._send_all(_PLACE, [_new_order(order) for order in orders], lane)

    def amend(self, amendments: Sequence[Amendment], lane: Lane) -> Sequence[Outcome]:
        """Change price and/or total quantity; an amendment of nothing is UNCHANGED and not sent."""
        items = [_amendment(amendment) for amendment in amendments]
        sent = iter(self._send_all(_AMEND, [item for item in items if item is not None], lane))
        nothing = Rejected(Refusal.UNCHANGED, codes.OK, "not sent: neither price nor quantity is given")
        return [nothing if item is None else next(sent) for item in items]

    def cancel(self, symbol: str, link_ids: Sequence[str], lane: Lane) -> Sequence[Outcome]:
        """Cancel orders of one symbol by their names."""
        return self._send_all(_CANCEL, [{"symbol": symbol, "orderLinkId": link_id} for link_id in link_ids], lane)

    def cancel_all(self, symbol: str) -> Outcome:
        """Cancel every order of the symbol, conditional ones included."""

        def judge(answer: Answer) -> Outcome:
            row = answer.result
            if row.has("success") and row.text("success") != "1":
                return Unknown(self._wire.mask(f"{Endpoint.CANCEL_ALL.path}: success is {row.text('success')!r}"))
            return Accepted("")

        return self._send(Endpoint.CANCEL_ALL, {"category": CATEGORY, "symbol": symbol}, Lane.PROTECT, judge)

    def set_hedge_mode(self, symbol: str) -> Outcome:
        """Give the symbol both sides; that it has them already is Accepted (C5)."""
        wanted = {"category": CATEGORY, "symbol": symbol, "mode": _HEDGE}
        return self._send(Endpoint.SWITCH_MODE, wanted, Lane.TRADE, _done)

    def set_cross_margin(self) -> Outcome:
        """Put the whole account into cross margin."""
        return self._send(Endpoint.SET_MARGIN_MODE, {"setMarginMode": _CROSS}, Lane.TRADE, _done)

    def set_leverage(self, symbol: str, leverage: Decimal) -> Outcome:
        """Set the leverage of both sides; that it is so already is Accepted (C5)."""
        both = {"buyLeverage": plain(leverage), "sellLeverage": plain(leverage)}
        return self._send(Endpoint.SET_LEVERAGE, {"category": CATEGORY, "symbol": symbol, **both}, Lane.TRADE, _done)

    # --- one request ---

    def _send(
        self, endpoint: Endpoint, parameters: Mapping[str, object], lane: Lane, judge: Callable[[Answer], Outcome]
    ) -> Outcome:
        """Send one command; `judge` reads the answer of one that was done."""
        try:
            return self._ask(endpoint, parameters, lane, judge)
        except NoAnswer as error:
            return Unknown(str(error))

    def _ask(
        self, endpoint: Endpoint, parameters: Mapping[str, object], lane: Lane, judge: Callable[[Answer], Outcome]
    ) -> Outcome:
        """Raises NoAnswer."""
        try:
            answer = self._wire.ask(endpoint, parameters, lane)
            if answer.code == codes.OK:
                return judge(answer)
        except NotSent as error:
            return Rejected(error.refusal, codes.OK, str(error))
        except BadMessage as error:
            return self._unknown(error)
        if answer.code in codes.SOFT:
            return Accepted("")
        return codes.failure_of(answer.code, answer.text)

    def _unknown(self, error: BadMessage) -> Unknown:
        said = self._wire.unfit(error)
        self._log.error("reply does not fit: %s", said)
        return Unknown(said)

    # --- many orders ---

    def _send_all(self, kind: _Kind, items: Sequence[Item], lane: Lane) -> list[Outcome]:
        outcomes: list[Outcome] = []
        while len(outcomes) < len(items):
            rest = items[len(outcomes) :]
            chunk = rest[: self._chunk_size(kind)]
            try:
                outcomes += self._send_chunk(kind, chunk, lane)
            except NoAnswer as error:
                outcomes += [Unknown(str(error))] * len(chunk)
                if lane is not Lane.EMERGENCY:
                    # Each further request could take as long again, while the account can do nothing else.
                    unsent = Rejected(Refusal.RATE, codes.OK, "not sent: the request before it had no answer")
                    return outcomes + [unsent] * (len(rest) - len(chunk))
        return outcomes

    def _chunk_size(self, kind: _Kind) -> int:
        if kind.batch in self._absent:
            return 1
        limit = self._wire.budget.limit(kind.batch)
        return self._settings.batch_orders if limit is None else min(self._settings.batch_orders, limit)

    def _send_chunk(self, kind: _Kind, items: Sequence[Item], lane: Lane) -> Sequence[Outcome]:
        """Raises NoAnswer; may do less than asked for, from the first item on."""
        if len(items) > 1:
            outcomes = self._send_batch(kind.batch, items, lane)
            if outcomes is not None:
                return outcomes
            self._absent.add(kind.batch)
            self._log.warning("%s does not exist here: orders go one by one from now on", kind.batch.path)
        single = {"category": CATEGORY, **items[0]}
        return [self._ask(kind.single, single, lane, lambda answer: _order_id(answer.result, items[0]))]

    def _send_batch(self, endpoint: Endpoint, items: Sequence[Item], lane: Lane) -> Sequence[Outcome] | None:
        """Return an outcome per item; None if the endpoint is not there, so that nothing was done."""
        try:
            answer = self._wire.ask(endpoint, {"category": CATEGORY, "request": list(items)}, lane, len(items))
            if answer.code in codes.NOT_HERE:
                return None
            if answer.code == codes.OK:
                return self._judge_batch(endpoint, answer, items)
        except NotSent as error:
            return [Rejected(error.refusal, codes.OK, str(error))] * len(items)
        except NoAnswer as error:
            if error.status == _HTTP_NOT_FOUND:
                return None
            raise
        except BadMessage as error:
            return [self._unknown(error)] * len(items)
        return [codes.failure_of(answer.code, answer.text)] * len(items)

    def _judge_batch(self, endpoint: Endpoint, answer: Answer, items: Sequence[Item]) -> Sequence[Outcome]:
        results, verdicts = answer.result.list("list"), answer.extra.list("list")
        for key, found in (("result.list", results), ("retExtInfo.list", verdicts)):
            if len(found) != len(items):
                raise BadMessage(endpoint.path, key, found, f"a list of {len(items)}, one per order")
        judged: list[Outcome] = []
        for item, result, verdict in zip(items, results, verdicts, strict=True):
            row, said = Row(result, f"{endpoint.path} result"), Row(verdict, f"{endpoint.path} retExtInfo")
            code, text = said.whole("code"), self._wire.mask(said.text("msg"))
            if not row.is_blank("orderLinkId"):
                _check_name(row, item)
            if code == codes.RATE_OF_ACCOUNT:
                self._wire.pause(endpoint)
            judged.append(_order_id(row, item) if code == codes.OK else codes.failure_of(code, text))
        return judged


def _done(_: Answer) -> Outcome:
    return Accepted("")


def _order_id(row: Row, item: Item) -> Outcome:
    """Read the answer to one order's command. One about another order says nothing about ours."""
    _check_name(row, item)
    return Accepted(row.word("orderId"))


def _check_name(row: Row, item: Item) -> None:
    if row.text("orderLinkId") != item["orderLinkId"]:
        raise row.bad("orderLinkId", f"that of the request, {item['orderLinkId']!r}")


def _new_order(order: NewOrder) -> Item:
    return {
        "symbol": order.symbol,
        "side": rows.BUY if order.is_buy else rows.SELL,
        "positionIdx": rows.INDEX_OF_SIDE[order.side],
        "orderType": "Limit",
        "timeInForce": "GTC",
        "price": plain(order.price),
        "qty": plain(order.qty),
        "reduceOnly": order.reduce_only,
        "orderLinkId": order.link_id,
    }


def _amendment(amendment: Amendment) -> Item | None:
    changed = {"price": amendment.price, "qty": amendment.qty}
    values = {key: plain(value) for key, value in changed.items() if value is not None}
    return {"symbol": amendment.symbol, "orderLinkId": amendment.link_id, **values} if values else None
