"""The posterior: what the data say of every free parameter, and what they leave open.

It is found in two parts, as in smoothing with multiple data assimilation (Emerick and Reynolds, Computers & Geosciences
55, 2013): the likelihood is a product of two powers of itself.

First the ranges are sampled and simulated, and an emulator of these runs is conditioned on the data, with errors
widened by the emulator's own. That is a small power of the likelihood, since over the ranges an emulator is far off; it
leaves out places that are nowhere near the data. Its draws are the anchors of an ensemble.

Then randomised maximum likelihood (Kitanidis, Water Resources Research 31, 1995; Oliver, He and Reynolds, 1996) takes
the rest: each member has observations of its own, the reported data plus a draw of their errors; ``descent`` finds the
point nearest to its anchor where the model reproduces them. Slopes are those of an emulator of all runs on the way, at
the member's own place, as iterative ensemble smoothers learn them from their ensemble (Chen and Oliver, Computational
Geosciences 17, 2013). Distances are in normal scores, in which the prior is standard normal. Members are draws of the
posterior, exactly where data are linear in the scores, elsewhere as nearly as ``coverage`` shows. A member whose
residuals stay large is rejected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.calibration.descent import Descent, Indices
from sim.calibration.emulated import emulated_draws
from sim.calibration.emulator import Emulator, emulator_of
from sim.calibration.prior import coordinates_of, draw_errors, draw_prior, normal_scores
from sim.draws.functions import normal_quantile
from sim.experiments.counts import Counts
from sim.experiments.design import POSTERIOR, generator_of
from sim.experiments.parameters import Parameter
from sim.reading.outcomes import Outcome

Array = npt.NDArray[np.float64]

Simulate = Callable[[Array], tuple[list[Outcome | None], Array]]
"""Returns what came of unit-cube coordinates (points, parameters), None where they make no scenario, and the residuals
of the data (points, data) in standard errors, NaN there."""

NEAR = 10.0
"""Residuals are compared as they are where they are small beside so many standard errors; beyond, by their logarithm:
the data of a place that is nowhere near may be off by hundreds, and say no more by it."""

REACH = 5.0
"""Runs whose data are so many standard errors off (r.m.s.) count half as much for slopes as those that meet them."""

STEPS = 9
"""Steps of a member, at most."""

FIRST = 5.0
"""Errors of the first part are so many standard errors at least: a twenty-fifth of the likelihood. The second one takes
the ranges, not what the first has left of them, for what is known before; with so small a part it makes no difference.
"""

CONSISTENT = 0.995
"""A member is accepted whose sum of squared residuals, in a run with another seed, lies below this quantile of its
chi-square distribution."""

MEDIAN = normal_quantile(0.75)
"""The median of the absolute value of a standard normal number."""

PRIOR_SEEDS = 3 << 32
"""What is added to the scenario's seed for the draws from the ranges: no run has such a seed."""


@dataclass(frozen=True)
class Start:
    """Where all members begin, near the data.

    Attributes:
        coordinates: (parameters,) Unit-cube coordinates.
        residuals: (data,) Residuals there, in standard errors.
        chance: (data,) By how much those of a single run vary with its seed, a standard deviation.
    """

    coordinates: Array
    residuals: Array
    chance: Array


@dataclass(frozen=True)
class Runs:
    """The fit, and all runs that members made on their way from it.

    Attributes:
        scores: (1 + runs, parameters) Normal scores.
        data: (1 + runs, data) Residuals from the reported data, as ``compressed`` has them.
        outcomes: (runs,) What came of each.
        origins: (runs,) From which row of scores and data a step led to each.
    """

    scores: Array
    data: Array
    outcomes: list[Outcome]
    origins: npt.NDArray[np.intp]

    def emulate(self, columns: Array) -> Emulator:
        """Fit an emulator of what the runs tell, (1 + runs, quantities); steps near the data count most."""
        middle = (self.data[1:] + self.data[self.origins]) / 2.0
        weights = 1.0 / (1.0 + np.mean(middle**2, axis=1) / REACH**2)
        return emulator_of(self.scores[1:], columns[1:], weights, (self.scores[self.origins], columns[self.origins]))


@dataclass(frozen=True)
class Posterior:
    """An ensemble: where its members were to go, and the draws that they became.

    Attributes:
        parameters: What was conditioned.
        anchors: (members, parameters) Normal scores of the draws that the first part has made.
        rest: (data,) By how much errors are larger where data are to say what the first part has left.
        coordinates: (members, parameters) Unit-cube coordinates of the posterior draws.
        outcomes: What came of the run of each member there.
        residuals: (members, data) Residuals of the posterior draws, in standard errors.
        again: (members, data) The same in their runs with another seed.
        chance: (data,) The standard deviation of a run's residual between seeds, in standard errors, by the median
            difference of both runs of a member.
        observations: (members, data) Residuals that each member was to have, in units of ``rest``.
        runs: All runs on the way.
    """

    parameters: tuple[Parameter, ...]
    anchors: Array
    rest: Array
    coordinates: Array
    outcomes: list[Outcome]
    residuals: Array
    again: Array
    chance: Array
    observations: Array
    runs: Runs

    def accepted(self) -> "Posterior":
        """Return the members whose residuals with another seed are as small as those of a right model may be."""
        count = self.residuals.shape[1]
        chosen = np.flatnonzero(count * self.off() ** 2 <= chi_square(count, CONSISTENT))
        return Posterior(
            self.parameters,
            self.anchors[chosen],
            self.rest,
            self.coordinates[chosen],
            [self.outcomes[number] for number in chosen],
            self.residuals[chosen],
            self.again[chosen],
            self.chance,
            self.observations[chosen],
            self.runs,
        )

    def off(self) -> Array:
        """Return the root mean square over data of each member's residuals with another seed, (members,).

        They are in standard errors of data and of a run together: 1 where the member is right.
        """
        return np.asarray(np.sqrt(np.mean(self.again**2 / (1.0 + self.chance**2), axis=1)))

    @cached_property
    def scores(self) -> Array:
        """Normal scores of the posterior draws, (members, parameters)."""
        return normal_scores(self.coordinates)

    @cached_property
    def emulator(self) -> Emulator:
        """An emulator of the data, as ``Runs.data`` has them."""
        return self.runs.emulate(self.runs.data)

    def spread_left(self) -> Array:
        """Return the share of each parameter's prior standard deviation, in normal scores, that the data leave."""
        return np.asarray(self.scores.std(axis=0))


def conditioning(members: int) -> Counts:
    """Return how many runs a posterior takes, beside those of the fit."""
    return Counts(5, 2 + STEPS, 2 + STEPS).times(members)


def chi_square(data: int, quantile: float) -> float:
    """Return a quantile of the sum of squares of as many standard normal residuals as there are data."""
    from scipy.stats import chi2

    return float(chi2.ppf(quantile, data))


def compressed(residuals: Array) -> Array:
    """Return residuals in standard errors as they are compared, see ``NEAR``."""
    return np.asarray(NEAR * np.arcsinh(residuals / NEAR))


def expanded(residuals: Array) -> Array:
    """Return residuals in standard errors from what ``compressed`` makes of them."""
    return np.asarray(NEAR * np.sinh(residuals / NEAR))


def sample_posterior(
    parameters: Sequence[Parameter],
    start: Start,
    simulate: Simulate,
    simulate_again: Simulate,
    seed: int,
    members: int,
    tell: Callable[[str], None] = lambda line: None,
) -> Posterior:
    """Draw an ensemble and condition it on data.

    Equal arguments give equal results.

    Args:
        parameters: What is conditioned.
        start: Where all members begin.
        simulate: The model, and what its data are held to.
        simulate_again: The same with another seed of its runs.
        seed: That of the draws.
        members: The size of the ensemble.
        tell: Called with a line at each step.

    Returns:
        All members, whether they are accepted or not.
    """
    ranges = draw_prior(seed + PRIOR_SEEDS, members, len(parameters))
    noise = draw_errors(seed + PRIOR_SEEDS, members, len(start.residuals))
    anchors, rest = _anchors(ranges, simulate, generator_of(seed, POSTERIOR), tell)
    scores = [normal_scores(start.coordinates)]
    residuals = [compressed(start.residuals)]
    outcomes: list[Outcome] = []
    origins: list[int] = []
    last_runs, at = np.zeros(members, dtype=np.intp), np.zeros(members, dtype=np.intp)

    def stepped(moving: Indices, points: Array) -> Array:
        """Simulate normal scores, note what came of them, and return it in units of what the first part has left."""
        found, off = simulate(coordinates_of(points))
        rows = compressed(off)
        at[descent.taken] = last_runs[descent.taken]
        for number, one in enumerate(found):
            if one is not None:
                origins.append(int(at[moving[number]]))
                last_runs[moving[number]] = len(scores)
                scores.append(points[number])
                residuals.append(rows[number])
                outcomes.append(one)
        return np.asarray(rows / rest)

    def runs() -> Runs:
        return Runs(np.array(scores), np.array(residuals), list(outcomes), np.array(origins, dtype=np.intp))

    def learn() -> Emulator | None:
        known = runs()
        return known.emulate(known.data).in_units(rest) if known.outcomes else None

    descent = Descent(scores[0], anchors, noise, residuals[0] / rest, start.chance / rest)
    descent.run(stepped, learn, STEPS, tell)
    coordinates = coordinates_of(descent.iterates)
    last, _ = simulate(coordinates)
    there = np.array([number for number, one in enumerate(last) if one is not None])
    chosen = expanded(rest * descent.simulated[there])
    tell(f"{len(there)} members are run with another seed")
    _, again = simulate_again(coordinates[there])
    ensemble = Posterior(
        tuple(parameters),
        anchors[there],
        rest,
        coordinates[there],
        [one for one in last if one is not None],
        chosen,
        again,
        np.median(np.abs(again - chosen), axis=0) / MEDIAN / np.sqrt(2.0),
        noise[there],
        runs(),
    )
    tell(
        f"with that seed: {np.median(ensemble.off()):.2f} standard errors (r.m.s., median) from the reported data, "
        f"chance of a run, {np.sqrt(np.mean(ensemble.chance**2)):.2f}, counted with theirs; "
        f"{len(ensemble.accepted().outcomes)} of {members} members are accepted"
    )
    return ensemble


def _anchors(
    ranges: Array, simulate: Simulate, generator: np.random.Generator, tell: Callable[[str], None]
) -> tuple[Array, Array]:
    """Draw anchors from what an emulator of runs of the ranges says, with errors widened by its own.

    Args:
        ranges: (members, parameters) Unit-cube coordinates, even over the ranges.
        simulate: As of ``sample_posterior``.
        generator: Makes the draws.
        tell: Called with a line.

    Returns:
        Normal scores, (members, parameters); and by how much the standard error of each datum is larger where it is to
        say what this part has left, (data,): of a likelihood to the power a, the rest is that to the power 1 - a.
    """
    _, off = simulate(ranges)
    possible = np.isfinite(off).all(axis=1)
    emulator = emulator_of(normal_scores(ranges[possible]), compressed(off[possible]))
    widened = np.maximum(np.hypot(1.0, emulator.error), FIRST)
    anchors, _ = emulated_draws(emulator, np.zeros(len(widened)), widened, len(ranges), generator)
    rest = 1.0 / np.sqrt(1.0 - widened**-2)
    rms = np.median(np.sqrt(np.mean(compressed(off[possible]) ** 2, axis=1)))
    tell(
        f"{possible.sum()} runs of the ranges are {rms:.2f} standard errors off (r.m.s., median); an emulator of them "
        f"is off by {np.sqrt(np.mean(emulator.error**2)):.2f} and says where members are to go"
    )
    return anchors, rest
