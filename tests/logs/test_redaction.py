"""No secret reaches a file, in whatever form it comes."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtrader.logs import AccountLogs, LogBounds, Redactor, mask_key
from tests.logs.conftest import KEY, NOON, SECRET, Desk


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"before{SECRET}after",
        repr(SECRET),
        repr({"secret": SECRET}),
        json.dumps({"secret": SECRET}),
        f"https://api.bybit.com/?s={quote(SECRET, safe='')}",
        SECRET + SECRET,
    ],
)
def test_a_secret_is_masked_in_every_spelling(desk: Desk, text: str) -> None:
    desk.logs.bot.info(text)
    desk.logs.bot.info("%s", text)
    desk.logs.trade(text)
    desk.logs.position(text)
    desk.logs.bot.error(text)
    written = desk.everything()
    assert "***" in written
    assert "s3cr3t" not in written
    assert "s3cr3t" not in "".join(desk.echoes)


def test_a_key_shows_its_beginning_only(desk: Desk) -> None:
    desk.logs.bot.info('{"X-BAPI-API-KEY": "%s"}', KEY)
    assert desk.lines("bot_2025-10-16.log")[0].endswith('{"X-BAPI-API-KEY": "AbCd***"}')


def test_a_short_key_shows_nothing() -> None:
    assert mask_key("Short123") == "***"
    assert Redactor(keys=["Short123"])("key Short123") == "key ***"


def test_exceptions_and_their_causes_are_masked(desk: Desk) -> None:
    try:
        try:
            raise ValueError(f"signing with {SECRET} failed")
        except ValueError as error:
            raise RuntimeError(f"request of {KEY}") from error
    except RuntimeError:
        desk.logs.bot.exception("sending %s", KEY)
    written = desk.everything()
    assert SECRET not in written
    assert KEY not in written
    assert "signing with *** failed" in written


def test_secrets_can_be_added_later() -> None:
    redact = Redactor()
    assert redact("LaterSecret") == "LaterSecret"
    redact.add(secrets=["LaterSecret"])
    assert redact("a LaterSecret b") == "a *** b"


def test_a_secret_within_another_one_leaves_nothing_of_it() -> None:
    redact = Redactor(secrets=["middle", "begin-middle-end"])
    assert redact("begin-middle-end, middle") == "***, ***"


def test_an_empty_secret_masks_nothing() -> None:
    assert Redactor(keys=[""], secrets=[""])("text") == "text"


_clear = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=40).filter(
    lambda text: "*" not in text and "bot" not in text and not text.isdigit()
)


@given(
    keys=st.lists(_clear, min_size=1, max_size=3), secrets=st.lists(_clear, min_size=1, max_size=3), data=st.data()
)
def test_no_secret_made_by_chance_reaches_a_file(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], secrets: list[str], data: st.DataObject
) -> None:
    folder: Path = tmp_path_factory.mktemp("logs")
    logs = AccountLogs(folder, Redactor(keys=keys, secrets=secrets), lambda: NOON, LogBounds(1, 10**6))
    known = [*keys, *secrets]
    for _ in range(3):
        value = data.draw(st.sampled_from(known))
        logs.bot.info("%s|%r|%s", value, value, json.dumps([value]))
        try:
            raise KeyError(value)
        except KeyError:
            logs.bot.exception(value)
    logs.close()
    written = "\n".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert not [value for value in known if value in written]
