"""Ranks of known truths by the model itself, near the posterior.

Each draw in turn is the truth. Its data are those of the model's own run there, with the seed that no step has used,
plus errors. All other draws are then conditioned on these data in addition to the reported ones, and the rank of the
truth among them is recorded. Truth and draws come from one posterior, so ranks are even if conditioning is right
(posterior simulation-based calibration: Sailynoja, Schmitt, Burkner and Vehtari, arXiv:2502.03279, 2025).

Draws are conditioned by one Gauss-Newton step each, from the draw's own run, with the slopes of the emulator of all
runs at its place: what randomised maximum likelihood does where data are linear. Weights of the draws would need no
slopes, but with dozens of data one or two of some hundreds of draws would have all the weight.

What the test can show: whether the model, with its noise and its curvature, moves with parameters as the emulator says,
so that intervals are neither too narrow nor too wide. What it cannot: whether the draws lie where the reported data put
them, since truths are draws. Other tests do: ``coverage.ranks`` for truths from the ranges, with data by an emulator,
and ``benchmarks.posteriors`` on a small scenario, with whole ensembles and data by the model. Ranks of different truths
share their draws, so p-values are approximate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.calibration.drivers import Sensitivity, ranked
from sim.calibration.posterior import Posterior, compressed
from sim.experiments.design import TRUTHS, generator_of

Array = npt.NDArray[np.float64]

LEARNT = 0.95
"""Parameters that keep less than this share of their prior spread matter, and so do drivers."""


@dataclass(frozen=True)
class Truths:
    """Ranks of truths among the other draws.

    Attributes:
        numbers: (parameters,) The numbers of the parameters that matter.
        rows: (truths, parameters) The rank of each truth, from 0 to one less than the number of truths.
    """

    numbers: npt.NDArray[np.intp]
    rows: npt.NDArray[np.intp]


def ranks_by_model(draws: Posterior, seed: int, sensitivities: Mapping[str, Sensitivity]) -> Truths:
    """Return the ranks of all draws as truths, of the parameters that matter; ``seed`` is that of the data's errors."""
    drivers = set(ranked(sensitivities))
    left = draws.spread_left()
    keys = [one.key for one in draws.parameters]
    numbers = np.array([n for n, key in enumerate(keys) if left[n] < LEARNT or key in drivers], dtype=np.intp)
    scores, simulated = draws.scores, compressed(draws.again)
    count, data = simulated.shape
    generator = generator_of(seed, TRUTHS)
    # Common noise of the seed cancels between data and draws; here is the rest, which both have.
    noise = np.var(draws.again - draws.residuals, axis=0, ddof=1) / 2.0
    observed = simulated + generator.standard_normal((count, data))
    below = np.zeros((count, len(numbers)), dtype=np.intp)
    for draw in range(count):
        gains = _gains(draws.emulator.derivatives(scores[draw]), 1.0 + noise)[numbers]
        ahead = observed + generator.standard_normal((count, data)) - simulated[draw]
        moved = scores[draw, numbers] + ahead @ gains.T
        others = np.arange(count) != draw
        below[others] += (moved < scores[:, numbers])[others]
    return Truths(numbers, below)


def _gains(slopes: Array, variance: Array) -> Array:
    """Return how a draw moves with new data, (parameters, data), from slopes (data, parameters) of the data at it.

    The new data and the reported ones, on which the draw is conditioned, have errors of the same ``variance`` (data,).
    """
    curvature = slopes @ slopes.T + np.diag(variance / 2.0)
    return np.asarray(slopes.T @ np.linalg.inv(curvature) / 2.0)
