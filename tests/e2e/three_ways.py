"""The accounts of `test_three_ways`, what is compared of their books, and the two ways without a wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from gridtrader.daemon import wiring
from gridtrader.domain.order_names import parse_order_name
from gridtrader.engine.settings import EngineSettings
from gridtrader.replay.run import UID, Replay
from gridtrader.replay.run import Plan as ReplayPlan
from gridtrader.settings import Settings, load_settings
from gridtrader.simulation import private
from gridtrader.simulation.configure import AccountPlan
from gridtrader.simulation.faults import Fault
from gridtrader.simulation.world import Plan, World
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.switches import Options
from gridtrader.simulator.market.opening import open_records
from gridtrader.simulator.market.recorded import RecordedSource
from gridtrader.simulator.server.books import exact
from tests.e2e.three_ways_path import BEGIN_MS, HOUR_MS, PricePath

RICH: Final = "001"
POOR: Final = "002"
POORER: Final = "003"

MONEY: Final = {RICH: Decimal(100_000), POOR: Decimal(3_390), POORER: Decimal(1_700)}
"""The poor one has no money for levels ahead, the poorer one none for all levels of a reopening (S6). Neither amount
is near one at which they would trade otherwise."""

SYSTEM: Final = "  engine: {quote_max_age_s: 120, mm_refresh_max_s: 1, entry_reprice_s: 0.5}"
"""Between two trades the embedded exchange repeats no price, so one may be old. The rest saves time on the wire: an
account that lacks money asks for its balance as often as it may, and an entry is soon re-priced."""

_LADDERS: Final = {
    # margin, step and take-profit in per cent, levels
    "DOGEUSDT": ("10", "1", "0.8", 8),
    "SOLUSDT": ("50", "1.2", "0.7", 6),
    "ADAUSDT": ("10", "2", "1.5", 5),
}


_TRADED: Final = {
    RICH: ("DOGEUSDT", "SOLUSDT", "ADAUSDT"),
    POOR: ("DOGEUSDT", "SOLUSDT"),
    POORER: ("DOGEUSDT", "SOLUSDT"),
}


def account_yaml(account_id: str) -> str:
    """Return an account's part of the configuration."""
    lines = [f'  - id: "{account_id}"', "    demo_trading: false", "    dry_run: false", "    symbols:"]
    for symbol in _TRADED[account_id]:
        margin, step, target, levels = _LADDERS[symbol]
        lines += [
            f"      - symbol: {symbol}",
            "        leverage: 2",
            f"        initial_position_size_usd: {margin}",
            f"        grid_step_percent: {step}",
            "        averaging_multiplier: 2",
            f"        take_profit_percent: {target}",
            f"        max_grid_levels_per_side: {levels}",
        ]
    return "\n".join(lines)


def settings_of(folder: Path) -> Settings:
    """Return the configuration of both accounts, read as the daemon reads it."""
    config = folder / "three.yaml"
    config.write_text(f"system:\n{SYSTEM}\naccounts:\n" + "\n".join(map(account_yaml, MONEY)) + "\n")
    return load_settings(config, folder / ".env", need_keys=False)


def _engine(settings: Settings, account_id: str, venue: str) -> EngineSettings:
    account = next(account for account in settings.accounts if account.id == account_id)
    return wiring.engine_settings(account, settings.system, venue)


# --- what is compared ---


class Fill(NamedTuple):
    """One execution. `order` is kind and level of its order, as in its name; `cycle` counts from 1 on each side."""

    order: str
    cycle: int
    qty: Decimal
    price: Decimal
    fee: Decimal
    is_maker: bool


class Standing(NamedTuple):
    """An open order; `order` as in `Fill`."""

    order: str
    price: Decimal
    leaves: Decimal


Side = tuple[str, int]
"""Symbol and `positionIdx`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to, by side; fills in the order in which they happened."""

    fills: Mapping[Side, list[Fill]]
    funding: Mapping[Side, list[Decimal]]
    """What was paid at each settlement (< 0: received)."""
    standing: Mapping[Side, list[Standing]]
    """Orders open at the end."""
    positions: Mapping[Side, tuple[Decimal, Decimal]]
    """Size and average price at the end."""
    balance: Decimal
    """Of the wallet at the end."""


Books = Mapping[str, Any]
"""An account's books as the exchange's control plane shows them."""


def outcome_of(books: Books) -> Outcome:
    """Say what the books of an account hold."""
    fills: dict[Side, list[Fill]] = {}
    funding: dict[Side, list[Decimal]] = {}
    cycles: dict[Side, list[int]] = {}
    for row in books["executions"]:
        side = row["symbol"], row["position_idx"]
        if row["exec_type"] == "Funding":
            if Decimal(row["fee"]):
                funding.setdefault(side, []).append(Decimal(row["fee"]))
            continue
        order, number = _order_of(row)
        seen = cycles.setdefault(side, [])
        if number not in seen:
            seen.append(number)
        fee = Decimal(row["fee"]) + Decimal(row["extra_fee"])
        fills.setdefault(side, []).append(
            Fill(order, seen.index(number) + 1, Decimal(row["qty"]), Decimal(row["price"]), fee, row["is_maker"])
        )
    standing: dict[Side, list[Standing]] = {}
    for row in books["open_orders"]:
        found = Standing(_order_of(row)[0], Decimal(row["price"]), Decimal(row["leaves_qty"]))
        standing.setdefault((row["symbol"], row["position_idx"]), []).append(found)
    return Outcome(
        fills,
        funding,
        {side: sorted(orders) for side, orders in standing.items()},
        {
            (row["symbol"], row["position_idx"]): (Decimal(row["size"]), Decimal(row["entry_price"]))
            for row in books["positions"]
            if row["position_idx"]
        },
        Decimal(books["wallet"]["wallet_balance"]),
    )


def differences(expected: Outcome, found: Outcome) -> list[str]:
    """Return what differs, one line each: of two lists the first place."""
    lines = []
    for what in ("fills", "funding", "standing", "positions"):
        wanted, told = getattr(expected, what), getattr(found, what)
        for side in sorted({*wanted, *told}):
            if wanted.get(side) != told.get(side):
                lines.append(f"{what} of {side}: {_first_difference(wanted.get(side), told.get(side))}")
    if expected.balance != found.balance:
        lines.append(f"balance: {found.balance}, expected {expected.balance}")
    return lines


def _first_difference(wanted: Any, told: Any) -> str:
    if not isinstance(wanted, list) or not isinstance(told, list):
        return f"{told}, expected {wanted}"
    pairs = enumerate(zip_longest(wanted, told))
    place, (one, other) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    return f"number {place} is {other}, expected {one}"


def _order_of(row: Mapping[str, Any]) -> tuple[str, int]:
    name = parse_order_name(row["order_link_id"])
    assert name is not None, f"not an order of ours: {row}"
    return f"{name.slot.kind.value}{name.slot.level:02d}", name.slot.cycle


def books_of(exchange: Exchange, uid: int) -> Books:
    """Return the books of an account of an exchange in this process."""
    return {
        "executions": [exact(row) for row in exchange.executions(uid)],
        "open_orders": [exact(row) for row in exchange.open_orders(uid)],
        "positions": [exact(leg) for symbol in exchange.instruments for leg in exchange.positions(uid, symbol)],
        "wallet": exact(exchange.wallet(uid)),
    }


# --- replay ---


def replayed(path: PricePath, settings: Settings, account_id: str, money: Decimal | None = None) -> Replay:
    """Play the path without delay."""
    catalogue = load_catalogue()
    engine = _engine(settings, account_id, "replay")
    symbols = [strategy.symbol for strategy in engine.strategies]
    replay = Replay(
        ReplayPlan(
            settings=engine,
            contracts={symbol: catalogue[symbol] for symbol in symbols},
            sources=[_source(path, symbol) for symbol in symbols],
            balance=MONEY[account_id] if money is None else money,
            maker_fee=engine.fallback_fees.maker,
            taker_fee=engine.fallback_fees.taker,
            start=path.moments[0],
            end=path.moments[-1],
        )
    )
    replay.play()
    return replay


def _source(path: PricePath, symbol: str) -> RecordedSource:
    source = next(source for source in open_records(path.files, load_catalogue()) if source.symbol == symbol)
    assert isinstance(source, RecordedSource)
    return source


def outcome_of_replay(replay: Replay) -> Outcome:
    return outcome_of(books_of(replay.exchange, UID))


# --- simulation ---

_REFRESH_MS: Final = (1_000, 15_000)
"""How often the balance is asked for: in a simulation, minutes in which nothing happens have all their seconds."""


def simulated(path: PricePath, settings: Settings, *, shuffled: bool = False) -> dict[str, Outcome]:
    """Play the path in a world without faults, all accounts together.

    `shuffled`: the messages of a moment come within half a second, those of different topics in any order (S10).
    """
    plans = [
        AccountPlan(
            account_id,
            uid,
            usdt,
            replace(_engine(settings, account_id, "simulation"), mm_refresh_ms=_REFRESH_MS),
            is_demo=False,
        )
        for uid, (account_id, usdt) in enumerate(MONEY.items(), 1)
    ]
    faults = {Fault.FUNDING, Fault.EVENT_PERMUTED} if shuffled else {Fault.FUNDING}
    with patch.object(private, "EVENT_RATES", {Fault.EVENT_PERMUTED: 1.0}):
        world = _world(path, plans, frozenset(faults))
        verdicts = world.play()
    assert not verdicts.breaches, str(verdicts.breaches[0])
    return {plan.id: outcome_of(books_of(world.exchange, plan.uid)) for plan in plans}


def _world(path: PricePath, plans: Sequence[AccountPlan], faults: frozenset[Fault]) -> World:
    """Return the first world whose exchange has the switches of the other two: a seed draws them."""
    hours = (path.moments[-1] - BEGIN_MS) / HOUR_MS
    for seed in range(1, 100):
        world = World(Plan(seed, hours, faults=faults, prices=path.files), accounts=plans)
        if world.exchange.options == Options():
            return world
    raise AssertionError("no seed has the exchange's own switches")
