"""What a life of the bot has been told: blindness, debts of reading, and how old its price is."""

from decimal import Decimal

import pytest

from gridtrader.domain.types import Execution, ExecutionKind, Quote, Side
from gridtrader.engine.ports import (
    Event,
    NewQuote,
    PricesDown,
    PricesUp,
    StreamDown,
    StreamLost,
    StreamMessage,
    StreamUp,
)
from gridtrader.simulation.hub import Hub
from gridtrader.simulation.sight import READS, Sight
from tests.simulation.stage import START, SYMBOL

ONE = Decimal(1)


def sight(hub: Hub | None = None) -> Sight:
    return Sight(hub or Hub(START), [SYMBOL, "XRPUSDT"])


@pytest.mark.parametrize("loss", [StreamDown("reset"), StreamLost("three attempts")])
def test_it_is_blind_from_the_loss_it_is_told_of_to_the_return(loss: Event) -> None:
    seen = sight()
    seen.took([loss])
    assert seen.is_blind
    seen.took([StreamUp()])
    assert not seen.is_blind


@pytest.mark.parametrize("event", [StreamUp(), StreamMessage("order", "{}", errors=("data is missing",))])
def test_after_a_gap_everything_of_every_symbol_is_owed_until_it_is_read(event: Event) -> None:
    seen = sight()
    seen.took([event])
    assert len(seen.owed) == 2 * len(READS)
    for what in READS:
        seen.read(what, SYMBOL)
    assert set(seen.owed) == {(what, "XRPUSDT") for what in READS}
    seen.read("wallet", "XRPUSDT")
    assert len(seen.owed) == len(READS)


def test_a_message_that_is_understood_leaves_no_debt() -> None:
    seen = sight()
    seen.took([StreamMessage("order", "{}")])
    assert not seen.owed


def test_a_fill_makes_what_was_read_of_its_symbol_old_until_positions_are_read_again() -> None:
    fill = Execution(
        SYMBOL,
        Side.LONG,
        ExecutionKind.TRADE,
        "1",
        "2",
        "",
        True,
        ONE,
        ONE,
        Decimal(0),
        Decimal(0),
        True,
        None,
        START,
        1,
    )
    seen = sight()
    seen.took([StreamMessage("execution", "", executions=(fill,))])
    assert seen.outdated == {SYMBOL}
    seen.read("executions", SYMBOL)
    seen.read("positions", "XRPUSDT")
    assert seen.outdated == {SYMBOL}
    seen.read("positions", SYMBOL)
    assert not seen.outdated


def test_a_price_stream_given_up_is_known_until_it_is_back() -> None:
    seen = sight()
    seen.took([PricesDown(SYMBOL, "10 attempts failed")])
    assert seen.prices_down == {SYMBOL}
    seen.took([PricesUp(SYMBOL)])
    assert not seen.prices_down


def test_a_price_is_as_old_as_it_was_when_the_pass_began_that_sends() -> None:
    hub = Hub(START)
    seen = sight(hub)
    assert seen.price_age_ms(SYMBOL) is None
    seen.took([NewQuote(SYMBOL, Quote(ONE, ONE, ONE, START))])
    hub.run(START + 5_000)
    seen.took([])
    assert seen.price_age_ms(SYMBOL) == 5_000
    hub.run(START + 25_000)
    assert seen.price_age_ms(SYMBOL) == 5_000, "the pass that began then is still sending"
    seen.took([])
    assert seen.price_age_ms(SYMBOL) == 25_000
    seen.read("quote", SYMBOL)
    assert seen.price_age_ms(SYMBOL) == 0
