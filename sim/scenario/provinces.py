"""Provinces by name: scenarios, options and questions may use a province's name in place of its code.

Names are those of the scenario's table of provinces; capitals, spaces and hyphens make no difference. A loaded scenario
has only codes: names become codes in the tree of nodes, file by file before merging, so that a name in one file and its
code in another are the same key. Marks of ``sim.scenario.schema.base`` say where codes stand.

Keep the places of values by province after ``schema.pooling`` computed those by pool, and drop their ranges.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sim.base.failures import RefusedError
from sim.base.words import DESK_LABELS
from sim.scenario.bounds import Naming, NamingKind
from sim.scenario.errors import LIKENESS, LONGEST_COMPARED, KeyPath, Mistake, Node, Place, dotted, found, placed
from sim.scenario.keys import NOTHING, Shape, adapter, fields, shape
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import COUNTRY, PROVINCE, QUANTITIES, Pool, finest, is_pool

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


def with_codes(root: Node, names: Names, mistakes: list[Mistake], complete: bool = False) -> Node:
    """Return the tree of a scenario, or its top part, with codes in place of names; a repeated province is a mistake.

    An unknown name stays, for another file may remove it; in a ``complete`` scenario it is a mistake.
    """
    walk = _Walk(names, mistakes, complete)
    return walk.coded(root, shape(ScenarioModel), ()) if names else root


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
    parts = key.split(".")
    return ".".join(_coded_parts(shape(ScenarioModel), parts, names) or parts)


def _coded_parts(expected: Shape, parts: list[str], names: Names) -> list[str] | None:
    """Return the parts of a key below a place, with codes; None if no part names a province."""
    for taken in range(len(parts), 0, -1):
        word, rest = ".".join(parts[:taken]), parts[taken:]
        below = expected.child(word)
        if below is NOTHING:
            continue
        if (kind := _kind_of_keys(expected)) is not None:
            code = str(_coded_text(word, kind, names))
            if code.isdecimal() and int(code) in names:
                return [code, *(_coded_parts(below, rest, names) or rest)]
        elif _names_provinces(below.annotation) and (further := _coded_parts(below, rest, names)) is not None:
            return [*parts[:taken], *further]
    return None


@cache
def _names_provinces(annotation: Any) -> bool:
    """Return whether something at or below a place of the schema names a province."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        below = (shape(annotation).child(key) for key in fields(annotation))
        return any(_names_provinces(one.annotation) for one in below)
    return isinstance(annotation, Naming) or any(map(_names_provinces, get_args(annotation)))


def _kind(marks: Iterable[Any]) -> NamingKind | None:
    return next((mark.kind for mark in marks if isinstance(mark, Naming)), None)


def _kind_of_keys(expected: Shape) -> NamingKind | None:
    """Return how the keys of a map name provinces; None if they do not."""
    keys = [get_args(option)[0] for option in expected.options if get_origin(option) is dict]
    return _kind(getattr(keys[0], "__metadata__", ())) if keys else None


@dataclass
class _Walk:
    """Puts codes in place of names, from the top of a scenario down."""

    names: Names
    mistakes: list[Mistake]
    complete: bool

    def coded(self, node: Node, expected: Shape, path: KeyPath) -> Node:
        """Return a node with codes, and note its mistakes."""
        if not _names_provinces(expected.annotation):
            return node
        if isinstance(node.value, list):
            items = [self.coded(item, expected.child(at), (*path, at)) for at, item in enumerate(node.value)]
            return replace(node, value=items)
        if isinstance(node.value, dict):
            return self.map(node, node.value, expected, path)
        kind = _kind(expected.marks)
        text = _coded_text(node.value, kind, self.names)
        if kind == "code" and isinstance(text, str | int) and not isinstance(text, bool):
            self.check(text, node.place, path)
        elif kind == "quantity" and isinstance(text, str) and (of := _province_of(text)) is not None:
            self.check(of, node.place, path)
        return node if text == node.value else replace(node, value=text)

    def map(self, node: Node, children: dict[str, Node], expected: Shape, path: KeyPath) -> Node:
        """Return a map with codes as its keys, and below them."""
        entries: dict[str, Node] = {}
        written: dict[str, str] = {}
        keys, kind = dict(node.keys), _kind_of_keys(expected)
        for key, child in children.items():
            own, place = str(_coded_text(key, kind, self.names)), node.keys.get(key, child.place)
            if own in entries:
                what, allowed = f"names '{written[own]}' a second time", "use each province once, by name or code"
                self.mistakes.append(Mistake(place, dotted((*path, key)), what, allowed))
                continue
            if kind == "text":
                self.check(own, place, (*path, key))
            entries[own] = self.coded(child, expected.child(key, node), (*path, own))
            written[own] = key
            if own != key and key in keys:
                keys[own] = keys.pop(key)
        return replace(node, value=entries, keys=keys)

    def check(self, text: str | int, place: Place, path: KeyPath) -> None:
        """Note the mistake of a text that names no province."""
        if self.complete:
            try:
                code_of(text, self.names)
            except ProvinceError as error:
                self.mistakes.append(Mistake(place, dotted(path), error.what, error.allowed))


def _coded_text(text: Any, kind: NamingKind | None, names: Names) -> Any:
    """Return a value or key with the code in place of a name; unknown names stay."""
    if kind is None or not isinstance(text, str):
        return text
    if kind == "key":
        return coded_key(text, names)
    if kind == "quantity":
        of = _province_of(text)
        return text if of is None else f"{text.removesuffix(of)}{_coded_text(of, 'text', names)}"
    try:
        code = code_of(text, names)
    except ProvinceError:
        return text
    return code if kind == "code" else str(code)


def _province_of(name: str) -> str | None:
    """Return the province that a quantity of the evidence is about; None if it is about none."""
    quantity, dot, of = name.partition(".")
    return of if dot and QUANTITIES.get(quantity) == PROVINCE else None


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


POOL, POOLED_TABLE = ("population", "pool"), ("population", "provinces")


def by_province(spec: ScenarioModel) -> Iterator[KeyPath]:
    """Yield the path of each table, list and map by province that a scenario can have."""
    yield POOLED_TABLE
    yield "fraud", "province_weights"
    yield from (("fraud", "surges", name, "provinces") for name in spec.fraud.surges)
    yield "desks", "province_weights"
    yield from (("desks", name, "by_province") for name in DESK_LABELS)
    for name in spec.measures:
        yield "measures", name, "provinces"
        yield "measures", name, "province_weights"


def with_pools(root: Node, spec: ScenarioModel, plain: Any) -> Node:
    """Return the tree of a scenario with values by pool; a changed value keeps its place but has no range."""
    for path in by_province(spec):
        node = root.at(path)
        value = plain
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if node is not None and node.plain() != value:
            root = placed(root, path, _pooled(node, value))
    return root


def split_pool_mistakes(before: Node, after: Node) -> list[Mistake]:
    """Return the mistake of options that split pools into provinces again, for example ``--pool none`` for a run."""
    was, wanted, rows = before.at(POOL), after.at(POOL), before.at(POOLED_TABLE)
    if was is None or wanted is None or rows is None or rows is not after.at(POOLED_TABLE):
        return []
    if not isinstance(rows.value, list) or not any(_of_pool(row) for row in rows.value):
        return []
    try:
        one, other = (adapter(Pool).validate_python(node.plain()) for node in (was, wanted))
    except ValidationError:
        return []  # which is reported by itself
    if finest(one, other) == other:
        return []
    what = f"{found(str(other))} cannot split pools into provinces again: {rows.place.file} has only pools"
    return [Mistake(wanted.place, dotted(POOL), what, f"use {one}, {COUNTRY}, or the original scenario")]


def _of_pool(row: Node) -> bool:
    """Return whether a row has the name of its region: pools do, provinces do not."""
    name, region = row.child("name"), row.child("region")
    return name is not None and region is not None and is_pool(name.value, region.value)


def _pooled(node: Node, value: Any) -> Node:
    """Return a node with the value of a pool; equal parts stay as written."""
    if node.plain() == value:
        return node
    known = node.parameter and replace(node.parameter, range=None, shape=None)
    if isinstance(value, dict) and isinstance(node.value, dict):
        there = node.value
        entries = {key: _pooled(there.get(key, Node(None, node.place)), inner) for key, inner in value.items()}
        return Node(entries, node.place, {key: node.keys.get(key, node.place) for key in value}, known)
    if isinstance(value, list) and isinstance(node.value, list):
        rows = {row.value["code"].value: row for row in node.value if isinstance(row.value, dict)}
        olds = [rows[item["code"]] if isinstance(item, dict) else Node(None, node.place) for item in value]
        return Node([_pooled(old, item) for old, item in zip(olds, value, strict=True)], node.place, {}, known)
    return Node(value, node.place)
