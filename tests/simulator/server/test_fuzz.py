"""Whatever a client sends, it gets an answer of Bybit's kind: never a crash, never an HTTP 500."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridtrader.simulator.server.rest.face import ENDPOINTS
from tests.simulator.server.wire import Json, Stream, Wire
from tests.support.exchange import EmbeddedExchange

_NAMES = """
    category symbol side orderType qty price positionIdx timeInForce reduceOnly closeOnTrigger orderLinkId orderId
    triggerPrice triggerDirection triggerBy takeProfit limit cursor startTime endTime start end interval settleCoin
    baseCoin coin mode buyLeverage sellLeverage accountType setMarginMode request utaDemoApplyMoney adjustType
    openOnly orderFilter orderStatus execType type tpslMode status
"""
_TEXTS = """
    linear inverse BTCUSDT DOGEUSDT Buy Sell Limit Market 0.01 65000 1e5 NaN -1 0 1 2 3 99999999999999999999999999999
    GTC FOK PostOnly USDT BTC UNIFIED D 5 REGULAR_MARGIN ISOLATED_MARGIN true %00 5%3Ax%2C5%3Ax Full Filled null
"""
NAMES, TEXTS = _NAMES.split(), _TEXTS.split()
scalars = st.one_of(st.sampled_from(TEXTS), st.integers(), st.booleans(), st.none(), st.floats(), st.text(max_size=5))
values = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(st.sampled_from(NAMES), scalars, max_size=3)
)
bodies = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
batches = st.fixed_dictionaries({"category": st.just("linear"), "request": st.lists(bodies, max_size=3)})
likely = st.fixed_dictionaries(
    {"category": st.just("linear"), "symbol": st.just("BTCUSDT"), "accountType": st.just("UNIFIED")}
)
quick = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def exchange() -> Iterator[EmbeddedExchange]:
    """One exchange for all: leaving it fails if anything of this made it stumble."""
    with EmbeddedExchange() as running:
        running.quote("BTCUSDT", "65000")
        Wire(running.urls.rest).hedge()
        yield running


@quick
@given(st.sampled_from(sorted(ENDPOINTS)), st.one_of(bodies, batches, st.builds(dict.__or__, likely, bodies)))
def test_no_request_is_a_crash(exchange: EmbeddedExchange, endpoint: tuple[str, str], body: Json) -> None:
    method, path = endpoint
    exchange.control("POST", "/limits")
    wire = Wire(exchange.urls.rest)
    if method == "POST":
        reply = wire.post(path, json.dumps(body))
    else:
        texts = {name: str(value) for name, value in body.items()}
        reply = wire.get(path, "&".join(f"{name}={_typed(text)}" for name, text in texts.items()))
    assert reply.status == 200
    assert isinstance(reply.code, int)


def _typed(text: str) -> str:
    """Return what may stand in the request line at all."""
    return "".join(sign for sign in text if "!" <= sign <= "~" and sign not in "#&")


@quick
@given(
    st.one_of(
        st.text(max_size=20),
        st.dictionaries(st.sampled_from(["op", "args", "req_id"]), values).map(json.dumps),
        st.builds(
            lambda op, args: json.dumps({"op": op, "args": args}),
            st.sampled_from(["auth", "subscribe", "unsubscribe", "ping"]),
            values,
        ),
    )
)
def test_no_frame_is_a_crash(exchange: EmbeddedExchange, streams: list[Stream], text: str) -> None:
    for stream in streams:
        stream.send(text or " ")


@pytest.fixture(scope="module")
def streams(exchange: EmbeddedExchange) -> Iterator[list[Stream]]:
    opened = [Stream(exchange.urls.ws_private), Stream(exchange.urls.ws_private), Stream(exchange.urls.ws_public)]
    opened[0].auth()
    yield opened
    for stream in opened:
        stream.send({"op": "ping", "req_id": "still there"})
        assert stream.until(lambda each: each.get("req_id") == "still there")
        stream.socket.close()
