"""Ask the name server within a time: nothing interrupts the system's resolver, so a thread of its own waits."""

import socket
import threading
from collections.abc import Sequence
from typing import Final

Address = tuple[
    socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
]


class _Lookup:
    """One question under way, with everybody who waits for its answer."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.found: Sequence[Address] = ()
        self.fault: OSError | None = None


class Resolver:
    """Safe to use from any thread. However many ask for one host meanwhile, one thread waits for its name server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lookups: dict[tuple[str, int], _Lookup] = {}

    @property
    def pending(self) -> int:
        """How many questions have no answer yet."""
        return len(self._lookups)

    def addresses(self, host: str, port: int, timeout_s: float) -> Sequence[Address]:
        """Return the TCP addresses of `host`. Raises OSError, TimeoutError among them."""
        with self._lock:
            lookup = self._lookups.get((host, port))
            if lookup is None:
                lookup = self._lookups[host, port] = _Lookup()
                thread = threading.Thread(
                    target=self._ask, args=(host, port, lookup), name=f"resolver-{host}", daemon=True
                )
                thread.start()
        if not lookup.done.wait(max(0.0, timeout_s)):
            raise TimeoutError(f"no address for {host} within {timeout_s:.3g} s: the name server does not answer")
        if lookup.fault is not None:
            raise type(lookup.fault)(*lookup.fault.args)  # each who waits has a traceback of one's own
        return lookup.found

    def _ask(self, host: str, port: int, lookup: _Lookup) -> None:
        try:
            lookup.found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            lookup.fault = error
        except Exception as error:  # noqa: BLE001  # a host name the resolver cannot even encode
            lookup.fault = OSError(f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                del self._lookups[host, port]
            lookup.done.set()


RESOLVER: Final = Resolver()
"""The process's own."""
