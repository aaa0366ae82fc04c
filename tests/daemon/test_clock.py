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


def test_a_clock_set_back_is_waited_for_a_little_slower_and_time_never_stands_still() -> None:
    machine = Machine()
    machine.set_by(-1)
    assert machine.after(4) == 3_800
    assert machine.after(8) == 11_400
    assert machine.after(8) == 19_000, "after twenty seconds both agree again"
    assert machine.after(1) == 20_000


def test_a_clock_set_back_by_an_hour_leaves_ages_nearly_right() -> None:
    machine = Machine()
    machine.set_by(-3600)
    assert machine.after(10) == 9_500
