"""`bot_state.json`: the format of the specification, exact numbers, and no file that can stop a start."""

import json
import os
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.engine.ports import LevelState, SymbolState
from gridtrader.store.errors import StoreError
from gridtrader.store.state import StateFile, read_state

CREATED = 1_760_633_990_000
NOW = 1_760_633_994_480  # 2025-10-16T19:59:54.480 in Moscow
ZONE = ZoneInfo("Europe/Moscow")


def _level(level: int = 0, price: str = "0.19933", executed_ms: int | None = CREATED) -> LevelState:
    return LevelState(Decimal(376), Decimal(price), level, f"order-{level}", CREATED, executed_ms)


def _state(*levels: LevelState) -> SymbolState:
    return SymbolState(levels, (), "tp-long", None, {"reference": "376", "depth": Decimal("2.5"), "holds": []})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot_state.json"


def test_the_file_has_the_format_of_the_specification(path: Path) -> None:
    StateFile(path, Clock(), ZONE).write({"DOGEUSDT": _state(_level(), _level(1, "0.19692", None))})
    assert path.read_text(encoding="utf-8") == (
        "{\n"
        '  "DOGEUSDT": {\n'
        '    "timestamp": "2025-10-16T19:59:54.480+03:00",\n'
        '    "long_positions": [\n'
        "      {\n"
        '        "quantity": 376.0,\n'
        '        "entry_price": 0.19933,\n'
        '        "grid_level": 0,\n'
        '        "order_id": "order-0",\n'
        '        "created": "2025-10-16T19:59:50.000+03:00",\n'
        '        "executed": "2025-10-16T19:59:50.000+03:00"\n'
        "      },\n"
        "      {\n"
        '        "quantity": 376.0,\n'
        '        "entry_price": 0.19692,\n'
        '        "grid_level": 1,\n'
        '        "order_id": "order-1",\n'
        '        "created": "2025-10-16T19:59:50.000+03:00"\n'
        "      }\n"
        "    ],\n"
        '    "short_positions": [],\n'
        '    "long_tp_order_id": "tp-long",\n'
        '    "short_tp_order_id": null,\n'
        '    "reference": "376",\n'
        '    "depth": 2.5,\n'
        '    "holds": []\n'
        "  }\n"
        "}\n"
    )


def test_what_is_written_is_read_back(path: Path) -> None:
    symbols = {
        "DOGEUSDT": _state(_level(), _level(1, executed_ms=None)),
        "SOLUSDT": SymbolState((), (), None, None, {}),
    }
    StateFile(path, Clock(), ZONE).write(symbols)
    read = read_state(path)
    assert read.symbols == symbols
    assert read.changed_ms == {"DOGEUSDT": NOW, "SOLUSDT": NOW}
    assert read.reason == ""


_numbers = st.decimals(min_value="1e-12", max_value="1e12", allow_nan=False, allow_infinity=False, places=12)


@given(quantity=_numbers, price=_numbers)
def test_numbers_are_exact_and_free_of_binary_noise(
    tmp_path_factory: pytest.TempPathFactory, quantity: Decimal, price: Decimal
) -> None:
    path = tmp_path_factory.getbasetemp() / "state.json"
    level = LevelState(quantity, price, 0, "id", CREATED, CREATED)
    StateFile(path, Clock()).write({"X": SymbolState((level,), (level,), None, None, {})})
    read = read_state(path).symbols
    assert read is not None
    assert read["X"].long_positions == (level,)
    plain = json.loads(path.read_text(encoding="utf-8"))["X"]["long_positions"][0]
    assert plain["quantity"] == float(quantity)


def test_only_the_symbol_that_changed_gets_a_new_timestamp(path: Path) -> None:
    clock = Clock()
    file = StateFile(path, clock, ZONE)
    file.write({"DOGEUSDT": _state(_level()), "SOLUSDT": _state(_level())})
    clock.now += 5000
    file.write({"DOGEUSDT": _state(_level(), _level(1)), "SOLUSDT": _state(_level())})
    assert read_state(path).changed_ms == {"DOGEUSDT": NOW + 5000, "SOLUSDT": NOW}


def test_clearing_leaves_a_file_without_symbols(path: Path) -> None:
    file = StateFile(path, Clock())
    file.write({"DOGEUSDT": _state(_level())})
    file.clear()
    assert path.read_text(encoding="utf-8") == "{}\n"
    assert read_state(path).symbols == {}


def test_an_extra_key_takes_no_key_of_the_format(path: Path) -> None:
    with pytest.raises(ValueError, match="long_positions"):
        StateFile(path, Clock()).write({"X": SymbolState((), (), None, None, {"long_positions": 1})})


def test_a_float_is_refused_before_anything_is_written(path: Path) -> None:
    with pytest.raises(TypeError, match="float"):
        StateFile(path, Clock()).write({"X": SymbolState((), (), None, None, {"size": 0.1})})
    assert not path.exists()


def test_a_failed_write_keeps_the_old_file_and_the_next_one_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StateFile(path, Clock())
    file.write({"X": _state(_level())})
    before = path.read_bytes()
    with monkeypatch.context() as patch:

        def refuse(fd: int) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StoreError, match=r"bot_state\.json: cannot be written: No space left on device"):
            file.write({"X": _state()})
    assert path.read_bytes() == before
    file.write({"X": _state()})
    assert read_state(path).symbols == {"X": _state()}


def test_a_missing_file_is_a_reason_not_an_error(path: Path) -> None:
    read = read_state(path)
    assert read.symbols is None
    assert "there is no such file" in read.reason


def test_a_file_torn_at_any_byte_is_a_reason_not_an_error(path: Path) -> None:
    StateFile(path, Clock()).write({"DOGEUSDT": _state(_level())})
    whole = path.read_bytes()
    for size in range(len(whole) - 2):
        path.write_bytes(whole[:size])
        read = read_state(path)
        assert read.symbols is None
        assert "corrupt" in read.reason


_GOOD = (
    '{"X": {"timestamp": "2025-10-16T19:59:54.480795+03:00", "long_positions": [{"quantity": 376.0, '
    '"entry_price": 0.19933, "grid_level": 0, "order_id": "a", "created": "2025-10-16T19:59:50+03:00"}], '
    '"short_positions": [], "long_tp_order_id": null, "short_tp_order_id": "b"}}'
)


def test_a_file_of_another_version_is_read_with_what_it_has_more(path: Path) -> None:
    path.write_text(_GOOD.replace('"timestamp"', '"new_key": [1, {"a": 0.1}], "timestamp"'), encoding="utf-8")
    read = read_state(path)
    assert read.symbols is not None
    assert read.symbols["X"].extra == {"new_key": [Decimal(1), {"a": Decimal("0.1")}]}
    assert read.changed_ms == {"X": 1_760_633_994_480}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("376.0", '"376.0"'),
        ("376.0", "-376.0"),
        ("376.0", "0"),
        ("376.0", "NaN"),
        ("376.0", "Infinity"),
        ('"quantity": 376.0, ', ""),
        ('"grid_level": 0', '"grid_level": 0.5'),
        ('"grid_level": 0', '"grid_level": -1'),
        ('"grid_level": 0', '"grid_level": 1e999999'),
        ('"order_id": "a"', '"order_id": 7'),
        ('"order_id": "a", ', ""),
        ("2025-10-16T19:59:50+03:00", "2025-10-16T19:59:50"),
        ("2025-10-16T19:59:50+03:00", "yesterday"),
        ('"timestamp": "2025-10-16T19:59:54.480795+03:00", ', ""),
        ('"short_positions": []', '"short_positions": {}'),
        ('"short_positions": []', '"short_positions": [1]'),
        ('"short_positions": [], ', ""),
        (', "short_tp_order_id": "b"', ""),
        ('"short_positions": []', '"short_positions": [], "short_positions": []'),
        (_GOOD, "[]"),
        (_GOOD, '{"X": 1}'),
        (_GOOD, "null"),
        (_GOOD, ""),
        (_GOOD, "[" * 100_000),
        (_GOOD, "\ufeff{}"),
    ],
)
def test_a_file_that_makes_no_sense_is_a_reason_not_an_error(path: Path, old: str, new: str) -> None:
    assert old in _GOOD
    path.write_text(_GOOD.replace(old, new), encoding="utf-8")
    read = read_state(path)
    assert read.symbols is None
    assert "corrupt" in read.reason


def test_a_file_that_cannot_be_read_is_a_reason_not_an_error(path: Path) -> None:
    path.mkdir()
    assert "cannot be read: Is a directory" in read_state(path).reason
    path.rmdir()
    path.write_bytes(b"\xff\xfe")
    assert "corrupt" in read_state(path).reason
