"""The fit: calibrated parameters to fitted figures, in expectation over seeds, coarse first, then at full scale."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.evaluations import Evaluations, Task, figures_of
from sim.calibration.levels import Level
from sim.calibration.parameters import Parameter
from sim.calibration.targets import Targets, Vector

Matrix = npt.NDArray[np.float64]

CLOSE = 0.2
"""The coarsest level is solved when no figure is further off than so many tolerances."""

GOOD = 0.5
"""A finer level is accepted when its means are no further off than so many tolerances."""

STEP = 0.04
"""Step of a difference quotient, in ranges: wide enough that counts differ by more than a few."""

FAR = 0.15
"""The derivatives are taken anew when some parameter has moved so far, in ranges."""

SLOPE_SEEDS = 2
"""So many of the seeds are enough for a derivative, in which what they have in common drops out."""

TOLD_APART = 0.01
"""A combination of figures whose slope is less than this share of the steepest says what others have said."""

EVALUATIONS = 20
"""At most so many trials solve the coarsest level once."""

ROUNDS = 4
"""So often, at most, a finer level corrects it."""


class FitError(Exception):
    """Nothing can be fitted."""


@dataclass
class Fit:
    """Where a fit has arrived: places in the ranges, figures by level and seed, derivatives at the coarsest level.

    ``figures[level]`` is (seeds, figures) of all figures, NaN where there is none; ``slopes`` (fitted figures,
    parameters) in tolerances a range.
    """

    parameters: list[Parameter]
    targets: Targets
    places: Vector
    slopes: Matrix
    figures: dict[Level, Matrix] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The dotted keys of the parameters."""
        return [one.key for one in self.parameters]

    def inverse(self) -> Matrix:
        """Give the least-squares inverse of the slopes, (parameters, figures).

        Two figures that say the same thing (two totals and their change) differ by noise alone, which has no say.
        """
        return np.asarray(np.linalg.pinv(self.slopes, rcond=TOLD_APART))

    def values(self) -> dict[str, Any]:
        """Give the fitted values by dotted key, as a scenario file has them."""
        return values_at(self.parameters, self.places)


def values_at(parameters: Sequence[Parameter], places: Vector) -> dict[str, Any]:
    """Give the values at places in the ranges, by dotted key."""
    return {one.key: one.value(float(place)) for one, place in zip(parameters, places, strict=True)}


class Fitter:
    """Solves for the places of the parameters; every number it sees comes from ``evaluations``."""

    def __init__(
        self,
        evaluations: Evaluations,
        parameters: list[Parameter],
        targets: Targets,
        levels: Sequence[Level],
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        if not parameters or not targets.fitted:
            raise FitError("there is no calibrated parameter with a range" if not parameters else "no figure is fitted")
        self._evaluations = evaluations
        self._parameters = parameters
        self._targets = targets
        self._levels = list(levels)
        self._tell = tell
        self._slopes: tuple[Vector, Matrix] | None = None

    def fit(self, start: Vector) -> Fit:
        """Fit from ``start``, places in the ranges.

        The coarsest level is solved by least squares. A finer level then says how much its means differ from the
        coarse ones at the same place; the coarse level is solved again for targets shifted by as much, until the
        finer level itself is near enough.
        """
        coarse = self._levels[0]
        places = self._solve(start, np.zeros(len(self._targets.fitted)))
        for level in self._levels[1:]:
            for _ in range(ROUNDS):
                distance = self._distance(level, places)
                self._say(level, distance)
                if np.abs(distance).max() <= GOOD:
                    break
                places = self._solve(places, distance - self._distance(coarse, places))
        _, slopes = self._slopes_near(places)
        fit = Fit(self._parameters, self._targets, places, slopes)
        for level in self._levels:
            fit.figures[level] = self.figures(level, places)
        return fit

    def figures(self, level: Level, places: Vector) -> Matrix:
        """Simulate all figures at a level: (seeds, figures), NaN where a run has none."""
        values = values_at(self._parameters, places)
        return figures_of(self._evaluations.run([Task(level, seed, values) for seed in level.seeds]))

    def _distance(self, level: Level, places: Vector) -> Vector:
        """How far off the means of the fitted figures are, in tolerances."""
        return self._off(self.figures(level, places))

    def _off(self, figures: Matrix) -> Vector:
        means = figures.mean(axis=0)
        return self._targets.scaled([None if np.isnan(v) else float(v) for v in means]) - self._targets.reported()

    def _solve(self, start: Vector, shift: Vector) -> Vector:
        """Solve the coarsest level for targets that are missed by ``-shift``."""
        from scipy.optimize import least_squares

        coarse = self._levels[0]
        best: tuple[float, Vector] = (np.inf, start)

        def distance(places: Vector) -> Vector:
            nonlocal best
            found = self._distance(coarse, places) + shift
            worst = float(np.abs(found).max())
            self._say(coarse, found)
            if worst < best[0]:
                best = worst, places.copy()
            if worst <= CLOSE:
                raise _CloseEnoughError
            return found

        inside = np.clip(start, 1e-3, 1.0 - 1e-3)
        with contextlib.suppress(_CloseEnoughError):
            least_squares(
                distance,
                inside,
                jac=lambda places: self._slopes_near(places)[1],
                bounds=(0.0, 1.0),
                max_nfev=EVALUATIONS,
                xtol=1e-5,
                ftol=1e-4,
                gtol=None,
            )
        return best[1]

    def _slopes_near(self, places: Vector) -> tuple[Vector, Matrix]:
        """Give derivatives taken at a place not far from this one, by forward differences with the same seeds."""
        if self._slopes is None or np.abs(self._slopes[0] - places).max() > FAR:
            self._slopes = places.copy(), self._slopes_at(places)
        return self._slopes

    def _slopes_at(self, places: Vector) -> Matrix:
        """Give slopes (fitted figures, parameters) by forward differences at the coarsest level."""
        coarse = self._levels[0]
        seeds = coarse.seeds[:SLOPE_SEEDS]
        steps = np.where(places + STEP <= 1.0, STEP, -STEP)
        moved = [places, *(places + step * unit for step, unit in zip(steps, np.eye(len(places)), strict=True))]
        tasks = [Task(coarse, seed, values_at(self._parameters, at)) for at in moved for seed in seeds]
        base, *others = (
            self._off(rows) for rows in figures_of(self._evaluations.run(tasks)).reshape(len(moved), len(seeds), -1)
        )
        return np.column_stack([(one - base) / step for one, step in zip(others, steps, strict=True)])

    def _say(self, level: Level, distance: Vector) -> None:
        worst = int(np.argmax(np.abs(distance)))
        self._tell(
            f"scale {level.scale:g}, {len(level.seeds)} seeds: furthest off is "
            f"{self._targets.label(self._targets.fitted[worst])}, by {distance[worst]:+.2f} tolerances"
        )


class _CloseEnoughError(Exception):
    """The coarse level is solved."""
