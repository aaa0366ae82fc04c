"""Read one row of a reply or push field by field: what does not fit is an error, never a default (C5)."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

Value = TypeVar("Value")

_DECIMAL: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?")
"""Numbers as the exchange writes them. `Decimal` itself would also take "NaN", " 1 " and "1_000"."""
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")
_SHOWN: Final = 80
EARLIEST_MS: Final = 1_514_764_800_000
"""2018-01-01, before the exchange opened: seconds sent as milliseconds lie far before it."""


class BadMessage(ValueError):
    """A field that is not what it should be; the text names place, field, value and what is allowed."""

    def __init__(self, place: str, key: str, value: object, allowed: str) -> None:
        shown = "missing" if value is MISSING else _shorten(repr(value))
        super().__init__(f"{place}: {key} is {shown}, allowed: {allowed}")


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


class Row:
    """One JSON object and the words for where it was found. Every method raises `BadMessage`."""

    __slots__ = ("_data", "place")

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, Mapping):
            raise BadMessage(place, "it", data, "a JSON object")
        self._data: Mapping[str, object] = data
        self.place = place

    def has(self, key: str) -> bool:
        return key in self._data

    def is_blank(self, key: str) -> bool:
        """Whether the field is absent or an empty string."""
        return self._data.get(key, "") == ""

    def bad(self, key: str, allowed: str) -> BadMessage:
        """Return the error that says `key` should have been something else."""
        return BadMessage(self.place, key, self._data.get(key, MISSING), allowed)

    def text(self, key: str) -> str:
        """Return a string, which may be empty."""
        value = self._data.get(key, MISSING)
        if not isinstance(value, str):
            raise self.bad(key, "a string")
        return value

    def word(self, key: str) -> str:
        """Return a string that is not empty."""
        value = self._data.get(key, MISSING)
        if not isinstance(value, str) or not value:
            raise self.bad(key, "a string that is not empty")
        return value

    def decimal(
        self, key: str, *, least: Decimal | None = None, above: Decimal | None = None, blank: Decimal | None = None
    ) -> Decimal:
        """Return a number sent as a string, ≥ `least` and > `above`; an empty string is `blank`, if one is given."""
        value = self._data.get(key, MISSING)
        if value == "" and blank is not None:
            return blank
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            number = Decimal(value)
            if (least is None or number >= least) and (above is None or number > above):
                return number
        bounds = [f"≥ {least}"] if least is not None else []
        bounds += [f"> {above}"] if above is not None else []
        raise self.bad(key, " ".join(["a decimal number in a string", *bounds]))

    def whole(self, key: str, *, least: int | None = None, blank: int | None = None) -> int:
        """Return an integer, sent as one or as a string, ≥ `least`; an empty string is `blank`, if one is given."""
        value = self._data.get(key, MISSING)
        if value == "" and blank is not None:
            return blank
        number: int | None = None
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            number = int(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            number = value
        if number is None or (least is not None and number < least):
            raise self.bad(key, "an integer" if least is None else f"an integer ≥ {least}")
        return number

    def moment(self, key: str, latest_ms: int, *, blank: int | None = None) -> int:
        """Return a time in ms, after the exchange began and not after `latest_ms`; "" and 0 are `blank`, if given.

        A time of the future would win every comparison by age from then on.
        """
        number = self.whole(key, blank=blank)
        if number == 0 and blank is not None:
            return blank
        if not EARLIEST_MS <= number <= latest_ms:
            raise self.bad(key, f"a time in ms, {EARLIEST_MS} to {latest_ms}")
        return number

    def flag(self, key: str) -> bool:
        value = self._data.get(key, MISSING)
        if not isinstance(value, bool):
            raise self.bad(key, "true or false")
        return value

    def choice(self, key: str, meanings: Mapping[str, Value]) -> Value:
        """Return the meaning of one of the given words."""
        value = self._data.get(key, MISSING)
        if not isinstance(value, str) or value not in meanings:
            raise self.bad(key, f"one of {', '.join(map(repr, meanings))}")
        return meanings[value]

    def row(self, key: str) -> "Row":
        """Return an object inside this one."""
        return Row(self._data.get(key, MISSING), f"{self.place}: {key}")

    def list(self, key: str) -> Sequence[object]:
        value = self._data.get(key, MISSING)
        if not isinstance(value, list):
            raise self.bad(key, "a list")
        return value
