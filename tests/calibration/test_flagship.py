"""What the flagship says of its own calibration hangs together."""

from pathlib import Path

import pytest

import sim
from sim.calibration.targets import label_of
from sim.experiments.parameters import free_parameters

LAST_WEEKS = {"start": "2022-11-30", "end": "2022-12-31", "warmup": "0 d"}
LOOKED_AT = {
    "cards_eliminated@2021-01-01..2022-11-30",
    "cards_eliminated@2021-01-01..2022-06-09",
    "cards_eliminated@2021-04-01..2022-07-31",
    "calls_intercepted@2021-04-01..2022-07-31",
    "sms_intercepted@2021-04-01..2022-07-31",
    "cases_solved@2021-04-01..2022-07-31",
    "suspects_arrested@2021-04-15..2022-04-14",
    "cases_filed_change@2021-04-15..2022-04-14",
    "losses@2020-01-01..2020-12-31",
}
"""Reported figures of other windows or definitions, of which the posterior has predicted nothing yet."""


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022")


def test_every_calibrated_parameter_names_the_fitted_figure_that_fixed_it(flagship: sim.Scenario):
    fitted = {label_of(row.name, row.window) for row in flagship.spec.figures if row.role == "fitted"}
    named = {one.key: flagship.sources[one.key].target for one in free_parameters(flagship, "calibrated")}
    assert set(named.values()) <= fitted
    # Both solved years and their change are one thing said twice.
    assert len(fitted - set(named.values())) <= 1
    origins = {key for key, source in flagship.sources.items() if source.origin == "calibrated"}
    assert origins == set(named)


def test_every_fitted_figure_has_a_tolerance_and_what_chance_does_to_it(flagship: sim.Scenario):
    for row in flagship.spec.figures:
        if row.role == "fitted":
            assert row.tolerance == (0.005 if row.name.endswith("_change") else 0.01)
            assert row.standard_error is not None
            assert row.standard_error > 0


def test_what_was_not_fitted_is_predicted_with_an_interval(flagship: sim.Scenario):
    predicted = [row for row in flagship.spec.figures if row.role == "predicted" and row.value is not None]
    looked_at = {label_of(row.name, row.window) for row in predicted if row.interval is None}
    assert looked_at == LOOKED_AT
    assert len(predicted) == 6 + len(LOOKED_AT)
    for row in predicted:
        assert row.tolerance is None
        assert row.interval is None or 0 < row.interval[0] < row.interval[1]


def test_stored_draws_are_of_the_parameters_that_have_a_range_and_lie_inside(flagship: sim.Scenario):
    draws = sim.posterior("china-2022")
    # Growth of staff has not been drawn: every draw has the flagship's.
    assert list(draws.columns) == [one.key for one in free_parameters(flagship) if ".growth.ramp." not in one.key]
    assert len(draws) >= 15
    for number in (0, len(draws) // 2, len(draws) - 1):
        drawn = sim.load_scenario("no-warning", draw=number)  # values outside of a range would be refused
        assert drawn.spec.fraud.loss_growth == pytest.approx(float(draws["fraud.loss_growth"][number]))
    assert draws.nunique().min() > 1


def test_warnings_go_on_growing_in_december(tmp_path: Path):
    run = sim.run(sim.load_scenario("china-2022-full", scale=3e-6, period=LAST_WEEKS), tmp_path / "run", workers=1)
    state = run.state[run.state["quantity"].isin(["coverage_central", "coverage_local"])]
    mean = state.groupby(["quantity", "day"], observed=True)["value"].mean().unstack()
    assert (mean.iloc[:, -1] / mean.iloc[:, 0] > 1.015).all()
    assert (mean.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    years = [row for row in run.manifest["figures"] if row["window"] == ["2022-01-01", "2022-12-31"]]
    assert {row["name"] for row in years} >= {"alerts_central", "calls_intercepted", "cases_solved"}
    assert all(row["role"] == "predicted" and row["reported"] is None for row in years)
