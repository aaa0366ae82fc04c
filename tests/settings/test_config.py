"""`config.yaml`: what is read, and one line for each thing that is wrong."""

from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.settings import SettingsError, load_settings
from tests.settings.files import VALID, Files


def test_a_valid_file_is_read_with_exact_numbers(files: Files) -> None:
    settings = files.load()
    first, second = settings.accounts
    assert (first.id, first.name, first.enabled, first.demo_trading, first.dry_run) == (
        "001",
        "first",
        True,
        True,
        False,
    )
    assert first.symbols[1].grid_step_percent == Decimal("0.3")
    assert str(first.symbols[1].grid_step_percent) == "0.3"
    assert first.symbols[1].initial_position_size_usd == Decimal(2)
    assert (second.risk.mm_rate_threshold, second.risk.balance_buffer_percent) == (Decimal(90), Decimal(15))
    assert (second.take_profit_fee, second.on_emergency_stop) == ("taker", "cancel_opening")
    assert (second.taker_fee_percent, second.maker_fee_percent) == (Decimal("0.055"), Decimal("0.02"))
    assert settings.warnings == ()


def test_a_number_keeps_every_digit_of_the_file(files: Files) -> None:
    files.change("take_profit_percent: 0.25", "take_profit_percent: 0.123456789012")
    assert str(files.load().accounts[0].symbols[1].take_profit_percent) == "0.123456789012"


def test_settings_cannot_be_changed(files: Files) -> None:
    with pytest.raises(ValueError, match="frozen"):
        files.load().accounts[0].symbols[0].leverage = 200


def test_the_sample_configuration_is_valid() -> None:
    root = Path(__file__).parents[2]
    settings = load_settings(root / "config" / "config.yaml", root / ".env.example", need_keys=False)
    assert [account.id for account in settings.accounts] == ["001", "002", "003"]
    assert {account.demo_trading for account in settings.accounts} == {True, False}
    symbols = [{symbol.symbol for symbol in account.symbols} for account in settings.accounts]
    assert symbols[0] & symbols[1]
    assert len(symbols[1]) == 2


def test_the_sample_env_is_read_and_its_keys_are_missing() -> None:
    root = Path(__file__).parents[2]
    with pytest.raises(SettingsError) as refusal:
        load_settings(root / "config" / "config.yaml", root / ".env.example", environ={})
    assert [problem.key for problem in refusal.value.problems] == [
        f"{account}_BYBIT_API_{part}" for account in ("001", "002", "003") for part in ("KEY", "SECRET")
    ]
    assert all("found nothing" in problem.message for problem in refusal.value.problems)


_SYMBOL = "accounts[0].symbols[0]"

_WRONG_VALUES = [
    ("leverage: 75", "leverage: 500", 11, f"{_SYMBOL}.leverage: found 500, allowed: integer 1-200"),
    ("leverage: 75", "leverage: 0", 11, f"{_SYMBOL}.leverage: found 0, allowed: integer 1-200"),
    ("leverage: 75", "leverage: 75.0", 11, f"{_SYMBOL}.leverage: found 75.0, allowed: integer 1-200"),
    ("leverage: 75", 'leverage: "75"', 11, f"{_SYMBOL}.leverage: found '75', allowed: integer 1-200"),
    ("leverage: 75", "leverage: true", 11, f"{_SYMBOL}.leverage: found true, allowed: integer 1-200"),
    ("leverage: 75", "leverage:", 11, f"{_SYMBOL}.leverage: found nothing, allowed: integer 1-200"),
    (
        "leverage: 75",
        "leverage: 075",
        11,
        f"{_SYMBOL}.leverage: found 075 with a leading zero, allowed: integer 1-200",
    ),
    ("leverage: 75", "leverage: [75]", 11, f"{_SYMBOL}.leverage: found a list, allowed: integer 1-200"),
    ("leverage: 75", "leverage: {x: 75}", 11, f"{_SYMBOL}.leverage: found a mapping, allowed: integer 1-200"),
    ("leverage: 75", "leverage: 1_0", 11, f"{_SYMBOL}.leverage: found 1_0, allowed: integer 1-200"),
    ("leverage: 75", "leverage: 1:30", 11, f"{_SYMBOL}.leverage: found 1:30, allowed: integer 1-200"),
    (
        "initial_position_size_usd: 1.0",
        "initial_position_size_usd: 0.09",
        12,
        f"{_SYMBOL}.initial_position_size_usd: found 0.09, allowed: number 0.1-100000",
    ),
    (
        "initial_position_size_usd: 1.0",
        "initial_position_size_usd: 1e999999",
        12,
        f"{_SYMBOL}.initial_position_size_usd: found 1e999999, allowed: number 0.1-100000",
    ),
    (
        "grid_step_percent: 1.0",
        "grid_step_percent: .nan",
        13,
        f"{_SYMBOL}.grid_step_percent: found .nan, allowed: number 0.01-100",
    ),
    (
        "grid_step_percent: 1.0",
        "grid_step_percent: -.inf",
        13,
        f"{_SYMBOL}.grid_step_percent: found -.inf, allowed: number 0.01-100",
    ),
    (
        "grid_step_percent: 1.0",
        "grid_step_percent: nan",
        13,
        f"{_SYMBOL}.grid_step_percent: found nan, allowed: number 0.01-100",
    ),
    (
        "grid_step_percent: 1.0",
        "grid_step_percent: 1.0000000000001",
        13,
        f"{_SYMBOL}.grid_step_percent: found 1.0000000000001, allowed: number 0.01-100, at most 12 decimals",
    ),
    (
        "averaging_multiplier: 2.0",
        "averaging_multiplier: 1.0",
        14,
        f"{_SYMBOL}.averaging_multiplier: found 1.0, allowed: number above 1, at most 10",
    ),
    (
        "take_profit_percent: 1.0",
        "take_profit_percent: 101",
        15,
        f"{_SYMBOL}.take_profit_percent: found 101, allowed: number 0.01-100",
    ),
    (
        "max_grid_levels_per_side: 10",
        "max_grid_levels_per_side: 51",
        16,
        f"{_SYMBOL}.max_grid_levels_per_side: found 51, allowed: integer 1-50",
    ),
    (
        "symbol: DOGEUSDT",
        "symbol: dogeusdt",
        10,
        f"{_SYMBOL}.symbol: found dogeusdt, allowed: a USDT perpetual in capital letters, e.g. DOGEUSDT",
    ),
    (
        "symbol: DOGEUSDT",
        "symbol: BTCUSD",
        10,
        f"{_SYMBOL}.symbol: found BTCUSD, allowed: a USDT perpetual in capital letters, e.g. DOGEUSDT",
    ),
    (
        "mm_rate_threshold: 90.0",
        "mm_rate_threshold: 100.1",
        7,
        "accounts[0].risk.mm_rate_threshold: found 100.1, allowed: number 0-100",
    ),
    (
        "balance_buffer_percent: 15",
        "balance_buffer_percent: -1",
        8,
        "accounts[0].risk.balance_buffer_percent: found -1, allowed: number 0-100",
    ),
    (
        "demo_trading: true",
        "demo_trading: yes",
        4,
        "accounts[0].demo_trading: found yes, allowed: true or false",
    ),
    ("dry_run: false", 'dry_run: "false"', 5, "accounts[0].dry_run: found 'false', allowed: true or false"),
    (
        "name: first",
        "name: 1",
        3,
        "accounts[0].name: found 1, allowed: a text of at most 100 characters on one line, "
        "in quotes if it looks like a number",
    ),
    (
        'id: "001"',
        "id: 001",
        2,
        "accounts[0].id: found 001 without quotes, which YAML reads as a number, allowed: digits in quotes, e.g. "
        '"001"',
    ),
    (
        'id: "001"',
        "id: 7",
        2,
        'accounts[0].id: found 7 without quotes, which YAML reads as a number, allowed: digits in quotes, e.g. "001"',
    ),
    ('id: "001"', "id: client", 2, 'accounts[0].id: found client, allowed: digits in quotes, e.g. "001"'),
    ('id: "001"', 'id: "٠٠١"', 2, "accounts[0].id: found '٠٠١', allowed: digits in quotes, e.g. \"001\""),
    (
        "dry_run: false",
        "dry_run: false\n    on_emergency_stop: ignore",
        6,
        "accounts[0].on_emergency_stop: found ignore, allowed: cancel_opening or leave",
    ),
    (
        "dry_run: false",
        "dry_run: false\n    maker_fee_percent: -0.2",
        6,
        "accounts[0].maker_fee_percent: found -0.2, allowed: number -0.1 to 1",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), _WRONG_VALUES, ids=[row[1] for row in _WRONG_VALUES])
def test_a_wrong_value_is_one_line_with_its_place(files: Files, old: str, new: str, line: int, message: str) -> None:
    files.change(old, new)
    assert files.problems(need_keys=False) == [f"config.yaml:{line}: {message}"]


_EDGES = [
    ("leverage: 75", "leverage: 1"),
    ("leverage: 75", "leverage: 200"),
    ("initial_position_size_usd: 1.0", "initial_position_size_usd: 0.1"),
    ("initial_position_size_usd: 1.0", "initial_position_size_usd: 1e5"),
    ("grid_step_percent: 1.0", "grid_step_percent: 0.01"),
    ("grid_step_percent: 1.0", "grid_step_percent: 99.99"),
    ("averaging_multiplier: 2.0", "averaging_multiplier: 1.000000000001"),
    ("averaging_multiplier: 2.0", "averaging_multiplier: 10"),
    ("take_profit_percent: 1.0", "take_profit_percent: .01"),
    ("max_grid_levels_per_side: 10", "max_grid_levels_per_side: 50"),
    ("mm_rate_threshold: 90.0", "mm_rate_threshold: 0"),
    ("mm_rate_threshold: 90.0", "mm_rate_threshold: 100"),
    ("symbol: DOGEUSDT", "symbol: 1000PEPEUSDT"),
]


@pytest.mark.parametrize(("old", "new"), _EDGES, ids=[row[1] for row in _EDGES])
def test_the_ends_of_a_range_are_in_it(files: Files, old: str, new: str) -> None:
    files.change(old, new)
    files.load(need_keys=False)


@pytest.mark.parametrize(
    ("line", "number", "message"),
    [
        ('  - id: "001"\n    name: first\n', 2, 'accounts[0].id: missing, needed: digits in quotes, e.g. "001"'),
        ("    demo_trading: true\n", 2, "accounts[0].demo_trading: missing, needed: true or false"),
        ("    dry_run: false\n", 2, "accounts[0].dry_run: missing, needed: true or false"),
        ("        leverage: 75\n", 10, "accounts[0].symbols[0].leverage: missing, needed: integer 1-200"),
        (
            "        averaging_multiplier: 2.0\n",
            10,
            "accounts[0].symbols[0].averaging_multiplier: missing, needed: number above 1, at most 10",
        ),
    ],
)
def test_a_missing_key_is_told_at_the_mapping_that_lacks_it(
    files: Files, line: str, number: int, message: str
) -> None:
    files.change(line, "  - name: first\n" if "id:" in line else "")
    assert files.problems(need_keys=False) == [f"config.yaml:{number}: {message}"]


def test_a_misspelt_key_is_told_once_with_the_right_name(files: Files) -> None:
    files.change("leverage: 75", "leverge: 75")
    assert files.problems(need_keys=False) == [
        "config.yaml:11: accounts[0].symbols[0].leverge: unknown key, did you mean leverage?"
    ]


def test_a_misspelt_optional_key_gets_a_hint_too(files: Files) -> None:
    files.write(VALID + "systm: {}\n")
    assert files.problems(need_keys=False) == ["config.yaml:35: systm: unknown key, did you mean system?"]


def test_an_unknown_key_does_not_show_its_value(files: Files) -> None:
    files.change("dry_run: false", "dry_run: false\n    api_secret: HereItIsInClear")
    assert files.problems(need_keys=False) == [
        "config.yaml:6: accounts[0].api_secret: unknown key; API keys and secrets belong in .env only"
    ]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(files: Files) -> None:
    text = VALID.replace("leverage: 75", "leverage: 500").replace("leverage: 5\n", "leverage: 999\n")
    files.write(text.replace('id: "002"', 'id: "001"') + "system: {timezone: Mars/Phobos}\n")
    files.write_env("")
    lines = files.problems()
    assert lines == [
        "config.yaml:11: accounts[0].symbols[0].leverage: found 500, allowed: integer 1-200",
        "config.yaml:24: accounts[1].id: found '001', a second time; the same account id stands in line 2",
        "config.yaml:29: accounts[1].symbols[0].leverage: found 999, allowed: integer 1-200",
        "config.yaml:35: system.timezone: found Mars/Phobos, allowed: local, or a name such as Europe/Berlin",
        '.env: 001_BYBIT_API_KEY: missing, needed: account "001" is enabled and trades live',
        '.env: 001_BYBIT_API_SECRET: missing, needed: account "001" is enabled and trades live',
    ]


def test_two_accounts_may_trade_one_symbol_but_one_account_only_once(files: Files) -> None:
    files.change("symbol: SOLUSDT", "symbol: DOGEUSDT")
    assert files.problems(need_keys=False) == [
        "config.yaml:17: accounts[0].symbols[1].symbol: found DOGEUSDT, a second time; "
        "the same symbol of this account stands in line 10"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accounts: []\n", "config.yaml:1: accounts: found an empty list, needed: a list with at least one entry"),
        ("accounts:\n", "config.yaml:1: accounts: found nothing, allowed: a list with at least one entry"),
        ("accounts: 5\n", "config.yaml:1: accounts: found 5, allowed: a list with at least one entry"),
        ("system: {}\n", "config.yaml:1: accounts: missing, needed: a list with at least one entry"),
        ("- a\n", "config.yaml:1: found a list, allowed: a mapping with the keys system, accounts"),
        ("just text\n", "config.yaml:1: found just text, allowed: a mapping with the keys system, accounts"),
        ("", "config.yaml: the file is empty, needed: the section accounts"),
        ("# only a comment\n", "config.yaml: the file is empty, needed: the section accounts"),
    ],
)
def test_a_file_without_accounts_is_refused(files: Files, text: str, message: str) -> None:
    files.write(text)
    assert files.problems(need_keys=False) == [message]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("grid_step_percent: 1.0", "grid_step_percent: 100", "below 100, or the price of a LONG level would be 0"),
        (
            "take_profit_percent: 1.0",
            "take_profit_percent: 100",
            "below 99.945 (100 less the taker fee), or a SHORT take-profit would not be above 0",
        ),
        (
            "take_profit_percent: 1.0",
            "take_profit_percent: 99.945",
            "below 99.945 (100 less the taker fee), or a SHORT take-profit would not be above 0",
        ),
    ],
)
def test_a_figure_that_would_make_a_price_zero_is_refused(files: Files, old: str, new: str, words: str) -> None:
    files.change(old, new)
    key, value = new.split(": ")
    lines = files.problems(need_keys=False)
    assert len(lines) == 1
    assert lines[0].endswith(f"accounts[0].symbols[0].{key}: found {value}, allowed: {words}")


def test_a_dry_run_begins_with_ten_thousand_unless_told_otherwise(files: Files) -> None:
    files.change("dry_run: false", "dry_run: true")
    assert files.load(need_keys=False).accounts[0].dry_run_balance_usdt == 10_000
    files.change("dry_run: false", "dry_run: true\n    dry_run_balance_usdt: 250.5")
    assert files.load(need_keys=False).accounts[0].dry_run_balance_usdt == Decimal("250.5")


@pytest.mark.parametrize("found", ["0", "-1", "1000000001", "'1000'", "lots"])
def test_a_balance_no_dry_run_can_begin_with_is_one_clear_line(files: Files, found: str) -> None:
    files.change("dry_run: false", f"dry_run: true\n    dry_run_balance_usdt: {found}")
    (line,) = files.problems(need_keys=False)
    assert line.startswith(f"config.yaml:6: accounts[0].dry_run_balance_usdt: found {found}, allowed: ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mm_rate_threshold: 90.0", "mm_rate_threshold: 0", "stops the account at its first price"),
        ("mm_rate_threshold: 90.0", "mm_rate_threshold: 100.0", "a stop comes too late"),
        ("balance_buffer_percent: 15", "balance_buffer_percent: 100", "no level can ever be opened"),
        (
            "grid_step_percent: 1.0",
            "grid_step_percent: 60",
            "the last LONG level would rest at 1.0e-2 % of the first",
        ),
    ],
)
def test_what_is_allowed_and_hardly_meant_is_a_warning(files: Files, old: str, new: str, words: str) -> None:
    files.change(old, new)
    warnings = files.load(need_keys=False).warnings
    assert len(warnings) == 1
    assert words in str(warnings[0])


def test_all_accounts_disabled_is_a_warning(files: Files) -> None:
    files.write(VALID.replace("dry_run: false", "dry_run: false\n    enabled: false"))
    assert "no account is enabled" in str(files.load().warnings[0])
