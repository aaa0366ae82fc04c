"""TLS contexts of the whole process: the authorities are loaded once, not for every connection of every account.

A context of its own costs each connection 38 ms of CPU and 1.5 MB.
"""

import functools
import ssl
from typing import Final

from requests.utils import DEFAULT_CA_BUNDLE_PATH

_ALPN: Final = ["http/1.1"]


class SharedContext(ssl.SSLContext):
    """A client context that many threads connect with. Certificates and host names are verified."""

    def set_alpn_protocols(self, alpn_protocols: object) -> None:
        """Keep what was set at first.

        urllib3 sets it anew for every connection, which frees memory that another thread may be copying at that
        moment (requests has withdrawn its own shared context over this kind of fault).
        """


def _verifying() -> SharedContext:
    context = SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    ssl.SSLContext.set_alpn_protocols(context, _ALPN)
    context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
    return context


@functools.cache
def http_context() -> SharedContext:
    """Return the context of all REST connections."""
    return _verifying()


@functools.cache
def stream_context() -> SharedContext:
    """Return the context of all WebSocket connections; its own, because urllib3 writes to the one it is given."""
    return _verifying()
