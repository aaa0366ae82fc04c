"""What an online check writes down as it goes, and how it words what the exchange refuses."""

from dataclasses import dataclass, field
from typing import Final

from gridtrader.engine.ports import GatewayError, Refusal, Refused
from gridtrader.operator.check.check import Finding, Grade

_KEY_REMEDIES: Final = {
    10003: "the key was deleted, or is one of the other world: demo keys work on demo trading only, and only they do",
    10004: "the secret does not belong to the key: copy both anew",
    10005: "give the key the right Contract (orders and positions)",
    10010: "add this machine's address to the key, or run where the key is bound to",
    33004: "the key has expired: make a new one",
}


@dataclass(slots=True)
class Notes:
    """The findings on one account, or, with an empty id, on the exchange as a whole."""

    account: str
    findings: list[Finding] = field(default_factory=list)

    def ok(self, text: str) -> None:
        self._add(Grade.OK, text)

    def warn(self, text: str) -> None:
        self._add(Grade.WARNING, text)

    def fail(self, text: str) -> None:
        self._add(Grade.ERROR, text)

    def _add(self, grade: Grade, text: str) -> None:
        self.findings.append(Finding(self.account, grade, text))


def remedy(error: GatewayError, account_id: str) -> str:
    """Return what to do about a refused or unanswered question."""
    if isinstance(error, Refused):
        if error.refusal is Refusal.KEY:
            advice = _KEY_REMEDIES.get(error.code, "look at the key on the exchange's site, or make a new one")
            return f"{advice} ({account_id}_BYBIT_API_KEY)"
        if error.refusal is Refusal.CLOCK:
            return "set this machine's clock (NTP)"
        if error.refusal is Refusal.RATE:
            return "wait a minute and check again"
        return "look the code up in the exchange's list of error codes"
    return "check again; if it stays, look at the network and the exchange's status page"
