"""JSON with exact numbers: a `Decimal` is written digit by digit, and every number is read as one."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Never

from gridtrader.domain.exact import plain

Json = None | bool | int | str | Decimal | Sequence["Json"] | Mapping[str, "Json"]
"""What can be written. There is no float in it: a float would already have lost what these files keep."""


def dumps(value: Json, *, depth: int = 0) -> str:
    """Return JSON to be read by people, indented as a part of a tree at `depth`.

    Raises TypeError for what is not `Json`, ValueError for NaN and infinities.
    """
    return _text(value, "\n" + "  " * depth, "  ", ": ")


def dumps_line(value: Json) -> str:
    """Return JSON on one line, without spaces. Raises as `dumps` does."""
    return _text(value, "", "", ":")


def loads(text: str) -> Any:
    """Return the value, numbers as `Decimal`. Raises ValueError for what is not JSON or has a key twice."""
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _text(value: Json, new_line: str, indent: str, colon: str) -> str:
    if isinstance(value, Decimal):
        return _number(value)
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value)
    inner = new_line + indent
    if isinstance(value, Mapping):
        items = [f"{_key(key)}{colon}{_text(item, inner, indent, colon)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{new_line}}}" if items else "{}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        items = [_text(item, inner, indent, colon) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{new_line}]" if items else "[]"
    raise TypeError(f"not for JSON: {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a JSON key is text, not {key!r}")
    return json.dumps(key)


def _number(value: Decimal) -> str:
    """Return a JSON number that every reader takes for a decimal one: 376 is written 376.0."""
    if not value.is_finite():
        raise ValueError(f"not a number JSON has: {value}")
    text = plain(value)
    return text if "." in text else f"{text}.0"


def _refuse(name: str) -> Never:
    raise ValueError(f"not a number JSON has: {name}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice")
    return values
