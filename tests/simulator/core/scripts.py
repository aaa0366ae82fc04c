"""Random scripts of commands and quotes, as data, so that one script can be played to several exchanges."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import Options, OrderRequest, Quote, Reject, World
from tests.simulator.core.venue import COIN, LONG, SHORT, D, instrument

UIDS = (1, 2)
CENTRE = 10_000
"""The market's middle, in ticks of 0.01: prices mirror around 100.00."""


@dataclass(frozen=True)
class Step:
    """One act. Prices are in ticks from the centre, quantities in steps of 0.1; `which` picks a working order."""

    act: str
    uid: int = 1
    side: str = "Buy"
    idx: int = LONG
    qty: int = 10
    price: int | None = 0
    which: int = 0
    tif: str = "GTC"
    spread: int = 1
    size: int | None = None
    rate: int = 0
    direction: int = 1

    def mirrored(self) -> "Step":
        """Return the step with long and short, buying and selling, up and down exchanged."""
        price = self.price
        if price is not None:
            price = -(price + self.spread) if self.act == "quote" else -price
        return replace(
            self,
            side={"Buy": "Sell", "Sell": "Buy"}[self.side],
            idx={LONG: SHORT, SHORT: LONG}[self.idx],
            price=price,
            rate=-self.rate,
            direction=3 - self.direction,
        )


def _ladder(uid: int) -> list[Step]:
    """Both legs open, and on each a resting averaging order and a resting closing order."""
    return [
        Step("order", uid, "Buy", LONG, 20, None),
        Step("order", uid, "Sell", SHORT, 20, None),
        Step("order", uid, "Buy", LONG, 10, -60),
        Step("order", uid, "Sell", SHORT, 10, 60),
        Step("order", uid, "Sell", LONG, 12, 50),
        Step("order", uid, "Buy", SHORT, 12, -50),
        Step("order", uid, "Sell", LONG, 8, 90),
        Step("order", uid, "Buy", SHORT, 8, -90),
    ]


PRELUDE = [step for uid in UIDS for step in _ladder(uid)]


def _steps(far: int) -> st.SearchStrategy[Step]:
    prices, quantities = st.integers(-far, far), st.integers(1, 40)
    who = {"uid": st.sampled_from(UIDS)}
    order = {
        **who,
        "side": st.sampled_from(("Buy", "Sell")),
        "idx": st.sampled_from((LONG, SHORT)),
        "qty": quantities,
    }
    tifs = st.sampled_from(("GTC", "GTC", "GTC", "IOC", "FOK", "PostOnly"))
    spreads, sizes = st.integers(0, 3), st.one_of(st.none(), st.integers(0, 30))
    some = st.integers(0, 5)
    return st.one_of(
        st.builds(Step, act=st.just("quote"), price=prices, spread=spreads, size=sizes),
        st.builds(Step, act=st.just("quote"), price=prices, spread=spreads),
        st.builds(Step, act=st.just("order"), price=prices, tif=tifs, **order),
        st.builds(Step, act=st.just("order"), price=prices, **order),
        st.builds(Step, act=st.just("order"), price=st.none(), **order),
        st.builds(Step, act=st.just("stop"), price=prices, direction=st.sampled_from((1, 2)), **order),
        st.builds(Step, act=st.just("cancel"), which=some, **who),
        st.builds(Step, act=st.just("amend"), which=some, price=prices, qty=quantities, **who),
        st.builds(Step, act=st.just("funding"), rate=st.integers(-50, 50)),
        st.builds(Step, act=st.just("deleverage"), idx=st.sampled_from((LONG, SHORT)), qty=quantities, **who),
    )


def scripts(far: int = 300) -> st.SearchStrategy[list[Step]]:
    """Scripts whose prices stay within `far` ticks of the centre; at their start both accounts have something."""
    return st.lists(_steps(far), min_size=25, max_size=40).map(lambda steps: [*PRELUDE, *steps])


@dataclass
class Stage:
    """An exchange that plays scripts. `after` is called with each step once it has been played."""

    usdt: str = "10000"
    seed: int = 0
    options: Options = field(default_factory=Options)
    contract: dict[str, Any] = field(default_factory=dict)
    leverage: str = "10"

    def __post_init__(self) -> None:
        self.exchange = Exchange({COIN: instrument(**self.contract)}, self.options, self.seed)
        self.now = 1_790_000_000_000
        for uid in UIDS:
            self.exchange.open_account(uid, World.DEMO, D(self.usdt), self.now)
            self.exchange.switch_mode(uid, COIN, None, 3, self.now)
            if self.leverage != "10":
                self.exchange.set_leverage(uid, COIN, D(self.leverage), D(self.leverage), self.now)
        self.play_step(Step("quote", price=-1, spread=2))

    def play(self, script: list[Step], after: Callable[[Step], None] = lambda _: None) -> None:
        for step in script:
            self.play_step(step)
            after(step)

    def play_step(self, step: Step) -> bool:
        """Play a step; return whether the exchange took it."""
        self.now += 700
        try:
            getattr(self, f"_{step.act}")(step)
        except Reject:
            return False
        return True

    def _quote(self, step: Step) -> None:
        bid, ask = _price(step.price), _price((step.price or 0) + step.spread)
        middle = (bid + ask) / 2
        size = None if step.size is None else D(step.size) / 10
        self.exchange.set_quote(COIN, Quote(middle, bid, ask, middle, middle, size, size), self.now)

    def _order(self, step: Step) -> None:
        self.exchange.create_order(step.uid, self._request(step), self.now)

    def _stop(self, step: Step) -> None:
        request = self._request(replace(step, price=None))
        trigger = replace(request, trigger_price=_price(step.price), trigger_direction=step.direction)
        self.exchange.create_order(step.uid, trigger, self.now)

    def _cancel(self, step: Step) -> None:
        order_id = self._working(step)
        self.exchange.cancel_order(step.uid, COIN, self.now, order_id=order_id)

    def _amend(self, step: Step) -> None:
        order_id = self._working(step)
        self.exchange.amend_order(
            step.uid, COIN, self.now, order_id=order_id, qty=D(step.qty) / 10, price=_price(step.price)
        )

    def _funding(self, step: Step) -> None:
        self.exchange.settle_funding(COIN, D(step.rate) / 10_000, self.now)

    def _deleverage(self, step: Step) -> None:
        size = self.exchange.positions(step.uid, COIN)[step.idx - 1].size
        if size:
            self.exchange.deleverage(step.uid, COIN, step.idx, min(size, D(step.qty) / 10), self.now)

    def _request(self, step: Step) -> OrderRequest:
        kind = "Market" if step.price is None else "Limit"
        limit = None if step.price is None else _price(step.price)
        return OrderRequest(COIN, step.side, kind, D(step.qty) / 10, limit, step.idx, step.tif)

    def _working(self, step: Step) -> str:
        orders = list(self.exchange.open_orders(step.uid))
        return orders[step.which % len(orders)].order_id if orders else "none"


def _price(ticks: int | None) -> D:
    return D(CENTRE + (ticks or 0)) / 100
