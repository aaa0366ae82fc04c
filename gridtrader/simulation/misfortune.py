"""Faults that come by themselves: streams that die, prices that leap, contracts that halt, machines that fail.

Each kind has its own clock; what it does to the world is one method here.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from gridtrader.simulation.faults import Chance, Dice, Fault
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.judge import Judge
from gridtrader.simulation.life import SimAccount
from gridtrader.simulation.machine import SimClock
from gridtrader.simulation.market import Prices
from gridtrader.simulation.venue import Venue
from gridtrader.simulator.core import model

MINUTE_MS: Final = 60_000
_STEPS_MS: Final = (-3_600_000, -90_000, -2_000, -300, 300, 2_000, 90_000, 3_600_000)
_DEATHS: Final = (
    ("place sent", 200, 4_000),
    ("place sent", 500, 60_000),
    ("", 500, 60_000),
    ("", 300_000, 3_600_000),
)
"""At what a process dies, and how long it is away: the first is back before all that it has sent has arrived."""


class Theatre(Protocol):
    """What misfortune may touch."""

    hub: Hub
    venue: Venue
    clock: SimClock

    @property
    def accounts(self) -> Sequence[SimAccount]: ...
    @property
    def prices(self) -> Sequence[Prices]: ...

    def crash(self, down_ms: int, where: str) -> None: ...
    def judge(self, account: SimAccount) -> Judge: ...
    def gust(self, account: SimAccount, lasts_ms: int) -> None: ...
    def blame(self, account: SimAccount, fault: Fault) -> None: ...


class Misfortune:
    """Schedules the hourly faults of a run."""

    def __init__(self, theatre: Theatre, chance: Chance) -> None:
        self._theatre = theatre
        self._hub = theatre.hub
        self._exchange = theatre.venue.exchange
        of_account: dict[Fault, Callable[[SimAccount, Dice], None]] = {
            Fault.STREAM_DROP: self._drop,
            Fault.STREAM_ZOMBIE: self._silence,
            Fault.PRICES_DOWN: self._prices_down,
            Fault.READ_STALE: self._stale,
            Fault.HISTORY_LATE: self._late,
            Fault.WITHDRAWAL: self._withdraw,
            Fault.ADL: self._deleverage,
            Fault.LIQUIDATION: self._ruin,
            Fault.FOREIGN_ORDER: self._foreign,
            Fault.DISK_FULL: self._fill_disk,
            Fault.VANISHED_ORDER: self._vanish,
            Fault.BURST: self._gust,
        }
        for account in theatre.accounts:
            for fault, strike in of_account.items():
                self._arm(chance, f"{account.plan.id}/{fault.value}", fault, strike, account)
        for prices in theatre.prices:
            self._arm(chance, f"{prices.symbol}/gap", Fault.PRICE_GAP, self._leap, prices)
            self._arm(chance, f"{prices.symbol}/halt", Fault.HALT, self._halt, prices)
            self._arm(chance, f"{prices.symbol}/end", Fault.DELISTING, self._delist, prices)
            self._arm(chance, f"{prices.symbol}/leverage", Fault.LEVERAGE_CAP, self._cap, prices)
        self._arm(chance, "machine/clock", Fault.CLOCK_STEP, self._step_clock, theatre)
        self._arm(chance, "machine/crash", Fault.CRASH, self._crash, theatre)

    def _arm(
        self,
        chance: Chance,
        place: str,
        fault: Fault,
        strike: Callable[[Any, Dice], None],
        subject: object,
    ) -> None:
        if fault not in chance.faults:
            return
        dice = chance.dice(place)

        def due() -> None:
            if dice.comes(fault):
                strike(subject, dice)
                self._theatre.venue.pump()
            self._hub.after(dice.waiting_ms(fault), due)

        self._hub.after(dice.waiting_ms(fault), due)

    # --- an account's network and disk ---

    def _drop(self, account: SimAccount, dice: Dice) -> None:
        if account.life is not None:
            account.life.stream.break_down()

    def _silence(self, account: SimAccount, dice: Dice) -> None:
        if account.life is not None:
            account.life.stream.fall_silent()

    def _prices_down(self, account: SimAccount, dice: Dice) -> None:
        symbol = account.symbols[dice.between(0, len(account.symbols) - 1)]
        lasts = dice.between(5_000, 400_000)
        account.prices_down.add(symbol)
        told = lasts > 2 * MINUTE_MS

        def give_up() -> None:
            if account.life is not None:
                account.life.tell_prices(symbol, is_up=False)

        def come_back() -> None:
            account.prices_down.discard(symbol)
            if account.life is not None:
                if told:
                    account.life.tell_prices(symbol, is_up=True)
                account.life.price(symbol, self._exchange.quote(symbol))

        if told:
            self._hub.after(2 * MINUTE_MS, give_up)
        self._hub.after(lasts, come_back)

    def _stale(self, account: SimAccount, dice: Dice) -> None:
        venue = self._theatre.venue
        venue.lag(account.uid, dice.between(100, 900))
        self._hub.after(dice.between(5_000, 120_000), lambda: venue.lag(account.uid, 0))

    def _late(self, account: SimAccount, dice: Dice) -> None:
        memory = self._theatre.venue.memories[account.uid]
        memory.history_lag_ms = dice.between(500, 8_000)

        def end() -> None:
            memory.history_lag_ms = 0

        self._hub.after(dice.between(10_000, 300_000), end)

    def _fill_disk(self, account: SimAccount, dice: Dice) -> None:
        account.disk.is_full = True

        def clear() -> None:
            account.disk.is_full = False
            self._theatre.judge(account).halts.disk_freed()

        self._hub.after(dice.between(5_000, 600_000), clear)

    def _gust(self, account: SimAccount, dice: Dice) -> None:
        self._theatre.gust(account, dice.between(20_000, 4 * MINUTE_MS))

    # --- an account's money and positions ---

    def _withdraw(self, account: SimAccount, dice: Dice) -> None:
        wallet = self._exchange.wallet(account.uid)
        amount = min(wallet.wallet_balance, wallet.total_available) * dice.between(20, 90) // 100
        if amount <= 0:
            return
        self._exchange.transfer(account.uid, -amount, self._hub.now)

        def pay_back() -> None:
            self._exchange.transfer(account.uid, amount, self._hub.now)
            self._theatre.venue.pump()

        self._hub.after(dice.between(5 * MINUTE_MS, 90 * MINUTE_MS), pay_back)

    def _deleverage(self, account: SimAccount, dice: Dice) -> None:
        symbol = account.symbols[dice.between(0, len(account.symbols) - 1)]
        for view in self._exchange.positions(account.uid, symbol):
            if view.size and view.position_idx == dice.between(1, 2):
                contract = self._exchange.instruments[symbol]
                share = (view.size * dice.between(10, 100) / 100) // contract.qty_step * contract.qty_step
                if share:
                    self._theatre.blame(account, Fault.ADL)
                    self._exchange.deleverage(account.uid, symbol, view.position_idx, share, self._hub.now)

    def _ruin(self, account: SimAccount, dice: Dice) -> None:
        """Take the account's money and let a price run against its larger side until it is liquidated."""
        self._theatre.blame(account, Fault.LIQUIDATION)
        wallet = self._exchange.wallet(account.uid)
        amount = min(wallet.wallet_balance, wallet.total_available) // 1
        if amount > 0:
            self._exchange.transfer(account.uid, -amount, self._hub.now)
        for prices in self._theatre.prices:
            if prices.symbol in account.symbols:
                prices.leap(Decimal(dice.between(5, 12)) / 100 * (1 if dice.between(0, 1) else -1))

    def _vanish(self, account: SimAccount, dice: Dice) -> None:
        """The exchange cancels an order by itself, and what it tells of that is lost."""
        contracts = self._exchange.instruments
        open_orders = self._exchange.open_orders(account.uid)
        orders = [order for order in open_orders if contracts[order.symbol].status == "Trading"]
        if orders:
            order = orders[dice.between(0, len(orders) - 1)]
            self._theatre.judge(account).vanished(order.symbol)
            self._exchange.cancel_order(account.uid, order.symbol, self._hub.now, order_id=order.order_id)
            self._theatre.venue.pump(deaf=account.uid)

    def _foreign(self, account: SimAccount, dice: Dice) -> None:
        """Somebody places an order by hand, far away from the market, and takes it back later."""
        symbol = account.symbols[dice.between(0, len(account.symbols) - 1)]
        contract, quote = self._exchange.instruments[symbol], self._exchange.quote(symbol)
        is_long = bool(dice.between(0, 1))
        far = quote.last * (Decimal("0.93") if is_long else Decimal("1.07"))
        price = far // contract.tick_size * contract.tick_size
        least = max(contract.min_qty, contract.min_notional / price)
        request = model.OrderRequest(
            symbol=symbol,
            side="Buy" if is_long else "Sell",
            order_type="Limit",
            qty=-(-least // contract.qty_step) * contract.qty_step,
            price=price,
            position_idx=1 if is_long else 2,
        )
        try:
            order = self._exchange.create_order(account.uid, request, self._hub.now)
        except model.Reject:
            return  # no money, contract halted: he gives up

        def take_back() -> None:
            found = self._exchange.find_order(account.uid, order_id=order.order_id)
            if found is not None and not found.status.is_final:
                self._exchange.cancel_order(account.uid, symbol, self._hub.now, order_id=order.order_id)
                self._theatre.venue.pump()

        self._hub.after(dice.between(MINUTE_MS, 30 * MINUTE_MS), take_back)

    # --- contracts ---

    def _leap(self, prices: Prices, dice: Dice) -> None:
        prices.leap(Decimal(dice.between(30, 250)) / 10_000 * (1 if dice.between(0, 1) else -1))

    def _halt(self, prices: Prices, dice: Dice) -> None:
        symbol = prices.symbol
        if self._exchange.instruments[symbol].status != "Trading":
            return
        self._exchange.set_status(symbol, "PreLaunch", self._hub.now)

        def resume() -> None:
            if self._exchange.instruments[symbol].status == "PreLaunch":
                self._exchange.set_status(symbol, "Trading", self._hub.now)

        self._hub.after(dice.between(20_000, 10 * MINUTE_MS), resume)

    def _delist(self, prices: Prices, dice: Dice) -> None:
        if self._exchange.instruments[prices.symbol].status == "Trading":
            self._exchange.set_status(prices.symbol, "Delivering", self._hub.now)

    def _cap(self, prices: Prices, dice: Dice) -> None:
        """The exchange lowers the contract's highest leverage."""
        self._exchange.cap_leverage(prices.symbol, Decimal(dice.between(2, 12)))

    # --- the machine ---

    def _step_clock(self, theatre: Theatre, dice: Dice) -> None:
        theatre.clock.offset_ms += _STEPS_MS[dice.between(0, len(_STEPS_MS) - 1)]

    def _crash(self, theatre: Theatre, dice: Dice) -> None:
        where, least_ms, most_ms = _DEATHS[dice.between(0, len(_DEATHS) - 1)]
        theatre.crash(dice.between(least_ms, most_ms), where)
