"""Ranks of known parameters in the posteriors of their data: of an emulator, and of the model itself."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calibration.calibrate import calibrate
from sim.calibration.coverage import RANKED, ranks, uniformity
from sim.calibration.data import Data, Model
from sim.calibration.emulator import Emulator
from sim.calibration.evaluations import Evaluations, Level, Task
from sim.calibration.fit import values_at
from sim.calibration.page import to_markdown
from sim.calibration.posterior import Start, sample_posterior
from sim.calibration.prior import draw_errors, draw_prior, normal_scores
from sim.experiments.parameters import free_parameters
from sim.scenario.schema.population import COUNTRY
from sim.store.scope import Scope

Array = np.ndarray


def bent(rolls: np.random.Generator, size: float) -> Emulator:
    """Return a model of six data and thirty parameters, bent as far as is said."""
    slopes = rolls.standard_t(2.0, (6, 30)) * (rolls.random((6, 30)) < 0.4)
    square = size * rolls.standard_normal((6, 5, 5))
    curved = np.argsort(-np.sum(slopes**2, axis=0))[:5]
    return Emulator(np.zeros(6), slopes, curved, (square + np.swapaxes(square, 1, 2)) / 2.0, np.zeros(6))


@pytest.mark.parametrize("size", [0.0, 0.1])
def test_ranks_are_even_where_the_model_is_an_emulator(size: float):
    found = ranks(bent(np.random.default_rng(5), size), 11, 200)
    assert len(found) >= 190
    probabilities = uniformity(found)
    assert probabilities.min() > 1e-3 / 30
    assert stats.kstest(probabilities, "uniform").pvalue > 1e-3
    inside = np.mean((found >= 2) & (found < 38))
    assert inside == pytest.approx(0.9, abs=0.015)


def test_ranks_that_are_not_even_are_found_out():
    narrow = np.random.default_rng(1).binomial(RANKED, 0.5, (200, 3))
    assert uniformity(narrow).max() < 1e-6
    even = np.random.default_rng(2).integers(0, RANKED + 1, (200, 40))
    assert stats.kstest(uniformity(even), "uniform").pvalue > 1e-3


@pytest.mark.slow
def test_intervals_hold_the_truth_of_the_model_itself(small: sim.Scenario, tmp_path: Path):
    """Data sets of the model itself; the members of each are moved by runs of it.

    Every third parameter is free, without the five that the figures were made to fix: with these most data would be
    nowhere near the start, where a calibration begins with a fit.
    """
    known = set(small.spec.calibration.parameters)
    ranged = free_parameters(sim.scenario.changed(small, {"calibration.parameters": []}))
    every = sim.scenario.changed(
        small, {"calibration.parameters": [one.key for one in ranged if one.key not in known][::3]}
    )
    parameters = free_parameters(every)
    assert len(parameters) >= 40
    level, sets, members = Level(1.0, tuple(range(11, 19)), pool=COUNTRY), 8, 30
    with Evaluations(every, tmp_path, workers=1 if "PYTEST_XDIST_WORKER" in os.environ else None) as runs:
        reference = runs.evaluate([Task(level, seed, {}) for seed in level.seeds])
        data = Data(Scope.of(every), (), reference, 1.0)
        model = Model(data, runs, level, parameters, {})
        errors = data.errors({"alerts": 0.04, "interceptions": 0.04})
        truths, noise = draw_prior(1 << 40, sets, len(parameters)), draw_errors(1 << 40, sets, len(errors))
        own = np.array([one.coordinate(one.start) for one in parameters])
        held, left = [], []
        for number, truth in enumerate(truths):
            (made,) = runs.evaluate([Task(level, level.seeds[0], values_at(parameters, truth))])
            observed = model.data([made])[0] + errors * noise[number]

            def simulate(
                coordinates: Array, observed: Array = observed
            ) -> "tuple[list[sim.calibration.posterior.Outcome | None], Array]":
                outcomes = model.outcomes(coordinates)
                rows = [
                    (model.data([one])[0] - observed) / errors if one else np.full(len(errors), np.nan)
                    for one in outcomes
                ]
                return outcomes, np.array(rows)

            start = Start(own, (data.expected() - observed) / errors, model.chance(errors))
            drawn = sample_posterior(parameters, start, simulate, simulate, 5000 + number, members).accepted()
            assert len(drawn.outcomes) >= members / 2
            low, high = np.quantile(drawn.scores, [0.25, 0.75], axis=0)
            # What the data fix is fixed: along the steepest direction little is left of what the ranges leave open.
            steepest = np.linalg.svd(drawn.emulator.derivatives(drawn.scores.mean(axis=0)))[2][0]
            left.append(float((drawn.scores @ steepest).std()))
            held.append((normal_scores(truth) >= low) & (normal_scores(truth) <= high))
    # Half of the truths lie in the middle half; parameters are nearly independent, so their number is binomial.
    assert np.mean(left) < 0.6
    share = float(np.mean(held))
    assert share == pytest.approx(0.5, abs=4.0 * (0.25 / np.size(held)) ** 0.5 + 0.03)


@pytest.mark.slow
def test_the_page_of_a_calibration_says_what_is_known(small: sim.Scenario, tmp_path: Path):
    settings = {
        "calibration.parameters": [],
        "calibration.members": 30,
        "calibration.discrepancy": {"alerts": 0.04, "interceptions": None},
    }
    done = calibrate(sim.scenario.changed(small, settings), tmp_path)
    part = done.document["posterior"]
    assert part["draws"] >= 15
    assert {row["family"]: row["stated"] for row in part["discrepancy"]} == {"alerts": 0.04, "interceptions": 0.0}
    assert [row["fitted"] for row in part["left_out"]] == [True] * 4 + [False]
    assert sum(part["ranks"]["counts"]) == part["ranks"]["sets"] * part["parameters"]
    assert all(len(one["drivers"]) == (5 if one["explained"] else 0) for one in part["answers"].values())
    assert sum(one["explained"] > 0.0 for one in part["answers"].values()) >= 3
    assert all(row["ratios"] == sorted(row["ratios"]) for row in part["totals"])
    text = (tmp_path / "fit.md").read_text()
    for name in ("residuals", "left-out", "ranks", "drivers", "parameters"):
        assert f"(fit-{name}.svg)" in text
        assert (tmp_path / f"fit-{name}.svg").read_text().startswith("<?xml")
    part["answers"]["victims"] = {"explained": 0.0, "drivers": []}
    assert "| victims | 0% | not told by these runs |  |  |  |" in to_markdown(done.document).splitlines()
