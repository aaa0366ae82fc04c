"""Every field of every answer and push is one of the official documentation's examples, with the same JSON type.

The examples are not part of this repository; the test looks for them beside it. Where the live wire is known to
differ from the documentation the exchange follows the wire, and the difference stands in `DIFFERENCES`, once, with
its reason; a line there that is not needed any more fails the test.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from gridtrader.simulator.server.rest.face import ENDPOINTS
from gridtrader.simulator.server.streams.private import FAMILIES
from tests.simulator.server.wire import Json, Stream, Wire, private
from tests.support.exchange import EmbeddedExchange

FILE: Final = "messages/bybit-docs-v5-examples.jsonl"
ROOT: Final = Path(__file__).resolve().parents[3]

OURS, MISSING, TYPE = "is ours alone", "is missing", "has another type"


class Difference(NamedTuple):
    """Why we differ: `label` and `path` are regular expressions that must match as a whole."""

    label: str
    path: str
    kind: str
    reason: str


NEWER = "newer than the example; the page's table or the live wire has it"
_ORDER = "createType|marketUnit|parentOrderLinkId|isLeverage|slippageTolerance|slippageToleranceType"
DIFFERENCES: Final = (
    Difference("market/instruments-info", r".*\.(displayName|forbidUplWithdrawal|skipCallAuction)", OURS, NEWER),
    Difference("market/tickers|topic tickers", r".*\.singleOpenInterest(Value)?", OURS, NEWER),
    Difference("order/realtime", rf".*\.({_ORDER}|extraFees|rpiTakerAccess|rpiMatchedQty)", OURS, NEWER),
    Difference("order/history|topic order", rf".*\.({_ORDER})", OURS, NEWER),
    Difference("execution/list", r".*\.(createType|marketUnit)", OURS, NEWER),
    Difference("position/list|topic position", r".*\.(openTime|delta|gamma|vega|theta)", OURS, NEWER),
    Difference("position/closed-pnl", r".*\.(openFee|closeFee)", OURS, NEWER),
    Difference("topic publicTrade", r"data\[\]\.RPI", OURS, NEWER),
    Difference("market/risk-limit", r"result\.nextPageCursor", OURS, "the table has it: 15 symbols are a page"),
    Difference("account/(info|set-margin-mode)", "retExtInfo|time", OURS, "the live wire sends the whole envelope"),
    Difference("position/list", r".*\.mmrSysUpdatedTime", OURS, "so the table and the live wire spell it"),
    Difference("position/list", r".*\.mmrSysUpdateTime", MISSING, "misspelt in the example"),
    Difference("topic execution", r".*\.extraFees", TYPE, "a text where there are none, says the table"),
    Difference("topic execution", r".*\.extraFees\[\].*", MISSING, "taxes of a region; there are none here"),
    Difference("user/query-api", r"result\.permissions\..*\[\]", MISSING, "our keys may trade contracts, no more"),
)


def _data() -> Path:
    return Path(os.environ.get("GRIDTRADER_DATA", ROOT.parent / "shared" / "data"))


def _examples() -> Iterator[Json]:
    with (_data() / FILE).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


# What we say: a label, then where its example is (source page, and a text the example contains).
PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "market/time": ("market/time.mdx", ""),
    "market/instruments-info": ("market/instrument.mdx", '"BTCUSDT", "symbolId": 5'),
    "market/tickers": ("market/tickers.mdx", '"inverse"'),
    "market/kline": ("market/kline.mdx", ""),
    "market/mark-price-kline": ("market/mark-kline.mdx", ""),
    "market/funding/history": ("market/history-fund-rate.mdx", ""),
    "market/risk-limit": ("market/risk-limit.mdx", ""),
    "market/price-limit": ("market/order-price-limit.mdx", ""),
    "market/orderbook": ("market/orderbook.mdx", ""),
    "market/recent-trade": ("market/recent-trade.mdx", ""),
    "account/info": ("account/account-info.mdx", ""),
    "account/set-margin-mode": ("account/set-margin-mode.mdx", ""),
    "account/wallet-balance": ("account/wallet-balance.mdx", ""),
    "account/fee-rate": ("account/fee-rate.mdx", ""),
    "account/transaction-log": ("v5/account/transaction-log.mdx", ""),
    "user/query-api": ("user/apikey-info.mdx", ""),
    "position/list": ("v5/position/position.mdx", ""),
    "position/symbol-info": ("position/batch-lvg.mdx", ""),
    "position/switch-mode": ("position/position-mode.mdx", ""),
    "position/set-leverage": ("position/leverage.mdx", ""),
    "position/closed-pnl": ("v5/position/close-pnl.mdx", ""),
    "order/create": ("order/create-order.mdx", ""),
    "order/amend": ("order/amend-order.mdx", ""),
    "order/cancel": ("order/cancel-order.mdx", ""),
    "order/cancel-all": ("order/cancel-all.mdx", ""),
    "order/create-batch": ("order/batch-place.mdx", ""),
    "order/amend-batch": ("order/batch-amend.mdx", ""),
    "order/cancel-batch": ("order/batch-cancel.mdx", ""),
    "order/realtime": ("order/open-order.mdx", ""),
    "order/history": ("v5/order/order-list.mdx", ""),
    "execution/list": ("v5/order/execution.mdx", ""),
    "topic order": ("private/order.mdx", '"data"'),
    "topic execution": ("private/execution.mdx", '"data"'),
    "topic execution.fast": ("private/fast-execution.mdx", '"data"'),
    "topic position": ("private/position.mdx", '"data"'),
    "topic wallet": ("private/wallet.mdx", '"data"'),
    "topic tickers": (
        "public/ticker.mdx",
        '"tickers.BTCUSDT", "type": "snapshot", "data": {"symbol": "BTCUSDT", "tickDirection"',
    ),
    "topic publicTrade": ("public/trade.mdx", '"data"'),
    "topic kline": ("public/kline.mdx", '"data"'),
    "topic orderbook": ("websocket/public/orderbook.mdx", '"data"'),
    "topic priceLimit": ("public/order-price-limit.mdx", '"data"'),
    "private auth": ("wss-authentication.mdx", '"op": "auth", "conn_id"'),
    "private subscribe": ("wss-authentication.mdx", '"ret_msg": "", "op": "subscribe"'),
    "private pong": ("wss-authentication.mdx", '"req_id": "test", "op": "pong"'),
    "public subscribe": ("wss-authentication.mdx", '"req_id": "", "op": "subscribe"'),
    "public pong": ("wss-authentication.mdx", '"req_id": "", "op": "ping"'),
}
FUNDING_MS: Final = 8 * 3_600_000
MAPS: Final = ("cumFeeDetail",)
"""Objects whose keys are data."""


def _type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "number", float: "number", dict: "object", list: "array"}[type(value)]


def _shape(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, JSON type) of everything in a message."""
    if path:
        yield path, _type(value)
    if isinstance(value, dict) and not path.endswith(MAPS):
        for name, part in value.items():
            yield from _shape(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for part in value:
            yield from _shape(part, f"{path}[]")


def _shapes(messages: list[Any]) -> dict[str, set[str]]:
    merged: dict[str, set[str]] = {}
    for message in messages:
        for path, kind in _shape(message):
            merged.setdefault(path, set()).add(kind)
    return merged


@pytest.fixture(scope="module")
def examples() -> dict[str, dict[str, set[str]]]:
    if not (_data() / FILE).is_file():
        pytest.skip(f"the official examples are not here: {_data() / FILE}")
    found: dict[str, list[Any]] = {label: [] for label in PAGES}
    for example in _examples():
        text = json.dumps(example["message"])
        for label, (page, part) in PAGES.items():
            if example["source"].endswith(page) and part in text and "pre-upgrade" not in example["source"]:
                found[label].append(example["message"])
    missing = [label for label, messages in found.items() if not messages]
    assert missing == []
    return {label: _shapes(messages) for label, messages in found.items()}


@pytest.fixture(scope="module")
def said() -> dict[str, dict[str, set[str]]]:
    """All that the exchange says in a story in which everything happens once."""
    messages: dict[str, list[Any]] = {label: [] for label in PAGES}
    with EmbeddedExchange(symbols=["BTCUSDT"]) as exchange:
        exchange.quote("BTCUSDT", "65000")
        with Stream(exchange.urls.ws_public) as public:
            _listen_publicly(exchange, public, messages)
        wire = Wire(exchange.urls.rest)
        wire.hedge()
        topics = ("order", "execution", "execution.fast", "position", "wallet")
        with private(exchange.urls.ws_private, *topics) as stream:
            _trade(exchange, wire, messages)
            while not all(messages[f"topic {topic}"] for topic in topics):
                frame = stream.until(lambda each: "topic" in each)
                messages[f"topic {frame['topic']}"].append(frame)
        _talk_privately(exchange, messages)
        _ask(wire, messages)
    return {label: _shapes(each) for label, each in messages.items()}


def _listen_publicly(exchange: EmbeddedExchange, public: Stream, messages: dict[str, list[Any]]) -> None:
    topics = (
        "tickers.BTCUSDT",
        "publicTrade.BTCUSDT",
        "kline.5.BTCUSDT",
        "orderbook.50.BTCUSDT",
        "priceLimit.BTCUSDT",
    )
    messages["public pong"].append(public.ask({"op": "ping"}))
    messages["public subscribe"].append(public.ask({"op": "subscribe", "args": list(topics)}))
    exchange.step(FUNDING_MS)
    exchange.quote("BTCUSDT", "65000")
    waiting = set(topics)
    while waiting:
        frame = public.until(lambda each: "topic" in each)
        waiting.discard(frame["topic"])
        messages[f"topic {frame['topic'].partition('.')[0]}"].append(frame)


def _talk_privately(exchange: EmbeddedExchange, messages: dict[str, list[Any]]) -> None:
    with Stream(exchange.urls.ws_private) as stream:
        messages["private auth"].append(stream.auth())
        messages["private subscribe"].append(stream.ask({"op": "subscribe", "args": ["order"]}))
        messages["private pong"].append(stream.ask({"op": "ping", "req_id": "test"}))


def _trade(exchange: EmbeddedExchange, wire: Wire, messages: dict[str, list[Any]]) -> None:
    linear = {"category": "linear", "symbol": "BTCUSDT"}
    leverage = {**linear, "buyLeverage": "20", "sellLeverage": "20"}
    batch = [{"symbol": "BTCUSDT", "orderLinkId": name, "positionIdx": 1} for name in ("b1", "b2")]
    new = {"side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "50000"}
    for path, body in (
        ("position/set-leverage", leverage),
        ("position/switch-mode", {**linear, "mode": 0}),
        ("position/switch-mode", {**linear, "mode": 3}),
        ("account/set-margin-mode", {"setMarginMode": "REGULAR_MARGIN"}),
        ("order/create", {**linear, **new, "price": "66000", "positionIdx": 1}),
        ("order/create", {**linear, **new, "positionIdx": 1, "orderLinkId": "a"}),
        ("order/create", {**linear, **new, "positionIdx": 1, "triggerPrice": "70000", "triggerDirection": 1}),
        ("order/create", {**linear, **new, "positionIdx": 1, "price": "70000", "timeInForce": "PostOnly"}),
        ("order/amend", {**linear, "orderLinkId": "a", "price": "51000"}),
        ("order/cancel", {**linear, "orderLinkId": "a"}),
        ("order/create-batch", {"category": "linear", "request": [{**item, **new} for item in batch]}),
        ("order/amend-batch", {"category": "linear", "request": [{**item, "price": "52000"} for item in batch]}),
        ("order/cancel-batch", {"category": "linear", "request": batch[:1]}),
        ("order/create", {**linear, **new, "side": "Sell", "orderType": "Market", "positionIdx": 1}),
        ("order/create", {**linear, **new, "side": "Sell", "orderType": "Market", "positionIdx": 2}),
    ):
        reply = wire.post(f"/v5/{path}", body)
        assert reply.code == 0, (path, reply.json)
        messages[path].append(reply.json)
    exchange.fund("BTCUSDT", "0.0001")
    refused = wire.post("/v5/account/set-margin-mode", {"setMarginMode": "ISOLATED_MARGIN"})
    assert refused.code == 3400045
    messages["account/set-margin-mode"].append(refused.json)


def _ask(wire: Wire, messages: dict[str, list[Any]]) -> None:
    asked = {label for label in PAGES if "/" in label and not messages[label]} - {"order/cancel-all"}
    for label in sorted(asked):
        query = "category=linear&symbol=BTCUSDT&interval=60&accountType=UNIFIED"
        reply = wire.get(f"/v5/{label}", query)
        assert reply.code == 0, (label, reply.json)
        messages[label].append(reply.json)
    cancelled = wire.post("/v5/order/cancel-all", {"category": "linear", "symbol": "BTCUSDT"})
    messages["order/cancel-all"].append(cancelled.json)


def _differences(ours: dict[str, set[str]], theirs: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    yield from ((path, OURS) for path in ours.keys() - theirs.keys())
    yield from ((path, MISSING) for path in theirs.keys() - ours.keys())
    yield from ((path, TYPE) for path in ours.keys() & theirs.keys() if not ours[path] <= theirs[path])


def _explains(difference: Difference, label: str, path: str, kind: str) -> bool:
    is_there = re.fullmatch(difference.label, label) and re.fullmatch(difference.path, path)
    return bool(is_there) and kind == difference.kind


def test_we_say_what_the_documentation_shows(
    said: dict[str, dict[str, set[str]]], examples: dict[str, dict[str, set[str]]]
) -> None:
    found = [(label, *difference) for label in PAGES for difference in _differences(said[label], examples[label])]
    unexplained = [each for each in found if not any(_explains(row, *each) for row in DIFFERENCES)]
    needless = [row for row in DIFFERENCES if not any(_explains(row, *each) for each in found)]
    assert sorted(unexplained) == []
    assert needless == [], "explained, and not different any more"


def test_every_answer_and_every_push_is_compared() -> None:
    endpoints = {path.removeprefix("/v5/") for _, path in ENDPOINTS}
    without_example = {
        *("account/demo-apply-money", "asset/coin/query-info", "position/trading-stop", "system/status")
    }
    assert endpoints - without_example == {label for label in PAGES if "/" in label}
    assert {f"topic {family}" for family in FAMILIES} - {"topic greeks"} <= set(PAGES)
