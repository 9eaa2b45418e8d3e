"""Quantiles of many uniforms at once, the same bits as ``distributions.quantile`` gives one after the other.

What nearly all of them need is computed for all, in loops that the compiler turns into vector instructions: the
middle of the normal quantile for all, its near tails for those that lie there. The few others are computed alone.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import LOGNORMAL, quantile
from sim.draws.functions import MIDDLE_SPAN, exp_of_moderate, log_of_normal, middle_quantile, tail_quantile
from sim.draws.philox import uniform52

STEEPEST = 80.0
"""Up to this sigma a lognormal distribution has moderate exponents in its middle and near tails."""
FAR_TAIL = 1e-10
"""Beyond it, on either side, the tails are far: they have a formula of their own from exp(-25), 1.4e-11, on."""


@inlined
def uniform_at(lanes: NDArray[np.uint32], k: int) -> float:
    """``uniform52`` of the first two lanes of the k-th entity."""
    return uniform52(int(np.int64(lanes[0, k])), int(np.int64(lanes[1, k])))


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
    """Fill ``out`` with the quantiles of the 52-bit uniforms in the first two of ``lanes``, (4, count or more).

    ``outside`` and ``tails`` are room for as many positions and values.
    """
    if kind != LOGNORMAL or not abs(b) <= STEEPEST:
        for k in range(count):
            out[k] = quantile(kind, a, b, uniform_at(lanes, k))
        return
    for k in range(count):
        out[k] = a * exp_of_moderate(b * middle_quantile(uniform_at(lanes, k) - 0.5))
    far = 0
    for k in range(count):
        outside[far] = k
        far += 1 if abs(uniform_at(lanes, k) - 0.5) > MIDDLE_SPAN else 0
    for m in range(far):
        k = outside[m]
        u = uniform_at(lanes, k)
        score = tail_quantile(math.sqrt(-log_of_normal(min(u, 1.0 - u), 0)))
        tails[m] = -score if u < 0.5 else score
    for m in range(far):
        tails[m] = a * exp_of_moderate(b * tails[m])
    for m in range(far):
        k = outside[m]
        out[k] = tails[m]
        u = uniform_at(lanes, k)
        if not FAR_TAIL < u < 1.0 - FAR_TAIL:
            out[k] = quantile(kind, a, b, u)
