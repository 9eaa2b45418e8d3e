"""Numbers at their bounds: both engines write the same bytes, or refuse with the same line.

``tests/scenario/test_bounds.py`` holds each bound by itself; here the engines have to live with what is at them.
"""

import tempfile
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import sim
from sim.base.sums import TOO_LARGE
from sim.reading.check import check_run
from sim.scenario.bounds import RateWithin, Within
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import NAMED, fields
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, fewer
from tests.equality.both import ENGINES, assert_equal

BASE: dict[str, Any] = {"period": TWO_DAYS, **fewer(0.05)}
SKIPPED = (
    "calibration evidence figures population.ages population.occupation population.provinces record scale seed sweep "
    "warning.confusion dens.regions dens.displaced_to"
)
"""What no engine reads, what adds up to 1, and what would need gigabytes: a byte a person."""


def outcomes(folder: Path, events: str = "none", **values: Any) -> sim.Run | str:
    """Return a run by both engines, or the line with which both refuse; fail unless they agree."""
    found: list[sim.Run | str] = []
    for engine in ENGINES:
        try:
            scenario = sim.load_scenario("tiny", engine=engine, **values)
            found.append(sim.run(scenario, folder / engine, events=events, workers=2))
        except (sim.ScenarioError, OverflowError) as error:
            found.append(str(error))
    one, other = found
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return one
    assert_equal(one, other)
    return one


def bounded(value: Any, annotation: Any, marks: tuple[Any, ...] = (), path: str = "") -> list[tuple[str, Within]]:
    """Return the dotted keys of the numbers that a plain value of the schema has, with their bounds."""
    marks = (*marks, *getattr(annotation, "__metadata__", ()))
    bound = next((mark for mark in marks if isinstance(mark, Within)), None)
    if path.startswith(tuple(SKIPPED.split())):
        return []
    if bound is not None and isinstance(value, int | float | str):
        return [(path, bound)]
    if isinstance(value, dict) and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = fields(annotation)
        return [
            found
            for name, part in value.items()
            for own in (inner.get(name) or inner[NAMED],)
            for found in bounded(part, own.annotation, tuple(own.metadata), f"{path}.{name}".lstrip("."))
        ]
    if isinstance(value, dict) and get_origin(annotation) is dict:
        of = get_args(annotation)[1]
        return [found for name, part in value.items() for found in bounded(part, of, (), f"{path}.{name}")]
    options = [option for option in get_args(annotation) if not isinstance(value, list)]
    if isinstance(value, dict) and "kind" in value:
        options = [
            option for option in _flat(annotation) if value["kind"] in get_args(fields(option)["kind"].annotation)
        ]
    return [found for option in options for found in bounded(value, option, (), path)]


def _flat(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for option in get_args(annotation) for model in _flat(option)]


SPEC = sim.load_scenario("tiny", **BASE).spec
NUMBERS = bounded(SPEC.model_dump(mode="json", by_alias=True, exclude_none=True), ScenarioModel)


@st.composite
def at_bounds(draw: st.DrawFn) -> dict[str, Any]:
    """Return a few numbers of a scenario at the least or the most that they may be."""
    chosen = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=6, unique_by=lambda number: number[0]))
    values = {}
    for key, bound in chosen:
        value = draw(st.sampled_from([bound.low, bound.high]))
        values[key] = f"{value:.17g} per day" if isinstance(bound, RateWithin) else value
    return values


def test_most_numbers_of_the_model_are_among_those_that_are_tried() -> None:
    assert len(NUMBERS) > 250
    assert {"fraud.types.gaming.loss.median", "desks.call.staff", "measures.banks.intensity"} <= {k for k, _ in NUMBERS}


SETTINGS = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


@pytest.mark.slow
@given(at_bounds())
@settings(SETTINGS, max_examples=36)
def test_engines_agree_with_numbers_at_their_bounds(values: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcomes(Path(folder), "all", **{**BASE, **values})


SURE: dict[str, Any] = {"unknown": 1.0, "labelled": 1.0, "half_hours": [1.0] * 48}
MANY_VICTIMS: dict[str, Any] = {
    "period": TWO_DAYS,
    **fewer(0.9),
    **NO_LEGITIMATE,
    "fraud.loss_growth": 5.0,
    "fraud.reference": "2020-04-01",
    "population.frailty_sigma": 0.0,
    "population.internet": {"urban": 1.0, "rural": 1.0, "age_factor": [1.0] * 6},
    "engagement.answering": {**dict.fromkeys(("call", "sms", "online"), SURE), "age_factor": [1.0] * 6},
    "engagement.awareness.effect": 0.0,
    "sites": dict.fromkeys(("account", "site", "hosting", "app", "diversion", "promotion"), 0.0),
    "aftermath.report.probability": 1.0,
    "aftermath.report.delay": "0 min",
    "aftermath.filing.delay": "0 min",
    "cards.fixed_dead_share": 0.0,
    "interception.call.d_prime": -9.0,
    "interception.sms.d_prime": -9.0,
    "measures.banks.intensity": 0.0,
    **{f"measures.warning-{name}.coverage": 0.0 for name in ("central", "local")},
}
"""Thousands of payments in two days, after years of growth: each loss is as large as may be."""


def losses(median: float) -> dict[str, Any]:
    """Return the same certain loss on the reference date, and one payment at once, for all types of fraud."""
    at_once = dict.fromkeys(("engaged", "opened", "first_payment", "later_payment"), "1 min")
    of_type = {
        "engage": 1.0,
        "age_factor": [1.0] * 6,
        "women_factor": 1.0,
        "loss": {"median": median, "sigma": 0},
        "payments": [1.0],
        "delays": at_once,
        "dropout": dict.fromkeys(at_once, 0.0),
    }
    types = SPEC.fraud.types
    return {f"fraud.types.{name}.{key}": value for name in types for key, value in of_type.items()}


@pytest.mark.slow
def test_a_sum_at_the_edge_is_the_same_and_beyond_it_refused_in_the_same_line(tmp_path: Path) -> None:
    run = outcomes(tmp_path / "small", **MANY_VICTIMS, **losses(1000.0))
    assert isinstance(run, sim.Run)
    edge = 1000.0 * TOO_LARGE / int(run.outcomes["loss_cents"].sum())
    assert edge < 1e9, "so many victims that the sum comes to the edge before the loss does"
    below = outcomes(tmp_path / "below", **MANY_VICTIMS, **losses(edge * 0.9999))
    assert isinstance(below, sim.Run)
    assert 0.9998 < below.totals["loss_money"] * 100 / TOO_LARGE < 1.0
    assert 0 < below.totals["recovered_money"] <= below.totals["loss_money"]
    assert [str(finding) for finding in check_run(below.path) if not finding.passed] == []
    above = outcomes(tmp_path / "above", **MANY_VICTIMS, **losses(edge * 1.0001))
    assert above == "the sum of outcomes.loss_cents is 2^62 or more and cannot be counted exactly"
    assert [*(tmp_path / "above").glob("*")] == []
