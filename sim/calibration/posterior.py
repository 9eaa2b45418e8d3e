"""The posterior: what the data say about every free parameter, and what they leave open.

It is computed in two parts, as in smoothing with multiple data assimilation (Emerick and Reynolds, Computers &
Geosciences 55, 2013): the likelihood is a product of two powers of itself.

First the ranges are sampled and simulated, and an emulator of these runs is conditioned on the data, with errors
widened by the emulator's own. That is a small power of the likelihood, since an emulator of the ranges is rough; it
excludes places that are far from the data. Its draws are the anchors of an ensemble.

Then randomised maximum likelihood (Kitanidis, Water Resources Research 31, 1995; Oliver, He and Reynolds, 1996) applies
the rest: each member has its own observations, the reported data plus a draw of their errors; ``descent`` finds the
point nearest to its anchor where the model reproduces them. Slopes are those of an emulator of all runs on the way, at
the member's own place, as iterative ensemble smoothers learn them from their ensemble (Chen and Oliver, Computational
Geosciences 17, 2013). Distances are in normal scores, in which the prior is standard normal. Members are draws of the
posterior: exactly where data are linear in the scores, elsewhere as closely as ``coverage`` shows. A member whose
residuals stay large is rejected.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.calibration.descent import Descent, Indices
from sim.calibration.emulator import Emulator, emulated_draws, emulator_of
from sim.calibration.prior import Prior, draw_errors
from sim.draws.functions import normal_quantile
from sim.experiments.counts import Counts
from sim.experiments.design import POSTERIOR, generator_of
from sim.experiments.parameters import Parameter
from sim.reading.outcomes import Outcome

Array = npt.NDArray[np.float64]

Simulate = Callable[[Array], tuple[list[Outcome | None], Array]]
"""Returns the outcomes at unit-cube coordinates (points, parameters), None where they make no scenario, and the
residuals of the data (points, data) in standard errors, NaN there."""

NEAR = 10.0
"""Residuals are compared linearly where they are small relative to this number of standard errors, beyond that by their
logarithm: the data of a distant place may be off by hundreds without saying more."""

REACH = 5.0
"""Runs whose data are this many standard errors off (r.m.s.) count half as much for slopes as those that meet them."""

STEPS = 9
"""The most steps of a member."""

FIRST = 5.0
"""The least errors of the first part, in standard errors: a twenty-fifth of the likelihood. The prior of the second
part is the ranges, not the result of the first part; with so small a part that makes no difference.
"""

CONSISTENT = 0.995
"""A member is accepted if its sum of squared residuals, in a run with another seed, lies below this quantile of its
chi-square distribution."""

MEDIAN = normal_quantile(0.75)
"""The median of the absolute value of a standard normal number."""

PRIOR_SEEDS = 3 << 32
"""Added to the scenario's seed for the draws from the ranges: no run has such a seed."""


@dataclass(frozen=True)
class Start:
    """Where all members start, near the data.

    Attributes:
        coordinates: (parameters,) Unit-cube coordinates.
        residuals: (data,) Residuals there, in standard errors.
        chance: (data,) The standard deviation of a single run's residuals between seeds.
    """

    coordinates: Array
    residuals: Array
    chance: Array


@dataclass(frozen=True)
class Runs:
    """The fit, and all runs that members made on their way from it.

    Attributes:
        scores: (1 + runs, parameters) Normal scores.
        data: (1 + runs, data) Residuals from the reported data, as ``compressed`` returns them.
        outcomes: (runs,) The outcome of each run.
        origins: (runs,) The row of scores and data from which a step led to each run.
    """

    scores: Array
    data: Array
    outcomes: list[Outcome]
    origins: npt.NDArray[np.intp]

    def emulate(self, columns: Array) -> Emulator:
        """Fit an emulator of quantities of the runs, (1 + runs, quantities); steps near the data count most."""
        middle = (self.data[1:] + self.data[self.origins]) / 2.0
        weights = 1.0 / (1.0 + np.mean(middle**2, axis=1) / REACH**2)
        return emulator_of(self.scores[1:], columns[1:], weights, (self.scores[self.origins], columns[self.origins]))


@dataclass(frozen=True)
class Posterior:
    """An ensemble: the goals of its members, and the draws that they became.

    Attributes:
        prior: The prior of the parameters.
        anchors: (members, parameters) Normal scores of the draws of the first part.
        rest: (data,) The factor of errors in the second part.
        coordinates: (members, parameters) Unit-cube coordinates of the posterior draws.
        outcomes: The outcome of each member's run there.
        residuals: (members, data) Residuals of the posterior draws, in standard errors.
        again: (members, data) The same in their runs with another seed.
        chance: (data,) The standard deviation of a run's residual between seeds, in standard errors, from the median
            difference between both runs of a member.
        observations: (members, data) The target residuals of each member, in units of ``rest``.
        runs: All runs on the way.
    """

    prior: Prior
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
        """Return the members whose residuals with another seed are as small as those of a correct model."""
        count = self.residuals.shape[1]
        chosen = np.flatnonzero(count * self.off() ** 2 <= chi_square(count, CONSISTENT))
        return replace(
            self,
            anchors=self.anchors[chosen],
            coordinates=self.coordinates[chosen],
            outcomes=[self.outcomes[number] for number in chosen],
            residuals=self.residuals[chosen],
            again=self.again[chosen],
            observations=self.observations[chosen],
        )

    def off(self) -> Array:
        """Return the root mean square over data of each member's residuals with another seed, (members,).

        They are in standard errors of data and one run together: 1 for a correct member.
        """
        return np.asarray(np.sqrt(np.mean(self.again**2 / (1.0 + self.chance**2), axis=1)))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters, in the order of their columns."""
        return self.prior.parameters

    @cached_property
    def scores(self) -> Array:
        """Normal scores of the posterior draws, (members, parameters)."""
        return self.prior.scores(self.coordinates)

    @cached_property
    def emulator(self) -> Emulator:
        """An emulator of ``Runs.data``."""
        return self.runs.emulate(self.runs.data)

    def spread_left(self) -> Array:
        """Return the share of each parameter's prior standard deviation, in normal scores, that the data leave."""
        return np.asarray(self.scores.std(axis=0) / self.prior.spread)


def conditioning(members: int) -> Counts:
    """Return how many runs a posterior takes, in addition to those of the fit."""
    return Counts(5, 2 + STEPS, 2 + STEPS).times(members)


def chi_square(data: int, quantile: float) -> float:
    """Return a quantile of the sum of squares of ``data`` standard normal residuals."""
    from scipy.stats import chi2

    return float(chi2.ppf(quantile, data))


def compressed(residuals: Array) -> Array:
    """Return residuals in standard errors as they are compared, see ``NEAR``."""
    return np.asarray(NEAR * np.arcsinh(residuals / NEAR))


def expanded(residuals: Array) -> Array:
    """Return residuals in standard errors from those of ``compressed``."""
    return np.asarray(NEAR * np.sinh(residuals / NEAR))


class _Way:
    """The start, and all runs that members make on their way from it, in order."""

    def __init__(self, prior: Prior, start: Start, simulate: Simulate, rest: Array, members: int) -> None:
        self._prior, self._simulate, self._rest = prior, simulate, rest
        self._scores = [prior.scores(start.coordinates[None, :])[0]]
        self._residuals = [compressed(start.residuals)]
        self._outcomes: list[Outcome] = []
        self._origins: list[int] = []
        self._last, self._at = np.zeros(members, dtype=np.intp), np.zeros(members, dtype=np.intp)

    def step(self, moving: Indices, points: Array, taken: npt.NDArray[np.bool_]) -> Array:
        """Simulate and record points of some members; return residuals (members, data) in units of ``rest``."""
        found, off = self._simulate(self._prior.coordinates(points))
        rows = compressed(off)
        self._at[taken] = self._last[taken]
        for number, one in enumerate(found):
            if one is not None:
                self._origins.append(int(self._at[moving[number]]))
                self._last[moving[number]] = len(self._scores)
                self._scores.append(points[number])
                self._residuals.append(rows[number])
                self._outcomes.append(one)
        return np.asarray(rows / self._rest)

    @property
    def runs(self) -> Runs:
        """All runs so far."""
        origins = np.array(self._origins, dtype=np.intp)
        return Runs(np.array(self._scores), np.array(self._residuals), list(self._outcomes), origins)

    def learn(self) -> Emulator | None:
        """Return an emulator of all runs so far, in units of ``rest``; None where there are none."""
        known = self.runs
        return known.emulate(known.data).in_units(self._rest) if known.outcomes else None


def sample_posterior(
    prior: Prior,
    start: Start,
    simulate: Simulate,
    simulate_again: Simulate,
    seed: int,
    members: int,
    tell: Callable[[str], None] = lambda line: None,
) -> Posterior:
    """Return an ensemble conditioned on data: all members, accepted or not. Equal arguments give equal results.

    ``simulate`` returns the residuals of the data of points; ``simulate_again`` has another seed of its runs.
    """
    ranges = prior.draw(seed + PRIOR_SEEDS, members)
    noise = draw_errors(seed + PRIOR_SEEDS, members, len(start.residuals))
    anchors, rest = _anchors(prior, ranges, simulate, generator_of(seed, POSTERIOR), tell)
    way = _Way(prior, start, simulate, rest, members)
    begun = way.runs
    descent = Descent(begun.scores[0], anchors, noise, begun.data[0] / rest, start.chance / rest, ordered=prior.ordered)
    descent.run(lambda moving, points: way.step(moving, points, descent.taken), way.learn, STEPS, tell)
    coordinates = prior.coordinates(descent.iterates)
    last, _ = simulate(coordinates)
    there = np.array([number for number, one in enumerate(last) if one is not None])
    chosen = expanded(rest * descent.simulated[there])
    tell(f"running {len(there)} members with another seed")
    _, again = simulate_again(coordinates[there])
    ensemble = Posterior(
        prior,
        anchors[there],
        rest,
        coordinates[there],
        [one for one in last if one is not None],
        chosen,
        again,
        np.median(np.abs(again - chosen), axis=0) / MEDIAN / np.sqrt(2.0),
        noise[there],
        way.runs,
    )
    tell(
        f"with that seed members are {np.median(ensemble.off()):.2f} standard errors off the reported data (median "
        f"r.m.s.), where errors include run-to-run noise of {np.sqrt(np.mean(ensemble.chance**2)):.2f}; "
        f"{len(ensemble.accepted().outcomes)} of {members} members are accepted"
    )
    return ensemble


def _anchors(
    prior: Prior, ranges: Array, simulate: Simulate, generator: np.random.Generator, tell: Callable[[str], None]
) -> tuple[Array, Array]:
    """Return anchors from the posterior of an emulator of the ranges, and the rest of the data's standard errors.

    ``ranges`` (members, parameters) are normal scores drawn from the prior, as anchors are. Errors are
    widened by the emulator's own. The rest (data,) is a factor for the second part: the rest of a likelihood to the
    power a is that to the power 1 - a.
    """
    _, off = simulate(prior.coordinates(ranges))
    possible = np.isfinite(off).all(axis=1)
    emulator = emulator_of(ranges[possible], compressed(off[possible]))
    widened = np.maximum(np.hypot(1.0, emulator.error), FIRST)
    anchors, _ = emulated_draws(emulator, np.zeros(len(widened)), widened, len(ranges), generator)
    rest = 1.0 / np.sqrt(1.0 - widened**-2)
    rms = np.median(np.sqrt(np.mean(compressed(off[possible]) ** 2, axis=1)))
    tell(
        f"{possible.sum()} runs from the ranges are {rms:.2f} standard errors off (median r.m.s.); their emulator, "
        f"with an error of {np.sqrt(np.mean(emulator.error**2)):.2f}, gives the members their anchors"
    )
    return prior.ordered(anchors), rest
