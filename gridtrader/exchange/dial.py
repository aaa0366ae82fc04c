"""Open a TCP or TLS connection for a WebSocket within a time, whatever the other end does.

websocket-client would connect without any time limit and by way of whatever proxy the environment names.
"""

import socket
import time
from typing import Final
from urllib.parse import urlsplit

from gridtrader.exchange.resolver import RESOLVER
from gridtrader.exchange.tls import stream_context

_PORTS: Final = {"ws": 80, "wss": 443}
_LEAST_S: Final = 0.001


def dial(url: str, timeout_s: float, io_timeout_s: float) -> socket.socket:
    """Return a connected socket for `url` (ws:// or wss://); its own reads and writes wait `io_timeout_s` at most.

    Raises OSError (TLS faults included) within `timeout_s`.
    """
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    if host is None or port is None:
        raise ValueError(f"not a WebSocket address: {url!r}")
    deadline = time.monotonic() + timeout_s
    sock = connect(host, port, timeout_s)
    try:
        if parts.scheme == "wss":
            sock.settimeout(max(_LEAST_S, deadline - time.monotonic()))
            sock = stream_context().wrap_socket(sock, server_hostname=host)
        sock.settimeout(io_timeout_s)
    except BaseException:
        sock.close()
        raise
    return sock


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a TCP connection to the first address of `host` that takes one.

    The name server and all tries together end within `timeout_s`; each try has its part of what is left, so that an
    address that swallows everything does not hide one that answers. The socket's own operations have what is left of
    it. Raises OSError.
    """
    deadline = time.monotonic() + timeout_s
    fault: OSError | None = None
    found = RESOLVER.addresses(host, port, timeout_s)
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.settimeout(max(_LEAST_S, (deadline - time.monotonic()) / (len(found) - tried)))
            sock.connect(address)
            sock.settimeout(max(_LEAST_S, deadline - time.monotonic()))
        except OSError as error:
            sock.close()
            fault = error
        else:
            return sock
    raise fault or OSError(f"no address for {host}")
