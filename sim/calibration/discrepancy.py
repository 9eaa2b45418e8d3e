"""Discrepancy: by how much the model would be off even with the best of all parameters, learnt from windows left out.

A model that is taken for exact gives intervals that are too narrow, and parameters that are bent to make up for what it
lacks (Kennedy and O'Hagan, Journal of the Royal Statistical Society B 63, 2001; Brynjarsdottir and O'Hagan, Inverse
Problems 30, 2014). Each family of figures has a standard deviation of its own, a share of the level. It is that with
which each window is predicted best by all others: the sum of the log densities of left-out windows is largest
(Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2). Data are linear in the scores
for this, as they are near the posterior's mode; then what is left out has a closed form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SHARES = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)
"""Discrepancies that are tried, as shares of a level."""

BEGUN = 0.02
"""Where each family's search begins."""

ROUNDS = 6
"""Times at most that every family is gone through."""


@dataclass(frozen=True)
class Linear:
    """Data as a linear model of standard normal scores.

    Attributes:
        off: (windows,) Observed less what is expected with all scores at 0, in units of the windows.
        covariance: (windows, windows) Of what is expected, over the prior.
        errors: Returns the standard errors (windows,) with discrepancies by family.
        conditioned: (windows,) Which windows the parameters are conditioned on; the others are left out always.
        scored: (windows,) Which windows tell of discrepancies.
    """

    off: Array
    covariance: Array
    errors: Callable[[Mapping[str, float]], Array]
    conditioned: npt.NDArray[np.bool_]
    scored: npt.NDArray[np.bool_]

    def left_out(self, discrepancy: Mapping[str, float]) -> tuple[Array, Array]:
        """Predict each window by the conditioned ones but itself.

        Args:
            discrepancy: By family.

        Returns:
            How far each observed value lies from its prediction, (windows,), and the standard deviation of that.
        """
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
        """Return the same where the parameters are not conditioned on a window, nor discrepancies learnt from it."""
        conditioned, scored = self.conditioned.copy(), self.scored.copy()
        conditioned[number] = scored[number] = False
        return Linear(self.off, self.covariance, self.errors, conditioned, scored)


def learnt(linear: Linear, families: Sequence[str]) -> dict[str, float]:
    """Return the discrepancy of each family with which left-out windows are predicted best.

    Args:
        linear: The data.
        families: Those that have one.

    Returns:
        By family, one of ``SHARES``; the least of those that are equally good.
    """
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
