"""Find which values of a scenario affect the days before a given day."""

from datetime import date
from typing import Any

from sim.base.days import day_number
from sim.base.words import DESK_LABELS
from sim.scenario.errors import KeyPath
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import MeasureBase, Outage, Repatriation, Varying

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
