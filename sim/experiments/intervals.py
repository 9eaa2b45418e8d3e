"""Confidence intervals of a mean of independent samples, by Student's t."""

from collections.abc import Sequence
from statistics import fmean, stdev

LEVEL = 0.95
"""Confidence level of all intervals except those over posterior draws."""


def quantile(samples: int) -> float:
    """Return the quantile of Student's t for the interval of a mean of ``samples``, at least 2."""
    from scipy.special import stdtrit

    return float(stdtrit(samples - 1, (1.0 + LEVEL) / 2.0))


def half_width(standard_deviation: float, samples: int) -> float:
    """Return half the width of the interval of a mean of at least two samples with this standard deviation."""
    return quantile(samples) * standard_deviation / float(samples**0.5)


def interval_of_mean(samples: Sequence[float]) -> tuple[float, float] | None:
    """Return the confidence interval of a mean of independent samples; None for a single one."""
    if len(samples) < 2:
        return None
    mean, half = fmean(samples), half_width(stdev(samples), len(samples))
    return mean - half, mean + half
