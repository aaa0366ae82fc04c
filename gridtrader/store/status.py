"""`status.json`: what an account is doing now, for the operator. Worthless after a crash, so not synced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gridtrader.store.atomic import write_atomic
from gridtrader.store.errors import StoreError
from gridtrader.store.json_text import Json, dumps, loads

STATUS_NAME: Final = "status.json"

FAILED: Final = "failed"
"""The mode of an account that does not trade, and has no engine that would say so."""


def write_status(folder: Path, status: Mapping[str, Json]) -> None:
    """Replace the status of the account in `folder`. Raises StoreError."""
    write_atomic(folder / STATUS_NAME, f"{dumps(status)}\n".encode(), durable=False)


def read_status(folder: Path) -> dict[str, Any] | None:
    """Return the status, numbers as `Decimal`, or None if there is none. Raises StoreError if it cannot be read."""
    path = folder / STATUS_NAME
    try:
        tree = loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(path, "cannot be read", error) from error
    except ValueError as error:
        raise StoreError(path, f"is not a status: {error}") from error
    if not isinstance(tree, dict):
        raise StoreError(path, "is not a status")
    return tree
