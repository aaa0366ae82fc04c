"""The laws beside a whole life of the engine on an in-process exchange: no word while it is lawful."""

import pytest

from gridtrader.audit.laws import check
from tests.support.inprocess import Table, settings, strategy


@pytest.mark.parametrize("seed", range(6))
def test_a_lawful_life_breaks_nothing_at_any_step(seed: int) -> None:
    table = Table(settings(strategy(), strategy("SOLUSDT")), {"DOGEUSDT": "0.2", "SOLUSDT": "150"}, usdt="500")
    table.start()
    for step in table.wander(seed, 60, sigma=0.006):
        table.wait(6_000)
        assert table.broken_laws() == [], step
        assert table.witness.laws.always(table.books()) == []
    assert table.witness.laws.ledger.pair("DOGEUSDT").first is not None


def test_one_look_at_the_whole_history_says_the_same_as_a_life() -> None:
    table = Table(settings(), {"DOGEUSDT": "0.2"})
    table.start()
    for _ in table.wander(3, 80, sigma=0.006):
        pass
    terms = [table._terms(s) for s in table.settings.strategies]
    assert check(table.books(), terms) == table.broken_laws() == []
    books = table.books()
    assert len([fill for fill in books.fills if fill.closed]) > 10
