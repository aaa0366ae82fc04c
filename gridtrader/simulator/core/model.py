"""The values the exchange is made of: contracts, orders, fills, positions, accounts, and the events it emits.

Everything is exact `Decimal`; times are integer milliseconds. Orders and executions are frozen: a change makes a
new version, and an event carries the version it speaks of. Names follow Bybit V5 (`positionIdx`, `leavesQty`, …)
in Python spelling.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from gridtrader.simulator.core.switches import Options as Options
from gridtrader.simulator.core.values import value

ZERO = Decimal(0)


class World(Enum):
    """Two separate sets of accounts on the same market (Bybit V5 docs)."""

    MAINNET = "mainnet"
    DEMO = "demo"


class Reject(Exception):
    """A request the exchange refuses, with Bybit's `retCode` and `retMsg` (Bybit V5 docs)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


# --- contracts ---


@dataclass(frozen=True, slots=True)
class RiskTier:
    """One row of the risk-limit table: up to `limit` USDT of value, these rates hold. Rates are fractions."""

    id: int
    limit: Decimal
    maintenance_rate: Decimal
    initial_rate: Decimal
    max_leverage: Decimal
    deduction: Decimal
    """`mmDeduction`; 0 on the first tier, where Bybit shows an empty string."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A linear perpetual; `status` is Bybit's: PreLaunch, Trading, Delivering or Closed."""

    symbol: str
    symbol_id: int
    base_coin: str
    status: str
    launch_time: int
    delivery_time: int
    tick_size: Decimal
    min_price: Decimal
    max_price: Decimal
    qty_step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    max_market_qty: Decimal
    min_notional: Decimal
    max_leverage: Decimal
    funding_interval_min: int
    upper_funding_rate: Decimal
    lower_funding_rate: Decimal
    price_limit_x: Decimal
    price_limit_y: Decimal
    tiers: tuple[RiskTier, ...]
    reference_price: Decimal
    """Where the synthetic market starts when nothing else says."""


@value(frozen=True, slots=True)
class Quote:
    """The state of the market of one symbol. `bid_size`/`ask_size` None means: as much as anybody wants."""

    last: Decimal
    bid: Decimal
    ask: Decimal
    mark: Decimal
    index: Decimal
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None


# --- orders and fills ---


_FINAL = frozenset({"Filled", "Cancelled", "Rejected", "Deactivated"})
_ACTIVE = frozenset({"New", "PartiallyFilled"})


class OrderStatus(Enum):
    """Bybit's `orderStatus` for derivatives."""

    NEW = "New"
    PARTIALLY_FILLED = "PartiallyFilled"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    REJECTED = "Rejected"
    UNTRIGGERED = "Untriggered"
    TRIGGERED = "Triggered"
    DEACTIVATED = "Deactivated"

    def __init__(self, word: str) -> None:
        self.is_final = word in _FINAL
        self.is_active = word in _ACTIVE
        """Whether an order is in the book; untriggered conditional orders are not."""


@value(frozen=True, slots=True)
class OrderRequest:
    """`order/create` after the wire's own checks; what Bybit defaults is defaulted here."""

    symbol: str
    side: str  # "Buy" | "Sell"
    order_type: str  # "Limit" | "Market"
    qty: Decimal
    price: Decimal | None = None
    position_idx: int = 0
    time_in_force: str = "GTC"  # GTC | IOC | FOK | PostOnly
    reduce_only: bool = False
    close_on_trigger: bool = False
    order_link_id: str = ""
    trigger_price: Decimal | None = None
    trigger_direction: int = 0
    trigger_by: str = ""


@value(frozen=True, slots=True)
class Order:
    """One version of an order. `qty` is the total, `leaves_qty` what is still open (0 once final)."""

    uid: int
    order_id: str
    order_link_id: str
    symbol: str
    side: str
    position_idx: int
    order_type: str
    time_in_force: str
    price: Decimal
    qty: Decimal
    leaves_qty: Decimal
    cum_exec_qty: Decimal
    cum_exec_value: Decimal
    cum_exec_fee: Decimal
    status: OrderStatus
    reduce_only: bool
    close_on_trigger: bool
    cancel_type: str  # UNKNOWN | CancelByUser | CancelByReduceOnly | CancelByPrepareLiq | …
    reject_reason: str  # EC_NoError | EC_PerCancelRequest | EC_PostOnlyWillTakeLiquidity | …
    closed_pnl: Decimal
    create_type: str  # CreateByUser | CreateByLiq | CreateByTakeOver_PassThrough | …
    last_price_on_created: Decimal
    trigger_price: Decimal | None
    trigger_direction: int
    trigger_by: str
    created_time: int
    updated_time: int
    seq: int

    @property
    def avg_price(self) -> Decimal | None:
        """Average execution price, None before the first fill."""
        return self.cum_exec_value / self.cum_exec_qty if self.cum_exec_qty else None


@value(frozen=True, slots=True)
class Execution:
    """A fill, a funding settlement or a forced close. `fee` > 0 is paid, < 0 received."""

    uid: int
    exec_id: str
    exec_type: str  # Trade | Funding | BustTrade | AdlTrade | Delivery
    symbol: str
    side: str
    position_idx: int
    """Known to the exchange; V5 shows it neither by REST nor by stream."""
    order_id: str
    order_link_id: str
    order_type: str
    order_price: Decimal
    order_qty: Decimal
    leaves_qty: Decimal
    price: Decimal
    qty: Decimal
    value: Decimal
    closed_size: Decimal
    fee: Decimal
    fee_rate: Decimal
    is_maker: bool
    exec_pnl: Decimal
    mark_price: Decimal
    index_price: Decimal
    create_type: str
    exec_time: int
    seq: int
    extra_fee: Decimal = ZERO
    """Tax on the fee, paid in addition to it (`extraFees`)."""
    extra_fee_rate: Decimal = ZERO
    """Tax as a fraction of the value."""


# --- accounts ---


@dataclass(slots=True)
class Position:
    """One leg (`position_idx` 0 one-way, 1 LONG, 2 SHORT) of one symbol of one account."""

    symbol: str
    position_idx: int
    side: str = ""  # "Buy" | "Sell" | "" when flat
    size: Decimal = ZERO
    entry_price: Decimal = ZERO
    """Average of the opening fills, unrounded; a reduction leaves it as it is."""
    open_value: Decimal = ZERO
    """Entry value of what is open now."""
    open_fees: Decimal = ZERO
    """The part of the opening fees that belongs to what is open now."""
    open_funding: Decimal = ZERO
    """The part of the funding (> 0 paid) that belongs to what is open now."""
    leverage: Decimal = Decimal(10)
    cur_realised_pnl: Decimal = ZERO
    """Since this position was opened, fees and funding included."""
    cum_realised_pnl: Decimal = ZERO
    created_time: int = 0
    updated_time: int = 0
    open_time: int = 0
    seq: int = -1


@value(frozen=True, slots=True)
class PositionView:
    """A position with everything V5 shows that depends on the moment: values, margins, unrealised profit."""

    symbol: str
    position_idx: int
    side: str
    size: Decimal
    entry_price: Decimal
    leverage: Decimal
    value: Decimal
    mark_price: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    unrealised_pnl: Decimal
    cur_realised_pnl: Decimal
    cum_realised_pnl: Decimal
    liq_price: Decimal | None
    break_even_price: Decimal | None
    risk_id: int
    risk_limit: Decimal
    created_time: int
    updated_time: int
    open_time: int
    seq: int


@value(frozen=True, slots=True)
class WalletView:
    """The account's money at a moment: the USDT coin and the totals (Bybit V5 docs)."""

    wallet_balance: Decimal
    equity: Decimal
    unrealised_pnl: Decimal
    order_im: Decimal
    position_im: Decimal
    position_mm: Decimal
    cum_realised_pnl: Decimal
    total_margin_balance: Decimal
    total_initial_margin: Decimal
    total_maintenance_margin: Decimal
    total_available: Decimal
    im_rate: Decimal
    """Truncated to 4 decimals, as V5 shows it."""
    mm_rate: Decimal


@value(frozen=True, slots=True)
class LedgerEntry:
    """A row of the transaction log; `change = cash_flow + funding - fee - extra_fee`, `funding` > 0 is received."""

    id: str
    time: int
    symbol: str
    side: str
    type: str  # TRADE | SETTLEMENT | TRANSFER_IN | TRANSFER_OUT | LIQUIDATION | ADL | DELIVERY
    qty: Decimal
    size: Decimal
    """Signed position size after the event."""
    price: Decimal
    fee: Decimal
    fee_rate: Decimal
    cash_flow: Decimal
    funding: Decimal
    change: Decimal
    cash_balance: Decimal
    trade_id: str
    order_id: str
    order_link_id: str
    extra_fee: Decimal = ZERO
    extra_fee_rate: Decimal = ZERO


@value(frozen=True, slots=True)
class ClosedPnl:
    """One row per closing order that closed something (`position/closed-pnl`)."""

    symbol: str
    order_id: str
    side: str
    qty: Decimal
    order_price: Decimal
    order_type: str
    exec_type: str
    closed_size: Decimal
    cum_entry_value: Decimal
    avg_entry_price: Decimal
    cum_exit_value: Decimal
    avg_exit_price: Decimal
    closed_pnl: Decimal
    fill_count: int
    leverage: Decimal
    open_fee: Decimal
    close_fee: Decimal
    created_time: int
    updated_time: int


# --- events: what happened, in the exchange's own order ---


@value(frozen=True, slots=True)
class OrderChanged:
    uid: int
    order: Order


@value(frozen=True, slots=True)
class Executed:
    """All fills of one match round of one account and symbol."""

    uid: int
    executions: tuple[Execution, ...]


@value(frozen=True, slots=True)
class PositionChanged:
    """Both legs of the symbol in hedge mode, the one leg otherwise."""

    uid: int
    symbol: str
    legs: tuple[PositionView, ...]
    seq: int


@value(frozen=True, slots=True)
class WalletChanged:
    uid: int
    wallet: WalletView


Event = OrderChanged | Executed | PositionChanged | WalletChanged
