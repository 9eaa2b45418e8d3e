"""Boxes: the scenario as it is, corners, ends of each lever, and points that fill what is between."""

from collections.abc import Sequence

import numpy as np
import pytest

import sim
from sim.experiments import design as box
from sim.experiments.design import DesignError, Value, design

STAFF, DEADLINE, TRIES, DPRIME = (
    "desks.visit.staff",
    "warning.tiers.red.deadline",
    "warning.tiers.red.tries.visit",
    "interception.sms.d_prime",
)


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny")


def test_the_scenario_as_it_is_comes_first_then_corners_and_ends(tiny: sim.Scenario) -> None:
    plan = design(tiny, {STAFF: [10.0, 40.0], DEADLINE: ["2 h", "24 h"]}, "box")
    points = [tuple(point.values()) for point in plan.points()]
    assert len(points) == len(plan) == box.usual_points(2) == 24
    assert points[0] == (26.0, "8 h")
    assert set(points[1:5]) == {(10.0, "2 h"), (10.0, "24 h"), (40.0, "2 h"), (40.0, "24 h")}
    assert set(points[5:9]) == {(10.0, "8 h"), (40.0, "8 h"), (26, "2 h"), (26, "24 h")}
    # The rest lies within, and half of it below the middle of each lever, which is 25 seats and sqrt(48) hours.
    within = points[9:]
    assert all(10 < staff < 40 for staff, _ in within if staff != 10.0)
    assert 6 <= sum(staff < 25 for staff, _ in within) <= 9
    assert 6 <= sum(float(deadline.removesuffix(" h")) < 48**0.5 for _, deadline in within) <= 9
    assert all(float(staff).is_integer() for staff, _ in points)


def test_one_lever_is_even(tiny: sim.Scenario) -> None:
    points = [point[STAFF] for point in design(tiny, {STAFF: [10.0, 40.0]}, "box", 7).points()]
    assert points == [26.0, 10.0, 16, 22, 28, 34, 40.0]


def test_one_lever_of_a_scenario_that_lies_outside_is_simulated_at_both_ends(tiny: sim.Scenario) -> None:
    for low, high, middle in ((30.0, 60.0, [36, 42, 48, 54]), (5.0, 25.0, [9, 13, 17, 21])):
        points = [point[STAFF] for point in design(tiny, {STAFF: [low, high]}, "box", 7).points()]
        assert points == [26.0, low, *middle, high]


def test_whole_steps_that_are_one_are_simulated_once(tiny: sim.Scenario) -> None:
    points = [point[TRIES] for point in design(tiny, {TRIES: [1, 4]}, "box").points()]
    assert points == [2, 1, 3, 4]


@pytest.mark.parametrize("levers", range(1, 8))
def test_a_box_has_as_many_points_as_are_asked_for_and_they_are_in_it(levers: int) -> None:
    usual = box.usual_points(levers)
    for samples in (box.least_points(levers), usual):
        rows = box.box_coordinates(np.full(levers, 1.5), samples, np.random.default_rng(1))
        assert rows.shape == (samples, levers)
        assert ((rows >= 0.0) & (rows <= 1.0)).all()
    corners = ((rows == 0.0) | (rows == 1.0)).all(axis=1).sum()
    assert corners <= usual / 2 + 1 + 2 * levers
    if levers in (2, 3, 4):
        assert len(np.unique(rows[((rows == 0.0) | (rows == 1.0)).all(axis=1)], axis=0)) == 2**levers


def test_two_boxes_are_alike_and_another_seed_gives_another(tiny: sim.Scenario) -> None:
    vary: dict[str, Sequence[Value]] = {STAFF: [10.0, 40.0], DPRIME: [3.8, 4.4]}
    one, two = (list(design(tiny, vary, "box").points()) for _ in range(2))
    assert one == two
    assert list(design(sim.load_scenario("tiny", seed=8), vary, "box").points()) != one


def test_a_lever_without_values_has_its_own_range(tiny: sim.Scenario) -> None:
    axis = design(tiny, {"warning.app.read": []}, "box").axes[0]
    assert axis.given == (0.3, 0.95)


@pytest.mark.parametrize(
    ("vary", "samples", "message"),
    [
        ({STAFF: [3.0]}, None, "desks.visit.staff=3.0: a range needs exactly two numbers; "),
        ({STAFF: [3.0, 4.0, 5.0]}, None, "desks.visit.staff=3.0,4.0,5.0: a range needs exactly two numbers; "),
        ({STAFF: [4.0, 4.0]}, None, "desks.visit.staff=4.0,4.0: the ends must be two different numbers; "),
        ({"warning.tiers.red.first": ["call", "visit"]}, None, "warning.tiers.red.first=call,visit: the ends must be "),
        ({"warning.tiers.red.also_if_reached": [False, True]}, None, "warning.tiers.red.also_if_reached=False,True: "),
        (
            {"desks.visit.stuff": [1, 2]},
            None,
            "desks.visit.stuff has no value in the scenario, so its range is unknown; ",
        ),
        ({"warning.tiers.red.first": []}, None, "warning.tiers.red.first has no range in the scenario; "),
        ({STAFF: [10.0, 40.0]}, 4, "a box over 1 range needs 5 to "),
    ],
)
def test_what_is_no_box_is_refused(
    tiny: sim.Scenario, vary: dict[str, list[Value]], samples: int | None, message: str
) -> None:
    with pytest.raises(DesignError) as refused:
        design(tiny, vary, "box", samples)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("start", [0.0, 1 / 3, 0.5, 1.0])
def test_a_scenario_that_is_one_of_the_even_points_takes_no_place_of_another(start: float) -> None:
    found = box.box_coordinates(np.array([start]), 5, np.random.default_rng(1))
    assert len(np.unique(found.round(9))) == 5
    assert found[0, 0] == pytest.approx(start)
    assert {0.0, 1.0} <= set(found[:, 0])
