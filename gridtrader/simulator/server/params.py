"""Request parameters, read and checked one by one; what does not fit is retCode 10001, as on the wire.

Query values are texts, body values are what JSON made of them; both go through the same doors. Fields nobody asks
for are ignored, as Bybit does.
"""

import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from urllib.parse import unquote_plus

from gridtrader.simulator.core.model import Reject

BAD_PARAMETER = 10001
MAX_NUMBER_LENGTH = 40
_PLAIN_NUMBER = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
"""No sign, no exponent, no space."""


def bad(text: str) -> Reject:
    """Return the refusal of a parameter."""
    return Reject(BAD_PARAMETER, text)


class Params:
    """The parameters of one request (or of one item of a batch)."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """Return a text, or `default` where it is absent or empty."""
        value = self._values.get(name)
        if value is None or value == "":
            return default
        if not isinstance(value, str):
            raise bad(f"params error: {name} must be a string")
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise bad(f"params error: {name} is required")
        return value

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        """Return one of `allowed`; without a default the parameter is mandatory."""
        value = self.text(name) or default
        if value is None or value not in allowed:
            raise bad(f"params error: {name} invalid")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number in `low` … `high`, given as a number or as digits."""
        value = self._values.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) <= MAX_NUMBER_LENGTH:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise bad(f"params error: {name} invalid")
        return value

    def moment(self, name: str) -> int | None:
        """Return a time in milliseconds, None where it is absent."""
        return self.integer(name, 0, 0, 10**15) or None

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise bad(f"params error: {name} must be a boolean")
        return value

    def decimal(self, name: str, complaint: str = "") -> Decimal | None:
        """Return a number ≥ 0 written as a text, None where it is absent; `complaint` answers anything else."""
        text = self._values.get(name)
        if text is None or text == "":
            return None
        value = _number(text)
        if value is None:
            raise bad(complaint or f"params error: {name} invalid")
        return value

    def items(self, name: str, most: int) -> list["Params"]:
        """Return the objects of a list of 1 … `most`."""
        value = self._values.get(name)
        if not isinstance(value, list) or not value:
            raise bad(f"params error: {name} is required")
        if len(value) > most:
            raise bad(f"params error: the number of orders exceeds {most}")
        if not all(isinstance(item, dict) for item in value):
            raise bad(f"params error: {name} must be a list of objects")
        return [Params(item) for item in value]

    def count(self, name: str) -> int:
        """Return how many items a list has, 0 where there is no list."""
        value = self._values.get(name)
        return len(value) if isinstance(value, list) else 0

    def is_set(self, name: str) -> bool:
        """Whether the parameter asks for something: not absent, not empty, not zero, not false."""
        return self._values.get(name) not in (None, "", "0", 0, False)

    def has(self, name: str) -> bool:
        """Whether the parameter was sent with a value other than null and the empty text."""
        return self._values.get(name) not in (None, "")


def _number(text: object) -> Decimal | None:
    if not isinstance(text, str) or len(text) > MAX_NUMBER_LENGTH or _PLAIN_NUMBER.fullmatch(text) is None:
        return None
    return Decimal(text)


def from_query(raw: str) -> Params:
    """Read a raw query string: every value is percent-decoded exactly once."""
    values: dict[str, object] = {}
    for part in filter(None, raw.split("&")):
        name, _, value = part.partition("=")
        values[unquote_plus(name)] = unquote_plus(value)
    return Params(values)


def from_body(raw: bytes) -> Params:
    """Read a JSON object; an empty body is an empty object."""
    try:
        values = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise bad("Request parameter error.") from None
    if not isinstance(values, dict):
        raise bad("Request parameter error.")
    return Params(values)
