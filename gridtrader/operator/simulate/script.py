"""A run as one line of JSON: what `gridtrader simulate` prints for a failure and `--script` plays again.

seed, hours, accounts   as the options of these names
faults                  objects: of all faults exactly these happen (`place` and `throw` say where and when, `at_ms`
                        is for the reader); or names: faults of these kinds are drawn from the seed
crash_at                the input or output of the first process at which it is killed; null: none
prices                  files of recorded prices; left out where the market is made up
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from gridtrader.simulation.faults import Fault, Mishap
from gridtrader.simulation.world import Plan
from gridtrader.store.json_text import Json, dumps_line, loads

MOST_HOURS: Final = 100_000
MOST_ACCOUNTS: Final = 999
_KEYS: Final = ("seed", "hours", "accounts", "faults", "crash_at", "prices")
_MISHAP_KEYS: Final = ("at_ms", "place", "throw", "fault")
_FAULTS: Final = {fault.value: fault for fault in Fault}


class BadScript(ValueError):
    """A script that cannot be played; the message is one line: place, value, what is allowed."""


def script_of(plan: Plan) -> dict[str, Json]:
    """Return a plan as JSON values."""
    faults: list[Json]
    if plan.only is None:
        faults = [name for name, fault in _FAULTS.items() if fault in plan.faults]
    else:
        faults = [
            {"at_ms": mishap.at_ms, "place": mishap.place, "throw": mishap.throw, "fault": mishap.fault.value}
            for mishap in plan.only
        ]
    script: dict[str, Json] = {
        "seed": plan.seed,
        "hours": Decimal(repr(plan.hours)),
        "accounts": plan.accounts,
        "faults": faults,
        "crash_at": plan.crash_at,
    }
    return {**script, "prices": list(plan.prices)} if plan.prices else script


def script_line(plan: Plan) -> str:
    """Return a plan as one line of JSON."""
    return dumps_line(script_of(plan))


def read_script(text: str) -> Plan:
    """Return the plan of a script. Raises BadScript."""
    try:
        tree = loads(text)
    except ValueError as error:
        raise BadScript(f"no JSON ({error}), expected one object as `gridtrader simulate` prints it") from None
    fields = _object(tree, "the script", _KEYS)
    missing = [key for key in ("seed", "hours", "accounts", "faults") if key not in fields]
    if missing:
        raise BadScript(f"{missing[0]} is missing, expected {', '.join(_KEYS[:4])}")
    kinds, only = _faults(fields["faults"])
    crash_at = fields.get("crash_at")
    return Plan(
        seed=_whole(fields["seed"], "seed", 0),
        hours=_hours(fields["hours"]),
        accounts=_whole(fields["accounts"], "accounts", 1, MOST_ACCOUNTS),
        faults=kinds,
        only=only,
        crash_at=None if crash_at is None else _whole(crash_at, "crash_at", 1),
        prices=tuple(_text(path, f"prices[{place}]") for place, path in enumerate(_list(fields, "prices"))),
    )


def _faults(value: object) -> tuple[frozenset[Fault], tuple[Mishap, ...] | None]:
    rows = _list({"faults": value}, "faults")
    if rows and all(isinstance(row, str) for row in rows):
        return frozenset(_fault(row, f"faults[{place}]") for place, row in enumerate(rows)), None
    mishaps = tuple(_mishap(row, f"faults[{place}]") for place, row in enumerate(rows))
    return frozenset(mishap.fault for mishap in mishaps), mishaps


def _mishap(value: object, place: str) -> Mishap:
    fields = _object(value, place, _MISHAP_KEYS)
    missing = [key for key in ("place", "throw", "fault") if key not in fields]
    if missing:
        raise BadScript(f"{place}.{missing[0]} is missing, expected {', '.join(_MISHAP_KEYS)}")
    return Mishap(
        at_ms=_whole(fields.get("at_ms", Decimal(0)), f"{place}.at_ms", 0),
        place=_text(fields["place"], f"{place}.place"),
        throw=_whole(fields["throw"], f"{place}.throw", 1),
        fault=_fault(fields["fault"], f"{place}.fault"),
    )


def _fault(value: object, place: str) -> Fault:
    if not isinstance(value, str) or value not in _FAULTS:
        raise BadScript(f"{place} is {_shown(value)}, allowed: {', '.join(_FAULTS)}")
    return _FAULTS[value]


def _hours(value: object) -> float:
    if not isinstance(value, Decimal) or not 0 < value <= MOST_HOURS:
        raise BadScript(f"hours is {_shown(value)}, allowed: a number above 0, up to {MOST_HOURS}")
    return float(value)


def _whole(value: object, place: str, least: int, most: int | None = None) -> int:
    if isinstance(value, Decimal) and value == value.to_integral_value() and value >= least:
        number = int(value)
        if most is None or number <= most:
            return number
    raise BadScript(f"{place} is {_shown(value)}, allowed: a whole number {_range(least, most)}")


def _range(least: int, most: int | None) -> str:
    return f"from {least}" if most is None else f"from {least} to {most}"


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadScript(f"{place} is {_shown(value)}, allowed: a text")
    return value


def _list(fields: Mapping[str, object], key: str) -> Sequence[object]:
    value = fields.get(key, ())
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadScript(f"{key} is {_shown(value)}, allowed: a list")
    return value


def _object(value: object, place: str, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadScript(f"{place} is {_shown(value)}, allowed: an object with {', '.join(keys)}")
    unknown = [key for key in value if key not in keys]
    if unknown:
        raise BadScript(f"{place} has {_shown(unknown[0])}, allowed: {', '.join(keys)}")
    return value


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
