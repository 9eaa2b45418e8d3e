"""What the flagship says of its own calibration hangs together."""

from pathlib import Path

import pytest

import sim
from sim.calibration.targets import label_of
from sim.experiments.parameters import free_parameters
from sim.reading.stored_answers import answer_tables

LAST_WEEKS = {"start": "2022-11-30", "end": "2022-12-31", "warmup": "0 d"}
LOOSEST = 0.05
"""Largest tolerance of a fitted figure: what cannot be met within it is named, and not allowed for."""


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022")


def test_every_calibrated_parameter_names_the_fitted_figure_that_fixed_it(flagship: sim.Scenario):
    fitted = {label_of(row.name, row.window) for row in flagship.spec.figures if row.role == "fitted"}
    named = {one.key: flagship.sources[one.key].target for one in free_parameters(flagship, "calibrated")}
    assert set(named.values()) <= fitted
    # Those that fix none are further windows of a quantity that does: one ramp has all totals of central alerts.
    fixing = {label.partition("@")[0] for label in named.values()}
    assert {label.partition("@")[0] for label in fitted} <= fixing
    origins = {key for key, source in flagship.sources.items() if source.origin == "calibrated"}
    assert origins == set(named)


def test_every_fitted_figure_has_a_tolerance_and_what_chance_does_to_it(flagship: sim.Scenario):
    for row in flagship.spec.figures:
        if row.role == "fitted":
            assert row.tolerance is not None
            assert (row.tolerance == 0.005) if row.name.endswith("_change") else 0.01 <= row.tolerance <= LOOSEST
            assert row.standard_error is not None
            assert row.standard_error > 0


def test_without_a_posterior_nothing_has_an_interval_of_parameters(flagship: sim.Scenario):
    assert answer_tables() == []
    with pytest.raises(sim.ScenarioError, match="no draws are stored with 'china-2022'"):
        sim.posterior("china-2022")
    assert flagship.spec.calibration is not None
    assert flagship.spec.calibration.members == 0
    predicted = [row for row in flagship.spec.figures if row.role == "predicted" and row.value is not None]
    assert len(predicted) > 10
    assert all(row.tolerance is None and row.interval is None for row in predicted)


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


ONE_BY_ONE = ("alerts_", "calls_", "sms_", "cards_")
"""Beginnings of figures that count what is drawn one by one."""


def test_what_thinning_adds_is_that_of_what_is_drawn_one_by_one(flagship: sim.Scenario):
    rows = [row for row in flagship.spec.figures if row.sampling_error and row.name.startswith(ONE_BY_ONE)]
    assert len(rows) > 10
    for row in rows:
        assert isinstance(row.value, float)
        # The fit has a little more or less than was reported.
        assert row.sampling_error == pytest.approx(row.value**0.5, rel=0.12), row.name
