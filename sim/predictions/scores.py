"""Scores of predictions: the continuous ranked probability score (CRPS), smaller is better.

It has the unit of the figure. That of a single number is its absolute error, so predictions with an interval and
rivals without one can be compared (Gneiting and Raftery, Journal of the American Statistical Association 102, 2007).
"""

import numpy as np
import numpy.typing as npt


def crps(values: npt.ArrayLike, reported: float) -> float:
    """Return the CRPS of an ensemble (values,), or of a single value, for a reported value.

    The mean distance from the reported value, less half the mean distance between two values: in closed form over
    sorted values (Hersbach, Weather and Forecasting 15, 2000).
    """
    ordered = np.sort(np.atleast_1d(np.asarray(values, dtype=np.float64)))
    count = len(ordered)
    between = (2.0 * np.arange(count) + 1.0 - count) @ ordered / count**2
    return float(np.abs(ordered - reported).mean() - between)
