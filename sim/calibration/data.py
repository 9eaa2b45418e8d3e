"""The data that a posterior is conditioned on, their errors, and the model that simulates them at a level.

Data are the fitted figures and the quantities of the scenario's evidence that it names.
"""

from collections.abc import Callable, Mapping, Sequence
from math import hypot, nan, sqrt

import numpy as np

from sim.calibration.fit import (
    LEAST_COUNT,
    Evaluations,
    Level,
    Matrix,
    Targets,
    Task,
    Values,
    Vector,
    figures_of,
    values_at,
)
from sim.draws.functions import normal_quantile
from sim.experiments.parameters import Parameter
from sim.reading.figures import CHANGE, error_of_whole
from sim.reading.outcomes import Outcome
from sim.scenario.schema.evidence import LOSS_SIGMA, LOSSES
from sim.store.columns import Known, Scope


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


def sigma_of_losses(evidence: tuple[Known, ...]) -> float:
    """Return the sigma of losses that evidence states; NaN without one."""
    stated = [row.value for row in evidence if row.name == LOSS_SIGMA and row.value is not None]
    return float(stated[0]) if stated else nan


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
        middles, self._evidence_errors = known_from([row for _, row in rows], sigma_of_losses(scope.evidence))
        self.names = [*(targets.label(number) for number in targets.fitted), *(row.name for _, row in rows)]
        self.observed = np.array([*targets.reported(), *middles])

    def errors(self, discrepancy: Mapping[str, float]) -> Vector:
        """Return the standard errors of the data, (data,), for a discrepancy by family, a share of a level."""
        return np.array([*self.figure_errors(self.targets.fitted, discrepancy), *self._evidence_errors])

    def figure_errors(self, numbers: Sequence[int], discrepancy: Mapping[str, float]) -> Vector:
        """Return the standard errors of figures by their numbers, in tolerances."""
        shares = [self.targets.in_tolerances(number, discrepancy) for number in numbers]
        return np.array(
            [
                np.hypot(np.hypot(1.0, self.seed_sd[number]), share)
                for number, share in zip(numbers, shares, strict=True)
            ]
        )

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
