"""The fit of calibrated parameters to reported figures, the evaluations and targets that it needs, and its data.

Targets: the figures of a scenario, and their values in units of their tolerances, in which residuals are taken.

Evaluations: runs of one scenario at a level, with a seed and values; each gives figures, evidence and totals.

The fit: calibrated parameters to fitted figures, in expectation over seeds, first at coarse, then at full scale.

The data that a posterior is conditioned on, their errors, and the model that simulates them at a level. Data are the
fitted figures and the quantities of the scenario's evidence that it names.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import hypot, nan, sqrt
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from sim.base.failures import RefusedError
from sim.draws.functions import normal_quantile
from sim.experiments.parameters import Counts, Parameter
from sim.experiments.simulations import Computing, Simulations, scenario_or_failure, succeeded
from sim.reading.figures import CHANGE, days_of, error_of_whole
from sim.reading.run import Outcome, figures_evidence_and_quantities
from sim.scenario import Scenario, ScenarioError, changed
from sim.scenario.load import value_at
from sim.scenario.schema.population import LOSS_SIGMA, LOSSES, Apart, Family, Pool, plain_pool
from sim.store.columns import Known, Scope, Target

Vector = npt.NDArray[np.float64]

DEFAULT_TOLERANCE = 0.01

LEAST_COUNT = 1e-3
"""The smallest level, so that every one has a logarithm."""

FAMILIES: dict[str, Family] = {
    "alerts": "alerts",
    "calls": "interceptions",
    "sms": "interceptions",
    "cards": "cards",
    "cases": "cases",
    "suspects": "suspects",
    "ringleaders": "suspects",
    "dens": "dens",
    "losses": "money",
    "funds": "money",
}
"""The family of a figure by the first word of its name: the model's errors in figures of a family are similar."""


@dataclass(frozen=True)
class Targets:
    """The figures of a scenario by their position in its list; a fit aims at those in ``fitted``.

    Levels are compared by their logarithm, changes directly, both divided by the tolerance: a residual of 1 is just
    allowed.
    """

    rows: tuple[Target, ...]
    fitted: tuple[int, ...]

    @classmethod
    def of(cls, scope: Scope) -> "Targets":
        """Return the figures of a scope; fitted ones need a number and windows inside the period."""
        fitted = [
            number
            for number, row in enumerate(scope.targets)
            if row.role == "fitted"
            and isinstance(row.value, int | float)
            and all(days_of(scope, window) for window in (row.window, row.base or row.window))
        ]
        return cls(scope.targets, tuple(fitted))

    def label(self, number: int) -> str:
        """Return the name of a figure and its window, as ``label_of`` does."""
        return label_of(self.rows[number].name, self.rows[number].window)

    def tolerance(self, number: int) -> float:
        """Return the tolerance of a figure: a share of a level, a difference for a change."""
        return self.rows[number].tolerance or DEFAULT_TOLERANCE

    def in_tolerances(self, number: int, discrepancy: Mapping[str, float]) -> float:
        """Return the discrepancy of a figure's family in tolerances, 0 without one; a change has that of two levels."""
        name = self.rows[number].name
        share = discrepancy.get(family_of(name) or "", 0.0)
        return (2.0**0.5 if name.endswith(CHANGE) else 1.0) * share / self.tolerance(number)

    def scale(self, number: int, values: npt.ArrayLike) -> Vector:
        """Return values of a figure in tolerances: logarithms of levels, changes unscaled."""
        scaled = np.asarray(values, dtype=np.float64)
        if not self.rows[number].name.endswith(CHANGE):
            scaled = np.log(np.maximum(scaled, LEAST_COUNT))
        return np.asarray(scaled / self.tolerance(number))

    def unscale(self, number: int, scaled: npt.ArrayLike) -> Vector:
        """Return values of a figure from those of ``scale``."""
        values = np.asarray(scaled, dtype=np.float64) * self.tolerance(number)
        return values if self.rows[number].name.endswith(CHANGE) else np.asarray(np.exp(values))

    def reported(self) -> Vector:
        """Return the reported values of the fitted figures, (fitted figures,), in tolerances."""
        return np.array([float(self.scale(n, float(str(self.rows[n].value)))) for n in self.fitted])

    def simulated(self, figures: Sequence[float | None]) -> Vector:
        """Return the fitted figures among all figures of a run, (fitted figures,), in tolerances."""
        return np.array([float(self.scale(n, figures[n] or 0.0)) for n in self.fitted])


def family_of(name: str) -> Family | None:
    """Return the family of a figure by its name; None if it has none."""
    return FAMILIES.get(name.partition(".")[0].partition("_")[0])


def label_of(name: str, window: tuple[date, date | None]) -> str:
    """Return the name of a figure and its window: ``calls_intercepted@2021-01-01..2021-11-30``."""
    return f"{name}@{window[0]}..{window[1] or ''}"


Values = Mapping[str, Any]

POOL = "population.pool"
"""The key of the pool of provinces."""


@dataclass(frozen=True)
class Level:
    """A scale, the seeds that are averaged, and the pool of provinces, None for the scenario's own.

    Most of the search uses coarser levels; the result is at the scenario's own.
    """

    scale: float
    seeds: tuple[int, ...]
    pool: Pool | None = None

    def scenario(self, base: Scenario, seed: int, values: Mapping[str, Any]) -> Scenario:
        """Return the scenario of one run at this level, by the vector engine, with other values at dotted keys."""
        own: dict[str, Any] = {"scale": self.scale, "seed": seed, "engine": "vector"}
        if self.pool is not None:
            own[POOL] = plain_pool(self.pool)
        return changed(base, {**values, **own})


def coarse_pool(scenario: Scenario, scale: float) -> Pool | None:
    """Return the pool at a coarse scale: the country, or all except the provinces that a measure or a surge names.

    Thinned to some hundredths, 31 provinces have two officers and two cases a day each; one province of all people,
    thinned alike, behaves like the country. None where the pool stays: where the scenario itself has provinces apart,
    or pools would have more attempts than identities can number.
    """
    kind = scenario.spec.coarsest()
    if kind is None or isinstance(scenario.spec.population.pool, Apart):
        return None
    try:
        changed(scenario, {POOL: plain_pool(kind), "scale": scale})
    except ScenarioError:
        return None
    return kind


def figures_of(outcomes: Sequence[Outcome]) -> npt.NDArray[np.float64]:
    """Return the figures of runs, (runs, figures), NaN where there is none."""
    rows = [[np.nan if value is None else value for value in outcome["figures"]] for outcome in outcomes]
    return np.array(rows, dtype=np.float64)


@dataclass(frozen=True)
class Task:
    """One run: a level, a seed, and values at dotted keys."""

    level: Level
    seed: int
    values: Values


class Evaluations(Simulations):
    """Simulations of the tasks of one scenario, kept in a folder."""

    def __init__(self, scenario: Scenario, folder: Path, **computing: Unpack[Computing]) -> None:
        super().__init__(folder, figures_evidence_and_quantities, **computing)
        self._scenario = scenario
        self._derived = dict.fromkeys(key for key in scenario.spec.calibration.derived if _is_given(scenario, key))

    def evaluate(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Return the outcome of each task, in order; the first failed one raises a SimulationError."""
        return self.run((self._scenario_of(task) for task in tasks), len(tasks))

    def evaluate_possible(self, tasks: Sequence[Task]) -> list[Outcome | None]:
        """Return the outcome of each task as ``evaluate`` does, None for one whose values make no scenario.

        Each scenario is made when it is next, while others run.
        """
        impossible: set[int] = set()

        def scenarios() -> Iterator[Scenario | Outcome]:
            for number, task in enumerate(tasks):
                one = scenario_or_failure(partial(self._scenario_of, task))
                if not isinstance(one, Scenario):
                    impossible.add(number)
                yield one

        outcomes = self.each(scenarios(), len(tasks))
        return [None if number in impossible else succeeded(one) for number, one in enumerate(outcomes)]

    def _scenario_of(self, task: Task) -> Scenario:
        return task.level.scenario(self._scenario, task.seed, {**self._derived, **task.values})


def _is_given(scenario: Scenario, key: str) -> bool:
    """Return whether a scenario has a value at a dotted key; one that extends another may have removed it."""
    try:
        return value_at(scenario.levers, key) is not None
    except KeyError:
        return False


Matrix = npt.NDArray[np.float64]

COARSE_CONVERGED = 0.2
"""The coarsest level has converged when no residual exceeds this number of tolerances."""

FINE_CONVERGED = 0.9
"""A finer level has converged when no residual of its means exceeds this number of tolerances."""

STEP = 0.04
"""Step of a finite difference in unit-cube coordinates: wide enough that counts differ by more than a few."""

JACOBIAN_RADIUS = 0.15
"""The Jacobian is computed again when some coordinate is further than this from its last place."""

JACOBIAN_SEEDS = 2
"""Seeds of a Jacobian: few are enough, since noise common to both runs of a difference cancels."""

SINGULAR_CUTOFF = 0.01
"""Relative cut-off for singular values: smaller ones belong to nearly collinear figures (two totals and their change),
which differ by noise only, and are set to 0."""

MAX_EVALUATIONS = 20
"""The most evaluations of the residuals each time that the coarsest level is solved."""

MAX_CORRECTIONS = 4
"""The most times that a finer level corrects the coarsest one."""


NO_PARAMETER = "no calibrated parameter has a range; give one: {value, origin: calibrated, range, basis}"
NO_FIGURE = "no figure is fitted; give at least one figure role: fitted"


class FitError(RefusedError):
    """There is nothing to fit, or nothing to fit it to."""


@dataclass
class Fit:
    """The result of a fit.

    Attributes:
        targets: The figures that the parameters were fitted to.
        coordinates: (parameters,) The unit-cube coordinates of the solution.
        jacobian: (fitted figures, parameters) Derivatives at the coarsest level, in tolerances for the whole range.
        figures: All figures at the solution, by level: (seeds, figures), NaN where a run has none.
    """

    parameters: list[Parameter]
    targets: Targets
    coordinates: Vector
    jacobian: Matrix
    figures: dict[Level, Matrix]

    def values(self) -> dict[str, Any]:
        """Return the fitted values by dotted key, as a scenario file has them."""
        return values_at(self.parameters, self.coordinates)


SOLVING, JACOBIANS, CORRECTIONS = 6, 2, 2
"""Typical numbers: evaluations of the coarsest level, its Jacobians, and evaluations of each finer level."""


def solving(seeds: int, parameters: int, levels: int) -> list[Counts]:
    """Return how many runs a fit makes at each level, from coarse to fine."""
    jacobian = JACOBIAN_SEEDS * (parameters + 1)
    solutions = 1 + (levels - 1) * MAX_CORRECTIONS
    coarse = Counts(
        seeds + jacobian, SOLVING * seeds + JACOBIANS * jacobian, solutions * MAX_EVALUATIONS * (seeds + jacobian)
    )
    return [coarse] + [Counts(seeds, CORRECTIONS * seeds, (MAX_CORRECTIONS + 1) * seeds)] * (levels - 1)


def values_at(parameters: Sequence[Parameter], coordinates: Vector) -> dict[str, Any]:
    """Return the values at unit-cube coordinates, by dotted key."""
    return {one.key: one.value(float(part)) for one, part in zip(parameters, coordinates, strict=True)}


class Fitter:
    """Solves for the coordinates of the parameters by least squares; ``evaluations`` makes all runs."""

    def __init__(
        self,
        evaluations: Evaluations,
        parameters: list[Parameter],
        targets: Targets,
        levels: Sequence[Level],
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._evaluations, self._parameters, self._targets = evaluations, parameters, targets
        self._levels = list(levels)
        self._tell = tell
        self._jacobian: tuple[Vector, Matrix] | None = None

    def fit(self, start: Vector) -> Fit:
        """Return the fit of the parameters from a start in unit-cube coordinates, (parameters,).

        If the finest level has converged at the start, nothing moves. Otherwise the coarsest level is solved by least
        squares. The residuals of a finer level at the solution differ from the coarse ones; the coarse level is solved
        again for targets shifted by this difference, until the finer level has converged.
        """
        coarse, *finer = self._levels
        solution = start
        if not finer or self._is_off(finer[-1], start):
            solution = self._solve(start, np.zeros(len(self._targets.fitted)))
        for level in finer:
            for _ in range(MAX_CORRECTIONS):
                if not self._is_off(level, solution):
                    break
                residuals = self._residuals(level, solution)
                solution = self._solve(solution, residuals - self._residuals(coarse, solution))
        jacobian = self._jacobian_near(solution)
        figures = {level: self._figures(level, solution) for level in self._levels}
        return Fit(self._parameters, self._targets, solution, jacobian, figures)

    def _figures(self, level: Level, coordinates: Vector) -> Matrix:
        """Return all figures at a level, (seeds, figures), NaN where a run has none."""
        values = values_at(self._parameters, coordinates)
        return figures_of(self._evaluations.evaluate([Task(level, seed, values) for seed in level.seeds]))

    def _is_off(self, level: Level, coordinates: Vector) -> bool:
        """Return whether a figure is further from its reported value than a finer level allows."""
        residuals = self._residuals(level, coordinates)
        self._tell_largest(level, residuals)
        return bool(np.abs(residuals).max() > FINE_CONVERGED)

    def _residuals(self, level: Level, coordinates: Vector) -> Vector:
        """Return the residuals of the means of the fitted figures, in tolerances."""
        return self._residuals_of(self._figures(level, coordinates))

    def _residuals_of(self, figures: Matrix) -> Vector:
        means = figures.mean(axis=0)
        simulated = self._targets.simulated([None if np.isnan(v) else float(v) for v in means])
        return simulated - self._targets.reported()

    def _solve(self, start: Vector, shift: Vector) -> Vector:
        """Return the coordinates at which the coarsest level's residuals are closest to ``-shift``."""
        from scipy.optimize import least_squares

        coarse = self._levels[0]
        best: tuple[float, Vector] = (np.inf, start)

        def shifted_residuals(coordinates: Vector) -> Vector:
            nonlocal best
            residuals = self._residuals(coarse, coordinates) + shift
            largest = float(np.abs(residuals).max())
            self._tell_largest(coarse, residuals)
            if largest < best[0]:
                best = largest, coordinates.copy()
            if largest <= COARSE_CONVERGED:
                raise _ConvergedError
            return residuals

        inside = np.clip(start, 1e-3, 1.0 - 1e-3)
        with contextlib.suppress(_ConvergedError):
            least_squares(
                shifted_residuals,
                inside,
                jac=self._jacobian_near,
                bounds=(0.0, 1.0),
                max_nfev=MAX_EVALUATIONS,
                xtol=1e-5,
                ftol=1e-4,
                gtol=None,
            )
        return best[1]

    def _jacobian_near(self, coordinates: Vector) -> Matrix:
        """Return a Jacobian computed within ``JACOBIAN_RADIUS`` of these coordinates."""
        if self._jacobian is None or np.abs(self._jacobian[0] - coordinates).max() > JACOBIAN_RADIUS:
            self._jacobian = coordinates.copy(), self._jacobian_at(coordinates)
        return self._jacobian[1]

    def _jacobian_at(self, coordinates: Vector) -> Matrix:
        """Return the Jacobian (fitted figures, parameters) of the coarsest level, by differences with equal seeds."""
        coarse = self._levels[0]
        seeds = coarse.seeds[:JACOBIAN_SEEDS]
        steps = np.where(coordinates + STEP <= 1.0, STEP, -STEP)
        units = np.eye(len(coordinates))
        points = [coordinates, *(coordinates + step * unit for step, unit in zip(steps, units, strict=True))]
        tasks = [Task(coarse, seed, values_at(self._parameters, point)) for point in points for seed in seeds]
        figures = figures_of(self._evaluations.evaluate(tasks)).reshape(len(points), len(seeds), -1)
        base, *moved = (self._residuals_of(rows) for rows in figures)
        return np.column_stack([(one - base) / step for one, step in zip(moved, steps, strict=True)])

    def _tell_largest(self, level: Level, residuals: Vector) -> None:
        worst = int(np.argmax(np.abs(residuals)))
        self._tell(
            f"scale {level.scale:g}, {len(level.seeds)} seeds: largest residual is "
            f"{self._targets.label(self._targets.fitted[worst])}, {residuals[worst]:+.2f} tolerances"
        )


class _ConvergedError(Exception):
    """Raised by the residuals to stop the least-squares solver: the coarsest level has converged."""


def standard_error(row: Known, sigma: float = nan) -> float:
    """Return the standard error of the value of a row with a count, on the scale of its range.

    The scale is the logarithm if the range lies above 0. A share p of n has the error of a binomial share, to first
    order; its ``spread`` is in logits. Losses are lognormal; the logarithms of the median, the mean and the sigma that
    fit n of them best vary by sigma / sqrt(n), sqrt(sigma^2 + sigma^4 / 2) / sqrt(n) and 1 / sqrt(2 n).

    Args:
        row: The evidence, with ``value`` and ``count``.
        sigma: The standard deviation of the logarithm of losses; for their mean and median.

    Returns:
        The standard error, in log units or in the unit of the quantity.
    """
    assert row.value is not None
    assert row.count is not None
    if row.name not in LOSSES:
        logits = hypot(1.0 / sqrt(row.count * row.value * (1.0 - row.value)), row.spread)
        logs = (1.0 - row.value) * logits
    else:
        of_one = {LOSS_SIGMA: sqrt(0.5), "loss_median": sigma, "loss_mean": hypot(sigma, sigma * sigma * sqrt(0.5))}
        logs = hypot(of_one[row.name] / sqrt(row.count), row.spread)
    return logs if row.low > 0.0 else logs * row.value


HALF_WIDTH = normal_quantile(0.95)
"""Half the width of a range of evidence, in standard deviations: the range is taken as a 90% interval."""

LEAST = 1e-9
"""The smallest value of evidence with a positive range, which is compared by its logarithm."""


class Data:
    """Observed data and their standard errors.

    Figures are in tolerances, evidence is on the scale of its range. The standard error of a figure has three parts:
    its tolerance, for rounding; its standard deviation between seeds, since the reported history happened once; and the
    discrepancy of its family: the error of the model even with the best parameters.

    Attributes:
        targets: The figures of the scenario.
        figures: The figures of the reference runs, (runs, figures), NaN where there is none.
        counted: The numbers of the figures that every reference run has.
        predicted: The numbers of counted figures that are not fitted but have a reported number.
        seed_sd: (figures,) The standard deviation of each figure between runs of the whole country, in tolerances, from
            the differences between the reference runs.
        names: Labels of fitted figures, then names of evidence.
        observed: (data,) The data.
    """

    def __init__(self, scope: Scope, evidence: Sequence[str], reference: Sequence[Outcome], scale: float) -> None:
        """Take the data of a scope from reference runs with different seeds; ``evidence`` names quantities."""
        self.targets = targets = Targets.of(scope)
        self._reference = reference
        self.figures = figures_of(reference)
        self.counted = [
            number
            for number, row in enumerate(targets.rows)
            if isinstance(row.value, int | float | None) and not np.isnan(self.figures[:, number]).any()
        ]
        self.predicted = [
            number
            for number in self.counted
            if targets.rows[number].role in ("predicted", "context") and targets.rows[number].value is not None
        ]
        self.seed_sd = np.zeros(len(targets.rows))
        for number in self.counted:
            row, values = targets.rows[number], self.figures[:, number]
            error = error_of_whole(float(values.std(ddof=1)), row, scale)
            level = 1.0 if row.name.endswith(CHANGE) else max(float(values.mean()), LEAST_COUNT)
            self.seed_sd[number] = error / level / targets.tolerance(number)
        rows = [(number, row) for number, row in enumerate(scope.evidence) if row.name in evidence and not row.claimed]
        self._evidence = [(number, (row.low, row.high)) for number, row in rows]
        sigmas = (row.value for row in scope.evidence if row.name == LOSS_SIGMA and row.value is not None)
        middles, self._evidence_errors = known_from([row for _, row in rows], next(sigmas, nan))
        self.names = [*(targets.label(number) for number in targets.fitted), *(row.name for _, row in rows)]
        self.observed = np.array([*targets.reported(), *middles])

    def errors(self, discrepancy: Mapping[str, float]) -> Vector:
        """Return the standard errors of the data, (data,), for a discrepancy by family, a share of a level."""
        return np.array([*self.figure_errors(self.targets.fitted, discrepancy), *self._evidence_errors])

    def figure_errors(self, numbers: Sequence[int], discrepancy: Mapping[str, float]) -> Vector:
        """Return the standard errors of figures by their numbers, in tolerances."""
        shares = np.array([self.targets.in_tolerances(number, discrepancy) for number in numbers])
        return np.asarray(np.hypot(np.hypot(1.0, self.seed_sd[list(numbers)]), shares))

    def expected(self) -> Vector:
        """Return the mean of the data over the reference runs, (data,)."""
        return np.asarray(np.mean([self.simulated(one) for one in self._reference], axis=0))

    def simulated(self, outcome: Outcome) -> Vector:
        """Return the data of a run, (data,)."""
        evidence = [
            float(_scaled(limits, np.asarray(outcome["evidence"][number] or 0.0))) for number, limits in self._evidence
        ]
        return np.array([*self.targets.simulated(outcome["figures"]), *evidence])

    def simulated_figures(self, outcome: Outcome) -> Vector:
        """Return the counted figures of a run, (counted figures,), in tolerances."""
        return np.array([float(self.targets.scale(n, outcome["figures"][n] or 0.0)) for n in self.counted])


class Model:
    """The model at a level, which simulates data.

    All runs have the same seed, so that noise common to two runs cancels in their difference; that works near the
    values ``base`` only: elsewhere raids happen otherwise. Results are shifted by the mean difference between the
    level's runs at ``base``, one with each of its seeds, and the data's reference runs there. This removes the bias of
    the level, its scale and pooling; the noise of a run remains.
    """

    def __init__(
        self,
        data: Data,
        evaluations: Evaluations,
        level: Level,
        parameters: Sequence[Parameter],
        base: Values,
        seed: int | None = None,
    ) -> None:
        """Simulate with the level's first seed, or another one."""
        self._data, self._evaluations, self._level, self._parameters = data, evaluations, level, parameters
        self._seed = level.seeds[0] if seed is None else seed
        self._runs = evaluations.evaluate([Task(level, one, base) for one in level.seeds])
        self.base = self._runs[0]
        self._shift: Vector = data.expected() - np.mean([data.simulated(one) for one in self._runs], axis=0)
        reference = [data.targets.scale(number, data.figures[:, number]).mean() for number in data.counted]
        figures = np.mean([data.simulated_figures(one) for one in self._runs], axis=0)
        self._figures_shift: Vector = np.array(reference) - figures

    def outcomes(self, coordinates: Matrix) -> list[Outcome | None]:
        """Simulate points (points, parameters) in the unit cube; None for one whose values make no scenario."""
        tasks = [Task(self._level, self._seed, values_at(self._parameters, row)) for row in coordinates]
        return self._evaluations.evaluate_possible(tasks)

    def data(self, outcomes: Sequence[Outcome]) -> Matrix:
        """Return the data of runs, (runs, data), without the bias of the level."""
        return np.array([self._data.simulated(one) for one in outcomes]) + self._shift

    def chance(self, errors: Vector) -> Vector:
        """Return the standard deviation of data between seeds at the values ``base``, (data,), in errors."""
        runs = [self._data.simulated(one) for one in self._runs]
        return np.asarray(np.std(runs, axis=0, ddof=1) / errors)

    def residuals(self, errors: Vector) -> Callable[[Matrix], tuple[list[Outcome | None], Matrix]]:
        """Return a function that simulates points and returns residuals of their data, in standard errors (data,)."""

        def simulated(coordinates: Matrix) -> tuple[list[Outcome | None], Matrix]:
            outcomes = self.outcomes(coordinates)
            off = np.full((len(outcomes), len(errors)), np.nan)
            for number, one in enumerate(outcomes):
                if one is not None:
                    off[number] = (self.data([one])[0] - self._data.observed) / errors
            return outcomes, off

        return simulated

    def figures(self, outcomes: Sequence[Outcome]) -> Matrix:
        """Return the counted figures of runs, (runs, counted figures), in tolerances, without the level's bias."""
        return np.array([self._data.simulated_figures(one) for one in outcomes]) + self._figures_shift


def known_from(rows: Sequence[Known], sigma: float) -> tuple[Vector, Vector]:
    """Return the values of evidence and their standard errors, (rows,) each, on the scales of the ranges.

    With a count they are the stated value and the error of the count, else the middle of the range and its width.
    ``sigma`` is that of losses.
    """
    values, errors = np.empty(len(rows)), np.empty(len(rows))
    for number, row in enumerate(rows):
        low, high = _scaled((row.low, row.high), np.array((row.low, row.high)))
        values[number], errors[number] = (low + high) / 2.0, (high - low) / 2.0 / HALF_WIDTH
        if row.count is not None:
            values[number] = _scaled((row.low, row.high), np.asarray(row.value))
            errors[number] = standard_error(row, sigma)
    return values, errors


def _scaled(limits: tuple[float, float], values: Vector) -> Vector:
    """Return values of evidence on the scale of its range: the logarithm where that lies above 0."""
    return np.log(np.maximum(values, LEAST)) if limits[0] > 0.0 else values
