"""The points of a box: what a surface over a few levers is best known from.

First the scenario as it is, then the corners of the box and the ends of each lever with all others as they are, so that
nothing within lies outside of what was simulated; then points of a Sobol sequence, which fill it evenly.
"""

from itertools import product

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TIMES = 4
"""Points for each coefficient of a quadratic surface, where no number is asked for."""


def usual(levers: int) -> int:
    """Return how many points a box of so many levers has where no number is asked for: 12, 24, 40, 60, 84, 112."""
    return TIMES * (levers + 1) * (levers + 2) // 2


def least(levers: int) -> int:
    """Return how few points still make a surface: a plane, both ends of each lever, and something to check it by."""
    return 2 * levers + 3


def coordinates(start: Array, samples: int, generator: np.random.Generator) -> Array:
    """Return unit-cube coordinates of the points of a box.

    Args:
        start: The scenario as it is, (levers,); less than 0 or more than 1 where it lies outside of the box, which the
            other points then take to its end.
        samples: How many points, at least ``least`` of the levers.
        generator: Scrambles the Sobol sequence.

    Returns:
        (samples, levers) Coordinates; those of the scenario as it is come first, taken into the box.
    """
    inside = np.clip(start, 0.0, 1.0)
    levers = len(inside)
    if levers == 1:
        rest = np.linspace(0.0, 1.0, samples - 1)
        if np.isclose(rest, start[0]).any():  # one of them is the scenario itself: as many others
            rest = np.linspace(0.0, 1.0, samples)
            rest = np.delete(rest, np.abs(rest - start[0]).argmin())
        return np.concatenate([inside[None], rest[:, None]])
    rows = [inside[None], _corners(levers, samples), _ends(inside)]
    left = samples - sum(map(len, rows))
    return np.concatenate([*rows, _filling(levers, left, generator)])[:samples]


def _corners(levers: int, samples: int) -> Array:
    """Return all corners, or every second one where all would be more than half of the points, or none."""
    corners = np.array(list(product((0.0, 1.0), repeat=levers)))
    if 2 * len(corners) > samples:
        corners = corners[corners.sum(axis=1) % 2 == 0]
    return corners if 2 * len(corners) <= samples else corners[:0]


def _ends(inside: Array) -> Array:
    """Return the ends of each lever with all others as they are."""
    rows = np.repeat(inside[None], 2 * len(inside), axis=0)
    for lever in range(len(inside)):
        rows[2 * lever : 2 * lever + 2, lever] = 0.0, 1.0
    return rows


def _filling(levers: int, number: int, generator: np.random.Generator) -> Array:
    """Return the first points of a scrambled Sobol sequence."""
    from scipy.stats import qmc

    if number <= 0:
        return np.empty((0, levers))
    drawn = qmc.Sobol(levers, scramble=True, rng=generator).random_base2(int(number - 1).bit_length())
    return np.asarray(drawn[:number], dtype=np.float64)
