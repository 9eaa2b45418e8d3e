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


def members_below(small: sim.Scenario, folder: Path) -> np.ndarray:
    """Return how many members of its posterior lie below the truth, (data sets, parameters)."""
    with Evaluations(small, folder, 1 if "PYTEST_XDIST_WORKER" in os.environ else None) as runs:
        shares = ranks(small, runs, (LEVEL, LEVEL), DATASETS, MEMBERS)
    # Members that are rejected have no part in a rank; there are few of them.
    assert np.isfinite(shares).all()
    return np.round(shares * MEMBERS)


def test_intervals_hold_the_truth_as_often_as_they_say_and_ranks_are_even(small: sim.Scenario, tmp_path: Path) -> None:
    below = members_below(small, tmp_path)
    for first, last in ((3, 6), (1, 8)):
        held = ((below >= first) & (below <= last)).sum(axis=0)
        low, high = stats.binom.ppf([5e-4, 1.0 - 5e-4], DATASETS, (last - first + 1) / (MEMBERS + 1))
        assert ((held >= low) & (held <= high)).all(), (first, last, held)
    for column in below.T:
        counts, _ = np.histogram(column, bins=5, range=(0.0, MEMBERS))
        assert stats.chisquare(counts).pvalue > 1e-3, counts
