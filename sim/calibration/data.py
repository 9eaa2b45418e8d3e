"""The data that a posterior is conditioned on: fitted figures and, where the scenario asks for it, evidence."""

from collections.abc import Sequence

import numpy as np

from sim.calibration.evaluations import Evaluations, Task, Values, figures_of
from sim.calibration.fit import Matrix, values_at
from sim.calibration.levels import Level
from sim.calibration.parameters import Parameter
from sim.calibration.targets import Targets, Vector
from sim.draws.functions import normal_quantile
from sim.results.outcomes import Outcome
from sim.results.scope import Scope

HALF_WIDTH = normal_quantile(0.95)
"""The half width of a range of evidence, in standard deviations: it is read as holding nine tenths."""

LEAST = 1e-9
"""Evidence that lies above 0 is compared by its logarithm, from here up."""


class Data:
    """Observed data and their errors.

    Figures are in tolerances, evidence is as its range is. ``chance`` is the spread of a figure between seeds, over
    ``reference`` runs. The error of a figure is made of its tolerance, for rounding and for the model's shortcomings,
    and of chance, since what was reported happened once.
    """

    def __init__(self, scope: Scope, wanted: Sequence[str], reference: Sequence[Outcome]) -> None:
        self.targets = targets = Targets.of(scope)
        self._reference = reference
        self.figures = figures_of(reference)
        self.counted = [
            number
            for number, row in enumerate(targets.rows)
            if isinstance(row.value, int | float | None) and not np.isnan(self.figures[:, number]).any()
        ]
        self.chance = np.zeros(len(targets.rows))
        for number in self.counted:
            self.chance[number] = targets.on_scale(number, self.figures[:, number]).std(ddof=1)
        self._evidence = [
            (number, (row.low, row.high)) for number, row in enumerate(scope.evidence) if row.name in wanted
        ]
        ends = [_on_range(limits, np.array(limits)) for _, limits in self._evidence]
        fitted = list(targets.fitted)
        self.observed = np.array([*targets.reported(), *((low + high) / 2.0 for low, high in ends)])
        self.error = np.array(
            [*np.hypot(1.0, self.chance[fitted]), *((high - low) / 2.0 / HALF_WIDTH for low, high in ends)]
        )

    def expected(self) -> Vector:
        """Give the mean of the data over the reference runs."""
        return np.asarray(np.mean([self.of(one) for one in self._reference], axis=0))

    def of(self, outcome: Outcome) -> Vector:
        """Give the data of a run as they come."""
        inside = [
            float(_on_range(limits, np.asarray(outcome["evidence"][number] or 0.0)))
            for number, limits in self._evidence
        ]
        return np.array([*self.targets.scaled(outcome["figures"]), *inside])


class Model:
    """The model at a level, as data see it.

    What separates the level, its scale and pooling, from the data's reference runs is taken off every run: the
    difference of the means over seeds, both at the values ``base``. ``chance`` is the spread of each datum between
    these seeds.
    """

    def __init__(
        self, data: Data, evaluations: Evaluations, level: Level, parameters: Sequence[Parameter], base: Values
    ) -> None:
        self._data, self._evaluations, self._level, self._parameters = data, evaluations, level, parameters
        own = evaluations.run([Task(level, seed, base) for seed in level.seeds])
        found = np.array([data.of(one) for one in own])
        self._shift = data.expected() - found.mean(axis=0)
        self._figures = figures_of(own)
        self.chance: Vector = found.std(axis=0, ddof=1)

    def __call__(self, places: Matrix, seeds: Sequence[int]) -> Matrix:
        """Simulate the data (members, data) of places in the ranges (members, parameters), each with its seed.

        A place that makes no scenario has none (NaN): values that are each in their range may be too much together.
        """
        nothing = np.full(self._shift.shape, np.nan)
        return np.array(
            [nothing if one is None else self._data.of(one) + self._shift for one in self._run(places, seeds)]
        )

    def predictions(self, places: Matrix, seeds: Sequence[int]) -> dict[int, Vector]:
        """Simulate every figure that a run counts, by its number: a value for each of ``places``, off its scale.

        They are places of which there are data.
        """
        data, outcomes = self._data, [one for one in self._run(places, seeds) if one is not None]
        found = {}
        for number in data.counted:
            here, there, own = (
                data.targets.on_scale(number, one)
                for one in (
                    [outcome["figures"][number] or 0.0 for outcome in outcomes],
                    data.figures[:, number],
                    self._figures[:, number],
                )
            )
            found[number] = data.targets.off_scale(number, here + there.mean() - own.mean())
        return found

    def _run(self, places: Matrix, seeds: Sequence[int]) -> list[Outcome | None]:
        tasks = [
            Task(self._level, seed, values_at(self._parameters, row)) for row, seed in zip(places, seeds, strict=True)
        ]
        possible = [self._evaluations.possible(task) for task in tasks]
        found = iter(self._evaluations.run([task for task, one in zip(tasks, possible, strict=True) if one]))
        return [next(found) if one else None for one in possible]


def _on_range(limits: tuple[float, float], values: Vector) -> Vector:
    """Put values of evidence on the scale of its range: the logarithm where that lies above 0."""
    return np.log(np.maximum(values, LEAST)) if limits[0] > 0.0 else values
