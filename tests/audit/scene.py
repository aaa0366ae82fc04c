"""Books written by hand: level 0 of 100 coins at 1.00, steps of 1 %, each level twice the one before."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from gridtrader.audit.books import LEGS, LONG, SIGN, BookFill, BookOrder, Books
from gridtrader.audit.laws import Laws, Terms, check
from gridtrader.audit.ledger import Ledger, LegCycle, ledger_of
from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.types import OrderKind, Side

D = Decimal
SYMBOL = "XUSDT"
TERMS = Terms(
    symbol=SYMBOL,
    multiplier=D(2),
    target=D("0.01"),
    max_level=5,
    qty_step=D(1),
    tick=D("0.0001"),
    max_qty=D(1_000_000),
    closing_fee=D("0.00055"),
    taker_fee=D("0.00055"),
    leverage=D(10),
    step=D("0.01"),
    buffer=D("0.15"),
    margin=D(10),
    min_qty=D(1),
    min_notional=D(5),
    min_price=D("0.0001"),
    max_price=D(1000),
)
_SIDES = {1: Side.LONG, 2: Side.SHORT}


def name(leg: int, kind: str, level: int, cycle: int = 1, attempt: int = 0) -> OrderName:
    return OrderName(Slot(SYMBOL, _SIDES[leg], cycle, OrderKind(kind), level), attempt)


class Scene:
    """Fills and open orders of one symbol, put down one by one. Time goes on by 10 s from fill to fill."""

    def __init__(self, **changes: Any) -> None:
        self.terms = replace(TERMS, **changes)
        self.fills: list[BookFill] = []
        self.orders: list[BookOrder] = []
        self.now_ms = 1_000_000

    def _add(self, after_ms: int = 10_000, **values: Any) -> None:
        self.now_ms += after_ms
        fill = BookFill(
            **{
                "symbol": SYMBOL,
                "order_qty": values["qty"],
                "order_price": values["price"],
                "closed": D(0),
                "fee": D(0),
                "is_funding": False,
                "at_ms": self.now_ms,
                "seq": len(self.fills),
            }
            | values
        )
        self.fills.append(fill)

    def fill(self, leg: int, level: int, qty: str | int, price: str, cycle: int = 1, **values: Any) -> None:
        """Execute a level; entries are level 0, others averaging orders."""
        kind = values.pop("kind", "A" if level else "E")
        link = name(leg, kind, level, cycle, values.pop("attempt", 0))
        values.setdefault("order_id", link.encode())
        self._add(leg=leg, name=link, qty=D(qty), price=D(price), **values)

    def close(self, leg: int, qty: str | int, price: str, cycle: int = 1, **values: Any) -> None:
        link = name(leg, "T", 0, cycle)
        told: dict[str, Any] = {"name": link, "order_id": link.encode(), "closed": D(qty)}
        self._add(leg=leg, qty=D(qty), price=D(price), **told | values)

    def funding(self, leg: int, paid: str, **values: Any) -> None:
        self._add(leg=leg, name=None, order_id="", qty=D(0), price=D(1), fee=D(paid), is_funding=True, **values)

    def order(self, leg: int, level: int, qty: str | int, price: str, cycle: int = 1, **values: Any) -> BookOrder:
        """Return an opening order, without putting it down."""
        link = name(leg, values.pop("kind", "A" if level else "E"), level, cycle, values.pop("attempt", 0))
        told: dict[str, Any] = {
            "symbol": SYMBOL,
            "leg": leg,
            "order_id": link.encode(),
            "name": link,
            "is_buy": leg == LONG,
            "reduce_only": False,
            "price": D(price),
            "qty": D(qty),
            "leaves": D(qty),
        }
        return BookOrder(**told | values)

    def rest(self, leg: int, level: int, qty: str | int, price: str, cycle: int = 1, **values: Any) -> None:
        self.orders.append(self.order(leg, level, qty, price, cycle, **values))

    def take_profits(self) -> None:
        """Put the right take-profit on each open leg, by S7 as `test_protection` proves it."""
        for leg in LEGS:
            cycle = self.cycle(leg)
            if cycle is not None:
                self.take_profit(leg, self.price_of_take_profit(cycle), cycle.size, cycle.number)

    def take_profit(self, leg: int, price: Decimal, qty: Decimal, cycle: int = 1, **values: Any) -> None:
        link = name(leg, "T", 0, cycle)
        told: dict[str, Any] = {
            "order_id": link.encode(),
            "is_buy": leg != LONG,
            "reduce_only": True,
            "price": price,
            "qty": qty,
            "leaves": qty,
        }
        self.orders.append(BookOrder(symbol=SYMBOL, leg=leg, name=link, **told | values))

    def price_of_take_profit(self, cycle: LegCycle) -> Decimal:
        standing = name(cycle.leg, "T", 0, max(cycle.number, 1)).encode()
        numerator, denominator = cycle.take_profit(self.terms.target, self.terms.closing_fee, standing)
        whole, rest = divmod(numerator, denominator * self.terms.tick)
        return (whole + 1 if rest and cycle.sign > 0 else whole) * self.terms.tick

    # --- what comes of it ---

    def ledger(self, grace_ms: int = 0) -> Ledger:
        return ledger_of(self.fills, grace_ms)[0]

    def cycle(self, leg: int) -> LegCycle | None:
        return self.ledger().cycle(SYMBOL, leg)

    def books(self, **values: Any) -> Books:
        sizes = {}
        for leg in LEGS:
            cycle = self.cycle(leg)
            sizes[SYMBOL, leg] = D(0) if cycle is None else cycle.size
        told: dict[str, Any] = {
            "orders": list(self.orders),
            "sizes": sizes,
            "available": D(10_000),
            "margin_balance": D(10_000),
            "fills": list(self.fills),
            "now_ms": self.now_ms,
            "prices": {SYMBOL: D(1)},
        }
        return Books(**told | values)

    def check(self, **values: Any) -> list[str]:
        return check(self.books(**values), [self.terms])

    def laws(self, **values: Any) -> Laws:
        """Return laws that have been told of all fills."""
        laws = Laws([self.terms], **values)
        for fill in self.fills:
            laws.filled(fill)
        return laws


def opened(**changes: Any) -> Scene:
    """Both level 0 executed at 1.00, level 1 resting on both sides; take-profits are still to be put."""
    scene = Scene(**changes)
    for leg in LEGS:
        scene.fill(leg, 0, 100, "1")
    for leg in LEGS:
        scene.rest(leg, 1, 200, str(D(1) - SIGN[leg] * D("0.01")))
    return scene


def only(broken: list[str], *words: str) -> None:
    """Fail unless exactly one law is broken, and in these words."""
    assert len(broken) == 1, broken
    assert all(word in broken[0] for word in words), broken
