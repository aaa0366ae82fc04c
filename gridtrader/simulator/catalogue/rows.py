"""V5 rows turned into contracts, field by field; what does not fit is an error that names place, value and need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from gridtrader.simulator.core.model import ZERO, Instrument, RiskTier

REFERENCE_TICKS: Final = 10_000
"""Without a `referencePrice` a synthetic market starts at this many ticks: the tick is then one basis point."""

_NEWER_FIELDS: Final = {
    "lotSizeFilter.minNotionalValue": "5",
    "upperFundingRate": "0.005",
    "lowerFundingRate": "-0.005",
    "riskParameters.priceLimitRatioX": "0.05",
    "riskParameters.priceLimitRatioY": "0.1",
}
"""What stands in for fields that instruments-info has only had since 2024; careful values of small contracts."""


class CatalogueError(Exception):
    """A catalogue file, or a row of it, that cannot be used."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One raw row and where it stands, for reading fields and for complaining about them."""

    place: str
    fields: Mapping[str, Any]

    def text(self, path: str) -> str:
        """Return the field at a dotted path. Raises CatalogueError if it is missing or no text or number."""
        value = self._raw(path)
        if value is None:
            raise CatalogueError(f"{self.place}: {path} is missing")
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise CatalogueError(f"{self.place}: {path} is {value!r}; a text is needed")
        return str(value)

    def decimal(self, path: str) -> Decimal:
        """Return a finite number."""
        text = self.text(path) if self._raw(path) is not None else _NEWER_FIELDS.get(path, "")
        if not text:
            raise CatalogueError(f"{self.place}: {path} is missing")
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise CatalogueError(f"{self.place}: {path} is {text!r}; a decimal number is needed")
        return value

    def positive(self, path: str) -> Decimal:
        value = self.decimal(path)
        if value <= ZERO:
            raise CatalogueError(f"{self.place}: {path} is {value}; a number above 0 is needed")
        return value

    def whole(self, path: str) -> int:
        value = self.decimal(path)
        if value != value.to_integral_value() or value < ZERO:
            raise CatalogueError(f"{self.place}: {path} is {value}; a whole number from 0 on is needed")
        return int(value)

    def has(self, path: str) -> bool:
        return self._raw(path) is not None

    def _raw(self, path: str) -> Any:
        value: Any = self.fields
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value


def is_usdt_perpetual(row: Mapping[str, Any]) -> bool:
    """Return whether an instruments-info row is a linear perpetual that settles in USDT."""
    return row.get("contractType") == "LinearPerpetual" and row.get("settleCoin") == "USDT"


def parse_tier(raw: Mapping[str, Any], place: str) -> RiskTier:
    """Turn a risk-limit row into a tier. Raises CatalogueError."""
    row = _Row(place, raw)
    rates = {path: row.positive(path) for path in ("maintenanceMargin", "initialMargin")}
    for path, rate in rates.items():
        if rate > 1:
            raise CatalogueError(f"{place}: {path} is {rate}; a fraction up to 1 is needed")
    return RiskTier(
        id=row.whole("id"),
        limit=row.positive("riskLimitValue"),
        maintenance_rate=rates["maintenanceMargin"],
        initial_rate=rates["initialMargin"],
        max_leverage=row.positive("maxLeverage"),
        deduction=row.decimal("mmDeduction") if raw.get("mmDeduction") else ZERO,
    )


def parse_instrument(raw: Mapping[str, Any], tiers: Sequence[RiskTier], place: str) -> Instrument:
    """Turn an instruments-info row and its tiers (any order) into a contract. Raises CatalogueError."""
    row = _Row(place, raw)
    if not tiers:
        raise CatalogueError(f"{place}: no risk limits known; at least one tier is needed")
    ordered = tuple(sorted(tiers, key=lambda tier: tier.limit))
    tick = row.positive("priceFilter.tickSize")
    max_qty = row.positive("lotSizeFilter.maxOrderQty")
    return Instrument(
        symbol=row.text("symbol"),
        symbol_id=row.whole("symbolId") if row.has("symbolId") else 0,
        base_coin=row.text("baseCoin"),
        status=row.text("status"),
        launch_time=row.whole("launchTime"),
        delivery_time=row.whole("deliveryTime"),
        tick_size=tick,
        min_price=row.positive("priceFilter.minPrice"),
        max_price=row.positive("priceFilter.maxPrice"),
        qty_step=row.positive("lotSizeFilter.qtyStep"),
        min_qty=row.positive("lotSizeFilter.minOrderQty"),
        max_qty=max_qty,
        max_market_qty=row.positive("lotSizeFilter.maxMktOrderQty")
        if row.has("lotSizeFilter.maxMktOrderQty")
        else max_qty,
        min_notional=row.positive("lotSizeFilter.minNotionalValue"),
        max_leverage=row.positive("leverageFilter.maxLeverage"),
        funding_interval_min=row.whole("fundingInterval"),
        upper_funding_rate=row.decimal("upperFundingRate"),
        lower_funding_rate=row.decimal("lowerFundingRate"),
        price_limit_x=row.positive("riskParameters.priceLimitRatioX"),
        price_limit_y=row.positive("riskParameters.priceLimitRatioY"),
        tiers=ordered,
        reference_price=row.positive("referencePrice") if row.has("referencePrice") else tick * REFERENCE_TICKS,
    )
