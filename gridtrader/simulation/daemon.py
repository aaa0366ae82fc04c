"""The supervisor of the simulated daemon: the same policy as `MultiAccountBot`, in a fiber (T3, R3)."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from gridtrader.daemon.session import Phase
from gridtrader.simulation.faults import Chance
from gridtrader.simulation.hub import Bell, Fiber, Hub
from gridtrader.simulation.life import Life, SimAccount
from gridtrader.simulation.machine import Process

_LOOK_MS: Final = 5_000
_START_TIMEOUT_MS: Final = 60_000


class SimDaemon:
    """One process: starts the accounts one after another and looks after them."""

    def __init__(
        self,
        accounts: Sequence[SimAccount],
        hub: Hub,
        process: Process,
        chance: Chance,
        handler: logging.Handler | None,
        on_phase: Callable[[SimAccount], None],
    ) -> None:
        self._accounts = accounts
        self._hub = hub
        self._process = process
        self._chance = chance
        self._handler = handler
        self._bell = Bell(hub)
        self._on_phase = on_phase
        self.fiber: Fiber = hub.spawn("supervisor", self._run)

    def _run(self) -> None:
        for account in self._accounts:
            self._launch(account)
        while True:
            self._wait(_LOOK_MS)
            for account in self._accounts:
                self._look_after(account)

    def _wait(self, milliseconds: int) -> None:
        self._bell.wait(milliseconds)
        if self._process.is_dead:
            self._process.point("supervisor")

    def _launch(self, account: SimAccount) -> None:
        if account.disk.emergency is not None and account.disk.stop_is_concluded:
            account.disk.knows_of_stop = True
            account.policy.note(Phase.STOPPED, "an emergency file is there", self._hub.now / 1000)
            return
        account.disk.knows_of_stop = False
        account.policy.launched()
        account.starts += 1
        place = f"{account.plan.id}/{account.starts}"
        chance = self._chance
        account.life = Life(
            account,
            self._process,
            chance.dice(f"{place}/rest"),
            chance.dice(f"{place}/stream"),
            chance.source(place),
            self._handler,
            self._bell.ring,
        )
        deadline = self._hub.now + _START_TIMEOUT_MS
        while account.life.phase is Phase.STARTING and self._hub.now < deadline:
            self._wait(min(deadline - self._hub.now, _LOOK_MS))
        self._look_after(account)

    def _look_after(self, account: SimAccount) -> None:
        policy, life, now = account.policy, account.life, self._hub.now / 1000
        if life is not None and policy.note(life.phase, life.reason, now, is_passing=life.is_passing):
            self._on_phase(account)
        if policy.phase is Phase.STOPPED and policy.looks_for_file(now, _LOOK_MS / 1000):
            if account.disk.is_released:
                self._relaunch(account)
        elif policy.is_due(now):
            self._relaunch(account)

    def _relaunch(self, account: SimAccount) -> None:
        if account.life is None or account.life.fiber.is_over:
            self._launch(account)
