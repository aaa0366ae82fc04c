"""The page: everything in one file, and a policy that forbids it to load anything else."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from gridtrader.replay.result import Parameters, ReplayResult
from gridtrader.report.breakdown import breakdown
from gridtrader.report.distribution import distributions
from gridtrader.report.figures import count, duration, moment
from gridtrader.report.headline import ending, tiles
from gridtrader.report.markup import Html, raw, tag
from gridtrader.report.parameters import parameters
from gridtrader.report.plots import cycle_table, plots
from gridtrader.report.series import data
from gridtrader.store.atomic import write_atomic

_LIBRARY: Final = "uplot/uPlot.iife.min.js"
_STYLES: Final = ("uplot/uPlot.min.css", "report.css")
_SCRIPTS: Final = (
    "data.js",
    "words.js",
    "theme.js",
    "span.js",
    "canvas.js",
    "chart.js",
    "fills.js",
    "ladder.js",
    "account.js",
    "cycles.js",
    "main.js",
)
"""In the order in which they are run, all in one scope."""


def render(result: ReplayResult) -> str:
    """Return the report as one HTML page that loads nothing: script, style and data stand in it."""
    script, style = _script(), _style()
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", _title(result.parameters)),
        tag("style", raw(style)),
    )
    payload = tag("script", raw(data(result)), type="application/json", id="data")
    body = tag("body", _main(result), payload, tag("script", raw(script)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def write_report(result: ReplayResult, path: Path) -> None:
    """Write the report to `path`, whole or not at all. Raises StoreError."""
    write_atomic(path, render(result).encode())


def _main(result: ReplayResult) -> Html:
    chosen = result.parameters
    period = (
        f"account {chosen.account} · {moment(chosen.start_ms)} to {moment(chosen.end_ms)} UTC · "
        f"{duration(chosen.end_ms - chosen.start_ms)}"
    )
    return tag(
        "main",
        tag("header", tag("h1", f"Replay of {_symbols(chosen)}"), tag("p", period)),
        ending(result),
        tiles(result),
        plots(result),
        _section("By side", breakdown(result)),
        _section("Closed cycles, distributed", distributions(result.cycles)),
        _section("Cycles", cycle_table(result.cycles)),
        _section("Parameters", parameters(chosen)),
    )


def _section(title: str, content: Html) -> Html:
    return tag("section", tag("h2", title), content)


def _title(chosen: Parameters) -> str:
    return f"Replay of {_symbols(chosen)}, account {chosen.account}"


def _symbols(chosen: Parameters) -> str:
    names = [symbol.symbol for symbol in chosen.symbols]
    return ", ".join(names) if len(names) <= 4 else count(len(names), "symbol")


@cache
def _script() -> str:
    licence = _asset("uplot/LICENSE").replace("*/", "")
    own = "".join(_assets(_SCRIPTS))
    return f'/*!\n{licence}*/\n{_asset(_LIBRARY)}\n(() => {{\n"use strict";\n{own}}})();\n'


@cache
def _style() -> str:
    return "\n".join(_assets(_STYLES))


def _assets(names: Iterable[str]) -> list[str]:
    return [_asset(name) for name in names]


def _asset(name: str) -> str:
    return files("gridtrader.report").joinpath("assets", *name.split("/")).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
