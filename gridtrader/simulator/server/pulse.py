"""The heartbeat: moves the market on, settles funding when it is due, and lets the public feeds speak."""

import asyncio
import traceback
from collections import deque
from decimal import Decimal

from gridtrader.simulator.server.streams.public import PublicHub
from gridtrader.simulator.server.venue import Venue

BEAT_S = 0.05
POINTS_PER_TURN = 25
"""Points after which requests get their turn, so that a fast market does not stop the server."""


class Pulse:
    """Advances the market with its clock."""

    def __init__(self, venue: Venue, public: PublicHub) -> None:
        self._venue = venue
        self._public = public
        self._moving = asyncio.Lock()

    async def run(self) -> None:
        """Beat for ever. A bug stops the market, not the server: who looks at the state is told."""
        while True:
            try:
                await self.advance(self._venue.market_clock.tick())
                self._public.beat()
            except Exception:  # noqa: BLE001 - reported, and the market stands still
                self._venue.report_bug(traceback.format_exc())
                self._venue.market_clock.pause()
            await asyncio.sleep(BEAT_S)

    async def advance(self, until: int) -> None:
        """Let everything happen that the market has in store up to market time `until`, in order of time."""
        async with self._moving:
            venue = self._venue
            funding = deque(venue.market.funding_due(until))
            for count, (symbol, point) in enumerate(venue.market.advance(until), 1):
                while funding and funding[0][0] <= point.time:
                    self._settle(*funding.popleft())
                venue.move(symbol, point)
                venue.publish()
                if count % POINTS_PER_TURN == 0:
                    await asyncio.sleep(0)
            while funding:
                self._settle(*funding.popleft())

    def _settle(self, _: int, symbol: str, rate: Decimal) -> None:
        self._venue.core.settle_funding(symbol, rate, self._venue.now())
        self._venue.publish()
