"""What of a scenario has an effect before a day: two scenarios that agree on it are the same run up to then."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sim.days import day_number
from sim.scenario.load import plain
from sim.scenario.schema.measures import DenCampaign, Gradual, Outage, Repatriation

if TYPE_CHECKING:
    from sim.scenario.load import Scenario
    from sim.scenario.schema import ScenarioModel

NO_EFFECT = ("schema", "name", "title", "engine", "figures", "evidence", "record", "sweep", "calibration")
"""Keys that say what a scenario is called, what it is held against and how it is run; no day depends on them.

The end of the period is none of these: engines discard what would happen after it.
"""

SEEN_BY_DAY = (DenCampaign, Gradual, Repatriation)
"""Kinds of measures that are asked whether they are in force on a day, and about no later one: of a window only what
lies before a day has an effect before it. Counts of others are spread over the days of their windows."""


def digest_before(scenario: "Scenario", day: int) -> str:
    """Return the SHA-256, in hexadecimal digits, of all that the days before a day number depend on."""
    kept = _before(plain(scenario.resolved), scenario.spec, day)
    text = json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _before(values: dict[str, Any], spec: "ScenarioModel", day: int) -> dict[str, Any]:
    """Return the plain values without what has no effect before a day."""
    surges = {
        name: values["fraud"]["surges"][name]
        for name, surge in sorted(spec.fraud.surges.items())
        if day_number(surge.window[0]) < day
    }
    return {
        "day": day,
        **{key: value for key, value in values.items() if key not in NO_EFFECT},
        "fraud": {**values["fraud"], "surges": surges},
        "measures": _measures(values["measures"], spec, day),
    }


def _measures(values: dict[str, Any], spec: "ScenarioModel", day: int) -> dict[str, Any]:
    """Return the measures that have an effect before a day, in the order of their names.

    An outage delays instructions until the last of those that follow it ends: as soon as one has begun, all count.
    """
    begun = {name for name, measure in spec.measures.items() if day_number(measure.window[0]) < day}
    if any(isinstance(spec.measures[name], Outage) for name in begun):
        begun |= {name for name, measure in spec.measures.items() if isinstance(measure, Outage)}
    found = {}
    for name in sorted(begun):
        measure, value = spec.measures[name], values[name]
        end = measure.window[1]
        if isinstance(measure, SEEN_BY_DAY) and end is not None and day_number(end) >= day - 1:
            value = {**value, "window": [value["window"][0], None]}
        found[name] = value
    return found

