"""One account's questions to the exchange: key, kind of account, money, symbols, what stands there already."""

from collections.abc import Sequence
from decimal import Decimal

from gridtrader.domain.types import PositionReport, Wallet
from gridtrader.engine.ports import AccountMode, MarginMode, Refusal, Refused, Unreachable
from gridtrader.operator.check.holdings import Holdings
from gridtrader.operator.check.key import check_key, is_hopeless, read_key
from gridtrader.operator.check.notes import Notes, remedy
from gridtrader.operator.check.symbol import check_symbol
from gridtrader.operator.contract import Contract, ask_contract, terms_of
from gridtrader.operator.rungs import Ladder, Terms, balance_for
from gridtrader.operator.venue import Desk
from gridtrader.settings import AccountSettings, Settings, SymbolSettings


class Contracts:
    """The contracts of one world, each asked for once: they are the same for all accounts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, Contract] = {}

    def get(self, symbol: str) -> Contract:
        """Return a contract. Raises `Refused` or `Unreachable`."""
        if symbol not in self._known:
            self._known[symbol] = ask_contract(self._desk, symbol)
        return self._known[symbol]


class AccountCheck:
    """One account's questions, from what everything hangs on to what is only good to know."""

    def __init__(
        self, account: AccountSettings, settings: Settings, desk: Desk, contracts: Contracts, notes: Notes
    ) -> None:
        self._account = account
        self._settings = settings
        self._desk = desk
        self._contracts = contracts
        self._notes = notes

    def run(self, holdings: Holdings) -> None:
        """Raises `Refused`, `Unreachable` or StoreError where going on would make no sense."""
        mode = self._desk.client.account_mode()  # the client's own calls come first: they learn the exchange's time
        self._key()
        positions = self._desk.client.positions()
        wallet = self._mode_and_wallet(mode, positions)
        terms: dict[str, Terms] = {}
        ladders: list[Ladder] = []
        for symbol in self._account.symbols:
            found = self._symbol_terms(symbol)
            if found is None:
                continue
            outcome = check_symbol(found, symbol.leverage, self._desk.client, positions, self._notes)
            if outcome.is_hedged:
                terms[symbol.symbol] = found
            if outcome.ladder is not None:
                ladders.append(outcome.ladder)
        holdings.check(terms, positions, configured=[symbol.symbol for symbol in self._account.symbols])
        if wallet is not None and ladders:
            self._worst_case(ladders, wallet)

    def _key(self) -> None:
        demo = self._account.demo_trading
        try:
            facts = read_key(self._desk.direct, demo=demo)
        except (Refused, Unreachable) as error:
            if is_hopeless(error):
                raise
            self._notes.warn(f"rights and life of the key are not known: {error}; {remedy(error, self._account.id)}")
            return
        if facts is None:
            self._notes.ok("rights and life of the key are not told on demo")
        else:
            check_key(facts, self._notes, demo=demo)

    def _mode_and_wallet(self, mode: AccountMode, positions: Sequence[PositionReport]) -> Wallet | None:
        """Check kind and margin mode of the account; return its money, None where the mode hides it."""
        if not mode.is_unified:
            self._notes.fail("the account is not a unified trading account: upgrade it on the exchange's site")
        if mode.margin_mode is not MarginMode.CROSS:
            if positions:
                self._notes.fail(
                    f"the account is in {mode.margin_mode.value} with positions open: close them, or switch to cross "
                    f"margin (REGULAR_MARGIN) by hand"
                )
            else:
                self._notes.ok(f"margin mode {mode.margin_mode.value}; the start switches it to cross margin")
            return None
        wallet = self._desk.client.wallet()
        if wallet.margin_balance <= 0:
            self._notes.fail("the account has no money: put USDT into its unified account")
        else:
            self._notes.ok(
                f"unified account, cross margin, balance {wallet.margin_balance:,.2f} USD, available "
                f"{wallet.available:,.2f}"
            )
        return wallet

    def _symbol_terms(self, symbol: SymbolSettings) -> Terms | None:
        """Return what the symbol's ladder is built from; None where it cannot be traded."""
        name = symbol.symbol
        try:
            contract = self._contracts.get(name)
        except Refused as error:
            if error.refusal is not Refusal.INVALID:
                raise
            self._notes.fail(f"the exchange has no linear contract {name} ({error}): correct the configuration")
            return None
        if contract.quote is None:
            self._notes.fail(f"{name} is not trading at the exchange: take it out of the configuration")
            return None
        fees = self._desk.client.fee_rates(name)
        return terms_of(self._account, symbol, self._settings.system, contract, contract.quote, fees)

    def _worst_case(self, ladders: Sequence[Ladder], wallet: Wallet) -> None:
        """Compare what all full ladders need with what there is (S6)."""
        margin = sum((ladder.rungs[-1].total_margin for ladder in ladders), Decimal(0))
        needed = balance_for(margin, self._account.risk.balance_buffer_percent)
        if needed is None:
            self._notes.warn("with a balance buffer of 100 % no level is ever opened: lower balance_buffer_percent")
        elif needed > wallet.margin_balance:
            self._notes.warn(
                f"all full ladders together need a balance of {needed:,.2f} USD, there are "
                f"{wallet.margin_balance:,.2f}: the deepest levels will be left out; add money, or lower sizes or "
                f"levels (`gridtrader ladder {self._account.id} SYMBOL` shows them)"
            )
        else:
            self._notes.ok(f"all full ladders together need a balance of {needed:,.2f} USD, which is there")
