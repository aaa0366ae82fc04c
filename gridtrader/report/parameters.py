"""What was replayed: every parameter that decides the outcome."""

from collections.abc import Iterable
from decimal import Decimal

from gridtrader.domain.exact import HUNDRED
from gridtrader.replay.result import Parameters, SymbolParameters
from gridtrader.report.figures import duration, exact, moment, usdt
from gridtrader.report.markup import Html, join, tag


def parameters(chosen: Parameters) -> Html:
    """Return the account's parameters, then those of each symbol."""
    cards = [_card(f"Account {chosen.account}", _of_account(chosen))]
    cards += [_card(symbol.symbol, _of_symbol(symbol)) for symbol in chosen.symbols]
    return tag("div", *cards, class_="cards")


def _of_account(chosen: Parameters) -> list[tuple[str, str]]:
    return [
        ("from (UTC)", moment(chosen.start_ms)),
        ("to (UTC)", moment(chosen.end_ms)),
        ("duration", duration(chosen.end_ms - chosen.start_ms)),
        ("opening balance", usdt(chosen.balance)),
        ("MM-rate threshold", _rate(chosen.mm_threshold)),
        ("balance buffer", f"{exact(chosen.balance_buffer_percent)} %"),
        ("maker fee", _rate(chosen.maker_fee)),
        ("taker fee", _rate(chosen.taker_fee)),
        ("spread", f"{chosen.spread_ticks} ticks" if chosen.spread_ticks != 1 else "1 tick"),
        ("margin", "not limited" if chosen.unlimited_margin else "limited by the balance (S6)"),
        ("prices", ", ".join(chosen.prices) or "none"),
    ]


def _of_symbol(symbol: SymbolParameters) -> list[tuple[str, str]]:
    return [
        ("initial position (margin)", f"{exact(symbol.margin)} USDT"),
        ("leverage", f"{exact(symbol.leverage)} ×"),
        ("grid step", f"{exact(symbol.grid_step_percent)} %"),
        ("averaging multiplier", exact(symbol.averaging_multiplier)),
        ("take-profit", f"{exact(symbol.take_profit_percent)} %"),
        ("averaging levels, at most", str(symbol.max_levels)),
        ("tick size", exact(symbol.tick_size)),
        ("quantity step", exact(symbol.quantity_step)),
    ]


def _rate(fraction: Decimal) -> str:
    return f"{exact(fraction * HUNDRED)} %"


def _card(title: str, entries: Iterable[tuple[str, str]]) -> Html:
    listed = join(tag("div", tag("dt", name), tag("dd", value)) for name, value in entries)
    return tag("div", tag("h3", title), tag("dl", listed), class_="card")
