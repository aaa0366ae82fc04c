"""What an endpoint is given and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from gridtrader.simulator.core.model import Reject
from gridtrader.simulator.server.accounts import Account
from gridtrader.simulator.server.params import Params
from gridtrader.simulator.server.venue import Venue


class Access(Enum):
    """Who may call an endpoint."""

    PUBLIC = "public"
    """Anybody; a signature is not looked at."""
    READ = "read"
    WRITE = "write"
    """A key that is not read-only."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed all checks of the wire. `now` is API time."""

    venue: Venue
    params: Params
    now: int
    granted: int
    """How many orders of a batch are within the rate limit; 1 for anything else."""
    signer: Account | None = None

    @property
    def account(self) -> Account:
        """The account that signed; only for endpoints that are not public."""
        if self.signer is None:
            raise LookupError("a public endpoint asked for the account")
        return self.signer

    @property
    def uid(self) -> int:
        return self.account.uid


class RejectWithResult(Reject):
    """A refusal that has a result to show."""

    def __init__(self, code: int, text: str, result: Mapping[str, object]) -> None:
        super().__init__(code, text)
        self.result = result


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a request that succeeded."""

    result: Mapping[str, object]
    message: str = "OK"
    extra: Mapping[str, object] = field(default_factory=dict)
    """`retExtInfo`"""


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of the API and its rules (Bybit V5 docs, "Rate Limit Rules" and "Demo Trading Service")."""

    method: str
    path: str
    handler: Handler
    access: Access = Access.PUBLIC
    quota: tuple[int, int] | None = None
    """(requests, window in milliseconds) of each account; None: not limited."""
    counts_orders: bool = False
    """Whether the quota is counted in orders, and those beyond it fail one by one."""


def per_second(requests: int) -> tuple[int, int]:
    """Return the quota of so many requests within any second."""
    return requests, 1000
