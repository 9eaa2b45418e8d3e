"""Confidence intervals of a mean of independent samples, by Student's t."""

LEVEL = 0.95
"""Confidence level of all intervals but those over posterior draws."""


def quantile(samples: int) -> float:
    """Return the quantile of Student's t for the interval of a mean of so many samples, at least 2."""
    from scipy.special import stdtrit

    return float(stdtrit(samples - 1, (1.0 + LEVEL) / 2.0))


def half_width(standard_deviation: float, samples: int) -> float:
    """Return half the width of the interval of a mean.

    Args:
        standard_deviation: Of one sample.
        samples: Their number, at least 2.

    Returns:
        The quantile of Student's t times the standard error of the mean, in the unit of the samples.
    """
    return quantile(samples) * standard_deviation / float(samples**0.5)
