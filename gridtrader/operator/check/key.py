"""What an API key may do and how long it lives, as `user/query-api` tells it (Bybit V5 docs, "Get API Key Info")."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gridtrader.engine.ports import Refusal, Refused, Unreachable
from gridtrader.exchange import codes
from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.operator.check.notes import Notes
from gridtrader.operator.direct import Direct

NEEDED: Final = ("Order", "Position")
"""Rights under `ContractTrade` that trading needs."""
SOON_DAYS: Final = 14

_UNTOLD_ON_DEMO: Final = codes.NOT_HERE | {10005}
_ANYWHERE: Final = "*"
_SITE: Final = "on the exchange's site, API management"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """`days_left` is None for a key that does not expire (bound to addresses); `addresses` is empty if not bound."""

    is_read_only: bool
    trade_rights: tuple[str, ...]
    wallet_rights: tuple[str, ...]
    addresses: tuple[str, ...]
    days_left: int | None


def read_key(direct: Direct, *, demo: bool) -> KeyFacts | None:
    """Return the facts, or None where a demo account is not told them. Raises `Refused` or `Unreachable`."""
    try:
        return parse_key(direct.key_information())
    except Refused as error:
        if demo and error.code in _UNTOLD_ON_DEMO:
            return None
        raise
    except BadMessage as error:
        raise Unreachable(str(error)) from None


def parse_key(row: Row) -> KeyFacts:
    """Read the result of user/query-api. Raises BadMessage."""
    rights = row.row("permissions")
    addresses = _words(row, "ips")
    deadline = row.whole("deadlineDay")
    is_bound = bool(addresses) and _ANYWHERE not in addresses
    return KeyFacts(
        is_read_only=bool(row.whole("readOnly", least=0)),
        trade_rights=_words(rights, "ContractTrade"),
        wallet_rights=_words(rights, "Wallet"),
        addresses=addresses if is_bound else (),
        days_left=deadline if deadline >= 0 else None,
    )


def check_key(facts: KeyFacts, notes: Notes, *, demo: bool) -> None:
    """Write down what is wrong with a key, and what it is."""
    if facts.is_read_only:
        notes.fail(f"the key is read-only and cannot trade: make one with read and write, {_SITE}")
    missing = [right for right in NEEDED if right not in facts.trade_rights]
    if missing:
        notes.fail(f"the key lacks the right Contract {' and '.join(missing)}: add it {_SITE}")
    if "Withdraw" in facts.wallet_rights:
        notes.warn(f"the key may withdraw money, which the bot never does: take that right away {_SITE}")
    elif facts.wallet_rights:
        notes.warn(f"the key may move money ({', '.join(facts.wallet_rights)}): take that right away {_SITE}")
    if facts.days_left is not None and facts.days_left < SOON_DAYS:
        notes.warn(f"the key expires in {_days(facts.days_left)}: renew it, or bind it to this machine's address")
    elif not facts.addresses and not demo:
        notes.warn(f"the key works from any address: bind it to this machine's, {_SITE}; it then does not expire")
    life = "does not expire" if facts.days_left is None else f"valid for {_days(facts.days_left)}"
    bound = f"bound to {', '.join(facts.addresses)}" if facts.addresses else "not bound to an address"
    notes.ok(f"key accepted, {life}, {bound}")


def is_hopeless(error: Exception) -> bool:
    """Whether an error says that nothing else can be asked with this key either, or on this clock."""
    return isinstance(error, Refused) and error.refusal in (Refusal.KEY, Refusal.CLOCK)


def _days(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def _words(row: Row, key: str) -> tuple[str, ...]:
    """Return a list of texts; a field that is not there is an empty one."""
    if not row.has(key):
        return ()
    found: Sequence[object] = row.list(key)
    if not all(isinstance(word, str) for word in found):
        raise row.bad(key, "a list of texts")
    return tuple(str(word) for word in found)
