"""An account in dry run, from its first entry through restarts: nothing is ever sent, and everything goes on."""

import logging
from decimal import Decimal
from pathlib import Path

import pytest

from gridtrader.domain.types import Side
from gridtrader.engine.errors import CannotStart
from gridtrader.engine.ports import NewQuote
from gridtrader.paper.dry_gateway import MARK
from gridtrader.paper.funding import Settlement
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.store.errors import StoreError
from gridtrader.store.state import read_state
from gridtrader.store.status import read_status
from tests.paper.stage import SYMBOL, Stage, quote

D = Decimal


def told(last: str, **others: str) -> NewQuote:
    """Return a price as the ticker stream tells it; `bid` and `ask` are the last price unless given."""
    return NewQuote(SYMBOL, quote(last, **others))


def held(long: int, short: int) -> tuple[Decimal, ...]:
    return (D(long), D(short))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.start()
    return stage


# --- the strategy on public prices ---


def test_both_sides_open_at_the_public_price_and_are_protected(stage: Stage) -> None:
    assert stage.sizes() == held(100, 100)
    closing = {(price, qty) for _, closes, price, qty in stage.standing() if closes}
    opening = {(price, qty) for _, closes, price, qty in stage.standing() if not closes}
    assert closing == {(D("0.20123"), D(100)), (D("0.19878"), D(100))}
    assert opening == {(D("0.198"), D(200)), (D("0.202"), D(200))}
    assert stage.money == D("10000") - 2 * 100 * D("0.2") * D("0.00055"), "both entries paid the taker's fee"


def test_a_price_at_a_resting_level_averages_at_the_levels_own_price(stage: Stage) -> None:
    stage.price("0.198")
    assert stage.sizes() == held(300, 100), "SHORT has closed and opened again at the price of now"
    (row,) = [row for row in stage.venue.gateway.executions(SYMBOL, 0, 2**62) if row.is_maker and not row.closed_qty]
    assert (row.side, row.price, row.qty) == (Side.LONG, D("0.198"), D(200))


def test_a_side_that_reaches_its_take_profit_closes_with_profit_and_reopens(stage: Stage) -> None:
    before = stage.cycles()
    stage.price("0.2013")
    after = stage.cycles()
    assert after[Side.LONG] > before[Side.LONG]
    assert after[Side.SHORT] == before[Side.SHORT]
    assert stage.sizes() == held(100, 100)
    tally = stage.engine.recorder.tallies[SYMBOL]
    assert (tally.cycles_closed, tally.reopenings) == (1, 1)
    assert tally.net >= D("0.1"), "net of all fees it earned what was promised"


def test_the_exchange_sees_a_price_before_the_engine_does(stage: Stage) -> None:
    stage.clock.sleep(1)
    stage.inbox.put(told("0.198"))
    kinds = [type(event).__name__ for event in stage.inbox.drain()]
    assert kinds == ["StreamMessage", "NewQuote"]


def test_a_resting_order_waits_for_the_other_side_of_the_market(stage: Stage) -> None:
    stage.inbox.put(told("0.198", bid="0.198", ask="0.19801"))
    stage.act()
    assert stage.sizes()[0] == 100, "the ask has not come down to the level"


# --- what it leaves behind ---


def test_everything_it_writes_says_that_it_is_imagined(stage: Stage) -> None:
    status = read_status(stage.folder)
    assert status is not None and status["dry_run"] is True
    state = read_state(stage.folder / "bot_state.json").symbols
    assert state is not None and state[SYMBOL].extra["dry_run"] is True
    ids = [level.order_id for level in (*state[SYMBOL].long_positions, *state[SYMBOL].short_positions)]
    ids += [str(state[SYMBOL].long_tp_order_id), str(state[SYMBOL].short_tp_order_id)]
    assert len(ids) == 6
    assert all(order_id.startswith(MARK) for order_id in ids)
    rows = (stage.folder / "trades_history.csv").read_text().splitlines()[1:]
    assert len(rows) == 2
    assert all(f",{MARK}" in row for row in rows)


def test_commands_and_their_answers_are_in_the_log(stage: Stage) -> None:
    said = stage.diary.lines(logging.INFO)
    assert any(line.startswith("place g_DOGE_LE00_") and line.endswith(": done") for line in said)
    assert any(line.startswith(f"leverage 10 of {SYMBOL}: ") for line in said)


# --- going on ---


def test_a_restart_finds_positions_money_and_cycles_as_they_were(stage: Stage) -> None:
    stage.price("0.1979")
    stage.price("0.1985")
    before = (stage.sizes(), stage.cycles(), stage.money, stage.standing())
    stage.restart()
    sizes, cycles, money, standing = before
    assert stage.sizes() == sizes == held(300, 100)
    assert (stage.cycles(), stage.money) == (cycles, money)
    assert {order[1:] for order in stage.standing()} == {order[1:] for order in standing}, "all is placed anew"
    executions = [row.exec_id for row in stage.venue.gateway.executions(SYMBOL, 0, 2**62)]
    assert len(set(executions)) == len(executions)
    assert stage.diary.lines(logging.WARNING) == []


def test_after_many_restarts_it_still_trades(stage: Stage) -> None:
    for last in ("0.198", "0.1961", "0.1985", "0.2013", "0.2034", "0.2005"):
        stage.price(last)
        stage.restart()
    assert not stage.engine.emergency_stopped
    assert all(stage.sizes())
    opening = [name for name, closes, _, _ in stage.standing() if not closes]
    closing = [name for name, closes, _, _ in stage.standing() if closes]
    assert len(closing) == 2 and len(opening) >= 2


def test_an_order_that_was_passed_while_nothing_ran_fills_at_its_own_price(stage: Stage) -> None:
    stage.stop()
    stage.market.prices[SYMBOL] = "0.197"
    stage.clock.sleep(60)
    stage.start()
    fills = [row for row in stage.venue.gateway.executions(SYMBOL, 0, 2**62) if row.side is Side.LONG]
    assert [(row.price, row.qty) for row in fills[:2]] == [(D("0.2"), D(100)), (D("0.198"), D(200))]
    assert stage.engine.book.symbols[SYMBOL].executed_levels(Side.LONG) == 2


def test_a_process_that_dies_between_exchange_and_journal_restores_all_the_same(stage: Stage) -> None:
    stage.clock.sleep(1)
    stage.inbox.put(told("0.198"))
    stage.inbox.drain()  # the exchange has filled and written it; the engine never hears of it
    stage.market.prices[SYMBOL] = "0.198"
    stage.restart()
    assert stage.sizes() == held(300, 100)
    assert stage.engine.book.symbols[SYMBOL].executed_levels(Side.LONG) == 2


def test_a_clock_that_was_set_back_does_not_turn_time_back(stage: Stage) -> None:
    stage.stop()
    stage.clock.now -= 7_200_000
    stage.start()
    stage.price("0.198")
    assert stage.sizes() == held(300, 100)


def test_a_second_symbol_joins_a_running_dry_run(stage: Stage) -> None:
    stage.price("0.198")
    stage.stop()
    stage.symbols = (SYMBOL, "SOLUSDT")
    stage.market.prices["SOLUSDT"] = "160"
    stage.start()
    assert stage.sizes() == held(300, 100)
    assert all(stage.sizes("SOLUSDT"))
    stage.restart()
    assert stage.sizes() == held(300, 100)
    assert all(stage.sizes("SOLUSDT"))


def test_new_fee_rates_hold_from_the_next_start_on(stage: Stage) -> None:
    stage.stop()
    stage.fees = type(stage.fees)(maker=D(0), taker=D("0.001"))
    stage.start()
    stage.price("0.198")
    fee = {row.is_maker: row.fee / (row.price * row.qty) for row in stage.venue.gateway.executions(SYMBOL, 0, 2**62)}
    assert fee == {True: D(0), False: D("0.001")}
    stage.restart()
    assert stage.sizes() == held(300, 100)


def test_the_balance_of_the_configuration_is_that_of_the_beginning_only(stage: Stage) -> None:
    before = stage.money
    stage.balance = "5"
    stage.restart()
    assert stage.money == before


# --- funding ---


def test_funding_is_settled_at_the_published_rate(stage: Stage) -> None:
    stage.price("0.198")
    before = stage.money
    stage.settle("0.001")
    stage.price("0.198", after_s=0)
    assert stage.money == before - 200 * D("0.198") * D("0.001"), "LONG pays for 300, SHORT receives for 100"
    stage.price("0.198", after_s=30)
    assert stage.engine.recorder.tallies[SYMBOL].funding == 200 * D("0.198") * D("0.001"), "once"


def test_settlements_before_the_first_start_are_nobodys_business(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.market.settled = [Settlement(stage.clock.now_ms() - 1, D("0.01"))]
    stage.start()
    stage.restart()
    assert stage.venue.gateway.executions(SYMBOL, 0, 2**62)[-1].kind.value == "trade"


def test_settlements_missed_while_nothing_ran_are_made_up_for_once(stage: Stage) -> None:
    stage.price("0.198")
    stage.stop()
    stage.settle("0.001", hours=8)
    stage.settle("0.002", hours=8)
    stage.start()
    stage.restart(after_s=7200)
    funding = [row for row in stage.venue.gateway.executions(SYMBOL, 0, 2**62) if row.kind.value == "funding"]
    assert [(row.side.name, row.fee) for row in funding] == [
        ("LONG", 300 * D("0.198") * D("0.001")),
        ("SHORT", -100 * D("0.198") * D("0.001")),
        ("LONG", 300 * D("0.198") * D("0.002")),
        ("SHORT", -100 * D("0.198") * D("0.002")),
    ]


def test_rates_that_cannot_be_asked_for_are_asked_for_later_and_nothing_stops(stage: Stage) -> None:
    stage.settle("0.001")
    stage.market.is_down = True
    stage.price("0.2", after_s=0)
    stage.price("0.2", after_s=15)
    assert sum("funding is not settled" in line for line in stage.diary.lines(logging.WARNING)) == 1
    stage.market.is_down = False
    stage.price("0.2", after_s=80)
    assert [row.kind.value for row in stage.venue.gateway.executions(SYMBOL, 0, 2**62)][-2:] == ["funding", "funding"]


# --- trouble ---


def test_a_disk_that_takes_nothing_refuses_commands_and_stops_the_market_not_the_account(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError(stage.folder / "exchange.jsonl", "cannot be written")

    standing = stage.standing()
    with monkeypatch.context() as full:
        full.setattr(type(stage.venue.file), "write", refuse)
        stage.venue.exchange.record(stage.venue.file.write)
        stage.price("0.198")
        stage.price("0.199")
        assert stage.sizes() == held(100, 100)
        assert stage.standing() == standing
        said = [line for line in stage.diary.lines(logging.CRITICAL) if "market stands still" in line]
        assert len(said) == 1
    stage.venue.exchange.record(stage.venue.file.write)
    stage.price("0.198")
    assert stage.sizes() == held(300, 100)
    stage.restart()
    assert stage.sizes() == held(300, 100)
    assert not stage.engine.emergency_stopped


def test_without_public_data_it_does_not_start_and_is_tried_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.market.is_down = True
    with pytest.raises(CannotStart, match="the exchange cannot be read: no route to host") as caught:
        stage.start()
    assert caught.value.is_passing


def test_a_symbol_the_exchange_does_not_have_is_named(tmp_path: Path) -> None:
    stage = Stage(tmp_path, symbols=["NOSUCHUSDT"])
    with pytest.raises(CannotStart, match="symbol NOSUCHUSDT: the exchange does not know it") as caught:
        stage.start()
    assert not caught.value.is_passing


def test_a_contract_that_does_not_trade_is_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.market.changes = {"status": "PreLaunch"}
    with pytest.raises(CannotStart, match=f"symbol {SYMBOL} is not trading"):
        stage.start()


def test_a_contract_whose_figures_change_keeps_those_it_began_with_and_says_so(stage: Stage) -> None:
    stage.price("0.198")
    stage.market.changes = {"priceFilter": {"minPrice": "0.001", "maxPrice": "19.9", "tickSize": "0.001"}}
    stage.restart()
    assert stage.sizes() == held(300, 100)
    assert any("has changed this contract's figures" in line for line in stage.diary.lines(logging.WARNING))


def test_a_damaged_file_is_told_with_its_line_and_a_remedy(stage: Stage) -> None:
    stage.stop()
    path = stage.folder / "exchange.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[4] = lines[4].replace(b"DOGE", b"DOGS")
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(
        CannotStart, match=r"exchange\.jsonl: line 5: .*; move the folder away, and the dry run begins"
    ):
        stage.start()


def test_a_file_about_other_prices_is_refused_and_left_as_it_was(stage: Stage) -> None:
    stage.stop()
    before = (stage.folder / "exchange.jsonl").read_bytes()
    stage.venue_name = "dry run, embedded"
    stage.market.prices[SYMBOL] = "0.1"
    with pytest.raises(CannotStart, match="tells of trading on 'dry run', this is 'dry run, embedded'"):
        stage.start()
    assert (stage.folder / "exchange.jsonl").read_bytes() == before


def test_a_process_that_dies_with_a_command_half_done_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Exchange, "create_order", die)
        with pytest.raises(KeyboardInterrupt):
            stage.price("0.2013")  # LONG closes, and its next entry is written down, not done
    stage.restart()
    assert stage.sizes() == held(100, 100), "the entry was done when the file was told again, and not a second time"
    assert not stage.engine.emergency_stopped
    assert len(set(stage.cycles().values())) == 2, "LONG is in a cycle of its own"
    stage.restart()
    assert stage.sizes() == held(100, 100)


def test_a_file_written_under_other_rules_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.price("0.198")
    stage.stop()
    monkeypatch.setattr(
        "gridtrader.paper.calls.wallet_balance", lambda exchange: exchange.ledger(1)[-1].cash_balance + 1
    )
    with pytest.raises(CannotStart, match="the rules of the exchange have changed"):
        stage.start()
