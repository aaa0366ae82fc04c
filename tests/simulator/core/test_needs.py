"""What is kept of margins and views is, to the digit, what reckoning anew would give."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridtrader.simulator.core.account import Account
from gridtrader.simulator.core.holding import HEDGE, Holding
from gridtrader.simulator.core.margin import MarginRules
from gridtrader.simulator.core.model import Event, Options, Reject
from gridtrader.simulator.core.needs import Needs
from gridtrader.simulator.core.views import wallet_view
from tests.simulator.core.scripts import UIDS, Stage, Step, scripts
from tests.simulator.core.venue import COIN, D, Venue, tier

SMALL_TIERS = (
    tier(1, "700", "0.01", "50"),
    tier(2, "1100", "0.015", "50", "3.5"),
    tier(3, "90000", "0.02", "50", "9"),
)
"""So small that orders, fills and quotes of the scripts change the tier."""
QUESTIONS = ("margin", "cushion", "slopes", "tier", "size", "value")


def anew(holding: Holding, account: Account, options: Options) -> Needs:
    rules = MarginRules.of(holding.contract.instrument.tiers, options)
    return Needs(holding.contract, rules, account.fees, holding.load, holding.legs)


def all_answers(needs: Needs) -> list[str]:
    answers = [repr(getattr(needs, question)()) for question in QUESTIONS]
    return [*answers, *(repr(needs.terms(side)) for side in ("Buy", "Sell")), repr(needs.calm_band(D(3)))]


def play(stage: Stage, step: Step) -> None:
    """Play a step; now and then set leverage, fees or the position mode before, none of which is part of scripts."""
    change_terms(stage, step)
    if step.act != "deleverage" or stage.exchange.position_mode(step.uid, COIN) == HEDGE:
        stage.play_step(step)


def change_terms(stage: Stage, step: Step) -> None:
    exchange = stage.exchange
    try:
        if step.which == 3:
            leverage = D(step.qty % 20 + 1)
            exchange.set_leverage(step.uid, COIN, leverage, leverage, stage.now)
        elif step.which == 4:
            exchange.set_fee_rates(step.uid, D("0.0002"), D(step.qty) / 10_000)
        elif step.which == 5 and step.act == "cancel":
            exchange.cancel_all(step.uid, stage.now)
            exchange.switch_mode(step.uid, COIN, None, 3 - exchange.position_mode(step.uid, COIN), stage.now)
    except Reject:
        pass


@pytest.mark.parametrize(
    "options",
    [Options(), Options(hedge_margin="larger"), Options(closing_order_margin=True)],
    ids=["sum", "larger", "closing orders"],
)
@settings(max_examples=40, deadline=None)
@given(script=scripts(far=1500), questions=st.lists(st.sampled_from(QUESTIONS), min_size=5, max_size=5))
def test_kept_margins_are_those_reckoned_anew_after_any_commands(
    options: Options, script: list[Step], questions: list[str]
) -> None:
    stage = Stage("300", options=options, contract={"tiers": SMALL_TIERS})
    accounts = [stage.exchange._accounts[uid] for uid in UIDS]
    for number, step in enumerate(script):
        play(stage, step)
        question = questions[number % len(questions)]  # one part is asked for, the others grow old
        for account in accounts:
            for holding in account.holdings.values():
                fresh = anew(holding, account, options)
                assert repr(getattr(holding.needs, question)()) == repr(getattr(fresh, question)())
                if number % 4 == 0:
                    assert all_answers(holding.needs) == all_answers(anew(holding, account, options))
                assert holding.has_position == any(leg.size for leg in holding.legs.values())


def test_the_digits_of_an_equal_mark_price_are_those_of_the_latest_quote() -> None:
    venue = Venue()
    venue.order("Buy", "3", "100.00")
    for mark in ("99.99", "99.990", "100", "100.0000"):
        venue.quote("99.99", "100.00", mark=mark)
        assert str(venue.leg().mark_price) == mark
        assert str(venue.leg().unrealised_pnl) == str(3 * D(mark) - D("300.00")) == str(venue.wallet().unrealised_pnl)


@settings(max_examples=40, deadline=None)
@given(script=scripts(far=1500))
def test_a_kept_wallet_is_the_one_put_together_anew(script: list[Step]) -> None:
    stage = Stage("300")
    for step in script:
        play(stage, step)
        for uid in UIDS:
            kept = stage.exchange.wallet(uid)
            account = stage.exchange._accounts[uid]
            account.kept_wallet = None
            assert repr(wallet_view(account)) == repr(kept)


def test_a_wallet_of_which_nothing_has_changed_is_not_put_together_again() -> None:
    stage = Stage()
    stage.play_step(Step("order", 1, "Buy", 1, 20, None))
    wallet = stage.exchange.wallet(1)
    assert stage.exchange.wallet(1) is wallet
    stage.play_step(Step("quote", price=50))
    assert stage.exchange.wallet(1).unrealised_pnl == D("0.99")


@settings(max_examples=40, deadline=None)
@given(script=scripts(far=1500))
def test_what_has_been_told_is_never_changed_afterwards(script: list[Step]) -> None:
    stage = Stage("300")
    told: list[tuple[list[Event], str]] = []

    def after(_: Step) -> None:
        events = stage.exchange.drain()
        told.append((events, repr(events)))

    stage.play(script, after)
    for events, as_told in told:
        assert repr(events) == as_told
