"""Signatures: REST headers and the `auth` request of the private stream (Bybit V5 docs, "Authentication")."""

import hashlib
import hmac
from collections.abc import Mapping

from gridtrader.simulator.core.model import Reject, World
from gridtrader.simulator.server.accounts import Account, AccountBook

DEFAULT_RECV_WINDOW = "5000"
FUTURE_LIMIT_MS = 1000
MAX_DIGITS = 20


def to_bytes(text: str) -> bytes:
    """Return the bytes that a part of a request was read from."""
    return text.encode("utf-8", "surrogateescape")


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= MAX_DIGITS


def sign(secret: str, payload: bytes) -> str:
    """Return the lower-case hexadecimal HMAC-SHA256 of `payload`."""
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def check_request(
    accounts: AccountBook, world: World, headers: Mapping[str, str], payload: bytes, now: int
) -> Account:
    """Return the account that signed a REST request, or raise Reject.

    `payload` is the raw query string of a GET, the raw body of a POST, byte for byte as it travelled.
    """
    key = headers.get("X-BAPI-API-KEY", "")
    timestamp = headers.get("X-BAPI-TIMESTAMP", "")
    signature = headers.get("X-BAPI-SIGN", "")
    window = headers.get("X-BAPI-RECV-WINDOW", "") or DEFAULT_RECV_WINDOW
    if not key or not signature or not _is_number(timestamp) or not _is_number(window):
        raise Reject(
            10001,
            f"empty value: apiTimestamp[{timestamp}] apiKey[{key}] apiSignature[{signature}]: "
            "openapi sign params error!",
        )
    account = accounts.with_key(world, key)
    if account is None:
        raise Reject(10003, "API key is invalid.")
    if not now - int(window) <= int(timestamp) < now + FUTURE_LIMIT_MS:
        raise Reject(
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{timestamp}],server_timestamp[{now}],recv_window[{window}]",
        )
    origin = to_bytes(f"{timestamp}{key}{window}") + payload
    if not hmac.compare_digest(sign(account.secret, origin).encode(), to_bytes(signature)):
        raise Reject(10004, f"error sign! origin_string[{origin.decode(errors='replace')}]")
    if account.refusal is not None:
        raise account.refusal
    return account


class StreamAuthFailed(Exception):
    """An `auth` request that failed; the message is the `ret_msg` of the answer."""


def check_stream(accounts: AccountBook, world: World, args: object, now: int) -> Account:
    """Return the account that an `auth` request `[key, expires, signature]` proves, or raise StreamAuthFailed.

    `expires` may be a number or a text: clients send both.
    """
    if not isinstance(args, list) or len(args) != 3:
        raise StreamAuthFailed("Params Error")
    key, expires, signature = (str(arg) for arg in args)
    account = accounts.with_key(world, key)
    if account is None or account.refusal is not None:
        raise StreamAuthFailed("Invalid apikey")
    if not _is_number(expires) or int(expires) <= now:
        raise StreamAuthFailed("error:request expired")
    if not hmac.compare_digest(sign(account.secret, f"GET/realtime{expires}".encode()).encode(), to_bytes(signature)):
        raise StreamAuthFailed("error:verify signature fail")
    return account
