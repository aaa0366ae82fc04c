"""Funding: who pays, where it shows, and with which sign."""

import pytest

from gridtrader.simulator.core.model import Executed
from tests.simulator.core.venue import BTC, COIN, LONG, SHORT, UID, D, Venue


@pytest.mark.parametrize(
    ("idx", "rate", "paid"),
    [(LONG, "0.0001", "0.1"), (LONG, "-0.0001", "-0.1"), (SHORT, "0.0001", "-0.1"), (SHORT, "-0.0001", "0.1")],
)
def test_the_long_side_pays_while_the_rate_is_positive(idx: int, rate: str, paid: str) -> None:
    venue = Venue()
    venue.order("Buy" if idx == LONG else "Sell", "10", idx=idx)
    venue.quote("100.00", "100.01", mark="100.00")
    balance, leg = venue.wallet().wallet_balance, venue.leg(idx)
    venue.exchange.settle_funding(COIN, D(rate), venue.now)
    assert venue.wallet().wallet_balance == balance - D(paid)
    assert venue.leg(idx).cur_realised_pnl == leg.cur_realised_pnl - D(paid)
    assert venue.leg(idx).cum_realised_pnl == leg.cum_realised_pnl - D(paid)
    assert venue.exchange.executions(UID)[-1].fee == D(paid)
    assert venue.exchange.ledger(UID)[-1].funding == -D(paid)


def test_funding_is_reckoned_at_the_mark_price() -> None:
    venue = Venue()
    venue.quote("65000", "65000.1", symbol=BTC)
    venue.order("Buy", "0.010", "65000.1", symbol=BTC)
    venue.quote("65099", "65100", mark="65100.00", symbol=BTC)
    venue.exchange.settle_funding(BTC, D("0.0001"), venue.now)
    row = venue.exchange.ledger(UID)[-1]
    assert (row.type, row.funding, row.change, row.fee) == ("SETTLEMENT", D("-0.0651"), D("-0.0651"), D(0))
    assert (row.qty, row.size, row.price, row.fee_rate) == (D("0.010"), D("0.010"), D("65100"), D("0.0001"))
    assert row.cash_balance == venue.wallet().wallet_balance


def test_the_execution_of_funding_looks_like_none_of_an_order() -> None:
    venue = Venue()
    venue.order("Sell", "10", idx=SHORT)
    venue.events()
    venue.exchange.settle_funding(COIN, D("0.0001"), venue.now)
    event = venue.events()[0]
    assert isinstance(event, Executed)
    execution = event.executions[0]
    assert (execution.exec_type, execution.order_type, execution.create_type) == ("Funding", "UNKNOWN", "")
    assert (execution.order_qty, execution.order_price, execution.leaves_qty) == (D(0), D(0), D(0))
    assert (execution.side, execution.qty, execution.price) == ("Sell", D(10), D("99.99"))
    assert (execution.closed_size, execution.exec_pnl, execution.is_maker) == (D(0), D(0), False)
    assert venue.exchange.find_order(UID, order_id=execution.order_id) is None


def test_the_transaction_log_shows_the_rate_negated_for_a_short_position() -> None:
    venue = Venue()
    venue.order("Sell", "10", idx=SHORT)
    venue.exchange.settle_funding(COIN, D("0.0001"), venue.now)
    row = venue.exchange.ledger(UID)[-1]
    assert (row.side, row.fee_rate, row.size) == ("Sell", D("-0.0001"), D(-10))


def test_equal_legs_pay_and_receive_the_same() -> None:
    venue = Venue()
    venue.order("Buy", "10", idx=LONG)
    venue.order("Sell", "10", idx=SHORT)
    balance = venue.wallet().wallet_balance
    venue.exchange.settle_funding(COIN, D("0.0003"), venue.now)
    assert venue.wallet().wallet_balance == balance
    assert [execution.exec_type for execution in venue.exchange.executions(UID)[-2:]] == ["Funding", "Funding"]


def test_who_holds_nothing_or_nothing_any_more_hears_nothing() -> None:
    venue = Venue()
    venue.order("Buy", "10")
    venue.order("Sell", "10")
    venue.order("Buy", "10", "95.00")
    venue.events()
    venue.exchange.settle_funding(COIN, D("0.0001"), venue.now)
    assert venue.events() == []


def test_funding_can_be_what_liquidates_an_account() -> None:
    venue = Venue("200")
    venue.order("Buy", "15", "100.00")
    edge = venue.leg().liq_price
    assert edge is not None
    venue.quote(str(edge + D("0.01")), str(edge + D("0.02")))
    assert venue.leg().size == 15
    venue.exchange.settle_funding(COIN, D("0.0005"), venue.now)
    assert venue.leg().size < 15
