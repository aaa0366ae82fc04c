"""`.emergency_stop` against a disk that does not take it: the stop holds, is tried again, and releases nobody (R3).

A directory in place of the temporary file stands for the disk: it hinders root as well.
"""

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridtrader.daemon import session
from gridtrader.daemon.session import Phase
from gridtrader.store.archive import JOURNAL_NAME, AccountArchive, FileBounds
from gridtrader.store.atomic import temporary
from gridtrader.store.emergency import (
    STOP_KIND,
    STOP_NAME,
    EmergencyStop,
    interrupted_stop,
    is_released,
    is_stopped,
    read_stop,
    write_stop,
)
from gridtrader.store.errors import StoreError
from gridtrader.store.journal import Journal
from tests.support.daemon import Daemon, account_yaml, daemon, eventually
from tests.support.exchange import EmbeddedExchange

NOW = 1_760_000_000_000
BOUNDS = FileBounds(journal_bytes=10**6, journal_files=2, trades_bytes=10**6, trades_files=2, metrics_days=2)
ACCOUNTS = ("key001:secret001:10000", "key002:secret002:10000")
CONFIG = [account_yaml("001"), account_yaml("002")]
EAGER = "  daemon: {stop_file_check_s: 0.5}"


def block(folder: Path) -> Path:
    """Keep the stop file of an account from being written; returns what is in the way."""
    obstacle = temporary(folder / STOP_NAME)
    obstacle.mkdir()
    return obstacle


def stops_in_journal(folder: Path) -> list[dict[str, object]]:
    lines = (json.loads(line) for line in (folder / JOURNAL_NAME).read_text().splitlines())
    return [line for line in lines if STOP_KIND in line.values()]


# --- the account's files alone ---


@pytest.fixture
def files(tmp_path: Path) -> Iterator[AccountArchive]:
    archive = AccountArchive(tmp_path, "001", BOUNDS, lambda: NOW, logging.getLogger("test"))
    archive.journal([{"kind": "venue", "venue": "bybit", "at": NOW}])
    yield archive
    archive.close()


def declare(archive: AccountArchive, reason: str = "mm rate") -> None:
    archive.declare_emergency(symbol="DOGEUSDT", reason=reason, mm_rate="0.91")


def test_a_stop_whose_file_cannot_be_written_is_not_in_the_journal_either(
    tmp_path: Path, files: AccountArchive
) -> None:
    block(tmp_path)
    for _ in range(3):
        with pytest.raises(StoreError, match=r"\.emergency_stop: cannot be written"):
            declare(files)
    assert not is_stopped(tmp_path)
    assert stops_in_journal(tmp_path) == []
    assert not is_released(tmp_path, tmp_path / JOURNAL_NAME), "a record without the file would read as a release"


def test_a_stop_is_written_as_soon_as_the_disk_takes_it(tmp_path: Path, files: AccountArchive) -> None:
    obstacle = block(tmp_path)
    with pytest.raises(StoreError):
        declare(files)
    obstacle.rmdir()
    declare(files)
    stop = read_stop(tmp_path)
    assert stop is not None
    assert (stop.reason, stop.symbol) == ("mm rate", "DOGEUSDT")
    assert len(stops_in_journal(tmp_path)) == 1
    (tmp_path / STOP_NAME).unlink()
    assert is_released(tmp_path, tmp_path / JOURNAL_NAME)


def test_a_stop_whose_record_cannot_be_written_stops_all_the_same_and_keeps_its_first_words(
    tmp_path: Path, files: AccountArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError(tmp_path / JOURNAL_NAME, "cannot be written", OSError(28, "No space left on device"))

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append_group", full)
        with pytest.raises(StoreError, match="journal"):
            declare(files, "the first cause")
    assert is_stopped(tmp_path)
    before = (tmp_path / STOP_NAME).stat()
    declare(files, "the first cause")
    after = (tmp_path / STOP_NAME).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len(stops_in_journal(tmp_path)) == 1


def test_the_file_is_there_before_the_record(
    tmp_path: Path, files: AccountArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = Journal.append_group, []

    def watched(journal: Journal, entries: object) -> None:
        seen.append(is_stopped(tmp_path))
        real(journal, entries)  # type: ignore[arg-type]

    monkeypatch.setattr(Journal, "append_group", watched)
    declare(files)
    assert seen == [True]


# --- the whole daemon ---


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedExchange]:
    monkeypatch.setattr(session, "_INSIST_S", 0.1)
    with EmbeddedExchange(accounts=ACCOUNTS, symbols=["DOGEUSDT"]) as running:
        running.quote("DOGEUSDT", "0.2")
        yield running


def stop_by_its_key(running: Daemon) -> None:
    """Make the exchange refuse the key of account 001, and the market move so that the bot finds out."""
    running.exchange.revoke("key001", 10003)
    running.exchange.quote("DOGEUSDT", "0.1988")
    running.await_phase("001", Phase.STOPPED)


def test_an_account_whose_stop_cannot_be_written_down_stays_stopped_until_it_is_and_a_person_releases_it(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_both()
        folder = running.accounts / "001"
        obstacle = block(folder)
        stop_by_its_key(running)
        exchange.revoke("key001", None)  # its cause is gone, and nobody has looked at it
        requests = len(running.dump("001")["requests"])
        time.sleep(1.2)  # two looks for a release
        assert running.member("001").phase is Phase.STOPPED
        assert len(running.dump("001")["requests"]) == requests, "nothing is sent"
        assert not [c for c in exchange.state()["connections"] if c["account"] == "key001"], "its sockets are closed"
        assert not (folder / STOP_NAME).exists()
        running.await_laws("002")

        obstacle.rmdir()
        eventually("the stop is written down", lambda: (folder / STOP_NAME).exists())
        eventually("and recorded", lambda: len(stops_in_journal(folder)) == 1)
        assert "API key" in (folder / STOP_NAME).read_text()
        time.sleep(0.7)
        assert running.member("001").phase is Phase.STOPPED

        (folder / STOP_NAME).unlink()
        running.await_both()


def test_the_record_of_an_earlier_stop_does_not_release_one_that_cannot_be_written_down(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_both()
        folder = running.accounts / "001"
        stop_by_its_key(running)
        eventually("the stop is written down", lambda: len(stops_in_journal(folder)) == 1)
        exchange.revoke("key001", None)
        (folder / STOP_NAME).unlink()
        running.await_both()

        block(folder)
        exchange.revoke("key001", 10003)
        exchange.quote("DOGEUSDT", "0.1975")
        running.await_phase("001", Phase.STOPPED)
        exchange.revoke("key001", None)
        requests = len(running.dump("001")["requests"])
        time.sleep(1.2)
        assert running.member("001").phase is Phase.STOPPED
        assert len(running.dump("001")["requests"]) == requests


def test_a_stop_in_which_the_daemon_was_killed_is_carried_on_once_and_the_account_does_not_start(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_both()
    folder = running.accounts / "001"
    write_stop(folder, EmergencyStop(NOW, "001", "mm rate", "DOGEUSDT"))
    before = (folder / STOP_NAME).read_text()
    assert "A01_" in " ".join(open_names(running))

    with daemon(tmp_path, exchange, CONFIG) as running:
        running.await_phase("001", Phase.STOPPED)
        running.await_phase("002", Phase.TRADING)
        names = open_names(running)
        assert len(names) == 2
        assert all("T00_" in name for name in names)
        assert running.member("001").reason == "mm rate"
        assert (folder / STOP_NAME).read_text() == before
        eventually("its end is written down", lambda: interrupted_stop(folder, folder / JOURNAL_NAME) is None)
        assert not [c for c in exchange.state()["connections"] if c["account"] == "key001"], "no sockets"

    requests = len(running.dump("001")["requests"])
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_phase("002", Phase.TRADING)
        assert running.member("001").phase is Phase.STOPPED
        assert len(running.dump("001")["requests"]) == requests, "the next process sends nothing"
        (folder / STOP_NAME).unlink()
        running.await_both()


def test_a_file_made_by_hand_stops_an_account_that_trades(tmp_path: Path, exchange: EmbeddedExchange) -> None:
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_both()
        stop_file = running.accounts / "001" / STOP_NAME
        stop_file.touch()
        running.await_phase("001", Phase.STOPPED)
        assert running.member("001").reason == "the emergency file was made by hand"
        assert all("T00_" in name for name in open_names(running))
        assert stop_file.read_text() == ""
        running.await_laws("002")
        eventually("the stop is recorded", lambda: len(stops_in_journal(stop_file.parent)) == 1)
        stop_file.unlink()
        running.await_both()


def open_names(running: Daemon) -> list[str]:
    return [order["order_link_id"] for order in running.dump("001")["open_orders"]]


def test_a_daemon_that_cannot_write_a_stop_down_ends_in_time_all_the_same(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    with daemon(tmp_path, exchange, CONFIG, EAGER) as running:
        running.await_both()
        block(running.accounts / "001")
        stop_by_its_key(running)
        assert running.stop() < 5


def test_an_account_released_while_its_risk_is_over_the_limit_keeps_its_take_profits_as_they_are(
    tmp_path: Path, exchange: EmbeddedExchange
) -> None:
    config = [account_yaml("001", extra="risk: {mm_rate_threshold: 0.12}"), CONFIG[1]]
    with daemon(tmp_path, exchange, config, EAGER) as running:
        running.await_both()
        exchange.quote("DOGEUSDT", "0.1985")
        running.await_phase("001", Phase.STOPPED)
        stop_file = running.accounts / "001" / STOP_NAME
        eventually("the stop is written down", stop_file.exists)
        left = {o["order_id"]: o["order_link_id"] for o in running.dump("001")["open_orders"]}
        assert left
        assert all("T00_" in name for name in left.values())
        exchange.deposit("key001", "-8000")  # without its opening orders it would be below the limit
        stop_file.unlink()  # too early
        eventually("it is stopped again", stop_file.exists)
        running.await_phase("001", Phase.STOPPED)
        assert "maintenance-margin rate" in stop_file.read_text()
        now = {o["order_id"]: o["order_link_id"] for o in running.dump("001")["open_orders"]}
        assert now == left
