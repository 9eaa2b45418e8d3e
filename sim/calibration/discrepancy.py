"""Discrepancy: how far the model would be off even with the best parameters, learnt from windows left out.

A model that is taken as exact gives intervals that are too narrow, and parameters that compensate for what it lacks
(Kennedy and O'Hagan, Journal of the Royal Statistical Society B 63, 2001; Brynjarsdottir and O'Hagan, Inverse Problems
30, 2014). Each family of figures has its own standard deviation, a share of the level. It is the one with which each
window is predicted best from all others: the sum of the log densities of left-out windows is largest (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2). Data are taken as linear in the scores, as they
are near the posterior's mode; then predictions of left-out windows have a closed form.

Windows of one series that overlap count the same days, so they say the same thing twice, and each is predicted too well
by the other. Only windows that do not overlap are scored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SHARES = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)
"""Discrepancies that are tried, as shares of a level."""

BEGUN = 0.02
"""The start of each family's search."""

ROUNDS = 6
"""The most passes over all families."""


@dataclass(frozen=True)
class Linear:
    """Data as a linear model of standard normal scores.

    Attributes:
        off: (windows,) Observed minus expected with all scores at 0, in units of the windows.
        covariance: (windows, windows) Of the expected values, over the prior.
        errors: Returns the standard errors (windows,) with discrepancies by family.
        conditioned: (windows,) Which windows the parameters are conditioned on; the others are always left out.
        scored: (windows,) Which windows are used to learn discrepancies.
    """

    off: Array
    covariance: Array
    errors: Callable[[Mapping[str, float]], Array]
    conditioned: npt.NDArray[np.bool_]
    scored: npt.NDArray[np.bool_]

    def left_out(self, discrepancy: Mapping[str, float]) -> tuple[Array, Array]:
        """Return the distance (windows,) of each value from its prediction by the other windows, and its deviation."""
        total = self.covariance + np.diag(self.errors(discrepancy) ** 2)
        inside = np.flatnonzero(self.conditioned)
        precision = np.linalg.inv(total[np.ix_(inside, inside)])
        variance = np.empty(len(self.off))
        off = np.empty(len(self.off))
        variance[inside] = 1.0 / np.diag(precision)
        off[inside] = variance[inside] * (precision @ self.off[inside])
        for number in np.flatnonzero(~self.conditioned):
            gain = total[number, inside] @ precision
            variance[number] = total[number, number] - gain @ total[inside, number]
            off[number] = self.off[number] - gain @ self.off[inside]
        return off, np.sqrt(variance)

    def score(self, discrepancy: Mapping[str, float]) -> float:
        """Return the sum of the log densities of the scored windows, each left out."""
        off, spread = self.left_out(discrepancy)
        return float(-np.sum((np.log(spread) + 0.5 * (off / spread) ** 2)[self.scored]))

    def without(self, number: int) -> "Linear":
        """Return the same without a window: neither parameters nor discrepancies use it."""
        conditioned, scored = self.conditioned.copy(), self.scored.copy()
        conditioned[number] = scored[number] = False
        return Linear(self.off, self.covariance, self.errors, conditioned, scored)


def apart(series: Sequence[str], windows: Sequence[Sequence[tuple[date, date]]], first: Sequence[bool]) -> list[bool]:
    """Choose windows that do not overlap within a series: as many as possible of the first ones, then of the others.

    The window that ends earliest is taken first, then the next one that begins after it; equal ones are taken in the
    order given.

    Args:
        series: The series of each figure.
        windows: The first and last days that each figure counts: one window, or the two of a change.
        first: Which figures have precedence.

    Returns:
        Whether each figure is chosen.
    """
    chosen: list[int] = []
    order = sorted(range(len(series)), key=lambda one: (not first[one], max(end for _, end in windows[one])))
    for one in order:
        taken = [window for other in chosen if series[other] == series[one] for window in windows[other]]
        if not any(start <= last and begin <= end for start, end in windows[one] for begin, last in taken):
            chosen.append(one)
    return [one in chosen for one in range(len(series))]


def learnt(linear: Linear, families: Sequence[str]) -> dict[str, float]:
    """Return the discrepancy of each family, one of ``SHARES``, with which left-out windows are predicted best."""
    found = dict.fromkeys(families, BEGUN)
    best = linear.score(found)
    for _ in range(ROUNDS):
        before = best
        for family in families:
            tried = [linear.score({**found, family: share}) for share in SHARES]
            found[family] = SHARES[int(np.argmax(tried))]
            best = max(tried)
        if best <= before:
            break
    return found
