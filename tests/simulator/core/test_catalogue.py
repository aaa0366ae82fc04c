"""The catalogue: our own contracts, and recorded answers in their various forms."""

import csv
import gzip
import json
import os
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gridtrader.simulator.catalogue import CatalogueError, catalogue_rows, load_catalogue, load_instruments
from gridtrader.simulator.catalogue.rows import parse_tier
from gridtrader.simulator.core.model import RiskTier
from tests.simulator.contracts import INFO, TIER
from tests.simulator.core.venue import D

RECORDED = Path(os.environ.get("GRIDTRADER_DATA", Path(__file__).parents[4] / "shared" / "data")) / "instruments"
INFO_DUMP = RECORDED / "instruments-info-linear-2023-02-24.json.gz"
TIERS_DUMP = RECORDED / "risk-limit-tiers-2024-08-09.json.gz"
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"recorded instruments are absent: {RECORDED}")


def saved(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    data = json.dumps(content).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@cache
def recorded_tiers() -> dict[str, tuple[RiskTier, ...]]:
    """The tiers of every recorded contract, whether the older recording of contracts knows it or not."""
    with gzip.open(TIERS_DUMP) as file:
        rows = [tier["info"] for tiers in json.load(file)["data"].values() for tier in tiers]
    found: dict[str, list[RiskTier]] = {}
    for row in rows:
        found.setdefault(row["symbol"], []).append(parse_tier(row, "recorded"))
    return {symbol: tuple(sorted(tiers, key=lambda tier: tier.limit)) for symbol, tiers in found.items()}


@cache
def recorded_steps() -> dict[str, dict[str, str]]:
    with (RECORDED / "symbol-properties.csv").open(encoding="utf-8") as file:
        return {row["market_ticker"]: row for row in csv.DictReader(file)}


# --- our own ---


def test_the_catalogue_lists_a_dozen_liquid_contracts() -> None:
    contracts = load_catalogue()
    bases = {"BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "BNB", "LINK", "AVAX", "LTC", "SUI", "1000PEPE"}
    assert set(contracts) == {f"{base}USDT" for base in bases}
    assert len({contract.symbol_id for contract in contracts.values()}) == len(contracts)


@pytest.mark.parametrize("symbol", sorted(load_catalogue()))
def test_every_contract_of_the_catalogue_makes_sense(symbol: str) -> None:
    contract = load_catalogue()[symbol]
    assert contract.min_price <= contract.reference_price <= contract.max_price
    assert contract.reference_price % contract.tick_size == 0
    assert contract.min_qty % contract.qty_step == 0
    assert contract.min_qty <= contract.max_market_qty <= contract.max_qty
    assert contract.min_qty * contract.reference_price < 1000
    assert contract.tick_size / contract.reference_price < D("0.001")
    assert 0 < contract.price_limit_x < contract.price_limit_y
    assert contract.tiers[0].max_leverage == contract.max_leverage
    assert (contract.status, contract.funding_interval_min, contract.min_notional) == ("Trading", 480, D(5))


@pytest.mark.parametrize("symbol", sorted(load_catalogue()))
def test_the_tiers_of_the_catalogue_join_without_a_step(symbol: str) -> None:
    tiers = load_catalogue()[symbol].tiers
    assert 30 <= len(tiers) <= 35
    assert tiers[0].deduction == 0
    for lower, upper in pairwise(tiers):
        assert lower.limit < upper.limit
        assert lower.maintenance_rate < upper.maintenance_rate < upper.initial_rate
        assert lower.max_leverage > upper.max_leverage
        below = lower.limit * lower.maintenance_rate - lower.deduction
        assert below == lower.limit * upper.maintenance_rate - upper.deduction


def test_the_rows_of_the_catalogue_have_v5s_fields() -> None:
    rows, tiers = catalogue_rows()
    docs = "symbolId symbol contractType status baseCoin quoteCoin launchTime deliveryTime deliveryFeeRate priceScale"
    docs += " leverageFilter priceFilter lotSizeFilter unifiedMarginTrade fundingInterval settleCoin copyTrading"
    docs += " upperFundingRate lowerFundingRate isPreListing preListingInfo riskParameters symbolType displayName"
    docs += " forbidUplWithdrawal skipCallAuction referencePrice"
    assert all(set(row) == set(docs.split()) for row in rows)
    assert all(set(tier) == set(TIER) for tier in tiers)


# --- recorded answers ---


@pytest.mark.parametrize("name", ["info.json", "info.json.gz"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda row: {"retCode": 0, "result": {"category": "linear", "list": [row]}},
        lambda row: {"category": "linear", "list": [row]},
        lambda row: [row],
        lambda row: {"LinearInverse": {"list": [row]}, "Spot": {"list": []}},
        lambda row: {"updated": "2024", "data": {"COIN/USDT:USDT": [{"tier": 1, "info": row}]}},
    ],
    ids=["answer", "result", "list", "by category", "ccxt"],
)
def test_rows_are_found_in_every_form(tmp_path: Path, name: str, wrap: Any) -> None:
    info = saved(tmp_path, name, wrap(INFO))
    tiers = saved(tmp_path, "tiers.json", wrap(TIER))
    contract = load_instruments(info, tiers)["COINUSDT"]
    assert (contract.tick_size, contract.qty_step, contract.max_leverage) == (D("0.01"), D("0.1"), D(50))
    assert contract.tiers[0].limit == 200000


def test_fields_that_old_answers_lack_get_careful_values(tmp_path: Path) -> None:
    contract = load_instruments(saved(tmp_path, "i.json", [INFO]), saved(tmp_path, "t.json", [TIER]))["COINUSDT"]
    assert (contract.min_notional, contract.max_market_qty) == (D(5), D(100))
    assert (contract.price_limit_x, contract.price_limit_y) == (D("0.05"), D("0.1"))
    assert contract.reference_price == D("100.00")


def test_tiers_are_put_in_order(tmp_path: Path) -> None:
    second = {**TIER, "id": 2, "riskLimitValue": "400000", "mmDeduction": "1000", "maintenanceMargin": "0.015"}
    path = saved(tmp_path, "t.json", [second, TIER])
    tiers = load_instruments(saved(tmp_path, "i.json", [INFO]), path)["COINUSDT"].tiers
    assert [(tier.id, tier.deduction) for tier in tiers] == [(1, D(0)), (2, D(1000))]


def test_only_usdt_perpetuals_known_to_both_files_are_taken(tmp_path: Path) -> None:
    rows = [
        INFO,
        {**INFO, "symbol": "OTHERUSDT"},
        {**INFO, "symbol": "COINPERP", "settleCoin": "USDC"},
        {**INFO, "symbol": "COIN-26DEC25", "contractType": "LinearFutures"},
    ]
    tiers = [TIER, *({**TIER, "symbol": symbol} for symbol in ("COINPERP", "COIN-26DEC25", "THIRDUSDT"))]
    found = load_instruments(saved(tmp_path, "i.json", rows), saved(tmp_path, "t.json", tiers))
    assert list(found) == ["COINUSDT"]


def test_symbols_asked_for_must_be_known_to_both_files(tmp_path: Path) -> None:
    info, tiers = saved(tmp_path, "i.json", [INFO]), saved(tmp_path, "t.json", [TIER])
    assert list(load_instruments(info, tiers, ["COINUSDT"])) == ["COINUSDT"]
    with pytest.raises(CatalogueError, match=r"i\.json and t\.json do not both know NOPEUSDT"):
        load_instruments(info, tiers, ["COINUSDT", "NOPEUSDT"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": None}, r"i\.json: COINUSDT: status is missing"),
        ({"lotSizeFilter": {"qtyStep": "0.1"}}, r"COINUSDT: lotSizeFilter\.maxOrderQty is missing"),
        ({"launchTime": "soon"}, r"COINUSDT: launchTime is 'soon'; a decimal number is needed"),
        ({"launchTime": "1.5"}, r"COINUSDT: launchTime is 1\.5; a whole number from 0 on is needed"),
        ({"baseCoin": True}, r"COINUSDT: baseCoin is True; a text is needed"),
        (
            {"priceFilter": {"minPrice": "0.01", "maxPrice": "2", "tickSize": "0"}},
            r"COINUSDT: priceFilter\.tickSize is 0; a number above 0 is needed",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_field_and_value(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    info, tiers = saved(tmp_path, "i.json", [{**INFO, **change}]), saved(tmp_path, "t.json", [TIER])
    with pytest.raises(CatalogueError, match=message):
        load_instruments(info, tiers)


def test_a_tier_in_per_cent_is_refused(tmp_path: Path) -> None:
    info, tiers = saved(tmp_path, "i.json", [INFO]), saved(tmp_path, "t.json", [{**TIER, "maintenanceMargin": "1.5"}])
    with pytest.raises(CatalogueError, match=r"t\.json: COINUSDT tier 1: maintenanceMargin is 1\.5; a fraction"):
        load_instruments(info, tiers)


def test_a_symbol_twice_is_refused(tmp_path: Path) -> None:
    info, tiers = saved(tmp_path, "i.json", [INFO, INFO]), saved(tmp_path, "t.json", [TIER])
    with pytest.raises(CatalogueError, match="COINUSDT stands there twice"):
        load_instruments(info, tiers)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    good = saved(tmp_path, "t.json", [TIER])
    broken, torn = tmp_path / "broken.json", tmp_path / "torn.json.gz"
    broken.write_text("{")
    torn.write_bytes(gzip.compress(b"[]" * 100)[:-9])
    empty = saved(tmp_path, "empty.json", {"result": {"list": []}})
    for path, message in (
        (tmp_path / "absent.json", r"absent\.json: cannot be read"),
        (broken, r"broken\.json: no JSON"),
        (torn, r"torn\.json\.gz: cannot be read"),
        (empty, r"empty\.json: no rows with a lotSizeFilter"),
    ):
        with pytest.raises(CatalogueError, match=message):
            load_instruments(path, good)


@needs_recorded
@pytest.mark.parametrize("symbol", sorted(load_catalogue()))
def test_the_tiers_of_the_catalogue_are_the_recorded_ones(symbol: str) -> None:
    assert load_catalogue()[symbol].tiers == recorded_tiers()[symbol]


@needs_recorded
@pytest.mark.parametrize("symbol", sorted(load_catalogue()))
def test_ticks_and_steps_of_the_catalogue_are_the_recorded_ones(symbol: str) -> None:
    row = recorded_steps()[symbol]
    contract = load_catalogue()[symbol]
    assert contract.tick_size == D(row["minimum_price_variation"])
    assert (contract.qty_step, contract.min_qty) == (D(row["lot_size"]), D(row["minimum_order_size"]))


@needs_recorded
def test_coins_intervals_and_launches_of_the_catalogue_are_the_recorded_ones() -> None:
    recorded = load_instruments(INFO_DUMP, TIERS_DUMP)
    ours = load_catalogue()
    both = set(ours) & set(recorded)
    assert len(both) == 10  # two are younger than the recording
    for symbol in both:
        for name in ("base_coin", "funding_interval_min", "launch_time", "status", "delivery_time", "qty_step"):
            assert getattr(ours[symbol], name) == getattr(recorded[symbol], name), (symbol, name)


@needs_recorded
def test_the_recorded_dumps_are_read() -> None:
    contracts = load_instruments(INFO_DUMP, TIERS_DUMP)
    assert len(contracts) > 150
    doge = contracts["DOGEUSDT"]
    assert (doge.tick_size, doge.qty_step, len(doge.tiers)) == (D("0.00001"), D(1), 30)
    for contract in contracts.values():
        rates = [tier.maintenance_rate for tier in contract.tiers]
        assert rates == sorted(rates)
