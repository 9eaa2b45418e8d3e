"""The posterior: what the figures say of every parameter that has a range, and what they leave open.

Randomised maximum likelihood (Kitanidis, Water Resources Research 31, 1995; Oliver, He and Reynolds, 1996): each member
begins as a draw from the ranges and with data of its own, the reported ones off by a draw of their errors; it is then
moved as little as brings the model to its data. The way is measured in normal scores of places in the ranges, where a
draw is standard normal. Members are draws of the posterior, exactly so where figures are linear in scores, elsewhere as
nearly as simulation-based calibration (``sim.calibration.coverage``) shows. What stays far from the data is rejected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.calibration.descent import Array, Descent, Indices
from sim.calibration.parameters import Parameter
from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import MEMBER

Simulate = Callable[[Array, Sequence[int]], Array]
"""Gives the data (members, data) of places in the ranges (members, parameters), each simulated with its seed."""

STEP = 0.2
"""Step of a difference quotient, in ranges, towards the middle: so wide that counts differ by far more than chance."""

HEARD = 3.0
"""A difference of so many standard errors is one; a smaller one is chance."""

ROUNDS, FINE_ROUNDS = 8, 3
"""At most so many steps bring a member to the data of the coarsest model, and from there to those of each finer one."""

ACCEPTED = 2.0
"""A member so many errors from the data, root mean square, is still one of the posterior; data themselves are at 1."""

EDGE = 1e-4
"""Least distance of a place from the ends of its range, where its score is taken."""

FIXED = 0.25
"""A direction is called fixed where the figures leave less than this share of its variance."""


@dataclass(frozen=True)
class Direction:
    """A direction of parameters, in scores, with the share of its prior variance that is left.

    ``weights`` are the entries of its unit vector, largest first.
    """

    left: float
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Posterior:
    """An ensemble before and after: ``prior`` and ``places`` (members, parameters), in the ranges.

    ``seeds`` (members,) are those that members are simulated with, ``off`` (members,) is how far each is from the data,
    in errors, root mean square; ``slopes`` (data, parameters) are derivatives where all began, in errors a score.
    """

    parameters: tuple[Parameter, ...]
    seeds: tuple[int, ...]
    prior: Array
    places: Array
    off: Array
    slopes: Array

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Say which parameters some datum depends on."""
        return np.asarray(self.slopes.any(axis=0))

    def accepted(self) -> "Posterior":
        """Give the members that come to the data."""
        chosen = self.off <= ACCEPTED
        seeds = tuple(seed for seed, one in zip(self.seeds, chosen, strict=True) if one)
        return replace(self, seeds=seeds, prior=self.prior[chosen], places=self.places[chosen], off=self.off[chosen])

    def left(self) -> Array:
        """Give the share of each parameter's prior spread (standard deviation of its normal score) that is left."""
        before, after = scores(self.prior), scores(self.places)
        return np.asarray(after.std(axis=0) / before.std(axis=0))

    def directions(self) -> list[Direction]:
        """Give the directions that the data tell something of where the fit stands, the most fixed first.

        They are the right singular vectors of the slopes: a direction with the singular value s keeps 1 / (1 + s^2) of
        its variance. There are no more of them than data; in all others the ranges stay as they were.
        """
        _, sizes, vectors = np.linalg.svd(self.slopes, full_matrices=False)
        found = []
        for size, vector in zip(sizes, vectors, strict=True):
            signed = vector * np.sign(vector[np.abs(vector).argmax()])
            order = np.argsort(-np.abs(signed), kind="stable")
            weights = tuple((self.parameters[place].key, float(signed[place])) for place in order)
            found.append(Direction(float(1.0 / (1.0 + size**2)), weights))
        return found


def scores(places: Array) -> Array:
    """Give the standard normal scores of places in the ranges."""
    inside = np.clip(places, EDGE, 1.0 - EDGE)
    return np.asarray(np.vectorize(normal_quantile, otypes=[np.float64])(inside))


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


def errors(seed: int, members: int, data: int) -> Array:
    """Draw by how many errors each member's data are off: (members, data), standard normal."""
    drawn = np.empty((members, data))
    for member in range(members):
        for number in range(data):
            drawn[member, number] = normal_quantile(uniform32(draw4(seed, member + 1, MEMBER, number)[2]))
    return drawn


def slopes_at(place: Array, simulate: Simulate, seeds: Sequence[int], error: Array) -> Array:
    """Give the derivatives (data, parameters) at a place (parameters,), in errors a score.

    Quotients are averaged over seeds; what differs between these says how far chance moves a quotient, and what is no
    larger than that is taken for none.
    """
    moved = np.tile(place, (len(place) + 1, 1))
    for number in range(len(place)):
        moved[number + 1, number] += STEP if place[number] < 0.5 else -STEP
    at = scores(moved)
    ways = np.diag(at[1:] - at[0])[:, None]
    quotients = []
    for seed in seeds:
        data = simulate(moved, [seed] * len(moved)) / error
        quotients.append((data[1:] - data[0]) / ways)
    found = np.nan_to_num(np.array(quotients))  # a place that makes no scenario tells nothing
    mean = found.mean(axis=0)
    if len(seeds) > 1:
        chance = found.std(axis=0, ddof=1) / len(seeds) ** 0.5
        for number, column in enumerate(chance.T):
            differ = column[column > 0.0]
            # The median of a normal variable's size is 0.6745 of its standard deviation.
            heard = HEARD * float(np.median(differ)) / 0.6745 if len(differ) else 0.0
            mean[np.abs(mean[:, number]) < heard, number] = 0.0
    return np.asarray(mean.T)


def posterior(
    parameters: Sequence[Parameter],
    models: Sequence[tuple[Simulate, Array]],
    start: tuple[Array, Array, Array],
    observed: Array,
    error: Array,
    seed: int,
    members: int,
    tell: Callable[[str], None] = lambda line: None,
) -> Posterior:
    """Condition the parameters, drawn from their ranges, on data.

    ``models`` are simulated from coarse to fine, each with the standard deviations (data,) that chance gives to one of
    its runs: what a coarse model's chance hides is not gone after, and the next one goes on from where it led.
    ``start`` is where all members begin: place (parameters,), expected data (data,), and Jacobian (data, parameters) in
    errors a score. ``observed`` (data,) are what was reported, ``error`` (data,) the standard deviations of what
    separates it from the model's expectation: rounding, chance, the model's own shortcomings. Each member is simulated
    with a seed of its own; what chance does to a run of the last model is therefore in its data already, and only the
    rest of the error is drawn. Equal arguments give equal results.
    """
    drawn = prior(seed, members, len(parameters))
    rest = np.sqrt(np.maximum(error**2 - models[-1][1] ** 2, 0.0))
    wanted = observed + rest * errors(seed, members, len(observed))
    place, expected, slopes = start
    active = np.flatnonzero(slopes.any(axis=0))
    everyone, seeds = np.arange(members), tuple(range(seed, seed + members))

    def all_of(going: Indices, found: Array) -> Array:
        places = drawn[going].copy()
        places[:, active] = places_of(found)
        return places

    def data_of(simulate: Simulate, going: Indices, found: Array) -> Array:
        return simulate(all_of(going, found), [seeds[member] for member in going])

    units = [np.hypot(rest, chance) for _, chance in models]
    unit = units[0]
    way = Descent(
        scores(drawn)[:, active],
        wanted / unit,
        scores(place)[active],
        expected / unit,
        slopes[:, active] * (error / unit)[:, None],
    )
    for number, (simulate, _) in enumerate(models):
        if number:
            before, unit = unit, units[number]
            data = data_of(simulate, everyone, way.at)
            tell(_distance("there a finer model is", (data - observed) / error))
            way.hand_over(data / unit, wanted / unit, before / unit)

        def there(going: Indices, at: Array, simulate: Simulate = simulate, unit: Array = unit) -> Array:
            return data_of(simulate, going, at) / unit

        way.run(there, FINE_ROUNDS if number else ROUNDS, tell)
    off = (way.data * unit - observed) / error
    tell(_distance("in the end they are", off))
    return Posterior(tuple(parameters), seeds, drawn, all_of(everyone, way.at), _size(off), slopes)


def _size(off: Array) -> Array:
    return np.asarray(np.sqrt(np.mean(off**2, axis=1)))


def _distance(what: str, off: Array) -> str:
    size = _size(off)
    return (
        f"{what} {np.nanmedian(size):.2f} errors off in the median, {(size <= ACCEPTED).sum()} of {len(size)} accepted"
    )
