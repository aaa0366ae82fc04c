"""`/v5/account/*`, `/v5/user/query-api` and the little of `/v5/asset` that clients look at."""

from datetime import UTC, datetime
from decimal import Decimal

from gridtrader.simulator.core.model import LedgerEntry, Reject, World
from gridtrader.simulator.server.pages import DAY_MS, Page, Window, cut
from gridtrader.simulator.server.params import bad
from gridtrader.simulator.server.rest.call import Access, Answer, Call, Endpoint, RejectWithResult, per_second
from gridtrader.simulator.server.rest.market import linear
from gridtrader.simulator.server.rows.ledgers import transaction
from gridtrader.simulator.server.rows.wallets import wallet
from gridtrader.simulator.server.text import plain

UNIFIED_2 = 5
MARGIN_MODE_FAILED = 3400045
MARGIN_MODES = ("REGULAR_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN")
DEMO_BUNDLE = Decimal(50_000)
"""USDT given to who applies for demo money without saying how much."""
DEMO_MOST = {"BTC": Decimal(15), "ETH": Decimal(200), "USDT": Decimal(100_000), "USDC": Decimal(100_000)}
KEY_LIFE_DAYS = 90


def info(call: Call) -> Answer:
    return Answer(
        {
            "marginMode": call.venue.core.margin_mode(call.uid),
            "updatedTime": str(call.account.created),
            "unifiedMarginStatus": UNIFIED_2,
            "dcpStatus": "OFF",
            "timeWindow": 10,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        }
    )


def set_margin_mode(call: Call) -> Answer:
    mode = call.params.choice("setMarginMode", MARGIN_MODES)
    options = call.venue.options
    if options.margin_mode_on_demo == "refuse" and call.account.world is World.DEMO:
        raise Reject(110073, "Set margin mode failed")
    if options.margin_mode_again == "refuse" and mode == call.venue.core.margin_mode(call.uid):
        reason = {"reasonCode": "3400000", "reasonMsg": "The margin mode is not modified"}
        raise RejectWithResult(MARGIN_MODE_FAILED, "Set margin mode failed", {"reasons": [reason]})
    try:
        call.venue.core.set_margin_mode(call.uid, mode, call.now)
    except Reject as reject:
        if reject.code != MARGIN_MODE_FAILED:
            raise
        reason = {"reasonCode": "3400000", "reasonMsg": "There are open positions or orders"}
        raise RejectWithResult(reject.code, reject.text, {"reasons": [reason]}) from None
    return Answer({"reasons": []}, message="Request accepted")


def wallet_balance(call: Call) -> Answer:
    """Without `coin` only coins that are not zero are shown."""
    if call.params.required("accountType") != "UNIFIED":
        raise bad("accountType only support UNIFIED.")
    view = call.venue.reads.wallet(call.uid)
    row = wallet(view, call.venue.core.margin_mode(call.uid), call.venue.options.usdt_price, borrowed="0.0")
    coins = call.params.text("coin")
    is_shown = "USDT" in coins.split(",") if coins else bool(view.equity or view.wallet_balance)
    return Answer({"list": [row if is_shown else row | {"coin": []}]})


def fee_rate(call: Call) -> Answer:
    linear(call.params)
    symbol = call.params.text("symbol")
    symbols = [call.venue.instrument(symbol).symbol] if symbol else sorted(call.venue.instruments)
    rates = {"takerFeeRate": plain(call.account.taker_fee), "makerFeeRate": plain(call.account.maker_fee)}
    return Answer({"list": [{"symbol": name, **rates} for name in symbols]})


def transaction_log(call: Call) -> Answer:
    """The last 24 hours, or up to 7 days where the request says when."""
    params = call.params
    if params.text("accountType", "UNIFIED") != "UNIFIED":
        raise bad("accountType only support UNIFIED.")
    window = Window.asked(params, call.now, default=DAY_MS)
    base, kind = params.text("baseCoin"), params.text("type")
    if params.text("category", "linear") != "linear" or params.text("currency", "USDT") != "USDT":
        return Answer({"nextPageCursor": "", "list": []})
    entries = call.venue.reads.ledger(call.uid)
    newest_first = (
        (place, entries[place])
        for place in range(len(entries) - 1, -1, -1)
        if window.holds(entries[place].time)
        and kind in ("", entries[place].type)
        and (not base or (entries[place].symbol and call.venue.instrument(entries[place].symbol).base_coin == base))
    )
    shown, cursor = cut(newest_first, lambda row: (row[0], row[1].trade_id), Page.asked(params, 20, 50))
    return Answer({"nextPageCursor": cursor, "list": [_transaction(call, entry) for _, entry in shown]})


def _transaction(call: Call, entry: LedgerEntry) -> dict[str, object]:
    return transaction(entry, call.venue.instrument(entry.symbol) if entry.symbol else None)


def demo_apply_money(call: Call) -> Answer:
    """Add (`adjustType` 0) or take (1) demo money; coins other than USDT are taken note of and not kept."""
    if call.account.world is not World.DEMO:
        raise bad("params error: only for demo trading accounts")
    sign = -1 if call.params.integer("adjustType", 0, 0, 1) else 1
    if not call.params.has("utaDemoApplyMoney"):
        usdt = DEMO_BUNDLE
    else:
        usdt = Decimal(0)
        for item in call.params.items("utaDemoApplyMoney", len(DEMO_MOST)):
            coin = item.choice("coin", DEMO_MOST)
            amount = item.decimal("amountStr")
            if amount is None or not 0 < amount <= DEMO_MOST[coin]:
                raise bad(f"params error: amountStr invalid, at most {DEMO_MOST[coin]} {coin}")
            if coin == "USDT":
                usdt += amount
    if usdt:
        call.venue.core.transfer(call.uid, sign * usdt, call.now)
    return Answer({}, message="")


def query_api(call: Call) -> Answer:
    account = call.account
    return Answer(
        {
            "id": str(account.uid % 10_000_000),
            "note": "embedded exchange",
            "apiKey": account.key,
            "readOnly": int(account.read_only),
            "secret": "",
            "permissions": {
                "ContractTrade": ["Order", "Position"],
                "Spot": [],
                "Wallet": [],
                "Options": [],
                "Derivatives": ["DerivativesTrade"],
                "CopyTrading": [],
                "BlockTrade": [],
                "Exchange": [],
                "NFT": [],
                "Affiliate": [],
                "Earn": [],
                "FiatP2P": [],
                "FiatConvertBroker": [],
                "FiatGlobalPay": [],
                "FiatBitPay": [],
                "BitCard": [],
                "ByXPost": [],
            },
            "ips": ["*"],
            "type": 1,
            "deadlineDay": KEY_LIFE_DAYS - (call.now - account.created) // DAY_MS,
            "expiredAt": _date(account.created + KEY_LIFE_DAYS * DAY_MS),
            "createdAt": _date(account.created),
            "unified": 0,
            "uta": 1,
            "userID": account.uid,
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_1",
            "kycRegion": "",
            "userIDInt64": str(account.uid),
            "inviterIDInt64": "0",
            "affiliateIDInt64": "0",
        },
        message="",
    )


def coin_query_info(call: Call) -> Answer:
    """Deposits and withdrawals do not exist here, so there is no chain to tell of."""
    coin = call.params.text("coin", "USDT")
    if coin != "USDT":
        raise Reject(10001, f"params error: coin {coin} is not supported")
    row = {"name": "USDT", "coin": "USDT", "remainAmount": "0", "chains": []}
    return Answer({"rows": [row]}, message="success")


def _date(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_READ, _WRITE = Access.READ, Access.WRITE

ENDPOINTS = (
    Endpoint("GET", "/v5/account/info", info, _READ, per_second(50)),
    Endpoint("POST", "/v5/account/set-margin-mode", set_margin_mode, _WRITE, per_second(5)),
    Endpoint("GET", "/v5/account/wallet-balance", wallet_balance, _READ, per_second(50)),
    Endpoint("GET", "/v5/account/fee-rate", fee_rate, _READ, per_second(5)),
    Endpoint("GET", "/v5/account/transaction-log", transaction_log, _READ, per_second(25)),
    Endpoint("POST", "/v5/account/demo-apply-money", demo_apply_money, _WRITE, (1, 60_000)),
    Endpoint("GET", "/v5/user/query-api", query_api, _READ, per_second(10)),
    Endpoint("GET", "/v5/asset/coin/query-info", coin_query_info, _READ, per_second(5)),
)
