"""The resolved scenario: complete, with defaults and inline tables, the source of each value, and what each affects.

Which values affect the days before a given day, and digests of these: scenarios with equal digests share these days.

Components that were given to a scenario in Python: their source and settings, and a copy for every run.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sim.base.days import day_number
from sim.base.words import DESK_LABELS
from sim.scenario.errors import FULL_FORM, KeyPath, Node, dotted
from sim.scenario.keys import NOTHING, Shape, written
from sim.scenario.merging import is_full_form
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import MeasureBase, Outage, Repatriation, Varying


@dataclass(frozen=True)
class Source:
    """Source of a value.

    ``layer`` is ``file``, ``draw`` (a table of posterior draws), ``set`` (the command line), ``argument`` (a call from
    Python) or ``default``; a default has no file, line or column. The rest belongs to the value's parameter.
    """

    layer: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    origin: str | None = None
    range: tuple[Any, Any] | None = None
    shape: str | None = None
    target: str | None = None
    basis: str | None = None
    fixed: str | None = None

    @property
    def where(self) -> str:
        """File and line, ``--set``, ``argument`` or ``default``, as ``tocsin show`` prints it."""
        if self.layer in ("file", "draw"):
            return f"{self.file}:{self.line}"
        return "--set" if self.layer == "set" else self.layer


def resolve(value: Any, node: Node | None, shape: Shape) -> Any:
    """Return a plain value with the full form of each parameter that has one; a default has no node."""
    if node is None:
        return value
    if isinstance(value, dict):
        value = {key: _resolved_child(inner, node, shape, key) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_resolved_child(inner, node, shape, index) for index, inner in enumerate(value)]
    if node.parameter is None:
        return value
    known = {key: getattr(node.parameter, key) for key in FULL_FORM[1:]}
    if known["range"] is not None:
        known["range"] = _limits(known["range"], shape)
    given = {key: text for key, text in known.items() if text is not None}
    return {"value": value, **given} if given else value


def _resolved_child(value: Any, node: Node, shape: Shape, part: str | int) -> Any:
    child = node.child(part)
    if child is None or (child.parameter is None and not isinstance(child.value, dict | list)):
        return value  # nothing below it is a parameter
    return resolve(value, child, shape.child(part, node))


def _limits(range_: Node, shape: Shape) -> list[Any]:
    """Return both ends of a range, written like values."""
    ends = range_.plain()
    if shape is NOTHING or any(isinstance(end, dict | list) for end in ends):
        return list(ends)
    return [_as_written(shape, end) for end in ends]


@lru_cache(maxsize=4096, typed=True)
def _as_written(shape: Shape, end: Any) -> Any:
    """Return one end of a range as the schema writes such a value."""
    return written(shape.annotation, shape.reader.validate_python(end))


def plain(resolved: Any) -> Any:
    """Return a resolved value with parameters reduced to their values."""
    if is_full_form(resolved):
        return plain(resolved["value"])
    if isinstance(resolved, dict):
        return {key: plain(value) for key, value in resolved.items()}
    if isinstance(resolved, list):
        return [plain(value) for value in resolved]
    return resolved


def sources(resolved: Any, root: Node) -> dict[str, Source]:
    """Return the source of each leaf of a resolved scenario by dotted key; a list of scalars is one leaf."""
    return {dotted(path): source for path, source in _leaves(resolved, root)}


def _leaves(
    value: Any, node: Node | None, path: KeyPath = (), claim: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[tuple[KeyPath, Source]]:
    """Find path and source of each leaf of a resolved value; ``claim`` is what the parameter that contains it says."""
    if node is not None and node.parameter is not None:
        claim = {}
        if is_full_form(value):
            claim = {key: tuple(text) if key == "range" else text for key, text in value.items() if key != "value"}
            value = value["value"]
    if isinstance(value, dict) and value:
        items: Iterable[tuple[str | int, Any]] = value.items()
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = enumerate(value)
    else:
        at = node.place if node is not None else None
        written = () if at is None else (at.file, at.line, at.column)
        yield path, Source("default" if at is None else at.layer, *written, **claim)
        return
    for part, inner in items:
        child = node.child(part) if node is not None else None
        if child is None and node is not None and not isinstance(node.value, dict):
            child = Node(None, node.place)  # a short form, written in one place
        yield from _leaves(inner, child, (*path, part), claim)


NO_EFFECT = (
    *("schema", "name", "title", "policy_of", "engine", "currency", "channels"),
    *("figures", "evidence", "record", "sweep", "constraints", "calibration", "costs"),
)
"""Keys of names, comparisons, costs and how a scenario is run; no simulated day depends on them."""

HOW_IT_IS_RUN: tuple[KeyPath, ...] = (("seed",), ("scale",), ("clock",), ("period",), ("population", "pool"))
"""Keys that say how a policy is run; with other values a scenario is the same policy."""

SEEN_BY_DAY = (Varying, Repatriation)
"""Kinds of measures that act day by day: before a given day only the earlier part of their window matters. Other kinds
spread counts over their whole window."""


def effects(values: dict[str, Any], spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the plain values of a scenario that have an effect before a day number."""
    surges = {
        name: values["fraud"]["surges"][name]
        for name, surge in sorted(spec.fraud.surges.items())
        if day_number(surge.window[0]) < day
    }
    fraud = {**values["fraud"], "surges": surges}
    if spec.fraud.grows_until is not None and day_number(spec.fraud.grows_until) >= day - 1:
        del fraud["grows_until"]
    return {
        "day": day,
        **{key: value for key, value in values.items() if key not in NO_EFFECT},
        "fraud": fraud,
        "desks": {**values["desks"], **{desk: _read(values["desks"][desk], spec, day) for desk in DESK_LABELS}},
        "measures": _measures(values["measures"], spec, day),
        **({"age_cuts": spec.age_cuts} if spec.age_cuts else {}),
    }


def _read(desk: dict[str, Any], spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the plain values of a desk; its staff is not read where every province has its own."""
    own = len(desk["by_province"]) == len(spec.population.provinces)
    return {key: value for key, value in _grown(desk, day).items() if key != "staff" or not own}


def _grown(desk: dict[str, Any], day: int) -> dict[str, Any]:
    """Return the plain values of a desk, of the country or a province, without steps of staff on or after a day.

    The first step also holds before its day: its day makes no difference, and a factor of 1 is the same as no growth.
    """
    desk = dict(desk)
    growth = desk.get("growth")
    if isinstance(growth, dict) and "steps" in growth:
        first, *later = growth["steps"]
        kept = [step for step in later if day_number(date.fromisoformat(step["from"])) < day]
        desk["growth"] = None if first["factor"] == 1.0 and not kept else [first["factor"], kept]
    if "by_province" in desk:
        desk["by_province"] = {
            code: _grown(own, day) if isinstance(own, dict) else own for code, own in desk["by_province"].items()
        }
    return desk


def _measures(values: dict[str, Any], spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the measures that have an effect before a day, in the order of their names."""
    begun = {name for name, measure in spec.measures.items() if day_number(measure.window[0]) < day}
    found = {}
    for name in sorted(begun | _following(spec, begun)):
        measure, value = spec.measures[name], values[name]
        if isinstance(measure, SEEN_BY_DAY) and _last(measure) >= day - 1:
            value = {**value, "window": [value["window"][0], None]}
        found[name] = value
    return found


def _following(spec: ScenarioModel, begun: set[str]) -> set[str]:
    """Return outages that follow begun ones without a day in between; instructions wait for their end, too."""
    outages = {name: measure for name, measure in spec.measures.items() if isinstance(measure, Outage)}
    until = max((_last(measure) for name, measure in outages.items() if name in begun), default=0)
    found: set[str] = set()
    for name, outage in sorted(outages.items(), key=lambda item: item[1].window[0]):
        if name not in begun and day_number(outage.window[0]) <= until + 1:
            found.add(name)
            until = max(until, _last(outage))
    return found


def _last(measure: MeasureBase) -> int:
    """Return the last day number of a window, one after all others where it has no end."""
    end = measure.window[1]
    return day_number(date.max if end is None else end)


@dataclass(frozen=True)
class Given:
    """A component as it was given: its class, module, settings (JSON), and itself, pickled.

    ``sha256`` is that of the source of the class, and of everything in its module that it names. ``contents`` has the
    class by value where workers cannot import it, and is empty for a stored run, which only names its components.
    """

    name: str
    module: str
    sha256: str
    settings: str
    contents: bytes

    def described(self) -> dict[str, Any]:
        """Return what ``run.json`` says of it."""
        return {"class": self.name, "module": self.module, "sha256": self.sha256, "settings": json.loads(self.settings)}


def named_by(described: Sequence[Mapping[str, Any]]) -> tuple[Given, ...]:
    """Return the components that ``run.json`` names, without their contents."""
    return tuple(
        Given(one["class"], one["module"], one["sha256"], json.dumps(one["settings"]), b"") for one in described
    )


def described(components: Sequence[Given]) -> list[dict[str, Any]]:
    """Return what ``run.json`` says of components; two runs with other components say something else."""
    return [one.described() for one in components]


def with_components_digest(digest: str, components: Sequence[Given]) -> str:
    """Return a SHA-256 in hexadecimal digits that stands for a digest and components; the digest itself without any."""
    if not components:
        return digest
    text = json.dumps([digest, described(components)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
