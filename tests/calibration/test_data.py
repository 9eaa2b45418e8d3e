"""Data of runs at a level: no bias of the level is left, whichever seed they have; and how runs are asked for."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.calibration.data import Data, Model
from sim.calibration.evaluations import Evaluations, Level, Task
from sim.reading.outcomes import Outcome
from sim.store.scope import Known, Scope

LEVEL = Level(0.5, (11, 12, 13))
BIAS = 1.2
"""Of the level's runs, a factor."""


def outcome(factor: float) -> Outcome:
    """Return a run whose figures are all so many times the reported ones."""
    return {"figures": [factor * value for value in (2900, 2000, 7200, 5600, 1900)], "evidence": []}


class Runs:
    """Stands for evaluations: runs of the level are off by its bias, and by what chance makes of each seed."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def evaluate(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Return an outcome for each task."""
        self.seeds += [task.seed for task in tasks]
        return [outcome(BIAS * (1.0 + 0.1 * (task.seed - 11))) for task in tasks]

    evaluate_possible = evaluate


@pytest.mark.parametrize("seed", [None, 99])
def test_the_mean_of_the_levels_runs_is_what_is_expected(small: sim.Scenario, seed: int | None):
    data = Data(Scope.of(small), (), [outcome(factor) for factor in (0.98, 1.0, 1.03)], 1.0)
    runs = Runs()
    model = Model(data, runs, LEVEL, [], {}, seed)  # type: ignore[arg-type]
    of_level = runs.evaluate([Task(LEVEL, one, {}) for one in LEVEL.seeds])
    assert model.data(of_level).mean(axis=0) == pytest.approx(data.expected())
    expected = [data.simulated_figures(outcome(factor)) for factor in (0.98, 1.0, 1.03)]
    assert model.figures(of_level).mean(axis=0) == pytest.approx(np.mean(expected, axis=0))
    # Where a run is off from that by chance it stays so: seed 13 has nine per cent more than the seeds in the mean.
    tolerances = 100.0 * np.log(1.2 / np.cbrt(1.1 * 1.2))
    assert (model.data(of_level)[2] - data.expected())[0] == pytest.approx(tolerances, rel=0.02)


def test_a_claim_is_no_datum(small: sim.Scenario):
    known = Known("alert_precision", None, None, 0.2, 0.4, "a survey")
    scope = replace(Scope.of(small), evidence=(replace(known, low=0.8, high=0.9, claimed=True), known))
    data = Data(scope, ["alert_precision"], [{**outcome(one), "evidence": [0.3, 0.3]} for one in (1.0, 1.01)], 1.0)
    assert data.names[-1] == "alert_precision"
    assert len(data.names) == len(data.targets.fitted) + 1
    assert np.exp(data.observed[-1]) == pytest.approx(np.sqrt(0.2 * 0.4))


def test_points_are_run_with_the_seed_of_the_model(small: sim.Scenario):
    data = Data(Scope.of(small), (), [outcome(1.0), outcome(1.01)], 1.0)
    runs = Runs()
    model = Model(data, runs, LEVEL, [], {}, 99)  # type: ignore[arg-type]
    runs.seeds.clear()
    model.outcomes(np.zeros((2, 0)))
    assert runs.seeds == [99, 99]
    assert model.chance(np.ones(4)) == pytest.approx(100.0 * np.log([1.2, 1.32, 1.44]).std(ddof=1), rel=0.01)


class Counted(Evaluations):
    """Evaluations that count the scenarios that they have made."""

    made = 0

    def _scenario_of(self, task: Task) -> sim.Scenario:
        self.made += 1
        return super()._scenario_of(task)


class Instant(Executor):
    """Makes runs at once, without running anything; ``made`` are the scenarios that there were as each began."""

    def __init__(self) -> None:
        self.evaluations: Counted
        self.made: list[int] = []

    def submit(self, *_given: Any, **_named: Any) -> "Future[Any]":
        """Return what is finished."""
        self.made.append(self.evaluations.made)
        future: Future[Any] = Future()
        future.set_result(({"figures": [len(self.made)]}, 0.0))
        return future


def test_scenarios_are_made_as_runs_begin_and_there_is_no_outcome_where_none_can_be(
    small: sim.Scenario, tmp_path: Path
):
    impossible = {"warning.detectors.central.thresholds.blue": 1.0, "warning.detectors.central.thresholds.red": 0.1}
    tasks = [Task(LEVEL, seed, impossible if seed == 2 else {}) for seed in range(9)]
    instant = Instant()
    with Counted(small, tmp_path / "work", workers=1, executor=instant) as evaluations:
        instant.evaluations = evaluations
        outcomes = evaluations.evaluate_possible(tasks)
    assert instant.made == [1, 2, 4, 5, 6, 7, 8, 9]
    assert [one and one["figures"] for one in outcomes] == [[1], [2], None, *([n] for n in range(3, 9))]
