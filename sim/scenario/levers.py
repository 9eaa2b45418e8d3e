"""Compare two scenarios: one lever for each value that differs, also within maps by province, in words.

Words are names of keys, and values with their units, for people.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from sim.base.days import HALF_HOUR_MS, HOUR_MS
from sim.base.rounding import amount, written
from sim.base.words import DistributionKind
from sim.language.spoken import marked, month_alone, named, said, telling_in
from sim.scenario import bounds
from sim.scenario.bounds import Within, bounds_of
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT
from sim.scenario.errors import KeyPath, Place, ScenarioError, dotted
from sim.scenario.load import changed
from sim.scenario.merging import node_of
from sim.scenario.mistakes import outside
from sim.scenario.resolved import plain
from sim.scenario.scalars import UNIT_MS
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.desks import STAFF
from sim.scenario.schema.population import finest, is_pool, plain_pool
from sim.scenario.shapes import Shape, shape

if TYPE_CHECKING:
    from sim.scenario.load import Scenario

PEOPLE = marked("{number} people")

UNITS = {
    bounds_of(alias): text
    for alias, text in (
        (bounds.Percent, marked("{number}%")),
        (bounds.Score, marked("{number} d'")),
        (bounds.Drift, marked("{number} d' a day")),
        (bounds.Growth, marked("{number} a year")),
        (bounds.Money, marked("{number} {currency}")),
        (bounds.Amount, marked("{number} {currency}")),
        (bounds.Cost, marked("{number} {currency}")),
        (bounds.Staff, PEOPLE),
        (bounds.People, PEOPLE),
        (bounds.Crew, PEOPLE),
        (bounds.PeopleOfProvince, PEOPLE),
        (bounds.Factor, marked("{number} times")),
        (bounds.Ratio, marked("{number} times")),
        (bounds.Ceiling, marked("{number} times")),
        (bounds.Lengthening, marked("{number} times")),
    )
}
"""Units of numbers by their bounds in the schema; durations and rates are texts with units."""

SHARES = (bounds_of(bounds.Probability), bounds_of(bounds.SomePeople))
"""Bounds of shares, which are shown in per cent."""

HOLDERS: tuple[tuple[KeyPath, str], ...] = (
    (("desks", "province_weights"), marked("weight of desk staff")),
    (("fraud", "province_weights"), marked("weight of attempts")),
    (("desks", "*"), marked("the {which} desks")),
    (("warning", "tiers", "*"), marked("the {which} tier")),
    (("warning", "app"), marked("warnings in the app")),
    (("warning", "sms"), marked("warnings by SMS")),
    (("warning", "signs", "*"), marked("the sign {which}")),
    (("warning", "detectors", "central"), marked("the {which} detector")),
    (("warning", "detectors", "local"), marked("the {which} detector")),
    (("measures", "*"), marked("the measure {which}")),
    (("fraud", "types", "*"), marked("the fraud type {which}")),
    (("fraud", "surges", "*"), marked("the surge {which}")),
)
"""Parts of a scenario with their own names."""

WORDS = {
    "staff": marked("staff"),
    "shifts": marked("shifts"),
    "growth": marked("growth"),
    "deadline": marked("deadline"),
    "first": marked("first step"),
    "tries": marked("tries"),
    "sign": marked("sign that it asks for"),
    "quiet": marked("time without a second alert"),
    "window": marked("days in force"),
    "intensity": marked("strength"),
    "coverage": marked("share of contacts seen"),
    "provinces": marked("provinces"),
    "province_weights": marked("weight"),
    "apart": marked("apart"),
    "discipline": marked("order of the queue"),
    "lends": marked("lending of free officers"),
    "d_prime": marked("discrimination"),
    "way": marked("way to the door"),
    "refused": marked("refusals"),
    "again": marked("second visit"),
    "family": marked("informed families"),
    "by_age": marked("rules by age"),
    "read": marked("share read"),
    "met": marked("share met"),
    "engage": marked("share who engage"),
    "mix": marked("share of its attempts"),
    "frailty_sigma": marked("spread of frailty"),
    "weight_sigma": marked("spread of weights"),
    "from": marked("from that day"),
    "true": marked("true type"),
}
"""Names of some keys; other keys have the names of labels, or stand as written."""

BY_CODE = ("provinces", "apart")
"""Keys of lists of province codes."""

WHOLE = ("window", *BY_CODE, "first", "sign", "stages", "age_bands", "channels", "types", "fixed_raided", "ages")
"""Keys of lists that are one value."""

NOWHERE = Place("", 1, 1)
"""The place of a value that no file contains."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MILLISECONDS = re.compile(r"(\d+) ms")
LABEL = re.compile(r"[a-z]+(_[a-z]+)*")

WEEKDAYS = (
    *(marked("Monday"), marked("Tuesday"), marked("Wednesday"), marked("Thursday")),
    *(marked("Friday"), marked("Saturday"), marked("Sunday")),
)

MANY = 1000
"""From this many people on, fractions of a person are rounded away."""

DIGITS = 7
"""Significant digits of a value: more than people write, fewer than pooling produces."""


def by_itself(path: KeyPath) -> bool:
    """Return whether a list is one value, such as a window or the provinces of a measure."""
    return path[-1] in WHOLE and path[:2] not in (("population", "provinces"), ("population", "ages"))


def row_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a unique name for each row of a table: its code, its words, or else its position."""
    names: list[str] = []
    for at, row in enumerate(rows):
        words = [str(row[key]) for key in ("code", "true", "predicted", "age") if key in row]
        name = "/".join(words) if words else str(at)
        names.append(name if name not in names else f"{name}#{at}")
    return names


def lever_name(path: KeyPath, spec: ScenarioModel, province: str | None = None) -> str:
    """Return the name of a key, such as ``staff of the visit desks in North Coast``; ``path`` has no province."""
    whole, rest = _holder(path)
    parts = [_part(path, at, spec) for at in range(len(path) - len(rest), len(path))]
    own = len(path) - len(rest) > 1  # a part with its own name, such as a tier
    if parts and (own or (len(parts) == 1 and len(path) > 2)):
        name = said("{part} of {whole}", part=parts[0], whole=whole)
        name = said("{what}, {which}", what=name, which=", ".join(parts[1:])) if parts[1:] else name
    else:
        name = said("{whole}: {parts}", whole=whole, parts=", ".join(parts)) if parts else whole
    return name if province is None else said("{name} in {province}", name=name, province=province)


def key_name(key: str, spec: ScenarioModel) -> str:
    """Return the name of a dotted key, as ``lever_name``; a province in it stands by its code."""
    *above, last = key.split(".")
    names = spec.population.names
    code = next((int(part) for part in (*above, last) if part.isdecimal() and int(part) in names), None)
    if above[-1:] == [STAFF]:
        above, last = [*above, last], "staff"  # a province's officers may stand under its code alone
    path = [part for part in (*above, last) if part != STAFF and (code is None or part != str(code))]
    return lever_name(tuple(path), spec, None if code is None else named(names[code]))


def value_text(value: Any, expected: Shape | None, names: Mapping[int, str] | None = None) -> str:
    """Return a value in words, with its unit; ``names`` are given where the value is codes of provinces."""
    if value is None:
        return said("none")
    if isinstance(value, bool):
        return said("on") if value else said("off")
    if isinstance(value, dict):
        return gist(value, names or {}, expected)
    if isinstance(value, list):
        if is_window(value):
            return _days(*value)
        if not value:
            return said("none")
        inner = None if expected is None else expected.child(0)
        return ", ".join(value_text(item, inner, names) for item in value)
    if isinstance(value, str):
        return named(value) if LABEL.fullmatch(value) else _rounded(value)
    if names is not None and value in names:
        return names[value]
    return _number(value, expected)


def share_text(staff: float) -> str:
    """Return in words a province's share of the country's staff."""
    return said("its share, {number} people", number=amount(staff))


def gist(value: Mapping[str, Any], names: Mapping[int, str], expected: Shape | None = None) -> str:
    """Return a whole part of a scenario, such as a measure, in one line: kind, values, provinces and days."""
    what: list[str] = []
    shown: list[str] = []
    when: list[str] = []
    node = node_of(value, NOWHERE)
    for key, inner in value.items():
        if inner is None or inner == {}:
            continue
        deeper = None if expected is None else expected.child(key, node)
        if key == "window":
            when.append(_days(*inner))
        elif key in ("kind", "channel", "target", "detector", "region", "mode"):
            what.insert(0 if key == "kind" else len(what), value_text(inner, None))
        elif key == "ages" and not isinstance(inner[0], dict):
            when.insert(0, ages_text(*inner))
        elif key == "provinces":
            when.insert(0, said("in {provinces}", provinces=value_text(inner, None, names)))
        elif isinstance(inner, list) and any(isinstance(item, dict) for item in inner):
            each = None if deeper is None else deeper.child(0)
            shown.append(f"{_word(key)}: {'; '.join(gist(item, names, each) for item in inner)}")
        elif isinstance(inner, dict):
            inside = {names.get(_code(name), name): part for name, part in inner.items()}
            shown.append(f"{_word(key)}: {gist(inside, names, deeper)}")
        else:
            text, word = value_text(inner, deeper, names if key in BY_CODE else None), _word(key)
            shown.append(text if text.endswith(f" {word}") else f"{word} {text}")
    return ", ".join([*what, *shown, *when])


def ages_text(first: int, last: int | None) -> str:
    """Return a range of ages in words; without a last one it has no end."""
    if last is None:
        return said("for people of {first} and over", first=str(first))
    return said("for people of {first} to {last}", first=str(first), last=str(last))


def is_window(value: Sequence[Any]) -> bool:
    """Return whether a list is a window: a first day, and a last one or None."""
    first, *rest = value or [None]
    return (
        len(rest) == 1
        and isinstance(first, str)
        and DAY.fullmatch(first) is not None
        and (rest[0] is None or (isinstance(rest[0], str) and DAY.fullmatch(rest[0]) is not None))
    )


def _code(name: str) -> int:
    return int(name) if name.isdecimal() else 0


def _rounded(text: str) -> str:
    """Return a text with milliseconds turned into the largest suitable unit."""
    match = MILLISECONDS.fullmatch(text)
    if match is None:
        return text
    unit = next((unit for unit in ("d", "h", "min", "s") if int(match[1]) >= UNIT_MS[unit]), "ms")
    return f"{int(match[1]) / UNIT_MS[unit]:.6g} {unit}"


def _days(first: str, last: str | None) -> str:
    if last is None:
        return said("from {day}", day=first)
    return said("{first} to {last}", first=first, last=last)


def _number(value: float | int, expected: Shape | None) -> str:
    mark = next((mark for mark in expected.marks if isinstance(mark, Within)), None) if expected else None
    if mark in SHARES:
        return said("{number}%", number=written(f"{float(f'{100 * value:.{DIGITS}g}'):,}".removesuffix(".0")))
    if mark == bounds_of(bounds.Seed):
        return str(value)
    shown = value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")
    if mark in UNITS and UNITS[mark] == PEOPLE and abs(shown) >= MANY:
        shown = round(shown)  # a pool adds up shares of its provinces, which are not whole people
    number = written(f"{shown:,}".removesuffix(".0"))
    return said(UNITS[mark], number=number) if mark in UNITS else number


def _holder(path: KeyPath) -> tuple[str, KeyPath]:
    """Return the name of the part that holds a value, or of its section, and the rest of the path."""
    for pattern, text in HOLDERS:
        own = path[: len(pattern)]
        if len(own) == len(pattern) and all(want in ("*", have) for want, have in zip(pattern, own, strict=True)):
            return said(text, which=named(own[-1])), path[len(pattern) :]
    return _word(str(path[0])), path[1:]


def _part(path: KeyPath, at: int, spec: ScenarioModel) -> str:
    """Return the name of one part of a path."""
    part = path[at]
    if not isinstance(part, int):
        return str(int(part) + 1) if part.isdecimal() else _word(part)
    bands = spec.population.band_names()
    names = (path[at - 1], path[at - 2] if at > 1 else "")
    if "half_hours" in names:
        hours, minutes = divmod(part * HALF_HOUR_MS, HOUR_MS)
        return f"{hours:02d}:{minutes * 60 // HOUR_MS:02d}"
    if "months" in names:
        return month_alone(part + 1)
    if "weekdays" in names:
        return said(WEEKDAYS[part])
    return bands[part] if "age_factor" in names else str(part + 1)


def _word(key: str) -> str:
    return said(WORDS[key]) if key in WORDS else named(key)


def outside_ranges(scenario: "Scenario") -> list[str]:
    """Return one warning of all values outside the ranges that the scenario, or the one that it extends, states."""
    rows = [
        said(
            "{name} {value} (range {low} to {high})",
            name=key_name(dotted(path), scenario.spec),
            value=value_text(node.plain(), expected),
            low=value_text(limits.plain()[0], expected),
            high=value_text(limits.plain()[1], expected),
        )
        for path, node, limits, expected in outside(scenario.root(), scenario.tree.figured, shape(type(scenario.spec)))
    ]
    if not rows:
        return []
    return [said("Outside the range that its source supports: {values}.", values="; ".join(rows))]


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
