"""What a value in the configuration can be: the kinds of field, each with the words for what it allows."""

import ipaddress
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gridtrader.domain.order_names import SYMBOL_PATTERN

LOCAL_ZONE: Final = "local"


class Section(BaseModel):
    """A mapping of the file: every key known, every type exact, nothing changed afterwards."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The words for what a field allows, where a type and a range do not say it."""

    text: str


def _exact(value: object) -> object:
    """A whole number is as good as any where a decimal is wanted."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _seconds(value: object) -> object:
    """A duration is a measurement, not money: what takes it (sockets, waits) works with binary floats."""
    number = _exact(value)
    return float(number) if isinstance(number, Decimal) and number.is_finite() else value


def _zone(name: str) -> str:
    if name != LOCAL_ZONE:
        try:
            zoneinfo.ZoneInfo(name)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError) as error:
            raise ValueError("no such time zone") from error
    return name


def _url(schemes: tuple[str, str], ending: str) -> AfterValidator:
    """Take `schemes[0]` (encrypted), or `schemes[1]` where the host is this machine: keys travel there."""

    def check(url: str) -> str:
        parts = urlsplit(url)
        host = parts.hostname
        if not host or parts.username or parts.query or parts.fragment or not url.isascii() or " " in url:
            raise ValueError("not a plain address")
        _ = parts.port  # raises ValueError for a port that is none
        if parts.scheme != schemes[0] and not (parts.scheme == schemes[1] and is_loopback(host)):
            raise ValueError("not encrypted")
        is_own = is_loopback(host) and parts.path.endswith(ending) and not url.endswith("/")
        if parts.path != ending and not is_own:  # the embedded exchange has its demo world under /demo
            raise ValueError("wrong path")
        return url

    return AfterValidator(check)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Number = Annotated[Decimal, BeforeValidator(_exact), Field(decimal_places=12)]
"""An exact decimal number; twelve decimals are more than any tick or quantity step has."""
Seconds = Annotated[float, BeforeValidator(_seconds)]

AccountId = Annotated[str, Field(pattern=r"^[0-9]{1,10}$"), Allowed('digits in quotes, e.g. "001"')]
Symbol = Annotated[
    str, Field(pattern=rf"^{SYMBOL_PATTERN}$"), Allowed("a USDT perpetual in capital letters, e.g. DOGEUSDT")
]
Label = Annotated[
    str,
    Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"),
    Allowed("a text of at most 100 characters on one line, in quotes if it looks like a number"),
]
Zone = Annotated[str, AfterValidator(_zone), Allowed("local, or a name such as Europe/Berlin")]
RestUrl = Annotated[
    str,
    _url(("https", "http"), ""),
    Allowed("https://HOST without a path (http:// only for this machine)"),
]
PrivateUrl = Annotated[
    str,
    _url(("wss", "ws"), "/v5/private"),
    Allowed("wss://HOST/v5/private (ws:// only for this machine)"),
]
PublicUrl = Annotated[
    str,
    _url(("wss", "ws"), "/v5/public/linear"),
    Allowed("wss://HOST/v5/public/linear (ws:// only for this machine)"),
]
