"""Recorded data, for tests that use them where they are."""

import os
from pathlib import Path

import pytest


def recorded(name: str) -> Path:
    """Return a recorded file; skip the test where the recorded data are absent."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get("GRIDTRADER_DATA", beside)) / "candles" / name
    if not path.exists():
        pytest.skip(f"recorded data not found: {path}")
    return path
