"""What an account writes of its trades and positions, in its own logs and in the daemon's (section 7)."""

import logging

from gridtrader.logs import AccountLogs, DaemonLogs


class AccountDiary:
    """An account's `Diary`: its own logs, and a copy of trades and positions for those of the daemon as a whole."""

    def __init__(self, label: str, own: AccountLogs, whole: DaemonLogs) -> None:
        """`label` says in the daemon's logs whose line it is."""
        self._label = label
        self._own = own
        self._whole = whole

    @property
    def bot(self) -> logging.Logger:
        return self._own.bot

    def trade(self, text: str) -> None:
        self._own.trade(text)
        self._whole.trade(f"{self._label}: {text}")

    def position(self, text: str) -> None:
        self._own.position(text)
        self._whole.position(f"{self._label}: {text}")
