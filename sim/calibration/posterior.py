"""The posterior: what the data say about every free parameter, and what they leave open.

Ensemble descent: damped Gauss-Newton steps; each ensemble member has its own point and its own slopes.

Each member minimises an objective: half of |scores - anchor|^2 + |simulated - observations|^2. All start at a common
point that meets the data. The goals of each, its anchor and observations, move away from there part by part, as far as
its data can follow (numerical continuation: Allgower and Georg, 2003). So members stay near the data on their way,
where slopes are useful, and need not find back from far away: a draw from wide ranges may be a world in which all
attempts have ended. All members step at the same time, so that their simulations run in parallel, and slopes are learnt
from the runs of all. The difference between a member's last step and the prediction of the slopes, whether the step was
accepted or not, is corrected along that step (Broyden, Mathematics of Computation 19, 1965).

An emulator: a prediction of the model's data for parameters that were not run, and its error.

Each datum is a sum of linear terms in all normal scores, of squares and products of the scores that matter most, and of
an error. Coefficients are found by the lasso (Tibshirani, Journal of the Royal Statistical Society B 58, 1996), since
most parameters move few data.

Runs on the way to the data are not spread at random: a run with more calls than the terms predict was moved to where
there are fewer, so levels hide the effect of what moved it. Differences between both ends of each step do not have this
bias, as first differences of panel data (Wooldridge, Econometric Analysis of Cross Section and Panel Data, 2010,
chapter 10).

The posterior is computed in two parts, as in smoothing with multiple data assimilation (Emerick and Reynolds, Computers
& Geosciences 55, 2013): the likelihood is a product of two powers of itself.

First the ranges are sampled and simulated, and an emulator of these runs is conditioned on the data, with errors
widened by the emulator's own. That is a small power of the likelihood, since an emulator of the ranges is rough; it
excludes places that are far from the data. Its draws are the anchors of an ensemble.

Then randomised maximum likelihood (Kitanidis, Water Resources Research 31, 1995; Oliver, He and Reynolds, 1996) applies
the rest: each member has its own observations, the reported data plus a draw of their errors; the descent finds the
point nearest to its anchor where the model reproduces them. Slopes are those of an emulator of all runs on the way, at
the member's own place, as iterative ensemble smoothers learn them from their ensemble (Chen and Oliver, Computational
Geosciences 17, 2013). Distances are in normal scores, in which the prior is standard normal. Members are draws of the
posterior: exactly where data are linear in the scores, elsewhere as closely as ``coverage`` shows. A member whose
residuals stay large is rejected.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.prior import Array, Prior, draw_errors
from sim.draws.functions import normal_quantile
from sim.experiments.parameters import POSTERIOR, Counts, Parameter, generator_of
from sim.reading.run import Outcome

Indices = npt.NDArray[np.intp]

CONVERGED = 0.005
"""A member has converged when its next step is predicted to lower its objective by less than this, which corresponds to
a tenth of a standard error in one datum."""

EXPAND_ABOVE, SHRINK_BELOW = 0.75, 0.25
"""The trust region (Nocedal and Wright, Numerical Optimization, 2006, algorithm 4.1): at the end of the way the step
length doubles, up to the longest part, where the actual decrease exceeds this share of the predicted one, and halves
where it is below."""

TOLERATED = 2.0
"""Standard deviations of run-to-run noise by which an objective may rise, added to both decreases before they are
compared (Sun and Nocedal, Mathematical Programming 202, 2023). Otherwise lucky steps would be accepted, and unlucky
ones refused and shortened."""

LONGEST = 0.45
"""The largest part of a Gauss-Newton step that is taken where slopes are those of an emulator: a rough model changes by
more than they predict, so a whole step goes too far. With this value steps of the flagship would have left least."""

STRIDE = 0.25
"""The most that goals move at each step, as a part of the way from the start."""

LONGER = 1.5
"""Growth of a stride after an accepted step, up to ``STRIDE``; after a refused one it is halved."""

FOLLOWED = 6.0
"""On the way a step that does not lower the objective is also accepted where data are within this many standard errors
(r.m.s.): moving goals cannot be followed without a lag, which is made up at the end of the way."""

TINY = 1e-300
"""The least divisor, so that nothing is divided by 0."""


class Descent:
    """An ensemble and its iterates.

    No step is accepted where a simulation gives no data (NaN), nor one that raises the objective by more than noise
    does, except on the way, where data follow their goals.

    Attributes:
        anchors: (members, parameters) Where each member would be without data, in normal scores.
        observations: (members, data) The data that each member must reproduce.
        iterates: (members, parameters) Where each member is, in normal scores.
        simulated: (members, data) The simulated data there.
        part: (members,) How far the goals of each have moved on their way, from 0 to 1.
        stride: (members,) How far they move at the next step.
        length: (members,) The part of a Gauss-Newton step that is taken.
        tried: Scores and data at both ends of each member's last step, whether accepted or not.
        taken: (members,) Whether it was accepted.
    """

    def __init__(
        self,
        start: Array,
        anchors: Array,
        observations: Array,
        simulated: Array,
        chance: Array,
        longest: float = LONGEST,
        converged: float = CONVERGED,
        ordered: Callable[[Array], Array] = lambda scores: scores,
    ) -> None:
        """Start all members at ``start`` (parameters,), in normal scores, with ``simulated`` data (data,) there.

        ``observations`` are about 0 where the start meets the data. ``chance`` (data,) is the standard deviation of
        simulated data between runs, see ``TOLERATED``. ``longest`` is the largest part of a Gauss-Newton step that is
        taken, ``converged`` the least predicted decrease of an objective for which a step is taken.
        """
        members = len(anchors)
        self.anchors = anchors
        self.observations = observations
        self._start = start
        self._ordered = ordered
        self._chance = chance
        self.iterates = np.tile(start, (members, 1))
        self.simulated = np.tile(simulated, (members, 1))
        self.tried = tuple((self.iterates.copy(), self.simulated.copy()) for _ in ("from", "to"))
        self.taken = np.zeros(members, dtype=np.bool_)
        self.part = np.zeros(members)
        self.stride = np.full(members, STRIDE)
        self._longest, self._converged = longest, converged
        self.length = np.full(members, longest)

    def run(
        self,
        simulate: Callable[[Indices, Array], Array],
        learn: "Callable[[], Emulator | None]",
        steps: int,
        tell: Callable[[str], None],
    ) -> None:
        """Take steps until all members have converged, at most ``steps`` for each.

        ``simulate`` returns the data of some members (indices) at normal scores (members, parameters). ``learn``
        returns a predictor of data from all runs so far; None where there are none, and all go straight ahead.
        """
        for number in range(steps):
            parts = np.minimum(self.part + self.stride, 1.0)
            goals = self._start + parts[:, None] * (self.anchors - self._start)
            wanted = parts[:, None] * self.observations
            predictor = learn()
            proposed, predicted = self._proposals(predictor, goals, wanted)
            moving = np.flatnonzero((self.part < 1.0) | (predicted > self._converged))
            off = np.sqrt(np.mean((self.simulated - self.part[:, None] * self.observations) ** 2, axis=1))
            tell(
                f"step {number + 1} of at most {steps}: {len(moving)} of {len(parts)} members move; "
                f"{np.mean(self.part):.0%} of the way is done; members are {np.median(off):.2f} standard errors off "
                "(median r.m.s.)"
            )
            if not len(moving):
                break
            there = self._ordered(self.iterates[moving] + proposed[moving])
            simulated = simulate(moving, there)
            before = self._objectives(self.iterates[moving], self.simulated[moving], goals[moving], wanted[moving])
            after = self._objectives(there, simulated, goals[moving], wanted[moving])
            lag = np.sqrt(np.mean((simulated - wanted[moving]) ** 2, axis=1))
            chance = self._tolerance(self.simulated[moving] - wanted[moving], simulated - wanted[moving])
            gain = before - after + chance
            with np.errstate(invalid="ignore"):
                down = np.isfinite(after) & (gain > 0.0)
                followed = np.isfinite(after) & (self.part[moving] < 1.0) & ((lag <= FOLLOWED) | (predictor is None))
            self._adapt(moving, down | followed, gain / np.maximum(predicted[moving] + chance, TINY))
            self._note(moving, there, simulated)
            self.taken[moving] = down | followed
            taken = moving[down | followed]
            self.part[taken] = parts[taken]
            self.iterates[taken] = there[down | followed]
            self.simulated[taken] = simulated[down | followed]

    def _adapt(self, members: Indices, taken: npt.NDArray[np.bool_], ratio: Array) -> None:
        """Adapt strides and step lengths: on the way to whether steps were accepted, at its end to their decrease."""
        stride, length = self.stride[members], self.length[members]
        self.stride[members] = np.where(taken, np.minimum(LONGER * stride, STRIDE), stride / 2.0)
        on_the_way = self.part[members] < 1.0
        longer, shorter = np.minimum(2.0 * length, self._longest), length / 2.0
        by_ratio = np.where(ratio > EXPAND_ABOVE, longer, np.where(ratio >= SHRINK_BELOW, length, shorter))
        self.length[members] = np.where(on_the_way, np.where(taken, longer, shorter), by_ratio)

    def _tolerance(self, before: Array, after: Array) -> Array:
        """Return how much two objectives may differ by noise, from the residuals of both, (members,)."""
        return np.asarray(TOLERATED * np.sqrt(np.sum(self._chance**2 * (before**2 + after**2), axis=1)))

    def _note(self, members: Indices, scores: Array, simulated: Array) -> None:
        """Record the last step of members, whether accepted or not, where it gave data."""
        data = np.isfinite(simulated).all(axis=1)
        known = members[data]
        ends = (self.iterates[known], self.simulated[known]), (scores[data], simulated[data])
        for (places, changes), (at, found) in zip(self.tried, ends, strict=True):
            places[known], changes[known] = at, found

    def _proposals(self, predictor: "Emulator | None", goals: Array, wanted: Array) -> tuple[Array, Array]:
        """Return each member's next step, and the decrease of its objective that its slopes predict."""
        home = goals - self.iterates
        if predictor is None:
            return home, np.full(len(home), np.inf)
        jacobians = np.array([predictor.derivatives(one) for one in self.iterates])
        (away, before), (to, after) = self.tried
        steps, changes = to - away, after - before
        told = predictor.predicted(to) - predictor.predicted(away)
        squares = np.maximum(np.sum(steps**2, axis=1), TINY)
        jacobians += (changes - told)[:, :, None] * (steps / squares[:, None])[:, None, :]
        transposed = np.swapaxes(jacobians, 1, 2)
        residuals = wanted - self.simulated
        downhill = home + (transposed @ residuals[:, :, None])[:, :, 0]
        # Equals (1 + J'J)^-1 downhill, with only as many equations as there are data.
        curvature = np.eye(jacobians.shape[1]) + jacobians @ transposed
        ahead = residuals - (jacobians @ home[:, :, None])[:, :, 0]
        whole = home + (transposed @ np.linalg.solve(curvature, ahead[:, :, None]))[:, :, 0]
        predicted = self.length * (1.0 - 0.5 * self.length) * np.sum(whole * downhill, axis=1)
        return self.length[:, None] * whole, np.asarray(predicted)

    @staticmethod
    def _objectives(scores: Array, simulated: Array, goals: Array, wanted: Array) -> Array:
        """Return objectives at normal scores (members, parameters) with these simulated data."""
        prior = np.sum((scores - goals) ** 2, axis=1)
        return np.asarray(0.5 * (prior + np.sum((simulated - wanted) ** 2, axis=1)))


MOST_CURVED = 24
"""The most scores whose squares and products are terms; with more there would be more terms than runs."""

FOLDS = 5
"""Parts of the runs, each predicted from the others: every fifth run is in the same part."""

PENALTIES = np.logspace(0.0, -2.0, 14)
"""Penalties that are tried, as shares of the smallest with which all coefficients are 0."""

TOLERANCE = 1e-3
"""Convergence of coefficients: a tenth of it predicts no better, and takes ten times as long."""


DRAW_STEPS = 12
"""The most steps of draws by an emulator, which cost little."""

DRAW_CONVERGED = 0.1
"""A draw has converged when its next step is predicted to lower its objective by less than this: half a standard error
in one datum corresponds to 0.125. Draws of the flagship's 255 parameters, 16 long in normal scores, end 0.4 (median)
from where a twentieth of it leads."""


@dataclass(frozen=True)
class Emulator:
    """Predictions of data from normal scores.

    Attributes:
        constant: (data,) The prediction where all scores are 0.
        slopes: (data, parameters) Coefficients of the scores.
        curved: (curved,) The numbers of the parameters whose squares and products are terms.
        products: (data, curved, curved) Their coefficients, symmetric.
        error: (data,) The standard deviation of a run's data about the prediction.
    """

    constant: Array
    slopes: Array
    curved: npt.NDArray[np.intp]
    products: Array
    error: Array

    def predicted(self, scores: Array) -> Array:
        """Return predicted data (points, data) at normal scores (points, parameters)."""
        some = scores[:, self.curved]
        bent = np.einsum("nk,dkl,nl->nd", some, self.products, some, optimize=True)
        return np.asarray(self.constant + scores @ self.slopes.T + bent)

    def derivatives(self, scores: Array) -> Array:
        """Return the derivatives (data, parameters) of the prediction at one point, (parameters,)."""
        found = self.slopes.copy()
        found[:, self.curved] += 2.0 * self.products @ scores[self.curved]
        return found

    def in_units(self, units: Array) -> "Emulator":
        """Return the emulator of the same data in other units, (data,)."""
        return self._changed(lambda values: (values.T / units).T)

    def of(self, data: npt.NDArray[np.intp]) -> "Emulator":
        """Return the emulator of some of the data, by their numbers."""
        return self._changed(lambda values: values[data])

    def _changed(self, change: Callable[[Array], Array]) -> "Emulator":
        constant, slopes, products, error = map(change, (self.constant, self.slopes, self.products, self.error))
        return Emulator(constant, slopes, self.curved, products, error)


def emulator_of(
    scores: Array, data: Array, weights: Array | None = None, before: tuple[Array, Array] | None = None
) -> Emulator:
    """Fit an emulator to runs; equal arguments give equal results.

    Args:
        scores: (runs, parameters) Normal scores of the parameters of each run.
        data: (runs, data) Data of each run, in units in which they are equally important, such as standard errors.
        weights: (runs,) The weight of each run, in the coefficients and in the error; by default equal.
        before: Scores and data of the run from which a step led to each, shaped as these; coefficients are then learnt
            from differences.

    Returns:
        The emulator. Its error includes what the terms leave out, and the noise of a single run. It is the error of
        predictions in cross-validation; where coefficients are learnt from differences, that of these runs, with one
        degree of freedom less for each coefficient (Zou, Hastie and Tibshirani, Annals of Statistics 35, 2007).
    """
    heavy = np.ones(len(scores)) if weights is None else weights / weights.mean()
    changes = data if before is None else data - before[1]
    linear = scores if before is None else scores - before[0]
    with_level = before is None
    first = np.array([slopes for slopes, _ in _lassos(linear, changes, heavy, with_level)])
    curved = np.argsort(-np.sum(first**2, axis=0), kind="stable")[:MOST_CURVED]
    one, two = np.triu_indices(len(curved))

    def terms_of(scores: Array) -> Array:
        some = scores[:, curved]
        return np.hstack([scores, some[:, one] * some[:, two]])

    terms = terms_of(scores)
    differences = terms if before is None else terms - terms_of(before[0])
    constants, slopes, products, errors = [], [], [], []
    for column, (coefficients, error) in zip(data.T, _lassos(differences, changes, heavy, with_level), strict=True):
        left = column - terms @ coefficients
        constants.append(float(np.average(left, weights=heavy)))
        if before is not None:
            free = max(len(left) - 1 - np.count_nonzero(coefficients), 1)
            error = float(np.sum(heavy * (left - constants[-1]) ** 2) / free) ** 0.5
        errors.append(error)
        square = np.zeros((len(curved), len(curved)))
        square[one, two] = coefficients[scores.shape[1] :]
        slopes.append(coefficients[: scores.shape[1]])
        products.append((square + square.T) / 2.0)
    return Emulator(np.array(constants), np.array(slopes), curved, np.array(products), np.array(errors))


def emulated_draws(
    emulator: Emulator, observed: Array, errors: Array, members: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Draw from an emulator's posterior as ``sample_posterior``: scores (members, parameters), residuals in errors."""
    start = np.zeros(emulator.slopes.shape[1])
    anchors = generator.standard_normal((members, len(start)))
    noise = generator.standard_normal((members, len(observed)))
    stretched = emulator.in_units(errors)

    def residuals(scores: Array) -> Array:
        return np.asarray(stretched.predicted(scores) - observed / errors)

    none = np.zeros(len(observed))
    simulated = residuals(start[None, :])[0]
    descent = Descent(start, anchors, noise, simulated, none, longest=1.0, converged=DRAW_CONVERGED)
    descent.run(lambda _, scores: residuals(scores), lambda: stretched, DRAW_STEPS, lambda line: None)
    return descent.iterates, descent.simulated


def one_thread_of_blas() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra has one thread: emulators of several data are fitted in parallel.

    With more threads they wait for each other, two and a half times as long on two cores, and the number of threads may
    change how sums are rounded.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def _lassos(terms: Array, columns: Array, weights: Array, with_level: bool) -> list[tuple[Array, float]]:
    """Apply ``_lasso`` to each of some columns, (runs, columns), in parallel."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as threads:
        # The smallest penalties do not converge in time; cross-validation judges their predictions.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return list(threads.map(lambda column: _lasso(terms, column, weights, with_level), columns.T))


def _lasso(terms: Array, values: Array, weights: Array, with_level: bool) -> tuple[Array, float]:
    """Return coefficients (terms,) of values (runs,), and the standard error of predictions in cross-validation."""
    from sklearn.linear_model import LassoCV

    level = np.average(values, weights=weights) if with_level else 0.0
    middle = np.average(terms, axis=0, weights=weights) if with_level else np.zeros(terms.shape[1])
    least = float(np.abs((terms - middle).T @ (weights * (values - level))).max()) / len(values)
    if least == 0.0:
        return np.zeros(terms.shape[1]), 0.0
    part = np.arange(len(values)) % FOLDS
    folds = [(np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(FOLDS)]
    fitted = LassoCV(alphas=least * PENALTIES, cv=folds, tol=TOLERANCE, fit_intercept=with_level).fit(
        terms, values, sample_weight=weights
    )
    of_folds = [weights[test].sum() for _, test in folds]
    error = float(np.average(fitted.mse_path_, axis=1, weights=of_folds).min()) ** 0.5
    return np.asarray(fitted.coef_), error


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


OF_MEMBERS = ("anchors", "coordinates", "residuals", "again", "observations")
"""Arrays of a posterior with a row for each member."""


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
        arrays = {name: getattr(self, name)[chosen] for name in OF_MEMBERS}
        return replace(self, outcomes=[self.outcomes[number] for number in chosen], **arrays)

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
