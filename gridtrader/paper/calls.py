"""The file of a dry run's exchange: every call that changes the exchange, written down before it is carried out.

The exchange is deterministic: made anew with the same founding figures and told the same calls in the same order, it
is what it was, order by order. So nothing of its inside is ever stored, and a process that dies at any moment leaves
a dry run that goes on where it was.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from gridtrader.simulator.core import model
from gridtrader.simulator.core.exchange import Exchange
from gridtrader.store.journal import Entry, Journal, read_journal
from gridtrader.store.journal_lines import Record

CALLS_NAME: Final = "exchange.jsonl"
UID: Final = 1
"""The one account of the exchange."""
FOUNDED: Final = "founded"
CONTRACT: Final = "contract"
SINCE: Final = "since"
FUNDING: Final = "funding"
CASH: Final = "cash"
"""What was in the wallet before a call: where that differs when it is told again, the rules have changed."""

_REMEDY: Final = "move the folder away, and the dry run begins anew"


class CallsError(Exception):
    """The file does not tell how the exchange came to be; the message is one line and says what to do."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}; {_REMEDY}")


@dataclass(frozen=True, slots=True)
class Founding:
    """What a dry run began with. Fees are fractions; `seed` is that of its order ids, which never come back."""

    at_ms: int
    seed: int
    balance: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    venue: str
    """Whose prices it is about."""

    def entry(self) -> Entry:
        return Entry(
            FOUNDED,
            {
                "at": self.at_ms,
                "seed": self.seed,
                "balance": self.balance,
                "maker": self.maker_fee,
                "taker": self.taker_fee,
                "venue": self.venue,
            },
        )

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Founding":
        """Raises KeyError, TypeError or ArithmeticError."""
        balance, maker, taker = (Decimal(data[key]) for key in ("balance", "maker", "taker"))
        return cls(data["at"], data["seed"], balance, maker, taker, data["venue"])


class CallFile:
    """One dry run's file; one writer, not thread-safe. Raises StoreError for what the disk does."""

    def __init__(self, folder: Path, now_ms: Callable[[], int]) -> None:
        """Open the file, making it if there is none. Raises CallsError if a line of it is damaged."""
        self.path: Final = folder / CALLS_NAME
        self._journal = Journal(self.path, now_ms)
        if self._journal.damages:
            damage = self._journal.damages[0]
            self._journal.close()
            raise CallsError(self.path, f"line {damage.line}: {damage.reason}")

    def read(self) -> list[Record]:
        """Return all records, oldest first."""
        return list(read_journal(self.path))

    def write(self, entries: Sequence[Entry]) -> None:
        """Append and force to disk; all or none will be read back."""
        self._journal.append_group(entries)

    def close(self) -> None:
        self._journal.close()


def tell_again(exchange: Exchange, records: Sequence[Record], path: Path) -> int:
    """Tell the exchange recorded calls; returns the time of the last. Raises CallsError where one does not fit."""
    last_ms = 0
    for record in records:
        try:
            before = record.data.get(CASH)
            if before is not None and Decimal(before) != wallet_balance(exchange):
                raise CallsError(
                    path,
                    f"record {record.seq} was written with {before} USDT in the wallet, and now there are "
                    f"{wallet_balance(exchange)}: the rules of the exchange have changed",
                )
            _carry_out(exchange, record.kind, record.data)
            last_ms = max(last_ms, record.data["at"])
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise CallsError(path, f"record {record.seq} ({record.kind}) makes no sense: {error!r}") from None
    return last_ms


def wallet_balance(exchange: Exchange) -> Decimal:
    """Return the account's wallet balance: what its last movement of money left."""
    return exchange.ledger(UID)[-1].cash_balance


def _carry_out(exchange: Exchange, kind: str, data: Mapping[str, Any]) -> None:
    with contextlib.suppress(model.Reject):  # it was refused then, too
        _call(exchange, kind, data, data["at"])


def _call(exchange: Exchange, kind: str, data: Mapping[str, Any], now: int) -> None:
    match kind:
        case "quote":
            exchange.set_quote(data["symbol"], _quote(data), now)
        case "order":
            exchange.create_order(UID, _request(data), now)
        case "amend":
            qty, price = _decimal(data["qty"]), _decimal(data["price"])
            exchange.amend_order(UID, data["symbol"], now, order_link_id=data["name"], qty=qty, price=price)
        case "cancel":
            exchange.cancel_order(UID, data["symbol"], now, order_link_id=data["name"])
        case "cancel_all":
            exchange.cancel_all(UID, now, symbol=data["symbol"])
        case "position_mode":
            exchange.switch_mode(UID, data["symbol"], None, data["mode"], now)
        case "margin_mode":
            exchange.set_margin_mode(UID, data["mode"], now)
        case "leverage":
            leverage = Decimal(data["leverage"])
            exchange.set_leverage(UID, data["symbol"], leverage, leverage, now)
        case "fees":
            exchange.set_fee_rates(UID, Decimal(data["maker"]), Decimal(data["taker"]))
        case "status":
            exchange.set_status(data["symbol"], data["status"], now)
        case "funding":
            exchange.settle_funding(data["symbol"], Decimal(data["rate"]), now)
        case _:
            raise ValueError("not a kind of call")


def _quote(data: Mapping[str, Any]) -> model.Quote:
    last = Decimal(data["last"])
    return model.Quote(last, Decimal(data["bid"]), Decimal(data["ask"]), mark=last, index=last)


def _request(data: Mapping[str, Any]) -> model.OrderRequest:
    return model.OrderRequest(
        symbol=data["symbol"],
        side=data["side"],
        order_type="Limit",
        qty=Decimal(data["qty"]),
        price=Decimal(data["price"]),
        position_idx=data["leg"],
        reduce_only=data["reduce_only"],
        order_link_id=data["name"],
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
