"""The prior: every free parameter is even over its range, and standard normal in normal scores.

A normal score is the standard normal quantile of a unit-cube coordinate (``sim.experiments.parameters``).
"""

import numpy as np
import numpy.typing as npt

from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import MEMBER

Array = npt.NDArray[np.float64]

EDGE = 1e-4
"""The smallest distance of a coordinate from 0 and 1 for its normal score."""


def normal_scores(coordinates: Array) -> Array:
    """Return the standard normal quantiles of unit-cube coordinates."""
    inside = np.clip(coordinates, EDGE, 1.0 - EDGE)
    return np.asarray(np.vectorize(normal_quantile, otypes=[np.float64])(inside))


def coordinates_of(scores: Array) -> Array:
    """Return the unit-cube coordinates of normal scores."""
    return np.asarray(np.vectorize(normal_cdf, otypes=[np.float64])(scores))


def draw_prior(seed: int, members: int, parameters: int) -> Array:
    """Draw unit-cube coordinates evenly, (members, parameters); each draw has its own identity."""
    drawn = np.empty((members, parameters))
    for member in range(members):
        for number in range(parameters):
            high, low, _, _ = draw4(seed, member + 1, MEMBER, number)
            drawn[member, number] = uniform52(high, low)
    return drawn


def draw_errors(seed: int, members: int, data: int) -> Array:
    """Draw the errors of each member's observations: (members, data), standard normal."""
    drawn = np.empty((members, data))
    for member in range(members):
        for number in range(data):
            drawn[member, number] = normal_quantile(uniform32(draw4(seed, member + 1, MEMBER, number)[2]))
    return drawn
