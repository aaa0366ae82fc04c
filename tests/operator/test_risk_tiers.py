"""Risk tiers: how they are read, and the maintenance margin they ask for."""

from decimal import Decimal
from typing import Any

import pytest

from gridtrader.domain.types import Side
from gridtrader.exchange.fields import BadMessage
from gridtrader.operator.risk_tiers import RiskTier, maintenance_margin, most_value, parse_tiers

D = Decimal
TIERS = (RiskTier(D(2_000_000), D("0.005"), D(0), D(100)), RiskTier(D(2_600_000), D("0.0056"), D(1200), D(90)))


def row(**changes: Any) -> dict[str, Any]:
    values = {
        "symbol": "BTCUSDT",
        "riskLimitValue": "2000000",
        "maintenanceMargin": "0.005",
        "mmDeduction": "",
        "maxLeverage": "100.00",
    }
    return values | changes


def test_tiers_are_read_lowest_first_and_of_the_symbol_alone() -> None:
    higher = row(riskLimitValue="2600000", maintenanceMargin="0.0056", mmDeduction="1200", maxLeverage="90.00")
    assert parse_tiers([higher, row(), row(symbol="ETHUSDT")], "BTCUSDT", "here") == TIERS


@pytest.mark.parametrize(
    ("field", "value"),
    [("riskLimitValue", "0"), ("maintenanceMargin", "1.5"), ("maintenanceMargin", ""), ("maxLeverage", 100)],
)
def test_a_field_that_does_not_fit_is_named(field: str, value: object) -> None:
    with pytest.raises(BadMessage, match=f"here row 1: {field} is "):
        parse_tiers([row(**{field: value})], "BTCUSDT", "here")


def test_the_margin_of_a_long_by_hand() -> None:
    # 0.010 long at 65000, mark 65100, leverage 10: 651 x 0.005 + 650 x 0.9 x 0.00055
    margin = maintenance_margin(Side.LONG, D("0.010"), D(650), D(65100), D(10), D("0.00055"), TIERS)
    assert margin == D("3.57675")


def test_the_margin_of_a_short_in_a_higher_tier_by_hand() -> None:
    # 40 short at 60000, mark 60000: 2,400,000 x 0.0056 - 1200 + 2,400,000 x 1.1 x 0.00055
    margin = maintenance_margin(Side.SHORT, D(40), D(2_400_000), D(60000), D(10), D("0.00055"), TIERS)
    assert margin == D(12240) + D(1452)


def test_above_the_last_limit_the_last_tier_counts() -> None:
    assert maintenance_margin(Side.LONG, D(100), D(0), D(60000), D(10), D(0), TIERS) == D(32400)


@pytest.mark.parametrize(
    ("leverage", "most"), [(100, 2_000_000), (95, 2_000_000), (90, 2_600_000), (1, 2_600_000), (125, 0)]
)
def test_the_higher_the_leverage_the_less_may_be_held(leverage: int, most: int) -> None:
    assert most_value(TIERS, D(leverage)) == most


def test_without_tiers_nobody_can_say() -> None:
    assert most_value((), D(10)) is None
