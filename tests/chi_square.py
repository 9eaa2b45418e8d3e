"""Counts against expected counts: the one test of goodness of fit that the tests share."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

LIKELY = 1e-3
"""Counts whose p-value is below are refused; seeds are fixed, so a test that passes keeps passing."""
HOPELESS = 1e-9
"""A near miss must be refused with a p-value below, so that a test has power."""


def fit(counts: Sequence[float] | np.ndarray, expected: Sequence[float] | np.ndarray) -> float:
    """Return the p-value of Poisson counts against expected counts of 5 and more; the others are lumped together."""
    found, wanted = np.asarray(counts, dtype=float).ravel(), np.asarray(expected, dtype=float).ravel()
    few = wanted < 5.0
    if few.any():
        found = np.append(found[~few], found[few].sum())
        wanted = np.append(wanted[~few], wanted[few].sum())
        if wanted[-1] < 5.0:
            assert found[-1] < 25.0
            found, wanted = found[:-1], wanted[:-1]
    return float(stats.chi2.sf(((found - wanted) ** 2 / wanted).sum(), len(wanted)))


def share_fit(hits: int, trials: int, probability: float) -> float:
    """Return the two-sided p-value of a share of successes."""
    return float(stats.binomtest(hits, trials, probability).pvalue)
