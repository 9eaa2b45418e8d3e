"""The data that a posterior is conditioned on, and the model that simulates them at a level.

Data are the fitted figures and, where the scenario asks for it, quantities of its evidence.
"""

from collections.abc import Sequence

import numpy as np

from sim.calibration.evaluations import Evaluations, Task, Values, figures_of
from sim.calibration.fit import Matrix, values_at
from sim.calibration.levels import Level
from sim.calibration.targets import Targets, Vector
from sim.draws.functions import normal_quantile
from sim.experiments.parameters import Parameter
from sim.results.outcomes import Outcome
from sim.results.scope import Scope

HALF_WIDTH = normal_quantile(0.95)
"""Half the width of a range of evidence, in standard deviations: the range is taken for a 90 per cent interval."""

LEAST = 1e-9
"""The least value of evidence whose range lies above 0, which is compared by its logarithm."""


class Data:
    """Observed data and their standard errors.

    Figures are in tolerances, evidence is on the scale of its range. The standard error of a figure has two parts: its
    tolerance, for rounding and for the model's shortcomings, and its standard deviation between seeds, since what was
    reported happened once.

    Attributes:
        targets: The figures of the scenario.
        figures: Those of the reference runs, (runs, figures), NaN where there is none.
        counted: The numbers of the figures that every reference run has.
        seed_sd: The standard deviation of each figure between the seeds of the reference runs, (figures,).
        observed: The data, (data,): fitted figures, then evidence.
        errors: Their standard errors, (data,).
    """

    def __init__(self, scope: Scope, evidence: Sequence[str], reference: Sequence[Outcome]) -> None:
        self.targets = targets = Targets.of(scope)
        self._reference = reference
        self.figures = figures_of(reference)
        self.counted = [
            number
            for number, row in enumerate(targets.rows)
            if isinstance(row.value, int | float | None) and not np.isnan(self.figures[:, number]).any()
        ]
        self.seed_sd = np.zeros(len(targets.rows))
        for number in self.counted:
            self.seed_sd[number] = targets.scale(number, self.figures[:, number]).std(ddof=1)
        self._evidence = [
            (number, (row.low, row.high)) for number, row in enumerate(scope.evidence) if row.name in evidence
        ]
        ends = [_scaled(limits, np.array(limits)) for _, limits in self._evidence]
        fitted = list(targets.fitted)
        self.observed = np.array([*targets.reported(), *((low + high) / 2.0 for low, high in ends)])
        self.errors = np.array(
            [*np.hypot(1.0, self.seed_sd[fitted]), *((high - low) / 2.0 / HALF_WIDTH for low, high in ends)]
        )

    def expected(self) -> Vector:
        """Return the mean of the data over the reference runs."""
        return np.asarray(np.mean([self.simulated(one) for one in self._reference], axis=0))

    def simulated(self, outcome: Outcome) -> Vector:
        """Return the data of a run, (data,)."""
        evidence = [
            float(_scaled(limits, np.asarray(outcome["evidence"][number] or 0.0))) for number, limits in self._evidence
        ]
        return np.array([*self.targets.simulated(outcome["figures"]), *evidence])


class Model:
    """The model at a level, which simulates data.

    The bias of the level, its scale and pooling, is taken off every run: the difference between the means over seeds of
    its runs and of the data's reference runs, both at the values ``base``.

    Attributes:
        seed_sd: The standard deviation of each datum between the seeds of the level, (data,).
    """

    def __init__(
        self, data: Data, evaluations: Evaluations, level: Level, parameters: Sequence[Parameter], base: Values
    ) -> None:
        self._data, self._evaluations, self._level, self._parameters = data, evaluations, level, parameters
        outcomes = evaluations.evaluate([Task(level, seed, base) for seed in level.seeds])
        simulated = np.array([data.simulated(one) for one in outcomes])
        self._shift = data.expected() - simulated.mean(axis=0)
        self._figures = figures_of(outcomes)
        self.seed_sd: Vector = simulated.std(axis=0, ddof=1)

    def __call__(self, coordinates: Matrix, seeds: Sequence[int]) -> Matrix:
        """Simulate the data of ensemble members.

        Args:
            coordinates: Unit-cube coordinates, (members, parameters).
            seeds: The seed of each member.

        Returns:
            Data, (members, data). They are NaN where the values of a member make no scenario: each may be in its range,
            and all of them too much together.
        """
        missing = np.full(self._shift.shape, np.nan)
        outcomes = self._run(coordinates, seeds)
        return np.array([missing if one is None else self._data.simulated(one) + self._shift for one in outcomes])

    def predictions(self, coordinates: Matrix, seeds: Sequence[int]) -> dict[int, Vector]:
        """Simulate every figure that a run counts.

        Args:
            coordinates: Unit-cube coordinates, (members, parameters), all of which make a scenario.
            seeds: The seed of each member.

        Returns:
            Values of the figure by its number, (members,), in the figure's own unit.
        """
        data, outcomes = self._data, [one for one in self._run(coordinates, seeds) if one is not None]
        predictions = {}
        for number in data.counted:
            simulated, reference, own = (
                data.targets.scale(number, values)
                for values in (
                    [outcome["figures"][number] or 0.0 for outcome in outcomes],
                    data.figures[:, number],
                    self._figures[:, number],
                )
            )
            predictions[number] = data.targets.unscale(number, simulated + reference.mean() - own.mean())
        return predictions

    def _run(self, coordinates: Matrix, seeds: Sequence[int]) -> list[Outcome | None]:
        tasks = [
            Task(self._level, seed, values_at(self._parameters, row))
            for row, seed in zip(coordinates, seeds, strict=True)
        ]
        possible = [self._evaluations.is_possible(task) for task in tasks]
        outcomes = iter(self._evaluations.evaluate([task for task, one in zip(tasks, possible, strict=True) if one]))
        return [next(outcomes) if one else None for one in possible]


def _scaled(limits: tuple[float, float], values: Vector) -> Vector:
    """Return values of evidence on the scale of its range: the logarithm where that lies above 0."""
    return np.log(np.maximum(values, LEAST)) if limits[0] > 0.0 else values
