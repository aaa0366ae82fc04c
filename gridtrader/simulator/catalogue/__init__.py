"""Which contracts the embedded exchange lists: its own dozen, or what recorded V5 answers say.

`instruments.json` holds rows in V5's field names (`GET /v5/market/instruments-info` and `/v5/market/risk-limit`) and
one field of our own, `referencePrice`: where a synthetic market starts. Ticks, steps and smallest orders are
Bybit's, the risk tiers those of August 2024; the greatest orders are like Bybit's.
"""

from gridtrader.simulator.catalogue.files import Row, catalogue_rows, load_catalogue, load_instruments
from gridtrader.simulator.catalogue.rows import CatalogueError

__all__ = ["CatalogueError", "Row", "catalogue_rows", "load_catalogue", "load_instruments"]
