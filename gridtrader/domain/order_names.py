"""Order names: the `orderLinkId` is a function of what an order is for (C2).

`g_DOGE_LA03_1k9f2_0` is the averaging order of LONG level 3 in cycle 1k9f2 (base 36) of DOGEUSDT, first attempt.
A name says everything that must survive a lost memory, and a retry re-uses it, so that no failure can place an
order twice. 36 characters is Bybit's limit, and the longest name possible here has as many.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from gridtrader.domain.types import OrderKind, Side

MAX_BASE_COIN = 16
QUOTE_COIN = "USDT"
SYMBOL_PATTERN = rf"[A-Z0-9]{{1,{MAX_BASE_COIN}}}{QUOTE_COIN}"
MAX_LEVEL = 99
MAX_CYCLE = 36**7 - 1
MAX_ATTEMPT = 36**4 - 1

_NAME = re.compile(
    rf"g_(?P<base>[A-Z0-9]{{1,{MAX_BASE_COIN}}})_(?P<side>[LS])(?P<kind>[EAT])(?P<level>\d\d)"
    r"_(?P<cycle>[0-9a-z]{1,7})_(?P<attempt>[0-9a-z]{1,4})"
)
_SIDES = {side.letter: side for side in Side}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Slot(NamedTuple):
    """The place an order fills, whatever its attempt. The level of a take-profit is 0.

    A tuple, since every pass makes and looks up hundreds of them.
    """

    symbol: str
    side: Side
    cycle: int
    kind: OrderKind
    level: int


class OrderName(NamedTuple):
    """A slot and the attempt (0, 1, …) at filling it."""

    slot: Slot
    attempt: int

    def encode(self) -> str:
        """Return the `orderLinkId`. Raises ValueError if a part is out of range."""
        slot = self.slot
        base = slot.symbol.removesuffix(QUOTE_COIN)
        text = (
            f"g_{base}_{slot.side.letter}{slot.kind.value}{slot.level:02d}"
            f"_{_base36(slot.cycle)}_{_base36(self.attempt)}"
        )
        if not _NAME.fullmatch(text):
            raise ValueError(f"no order name for {self}: {text!r}")
        return text


@lru_cache(maxsize=8_192)  # every report and every fill asks, and most names come again and again
def parse_order_name(link_id: str) -> OrderName | None:
    """Return the name behind an `orderLinkId`, or None if the order is not one of ours."""
    match = _NAME.fullmatch(link_id)
    if match is None:
        return None
    slot = Slot(
        symbol=match["base"] + QUOTE_COIN,
        side=_SIDES[match["side"]],
        cycle=int(match["cycle"], 36),
        kind=OrderKind(match["kind"]),
        level=int(match["level"]),
    )
    return OrderName(slot, int(match["attempt"], 36))


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError(f"negative number in an order name: {number}")
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if number == 0:
            return digits
