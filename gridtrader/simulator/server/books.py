"""The whole of an account as plain JSON, exact, for whoever checks invariants. Names are the core's own."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum

from gridtrader.simulator.server.accounts import Account
from gridtrader.simulator.server.text import plain
from gridtrader.simulator.server.venue import Venue

Json = dict[str, object]


def exact(value: object) -> object:
    """Turn a value of the core into JSON: decimals as plain texts, enums as their values, the rest as it is."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: exact(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    return value


def _all(values: Iterable[object]) -> list[object]:
    return [exact(value) for value in values]


def account_card(account: Account) -> Json:
    """Return what may be shown of an account and its key."""
    return {
        "uid": account.uid,
        "key": account.key,
        "world": account.world.value,
        "read_only": account.read_only,
        "refusal": None if account.refusal is None else account.refusal.code,
    }


def books(venue: Venue, account: Account) -> Json:
    """Return orders open and closed, executions, positions, wallet, ledger and requests; oldest first."""
    core, uid = venue.core, account.uid
    traded = sorted({*core.open_symbols(uid), *(execution.symbol for execution in core.executions(uid))})
    return {
        **account_card(account),
        "margin_mode": core.margin_mode(uid),
        "position_modes": {symbol: core.position_mode(uid, symbol) for symbol in venue.instruments},
        "open_orders": _all(core.open_orders(uid)),
        "closed_orders": _all(core.closed_orders(uid)),
        "executions": _all(core.executions(uid)),
        "positions": [exact(leg) for symbol in traded for leg in core.positions(uid, symbol)],
        "wallet": exact(core.wallet(uid)),
        "ledger": _all(core.ledger(uid)),
        "closed_pnl": _all(core.closed_pnl(uid)),
        "requests": _all(account.requests),
    }
