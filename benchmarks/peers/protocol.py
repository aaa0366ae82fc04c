"""What a peer's process is asked, and says: `python -m benchmarks.peers.NAME FILE` prints one line of JSON."""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.candles import Candles, load


def answer(package: str | None, prepare: Callable[[Candles], Callable[[], int]], made: str = "") -> None:
    """Play the file of candles named on the command line; say what was played, and how fast.

    `prepare` brings the candles into the tool's own form, compiles what is compiled, and returns what plays and gives
    the number of fills; only that is measured. `made` is the version of what is not a package.
    """
    candles = load(Path(sys.argv[1]))
    play = prepare(candles)
    began = time.process_time()
    fills = play()
    seconds = time.process_time() - began
    shown = made if package is None else version(package)
    sys.stdout.write(json.dumps({"version": shown, "fills": fills, "seconds": seconds}) + "\n")
