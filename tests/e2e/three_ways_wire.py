"""The third way of `test_three_ways`: the whole daemon over sockets, on the embedded exchange.

The market is moved by hand, and stands still until all accounts are at rest, however long this machine takes. An
account that waits for its balance is told it by the exchange again and again: it has not to wait for its own reading,
whose answer counts for a second older than it is.
"""

from collections.abc import Mapping, Set
from decimal import Decimal
from pathlib import Path
from typing import Final

from gridtrader.daemon.session import Phase
from gridtrader.domain.orders import KnownOrder
from gridtrader.domain.types import OrderKind
from gridtrader.engine.engine import GridEngine
from tests.e2e.three_ways import MONEY, SYSTEM, Outcome, account_yaml, outcome_of
from tests.e2e.three_ways_path import PricePath
from tests.support.daemon import Daemon, daemon, eventually
from tests.support.exchange import EmbeddedExchange

_LOOKS: Final = 2
"""An account is at rest when it is found so, so many times in a row."""


def over_the_wire(path: PricePath, folder: Path) -> dict[str, Outcome]:
    """Play the path with the whole daemon."""
    accounts = [f"key{account_id}:secret{account_id}:{usdt}" for account_id, usdt in MONEY.items()]
    configured = [account_yaml(account_id) for account_id in MONEY]
    with (
        EmbeddedExchange(accounts, symbols=None, prices=path.files) as exchange,
        daemon(folder, exchange, configured, SYSTEM) as running,
    ):
        for account_id in MONEY:
            running.await_phase(account_id, Phase.TRADING)
        _play(path, running)
        assert running.errors() == []
        return {account_id: outcome_of(running.dump(account_id)) for account_id in MONEY}


def _play(path: PricePath, running: Daemon) -> None:
    now = path.moments[0]
    last = dict(path.first)
    _await_rest(running, last, last.keys())
    for moment in path.moments[1:]:
        running.exchange.step(moment - now)
        now = moment
        moved: Set[str] = last.keys()
        if moment in path.trades:
            symbol, price = path.trades[moment]
            last[symbol], moved = price, {symbol}
        _await_rest(running, last, moved)


def _await_rest(running: Daemon, last: Mapping[str, Decimal], moved: Set[str]) -> None:
    """Wait until every account has heard what has happened, and has nothing more to do.

    `last` are the prices, `moved` the symbols to which something has just happened.
    """
    for account_id in MONEY:
        engine = _engine(running, account_id)
        since_ms = engine.clock.now_ms() if moved & engine.book.symbols.keys() else 0
        looks = 0

        def is_at_rest(account_id: str = account_id, engine: GridEngine = engine, since_ms: int = since_ms) -> bool:
            nonlocal looks
            if engine.lacks_money:
                running.exchange.deposit(f"key{account_id}", "0")
            rests = _has_nothing_to_do(engine, last, since_ms) and not running.broken_laws(account_id)
            looks = looks + 1 if rests else 0
            return looks == _LOOKS

        eventually(f"{account_id} comes to rest at {last}", is_at_rest)


def _engine(running: Daemon, account_id: str) -> GridEngine:
    runner = running.member(account_id).runner
    assert runner is not None
    assert runner._session is not None
    return runner._session.engine


def _has_nothing_to_do(engine: GridEngine, last: Mapping[str, Decimal], since_ms: int) -> bool:
    """Whether an engine waits for nothing; what lacks money has seen its balance since then, and thought about it.

    It is looked at from another thread: that it has understood what has happened, only the laws say, on the
    exchange's own books.
    """
    book = engine.book
    if not engine.inbox.is_empty or engine.watch.waits_for_balance:
        return False
    for known in list(book.symbols.values()):
        if known.quote is None or known.quote.last != last[known.symbol]:
            return False
        if any(_is_waited_for(order) for order in list(known.orders.values())):
            return False
    return not engine.lacks_money or engine.passes.made_ms >= book.wallet_heard_ms > since_ms


def _is_waited_for(order: KnownOrder) -> bool:
    return order.is_in_flight or (order.name.slot.kind is OrderKind.ENTRY and order.phase.may_execute)
