"""Inverse distribution functions that turn uniforms into counts, delays, moments and choices.

They are monotone: for the same uniform, the result moves in one direction when a parameter does. So two scenarios meet
identical attempts, and a change of one parameter changes only its own effects.

Which origins are logged: one draw per origin, so that the log has all events of an origin or none.

Quantiles of many uniforms at once: the same bits as ``distributions.quantile`` of each of them.

Normal quantiles are computed in passes that the compiler can vectorise: the formula for the middle of the distribution
for all uniforms, the formula for its near tails for those in the tails, and the scalar function for the few in the far
tails, about two in 10**10.

Whole counts from expected values: floor(value + remainder); the new remainder is carried to the next call.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.days import HALF_HOUR_MS, HALF_HOURS
from sim.base.words import DistributionKind
from sim.draws.compiled import compiled, compiled_with_arrays, inlined
from sim.draws.functions import (
    MIDDLE_SPAN,
    exp,
    exp_less_1,
    exp_of_moderate,
    log,
    log_of_normal,
    middle_quantile,
    normal_cdf,
    normal_quantile,
    tail_quantile,
)
from sim.draws.identity import quantity_id
from sim.draws.philox import TO_UNIT_32, draw4, uniform52
from sim.draws.purposes import RECORD, REMAINDER
from sim.scenario.schema.base import Distribution

CERTAIN = 1 << 32
"""The threshold of probability 1: every 32-bit uniform is below it."""

LARGE_RATE = 64.0
LARGE_VARIANCE = 64.0
TAIL_OF_SEARCH = 2.0**-30
"""Upper tail probability below which a binomial count is searched from far out in the tail."""
FEW_TRIALS = 4096
"""Largest exponent of a power computed by squaring, which is faster than a logarithm and precise enough."""
NEGLIGIBLE = 2.0**-60
"""Terms of a tail below this share of it are left out of its sum."""
LARGEST_AT_64 = 192
"""A bound that no Poisson count of rate ``LARGE_RATE`` reaches for any uniform of 52 bits."""
RATE_BITS = ~((1 << 12) - 1)
"""Mask of sign, exponent and the first 40 bits of the fraction of a float."""

LONGEST_MS = 1 << 52
"""Largest delay, some 140,000 years: longer ones are cut to it, so that no integer overflows."""


def row(distribution: Distribution | None) -> list[float]:
    """Return (kind, a, b) of a distribution of ms; zeros, which are a constant of 0, for none."""
    return [0.0, 0.0, 0.0] if distribution is None else [float(distribution.kind), distribution.a, distribution.b]


@compiled
def threshold(p: float) -> int:
    """Return the integer T with P(u < T) = p, within 2**-33, for a 32-bit uniform u.

    Args:
        p: Probability; outside 0 to 1 it counts as the nearer of the two, NaN as 0.

    Returns:
        The threshold, 0 at p = 0, ``CERTAIN`` at 1.
    """
    if not p > 0.0:
        return 0
    if p >= 1.0:
        return CERTAIN
    return math.floor(p * 4294967296.0 + 0.5)


def thresholds(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return ``threshold`` of each share of an array of any shape."""
    within = np.where(shares > 0.0, np.minimum(shares, 1.0), 0.0)
    return np.ascontiguousarray(np.floor(within * CERTAIN + 0.5), dtype=np.int64)


@compiled
def poisson_by_search(rate: float, u: float) -> int:
    """Return the smallest n with P(N <= n) >= u for a Poisson count N, with mean above 0 and up to ``LARGE_RATE``.

    Up to u = 1/2 probabilities are added from 0 up; above it from far out in the tail down, and compared with 1 - u,
    which is exact. Either sum is right to a few units of its last place.
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
    """Return a Poisson count, never less for a higher rate and the same uniform.

    Below ``LARGE_RATE`` this is the exact inverse; above, its expansion about the normal quantile, but never less than
    the exact inverse at ``LARGE_RATE``, so that counts do not fall where the two meet. The expansion misses the exact
    count about once in 20,000 draws near ``LARGE_RATE``, less often above, and then by one.

    The rate is first cut to 40 bits of fraction: then two rates are either equal, or so far apart that rounding cannot
    reverse the order of their sums and expansions.

    Args:
        rate: Mean, 0 to 1e9.
        u: Uniform in (0, 1).

    Returns:
        The count.

    Source:
        M. B. Giles, "Algorithm 955: approximation of the inverse Poisson cumulative distribution function", ACM TOMS 42
        (2016).
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
def power(base: float, exponent: int) -> float:
    """Return a power with a whole exponent from 0 up, by squaring: right to ``exponent`` units of the last place."""
    product = 1.0
    while exponent > 0:
        if exponent & 1:
            product *= base
        base *= base
        exponent >>= 1
    return product


@compiled
def binomial_by_search(count: int, p: float, u: float) -> int:
    """Return the smallest n with P(N <= n) >= u for the successes N among ``count`` trials.

    Probabilities are added from 0 up; very near u = 1, where their rounding would show, from far out in the tail down.
    The probability ``p`` is above 0 and at most 1/2, such that (1 - p)^count does not underflow.
    """
    q = 1.0 - p
    odds = p / q
    beyond = 1.0 - u
    n = 0
    if beyond < TAIL_OF_SEARCH:
        term = exp(count * log(q))
        while n < count and (n <= count * p or term > beyond * NEGLIGIBLE):
            n += 1
            term *= odds * (count - n + 1) / n
        tail = 0.0
        while n > 0 and tail + term <= beyond:
            tail += term
            term *= n / (odds * (count - n + 1))
            n -= 1
        return n
    term = power(q, count) if count <= FEW_TRIALS else exp(count * log(q))
    total = term
    while total < u:
        n += 1
        term *= odds * (count - n + 1) / n
        total += term
    return n


@compiled
def binomial(count: int, limit: int, u: float) -> int:
    """Return how many of ``count`` succeed, each with the probability of a threshold: an inverse distribution function.

    For the same uniform the result does not fall as the count or the probability grows, and grows by at most one with
    one more trial. So the remaining ones, ``count`` less the result, do not grow in number as fewer arrive or more are
    stopped. Up to a variance of ``LARGE_VARIANCE`` this is the inverse, except for rounding errors of about 1e-12 in
    the sum of probabilities; above, its expansion about the normal quantile, which misses the exact count about once in
    20,000 draws near there, less often above, and then by one. So a sum may move by one in the wrong direction if two
    policies lie on both sides of that variance, about as rarely.

    Args:
        count: Number of trials, 0 to 2**31.
        limit: The probability of each as a threshold, 0 to ``CERTAIN``.
        u: Uniform in (0, 1).

    Returns:
        The number of successes.

    Source:
        The expansion of Cornish and Fisher to third order, with Sheppard's corrections for a lattice; the expansion in
        ``poisson`` is its limit for a small probability.
    """
    if count <= 0 or limit <= 0:
        return 0
    if limit >= CERTAIN:
        return count
    p = limit * TO_UNIT_32
    q = (CERTAIN - limit) * TO_UNIT_32
    variance = count * p * q
    if variance < LARGE_VARIANCE:
        if limit <= CERTAIN // 2:
            return binomial_by_search(count, p, u)
        return count - binomial_by_search(count, q, 1.0 - u)
    w = normal_quantile(u)
    square = w * w
    sigma = math.sqrt(variance)
    skew = q - p
    spread = p * q
    near = 0.5 + skew * (square - 1.0) / 6.0
    second = (1.0 - 6.0 * spread) * (square - 3.0) / 24.0 - skew * skew * (2.0 * square - 5.0) / 36.0 - 1.0 / 24.0
    near += w * second / sigma
    third = (1.0 - 12.0 * spread) * (square * (square - 6.0) + 3.0) / 120.0
    third -= (1.0 - 6.0 * spread) * (square * (square - 5.0) + 2.0) / 24.0
    third += skew * skew * (square * (12.0 * square - 53.0) + 17.0) / 324.0 + (square - 1.0) / 72.0
    found = math.floor(count * p + sigma * w + near + skew * third / variance)
    return min(max(found, 0), count)


@compiled_with_arrays
def binomials(counts: NDArray[np.int64], limits: NDArray[np.int64], u: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return ``binomial`` for each of many: counts, thresholds and uniforms have one length."""
    found = np.empty_like(counts)
    for k in range(len(counts)):
        found[k] = binomial(counts[k], limits[k], u[k])
    return found


@compiled
def below(u: int, limit: int) -> int:
    """Return a 32-bit uniform scaled to the integers from 0 to ``limit`` - 1; ``limit`` is at most ``CERTAIN``.

    Only the upper 31 bits are used, so that the product cannot overflow.
    """
    return ((u >> 1) * limit) >> 31


@compiled
def no_event(rate: float) -> tuple[float, float]:
    """Return the bounds for ``is_no_event``: the uniforms for which ``poisson`` of this mean is 0.

    These are the probability of 0, compared up to 1/2, and the probability of more, compared above, as in
    ``poisson_by_search``; from ``LARGE_RATE`` on they are bounds that no uniform meets.
    """
    if not rate > 0.0:
        return 1.0, 0.0
    rate = float(np.int64(int(np.float64(rate).view(np.int64)) & RATE_BITS).view(np.float64))
    if not rate > 0.0:
        return 1.0, 0.0
    if rate >= LARGE_RATE:
        return 0.0, 1.0
    return exp(-rate), -exp_less_1(-rate)


@inlined
def is_no_event(u: float, none: float, some: float) -> bool:
    """Return whether ``poisson`` is 0 at a uniform in (0, 1), given the two bounds of ``no_event`` of its rate."""
    return ((u <= 0.5) & (u <= none)) | ((u > 0.5) & (1.0 - u >= some))


@compiled
def quantile(kind: int, a: float, b: float, u: float) -> float:
    """Return the quantile ``u`` of a distribution, in the unit of ``a``; NaN for an unknown kind.

    ``CONSTANT`` a; ``UNIFORM`` from a to b; ``EXPONENTIAL`` of mean a; ``LOGNORMAL`` of median a and standard deviation
    b of the logarithm; ``WEIBULL`` of scale a and shape b. Constant and exponential distributions ignore b.
    """
    if kind == DistributionKind.CONSTANT:
        return a
    if kind == DistributionKind.UNIFORM:
        return a + (b - a) * u
    if kind == DistributionKind.EXPONENTIAL:
        return -a * log(1.0 - u)
    if kind == DistributionKind.LOGNORMAL:
        return a * exp(b * normal_quantile(u))
    if kind == DistributionKind.WEIBULL:
        return a * exp(log(-log(1.0 - u)) / b)
    return math.nan


@compiled
def distribution_function(kind: int, a: float, b: float, x: float) -> float:
    """Return the probability of less than ``x`` > 0, of which ``quantile`` is the inverse; parameters are the same."""
    if kind == DistributionKind.CONSTANT or (kind == DistributionKind.LOGNORMAL and b == 0.0):
        return 1.0 if a < x else 0.0
    if kind == DistributionKind.UNIFORM:
        return min(1.0, max(0.0, (x - a) / (b - a))) if b > a else (1.0 if a < x else 0.0)
    if kind == DistributionKind.EXPONENTIAL:
        return -exp_less_1(-x / a)
    if kind == DistributionKind.LOGNORMAL:
        return normal_cdf(log(x / a) / b)
    if kind == DistributionKind.WEIBULL:
        return -exp_less_1(-exp(b * log(x / a)))
    return math.nan


@compiled
def to_ticks(duration_ms: float, clock_ms: int) -> int:
    """Return a duration in ms, rounded half up to ticks of the clock: at least one, at most ``LONGEST_MS``."""
    if not duration_ms < LONGEST_MS:
        return LONGEST_MS // clock_ms * clock_ms
    return max(1, math.floor(duration_ms / clock_ms + 0.5)) * clock_ms


@compiled
def piecewise_moment(u: float, cumulative: NDArray[np.float64], clock_ms: int) -> int:
    """Return the moment of the day in ms, a multiple of the clock, when a half-hour profile reaches the share ``u``.

    Within a half hour moments are uniform; a half hour without weight has none. ``cumulative`` (49,) rises from 0 to
    the whole weight of the day.
    """
    goal = u * cumulative[HALF_HOURS]
    return moment_in_half_hour(goal, half_hour_of(goal, cumulative), cumulative, clock_ms)


@compiled
def half_hour_of(goal: float, cumulative: NDArray[np.float64]) -> int:
    """Return the half hour in which a cumulative profile, (49,), reaches the weight ``goal``."""
    first = 0
    last = HALF_HOURS - 1
    while first < last:
        middle = (first + last) // 2
        if goal < cumulative[middle + 1]:
            last = middle
        else:
            first = middle + 1
    return first


@compiled
def moment_in_half_hour(goal: float, half_hour: int, cumulative: NDArray[np.float64], clock_ms: int) -> int:
    """Return the moment of the day in ms at which a profile reaches the weight ``goal``, within this half hour."""
    share = float((goal - cumulative[half_hour]) / (cumulative[half_hour + 1] - cumulative[half_hour]))
    within = min(math.floor(share * HALF_HOUR_MS), HALF_HOUR_MS - 1)
    moment = half_hour * HALF_HOUR_MS + within
    return moment // clock_ms * clock_ms


@compiled
def distinct(balls: float, bins: float) -> float:
    """Return the expected number of bins hit by balls thrown at random: bins (1 - exp(-balls / bins))."""
    if not bins > 0.0:
        return 0.0
    return -bins * exp_less_1(-balls / bins)


@compiled
def pick(u: int, cumulative: NDArray[np.int64]) -> int:
    """Return the first index whose cumulative threshold exceeds the 32-bit uniform ``u``; the last must be 2**32."""
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
"""Top bits of a uniform by which bounds of its quantile are tabulated, and the shift to them."""


def cumulative_thresholds(weights: ArrayLike) -> NDArray[np.int64]:
    """Return thresholds for ``pick``: the cumulative shares of ``weights`` in 2**-32.

    Args:
        weights: A list of finite numbers from 0 up, not all 0. An index of weight 0 is never picked.

    Returns:
        One threshold for each weight, the last exactly 2**32.

    Raises:
        ValueError: If the weights are not such a list.
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 1 or not np.all(np.isfinite(values) & (values >= 0.0)) or not np.any(values > 0.0):
        raise ValueError(f"weights must be finite, none negative and not all 0; found {values.tolist()}")
    sums = np.cumsum(values)
    thresholds: NDArray[np.int64] = np.floor(sums / sums[-1] * float(CERTAIN) + 0.5).astype(np.int64)
    return thresholds


@compiled
def is_kept(seed: int, origin: int, kept: int) -> bool:
    """Return whether the log keeps the events of an origin (attempt, contact or case): with the probability ``kept``.

    ``kept`` is a threshold of a 32-bit uniform, ``CERTAIN`` to keep all.
    """
    if kept >= CERTAIN:
        return True
    u, _, _, _ = draw4(seed, origin, RECORD, 0)
    return u < kept


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


ONE = 10**9
"""One count in the fixed-point numbers of the macro layer, whose unit is 10**-9."""

QUANTITIES = (
    "backlog",
    "capacity",
    "cards_flagged",
    "cards_purged",
    "suspects_cases",
    "suspects_cards",
    "suspects_dens",
    "suspects_campaigns",
    "suspects_repatriated",
    "video_views",
    "videos_published",
    "awareness_activities",
    "cluster_campaigns",
    "fresh_cases",
    "cases_settled",
    "suspects_settled",
    "ringleaders_arrested",
    "calls_intercepted",
    "sms_intercepted",
    "alerts_central",
    "alerts_local",
    "dens_destroyed",
    "dens_campaign",
    "ringleaders",
    "returned",
    "suspects_returned",
    "callers_arrested",
    "accounts_arrested",
    "couriers_arrested",
    "accounts_frozen",
    "false_freezes",
)


def fixed(value: float) -> int:
    """Return a value in units of 10**-9, rounded half up."""
    return math.floor(value * ONE + 0.5)


class Remainders:
    """The remainders of a run, one for each (province or -1 for the nation, quantity).

    A remainder starts as a uniform keyed by the two: the counts of many provinces do not all jump on one day, and a
    rare count is right on average over seeds.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._left: dict[str, dict[int, int]] = {quantity: {} for quantity in QUANTITIES}

    def whole(self, province: int, quantity: str, value: int) -> int:
        """Return the whole counts in ``value`` plus the remainder so far, and carry the new remainder.

        ``province`` is a position, -1 for the nation; ``quantity`` one of ``QUANTITIES``; ``value`` the expected count
        in 10**-9.
        """
        lefts = self._left[quantity]
        left = lefts.get(province)
        if left is None:
            left = self._start(province, quantity)
        count, lefts[province] = divmod(left + value, ONE)
        return count

    def wholes(self, quantity: str, values: Sequence[int]) -> list[int]:
        """Return ``whole`` for each province's value, from position 0 on."""
        lefts = self._left[quantity]
        for p in range(len(lefts), len(values)):
            lefts[p] = self._start(p, quantity)
        sums = [lefts[p] + value for p, value in enumerate(values)]
        lefts.update(enumerate([value % ONE for value in sums]))
        return [value // ONE for value in sums]

    def _start(self, province: int, quantity: str) -> int:
        """Return the first remainder of a province."""
        number = QUANTITIES.index(quantity)
        high, low, _, _ = draw4(self._seed, quantity_id(province + 1, number), REMAINDER, 0)
        return int(uniform52(high, low) * ONE)
