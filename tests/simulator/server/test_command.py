"""`gridtrader exchange` as a process, and how it reads its arguments."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from gridtrader.simulator import main as command
from gridtrader.simulator.core.model import World
from tests.simulator.server.wire import Wire

WAIT_S = 30
URLS = {"rest", "ws_public", "ws_private", "demo_rest", "demo_ws_private", "control"}


@contextmanager
def _running(*arguments: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, object]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gridtrader.simulator.main", "--symbol", "BTCUSDT", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def test_it_says_where_it_is_serves_and_ends_on_a_signal() -> None:
    accounts = "one:secret:100\n\ntwo:secret:5:demo\n"
    with _running("--account", "three:secret:7", GRIDTRADER_EXCHANGE_ACCOUNTS=accounts) as (process, ready):
        assert set(ready) == URLS | {"symbols", "pid"}
        assert (ready["symbols"], ready["pid"]) == (["BTCUSDT"], process.pid)
        for key, place in (("one", "rest"), ("two", "demo_rest"), ("three", "rest")):
            assert Wire(str(ready[place]), key=key).get("/v5/account/info").code == 0
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=WAIT_S)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_with_its_parent_if_it_is_told_to() -> None:
    with _running("--until-stdin-closes") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=WAIT_S) == 0


def test_a_port_that_is_taken_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert command.main(["--symbol", "BTCUSDT", "--port", str(taken.getsockname()[1])]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("gridtrader exchange: cannot listen on 127.0.0.1 port ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "x"], "invalid int value: 'x'"),
        (["--port", "65536"], "allowed: 0 … 65535"),
        (["--speed", "-1"], "allowed: 0 … 100000"),
        (["--speed", "fast"], "'fast' is not a speed"),
        (["--account", "key"], "an account is written KEY:SECRET:USDT"),
        (["--account", "key:hush:much"], "account key: 'much' is not an amount of USDT"),
        (["--account", "key:hush:-1"], "at least 0"),
        (["--account", "key:hush:1:real"], "'real' is not a kind of account; allowed: demo"),
        (["--account", "key:hush:1", "--account", "key:hush:2"], "account key: the key is used twice"),
        (["--option", "colour=red"], "NAME one of answer_delay_max_ms, "),
        (["--option", "price_limit=perhaps"], "allowed: 'adjust', 'reject'"),
        (["--option", "fees_enabled=1"], "allowed: true, false"),
        (["--option", "reply_delay_ms=-5"], "not a whole number"),
        (["--option", "maker_fee=low"], "'low' is not a number"),
        (["--option", "push_delay_min_ms=50"], "greater than"),
        (["--prices", "/nowhere/BTCUSDT.csv"], "/nowhere/BTCUSDT.csv"),
        (["--symbol", "NOPE"], "NOPE"),
        (["--instruments", "a.json"], "expected both, or neither"),
        (["--instruments", "/nowhere", "--risk-tiers", "/nowhere"], "/nowhere"),
        (["--bogus"], "unrecognized arguments: --bogus"),
    ],
)
def test_bad_arguments_are_one_clear_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    try:
        code = command.main(arguments)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert "hush" not in err


def test_arguments_become_a_configuration() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args(
        ["--seed", "7", "--speed", "1.5", "--option", "taker_fee=0.001", "--option", "flat_leg=zero"]
    )
    config = command.read_config(arguments, {"GRIDTRADER_EXCHANGE_ACCOUNTS": "a:hush:1.5:demo"})
    assert (config.seed, config.speed, config.prices, config.symbols) == (7, 1.5, ("synthetic",), None)
    assert (config.options.taker_fee, config.wire.flat_leg) == (Decimal("0.001"), "zero")
    (account,) = config.accounts
    assert (account.key, account.usdt, account.world) == ("a", Decimal("1.5"), World.DEMO)
    assert "hush" not in repr(config)
