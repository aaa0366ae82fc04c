"""One account before a simulated exchange, with faults that a test puts where it wants them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Generic, TypeVar

from gridtrader.domain.types import NewOrder, Side
from gridtrader.engine.inbox import Inbox
from gridtrader.simulation.desk import SimDesk
from gridtrader.simulation.faults import Chance, Dice, Fault, Now, Script
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.machine import Process
from gridtrader.simulation.private import SimStream
from gridtrader.simulation.venue import Venue
from gridtrader.simulator.catalogue import load_catalogue
from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange

START = 1_760_000_000_000
SYMBOL = "DOGEUSDT"
UID = 1
HOUR = 3_600_000

Answer = TypeVar("Answer")


def chance(
    hub: Hub, faults: frozenset[Fault] = frozenset(Fault), script: Script | None = None, seed: int = 1
) -> Chance:
    return Chance(seed, faults, script or Script(), Now(hub))


class Rigged(Dice):
    """Throws what it is told, one after another, and nothing after that."""

    def __init__(self, hub: Hub, *faults: Fault | None) -> None:
        super().__init__(chance(hub), "rigged")
        self.faults = list(faults)

    def throw(self, rates: Mapping[Fault, float], among: frozenset[Fault] | None = None) -> Fault | None:
        self._throws += 1
        fault = self.faults.pop(0) if self.faults else None
        assert fault is None or fault in rates, "this place does not know that fault"
        assert among is None or fault is None or fault in among, "this request does not know that fault"
        return fault


class Call(Generic[Answer]):
    """A call in a fiber: what came of it, and when."""

    def __init__(self, hub: Hub, call: Callable[[], Answer]) -> None:
        self.answers: list[Answer] = []
        self.error: BaseException | None = None
        self.ended: int | None = None
        self._hub = hub
        self._call = call
        self.fiber = hub.spawn("test", self._run)

    def _run(self) -> None:
        try:
            self.answers.append(self._call())
        except Exception as error:  # noqa: BLE001  # the test looks at it
            self.error = error
        finally:
            self.ended = self._hub.now


class Stage:
    """The account in hedge mode with 10,000 USDT; DOGE stands at 0.2."""

    def __init__(self, *, hedged: bool = True) -> None:
        self.hub = Hub(START)
        self.exchange = Exchange({SYMBOL: load_catalogue()[SYMBOL]}, model.Options(), 1)
        self.exchange.open_account(UID, model.World.MAINNET, Decimal(10_000), START)
        if hedged:
            self.exchange.switch_mode(UID, SYMBOL, None, 3, START)
        self.venue = Venue(self.exchange, self.hub)
        self.seen: list[model.Event] = []
        """What the judge is told, at once."""
        self.memory = self.venue.open(UID, self.seen.extend)
        self.move("0.2")
        self.seen.clear()
        self.process = Process(lambda process, where: None)
        self.inbox = Inbox()

    def move(self, price: str) -> None:
        """Let the market stand at a price."""
        last = Decimal(price)
        self.exchange.set_quote(SYMBOL, model.Quote(last, last, last, last, last), self.hub.now)
        self.venue.pump()

    def desk(self, *faults: Fault | None, process: Process | None = None) -> SimDesk:
        dice = Rigged(self.hub, *faults)
        return SimDesk(self.venue, UID, self.hub, process or self.process, dice, Random(1), is_demo=False)

    def stream(self, *faults: Fault | None) -> SimStream:
        return SimStream(self.venue, UID, self.hub, self.inbox, Rigged(self.hub, *faults), Random(1))

    def call(self, call: Callable[[], Answer], *, seconds: int = 60) -> Call[Answer]:
        """Do something in a fiber and let time go by."""
        done = Call(self.hub, call)
        self.hub.run(self.hub.now + 1_000 * seconds)
        return done

    @property
    def open_names(self) -> list[str]:
        return [order.order_link_id for order in self.exchange.open_orders(UID)]


def buy(name: str = "a", *, price: str = "0.19", qty: int = 100) -> NewOrder:
    """An opening order that rests below the market."""
    return NewOrder(SYMBOL, Side.LONG, name, Decimal(price), Decimal(qty), reduce_only=False)


def close(name: str = "tp", *, price: str = "0.21", qty: int = 100) -> NewOrder:
    """A closing order of the LONG side, above the market."""
    return NewOrder(SYMBOL, Side.LONG, name, Decimal(price), Decimal(qty), reduce_only=True)
