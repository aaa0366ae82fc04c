"""The switches of the exchange: those of the core, those of the wire, and how they are read from `NAME=VALUE`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from gridtrader.simulator.core.switches import CHOICES as CORE_CHOICES
from gridtrader.simulator.core.switches import Options, check_options


@dataclass(frozen=True, slots=True)
class WireOptions:
    """Behaviour of the wire that nobody could confirm, or that a test wants otherwise; `MEANINGS` explains it."""

    answer_delay_max_ms: int = 0
    auth_failure_closes: bool = False
    auth_failure_text: str = "by_cause"
    auth_refusal: str = "code"
    bad_body: str = "code"
    bad_topic: str = "fails_all"
    batch_most: str = "20"
    fee_rate_on_demo: str = "10001"
    flat_leg: str = "random"
    history_lag_ms: int = 0
    idle_check_ms: int = 30_000
    key_info_on_demo: bool = True
    margin_mode_again: str = "accept"
    margin_mode_on_demo: str = "accept"
    named_history: str = "window"
    push_delay_min_ms: int = 1
    push_delay_max_ms: int = 10
    reply_delay_ms: int = 20
    rest_lag_ms: int = 0
    subscribe_ack: str = ""
    usdt_price: Decimal = Decimal(1)


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    **CORE_CHOICES,
    "auth_failure_text": ("by_cause", "params_error"),
    "auth_refusal": ("code", "http_401"),
    "bad_body": ("code", "http_400"),
    "bad_topic": ("fails_all", "fails_alone"),
    "batch_most": ("20", "10"),
    "fee_rate_on_demo": ("10001", "10032", "answer"),
    "flat_leg": ("random", "empty", "zero"),
    "margin_mode_again": ("accept", "refuse"),
    "margin_mode_on_demo": ("accept", "refuse"),
    "named_history": ("window", "any_time"),
    "subscribe_ack": ("", "subscribe"),
}

MEANINGS: Final[Mapping[str, str]] = {
    "answer_delay_max_ms": "longest delay of the answer to a signed request, drawn anew; above the pushes' delay a "
    "push may come first",
    "auth_failure_closes": "whether a private stream is closed after a failed login",
    "auth_failure_text": "words of a failed login: one for each cause, or always `Params Error`",
    "auth_refusal": "a wrong key, signature or time: a code in the envelope, or HTTP 401 without one",
    "bad_body": "a body that is no JSON object: code 10001 in the envelope, or HTTP 400 without one",
    "bad_topic": "a topic that does not exist fails its whole request, or only itself",
    "batch_most": "orders a batch may have",
    "closed_pnl_funding": "whether `closedPnl` contains the funding of what was closed",
    "closing_order_margin": "whether resting closing orders need initial margin, as opening ones do",
    "extra_fee_share": "a tax on every trading fee (`extraFees`), as a share of it: 0.18 is 18 %",
    "fee_rate_on_demo": "`account/fee-rate` on demo: refused with an empty 10001 or with 10032, or answered",
    "fees_enabled": "false: nobody pays trading fees",
    "flat_leg": "what a flat leg shows for what it has none of: an empty text, 0, or either at random",
    "hedge_margin": "margin of a hedged pair: the sum of both legs, or the larger one only",
    "history_lag_ms": "how late orders and fills appear in order/history, execution/list, closed-pnl and "
    "transaction-log",
    "idle_check_ms": "how often streams are looked through for those that nobody uses any more",
    "key_info_on_demo": "whether `user/query-api` is answered on demo (else 10032)",
    "link_ids_reserved": "how long an `orderLinkId` stays taken: for ever, or while its order is open",
    "maker_fee": "fee rate of makers, a fraction of the value",
    "margin_mode_again": "set-margin-mode to the mode that is set: accepted, or refused (3400045)",
    "margin_mode_on_demo": "set-margin-mode on demo: accepted, or refused (110073)",
    "named_history": "order/history and execution/list by name: within their window of time, or whenever it was",
    "off_step_qty": "a quantity off `qtyStep`: refused (10001), or truncated",
    "off_tick_price": "a limit price off `tickSize`: refused with 10001 or 110003, or truncated to the tick below",
    "post_only_violation": "`orderStatus` of a post-only order that would take",
    "price_limit": "a limit price beyond the band: moved to its edge, or refused (110003)",
    "push_delay_max_ms": "longest delay of a push, drawn for each topic",
    "push_delay_min_ms": "shortest delay of a push",
    "qty_decrease_keeps_priority": "whether an order amended to a smaller quantity keeps its place in the queue",
    "reduce_only_cut": "a resting closing order that the position does not cover any more is reduced, or cancelled",
    "reduce_only_excess": "a closing order above what may still be closed: truncated, or refused (110017)",
    "reduce_only_lag_ms": "for so long after a leg opened closing orders find its size still 0 (transient 110017)",
    "reduce_only_victim": "which resting closing order goes first when the position shrinks: the furthest from the "
    "market, or the oldest",
    "reply_delay_ms": "delay of control replies on streams; clients that note a subscription after sending it lose "
    "the race against 0",
    "rest_lag_ms": "how far order/realtime, position/list and wallet-balance lag behind the streams",
    "risk_tiers": "false: the first tier for every size, and no liquidation",
    "subscribe_ack": "`ret_msg` of a subscription that succeeded",
    "taker_fee": "fee rate of takers, a fraction of the value",
    "usdt_price": "USD index price of USDT: the wallet's totals are in USD, its coin in USDT",
}
"""One line for each switch: what it decides."""

HELP: Final = "help"
Kind = TypeVar("Kind", Options, WireOptions)
BOOLEANS: Final = {"false": False, "true": True}


class BadOption(ValueError):
    """An option that does not exist or a value it cannot have. The message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch as it is shown: all values as they are written on the command line."""

    name: str
    values: str
    default: str
    meaning: str


def switches() -> list[Switch]:
    """Return every switch there is, by name."""
    defaults = _defaults(Options()) | _defaults(WireOptions())
    return [
        Switch(name, _values(name, default), _shown(default), MEANINGS[name])
        for name, default in sorted(defaults.items())
    ]


def _defaults(options: Options | WireOptions) -> dict[str, object]:
    return {each.name: getattr(options, each.name) for each in fields(options)}


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(name: str, default: object) -> str:
    if name in CHOICES:
        return " | ".join(value or "(empty)" for value in CHOICES[name])
    if isinstance(default, bool):
        return " | ".join(BOOLEANS)
    return "whole number ≥ 0" if isinstance(default, int) else "number"


def help_text() -> str:
    """Return what `--option help` prints: for each switch a line of names and values, and one of its meaning."""
    lines = ["switches of the exchange, --option NAME=VALUE; the default stands in brackets", ""]
    for switch in switches():
        lines += [f"{switch.name}  {switch.values}  [{switch.default or '(empty)'}]", f"    {switch.meaning}"]
    return "\n".join(lines) + "\n"


def table() -> str:
    """Return the switches as a table in Markdown, for the documentation."""
    rows = [
        f"| `{s.name}` | {s.values.replace('|', 'or')} | {s.default or '(empty)'} | {s.meaning} |" for s in switches()
    ]
    return "\n".join(["| switch | values | default | meaning |", "| --- | --- | --- | --- |", *rows]) + "\n"


def read_options(settings: Iterable[str]) -> tuple[Options, WireOptions]:
    """Read `NAME=VALUE` settings over the defaults. Raises BadOption."""
    core, wire = Options(), WireOptions()
    core_names, wire_names = (set(_defaults(options)) for options in (core, wire))
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in core_names | wire_names:
            raise BadOption(
                f"option {setting!r}: written NAME=VALUE, NAME one of {', '.join(sorted(core_names | wire_names))}; "
                f"'{HELP}' explains them"
            )
        if name in core_names:
            core = _changed(core, name, text)
        else:
            wire = _changed(wire, name, text)
    if wire.push_delay_min_ms > wire.push_delay_max_ms:
        raise BadOption("option push_delay_min_ms is greater than push_delay_max_ms")
    if wire.usdt_price <= 0:
        raise BadOption(f"option usdt_price: {wire.usdt_price} is not a price; allowed: a number above 0")
    try:
        check_options(core)
    except ValueError as problem:
        raise BadOption(str(problem)) from None
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
