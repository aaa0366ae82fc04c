"""The story of one run: every line of the bot's log in simulated time, and between them what went wrong.

Times are hours, minutes and seconds since the beginning of the run, as in the report.
"""

import logging
from typing import Final, TextIO

from gridtrader.operator.simulate.table import clock_time
from gridtrader.simulation.run import Result, play_out
from gridtrader.simulation.world import Plan, World

_INDENT: Final = " " * 13


class Story(logging.Handler):
    """Writes the log of a world, which must be `follow`ed before it is played."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(logging.DEBUG)
        self._out = out
        self._world: World | None = None
        self._told = 0

    def follow(self, world: World) -> None:
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        self.tell_faults()
        self._write(self._elapsed_ms(), f"{record.name} {record.levelname:<8} {self.format(record)}")

    def tell_faults(self) -> None:
        """Write down the faults that have happened since the last line."""
        happened = self._world.script.happened if self._world is not None else []
        for mishap in happened[self._told :]:
            self._write(mishap.at_ms, f"--- FAULT    {mishap.fault.value} at {mishap.place}#{mishap.throw}")
        self._told = len(happened)

    def _elapsed_ms(self) -> int:
        return self._world.hub.now - self._world.start if self._world is not None else 0

    def _write(self, at_ms: int, text: str) -> None:
        try:
            self._out.write(f"{clock_time(at_ms)} {text.replace(chr(10), chr(10) + _INDENT)}\n")
        except BrokenPipeError:
            # Whoever was reading has gone: the run is over. The bot must not see it, for it is no fault of its world.
            if self._world is not None:
                self._world.is_over = True
                self._world.hub.stop()


def tell(plan: Plan, out: TextIO) -> Result:
    """Play a plan and write its story."""
    story = Story(out)
    world = World(plan, story)
    story.follow(world)
    result = play_out(world)
    story.tell_faults()
    return result
