"""Read the body of a reply within bounds: however long it is, and however far a few packed bytes unfold."""

import zlib
from typing import Final

from urllib3.response import BaseHTTPResponse

_CHUNK: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS


class UnfitBody(ValueError):
    """A body that is too large, or packed in a way that was not asked for."""


def whole_body(raw: BaseHTTPResponse, most_bytes: int) -> bytes:
    """Return the unpacked body of at most `most_bytes`. Raises `UnfitBody`, and what urllib3 raises.

    What is packed is unpacked piece by piece: a bomb of a gigabyte is given up at the first byte too many.
    """
    packing = raw.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip"):
        raise UnfitBody(f"a body packed as {packing[:20]!r}; allowed: gzip or none")
    unpacker = zlib.decompressobj(_GZIP) if packing == "gzip" else None
    body = bytearray()
    for chunk in raw.stream(_CHUNK, decode_content=False):
        if unpacker is None:
            body += chunk
        else:
            try:
                body += unpacker.decompress(chunk, most_bytes + 1 - len(body))
            except zlib.error as error:
                raise UnfitBody(f"a damaged body: {error}") from None
        if len(body) > most_bytes:
            raise UnfitBody(f"a body of more than {most_bytes} bytes")
    if unpacker is not None and body and not unpacker.eof:
        raise UnfitBody("a packed body that is not complete")
    return bytes(body)
