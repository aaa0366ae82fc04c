"""What one value alone cannot show: duplicates, prices that would not be above zero, figures that do not go together.

The checks look at the tree as it was read, valid or not, so that they report in the same run as everything else.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from gridtrader.domain.exact import plain
from gridtrader.domain.order_names import MAX_LEVEL
from gridtrader.settings.accounts import AccountSettings
from gridtrader.settings.problems import Problem
from gridtrader.settings.source import KeyPath, Source
from gridtrader.settings.system import SystemSettings

_DEFAULT_TAKER_PERCENT: Final = AccountSettings.model_fields["taker_fee_percent"].default
_HUNDRED: Final = Decimal(100)
_HARDLY_ANYTHING: Final = Decimal("0.001")


def faults(source: Source) -> list[Problem]:
    """Return the problems between values."""
    problems = list(_duplicate_accounts(source))
    for path, account in accounts_of(source.tree):
        problems += _duplicate_symbols(source, path, account)
        problems += _impossible_prices(source, path, account)
    return problems


def doubts(source: Source) -> list[Problem]:
    """Return what is allowed and yet hardly meant."""
    warnings = []
    accounts = list(accounts_of(source.tree))
    if accounts and not any(account.get("enabled", True) for _, account in accounts):
        warnings.append(source.problem(("accounts",), "no account is enabled: nothing will be traded"))
    for path, account in accounts:
        risk = account.get("risk")
        if not isinstance(risk, dict):
            continue
        at = (*path, "risk")
        if risk.get("mm_rate_threshold") == 0:
            warnings.append(source.problem((*at, "mm_rate_threshold"), "0 stops the account at its first price"))
        if risk.get("mm_rate_threshold") == 100:
            warnings.append(
                source.problem((*at, "mm_rate_threshold"), "100 is liquidation itself: a stop comes too late there")
            )
        if risk.get("balance_buffer_percent") == 100:
            warnings.append(source.problem((*at, "balance_buffer_percent"), "with 100 no level can ever be opened"))
    for path, account in accounts:
        warnings += _vanishing_prices(source, path, account)
    return warnings


def system_faults(source: Source, system: SystemSettings) -> list[Problem]:
    """Return the pairs of system figures that contradict each other; `system` is valid key by key."""
    streams, engine = system.streams, system.engine
    pairs = (
        ("streams", "ping_interval_s", streams.ping_interval_s, "silence_s", streams.silence_s),
        ("streams", "check_s", streams.check_s, "silence_s", streams.silence_s),
        ("streams", "backoff_first_s", streams.backoff_first_s, "backoff_max_s", streams.backoff_max_s),
        ("engine", "mm_refresh_min_s", engine.mm_refresh_min_s, "mm_refresh_max_s", engine.mm_refresh_max_s),
    )
    problems = []
    for group, small_key, small, large_key, large in pairs:
        if small > large or (small == large and small_key == "ping_interval_s"):
            below = "below" if small_key == "ping_interval_s" else "at most"
            message = f"found {small:g}, allowed: {below} {large_key}, which is {large:g}"
            problems.append(source.problem(("system", group, small_key), message))
    return problems


def accounts_of(tree: object) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Yield path and mapping of every account that is a mapping at all."""
    yield from _mappings(tree.get("accounts") if isinstance(tree, dict) else None, ("accounts",))


def _mappings(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield (*path, index), item


def _duplicate_accounts(source: Source) -> Iterator[Problem]:
    first: dict[str, KeyPath] = {}
    for path, account in accounts_of(source.tree):
        account_id = account.get("id")
        if not isinstance(account_id, str):
            continue
        if account_id in first:
            yield _duplicate(source, (*path, "id"), first[account_id], "account id")
        first.setdefault(account_id, (*path, "id"))


def _duplicate_symbols(source: Source, path: KeyPath, account: dict[str, Any]) -> Iterator[Problem]:
    first: dict[str, KeyPath] = {}
    for inner, settings in _mappings(account.get("symbols"), (*path, "symbols")):
        symbol = settings.get("symbol")
        if not isinstance(symbol, str):
            continue
        if symbol in first:
            yield _duplicate(source, (*inner, "symbol"), first[symbol], "symbol of this account")
        first.setdefault(symbol, (*inner, "symbol"))


def _duplicate(source: Source, path: KeyPath, first: KeyPath, what: str) -> Problem:
    here, there = source.values[path], source.values[first]
    return source.problem(path, f"found {here.shown}, a second time; the same {what} stands in line {there.line}")


def _impossible_prices(source: Source, path: KeyPath, account: dict[str, Any]) -> Iterator[Problem]:
    """S7: a step or a take-profit that would make a price ≤ 0, whatever the market, is refused.

    What depends on the tick size (a long ladder of large steps) is seen when the exchange's figures are known.
    """
    taker = _number(account.get("taker_fee_percent")) or _DEFAULT_TAKER_PERCENT
    for inner, settings in _mappings(account.get("symbols"), (*path, "symbols")):
        step, profit = _number(settings.get("grid_step_percent")), _number(settings.get("take_profit_percent"))
        if step == _HUNDRED:
            words = "below 100, or the price of a LONG level would be 0"
            yield source.problem((*inner, "grid_step_percent"), f"found {plain(step)}, allowed: {words}")
        limit = _HUNDRED - taker
        if profit is not None and limit <= profit <= _HUNDRED:
            words = f"below {plain(limit)} (100 less the taker fee), or a SHORT take-profit would not be above 0"
            yield source.problem((*inner, "take_profit_percent"), f"found {plain(profit)}, allowed: {words}")


def _vanishing_prices(source: Source, path: KeyPath, account: dict[str, Any]) -> Iterator[Problem]:
    for inner, settings in _mappings(account.get("symbols"), (*path, "symbols")):
        step, levels = _number(settings.get("grid_step_percent")), settings.get("max_grid_levels_per_side")
        if step is None or not 0 < step < _HUNDRED or type(levels) is not int or not 1 <= levels <= MAX_LEVEL:
            continue
        rest = (1 - step / _HUNDRED) ** levels
        if rest < _HARDLY_ANYTHING:
            text = f"the last LONG level would rest at {rest * _HUNDRED:.1e} % of the first one's price"
            yield source.problem((*inner, "grid_step_percent"), text)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None
