import pytest

from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.hosts import Hosts


def test_the_base_of_requests_may_have_a_path_and_ends_without_a_slash() -> None:
    assert Hosts("http://127.0.0.1:5/demo/", "ws://x/v5/private", "ws://x").rest == "http://127.0.0.1:5/demo"


@pytest.mark.parametrize("url", ["https://x", "stream.bybit.com", "ws://"])
def test_a_stream_address_that_is_none_is_refused_with_its_name(url: str) -> None:
    with pytest.raises(ValueError, match=r"hosts\.ws_private: .*allowed: a URL that begins with wss or ws://"):
        Hosts("https://x", url, "wss://x")


@pytest.mark.parametrize("rest", ["ftp://x", "api.bybit.com", "", "https://"])
def test_an_address_that_is_none_is_refused_with_its_name(rest: str) -> None:
    with pytest.raises(ValueError, match=r"hosts\.rest: .*allowed"):
        Hosts(rest, "wss://x", "wss://x")


def test_a_key_shows_itself_nowhere() -> None:
    key = ApiKey("abcdefghijkl", "topsecret")
    for shown in (repr(key), str(key), f"{key}", repr([key])):
        assert "topsecret" not in shown
        assert "abcdefghijkl" not in shown
    assert repr(key) == "ApiKey(ab…kl)"
    assert key.mask("origin_string[1abcdefghijkl5000] topsecret") == "origin_string[1ab…kl5000] …"


def test_a_made_up_key_does_not_garble_the_exchanges_words() -> None:
    assert ApiKey("main", "s").mask("The order remains unchanged") == "The order remains unchanged"


@pytest.mark.parametrize(("key", "secret"), [("", "s"), ("k", ""), ("k ", "s"), ("k", "s\n"), ("ключ", "s")])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str, secret: str) -> None:
    with pytest.raises(ValueError, match=r"API (key|secret): \d+ characters; allowed"):
        ApiKey(key, secret)
