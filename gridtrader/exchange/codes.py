"""What Bybit's return codes mean for the engine: one table, each line with its source.

Sources: Bybit V5 docs, "Error Codes" and the pages of the endpoints; texts as seen on the wire. A code that stands
nowhere here is a refusal of kind OTHER: the exchange answered, and an answer with an error code means "not done",
except for the codes under `AMBIGUOUS`.
"""

from typing import Final

from gridtrader.engine.ports import Refusal, Rejected, Unknown

OK: Final = 0

SOFT: Final = frozenset(
    {
        110025,  # position mode is not modified
        110026,  # cross/isolated margin mode is not modified
        110027,  # margin is not modified
        110043,  # leverage not modified
        110075,  # risk limit not modified
        34036,  # leverage not modified (older text of the same)
        30083,  # position mode not modified (older)
    }
)
"""The wanted state is already there: a success for the calls that set it (C5)."""

AMBIGUOUS: Final = frozenset(
    {
        -1,  # request expired somewhere on its way
        429,  # trading service under high load, as a retCode
        10000,  # server timeout
        10014,  # "invalid duplicate request": the first of the two may have been carried out
        10016,  # server error, or the service restarts
        10019,  # service restarts, requests in process are not affected
        10403,
        10429,  # system-level protection
        20003,
        20006,
        40004,  # the order was modified while it was being replaced
        170001,
        170005,
        170007,  # timeout waiting for the backend
        170032,  # network error inside
        500000,
    }
)
"""The command may have been carried out: it must be looked up by its order name (C3)."""

RATE_OF_ACCOUNT: Final = 10006
RATE_OF_ADDRESS: Final = 10018

NOT_HERE: Final = frozenset({10017, 10032})
"""No such route; not supported on demo trading."""

REFUSALS: Final[dict[int, Refusal]] = {
    # the request as such
    10001: Refusal.INVALID,  # parameter error; its texts are told apart below
    10002: Refusal.CLOCK,
    10003: Refusal.KEY,  # invalid, or of the other world (demo/mainnet)
    10004: Refusal.KEY,  # signature
    10005: Refusal.KEY,  # no permission
    RATE_OF_ACCOUNT: Refusal.RATE,
    10007: Refusal.KEY,
    10008: Refusal.KEY,  # banned
    10009: Refusal.KEY,  # address banned
    10010: Refusal.KEY,  # address not bound to the key
    RATE_OF_ADDRESS: Refusal.RATE,
    10024: Refusal.KEY,  # compliance
    10027: Refusal.KEY,  # trading banned
    10028: Refusal.KEY,  # unified accounts only
    10029: Refusal.INVALID,  # symbol not on the key's whitelist
    100028: Refusal.KEY,  # forbidden for unified accounts
    33004: Refusal.KEY,  # expired
    -2015: Refusal.KEY,  # expired (spot's number)
    # money
    110004: Refusal.MONEY,
    110006: Refusal.MONEY,
    110007: Refusal.MONEY,  # "ab not enough for new order", the usual one
    110011: Refusal.MONEY,  # would liquidate at once
    110012: Refusal.MONEY,
    110014: Refusal.MONEY,
    110039: Refusal.MONEY,  # maintenance margin rate too high
    110040: Refusal.MONEY,  # would liquidate at once
    110044: Refusal.MONEY,
    110045: Refusal.MONEY,
    110046: Refusal.MONEY,
    110051: Refusal.MONEY,
    110052: Refusal.MONEY,
    110053: Refusal.MONEY,
    # size
    110013: Refusal.TIER,  # leverage above the risk limit's maximum
    110016: Refusal.TIER,
    110020: Refusal.TIER,  # 500 active orders of the symbol
    110022: Refusal.TIER,  # quantity restricted
    110047: Refusal.TIER,
    110048: Refusal.TIER,
    110085: Refusal.TIER,
    110086: Refusal.TIER,
    110089: Refusal.TIER,
    110090: Refusal.TIER,  # "adjust your leverage to … or below"
    3400139: Refusal.TIER,
    # the order
    110001: Refusal.GONE,
    110008: Refusal.GONE,
    110010: Refusal.GONE,
    110030: Refusal.DUPLICATE,
    110072: Refusal.DUPLICATE,  # OrderLinkedID is duplicate
    34040: Refusal.UNCHANGED,
    110017: Refusal.REDUCE_ONLY,
    110034: Refusal.REDUCE_ONLY,  # no net position
    110003: Refusal.INVALID,  # price out of range
    110009: Refusal.INVALID,  # ten conditional orders stand; we send none
    110019: Refusal.INVALID,
    110032: Refusal.INVALID,
    110064: Refusal.INVALID,  # new quantity not above the filled one
    110094: Refusal.INVALID,  # below the minimum order value
    110092: Refusal.INVALID,  # direction of a trigger; we send none
    110093: Refusal.INVALID,
    110120: Refusal.INVALID,  # price limit, where the account has it rejected instead of adjusted
    110121: Refusal.INVALID,
    30208: Refusal.INVALID,
    30209: Refusal.INVALID,
    110024: Refusal.INVALID,  # a position exists: the mode cannot be switched
    110028: Refusal.INVALID,  # orders exist: the mode cannot be switched
    110029: Refusal.INVALID,  # no hedge mode for this symbol
    # a moment too early: the same command may be right a little later
    110063: Refusal.BUSY,  # settlement in progress
    110079: Refusal.BUSY,  # the order is being processed
    # the contract
    110005: Refusal.NOT_TRADING,
    110021: Refusal.NOT_TRADING,  # open interest
    110023: Refusal.NOT_TRADING,  # reduce-only contract
    110042: Refusal.NOT_TRADING,  # before delivery
    110066: Refusal.NOT_TRADING,
    110074: Refusal.NOT_TRADING,  # not live
}

_UNCHANGED_TEXTS: Final = ("remains unchanged", "not modified")


def refusal_of(code: int, text: str) -> Refusal:
    """Return what kind of refusal a code (≠ 0) is; `text` is the exchange's, for the code that means many things."""
    if code == 10001 and any(words in text.lower() for words in _UNCHANGED_TEXTS):
        return Refusal.UNCHANGED
    return REFUSALS.get(code, Refusal.OTHER)


def failure_of(code: int, text: str) -> Rejected | Unknown:
    """Return the outcome of a command that was answered with a code ≠ 0."""
    if code in AMBIGUOUS:
        return Unknown(f"{text} (retCode {code})")
    return Rejected(refusal_of(code, text), code, text)
