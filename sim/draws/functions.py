"""Logarithm, exponential, normal distribution and its inverse, using only + - x / and square roots.

Mathematical libraries of two machines may differ in the last bit, and one bit can change the fate of an attempt. IEEE
754 rounds the operations used here in one way only, so results are the same everywhere, compiled or not. Horner's rule
is written out to fix the order of operations.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled, compiled_with_arrays, inlined

LN2_HIGH = float.fromhex("0x1.62e42feep-1")
"""The first 32 bits of the logarithm of 2: times a binary exponent it is exact."""
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
"""The logarithm of 2 less ``LN2_HIGH``, rounded."""
LN2_INVERSE = 1.4426950408889634
SQRT_HALF = 0.7071067811865476

LARGEST_EXPONENT = 709.782712893384
"""Largest number whose exponential is finite."""
SMALLEST_EXPONENT = -745.1332191019412
"""Smallest number whose exponential is not 0."""

EXPONENT_SHIFT = 52
EXPONENT_BIAS = 1023
MANTISSA_MASK = (1 << EXPONENT_SHIFT) - 1
ONE_BITS = EXPONENT_BIAS << EXPONENT_SHIFT
SMALLEST_NORMAL = 2.0**-1022
TO_NORMAL = 2.0**54

MIDDLE = 0.67448975
"""The upper quartile of the normal distribution, where Cody's approximations change."""
FAR = 5.656854249492381
"""The square root of 32, up to which Cody's approximations are used."""
CONTINUED = 24
"""Depth of Laplace's continued fraction, used beyond ``FAR``."""
DENSITY_AT_0 = 0.3989422804014327

MOST_PARTS = 2100
"""Number of floats that hold any sum of floats exactly: no two share a bit, and floats have fewer bits in all."""

EPSILON = 2.0**-52
"""The unit in the last place of 1."""

LOG_2 = 0.6931471805599453

MIDDLE_SPAN = 0.425
"""Distance from 1/2 up to which the formula for the middle of the inverse normal distribution holds."""
NEAR_TAIL = 5.0
"""The square root of -log(1 - p) up to which the formula for its near tails holds."""


@inlined
def power_of_two(exponent: int) -> float:
    """Return 2 to the power of an integer from -1022 to 1023, exactly."""
    return float(np.int64((exponent + EXPONENT_BIAS) << EXPONENT_SHIFT).view(np.float64))


@inlined
def log_of_normal(x: float, k: int) -> float:
    """Return log(x 2**k) for a positive normal number x, by the series of ``log``."""
    bits = int(np.float64(x).view(np.int64))
    power = k + (bits >> EXPONENT_SHIFT) - EXPONENT_BIAS
    mantissa = float(np.int64((bits & MANTISSA_MASK) | ONE_BITS).view(np.float64))
    above = mantissa > 2.0 * SQRT_HALF
    mantissa = mantissa * 0.5 if above else mantissa
    power = power + 1 if above else power
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    series = 2.0 / 23.0
    series = series * z + 2.0 / 21.0
    series = series * z + 2.0 / 19.0
    series = series * z + 2.0 / 17.0
    series = series * z + 2.0 / 15.0
    series = series * z + 2.0 / 13.0
    series = series * z + 2.0 / 11.0
    series = series * z + 2.0 / 9.0
    series = series * z + 2.0 / 7.0
    series = series * z + 2.0 / 5.0
    series = series * z + 2.0 / 3.0
    half_square = 0.5 * f * f
    correction = s * (half_square + series * z)
    return power * LN2_HIGH - ((half_square - (correction + power * LN2_LOW)) - f)


@compiled
def log(x: float) -> float:
    """Return the natural logarithm, within one unit in the last place.

    x = 2**k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2). With s = f / (2 + f), log(1 + f) = 2 artanh s =
    f - (f*f/2 - s (f*f/2 + R)), where R = 2 (s**2/3 + s**4/5 + ...) is summed until it is below
    rounding; in this form every rounded term is small compared with f.

    Args:
        x: Any float.

    Returns:
        log(x): -inf at 0, NaN below it.
    """
    if not x > 0.0:
        return -math.inf if x == 0.0 else math.nan
    if x == math.inf:
        return x
    k = 0
    if x < SMALLEST_NORMAL:
        x *= TO_NORMAL
        k = -54
    return log_of_normal(x, k)


@inlined
def exp_less_1_near_0(r: float) -> float:
    """Return exp(r) - 1 for |r| up to 0.35, by its Taylor series to the fourteenth power."""
    series = 1.0 / 87178291200.0
    series = series * r + 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    return r + r * r * series


@inlined
def exp_of_moderate(x: float) -> float:
    """Return ``exp`` of a number whose exponential is a positive, finite float."""
    k = math.floor(x * LN2_INVERSE + 0.5)
    high = x - k * LN2_HIGH
    r = high - k * LN2_LOW
    value = 1.0 + exp_less_1_near_0(r)
    half = k >> 1
    return value * power_of_two(half) * power_of_two(k - half)


@compiled
def exp(x: float) -> float:
    """Return the exponential, within one unit in the last place.

    x = k log 2 + r with |r| up to log(2)/2, so that exp(x) = 2**k exp(r). The power of two is applied in two
    halves: neither is out of range where the result is not, and a subnormal result is rounded once.

    Args:
        x: Any float.

    Returns:
        exp(x): inf above ``LARGEST_EXPONENT``, 0 below ``SMALLEST_EXPONENT``.
    """
    if x != x:
        return x
    if x > LARGEST_EXPONENT:
        return math.inf
    if x < SMALLEST_EXPONENT:
        return 0.0
    return exp_of_moderate(x)


@compiled_with_arrays
def fsum(numbers: NDArray[np.float64]) -> float:
    """Return the sum of floats (n,), rounded once, as ``math.fsum`` does.

    The sum is computed together with the rounding error of each addition (Ogita, Rump and Oishi, 2005), which bounds
    it. Only if the bounds round to different floats is it computed without any error, which takes six times as long.

    Args:
        numbers: All of them and all their sums are finite.

    Returns:
        The float nearest to the sum, the even one of two.
    """
    total = lost = size = 0.0
    for x in numbers:
        before = total
        total = before + x
        part = total - before
        off = (before - (total - part)) + (x - part)
        lost += off
        size += abs(off)
    nearest = total + lost
    part = nearest - total
    rest = (total - (nearest - part)) + (lost - part)
    # Only ``lost`` is a rounded sum, with an error of at most half a unit in the last place of ``size`` per number.
    bound = 2.0 * len(numbers) * EPSILON * size
    if nearest + (rest - bound) == nearest == nearest + (rest + bound):
        return nearest
    return exact_fsum(numbers)


@compiled_with_arrays
def exact_fsum(numbers: NDArray[np.float64]) -> float:
    """Return the result of ``fsum`` from parts that do not overlap and lose nothing (Shewchuk, 1997)."""
    parts = np.empty(MOST_PARTS)
    count = 0
    for x in numbers:
        kept = 0
        for place in range(count):
            y = parts[place]
            if abs(x) < abs(y):
                x, y = y, x
            high = x + y
            low = y - (high - x)
            if low != 0.0:
                parts[kept] = low
                kept += 1
            x = high
        parts[kept] = x
        count = kept + 1
    total = low = 0.0
    while count > 0 and low == 0.0:
        count -= 1
        before, part = total, parts[count]
        total = before + part
        low = part - (total - before)
    # Half a unit in the last place was rounded to even, but the remaining parts make it more or less than a half.
    if count > 0 and (low < 0.0) == (parts[count - 1] < 0.0) and low != 0.0:
        twice = 2.0 * low
        beyond = total + twice
        if beyond - total == twice:
            total = beyond
    return total


@compiled
def exp_less_1(x: float) -> float:
    """Return exp(x) - 1 without cancellation near 0."""
    if -0.35 < x < 0.35:
        return exp_less_1_near_0(x)
    return exp(x) - 1.0


@compiled
def left_after(elapsed: float, half_life: float) -> float:
    """Return the share left of a quantity that halves every ``half_life``: 2 ** -(elapsed / half_life)."""
    return exp(-LOG_2 * (elapsed / half_life))


@compiled
def normal_cdf(z: float) -> float:
    """Return the standard normal distribution function: relative error below 1e-14 in both tails.

    Near 0 an odd rational function about 1/2, beyond it the density times a rational function, and from the square
    root of 32 on the density times Laplace's continued fraction 1/(z + 1/(z + 2/(z + 3/(z + ...)))). In the density
    z*z is split at a sixteenth, so that the square of the head is exact.

    Args:
        z: Any float.

    Returns:
        P(Z <= z).

    Source:
        W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969),
        in the form for the normal integral of his ANORM (Algorithm 715, 1993).
    """
    y = abs(z)
    if y <= MIDDLE:
        square = z * z
        above = 0.065682337918207449113
        above = above * square + 2.2352520354606839287
        above = above * square + 161.02823106855587881
        above = above * square + 1067.6894854603709582
        above = above * square + 18154.981253343561249
        below = square + 47.20258190468824187
        below = below * square + 976.09855173777669322
        below = below * square + 10260.932208618978205
        below = below * square + 45507.789335026729956
        return 0.5 + z * above / below
    if y != y:
        return y
    if y > 40.0:
        return 0.0 if z < 0.0 else 1.0
    if y <= FAR:
        above = 1.0765576773720192317e-8
        above = above * y + 0.39894151208813466764
        above = above * y + 8.8831497943883759412
        above = above * y + 93.506656132177855979
        above = above * y + 597.27027639480026226
        above = above * y + 2494.5375852903726711
        above = above * y + 6848.1904505362823326
        above = above * y + 11602.651437647350124
        above = above * y + 9842.7148383839780218
        below = y + 22.266688044328115691
        below = below * y + 235.38790178262499861
        below = below * y + 1519.377599407554805
        below = below * y + 6485.558298266760755
        below = below * y + 18615.571640885098091
        below = below * y + 34900.952721145977266
        below = below * y + 38912.003286093271411
        below = below * y + 19685.429676859990727
        ratio = above / below
    else:
        below = y
        for k in range(CONTINUED, 0, -1):
            below = y + k / below
        ratio = DENSITY_AT_0 / below
    head = math.floor(y * 16.0) / 16.0
    tail = exp(-0.5 * head * head) * exp(-0.5 * (y - head) * (y + head)) * ratio
    return tail if z < 0.0 else 1.0 - tail


@inlined
def middle_quantile(q: float) -> float:
    """Return ``normal_quantile`` of 1/2 + q, for |q| up to ``MIDDLE_SPAN``."""
    r = 0.180625 - q * q
    above = 2.5090809287301226727e3
    above = above * r + 3.3430575583588128105e4
    above = above * r + 6.7265770927008700853e4
    above = above * r + 4.5921953931549871457e4
    above = above * r + 1.3731693765509461125e4
    above = above * r + 1.9715909503065514427e3
    above = above * r + 1.3314166789178437745e2
    above = above * r + 3.3871328727963666080e0
    below = 5.2264952788528545610e3
    below = below * r + 2.8729085735721942674e4
    below = below * r + 3.9307895800092710610e4
    below = below * r + 2.1213794301586595867e4
    below = below * r + 5.3941960214247511077e3
    below = below * r + 6.8718700749205790830e2
    below = below * r + 4.2313330701600911252e1
    below = below * r + 1.0
    return q * above / below


@inlined
def tail_quantile(root: float) -> float:
    """Return ``normal_quantile`` of p in the upper near tail: ``root`` is sqrt(-log(1 - p)), up to ``NEAR_TAIL``."""
    r = root - 1.6
    above = 7.74545014278341407640e-4
    above = above * r + 2.27238449892691845833e-2
    above = above * r + 2.41780725177450611770e-1
    above = above * r + 1.27045825245236838258e0
    above = above * r + 3.64784832476320460504e0
    above = above * r + 5.76949722146069140550e0
    above = above * r + 4.63033784615654529590e0
    above = above * r + 1.42343711074968357734e0
    below = 1.05075007164441684324e-9
    below = below * r + 5.47593808499534494600e-4
    below = below * r + 1.51986665636164571966e-2
    below = below * r + 1.48103976427480074590e-1
    below = below * r + 6.89767334985100004550e-1
    below = below * r + 1.67638483018380384940e0
    below = below * r + 2.05319162663775882187e0
    below = below * r + 1.0
    return above / below


@compiled
def normal_quantile(p: float) -> float:
    """Return the inverse of ``normal_cdf``, relative error about 1e-15.

    A rational function of p - 1/2 in the middle, of sqrt(-log p) in the tails.

    Args:
        p: Probability.

    Returns:
        The quantile: -inf at 0, inf at 1, NaN outside 0 to 1.

    Source:
        Algorithm AS 241 (PPND16) of M. J. Wichura, Applied Statistics 37 (1988).
    """
    q = p - 0.5
    if abs(q) <= MIDDLE_SPAN:
        return middle_quantile(q)
    if not 0.0 < p < 1.0:
        if p == 0.0:
            return -math.inf
        return math.inf if p == 1.0 else math.nan
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    if r <= NEAR_TAIL:
        value = tail_quantile(r)
    else:
        r -= 5.0
        above = 2.01033439929228813265e-7
        above = above * r + 2.71155556874348757815e-5
        above = above * r + 1.24266094738807843860e-3
        above = above * r + 2.65321895265761230930e-2
        above = above * r + 2.96560571828504891230e-1
        above = above * r + 1.78482653991729133580e0
        above = above * r + 5.46378491116411436990e0
        above = above * r + 6.65790464350110377720e0
        below = 2.04426310338993978564e-15
        below = below * r + 1.42151175831644588870e-7
        below = below * r + 1.84631831751005468180e-5
        below = below * r + 7.86869131145613259100e-4
        below = below * r + 1.48753612908506148525e-2
        below = below * r + 1.36929880922735805310e-1
        below = below * r + 5.99832206555887937690e-1
        below = below * r + 1.0
        value = above / below
    return -value if q < 0.0 else value
