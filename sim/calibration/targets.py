"""Targets: the figures of a scenario, and their values in units of their tolerances, in which residuals are taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.reading.figures import CHANGE, days_of
from sim.scenario.schema.recording import Family
from sim.store.scope import Scope, Target

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
        values = [figures[n] for n in self.fitted]
        return np.array(
            [float(self.scale(n, 0.0 if v is None else v)) for n, v in zip(self.fitted, values, strict=True)]
        )


def family_of(name: str) -> Family | None:
    """Return the family of a figure by its name; None if it has none."""
    return FAMILIES.get(name.partition(".")[0].partition("_")[0])


def label_of(name: str, window: tuple[date, date | None]) -> str:
    """Return the name of a figure and its window: ``calls_intercepted@2021-01-01..2021-11-30``."""
    return f"{name}@{window[0]}..{window[1] or ''}"
