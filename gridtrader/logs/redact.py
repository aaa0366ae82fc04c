"""Keep secrets out of text: whatever is about to be written is searched for every known one."""

import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
_SHOWN: Final = 4
_LONG_ENOUGH: Final = 16
"""A key shorter than this shows nothing of itself: four characters would be too large a part of it."""


def mask_key(key: str) -> str:
    """Return enough of an API key to recognise it by, e.g. `Ab3d***`."""
    return key[:_SHOWN] + MASK if len(key) >= _LONG_ENOUGH else MASK


class Redactor:
    """Replaces API keys by their masked form and secrets by `***`, also where they stand quoted or escaped.

    Safe for use by many threads; `add` takes effect with the next call.
    """

    def __init__(self, *, keys: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        self._needles: tuple[tuple[str, str], ...] = ()
        self.add(keys=keys, secrets=secrets)

    def add(self, *, keys: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        """Learn more keys and secrets."""
        masks = dict(self._needles)
        for key in keys:
            masks |= dict.fromkeys(_spellings(key), mask_key(key))
        for secret in secrets:
            masks |= dict.fromkeys(_spellings(secret), MASK)
        # The longest first: a secret that is a part of another one must not leave the rest of that one behind.
        self._needles = tuple(sorted(masks.items(), key=lambda pair: (-len(pair[0]), pair[0])))

    def __call__(self, text: str) -> str:
        for needle, mask in self._needles:
            if needle in text:
                text = text.replace(needle, mask)
        return text


def _spellings(value: str) -> set[str]:
    """Return the forms a value takes in logs: plain, in a URL, in JSON, in a Python literal."""
    if not value:
        return set()
    return {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]}
