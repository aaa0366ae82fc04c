"""The accounts of the exchange and their API keys."""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from gridtrader.simulator.core.model import Reject, World

FIRST_UID = 104_183_676
REQUESTS_KEPT = 10_000
FORM = "KEY:SECRET:USDT or KEY:SECRET:USDT:demo"


class BadAccount(ValueError):
    """An account description that cannot be read. The message holds no secret."""


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account to be opened: its key, its secret, its first money in USDT (≥ 0), its world."""

    key: str
    secret: str = field(repr=False)
    usdt: Decimal
    world: World


@dataclass(frozen=True, slots=True)
class Request:
    """What an account asked for, for tests that compare the commands of two runs. Signatures are not kept."""

    time: int
    method: str
    path: str
    payload: str
    ret_code: int | None
    """None where no V5 answer was given."""


@dataclass(slots=True)
class Account:
    """One API key and the account behind it."""

    uid: int
    key: str
    secret: str = field(repr=False)
    world: World
    created: int
    maker_fee: Decimal
    taker_fee: Decimal
    refusal: Reject | None = None
    """What every signed request is answered once the key is revoked, expired or banned."""
    read_only: bool = False
    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT), repr=False)


def parse_account(text: str) -> AccountSpec:
    """Read `KEY:SECRET:USDT[:demo]`. Raises BadAccount, which names the key at most."""
    parts = text.split(":")
    if len(parts) not in (3, 4) or not parts[0] or not parts[1]:
        raise BadAccount(f"an account is written {FORM}")
    key, secret, amount = parts[:3]
    try:
        usdt = Decimal(amount)
    except InvalidOperation:
        usdt = Decimal("NaN")
    if not usdt.is_finite() or usdt < 0:
        raise BadAccount(
            f"account {key}: {amount!r} is not an amount of USDT; allowed: a number of at least 0 ({FORM})"
        )
    if parts[3:] not in ([], ["demo"]):
        raise BadAccount(f"account {key}: {parts[3]!r} is not a kind of account; allowed: demo, or nothing ({FORM})")
    return AccountSpec(key, secret, usdt, World.DEMO if parts[3:] else World.MAINNET)


class AccountBook:
    """All accounts, found by key within a world, or by either name of theirs."""

    def __init__(self) -> None:
        self._by_key: dict[str, Account] = {}
        self._by_uid: dict[int, Account] = {}
        self._uids = itertools.count(FIRST_UID)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_key.values())

    def add(self, spec: AccountSpec, now: int, maker_fee: Decimal, taker_fee: Decimal) -> Account:
        """Give the account a uid. Raises BadAccount if the key is taken."""
        if spec.key in self._by_key:
            raise BadAccount(f"account {spec.key}: the key is used twice")
        account = Account(next(self._uids), spec.key, spec.secret, spec.world, now, maker_fee, taker_fee)
        self._by_key[account.key] = account
        self._by_uid[account.uid] = account
        return account

    def with_key(self, world: World, key: str) -> Account | None:
        """Return the account of that key in that world: a key of the other world is no key here."""
        account = self._by_key.get(key)
        return account if account is not None and account.world is world else None

    def with_uid(self, uid: int) -> Account | None:
        return self._by_uid.get(uid)

    def named(self, name: str) -> Account | None:
        """Return the account whose key or uid is `name`."""
        return self._by_key.get(name) or (self._by_uid.get(int(name)) if name.isdecimal() else None)
