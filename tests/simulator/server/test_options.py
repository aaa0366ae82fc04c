"""The switches: every one is explained, documented and refused where its value is not known."""

from dataclasses import fields
from pathlib import Path

import pytest

from gridtrader.simulator import main as command
from gridtrader.simulator.core.switches import CHOICES as CORE_CHOICES
from gridtrader.simulator.core.switches import Options
from gridtrader.simulator.server.options import (
    CHOICES,
    MEANINGS,
    BadOption,
    WireOptions,
    help_text,
    read_options,
    switches,
    table,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "exchange.md"
NAMES = {each.name for options in (Options, WireOptions) for each in fields(options)}


def test_every_switch_is_explained_in_one_line() -> None:
    assert set(MEANINGS) == NAMES
    assert all("\n" not in meaning and meaning[0] != " " for meaning in MEANINGS.values())


def test_help_lists_every_switch_with_values_default_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--option", "help"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (help_text(), "")
    lines = out.splitlines()
    for name in NAMES:
        (line,) = [number for number, text in enumerate(lines) if text.startswith(f"{name}  ")]
        assert lines[line].endswith("]")
        assert lines[line + 1].strip() == MEANINGS[name]
    assert "hedge_margin  sum | larger  [sum]" in lines


def test_the_table_of_the_documentation_is_the_table_of_the_switches() -> None:
    assert table() in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_a_word_is_allowed_or_refused_with_what_is_allowed(name: str) -> None:
    for value in CHOICES[name]:
        core, wire = read_options([f"{name}={value}"])
        assert getattr(core if name in CORE_CHOICES else wire, name) == value
    with pytest.raises(BadOption, match=f"option {name}: 'nonsense' is not known; allowed: "):
        read_options([f"{name}=nonsense"])


def test_the_default_of_every_word_is_one_of_its_values() -> None:
    assert all(switch.default in CHOICES.get(switch.name, (switch.default,)) for switch in switches())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("usdt_price=0", "usdt_price: 0 is not a price"),
        ("extra_fee_share=-1", "extra_fee_share is -1"),
        ("rest_lag_ms=soon", "rest_lag_ms: 'soon' is not a whole number"),
        ("nonsense=1", "NAME one of answer_delay_max_ms, .*; 'help' explains them"),
        ("hedge_margin", "written NAME=VALUE"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_what_is_allowed(setting: str, words: str) -> None:
    with pytest.raises(BadOption, match=words):
        read_options([setting])
