"""A small deterministic grid, played on any price: results that look like those of a replay.

It knows the strategy roughly only: it makes material to draw, it proves nothing about trading.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.exact import ZERO, ceil_to, floor_to
from gridtrader.domain.types import SIDES, Side
from gridtrader.replay.result import (
    Bar,
    ClosedCycle,
    Funding,
    ReplayResult,
    Sample,
    Standing,
    Stop,
    Summary,
    SymbolParameters,
    Trade,
)

MINUTE_MS = 60_000
FUNDING_MS = 8 * 60 * MINUTE_MS
MAKER, TAKER = Decimal("0.0002"), Decimal("0.00055")
MM_FRACTION = Decimal("0.02")
FUNDING_RATE = Decimal("0.0001")
PULL = Decimal("0.03")
"""How far each step goes back to the opening price, so that ladders come to an end."""

OPENING_PRICES = {"DOGEUSDT": Decimal("0.19933"), "SOLUSDT": Decimal("151.20")}


@dataclass
class Leg:
    """One side of one symbol while the sample is played."""

    side: Side
    levels: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    opened_ms: int = 0
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    orders: dict[int | None, tuple[int, Decimal, Decimal]] = field(default_factory=dict)

    @property
    def size(self) -> Decimal:
        return sum((quantity for _, quantity in self.levels.values()), ZERO)

    @property
    def value(self) -> Decimal:
        return sum((price * quantity for price, quantity in self.levels.values()), ZERO)


@dataclass
class Player:
    """Plays one symbol and notes what happens into the result."""

    symbol: SymbolParameters
    result: ReplayResult
    price: Decimal
    legs: dict[Side, Leg] = field(default_factory=lambda: {side: Leg(side) for side in SIDES})
    realised: Decimal = ZERO
    is_stopped: bool = False

    def quantity(self, level: int) -> Decimal:
        chosen = self.symbol
        first = floor_to(chosen.margin * chosen.leverage / OPENING_PRICES[chosen.symbol], chosen.quantity_step)
        return first * chosen.averaging_multiplier**level

    def step(self, now: int, price: Decimal) -> None:
        """Go to the next price: fill what it reaches, open what is flat."""
        self.price = price
        if self.is_stopped:
            return
        for leg in self.legs.values():
            if not leg.levels:
                self._open(leg, now)
            while (order := self._reached(leg)) is not None:
                self._execute(leg, order, now)

    def _reached(self, leg: Leg) -> int | None:
        """Return the level whose order the price has reached; -1 for the take-profit, None for none."""
        for level, (_, price, _) in leg.orders.items():
            sign = leg.side.sign if level is not None else -leg.side.sign
            if (price - self.price) * sign >= 0:
                return -1 if level is None else level
        return None

    def _open(self, leg: Leg, now: int) -> None:
        leg.opened_ms, leg.fees, leg.funding = now, ZERO, ZERO
        other = self.legs[leg.side.other]
        for level in range(max(1, len(other.levels) - 2)):
            self._trade(leg, level, self.price, self.quantity(level), now, is_maker=False)
            leg.levels[level] = (self.price, self.quantity(level))
        self._place(leg, now)

    def _execute(self, leg: Leg, level: int, now: int) -> None:
        if level >= 0:
            _, price, quantity = leg.orders[level]
            self._take(leg, level, now)
            leg.levels[level] = (price, quantity)
            self._trade(leg, level, price, quantity, now, is_maker=True)
            self._place(leg, now)
            return
        _, price, quantity = leg.orders[None]
        for one in list(leg.orders):
            self._take(leg, one, now)
        self._close(leg, price, quantity, now)
        self._open(leg, now)

    def _close(self, leg: Leg, price: Decimal, quantity: Decimal, now: int, *, is_forced: bool = False) -> None:
        value, gross = leg.value, (price * quantity - leg.value) * leg.side.sign
        self._trade(leg, None, price, quantity, now, is_maker=not is_forced, pnl=gross, is_forced=is_forced)
        if not is_forced:
            cycle = ClosedCycle(
                symbol=self.symbol.symbol,
                side=leg.side,
                opened_ms=leg.opened_ms,
                closed_ms=now,
                levels=len(leg.levels),
                entry_value=value,
                average_entry=value / quantity,
                take_profit=price,
                gross=gross,
                fees=leg.fees,
                funding=leg.funding,
                net=gross - leg.fees - leg.funding,
            )
            self.result.cycles.append(cycle)
        leg.levels.clear()

    def _place(self, leg: Leg, now: int) -> None:
        """Put the next level and the take-profit where they belong."""
        deepest, sign, tick = max(leg.levels), leg.side.sign, self.symbol.tick_size
        if deepest < self.symbol.max_levels:
            price = leg.levels[deepest][0] * (1 - sign * self.symbol.grid_step_percent / 100)
            self._put(leg, deepest + 1, floor_to(price, tick), self.quantity(deepest + 1), now)
        costs = leg.fees + leg.funding
        target = leg.value * (1 + sign * self.symbol.take_profit_percent / 100) + sign * costs
        profit = target / (leg.size * (1 - sign * TAKER))
        self._put(leg, None, ceil_to(profit, tick) if sign > 0 else floor_to(profit, tick), leg.size, now)

    def _put(self, leg: Leg, level: int | None, price: Decimal, quantity: Decimal, now: int) -> None:
        if level in leg.orders:
            self._take(leg, level, now)
        leg.orders[level] = (now, price, quantity)

    def _take(self, leg: Leg, level: int | None, now: int) -> None:
        since, price, quantity = leg.orders.pop(level)
        if now > since:
            self.result.standing.append(Standing(self.symbol.symbol, leg.side, level, price, quantity, since, now))

    def _trade(
        self,
        leg: Leg,
        level: int | None,
        price: Decimal,
        quantity: Decimal,
        now: int,
        *,
        is_maker: bool,
        pnl: Decimal = ZERO,
        is_forced: bool = False,
    ) -> None:
        fee = price * quantity * (MAKER if is_maker else TAKER)
        leg.fees += fee
        self.realised += pnl - fee
        closed = quantity if level is None else ZERO
        self.result.trades.append(
            Trade(now, self.symbol.symbol, leg.side, level, price, quantity, fee, is_maker, closed, pnl, is_forced)
        )

    def fund(self, now: int) -> None:
        for leg in self.legs.values():
            if leg.levels:
                paid = leg.size * self.price * FUNDING_RATE * leg.side.sign
                leg.funding += paid
                self.realised -= paid
                self.result.funding.append(Funding(now, self.symbol.symbol, leg.side, paid))

    def stop(self, now: int) -> None:
        """The emergency stop: opening orders go, take-profits stay; nothing is traded any more."""
        self.is_stopped = True
        for leg in self.legs.values():
            for level in [level for level in leg.orders if level is not None]:
                self._take(leg, level, now)

    def liquidate(self, now: int) -> None:
        for leg in self.legs.values():
            if leg.levels:
                self._close(leg, self.price, leg.size, now, is_forced=True)
        self.end(now)

    def end(self, now: int) -> None:
        for leg in self.legs.values():
            for level in list(leg.orders):
                self._take(leg, level, now)

    @property
    def unrealised(self) -> Decimal:
        return sum(((leg.size * self.price - leg.value) * leg.side.sign for leg in self.legs.values()), ZERO)

    @property
    def exposure(self) -> Decimal:
        return sum((leg.size * self.price for leg in self.legs.values()), ZERO)


@dataclass
class Account:
    """All symbols of a sample, and their common money."""

    result: ReplayResult
    players: list[Player]
    balance: Decimal
    high: Decimal = ZERO
    drawdown: Decimal = ZERO
    drawdown_percent: Decimal = ZERO
    stop: Stop | None = None
    liquidations: int = 0

    def bar(self, start: int, moves: list[list[float]], drift: Decimal) -> None:
        prices: list[list[Decimal]] = [[player.price] for player in self.players]
        equities, rates = [], []
        for number, factors in enumerate(moves, start=1):
            now = start + number * 5 * MINUTE_MS
            for player, factor, seen in zip(self.players, factors, prices, strict=True):
                tick, opening = player.symbol.tick_size, OPENING_PRICES[player.symbol.symbol]
                back = 1 + (opening / player.price - 1) * PULL if drift == 1 else drift
                seen.append(max(tick, floor_to(player.price * Decimal(factor) * back, tick)))
                player.step(now, seen[-1])
                if now % FUNDING_MS == 0:
                    player.fund(now)
            equities.append(self.equity)
            rates.append(self.judge(now))
        for player, seen in zip(self.players, prices, strict=True):
            self.result.bars[player.symbol.symbol].append(Bar(start, seen[0], max(seen), min(seen), seen[-1]))
        margin = sum((player.exposure / player.symbol.leverage for player in self.players), ZERO)
        self.result.samples.append(Sample(start, equities[-1], min(equities), margin, max(rates)))

    @property
    def equity(self) -> Decimal:
        return self.balance + sum((player.realised + player.unrealised for player in self.players), ZERO)

    def judge(self, now: int) -> Decimal:
        """Return the MM rate; stop at the threshold, liquidate at 1."""
        equity = self.equity
        self.high = max(self.high, equity)
        if self.high - equity > self.drawdown:
            self.drawdown = self.high - equity
            self.drawdown_percent = self.drawdown / self.high * 100
        needed = sum((player.exposure for player in self.players), ZERO) * MM_FRACTION
        rate = min(needed / equity, Decimal(2)) if equity > 0 else Decimal(2)
        if rate >= self.result.parameters.mm_threshold and self.stop is None:
            self.stop = Stop(
                now, f"MM rate {rate:.4f} is at or above the threshold {self.result.parameters.mm_threshold}"
            )
            for player in self.players:
                player.stop(now)
        if rate >= 1:
            for player in self.players:
                self.liquidations += sum(1 for leg in player.legs.values() if leg.levels)
                player.liquidate(now)
        return rate

    def sum_up(self) -> None:
        result = self.result
        result.trades.sort(key=lambda trade: trade.time_ms)
        result.cycles.sort(key=lambda cycle: cycle.closed_ms)
        result.standing.sort(key=lambda order: order.since_ms)
        result.summary = Summary(
            final_equity=self.equity,
            net_profit=self.equity - self.balance,
            closed_profit=sum((cycle.net for cycle in result.cycles), ZERO),
            fees=sum((trade.fee for trade in result.trades), ZERO),
            funding=sum((one.paid for one in result.funding), ZERO),
            trades=len(result.trades),
            cycles=len(result.cycles),
            maximum_levels=max((t.level + 1 for t in result.trades if t.level is not None), default=0),
            maximum_margin=max((sample.margin for sample in result.samples), default=ZERO),
            maximum_mm_rate=max((sample.highest_mm_rate for sample in result.samples), default=ZERO),
            maximum_drawdown=self.drawdown,
            maximum_drawdown_percent=self.drawdown_percent,
            time_in_market=Decimal(1) if result.trades else ZERO,
            liquidations=self.liquidations,
            stop=self.stop,
        )
