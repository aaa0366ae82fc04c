"""`/v5/market/*`: public, never signed, the same in both worlds."""

from gridtrader.simulator.core.model import Instrument
from gridtrader.simulator.server.book import book
from gridtrader.simulator.server.pages import Page, cut
from gridtrader.simulator.server.params import Params, bad
from gridtrader.simulator.server.rest.call import Answer, Call, Endpoint
from gridtrader.simulator.server.rows import markets
from gridtrader.simulator.server.tape import rest_trade
from gridtrader.simulator.server.text import at_step, plain

CATEGORY = ("linear",)
ELSEWHERE = ("inverse", "option", "spot")
INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
RISK_SYMBOLS_PER_PAGE = 15


def linear(params: Params) -> str:
    """Check the category: this exchange has linear contracts only."""
    return params.choice("category", CATEGORY)


def listing(params: Params) -> tuple[str, bool]:
    """Return the category of a list, and whether anything of it can be here: other categories exist and are empty."""
    category = params.choice("category", (*CATEGORY, *ELSEWHERE))
    return category, category in CATEGORY


def empty(category: str) -> Answer:
    """Return a list of a category in which there is nothing."""
    return Answer({"category": category, "list": [], "nextPageCursor": ""})


def known_symbol(call: Call) -> str:
    """Return the mandatory symbol, which must exist."""
    linear(call.params)
    return call.venue.instrument(call.params.required("symbol")).symbol


def time(call: Call) -> Answer:
    return Answer({"timeSecond": str(call.now // 1000), "timeNano": str(call.now * 1_000_000)})


def instruments_info(call: Call) -> Answer:
    category, is_here = listing(call.params)
    if not is_here:
        return empty(category)
    symbol, base = call.params.text("symbol"), call.params.text("baseCoin")
    status = call.params.text("status")
    wanted = status or "Trading"
    contracts = [call.venue.instrument(symbol)] if symbol else call.venue.instruments.values()
    found = [contract for contract in contracts if contract.status == wanted]
    if base:
        found = [contract for contract in found if contract.base_coin == base]
    shown, cursor = _by_name(found, Page.asked(call.params, 500, 1000))
    rows = [markets.instrument(contract) for contract in shown]
    return Answer({"category": "linear", "list": rows, "nextPageCursor": cursor})


def _by_name(contracts: list[Instrument], page: Page) -> tuple[list[Instrument], str]:
    """Cut a list that goes forward by name: the key counts down, for pages go from the greatest key to the least."""
    ordered = sorted(contracts, key=lambda contract: contract.symbol)
    places = {contract.symbol: -place for place, contract in enumerate(ordered)}
    return cut(ordered, lambda contract: (places[contract.symbol], contract.symbol), page)


def tickers(call: Call) -> Answer:
    category, is_here = listing(call.params)
    if not is_here:
        return Answer({"category": category, "list": []})
    symbol = call.params.text("symbol")
    symbols = [call.venue.instrument(symbol).symbol] if symbol else sorted(call.venue.instruments)
    rows = [{**call.venue.ticker(name), **markets.REST_TICKER_ONLY} for name in symbols]
    return Answer({"category": "linear", "list": rows})


def kline(call: Call) -> Answer:
    symbol = known_symbol(call)
    candles = call.venue.market.klines(symbol, *_candle_range(call.params))
    return Answer({"symbol": symbol, "category": "linear", "list": [markets.candle(row) for row in candles]})


def mark_price_kline(call: Call) -> Answer:
    symbol = known_symbol(call)
    candles = call.venue.market.mark_klines(symbol, *_candle_range(call.params))
    return Answer({"symbol": symbol, "category": "linear", "list": [markets.mark_candle(row) for row in candles]})


def _candle_range(params: Params) -> tuple[str, int | None, int | None, int]:
    interval = params.choice("interval", INTERVALS)
    start, end = params.moment("start"), params.moment("end")
    if start is not None and end is not None and start > end:
        raise bad("params error: start must not be later than end")
    return interval, start, end, params.integer("limit", 200, 1, 1000)


def funding_history(call: Call) -> Answer:
    symbol = known_symbol(call)
    start, end = call.params.moment("startTime"), call.params.moment("endTime")
    if start is not None and end is None:
        raise bad("params error: startTime must be sent together with endTime")
    limit = call.params.integer("limit", 200, 1, 200)
    settled = call.venue.market.funding_history(symbol, start, end, limit)
    rows = [{"symbol": symbol, "fundingRate": plain(rate), "fundingRateTimestamp": str(at)} for at, rate in settled]
    return Answer({"category": "linear", "list": rows})


def risk_limit(call: Call) -> Answer:
    """Without `symbol`: all tiers of 15 symbols a page."""
    linear(call.params)
    symbol = call.params.text("symbol")
    found = [call.venue.instrument(symbol)] if symbol else list(call.venue.instruments.values())
    page = Page.asked(call.params, RISK_SYMBOLS_PER_PAGE, RISK_SYMBOLS_PER_PAGE)
    shown, cursor = _by_name(found, page)
    rows = [markets.risk_tier(contract, tier) for contract in shown for tier in contract.tiers]
    return Answer({"category": "linear", "list": rows, "nextPageCursor": cursor})


def price_limit(call: Call) -> Answer:
    linear(call.params)
    contract = call.venue.instrument(call.params.required("symbol"))
    highest_buy, lowest_sell = call.venue.core.price_limits(contract.symbol)
    row = {
        "symbol": contract.symbol,
        "buyLmt": at_step(highest_buy, contract.tick_size),
        "sellLmt": at_step(lowest_sell, contract.tick_size),
        "ts": str(call.now),
    }
    return Answer(row, message="")


def orderbook(call: Call) -> Answer:
    symbol = known_symbol(call)
    depth = call.params.integer("limit", 25, 1, 500)
    bids, asks = book(call.venue.instrument(symbol), call.venue.core.quote(symbol), depth)
    seq = call.venue.tapes[symbol].seq
    return Answer({"s": symbol, "a": asks, "b": bids, "ts": call.now, "u": seq, "seq": seq, "cts": call.now})


def recent_trade(call: Call) -> Answer:
    symbol = known_symbol(call)
    limit = call.params.integer("limit", 500, 1, 1000)
    tape = call.venue.tapes[symbol]
    newest = list(tape.trades)[::-1][:limit]
    return Answer({"category": "linear", "list": [rest_trade(symbol, trade, tape.instrument) for trade in newest]})


ENDPOINTS = (
    Endpoint("GET", "/v5/market/time", time),
    Endpoint("GET", "/v5/market/instruments-info", instruments_info),
    Endpoint("GET", "/v5/market/tickers", tickers),
    Endpoint("GET", "/v5/market/kline", kline),
    Endpoint("GET", "/v5/market/mark-price-kline", mark_price_kline),
    Endpoint("GET", "/v5/market/funding/history", funding_history),
    Endpoint("GET", "/v5/market/risk-limit", risk_limit),
    Endpoint("GET", "/v5/market/price-limit", price_limit),
    Endpoint("GET", "/v5/market/orderbook", orderbook),
    Endpoint("GET", "/v5/market/recent-trade", recent_trade),
)
