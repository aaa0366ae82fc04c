"""What an operator looks at first: how it ended, in plain words, and the summary figures."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import HUNDRED, ZERO
from gridtrader.replay.result import Alarm, ReplayResult, Sample, Stop, Trade
from gridtrader.report.figures import amount, count, duration, moment, percent, share, usdt
from gridtrader.report.markup import Html, join, raw, tag

_SIGNS: Final = {"good": "✓", "warning": "!", "danger": "✕"}
_LIQUIDATION: Final = HUNDRED


def ending(result: ReplayResult) -> Html:
    """Return how the replay ended: liquidated, stopped, nothing done, or run to the end."""
    tone, title, text = _ending(result)
    return tag(
        "section",
        tag("span", _SIGNS[tone], class_="sign", aria_hidden="true"),
        tag("div", tag("h2", title), tag("p", text)),
        class_=f"ending {tone}",
        aria_label="How it ended",
    )


def _ending(result: ReplayResult) -> tuple[str, str, str]:
    stop = result.summary.stop
    if result.summary.liquidations:
        sentences: list[str] = [_liquidations(result)]
        if stop is not None:
            sentences += ["Emergency stop at ", _stop(stop, result.parameters.end_ms)]
        return "danger", "Liquidated", join(sentences)
    if stop is not None:
        return "danger", "Emergency stop", _stop(stop, result.parameters.end_ms)
    if not result.trades:
        return "warning", "Nothing was traded", "No order was filled in the whole time."
    if result.alarms:
        return "warning", "Ran to the end, but could not open all", _alarms(result.alarms)
    return "good", "Ran to the end", "No emergency stop, no liquidation."


def _liquidations(result: ReplayResult) -> Html:
    forced = next((trade for trade in result.trades if trade.is_forced), None)
    first = ["; first at ", when(forced.time_ms), f", {forced.symbol} {forced.side.name}"] if forced else []
    number = count(result.summary.liquidations, "liquidation")
    return join(["The exchange closed positions by force: ", number, *first, ". "])


def _alarms(alarms: Sequence[Alarm]) -> Html:
    more = f" {count(len(alarms), 'alarm')} in all." if len(alarms) > 1 else ""
    return join([when(alarms[0].time_ms), f": {alarms[0].text}.{more}"])


def _stop(stop: Stop, end_ms: int) -> Html:
    left = end_ms - stop.time_ms
    after = f" Nothing more was sent in the {duration(left)} until the end." if left >= 1000 else ""
    return join([when(stop.time_ms), f": {stop.reason}.{after}"])


def when(at_ms: int) -> Html:
    """Return a moment that is never broken into two lines."""
    return tag("time", f"{moment(at_ms)} UTC")


def tiles(result: ReplayResult) -> Html:
    """Return the summary figures, each with what it has to be seen against."""
    summary = result.summary
    # With unlimited margin the balance is beyond all bounds, and a share of it says nothing.
    is_limited = not result.parameters.unlimited_margin
    opening = result.parameters.balance if is_limited else ZERO
    others = summary.net_profit - summary.closed_profit
    makers = sum(trade.is_maker for trade in result.trades)
    maker_share = share(Decimal(makers), Decimal(len(result.trades)))
    as_maker = f", {maker_share} as maker" if maker_share else ""
    return tag(
        "section",
        _tile(
            "Net profit",
            usdt(summary.net_profit, signed=True),
            [
                _of(summary.net_profit, opening, "opening balance", signed=True),
                f"{amount(summary.closed_profit, signed=True)} from closed cycles, "
                f"{amount(others, signed=True)} from all that no take-profit closed",
            ],
            _tone(summary.net_profit),
        ),
        _rate(result) if is_limited else _tile("Highest MM rate", "–", ["the margin is not limited"]),
        _tile("Deepest ladder", _levels(result), [_deepest(result.trades)]),
        _tile(
            "Largest drawdown",
            usdt(summary.maximum_drawdown),
            [f"{percent(summary.maximum_drawdown_percent)} of the high before it"] if is_limited else [],
        ),
        _tile("Cycles closed", f"{summary.cycles:,}", _cycles(result)),
        _tile("Fees", usdt(summary.fees), [f"{count(summary.trades, 'fill')}{as_maker}"]),
        _tile("Funding", usdt(abs(summary.funding)), [_funding(summary.funding)]),
        _tile(
            "Margin, at most",
            usdt(summary.maximum_margin),
            [
                _of(summary.maximum_margin, opening, "opening balance"),
                f"in the market {percent(summary.time_in_market * HUNDRED, 1)} of the time",
            ],
        ),
        class_="tiles",
        aria_label="Summary",
    )


def _rate(result: ReplayResult) -> Html:
    return _tile(
        "Highest MM rate",
        percent(result.summary.maximum_mm_rate * HUNDRED),
        [_against(result), _riskiest(result.samples)],
        "danger" if _is_over(result) else "",
        _meter(result),
    )


def _tile(title: str, value: str, details: Iterable[str], tone: str = "", picture: Html | None = None) -> Html:
    return tag(
        "div",
        tag("h3", title),
        tag("p", value, class_=f"value {tone}".rstrip()),
        picture or raw(""),
        *(tag("p", detail) for detail in details if detail),
        class_="tile",
    )


def _tone(value: Decimal) -> str:
    return "danger" if value < 0 else "good" if value > 0 else ""


def _of(part: Decimal, whole: Decimal, name: str, *, signed: bool = False) -> str:
    text = share(part, whole, signed=signed)
    return f"{text} of the {amount(whole)} {name}" if text else ""


def _against(result: ReplayResult) -> str:
    threshold = result.parameters.mm_threshold * HUNDRED
    return f"threshold {percent(threshold)}, liquidation {percent(_LIQUIDATION, 0)}"


def _meter(result: ReplayResult) -> Html:
    """Return the highest MM rate as a bar from 0 to liquidation, with a mark at the threshold."""
    rate = min(max(result.summary.maximum_mm_rate, ZERO), Decimal(1)) * HUNDRED
    threshold = min(max(result.parameters.mm_threshold, ZERO), Decimal(1)) * HUNDRED
    return tag(
        "svg",
        tag("rect", class_="track", width="100%", height="100%"),
        tag("rect", class_="over" if _is_over(result) else "level", width=f"{rate:.2f}%", height="100%"),
        tag("rect", class_="mark", x=f"{threshold:.2f}%", width="2", height="100%"),
        class_="meter",
        role="img",
        aria_label=_against(result),
    )


def _is_over(result: ReplayResult) -> bool:
    return result.summary.maximum_mm_rate >= result.parameters.mm_threshold


def _riskiest(samples: Iterable[Sample]) -> str:
    worst = max((s for s in samples if s.highest_mm_rate > 0), key=lambda s: s.highest_mm_rate, default=None)
    return "" if worst is None else join(["in the stretch from ", when(worst.time_ms)])


def _levels(result: ReplayResult) -> str:
    allowed = {symbol.max_levels + 1 for symbol in result.parameters.symbols}
    most = f" of {allowed.pop()}" if len(allowed) == 1 else ""
    return f"{result.summary.maximum_levels}{most} levels"


def _deepest(trades: Iterable[Trade]) -> str:
    deepest: Trade | None = None
    for trade in trades:
        if trade.level is not None and (deepest is None or trade.level > (deepest.level or 0)):
            deepest = trade
    if deepest is None:
        return "no level was filled"
    return join([f"level {deepest.level}: {deepest.symbol} {deepest.side.name}, first at ", when(deepest.time_ms)])


def _cycles(result: ReplayResult) -> list[str]:
    cycles = result.cycles
    if not cycles:
        return ["none reached its take-profit"]
    losing = sum(cycle.net < 0 for cycle in cycles)
    lengths = sorted(cycle.closed_ms - cycle.opened_ms for cycle in cycles)
    return [
        f"{losing:,} at a loss" if losing else "none at a loss",
        f"half of them within {duration(lengths[(len(lengths) - 1) // 2])}, the longest {duration(lengths[-1])}",
    ]


def _funding(funding: Decimal) -> str:
    if funding == 0:
        return "nothing paid, nothing received"
    return "paid, more than received" if funding > 0 else "received, more than paid"
