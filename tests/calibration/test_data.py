"""Data of runs at a level: no bias of the level is left, whichever seed they have; and how runs are asked for."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.calibration.fit import Data, Evaluations, Level, Model, Task, standard_error
from sim.draws.functions import normal_quantile
from sim.reading.run import Outcome
from sim.store.columns import Known, Scope

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


SHARE = Known("dropout_given_engaged", None, 0.57, 0.40, 0.75, "a survey", count=746)
SIGMA = 1.2


@pytest.mark.parametrize("low", [0.4, 0.0])
def test_a_share_with_a_count_has_the_error_of_its_count(low: float):
    row = replace(SHARE, low=low)
    shares = np.random.default_rng(1).binomial(746, 0.57, 200_000) / 746.0
    sampled = np.log(shares) if low > 0.0 else shares
    assert standard_error(row) == pytest.approx(sampled.std(), rel=0.01)
    # Between places the logit varies; the count adds to that.
    logits = np.log(0.57 / 0.43) + 0.1 * np.random.default_rng(2).standard_normal(200_000)
    places = np.random.default_rng(3).binomial(746, 1.0 / (1.0 + np.exp(-logits))) / 746.0
    sampled = np.log(places) if low > 0.0 else places
    assert standard_error(replace(row, spread=0.1)) == pytest.approx(sampled.std(), rel=0.01)


@pytest.mark.parametrize(
    ("name", "estimate"),
    [
        ("loss_median", lambda logs: logs.mean(axis=1)),
        ("loss_mean", lambda logs: logs.mean(axis=1) + logs.var(axis=1) / 2.0),
        ("loss_sigma", lambda logs: np.log(logs.std(axis=1))),
    ],
)
def test_losses_with_a_count_have_the_error_of_their_sample(name: str, estimate: Any):
    logs = SIGMA * np.random.default_rng(4).standard_normal((100_000, 200))
    row = Known(name, None, 1.2, 0.9, 1.5, "a district", count=200)
    assert standard_error(row, SIGMA) == pytest.approx(estimate(logs).std(), rel=0.01)
    assert standard_error(replace(row, spread=0.3), SIGMA) == pytest.approx(np.hypot(0.3, estimate(logs).std()), 0.01)


def test_evidence_with_a_count_is_centred_at_its_value(small: sim.Scenario):
    losses = Known("loss_median", None, 30000, 20000, 60000, "a district", count=32, spread=0.2)
    sigma = Known("loss_sigma", None, SIGMA, 0.9, 1.5, "a district")
    scope = replace(Scope.of(small), evidence=(replace(SHARE, count=None), losses, sigma))
    names = ["dropout_given_engaged", "loss_median"]
    data = Data(scope, names, [{**outcome(one), "evidence": [0.5, 30000, 1]} for one in (1.0, 1.01)], 1.0)
    assert np.exp(data.observed[-2:]) == pytest.approx([np.sqrt(0.40 * 0.75), 30000])
    expected = [np.log(0.75 / 0.40) / 2.0 / normal_quantile(0.95), np.hypot(SIGMA / np.sqrt(32.0), 0.2)]
    assert data.errors({})[-2:] == pytest.approx(expected)


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
