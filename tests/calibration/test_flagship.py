"""What the flagship says of its own calibration hangs together."""

from pathlib import Path

import pytest

import sim
from sim.calibration.targets import label_of
from sim.experiments.parameters import free_parameters
from sim.reading.stored_answers import stored_answers

LAST_WEEKS = {"start": "2022-11-30", "end": "2022-12-31", "warmup": "0 d"}
LOOKED_AT = {"cases_filed_change@2021-04-15..2022-04-14", "losses@2020-01-01..2020-12-31"}
"""Reported figures that the draws predict nothing of: their windows, or bases, begin before the period."""

SAID_TWICE = {
    "cases_solved@2022-01-01..2022-11-30",
    "alerts_central@2021-04-01..2022-07-31",
    "cases_solved@2021-01-01..2021-12-31",
    "suspects_arrested@2021-01-01..2021-12-31",
}
"""Fitted figures that fix no parameter of their own: both solved years and their change are one thing said twice, one
ramp has three totals, and what waits for December is evidence."""

LOOSE = {"alerts_central": 0.09, "2021-12-31": 0.03}
"""Tolerances by name or last day where they are not a hundredth: no ramp meets all three totals of central alerts."""


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022")


def test_every_calibrated_parameter_names_the_fitted_figure_that_fixed_it(flagship: sim.Scenario):
    fitted = {label_of(row.name, row.window) for row in flagship.spec.figures if row.role == "fitted"}
    named = {one.key: flagship.sources[one.key].target for one in free_parameters(flagship, "calibrated")}
    assert set(named.values()) <= fitted
    assert fitted - set(named.values()) == SAID_TWICE
    origins = {key for key, source in flagship.sources.items() if source.origin == "calibrated"}
    assert origins == set(named)


def test_every_fitted_figure_has_a_tolerance_and_what_chance_does_to_it(flagship: sim.Scenario):
    for row in flagship.spec.figures:
        if row.role == "fitted":
            usual = 0.005 if row.name.endswith("_change") else 0.01
            assert row.tolerance == LOOSE.get(row.name, LOOSE.get(str(row.window[1]), usual))
            assert row.standard_error is not None
            assert row.standard_error > 0


def test_what_was_not_fitted_is_predicted_with_an_interval(flagship: sim.Scenario):
    predicted = [row for row in flagship.spec.figures if row.role == "predicted" and row.value is not None]
    looked_at = {label_of(row.name, row.window) for row in predicted if row.interval is None}
    assert looked_at == LOOKED_AT
    assert len(predicted) == 10 + len(LOOKED_AT)
    for row in predicted:
        assert row.tolerance is None
        assert row.interval is None or 0 < row.interval[0] < row.interval[1]


def test_stored_draws_are_of_the_parameters_that_have_a_range_and_lie_inside(flagship: sim.Scenario):
    draws = sim.posterior("china-2022")
    assert list(draws.columns) == [one.key for one in free_parameters(flagship)]
    assert len(draws) >= 200
    for number in (0, len(draws) // 2, len(draws) - 1):
        drawn = sim.load_scenario("no-warning", draw=number)  # values outside of a range would be refused
        assert drawn.spec.fraud.loss_growth == pytest.approx(float(draws["fraud.loss_growth"][number]))
    assert draws.nunique().min() > 1


def test_what_each_draw_answers_is_stored_for_any_scale_and_seed(flagship: sim.Scenario):
    for scenario in (flagship, sim.load_scenario("china-2022", scale=0.005, seed=7)):
        stored = stored_answers(scenario)
        assert stored is not None
        assert stored.draws == len(sim.posterior("china-2022"))
        low, high = stored.interval("victims", 4e6) or (0.0, 0.0)
        assert 0.0 < low < 4e6 < high
    assert stored_answers(sim.load_scenario("china-2022", {"desks.visit.staff": "3"})) is None


def test_local_warning_goes_on_growing_in_december_and_central_is_done(tmp_path: Path):
    run = sim.run(sim.load_scenario("china-2022-full", scale=3e-6, period=LAST_WEEKS), tmp_path / "run", workers=1)
    state = run.state[run.state["quantity"].isin(["coverage_central", "coverage_local"])]
    mean = state.groupby(["quantity", "day"], observed=True)["value"].mean().unstack()
    grown = mean.diff(axis=1).iloc[:, 1:]
    assert (grown.loc["coverage_local"] > 0).all()
    assert (grown.loc["coverage_central"] >= 0).all()
    assert mean.loc["coverage_central"].iloc[-1] == pytest.approx(
        run.scenario.spec.measures["warning-central"].coverage
    )
    years = [row for row in run.manifest["figures"] if row["window"] == ["2022-01-01", "2022-12-31"]]
    assert {row["name"] for row in years} >= {"alerts_central", "calls_intercepted", "cases_solved"}
    assert all(row["role"] == "predicted" and row["reported"] is None for row in years)


ONE_BY_ONE = ("alerts_", "calls_", "sms_", "cards_")
"""Beginnings of figures that count what is drawn one by one."""


def test_what_thinning_adds_is_that_of_what_is_drawn_one_by_one(flagship: sim.Scenario):
    rows = [row for row in flagship.spec.figures if row.sampling_error and row.name.startswith(ONE_BY_ONE)]
    assert len(rows) > 10
    for row in rows:
        assert isinstance(row.value, float)
        # The fit has up to a fifth more or less of cards and alerts than was reported.
        assert row.sampling_error == pytest.approx(row.value**0.5, rel=0.12), row.name
        assert row.standard_error is not None
        assert row.sampling_error < row.standard_error / 5, "most of it is chance of dens"
