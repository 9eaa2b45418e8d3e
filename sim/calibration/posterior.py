"""The posterior: what the figures say of every parameter that has a range, and what they leave open.

Approximate Bayesian computation with regression adjustment, in steps: an ensemble drawn from the ranges is simulated,
and each member is moved by the linear regression of parameters on figures across the ensemble, towards figures
perturbed by their error; several steps with inflated errors take the place of one, so that the regression is local
at the end. For a linear model this is exact. In data assimilation it is the ensemble smoother with multiple data
assimilation (Emerick and Reynolds, Computers & Geosciences 55, 2013); that it is a regression-adjusted ABC is shown by
Nott, Marshall and Ngoc (Statistics and Computing 22, 2012). The steps are ``dageo``'s.
"""

import contextlib
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from sim.calibration.fit import Fit
from sim.calibration.parameters import Parameter
from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import MEMBER

Array = npt.NDArray[np.float64]

STEPS = 4

SCREEN = 3.0
"""A parameter is left alone if no figure correlates with it by more than so many standard errors in the prior."""

CORRECTIONS = 2
"""So often is each member corrected by itself."""

FARTHEST = 1.0
"""A correction moves a parameter by no more than so much, in its logarithm."""

ACCEPTED = 5.0
"""A member so many errors from the figures, root mean square, is still one of the posterior.

That is far: of the flagship's hundred members none came within three.
"""

LEAST = 1e-6
"""Least share of the top of its range at which a parameter's logarithm is taken."""

EDGE = 1e-4
"""Least distance of a corrected place from the ends of its range."""

FIXED = 0.25
"""A direction is called fixed where the figures leave less than this share of its variance."""


@dataclass(frozen=True)
class Direction:
    """A direction of parameters, with the share of its prior variance that is left, and what it is made of.

    ``weights`` are correlations of the direction with parameters over the prior, largest first.
    """

    left: float
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Posterior:
    """An ensemble before and after: ``prior`` and ``places`` (members, parameters), in the ranges.

    ``active`` (parameters,) are those that some figure depends on.
    """

    parameters: tuple[Parameter, ...]
    prior: Array
    places: Array
    active: npt.NDArray[np.bool_]

    def left(self) -> Array:
        """Give the share of each parameter's prior spread (standard deviation of its normal score) that is left."""
        before, after = scores(self.prior), scores(self.places)
        return np.asarray(after.std(axis=0) / before.std(axis=0))

    def directions(self) -> list[Direction]:
        """Give the directions in which the ensemble has changed most, the most fixed first.

        They solve the eigenproblem of the covariance after against the one before, over the parameters that some
        figure depends on: a direction that no figure has touched has kept all of its variance.
        """
        from scipy.linalg import eigh

        chosen = np.flatnonzero(self.active)
        if not len(chosen):
            return []
        before = np.cov(scores(self.prior[:, chosen]), rowvar=False).reshape(len(chosen), -1)
        after = np.cov(scores(self.places[:, chosen]), rowvar=False).reshape(len(chosen), -1)
        ridge = 1e-9 * np.eye(len(chosen))
        shares, vectors = eigh(after, before + ridge)
        found = []
        for share, vector in zip(shares, vectors.T, strict=True):
            loads = before @ vector / np.sqrt(np.diag(before))
            loads *= np.sign(loads[np.abs(loads).argmax()])
            order = np.argsort(-np.abs(loads), kind="stable")
            keys = tuple((self.parameters[chosen[place]].key, float(loads[place])) for place in order)
            found.append(Direction(float(share), keys))
        return found


def scores(places: Array) -> Array:
    """Give the standard normal scores of places in the ranges."""
    return np.asarray(np.vectorize(normal_quantile, otypes=[np.float64])(places))


def places_of(found: Array) -> Array:
    """Undo ``scores``."""
    return np.asarray(np.vectorize(normal_cdf, otypes=[np.float64])(found))


def prior(seed: int, members: int, parameters: int) -> Array:
    """Draw an ensemble evenly from the ranges: (members, parameters) places, each a draw of its own identity."""
    drawn = np.empty((members, parameters))
    for member in range(members):
        for number in range(parameters):
            high, low, _, _ = draw4(seed, member + 1, MEMBER, number)
            drawn[member, number] = uniform52(high, low)
    return drawn


def posterior(
    parameters: Sequence[Parameter],
    simulate: Callable[[Array], Array],
    observed: Array,
    error: Array,
    seed: int,
    members: int,
    steps: int = STEPS,
    tell: Callable[[str], None] = lambda line: None,
) -> Posterior:
    """Condition the parameters, drawn from their ranges, on data.

    ``simulate`` takes places (members, parameters) and gives data (members, data); ``observed`` (data,) are what was
    reported and ``error`` (data,) the standard deviations of what separates the two: rounding, chance, the model's
    own shortcomings. Equal arguments give equal results.
    """
    import dageo

    first = prior(seed, members, len(parameters))
    number = 0

    def forward(found: Array) -> Array:
        nonlocal number
        data = simulate(places_of(found))
        off = np.sqrt(np.mean(((data - observed) / error) ** 2, axis=1))
        tell(f"step {number} of {steps}: half the members are within {np.median(off):.2f} errors of the data")
        number += 1
        return data

    before = scores(first)
    data = forward(before)
    active = _screened(before, data)
    _, _, word, other = draw4(seed, 0, MEMBER, 0)
    noise = np.random.Generator(np.random.Philox(key=word << 32 | other))
    with contextlib.redirect_stdout(io.StringIO()):  # the library prints its steps
        after = dageo.esmda(
            before,
            forward,
            observed,
            error,
            alphas=steps,
            data_prior=data,
            localization_matrix=np.repeat(active[:, None], len(observed), axis=1).astype(np.float64),
            return_post_data=False,
            random=noise,
        )
    return Posterior(tuple(parameters), first, places_of(after), active)


@dataclass(frozen=True)
class Correction:
    """How calibrated parameters answer to figures: what moves a member the last bit of the way.

    ``columns`` are the calibrated parameters among all, ``pull`` (calibrated, figures) the least-squares inverse of
    their slopes, on the scale of ``stretched``. Elasticities hold farther from the fit than slopes do.
    """

    columns: tuple[int, ...]
    pull: Array

    @classmethod
    def of(cls, parameters: Sequence[Parameter], fit: Fit) -> Self:
        """Give the correction of parameters, among them those of a fit, by its slopes."""
        keys = [one.key for one in parameters]
        step = 1e-3
        rates = [
            (stretched(one, place + step) - stretched(one, place - step)) / (2.0 * step)
            for one, place in zip(fit.parameters, fit.places, strict=True)
        ]
        return cls(tuple(keys.index(one.key) for one in fit.parameters), fit.inverse(np.array(rates)))


def stretched(parameter: Parameter, place: float) -> float:
    """Give the value at a place, in the logarithm where the parameter is positive: there figures follow it evenly."""
    value = parameter.low + place * (parameter.high - parameter.low)
    if parameter.logarithmic:
        return math.log(parameter.low) + place * math.log(parameter.high / parameter.low)
    return math.log(max(value, LEAST * parameter.high)) if parameter.low >= 0.0 else value


def unstretched(parameter: Parameter, value: float) -> float:
    """Undo ``stretched``; what lies outside the range is brought to its end."""
    if parameter.logarithmic:
        place = (value - math.log(parameter.low)) / math.log(parameter.high / parameter.low)
    else:
        number = math.exp(value) if parameter.low >= 0.0 else value
        place = (number - parameter.low) / (parameter.high - parameter.low)
    return min(max(place, EDGE), 1.0 - EDGE)


def corrected(
    found: Posterior,
    simulate: Callable[[Array], Array],
    observed: Array,
    error: Array,
    correction: Correction,
    seed: int,
    kept: int,
    tell: Callable[[str], None] = lambda line: None,
) -> Posterior:
    """Bring the first ``kept`` members to figures, and reject those that come to none.

    The regression of the whole ensemble leaves each member near its data; the calibrated parameters, which answer to
    the figures one by one, take it the rest of the way, to the reported figures perturbed by their errors. A member
    that is then still further off than ``ACCEPTED`` errors (root mean square) is no explanation of the figures.
    """
    figures = correction.pull.shape[1]
    places = found.places[:kept].copy()
    noise = np.empty((len(places), figures))
    for member in range(len(places)):
        for number in range(figures):
            noise[member, number] = normal_quantile(uniform32(draw4(seed, member + 1, MEMBER, number)[2]))
    target = observed[:figures] + error[:figures] * noise
    for number in range(CORRECTIONS + 1):
        data = simulate(places)
        off = np.sqrt(np.mean(((data[:, :figures] - observed[:figures]) / error[:figures]) ** 2, axis=1))
        tell(
            f"correction {number} of {CORRECTIONS}: half the members are within {np.median(off):.2f} errors of figures"
        )
        if number == CORRECTIONS:
            break
        moves = np.clip((target - data[:, :figures]) @ correction.pull.T, -FARTHEST, FARTHEST)
        for row, move in zip(places, moves, strict=True):
            for column, step in zip(correction.columns, move, strict=True):
                one = found.parameters[column]
                row[column] = unstretched(one, stretched(one, row[column]) + step)
    accepted = off <= ACCEPTED
    tell(f"{accepted.sum()} of {len(places)} members are accepted")
    return Posterior(found.parameters, found.prior[:kept][accepted], places[accepted], found.active)


def _screened(before: Array, data: Array) -> npt.NDArray[np.bool_]:
    """Say which parameters some figure depends on; a small ensemble would else move the others by chance."""
    members = len(before)
    spread = data.std(axis=0) > 0.0
    standard = (data[:, spread] - data[:, spread].mean(axis=0)) / data[:, spread].std(axis=0)
    centred = (before - before.mean(axis=0)) / before.std(axis=0)
    correlation = np.abs(centred.T @ standard) / members
    return np.asarray(correlation.max(axis=1, initial=0.0) > SCREEN / np.sqrt(members))
