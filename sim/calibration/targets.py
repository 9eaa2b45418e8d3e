"""What a calibration aims at: each fitted figure, and how far off a simulated one is, in tolerances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.results.figures import CHANGE, days_of
from sim.results.scope import Scope, Target

Vector = npt.NDArray[np.float64]

DEFAULT_TOLERANCE = 0.01


@dataclass(frozen=True)
class Targets:
    """The figures of a scenario by their position in its list; ``fitted`` are those that a fit aims at.

    Figures that are levels are compared by their logarithm, changes as they are, both in units of the tolerance: a
    distance of 1 is at the edge of what is allowed.
    """

    rows: tuple[Target, ...]
    fitted: tuple[int, ...]

    @classmethod
    def of(cls, scope: Scope) -> "Targets":
        """Give the figures of a scope; fitted ones need a number and windows inside the period."""
        chosen = [
            number
            for number, row in enumerate(scope.targets)
            if row.role == "fitted"
            and isinstance(row.value, int | float)
            and all(days_of(scope, window) for window in (row.window, row.base or row.window))
        ]
        return cls(scope.targets, tuple(chosen))

    def label(self, number: int) -> str:
        """Name a figure and its window, as ``label_of`` does."""
        return label_of(self.rows[number].name, self.rows[number].window)

    def tolerance(self, number: int) -> float:
        """Give the tolerance of a figure: a share of a level, a difference for a change."""
        return self.rows[number].tolerance or DEFAULT_TOLERANCE

    def on_scale(self, number: int, values: npt.ArrayLike) -> Vector:
        """Put values of a figure on the scale on which they are compared, in tolerances."""
        found = np.asarray(values, dtype=np.float64)
        if not self.rows[number].name.endswith(CHANGE):
            # Nothing counted at all is as far off as a thousandth of one.
            found = np.log(np.maximum(found, 1e-3))
        return np.asarray(found / self.tolerance(number))

    def off_scale(self, number: int, scaled: npt.ArrayLike) -> Vector:
        """Undo ``on_scale``."""
        values = np.asarray(scaled, dtype=np.float64) * self.tolerance(number)
        return values if self.rows[number].name.endswith(CHANGE) else np.asarray(np.exp(values))

    def reported(self) -> Vector:
        """Give the reported values of the fitted figures, on the scale of comparison."""
        return np.array([float(self.on_scale(n, float(str(self.rows[n].value)))) for n in self.fitted])

    def scaled(self, figures: Sequence[float | None]) -> Vector:
        """Put the fitted figures of one run on the scale of comparison."""
        found = [figures[n] for n in self.fitted]
        return np.array(
            [float(self.on_scale(n, 0.0 if v is None else v)) for n, v in zip(self.fitted, found, strict=True)]
        )


def label_of(name: str, window: tuple[date, date | None]) -> str:
    """Name a figure and its window: ``calls_intercepted@2021-01-01..2021-11-30``."""
    return f"{name}@{window[0]}..{window[1] or ''}"
