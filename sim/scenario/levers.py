"""Compare two scenarios: one lever for each value that differs, also within maps by province."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount
from sim.base.words import DistributionKind
from sim.language.labels import named
from sim.language.spoken import said, telling_in
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT
from sim.scenario.errors import ScenarioError
from sim.scenario.lever_words import (
    BY_CODE,
    NOWHERE,
    PEOPLE,
    ages_text,
    by_itself,
    gist,
    lever_name,
    row_names,
    share_text,
    value_text,
)
from sim.scenario.load import changed
from sim.scenario.nodes import KeyPath
from sim.scenario.overrides import node_of
from sim.scenario.resolved import plain
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.desks import STAFF
from sim.scenario.schema.population import finest, is_pool, plain_pool
from sim.scenario.shapes import Shape, shape

if TYPE_CHECKING:
    from sim.scenario.load import Scenario

NO_LEVERS = tuple(key for key in NO_EFFECT if key != "costs")
"""Keys on which neither a day of a run nor a cost depends."""

WEIGHTS = "province_weights"
"""Maps by province; a missing province has weight 1."""

SMALL = 1e-4
"""A scale at which pools of any country are small enough."""

ROUNDING = 1e-12
"""Largest relative difference that rounding alone can cause."""

Tree = Any
"""A plain value of a scenario."""


@dataclass(frozen=True)
class Lever:
    """A value in which two scenarios differ, in words with units.

    An added or removed part has one row. ``province`` is the code of the only province it concerns, and ``name`` a name
    such as ``staff of the visit desk in North Coast``.
    """

    key: str
    province: int | None
    base: str | None
    other: str | None
    name: str

    @property
    def told(self) -> str:
        """The change in one line of text."""
        if self.base is None:
            return said("{name}, added: {other}", name=self.name, other=self.other)
        if self.other is None:
            return said("{name}, removed: {base}", name=self.name, base=self.base)
        return said("{name}: {base} -> {other}", name=self.name, base=self.base, other=self.other)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Lever":
        """Return the lever of a row of a document."""
        return cls(**{one.name: row[one.name] for one in fields(cls)})

    def as_json(self) -> dict[str, Any]:
        """Return it as a row of a document."""
        return asdict(self)


def levers(base: "Scenario", other: "Scenario") -> list[Lever]:
    """Return every lever in which two scenarios differ, in the order of the scenario's sections.

    Names, figures and evidence are not levers, and neither is how a scenario is run (see ``run_as``). Scenarios with
    different pools are compared with the coarser pools.
    """
    how = [".".join(map(str, path)) for path in HOW_IT_IS_RUN]
    with telling_in(base.spec.terms):
        rows = list(_rows(*_alike(base, other)))
    return [row for row in rows if not any(f"{row.key}.".startswith(f"{key}.") for key in how)]


def run_as(base: "Scenario", other: "Scenario") -> list[Lever]:
    """Return differences in how two scenarios are run: seed, scale, pools, period."""
    found, sides = [], [plain(side.resolved) for side in (base, other)]
    for path in HOW_IT_IS_RUN:
        one, two = (_at(side, path) for side in sides)
        if one != two:
            found += list(_Walk(base, other).below(path, one, two, shape_at(path)))
    return found


def _alike(base: "Scenario", other: "Scenario") -> "tuple[Scenario, Scenario]":
    """Return two scenarios with the same pools, the coarser ones of both if possible."""
    here, there = (side.spec.population.pool for side in (base, other))
    if here == there:
        return base, other
    kind = plain_pool(finest(here, there))
    try:
        # A policy is the same at any scale, and at a small scale no pool is too large.
        one, two = (changed(side, {"population.pool": kind, "scale": SMALL}) for side in (base, other))
    except ScenarioError:
        return base, other
    return one, two


def _rows(base: "Scenario", other: "Scenario") -> Iterator[Lever]:
    walk = _Walk(base, other)
    one, two = plain(base.resolved), plain(other.resolved)
    for name, field in ScenarioModel.model_fields.items():
        key = field.alias or name
        if key not in NO_LEVERS:
            yield from walk.below((key,), one.get(key), two.get(key), shape_at((key,)))


class _Walk:
    """Compares plain values of two scenarios from the top down."""

    def __init__(self, base: "Scenario", other: "Scenario") -> None:
        self.base, self.other = base, other
        rows = [row for side in (other, base) for row in side.spec.population.provinces]
        # A pool has the code of one of its provinces: sorted first, it loses its code to the province.
        rows.sort(key=lambda row: not is_pool(row.name, row.region))
        self.names = {row.code: named(row.name) for row in rows}

    def below(self, path: KeyPath, one: Tree, two: Tree, expected: Shape | None) -> Iterator[Lever]:
        """Yield the rows of all differences at a path and below it."""
        if one == two or _equal(one, two):
            return
        if path[-1] == WEIGHTS:
            yield from self._weights(path, one or {}, two or {}, expected)
        elif path[-1] == STAFF:
            yield from self._staff(path, one or {}, two or {}, expected)
        elif isinstance(one, dict) and isinstance(two, dict) and not _is_another(path, one, two):
            yield from self._map(path, one, two, expected)
        elif isinstance(one, list) and isinstance(two, list) and not by_itself(path):
            yield from self._list(path, one, two, expected)
        else:
            yield self._row(path, self._text(path, one, expected), self._text(path, two, expected))

    def _map(self, path: KeyPath, one: Tree, two: Tree, expected: Shape | None) -> Iterator[Lever]:
        for key in dict.fromkeys((*one, *two)):
            here, there = one.get(key), two.get(key)
            if here == there:
                continue
            inner = None if expected is None else expected.child(key, node_of(one if key in one else two, NOWHERE))
            yield from self.below((*path, key), here, there, inner)
        if path == ("fraud", "types") and set(one) == set(two) and list(one) != list(two):
            yield self._row(path, ", ".join(one), ", ".join(two))  # fraud types are numbered, and drawn, in this order

    def _list(self, path: KeyPath, one: Tree, two: Tree, expected: Shape | None) -> Iterator[Lever]:
        """Compare lists: tables row by row by name, profiles item by item, others as a whole."""
        inner = None if expected is None else expected.child(0)
        if all(isinstance(item, dict) for item in (*one, *two)):
            rows = [dict(zip(row_names(side), side, strict=True)) for side in (one, two)]
            for name in dict.fromkeys((*rows[0], *rows[1])):
                yield from self.below((*path, name), rows[0].get(name), rows[1].get(name), inner)
        elif len(one) == len(two):
            for at, (here, there) in enumerate(zip(one, two, strict=True)):
                yield from self.below((*path, at), here, there, inner)
        else:
            yield self._row(path, self._text(path, one, expected), self._text(path, two, expected))

    def _weights(self, path: KeyPath, one: Tree, two: Tree, expected: Shape | None) -> Iterator[Lever]:
        inner = None if expected is None else expected.child("")
        for code in sorted({*one, *two}, key=int):
            yield from self.below((*path, code), one.get(code, 1.0), two.get(code, 1.0), inner)

    def _staff(self, path: KeyPath, one: Tree, two: Tree, expected: Shape | None) -> Iterator[Lever]:
        """Compare the staff of provinces; a province without its own has its share of the country's."""
        inner = None if expected is None else expected.child("", node_of({"staff": 1}, NOWHERE))
        for code in sorted({*one, *two}, key=int):
            here, there = (_as_desk(side.get(code)) for side in (one, two))
            at = (*path, code)
            if here is None or there is None:
                sides = ((self.base, here), (self.other, there))
                yield self._row(at, *(self._of_province(at, side, own, inner) for side, own in sides))
                continue
            for key in dict.fromkeys((*here, *there)):
                deeper = None if inner is None else inner.child(key)
                yield from self.below((*at, key), here.get(key), there.get(key), deeper)

    def _of_province(self, path: KeyPath, side: "Scenario", own: Tree, expected: Shape | None) -> str | None:
        """Return the staff of a province in words: its own, or its share."""
        if own is not None:
            only = own["staff"] if set(own) == {"staff"} else own
            if isinstance(only, float):  # a multiple of its share
                return said(PEOPLE, number=amount(only))
            return value_text(only, expected if only is own or expected is None else expected.child("staff"))
        _, desk, _, code = path
        parts = side.spec.desks.parts(str(desk), side.spec.population.people)
        return share_text(parts[int(code)]) if int(code) in parts else None

    def _text(self, path: KeyPath, value: Tree, expected: Shape | None) -> str | None:
        if isinstance(value, dict):
            return gist(value, self.names, expected)
        if path[-1] == "ages" and value is not None and path[0] != "population":
            return ages_text(*value)
        return None if value is None else value_text(value, expected, self.names if path[-1] in BY_CODE else None)

    def _row(self, path: KeyPath, one: str | None, two: str | None) -> Lever:
        at = next((at for at in range(1, len(path)) if _by_code(path[:at])), None)
        code = None if at is None else int(path[at])
        if at is not None:
            own = path[:at] if path[at - 1] == WEIGHTS else (*path[: at - 1], *(path[at + 1 :] or ("staff",)))
        named = lever_name(path if at is None else own, self.other.spec, None if code is None else self._name(code))
        return Lever(".".join(map(str, path)), code, one, two, named)

    def _name(self, code: int) -> str:
        return self.names.get(code, str(code))


def _equal(one: Tree, two: Tree) -> bool:
    """Return whether two numbers are equal apart from rounding, which pooling causes."""
    numbers = isinstance(one, float) and isinstance(two, int | float)
    return numbers and math.isclose(one, two, rel_tol=ROUNDING)


def _as_desk(own: Tree) -> Tree:
    """Return the staff of a province as a map, as it may be written."""
    return own if own is None or isinstance(own, dict) else {"staff": own}


def _by_code(path: KeyPath) -> bool:
    """Return whether the keys below a path are codes of provinces."""
    return path[-1] in (WEIGHTS, STAFF) or path == ("population", "provinces")


def _is_another(path: KeyPath, one: Tree, two: Tree) -> bool:
    """Return whether two maps are of different kinds and so are compared as a whole."""
    if path[:-1] == ("measures",):
        return bool(one["kind"] != two["kind"])
    forms = {*DistributionKind.labels(), "ramp", "steps"}
    return set(one) != set(two) and {*one, *two} <= forms


def _at(tree: Tree, path: KeyPath) -> Tree:
    for part in path:
        tree = tree[part]
    return tree


def shape_at(path: KeyPath) -> Shape | None:
    """Return what the schema allows at a path; None if it does not say."""
    here: Shape | None = shape(ScenarioModel)
    for part in path:
        here = None if here is None else here.child(part)
    return here
