"""Where one world of the exchange (mainnet, demo, an embedded one) is reached."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_SCHEMES: Final = {"rest": ("https", "http"), "ws_private": ("wss", "ws"), "ws_public": ("wss", "ws")}


@dataclass(frozen=True, slots=True)
class Hosts:
    """`rest` is a base URL and may have a path; the other two are whole WebSocket URLs. Raises ValueError.

    Demo accounts trade on mainnet prices: their `ws_public` is the mainnet's (Bybit V5 docs, "Demo Trading Service").
    """

    rest: str
    ws_private: str
    ws_public: str

    def __post_init__(self) -> None:
        for name, schemes in _SCHEMES.items():
            value: str = getattr(self, name)
            parts = urlsplit(value)
            if "@" in parts.netloc:
                raise ValueError(f"hosts.{name}: a user name or password stands in it; allowed: a URL without them")
            if parts.scheme not in schemes or not parts.hostname:
                raise ValueError(
                    f"hosts.{name}: {value!r}; allowed: a URL that begins with {' or '.join(schemes)}://"
                )
        object.__setattr__(self, "rest", self.rest.rstrip("/"))
