"""The operator's commands as they are typed: options, exit codes, help."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gridtrader.cli import main
from tests.settings.files import Files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A working directory as the documentation describes it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "accounts").mkdir()
    files = Files(tmp_path / "config")
    files.env.rename(tmp_path / ".env")
    return files


def exit_code(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code


@pytest.mark.usefixtures("files")
def test_status_needs_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("status") == 0
    assert capsys.readouterr().out.endswith("Enabled, and without a folder yet: 001, 002.\n")
    assert exit_code("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["without_folder"] == ["001", "002"]
    assert exit_code("status", "001") == 2
    assert exit_code("status", "--accounts-dir", "elsewhere") == 2


@pytest.mark.usefixtures("files")
def test_ladder_takes_an_account_and_a_symbol(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("ladder", "001", "DOGEUSDT", "--offline", "--price", "0.3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["price"] == 0.3
    assert exit_code("ladder", "001", "DOGEUSDT", "--offline", "--price", "0") == 2
    assert exit_code("ladder", "001") == 2


@pytest.mark.usefixtures("files")
def test_check_for_the_embedded_exchange_needs_no_keys() -> None:
    Path(".env").unlink()
    assert exit_code("check") == 2
    assert exit_code("check", "--embedded") == 0
    assert exit_code("check", "--embedded", "--online") == 2


def test_check_online_asks_the_exchange(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "rest: 'http://127.0.0.1:9'"
    files.write(f"system: {{hosts: {{mainnet: {{{nowhere}}}, demo: {{{nowhere}}}}}}}\n{files.config.read_text()}")
    assert exit_code("check", "--online") == 1
    assert capsys.readouterr().out.count("error: http://127.0.0.1:9 cannot be reached") == 2


@pytest.mark.parametrize("command", ["status", "ladder", "check"])
def test_every_command_explains_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(command, "--help") == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", [["status"], ["ladder", "001", "DOGEUSDT", "--offline", "--price", "0.3"]])
def test_a_reader_that_goes_away_gets_no_traceback(command: list[str]) -> None:
    program = [sys.executable, "-m", "gridtrader", *command]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize("text", ["abc", "-1", "0", "nan", "inf"])
def test_a_duration_is_a_number_of_seconds(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("run", "--duration", text) == 2
    assert f"found '{text}', allowed: a number of seconds above 0" in capsys.readouterr().err
