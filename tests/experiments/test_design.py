"""Designs: the points of a grid, a Sobol sequence and a Latin hypercube."""

import numpy as np
import pytest

import sim
from sim.experiments.parameters import DesignError, design

STAFF, READ, FIRST = "desks.visit.staff", "warning.app.read", "warning.tiers.red.first"


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022")


def test_in_a_grid_every_value_meets_every_other(flagship: sim.Scenario):
    plan = design(flagship, {STAFF: [1, 2], FIRST: ["visit", "call"]})
    assert len(plan) == 4
    assert list(plan.points()) == [
        {STAFF: 1, FIRST: "visit"},
        {STAFF: 1, FIRST: "call"},
        {STAFF: 2, FIRST: "visit"},
        {STAFF: 2, FIRST: "call"},
    ]


@pytest.mark.parametrize(("kind", "samples"), [("sobol", 32), ("lhs", 30)])
def test_points_fill_their_ranges_evenly_and_choices_in_turn(flagship: sim.Scenario, kind: str, samples: int):
    plan = design(flagship, {STAFF: [100, 400], READ: [], FIRST: ["visit", "call", "app"]}, kind, samples)
    points = list(plan.points())
    assert len(points) == len(plan) == samples
    for key, low, high in ((STAFF, 100, 400), (READ, 0.3, 0.95)):
        coordinates = np.sort([(point[key] - low) / (high - low) for point in points])  # type: ignore[operator]
        # One in each of as many slices: both designs are stratified in every parameter.
        assert (np.floor(coordinates * samples) == np.arange(samples)).all()
    counts = [sum(point[FIRST] == first for point in points) for first in ("visit", "call", "app")]
    assert max(counts) - min(counts) <= 2


def test_a_wide_range_is_even_in_the_logarithm(flagship: sim.Scenario):
    points = list(design(flagship, {STAFF: [10, 1000]}, "sobol", 16).points())
    assert sum(point[STAFF] < 100 for point in points) == 8  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["sobol", "lhs"])
def test_a_design_is_the_same_each_time_and_another_for_another_seed(flagship: sim.Scenario, kind: str):
    one, two = (list(design(flagship, {STAFF: [1000, 4000]}, kind, 8).points()) for _ in range(2))
    assert one == two
    other = sim.load_scenario("china-2022", seed=1)
    assert list(design(other, {STAFF: [1000, 4000]}, kind, 8).points()) != one


@pytest.mark.parametrize(
    ("vary", "kind", "samples", "message"),
    [
        ({}, "grid", None, "no parameter is varied"),
        ({STAFF: [1]}, "cube", None, "design must be one of grid, sobol, lhs; got cube"),
        ({STAFF: []}, "grid", None, "desks.visit.staff has no values"),
        ({STAFF: [1, 2]}, "grid", 3, "a grid has one point for each combination of values"),
        ({STAFF: [1, 2]}, "lhs", None, "a lhs design needs a number of points"),
        ({STAFF: [1, 2]}, "sobol", 12, "samples of a Sobol sequence must be a power of two; got 12"),
        ({FIRST: []}, "lhs", 4, "warning.tiers.red.first has no range in the scenario"),
        ({STAFF: [1, 2]}, "lhs", 10**8, "100,000,000 points are too many"),
    ],
)
def test_a_design_that_cannot_be_made_is_refused(flagship: sim.Scenario, vary, kind: str, samples, message: str):
    with pytest.raises(DesignError) as refused:
        design(flagship, vary, kind, samples)
    assert str(refused.value).startswith(message)
