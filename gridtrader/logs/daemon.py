"""The daemon's own logs, which also take what the libraries have to say."""

import logging
from typing import Final

from gridtrader.logs.folder import FolderLogs
from gridtrader.logs.handler import RecordHandler

_LEAST: Final = logging.WARNING


class DaemonLogs(FolderLogs):
    """The logs of the process as a whole, in `logs/`: the same files as an account's."""

    _capture: RecordHandler | None = None

    def capture_libraries(self) -> None:
        """Take the warnings and errors of the libraries (pybit, websocket, urllib3, …) into these logs.

        A handler on the root logger is the one piece of global state here, undone by `close`. It is needed: without
        any, pybit prints to stderr, with one more handler for every client it makes.
        """
        if self._capture is None:
            self._capture = RecordHandler(self.record, with_origin=True, level=_LEAST)
            logging.getLogger().addHandler(self._capture)

    def close(self) -> None:
        if self._capture is not None:
            logging.getLogger().removeHandler(self._capture)
            self._capture = None
        super().close()
