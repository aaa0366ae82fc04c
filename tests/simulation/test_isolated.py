"""What befalls one account is nothing to another: the others' commands stay the same, to the millisecond (A1).

The laws of the account in trouble are not judged here: other runs do that.
"""

from collections.abc import Callable

import pytest

from gridtrader.daemon.session import Phase
from gridtrader.domain.types import Amendment, NewOrder
from gridtrader.engine.engine import GridEngine
from gridtrader.engine.errors import StopAccount
from gridtrader.simulation import desk, faults
from gridtrader.simulation.faults import HOURLY_RATES, REQUEST_RATES, Fault, Mishap, Script
from gridtrader.simulation.world import START_MS, Plan, World

MINUTE = 60_000

OF_ALL = frozenset(
    {
        Fault.CRASH,
        Fault.TORN_JOURNAL,
        Fault.CORRUPT_STATE,
        Fault.CLOCK_STEP,
        Fault.PRICE_GAP,
        Fault.HALT,
        Fault.DELISTING,
        Fault.LEVERAGE_CAP,
        Fault.LIQUIDATION,
        Fault.HISTORY_SHORT,
        Fault.PARTIAL_FILL,
        Fault.PRICE_BAND,
        Fault.FUNDING,
    }
)
"""What befalls the machine, the market, or the whole exchange: it is no account's own. (The simulated liquidation is
brought about by a price.)"""

ITS_OWN = frozenset(Fault) - OF_ALL

Command = tuple[int, str, NewOrder | Amendment | str]
Commands = dict[str, list[Command]]


class Trial:
    """Runs of the same plan: what each account has sent."""

    def __init__(self, plan: Plan, victim: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plan = plan
        self.victim = victim
        self._monkeypatch = monkeypatch

    def play(self) -> tuple[World, Commands]:
        world = World(self.plan)
        sent: Commands = {account.plan.id: [] for account in world.accounts}
        for account in world.accounts:
            judge = world.judges[account.uid]
            self._monkeypatch.setattr(judge, "sent", _noting(sent[account.plan.id], world, judge.sent))
            if account.plan.id == self.victim:
                self._monkeypatch.setattr(judge, "breach", lambda law: None)
        verdicts = world.play()
        assert verdicts.breaches == []
        assert world.hub.now == START_MS + int(self.plan.hours * 60 * MINUTE), "it was played to its end"
        return world, sent

    def others_are_the_same(self, quiet: Commands, troubled: Commands) -> None:
        assert troubled[self.victim] != quiet[self.victim], "nothing has befallen the victim"
        for account in quiet:
            if account != self.victim:
                assert len(quiet[account]) >= 20
                assert troubled[account] == quiet[account]


def _noting(
    notes: list[Command], world: World, tell: Callable[[str, NewOrder | Amendment | str], None]
) -> Callable[[str, NewOrder | Amendment | str], None]:
    def sent(command: str, what: NewOrder | Amendment | str) -> None:
        notes.append((world.hub.now, command, what))
        tell(command, what)

    return sent


def _strike(monkeypatch: pytest.MonkeyPatch, victim: str, from_ms: int) -> None:
    """Let faults come much more often than in other runs, and to nobody but the victim."""
    admit = Script.admits

    def admits(script: Script, mishap: Mishap) -> bool:
        is_its = mishap.place.startswith(f"{victim}/") and mishap.at_ms >= from_ms
        return is_its and admit(script, mishap)

    monkeypatch.setattr(Script, "admits", admits)
    monkeypatch.setattr(faults, "HOURLY_RATES", {fault: 10 * rate for fault, rate in HOURLY_RATES.items()})
    monkeypatch.setattr(desk, "REQUEST_RATES", {fault: 8 * rate for fault, rate in REQUEST_RATES.items()})


@pytest.mark.parametrize(
    ("seed", "victim", "from_ms"),
    [
        (1, "003", 0),
        (2, "003", 0),
        (3, "001", 2 * MINUTE),  # from the first moment on it would keep the others waiting to be started (T3)
        (5, "002", 2 * MINUTE),
    ],
)
def test_the_others_send_the_same_while_one_suffers_all_faults(
    seed: int, victim: str, from_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(Plan(seed, hours=1.5, accounts=3, faults=ITS_OWN), victim, monkeypatch)
    _strike(monkeypatch, "nobody", 0)
    _, quiet = trial.play()
    monkeypatch.undo()
    _strike(monkeypatch, victim, from_ms)
    world, troubled = trial.play()
    trial.others_are_the_same(quiet, troubled)
    assert len({mishap.fault for mishap in world.script.happened}) >= 12


Wrong = Callable[[GridEngine], None]


def _fail(engine: GridEngine) -> None:
    raise ZeroDivisionError("a mistake of ours")


def _stop(engine: GridEngine) -> None:
    raise StopAccount("the maintenance-margin rate is above its limit", "")


def _hang(engine: GridEngine) -> None:
    engine.clock.sleep(24 * 3_600)


@pytest.mark.parametrize(("wrong", "ends"), [(_fail, Phase.STOPPED), (_stop, Phase.STOPPED), (_hang, Phase.TRADING)])
def test_the_others_send_the_same_while_one_fails_in_its_engine_is_stopped_or_hangs(
    wrong: Callable[[GridEngine], None], ends: Phase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(Plan(seed=4, hours=1, accounts=3), "001", monkeypatch)
    _, quiet = trial.play()
    act = GridEngine._pass
    struck: list[int] = []

    def passing(engine: GridEngine) -> None:
        if engine.settings.account_id == "001" and engine.clock.now_ms() >= START_MS + 10 * MINUTE:
            struck.append(engine.clock.now_ms())
            wrong(engine)
        act(engine)

    monkeypatch.setattr(GridEngine, "_pass", passing)
    world, troubled = trial.play()
    trial.others_are_the_same(quiet, troubled)
    assert struck
    assert [account.policy.phase for account in world.accounts] == [ends, Phase.TRADING, Phase.TRADING]
