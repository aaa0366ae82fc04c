"""Which line goes where, and how it looks."""

import logging
import stat

from tests.logs.conftest import DAY_MS, NOON, Desk


def test_info_and_debug_go_to_one_file_warnings_and_errors_to_another(desk: Desk) -> None:
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(desk.logs.bot, level)("this is %s", level)
    assert desk.lines("bot_2025-10-16.log") == [
        "2025-10-16 14:00:00.000+03:00 DEBUG    this is debug",
        "2025-10-16 14:00:00.000+03:00 INFO     this is info",
    ]
    assert desk.lines("errors_2025-10-16.log") == [
        "2025-10-16 14:00:00.000+03:00 WARNING  this is warning",
        "2025-10-16 14:00:00.000+03:00 ERROR    this is error",
        "2025-10-16 14:00:00.000+03:00 CRITICAL this is critical",
    ]


def test_trades_and_positions_have_their_own_files(desk: Desk) -> None:
    desk.logs.trade("DOGEUSDT LONG 376 at 0.19933")
    desk.logs.position("DOGEUSDT LONG 376")
    assert desk.lines("trades_2025-10-16.log") == ["2025-10-16 14:00:00.000+03:00 DOGEUSDT LONG 376 at 0.19933"]
    assert desk.lines("positions_2025-10-16.log") == ["2025-10-16 14:00:00.000+03:00 DOGEUSDT LONG 376"]


def test_a_file_is_made_when_there_is_something_to_write(desk: Desk) -> None:
    assert desk.names() == []
    desk.logs.bot.info("x")
    assert desk.names() == ["bot_2025-10-16.log"]


def test_only_the_owner_can_read_the_files(desk: Desk) -> None:
    desk.logs.bot.info("x")
    path = desk.folder / "bot_2025-10-16.log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700


def test_a_file_with_open_rights_is_closed_to_others(desk: Desk) -> None:
    path = desk.folder / "bot_2025-10-16.log"
    path.touch(mode=0o644)
    desk.logs.bot.info("x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_error_brings_its_stack_trace_indented(desk: Desk) -> None:
    try:
        raise ValueError("no such level")
    except ValueError:
        desk.logs.bot.exception("planning failed")
    first, *rest = desk.lines("errors_2025-10-16.log")
    assert first.endswith("ERROR    planning failed")
    assert rest[0] == "    Traceback (most recent call last):"
    assert rest[-1] == "    ValueError: no such level"
    assert all(line.startswith("    ") for line in rest)


def test_a_level_can_be_left_out(desk: Desk) -> None:
    desk.open(level="INFO")
    desk.logs.bot.debug("not this")
    desk.logs.bot.info("this")
    assert len(desk.lines("bot_2025-10-16.log")) == 1


def test_midnight_of_the_configured_zone_begins_a_new_file(desk: Desk) -> None:
    desk.now_ms = NOON + 10 * 3_600_000 - 1  # 23:59:59.999 in Moscow, 20:59 UTC
    desk.logs.bot.info("before")
    desk.now_ms += 1
    desk.logs.bot.info("after")
    assert desk.lines("bot_2025-10-16.log") == ["2025-10-16 23:59:59.999+03:00 INFO     before"]
    assert desk.lines("bot_2025-10-17.log") == ["2025-10-17 00:00:00.000+03:00 INFO     after"]


def test_a_clock_that_goes_back_over_midnight_goes_back_to_the_older_file(desk: Desk) -> None:
    for now, text in ((NOON, "a"), (NOON + DAY_MS, "b"), (NOON + 1, "c")):
        desk.now_ms = now
        desk.logs.bot.info(text)
    assert [line[-1] for line in desk.lines("bot_2025-10-16.log")] == ["a", "c"]


def test_a_restart_goes_on_in_the_same_file(desk: Desk) -> None:
    desk.logs.bot.info("a")
    desk.logs.close()
    desk.open().bot.info("b")
    assert [line[-1] for line in desk.lines("bot_2025-10-16.log")] == ["a", "b"]


def test_a_line_cut_short_by_a_crash_does_not_swallow_the_next_one(desk: Desk) -> None:
    desk.folder.joinpath("bot_2025-10-16.log").write_text("half a li", encoding="utf-8")
    desk.logs.bot.info("whole")
    assert desk.lines("bot_2025-10-16.log") == ["half a li", "2025-10-16 14:00:00.000+03:00 INFO     whole"]


def test_a_text_cannot_pass_for_another_line_or_colour_the_terminal(desk: Desk) -> None:
    desk.logs.bot.info("reply: %s", "ok\n2025-10-16 14:00:00.000+03:00 CRITICAL forged\r\x1b[31m\tend")
    assert desk.lines("bot_2025-10-16.log") == [
        "2025-10-16 14:00:00.000+03:00 INFO     reply: ok",
        "    2025-10-16 14:00:00.000+03:00 CRITICAL forged\\r\\x1b[31m\tend",
    ]


def test_an_absurdly_long_text_is_cut(desk: Desk) -> None:
    desk.logs.bot.info("x" * 300_000)
    (line,) = desk.lines("bot_2025-10-16.log")
    assert line.endswith("… (37865 more characters)")
    assert len(line) < 263_000


def test_arguments_that_do_not_fit_lose_neither_the_line_nor_the_caller(desk: Desk) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text for you")

    desk.logs.bot.info("%d orders", "three")
    desk.logs.bot.info("%s", Broken())
    desk.logs.bot.info("a lone surrogate \ud800")
    lines = desk.lines("bot_2025-10-16.log")
    assert "%d orders (a log line that cannot be put together: TypeError" in lines[0]
    assert "RuntimeError('no text for you')" in lines[1]
    assert lines[2].endswith("a lone surrogate \\ud800")


def test_warnings_are_echoed_as_written_and_infos_are_not(desk: Desk) -> None:
    desk.logs.bot.info("quiet")
    desk.logs.bot.warning("loud")
    assert desk.echoes == ["2025-10-16 14:00:00.000+03:00 WARNING  loud"]


def test_a_listener_that_fails_hurts_nobody(desk: Desk) -> None:
    def fail(level: int, text: str) -> None:
        raise RuntimeError(text)

    desk.logs._echo = fail
    desk.logs.bot.warning("loud")
    assert len(desk.lines("errors_2025-10-16.log")) == 1


def test_accounts_share_no_logger(desk: Desk) -> None:
    before = set(logging.Logger.manager.loggerDict)
    other = Desk(desk.folder.parent / "002")
    other.open().bot.error("only here")
    assert desk.names() == []
    assert set(logging.Logger.manager.loggerDict) == before
    assert desk.logs.bot.handlers[0] not in logging.getLogger().handlers
