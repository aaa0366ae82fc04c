"""Quiet quotes cost next to nothing, and nobody is liquidated a quote earlier or later for it."""

import sys
from random import Random
from types import FrameType
from typing import Any

import pytest

from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.model import Event, Executed, Reject
from gridtrader.simulator.core.needs import Needs
from tests.simulator.core.venue import BTC, COIN, LONG, SHORT, UID, D, Venue

OTHER = UID + 1


def wild_run(seed: int, **options: Any) -> list[Event]:
    """Two accounts with high leverage in two contracts whose prices jump about."""
    random = Random(seed)
    venue = Venue("600", seed, **options)
    venue.account(OTHER, "900")
    exchange = venue.exchange
    prices = {COIN: D("100.00"), BTC: D("65000.0")}
    steps = {COIN: D("0.01"), BTC: D("0.1")}
    venue.quote("65000.0", "65000.1", symbol=BTC)
    for uid in (UID, OTHER):
        for symbol in prices:
            exchange.set_leverage(uid, symbol, D(40), D(40), venue.now)
    for _ in range(250):
        symbol = random.choice([COIN, BTC])
        price, step = prices[symbol], steps[symbol]
        lot = random.random()
        try:
            if lot < 0.7:
                price = prices[symbol] = max(
                    price + random.randint(-300, 300) * price / 20000 // step * step, step * 50
                )
                venue.quote(
                    str(price), str(price + step), mark=str(price + random.randint(-3, 3) * step), symbol=symbol
                )
            elif lot < 0.95:
                side, idx = random.choice([("Buy", LONG), ("Sell", SHORT), ("Sell", LONG), ("Buy", SHORT)])
                qty = random.choice(["20", "60", "90"]) if symbol == COIN else random.choice(["0.05", "0.2"])
                limit = random.choice(["", str(price * (100 + random.randint(-2, 2)) / 100 // step * step)])
                venue.order(side, qty, limit, idx, uid=random.choice([UID, OTHER]), symbol=symbol)
            elif lot < 0.98:
                exchange.settle_funding(symbol, D(random.randint(-9, 9)) / 1000, venue.now)
            else:
                exchange.transfer(random.choice([UID, OTHER]), D(random.randint(-50, 50)), venue.now)
        except Reject:
            pass
    return venue.events()


@pytest.mark.parametrize("options", [{}, {"hedge_margin": "larger"}], ids=["sum", "larger"])
@pytest.mark.parametrize("seed", range(12))
def test_what_happens_is_the_same_as_if_everybody_were_reckoned_at_every_quote(
    monkeypatch: pytest.MonkeyPatch, seed: int, options: dict[str, Any]
) -> None:
    with_bands = wild_run(seed, **options)
    trusting = Account.calm_band

    def forgetful(account: Account, contract: Contract) -> Any:
        account.disturb()
        return trusting(account, contract)

    monkeypatch.setattr(Account, "calm_band", forgetful)
    monkeypatch.setattr(Contract, "is_calm", property(lambda _: False))
    assert wild_run(seed, **options) == with_bands


def test_the_wild_runs_do_liquidate() -> None:
    kinds = [
        execution.exec_type
        for seed in range(12)
        for event in wild_run(seed)
        if isinstance(event, Executed)
        for execution in event.executions
    ]
    assert "BustTrade" in kinds


def test_a_quiet_quote_reckons_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue("10000")
    venue.account(OTHER)
    for uid in (UID, OTHER):
        venue.order("Buy", "10", uid=uid)
        venue.order("Sell", "10", idx=SHORT, uid=uid)
        venue.order("Buy", "10", "90.00", uid=uid)
    venue.quote("100.00", "100.01")

    def reckoned(_: Needs) -> None:
        raise AssertionError("the margin was computed")

    monkeypatch.setattr(Needs, "tier", reckoned)
    for _ in range(50):
        venue.quote("100.10", "100.11")
        venue.quote("99.90", "99.91")


def test_a_deposit_or_another_rate_is_taken_into_account_at_the_next_quote() -> None:
    venue = Venue("40")
    venue.exchange.set_leverage(UID, COIN, D(50), D(50), venue.now)
    venue.order("Buy", "15", "100.00")
    venue.quote("99.00", "99.01")
    assert venue.leg().size == 15
    venue.exchange.set_fee_rates(UID, D("0.0002"), D("0.02"))
    venue.quote("99.00", "99.01")
    assert venue.leg().size == 0


# --- cost and history ---


def steps_of(deed: Any) -> int:
    """Return how many calls, of Python's and of C functions, a deed makes."""
    count = 0

    def counted(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        deed()
    finally:
        sys.setprofile(None)
    return count


def test_the_cost_of_a_command_and_of_a_quote_does_not_grow_with_the_history() -> None:
    venue = Venue("100000")

    def commands() -> None:
        venue.order("Buy", "1", "100.00")
        venue.cancel(venue.order("Buy", "1", "90.00"))
        venue.order("Sell", "1", "99.99")
        venue.quote("99.98", "99.99")
        venue.quote("99.99", "100.00")
        venue.events()

    commands()
    young = steps_of(commands)
    for _ in range(150):
        commands()
    assert len(venue.exchange.closed_orders(UID)) > 450
    assert steps_of(commands) == young
