"""A fit comes back to what made the figures, from wherever it starts, and an interruption costs nothing."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.base.failures import LOG
from sim.calibration.calibrate import calibrate
from sim.calibration.fit import Evaluations, Fitter, Level, Targets, Task, coarse_pool
from sim.calibration.report import fixed_by
from sim.experiments.parameters import free_parameters
from sim.experiments.store import OUTCOMES
from sim.reading.intervals import policy_digest, read_answers, stored_answers
from sim.scenario import changed
from sim.scenario.resolved import plain
from sim.scenario.schema.population import COUNTRY, Apart
from sim.scenario.schema.rules import OTHERS
from tests.calibration.conftest import SMALL, TRUE


def true_targets(evaluations: Evaluations, targets: Targets, level: Level) -> Targets:
    """Return the targets with the values that the true parameters make, in expectation over the level's seeds."""
    runs = evaluations.evaluate([Task(level, seed, TRUE) for seed in level.seeds])
    means = np.mean([run["figures"] for run in runs], axis=0)
    rows = tuple(dataclasses.replace(row, value=float(mean)) for row, mean in zip(targets.rows, means, strict=True))
    return Targets(rows, targets.fitted)


@pytest.mark.slow
@pytest.mark.parametrize("start", [0.2, 0.8])
def test_a_fit_comes_back_to_the_figures_and_to_what_made_them(
    start: float, small: sim.Scenario, evaluations: Evaluations, targets: Targets, levels: list[Level]
):
    parameters = free_parameters(small, "calibrated")
    made = true_targets(evaluations, targets, levels[-1])
    fit = Fitter(evaluations, parameters, made, levels).fit(np.full(len(parameters), start))
    residuals = made.simulated(list(fit.figures[levels[-1]].mean(axis=0))) - made.reported()
    assert np.abs(residuals).max() <= 0.45
    true = np.array([one.coordinate(float(str(TRUE[one.key]).split()[0])) for one in parameters])
    # A tolerance is a hundredth of a figure; the widest range of these is four times its low end.
    assert np.abs(fit.coordinates - true).max() < 0.03
    assert fixed_by(fit) == {
        "fraud.volumes.call.level": "calls_intercepted@2022-01-24..2022-01-30",
        "fraud.volumes.sms.level": "sms_intercepted@2022-01-24..2022-01-30",
        "measures.warning-central.coverage": "alerts_central@2022-01-24..2022-01-30",
        "measures.warning-local.coverage": "alerts_local@2022-01-24..2022-01-30",
    }


def test_provinces_are_one_where_no_measure_is_in_some_of_them(small: sim.Scenario):
    assert coarse_pool(small, 0.5) == COUNTRY
    assert coarse_pool(sim.load_scenario("china-2022"), 0.1) == COUNTRY
    assert coarse_pool(sim.load_scenario("china-2022"), 1.0) is None  # more attempts a cell than can be numbered
    assert coarse_pool(changed(small, {"desks.province_weights": {"11": 2.0}}), 0.5) == COUNTRY
    for desk in ("call", "visit"):
        assert coarse_pool(changed(small, {f"desks.{desk}.by_province": {"11": 2.0}}), 0.5) == COUNTRY
    assert coarse_pool(changed(small, {"measures.warning-central.province_weights": {"11": 1.1}}), 0.5) == COUNTRY


def test_a_province_with_a_measure_of_its_own_stays_apart_at_coarse_levels(small: sim.Scenario):
    holds = sim.load_scenario(str(SMALL), {"measures.banks.provinces": "[11]"})
    pool = coarse_pool(holds, 0.5)
    assert pool == Apart(apart=[11])
    coarse = Level(0.5, (1,), pool).scenario(holds, 1, {}).spec
    assert coarse.population.names == {11: small.spec.population.names[11], 44: OTHERS}
    assert coarse.measures["banks"].provinces == [11]
    asked = sim.load_scenario(str(SMALL), {"population.pool": "{apart: [44]}"})
    assert coarse_pool(asked, 0.5) is None


def test_a_pooled_country_has_the_people_of_its_provinces(small: sim.Scenario):
    rows = small.spec.population.provinces
    (pooled,) = Level(0.5, (1,), pool=COUNTRY).scenario(small, 1, {}).spec.population.provinces
    people = sum(row.population for row in rows)
    assert pooled.population == people
    urban = sum(row.share_urban * row.population for row in rows)
    assert pooled.share_urban * people == pytest.approx(urban)


def test_what_was_simulated_is_kept_and_what_was_cut_short_is_not(small: sim.Scenario, tmp_path: Path):
    level = Level(0.5, (1, 2), pool=COUNTRY)
    tasks = [Task(level, seed, {}) for seed in level.seeds]
    with Evaluations(small, tmp_path, workers=1) as first:
        outcomes = first.evaluate(tasks)
        assert first.simulated == 2
    next((tmp_path / OUTCOMES).iterdir()).unlink()
    with Evaluations(small, tmp_path, workers=1) as second:
        assert second.evaluate(tasks) == outcomes
        assert second.simulated == 1
    with Evaluations(small, tmp_path, workers=1) as third:
        assert third.evaluate(tasks) == outcomes
        assert third.simulated == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOG, OUTCOMES]


def test_runs_of_another_program_are_not_taken_for_its_own(
    small: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    task = Task(Level(0.5, (1,), pool=COUNTRY), 1, {})
    with Evaluations(small, tmp_path, workers=1) as first:
        first.evaluate([task])
    monkeypatch.setattr("sim.experiments.simulations.program_digest", lambda: "another")
    with Evaluations(small, tmp_path, workers=1) as second:
        second.evaluate([task])
        assert second.simulated == 1


@pytest.mark.slow
def test_a_calibration_writes_its_report_and_the_scenario_that_it_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sim.calibration.posterior.STEPS", 4)  # members that are far off are fewer after nine
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.read_text())
    scenario = sim.load_scenario(str(file), {"calibration.members": "10", "calibration.seeds": "2"})
    done = calibrate(scenario, tmp_path / "work", file, workers=1)
    again = calibrate(scenario, tmp_path / "work", workers=1)
    # Answers are stored next to the file, and need a run of what it says by then.
    assert {**again.document, "simulated": again.document["simulated"] + 1} == done.document
    held = [row["within"] for row in done.document["figures"] if row["role"] == "fitted"]
    assert len(held) == 4
    assert all(held)
    fitted = sim.load_scenario(str(file))
    for one in done.document["parameters"]:
        source = fitted.sources[one["key"]]
        assert (source.origin, source.target) == ("calibrated", one["target"])
        assert plain(changed(fitted, {one["key"]: one["value"]}).resolved) == plain(fitted.resolved)
    for row, known in zip(fitted.spec.figures, done.document["figures"], strict=True):
        assert row.standard_error == pytest.approx(known["standard_error"], rel=1e-3)
    assert fitted.spec.figures[-1].interval == pytest.approx(done.document["figures"][-1]["interval"], rel=1e-3)
    draws = sim.posterior(str(file))
    assert len(draws) == done.document["posterior"]["draws"] <= 10
    assert len(draws) >= 5
    stored = read_answers(tmp_path / "small-answers.csv")[policy_digest(fitted)]
    assert (stored.policy, stored.draws) == ("small", len(draws))
    assert stored_answers(fitted) is None, "only bundled tables are looked at"
    sim.load_scenario(str(file), draw=len(draws) - 1)
    assert draws.answers is not None
    assert draws.figures is not None
    assert list(draws.figures.columns) == [row["figure"] for row in done.document["figures"]]
    assert list(draws.figures.index) == list(draws.index)
    text = (tmp_path / "work" / "fit.md").read_text()
    assert "| alerts_central@2022-01-29..2022-01-30 | 1,900 |" in text
    assert "| `measures.warning-central.coverage` | calibrated | 0.2 to 1.0 |" in text


@pytest.mark.slow
def test_standard_errors_of_the_whole_country_are_not_replaced_by_those_of_a_part(tmp_path: Path):
    file = tmp_path / "small.yaml"
    of_calls = "value: 2900, role: fitted, tolerance: 0.01,"
    file.write_text(SMALL.read_text().replace(of_calls, f"{of_calls} standard_error: 5,"))
    scenario = sim.load_scenario(
        str(file), {"calibration.members": "0", "calibration.seeds": "2", "calibration.scales": "[0.5]"}
    )
    calibrate(scenario, tmp_path / "work", file, workers=1)
    calls, sms, *_ = sim.load_scenario(str(file)).spec.figures
    assert calls.standard_error == 5
    assert sms.standard_error is not None


@pytest.mark.slow
def test_a_fit_is_written_though_no_member_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sim.calibration.posterior.CONSISTENT", 0.0)
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.read_text())
    scenario = sim.load_scenario(str(file), {"calibration.members": "8", "calibration.seeds": "2"})
    done = calibrate(scenario, tmp_path / "work", file, workers=1)
    assert done.document["posterior"]["draws"] == 0
    assert [path.name for path in tmp_path.glob("*.csv")] == []
    fitted = sim.load_scenario(str(file))
    assert {one["key"]: fitted.sources[one["key"]].target for one in done.document["parameters"]} == {
        one["key"]: one["target"] for one in done.document["parameters"]
    }
