"""The two clocks."""

from gridtrader.simulator.server.clock import MAX_STEP_S, ApiClock, MarketClock

START = 1_000_000
HOUR_MS = 3_600_000


class Host:
    """A host whose clock the test turns."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def _clock(speed: float) -> tuple[MarketClock, Host]:
    host = Host()
    return MarketClock(START, speed, host), host


def test_the_market_runs_at_its_own_speed() -> None:
    clock, host = _clock(60)
    host.seconds += 0.1
    assert clock.tick() == START + 6_000


def test_a_host_that_slept_finds_the_market_where_it_was() -> None:
    clock, host = _clock(60)
    host.seconds += 3600
    assert clock.tick() == START + MAX_STEP_S * 60_000


def test_a_paused_market_stands_and_goes_on_from_there() -> None:
    clock, host = _clock(10)
    clock.pause()
    host.seconds += 0.2
    assert clock.tick() == START
    clock.resume()
    host.seconds += 0.1
    assert clock.tick() == START + 1_000


def test_a_step_moves_even_a_market_that_stands() -> None:
    clock, _ = _clock(0)
    assert clock.step(5_000) == clock.tick() == START + 5_000


def test_market_time_is_told_in_api_time_and_does_not_jitter() -> None:
    clock, host = _clock(3600)
    due = START + 8 * HOUR_MS
    api_now = 1_790_000_000_400
    first = clock.in_api_time(due, api_now)
    assert first == 1_790_000_008_000
    host.seconds += 0.1
    clock.tick()
    assert clock.in_api_time(due, api_now + 103) == first
    clock.set_speed(7200)
    assert clock.in_api_time(due, api_now + 103) == 1_790_000_004_000


def test_a_market_that_stands_expects_real_time() -> None:
    clock, _ = _clock(0)
    assert clock.in_api_time(START + 5_000, 1_790_000_000_000) == 1_790_000_005_000


def test_the_api_clock_can_be_wrong_on_purpose() -> None:
    clock = ApiClock(lambda: 5_000)
    clock.offset_ms = -200
    assert clock.now() == 4_800
