"""Turn what pydantic finds into the project's one-line problems: what was found, what is allowed."""

import difflib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from gridtrader.domain.exact import plain
from gridtrader.settings.fields import Allowed
from gridtrader.settings.problems import Problem
from gridtrader.settings.source import KeyPath, LeadingZero, Source

_SECRET_WORDS: Final = ("key", "secret", "token", "password")


def explain(source: Source, root: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Return one problem for each fault of the tree, except the missing keys that a misspelt one explains."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    problems: list[Problem] = []
    excused: set[KeyPath] = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            path = tuple(detail["loc"])
            missing = _missing_beside(path, details)
            hint = _nearest(path, root, prefer=missing)
            if hint in missing:
                excused.add((*path[:-1], hint))
            problems.append(source.problem(path, _unknown_key(path, hint), at_key=True))
    for detail in details:
        path = tuple(detail["loc"])
        if detail["type"] == "missing" and path not in excused:
            problems.append(source.problem(path, f"missing, needed: {allowed(root, path)}"))
        elif detail["type"] == "too_short" and value_at(source.tree, path) != ():
            continue  # pydantic counts valid items only; each item that is not valid is reported itself
        elif detail["type"] not in ("missing", "extra_forbidden"):
            problems.append(_wrong_value(source, root, path, detail["type"]))
    return problems


def allowed(root: type[BaseModel], path: KeyPath) -> str:
    """Return the words for what stands at `path` of a valid tree."""
    field, annotation = _field_at(root, path)
    return _words(annotation, field.metadata if field else ())


def _wrong_value(source: Source, root: type[BaseModel], path: KeyPath, kind: str) -> Problem:
    words = allowed(root, path)
    value = value_at(source.tree, path)
    if kind == "too_short":
        return source.problem(path, f"found an empty list, needed: {words}")
    if kind in ("decimal_max_places", "decimal_max_digits", "decimal_whole_digits"):
        words += ", at most 12 decimals"
    place = source.values.get(path)
    shown = place.shown if place else "nothing"
    if path[-1:] == ("id",) and isinstance(value, int | Decimal | LeadingZero):
        shown += " without quotes, which YAML reads as a number"
    elif isinstance(value, LeadingZero):
        shown += " with a leading zero"
    return source.problem(path, f"found {shown}, allowed: {words}")


def _unknown_key(path: KeyPath, hint: str) -> str:
    """Say that a key is not known. Its value is not shown: people put secrets under keys that do not exist."""
    if hint:
        return f"unknown key, did you mean {hint}?"
    if any(word in str(path[-1]).lower() for word in _SECRET_WORDS):
        return "unknown key; API keys and secrets belong in .env only"
    return "unknown key"


def _missing_beside(path: KeyPath, details: Sequence[Any]) -> list[str]:
    same_mapping = (d["loc"] for d in details if d["type"] == "missing" and d["loc"][:-1] == path[:-1])
    return [str(loc[-1]) for loc in same_mapping]


def _nearest(path: KeyPath, root: type[BaseModel], prefer: Sequence[str]) -> str:
    _, annotation = _field_at(root, path[:-1])
    model = _model(annotation)
    known = list(model.model_fields) if model else []
    for names in (prefer, known):
        close = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.6)
        if close:
            return close[0]
    return ""


def _field_at(root: type[BaseModel], path: Iterable[str | int]) -> tuple[FieldInfo | None, Any]:
    """Return the field that `path` leads to (None for the root and for an item of a list) and its type."""
    field: FieldInfo | None = None
    annotation: Any = root
    for part in path:
        if isinstance(part, int):
            field, annotation = None, get_args(annotation)[0]
            continue
        model = _model(annotation)
        field = model.model_fields.get(part) if model else None
        annotation = field.annotation if field else None
    return field, annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _words(annotation: Any, metadata: Sequence[Any]) -> str:
    for item in metadata:
        if isinstance(item, Allowed):
            return item.text
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _words(arguments[0], arguments[1:])
    if get_origin(annotation) is Literal:
        return " or ".join((", ".join(arguments[:-1]), arguments[-1]))
    if get_origin(annotation) is tuple:
        return "a list with at least one entry"
    if NoneType in arguments:
        return _words(arguments[0], metadata)
    model = _model(annotation)
    if model is not None:
        return f"a mapping with the keys {', '.join(model.model_fields)}"
    if annotation is bool:
        return "true or false"
    if annotation in (int, float, Decimal):
        return f"{'integer' if annotation is int else 'number'} {_range(metadata)}"
    return "a text"


def _range(metadata: Sequence[Any]) -> str:
    low = high = above = ""
    for item in metadata:
        if isinstance(item, Ge):
            low = _figure(item.ge)
        elif isinstance(item, Gt):
            above = _figure(item.gt)
        elif isinstance(item, Le):
            high = _figure(item.le)
    if above:
        return f"above {above}, at most {high}"
    return f"{low} to {high}" if low.startswith("-") else f"{low}-{high}"


def _figure(value: Any) -> str:
    return plain(Decimal(str(value)))


def value_at(tree: object, path: KeyPath) -> object:
    """Return the value at `path`, or None where there is none."""
    for part in path:
        if isinstance(tree, dict) and isinstance(part, str):
            tree = tree.get(part)
        elif isinstance(tree, tuple) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree
