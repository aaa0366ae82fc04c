"""Which values the switches of `Options` know; a mistyped one must not silently mean the default."""

from typing import Final

from gridtrader.simulator.core.model import ZERO, Options

_VALUES: Final = {
    "reduce_only_victim": ("furthest", "oldest"),
    "hedge_margin": ("sum", "larger"),
    "post_only_violation": ("Cancelled", "Rejected"),
    "off_step_qty": ("reject", "truncate"),
    "link_ids_reserved": ("forever", "open"),
    "price_limit": ("adjust", "reject"),
}


def check_options(options: Options) -> None:
    """Raises ValueError for a switch whose value is not known, or a taker fee below 0."""
    for name, allowed in _VALUES.items():
        value = getattr(options, name)
        if value not in allowed:
            raise ValueError(f"option {name} is {value!r}; allowed are {', '.join(allowed)}")
    if options.taker_fee < ZERO:
        raise ValueError(f"option taker_fee is {options.taker_fee}; a fraction from 0 on is needed")
