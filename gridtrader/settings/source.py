"""Read a YAML file into plain values, and remember where each of them stands.

PyYAML's own constructors are not used: they read `001` as an octal number, `0.1` as a binary float, `yes` as a
boolean and `1:30` as 90, and they keep no places. Here a whole number is an `int`, any other number an exact
`Decimal` of the digits in the file, a boolean is `true` or `false` (YAML 1.2), and everything else is text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gridtrader.settings.problems import Problem

KeyPath = tuple[str | int, ...]

MAX_VALUES: Final = 100_000
"""Aliases can multiply a small file into an endless one; a file of a thousand accounts has fewer values."""

_EMPTY: Final = "the file is empty, needed: the section accounts"
_SHOWN_CHARS: Final = 60
_CODE_TAG: Final = "tag:yaml.org,2002:"
_USER_PART: Final = re.compile(r"//[^/@]*@")
"""Name and password in an address: they are not for messages."""


@dataclass(frozen=True, slots=True)
class LeadingZero:
    """A plain number such as 001 or 010. YAML reads it as an octal number, people do not: no field takes it."""

    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands (from 1) and what was written there, short enough for a message."""

    line: int
    column: int
    shown: str


@dataclass(slots=True)
class Source:
    """A file's values (`tree`: dict, tuple, text, numbers, None) and the places of values and of keys."""

    file: str
    tree: object = None
    values: dict[KeyPath, Place] = field(default_factory=dict)
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: KeyPath, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem at the place of `path`, or of the nearest enclosing value that has one."""
        place = self.keys.get(path) if at_key else self.values.get(path)
        known = path
        while place is None and known:
            known = known[:-1]
            place = self.values.get(known)
        return Problem(self.file, place.line if place else None, written(path), message)


def written(path: KeyPath) -> str:
    """Return a path as an operator writes it: `accounts[0].symbols[1].leverage`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_short(part)}" if text else _short(part)
    return text


def read_source(path: Path) -> Source:
    """Read a YAML file. Faults of the file and of its syntax are in `problems`; `tree` is then None or partial."""
    source = Source(str(path))
    text = read_text(path, source.problems)
    if text is None:
        return source
    try:
        root = _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not valid YAML: {error.problem or error.context}"
        if "\\t" in reason:
            reason += " (a tab; YAML is indented with spaces)"
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        source.problems.append(Problem(source.file, place[0], "", reason, column=place[1]))
        return source
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        source.problems.append(Problem(source.file, line, "", "not valid YAML: a control character stands here"))
        return source
    except RecursionError:
        source.problems.append(Problem(source.file, None, "", "not valid YAML: nested too deeply"))
        return source
    if root is None:
        source.problems.append(Problem(source.file, None, "", _EMPTY))
        return source
    try:
        source.tree = _Builder(source).value(root, ())
    except _EndlessError as error:
        source.problems.append(Problem(source.file, error.line, "", str(error)))
    if source.tree is None and not source.problems:
        source.problems.append(Problem(source.file, None, "", _EMPTY))
    return source


def read_text(path: Path, problems: list[Problem], *, may_be_missing: bool = False) -> str | None:
    """Return a UTF-8 file's text (a byte order mark is dropped), or None with the reason in `problems`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        if may_be_missing and isinstance(error, FileNotFoundError):
            return None
        problems.append(Problem(str(path), None, "", f"the file cannot be read: {error.strerror or error}"))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem(str(path), line, "", "the file is not UTF-8 text; save it as UTF-8"))
        return None


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with this module's idea of what a plain scalar is."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own protocol


_PLAIN = (
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("null", r"~|null|Null|NULL|"),
    ("int", r"[-+]?[0-9]+"),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    ),
    ("merge", r"<<"),
)
for _name, _pattern in _PLAIN:
    _Loader.add_implicit_resolver(_CODE_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), None)


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        node: Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


class _EndlessError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__("an alias that contains itself, or aliases that multiply without end")
        self.line = line


class _Builder:
    """Turns the nodes of one file into values, and notes places and faults in the source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: set[int] = set()
        self._count = 0

    def value(self, node: Node, path: KeyPath) -> object:
        mark = node.start_mark
        self._count += 1
        if self._count > MAX_VALUES or id(node) in self._open:
            raise _EndlessError(mark.line + 1)
        self._source.values[path] = Place(mark.line + 1, mark.column + 1, _shown(node))
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            if isinstance(node, SequenceNode):
                return tuple(self.value(child, (*path, index)) for index, child in enumerate(node.value))
            return self._scalar(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: MappingNode, path: KeyPath) -> Mapping[str, object]:
        values: dict[str, object] = {}
        first: dict[str, int] = {}
        merged: list[tuple[Node, Node]] = []
        for key_node, value_node in node.value:
            if key_node.tag == f"{_CODE_TAG}merge":
                merged += self._merged(value_node, path)
                continue
            if not isinstance(key_node, ScalarNode):
                self._fault(key_node, path, "a key that is not plain text")
                continue
            key, line = key_node.value, key_node.start_mark.line + 1
            if key in first:
                self._fault(key_node, (*path, key), f"the key stands twice, first in line {first[key]}")
                continue
            first[key] = line
            self._add(values, path, key_node, value_node)
        for key_node, value_node in merged:
            if isinstance(key_node, ScalarNode) and key_node.value not in values:
                self._add(values, path, key_node, value_node)
        return values

    def _add(self, values: dict[str, object], path: KeyPath, key_node: ScalarNode, value_node: Node) -> None:
        inner = (*path, key_node.value)
        self._source.keys[inner] = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1, key_node.value)
        values[key_node.value] = self.value(value_node, inner)

    def _merged(self, node: Node, path: KeyPath) -> list[tuple[Node, Node]]:
        """Return the entries that `<<: *name` or `<<: [*a, *b]` brings in; of several, the first wins."""
        parts = node.value if isinstance(node, SequenceNode) else [node]
        entries: list[tuple[Node, Node]] = []
        for part in parts:
            if not isinstance(part, MappingNode):
                self._fault(node, (*path, "<<"), "only a mapping, or a list of mappings, can be merged")
                return []
            for key_node, value_node in part.value:
                if key_node.tag == f"{_CODE_TAG}merge":
                    self._fault(key_node, (*path, "<<"), "a merged mapping cannot merge another one")
                    continue
                entries.append((key_node, value_node))
        return entries

    def _scalar(self, node: Node, path: KeyPath) -> object:
        text: str = node.value
        kind = node.tag.removeprefix(_CODE_TAG)
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "null":
            return None
        if kind in ("int", "float"):
            return _number(text)
        if kind not in ("str", "merge"):
            self._fault(node, path, f"the tag {node.tag} is not allowed here")
            return None
        return text

    def _fault(self, node: Node, path: KeyPath, message: str) -> None:
        mark = node.start_mark
        self._source.problems.append(Problem(self._source.file, mark.line + 1, written(path), message))


def _number(text: str) -> object:
    """Return the exact number, or what no field takes where the text (with a tag such as `!!int x`) is none."""
    digits = text.lstrip("+-")
    if re.fullmatch(r"0[0-9]+(\..*)?", digits):
        return LeadingZero(text)
    if re.fullmatch(r"[0-9]{1,30}", digits):
        return int(text)
    if digits.lower() in (".inf", ".nan"):
        return Decimal(text.replace(".", ""))
    try:
        return Decimal(text)
    except ArithmeticError:
        return LeadingZero(text)


def _shown(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.tag == f"{_CODE_TAG}null":
        return "nothing"
    text = _USER_PART.sub("//…@", str(node.value))
    plain = isinstance(node, ScalarNode) and node.style is None
    return _short(text) if plain else repr(_cut(text))


def _short(text: str) -> str:
    text = _cut(text)
    return text if text.isprintable() and text else repr(text)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
