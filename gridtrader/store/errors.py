"""What can go wrong with a file, in one class."""

from pathlib import Path

from gridtrader.engine.ports import ArchiveError


class StoreError(OSError, ArchiveError):
    """A file could not be read or written, or is not what it should be. The message names the path and the cause.

    The engine knows it as `ArchiveError`.
    """

    def __init__(self, path: Path, what: str, cause: OSError | None = None) -> None:
        reason = f": {cause.strerror or cause}" if cause else ""
        super().__init__(f"{path}: {what}{reason}")
        self.path = path
        self.errno = cause.errno if cause else None
