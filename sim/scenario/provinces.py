"""Provinces by name: scenarios, options and questions may use a province's name in place of its code.

Names are those of the scenario's table of provinces; capitals, spaces and hyphens make no difference. A loaded scenario
has only codes: names become codes in the tree of nodes, file by file before merging, so that a name in one file and its
code in another are the same key. Marks of ``sim.scenario.schema.base`` say where codes stand.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from sim.base.failures import RefusedError
from sim.scenario.errors import LIKENESS, LONGEST_COMPARED, Mistake, dotted, found
from sim.scenario.nodes import KeyPath, Node
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import Naming, NamingKind
from sim.scenario.schema.evidence import PROVINCE, QUANTITIES
from sim.scenario.shapes import fields

Names = Mapping[int, str]
"""The names of provinces by their codes, such as ``population.names`` of a scenario's model."""

TABLE = ("population", "provinces")

MOST_NEAR = 3
"""Most names that are proposed in place of an unknown one."""

ALLOWED = "use a name or code of population.provinces (list them: tocsin provinces)"

SEPARATORS = " -_'\u2019.\u00b7"
"""Characters that are ignored in a name."""


class ProvinceError(RefusedError, ValueError):
    """A text names no province, or several; the message says what is wrong and what is allowed."""

    def __init__(self, what: str, allowed: str) -> None:
        super().__init__(what, allowed)
        self.what, self.allowed = what, allowed

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.what}; {self.allowed}"


def code_of(text: str | int, names: Names) -> int:
    """Return the code that a name or a code means; ProvinceError if no province has the name, or several have it."""
    word = str(text)
    if word.isdecimal() and int(word) in names:
        return int(word)
    codes = [code for code, name in names.items() if _folded(name) == _folded(word)]
    if len(codes) == 1:
        return codes[0]
    if codes:
        raise ProvinceError(f"{found(text)} is the name of {len(codes)} provinces", f"use a code: {_either(codes)}")
    raise ProvinceError(f"{found(text)} is not a province", _nearest(word, names))


def with_codes(root: Node, names: Names, mistakes: list[Mistake]) -> Node:
    """Return the tree of a scenario, or its top part, with codes in place of names; a repeated province is a mistake.

    Unknown names stay: another file may remove them, and ``unknown_provinces`` reports the rest.
    """
    return _coded(root, _places(ScenarioModel), names, (), mistakes) if names else root


def unknown_provinces(root: Node, names: Names) -> Iterator[Mistake]:
    """Find every value in the tree of a scenario that should name a province and does not."""
    if names:
        yield from _unknown(root, _places(ScenarioModel), names, ())


def names_in(*roots: Node) -> dict[int, str]:
    """Return the names of provinces by code, from the first tree with a table."""
    table = next((node for root in roots if (node := root.at(TABLE)) is not None), None)
    rows = table.value if table is not None and isinstance(table.value, list) else []
    cells = [(row.child("code"), row.child("name")) for row in rows]
    return {
        code.value: str(name.value)
        for code, name in cells
        if code is not None and name is not None and isinstance(code.value, int) and isinstance(name.value, str)
    }


def coded_key(key: str, names: Names) -> str:
    """Return a dotted key with codes in place of names of provinces; unknown names stay."""
    return ".".join(part for part, _ in coded_parts(key, names))


def coded_parts(key: str, names: Names) -> list[tuple[str, int]]:
    """Return the parts of a dotted key, with codes in place of names, and the typed length of each."""
    parts = key.split(".")
    known = _coded_parts(_places(ScenarioModel), parts, names)
    return [(part, len(part)) for part in parts] if known is None else known


@dataclass
class _Place:
    """How a place of a scenario names provinces, in its value or keys; and its parts, where None is any key."""

    value: NamingKind | None = None
    keys: NamingKind | None = None
    parts: "dict[str | None, _Place]" = field(default_factory=dict)

    def child(self, part: str | int) -> "_Place | None":
        """Return the place at a key or an index."""
        return self.parts.get(str(part)) or self.parts.get(None)

    def add(self, other: "_Place") -> None:
        """Add the place of another alternative of a union."""
        self.value, self.keys = self.value or other.value, self.keys or other.keys
        for part, place in other.parts.items():
            self.parts.setdefault(part, _Place()).add(place)

    @property
    def empty(self) -> bool:
        """Whether nothing names a province here or below."""
        return not (self.value or self.keys or self.parts)


@cache
def _places(model: type[BaseModel]) -> _Place:
    """Return the places of a model of the schema that name provinces."""
    here = _Place()
    for name, info in fields(model).items():
        below = _place(info.annotation, tuple(info.metadata))
        if not below.empty:
            here.parts[name] = below
    return here


def _place(annotation: Any, marks: tuple[Any, ...] = ()) -> _Place:
    """Return the place of an annotation; pydantic may keep its marks separately."""
    marks = (*marks, *getattr(annotation, "__metadata__", ()))
    here = _Place(value=_naming(marks))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        here.add(_places(annotation))
        return here
    origin, options = get_origin(annotation), get_args(annotation)
    if origin is dict:
        key, value = options
        here.keys = _naming(getattr(key, "__metadata__", ()))
        below = _place(value)
        if not below.empty:
            here.parts[None] = below
    elif origin in (list, tuple):
        below = _place(options[0])
        if not below.empty:
            here.parts[None] = below
    else:
        for option in options:
            here.add(_place(option))
    return here


def _naming(marks: tuple[Any, ...]) -> NamingKind | None:
    return next((mark.kind for mark in marks if isinstance(mark, Naming)), None)


def _coded(node: Node, place: _Place, names: Names, path: KeyPath, mistakes: list[Mistake]) -> Node:
    value = node.value
    if isinstance(value, list):
        items = [
            item if below is None else _coded(item, below, names, (*path, index), mistakes)
            for index, item in enumerate(value)
            for below in (place.child(index),)
        ]
        return replace(node, value=items) if place.parts else node
    if not isinstance(value, dict):
        text = _coded_text(value, place.value, names)
        return node if text == value else replace(node, value=text)
    entries: dict[str, Node] = {}
    written: dict[str, str] = {}
    keys = dict(node.keys)
    for key, child in value.items():
        below, own = place.child(key), key if place.keys is None else str(_coded_text(key, place.keys, names))
        if own in entries:
            what, allowed = f"names '{written[own]}' a second time", "use each province once, by name or code"
            mistakes.append(Mistake(node.keys.get(key, child.place), dotted((*path, key)), what, allowed))
            continue
        entries[own] = child if below is None else _coded(child, below, names, (*path, own), mistakes)
        written[own] = key
        if own != key and key in keys:
            keys[own] = keys.pop(key)
    return replace(node, value=entries, keys=keys)


def _coded_text(text: Any, kind: NamingKind | None, names: Names) -> Any:
    """Return a value or key with the code in place of a name; unknown names stay."""
    if kind is None or not isinstance(text, str):
        return text
    if kind == "key":
        return coded_key(text, names)
    if kind == "quantity":
        quantity, dot, of = text.partition(".")
        if QUANTITIES.get(quantity) != PROVINCE:
            return text
        return f"{quantity}{dot}{_coded_text(of, 'text', names)}"
    try:
        code = code_of(text, names)
    except ProvinceError:
        return text
    return code if kind == "code" else str(code)


def _coded_parts(place: _Place, parts: list[str], names: Names) -> list[tuple[str, int]] | None:
    """Return the result of ``coded_parts``; None if no part names a province."""
    for taken in range(len(parts), 0, -1):
        word, rest = ".".join(parts[:taken]), parts[taken:]
        below = place.child(word)
        if place.keys is not None:
            code = _coded_text(word, place.keys, names)
            if code in map(str, names):
                further = None if below is None else _coded_parts(below, rest, names)
                return [(code, len(word)), *(further or [(part, len(part)) for part in rest])]
        elif below is not None:
            further = _coded_parts(below, rest, names)
            if further is not None:
                return [*((part, len(part)) for part in parts[:taken]), *further]
    return None


def _unknown(node: Node, place: _Place, names: Names, path: KeyPath) -> Iterator[Mistake]:
    value = node.value
    if isinstance(value, dict):
        for key, child in value.items():
            if place.keys == "text":
                yield from _no_province(key, names, node.keys.get(key, child.place), (*path, key))
            if (below := place.child(key)) is not None:
                yield from _unknown(child, below, names, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if (below := place.child(index)) is not None:
                yield from _unknown(item, below, names, (*path, index))
    elif place.value == "code" and isinstance(value, str | int) and not isinstance(value, bool):
        yield from _no_province(value, names, node.place, path)
    elif place.value == "quantity" and isinstance(value, str):
        quantity, dot, of = value.partition(".")
        if dot and QUANTITIES.get(quantity) == PROVINCE:
            yield from _no_province(of, names, node.place, path)


def _no_province(text: str | int, names: Names, place: Any, path: KeyPath) -> Iterator[Mistake]:
    try:
        code_of(text, names)
    except ProvinceError as error:
        yield Mistake(place, dotted(path), error.what, error.allowed)


@cache
def _folded(name: str) -> str:
    """Return a name without the differences that are ignored."""
    text = unicodedata.normalize("NFKC", name[:LONGEST_COMPARED]).casefold()
    return "".join(character for character in text if character not in SEPARATORS)


def _nearest(word: str, names: Names) -> str:
    """Return similar names for an unknown word, and where all names are listed."""
    folded = {_folded(name): f"'{name}' ({code})" for code, name in names.items()}
    near = get_close_matches(_folded(word), list(folded), n=MOST_NEAR, cutoff=LIKENESS)
    return f"did you mean {_either([folded[name] for name in near])}? {ALLOWED}" if near else ALLOWED


def _either(choices: list[Any]) -> str:
    *others, last = map(str, choices)
    return f"{', '.join(others)} or {last}" if others else last
