"""The account's balance, worked out once for each state of the exchange."""

from gridtrader.paper.clock import PaperClock
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.simulator.core.model import WalletView


class Balance:
    """The wallet of one account at the prices of now.

    Every change of the exchange has a millisecond of its own (`PaperClock`): while the time is the same, so is the
    wallet. What the exchange tells of it by itself is taken over, since it is told at the time at which it holds.
    """

    def __init__(self, exchange: Exchange, uid: int, clock: PaperClock) -> None:
        self._exchange = exchange
        self._uid = uid
        self._clock = clock
        self._wallet: WalletView | None = None
        self._at_ms = 0

    def told(self, wallet: WalletView) -> None:
        """Take over a wallet that holds now."""
        self._wallet, self._at_ms = wallet, self._clock.now_ms()

    def now(self) -> WalletView:
        """Return the wallet as it is now."""
        wallet = self._wallet
        if wallet is None or self._at_ms != self._clock.now_ms():
            wallet = self._exchange.wallet(self._uid)
            self.told(wallet)
        return wallet
