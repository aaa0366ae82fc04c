"""The exchange of a dry run, rebuilt from its file, is the exchange that was - whatever happened on the way."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gridtrader.paper.calls import UID, CallsError, Founding, tell_again
from gridtrader.paper.recorded import RecordedExchange
from gridtrader.paper.venue import DryRunVenue
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core.model import Quote
from gridtrader.store.journal import Entry
from gridtrader.store.journal_lines import Record
from tests.paper.stage import SYMBOL, Stage

D = Decimal
SYMBOLS = (SYMBOL, "SOLUSDT")
FOUNDING = Founding(1, 1, D(1000), D(0), D(0), "dry run")


def picture(venue: DryRunVenue) -> dict[str, Any]:
    """Return everything the account can see of the exchange, but for the moment of looking."""
    exchange = venue.exchange
    return {
        "orders": list(exchange.open_orders(UID)),
        "closed": list(exchange.closed_orders(UID)),
        "executions": list(exchange.executions(UID)),
        "ledger": list(exchange.ledger(UID)),
        "positions": [exchange.positions(UID, symbol) for symbol in exchange.instruments],
        "wallet": exchange.wallet(UID),
    }


@pytest.mark.parametrize("seed", range(2))
def test_after_any_walk_of_prices_it_is_what_it_was(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    stage = Stage(tmp_path, symbols=SYMBOLS)
    stage.market.prices["SOLUSDT"] = "160"
    stage.start()
    ticks = {SYMBOL: (20_000, D("0.00001")), "SOLUSDT": (16_000, D("0.01"))}
    for _ in range(3):
        for _ in range(6):
            symbol = chance.choice(SYMBOLS)
            count, tick = ticks[symbol]
            ticks[symbol] = (count + chance.randint(-count // 60, count // 60), tick)
            stage.price(str(ticks[symbol][0] * tick), symbol=symbol, after_s=chance.randint(0, 40))
        before = picture(stage.venue)
        stage.stop()
        assert picture(stage.open()) == before
        stage.venue.close()
        stage.start()
    assert len(picture(stage.venue)["executions"]) > 6
    assert not stage.engine.emergency_stopped


def test_a_liquidation_is_told_again_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, balance="25")
    stage.start()
    stage.price("0.198")
    for last in ("0.19", "0.17", "0.05"):
        stage.venue.move(SYMBOL, stage.market.quote(SYMBOL)._replace(bid=D(last), ask=D(last), last=D(last)))
    stage.market.prices[SYMBOL] = "0.05"
    before = picture(stage.venue)
    assert "BustTrade" in {row.exec_type for row in before["executions"]}
    stage.stop()
    after = picture(stage.open())
    assert {part: after[part] for part in ("executions", "ledger")} == {
        part: before[part] for part in ("executions", "ledger")
    }


def test_prices_that_change_nothing_are_not_written(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.start()
    before = stage.venue.file.path.stat().st_size
    for count in range(100):
        stage.price(f"0.2000{count % 10}")
    assert stage.venue.file.path.stat().st_size == before


def written(*calls: tuple[str, dict[str, Any]]) -> list[Record]:
    return [Record(number, 1, kind, {"at": 2, **data}) for number, (kind, data) in enumerate(calls, start=1)]


@pytest.mark.parametrize(
    "call",
    [
        ("dance", {}),
        ("quote", {"symbol": SYMBOL, "last": "0.2", "bid": "0.2"}),
        ("quote", {"symbol": SYMBOL, "last": "much", "bid": "0.2", "ask": "0.2"}),
        ("quote", {"symbol": SYMBOL, "last": "0.2", "bid": "0.3", "ask": "0.2"}),
        ("order", {"symbol": SYMBOL, "qty": None}),
        ("status", {"symbol": SYMBOL, "status": "Sleeping"}),
    ],
)
def test_a_record_that_makes_no_sense_is_named_by_its_number(call: tuple[str, dict[str, Any]]) -> None:
    exchange = RecordedExchange(load_catalogue(), FOUNDING)
    with pytest.raises(CallsError, match=r"^calls: record 1 \(.*\) makes no sense: .*; move the folder away"):
        tell_again(exchange, written(call), Path("calls"))


def test_what_was_refused_then_is_refused_again_and_goes_on() -> None:
    exchange = RecordedExchange(load_catalogue(), FOUNDING)
    calls = written(
        ("cancel", {"symbol": SYMBOL, "name": "nobody"}), ("position_mode", {"symbol": SYMBOL, "mode": 3})
    )
    assert tell_again(exchange, calls, Path("calls")) == 2
    assert exchange.position_mode(UID, SYMBOL) == 3


def test_a_call_is_written_with_the_newest_prices_before_it() -> None:
    exchange = RecordedExchange(load_catalogue(), FOUNDING)
    entries: list[Entry] = []
    exchange.record(entries.extend)
    for now, symbol, last in ((2, SYMBOL, D("0.2")), (3, "SOLUSDT", D(160)), (4, SYMBOL, D("0.21"))):
        exchange.set_quote(symbol, Quote(last, last, last, last, last), now)
    assert entries == []
    exchange.switch_mode(UID, SYMBOL, None, 3, 5)
    assert [(entry.kind, entry.data["symbol"], entry.data["at"]) for entry in entries] == [
        ("quote", "SOLUSDT", 3),
        ("quote", SYMBOL, 4),
        ("position_mode", SYMBOL, 5),
    ]
