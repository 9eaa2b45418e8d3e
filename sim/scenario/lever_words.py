"""Levers in words: names of keys, and values with their units, for people."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.base.days import HALF_HOUR_MS, HOUR_MS
from sim.base.rounding import amount, written
from sim.language.dates import month_alone
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.scenario import bounds
from sim.scenario.bounds import Within, bounds_of
from sim.scenario.errors import Place, dotted
from sim.scenario.nodes import KeyPath
from sim.scenario.overrides import node_of
from sim.scenario.ranges import outside
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.desks import STAFF
from sim.scenario.shapes import Shape, shape
from sim.scenario.units import UNIT_MS

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
