"""HTML that is escaped by construction: only what `tag` and `raw` make is markup, every other text is text."""

import html
from collections.abc import Iterable


class Html(str):
    """Text that is markup already and must not be escaped again."""

    __slots__ = ()


_VOID = frozenset({"meta", "rect", "path", "use"})
"""Elements of ours that have no content."""


def raw(text: str) -> Html:
    """Declare a text of ours as markup. Never for anything that comes from outside."""
    return Html(text)


def join(parts: Iterable[str], between: str = "") -> Html:
    """Return the parts one after another, each escaped unless it is markup."""
    return Html(_escaped(between).join(_escaped(part) for part in parts))


def tag(name: str, /, *children: str, **attributes: str) -> Html:
    """Return an element. A `_` in an attribute's name stands for `-`, one at its end is dropped (`class_`)."""
    texts = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value, quote=True)}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{texts}>" if name == "meta" else f"<{name}{texts}/>")
    return Html(f"<{name}{texts}>{join(children)}</{name}>")


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else html.escape(text, quote=False)
