"""Simulation-based calibration: on data that the model made, the posterior holds the truth as often as it says."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calibration.coverage import ranks
from sim.calibration.evaluations import Evaluations
from sim.calibration.levels import Level

pytestmark = pytest.mark.slow

DATASETS = 30
MEMBERS = 9
LEVEL = Level(1.0, tuple(range(11, 27)), pooled=True)
"""Seeds enough to know the standard deviation of figures between them."""


@pytest.fixture(scope="module")
def below(small: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """How many members of its posterior lie below the truth, (data sets, parameters)."""
    folder: Path = tmp_path_factory.mktemp("coverage")
    with Evaluations(small, folder, 1 if "PYTEST_XDIST_WORKER" in os.environ else None) as runs:
        shares = ranks(small, runs, (LEVEL, LEVEL), DATASETS, MEMBERS)
    # Members that are rejected have no part in a rank; there are few of them.
    assert np.isfinite(shares).all()
    return np.round(shares * MEMBERS)


@pytest.mark.parametrize(("first", "last"), [(3, 6), (1, 8)])
def test_intervals_hold_the_truth_as_often_as_they_say(below: np.ndarray, first: int, last: int):
    held = ((below >= first) & (below <= last)).sum(axis=0)
    low, high = stats.binom.ppf([5e-4, 1.0 - 5e-4], DATASETS, (last - first + 1) / (MEMBERS + 1))
    assert ((held >= low) & (held <= high)).all(), held


def test_ranks_are_even(below: np.ndarray):
    for column in below.T:
        counts, _ = np.histogram(column, bins=5, range=(0.0, MEMBERS))
        assert stats.chisquare(counts).pvalue > 1e-3, counts
