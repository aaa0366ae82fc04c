"""The switches of the core, and which values they know; a mistyped one must not silently mean the default."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Options:
    """Behaviour nobody could confirm, or that differs between accounts, each with the conservative default."""

    reduce_only_victim: str = "furthest"
    """Which resting closing order goes first when the position shrinks: "furthest" from the market or "oldest"."""
    hedge_margin: str = "sum"
    """Margin of a hedged pair: "sum" of both legs or the "larger" leg only."""
    post_only_violation: str = "Cancelled"
    """`orderStatus` of a post-only order that would take: "Cancelled" (linear) or "Rejected" (spot/EU traces)."""
    off_step_qty: str = "reject"
    """A quantity off `qtyStep`: "reject" or "truncate"."""
    off_tick_price: str = "10001"
    """A limit price off `tickSize`: refused with 10001 or with 110003, or "truncate"d to the tick below."""
    reduce_only_excess: str = "truncate"
    """A closing order above what may still be closed: "truncate" it or "reject" it (110017)."""
    reduce_only_cut: str = "reduce"
    """A resting closing order that the position does not cover any more: "reduce" it or "cancel" it."""
    reduce_only_lag_ms: int = 0
    """For so long after a leg opened its size is still 0 for closing orders (transient 110017)."""
    closing_order_margin: bool = False
    """Whether resting closing orders need initial margin as opening ones do."""
    closed_pnl_funding: bool = False
    """Whether `closedPnl` contains the funding of what was closed."""
    extra_fee_share: Decimal = Decimal(0)
    """A tax on every trading fee (`extraFees`), as a share of it: 0.18 is 18 %."""
    link_ids_reserved: str = "forever"
    """How long an `orderLinkId` stays taken: "forever" or "open" (while its order works)."""
    price_limit: str = "adjust"
    """A limit price beyond the band: "adjust" to the band or "reject"."""
    qty_decrease_keeps_priority: bool = False
    fees_enabled: bool = True
    risk_tiers: bool = True
    """False: first tier for every size and no liquidation ("unlimited margin")."""
    maker_fee: Decimal = Decimal("0.0002")
    taker_fee: Decimal = Decimal("0.00055")


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "reduce_only_victim": ("furthest", "oldest"),
    "reduce_only_excess": ("truncate", "reject"),
    "reduce_only_cut": ("reduce", "cancel"),
    "hedge_margin": ("sum", "larger"),
    "post_only_violation": ("Cancelled", "Rejected"),
    "off_step_qty": ("reject", "truncate"),
    "off_tick_price": ("10001", "110003", "truncate"),
    "link_ids_reserved": ("forever", "open"),
    "price_limit": ("adjust", "reject"),
}
"""The allowed values of each switch that is a word; the default stands in `Options`."""


def check_options(options: Options) -> None:
    """Raises ValueError for a switch whose value is not known, or a figure below 0 that must not be."""
    for name, allowed in CHOICES.items():
        value = getattr(options, name)
        if value not in allowed:
            raise ValueError(f"option {name} is {value!r}; allowed are {', '.join(allowed)}")
    for name in ("taker_fee", "extra_fee_share", "reduce_only_lag_ms"):
        if getattr(options, name) < 0:
            raise ValueError(f"option {name} is {getattr(options, name)}; a number from 0 on is needed")
