"""What a cycle does to the daemon: eight ways to interrupt it, at moments drawn from a seed.

The moments are real: two runs of one seed do the same deeds in the same order, not at the same instant.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.support.process import DaemonProcess, ExchangeProcess, ProcessTrouble, now_ms

TERM_LIMIT_S = 10.0
"""T8."""
START_LIMIT_S = 30.0
_GLANCE_S = 0.004


class Deed(Enum):
    """A kind of cycle; the value is its name in the table."""

    KILL = "kill at any moment"
    START = "kill at a request of the start"
    COMMAND = "kill at a command"
    TERM = "SIGTERM"
    PAUSE = "SIGSTOP, SIGCONT"
    JOURNAL = "kill, journal's last line torn"
    STATE = "kill, state file corrupt"
    AGAIN = "kill, and the next start too"


SHARES = {
    Deed.KILL: 10,
    Deed.START: 10,
    Deed.COMMAND: 10,
    Deed.TERM: 6,
    Deed.PAUSE: 4,
    Deed.JOURNAL: 4,
    Deed.STATE: 4,
    Deed.AGAIN: 2,
}
"""Of 50 cycles."""

START_REQUESTS = (
    "/v5/account/info",
    "/v5/position/list",
    "/v5/execution/list",
    "/v5/order/cancel-all",
    "/v5/order/cancel-all",
    "/v5/position/switch-mode",
    "/v5/position/set-leverage",
    "/v5/order/create",
    "/v5/order/create",
)
"""Where a start is cut; the last ones stand between the old take-profits and the new ones."""

COMMANDS = ("/v5/order/create", "/v5/order/create", "/v5/order/amend", "/v5/order/cancel")


@dataclass(frozen=True, slots=True)
class Pace:
    """Longest times in seconds: to trade before a strike, to stay away after it, to stand still in a pause.

    Every fourth pause, the second one first, lasts `sleep_s`: longer than streams may be silent (A5).
    """

    trade_s: float = 6.0
    away_s: float = 3.0
    pause_s: float = 8.0
    sleep_s: float = 35.0
    aim_s: float = 8.0
    """To wait for a request that is aimed at; where none comes in that time, the daemon is struck anyhow."""
    last_s: float = 3.0
    """To trade before the market is stopped for good."""


@dataclass(slots=True)
class Done:
    """What a cycle has come to. `missed`: nothing passed that could be aimed at."""

    deed: Deed
    detail: str
    missed: bool = False


@dataclass(slots=True)
class Doer:
    """Does cycles. `ghosts`: whether a request may still be carried out after the process that sent it has died."""

    exchange: ExchangeProcess
    daemon: DaemonProcess
    rng: random.Random
    pace: Pace
    ghosts: bool
    away: list[tuple[int, int]] = field(default_factory=list)
    """Pauses: from when to when the daemon stood still."""
    corrupted: list[tuple[str, int]] = field(default_factory=list)
    """State files that were spoilt: account, and when."""
    torn: list[tuple[str, int]] = field(default_factory=list)
    """Journals that were given half a line."""
    term_s: list[float] = field(default_factory=list)
    """How long each end after SIGTERM took."""

    def do(self, deed: Deed) -> Done:
        """Do one cycle; at its end the daemon runs, or has just been started. Raises ProcessTrouble."""
        if deed is Deed.START:
            done = self._cut_a_start()
        else:
            if not self.daemon.is_running:
                self.daemon.start()
            done = Done(deed, *self._strike(deed))
        if not self.daemon.is_running:
            time.sleep(self.rng.choice((0.0, self.rng.uniform(0, self.pace.away_s))))
            self.daemon.start()
        return done

    def _strike(self, deed: Deed) -> tuple[str, bool]:
        if deed is Deed.COMMAND:
            return self._cut_a_command()
        began = self.daemon.life.started_ms
        self._trade()
        detail = f"{(now_ms() - began) / 1000:.2f} s after the start"
        match deed:
            case Deed.TERM:
                return f"{detail}, {self._terminate()}", False
            case Deed.PAUSE:
                return self._pause(), False
            case Deed.JOURNAL:
                self.daemon.kill()
                return f"{detail}, {self._tear()}", False
            case Deed.STATE:
                self.daemon.kill()
                return f"{detail}, {self._spoil()}", False
            case Deed.AGAIN:
                self.daemon.kill()
                self.daemon.start()
                time.sleep(self.rng.uniform(0.2, 1.5))
        self.daemon.kill()
        return detail, False

    def _trade(self) -> None:
        time.sleep(self.rng.uniform(min(0.2, self.pace.trade_s), self.pace.trade_s))

    # --- aimed strikes ---

    def _cut_a_start(self) -> Done:
        if self.daemon.is_running:
            self.daemon.kill()
        path = self.rng.choice(START_REQUESTS)
        with self._snare(path) as is_caught:
            self.daemon.start()
            hit = self._await(is_caught)
            self.daemon.kill()
        return Done(Deed.START, path, missed=not hit)

    def _cut_a_command(self) -> tuple[str, bool]:
        self.daemon.await_trading(START_LIMIT_S)
        time.sleep(self.rng.uniform(0, self.pace.trade_s / 3))
        path = self.rng.choice(COMMANDS)
        with self._snare(path) as is_caught:
            hit = self._await(is_caught)
            time.sleep(self.rng.choice((0.0, 0.0, self.rng.uniform(0, 0.05))))
            self.daemon.kill()
        return path, not hit

    @contextlib.contextmanager
    def _snare(self, path: str) -> Iterator[Callable[[], bool]]:
        """Have the next request of some account to `path` held up, before or after it is carried out.

        A reply that is held up is never heard of: the process dies meanwhile. A request that is held up is carried
        out by and by, when the process that sent it is no more.
        """
        account = self.rng.choice(self.daemon.clients).key
        is_ghost = self.ghosts and self.rng.random() < 0.4
        seconds = self.rng.uniform(0.05, 3.0) if is_ghost else 1.0
        fault = self.exchange.control(
            "POST",
            "/faults",
            point="rest",
            kind="stall",
            account=account,
            match=path,
            seconds=seconds,
            processed=not is_ghost,
        )["id"]

        def is_caught() -> bool:
            return all(each["id"] != fault for each in self.exchange.control("GET", "/faults")["faults"])

        try:
            yield is_caught
        finally:
            self.exchange.control("DELETE", f"/faults/{fault}")

    def _await(self, is_caught: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + self.pace.aim_s
        while not is_caught():
            if time.monotonic() > deadline:
                return False
            time.sleep(_GLANCE_S)
        return True

    # --- other interruptions ---

    def _terminate(self) -> str:
        """SIGTERM: within 10 s, exit code 0 - unless it came before the program had begun to do anything."""
        is_begun = self.daemon.life.is_begun
        began = time.monotonic()
        life = self.daemon.terminate(TERM_LIMIT_S)
        self.term_s.append(time.monotonic() - began)
        if life.exit_code and (is_begun or life.exit_code != -15):
            raise ProcessTrouble(f"SIGTERM: exit code {life.exit_code} after {self.term_s[-1]:.1f} s")
        return f"exit code {life.exit_code} within {self.term_s[-1]:.2f} s"

    def _pause(self) -> str:
        is_long = len(self.away) % 4 == 1
        pause_s = self.pace.sleep_s if is_long else self.rng.uniform(0.3 * self.pace.pause_s, self.pace.pause_s)
        self.daemon.freeze()
        since = now_ms()
        time.sleep(pause_s)
        self.away.append((since, now_ms()))
        self.daemon.thaw()
        return f"for {(now_ms() - since) / 1000:.2f} s"

    def _tear(self) -> str:
        """Leave half a line at the end of a journal, as a machine that loses power does."""
        folder = self._some_folder("journal.jsonl")
        if folder is None:
            return "no journal yet"
        path = folder / "journal.jsonl"
        last = path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
        with path.open("ab") as file:
            file.write(last[: self.rng.randrange(1, max(2, len(last)))])
        self.torn.append((folder.name, now_ms()))
        return f"journal of {folder.name}"

    def _spoil(self) -> str:
        folder = self._some_folder("bot_state.json")
        if folder is None:
            return "no state file yet"
        path = folder / "bot_state.json"
        whole = path.read_bytes()
        spoilt = (b"", whole[: len(whole) // 2], b"\x00" * 64, b"[]", whole.replace(b"quantity", b"quantitx"))
        path.write_bytes(self.rng.choice(spoilt))
        self.corrupted.append((folder.name, now_ms()))
        return f"state of {folder.name}"

    def _some_folder(self, name: str) -> Path | None:
        folders = [path.parent for path in sorted(self.daemon.accounts.glob(f"*/{name}"))]
        return self.rng.choice(folders) if folders else None


def deck(rng: random.Random, cycles: int) -> Sequence[Deed]:
    """Return the deeds of a run: each at least once if there is room, the rest by their shares, in any order."""
    cards = [deed for deed, share in SHARES.items() for _ in range(share)]
    rng.shuffle(cards)
    first = list(dict.fromkeys(cards))
    rest = list(cards)
    for deed in first:
        rest.remove(deed)
    pile = [*first, *rest]
    while len(pile) < cycles:
        pile += rng.sample(cards, len(cards))
    pile = pile[:cycles]
    rng.shuffle(pile)
    return pile
