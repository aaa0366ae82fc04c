"""Where orders stand when the market does not keep still: entries follow it, levels keep their distance (S3, S4)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from gridtrader.domain.order_names import parse_order_name
from gridtrader.domain.types import Side
from gridtrader.engine.ports import Outcome, Refusal, Rejected
from tests.engine.hostile import DOGE, D, executed, opened, run_for, sent, standing, thin_quote
from tests.support.desk import UID
from tests.support.inprocess import Table, settings, strategy


def entry_price(table: Table, name: str) -> Decimal:
    return next(price for order, (price, _) in standing(table).items() if name in order)


def unfilled_entries() -> Table:
    """Both entries rest: nothing is bid or offered at the touch."""
    table = Table(settings(), DOGE)
    thin_quote(table, "DOGEUSDT", "0.2", "0")
    table.engine.start()
    table.rest()
    assert {name[7:11] for name in table.open_names()} == {"LE00", "SE00"}
    return table


def test_an_entry_the_market_leaves_after_its_time_is_up_is_priced_anew_within_three_seconds() -> None:
    table = unfilled_entries()
    for _ in range(5):  # its time is up, but it stands at the touch
        thin_quote(table, "DOGEUSDT", "0.2", "0")
        run_for(table, 1_000)
    assert sent(table, "amend") == []
    thin_quote(table, "DOGEUSDT", "0.205", "0")
    run_for(table, 3_100)
    assert entry_price(table, "LE00") == D("0.20520"), "0.1 % beyond the touch"
    assert entry_price(table, "SE00") == D("0.19980"), "SHORT's sells below the market: it fills as soon as it can"


def test_an_entry_is_priced_anew_when_its_time_is_up_without_any_news() -> None:
    table = unfilled_entries()
    thin_quote(table, "DOGEUSDT", "0.205", "0")
    table.rest()
    began = table.clock.now
    assert entry_price(table, "LE00") == D("0.20020")
    while not sent(table, "amend", "LE00"):
        run_for(table, 100)
        assert table.clock.now - began <= 3_500, "re-priced after three seconds"
    assert table.clock.now - began >= 2_500


def test_an_entry_in_a_market_that_runs_is_priced_anew_every_few_seconds_and_no_oftener() -> None:
    table = unfilled_entries()
    price = D("0.2")
    for _ in range(120):
        price += D("0.00005")
        thin_quote(table, "DOGEUSDT", str(price), "0")
        run_for(table, 250)
    assert 7 <= len(sent(table, "amend", "LE00")) <= 11
    assert entry_price(table, "LE00") >= price * D("0.995")


# --- the distance between levels ---


def distances(table: Table) -> list[tuple[str, Fraction]]:
    """Return by which share of a step each averaging order, executed or resting, is away from the level before."""
    step = Fraction(table.settings.strategies[0].step_percent) / 100
    at: dict[tuple[Side, int, int], Fraction] = {}
    for order in table.exchange.open_orders(UID):
        name = parse_order_name(order.order_link_id)
        if name is not None and name.slot.kind.opens:
            at[name.slot.side, name.slot.cycle, name.slot.level] = Fraction(order.price)
    for execution in table.exchange.executions(UID):
        name = parse_order_name(execution.order_link_id)
        if name is not None and name.slot.kind.opens:
            at[name.slot.side, name.slot.cycle, name.slot.level] = Fraction(execution.price)
    averaging = {
        (name.slot.side, name.slot.cycle, name.slot.level)
        for name in map(parse_order_name, sent(table, "place", "_[LS]A"))
        if name is not None
    }
    return [
        (f"{side.name} {cycle} {level}", (at[side, cycle, level - 1] / price - 1) * side.sign / step)
        for (side, cycle, level), price in sorted(at.items(), key=lambda item: item[0][1:])
        if (side, cycle, level) in averaging and (side, cycle, level - 1) in at
    ]


def about_to_place_shorts_ladder(market: str) -> Table:
    """LONG is deep, SHORT has just reopened below: levels 5 to 7 of SHORT are to be placed in one go."""
    table = opened(strategy(max_level=8))
    table.walk("DOGEUSDT", ["0.199", "0.198", "0.197", "0.196", "0.195", "0.194"])
    table.exchange.cancel_all(UID, table.clock.now, symbol="DOGEUSDT")
    table.quote("DOGEUSDT", market)
    table.begin()
    return table


@pytest.mark.parametrize("market", ["0.194", "0.1953", "0.1958"])
def test_levels_behind_one_that_crosses_the_market_step_from_where_it_filled(market: str) -> None:
    table = about_to_place_shorts_ladder(market)
    table.start()
    table.wait(10_000)
    steps = {where: float(steps) for where, steps in distances(table) if where.startswith("SHORT")}
    crossed = [where for where, step in steps.items() if step > 1.1]
    assert len(crossed) == (market != "0.194"), "level 5 has filled beyond its price"
    assert all(0.98 < step < 1.03 for where, step in steps.items() if where not in crossed), steps
    assert len(steps) == 3
    assert len([name for name, _ in executed(table) if "_SA06_" in name]) == 0


@pytest.mark.parametrize("refused", ["_SA05_", "_SA06_"])
@pytest.mark.parametrize("away", ["0.1953", "0.1958"])
@pytest.mark.parametrize("is_told", [True, False], ids=["price told", "price not told"])
def test_levels_stay_apart_when_one_is_refused_for_a_moment_and_the_one_before_fills_elsewhere(
    away: str, refused: str, is_told: bool
) -> None:
    """SHORT's ladder is placed anew over several levels while the market jumps into it (S4: "from there")."""
    table = about_to_place_shorts_ladder(away if is_told else "0.194")
    left = [1]

    def refuse_once(command: str, name: str) -> Outcome | None:
        if command == "place" and "_SA05_" in name and left and not is_told:
            table.quote("DOGEUSDT", away)  # the market moves as the orders arrive
        if command == "place" and refused in name and left:
            left.clear()
            return Rejected(Refusal.RATE, 10006, "Too many visits!")
        return None

    table.desk.before = refuse_once
    table.start()
    table.wait(10_000)
    assert {where: float(steps) for where, steps in distances(table) if steps < Fraction(1, 4)} == {}
    assert table.broken_laws() == []
