"""A surface through simulated points: kriging with a plane as its trend, and its error where nothing was simulated.

Values at points of a unit cube are modelled as a plane, plus a smooth departure that is more alike the nearer two
points are, plus run-to-run noise at each point. The correlation length of each lever and the noise are estimated by
restricted maximum likelihood. A prediction is a sum of few products, so that a page can evaluate it;
``docs/explore.md`` explains it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.experiments.intervals import LEVEL

Array = npt.NDArray[np.float64]

LENGTHS = (0.1, 20.0)
"""Correlation lengths in sides of the cube: the least and the most that is tried."""

CHANCE = (1e-4, 10.0)
"""The variance of noise over that of the departure: the least and the most that is tried."""

USUAL_LENGTH, LENGTH_SPREAD = 1.0, 1.0
"""The prior of a length: its median, and the standard deviation of its logarithm."""

USUAL_CHANCE, CHANCE_SPREAD = 1e-2, 2.0
"""The prior of the noise."""

STARTS = ((0.5, 1e-2), (2.0, 1e-1))
"""Lengths and noise at which the search begins; the better result is taken."""


@dataclass(frozen=True)
class Surface:
    """A surface through points of the unit cube, one for each replicate, all with the same lengths and noise.

    Attributes:
        points: (points, levers) The simulated points.
        values: (points, replicates) The simulated values.
        lengths: (levers,) Correlation lengths of departures from the plane, in sides of the cube.
        chance: The variance of run-to-run noise at a point over that of the departure.
    """

    points: Array
    values: Array
    lengths: Array
    chance: float

    @cached_property
    def _factor(self) -> Array:
        """The lower Cholesky factor of the correlations of the points."""
        return np.asarray(np.linalg.cholesky(correlations(self.points, self.points, self.lengths) + self._noise))

    @property
    def _noise(self) -> Array:
        return self.chance * np.eye(len(self.points))

    def _solved(self, right: Array) -> Array:
        from scipy.linalg import cho_solve

        return np.asarray(cho_solve((self._factor, True), right))

    @cached_property
    def _projection(self) -> Array:
        """The map from values to their weights, without the plane: (points, points)."""
        plane, inverse = plane_of(self.points), self._solved(np.eye(len(self.points)))
        beside = inverse @ plane
        return np.asarray(inverse - beside @ np.linalg.solve(plane.T @ beside, beside.T))

    @cached_property
    def slopes(self) -> Array:
        """(1 + levers, replicates) The plane: its value at the origin, and its slope along each lever."""
        plane = plane_of(self.points)
        return np.asarray(np.linalg.solve(plane.T @ self._solved(plane), plane.T @ self._solved(self.values)))

    @cached_property
    def weights(self) -> Array:
        """(points, replicates) The factor of the correlation with each point."""
        return self._solved(self.values - plane_of(self.points) @ self.slopes)

    @property
    def freedom(self) -> int:
        """The degrees of freedom that remain after the plane."""
        points, levers = self.points.shape
        return int(points - levers - 1)

    @cached_property
    def deviation(self) -> float:
        """The standard deviation of the departure from the plane, for the mean over replicates."""
        mean = self.values.mean(axis=1)
        return float(np.sqrt(max(0.0, float(mean @ self._projection @ mean)) / self.freedom))

    @cached_property
    def left_out(self) -> tuple[Array, Array]:
        """Prediction errors of the mean at each point if it is left out, and their predicted standard deviations."""
        diagonal = np.diag(self._projection)
        return self._projection @ self.values.mean(axis=1) / diagonal, self.deviation / np.sqrt(diagonal)

    @cached_property
    def width(self) -> float:
        """Half the width of the interval of ``LEVEL``, in standard deviations.

        It is Student's quantile, made wider by the factor by which left-out points miss more than predicted.
        """
        from scipy.special import stdtrit

        errors, deviations = self.left_out
        missed = np.sqrt(np.mean((errors[deviations > 0] / deviations[deviations > 0]) ** 2)) if self.deviation else 1.0
        return float(stdtrit(self.freedom, (1.0 + LEVEL) / 2.0)) * max(1.0, float(missed))

    def at(self, places: Array) -> tuple[Array, Array]:
        """Return predictions (places, replicates) at places (places, levers) of the unit cube, and errors (places,).

        An error is the standard deviation of the mean over replicates, with the noise of one point.
        """
        near = correlations(places, self.points, self.lengths)
        plane, own = plane_of(places), plane_of(self.points)
        beside = plane - near @ self._solved(own)
        spread = 1.0 + self.chance - np.sum(near * self._solved(near.T).T, axis=1)
        spread += np.sum(beside * np.linalg.solve(own.T @ self._solved(own), beside.T).T, axis=1)
        return plane @ self.slopes + near @ self.weights, self.deviation * np.sqrt(np.maximum(spread, 0.0))


def plane_of(places: Array) -> Array:
    """Return the terms of a plane: 1 and each coordinate, (places, 1 + levers)."""
    return np.concatenate([np.ones((len(places), 1)), places], axis=1)


def correlations(places: Array, points: Array, lengths: Array) -> Array:
    """Return the correlations of departures between places and points: Matérn's function of order 5/2.

    Source:
        Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equation 4.17.
    """
    apart = (places[:, None, :] - points[None, :, :]) / lengths
    scaled = np.sqrt(5.0 * np.sum(apart * apart, axis=2))
    return np.asarray((1.0 + scaled + scaled * scaled / 3.0) * np.exp(-scaled))


def fitted(points: Array, values: Array) -> Surface:
    """Return the surface whose lengths and noise make the mean over replicates most likely.

    ``points`` (points, levers) lie in the unit cube, all different, more than levers + 1 of them; ``values`` are
    (points, replicates).
    """
    from scipy.optimize import minimize

    levers = points.shape[1]
    mean = values.mean(axis=1)
    spread = float(mean.std())
    if spread == 0.0:
        return Surface(points, values, np.full(levers, USUAL_LENGTH), CHANCE[1])
    target = (mean - mean.mean()) / spread
    bounds = [tuple(np.log(LENGTHS))] * levers + [tuple(np.log(CHANCE))]
    ends = [
        minimize(
            _unlikeliness,
            [*[np.log(length)] * levers, np.log(chance)],
            (points, target),
            "L-BFGS-B",
            jac=True,
            bounds=bounds,
        )
        for length, chance in STARTS
    ]
    best = np.exp(min(ends, key=lambda end: float(end.fun)).x)
    return Surface(points, values, best[:-1], float(best[-1]))


def _unlikeliness(logarithms: Array, points: Array, target: Array) -> tuple[float, Array]:
    """Return the negative log posterior of lengths and noise, and its gradient.

    It is the restricted likelihood, with the scale profiled out, and the priors of lengths and noise.

    Source:
        Patterson and Thompson, Biometrika 58 (1971) 545; slopes as in Rasmussen and Williams (2006), equation 5.9.
    """
    lengths, chance = np.exp(logarithms[:-1]), float(np.exp(logarithms[-1]))
    trial = Surface(points, target[:, None], lengths, chance)
    projection, plane = trial._projection, plane_of(points)
    weights = projection @ target
    left = max(float(target @ weights), 1e-12)
    inner = plane.T @ trial._solved(plane)
    unlikely = (
        trial.freedom * np.log(left) + 2.0 * np.sum(np.log(np.diag(trial._factor))) + np.linalg.slogdet(inner)[1]
    ) / 2.0
    moved = projection - trial.freedom / left * np.outer(weights, weights)
    apart = ((points[:, None, :] - points[None, :, :]) / lengths) ** 2
    scaled = np.sqrt(5.0 * np.sum(apart, axis=2))
    by_length = np.einsum("ij,ij,ijk->k", moved, 5.0 / 3.0 * (1.0 + scaled) * np.exp(-scaled), apart) / 2.0
    by_chance = chance * np.trace(moved) / 2.0
    spreads = np.array([LENGTH_SPREAD] * len(lengths) + [CHANCE_SPREAD])
    off = (logarithms - np.log([USUAL_LENGTH] * len(lengths) + [USUAL_CHANCE])) / spreads
    return float(unlikely + np.sum(off * off) / 2.0), np.array([*by_length, by_chance]) + off / spreads
