"""How long and how much is kept."""

import pytest

from tests.logs.conftest import DAY_MS, NOON, Desk


def _total(desk: Desk) -> int:
    return sum(path.stat().st_size for path in desk.folder.iterdir())


def test_days_beyond_the_bound_are_removed_and_nothing_else(desk: Desk) -> None:
    desk.open(keep_days=3)
    (desk.folder / "bot_state.json").write_text("{}", encoding="utf-8")
    (desk.folder / "bot_notes_2025-01-01.log").write_text("mine", encoding="utf-8")
    for day in range(6):
        desk.now_ms = NOON + day * DAY_MS
        desk.logs.bot.info("day %d", day)
        desk.logs.bot.error("day %d", day)
    assert desk.names() == [
        "bot_2025-10-19.log",
        "bot_2025-10-20.log",
        "bot_2025-10-21.log",
        "bot_notes_2025-01-01.log",
        "bot_state.json",
        "errors_2025-10-19.log",
        "errors_2025-10-20.log",
        "errors_2025-10-21.log",
    ]


def test_days_that_passed_while_the_daemon_was_down_are_removed_at_the_next_start(desk: Desk) -> None:
    desk.logs.bot.info("old")
    desk.logs.close()
    desk.now_ms = NOON + 100 * DAY_MS
    desk.open().bot.info("new")
    assert desk.names() == ["bot_2026-01-24.log"]


def test_a_kind_with_nothing_to_say_is_tidied_up_too(desk: Desk) -> None:
    desk.open(keep_days=2)
    desk.logs.bot.error("long ago")
    desk.logs.trade("long ago")
    for day in range(4):
        desk.now_ms = NOON + day * DAY_MS
        desk.logs.bot.info("all is well")
    assert desk.names() == ["bot_2025-10-18.log", "bot_2025-10-19.log"]


def test_a_flood_of_one_day_stays_within_the_bound_and_keeps_the_newest_lines(desk: Desk) -> None:
    desk.open(max_bytes=100_000)
    for number in range(5000):
        desk.logs.bot.debug("line %05d of a flood", number)
    assert _total(desk) <= 60_000
    assert _total(desk) > 40_000
    assert desk.lines("bot_2025-10-16.log")[-1].endswith("line 04999 of a flood")
    parts = [name for name in desk.names() if name != "bot_2025-10-16.log"]
    kept = [line for name in sorted(parts, key=lambda name: int(name.split(".")[1])) for line in desk.lines(name)]
    numbers = [int(line.split()[-4]) for line in [*kept, *desk.lines("bot_2025-10-16.log")]]
    assert numbers == list(range(numbers[0], 5000))


def test_a_flood_of_one_kind_pushes_out_no_other_kind(desk: Desk) -> None:
    desk.open(max_bytes=100_000)
    desk.logs.bot.error("the one that matters")
    desk.logs.trade("a trade")
    desk.now_ms += DAY_MS
    for number in range(5000):
        desk.logs.bot.debug("line %05d of a flood", number)
    assert "errors_2025-10-16.log" in desk.names()
    assert "trades_2025-10-16.log" in desk.names()


def test_the_oldest_day_goes_first(desk: Desk) -> None:
    desk.open(max_bytes=10_000)
    for day in range(5):
        desk.now_ms = NOON + day * DAY_MS
        desk.logs.bot.info("x" * 1300)
    assert desk.names() == [f"bot_2025-10-{day}.log" for day in (17, 18, 19, 20)]


def test_a_line_longer_than_a_part_is_still_written(desk: Desk) -> None:
    desk.open(max_bytes=1000)
    desk.logs.bot.info("y" * 2000)
    desk.logs.bot.info("z" * 2000)
    assert desk.lines("bot_2025-10-16.log")[-1].endswith("z" * 2000)
    assert _total(desk) < 5000


def test_old_logs_that_cannot_be_removed_are_reported_and_lines_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(keep_days=1)
    desk.logs.bot.info("old")
    monkeypatch.setattr("pathlib.Path.unlink", _refuse)
    desk.now_ms += DAY_MS
    desk.logs.bot.info("new")
    assert desk.logs.lost == 0
    assert desk.lines("bot_2025-10-17.log")[-1].endswith("new")
    assert "old bot logs could not be removed" in desk.troubles[0]
    assert "old bot logs could not be removed" in desk.lines("errors_2025-10-17.log")[0]


def _refuse(path: object) -> None:
    raise PermissionError(1, "Operation not permitted")
