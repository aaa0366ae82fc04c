"""Who must stop, and what a stop or a start that gives up leaves behind."""

from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from gridtrader.audit.books import BookOrder, name_of
from gridtrader.daemon.session import Phase
from gridtrader.domain.order_names import OrderName, Slot
from gridtrader.domain.types import OrderKind, Side
from gridtrader.simulation.conduct import Conduct
from gridtrader.simulation.halts import FILE_MS, RATE_LATE_MS, STRANGER_MS, Halts
from gridtrader.simulation.trouble import Trouble
from tests.simulation.stage import SYMBOL, UID, Stage, buy, close

LIMIT = Decimal("0.9")
REFRESH_MS = 60_000


@dataclass
class Scene:
    """One account that trades, and its judge of stops."""

    stage: Stage
    account: Any
    trouble: Trouble
    halts: Halts

    def passes(self, milliseconds: int) -> list[str]:
        self.stage.hub.run(self.stage.hub.now + milliseconds)
        return list(self.halts.tick())


@pytest.fixture
def scene() -> Scene:
    stage = Stage()
    life = SimpleNamespace(phase=Phase.TRADING, engine=SimpleNamespace(emergency_stopped=False))
    settings = SimpleNamespace(
        mm_threshold=LIMIT, mm_refresh_ms=(1_000, REFRESH_MS), cancel_opening_on_emergency=True
    )
    disk = SimpleNamespace(emergency=None, is_full=False)
    plan = SimpleNamespace(settings=settings)
    account: Any = SimpleNamespace(life=life, plan=plan, disk=disk, venue=stage.venue, uid=UID)
    trouble = Trouble(stage.hub)
    return Scene(stage, account, trouble, Halts(account, stage.hub, trouble))


def opening(level: int = 1) -> BookOrder:
    name = name_of(OrderName(Slot(SYMBOL, Side.LONG, 1, OrderKind.AVERAGING, level), 0).encode())
    return BookOrder(SYMBOL, 1, "id", name, True, False, LIMIT, LIMIT, LIMIT)


def test_a_rate_at_the_threshold_must_stop_the_account_within_its_refresh(scene: Scene) -> None:
    scene.halts.rate(LIMIT)
    assert scene.halts.was_over
    assert scene.passes(REFRESH_MS + RATE_LATE_MS) == []
    (law,) = scene.passes(1)
    assert law.startswith("R1: ")


def test_a_rate_that_falls_below_or_trouble_meanwhile_is_no_breach(scene: Scene) -> None:
    scene.halts.rate(LIMIT)
    scene.trouble.strikes(REFRESH_MS)
    assert scene.passes(REFRESH_MS + RATE_LATE_MS + 1) == []
    scene.halts.rate(LIMIT / 2)
    assert scene.passes(10 * REFRESH_MS) == []
    assert not scene.halts.was_over


def test_a_bot_that_trades_on_after_somebody_else_is_found_and_one_of_another_life_is_not(scene: Scene) -> None:
    scene.halts.stranger()
    assert scene.passes(STRANGER_MS) == []
    (law,) = scene.passes(1)
    assert law.startswith("S11: ")
    scene.halts.begun()
    assert scene.passes(10 * STRANGER_MS) == []


def test_a_stop_without_a_file_is_found_a_full_disk_excuses_it_for_a_while(scene: Scene) -> None:
    (law,) = scene.halts.stopped({})
    assert law.startswith("R2: ")
    scene.account.disk.is_full = True
    scene.account.life.phase = Phase.STOPPED
    assert list(scene.halts.stopped({})) == []
    assert scene.passes(10 * FILE_MS) == []
    scene.account.disk.is_full = False
    (law,) = scene.passes(FILE_MS)
    assert law.startswith("R2: ")


def test_a_stop_in_peace_withdraws_every_opening_order(scene: Scene) -> None:
    scene.account.disk.emergency = {}
    order = opening()
    assert order.name is not None
    scene.halts.declared()
    (law,) = scene.halts.stopped({SYMBOL: {"id": order}})
    assert "R2: " in law
    scene.halts.sent("cancel", order.name.encode())
    assert list(scene.halts.stopped({SYMBOL: {"id": order}})) == []
    scene.halts.begun()
    scene.trouble.strikes(1_000)
    scene.halts.declared()
    assert list(scene.halts.stopped({SYMBOL: {"id": order}})) == [], "best effort"


def test_despite_an_emergency_file_a_life_begins_only_to_carry_the_stop_on(scene: Scene) -> None:
    conduct = Conduct(scene.account, scene.stage.hub)
    disk = scene.account.disk
    for emergency, is_concluded, is_broken in ((None, True, False), ({}, False, False), ({}, True, True)):
        disk.emergency, disk.stop_is_concluded = emergency, is_concluded
        scene.halts.begun()
        assert scene.halts.carries_on == (emergency is not None)
        assert [law.split(":")[0] for law in conduct.begun()] == ["R3"] * is_broken


@pytest.mark.parametrize(("is_answered", "is_broken"), [(None, True), (True, True), (False, False)])
def test_a_start_that_gives_up_after_cancelling_must_have_looked_and_covered(
    scene: Scene, is_answered: bool | None, is_broken: bool
) -> None:
    stage = scene.stage
    stage.call(lambda: stage.desk().place([buy(price="0.21")], _LANE))
    scene.halts.sent("cancel all", SYMBOL)
    if is_answered is not None:
        scene.halts.looks("open orders", SYMBOL, is_answered)
    broken = list(scene.halts.failed({SYMBOL: {}}))
    assert ["protection" in law for law in broken] == [True] * is_broken
    scene.halts.sent("place", close())
    assert list(scene.halts.failed({SYMBOL: {}})) == [], "it has tried"


_LANE: Any = None
