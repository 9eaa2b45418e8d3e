"""What of a scenario has an effect before a day: all but what is listed, and what begins or ends later."""

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from sim.base.days import day_number
from sim.scenario import Scenario, ScenarioModel, load_scenario
from sim.scenario.load import digest_before
from sim.scenario.resolved import NO_EFFECT, effects, plain

DAY = day_number(date(2022, 2, 1))


TINY = load_scenario("tiny")


def tiny(values: dict[str, Any]) -> Scenario:
    """Return ``tiny`` with other values at dotted keys."""
    resolved = plain(TINY.resolved)
    for key, value in values.items():
        holder = resolved
        *above, last = key.split(".")
        for part in above:
            holder = holder[part]
        holder[last] = value
    return Scenario(ScenarioModel.model_validate(resolved), resolved, {}, "")


def same(values: dict[str, Any], base: dict[str, Any] | None = None) -> bool:
    """Return whether a scenario and one with other values have done the same before the day."""
    base = base or {}
    return digest_before(tiny(base), DAY) == digest_before(tiny({**base, **values}), DAY)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each leaf."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from paths(below, (*path, key))
    if not isinstance(value, dict | list):
        yield path


def test_every_value_counts_but_those_that_are_listed() -> None:
    scenario = TINY
    values = plain(scenario.resolved)
    before = effects(values, scenario.spec, DAY)
    begun = {name for name, measure in scenario.spec.measures.items() if day_number(measure.window[0]) < DAY}
    assert begun < scenario.spec.measures.keys()
    counted = 0
    for path in paths(values):
        other = copy.deepcopy(values)
        holder = other
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = "another"
        # Of a measure that goes on it makes no difference until when.
        is_end = path[0] == "measures" and path[2:] == ("window", 1)
        is_later = path[0] == "measures" and path[1] not in begun
        if path[:2] == ("fraud", "surges"):
            is_later = day_number(scenario.spec.fraud.surges[path[2]].window[0]) >= DAY
        if is_end and not is_later and scenario.spec.measures[path[1]].kind not in ("videos", "activities", "outage"):
            continue
        changed = effects(other, scenario.spec, DAY) != before
        assert changed == (path[0] not in NO_EFFECT and not is_later), path
        counted += changed
    assert counted > 1000


def test_another_day_has_another_digest() -> None:
    assert digest_before(TINY, DAY) != digest_before(TINY, DAY + 1)


LAW = {"kind": "law", "deterrence": 0.1, "replacement_factor": 1.2, "data_sharing": 0.0}
OUT = {"kind": "outage", "detector": "central", "mode": "delay"}
VIEWS = {"kind": "videos", "count": 1, "views": 2}
HOME = {"kind": "repatriation", "dens": 1, "suspects": 1.0}


def growth(*steps: tuple[str, float]) -> dict[str, Any]:
    return {"steps": [{"from": day, "factor": factor} for day, factor in steps]}


def test_of_a_province_too_only_steps_before_count() -> None:
    def own(*steps: tuple[str, float]) -> dict[str, Any]:
        return {"desks.call.by_province": {"11": {"staff": 3.0, "growth": growth(*steps)}, "44": 2.0}}

    base = own(("2022-01-01", 0.5), ("2022-01-20", 0.7), ("2022-02-01", 2.0))
    assert same(own(("2022-01-19", 0.5), ("2022-01-20", 0.7)), base)
    assert not same(own(("2022-01-01", 0.5), ("2022-01-21", 0.7)), base)
    assert not same(own(("2022-01-01", 0.5), ("2022-01-20", 0.6)), base)
    assert not same(own(("2022-01-20", 0.7), ("2022-02-01", 2.0)), base)


@pytest.mark.parametrize(
    ("values", "is_same"),
    [
        ({"name": "other", "title": "Another?", "figures": [], "engine": "reference"}, True),
        ({"measures.law": {**LAW, "window": ["2022-02-01", None]}}, True),
        ({"measures.law": {**LAW, "window": ["2022-01-31", None]}}, False),
        ({"fraud.surges.later": {"window": ["2022-02-01", None], "factor": 2.0}}, True),
        ({"fraud.surges.early": {"window": ["2022-01-31", "2022-01-31"], "factor": 2.0}}, False),
        ({"fraud.grows_until": "2022-01-31"}, True),
        ({"fraud.grows_until": "2022-01-30"}, False),
        # What is in force on the last day before may end on any day from then on.
        ({"measures.banks.window": ["2022-01-01", "2022-01-31"]}, True),
        ({"measures.banks.window": ["2022-01-01", "2022-02-28"]}, True),
        ({"measures.banks.window": ["2022-01-01", "2022-01-30"]}, False),
        ({"measures.banks.window": ["2022-01-02", None]}, False),
        ({"measures.home": {**HOME, "window": ["2022-02-01", "2022-02-01"]}}, True),
        # Counts are spread over a whole window.
        ({"measures.videos-2022.window": ["2022-01-01", "2022-12-01"]}, False),
        ({"measures.videos-later": {**VIEWS, "window": ["2022-02-01", "2022-03-01"]}}, True),
        # tiny has an outage on 29 January: the next days follow upon it, and so does what follows upon them.
        ({"measures.out": {**OUT, "window": ["2022-02-01", "2022-02-02"]}}, True),
        ({"measures.outage-of-the-centre.window": ["2022-01-29", "2022-02-01"]}, False),
        # Steps of a staff that come later have no effect; nor has the day of the first one, which holds before it too.
        ({"desks.call.growth": growth(("2022-01-01", 0.5), ("2022-02-01", 2.0))}, False),
        ({"desks.call.growth": growth(("2022-01-01", 1.0), ("2022-02-01", 2.0))}, True),
        ({"desks.visit.growth": growth(("2022-03-01", 1.0))}, True),
        ({"desks.visit.growth": growth(("2022-01-01", 1.0), ("2022-01-31", 2.0))}, False),
        ({"desks.visit.growth": {"ramp": {"midpoint": "2030-01-01", "width": "1 d"}}}, False),
        ({"seed": 8}, False),
        ({"scale": 0.5}, False),
        ({"period": {"start": "2022-01-24", "end": "2022-02-06", "warmup": "5 d"}}, False),
        ({"period": {"start": "2022-01-24", "end": "2022-03-06", "warmup": "4 d"}}, False),
    ],
)
def test_what_counts(values: dict[str, Any], is_same: bool) -> None:
    assert same(values) == is_same


@pytest.mark.parametrize(
    ("begins", "is_same"), [("2022-02-01", False), ("2022-02-03", False), ("2022-02-04", True), ("2022-02-05", True)]
)
def test_outages_that_follow_each_other_are_one(begins: str, is_same: bool) -> None:
    base = {
        "measures.out-1": {**OUT, "window": ["2022-01-30", "2022-01-31"]},
        "measures.out-2": {**OUT, "window": ["2022-02-01", "2022-02-02"]},
    }
    assert not same(base)
    assert same({"measures.out-3": {**OUT, "window": [begins, "2022-02-28"]}}, base) == is_same
