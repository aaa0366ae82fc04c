"""Laws that hold after every step of any script."""

from collections import Counter
from decimal import Decimal

from hypothesis import given, settings

from gridtrader.simulator.core.margin import OrderTerms
from gridtrader.simulator.core.model import (
    Event,
    Executed,
    Options,
    Order,
    OrderChanged,
    OrderStatus,
    PositionChanged,
)
from tests.simulator.core.scripts import UIDS, Stage, Step, scripts
from tests.simulator.core.venue import COIN, D

ACTIVE = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
SIGN = {"Buy": 1, "Sell": -1}
laws = settings(max_examples=60, deadline=None)
POOR = "60"
"""So little money that scripts run into refusals and liquidations."""


def active(stage: Stage, uid: int) -> list[Order]:
    return [order for order in stage.exchange.open_orders(uid) if order.status in ACTIVE]


def check_money(stage: Stage, uid: int) -> None:
    exchange = stage.exchange
    balance, executions = exchange.wallet(uid).wallet_balance, exchange.executions(uid)
    earned = sum((execution.exec_pnl for execution in executions), Decimal(0))
    paid = sum((execution.fee for execution in executions), Decimal(0))
    assert balance == D(stage.usdt) + earned - paid
    assert balance == sum(row.change for row in exchange.ledger(uid))
    assert exchange.wallet(uid).cum_realised_pnl == balance - D(stage.usdt)
    legs = sum((leg.cum_realised_pnl for leg in exchange.positions(uid, COIN)), Decimal(0))
    assert legs == exchange.wallet(uid).cum_realised_pnl


def check_market_value(stage: Stage, uid: int) -> None:
    """Fees aside, equity is what was sold minus what was bought plus what the open positions are worth."""
    exchange, mark = stage.exchange, stage.exchange.quote(COIN).mark
    trades = [execution for execution in exchange.executions(uid) if execution.exec_type != "Funding"]
    flow = sum((-SIGN[trade.side] * trade.value for trade in trades), Decimal(0))
    held = sum((SIGN.get(leg.side, 0) * leg.size * mark for leg in exchange.positions(uid, COIN)), Decimal(0))
    paid = sum((execution.fee for execution in exchange.executions(uid)), Decimal(0))
    assert exchange.wallet(uid).equity == D(stage.usdt) + flow + held - paid


def check_positions(stage: Stage, uid: int) -> None:
    for leg, side in zip(stage.exchange.positions(uid, COIN), ("Buy", "Sell"), strict=True):
        fills = [
            execution.qty * SIGN[execution.side] * SIGN[side]
            for execution in stage.exchange.executions(uid)
            if execution.position_idx == leg.position_idx and execution.exec_type != "Funding"
        ]
        assert leg.size == sum(fills, Decimal(0))
        assert leg.size >= 0
        assert leg.side == (side if leg.size else "")


def check_orders(stage: Stage, uid: int) -> None:
    legs = {leg.position_idx: leg for leg in stage.exchange.positions(uid, COIN)}
    for idx, closing in ((1, "Sell"), (2, "Buy")):
        closers = [order for order in active(stage, uid) if (order.position_idx, order.side) == (idx, closing)]
        assert all(order.reduce_only for order in closers)
        assert sum(order.leaves_qty for order in closers) <= legs[idx].size
    for order in active(stage, uid):
        assert order.leaves_qty > 0
        assert order.cum_exec_qty + order.leaves_qty == order.qty
    for order in stage.exchange.closed_orders(uid):
        assert order.leaves_qty == 0
        assert order.cum_exec_qty == order.qty or order.status is not OrderStatus.FILLED


def check_fills(stage: Stage, uid: int) -> None:
    """What orders say they executed is what their executions say."""
    filled: Counter[str] = Counter()
    for execution in stage.exchange.executions(uid):
        if execution.exec_type != "Funding":
            filled[execution.order_id] += execution.qty  # type: ignore[assignment]
    for order in (*stage.exchange.open_orders(uid), *stage.exchange.closed_orders(uid)):
        assert order.cum_exec_qty == filled[order.order_id]


def check_order_margin(stage: Stage, uid: int) -> None:
    """The sums kept while orders come and go give the margin of the orders that are there."""
    total = Decimal(0)
    for side, idx in (("Buy", 1), ("Sell", 2)):
        openers = [order for order in active(stage, uid) if (order.side, order.position_idx) == (side, idx)]
        value = sum((order.leaves_qty * order.price for order in openers), Decimal(0))
        leg = stage.exchange.positions(uid, COIN)[idx - 1]
        if value:
            total += OrderTerms(SIGN[side], leg.leverage, D("0.00055")).initial(value)
    assert stage.exchange.wallet(uid).order_im == total


def check_all(stage: Stage) -> None:
    for uid in UIDS:
        for check in (
            check_money,
            check_market_value,
            check_positions,
            check_orders,
            check_fills,
            check_order_margin,
        ):
            check(stage, uid)


@laws
@given(script=scripts())
def test_money_positions_and_orders_agree_after_every_step(script: list[Step]) -> None:
    stage = Stage()
    stage.play(script, lambda _: check_all(stage))


@laws
@given(script=scripts(far=1500))
def test_they_agree_as_well_when_accounts_are_poor_and_prices_are_wild(script: list[Step]) -> None:
    stage = Stage(POOR, leverage="50")

    def after(step: Step) -> None:
        check_all(stage)
        for uid in UIDS:
            wallet = stage.exchange.wallet(uid)
            if step.act in ("quote", "funding") and stage.exchange.open_symbols(uid):
                assert wallet.total_maintenance_margin < wallet.total_margin_balance

    stage.play(script, after)


@laws
@given(script=scripts())
def test_nothing_rests_within_reach_of_a_market_with_endless_size(script: list[Step]) -> None:
    stage = Stage()

    def after(step: Step) -> None:
        quote = stage.exchange.quote(COIN)
        for uid in UIDS if quote.ask_size is None and step.act == "quote" else ():
            for order in active(stage, uid):
                assert order.price < quote.ask if order.side == "Buy" else order.price > quote.bid

    stage.play(script, after)


@laws
@given(script=scripts())
def test_a_refused_command_changes_nothing(script: list[Step]) -> None:
    stage = Stage(POOR, leverage="50")
    for step in script:
        stage.exchange.drain()
        before = [_known(stage, uid) for uid in UIDS]
        if not stage.play_step(step):
            assert stage.exchange.drain() == []
            assert [_known(stage, uid) for uid in UIDS] == before


def _known(stage: Stage, uid: int) -> tuple[object, ...]:
    exchange = stage.exchange
    history = (len(exchange.closed_orders(uid)), len(exchange.executions(uid)), len(exchange.ledger(uid)))
    return (exchange.wallet(uid), exchange.positions(uid, COIN), list(exchange.open_orders(uid)), history)


@laws
@given(script=scripts())
def test_the_events_alone_tell_positions_orders_and_fills(script: list[Step]) -> None:
    stage = Stage()
    stage.play(script)
    events = stage.exchange.drain()
    for uid in UIDS:
        mine: list[Event] = [event for event in events if event.uid == uid]
        orders = {event.order.order_id: event.order for event in mine if isinstance(event, OrderChanged)}
        working = {key: order for key, order in orders.items() if not order.status.is_final}
        assert working == {order.order_id: order for order in stage.exchange.open_orders(uid)}
        fills = [execution for event in mine if isinstance(event, Executed) for execution in event.executions]
        assert fills == list(stage.exchange.executions(uid))
        sizes = [[leg.size for leg in event.legs] for event in mine if isinstance(event, PositionChanged)]
        now = [leg.size for leg in stage.exchange.positions(uid, COIN)]
        assert (sizes[-1] if sizes else [0, 0]) == now


@laws
@given(script=scripts(far=1500))
def test_the_same_script_on_the_same_seed_gives_the_same_events_bit_for_bit(script: list[Step]) -> None:
    def told(seed: int) -> list[Event]:
        stage = Stage(POOR, seed, leverage="50")
        stage.play(script)
        return stage.exchange.drain()

    assert repr(told(7)) == repr(told(7))
    assert len(told(7)) == len(told(8))


@laws
@given(script=scripts())
def test_one_accounts_doings_do_not_change_anothers_while_the_market_has_endless_size(script: list[Step]) -> None:
    quiet = [step for step in script if step.size is None]
    alone, together = Stage(), Stage()
    alone.play([step for step in quiet if step.uid == 2 or step.act in ("quote", "funding")])
    together.play(quiet)

    def fills(stage: Stage) -> list[tuple[object, ...]]:
        return [
            (fill.side, fill.position_idx, fill.price, fill.qty, fill.fee, fill.exec_pnl, fill.is_maker)
            for fill in stage.exchange.executions(2)
        ]

    assert fills(alone) == fills(together)
    assert alone.exchange.wallet(2) == together.exchange.wallet(2)


@laws
@given(script=scripts())
def test_long_and_short_mirror_each_other(script: list[Step]) -> None:
    """Prices mirrored around 100 and sides exchanged: the same fills, profits and sizes, order by order.

    Whatever depends on the value of an order (fees, margin, price band, protection of market orders) cannot mirror
    and is out of the way here.
    """
    wide = {"price_limit_x": D("0.5"), "price_limit_y": D("0.9"), "min_notional": D(0)}
    stages = [
        Stage("100000000", options=Options(fees_enabled=False, risk_tiers=False), contract=wide) for _ in range(2)
    ]
    for step in script:
        for stage, mine in zip(stages, (step, step.mirrored()), strict=True):
            stage.play_step(mine)
        for uid in UIDS:
            straight, mirrored = (_shape(stage, uid) for stage in stages)
            assert straight == [(*row[:2], 200 - row[2], *row[3:]) for row in mirrored]
            ours, theirs = (stage.exchange.positions(uid, COIN) for stage in stages)
            assert [leg.size for leg in ours] == [leg.size for leg in reversed(theirs)]
            assert [leg.unrealised_pnl for leg in ours] == [leg.unrealised_pnl for leg in reversed(theirs)]


def _shape(stage: Stage, uid: int) -> list[tuple[object, object, Decimal, object]]:
    """Return (order number, maker, price, quantity and profit) of all fills, in an order that does not know sides."""
    numbers: dict[str, int] = {}
    rows = []
    for order in (*stage.exchange.closed_orders(uid), *stage.exchange.open_orders(uid)):
        numbers[order.order_id] = order.created_time
    for fill in stage.exchange.executions(uid):
        if fill.exec_type == "Trade":
            rows.append((fill.exec_time, numbers[fill.order_id], fill.leaves_qty, fill))
    rows.sort(key=lambda row: row[:3])
    return [(number, fill.is_maker, fill.price, (fill.qty, fill.exec_pnl)) for _, number, _, fill in rows]
