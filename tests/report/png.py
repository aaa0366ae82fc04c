"""Counts the colours of a picture: enough to see that it is not blank."""

import struct
import zlib

_CHANNELS = {2: 3, 6: 4}


def colours(picture: bytes) -> set[bytes]:
    """Return the colours of a PNG of 8 bits a channel, not interlaced."""
    width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", picture[16:29])
    assert depth == 8, depth
    size = _CHANNELS[kind]
    data = zlib.decompress(b"".join(_chunks(picture)))
    before = bytearray(width * size)
    found: set[bytes] = set()
    for row in range(height):
        start = row * (width * size + 1)
        before = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + width * size]), before, size)
        found.update(bytes(before[at : at + size]) for at in range(0, width * size, size))
    return found


def _chunks(picture: bytes) -> list[bytes]:
    place, found = 8, []
    while place < len(picture):
        length = int.from_bytes(picture[place : place + 4], "big")
        if picture[place + 4 : place + 8] == b"IDAT":
            found.append(picture[place + 8 : place + 8 + length])
        place += length + 12
    return found


def _unfiltered(kind: int, row: bytearray, above: bytearray, size: int) -> bytearray:
    for at, value in enumerate(row):
        left = row[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        row[at] = (value + guess) & 255
    return row


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
