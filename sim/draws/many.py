"""Quantiles of many uniforms at once: the same bits as ``distributions.quantile`` of each of them.

Normal quantiles are computed in passes that the compiler can vectorise: the formula for the middle of the distribution
for all uniforms, the formula for its near tails for those in the tails, and the scalar function for the few in the far
tails, about two in 10**10.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.base.words import DistributionKind
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import LONGEST_MS, quantile
from sim.draws.functions import (
    MIDDLE_SPAN,
    exp_of_moderate,
    log_of_normal,
    middle_quantile,
    normal_quantile,
    tail_quantile,
)
from sim.draws.philox import uniform52

STEEPEST = 80.0
"""Largest sigma for which ``exp_of_moderate`` holds for every uniform of 52 bits."""
FAR_TAIL = 1e-10
"""Tail probability below which the scalar function is used; its far-tail formula begins at exp(-25), 1.4e-11."""


@inlined
def uniform_at(lanes: NDArray[np.uint32], k: int) -> float:
    """Return ``uniform52`` of the first two lanes of the k-th entity."""
    return uniform52(int(np.int64(lanes[0, k])), int(np.int64(lanes[1, k])))


@compiled
def normal_scores(
    lanes: NDArray[np.uint32],
    count: int,
    out: NDArray[np.float64],
    outside: NDArray[np.int64],
    tails: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the normal quantiles of many uniforms; the arguments are those of ``quantiles``."""
    far = 0
    for k in range(count):
        out[k] = middle_quantile(uniform_at(lanes, k) - 0.5)
    for k in range(count):
        u = uniform_at(lanes, k)
        outside[far] = k
        tails[far] = u
        far += 1 if abs(u - 0.5) > MIDDLE_SPAN else 0
    # In place: reading at other places than are written keeps the compiler from vectorising.
    for m in range(far):
        u = tails[m]
        score = tail_quantile(math.sqrt(-log_of_normal(min(u, 1.0 - u), 0)))
        tails[m] = -score if u < 0.5 else score
    for m in range(far):
        k = outside[m]
        u = uniform_at(lanes, k)
        out[k] = tails[m] if FAR_TAIL < u < 1.0 - FAR_TAIL else normal_quantile(u)


@compiled
def quantiles(
    kind: int,
    a: float,
    b: float,
    lanes: NDArray[np.uint32],
    count: int,
    out: NDArray[np.float64],
    outside: NDArray[np.int64],
    tails: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the quantiles of the 52-bit uniforms in the first two of ``lanes``.

    ``kind``, ``a`` and ``b`` are as for ``quantile``. Arrays are (count or more,): ``out`` in the unit of ``a``,
    ``outside`` scratch for positions of uniforms in the tails, ``tails`` scratch for their normal quantiles.
    """
    if kind != DistributionKind.LOGNORMAL or not abs(b) <= STEEPEST:
        for k in range(count):
            out[k] = quantile(kind, a, b, uniform_at(lanes, k))
        return
    normal_scores(lanes, count, out, outside, tails)
    for k in range(count):
        out[k] = a * exp_of_moderate(b * out[k])


@compiled
def round_to_ticks(durations: NDArray[np.float64], count: int, clock_ms: int) -> None:
    """Round the first ``count`` durations in ms to ticks of the clock in place, as ``distributions.to_ticks`` does.

    They stay floats: whole numbers up to ``LONGEST_MS`` are exact.
    """
    longest = float(LONGEST_MS // clock_ms * clock_ms)
    for k in range(count):
        rounded = max(1.0, np.floor(durations[k] / clock_ms + 0.5)) * clock_ms
        durations[k] = rounded if durations[k] < LONGEST_MS else longest
