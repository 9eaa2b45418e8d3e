"""What the flagship says of its own calibration hangs together."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.calibration.fit import label_of
from sim.experiments.parameters import free_parameters, in_unit
from sim.reading.figures import days_of
from sim.store.columns import Scope

DRAWS = 200
LAST_WEEKS = {"start": "2022-11-30", "end": "2022-12-31", "warmup": "0 d"}
LOOSE = {
    **dict.fromkeys(("alerts_central", "2021-06-17", "2022-01-31"), 0.02),
    **dict.fromkeys(("dens_destroyed", "cases_solved@2021-05-31"), 0.02),
    **dict.fromkeys(("returned", "suspects_arrested@2021-05-31", "2021-12-31"), 0.03),
    "cases_filed": 0.05,
}
"""Tolerances by name, name and last day, or last day, where they are not a hundredth: windows of some months, and the
two months of filings that returns turn too slowly."""


def series(label: str) -> str:
    """Return the name of the series of a figure's label: changes are those of a level."""
    return label.partition("@")[0].removesuffix("_change")


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022")


def test_every_calibrated_parameter_names_the_fitted_figure_that_fixed_it(flagship: sim.Scenario):
    fitted = {label_of(row.name, row.window) for row in flagship.spec.figures if row.role == "fitted"}
    named = {one.key: flagship.sources[one.key].target for one in free_parameters(flagship, "calibrated")}
    assert set(named.values()) <= fitted
    # A figure that fixes nothing says something of a series of which another figure does.
    assert {series(one) for one in fitted - set(named.values())} <= {series(str(one)) for one in named.values()}
    origins = {key for key, source in flagship.sources.items() if source.origin == "calibrated"}
    derived = {key for key in origins if any(key.startswith(one) for one in flagship.spec.calibration.derived)}
    assert derived
    assert origins - derived == set(named)


def test_every_fitted_figure_has_a_tolerance_and_what_chance_does_to_it(flagship: sim.Scenario):
    for row in flagship.spec.figures:
        if row.role == "fitted":
            usual = 0.005 if row.name.endswith("_change") else 0.01
            keys = (row.name, f"{row.name}@{row.window[1]}", str(row.window[1]))
            assert row.tolerance == next((LOOSE[key] for key in keys if key in LOOSE), usual), row
            assert row.standard_error is not None
            assert row.standard_error > 0


def test_every_stored_draw_keeps_every_order_and_range(flagship: sim.Scenario):
    drawn = sim.posterior("china-2022")
    assert len(drawn) >= DRAWS
    free = {one.key: one for one in free_parameters(flagship)}
    assert set(free) <= set(drawn.columns)
    numbers = {key: np.array([one.read(cell) for cell in drawn[key]]) for key, one in free.items()}
    for key, column in numbers.items():
        assert free[key].low <= column.min() <= column.max() <= free[key].high, key
    orders = [[key for key in one.order if key in free] for one in flagship.spec.constraints]
    assert len([one for one in orders if len(one) > 1]) > 10
    for order in orders:
        for before, after in pairwise(order):
            ratio = in_unit(free[after], 1.0, free[before])
            assert (numbers[before] <= numbers[after] * ratio).all(), (before, after)


def test_what_is_predicted_has_an_interval_over_the_draws(flagship: sim.Scenario):
    scope = Scope.of(flagship)
    predicted = [one for one in scope.targets if one.role in ("predicted", "context") and one.value is not None]
    simulated = [
        one for one in predicted if all(days_of(scope, window) for window in (one.window, one.base or one.window))
    ]
    assert len(simulated) > 10
    assert all(one.tolerance is None and one.interval is not None for one in simulated)


@pytest.mark.slow
def test_gangs_make_the_stated_attempts_in_the_first_days_of_draws(tmp_path: Path):
    small = {"scale": "0.005", "population.pool": "country", "period.end": "2021-01-10"}
    for draw in range(0, len(sim.posterior("china-2022")), 10):
        state = sim.run(sim.load_scenario("china-2022", small, draw=draw), tmp_path / str(draw), workers=1).state
        effort = state[state["quantity"].str.startswith("effort_") & (state["day"] >= "2021-01-01")]
        assert effort["quantity"].nunique() == 3
        assert effort["value"].between(0.9, 1.1).all(), draw


@pytest.mark.slow
def test_local_warning_goes_on_growing_in_december_and_central_is_done(tmp_path: Path):
    run = sim.run(sim.load_scenario("china-2022-full", scale=3e-6, period=LAST_WEEKS), tmp_path / "run", workers=1)
    state = run.state[run.state["quantity"].isin(["coverage_central", "coverage_local"])]
    mean = state.groupby(["quantity", "day"], observed=True)["value"].mean().unstack()
    grown = mean.diff(axis=1).iloc[:, 1:]
    assert (grown.loc["coverage_local"] > 0).all()
    assert (grown.loc["coverage_central"] >= 0).all()
    assert mean.loc["coverage_central"].iloc[-1] == pytest.approx(
        run.scenario.spec.measures["warning-central"].coverage, rel=0.01
    )
    years = [row for row in run.manifest["figures"] if row["window"] == ["2022-01-01", "2022-12-31"]]
    assert {row["name"] for row in years} >= {"alerts_central", "calls_intercepted", "cases_solved"}
    assert all(row["role"] == "predicted" for row in years)
    assert {row["reported"] is None for row in years} == {True, False}


ONE_BY_ONE = {"alerts_": 2.0, "calls_": 12.0, "sms_": 12.0}
"""Beginnings of figures that count what is drawn one by one, and the most times a Poisson error that a run has: filters
lose d' by what they stop, so days depend on each other. Cards are a stock of expected values."""


def test_all_noise_of_the_flagship_comes_from_drawing_people_and_attempts(flagship: sim.Scenario):
    assert all(row.sampling_error is None for row in flagship.spec.figures)
    rows = [row for row in flagship.spec.figures if row.standard_error and row.name.startswith(tuple(ONE_BY_ONE))]
    assert len(rows) > 10
    for row in rows:
        assert isinstance(row.value, float)
        assert isinstance(row.standard_error, float)
        most = next(times for name, times in ONE_BY_ONE.items() if row.name.startswith(name))
        # The spread of eight runs is known to a quarter of itself.
        assert 0.5 < row.standard_error / row.value**0.5 < most, row
        assert row.standard_error < 0.001 * row.value, row
