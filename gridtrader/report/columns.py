"""Columns of figures as JSON that may stand inside a page, exact and short."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from gridtrader.domain.exact import plain

_ESCAPES: Final = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
"""Inside a JSON text these characters stand in strings only; escaped, no text can end the element it stands in."""


class Json(str):
    """Text that is JSON already."""

    __slots__ = ()


def figures(values: Iterable[Decimal], places: int | None = None) -> Json:
    """Return a list of numbers: all digits, or rounded half to even to `places`; null for what is not finite."""
    return Json(f"[{','.join(_figure(value, places) for value in values)}]")


def integers(values: Iterable[int]) -> Json:
    """Return a list of whole numbers."""
    return Json(f"[{','.join(map(str, values))}]")


def steps(times_ms: Sequence[int], start_ms: int) -> Json:
    """Return times, in their order, as the steps from one to the next; the first from `start_ms`."""
    return integers(later - earlier for earlier, later in zip([start_ms, *times_ms], times_ms, strict=False))


def encode(value: object) -> Json:
    """Return anything made of mappings, lists, texts, numbers, None and `Json` as JSON safe inside a page."""
    if isinstance(value, Json):
        return value
    if isinstance(value, Decimal):
        return Json(_figure(value, None))
    if isinstance(value, Mapping):
        return Json("{" + ",".join(f"{encode(str(key))}:{encode(item)}" for key, item in value.items()) + "}")
    if isinstance(value, list | tuple):
        return Json(f"[{','.join(map(encode, value))}]")
    return Json(json.dumps(value, ensure_ascii=False).translate(_ESCAPES))


def _figure(value: Decimal, places: int | None) -> str:
    if not value.is_finite():
        return "null"
    rounded = value if places is None else round(value, places)
    return plain(rounded) if rounded else "0"
