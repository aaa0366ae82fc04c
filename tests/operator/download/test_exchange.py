"""The way to the public history: how fast it asks, and which answers it believes."""

import json
from collections.abc import Callable, Iterator, Mapping

import pytest

from gridtrader.engine.ports import Unreachable
from gridtrader.exchange.http import BybitHTTP, Reply
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.history.series import DAY_MS
from gridtrader.operator.download.exchange import PAUSES_S, Contract, NoSuchContract, PublicExchange
from tests.exchange.support.clocks import FakeClock
from tests.history.support import MINUTE, PRICES, T0, candle

CONTRACT = {
    "symbol": "DOGEUSDT",
    "contractType": "LinearPerpetual",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "fundingInterval": 480,
}


class Desk:
    """A `PublicExchange` whose answers are the test's; time passes only while it waits."""

    def __init__(self, patch: pytest.MonkeyPatch, edge: EdgeSettings | None = None) -> None:
        self.clock = FakeClock()
        self.sent_s: list[float] = []
        self.asked: list[Mapping[str, object]] = []
        self.notes: list[str] = []
        self.result: Callable[[], object] = dict
        patch.setattr(BybitHTTP, "call", self._call)
        self.exchange = PublicExchange("http://127.0.0.1:9", edge or EdgeSettings(), self.clock, self.notes.append)

    def _call(self, method: str, parameters: Mapping[str, object]) -> Reply:
        self.sent_s.append(self.clock.monotonic())
        self.asked.append(parameters)
        body = {"retCode": 0, "retMsg": "OK", "result": self.result(), "retExtInfo": {}, "time": T0 + DAY_MS}
        return Reply(200, {}, json.dumps(body).encode())


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(monkeypatch)
    yield desk
    desk.exchange.close()


def page_of(*cells: list[str]) -> Callable[[], object]:
    return lambda: {"symbol": "DOGEUSDT", "list": list(cells)}


def test_requests_stay_below_a_tenth_of_what_an_address_may(desk: Desk) -> None:
    desk.result = page_of()
    for _ in range(200):
        desk.exchange.page(PRICES, T0, T0 + MINUTE, 1000)
    assert len(desk.sent_s) == 200
    assert all(later - first > 5 for first, later in zip(desk.sent_s, desk.sent_s[60:], strict=False))


def test_the_configuration_may_ask_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, EdgeSettings(ip_requests_per_5_s=10))
    desk.result = page_of()
    for _ in range(40):
        desk.exchange.page(PRICES, T0, T0 + MINUTE, 1000)
    assert all(later - first > 5 for first, later in zip(desk.sent_s, desk.sent_s[10:], strict=False))


def test_a_page_and_the_exchanges_time_are_read(desk: Desk) -> None:
    desk.result = page_of(["1748736000000", "0.2", "0.3", "0.1", "0.25", "7", "1.5"])
    (record,) = desk.exchange.page(PRICES, T0, T0 + MINUTE, 1000)
    assert (record.at, record.line) == (T0, "1748736000000,0.2,0.3,0.1,0.25,7")
    assert desk.exchange.now_ms == T0 + DAY_MS


def test_an_answer_that_does_not_fit_is_asked_for_again_and_then_given_up(desk: Desk) -> None:
    desk.result = page_of(candle(T0 - MINUTE).line.split(","))
    with pytest.raises(Unreachable, match=r"as asked for; given up after 6 tries"):
        desk.exchange.page(PRICES, T0, T0 + MINUTE, 1000)
    assert desk.clock.slept == list(PAUSES_S)
    assert len(desk.notes) == len(PAUSES_S)


def test_a_contract_tells_how_far_its_settlements_are_apart(desk: Desk) -> None:
    desk.result = lambda: {"list": [CONTRACT]}
    assert desk.exchange.contract("DOGEUSDT") == Contract("DOGEUSDT", DAY_MS // 3)


def test_a_contract_that_trades_no_more_is_found_by_its_status(desk: Desk) -> None:
    desk.result = lambda: {"list": [CONTRACT] if desk.asked[-1].get("status") == "Closed" else []}
    assert desk.exchange.contract("DOGEUSDT") == Contract("DOGEUSDT", DAY_MS // 3)
    assert [asked.get("status") for asked in desk.asked] == [None, "Delivering", "PreLaunch", "Closed"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (None, "DOGEUSDT: the exchange has no such contract"),
        (CONTRACT | {"symbol": "SHIBUSDT"}, "DOGEUSDT: the exchange has no such contract"),
        (CONTRACT | {"settleCoin": "USDC", "quoteCoin": "USDC"}, "DOGEUSDT is LinearPerpetual USDC USDC; expected"),
        (
            CONTRACT | {"contractType": "LinearFutures"},
            "DOGEUSDT is LinearFutures USDT USDT; expected a USDT perpetual",
        ),
    ],
)
def test_what_is_no_usdt_perpetual_is_refused_at_once(desk: Desk, row: object, said: str) -> None:
    desk.result = lambda: {"list": [] if row is None else [row]}
    with pytest.raises(NoSuchContract) as caught:
        desk.exchange.contract("DOGEUSDT")
    assert str(caught.value).startswith(said)
    assert desk.clock.slept == []


def test_a_contract_with_a_field_missing_is_not_believed(desk: Desk) -> None:
    desk.result = lambda: {"list": [CONTRACT | {"fundingInterval": 0}]}
    with pytest.raises(Unreachable, match="fundingInterval is 0"):
        desk.exchange.contract("DOGEUSDT")
