"""What an account can look up afterwards: fills, transaction log, closed profit, positions."""

from decimal import Decimal
from itertools import pairwise

import pytest

from tests.simulator.core.venue import COIN, LONG, SHORT, UID, D, Venue, instrument

TAKER = D("0.00055")


def test_every_row_of_the_log_adds_up_and_so_does_the_log() -> None:
    venue = Venue()
    venue.order("Buy", "10", "100.00")
    venue.quote("103.00", "103.01")
    venue.exchange.settle_funding(COIN, D("0.0001"), venue.now)
    venue.order("Sell", "4")
    rows = venue.exchange.ledger(UID)
    assert [row.type for row in rows] == ["TRANSFER_IN", "TRADE", "SETTLEMENT", "TRADE"]
    for before, row in pairwise(rows):
        assert row.change == row.cash_flow + row.funding - row.fee
        assert row.cash_balance == before.cash_balance + row.change
    assert sum(row.change for row in rows) == venue.wallet().wallet_balance
    last = rows[-1]
    assert (last.cash_flow, last.size, last.side, last.qty) == (D(12), D(6), "Sell", D(4))
    assert last.trade_id == venue.exchange.executions(UID)[-1].exec_id
    assert len({row.id for row in rows}) == len(rows)


def test_the_log_shows_a_short_position_with_a_negative_size() -> None:
    venue = Venue()
    venue.order("Sell", "10", idx=SHORT)
    venue.order("Buy", "3", idx=SHORT)
    assert [row.size for row in venue.exchange.ledger(UID)[1:]] == [D(-10), D(-7)]


def test_the_entry_is_the_weighted_average_of_opening_fills() -> None:
    venue = Venue()
    venue.order("Buy", "1", "100.00")
    venue.order("Buy", "2", "99.00")
    venue.quote("98.99", "99.00")
    assert venue.leg().entry_price == D("99.33333333")
    assert venue.leg().value == 298
    venue.order("Sell", "1")
    assert venue.leg().entry_price == D("99.33333333")


def test_a_cycle_realises_exactly_what_was_sold_minus_what_was_bought() -> None:
    venue = Venue()
    for price in ("100.00", "99.00", "98.00"):
        venue.order("Buy", "0.7", price)
    venue.quote("97.99", "98.00")
    for qty, price in (("0.1", "98.01"), ("0.5", "98.77"), ("1.5", "99.13")):
        venue.quote(price, str(D(price) + D("0.01")))
        venue.order("Sell", qty)
    bought = D("0.7") * (100 + 99 + 98)
    sold = D("0.1") * D("98.01") + D("0.5") * D("98.77") + D("1.5") * D("99.13")
    executions = venue.exchange.executions(UID)
    assert sum(execution.exec_pnl for execution in executions) == sold - bought
    assert venue.wallet().wallet_balance == 10000 + sold - bought - sum(execution.fee for execution in executions)


@pytest.mark.parametrize(
    ("idx", "opening", "closing", "sign"), [(LONG, "Buy", "Sell", 1), (SHORT, "Sell", "Buy", -1)]
)
def test_a_closing_fill_tells_what_it_closed_and_what_that_earned(
    idx: int, opening: str, closing: str, sign: int
) -> None:
    venue = Venue()
    venue.order(opening, "10", idx=idx)
    entry = venue.leg(idx).entry_price
    venue.quote("103.00", "103.00")
    venue.order(closing, "4", idx=idx)
    opened, closed = venue.exchange.executions(UID)
    assert (opened.closed_size, opened.exec_pnl) == (D(0), D(0))
    assert (closed.closed_size, closed.exec_pnl) == (D(4), sign * 4 * (103 - entry))


def test_realised_profit_of_a_leg_counts_fees_and_starts_anew_with_the_next_position() -> None:
    venue = Venue()
    venue.order("Buy", "10", "100.00")
    assert venue.leg().cur_realised_pnl == -1000 * TAKER
    venue.quote("103.00", "103.00")
    venue.order("Sell", "10")
    first = 30 - 1000 * TAKER - 1030 * TAKER
    assert (venue.leg().cur_realised_pnl, venue.leg().cum_realised_pnl) == (first, first)
    venue.order("Buy", "10")
    assert venue.leg().cur_realised_pnl == -1030 * TAKER
    assert venue.leg().cum_realised_pnl == first - 1030 * TAKER
    assert venue.wallet().cum_realised_pnl == first - 1030 * TAKER


def test_closed_profit_has_one_row_per_closing_order_net_of_its_share_of_fees() -> None:
    venue = Venue()
    venue.order("Buy", "10", "100.00")
    order = venue.order("Sell", "4", "103.00")
    venue.quote("103.00", "103.01", size="1")
    venue.quote("103.00", "103.01", size="3")
    (row,) = venue.exchange.closed_pnl(UID)
    assert (row.order_id, row.side, row.qty, row.closed_size, row.fill_count) == (
        order.order_id,
        "Sell",
        D(4),
        D(4),
        2,
    )
    assert (row.cum_entry_value, row.cum_exit_value) == (D(400), D(412))
    assert (row.avg_entry_price, row.avg_exit_price) == (D(100), D(103))
    assert (row.open_fee, row.close_fee) == (400 * TAKER, 412 * D("0.0002"))
    assert row.closed_pnl == 12 - row.open_fee - row.close_fee
    assert venue.now_of(order).closed_pnl == row.closed_pnl
    assert row.leverage == 10
    assert row.created_time < row.updated_time


def test_the_shares_of_the_opening_fees_add_up_to_the_opening_fees() -> None:
    venue = Venue()
    venue.order("Buy", "0.7", "100.00")
    paid = venue.exchange.executions(UID)[0].fee
    for qty in ("0.1", "0.2", "0.4"):
        venue.order("Sell", qty)
    rows = venue.exchange.closed_pnl(UID)
    assert sum(row.open_fee for row in rows) == paid
    earned = sum((row.closed_pnl for row in rows), Decimal(0))
    assert earned == venue.wallet().wallet_balance - 10000


def test_opening_orders_have_no_row_of_closed_profit() -> None:
    venue = Venue()
    venue.order("Buy", "10")
    venue.order("Sell", "10", idx=SHORT)
    assert venue.exchange.closed_pnl(UID) == []


def test_an_order_sums_up_its_fills() -> None:
    venue = Venue()
    venue.quote("99.99", "100.00", size="4")
    order = venue.order("Buy", "10", "100.02")
    assert order.cum_exec_value == D("400") + D("400.04") + D("200.04")
    assert order.cum_exec_fee == order.cum_exec_value * TAKER
    assert order.avg_price == order.cum_exec_value / 10
    assert venue.order("Buy", "1", "95.00").avg_price is None


def test_times_say_when_a_position_was_opened_and_last_changed() -> None:
    venue = Venue()
    venue.order("Buy", "1")
    opened = venue.now
    venue.order("Buy", "1")
    leg = venue.leg()
    assert (leg.created_time, leg.open_time, leg.updated_time) == (opened, opened, venue.now)
    venue.order("Sell", "2")
    assert (venue.leg().open_time, venue.leg().side, venue.leg().entry_price) == (0, "", D(0))


def test_flat_legs_need_nothing_and_say_so() -> None:
    leg = Venue().leg(SHORT)
    assert (leg.side, leg.size, leg.seq, leg.liq_price, leg.break_even_price) == ("", D(0), -1, None, None)
    assert (leg.initial_margin, leg.maintenance_margin, leg.unrealised_pnl) == (D(0), D(0), D(0))


def test_small_prices_are_averaged_with_more_decimals() -> None:
    tiny = instrument(tick_size=D("0.0000001"), min_price=D("0.0000001"), qty_step=D(100), min_qty=D(100))
    venue = Venue(contract=tiny)
    venue.quote("0.0120000", "0.0120001")
    venue.order("Buy", "1000")
    venue.quote("0.0120001", "0.0120002")
    venue.order("Buy", "2000")
    assert venue.leg().entry_price == D("0.0120001667")
