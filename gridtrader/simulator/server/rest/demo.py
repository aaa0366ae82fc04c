"""What demo trading has of the API (Bybit V5 docs, "Demo Trading Service"); everything else there is 10032."""

from typing import Final

from gridtrader.simulator.core.model import Reject
from gridtrader.simulator.server.options import WireOptions

NOT_ON_DEMO: Final = Reject(10032, "Demo trading are not supported.")
EMPTY_REFUSAL: Final = Reject(10001, "")
"""How `account/fee-rate` has been seen to be refused."""
FEE_RATE: Final = "/v5/account/fee-rate"
KEY_INFO: Final = "/v5/user/query-api"
MARKET: Final = "/v5/market/"

_NAMES: Final = {
    "order": "create amend cancel cancel-all realtime history create-batch amend-batch cancel-batch",
    "execution": "list",
    "position": "list set-leverage switch-mode trading-stop set-auto-add-margin add-margin closed-pnl",
    "account": "wallet-balance borrow-history set-collateral-switch collateral-info info transaction-log "
    "set-margin-mode set-hedging-mode demo-apply-money",
    "asset": "coin-greeks delivery-record settlement-record",
}
PATHS: Final = frozenset(f"/v5/{room}/{name}" for room, names in _NAMES.items() for name in names.split())


def refusal(path: str, options: WireOptions) -> Reject | None:
    """Return how demo refuses a path, None where it has it. Two paths are told of in contradictory ways: switches."""
    if path == FEE_RATE:
        return {"10001": EMPTY_REFUSAL, "10032": NOT_ON_DEMO}.get(options.fee_rate_on_demo)
    if path == KEY_INFO:
        return None if options.key_info_on_demo else NOT_ON_DEMO
    return None if path in PATHS or path.startswith(MARKET) else NOT_ON_DEMO
