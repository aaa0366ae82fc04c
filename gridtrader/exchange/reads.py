"""Everything that only looks: account, money, contracts, positions, orders, fills."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from gridtrader.domain.instrument import Instrument
from gridtrader.domain.types import SIDES, Execution, FeeRates, OrderReport, PositionReport, Quote, Wallet
from gridtrader.engine.ports import AccountMode, GatewayError, Lane, MarginMode, Refusal, Refused, Unreachable
from gridtrader.exchange import codes, market, rows
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.exchange.messages import CATEGORY
from gridtrader.exchange.pages import all_rows, windows
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.wire import Answer, NoAnswer, NotSent, Wire

_UNIFIED_STATUS: Final = {1: False, 3: True, 4: True, 5: True, 6: True}
"""`unifiedMarginStatus`: 1 classic account, 3 to 6 the generations of the unified one."""
_MARGIN_MODES: Final = {mode.value: mode for mode in MarginMode}

Report = TypeVar("Report")


class Reads:
    """The reading half of the gateway. Every method raises `Unreachable` or `Refused`."""

    def __init__(self, wire: Wire, settings: EdgeSettings, *, demo: bool) -> None:
        self._wire = wire
        self._settings = settings
        self._demo = demo

    # --- account ---

    def account_mode(self) -> AccountMode:
        """Return margin mode and kind of the account."""

        def parse(answer: Answer) -> AccountMode:
            row = answer.result
            status = row.whole("unifiedMarginStatus")
            if status not in _UNIFIED_STATUS:
                raise row.bad("unifiedMarginStatus", f"one of {', '.join(map(str, _UNIFIED_STATUS))}")
            return AccountMode(row.choice("marginMode", _MARGIN_MODES), _UNIFIED_STATUS[status])

        return self._read(Endpoint.ACCOUNT_INFO, {}, parse)

    def wallet(self) -> Wallet:
        """Return the account's money; an account in isolated margin mode has no totals and is `Unreachable`."""

        def parse(answer: Answer) -> Wallet:
            place = Endpoint.WALLET.path
            return rows.wallet(_only(answer.result.list("list"), place), place, self._time(answer))

        return self._read(Endpoint.WALLET, {"accountType": "UNIFIED"}, parse)

    def fee_rates(self, symbol: str) -> FeeRates | None:
        """Return the account's rates; None on demo, where the endpoint does not exist: it is not even asked."""
        if self._demo:
            return None

        def parse(answer: Answer) -> FeeRates:
            place = Endpoint.FEE_RATE.path
            row = _only(answer.result.list("list"), place)
            _check_symbol(row, place, symbol)
            return market.fee_rates(row, place)

        return self._read(Endpoint.FEE_RATE, {"category": CATEGORY, "symbol": symbol}, parse)

    # --- market ---

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract, whether it trades or not; `Refused` (INVALID) if there is none of that name."""

        def parse(answer: Answer) -> Instrument | None:
            found = answer.result.list("list")
            if not found:
                return None
            place = Endpoint.INSTRUMENTS.path
            row = _only(found, place)
            _check_symbol(row, place, symbol)
            return market.instrument(row, place)

        for asked in market.contract_questions(symbol):
            instrument = self._read(Endpoint.INSTRUMENTS, asked, parse)
            if instrument is not None:
                return instrument
        raise Refused(Refusal.INVALID, codes.OK, f"no linear contract {symbol} is listed")

    def quote(self, symbol: str) -> Quote:
        """Return the market now."""

        def parse(answer: Answer) -> Quote:
            place = Endpoint.TICKERS.path
            row = _only(answer.result.list("list"), place)
            _check_symbol(row, place, symbol)
            return market.quote(row, f"{place} {symbol}", self._time(answer))

        return self._read(Endpoint.TICKERS, {"category": CATEGORY, "symbol": symbol}, parse)

    # --- positions ---

    def positions(self) -> Sequence[PositionReport]:
        """Return the sides of all USDT contracts that hold something, one-way ones included."""
        found = self._all(
            Endpoint.POSITIONS,
            {"category": CATEGORY, "settleCoin": rows.SETTLE_COIN, "limit": self._settings.position_page},
            rows.position_report,
        )
        return [report for report in found if report is not None and report.size > 0]

    def positions_of(self, symbol: str) -> Sequence[PositionReport]:
        """Return LONG and SHORT of a symbol; `Refused` (INVALID) if it is in one-way mode."""

        def parse(row: object, place: str, latest_ms: int) -> PositionReport | None:
            _check_symbol(row, place, symbol)
            is_one_way = rows.position_index(row, place) == rows.ONE_WAY
            return None if is_one_way else rows.position_report(row, place, latest_ms)

        found = self._all(Endpoint.POSITIONS, {"category": CATEGORY, "symbol": symbol}, parse)
        if None in found:
            raise Refused(Refusal.INVALID, codes.OK, f"{symbol} is in one-way position mode, hedge mode is needed")
        legs = {report.side: report for report in found if report is not None}
        if len(found) != len(SIDES) or set(legs) != set(SIDES):
            shown = ", ".join(report.side.name for report in found if report is not None) or "none"
            raise Unreachable(f"position/list {symbol}: sides {shown}; allowed: LONG and SHORT, once each")
        return [legs[side] for side in SIDES]

    # --- orders and fills ---

    def open_orders(self, symbol: str | None = None) -> Sequence[OrderReport]:
        """Return the working orders of a symbol, or of all USDT contracts, conditional ones included."""
        where = {"settleCoin": rows.SETTLE_COIN} if symbol is None else {"symbol": symbol}
        found = self._all(
            Endpoint.OPEN_ORDERS,
            {"category": CATEGORY, **where, "openOnly": 0, "limit": self._settings.order_page},
            rows.order_report,
        )
        return [order for order in _newest(found) if not order.status.is_final]

    def order(self, symbol: str, link_id: str, since_ms: int | None = None) -> OrderReport | None:
        """Return the order of that name whatever its status, or None if the exchange knows none.

        `order/realtime` forgets closed orders when the service restarts; `order/history` has them, week by week of
        their creation, newest first. `since_ms` (the exchange's time) is the earliest the order can have been
        created; without it, `order_lookback_ms` are looked through.
        """
        named = {"category": CATEGORY, "symbol": symbol, "orderLinkId": link_id, "limit": self._settings.order_page}
        for endpoint, span in self._places(since_ms):
            found = self._all(endpoint, {**named, **span}, rows.order_report)
            for order in found:
                if order.link_id != link_id or order.symbol != symbol:
                    told = f"{order.symbol} {order.link_id}"
                    wrong = BadMessage(endpoint.path, "the order", told, f"that of the request, {symbol} {link_id}")
                    raise Unreachable(self._wire.unfit(wrong))
            if found:
                return max(found, key=lambda order: (order.created_ms, order.updated_ms))
        return None

    def _places(self, since_ms: int | None) -> Iterator[tuple[Endpoint, Mapping[str, object]]]:
        """Yield where an order of a known name may be found, the likeliest first."""
        settings, now_ms = self._settings, self._wire.skew.now_ms()
        yield Endpoint.OPEN_ORDERS, {}
        yield Endpoint.ORDER_HISTORY, {}  # without a span: the last week
        earliest_ms = now_ms - settings.order_lookback_ms if since_ms is None else since_ms
        earliest_ms = max(earliest_ms, now_ms - settings.order_keeping_ms)
        # The exchange counts that week by its own clock: a little of it is asked for again.
        until_ms = now_ms - settings.history_window_ms + settings.future_tolerance_ms
        while until_ms > earliest_ms:
            start_ms = max(earliest_ms, until_ms - settings.history_window_ms)
            yield Endpoint.ORDER_HISTORY, {"startTime": start_ms, "endTime": until_ms}
            until_ms = start_ms

    def order_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[OrderReport]:
        """Return closed orders of a span of any length; an order is found by the time it was created."""
        return _newest(
            self._history(
                Endpoint.ORDER_HISTORY, symbol, start_ms, end_ms, self._settings.order_page, rows.order_report
            )
        )

    def executions(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Execution]:
        """Return fills, funding and forced closes of a span of any length, oldest first."""
        found = self._history(
            Endpoint.EXECUTIONS, symbol, start_ms, end_ms, self._settings.execution_page, rows.execution
        )
        unique = {execution.exec_id: execution for execution in reversed(found)}  # pages come newest first
        return sorted(unique.values(), key=lambda execution: execution.moment)

    # --- how ---

    def _history(
        self,
        endpoint: Endpoint,
        symbol: str,
        start_ms: int,
        end_ms: int,
        page: int,
        parse: Callable[[object, str, int], Report],
    ) -> list[Report]:
        found: list[Report] = []
        for start, end in windows(start_ms, end_ms, self._settings.history_window_ms):
            span = {"category": CATEGORY, "symbol": symbol, "startTime": start, "endTime": end, "limit": page}
            found += self._all(endpoint, span, parse)
        return found

    def _all(
        self, endpoint: Endpoint, parameters: Mapping[str, object], parse: Callable[[object, str, int], Report]
    ) -> list[Report]:
        """Return every row of every page, parsed."""

        def fetch(page: Mapping[str, object]) -> Row:
            return self._read(endpoint, page, lambda answer: answer.result)

        try:
            found = all_rows(fetch, parameters, self._settings.max_pages)
            latest_ms = self._wire.skew.latest_ms()
            return [parse(row, endpoint.path, latest_ms) for row in found]
        except BadMessage as error:
            raise Unreachable(self._wire.unfit(error)) from None

    def _read(
        self, endpoint: Endpoint, parameters: Mapping[str, object], parse: Callable[[Answer], Report]
    ) -> Report:
        try:
            answer = self._wire.ask(endpoint, parameters, Lane.READ)
            if answer.code == codes.OK:
                return parse(answer)
        except NotSent as error:
            raise Refused(error.refusal, codes.OK, str(error)) from None
        except NoAnswer as error:
            raise Unreachable(str(error)) from None
        except BadMessage as error:
            raise Unreachable(self._wire.unfit(error)) from None
        raise _fault(answer, endpoint)

    def _time(self, answer: Answer) -> int:
        """Return the exchange's time in an answer. Raises BadMessage for one that cannot be."""
        return answer.envelope.moment("time", self._wire.skew.latest_ms())


def _fault(answer: Answer, endpoint: Endpoint) -> GatewayError:
    if answer.code in codes.AMBIGUOUS:
        return Unreachable(f"{endpoint.path}: {answer.text} (retCode {answer.code})")
    return Refused(codes.refusal_of(answer.code, answer.text), answer.code, f"{endpoint.path}: {answer.text}")


def _only(found: Sequence[object], place: str) -> object:
    if len(found) != 1:
        raise BadMessage(place, "list", found, "a list of one")
    return found[0]


def _check_symbol(row: object, place: str, symbol: str) -> None:
    read = Row(row, place)
    if read.text("symbol") != symbol:
        raise read.bad("symbol", repr(symbol))


def _newest(found: Sequence[OrderReport]) -> list[OrderReport]:
    """Return each order once: pages and windows overlap when orders come and go meanwhile."""
    newest: dict[str, OrderReport] = {}
    for order in found:
        known = newest.get(order.order_id)
        if known is None or known.updated_ms <= order.updated_ms:
            newest[order.order_id] = order
    return list(newest.values())
