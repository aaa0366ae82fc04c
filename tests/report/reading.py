"""Reads a report back: its elements, its texts, the data its script gets."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate
from typing import Any

VOID = {"meta", "rect", "path"}


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    text: str = ""
    children: list["Element"] = field(default_factory=list)


class Reader(HTMLParser):
    """A strict reader: every element must be closed, and in the right order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if self._open:
            self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, tag
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop().name == tag, tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def finish(self) -> None:
        self.close()
        assert not self._open, [element.name for element in self._open]


def read(page: str) -> list[Element]:
    """Return every element of a page, in order."""
    reader = Reader()
    reader.feed(page)
    reader.finish()
    return reader.elements


def text_of(page: str) -> str:
    """Return what a reader without scripts sees."""
    return next(element.text for element in read(page) if element.name == "main")


def data_of(page: str) -> Any:
    """Return the data of the page's script."""
    return json.loads(next(e.text for e in read(page) if e.attributes.get("id") == "data"))


def moments(steps: list[int], start: int) -> list[int]:
    """Return the times that were written as steps."""
    return list(accumulate(steps, initial=start))[1:]
