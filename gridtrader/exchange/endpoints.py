"""The REST calls we make: pybit's method for each, and the rate limit it counts against (Bybit V5 docs)."""

from enum import Enum

from gridtrader.exchange.settings import EdgeSettings


class Quota(Enum):
    """How many requests (orders, for a batch) a second an account may make of one endpoint."""

    ORDER = "order_requests_per_s"
    READ = "read_requests_per_s"
    SETTING = "setting_requests_per_s"
    SLOW = "slow_requests_per_s"
    PUBLIC = ""
    """No limit per account; like every request it counts for the IP address."""

    def per_second(self, settings: EdgeSettings) -> int | None:
        if self is Quota.PUBLIC:
            return None
        limit: int = getattr(settings, self.value)
        return limit


class Endpoint(Enum):
    """(path as it is shown, pybit's method, quota). Each endpoint has a bucket of its own."""

    CREATE = ("order/create", "place_order", Quota.ORDER)
    AMEND = ("order/amend", "amend_order", Quota.ORDER)
    CANCEL = ("order/cancel", "cancel_order", Quota.ORDER)
    CANCEL_ALL = ("order/cancel-all", "cancel_all_orders", Quota.ORDER)
    CREATE_BATCH = ("order/create-batch", "place_batch_order", Quota.ORDER)
    AMEND_BATCH = ("order/amend-batch", "amend_batch_order", Quota.ORDER)
    CANCEL_BATCH = ("order/cancel-batch", "cancel_batch_order", Quota.ORDER)
    OPEN_ORDERS = ("order/realtime", "get_open_orders", Quota.READ)
    ORDER_HISTORY = ("order/history", "get_order_history", Quota.READ)
    EXECUTIONS = ("execution/list", "get_executions", Quota.READ)
    POSITIONS = ("position/list", "get_positions", Quota.READ)
    SET_LEVERAGE = ("position/set-leverage", "set_leverage", Quota.SETTING)
    SWITCH_MODE = ("position/switch-mode", "switch_position_mode", Quota.SETTING)
    ACCOUNT_INFO = ("account/info", "get_account_info", Quota.READ)
    WALLET = ("account/wallet-balance", "get_wallet_balance", Quota.READ)
    FEE_RATE = ("account/fee-rate", "get_fee_rates", Quota.SLOW)
    SET_MARGIN_MODE = ("account/set-margin-mode", "set_margin_mode", Quota.SLOW)
    INSTRUMENTS = ("market/instruments-info", "get_instruments_info", Quota.PUBLIC)
    TICKERS = ("market/tickers", "get_tickers", Quota.PUBLIC)
    TIME = ("market/time", "get_server_time", Quota.PUBLIC)

    def __init__(self, path: str, method: str, quota: Quota) -> None:
        self.path = path
        self.method = method
        self.quota = quota
