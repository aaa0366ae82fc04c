"""Simulated time, and the fibers that wait for it: one thread, one order of events, no clock.

A fiber is code that may wait (an account's session). While it waits the world goes on; two runs with the same seed
go through the same switches in the same order.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process has been killed: raised where a fiber waits. Nothing may catch it but the fiber's end."""


class Timer:
    """A call that is due at a time; `cancel` makes it not happen."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], object] | None) -> None:
        self.call = call

    def cancel(self) -> None:
        self.call = None


class Hub:
    """The world's time in milliseconds, and what is still to happen."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.events = 0
        """How many events have happened."""
        self._heap: list[tuple[int, int, Timer]] = []
        self._order = count()
        self._main = getcurrent()
        self._is_stopped = False
        self._until = now
        self._running: Fiber | None = None

    def at(self, when: int, call: Callable[[], object]) -> Timer:
        """Let `call` happen at `when` (not before now); calls of one moment happen in the order they were asked."""
        timer = Timer(call)
        heappush(self._heap, (when if when > self.now else self.now, next(self._order), timer))
        return timer

    def after(self, delay: int, call: Callable[[], object]) -> Timer:
        return self.at(self.now + delay, call)

    def run(self, until: int) -> None:
        """Let everything happen that is due until then. Errors of what happens end it."""
        heap = self._heap
        self._is_stopped, self._until = False, until
        while heap and heap[0][0] <= until and not self._is_stopped:
            when, _, timer = heappop(heap)
            call = timer.call
            if call is not None:
                self.now = when
                self.events += 1
                call()
        if not self._is_stopped:
            self.now = until

    def stop(self) -> None:
        """Let `run` end after the event that happens now."""
        self._is_stopped = True

    def spawn(self, name: str, run: Callable[[], object]) -> "Fiber":
        """Begin a fiber at this moment."""
        fiber = Fiber(self, name, run)
        self.at(self.now, fiber.resume)
        return fiber

    def sleep(self, delay: int) -> None:
        """Wait; only in a fiber."""
        fiber = self.fiber()
        if not self.passes(delay):
            self.after(delay, fiber.resume)
            fiber.rest()

    def passes(self, delay: int) -> bool:
        """Let so much time pass at once if nothing else happens meanwhile; returns whether it has passed.

        A fiber then need not be left and come back to: most waits are short, and nothing happens in them.
        """
        when = self.now + delay
        if self._is_stopped or when > self._until or (self._heap and self._heap[0][0] <= when):
            return False
        self.now = when if delay > 0 else self.now
        self.events += 1
        return True

    def fiber(self) -> "Fiber":
        """Return the running fiber. Raises RuntimeError outside of one."""
        if self._running is None:
            raise RuntimeError("only a fiber can wait")
        return self._running


class Fiber:
    """One flow of control; ends by itself, or is killed where it waits."""

    def __init__(self, hub: Hub, name: str, run: Callable[[], object]) -> None:
        self._hub = hub
        self.name = name
        self._run = run
        self._error: BaseException | None = None
        self._green = greenlet(self._live, hub._main)
        self.is_over = False

    def _live(self) -> None:
        try:
            self._run()
        except Killed:
            pass
        finally:
            self.is_over = True

    def resume(self) -> None:
        """Go on where it waits; its errors are raised here. Nothing happens if it is over. Only called by the hub."""
        if not self.is_over:
            hub = self._hub
            hub._running = self
            try:
                self._green.switch()
            finally:
                hub._running = None

    def rest(self) -> None:
        """Wait until the hub resumes it; only called by itself."""
        self._hub._main.switch()

    def kill(self) -> None:
        """End it where it waits, now. A fiber cannot kill itself: it raises `Killed`."""
        if not self.is_over:
            self.is_over = True
            if self._green:  # it has begun
                self._green.parent = getcurrent()
                self._green.throw(Killed)


class Bell:
    """Something one fiber waits for, for a bounded time."""

    __slots__ = ("_hub", "_waiting")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: tuple[Fiber, Timer] | None = None

    @property
    def is_waited_for(self) -> bool:
        return self._waiting is not None

    def ring(self) -> None:
        """Wake who waits, at this moment but not within this call."""
        if self._waiting is not None:
            fiber, timer = self._waiting
            self._waiting = None
            timer.cancel()
            self._hub.at(self._hub.now, fiber.resume)

    def wait(self, timeout: int) -> None:
        """Wait for the bell, at most so many milliseconds; only in a fiber, and only one at a time."""
        hub = self._hub
        fiber = hub.fiber()
        if not hub.passes(timeout):
            self._waiting = (fiber, hub.after(timeout, self._timed_out))
            fiber.rest()

    def _timed_out(self) -> None:
        if self._waiting is not None:
            fiber, _ = self._waiting
            self._waiting = None
            fiber.resume()
