"""`gridtrader ladder ACCOUNT SYMBOL`: an account's ladder before it trades, level by level, and what it needs.

The contract and the price are the exchange's of now, asked for without a key; where it cannot be reached, or with
--offline, they come from the package's catalogue, and the output says so. What the figures assume is said in
`gridtrader.operator.rungs`. Exit codes: 0 there is a ladder (warnings allowed); 1 there is none, or no such contract;
2 bad arguments or configuration. `ladder_json` has the keys of --json.
"""

import sys
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TextIO

from rich.text import Text

from gridtrader.daemon import wiring
from gridtrader.daemon.clock import SystemClock
from gridtrader.domain.exact import HUNDRED, floor_to, plain
from gridtrader.domain.sizing import SizingError
from gridtrader.domain.types import Quote
from gridtrader.engine.ports import Clock, GatewayError, Refusal, Refused
from gridtrader.operator.command_line import BadArguments, refuse
from gridtrader.operator.contract import (
    Contract,
    NoSuchContract,
    ask_contract,
    catalogue_contract,
    catalogue_name,
    terms_of,
)
from gridtrader.operator.ladder.document import document
from gridtrader.operator.ladder.table import pages
from gridtrader.operator.printing import moment, print_all
from gridtrader.operator.rungs import Ladder, Terms, build_ladder
from gridtrader.operator.venue import Venue
from gridtrader.settings import AccountSettings, Settings, SettingsError, SymbolSettings, load_settings
from gridtrader.store.json_text import dumps

EXIT_OK: Final = 0
EXIT_NO_LADDER: Final = 1

TIMEOUT_S: Final = 5.0
_PLACES: Final = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A contract, the price of level 0, and where each is from; `trouble` says why it is not the exchange."""

    contract: Contract
    price: Decimal
    price_source: str
    source: str
    trouble: str = ""


def run_ladder(
    config: Path,
    account_id: str,
    symbol: str,
    *,
    price: str | None = None,
    offline: bool = False,
    as_json: bool = False,
    clock: Clock | None = None,
    out: TextIO | None = None,
) -> int:
    """Print the ladder and return the exit code; `out` is standard output unless given."""
    out = out or sys.stdout
    try:
        settings = load_settings(config, Path(), need_keys=False)
        account, chosen = _choose(settings, account_id, symbol)
        wanted = None if price is None else _price(price)
    except (SettingsError, BadArguments) as error:
        return refuse(error)
    try:
        found = _find(settings, account, symbol, wanted, clock or SystemClock(), offline=offline)
        quote = Quote(found.price, found.price, found.price, 0)
        terms = terms_of(account, chosen, settings.system, found.contract, quote)
        ladder = build_ladder(terms)
    except BadArguments as error:
        return refuse(error)
    except (NoSuchContract, SizingError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_NO_LADDER
    warnings = [*_warnings(account, terms, found), *ladder.warnings]
    if as_json:
        tree = document(
            account.id, terms, ladder, source=found.source, price_source=found.price_source, warnings=warnings
        )
        out.write(f"{dumps(tree)}\n")
    else:
        _print(account, terms, ladder, found, warnings, out)
    return EXIT_OK


# --- what is asked for ---


def _choose(settings: Settings, account_id: str, symbol: str) -> tuple[AccountSettings, SymbolSettings]:
    accounts = {account.id: account for account in settings.accounts}
    if account_id not in accounts:
        raise BadArguments(f"account {account_id!r} is not configured; there are: {', '.join(accounts)}")
    account = accounts[account_id]
    symbols = {chosen.symbol: chosen for chosen in account.symbols}
    if symbol not in symbols:
        raise BadArguments(f"account {account_id} does not trade {symbol!r}; it trades: {', '.join(symbols)}")
    return account, symbols[symbol]


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price <= 0 or abs(price.adjusted()) > _PLACES:
        raise BadArguments(f"--price: found {text!r}, allowed: a number above 0")
    return price


# --- contract and price ---


def _find(
    settings: Settings, account: AccountSettings, symbol: str, price: Decimal | None, clock: Clock, *, offline: bool
) -> Found:
    """Return the contract. Raises NoSuchContract, or BadArguments where another price has to be given."""
    trouble = ""
    if not offline:
        desk = Venue(settings.system, clock, timeout_s=TIMEOUT_S).desk(None, demo=account.demo_trading)
        try:
            contract = ask_contract(desk, symbol)
            source = f"{desk.rest}, {moment(clock.now_ms(), wiring.zone_of(settings.system))}"
            return Found(contract, *_level_0(contract, price, "last price"), source)
        except GatewayError as error:
            if isinstance(error, Refused) and error.refusal is Refusal.INVALID:
                raise NoSuchContract(f"{desk.rest} does not know {symbol}: {error}") from None
            trouble = f"{desk.rest} cannot be read: {error}"
        finally:
            desk.close()
    contract = catalogue_contract(symbol)
    source = f"{catalogue_name()}, figures like the exchange's but not of today"
    return Found(contract, *_level_0(contract, price, "the catalogue's reference price"), source, trouble)


def _level_0(contract: Contract, price: Decimal | None, known_as: str) -> tuple[Decimal, str]:
    """Return the price of level 0 and what it is."""
    instrument = contract.instrument
    if price is None:
        if contract.quote is None:
            raise BadArguments(f"--price is needed: no price of {instrument.symbol} is known")
        return contract.quote.last, known_as
    fitted = floor_to(price, instrument.tick_size)
    if not instrument.min_price <= fitted <= instrument.max_price:
        raise BadArguments(
            f"--price: found {plain(price)}, allowed for {instrument.symbol}: {plain(instrument.min_price)} to "
            f"{plain(instrument.max_price)}"
        )
    is_fitted = fitted != price
    return fitted, f"as given{f', floored to the tick {plain(instrument.tick_size)}' if is_fitted else ''}"


def _warnings(account: AccountSettings, terms: Terms, found: Found) -> list[str]:
    warnings = [found.trouble] if found.trouble else []
    if not terms.instrument.is_trading:
        warnings.append("the contract is not trading: an account that trades it does not start")
    if terms.leverage < terms.strategy.leverage:
        warnings.append(
            f"leverage {plain(terms.strategy.leverage)} is configured, the exchange allows {plain(terms.leverage)}: "
            f"that is used"
        )
    if not account.enabled:
        warnings.append("the account is disabled")
    if account.risk.balance_buffer_percent == HUNDRED:
        warnings.append("with a balance buffer of 100 % no level is ever opened")
    return warnings


# --- for people ---


def _print(
    account: AccountSettings, terms: Terms, ladder: Ladder, found: Found, warnings: list[str], out: TextIO
) -> None:
    strategy, instrument = terms.strategy, terms.instrument
    others = [symbol.symbol for symbol in account.symbols if symbol.symbol != strategy.symbol]
    print_all(
        [
            Text(
                f"Account {account.id}{f' {account.name}' if account.name else ''}, {strategy.symbol}", style="bold"
            ),
            Text(
                f"size {plain(strategy.margin)} USD x leverage {plain(terms.leverage)}, step "
                f"{plain(strategy.step_percent)} %, multiplier {plain(strategy.multiplier)}, take-profit "
                f"{plain(strategy.target * HUNDRED)} % net, {strategy.max_level} averaging levels, balance buffer "
                f"{plain(terms.buffer_percent)} %"
            ),
            Text(
                f"tick {plain(instrument.tick_size)}, quantity step {plain(instrument.qty_step)}, orders "
                f"{plain(instrument.min_qty)} to {plain(instrument.max_qty)}, at least "
                f"{plain(instrument.min_notional)} USDT"
            ),
            Text(
                f"fees: level 0 pays taker {_fee(terms.fees.taker)}, the others maker {_fee(terms.fees.maker)}, "
                f"take-profits reckon with {_fee(terms.closing_fee)}; as configured, no funding"
            ),
            Text(f"contract: {found.source}"),
            Text(f"level 0 at {plain(found.price)} ({found.price_source})"),
            Text(),
            *pages(terms, ladder),
            Text(),
            Text(_need(ladder, others)),
            *(Text(f"warning: {warning}", style="yellow") for warning in warnings),
        ],
        out,
    )


def _fee(rate: Decimal) -> str:
    return f"{plain(rate * HUNDRED)} %"


def _need(ladder: Ladder, others: list[str]) -> str:
    """Return in a sentence what the account should have."""
    deepest = ladder.rungs[-1]
    if deepest.balance is None:
        return "No balance carries this ladder."
    loss = max(side.loss for side in deepest.sides.values())
    shared = f"; {', '.join(others)} come{'s' if len(others) == 1 else ''} on top" if others else ""
    return (
        f"Both full ladders need a margin balance of {deepest.balance:,.2f} USDT, and {loss:,.2f} more to carry the "
        f"loss of one side at its deepest level{shared}."
    )
