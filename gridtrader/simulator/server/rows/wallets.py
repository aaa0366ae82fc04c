"""The account's money as `wallet-balance` and the `wallet` topic show it (Bybit V5 docs, wallet balance)."""

from decimal import Decimal

from gridtrader.simulator.core.model import WalletView
from gridtrader.simulator.server.text import EMPTY, amount, plain

Row = dict[str, object]

ISOLATED = "ISOLATED_MARGIN"
PORTFOLIO = "PORTFOLIO_MARGIN"
CROSS_ONLY = (
    "accountIMRate",
    "accountIMRateByMp",
    "accountMMRate",
    "accountMMRateByMp",
    "totalMarginBalance",
    "totalInitialMargin",
    "totalInitialMarginByMp",
    "totalAvailableBalance",
    "totalMaintenanceMargin",
    "totalMaintenanceMarginByMp",
    "accountLTV",
)
"""Figures of the account as a whole that mean nothing with isolated margin, where they are empty."""


def wallet(view: WalletView, margin_mode: str, usdt_price: Decimal, *, borrowed: str = "0") -> Row:
    """Return the row of both; only the USDT coin exists here. The totals are in USD, at `usdt_price` for a USDT;
    `borrowed` is how nothing is written: REST says "0.0".
    """

    def usd(value: Decimal) -> str:
        return amount(value * usdt_price)

    row: Row = {
        "totalEquity": usd(view.equity),
        "accountIMRate": plain(view.im_rate),
        "accountIMRateByMp": plain(view.im_rate),
        "totalMarginBalance": usd(view.total_margin_balance),
        "totalInitialMargin": usd(view.total_initial_margin),
        "totalInitialMarginByMp": usd(view.total_initial_margin),
        "accountType": "UNIFIED",
        "totalAvailableBalance": usd(view.total_available),
        "accountMMRate": plain(view.mm_rate),
        "accountMMRateByMp": plain(view.mm_rate),
        "totalPerpUPL": usd(view.unrealised_pnl),
        "totalWalletBalance": usd(view.wallet_balance),
        "accountLTV": "0",
        "totalMaintenanceMargin": usd(view.total_maintenance_margin),
        "totalMaintenanceMarginByMp": usd(view.total_maintenance_margin),
        "coin": [_usdt(view, margin_mode, usdt_price) | {"borrowAmount": borrowed}],
    }
    if margin_mode == ISOLATED:
        row |= dict.fromkeys(CROSS_ONLY, EMPTY)
    return row


def _usdt(view: WalletView, margin_mode: str, usdt_price: Decimal) -> Row:
    is_portfolio = margin_mode == PORTFOLIO
    return {
        "availableToBorrow": EMPTY,
        "bonus": "0",
        "accruedInterest": "0",
        "availableToWithdraw": EMPTY,
        "totalOrderIM": EMPTY if is_portfolio else amount(view.order_im),
        "equity": amount(view.equity),
        "totalPositionMM": EMPTY if is_portfolio else amount(view.position_mm),
        "usdValue": amount(view.equity * usdt_price),
        "spotHedgingQty": "0",
        "unrealisedPnl": amount(view.unrealised_pnl),
        "collateralSwitch": True,
        "borrowAmount": "0",
        "totalPositionIM": EMPTY if is_portfolio else amount(view.position_im),
        "walletBalance": amount(view.wallet_balance),
        "cumRealisedPnl": amount(view.cum_realised_pnl),
        "locked": "0",
        "marginCollateral": True,
        "coin": "USDT",
        "spotBorrow": "0",
    }
