"""Rows of orders, executions, positions and wallets, by stream or by REST, as the values of the domain.

The two spellings of one thing are read alike: `entryPrice` (stream) and `avgPrice` (REST), "" and "0" for a flat
side. `latest_ms` is the time beyond which no date is believed. Every function raises `BadMessage`.
"""

from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import ZERO
from gridtrader.domain.types import (
    Execution,
    ExecutionKind,
    OrderReport,
    OrderStatus,
    PositionReport,
    Side,
    Wallet,
)
from gridtrader.exchange.fields import BadMessage, Row

BUY: Final = "Buy"
SELL: Final = "Sell"
IS_BUY: Final = {BUY: True, SELL: False}
SIDE_OF_INDEX: Final = {1: Side.LONG, 2: Side.SHORT}
INDEX_OF_SIDE: Final = {side: index for index, side in SIDE_OF_INDEX.items()}
ONE_WAY: Final = 0
SETTLE_COIN: Final = "USDT"

_STATUSES: Final = {
    "New": OrderStatus.WORKING,
    "PartiallyFilled": OrderStatus.WORKING,
    "Untriggered": OrderStatus.WORKING,
    "Triggered": OrderStatus.WORKING,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "PartiallyFilledCanceled": OrderStatus.CANCELLED,
    "Deactivated": OrderStatus.CANCELLED,
    "Rejected": OrderStatus.REJECTED,
}
_EXECUTIONS: Final = {
    "Trade": ExecutionKind.TRADE,
    "Funding": ExecutionKind.FUNDING,
    "AdlTrade": ExecutionKind.FORCED,
    "BustTrade": ExecutionKind.FORCED,
    "Delivery": ExecutionKind.FORCED,
    "Settle": ExecutionKind.FORCED,
    "SessionSettlePnL": ExecutionKind.FORCED,
    "BlockTrade": ExecutionKind.FORCED,
    "MovePosition": ExecutionKind.FORCED,
    "FutureSpread": ExecutionKind.FORCED,
}
_POSITION_SIDES: Final = {BUY: Side.LONG, SELL: Side.SHORT, "": None, "None": None}
_NO_REASON: Final = frozenset({"", "UNKNOWN", "EC_NoError"})


def order_report(data: object, place: str, latest_ms: int) -> OrderReport:
    """Read an order. Its state is `orderStatus` alone: `cancelType` may speak of a cancel that came too late."""
    row = Row(data, place)
    symbol = row.word("symbol")
    row.place = f"{place} {symbol}"
    is_buy = row.choice("side", IS_BUY)
    reduce_only = row.flag("reduceOnly")
    status = row.choice("orderStatus", _STATUSES)
    qty = row.decimal("qty", least=ZERO)
    filled_qty = row.decimal("cumExecQty", least=ZERO)
    if filled_qty > qty > 0:  # qty 0 is "all of the position", for a conditional order not yet triggered
        raise row.bad("cumExecQty", f"at most qty, {qty}")
    return OrderReport(
        symbol=symbol,
        side=_order_side(row, is_buy=is_buy, reduce_only=reduce_only),
        order_id=row.word("orderId"),
        link_id=row.text("orderLinkId"),
        status=status,
        is_buy=is_buy,
        reduce_only=reduce_only,
        price=row.decimal("price", least=ZERO),
        qty=qty,
        filled_qty=filled_qty,
        filled_value=row.decimal("cumExecValue", least=ZERO),
        created_ms=row.moment("createdTime", latest_ms),
        updated_ms=row.moment("updatedTime", latest_ms),
        reason=_reason(row) if status in (OrderStatus.CANCELLED, OrderStatus.REJECTED) else "",
    )


def _order_side(row: Row, *, is_buy: bool, reduce_only: bool) -> Side:
    index = row.whole("positionIdx")
    if index in SIDE_OF_INDEX:
        return SIDE_OF_INDEX[index]
    if index != ONE_WAY:
        raise row.bad("positionIdx", "0, 1 or 2")
    # A contract in one-way mode, so none of ours: the direction tells the side it opens or closes.
    return Side.LONG if is_buy != reduce_only else Side.SHORT


def _reason(row: Row) -> str:
    parts = (row.text("cancelType"), row.text("rejectReason"))
    return " ".join(part for part in parts if part not in _NO_REASON)


def execution(data: object, place: str, latest_ms: int) -> Execution:
    """Read a fill, a funding settlement or a forced close.

    V5 names no position side: in hedge mode it follows from direction and `closedSize` (a closing order cannot open,
    an opening one cannot close); a funding row's `side` is the position's own.
    """
    row = Row(data, place)
    symbol = row.word("symbol")
    row.place = f"{place} {symbol}"
    kind = row.choice("execType", _EXECUTIONS)
    is_buy = row.choice("side", IS_BUY)
    qty = row.decimal("execQty", above=ZERO)
    closed = row.decimal("closedSize", least=ZERO)
    if closed > qty:
        raise row.bad("closedSize", f"at most execQty, {qty}")
    return Execution(
        symbol=symbol,
        side=Side.LONG if is_buy != (closed > 0) else Side.SHORT,
        kind=kind,
        exec_id=row.word("execId"),
        order_id=row.text("orderId"),
        link_id=row.text("orderLinkId"),
        is_buy=is_buy,
        price=row.decimal("execPrice", above=ZERO),
        qty=qty,
        closed_qty=closed,
        fee=_fee(row, symbol),
        is_maker=row.flag("isMaker"),
        pnl=None if row.is_blank("execPnl") else row.decimal("execPnl"),
        at_ms=row.moment("execTime", latest_ms),
        seq=row.whole("seq"),
    )


def _fee(row: Row, symbol: str) -> Decimal:
    """Return `execFee` and the taxes listed beside it. A fee in another coin than the profit cannot be summed."""
    fee = row.decimal("execFee")
    if not symbol.endswith(SETTLE_COIN):
        return fee
    if not row.is_blank("feeCurrency") and row.text("feeCurrency") != SETTLE_COIN:
        raise row.bad("feeCurrency", f"{SETTLE_COIN!r} or an empty string")
    for extra in () if row.is_blank("extraFees") else row.list("extraFees"):
        tax = Row(extra, f"{row.place} extraFees")
        if tax.word("feeCoin") != SETTLE_COIN:
            raise tax.bad("feeCoin", repr(SETTLE_COIN))
        fee += tax.decimal("fee")
    return fee


def position_index(data: object, place: str) -> int:
    """Return `positionIdx`: 0 in one-way mode, 1 LONG, 2 SHORT."""
    row = Row(data, place)
    index = row.whole("positionIdx")
    if index != ONE_WAY and index not in SIDE_OF_INDEX:
        raise row.bad("positionIdx", "0, 1 or 2")
    return index


def position_report(data: object, place: str, latest_ms: int) -> PositionReport | None:
    """Read one side of a symbol; None for a flat symbol in one-way mode, which has no sides."""
    index = position_index(data, place)
    row = Row(data, place)
    symbol = row.word("symbol")
    row.place = f"{place} {symbol}"
    size = row.decimal("size", least=ZERO, blank=ZERO)
    holds = row.choice("side", _POSITION_SIDES)
    side = SIDE_OF_INDEX.get(index, holds)
    if side is None:
        if size:
            raise row.bad("side", f"{BUY!r} or {SELL!r} with size {size}")
        return None
    if size and holds is not side:
        raise row.bad("side", f"the one of positionIdx {index} with size {size}")
    price_key = "entryPrice" if row.has("entryPrice") else "avgPrice"
    return PositionReport(
        symbol=symbol,
        side=side,
        size=size,
        avg_price=row.decimal(price_key, above=ZERO) if size else row.decimal(price_key, least=ZERO, blank=ZERO),
        leverage=row.decimal("leverage", above=ZERO),
        seq=row.whole("seq", least=-1),
        updated_ms=row.moment("updatedTime", latest_ms, blank=None if size else 0),
        realised=row.decimal("curRealisedPnl", blank=ZERO) if size and row.has("curRealisedPnl") else None,
    )


def wallet(data: object, place: str, at_ms: int) -> Wallet:
    """Read the account's totals; `at_ms` is the time of the reply or push that bears them."""
    row = Row(data, place)
    if row.text("accountType") != "UNIFIED":
        raise row.bad("accountType", "'UNIFIED'")
    for key in ("totalMarginBalance", "totalAvailableBalance", "accountMMRate"):
        if row.text(key) == "":
            raise BadMessage(place, key, "", "a number; it is empty when the account is in isolated margin mode")
    return Wallet(
        margin_balance=row.decimal("totalMarginBalance"),
        available=row.decimal("totalAvailableBalance"),
        initial_margin=row.decimal("totalInitialMargin", least=ZERO),
        maintenance_margin=row.decimal("totalMaintenanceMargin", least=ZERO),
        mm_rate=row.decimal("accountMMRate", least=ZERO),
        at_ms=at_ms,
    )
