"""One client of the exchange: money, settings, holdings, and everything it may ask about later."""

from collections.abc import Iterable
from decimal import Decimal

from gridtrader.simulator.core.calm import Band
from gridtrader.simulator.core.contract import Contract
from gridtrader.simulator.core.holding import ONE_WAY, Holding
from gridtrader.simulator.core.margin import MarginRules
from gridtrader.simulator.core.model import (
    ZERO,
    ClosedPnl,
    Execution,
    LedgerEntry,
    Options,
    Order,
    WalletView,
    World,
)
from gridtrader.simulator.core.needs import FeeRates

CROSS = "REGULAR_MARGIN"
ISOLATED = "ISOLATED_MARGIN"
PORTFOLIO = "PORTFOLIO_MARGIN"
MARGIN_MODES = (CROSS, ISOLATED, PORTFOLIO)


class Records:
    """What an account can look up: orders by id, and its history, oldest first."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        """The latest version of every order there ever was, by id."""
        self.link_ids: dict[str, str] = {}
        """The latest order id of each orderLinkId."""
        self.closed_orders: list[Order] = []
        self.executions: list[Execution] = []
        self.ledger: list[LedgerEntry] = []
        self.closed_pnl: dict[str, ClosedPnl] = {}
        """One row per closing order, by order id."""

    def find(self, order_id: str, order_link_id: str) -> Order | None:
        """Return the order of that id, or else of that orderLinkId, whatever its status."""
        return self.orders.get(order_id or self.link_ids.get(order_link_id, ""))


class Account:
    """A unified account with one coin, USDT, counted at 1 USD."""

    def __init__(self, uid: int, world: World, options: Options) -> None:
        self.uid = uid
        self.world = world
        self.cash = ZERO
        """Wallet balance."""
        self.cum_realised_pnl = ZERO
        """Realised profit, fees and funding of all time."""
        self.margin_mode = CROSS
        self.default_mode = ONE_WAY
        """Position mode of contracts the account has not touched."""
        self.fees = FeeRates(ZERO, ZERO, options.extra_fee_share)
        self.holdings: dict[str, Holding] = {}
        self.exposed: dict[str, Holding] = {}
        """The holdings that need margin."""
        self.records = Records()
        self.kept_wallet: tuple[tuple[object, ...], WalletView] | None = None
        """The last view of the wallet, and what it was made of (`views.wallet_view`)."""
        self._calm: dict[str, Band] = {}
        self._options = options
        self.set_fees(options.maker_fee, options.taker_fee)

    def set_fees(self, maker: Decimal, taker: Decimal) -> None:
        """Set the rates (fractions); an exchange without fees keeps them at 0."""
        free = not self._options.fees_enabled
        self.fees.maker, self.fees.taker = (ZERO, ZERO) if free else (maker, taker)
        for holding in self.holdings.values():
            holding.needs.terms_changed()
        self.disturb()

    def holding(self, contract: Contract) -> Holding:
        """Return the account's holding in a contract; the first question makes one."""
        holding = self.holdings.get(contract.symbol)
        if holding is None:
            rules = MarginRules.of(contract.instrument.tiers, self._options)
            holding = Holding(contract, self.default_mode, rules, self.fees)
            self.holdings[contract.symbol] = holding
        return holding

    def mode(self, symbol: str) -> int:
        holding = self.holdings.get(symbol)
        return self.default_mode if holding is None else holding.mode

    def move_cash(self, amount: Decimal) -> None:
        """Add to the wallet balance (< 0: take from it)."""
        self.cash += amount
        self.disturb()

    def note_exposure(self, holding: Holding) -> None:
        """Keep `exposed` and the contract's holders true after a change of the holding."""
        contract = holding.contract
        if holding.is_exposed:
            self.exposed[contract.symbol] = holding
            contract.exposed.add(self.uid)
        else:
            self.exposed.pop(contract.symbol, None)
            contract.exposed.discard(self.uid)
            contract.calm = None
        self.disturb()
        if holding.has_position:
            contract.holders.add(self.uid)
        else:
            contract.holders.discard(self.uid)

    # --- margin of the whole account ---

    def disturb(self) -> None:
        """Forget at which prices the account is safe: its money, positions, orders or rates have changed."""
        self._calm.clear()
        for holding in self.exposed.values():
            holding.contract.calm = None

    def calm_band(self, contract: Contract) -> Band | None:
        """Return mark prices of the contract, the present one among them, at which the account is safe, as long as
        those of its other contracts stay in their bands; None if it is to be liquidated now."""
        band = self._calm.get(contract.symbol)
        if band is not None and band.holds(contract.mark):
            return band
        cushion = self.cushion()
        if cushion <= ZERO:
            return None
        share = cushion / len(self.exposed)
        self._calm = {symbol: holding.needs.calm_band(share) for symbol, holding in self.exposed.items()}
        for holding in self.exposed.values():
            holding.contract.calm = None
        return self._calm[contract.symbol]

    def cushion(self) -> Decimal:
        """Return margin balance minus maintenance margin; at 0 or below the account is liquidated."""
        return sum([holding.needs.cushion() for holding in self.exposed.values()], self.cash)

    def equity(self) -> Decimal:
        """Return the margin balance: cash and unrealised profit."""
        return sum([holding.needs.margin().unrealised for holding in self.exposed.values()], self.cash)

    def available(self) -> Decimal:
        """Return the margin balance less all initial margin (`totalAvailableBalance`); may be negative."""
        total = self.cash
        for holding in self.exposed.values():
            margin = holding.needs.margin()
            total += margin.unrealised - margin.position_im - margin.order_im
        return total

    # --- orders ---

    def working_orders(self) -> Iterable[Order]:
        return [order for holding in self.holdings.values() for order in holding.orders.values()]
