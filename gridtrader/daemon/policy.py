"""What the supervisor does about one account, given how it fares: a small machine without threads, files or clock.

An account stopped by an emergency comes back when its file is removed by hand (R3); one whose start failed for a
passing reason is tried again after growing pauses; any other stays where it is.
"""

from dataclasses import dataclass

from gridtrader.daemon.session import Phase

RETRY_S = (30.0, 60.0, 120.0, 300.0)
"""Pauses between the starts of an account whose start failed for a passing reason."""


@dataclass(slots=True)
class AccountPolicy:
    """One account as the supervisor sees it; times are monotonic seconds."""

    phase: Phase = Phase.STARTING
    reason: str = ""
    tries: int = 0
    next_try: float | None = None
    """When a failed start is tried again; None: never by itself."""
    next_look: float = 0.0
    """When the account's emergency file is looked for next."""

    def launched(self) -> None:
        """Note that the account is being started."""
        self.phase, self.reason, self.next_try = Phase.STARTING, "", None

    def note(self, phase: Phase, reason: str, now: float, *, is_passing: bool = False) -> bool:
        """Take in how the account fares; returns whether it has entered another phase."""
        is_new = phase is not self.phase
        self.phase, self.reason = phase, reason
        if is_new and phase is Phase.TRADING:
            self.tries = 0
        if is_new and phase is Phase.FAILED and is_passing:
            self.next_try = now + RETRY_S[min(self.tries, len(RETRY_S) - 1)]
            self.tries += 1
        return is_new

    def looks_for_file(self, now: float, every_s: float) -> bool:
        """Whether it is time to look if the emergency file has been removed, or made by hand."""
        if self.phase not in (Phase.STOPPED, Phase.TRADING) or now < self.next_look:
            return False
        self.next_look = now + every_s
        return True

    def is_due(self, now: float) -> bool:
        """Whether a failed start is to be tried again."""
        return self.next_try is not None and now >= self.next_try

    @property
    def is_lost(self) -> bool:
        """Whether only a change of configuration or keys can bring it back."""
        return self.phase is Phase.FAILED and self.next_try is None
