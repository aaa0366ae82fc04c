"""The journal forgets nothing it said it had, and says what it cannot read."""

import json
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.store.errors import StoreError
from gridtrader.store.journal import Damage, Entry, Journal, Record, journal_files, read_journal
from gridtrader.store.journal_lines import encode, skim

NOW = 1_760_630_394_480


def _open(path: Path, **options: int) -> Journal:
    return Journal(path, lambda: NOW, **options)


def _read(path: Path) -> tuple[list[Record], list[Damage]]:
    damages: list[Damage] = []
    return list(read_journal(path, damages.append)), damages


def _entry(number: int) -> Entry:
    return Entry("fill", {"symbol": "DOGEUSDT", "number": number, "qty": Decimal("376.50")})


def _numbers(records: list[Record]) -> list[int]:
    return [record.data["number"] for record in records]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_what_is_appended_is_read_back_in_order(path: Path) -> None:
    journal = _open(path)
    assert [journal.append(_entry(number)) for number in range(3)] == [1, 2, 3]
    journal.close()
    records, damages = _read(path)
    assert [(record.seq, record.at_ms, record.kind) for record in records] == [(n, NOW, "fill") for n in (1, 2, 3)]
    assert records[0].data == {"symbol": "DOGEUSDT", "number": 0, "qty": "376.5"}
    assert damages == []


def test_a_line_is_readable_json_for_the_owner_only(path: Path) -> None:
    _open(path).append(Entry("fill", {"price": Decimal("0.19933"), "who": "Zoë", "none": None, "list": [Decimal(1)]}))
    text = path.read_text(encoding="ascii")
    assert json.loads(text)["data"] == {"price": "0.19933", "who": "Zoë", "none": None, "list": ["1"]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_numbers_go_on_after_a_restart(path: Path) -> None:
    journal = _open(path)
    journal.append(_entry(0))
    journal.close()
    again = _open(path)
    assert (again.damages, again.cut_bytes, again.next_seq) == ((), 0, 2)
    assert again.append(_entry(1)) == 2


@pytest.mark.parametrize(
    "data", [{"price": 0.1}, {"x": {1: 2}}, {"x": object()}, {"x": [b"bytes"]}, {"x": {"y": 0.5}}, {"x": {1, 2}}]
)
def test_what_would_lose_exactness_is_refused_before_anything_is_written(path: Path, data: dict[str, Any]) -> None:
    journal = _open(path)
    with pytest.raises(TypeError):
        journal.append(Entry("fill", data))
    with pytest.raises(TypeError):
        journal.append_group([_entry(0), Entry("fill", data)])
    assert path.stat().st_size == 0
    assert journal.append(_entry(0)) == 1


@pytest.mark.parametrize("kind", ["", "Fill", 'a"b', "a b", "é"])
def test_a_kind_is_a_plain_word(path: Path, kind: str) -> None:
    with pytest.raises(ValueError, match="not a kind"):
        _open(path).append(Entry(kind, {}))


def test_a_group_is_not_empty(path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        _open(path).append_group([])


_data = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


@given(st.lists(_data, min_size=1, max_size=4))
def test_any_data_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("j") / "journal.jsonl"
    journal = _open(path)
    journal.append_group([Entry("any", item) for item in items])
    journal.close()
    records, damages = _read(path)
    assert [record.data for record in records] == items
    assert damages == []
    assert _open(path).next_seq == len(items) + 1


def test_a_journal_torn_at_any_byte_reads_as_it_was_before_the_torn_append(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = _open(path)
    ends = [0]
    for number in range(2):
        journal.append(_entry(number))
        ends.append(path.stat().st_size)
    journal.append_group([_entry(2), _entry(3), _entry(4)])
    ends.append(path.stat().st_size)
    journal.close()
    whole = path.read_bytes()
    complete = {0: 0, 1: 1, 2: 2, 3: 5}
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        again = _open(path)
        # A line that lacks nothing but its newline is whole.
        appends = sum(1 for end in ends[1:] if size >= end - 1)
        records, damages = _read(path)
        assert _numbers(records) == list(range(complete[appends])), size
        assert damages == []
        assert again.damages == ()
        assert (again.cut_bytes > 0) == (size - ends[appends] > 0), size
        assert again.append(_entry(99)) == complete[appends] + 1
        again.close()
        assert _numbers(_read(path)[0]) == [*range(complete[appends]), 99]


@pytest.mark.parametrize("garbage", [b"\0" * 100, b"\xff\xfe", b'{"seq":3', b"{}", b'{"seq":3,"crc":"00000000"}'])
def test_garbage_at_the_end_is_cut_off_and_reported(path: Path, garbage: bytes) -> None:
    journal = _open(path)
    journal.append(_entry(0))
    journal.close()
    with path.open("ab") as file:
        file.write(garbage)
    again = _open(path)
    assert again.cut_bytes == len(garbage)
    assert again.append(_entry(1)) == 2
    assert _numbers(_read(path)[0]) == [0, 1]


def test_every_changed_bit_is_noticed() -> None:
    line = encode(7, NOW, _entry(3), (0, 2))[:-1]
    assert skim(line) == (7, (0, 2))
    for place in range(len(line)):
        for bit in range(8):
            changed = bytearray(line)
            changed[place] ^= 1 << bit
            with pytest.raises(ValueError, match=r"checksum|not a record"):
                skim(bytes(changed))


def test_a_damaged_line_is_reported_with_its_number_and_the_rest_is_read_flagged(path: Path) -> None:
    journal = _open(path)
    for number in range(5):
        journal.append(_entry(number))
    journal.close()
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"376.5", b"999.9")
    path.write_bytes(b"\n".join(lines))
    records, damages = _read(path)
    assert _numbers(records) == [0, 1, 3, 4]
    assert [record.after_damage for record in records] == [False, False, True, True]
    assert [str(damage) for damage in damages] == ["journal.jsonl:3: the checksum does not fit"]
    again = _open(path)
    assert again.damages == tuple(damages)
    assert again.cut_bytes == 0
    assert again.next_seq == 6


def test_a_line_that_was_taken_out_is_noticed(path: Path) -> None:
    journal = _open(path)
    for number in range(4):
        journal.append(_entry(number))
    journal.close()
    lines = path.read_bytes().split(b"\n")
    del lines[1]
    path.write_bytes(b"\n".join(lines))
    records, damages = _read(path)
    assert _numbers(records) == [0, 2, 3]
    assert records[1].after_damage
    assert [damage.reason for damage in damages] == ["record 3 stands where record 2 should"]
    assert _open(path).damages == tuple(damages)


def test_a_damaged_last_line_keeps_its_number_and_its_place(path: Path) -> None:
    journal = _open(path)
    for number in range(3):
        journal.append(_entry(number))
    journal.close()
    path.write_bytes(path.read_bytes()[:-5] + b"xxxx\n")
    again = _open(path)
    assert len(again.damages) == 1
    assert again.append(_entry(3)) == 4
    assert _numbers(_read(path)[0]) == [0, 1, 3]


def test_a_file_of_garbage_is_reported_line_by_line_and_written_on(path: Path) -> None:
    path.write_bytes(b"\n{}\nnot json\n")
    journal = _open(path)
    assert [damage.line for damage in journal.damages] == [1, 2, 3]
    assert journal.append(_entry(0)) == 4
    assert _numbers(_read(path)[0]) == [0]


def test_data_that_looks_like_a_group_and_a_checksum_is_data(path: Path) -> None:
    tricky: dict[str, Any] = {"a": {}, "group": [0, 9], "crc": "00000000"}
    journal = _open(path)
    journal.append(Entry("x", {"number": 0, "b": tricky}))
    journal.append(Entry("x", {"number": 1, "b": '"},"group":[0,9],"crc":"00000000"}'}))
    journal.close()
    again = _open(path)
    assert (again.cut_bytes, again.next_seq) == (0, 3)
    assert _numbers(_read(path)[0]) == [0, 1]


# --- rotation ---


def test_a_full_journal_begins_a_new_file_with_the_snapshot_and_keeps_the_old_one(path: Path) -> None:
    journal = _open(path, max_bytes=1000)
    number = 0
    while path.stat().st_size < 1000:
        journal.append(_entry(number))
        number += 1
    was_full = journal.is_full
    journal.rotate([Entry("cycle", {"number": 100})])
    assert (was_full, journal.is_full) == (True, False)
    journal.append(_entry(101))
    journal.close()
    assert [file.name for file in journal_files(path)] == ["journal-000000000001.jsonl", "journal.jsonl"]
    old, new = (list(read_journal(file)) for file in journal_files(path))
    assert _numbers(old) == list(range(number))
    assert [record.kind for record in new] == ["rotated", "cycle", "fill"]
    assert new[0].data == {"from": "journal-000000000001.jsonl"}
    assert [record.seq for record in old + new] == list(range(1, number + 4))
    assert _open(path).next_seq == number + 4


def test_older_files_are_kept_up_to_the_bound(path: Path) -> None:
    journal = _open(path, max_bytes=100, keep_files=2)
    for number in range(5):
        journal.append(_entry(number))
        journal.rotate([])
    assert [file.name for file in journal_files(path)] == [
        "journal-000000000006.jsonl",
        "journal-000000000008.jsonl",
        "journal.jsonl",
    ]


def test_a_snapshot_longer_than_the_bound_does_not_rotate_for_ever(path: Path) -> None:
    journal = _open(path, max_bytes=200)
    journal.append(_entry(0))
    journal.append(_entry(1))
    was_full = journal.is_full
    journal.rotate([_entry(number) for number in range(10)])
    journal.append(_entry(2))
    assert (was_full, journal.is_full) == (True, False)


def test_numbers_go_on_when_only_older_files_are_left(path: Path) -> None:
    journal = _open(path)
    for number in range(3):
        journal.append(_entry(number))
    journal.rotate([])
    journal.close()
    path.unlink()
    assert _open(path).next_seq == 4


def test_reading_a_journal_that_is_not_there_yields_nothing(path: Path) -> None:
    assert _read(path) == ([], [])


def test_a_journal_that_cannot_be_read_is_one_clear_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be opened: Is a directory"):
        _open(path)
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        _read(path)
