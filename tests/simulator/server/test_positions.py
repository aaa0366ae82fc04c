"""Positions and wallet as REST shows them."""

import pytest

from tests.simulator.server.wire import Json, Wire
from tests.support.exchange import EmbeddedExchange

LIST = "/v5/position/list"
WALLET = "/v5/account/wallet-balance"


def _legs(wire: Wire, query: str = "symbol=BTCUSDT") -> list[Json]:
    return list(wire.get(LIST, f"category=linear&{query}").result["list"])


def test_a_symbol_has_two_legs_in_hedge_mode_flat_ones_included(wire: Wire) -> None:
    wire.order(price="66000", orderType="Market")
    long, short = _legs(wire)
    assert (long["positionIdx"], long["side"], long["size"]) == (1, "Buy", "0.010")
    assert (short["positionIdx"], short["side"], short["size"], short["avgPrice"]) == (2, "", "0", "0")
    assert short["seq"] == -1, "never traded"


def test_a_symbol_has_one_leg_in_one_way_mode(exchange: EmbeddedExchange) -> None:
    (leg,) = _legs(Wire(exchange.urls.rest))
    assert leg["positionIdx"] == 0


def test_by_coin_only_what_has_a_size_is_shown(wire: Wire) -> None:
    assert _legs(wire, "settleCoin=USDT") == []
    wire.order(orderType="Market")
    assert [(leg["symbol"], leg["positionIdx"]) for leg in _legs(wire, "settleCoin=USDT")] == [("BTCUSDT", 1)]
    assert _legs(wire, "settleCoin=USDC") == []
    assert wire.get(LIST, "category=linear").code == 10001


@pytest.mark.parametrize("category", ["inverse", "option", "spot"])
def test_other_categories_exist_and_are_empty(wire: Wire, category: str) -> None:
    for path in (
        LIST,
        "/v5/order/realtime",
        "/v5/order/history",
        "/v5/execution/list",
        "/v5/market/instruments-info",
    ):
        assert wire.get(path, f"category={category}").result["list"] == []
    assert wire.get(LIST, "category=shares").code == 10001


def test_many_positions_come_in_pages_of_twenty() -> None:
    with EmbeddedExchange(["key:secret:1000000"], symbols=None) as exchange:
        wire = Wire(exchange.urls.rest)
        wire.post("/v5/position/switch-mode", {"category": "linear", "coin": "USDT", "mode": 3})
        for symbol in exchange.state()["symbols"]:
            contract = wire.get("/v5/market/instruments-info", f"category=linear&symbol={symbol}").result["list"][0]
            step = float(contract["lotSizeFilter"]["qtyStep"])
            price = float(
                wire.get("/v5/market/tickers", f"category=linear&symbol={symbol}").result["list"][0]["lastPrice"]
            )
            qty = format(round(10 / price / step + 1) * step, ".8f")
            for side, leg in (("Buy", 1), ("Sell", 2)):
                exchange.control("POST", "/limits")
                order = {
                    "symbol": symbol,
                    "side": side,
                    "orderType": "Market",
                    "qty": qty,
                    "positionIdx": leg,
                    "price": "",
                }
                assert wire.order(**order).code == 0
        first = wire.get(LIST, "category=linear&settleCoin=USDT").result
        assert len(first["list"]) == 20
        second = wire.get(LIST, f"category=linear&settleCoin=USDT&cursor={first['nextPageCursor']}").result
        legs = {(leg["symbol"], leg["positionIdx"]) for leg in first["list"] + second["list"]}
        assert len(legs) == 2 * len(exchange.state()["symbols"])
        assert second["nextPageCursor"] == ""
        assert len(wire.get(LIST, "category=linear&settleCoin=USDT&limit=200").result["list"]) == len(legs)


@pytest.mark.parametrize(("choice", "shown"), [("empty", {""}), ("zero", {"0"}), ("random", {"", "0"})])
def test_what_a_flat_leg_shows_is_a_switch(choice: str, shown: set[str]) -> None:
    with EmbeddedExchange(options=[f"flat_leg={choice}"]) as exchange:
        wire = Wire(exchange.urls.rest)
        assert {_legs(wire)[0]["positionIM"] for _ in range(30)} == shown


def test_leverage_and_mode_say_when_nothing_changed(wire: Wire) -> None:
    lever = {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "20", "sellLeverage": "20"}
    assert [wire.post("/v5/position/set-leverage", lever).code for _ in range(2)] == [0, 110043]
    assert wire.post("/v5/position/set-leverage", lever | {"sellLeverage": ""}).code == 10001
    mode = {"category": "linear", "symbol": "BTCUSDT", "mode": 3}
    assert wire.post("/v5/position/switch-mode", mode).code == 110025
    assert wire.post("/v5/position/switch-mode", mode | {"mode": 1}).code == 10001
    assert wire.post("/v5/position/switch-mode", {"category": "linear", "mode": 3}).code == 10001
    rows = wire.get("/v5/position/symbol-info", "category=linear&symbol=BTCUSDT").result["list"]
    assert [(row["positionIdx"], row["leverage"]) for row in rows] == [(1, "20"), (2, "20")]


def test_cross_margin_may_be_set_again_and_isolated_empties_the_totals(wire: Wire) -> None:
    def set_mode(mode: str) -> Json:
        return wire.post("/v5/account/set-margin-mode", {"setMarginMode": mode}).json

    assert (set_mode("REGULAR_MARGIN")["retMsg"], set_mode("REGULAR_MARGIN")["retCode"]) == ("Request accepted", 0)
    assert set_mode("ISOLATED_MARGIN")["retCode"] == 0
    assert wire.get("/v5/account/info").result["marginMode"] == "ISOLATED_MARGIN"
    (totals,) = wire.get(WALLET, "accountType=UNIFIED").result["list"]
    assert {totals[name] for name in ("accountMMRate", "totalAvailableBalance", "totalMarginBalance")} == {""}
    assert totals["coin"][0]["walletBalance"] == "10000"
    assert set_mode("SOMETHING")["retCode"] == 10001


def test_the_wallet_shows_coins_that_are_not_zero_or_are_asked_for(exchange: EmbeddedExchange) -> None:
    exchange.open_account("poor", "secret", "0")
    wire = Wire(exchange.urls.rest, key="poor")
    assert wire.get(WALLET, "accountType=UNIFIED").result["list"][0]["coin"] == []
    assert wire.get(WALLET, "accountType=UNIFIED&coin=USDT").result["list"][0]["coin"][0]["equity"] == "0"
    assert wire.get(WALLET, "accountType=CONTRACT").code == 10001
