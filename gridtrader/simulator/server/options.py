"""The switches of the exchange: those of the core, those of the wire, and how they are read from `NAME=VALUE`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from gridtrader.simulator.core.model import Options


@dataclass(frozen=True, slots=True)
class WireOptions:
    """Behaviour of the wire that nobody could confirm, or that a test wants otherwise."""

    auth_failure_closes: bool = False
    """Whether the private stream is closed after a failed `auth`."""
    subscribe_ack: str = ""
    """`ret_msg` of a subscription that succeeded: "" or "subscribe"."""
    key_info_on_demo: bool = True
    """Whether `user/query-api` is answered in the demo world (else 10032)."""
    flat_leg: str = "random"
    """What a flat leg shows for what it has none of: "empty" (`""`), "zero" (`"0"`) or "random"."""
    reply_delay_ms: int = 20
    """Shortest delay of a control reply on a stream. Clients that record a subscription only after they sent it lose
    the race against a reply without delay."""
    push_delay_min_ms: int = 1
    push_delay_max_ms: int = 10
    """Shortest and longest delay of a push after what it tells of, drawn for each topic."""
    answer_delay_max_ms: int = 0
    """Longest delay of the answer to a signed request, drawn anew each time: with one above the pushes' delay, a push
    may come before the answer to the request that caused it, as it does on a real network."""
    idle_check_ms: int = 30_000
    """How often streams are looked through for those that nobody uses any more."""


CHOICES: Mapping[str, tuple[str, ...]] = {
    "reduce_only_victim": ("furthest", "oldest"),
    "hedge_margin": ("sum", "larger"),
    "post_only_violation": ("Cancelled", "Rejected"),
    "off_step_qty": ("reject", "truncate"),
    "link_ids_reserved": ("forever", "open"),
    "price_limit": ("adjust", "reject"),
    "subscribe_ack": ("", "subscribe"),
    "flat_leg": ("empty", "zero", "random"),
}
Kind = TypeVar("Kind", Options, WireOptions)
BOOLEANS = {"true": True, "false": False}


class BadOption(ValueError):
    """An option that does not exist or a value it cannot have. The message says what is allowed."""


def read_options(settings: Iterable[str]) -> tuple[Options, WireOptions]:
    """Read `NAME=VALUE` settings over the defaults. Raises BadOption."""
    core, wire = Options(), WireOptions()
    core_names, wire_names = ({each.name for each in fields(options)} for options in (core, wire))
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in core_names | wire_names:
            raise BadOption(
                f"option {setting!r}: written NAME=VALUE, NAME one of {', '.join(sorted(core_names | wire_names))}"
            )
        if name in core_names:
            core = _changed(core, name, text)
        else:
            wire = _changed(wire, name, text)
    if wire.push_delay_min_ms > wire.push_delay_max_ms:
        raise BadOption("option push_delay_min_ms is greater than push_delay_max_ms")
    return core, wire


def _changed(options: Kind, name: str, text: str) -> Kind:
    changes: dict[str, Any] = {name: _value(name, text, getattr(options, name))}
    return replace(options, **changes)


def _value(name: str, text: str, default: object) -> object:
    """Read a value of the kind the default is of."""
    if name in CHOICES:
        if text not in CHOICES[name]:
            raise BadOption(f"option {name}: {text!r} is not known; allowed: {', '.join(map(repr, CHOICES[name]))}")
        return text
    if isinstance(default, bool):
        if text not in BOOLEANS:
            raise BadOption(f"option {name}: {text!r} is not known; allowed: true, false")
        return BOOLEANS[text]
    if isinstance(default, int):
        if not text.isdecimal():
            raise BadOption(f"option {name}: {text!r} is not a whole number of at least 0")
        return int(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadOption(f"option {name}: {text!r} is not a number")
    return number
