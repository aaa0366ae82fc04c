"""What a replay comes to: everything a report shows. Times are ms since 1970 (UTC), money is USDT, all exact."""

from dataclasses import dataclass, field
from decimal import Decimal

from gridtrader.domain.types import Side


@dataclass(frozen=True, slots=True)
class SymbolParameters:
    """What was replayed of one symbol. Percentages are as in the configuration."""

    symbol: str
    margin: Decimal
    leverage: Decimal
    grid_step_percent: Decimal
    averaging_multiplier: Decimal
    take_profit_percent: Decimal
    max_levels: int
    tick_size: Decimal
    quantity_step: Decimal


@dataclass(frozen=True, slots=True)
class Parameters:
    """All that decides a replay's outcome."""

    account: str
    symbols: tuple[SymbolParameters, ...]
    balance: Decimal
    start_ms: int
    end_ms: int
    prices: tuple[str, ...]
    """Names of the files, mark prices and funding included."""
    maker_fee: Decimal
    taker_fee: Decimal
    mm_threshold: Decimal
    """Fraction of the margin balance at which the account is stopped (R1)."""
    balance_buffer_percent: Decimal
    spread_ticks: int
    unlimited_margin: bool


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution. `level` is None for a take-profit's."""

    time_ms: int
    symbol: str
    side: Side
    level: int | None
    price: Decimal
    quantity: Decimal
    fee: Decimal
    is_maker: bool
    closed_quantity: Decimal
    realised_pnl: Decimal
    """Before fees; 0 for an opening fill."""
    is_forced: bool = False
    """By the exchange: liquidation."""
    cycle: int | None = None
    """The cycle it belongs to, see `ClosedCycle.number`; None for a forced one."""


@dataclass(frozen=True, slots=True)
class Funding:
    """One settlement of one side; `paid` < 0 was received."""

    time_ms: int
    symbol: str
    side: Side
    paid: Decimal


@dataclass(frozen=True, slots=True)
class ClosedCycle:
    """One side's life from its level 0 to its take-profit."""

    symbol: str
    side: Side
    opened_ms: int
    closed_ms: int
    levels: int
    entry_value: Decimal
    average_entry: Decimal
    take_profit: Decimal
    """Average price of what closed it."""
    gross: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    number: int = 0
    """As order names bear it (C2): one higher for each cycle of a side; the first hangs on when the replay begins."""

    @property
    def net_percent(self) -> Decimal:
        """Net profit in per cent of the entry value."""
        return self.net / self.entry_value * 100


@dataclass(frozen=True, slots=True)
class Standing:
    """One order as it stood, unchanged, for a while. `level` is None for a take-profit."""

    symbol: str
    side: Side
    level: int | None
    price: Decimal
    quantity: Decimal
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time of one symbol's price."""

    time_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class Sample:
    """The account over a stretch of time that begins at `time_ms`: its last values and its worst ones."""

    time_ms: int
    equity: Decimal
    """Wallet balance and unrealised profit at the mark price."""
    lowest_equity: Decimal
    margin: Decimal
    """Initial margin bound by positions and orders."""
    highest_mm_rate: Decimal
    """Maintenance margin as a fraction of the margin balance; 1 is liquidation."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The emergency stop of the account."""

    time_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures an operator looks at first."""

    final_equity: Decimal
    net_profit: Decimal
    """Of the account: final equity less the opening balance."""
    closed_profit: Decimal
    """Net profit of the closed cycles."""
    fees: Decimal
    funding: Decimal
    """Paid less received."""
    trades: int
    cycles: int
    maximum_levels: int
    maximum_margin: Decimal
    maximum_mm_rate: Decimal
    maximum_drawdown: Decimal
    """Largest fall of equity from an earlier high."""
    maximum_drawdown_percent: Decimal
    """The same in per cent of that high."""
    time_in_market: Decimal
    """Share of the time in which any position was open, 0 … 1."""
    liquidations: int
    stop: Stop | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something the live account would have logged as CRITICAL, and gone on: nothing more is opened."""

    time_ms: int
    text: str


@dataclass(slots=True)
class ReplayResult:
    """Everything; the lists are in the order of time."""

    parameters: Parameters
    summary: Summary
    trades: list[Trade] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    cycles: list[ClosedCycle] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    bars: dict[str, list[Bar]] = field(default_factory=dict)
    """By symbol; at most a few thousand each, whatever the length of the replay."""
    samples: list[Sample] = field(default_factory=list)
    """At the times of the bars."""
