"""The state file against the books, key by key."""

from typing import Any

import pytest

from gridtrader.audit.books import LONG
from gridtrader.audit.mirror import check_mirror
from tests.audit.scene import SYMBOL, D, Scene, only, opened


def row(level: int, quantity: object, price: object, order_id: str, *, executed: bool = True) -> dict[str, Any]:
    told = {"grid_level": level, "quantity": quantity, "entry_price": price, "order_id": order_id, "created": "then"}
    return told | ({"executed": "later"} if executed else {})


def mirrored() -> tuple[Scene, dict[str, Any]]:
    """LONG 0 executed, 1 partly filled and working; SHORT 0 executed, 1 resting."""
    scene = opened()
    scene.fill(LONG, 1, 60, "0.99", order_qty=D(200))
    scene.orders[0] = scene.order(LONG, 1, 200, "0.99", leaves=D(140))
    scene.take_profits()
    entry = {
        "timestamp": "now",
        "long_positions": [
            row(0, 100, 1, "g_X_LE00_1_0"),
            row(1, "200.0", "0.99", "g_X_LA01_1_0", executed=False),
        ],
        "short_positions": [row(0, 100, 1, "g_X_SE00_1_0"), row(1, 200, "1.01", "g_X_SA01_1_0", executed=False)],
        "long_tp_order_id": "g_X_LT00_1_0",
        "short_tp_order_id": "g_X_ST00_1_0",
    }
    return scene, entry


def told(scene: Scene, entry: dict[str, Any]) -> list[str]:
    return check_mirror({SYMBOL: entry}, scene.books(), [scene.terms])


def test_a_true_file_is_lawful_with_a_partly_filled_level_in_it() -> None:
    assert told(*mirrored()) == []


def test_a_partly_filled_level_whose_order_is_gone_shows_what_has_executed() -> None:
    scene, entry = mirrored()
    del scene.orders[0]
    entry["long_positions"][1]["quantity"] = 60
    assert told(scene, entry) == []


def test_an_average_without_an_end_may_be_rounded() -> None:
    scene, entry = mirrored()
    scene.fills[0:1] = []
    scene.fills.clear()
    scene.orders.clear()
    scene.fill(LONG, 0, 30, "1", order_qty=D(90))
    scene.fill(LONG, 0, 60, "1.0001", order_qty=D(90))
    entry |= {"short_positions": [], "long_tp_order_id": None, "short_tp_order_id": None}
    entry["long_positions"] = [row(0, 90, "1.000066666667", "g_X_LE00_1_0")]
    assert told(scene, entry) == []
    entry["long_positions"] = [row(0, 90, "1.0000666", "g_X_LE00_1_0")]
    only(told(scene, entry), "mirror: long level 0 has price 1.0000666")


@pytest.mark.parametrize(
    ("side", "level", "key", "value", "words"),
    [
        ("long", 0, "quantity", 99, "level 0 has quantity 99, books 100"),
        ("long", 0, "entry_price", "1.0001", "level 0 has price 1.0001, books 1"),
        ("long", 0, "order_id", "x", "level 0 has order x"),
        ("long", 0, "executed", None, "level 0 is executed and not marked so"),
        ("long", 0, "created", "", "level 0 has no time of creation"),
        ("long", 1, "executed", "later", "level 1 is marked executed and is not"),
        ("long", 1, "quantity", 140, "level 1 has quantity 140, books 200"),
        ("short", 1, "quantity", 1, "level 1 has quantity 1, books 200"),
        ("short", 1, "entry_price", 999, "level 1 has price 999, books 1.01"),
        ("short", 1, "order_id", "y", "level 1 has order y, books g_X_SA01_1_0"),
    ],
)
def test_each_wrong_figure_is_caught(side: str, level: int, key: str, value: object, words: str) -> None:
    scene, entry = mirrored()
    entry[f"{side}_positions"][level][key] = value
    only(told(scene, entry), f"mirror: {side} {words}")


def test_missing_foreign_and_double_levels_are_caught() -> None:
    scene, entry = mirrored()
    level = entry["short_positions"].pop()
    only(told(scene, entry), "short level 1 is in the books and not in the file")
    entry["short_positions"] += [level, level]
    only(told(scene, entry), "short level 1 is in the file twice")
    entry["short_positions"][2] = row(2, 400, "1.0201", "z")
    only(told(scene, entry), "short level 2 is in the file and not in the books")


def test_take_profits_and_symbols_are_compared() -> None:
    scene, entry = mirrored()
    entry["short_tp_order_id"] = None
    only(told(scene, entry), "short take-profit None")
    only(check_mirror({}, scene.books(), [scene.terms]), "not in the state file")
