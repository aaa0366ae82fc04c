"""The account's money as `wallet-balance` and the `wallet` topic show it (Bybit V5 docs, wallet balance)."""

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


def wallet(view: WalletView, margin_mode: str) -> Row:
    """Return the row of both; only the USDT coin exists here."""
    row: Row = {
        "totalEquity": amount(view.equity),
        "accountIMRate": plain(view.im_rate),
        "accountIMRateByMp": plain(view.im_rate),
        "totalMarginBalance": amount(view.total_margin_balance),
        "totalInitialMargin": amount(view.total_initial_margin),
        "totalInitialMarginByMp": amount(view.total_initial_margin),
        "accountType": "UNIFIED",
        "totalAvailableBalance": amount(view.total_available),
        "accountMMRate": plain(view.mm_rate),
        "accountMMRateByMp": plain(view.mm_rate),
        "totalPerpUPL": amount(view.unrealised_pnl),
        "totalWalletBalance": amount(view.wallet_balance),
        "accountLTV": "0",
        "totalMaintenanceMargin": amount(view.total_maintenance_margin),
        "totalMaintenanceMarginByMp": amount(view.total_maintenance_margin),
        "coin": [_usdt(view, margin_mode)],
    }
    if margin_mode == ISOLATED:
        row |= dict.fromkeys(CROSS_ONLY, EMPTY)
    return row


def _usdt(view: WalletView, margin_mode: str) -> Row:
    is_portfolio = margin_mode == PORTFOLIO
    return {
        "availableToBorrow": EMPTY,
        "bonus": "0",
        "accruedInterest": "0",
        "availableToWithdraw": EMPTY,
        "totalOrderIM": EMPTY if is_portfolio else amount(view.order_im),
        "equity": amount(view.equity),
        "totalPositionMM": EMPTY if is_portfolio else amount(view.position_mm),
        "usdValue": amount(view.equity),
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
