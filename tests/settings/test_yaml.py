"""The file itself: syntax, encoding, doubled keys, aliases, and what a plain scalar is."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridtrader.settings import SettingsError, load_settings
from gridtrader.settings.source import LeadingZero, read_source, written
from tests.settings.files import VALID, Files


def test_a_missing_file_is_one_line(files: Files) -> None:
    files.config.unlink()
    assert files.problems() == ["config.yaml: the file cannot be read: No such file or directory"]


def test_a_directory_in_place_of_the_file_is_one_line(files: Files) -> None:
    files.config.unlink()
    files.config.mkdir()
    assert files.problems() == ["config.yaml: the file cannot be read: Is a directory"]


def test_a_file_that_may_not_be_read_is_one_line(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert files.problems(need_keys=False) == ["config.yaml: the file cannot be read: Permission denied"]


def test_a_file_that_is_not_utf_8_names_the_line(files: Files) -> None:
    files.write(VALID.encode().replace(b"name: first", b"name: caf\xe9"))
    assert files.problems(need_keys=False) == ["config.yaml:3: the file is not UTF-8 text; save it as UTF-8"]


def test_a_byte_order_mark_is_no_problem(files: Files) -> None:
    files.write(b"\xef\xbb\xbf" + VALID.encode())
    files.load()


def test_windows_line_ends_are_no_problem(files: Files) -> None:
    files.write(VALID.replace("\n", "\r\n"))
    files.load()


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("accounts:\n  - id: [\n", "config.yaml:3:1: not valid YAML: "),
        ("accounts:\n\t- id: x\n", "config.yaml:2:1: not valid YAML: found character '\\t'"),
        ("accounts: [\n  }\n", "config.yaml:2:3: not valid YAML: "),
        ("a: b: c\n", "config.yaml:1:5: not valid YAML: mapping values are not allowed here"),
        ("accounts: *nobody\n", "config.yaml:1:11: not valid YAML: found undefined alias"),
        ("accounts: 1\n---\naccounts: 2\n", "config.yaml:2:1: not valid YAML: "),
        ("accounts: 'x\n", "config.yaml:2:1: not valid YAML: "),
        ("accounts:\n  - \x07\n", "config.yaml:2: not valid YAML: a control character stands here"),
        ("[" * 5000, "config.yaml: not valid YAML: nested too deeply"),
        ("accounts: !!python/object:os.system x\n", "config.yaml:1: accounts: the tag"),
        ("? [a, b]\n: 1\n", "config.yaml:1: a key that is not plain text"),
    ],
)
def test_bad_yaml_names_line_and_column(files: Files, text: str, start: str) -> None:
    files.write(text)
    assert files.problems(need_keys=False)[0].startswith(start)


def test_a_tab_gets_a_hint(files: Files) -> None:
    files.write("accounts:\n\t- id: x\n")
    assert files.problems(need_keys=False)[0].endswith("(a tab; YAML is indented with spaces)")


def test_a_key_that_stands_twice_is_an_error_though_both_values_are_right(files: Files) -> None:
    files.change("leverage: 75", "leverage: 75\n        leverage: 50")
    assert files.problems(need_keys=False) == [
        "config.yaml:12: accounts[0].symbols[0].leverage: the key stands twice, first in line 11"
    ]


def test_settings_can_be_shared_by_aliases_and_merges(files: Files) -> None:
    text = VALID.replace(
        "- symbol: DOGEUSDT\n        leverage: 75", "- &grid\n        symbol: DOGEUSDT\n        leverage: 75"
    )
    head, _, tail = text.partition("      - symbol: SOLUSDT")
    rest = tail[tail.index('  - id: "002"') :]
    files.write(f"{head}      - <<: *grid\n        symbol: SOLUSDT\n        leverage: 7\n{rest}")
    doge, sol = files.load().accounts[0].symbols
    assert (sol.symbol, sol.leverage, sol.grid_step_percent) == ("SOLUSDT", 7, doge.grid_step_percent)


@pytest.mark.parametrize("merged", ["5", "[5]", "{<<: {symbol: A}}"])
def test_only_plain_mappings_can_be_merged(files: Files, merged: str) -> None:
    files.change("leverage: 75", f"leverage: 75\n        <<: {merged}")
    assert any("merge" in line for line in files.problems(need_keys=False))


@pytest.mark.parametrize(
    "text",
    [
        "accounts: &a [*a]\n",
        "a: &a {b: *a}\naccounts: []\n",
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
    ],
    ids=["itself in a list", "itself in a mapping", "a billion laughs"],
)
def test_aliases_without_end_are_refused(files: Files, text: str) -> None:
    files.write(text)
    assert files.problems(need_keys=False)[0].endswith(
        "an alias that contains itself, or aliases that multiply without end"
    )


def _read(tmp_path: Path, scalar: str) -> object:
    file = tmp_path / "scalar.yaml"
    file.write_text(f"key: {scalar}\n", encoding="utf-8")
    source = read_source(file)
    assert isinstance(source.tree, dict), source.problems
    return source.tree["key"]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("75", 75),
        ("-3", -3),
        ("0", 0),
        ("0.1", Decimal("0.1")),
        ("1.", Decimal(1)),
        (".5", Decimal("0.5")),
        ("1e3", Decimal("1e3")),
        ("1.50", Decimal("1.50")),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("null", None),
        ("~", None),
        ("", None),
        ("007", LeadingZero("007")),
        ("-00.5", LeadingZero("-00.5")),
        ("'007'", "007"),
        ("0x10", "0x10"),
        ("0o10", "0o10"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2025-01-01", "2025-01-01"),
        ("'true'", "true"),
        ("!!str 5", "5"),
        ("123456789012345678901234567890123", Decimal("123456789012345678901234567890123")),
        ("1e99999999999999999999", LeadingZero("1e99999999999999999999")),
    ],
)
def test_a_scalar_is_what_a_person_reads(tmp_path: Path, scalar: str, value: object) -> None:
    read = _read(tmp_path, scalar)
    assert read == value
    assert type(read) is type(value)
    assert str(read) == str(value)


@pytest.mark.parametrize(("scalar", "text"), [(".nan", "NaN"), (".inf", "Infinity"), ("-.Inf", "-Infinity")])
def test_what_is_not_finite_is_read_as_such_and_never_taken(tmp_path: Path, scalar: str, text: str) -> None:
    assert str(_read(tmp_path, scalar)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=0, max_value=10**6))
def test_a_number_is_read_digit_by_digit(tmp_path_factory: pytest.TempPathFactory, number: Decimal) -> None:
    read = _read(tmp_path_factory.getbasetemp(), format(number, "f"))
    assert isinstance(read, int | Decimal)
    assert Decimal(read) == number


@st.composite
def _spoilt(draw: st.DrawFn) -> bytes:
    """Draw the valid file with a piece of it replaced by noise."""
    start = draw(st.integers(0, len(VALID)))
    end = draw(st.integers(start, min(start + 40, len(VALID))))
    return (VALID[:start] + draw(st.text(max_size=20)) + VALID[end:]).encode()


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | _spoilt())
@example(b"\x00")
@example(b"~")
@example(b"%YAML 9\n---\n")
@example(b"&a")
@example(b"!")
def test_no_file_whatever_is_in_it_causes_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    config = folder / "noise.yaml"
    config.write_bytes(raw)
    with pytest.raises(SettingsError) as refusal:
        load_settings(config, folder / ".env", environ={})
    assert refusal.value.problems
    assert all("\n" not in str(problem) for problem in refusal.value.problems)


_words = st.text(max_size=20)
_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["system", "accounts", "x"]), _trees))
def test_no_tree_whatever_is_in_it_causes_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    config = folder / "tree.yaml"
    config.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_settings(config, folder / ".env", environ={})
    assert all("\n" not in str(problem) for problem in refusal.value.problems)


def test_a_path_is_written_as_an_operator_writes_it() -> None:
    assert written(("accounts", 0, "symbols", 1, "leverage")) == "accounts[0].symbols[1].leverage"
    assert written(("a\nb",)) == "'a\\nb'"


def test_a_long_value_is_shortened_and_a_password_in_an_address_is_not_shown(files: Files) -> None:
    files.write(VALID + f'system: {{timezone: {"x" * 500}, hosts: {{demo: {{rest: "https://me:hunter2@x"}}}}}}\n')
    zone, host = files.problems(need_keys=False)
    assert len(zone) < 200
    assert "hunter2" not in host
