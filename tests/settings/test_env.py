"""`.env` and the environment: pairs, halves, and the secrecy of what is in them."""

import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridtrader.settings import SettingsError
from tests.settings.files import KEYS, Files, env_text

_KEY, _SECRET = "001_BYBIT_API_KEY", "001_BYBIT_API_SECRET"


def _without(*names: str) -> str:
    return env_text({name: value for name, value in KEYS.items() if name not in names})


def test_keys_are_read_from_the_file(files: Files) -> None:
    keys = files.load().keys
    assert set(keys) == {"001", "002"}
    assert keys["001"].key.get_secret_value() == KEYS[_KEY]
    assert keys["001"].secret.get_secret_value() == KEYS[_SECRET]


@pytest.mark.parametrize("line", ['{}="{}"', "{}='{}'", "export {}={}", "{} = {}", "{}={} # comment"])
def test_the_usual_ways_to_write_a_variable_are_understood(files: Files, line: str) -> None:
    files.write_env("\n".join(line.format(name, value) for name, value in KEYS.items()))
    assert files.load().keys["002"].key.get_secret_value() == KEYS["002_BYBIT_API_KEY"]


def test_a_dollar_sign_in_a_secret_is_a_dollar_sign(files: Files) -> None:
    files.write_env(env_text(KEYS | {_SECRET: "abc${HOME}$def#ghi"}))
    assert files.load().keys["001"].secret.get_secret_value() == "abc${HOME}$def#ghi"


def test_a_missing_pair_is_two_lines(files: Files) -> None:
    files.write_env(_without(_KEY, _SECRET))
    assert files.problems() == [
        f'.env: {name}: missing, needed: account "001" is enabled and trades live' for name in (_KEY, _SECRET)
    ]


def test_no_file_at_all_says_so(files: Files) -> None:
    files.env.unlink()
    lines = files.problems()
    assert len(lines) == 4
    assert all("missing (there is no such file)" in line for line in lines)


@pytest.mark.parametrize("name", [_KEY, _SECRET])
def test_half_a_pair_is_told_as_such(files: Files, name: str) -> None:
    files.write_env(_without(name))
    assert files.problems() == [
        f'.env: {name}: missing while its other half is there, needed: account "001" is enabled and trades live'
    ]


def test_an_empty_value_is_told_with_its_line(files: Files) -> None:
    files.write_env("# keys\n\n" + env_text(KEYS | {_SECRET: ""}))
    assert files.problems() == [
        f".env:4: {_SECRET}: found nothing, needed: the value Bybit showed when the key was made"
    ]


def test_a_placeholder_is_refused(files: Files) -> None:
    files.write_env(env_text(KEYS | {_KEY: "xxx"}))
    assert files.problems() == [f".env:1: {_KEY}: found 3 characters, needed: at least 8"]


@pytest.mark.parametrize("value", ["two words here", "ключевойключ", "tab\\there-is-one"])
def test_a_value_with_signs_no_key_has_is_refused_without_showing_it(files: Files, value: str) -> None:
    files.write_env(env_text(KEYS).replace(KEYS[_KEY], f'"{value}"'))
    lines = files.problems()
    assert len(lines) == 1
    assert "a space or a character that no key has" in lines[0]
    assert value not in lines[0]


def test_a_variable_that_stands_twice_is_refused(files: Files) -> None:
    files.write_env(env_text(KEYS) + f"{_KEY}=AnotherKeyAltogether\n")
    assert files.problems() == [f".env:5: {_KEY}: the variable stands twice, first in line 1"]


def test_a_line_that_is_no_assignment_is_refused_without_showing_it(files: Files) -> None:
    files.write_env(env_text(KEYS) + '002_OTHER="LeftOpenSecretValue\n')
    assert files.problems() == [".env:5: not a line of the form NAME=value"]


def test_an_env_file_that_is_not_utf_8_is_refused(files: Files) -> None:
    files.env.write_bytes(b"\xff\xfe0\x000\x00")
    assert ".env:1: the file is not UTF-8 text; save it as UTF-8" in files.problems()


def test_two_accounts_with_one_key_are_refused_without_showing_it(files: Files) -> None:
    files.write_env(env_text(KEYS | {"002_BYBIT_API_KEY": KEYS[_KEY]}))
    assert files.problems() == [
        '.env:3: 002_BYBIT_API_KEY: the same key as account "001" has; each account needs its own'
    ]


def test_the_environment_wins_over_the_file(files: Files) -> None:
    keys = files.load(environ={_KEY: "FromTheEnvironment", _SECRET: "SecretFromTheEnvironment"}).keys
    assert keys["001"].key.get_secret_value() == "FromTheEnvironment"
    assert keys["001"].secret.get_secret_value() == "SecretFromTheEnvironment"
    assert keys["002"].key.get_secret_value() == KEYS["002_BYBIT_API_KEY"]


def test_half_a_pair_in_the_environment_is_not_completed_from_the_file(files: Files) -> None:
    assert files.problems(environ={_KEY: "FromTheEnvironment"}) == [
        f"environment: {_SECRET}: missing while its other half is there, "
        'needed: account "001" is enabled and trades live'
    ]


def test_the_environment_alone_is_enough(files: Files) -> None:
    files.env.unlink()
    assert set(files.load(environ=KEYS).keys) == {"001", "002"}


def test_a_disabled_account_needs_no_keys(files: Files) -> None:
    files.change("dry_run: false", "dry_run: false\n    enabled: false")
    files.write_env(_without(_KEY, _SECRET))
    assert set(files.load().keys) == {"002"}


def test_a_dry_run_needs_no_keys(files: Files) -> None:
    files.change("dry_run: false", "dry_run: true")
    files.write_env(_without(_KEY, _SECRET))
    assert set(files.load().keys) == {"002"}


def test_nothing_secret_is_read_when_no_keys_are_needed(files: Files) -> None:
    files.write_env("this is no env file at all")
    assert files.load(need_keys=False, environ=KEYS).keys == {}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_an_env_file_that_others_can_read_is_a_warning(files: Files, mode: int) -> None:
    files.write_env(env_text(KEYS), mode)
    warnings = files.load().warnings
    assert len(warnings) == 1
    assert str(warnings[0]).endswith(
        f"others than the owner can read it (mode {mode:04o}), needed: 0600, as by chmod 600"
    )


def test_keys_of_an_account_nobody_configured_are_a_warning(files: Files) -> None:
    files.write_env(env_text(KEYS | {"01_BYBIT_API_KEY": "KeyWithATypoInTheId"}))
    (warning,) = files.load().warnings
    assert warning.key == "01_BYBIT_API_KEY"
    assert 'no account "01" is configured' in warning.message


_NO_WORD = "Q9x7Z"
"""Begins every secret here: a word of the language would be found in any traceback."""
_clear = (
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), min_size=3, max_size=35)
).map(lambda text: _NO_WORD + text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=_clear, secret=_clear, other=_clear, broken=st.booleans())
def test_no_secret_is_ever_shown(files: Files, key: str, secret: str, other: str, broken: bool) -> None:
    values = {_KEY: key, _SECRET: secret, "002_BYBIT_API_KEY": other, "002_BYBIT_API_SECRET": secret}
    files.write_env(env_text({name: value for name, value in values.items() if not (broken and name == _SECRET)}))
    try:
        loaded = files.load()
    except SettingsError as error:
        shown = [str(error), repr(error), repr(error.args), repr(error.problems), traceback.format_exc()]
    else:
        shown = [str(loaded), repr(loaded), repr(loaded.keys), str(loaded.keys["001"]), loaded.keys["001"].masked()]
    assert not [value for value in (key, secret, other) for text in shown if value in text]
