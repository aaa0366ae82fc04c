"""Fetching a series: interrupted anywhere, gone on with, extended; nothing is asked for twice."""

import gzip
from pathlib import Path

import pytest

from gridtrader.history.fetch import Fetcher, Outcome
from gridtrader.history.files import Folder
from gridtrader.history.series import Series
from tests.history.support import DAY, FUNDING, HOUR, MARK, MINUTE, PRICES, T0, Broken, Silent, Tape

END = T0 + 3 * DAY
EIGHT_HOURS = 8 * HOUR


def minutes(end: int = END + DAY) -> Tape:
    return Tape(range(T0, end, MINUTE))


def fetch(
    tape: Tape, folder: Path, end: int = END, series: Series = PRICES, start: int = T0, since: int = T0
) -> Outcome:
    return Fetcher(tape, Folder(folder), Silent()).fetch(series, start, end, since, EIGHT_HOURS)


def times(outcome: Outcome) -> list[int]:
    assert outcome.path is not None
    lines = gzip.decompress(outcome.path.read_bytes()).decode().splitlines()
    return [int(line.partition(",")[0]) for line in lines[1:]]


def test_a_series_is_fetched_whole(tmp_path: Path) -> None:
    tape = minutes()
    outcome = fetch(tape, tmp_path)
    assert times(outcome) == list(range(T0, END, MINUTE))
    assert (outcome.end, outcome.fetched, outcome.tally.rows, outcome.tally.missing) == (END, 4320, 4320, 0)
    assert len(tape.asked) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["DOGEUSDT-1m-2025-06-01_2025-06-04.csv.gz"]


@pytest.mark.parametrize("series", [PRICES, MARK])
def test_an_interrupted_fetching_goes_on_where_it_was(tmp_path: Path, series: Series) -> None:
    (tmp_path / "whole").mkdir()
    whole = fetch(minutes(), tmp_path / "whole", series=series)
    assert whole.path is not None
    for pages in range(5):
        folder = tmp_path / str(pages)
        folder.mkdir()
        broken = minutes()
        broken.breaks_after = pages
        with pytest.raises(Broken):
            fetch(broken, folder, series=series)
        rest = minutes()
        outcome = fetch(rest, folder, series=series)
        assert outcome.path is not None
        assert outcome.path.read_bytes() == whole.path.read_bytes()
        assert outcome.fetched == 4320 - pages * 999
        assert len(rest.asked) == 5 - pages
        assert min(start for _, start, _ in rest.asked) == T0 + pages * 999 * MINUTE


def test_a_complete_series_is_not_asked_for_again(tmp_path: Path) -> None:
    first = fetch(minutes(), tmp_path)
    tape = minutes()
    again = fetch(tape, tmp_path)
    assert tape.asked == []
    assert (again.path, again.fetched, again.tally.rows) == (first.path, 0, 4320)


def test_of_a_longer_series_only_what_is_new_is_asked_for(tmp_path: Path) -> None:
    fetch(minutes(), tmp_path)
    tape = minutes()
    outcome = fetch(tape, tmp_path, END + HOUR)
    assert times(outcome) == list(range(T0, END + HOUR, MINUTE))
    assert [start for _, start, _ in tape.asked] == [END]
    assert outcome.fetched == 60
    assert [path.name for path in tmp_path.iterdir()] == ["DOGEUSDT-1m-2025-06-01_2025-06-04T0100.csv.gz"]


def test_a_shorter_series_is_cut_out_of_a_longer_one(tmp_path: Path) -> None:
    fetch(minutes(), tmp_path)
    tape = minutes()
    outcome = fetch(tape, tmp_path, T0 + HOUR)
    assert tape.asked == []
    assert times(outcome) == list(range(T0, T0 + HOUR, MINUTE))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_fetching_that_was_interrupted_serves_a_shorter_one_and_goes_on_later(tmp_path: Path) -> None:
    broken = minutes()
    broken.breaks_after = 3
    with pytest.raises(Broken):
        fetch(broken, tmp_path)
    tape = minutes()
    assert times(fetch(tape, tmp_path, T0 + DAY)) == list(range(T0, T0 + DAY, MINUTE))
    assert tape.asked == []
    assert times(fetch(tape, tmp_path)) == list(range(T0, END, MINUTE))
    assert min(start for _, start, _ in tape.asked) == T0 + 3 * 999 * MINUTE


def test_the_file_says_how_far_the_exchange_has_got(tmp_path: Path) -> None:
    """A market that runs at its own pace, or a contract that has ended."""
    tape = minutes(T0 + HOUR)
    outcome = fetch(tape, tmp_path)
    assert outcome.end == T0 + 59 * MINUTE
    assert times(outcome) == list(range(T0, T0 + 59 * MINUTE, MINUTE))
    assert outcome.path is not None
    assert outcome.path.name == "DOGEUSDT-1m-2025-06-01_2025-06-01T0059.csv.gz"
    again = fetch(minutes(T0 + 2 * HOUR), tmp_path)
    assert times(again) == list(range(T0, T0 + 119 * MINUTE, MINUTE))
    assert len(list(tmp_path.iterdir())) == 1


def test_gaps_are_counted(tmp_path: Path) -> None:
    there = {*range(T0, T0 + HOUR, MINUTE), *range(T0 + 2 * HOUR, END + DAY, MINUTE)}
    outcome = fetch(Tape(there), tmp_path)
    assert (outcome.tally.missing, outcome.tally.gaps) == (60, 1)


def test_of_settlements_the_newest_may_come_late(tmp_path: Path) -> None:
    """The exchange lists a settlement a moment after it was; a longer file has it none the less."""
    early = Tape(range(T0, END - EIGHT_HOURS, EIGHT_HOURS))
    outcome = fetch(early, tmp_path, series=FUNDING)
    assert (outcome.end, outcome.tally.rows) == (END, 8)
    late = Tape(range(T0, END + DAY, EIGHT_HOURS))
    outcome = fetch(late, tmp_path, END + DAY, series=FUNDING)
    assert times(outcome) == list(range(T0, END + DAY, EIGHT_HOURS))


def test_nothing_makes_no_file(tmp_path: Path) -> None:
    for series in (PRICES, FUNDING):
        outcome = fetch(Tape(()), tmp_path, series=series)
        assert (outcome.path, outcome.tally.rows) == (None, 0)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_asked_for_before_the_first_candle(tmp_path: Path) -> None:
    tape = minutes()
    fetch(tape, tmp_path, series=MARK, start=T0 - 400 * DAY, since=T0)
    assert min(start for _, start, _ in tape.asked) == T0


def test_the_display_is_closed_whatever_happens(tmp_path: Path) -> None:
    tape, display = minutes(), Silent()
    tape.breaks_after = 2
    with pytest.raises(Broken):
        Fetcher(tape, Folder(tmp_path), display).fetch(PRICES, T0, END, T0, EIGHT_HOURS)
    assert not display.is_shown
    assert display.reached == [T0 + 999 * MINUTE, T0 + 2 * 999 * MINUTE]
