"""What is wrong after a run: books, names, files and logs, judged by the exchange's own record of everything."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from gridtrader.audit.books import BookOrder, Books
from gridtrader.audit.dump import books_from_dump, marks_of, order_from_row
from gridtrader.audit.laws import Laws
from gridtrader.audit.mirror import check_mirror
from gridtrader.settings import AccountSettings, load_settings
from gridtrader.store.journal_read import read_journal
from tests.e2e.kill_deeds import Doer
from tests.e2e.soak import terms_of
from tests.support.process import Client, DaemonProcess, Life, log_ms

GRACE_MS = 2_000
"""How long the daemon may take to hear of a fill or of funding and to answer, on a busy machine."""
_REST_LIMIT_S = 20.0
_QUIET_S = 2.0

Dump = Mapping[str, Any]

_TRACE = "Traceback (most recent call last)"
_RECORD = re.compile(r"^(\d{4}-\S+ \S+) ([A-Z]+) +(.*(?:\n    .*)*)$", re.MULTILINE)
_LATE = r"cannot be (read|looked up).*(no complete answer within|its time has passed)"
_SLEPT = (
    ("ERROR", re.compile(_LATE, re.DOTALL)),
    ("CRITICAL", re.compile(rf"does not (start|trade): (the private stream was lost during the start$|.*{_LATE})")),
)
"""What a daemon may say that has just slept: a request took too long, a stream fell silent while it started."""
_SLEPT_MS = 5_000
_WARNING = re.compile(r"^(\S+ \S+) WARNING  (.*)$", re.MULTILINE)
_TEMPORARY = re.compile(r"\..+\.tmp|.*~")
_WAITING = re.compile(r"_[LS]E\d\d_")


@dataclass(frozen=True, slots=True)
class Pause:
    """From when to when an account heard and did nothing, by the exchange's clock; `until_ms` None: to the end."""

    since_ms: int
    until_ms: int | None


def pauses_of(account_id: str, lives: Sequence[Life], stood_still: Iterable[tuple[int, int]]) -> list[Pause]:
    """Return when an account was dead, starting, or standing still, in order of time."""
    result = []
    away = 0
    for life in lives:
        traded = life.traded_ms.get(account_id)
        if traded is None:
            continue
        if away:
            result.append(Pause(away, traded))
        away = life.ended_ms or 0
    result += [Pause(since, until) for since, until in stood_still]
    return sorted(result, key=lambda pause: pause.since_ms)


class AccountJudge:
    """Judges one account's dump by its whole history."""

    def __init__(self, account: AccountSettings, folder: Path, pauses: Sequence[Pause]) -> None:
        self._terms = [terms_of(account, symbol.symbol) for symbol in account.symbols]
        self._folder = folder
        self._pauses = pauses

    def broken_laws(self, dump: Dump) -> tuple[list[str], int]:
        """Return which laws a quiet account breaks, and how many cycles its take-profits have closed."""
        laws = Laws(self._terms, grace_ms=GRACE_MS, patience_ms=0)
        books = books_from_dump(dump, prices=marks_of(dump))
        broken, closed = self._live_through(laws, books)
        broken += laws.quiet(books)
        path = self._folder / "bot_state.json"
        try:
            state = json.loads(path.read_text(), parse_float=str, parse_int=int)
        except (OSError, ValueError) as error:
            return [*broken, f"the state file is not rebuilt: {error}"], closed
        return broken + check_mirror(state, books, self._terms, laws.ledger), closed

    def _live_through(self, laws: Laws, books: Books) -> tuple[list[str], int]:
        """Tell the laws of every fill in its turn; at each, no level may have executed more than it should."""
        broken: list[str] = []
        closed = 0
        pauses = list(self._pauses)
        bare = books._replace(orders=(), fills=(), prices={})
        for fill in sorted(books.fills, key=lambda fill: (fill.at_ms, fill.seq)):
            while pauses and pauses[0].since_ms <= fill.at_ms:
                self._pause(laws, pauses.pop(0))
            before = laws.ledger.cycle(fill.symbol, fill.leg)
            broken += laws.filled(fill)
            cycle = laws.ledger.cycle(fill.symbol, fill.leg)
            closed += before is not None and cycle is None
            sizes = {(fill.symbol, leg): _size(laws, fill.symbol, leg) for leg in (1, 2)}
            broken += laws.always(bare._replace(sizes=sizes), [fill.symbol])
        return list(dict.fromkeys(broken)), closed

    @staticmethod
    def _pause(laws: Laws, pause: Pause) -> None:
        laws.ledger.left(pause.since_ms)
        if pause.until_ms is not None:
            laws.ledger.back(pause.until_ms)


def _size(laws: Laws, symbol: str, leg: int) -> Decimal:
    cycle = laws.ledger.cycle(symbol, leg)
    return Decimal(0) if cycle is None else cycle.size


# --- names ---


def broken_names(dump: Dump, *, in_order: bool) -> Iterator[str]:
    """Say which order names were used for two orders, and which orders have no name of ours.

    `in_order`: whether attempts must come in the order of their numbers, as they do unless the network holds
    requests back.
    """
    rows = sorted([*dump["closed_orders"], *dump["open_orders"]], key=lambda row: row["created_time"])
    orders = [order_from_row(row) for row in rows]
    seen: dict[str, str] = {}
    for row, order in zip(rows, orders, strict=True):
        link_id = row["order_link_id"]
        if order.name is None:
            yield f"an order has no name of the bot's: {link_id!r} (id {order.order_id})"
        elif seen.setdefault(link_id, order.order_id) != order.order_id:
            yield f"name {link_id} was used for two orders: {seen[link_id]} and {order.order_id}"
    if in_order:
        yield from _out_of_order(orders)


def _out_of_order(orders: Iterable[BookOrder]) -> Iterator[str]:
    laws = Laws([])
    for order in orders:
        yield from laws.names.placed(order)


# --- files ---


def broken_files(daemon: DaemonProcess) -> Iterator[str]:
    """Say what is wrong with the folder of a daemon that has ended."""
    for path in sorted(daemon.folder.rglob("*")):
        if path.name == ".emergency_stop":
            yield f"{path.parent.name}: emergency stop: {path.read_text().strip()}"
        elif _TEMPORARY.fullmatch(path.name):
            yield f"a temporary file is left: {path.relative_to(daemon.folder)}"
        elif path.is_file() and path not in (daemon.env, daemon.config):
            text = path.read_text(errors="replace")
            if any(client.secret in text or client.key in text for client in daemon.clients):
                yield f"a key or secret stands in {path.relative_to(daemon.folder)}"
            if _TRACE in text and path.suffix != ".log":
                place = text.index(_TRACE)
                yield f"{path.relative_to(daemon.folder)}: {text[max(0, place - 200) : place + 1200]}"


def forgotten_fills(client: Client, folder: Path, dump: Dump) -> Iterator[str]:
    """Say which of the exchange's executions the journal and the history file do not have."""
    ids = {row["exec_id"] for row in dump["executions"]}
    journal = Counter(
        str(record.data["exec_id"]) for record in read_journal(folder / "journal.jsonl") if record.kind == "execution"
    )
    history = "".join(path.read_text() for path in sorted(folder.glob("trades_history*.csv")))
    for name, found in (("journal", set(journal)), ("trades_history.csv", {i for i in ids if i in history})):
        missing = sorted(ids - found)
        if missing:
            yield f"{client.account_id}: {len(missing)} executions are not in the {name}: {missing[:3]}"
    strange = sorted(set(journal) - ids)
    if strange:
        yield f"{client.account_id}: the journal has {len(strange)} executions that never were: {strange[:3]}"


def doubled_rows(folder: Path) -> int:
    """Return how many rows of the history file tell of an execution that stands there already."""
    rows = Counter(
        line.rpartition(",")[2]
        for path in folder.glob("trades_history*.csv")
        for line in path.read_text().splitlines()[1:]
    )
    return sum(count - 1 for count in rows.values())


# --- logs ---


def unexplained_trouble(daemon: DaemonProcess, stood_still: Sequence[tuple[int, int]] = ()) -> Iterator[str]:
    """Give every ERROR, CRITICAL and traceback that what was done to the daemon does not explain.

    A kill explains none, whatever the daemon finds when it comes back. A pause explains, right after it, `_SLEPT`.
    """
    for path in sorted(daemon.folder.rglob("*_*.log")):
        for stamp, level, text in _RECORD.findall(path.read_text(errors="replace")):
            if level not in ("ERROR", "CRITICAL") and _TRACE not in text:
                continue
            has_slept = any(until <= log_ms(stamp) <= until + _SLEPT_MS for _, until in stood_still)
            if not (has_slept and any(level == its and words.search(text) for its, words in _SLEPT)):
                yield f"{path.parent.name} {stamp} {level} {text[:600]}"


def missing_warnings(daemon: DaemonProcess, doer: Doer) -> Iterator[str]:
    """Say where a torn journal or a spoilt state file was passed over without a WARNING."""
    for account_id, at_ms in doer.torn:
        if not _is_warned(daemon, account_id, at_ms, "unfinished line"):
            yield f"{account_id}: no WARNING of the torn line of journal.jsonl"
    for account_id, at_ms in doer.corrupted:
        if not _is_warned(daemon, account_id, at_ms, "bot_state.json"):
            yield f"{account_id}: no WARNING of the corrupt bot_state.json"


def _is_warned(daemon: DaemonProcess, account_id: str, at_ms: int, words: str) -> bool:
    """Whether a WARNING with these words came between `at_ms` and the next time that the account traded."""
    traded = [life.traded_ms[account_id] for life in daemon.lives if life.traded_ms.get(account_id, 0) > at_ms]
    until = min(traded, default=None)
    return any(
        words in text and at_ms <= log_ms(stamp) and (until is None or log_ms(stamp) <= until)
        for path in (daemon.accounts / account_id).glob("errors_*.log")
        for stamp, text in _WARNING.findall(path.read_text(errors="replace"))
    )


def warnings_of(daemon: DaemonProcess) -> Counter[str]:
    """Return how often each WARNING was given; figures are left out."""
    texts: Counter[str] = Counter()
    for path in daemon.accounts.glob("*/errors_*.log"):
        for _, text in _WARNING.findall(path.read_text(errors="replace")):
            texts[re.sub(r"g_\S+|[0-9a-f]{8}-[0-9a-f-]{27}|[-+]?\d[\d.,]*", "#", text)[:160]] += 1
    return texts


# --- at the end ---


def settings_of(daemon: DaemonProcess) -> dict[str, AccountSettings]:
    settings = load_settings(daemon.config, daemon.env, need_keys=False)
    return {account.id: account for account in settings.enabled_accounts}


class Stand:
    """All accounts of a market that stands still, waited for until nothing moves and all laws hold."""

    def __init__(self, doer: Doer) -> None:
        self._doer = doer
        self._settings = settings_of(doer.daemon)
        self.dumps: dict[str, Dump] = {}
        self.broken: list[str] = []
        self.closed = 0

    def settle(self) -> float:
        """Wait; returns after how many seconds it was so, or at least was given up."""
        began = time.monotonic()
        before, since = "", began
        while time.monotonic() - began < _REST_LIMIT_S:
            self._look()
            now = json.dumps([_moving(dump) for dump in self.dumps.values()])
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > _QUIET_S and not _WAITING.search(now):
                self._judge()
                if not self.broken:
                    break
            time.sleep(0.25)
        self._judge()
        return time.monotonic() - began

    def _look(self) -> None:
        control = self._doer.exchange.control
        for client in self._doer.daemon.clients:
            self.dumps[client.account_id] = control("GET", f"/accounts/{client.key}")

    def _judge(self) -> None:
        daemon = self._doer.daemon
        self.broken, self.closed = [], 0
        for account_id, dump in self.dumps.items():
            pauses = pauses_of(account_id, daemon.lives, self._doer.away)
            judge = AccountJudge(self._settings[account_id], daemon.accounts / account_id, pauses)
            broken, closed = judge.broken_laws(dump)
            self.broken += [f"{account_id}: {text}" for text in broken]
            self.closed += closed


def _moving(dump: Dump) -> object:
    return dump["open_orders"], len(dump["closed_orders"]), len(dump["executions"])
