"""Ranks of known truths by the model itself, near the posterior.

Each draw in turn is the truth. Its data are those of the model's own run there, with the seed that no step has used,
plus errors. All other draws are then conditioned on these data in addition to the reported ones, and the rank of the
truth among them is recorded. Truth and draws come from one posterior, so ranks are even if conditioning is right
(posterior simulation-based calibration: Sailynoja, Schmitt, Burkner and Vehtari, arXiv:2502.03279, 2025).

Draws are conditioned as they were in the first place, with their own anchors and their own errors, in proportion: by
one step from the draw's own run, with the slopes of the emulator of all runs at its place, as where windows are left
out. New errors would make the test blind: with those, ranks are even for any slopes. Weights of the draws would need no
slopes, but with dozens of data one or two of some hundreds of draws would have all the weight.

What the test can show: whether the model, with its noise and its curvature, moves with parameters as the emulator says.
Where it moves more than that, draws go too far and their intervals are too narrow; where it moves less, intervals are
somewhat too wide, which shows little. What it cannot show: whether the draws lie where the reported data put them,
since truths are draws. Other tests do: ``coverage.ranks`` for truths from the ranges, with data by an emulator, and
``benchmarks.posteriors`` on a small scenario, with whole ensembles and data by the model. Ranks of a parameter that new
data do not move are even by construction: the test says most of the parameters that data move most. All truths share
their draws, so more p-values are small than tests of independent ranks would give: in linear models, where conditioning
is exact, some 15 per cent lie below 0.05 where data move a parameter.
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
    scores, simulated = draws.scores, compressed(draws.residuals)
    again = compressed(draws.again)
    # What both seeds differ by in all draws alike would move all truths to one side.
    again -= np.mean(again - simulated, axis=0)
    observed = again + generator_of(seed, TRUTHS).standard_normal(again.shape)
    # A draw's data have the error that it was given and the noise of its run; so have a truth's.
    noise = np.var(again - simulated, axis=0, ddof=1) / 2.0
    known, new = draws.rest**2 + noise, 1.0 + noise
    both = 1.0 / (1.0 / known + 1.0 / new)
    kept = np.sqrt(np.maximum(both - noise, 0.0)) * draws.observations
    below = np.zeros((len(scores), len(numbers)), dtype=np.intp)
    for draw, anchor in enumerate(draws.anchors):
        slopes = draws.emulator.derivatives(scores[draw])
        away = slopes @ (scores[draw] - anchor) - simulated[draw]
        before = _gains(slopes, draws.rest**2) @ (away + draws.rest * draws.observations[draw])
        after = (away + observed * both / new + kept[draw]) @ _gains(slopes, both).T
        moved = (scores[draw] + after - before)[:, numbers]
        others = np.arange(len(scores)) != draw
        below[others] += (moved < scores[:, numbers])[others]
    return Truths(numbers, below)


def _gains(slopes: Array, variance: Array) -> Array:
    """Return how far from its anchor data take a draw, (parameters, data), where their errors have a variance."""
    return np.asarray(slopes.T @ np.linalg.inv(slopes @ slopes.T + np.diag(variance)))
