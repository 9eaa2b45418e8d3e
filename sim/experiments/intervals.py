"""Confidence intervals of a mean of independent samples, by Student's t."""

LEVEL = 0.95
"""Confidence level of all intervals but those over posterior draws."""


def half_width(standard_deviation: float, samples: int) -> float:
    """Return half the width of the interval of a mean.

    Args:
        standard_deviation: Of one sample.
        samples: Their number, at least 2.

    Returns:
        The quantile of Student's t times the standard error of the mean, in the unit of the samples.
    """
    from scipy.special import stdtrit

    half: float = float(stdtrit(samples - 1, (1.0 + LEVEL) / 2.0)) * standard_deviation / samples**0.5
    return half
