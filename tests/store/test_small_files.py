"""Metrics, status, JSON text and times."""

import json
import stat
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.store.errors import StoreError
from gridtrader.store.json_text import dumps, dumps_line, loads
from gridtrader.store.metrics import MetricsLog
from gridtrader.store.status import read_status, write_status
from gridtrader.store.times import from_iso, iso

NOON = 1_760_612_400_000
DAY_MS = 86_400_000


def test_metrics_are_a_line_a_snapshot_and_a_file_a_day(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, UTC)
    for at in (NOON, NOON + 60_000, NOON + DAY_MS):
        log.append(at, {"equity": Decimal("1000.50"), "levels": 3})
    first = (tmp_path / "metrics_2025-10-16.jsonl").read_text(encoding="utf-8").splitlines()
    assert first[0] == '{"time":"2025-10-16T11:00:00.000+00:00","equity":1000.5,"levels":3}'
    assert len(first) == 2
    assert (tmp_path / "metrics_2025-10-17.jsonl").exists()
    assert stat.S_IMODE((tmp_path / "metrics_2025-10-16.jsonl").stat().st_mode) == 0o600


def test_old_metrics_are_removed(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, UTC, keep_days=2)
    (tmp_path / "metrics_notes.jsonl").touch()
    for day in range(5):
        log.append(NOON + day * DAY_MS, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metrics_2025-10-19.jsonl",
        "metrics_2025-10-20.jsonl",
        "metrics_notes.jsonl",
    ]


def test_a_torn_line_of_metrics_is_closed_before_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "metrics_2025-10-16.jsonl"
    path.write_text('{"time":"2025', encoding="utf-8")
    MetricsLog(tmp_path, UTC).append(NOON, {"a": 1})
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[1])["a"] == 1


def test_metrics_that_cannot_be_written_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"metrics_2025-10-16\.jsonl: cannot be written: No such file"):
        MetricsLog(tmp_path / "none", UTC).append(NOON, {})


def test_a_status_is_read_back_exactly(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    write_status(tmp_path, {"mode": "running", "mm_rate_percent": Decimal("0.1"), "n": 1, "symbols": ["DOGEUSDT"]})
    assert read_status(tmp_path) == {
        "mode": "running",
        "mm_rate_percent": Decimal("0.1"),
        "n": Decimal(1),
        "symbols": ["DOGEUSDT"],
    }


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_status_that_makes_no_sense_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "status.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"status\.json: is not a status"):
        read_status(tmp_path)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=10)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(_json)
def test_json_comes_back_as_it_was_and_is_json_for_everybody(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert loads(dumps_line(value)) == value
    assert "\n" not in dumps_line(value)
    json.loads(dumps(value))


@pytest.mark.parametrize("value", [0.1, b"x", object(), {1: 2}, [0.1], {"a": {"b": 1.0}}, {1, 2}])
def test_what_is_not_exact_or_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "sNaN"])
def test_what_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        dumps(Decimal(text))


@given(
    st.integers(min_value=0, max_value=4_000_000_000_000), st.sampled_from(["UTC", "Europe/Moscow", "Asia/Kolkata"])
)
def test_a_time_comes_back_to_the_millisecond(at_ms: int, zone: str) -> None:
    assert from_iso(iso(at_ms, ZoneInfo(zone))) == at_ms
    assert from_iso(iso(at_ms, None)) == at_ms


def test_a_time_without_an_offset_is_no_time() -> None:
    with pytest.raises(ValueError, match="without an offset"):
        from_iso("2025-10-16T19:59:54")
