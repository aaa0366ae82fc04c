"""The grid: keys and values as in `config.yaml`, and its words about what is not allowed."""

from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.settings import AccountSettings, load_settings
from gridtrader.sweep.grid import KEYS, GridError, check_grid, read_grid, with_set
from tests.replay.support import Strategy, write_config

D = Decimal


@pytest.fixture
def account(tmp_path: Path) -> AccountSettings:
    config = write_config(tmp_path / "config.yaml", Strategy(), Strategy("SOLUSDT"))
    return load_settings(config, Path(), need_keys=False).accounts[0]


def test_sets_are_every_combination_the_last_key_changing_fastest() -> None:
    grid = read_grid(["grid_step_percent=0.5,1", "leverage=10,20"])
    assert len(grid) == 4
    assert [tuple(chosen.items()) for chosen in grid.sets()] == [
        (("grid_step_percent", step), ("leverage", leverage)) for step in (D("0.5"), 1) for leverage in (10, 20)
    ]


def test_without_a_grid_there_is_one_set_which_changes_nothing(account: AccountSettings) -> None:
    grid = read_grid([])
    assert len(grid) == 1
    assert [with_set(account.symbols[0], chosen) for chosen in grid.sets()] == [account.symbols[0]]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.5:2:0.25", ["0.5", "0.75", "1", "1.25", "1.5", "1.75", "2"]),
        ("1:3:1", ["1", "2", "3"]),
        ("0.1:0.35:0.1", ["0.1", "0.2", "0.3"]),
        ("2:2:1", ["2"]),
        ("0.5:1:0.5,3, 4.5", ["0.5", "1", "3", "4.5"]),
        ("1e-1,.5,2.", ["0.1", "0.5", "2"]),
    ],
)
def test_values_are_listed_or_a_range_with_both_ends(text: str, values: list[str]) -> None:
    (axis,) = read_grid([f"grid_step_percent={text}"]).axes
    assert axis.values == tuple(map(D, values))


def test_a_range_of_whole_numbers_is_whole_as_a_leverage_must_be(account: AccountSettings) -> None:
    grid = read_grid(["leverage=5:15:5", "max_grid_levels_per_side=3"])
    check_grid(grid, account)
    assert [with_set(account.symbols[1], chosen).leverage for chosen in grid.sets()] == [5, 10, 15]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("grid_step_percent", "--grid: found 'grid_step_percent', allowed: KEY=VALUE,VALUE,… or KEY=FIRST:LAST:STEP"),
        ("grid_step_percent=", "--grid: found 'grid_step_percent=', allowed: KEY=VALUE"),
        ("step=1", f"--grid: found key 'step', allowed: {', '.join(KEYS)}"),
        ("symbol=DOGEUSDT", f"--grid: found key 'symbol', allowed: {', '.join(KEYS)}"),
        ("leverage=1,,2", "--grid leverage: found '', allowed: numbers"),
        ("leverage=ten", "--grid leverage: found 'ten', allowed: numbers"),
        ("leverage=nan", "--grid leverage: found 'nan', allowed: numbers"),
        ("leverage=010", "--grid leverage: found '010', allowed: numbers"),
        ("leverage=1:2", "--grid leverage: found '1:2', allowed: KEY=VALUE,VALUE,… or KEY=FIRST:LAST:STEP"),
        ("leverage=2:1:1", "--grid leverage: found '2:1:1', allowed: FIRST:LAST:STEP, FIRST ≤ LAST, STEP above 0"),
        ("leverage=1:2:0", "--grid leverage: found '1:2:0', allowed: FIRST:LAST:STEP, FIRST ≤ LAST, STEP above 0"),
        ("leverage=1:2:-1", "--grid leverage: found '1:2:-1', allowed: FIRST:LAST:STEP"),
        ("leverage=5,5.0", "--grid leverage: found 5 a second time, allowed: each value once"),
        ("grid_step_percent=0:1e9:1e-9", "--grid grid_step_percent: more than 1,000 values"),
    ],
)
def test_a_grid_that_makes_no_sense_is_one_line(option: str, said: str) -> None:
    with pytest.raises(GridError) as caught:
        read_grid([option])
    assert str(caught.value).startswith(said)


def test_a_key_stands_once() -> None:
    with pytest.raises(GridError, match="--grid leverage: given a second time, allowed: each key once"):
        read_grid(["leverage=1", "leverage=2"])


def test_so_many_sets_are_refused() -> None:
    with pytest.raises(GridError, match="--grid: found 250,000 parameter sets, allowed: at most 100,000"):
        read_grid(["grid_step_percent=1:500:1", "take_profit_percent=1:500:1"])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("leverage=10,201", "--grid leverage: found 201, allowed: integer 1-200"),
        ("leverage=1.5", "--grid leverage: found 1.5, allowed: integer 1-200"),
        ("leverage=5.0:6:0.5", "--grid leverage: found 5, allowed: integer 1-200"),
        (
            "initial_position_size_usd=0.09",
            "--grid initial_position_size_usd: found 0.09, allowed: number 0.1-100000",
        ),
        ("grid_step_percent=0", "--grid grid_step_percent: found 0, allowed: number 0.01-100"),
        ("averaging_multiplier=1", "--grid averaging_multiplier: found 1, allowed: number above 1, at most 10"),
        ("max_grid_levels_per_side=51", "--grid max_grid_levels_per_side: found 51, allowed: integer 1-50"),
        (
            "grid_step_percent=1.0000000000001",
            "--grid grid_step_percent: found 1.0000000000001, allowed: number 0.01",
        ),
        (
            "grid_step_percent=100",
            "--grid grid_step_percent: found 100, allowed: below 100, or the price of a LONG level would be 0",
        ),
        (
            "take_profit_percent=99.95",
            "--grid take_profit_percent: found 99.95, allowed: below 99.945 (100 less the taker fee), or a SHORT",
        ),
    ],
)
def test_values_are_those_the_configuration_allows_in_its_words(
    account: AccountSettings, option: str, said: str
) -> None:
    with pytest.raises(GridError) as caught:
        check_grid(read_grid([option]), account)
    assert str(caught.value).startswith(said)


def test_a_set_changes_its_keys_and_nothing_else(account: AccountSettings) -> None:
    settings = account.symbols[1]
    changed = with_set(settings, {"grid_step_percent": D("0.7")})
    assert changed.model_dump() == settings.model_dump() | {"grid_step_percent": D("0.7")}
