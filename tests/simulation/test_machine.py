"""The machine: a process that dies at any point, its clock, and what its disk keeps."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from gridtrader.engine.ports import ArchiveError, InterruptedStop, LevelState, SymbolState
from gridtrader.simulation.hub import Hub, Killed
from gridtrader.simulation.machine import Disk, Process, SimArchive, SimClock
from tests.simulation.stage import START

STATE = SymbolState((LevelState(Decimal(1), Decimal(2), 0, "id", 1, None),), (), None, None, {})


def dying_at(point: int) -> Process:
    """A process that is killed at an input or output."""

    def passed(process: Process, where: str) -> None:
        if process.points == point:
            process.is_dead = True

    return Process(passed)


def archive(disk: Disk, process: Process, said: list[str] | None = None) -> SimArchive:
    return SimArchive(disk, process, (said if said is not None else []).append, lambda symbol, exec_id: None)


def immortal() -> Process:
    return dying_at(-1)


def test_a_process_dies_at_its_point_and_passes_no_other() -> None:
    process = dying_at(2)
    process.point("first")
    with pytest.raises(Killed):
        process.point("second")
    with pytest.raises(Killed):
        process.point("third")
    assert process.points == 2


def test_every_point_of_a_process_is_told_with_its_name() -> None:
    told: list[tuple[int, str]] = []
    process = Process(lambda process, where: told.append((process.points, where)))
    archive(Disk(), process).journal([{"a": "1"}])
    assert told == [(1, "journal begins"), (2, "journal written")]


@pytest.mark.parametrize(("point", "kept"), [(1, []), (2, [{"a": 1}, {"b": 2}]), (99, [{"a": 1}, {"b": 2}])])
def test_a_group_of_records_is_wholly_in_the_journal_or_not_at_all(point: int, kept: list[dict[str, int]]) -> None:
    disk = Disk()
    try:
        archive(disk, dying_at(point)).journal([{"a": 1}, {"b": 2}])
    except Killed:
        assert point < 99
    assert list(archive(disk, immortal()).read_journal()) == kept


def test_a_torn_disk_has_lost_the_group_written_last() -> None:
    disk = Disk()
    files = archive(disk, immortal())
    files.journal([{"a": 1}])
    files.journal([{"b": 2}, {"c": 3}])
    assert disk.tear()
    assert list(files.read_journal()) == [{"a": 1}]
    assert disk.tear()
    assert not disk.tear(), "there is nothing left to lose"
    assert list(files.read_journal()) == []


def test_a_new_journal_file_cannot_be_torn_in_its_beginning_since_it_gets_its_name_when_it_is_whole() -> None:
    disk = Disk()
    files = archive(disk, immortal())
    files.rotate_journal([{"a": 1}])
    files.journal([{"b": 2}])
    assert disk.tear()
    assert not disk.tear()
    assert list(files.read_journal()) == [{"a": 1}]


def test_a_rotated_journal_holds_what_it_was_rotated_to() -> None:
    disk = Disk()
    files = archive(disk, immortal())
    files.journal([{"a": 1}])
    files.rotate_journal([{"kept": 1}])
    files.journal([{"b": 2}])
    assert list(files.read_journal()) == [{"kept": 1}, {"b": 2}]


WRITES: dict[str, Callable[[SimArchive], None]] = {
    "journal": lambda files: files.journal([{"a": 1}]),
    "journal rotation": lambda files: files.rotate_journal([{"a": 1}]),
    "state": lambda files: files.save_state({"DOGEUSDT": STATE}),
    "trades_history.csv": lambda files: files.trade({"symbol": "DOGEUSDT", "exec_id": "1"}),
    "metrics": lambda files: files.metrics({}),
    "status.json": lambda files: files.save_status({}),
    "emergency file": lambda files: files.declare_emergency(symbol="", reason="r", mm_rate=""),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_full_disk_refuses_every_file_and_keeps_what_it_had(name: str) -> None:
    disk = Disk(journal=[({"old": 1},)])
    files = archive(disk, immortal())
    disk.is_full = True
    with pytest.raises(ArchiveError, match=f"{name}: no space left on device"):
        WRITES[name](files)
    assert (disk.journal, disk.states, disk.emergency) == ([({"old": 1},)], {}, None)
    disk.is_full = False
    WRITES[name](files)


def test_a_saved_state_mends_a_corrupt_file() -> None:
    disk = Disk(state_is_corrupt=True)
    archive(disk, immortal()).save_state({"DOGEUSDT": STATE})
    assert (disk.states, disk.state_is_corrupt) == ({"DOGEUSDT": STATE}, False)


def test_a_spoilt_state_file_says_nothing_until_it_is_written_anew() -> None:
    disk = Disk()
    files = archive(disk, immortal())
    files.save_state({"DOGEUSDT": STATE})
    disk.spoil_state()
    assert (disk.states, disk.state_is_corrupt) == ({}, True)


def test_the_emergency_file_is_written_once_and_keeps_its_first_reason() -> None:
    disk, said = Disk(), list[str]()
    files = archive(disk, immortal(), said)
    files.declare_emergency(symbol="DOGEUSDT", reason="first", mm_rate="0.9")
    files.declare_emergency(symbol="", reason="second", mm_rate="")
    assert disk.emergency == {"symbol": "DOGEUSDT", "reason": "first", "mm_rate": "0.9"}
    assert len(said) == 1


def test_a_release_is_believed_only_where_the_journal_knows_of_the_stop() -> None:
    disk = Disk()
    with pytest.raises(Killed):
        archive(disk, dying_at(2)).declare_emergency(symbol="", reason="r", mm_rate="")
    assert disk.emergency is not None
    disk.release()
    assert not disk.is_released
    archive(disk, immortal()).declare_emergency(symbol="", reason="r", mm_rate="")
    assert not disk.is_released
    disk.release()
    assert disk.is_released


def test_the_clock_follows_simulated_time_and_a_step_moves_the_time_of_day_only() -> None:
    hub = Hub(START)
    clock = SimClock(hub)
    hub.run(START + 5_000)
    before = clock.monotonic()
    assert clock.now_ms() == START + 5_000
    clock.offset_ms = 90_000
    assert (clock.now_ms(), clock.monotonic()) == (START + 95_000, before)
    hub.run(START + 6_000)
    assert clock.now_ms() == START + 96_000
    assert clock.monotonic() - before == pytest.approx(1.0)


def test_sleep_takes_simulated_time() -> None:
    hub = Hub(START)
    clock = SimClock(hub)
    woken: list[int] = []

    def nap() -> None:
        clock.sleep(1.5)
        woken.append(hub.now)

    hub.spawn("sleeper", nap)
    hub.run(START + 10_000)
    assert woken == [START + 1_500]


def test_a_stop_is_interrupted_until_its_end_is_written() -> None:
    disk = Disk()
    files = archive(disk, immortal())
    assert files.interrupted_emergency() is None
    for reason in ("first", "second"):
        files.declare_emergency(symbol="DOGEUSDT", reason=reason, mm_rate="")
        assert files.interrupted_emergency() == InterruptedStop(reason, "DOGEUSDT")
        files.conclude_emergency()
        assert files.interrupted_emergency() is None
        disk.release()


def test_an_execution_that_stands_in_the_trades_file_twice_is_told_unless_the_file_would_recognise_it() -> None:
    disk, doubled = Disk(), list[tuple[str, str]]()
    files = SimArchive(disk, immortal(), print, lambda symbol, exec_id: doubled.append((symbol, exec_id)))
    rows = [{"symbol": "DOGEUSDT", "exec_id": str(number)} for number in range(300)]
    for row in (*rows, rows[299], rows[60]):
        files.trade(row)
    assert doubled == []
    files.trade(rows[0])
    assert doubled == [("DOGEUSDT", "0")]
