"""Demo trading has a part of the endpoints only (Bybit V5 docs, "Demo Trading Service"); no other is called there."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from gridtrader.domain.types import Amendment
from gridtrader.engine.ports import GatewayError, Lane, Refusal, Rejected
from gridtrader.exchange.client import BybitClient
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.messages import TOPICS
from tests.exchange.support.http_stub import HttpStub, coded
from tests.exchange.support.rig import Rig, new_order

MakeRig = Callable[..., Rig]

AVAILABLE = {
    "order": "create amend cancel cancel-all realtime history create-batch amend-batch cancel-batch",
    "execution": "list",
    "position": "list set-leverage switch-mode trading-stop set-auto-add-margin add-margin closed-pnl",
    "account": "wallet-balance borrow-history set-collateral-switch collateral-info info transaction-log"
    " set-margin-mode set-hedging-mode",
}
WHITELIST = {f"{area}/{name}" for area, names in AVAILABLE.items() for name in names.split()}
STREAMS = {"order", "execution", "position", "wallet", "greeks"}


def exists_on_demo(path: str) -> bool:
    return path.startswith("market/") or path in WHITELIST


EVERYTHING: dict[str, Callable[[BybitClient], object]] = {
    "account_mode": lambda client: client.account_mode(),
    "wallet": lambda client: client.wallet(),
    "instrument": lambda client: client.instrument("BTCUSDT"),
    "fee_rates": lambda client: client.fee_rates("BTCUSDT"),
    "quote": lambda client: client.quote("BTCUSDT"),
    "positions": lambda client: client.positions(),
    "positions_of": lambda client: client.positions_of("BTCUSDT"),
    "open_orders": lambda client: client.open_orders(),
    "order": lambda client: client.order("BTCUSDT", "name"),
    "order_history": lambda client: client.order_history("BTCUSDT", 0, 1),
    "executions": lambda client: client.executions("BTCUSDT", 0, 1),
    "place": lambda client: client.place([new_order(0)], Lane.TRADE),
    "place two": lambda client: client.place([new_order(0), new_order(1)], Lane.TRADE),
    "amend": lambda client: client.amend([Amendment("BTCUSDT", "name", Decimal(1), None)], Lane.TRADE),
    "cancel": lambda client: client.cancel("BTCUSDT", ["name"], Lane.TRADE),
    "cancel two": lambda client: client.cancel("BTCUSDT", ["name", "other"], Lane.TRADE),
    "cancel_all": lambda client: client.cancel_all("BTCUSDT"),
    "set_hedge_mode": lambda client: client.set_hedge_mode("BTCUSDT"),
    "set_cross_margin": lambda client: client.set_cross_margin(),
    "set_leverage": lambda client: client.set_leverage("BTCUSDT", Decimal(10)),
}


def call(client: BybitClient, name: str) -> object:
    try:
        return EVERYTHING[name](client)
    except GatewayError as error:
        return error


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_call_on_demo_leaves_its_whitelist(stub: HttpStub, rig: MakeRig, name: str) -> None:
    stub.answer = lambda _: coded(10016, "busy")
    call(rig(demo=True).client, name)
    assert all(exists_on_demo(path.removeprefix("/v5/")) for path in stub.paths()), stub.paths()


def test_the_only_endpoint_of_ours_that_demo_lacks_is_that_of_the_fee_rates() -> None:
    assert [endpoint for endpoint in Endpoint if not exists_on_demo(endpoint.path)] == [Endpoint.FEE_RATE]
    assert set(TOPICS) <= STREAMS


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name != "fee_rates"])
def test_an_endpoint_that_demo_takes_away_one_day_is_an_error_and_no_default(
    stub: HttpStub, rig: MakeRig, name: str
) -> None:
    stub.answer = lambda _: coded(10032, "Demo trading are not supported.")
    told = call(rig(demo=True).client, name)
    failures = told if isinstance(told, list) else [told]
    for failure in failures:
        assert isinstance(failure, (GatewayError, Rejected))


def test_a_margin_mode_that_cannot_be_set_is_refused_for_the_owner_to_verify(stub: HttpStub, rig: MakeRig) -> None:
    """Seen on demo: whether the account is in cross margin all the same, `account/info` tells."""
    stub.answer = lambda _: coded(110073, "Set margin mode failed")
    assert rig(demo=True).client.set_cross_margin() == Rejected(Refusal.OTHER, 110073, "Set margin mode failed")
