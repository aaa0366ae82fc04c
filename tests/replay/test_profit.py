"""Every cycle that a replay closes earns what was promised (S7), reckoned a second time from its executions alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from gridtrader.domain.types import SIDES, Side
from gridtrader.replay.result import ClosedCycle, Funding, ReplayResult, Trade
from tests.replay.support import Strategy, five_minutes, minutes, replayed, write_config

D = Decimal
TAKER, MAKER = D("0.00055"), D("0.0002")

RECORDS = {
    "DOGEUSDT-1m": Strategy("DOGEUSDT", size="2", step="0.6", take_profit="0.4", levels=8),
    "SOLUSDT-1m": Strategy("SOLUSDT", size="4", step="0.6", take_profit="0.4", levels=8),
    "BTCUSDT-1m": Strategy("BTCUSDT", size="12", step="0.5", take_profit="0.3", levels=6),
    "ADAUSDT-5m": Strategy("ADAUSDT", size="2", step="1", take_profit="0.5", levels=8),
    "SOLUSDT-5m": Strategy("SOLUSDT", size="4", step="1", take_profit="0.5", levels=8),
}


@dataclass
class Account:
    """One cycle, added up from executions and settlements."""

    opening: list[Trade] = field(default_factory=list)
    closing: list[Trade] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)

    @property
    def entry_value(self) -> Decimal:
        return sum((trade.quantity * trade.price for trade in self.opening), D(0))

    @property
    def quantity(self) -> Decimal:
        return sum((trade.quantity for trade in self.opening), D(0))

    @property
    def is_closed(self) -> bool:
        return self.quantity == sum((trade.quantity for trade in self.closing), D(0))

    def net(self, closing_rate: Decimal | None = None) -> Decimal:
        """Return the net profit; as if the closing had paid this rate, if one is given."""
        sign = self.opening[0].side.sign
        closed = sum((trade.quantity * trade.price for trade in self.closing), D(0))
        paid = sum((trade.fee for trade in self.closing), D(0))
        costs = sum((trade.fee for trade in self.opening), D(0)) + sum((each.paid for each in self.funding), D(0))
        closing = paid if closing_rate is None else closed * closing_rate
        return sign * (closed - self.entry_value) - costs - closing


def accounts_of(result: ReplayResult, side: Side) -> Iterator[Account]:
    """Yield the closed cycles of a side of the only symbol, in order."""
    settlements = [each for each in result.funding if each.side is side]
    account = Account()
    for trade in (trade for trade in result.trades if trade.side is side):
        while settlements and settlements[0].time_ms <= trade.time_ms:
            settlement = settlements.pop(0)
            if account.opening:
                account.funding.append(settlement)
        (account.opening if trade.level is not None else account.closing).append(trade)
        if account.is_closed:
            yield account
            account = Account()


@cache
def config_of(folder: Path, name: str, fee: str) -> Path:
    extra = f"    take_profit_fee: {fee}\n"
    return write_config(folder / f"{name}-{fee}.yaml", RECORDS[name], extra=extra)


def check(closed: ClosedCycle, account: Account, target: Decimal, rate: Decimal, tick: Decimal) -> None:
    """Check one cycle. A take-profit that rested closes within a tick of what was promised; one that found the price
    already past it (S7: intended) may earn more."""
    entry, quantity = account.entry_value, account.quantity
    assert (closed.entry_value, closed.levels) == (entry, len({trade.level for trade in account.opening}))
    assert (closed.opened_ms, closed.closed_ms) == (account.opening[0].time_ms, account.closing[-1].time_ms)
    assert closed.net == account.net()
    assert closed.net >= target * entry
    promised = account.net(rate)
    assert promised >= target * entry
    if all(trade.is_maker for trade in account.closing):
        share = 1 - closed.side.sign * rate
        assert promised < target * entry + tick * quantity * share


@pytest.mark.parametrize("name", RECORDS)
def test_each_closed_cycle_earns_its_target_and_no_tick_more(tmp_path: Path, name: str) -> None:
    symbol, _, length = name.partition("-")
    files = minutes(symbol) if length == "1m" else five_minutes(symbol)
    argv = ("--config", config_of(tmp_path, name, "taker"), "--account", "001", "--balance", "100000", *files)
    result = replayed(*argv)
    target = D(RECORDS[name].take_profit) / 100
    tick = result.parameters.symbols[0].tick_size
    count = rested = 0
    for side in SIDES:
        mine = [cycle for cycle in result.cycles if cycle.side is side]
        accounts = list(accounts_of(result, side))
        assert len(mine) == len(accounts)
        for closed, account in zip(mine, accounts, strict=True):
            check(closed, account, target, TAKER, tick)
            count += 1
            rested += all(trade.is_maker for trade in account.closing)
    assert count > 50
    assert rested / count > 0.9
    assert (sum(len(account.funding) for side in SIDES for account in accounts_of(result, side)) > 0) is (
        length == "5m"
    )


def test_priced_with_the_maker_rate_a_cycle_earns_no_less_where_it_rested(tmp_path: Path) -> None:
    argv = ("--config", config_of(tmp_path, "DOGEUSDT-1m", "maker"), "--account", "001", "--balance", "100000")
    result = replayed(*argv, *minutes("DOGEUSDT"), "--to", "2025-06-10")
    tick = result.parameters.symbols[0].tick_size
    seen = 0
    for side in SIDES:
        mine = [cycle for cycle in result.cycles if cycle.side is side]
        for closed, account in zip(mine, accounts_of(result, side), strict=True):
            if all(trade.is_maker for trade in account.closing):
                check(closed, account, D("0.004"), MAKER, tick)
                seen += 1
    assert seen > 20
