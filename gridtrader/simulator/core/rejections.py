"""Bybit's refusals: the one place with their codes and words (Bybit V5 docs, error codes).

Each is the pair that `Reject` takes: `raise Reject(*rejections.SYMBOL)`. Those with a figure in them are functions.
"""

from decimal import Decimal
from typing import Final

Rejection = tuple[int, str]

# --- the request itself ---
SYMBOL: Final = (10001, "Not supported symbols")
SIDE: Final = (10001, "params error: side invalid")
ORDER_TYPE: Final = (10001, "params error: orderType invalid")
TIME_IN_FORCE: Final = (10001, "params error: timeInForce invalid")
POSITION_IDX: Final = (10001, "position idx not match position mode")
ID_REQUIRED: Final = (10001, "params error: OrderId or orderLinkId is required")
LINK_ID_USED: Final = (110072, "OrderLinkedID is duplicate")

# --- the contract ---
NOT_LIVE: Final = (110074, "This contract is not live")
PRE_DELIVERY: Final = (
    110042,
    "Currently, due to pre-delivery status, you can only reduce your position on this contract.",
)

# --- quantity and price ---
QTY_INVALID: Final = (10001, "Qty invalid")
QTY_BELOW_MIN: Final = (10001, "The number of contracts exceeds minimum limit allowed")
PRICE_REQUIRED: Final = (10001, "params error: price is required for a Limit order")
PRICE_OFF_TICK: Final = (10001, "Price invalid")
PRICE_OUT_OF_FILTER: Final = (110003, "price is invalid")
PRICE_OUT_OF_BAND: Final = (110003, "Order price is out of permissible range")
TRIGGER_DIRECTION: Final = (10001, "params error: triggerDirection invalid")
TRIGGER_BY: Final = (10001, "params error: triggerBy invalid")
TRIGGER_PRICE: Final = (10001, "params error: triggerPrice invalid")

# --- limits and money ---
STOP_ORDERS: Final = (110009, "already had 10 working normal stop orders")
ACTIVE_ORDERS: Final = (110020, "Not allowed to have more than 500 active orders.")
NO_MONEY: Final = (110007, "ab not enough for new order")
RISK_LIMIT: Final = (110089, "Exceeds the maximum risk limit level")
NO_MONEY_TO_TRANSFER: Final = (131212, "User insufficient balance")

# --- closing ---
POSITION_ZERO: Final = (110017, "current position is zero, cannot fix reduce-only order qty")
TRUNCATED_TO_ZERO: Final = (110017, "orderQty will be truncated to zero")
REDUCE_ONLY_SIDE: Final = (110017, "Reduce-only rule not satisfied")

# --- amend and cancel ---
TOO_LATE_TO_REPLACE: Final = (110001, "order not exists or too late to replace")
TOO_LATE_TO_CANCEL: Final = (110001, "order not exists or too late to cancel")
UNCHANGED: Final = (10001, "The order remains unchanged as the parameters entered match the existing ones.")
QTY_BELOW_FILLED: Final = (
    110064,
    "The number of contracts modified cannot be less than or equal to the filled quantity",
)

# --- settings ---
MODE_VALUE: Final = (10001, "params error: mode invalid")
MODE_TARGET: Final = (10001, "params error: symbol or coin is required")
MODE_UNCHANGED: Final = (110025, "Position mode is not modified")
MODE_POSITION: Final = (110024, "You have an existing position, so the position mode cannot be switched")
MODE_ORDERS: Final = (110028, "You have existing open orders, so the position mode cannot be switched")
MODE_NO_HEDGE: Final = (110029, "Hedge mode is not supported for this symbol")
MARGIN_MODE_VALUE: Final = (10001, "params error: setMarginMode invalid")
MARGIN_MODE_FAILED: Final = (3400045, "Set margin mode failed")
LEVERAGE_INVALID: Final = (10001, "leverage invalid")
LEVERAGE_UNEQUAL: Final = (10001, "buy leverage and sell leverage must be equal in cross margin mode")
LEVERAGE_UNCHANGED: Final = (110043, "Set leverage not modified")
LEVERAGE_NO_MONEY: Final = (110044, "Available margin is insufficient")


def qty_above_max(qty: Decimal, maximum: Decimal) -> Rejection:
    return 10001, (
        f"The number of contracts exceeds maximum limit allowed: too large, order qty:{qty:f} > max qty:{maximum:f}"
    )


def notional_below_min(minimum: Decimal) -> Rejection:
    return 110094, f"Order does not meet minimum order value {minimum.normalize():f}USDT"


def tier_exceeded(leverage: Decimal) -> Rejection:
    """`leverage` is the highest at which the position and its orders would still be allowed."""
    return 110090, (
        "Order placement failed as your position may exceed the max limit. "
        f"Please adjust your leverage to {leverage.normalize():f} or below to increase the max. position limit"
    )


def leverage_above_max(leverage: Decimal, maximum: Decimal) -> Rejection:
    """Bybit shows both in hundredths."""
    return 110013, f"cannot set leverage [{leverage * 100:.0f}] gt maxLeverage [{maximum * 100:.0f}] by risk limit"


def trigger_side(*, rising: bool, trigger: Decimal, current: Decimal, trigger_by: str) -> Rejection:
    """Bybit shows both prices multiplied by 10^4."""
    code, word, sign = (110092, "Rising", "<=") if rising else (110093, "Falling", ">=")
    return code, (
        f"expect {word}, but trigger_price[{trigger * 10000:.0f}] {sign} current[{current * 10000:.0f}]??{trigger_by}"
    )
