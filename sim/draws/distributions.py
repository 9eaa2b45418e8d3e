"""Uniforms become counts, delays, moments and choices: every one an inverse distribution function.

Being inverses, all move one way only when their parameter does, for one and the same uniform: that is
what lets two scenarios meet the very same attempts.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.days import HALF_HOUR_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.functions import exp, exp_less_1, log, normal_quantile

CERTAIN = 1 << 32
"""The threshold of probability 1: every 32-bit uniform is below it."""

LARGE_RATE = 64.0
NEGLIGIBLE = 2.0**-60
"""Share of a tail that is left out of its sum."""
LARGEST_AT_64 = 192
"""No uniform of 52 bits gives a count of this at ``LARGE_RATE``."""
RATE_BITS = ~((1 << 12) - 1)
"""Keeps sign, exponent and the first 40 bits of a fraction."""

CONSTANT, UNIFORM, EXPONENTIAL, LOGNORMAL, WEIBULL = 0, 1, 2, 3, 4
KINDS = {
    "constant": CONSTANT,
    "uniform": UNIFORM,
    "exponential": EXPONENTIAL,
    "lognormal": LOGNORMAL,
    "weibull": WEIBULL,
}

LONGEST_MS = 1 << 52
"""Bound of every drawn delay, some 140,000 years: beyond it nothing happens, and no integer overflows."""


@compiled
def threshold(p: float) -> int:
    """Integer T with P(u < T) = p for a 32-bit uniform u, to 2**-33: 0 at p = 0, 2**32 at 1.

    A probability outside 0 to 1 counts as the nearer of the two.
    """
    if not p > 0.0:
        return 0
    if p >= 1.0:
        return CERTAIN
    return math.floor(p * 4294967296.0 + 0.5)


@compiled
def poisson_by_search(rate: float, u: float) -> int:
    """Smallest n with P(N <= n) >= u, for a rate above 0 and up to ``LARGE_RATE`` and u in (0, 1).

    Up to u = 1/2 probabilities are added from 0 up, above it from far out in the tail down, and compared
    with 1 - u, which is exact: either sum is right to a few units of its own last place.
    """
    term = exp(-rate)
    n = 0
    if u <= 0.5:
        total = term
        while total < u:
            n += 1
            term *= rate / n
            total += term
        return n
    beyond = 1.0 - u
    if -exp_less_1(-rate) <= beyond:
        return 0
    negligible = beyond * NEGLIGIBLE
    while n <= rate or term > negligible:
        n += 1
        term *= rate / n
    tail = 0.0
    while n > 1 and tail + term <= beyond:
        tail += term
        term *= n / rate
        n -= 1
    return n


@compiled
def poisson(rate: float, u: float) -> int:
    """Poisson count of mean ``rate`` (0 to 1e9) at the uniform ``u`` in (0, 1), never less for a higher rate.

    Below ``LARGE_RATE`` the exact inverse; from there on the expansion of the inverse about the normal one
    by M. B. Giles, "Algorithm 955: approximation of the inverse Poisson cumulative distribution function"
    (ACM TOMS 42, 2016), and no less than the exact inverse at ``LARGE_RATE``, so that nothing falls where
    the two meet. The expansion misses the exact count about once in 20,000 draws near ``LARGE_RATE``, less
    often above, and then by one.

    The rate is cut to 40 bits of fraction first. Two rates are then one, or so far apart that their sums
    and expansions differ by more than rounding can turn.
    """
    if not rate > 0.0:
        return 0
    rate = float(np.int64(int(np.float64(rate).view(np.int64)) & RATE_BITS).view(np.float64))
    if not rate > 0.0:
        return 0
    if rate < LARGE_RATE:
        return poisson_by_search(rate, u)
    w = normal_quantile(u)
    root = math.sqrt(rate)
    square = w * w
    near = (1.0 / 3.0 + square / 6.0) - w * (1.0 / 36.0 + square / 72.0) / root
    near += (-8.0 / 405.0 + square * (7.0 / 810.0 + square / 270.0)) / rate
    count = math.floor(rate + root * w + near)
    if count < LARGEST_AT_64:
        return max(poisson_by_search(LARGE_RATE, u), count)
    return count


@compiled
def quantile(kind: int, a: float, b: float, u: float) -> float:
    """Inverse distribution function at ``u`` in (0, 1), in the unit of ``a``; NaN for an unknown kind.

    ``CONSTANT`` a; ``UNIFORM`` from a to b; ``EXPONENTIAL`` of mean a; ``LOGNORMAL`` of median a and
    standard deviation b of the logarithm; ``WEIBULL`` of scale a and shape b. A ``b`` not named is ignored.
    """
    if kind == CONSTANT:
        return a
    if kind == UNIFORM:
        return a + (b - a) * u
    if kind == EXPONENTIAL:
        return -a * log(1.0 - u)
    if kind == LOGNORMAL:
        return a * exp(b * normal_quantile(u))
    if kind == WEIBULL:
        return a * exp(log(-log(1.0 - u)) / b)
    return math.nan


@compiled
def to_ticks(duration_ms: float, clock_ms: int) -> int:
    """Duration in ms, rounded half up to ticks of the clock: at least one, at most ``LONGEST_MS``."""
    if not duration_ms < LONGEST_MS:
        return LONGEST_MS // clock_ms * clock_ms
    return max(1, math.floor(duration_ms / clock_ms + 0.5)) * clock_ms


@compiled
def piecewise_moment(u: float, cumulative: NDArray[np.float64], clock_ms: int) -> int:
    """Moment of the day in ms, inverse of a half-hour profile: a multiple of the clock in [0, 86,400,000).

    ``cumulative`` has 49 entries, from 0 up to the day's whole weight; within a half hour moments are
    uniform, and one without weight has none.
    """
    target = u * cumulative[HALF_HOURS]
    return moment_in_half_hour(target, half_hour_of(target, cumulative), cumulative, clock_ms)


@compiled
def half_hour_of(target: float, cumulative: NDArray[np.float64]) -> int:
    """The half hour in which a profile, (49,) and cumulative, comes to ``target``."""
    first = 0
    last = HALF_HOURS - 1
    while first < last:
        middle = (first + last) // 2
        if target < cumulative[middle + 1]:
            last = middle
        else:
            first = middle + 1
    return first


@compiled
def moment_in_half_hour(target: float, half_hour: int, cumulative: NDArray[np.float64], clock_ms: int) -> int:
    """Moment of the day in ms at which a profile has come to ``target``, which lies within this half hour."""
    share = float((target - cumulative[half_hour]) / (cumulative[half_hour + 1] - cumulative[half_hour]))
    within = min(math.floor(share * HALF_HOUR_MS), HALF_HOUR_MS - 1)
    moment = half_hour * HALF_HOUR_MS + within
    return moment // clock_ms * clock_ms


@compiled
def distinct(balls: float, bins: float) -> float:
    """Expected number of bins hit by so many balls thrown at random: bins (1 - exp(-balls / bins))."""
    if not bins > 0.0:
        return 0.0
    return -bins * exp_less_1(-balls / bins)


@compiled
def pick(u: int, cumulative: NDArray[np.int64]) -> int:
    """First index whose cumulative threshold exceeds the 32-bit uniform ``u``; the last must be 2**32."""
    first = 0
    last = len(cumulative) - 1
    while first < last:
        middle = (first + last) // 2
        if u < cumulative[middle]:
            last = middle
        else:
            first = middle + 1
    return first


GUIDE_BITS = 8
GUIDE_SHIFT = 32 - GUIDE_BITS
"""Top bits of a uniform by which bounds are tabulated."""


def cumulative_thresholds(weights: ArrayLike) -> NDArray[np.int64]:
    """Thresholds for ``pick``: the shares of ``weights`` added up, in 2**-32, the last exactly 2**32.

    One entry for each weight; an index of weight 0 is never picked. Raises ``ValueError`` unless the
    weights are one list of finite numbers, none negative, with a positive sum.
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 1 or not np.all(np.isfinite(values) & (values >= 0.0)) or not np.any(values > 0.0):
        raise ValueError(f"weights must be finite, none negative and not all 0; found {values.tolist()}")
    sums = np.cumsum(values)
    thresholds: NDArray[np.int64] = np.floor(sums / sums[-1] * float(CERTAIN) + 0.5).astype(np.int64)
    return thresholds
