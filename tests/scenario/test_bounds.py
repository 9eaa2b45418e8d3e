"""Every number of a scenario has bounds, with a reason; what is at them is read, what is beyond them refused."""

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from sim.draws.functions import normal_quantile
from sim.scenario import ScenarioError, bounds, load_scenario
from sim.scenario.bounds import RateWithin, WholeWithin, Within
from sim.scenario.keys import every_key
from sim.scenario.schema.rules import LUCKIEST
from tests.slots import TINY
from tools.references import numbers

SMALL = Path(__file__).parent / "invalid" / "base" / "small.yaml"
NAMED = {
    name: mark
    for name, kind in vars(bounds).items()
    for mark in getattr(kind, "__metadata__", ())
    if isinstance(mark, Within)
}


def test_every_number_of_the_schema_has_bounds_and_all_bounds_are_those_of_a_number() -> None:
    found = dict(numbers())
    assert len(found) > 250
    assert set(found.values()) == set(NAMED.values())
    assert all(bound.low < bound.high and bound.why for bound in found.values())
    for key in every_key().values():
        for option, marks in key.shape.leaves() if key.path != "sweep.vary" else ():
            read = any(isinstance(mark, Within | BeforeValidator) for mark in (*key.shape.marks, *marks))
            assert read or option not in (int, float), key


def text_of(bound: Within, value: float) -> Any:
    return f"{value!r} per day" if isinstance(bound, RateWithin) else value


@pytest.mark.parametrize("name", NAMED)
def test_what_is_at_the_bounds_is_read_and_what_is_beyond_refused(name: str) -> None:
    bound, kind = NAMED[name], TypeAdapter(getattr(bounds, name))
    step = 1 if isinstance(bound, WholeWithin) else 0
    for edge, way in ((bound.low, -1), (bound.high, 1)):
        assert kind.validate_python(text_of(bound, edge)) == edge
        beyond = edge + way * step if step else math.nextafter(edge, way * math.inf)
        if (bound.or_zero and beyond == 0) or (isinstance(bound, RateWithin) and edge == 0):
            continue
        with pytest.raises(ValidationError, match=r"a .* from"):
            kind.validate_python(text_of(bound, beyond))


def test_no_draw_is_luckier_than_losses_are_bounded_for() -> None:
    assert normal_quantile(1.0 - 2.0**-53) < LUCKIEST < normal_quantile(1.0 - 2.0**-53) + 0.001


def mistakes(**values: Any) -> list[str]:
    """Return what is told of a small scenario with changes (dotted keys)."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(str(SMALL), **values)
    return [str(mistake) for mistake in caught.value.mistakes]


TOGETHER: dict[str, dict[str, Any]] = {
    "fraud.types.brushing.loss": {"fraud.types.brushing.loss": {"median": 1e9, "sigma": 1.2}},
    "fraud.loss_growth": {"fraud.loss_growth": 3.0, "fraud.reference": "2002-01-01"},
    "fraud.types.brushing.mix_growth": {"fraud.types.brushing.mix_growth": -5.0, "fraud.reference": "2032-02-06"},
    "fraud.volumes.sms.growth": {"fraud.volumes.sms.growth": -2.5, "fraud.reference": "2001-01-01"},
    "aftermath.investigation.growth": {
        "aftermath.investigation.growth": 5.0,
        "aftermath.investigation.reference": "1022-01-01",
    },
    "aftermath.investigation.backlog": {"aftermath.investigation.backlog": 10**9, "scale": 0.1},
}


@pytest.mark.parametrize("key", TOGETHER)
def test_numbers_that_are_absurd_only_together_are_refused_in_one_line(key: str) -> None:
    (line,) = mistakes(**TOGETHER[key])
    assert f" {key}: " in f" {line}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fraud.types.brushing.payment_growth", 1e200),
        ("fraud.types.brushing.loss.median", 1e13),
        ("fraud.types.brushing.loss.sigma", 12),
        ("fraud.loss_growth", 1e9),
        ("fraud.types.brushing.mix.call", 1e308),
        ("warning.detectors.correlation", 0.99999999),
        ("dens.crew", 1e300),
        ("population.legitimate.call", "1e30 per day"),
        ("desks.call.staff", 1e9),
    ],
)
def test_absurd_numbers_are_refused_by_name(key: str, value: Any) -> None:
    (line,) = mistakes(**{key: value})
    assert f" {key}: " in f" {line}"
    assert " from " in line


GANGS = {
    "pools": None,
    "start": 1.0,
    "recruiting": "6 per year",
    "reopens_with": 1.0,
    "crew_share": 0.0,
    "slower": 1.0,
    "answer": {"shift": 1.0, "supply": 0.0, "lag": "30 d", "usual": {"call": 0.1, "sms": 0.1, "online": 0.1}},
}


def test_what_grows_to_a_ceiling_is_bounded_by_it_and_room_is_left_for_what_gangs_shift() -> None:
    level, growth, ceiling = "fraud.volumes.sms.level", "fraud.volumes.sms.growth", "fraud.volumes.sms.ceiling"
    since = {"fraud.reference": "2015-01-01"}
    grown = {growth: 4.0, **since}

    def most(**values: Any) -> float:
        """Return how many attempts of a cell there could be, as the mistake says."""
        (line,) = mistakes(**values)
        assert line.split(": ")[0] == level
        return float(line.split("up to ")[1].split()[0])

    much = most(**{level: "1e12 per day", growth: 0.0, **since})
    # Seven years at 4 a year are e^28 times as many, but for a ceiling.
    assert most(**{level: "1e5 per day", **grown}) > 1e4 * much * 1e-7
    assert most(**{level: "1e12 per day", **grown, ceiling: 3.0}) == pytest.approx(3 * much, rel=0.01)
    some = {level: f"{1e7 / much * 1e12:.6g} per day", growth: 0.0, **since}
    load_scenario(str(SMALL), **some)
    assert most(**{**some, **TINY, "gangs": GANGS}) == pytest.approx(2e7, rel=0.01)
    load_scenario(str(SMALL), **{**some, **TINY, "gangs": {**GANGS, "answer": None}})
    # So do losses.
    lost = {"fraud.types.brushing.loss": {"median": 1e7, "sigma": 1.0}, "fraud.loss_growth": 1.5}
    assert any("fraud.types.brushing.loss: a loss of" in line for line in mistakes(**lost, **since))
    load_scenario(str(SMALL), **lost, **since, **{"fraud.loss_ceiling": 2.0})
    tail = {"fraud.types.brushing.loss.tail": {"share": 0.001, "median": 1e7, "sigma": 1.0}, "fraud.loss_growth": 1.5}
    assert any("fraud.types.brushing.loss.tail: a loss of" in line for line in mistakes(**tail, **since))


def test_a_surge_of_a_rare_type_does_not_count_for_the_others() -> None:
    few = {"fraud.volumes.call.level": "1000000 per day", "fraud.types.gaming.mix.call": 0.001}
    surge = {"window": ["2022-01-24", None], "factor": 900.0}
    for types, refused in ((["gaming"], False), (["loan_credit"], True), (None, True)):
        values = {**few, "fraud.surges.much": {**surge, "types": types}}
        if refused:
            with pytest.raises(ScenarioError, match="identities can number no more"):
                load_scenario("tiny", **values)
        else:
            load_scenario("tiny", **values)
