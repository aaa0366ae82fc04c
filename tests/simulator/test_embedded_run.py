"""`gridtrader run --embedded`: which contracts it has, and what is said of those it has not."""

import json
from pathlib import Path

import pytest

from gridtrader.cli import main
from gridtrader.operator.run.embedded import EmbeddedExchange, EmbeddedOptions
from gridtrader.settings import load_settings
from tests.settings.files import Files
from tests.simulator.contracts import INFO, TIER


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def contracts(folder: Path, *symbols: str) -> EmbeddedOptions:
    info, tiers = folder / "info.json", folder / "tiers.json"
    info.write_text(
        json.dumps([{**INFO, "symbol": symbol, "baseCoin": symbol.removesuffix("USDT")} for symbol in symbols])
    )
    tiers.write_text(json.dumps([{**TIER, "symbol": symbol} for symbol in symbols]))
    return EmbeddedOptions(instruments=info, risk_tiers=tiers)


def foreign(files: Files) -> None:
    """Let the first account trade a contract that is not built in."""
    files.write(files.config.read_text().replace("DOGEUSDT", "FOOUSDT", 1))


def run(files: Files, *arguments: str) -> int:
    return main(["run", "--embedded", "--config", str(files.config), "--env-file", str(files.env), *arguments])


def test_a_symbol_that_is_not_built_in_is_named_with_its_place_and_a_remedy(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign(files)
    line = 1 + files.config.read_text().splitlines().index(
        next(text for text in files.config.read_text().splitlines() if "FOOUSDT" in text)
    )
    assert run(files) == 2
    problem, count = capsys.readouterr().err.splitlines()
    assert problem.startswith(
        f"{files.config}:{line}: accounts[0].symbols[0].symbol: the embedded exchange has no FOO"
    )
    assert "built in are 1000PEPEUSDT, ADAUSDT, " in problem
    assert "--instruments FILE and --risk-tiers FILE" in problem
    assert count.startswith("1 problem(s)")


def test_files_of_contracts_that_lack_a_symbol_are_named(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = contracts(tmp_path, "FOOUSDT")
    assert run(files, "--instruments", str(options.instruments), "--risk-tiers", str(options.risk_tiers)) == 2
    problem = capsys.readouterr().err.splitlines()[0]
    assert "the embedded exchange has no DOGEUSDT; add it to info.json and tiers.json" in problem


def test_the_exchange_trades_the_contracts_of_the_files(files: Files, tmp_path: Path) -> None:
    foreign(files)
    settings = load_settings(files.config, files.env, need_keys=False)
    wanted = {each.symbol for account in settings.enabled_accounts for each in account.symbols}
    assert "FOOUSDT" in wanted
    with EmbeddedExchange(settings, contracts(tmp_path, *wanted, "MOREUSDT")) as exchange:
        assert set(exchange.urls["symbols"]) == wanted


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--instruments", "a", "--risk-tiers", "b"], "they need --embedded"),
        (["run", "--embedded", "--risk-tiers", "b"], "only one is given; expected both, or neither"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert words in capsys.readouterr().err
