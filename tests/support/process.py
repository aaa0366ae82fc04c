"""The daemon and the embedded exchange as two processes, and what can be done to them from outside.

    with ExchangeProcess(clients, folder) as exchange, DaemonProcess(folder, exchange.urls, clients) as daemon:
        daemon.start()
        daemon.kill()

Times are milliseconds since 1970 by this machine's clock, which is also the exchange's.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

READY_S = 30.0
END_S = 20.0
LONGEST_LIFE_S = 1800
"""A daemon whose test has died ends by itself after so long."""

_TRADES = re.compile(r"^(\S+ \S+) INFO +account (\d+) trades$", re.MULTILINE)
_STARTING = re.compile(r"^(\S+ \S+) INFO +starting \d+ account", re.MULTILINE)


class ProcessTrouble(Exception):
    """A process did not do what it has to; the message has its own words."""


@dataclass(frozen=True, slots=True)
class Client:
    """One account: what stands in the configuration, in `.env`, and at the exchange. `usdt` is its first money."""

    account_id: str
    symbols: tuple[str, ...]
    is_demo: bool
    usdt: int = 20_000

    @property
    def key(self) -> str:
        return f"KeyOfAccount{self.account_id}x"

    @property
    def secret(self) -> str:
        return f"SecretOfAccount{self.account_id}ThatNobodyMaySee"

    @property
    def opening(self) -> str:
        """Return the account as the exchange opens it."""
        return f"{self.key}:{self.secret}:{self.usdt}{':demo' if self.is_demo else ''}"

    @property
    def yaml(self) -> str:
        """Return the account as the configuration has it: small steps, so that it is never quiet for long."""
        lines = [
            f'  - id: "{self.account_id}"',
            f"    demo_trading: {str(self.is_demo).lower()}",
            "    dry_run: false",
            "    symbols:",
        ]
        for symbol in self.symbols:
            lines += [
                f"      - symbol: {symbol}",
                "        leverage: 10",
                "        initial_position_size_usd: 20.0",
                "        grid_step_percent: 0.3",
                "        averaging_multiplier: 2.0",
                "        take_profit_percent: 0.2",
                "        max_grid_levels_per_side: 5",
            ]
        return "\n".join(lines)


class Control:
    """The exchange's control plane, over one connection that is kept."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._connection: HTTPConnection | None = None

    def __call__(self, method: str, path: str, **values: Any) -> Any:
        """Return its answer. Raises ProcessTrouble with its words if it refuses."""
        reply = self._ask(method, path, json.dumps(values)) or self._ask(method, path, json.dumps(values))
        if reply is None:
            raise ProcessTrouble(f"the exchange's control plane does not answer: {method} {path}")
        status, body = reply
        if status != 200:
            raise ProcessTrouble(f"{method} {path}: {body.decode(errors='replace')}")
        return json.loads(body)

    def _ask(self, method: str, path: str, body: str) -> tuple[int, bytes] | None:
        if self._connection is None:
            self._connection = HTTPConnection(self._place.hostname or "", self._place.port, timeout=20)
        try:
            self._connection.request(method, self._place.path + path, body, {"X-Control": "1"})
            reply = self._connection.getresponse()
            return reply.status, reply.read()
        except (OSError, HTTPException):
            self.close()
            return None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class ExchangeProcess:
    """`gridtrader exchange` with an account for each client; it ends when this process does."""

    def __init__(
        self,
        clients: Sequence[Client],
        folder: Path,
        *,
        seed: int = 1,
        speed: str = "1",
        options: Iterable[str] = (),
    ) -> None:
        """`options` are NAME=VALUE as on its command line; what it says on stderr is in `exchange.txt`."""
        self.urls: Mapping[str, Any] = {}
        self.words = folder / "exchange.txt"
        symbols = sorted({symbol for client in clients for symbol in client.symbols})
        self._command = [sys.executable, "-m", "gridtrader.simulator.main", "--until-stdin-closes"]
        self._command += ["--seed", str(seed), "--speed", speed]
        self._command += [part for symbol in symbols for part in ("--symbol", symbol)]
        self._command += [part for option in options for part in ("--option", option)]
        self._accounts = "\n".join(client.opening for client in clients)

    def __enter__(self) -> Self:
        environment = {**os.environ, "GRIDTRADER_EXCHANGE_ACCOUNTS": self._accounts}
        with self.words.open("w") as words:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
                env=environment,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ProcessTrouble(f"the exchange did not start: {self.words.read_text()}")
        self.urls = json.loads(line)
        self.control = Control(self.urls["control"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        self.end()

    def end(self) -> int:
        """Let it end and return its exit code."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


@dataclass(slots=True)
class Life:
    """One process of the daemon, from its start to its end. `traded_ms`: when each account began to trade."""

    number: int
    started_ms: int
    ended_ms: int | None = None
    exit_code: int | None = None
    is_begun: bool = False
    """Whether it had got as far as starting its accounts."""
    traded_ms: dict[str, int] = field(default_factory=dict)


class DaemonProcess:
    """`gridtrader run` on a folder of its own, again and again."""

    def __init__(self, folder: Path, urls: Mapping[str, Any], clients: Sequence[Client], system: str = "") -> None:
        """Write the configuration; `system` are further lines of its section."""
        self.folder = folder
        self.clients = tuple(clients)
        self.accounts = folder / "accounts"
        self.logs = folder / "logs"
        self.config = folder / "config.yaml"
        self.env = folder / ".env"
        self.words = folder / "output.txt"
        self.lives: list[Life] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._write(urls, system)

    def _write(self, urls: Mapping[str, Any], system: str) -> None:
        hosts = "\n".join(
            f"    {world}: {{rest: '{rest}', ws_private: '{private}', ws_public: '{urls['ws_public']}'}}"
            for world, rest, private in (
                ("mainnet", urls["rest"], urls["ws_private"]),
                ("demo", urls["demo_rest"], urls["demo_ws_private"]),
            )
        )
        accounts = "\n".join(client.yaml for client in self.clients)
        self.config.write_text(f"system:\n  hosts:\n{hosts}\n{system}\naccounts:\n{accounts}\n")
        self.env.touch(mode=0o600)
        self.env.write_text(
            "".join(
                f"{client.account_id}_BYBIT_API_KEY={client.key}\n{client.account_id}_BYBIT_API_SECRET={client.secret}\n"
                for client in self.clients
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_running:
            self.kill()

    # --- life and death ---

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def life(self) -> Life:
        """Return the newest life, with what the log tells of it by now."""
        life = self.lives[-1]
        self._read_log(life)
        return life

    def start(self) -> Life:
        """Start the process; returns at once."""
        assert not self.is_running, "the daemon runs already"
        command = [sys.executable, "-m", "gridtrader", "run", "--config", str(self.config)]
        command += ["--env-file", str(self.env), "--accounts-dir", str(self.accounts), "--logs-dir", str(self.logs)]
        command += ["--duration", str(LONGEST_LIFE_S)]
        life = Life(len(self.lives) + 1, now_ms())
        with self.words.open("ab") as words:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
            )
        self.lives.append(life)
        return life

    def kill(self) -> Life:
        """End it without a word (SIGKILL)."""
        return self._end(signal.SIGKILL, END_S)

    def terminate(self, limit_s: float) -> Life:
        """Ask it to end (SIGTERM). Raises ProcessTrouble if it has not after `limit_s`."""
        return self._end(signal.SIGTERM, limit_s)

    def freeze(self) -> None:
        """Let it stand still, as a machine that sleeps (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            code = None if self._process is None else self._process.returncode
            raise ProcessTrouble(f"the daemon ended by itself, exit code {code}: {self._last_words()}")
        self._process.send_signal(number)

    def _end(self, number: signal.Signals, limit_s: float) -> Life:
        self._signal(number)
        assert self._process is not None
        try:
            code = self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise ProcessTrouble(f"the daemon did not end within {limit_s} s of {number.name}") from None
        life = self.lives[-1]
        life.ended_ms, life.exit_code = now_ms(), code
        self._read_log(life)
        return life

    # --- what it tells ---

    def await_trading(self, limit_s: float) -> Life:
        """Wait until every account trades. Raises ProcessTrouble if that takes longer."""
        deadline = time.monotonic() + limit_s
        while len((life := self.life).traded_ms) < len(self.clients):
            if not self.is_running or time.monotonic() > deadline:
                state = "runs on" if self.is_running else f"ended: {self._last_words()}"
                raise ProcessTrouble(
                    f"after {limit_s} s the accounts {sorted(life.traded_ms)} of {len(self.clients)} trade; the "
                    f"daemon {state}"
                )
            time.sleep(0.05)
        return life

    def _read_log(self, life: Life) -> None:
        text = "".join(path.read_text(errors="replace") for path in sorted(self.logs.glob("bot_*.log")))
        until = life.ended_ms or now_ms()
        within = range(life.started_ms, until + 1)
        life.is_begun |= any(log_ms(stamp) in within for stamp in _STARTING.findall(text))
        for stamp, account_id in _TRADES.findall(text):
            if log_ms(stamp) in within:
                life.traded_ms.setdefault(account_id, log_ms(stamp))

    def _last_words(self) -> str:
        return self.words.read_text(errors="replace")[-2000:]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def log_ms(stamp: str) -> int:
    """Return the time in front of a log line (`2025-10-16 19:59:54.480+03:00`)."""
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)
