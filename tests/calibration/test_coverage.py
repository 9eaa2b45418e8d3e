"""Simulation-based calibration: on data that the model made, the posterior holds the truth as often as it says."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calibration.coverage import ranks
from sim.calibration.evaluations import Evaluations
from sim.calibration.levels import Level

DATASETS = 60


@pytest.fixture(scope="module")
def found(small: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Ranks of the truth, by one step of regression: one ensemble serves all data sets, so that it takes a minute."""
    level = Level(1.0, (11, 12, 13, 14), pooled=True)
    with Evaluations(small, tmp_path_factory.mktemp("coverage"), 1) as evaluations:
        return ranks(small, evaluations, level, DATASETS, members=150, steps=1)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_intervals_hold_the_truth_as_often_as_they_say(found: np.ndarray, share: float):
    inside = (np.abs(found - 0.5) < share / 2.0).sum(axis=0)
    low, high = stats.binom.ppf([5e-4, 1.0 - 5e-4], DATASETS, share)
    assert (inside >= low).all(), inside
    assert (inside <= high).all(), inside


def test_ranks_are_even(found: np.ndarray):
    for column in found.T:
        counts, _ = np.histogram(column, bins=4, range=(0.0, 1.0))
        assert stats.chisquare(counts).pvalue > 1e-3, counts


def test_the_data_do_say_something(small: sim.Scenario, found: np.ndarray, tmp_path: Path):
    assert found.shape == (DATASETS, len(small.spec.calibration.parameters))
