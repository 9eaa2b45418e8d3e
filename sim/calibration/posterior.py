"""The posterior: what the data say of every free parameter, and what they leave open.

Randomised maximum likelihood (Kitanidis, Water Resources Research 31, 1995; Oliver, He and Reynolds, 1996): each
ensemble member begins as a draw from the ranges, with observations of its own, the reported data plus a draw of their
errors; ``descent`` then moves it to the nearest point where the model reproduces its observations. Distances are in
normal scores of unit-cube coordinates, in which the prior is standard normal. Members are draws of the posterior,
exactly where data are linear in the scores, elsewhere as nearly as simulation-based calibration (``coverage``) shows.
A member whose residuals stay large is rejected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.calibration.descent import Array, Descent, Indices
from sim.calibration.fit import JACOBIAN_SEEDS
from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import MEMBER
from sim.experiments.counts import Counts
from sim.experiments.parameters import Parameter

Simulate = Callable[[Array, Sequence[int]], Array]
"""Returns data (members, data) at unit-cube coordinates (members, parameters), each simulated with its seed."""

STEP = 0.2
"""Step of a finite difference in unit-cube coordinates, towards the middle: so wide that counts differ by far more than
chance."""

SIGNIFICANCE = 3.0
"""Threshold of significance of a slope, in standard errors; smaller slopes are set to 0."""

NORMAL_MEDIAN = 0.6745
"""The median of the absolute value of a normal variable, in standard deviations."""

ITERATIONS, FINE_ITERATIONS = 8, 3
"""Iterations at most with the coarsest model, and with each finer one from there."""

ACCEPTANCE = 2.0
"""A member is accepted whose root mean square residual is at most so many standard errors; that of data is 1."""

TYPICAL_ITERATIONS, TYPICAL_FINE_ITERATIONS = 6, 2
"""Typical numbers of iterations in which a member moves."""

EDGE = 1e-4
"""Least distance of a coordinate from 0 and 1 where its normal score is taken."""

FIXED = 0.25
"""A direction is called fixed where the data leave less than this share of its prior variance."""


class Start(NamedTuple):
    """Where all members begin.

    Attributes:
        coordinates: Unit-cube coordinates, (parameters,).
        expected: The expected data there, (data,).
        jacobian: Their derivatives, (data, parameters), in standard errors a normal score.
    """

    coordinates: Array
    expected: Array
    jacobian: Array


@dataclass(frozen=True)
class Direction:
    """A direction in the space of normal scores.

    Attributes:
        variance_left: The share of its prior variance that the data leave.
        weights: The entries of its unit vector by dotted key, largest first.
    """

    variance_left: float
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Posterior:
    """An ensemble: its prior draws and its posterior draws.

    Attributes:
        parameters: What was conditioned.
        seeds: The seed that each member is simulated with.
        prior: Unit-cube coordinates of the prior draws, (members, parameters).
        coordinates: Those of the posterior draws, (members, parameters).
        residuals: Of each member, root mean square over data, in standard errors, (members,).
        jacobian: Derivatives at the common start, (data, parameters), in standard errors a normal score.
    """

    parameters: tuple[Parameter, ...]
    seeds: tuple[int, ...]
    prior: Array
    coordinates: Array
    residuals: Array
    jacobian: Array

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Which parameters some datum depends on."""
        return np.asarray(self.jacobian.any(axis=0))

    def accepted(self) -> "Posterior":
        """Return the members whose residuals are small enough."""
        chosen = self.residuals <= ACCEPTANCE
        return replace(
            self,
            seeds=tuple(seed for seed, one in zip(self.seeds, chosen, strict=True) if one),
            prior=self.prior[chosen],
            coordinates=self.coordinates[chosen],
            residuals=self.residuals[chosen],
        )

    def spread_left(self) -> Array:
        """Return the share of each parameter's prior standard deviation, in normal scores, that the data leave."""
        before, after = normal_scores(self.prior), normal_scores(self.coordinates)
        return np.asarray(after.std(axis=0) / before.std(axis=0))

    def directions(self) -> list[Direction]:
        """Return the directions that the data constrain at the common start, the most constrained first.

        They are the right singular vectors of the Jacobian: a direction with the singular value s keeps 1 / (1 + s^2)
        of its variance. There are no more of them than data; all others keep their prior variance.

        Returns:
            As many directions as data, or as parameters where these are fewer.
        """
        _, sizes, vectors = np.linalg.svd(self.jacobian, full_matrices=False)
        directions = []
        for size, vector in zip(sizes, vectors, strict=True):
            signed = vector * np.sign(vector[np.abs(vector).argmax()])
            order = np.argsort(-np.abs(signed), kind="stable")
            weights = tuple((self.parameters[number].key, float(signed[number])) for number in order)
            directions.append(Direction(float(1.0 / (1.0 + size**2)), weights))
        return directions


def conditioning(members: int, parameters: int, models: int) -> list[Counts]:
    """Return how many runs a posterior takes of each of its models, from coarse to fine, beside those of the fit."""
    jacobian = Counts.exactly(JACOBIAN_SEEDS * (parameters + 1))
    counts = [Counts(1, TYPICAL_ITERATIONS, ITERATIONS).times(members).plus(jacobian)]
    fine = Counts(2, 1 + TYPICAL_FINE_ITERATIONS, 1 + FINE_ITERATIONS).times(members)
    counts += [fine] * (models - 1)
    counts[-1] = counts[-1].plus(Counts(0, members, members))  # what the draws predict
    return counts


def normal_scores(coordinates: Array) -> Array:
    """Return the standard normal quantiles of unit-cube coordinates."""
    inside = np.clip(coordinates, EDGE, 1.0 - EDGE)
    return np.asarray(np.vectorize(normal_quantile, otypes=[np.float64])(inside))


def coordinates_of(scores: Array) -> Array:
    """Return the unit-cube coordinates of normal scores."""
    return np.asarray(np.vectorize(normal_cdf, otypes=[np.float64])(scores))


def draw_prior(seed: int, members: int, parameters: int) -> Array:
    """Draw unit-cube coordinates evenly: (members, parameters), each a draw of its own identity."""
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


def jacobian_at(coordinates: Array, simulate: Simulate, seeds: Sequence[int], errors: Array) -> Array:
    """Compute a Jacobian by finite differences.

    Quotients are averaged over seeds. Their standard error, from what differs between seeds, is that of the median
    datum; a slope that is not significant is set to 0.

    Args:
        coordinates: Where it is computed, (parameters,).
        simulate: The model.
        seeds: Those that are averaged.
        errors: The standard error of each datum, (data,).

    Returns:
        Derivatives, (data, parameters), in standard errors a normal score.
    """
    points = np.tile(coordinates, (len(coordinates) + 1, 1))
    for number in range(len(coordinates)):
        points[number + 1, number] += STEP if coordinates[number] < 0.5 else -STEP
    scores = normal_scores(points)
    steps = np.diag(scores[1:] - scores[0])[:, None]
    quotients = []
    for seed in seeds:
        data = simulate(points, [seed] * len(points)) / errors
        quotients.append((data[1:] - data[0]) / steps)
    slopes = np.nan_to_num(np.array(quotients))  # a point that makes no scenario has no data
    mean = slopes.mean(axis=0)
    if len(seeds) > 1:
        standard_errors = slopes.std(axis=0, ddof=1) / len(seeds) ** 0.5
        for number, column in enumerate(standard_errors.T):
            positive = column[column > 0.0]
            threshold = SIGNIFICANCE * float(np.median(positive)) / NORMAL_MEDIAN if len(positive) else 0.0
            mean[np.abs(mean[:, number]) < threshold, number] = 0.0
    return np.asarray(mean.T)


def sample_posterior(
    parameters: Sequence[Parameter],
    models: Sequence[tuple[Simulate, Array]],
    start: Start,
    observed: Array,
    errors: Array,
    seed: int,
    members: int,
    tell: Callable[[str], None] = lambda line: None,
) -> Posterior:
    """Draw an ensemble from the ranges of the parameters and condition it on data.

    Each member is simulated with a seed of its own. What chance does to a run of the last model is therefore in its
    simulated data already, and only the rest of the errors is drawn. A coarse model is fitted only as closely as its
    own chance allows; the next one goes on from its iterates. Equal arguments give equal results.

    Args:
        parameters: What is conditioned.
        models: From coarse to fine, each with the standard deviations (data,) of its data between seeds.
        start: Where all members begin.
        observed: The reported data, (data,).
        errors: The standard errors (data,) of what separates them from the model's expectation: rounding, chance, the
            model's own shortcomings.
        seed: That of the draws, and of the first member.
        members: The size of the ensemble.
        tell: Called with a line at each step.

    Returns:
        All members, whether they are accepted or not.
    """
    drawn = draw_prior(seed, members, len(parameters))
    rest = np.sqrt(np.maximum(errors**2 - models[-1][1] ** 2, 0.0))
    observations = observed + rest * draw_errors(seed, members, len(observed))
    active = np.flatnonzero(start.jacobian.any(axis=0))
    everyone, seeds = np.arange(members), tuple(range(seed, seed + members))

    def coordinates_at(chosen: Indices, scores: Array) -> Array:
        coordinates = drawn[chosen].copy()
        coordinates[:, active] = coordinates_of(scores)
        return coordinates

    def data_at(simulate: Simulate, chosen: Indices, scores: Array) -> Array:
        return simulate(coordinates_at(chosen, scores), [seeds[member] for member in chosen])

    units = [np.hypot(rest, seed_sd) for _, seed_sd in models]
    unit = units[0]
    descent = Descent(
        normal_scores(drawn)[:, active],
        observations / unit,
        normal_scores(start.coordinates)[active],
        start.expected / unit,
        start.jacobian[:, active] * (errors / unit)[:, None],
    )
    for number, (simulate, _) in enumerate(models):
        if number:
            before, unit = unit, units[number]
            data = data_at(simulate, everyone, descent.iterates)
            tell(_acceptance("with a finer model", (data - observed) / errors))
            descent.switch_model(data / unit, observations / unit, before / unit)

        def scaled(chosen: Indices, scores: Array, simulate: Simulate = simulate, unit: Array = unit) -> Array:
            return data_at(simulate, chosen, scores) / unit

        descent.run(scaled, FINE_ITERATIONS if number else ITERATIONS, tell)
    residuals = (descent.simulated * unit - observed) / errors
    tell(_acceptance("at the end", residuals))
    coordinates = coordinates_at(everyone, descent.iterates)
    return Posterior(tuple(parameters), seeds, drawn, coordinates, _rms(residuals), start.jacobian)


def _rms(residuals: Array) -> Array:
    """Return the root mean square over data of each member's residuals."""
    return np.asarray(np.sqrt(np.mean(residuals**2, axis=1)))


def _acceptance(when: str, residuals: Array) -> str:
    """Say how large the residuals (members, data) are, and how many members would be accepted."""
    rms = _rms(residuals)
    return (
        f"{when}: median residual {np.nanmedian(rms):.2f} standard errors (r.m.s.), "
        f"{(rms <= ACCEPTANCE).sum()} of {len(rms)} accepted"
    )
