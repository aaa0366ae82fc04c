"""The law of the house as a test: what may stand where (docs/architecture.md). Import directions: `lint-imports`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.syntax import syntax_tree

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gridtrader"
LONGEST_FILE = 400

NEVER_IN_PURE_ROOMS = {"asyncio", "datetime", "logging", "os", "pathlib", "random", "socket", "threading", "time"}
"""No I/O, no clock, no threads, no logs: a pure room gets everything as an argument."""

PURE_ROOMS = ("domain", "audit", "simulator/core")
ALLOWED_IN = {"simulator/core": {"random"}}
"""The exchange draws its order ids from a seeded generator it is given."""

THREADS_LIVE_IN = ("bot.py", "daemon", "engine/inbox.py", "exchange", "logs", "operator", "simulator")
"""Elsewhere nothing knows that there are threads."""

WIRE_WORDS = {"retCode", "positionIdx", "orderLinkId", "Buy", "Sell"}
WIRE_SPEAKERS = ("exchange", "paper", "simulator", "simulation", "audit/dump.py", "audit/books.py", "operator")


USED_BY_TESTS = {
    "audit/dump.py",
    "audit/laws.py",
    "audit/mirror.py",
    "simulation/ending.py",
    "simulator/server/thread.py",
}
"""The laws judge the bot, so nothing of the bot calls them; the exchange in a thread is for tests."""


def modules(*rooms: str) -> Iterator[Path]:
    for room in rooms or ("",):
        place = PACKAGE / room
        yield from sorted([place] if place.is_file() else place.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(syntax_tree(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_pure_rooms_have_no_clock_no_threads_no_files_and_no_logs(room: str) -> None:
    banned = NEVER_IN_PURE_ROOMS - ALLOWED_IN.get(room, set())
    guilty = {room_of(path): found for path in modules(room) if (found := imported(path) & banned)}
    assert guilty == {}


def test_threads_are_known_only_where_threads_live() -> None:
    guilty = [
        room_of(path)
        for path in modules()
        if "threading" in imported(path) and not room_of(path).startswith(THREADS_LIVE_IN)
    ]
    assert guilty == []


def test_the_engine_reads_no_clock_but_the_one_it_is_given() -> None:
    guilty = {room_of(path) for path in modules("engine") if imported(path) & {"time", "datetime"}}
    assert guilty == set()


def test_words_of_the_wire_stay_at_the_edge() -> None:
    guilty = []
    for path in modules():
        if room_of(path).startswith(WIRE_SPEAKERS):
            continue
        for node in ast.walk(syntax_tree(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in WIRE_WORDS:
                guilty.append(f"{room_of(path)}:{node.lineno} {node.value!r}")
    assert guilty == []


@pytest.mark.parametrize("room", ["domain", "engine", "simulator/core", "audit"])
def test_money_is_never_a_float(room: str) -> None:
    """No float literal and no call of `float` where money, prices and quantities are reckoned (but for showing)."""
    guilty = []
    for path in modules(room):
        for node in ast.walk(syntax_tree(path.read_text())):
            is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            if (is_literal or is_call) and not _is_shown(path, node):
                guilty.append(f"{room_of(path)}:{node.lineno}")  # type: ignore[attr-defined]
    assert guilty == []


def _is_shown(path: Path, node: ast.AST) -> bool:
    line = path.read_text().splitlines()[node.lineno - 1]  # type: ignore[attr-defined]
    return 'f"' in line or "sleep(" in line or "_show" in line or "{float" in line or "float(qty)" in line


def test_rooms_are_small() -> None:
    lengths = {room_of(path): len(path.read_text().splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        room_of(path)
        for path in modules()
        if path.read_text() and not ast.get_docstring(syntax_tree(path.read_text()))
    ]
    assert silent == []


def test_no_dead_rooms() -> None:
    """Every module is imported by another one, or is a way in."""
    ways_in = {"__main__.py", "cli.py", "simulator/main.py", *USED_BY_TESTS}
    text = "\n".join(path.read_text() for path in modules())
    dead = []
    for path in modules():
        name = room_of(path)
        if path.name == "__init__.py" or name in ways_in:
            continue
        dotted = "gridtrader." + name.removesuffix(".py").replace("/", ".")
        parent, _, leaf = dotted.rpartition(".")
        if (
            f"from {dotted} import" not in text
            and f"import {dotted}" not in text
            and not _is_named(text, parent, leaf)
        ):
            dead.append(name)
    assert dead == []


def _is_named(text: str, parent: str, leaf: str) -> bool:
    return any(
        leaf in line.replace(",", " ").replace("(", " ").replace(")", " ").split()
        for line in _imports_from(text, parent)
    )


def _imports_from(text: str, parent: str) -> Iterator[str]:
    marker = f"from {parent} import "
    start = 0
    while (start := text.find(marker, start)) >= 0:
        rest = text[start + len(marker) :]
        yield rest[: rest.find(")")] if rest.startswith("(") else rest.split("\n", 1)[0]
        start += len(marker)
