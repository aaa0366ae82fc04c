"""Replay, simulation and the daemon over the wire trade the same: one path of recorded prices gives one list of
executions.

A replay knows no delay, the other two do; so they can only agree where the price stands still while the bot reacts.
Therefore the path is made of trades: between two of them the price does not move, and the next one comes when all
accounts have come to rest - two minutes later in market time, which is long in a simulation; on the wire, when each
account is seen to have nothing more to do. A jump is also the same for all three at the exchange: what it crosses
fills at once, at its own price, nearest first, and what the bot then places beyond the new price fills at that one.
Left out is what cannot be the same: prices between those of a candle, at which a replay reacts, and funding that is
settled while the bot is still busy with a trade.

Accounts that lack money are part of it (S6). There, who gets the money may hang on delays: two symbols that wait for
the same money get it in the order in which they hear of their own fills. So the amounts are such that no decision is
a close one (`test_no_decision_about_money_is_a_close_one`), and no order of the streams' topics changes any
(`test_a_simulation_with_shuffled_streams_trades_as_the_replay_does`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.domain.types import Side
from gridtrader.replay.result import Trade
from gridtrader.replay.run import Replay
from gridtrader.settings import Settings
from tests.e2e.three_ways import (
    MONEY,
    POOR,
    POORER,
    RICH,
    Fill,
    Outcome,
    differences,
    outcome_of_replay,
    replayed,
    settings_of,
    simulated,
)
from tests.e2e.three_ways_path import PricePath, lay_path
from tests.e2e.three_ways_wire import over_the_wire

DOGE_LONG, DOGE_SHORT = ("DOGEUSDT", 1), ("DOGEUSDT", 2)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> PricePath:
    return lay_path(tmp_path_factory.mktemp("prices"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_of(tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def replays(path: PricePath, settings: Settings) -> dict[str, Replay]:
    return {account_id: replayed(path, settings, account_id) for account_id in MONEY}


@pytest.fixture(scope="module")
def expected(replays: Mapping[str, Replay]) -> dict[str, Outcome]:
    return {account_id: outcome_of_replay(replay) for account_id, replay in replays.items()}


# --- they agree ---


def test_a_simulation_trades_as_the_replay_does(
    path: PricePath, settings: Settings, expected: Mapping[str, Outcome]
) -> None:
    agree(expected, simulated(path, settings))


def test_a_simulation_with_shuffled_streams_trades_as_the_replay_does(
    path: PricePath, settings: Settings, expected: Mapping[str, Outcome]
) -> None:
    agree(expected, simulated(path, settings, shuffled=True))


def test_the_daemon_over_the_wire_trades_as_the_replay_does(
    path: PricePath, expected: Mapping[str, Outcome], tmp_path: Path
) -> None:
    agree(expected, over_the_wire(path, tmp_path))


def agree(expected: Mapping[str, Outcome], found: Mapping[str, Outcome]) -> None:
    """Fail with every difference of every account."""
    assert list(found) == list(MONEY)
    lines = [f"{a}: {line}" for a in MONEY for line in differences(expected[a], found[a])]
    assert not lines, "\n".join(lines)


# --- and that means something ---


def test_both_sides_take_profit_and_reopen_with_all_but_two_of_the_others_levels(
    expected: Mapping[str, Outcome],
) -> None:
    fills = expected[RICH].fills
    for side in (DOGE_LONG, DOGE_SHORT):
        assert closings(fills[side]) >= 3
        assert reopened(fills[side]) >= 3, "at once"
    assert closings(fills["SOLUSDT", 1]) == 1
    assert closings(fills["ADAUSDT", 2]) == 4, "the last of them by the crash"


def test_a_jump_fills_several_levels_those_that_rest_as_maker_and_the_next_beyond_it_as_taker(
    replays: Mapping[str, Replay],
) -> None:
    def at_one_moment(trades: list[Trade]) -> int:
        return max(Counter((trade.symbol, trade.side, trade.time_ms) for trade in trades).values())

    averaging = [trade for trade in replays[RICH].ledger.trades if trade.level]
    resting = [trade for trade in averaging if trade.is_maker]
    assert at_one_moment(resting) >= 3
    crossing = {(trade.symbol, trade.side, trade.time_ms) for trade in averaging if not trade.is_maker}
    assert {(t.symbol, t.side, t.time_ms) for t in resting if t.level == 1} & crossing, "level 1 rests, 2 crosses"


def test_the_deepest_level_is_reached_and_funding_is_paid_and_received(expected: Mapping[str, Outcome]) -> None:
    outcome = expected[RICH]
    assert "A08" in [fill.order for fill in outcome.fills[DOGE_LONG]]
    paid, received = outcome.funding["ADAUSDT", 2], outcome.funding["ADAUSDT", 1]
    assert len(paid) == len(received) == 1
    assert received[0] < 0 < paid[0]


def test_the_poor_lack_money_for_levels_the_rich_one_has(
    replays: Mapping[str, Replay], expected: Mapping[str, Outcome]
) -> None:
    assert not replays[RICH].engine.lacks_money
    depths = []
    for account_id in (RICH, POOR, POORER):
        fills = expected[account_id].fills[DOGE_LONG]
        depths.append(max(int(fill.order[1:]) for fill in fills))
        assert closings(fills) >= 3, "each trades to the end"
    assert depths == sorted(set(depths), reverse=True)
    assert replays[POOR].engine.lacks_money
    assert replays[POORER].engine.lacks_money


@pytest.mark.parametrize("account_id", [POOR, POORER])
@pytest.mark.parametrize("share", ["0.98", "1.02"])
def test_no_decision_about_money_is_a_close_one(
    path: PricePath, settings: Settings, expected: Mapping[str, Outcome], account_id: str, share: str
) -> None:
    found = outcome_of_replay(replayed(path, settings, account_id, MONEY[account_id] * Decimal(share)))
    assert differences(expected[account_id], replace(found, balance=expected[account_id].balance)) == []


def test_nobody_is_stopped_or_liquidated(replays: Mapping[str, Replay]) -> None:
    for replay in replays.values():
        assert replay.ledger.stop is None
        assert replay.ledger.liquidations == 0
    assert {trade.side for trade in replays[RICH].ledger.trades} == {Side.LONG, Side.SHORT}


def test_a_difference_is_told_with_its_place(expected: Mapping[str, Outcome]) -> None:
    outcome = expected[RICH]
    fills = outcome.fills[DOGE_LONG]
    dearer = fills[1]._replace(price=fills[1].price + Decimal("0.00001"))
    other = replace(outcome, fills={**outcome.fills, DOGE_LONG: [fills[0], dearer, *fills[2:]]})
    assert differences(outcome, other) == [f"fills of {DOGE_LONG}: number 1 is {dearer}, expected {fills[1]}"]
    shorter = replace(outcome, fills={**outcome.fills, DOGE_LONG: fills[:-1]})
    assert differences(outcome, shorter) == [
        f"fills of {DOGE_LONG}: number {len(fills) - 1} is None, expected {fills[-1]}"
    ]


def closings(fills: list[Fill]) -> int:
    """Return how many take-profits there are among fills."""
    return sum(1 for fill in fills if fill.order == "T00")


def reopened(fills: list[Fill]) -> int:
    """Return the most levels that a side has opened at once."""
    return max(Counter(fill.cycle for fill in fills if fill.order.startswith("E")).values())
