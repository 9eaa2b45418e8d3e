"""Compare two scenarios and show one: values as people read them, with names of keys and with units.

Levers: one for each value in which two scenarios differ, also within maps by province.

Show the resolved scenario as lines, each value with its place and origin; what a notebook shows of a scenario by its
bare name, its question and what it changes from its base; and explain a key for ``tocsin explain``: its meaning, and
its value and source in a scenario.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import Any

from sim.base.days import HALF_HOUR_MS, HOUR_MS
from sim.base.rounding import amount, written
from sim.base.words import DistributionKind
from sim.language import counted, marked, month_alone, named, said, telling_in
from sim.scenario import bounds
from sim.scenario.bounds import UNIT_MS, Within, bounds_of
from sim.scenario.errors import KeyPath, Node, Place, ScenarioError, dotted
from sim.scenario.keys import NOTHING, TOP, Key, Shape, allowed, example, keys_at, kind_of, meaning, purpose
from sim.scenario.keys import fields as fields_of
from sim.scenario.load import Scenario, base_of, changed, outside, value_at
from sim.scenario.merging import node_of
from sim.scenario.provinces import coded_key
from sim.scenario.reading import as_typed, flow_text
from sim.scenario.resolved import HOW_IT_IS_RUN, NO_EFFECT, Source, plain
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import finest, is_pool, plain_pool
from sim.scenario.schema.warning import STAFF

PEOPLE = marked("{number} people")

UNITS = {
    bounds_of(kind): text
    for text, kinds in (
        (PEOPLE, (bounds.Staff, bounds.People, bounds.Crew, bounds.PeopleOfProvince)),
        (marked("{number} times"), (bounds.Factor, bounds.Ratio, bounds.Ceiling, bounds.Lengthening)),
        (marked("{number} {currency}"), (bounds.Money, bounds.Amount, bounds.Cost)),
        (marked("{number}%"), (bounds.Percent,)),
        (marked("{number} d'"), (bounds.Score,)),
        (marked("{number} d' a day"), (bounds.Drift,)),
        (marked("{number} a year"), (bounds.Growth,)),
    )
    for kind in kinds
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

WHOLE = ("window", *BY_CODE, "first", "sign", "stages", "age_bands", "channels", "types", "ages")
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
    names = spec.population.names
    code = next((part for part in key.split(".") if part.isdecimal() and int(part) in names), None)
    parts = key.split(".")
    if parts[-2:-1] == [STAFF]:
        parts.append("staff")  # a province's officers may stand under its code alone
    path = tuple(part for part in parts if part not in (STAFF, code))
    return lever_name(path, spec, None if code is None else named(names[int(code)]))


def value_text(value: Any, expected: Shape = NOTHING, names: Mapping[int, str] | None = None) -> str:
    """Return a value in words, with its unit; ``names`` are given where the value is codes of provinces."""
    if value is None or (isinstance(value, list) and not value):
        return said("none")
    if isinstance(value, bool):
        return said("on") if value else said("off")
    if isinstance(value, dict):
        return gist(value, names or {}, expected)
    if isinstance(value, list):
        if len(value) == 2 and all(day is None or DAY.fullmatch(str(day)) for day in value):
            return _days(*value)
        return ", ".join(value_text(item, expected.child(0), names) for item in value)
    if isinstance(value, str):
        return named(value) if LABEL.fullmatch(value) else _rounded(value)
    if names is not None and value in names:
        return names[value]
    return _number(value, expected)


def gist(value: Mapping[str, Any], names: Mapping[int, str], expected: Shape = NOTHING) -> str:
    """Return a whole part of a scenario, such as a measure, in one line: kind, values, provinces and days."""
    what, shown, when = list[str](), list[str](), list[str]()
    node = node_of(value, NOWHERE)
    for key, inner in value.items():
        if inner is None or inner == {}:
            continue
        deeper = expected.child(key, node)
        if key == "window":
            when.append(_days(*inner))
        elif key in ("kind", "channel", "target", "detector", "region", "mode"):
            what.insert(0 if key == "kind" else len(what), value_text(inner))
        elif key == "ages" and not isinstance(inner[0], dict):
            when.insert(0, ages_text(*inner))
        elif key == "provinces":
            when.insert(0, said("in {provinces}", provinces=value_text(inner, names=names)))
        elif isinstance(inner, list) and any(isinstance(item, dict) for item in inner):
            shown.append(f"{_word(key)}: {'; '.join(gist(item, names, deeper.child(0)) for item in inner)}")
        elif isinstance(inner, dict):
            inside = {names.get(int(key) if key.isdecimal() else 0, key): part for key, part in inner.items()}
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


def _number(value: float | int, expected: Shape) -> str:
    mark = next((mark for mark in expected.marks if isinstance(mark, Within)), None)
    if mark == bounds_of(bounds.Seed):
        return str(value)
    unit = marked("{number}%") if mark in SHARES else "{number}" if mark is None else UNITS.get(mark, "{number}")
    number = 100 * value if mark in SHARES else value
    shown = number if isinstance(number, int) else float(f"{number:.{DIGITS}g}")
    if unit == PEOPLE and abs(shown) >= MANY:
        shown = round(shown)  # a pool adds up shares of its provinces, which are not whole people
    return said(unit, number=written(f"{shown:,}".removesuffix(".0")))


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


def outside_ranges(scenario: Scenario) -> list[str]:
    """Return one warning of all values outside the ranges that the scenario, or the one that it extends, states."""
    rows = [
        said(
            "{name} {value} (range {low} to {high})",
            name=key_name(dotted(path), scenario.spec),
            value=value_text(node.plain(), expected),
            low=value_text(limits.plain()[0], expected),
            high=value_text(limits.plain()[1], expected),
        )
        for path, node, limits, expected in outside(scenario.root(), scenario.tree.figured)
    ]
    if not rows:
        return []
    return [said("Outside the range that its source supports: {values}.", values="; ".join(rows))]


NO_LEVERS = tuple(key for key in NO_EFFECT if key != "costs")
"""Keys on which neither a day of a run nor a cost depends."""

WEIGHTS = "province_weights"
"""Maps by province; a missing province has weight 1."""

BY_PROVINCE = (WEIGHTS, STAFF)
"""Keys of maps by province."""

PROVINCES = ("population", "provinces")
"""The table of provinces, whose rows are named by their codes."""

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


def levers(base: Scenario, other: Scenario) -> list[Lever]:
    """Return every lever in which two scenarios differ, in the order of the scenario's sections.

    Names, figures and evidence are not levers, and neither is how a scenario is run (see ``run_as``). Scenarios with
    different pools are compared with the coarser pools.
    """
    how = tuple(f"{dotted(path)}." for path in HOW_IT_IS_RUN)
    with telling_in(base.spec.terms):
        walk = _Walk(*_alike(base, other))
        rows = [row for key in fields_of(ScenarioModel) if key not in NO_LEVERS for row in walk.at((key,))]
    return [row for row in rows if not f"{row.key}.".startswith(how)]


def run_as(base: Scenario, other: Scenario) -> list[Lever]:
    """Return differences in how two scenarios are run: seed, scale, pools, period."""
    return [row for path in HOW_IT_IS_RUN for row in _Walk(base, other).at(path)]


def _alike(base: Scenario, other: Scenario) -> tuple[Scenario, Scenario]:
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


class _Walk:
    """Compares plain values of two scenarios from the top down."""

    def __init__(self, base: Scenario, other: Scenario) -> None:
        self.sides, self.trees = (base, other), (plain(base.resolved), plain(other.resolved))
        rows = [row for side in (other, base) for row in side.spec.population.provinces]
        # A pool has the code of one of its provinces: sorted first, it loses its code to the province.
        rows.sort(key=lambda row: not is_pool(row.name, row.region))
        self.names = {row.code: named(row.name) for row in rows}

    def at(self, path: KeyPath) -> Iterator[Lever]:
        """Yield the rows of all differences at a path from the top, and below it."""
        one, two = self.trees
        for part in path:
            one, two = one.get(part), two.get(part)
        return self.below(path, one, two, shape_at(path))

    def below(self, path: KeyPath, one: Tree, two: Tree, expected: Shape) -> Iterator[Lever]:
        """Yield the rows of all differences at a path and below it."""
        if one == two or _equal(one, two):
            return
        if path[-1] in BY_PROVINCE:
            missing = 1.0 if path[-1] == WEIGHTS else None
            codes = sorted({*(one or {}), *(two or {})}, key=int)
            here, there = (
                {code: _as_desk(path, (side or {}).get(code, missing)) for code in codes} for side in (one, two)
            )
            yield from self._map(path, here, there, expected)
        elif isinstance(one, dict) and isinstance(two, dict) and not _is_another(path, one, two):
            yield from self._map(path, one, two, expected)
            if path == ("fraud", "types") and set(one) == set(two) and list(one) != list(two):
                # Fraud types are numbered, and drawn, in this order.
                yield self._row(path, ", ".join(one), ", ".join(two))
        elif isinstance(one, list) and isinstance(two, list) and self._has_rows(path, one, two):
            is_table = all(isinstance(item, dict) for item in (*one, *two))
            sides: list[dict[str | int, Tree]] = [
                dict(zip(row_names(side) if is_table else range(len(side)), side, strict=True)) for side in (one, two)
            ]
            for name in dict.fromkeys((*sides[0], *sides[1])):
                yield from self.below((*path, name), sides[0].get(name), sides[1].get(name), expected.child(0))
        else:
            texts = (
                self._text(path, side, value, expected) for side, value in zip(self.sides, (one, two), strict=True)
            )
            yield self._row(path, *texts)

    def _map(self, path: KeyPath, one: Tree, two: Tree, expected: Shape) -> Iterator[Lever]:
        node = node_of({**two, **one}, NOWHERE)
        for key in dict.fromkeys((*one, *two)):
            if one.get(key) != two.get(key):
                yield from self.below((*path, key), one.get(key), two.get(key), expected.child(key, node))

    @staticmethod
    def _has_rows(path: KeyPath, one: list[Tree], two: list[Tree]) -> bool:
        """Return whether lists are compared row by row by name, or item by item, and not each as one value."""
        if path[-1] in WHOLE and path[:2] not in (PROVINCES, ("population", "ages")):
            return False
        return len(one) == len(two) or all(isinstance(item, dict) for item in (*one, *two))

    def _text(self, path: KeyPath, side: Scenario, value: Tree, expected: Shape) -> str | None:
        if path[-2:-1] == (STAFF,):
            return self._of_province(path, side, value, expected)
        if isinstance(value, dict):
            return gist(value, self.names, expected)
        if path[-1] == "ages" and value is not None and path[0] != "population":
            return ages_text(*value)
        return None if value is None else value_text(value, expected, self.names if path[-1] in BY_CODE else None)

    def _of_province(self, path: KeyPath, side: Scenario, own: Tree, expected: Shape) -> str | None:
        """Return the staff of a province in words: its own, or its share."""
        _, desk, _, code = path
        if own is None:
            parts = side.spec.desks.parts(str(desk), side.spec.population.people)
            number = parts.get(int(code))
            return None if number is None else said("its share, {number} people", number=amount(number))
        only = own["staff"] if set(own) == {"staff"} else own
        if isinstance(only, float):  # a multiple of its share
            return said(PEOPLE, number=amount(only))
        return value_text(only, expected if only is own else expected.child("staff"))

    def _row(self, path: KeyPath, one: str | None, two: str | None) -> Lever:
        by_code = (at for at in range(1, len(path)) if path[at - 1] in BY_PROVINCE or path[:at] == PROVINCES)
        if (at := next(by_code, None)) is None:
            return Lever(dotted(path), None, one, two, lever_name(path, self.sides[1].spec))
        own = path[:at] if path[at - 1] == WEIGHTS else (*path[: at - 1], *(path[at + 1 :] or ("staff",)))
        code = int(path[at])
        name = lever_name(own, self.sides[1].spec, self.names.get(code, str(code)))
        return Lever(dotted(path), code, one, two, name)


def _equal(one: Tree, two: Tree) -> bool:
    """Return whether two numbers are equal apart from rounding, which pooling causes."""
    numbers = isinstance(one, float) and isinstance(two, int | float)
    return numbers and math.isclose(one, two, rel_tol=ROUNDING)


def _as_desk(path: KeyPath, own: Tree) -> Tree:
    """Return a province's value: its staff as a map, as it may be written, or its weight."""
    return {"staff": own} if path[-1] == STAFF and own is not None and not isinstance(own, dict) else own


def _is_another(path: KeyPath, one: Tree, two: Tree) -> bool:
    """Return whether two maps are of different kinds and so are compared as a whole."""
    if path[:-1] == ("measures",):
        return bool(one["kind"] != two["kind"])
    forms = {*DistributionKind.labels(), "ramp", "steps"}
    return set(one) != set(two) and {*one, *two} <= forms


def shape_at(path: KeyPath) -> Shape:
    """Return what the schema allows at a path."""
    here = TOP.shape
    for part in path:
        here = here.child(part)
    return here


Line = tuple[str, str, str, str]


def show_lines(scenario: Scenario) -> list[Line]:
    """Return dotted key, value, place and origin of each value; a CSV file is one line."""
    lines: dict[tuple[str, str | None], Line] = {}
    for key, source in scenario.sources.items():
        origin = [source.origin, None if source.range is None else flow_text(list(source.range))]
        origin += [f"fixed: {source.fixed}" if source.fixed else None, f"by {source.target}" if source.target else None]
        origin.append(f"({source.basis})" if source.basis else None)
        place, text = source.where, " ".join(part for part in origin if part)
        of_table = source.layer == "file" and str(source.file).endswith(".csv")
        shown = key.rsplit(".", 2)[0] if of_table else key
        if (shown, source.file) in lines:
            continue
        value = plain(value_at(scenario.resolved, shown))
        if of_table:
            lines[shown, source.file] = shown, f"{len(value)} rows", str(source.file), text
        else:
            lines[shown, source.file] = shown, flow_text(value), place, text
    return list(lines.values())


def scenario_html(scenario: Scenario) -> str:
    """Return the question of a scenario, each lever of a policy, and how it is run, as HTML."""
    spec = scenario.spec
    with telling_in(spec.terms):
        base = base_of(scenario)
        changed = [] if base is None else levers(base, scenario)
        if changed and spec.name == spec.policy_of:
            lead = said("A policy for {base}:", base=spec.policy_of)
        elif changed:
            lead = said("{name} changes {base}:", name=spec.name, base=spec.policy_of)
        elif spec.policy_of is not None:
            lead = said("{name} is a policy for {base}.", name=spec.name, base=spec.policy_of)
        else:
            lead = said("{name} is not a policy for another scenario.", name=spec.name)
        run_as = said(
            "{start} to {end}, scale {scale}, seed {seed}, engine {engine}",
            start=spec.period.start,
            end=spec.period.end,
            scale=f"{spec.scale:g}",
            seed=str(spec.seed),
            engine=spec.engine,
        )
        size = counted("{count} province", "{count} provinces", count=len(spec.population.provinces))
    return "".join(
        [
            f"<h4>{escape(spec.title)}</h4><p>{escape(lead)}</p>",
            *(["<ul>", *(f"<li>{escape(lever.told)}</li>" for lever in changed), "</ul>"] if changed else []),
            f"<p><small>{escape(run_as)}; {escape(size)}</small></p>",
        ]
    )


AN_ENTRY = "An entry of {field}."
"""Stands for the meaning of an entry whose model is unknown."""

LONGEST_VALUE = 300
"""Most characters of a value that are shown; longer ones are cut."""


@dataclass(frozen=True)
class Explained:
    """Everything that ``tocsin explain`` prints about a key.

    Attributes:
        key: The dotted key, provinces by code.
        kind: The kind of measure that has the key; None for other keys.
        more: Effect of a larger value or a later day; None if it is not a number.
        example: An example, as YAML.
        below: The keys below it, each with its meaning.
        value: The scenario's value, as YAML; None without a scenario or a value.
        source: Source of the value; None for parts whose keys have their own.
    """

    key: str
    kind: str | None
    text: str
    unit: str
    more: str | None
    allowed: str
    example: str | None
    below: tuple[tuple[str, str], ...]
    value: str | None = None
    source: Source | None = None


def explained(text: str, scenario: Scenario | None = None) -> list[Explained]:
    """Explain a dotted key, once for each kind of measure that has it; ``keys_at`` says what it raises."""
    if scenario is None:
        return [_explained(key, None, None) for key in keys_at(text)]
    own = coded_key(text, scenario.spec.population.names)
    root = node_of(plain(scenario.resolved), Place(scenario.name, 1, 1))
    node = None if "[" in own else root.at(root.path_to(own))
    return [_explained(key, scenario, node) for key in keys_at(own, root)]


def overview() -> list[tuple[str, str]]:
    """Return the top-level keys of a scenario, each with its meaning."""
    return list(_below(TOP, None))


def _explained(key: Key, scenario: Scenario | None, node: Node | None) -> Explained:
    said, below = meaning(key.owner, key.field), tuple(_below(key, node))
    value = None
    if node is not None and not below:
        value = flow_text(as_typed(node.plain()))
        value = value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 3]}..."
    return Explained(
        key.path,
        kind_of(key.owner),
        _what(key, node),
        said.unit,
        said.direction,
        "" if below else allowed(key.shape),
        None if key.entry or (below and said.example is None) else example(key.owner, key.field),
        below,
        value,
        None if scenario is None or node is None else scenario.sources.get(key.path),
    )


def _what(key: Key, node: Node | None) -> str:
    """Return the meaning of a key; for an entry that of its model, if it is known."""
    if not key.entry:
        return meaning(key.owner, key.field).text
    models = key.shape.models(node)
    return purpose(models[0]) if len(models) == 1 else AN_ENTRY.format(field=key.field)


def _below(key: Key, node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the keys directly below a key, each with its meaning; for a map the meaning of its entries."""
    for one in key.below(node):
        kinds = [kind for model in one.shape.models() if (kind := kind_of(model)) is not None]
        if one.entry and node is None and len(kinds) > 1:
            yield from ((f"{key.path}[{kind}]", _what(keys_at(f"{key.path}[{kind}]")[0], None)) for kind in kinds)
        else:
            yield one.path, _what(one, None if node is None else node.at(node.path_to(one.path[len(key.path) + 1 :])))


def as_json(one: Explained) -> dict[str, Any]:
    """Return an explanation as a JSON document."""
    source = None if one.source is None else {"given": one.source.where}
    if source is not None:
        source |= {key: getattr(one.source, key) for key in ("origin", "range", "shape", "target", "basis")}
    below = [{"key": key, "text": text} for key, text in one.below]
    return {**asdict(one), "below": below, "source": source}
