"""An account's API key, which no log, repr or error may show."""

import re
from dataclasses import dataclass, field
from typing import Final

_SHORTEST: Final = 8
"""Bybit's keys have 18 characters, its secrets 36."""
_SIGNATURE: Final = re.compile(r"[0-9a-fA-F]{64,}")
"""HMAC-SHA256 in hexadecimal; nothing else the exchange says in an error looks like it."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key and its secret. Raises ValueError, without the value, if one is empty or holds blanks."""

    key: str = field(repr=False)
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("key", "secret"):
            value: str = getattr(self, name)
            if not value or not value.isascii() or any(sign.isspace() for sign in value):
                raise ValueError(f"API {name}: {len(value)} characters; allowed: ASCII without blanks, not empty")

    def __repr__(self) -> str:
        return f"ApiKey({self.masked})"

    @property
    def masked(self) -> str:
        """Return what a log may show of the key: enough to tell two apart."""
        return f"{self.key[:2]}…{self.key[-2:]}" if len(self.key) >= _SHORTEST else "…"

    def mask(self, text: str) -> str:
        """Return `text` without key, secret and signatures; the exchange quotes them in some errors (10004).

        Values shorter than any real one are left alone: replacing "key" would garble what the exchange says.
        """
        for value, shown in ((self.secret, "…"), (self.key, self.masked)):
            if len(value) >= _SHORTEST:
                text = text.replace(value, shown)
        return _SIGNATURE.sub("…", text)
