"""The data that a posterior is conditioned on: fitted figures and, where the scenario asks for it, evidence."""

from collections.abc import Callable, Sequence

import numpy as np

from sim.calibration.evaluations import Evaluations, Outcome, Task, figures_of
from sim.calibration.fit import Matrix, values_at
from sim.calibration.levels import Level
from sim.calibration.parameters import Parameter
from sim.calibration.targets import Targets, Vector
from sim.draws.functions import normal_quantile
from sim.results.scope import Scope

HALF_WIDTH = normal_quantile(0.95)
"""The half width of a range of evidence, in standard deviations: it is read as holding nine tenths."""

LEAST = 1e-9
"""Evidence that lies above 0 is compared by its logarithm, from here up."""


class Data:
    """Observed data, their errors, and what a simulated run says of the same.

    Figures are in tolerances, evidence is as its range is. ``shift`` (figures of the scenario) and that of the evidence
    are what separates one coarse run, its seed, scale and pooling, from the mean of ``reference`` runs: it is taken
    off every member of an ensemble, since all meet the same random numbers. ``chance`` is the spread of a figure
    between seeds. The error of a figure is made of its tolerance, for rounding and for the model's shortcomings, and of
    chance, since what was reported happened once.
    """

    def __init__(self, scope: Scope, wanted: Sequence[str], reference: Sequence[Outcome], coarse: Outcome) -> None:
        self.targets = targets = Targets.of(scope)
        figures = figures_of(reference)
        self.counted = [
            number
            for number, row in enumerate(targets.rows)
            if isinstance(row.value, int | float | None) and not np.isnan(figures[:, number]).any()
        ]
        self.shift = np.zeros(len(targets.rows))
        self.chance = np.zeros(len(targets.rows))
        for number in self.counted:
            found = targets.on_scale(number, coarse["figures"][number] or 0.0)
            self.shift[number] = targets.on_scale(number, figures[:, number].mean()) - found
            self.chance[number] = targets.on_scale(number, figures[:, number]).std(ddof=1)
        self._evidence = [
            (number, (row.low, row.high)) for number, row in enumerate(scope.evidence) if row.name in wanted
        ]
        ends = [_on_range(limits, np.array(limits)) for _, limits in self._evidence]
        fitted = list(targets.fitted)
        self.observed = np.array([*targets.reported(), *((low + high) / 2.0 for low, high in ends)])
        self.error = np.array(
            [*np.hypot(1.0, self.chance[fitted]), *((high - low) / 2.0 / HALF_WIDTH for low, high in ends)]
        )
        inside = np.mean([self._inside(one) for one in reference], axis=0) - self._inside(coarse)
        self._shift = np.array([*self.shift[fitted], *inside])

    def of(self, outcome: Outcome) -> Vector:
        """Give the data of a run as they come."""
        return np.array([*self.targets.scaled(outcome["figures"]), *self._inside(outcome)])

    def _inside(self, outcome: Outcome) -> Vector:
        found = [_on_range(limits, np.asarray(outcome["evidence"][number] or 0.0)) for number, limits in self._evidence]
        return np.array([float(value) for value in found])

    def simulator(
        self, evaluations: Evaluations, level: Level, parameters: Sequence[Parameter]
    ) -> Callable[[Matrix], Matrix]:
        """Give a function from places (members, parameters) to data (members, data), with the level's first seed."""

        def simulate(places: Matrix) -> Matrix:
            tasks = [Task(level, level.seeds[0], values_at(parameters, row)) for row in places]
            return np.array([self.of(outcome) + self._shift for outcome in evaluations.run(tasks)])

        return simulate


def _on_range(limits: tuple[float, float], values: Vector) -> Vector:
    """Put values of evidence on the scale of its range: the logarithm where that lies above 0."""
    return np.log(np.maximum(values, LEAST)) if limits[0] > 0.0 else values
