"""The places of what the script draws and lists: plots over time, and the table of cycles."""

from collections.abc import Sequence
from typing import Final

from gridtrader.domain.exact import HUNDRED
from gridtrader.replay.result import ClosedCycle, ReplayResult
from gridtrader.report.figures import count, percent
from gridtrader.report.markup import Html, raw, tag

_NO_SCRIPT: Final = "The plots and the table of cycles need JavaScript; every figure outside them stands without it."
_ABOUT_LADDERS: Final = (
    "Every order where and while it stood. LONG: levels solid, take-profit dotted; "
    "SHORT: levels dashed, take-profit dash-dotted."
)
_HINT: Final = (
    "Drag across a plot to zoom in, double-click to see all; Ctrl and wheel zoom at the pointer. "
    "On a touch screen pinch, and move sideways. All times are UTC."
)
_ICONS: Final = {
    "long": raw('<svg class="icon long" viewBox="0 0 12 12" aria-hidden="true"><path d="M6 1 11 11H1z"/></svg>'),
    "short": raw('<svg class="icon short" viewBox="0 0 12 12" aria-hidden="true"><path d="M6 11 1 1h10z"/></svg>'),
    "profit": raw(
        '<svg class="icon profit" viewBox="0 0 12 12" aria-hidden="true"><path d="M6 1 11 6 6 11 1 6z"/></svg>'
    ),
    "line": raw('<svg class="icon" viewBox="0 0 22 12" aria-hidden="true"><path class="line" d="M0 6h22"/></svg>'),
    "area": raw(
        '<svg class="icon" viewBox="0 0 22 12" aria-hidden="true"><path class="area" d="M0 2h22v8H0z"/></svg>'
    ),
    "dashed": raw(
        '<svg class="icon" viewBox="0 0 22 12" aria-hidden="true"><path class="dashed" d="M0 6h22"/></svg>'
    ),
}


def plots(result: ReplayResult) -> Html:
    """Return the section of the plots; the script fills it."""
    symbols = [symbol.symbol for symbol in result.parameters.symbols]
    threshold = percent(result.parameters.mm_threshold * HUNDRED)
    return tag(
        "section",
        tag("h2", "Over time"),
        tag("noscript", tag("p", _NO_SCRIPT, class_="empty")),
        tag("p", _HINT, class_="hint"),
        tag("div", _chooser(symbols), _shown(), _spans(), class_="tools", id="tools"),
        tag("p", class_="note", id="note", hidden=""),
        _plot("fills", "Price and fills", _about_fills(result)),
        _plot("ladders", "Both ladders", _ABOUT_LADDERS),
        _plot(
            "depth",
            "Levels held",
            "With at least one fill. LONG upwards, SHORT downwards; dashed: all that the configuration allows.",
        ),
        _plot("equity", "Equity, USDT", _key(("line", "at the end of each stretch"), ("area", "down to its lowest"))),
        _plot("margin", "Margin bound by positions and orders, USDT", ""),
        _plot("rate", "Maintenance-margin rate", _key(("area", "highest"), ("dashed", f"threshold {threshold}"))),
        id="plots",
    )


def _about_fills(result: ReplayResult) -> str:
    about = "The number at a fill is its level. A diamond is a take-profit: of LONG its upper half is filled"
    return f"{about}; ✕ is a liquidation." if any(trade.is_forced for trade in result.trades) else f"{about}."


def cycle_table(cycles: Sequence[ClosedCycle]) -> Html:
    """Return the place of the table of cycles."""
    if not cycles:
        return tag("p", "No cycle was closed.", class_="empty")
    return tag(
        "div",
        tag(
            "p",
            f"{count(len(cycles), 'cycle')}. Click a heading to sort, a row for all of its figures.",
            class_="hint",
        ),
        tag("table", tag("thead"), tag("tbody"), class_="cycles"),
        tag("div", class_="pages"),
        id="cycles",
    )


def _chooser(symbols: Sequence[str]) -> Html:
    """Return the choice of the symbol; nothing where there is none to make."""
    if len(symbols) < 2:
        return raw("")
    options = (tag("option", name, value=str(number)) for number, name in enumerate(symbols))
    return tag("label", tag("span", "Symbol "), tag("select", *options, id="symbol"))


def _shown() -> Html:
    buttons = (
        tag("button", _ICONS[name], title, type="button", aria_pressed="true", data_shows=name)
        for name, title in (("long", "LONG"), ("short", "SHORT"), ("profit", "Take-profits"))
    )
    return tag("div", *buttons, class_="group", role="group", aria_label="Shown")


def _spans() -> Html:
    buttons = (
        tag("button", sign, type="button", data_span=name, aria_label=title, title=title)
        for name, sign, title in (
            ("earlier", "◀", "Earlier"),
            ("later", "▶", "Later"),
            ("out", "\N{MINUS SIGN}", "Zoom out"),
            ("in", "+", "Zoom in"),
            ("all", "All", "The whole time"),
        )
    )
    return tag("div", *buttons, tag("output", id="span"), class_="group spans", role="group", aria_label="Time shown")


def _key(*entries: tuple[str, str]) -> Html:
    return tag("span", *(tag("span", _ICONS[name], text) for name, text in entries), class_="key")


def _plot(name: str, title: str, about: str) -> Html:
    return tag(
        "div",
        tag("div", tag("h3", title), tag("p", about, class_="about"), class_="title"),
        tag("p", class_="reading", aria_live="off"),
        tag("div", class_="canvas", role="img", aria_label=title),
        class_="plot",
        id=f"plot-{name}",
    )
