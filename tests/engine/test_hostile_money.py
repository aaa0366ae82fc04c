"""Balances that are late, stale, or not to be had: no margin is spent twice or counted twice (S6, R1, R4)."""

import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gridtrader.domain.types import Wallet
from gridtrader.engine.ports import Outcome, StreamMessage, Unknown, Unreachable
from tests.engine.hostile import D, executed, is_opening, meddle, opened, run_for, sent, tell, without
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy

BOTH = {"DOGEUSDT": "0.2", "SOLUSDT": "150"}


def warnings(table: Table) -> list[str]:
    return [record.getMessage() for record in table.diary.records if record.levelno == logging.WARNING]


def cannot_be_read(*_: object) -> Any:
    raise Unreachable("timeout")


# --- counted once ---


def test_an_order_only_the_execution_stream_tells_of_is_not_counted_as_spent_for_ever() -> None:
    table = opened(usdt="40", buffer_percent=D(0))
    for price in ("0.199", "0.198", "0.197"):
        table.desk.shuffle = without("order", "A0")
        table.price("DOGEUSDT", price)
    table.desk.shuffle = list
    table.wait(200_000)
    available = table.exchange.wallet(UID).total_available
    assert available > 8
    last = warnings(table)[-1]
    assert "level 4" in last
    assert f"free {available:.8f} of available {available:.8f}" in last


def show_balances_late(table: Table, lag_ms: int) -> None:
    """Let the stream tell no balance, and REST that of `lag_ms` ago under the time of its answer."""
    history: list[tuple[int, Wallet]] = [(0, table.desk.wallet())]
    real = table.desk.wallet

    def observe(messages: list[StreamMessage]) -> list[StreamMessage]:
        history.append((table.clock.now, real()))
        return [message for message in messages if message.topic != "wallet"]

    def wrap(_: Callable[..., Any]) -> Callable[..., Any]:
        def wallet() -> Wallet:
            now = table.clock.now
            content = [seen for at, seen in history if at <= now - lag_ms][-1] if lag_ms else real()
            return content._replace(at_ms=now + 1)

        return wallet

    table.desk.shuffle = observe
    meddle(table.desk, "wallet", wrap)


@pytest.mark.parametrize("lag_ms", [0, 300, 600, 900])
@pytest.mark.parametrize("between_ms", [50, 500])
def test_a_balance_that_rest_shows_late_is_not_spent_twice(lag_ms: int, between_ms: int) -> None:
    """Two symbols fill one after the other; there is money for the next level of the first only."""
    table = opened(strategy(), strategy("SOLUSDT"), usdt="28", prices=BOTH, buffer_percent=D(25))
    show_balances_late(table, lag_ms)
    run_for(table, 6_000)
    tell(table, {"DOGEUSDT": "0.199"})
    run_for(table, 250 + between_ms)
    assert len(sent(table, "place", "_DOGE_.A02_")) == 2
    tell(table, {"SOLUSDT": "149.2"})
    run_for(table, 3_000)
    table.wait(15_000)
    assert sent(table, "place", "_SOL_.A02_") == []
    (warning,) = warnings(table)
    assert "SOLUSDT level 2 (both sides): margin 4.9" in warning
    wallet = table.exchange.wallet(UID)
    assert wallet.total_available >= D("0.25") * wallet.total_margin_balance
    assert table.broken_laws() == []


# --- said once per change of situation ---


def test_a_level_that_does_not_fit_is_told_of_once_for_each_time_the_ladder_has_changed() -> None:
    table = opened(strategy(), strategy("SOLUSDT"), usdt="20", prices=BOTH)
    dice = random.Random(2)
    market = {"DOGEUSDT": 0.2, "SOLUSDT": 150.0}
    told: Counter[tuple[int, str]] = Counter()
    end, heard = table.clock.now + 2_000_000, 0
    while table.clock.now < end:
        symbol = dice.choice(sorted(market))
        market[symbol] *= 1 + dice.gauss(0, 0.0008)
        tell(table, {"DOGEUSDT": f"{market['DOGEUSDT']:.5f}", "SOLUSDT": f"{market['SOLUSDT']:.2f}"})
        run_for(table, 8_000)
        lines = warnings(table)
        fills = len(executed(table))
        told.update((fills, line.split(":")[0]) for line in lines[heard:])
        heard = len(lines)
    assert told, "there is too little money at times"
    assert max(told.values()) == 1
    assert len(executed(table)) > 12


def test_money_drawn_out_behind_the_bots_back_leaves_both_legs_of_a_level_or_none() -> None:
    table = opened(usdt="24", buffer_percent=D(0))
    table.exchange.transfer(UID, D(-10), table.clock.now)
    table.exchange.drain()
    table.desk.shuffle = without("wallet")
    table.price("DOGEUSDT", "0.199")
    assert len(sent(table, "place", "_.A02_")) == 2, "by what was heard last, there was enough"
    assert len(sent(table, "cancel", "_LA02_")) == 1, "SHORT's leg was refused"
    assert not [name for name in table.open_names() if "A02" in name]
    (warning, *_) = warnings(table)
    assert "level 2 (SHORT): refused by the exchange" in warning
    assert "110007" in warning
    table.desk.shuffle = list
    table.wait(20_000)
    assert not table.engine.emergency_stopped
    assert table.broken_laws() == []


# --- a balance that is not to be had (R1, R4) ---


def fall_without_a_balance(table: Table, seconds: int) -> int | None:
    """Let the market fall while no balance can be read; returns after how many ms the account stopped."""
    table.desk.shuffle = without("wallet")
    meddle(table.desk, "wallet", lambda real: cannot_be_read)
    began, price = table.clock.now, float(table.exchange.quote("DOGEUSDT").last)
    while table.clock.now < began + seconds * 1_000:
        price *= 0.99965
        tell(table, {"DOGEUSDT": f"{price:.5f}"})
        run_for(table, 2_000)
        if table.engine.emergency_stopped:
            return table.clock.now - began
    return None


def test_a_risk_rate_nobody_can_read_stops_the_account_within_about_a_minute() -> None:
    table = opened(strategy(max_level=2), usdt="21", mm_threshold=D("0.3"))
    table.walk("DOGEUSDT", ["0.199", "0.198", "0.197"])
    rate = table.exchange.wallet(UID).mm_rate
    assert rate < D("0.15"), "far from the limit when it was last heard"
    stopped_after = fall_without_a_balance(table, 600)
    assert stopped_after is not None
    assert 45_000 <= stopped_after <= 80_000
    assert "balance cannot be read" in table.archive.emergencies[0]["reason"]
    assert table.exchange.wallet(UID).mm_rate < D("0.3"), "in time"


def test_a_balance_that_cannot_be_read_near_the_limit_stops_the_account_in_seconds() -> None:
    table = opened(strategy(max_level=2), usdt="21", mm_threshold=D("0.16"))
    for price in ("0.199", "0.198", "0.197"):
        table.price("DOGEUSDT", price)
        table.wait(3_000)
    assert table.exchange.wallet(UID).mm_rate >= D("0.08")
    stopped_after = fall_without_a_balance(table, 600)
    assert stopped_after is not None
    assert stopped_after <= 20_000


def test_a_balance_that_cannot_be_read_for_half_a_minute_stops_nothing() -> None:
    table = opened(strategy(max_level=2), usdt="21", mm_threshold=D("0.5"))
    table.walk("DOGEUSDT", ["0.199", "0.198", "0.197"])
    real = table.desk.wallet
    assert fall_without_a_balance(table, 30) is None
    meddle(table.desk, "wallet", lambda _: real)
    table.desk.shuffle = list
    table.wait(130_000)
    assert not table.engine.emergency_stopped, table.engine.stop_reason
    assert table.broken_laws() == []


def test_a_balance_that_grew_old_while_a_command_waited_for_its_answer_pays_for_nothing() -> None:
    table = opened()
    ages: list[int] = []
    slow: list[str] = []

    def slowly(command: str, name: str) -> Outcome | None:
        if command == "place" and is_opening(name):
            ages.append(table.clock.now - table.engine.book.wallet_heard_ms)
        if command == "amend" and "_LT" in name and not slow:
            slow.append(name)
            table.clock.now += 10_000
            return Unknown("no complete answer within 10 s")
        return None

    table.desk.before = slowly
    table.price("DOGEUSDT", "0.199")  # LONG fills level 1: its take-profit is moved, and level 2 placed on both sides
    table.wait(20_000)
    assert slow
    assert len(ages) >= 2
    assert max(ages) <= 5_000
    assert sent(table, "place", "A02") == ["g_DOGE_LA02_eh20x_0", "g_DOGE_SA02_eh20x_0"]


def test_a_ladder_that_waits_for_the_balance_is_as_large_as_the_price_says_when_it_opens() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.engine.start()
    table.clock.now += 6_000  # the balance has grown too old to decide (S6), and no other is told
    table.desk.is_down = True
    tell(table, {"DOGEUSDT": "0.2"})
    table.engine.step()
    assert [record["kind"] for record in table.archive.records].count("ladder") == 1
    table.clock.now += 1_500
    table.desk.is_down = False
    tell(table, {"DOGEUSDT": "0.21"})
    table.rest()
    assert table.sizes("DOGEUSDT") == (D(119), D(119)), "25 USDT at 0.21"
    assert table.broken_laws() == []
