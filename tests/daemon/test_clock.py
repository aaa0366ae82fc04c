"""The time of day the engine reckons with never goes back, whatever is done to the machine's clock."""

from gridtrader.daemon.clock import SystemClock


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.monotonic_ns = 5_000_000_000
        self.wall_ns = 1_760_000_000_000_000_000
        self.clock = SystemClock(lambda: self.wall_ns, lambda: self.monotonic_ns)
        self.began_ms = self.clock.now_ms()

    def after(self, seconds: float) -> int:
        """Let time pass; returns how many ms the clock says have passed since the beginning."""
        self.monotonic_ns += int(seconds * 1e9)
        self.wall_ns += int(seconds * 1e9)
        return self.clock.now_ms() - self.began_ms

    def set_by(self, seconds: float) -> None:
        self.wall_ns += int(seconds * 1e9)


def test_it_is_the_time_of_day() -> None:
    machine = Machine()
    assert machine.began_ms == 1_760_000_000_000
    assert machine.after(2.5) == 2_500


def test_a_clock_set_forward_is_followed_at_once() -> None:
    machine = Machine()
    machine.set_by(3600)
    assert machine.after(1) == 3_601_000


def test_a_clock_set_back_is_waited_for_at_half_speed_and_time_never_stands_still() -> None:
    machine = Machine()
    machine.set_by(-10)
    assert machine.after(4) == 2_000
    assert machine.after(4) == 4_000
    assert machine.after(12) == 10_000, "after twenty seconds at half speed both agree again"
    assert machine.after(1) == 11_000
