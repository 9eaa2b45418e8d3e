"""Binomial counts: the inverse of scipy's sums, its expansion, and the ways in which the model leans on them.

The sums run in floats from 0 up: where the uniform is within 1e-10 of 1, or of 0 where failures are summed, what is
added is lost in their rounding, and a count says no more there than that it is among the largest.
"""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from sim.draws import distributions as d
from sim.draws.compiled import compiled_with_arrays

CERTAIN = d.CERTAIN
MOST = 2**31
TOP = 1 << 20
"""Uniforms up to ``TOP`` * 2**-52 from 0 and 1 are tried; five in 10**10 lie beyond."""
EXACT = (
    (1, 0.5),
    (1, 2.0**-32),
    (1, 1.0 - 2.0**-32),
    (2, 0.3),
    (17, 0.5),
    (255, 0.502),
    (300, 0.7),
    (12_345, 0.005),
    (16_000_000, 1.0 - 3.9e-6),
    (MOST, 2.0**-32),
    (MOST, 2.9e-8),
    (MOST, 1.0 - 2.9e-8),
)
"""Trials and probabilities up to a variance of 64."""
EXPANDED = (
    (257, 0.5),
    (306, 0.7),
    (13_000, 0.005),
    (16_000_000, 4.1e-6),
    (MOST, 3.1e-8),
    (MOST, 1.0 - 3.1e-8),
    (MOST, 3e-6),
    (3_000_000, 0.37),
)
"""From a variance of 64 on."""
SAMPLE = (np.random.default_rng(23).integers(0, 2**52, 200_000) + 0.5) * 2.0**-52
TAIL = np.floor(2.0 ** np.linspace(0.0, 51.0, 20_000)) * 2.0**-52 + 2.0**-53

uniforms = st.integers(TOP, 2**52 - TOP).map(lambda k: (k + 0.5) * 2.0**-52)
limits = st.one_of(
    st.integers(0, CERTAIN),
    st.integers(0, 40),
    st.integers(CERTAIN - 40, CERTAIN),
    st.integers(CERTAIN // 2 - 40, CERTAIN // 2 + 40),
)
trials = st.one_of(st.integers(0, 600), st.integers(0, MOST - 1))


@compiled_with_arrays
def counts_over(count, limit, us):
    out = np.empty(len(us), np.int64)
    for i in range(len(us)):
        out[i] = d.binomial(count, limit, us[i])
    return out


def inverse(count, limit, us):
    """Return the smallest n with P(N <= n) >= u, from scipy's sums about the mean."""
    p = limit / CERTAIN
    spread = 10.0 * math.sqrt(count * p * (1.0 - p)) + 40.0
    low, high = (math.floor(min(max(count * p + side * spread, 0.0), count)) for side in (-1.0, 1.0))
    n = np.arange(low, high + 1)
    upper = np.searchsorted(-stats.binom.sf(n, count, p), -(1.0 - us), side="left")
    lower = np.searchsorted(stats.binom.cdf(n, count, p), us, side="left")
    return low + np.where(us < 0.5, lower, upper)


def variance(count, limit):
    p = limit / CERTAIN
    return count * p * (1.0 - p)


@pytest.mark.parametrize(("count", "p"), EXACT)
def test_up_to_a_variance_of_64_it_is_the_exact_inverse(count, p):
    limit = d.threshold(p)
    assert variance(count, limit) < d.LARGE_VARIANCE
    found = counts_over(count, limit, SAMPLE)
    wanted = inverse(count, limit, SAMPLE)
    if count == 1:
        # Uniforms that are exactly the probability belong to either side.
        tied = np.abs(SAMPLE - (1.0 - limit / CERTAIN)) < 2.0**-52
        found, wanted = found[~tied], wanted[~tied]
    assert (found == wanted).all()


@pytest.mark.parametrize(("count", "p"), EXACT)
def test_far_out_it_is_the_exact_inverse_but_for_rounding(count, p):
    limit = d.threshold(p)
    low = counts_over(count, limit, TAIL) - inverse(count, limit, TAIL)
    high = counts_over(count, limit, 1.0 - TAIL) - inverse(count, limit, 1.0 - TAIL)
    near = TOP * 2.0**-52 < TAIL
    # From either end: beyond a half, successes are what failures leave.
    for end, misses in (("low", low), ("high", high)):
        assert (misses[near & (TAIL < 0.49)] == 0).all(), end
        assert np.abs(misses).max() <= 12, end


@pytest.mark.parametrize(("count", "p"), EXPANDED)
def test_the_expansion_misses_rarely_and_by_one(count, p):
    limit = d.threshold(p)
    assert variance(count, limit) >= d.LARGE_VARIANCE
    misses = counts_over(count, limit, SAMPLE) - inverse(count, limit, SAMPLE)
    assert np.abs(misses).max() <= 1
    assert (misses != 0).mean() < 7e-5
    # Nor does it miss to one side: counts are right on average.
    assert abs(misses.mean()) < 5e-5


@pytest.mark.parametrize(("count", "p"), EXPANDED)
def test_the_expansion_far_out_misses_by_one_at_most(count, p):
    limit = d.threshold(p)
    for us in (TAIL, 1.0 - TAIL):
        assert np.abs(counts_over(count, limit, us) - inverse(count, limit, us)).max() <= 1


@given(limits, uniforms)
@example(1, 2.0**-53)
@example(CERTAIN - 1, 1.0 - 2.0**-53)
@example(CERTAIN // 2 + 1, 2.0**-53)
def test_of_none_there_is_none_and_of_certain_ones_there_are_all(limit, u):
    assert d.binomial(0, limit, u) == 0
    assert [d.binomial(count, 0, u) for count in (1, 1000, MOST)] == [0, 0, 0]
    assert [d.binomial(count, CERTAIN, u) for count in (1, 1000, MOST)] == [1, 1000, MOST]
    for count in (1, 2, 1000, MOST):
        assert 0 <= d.binomial(count, limit, u) <= count


@given(trials, limits, uniforms)
@example(255, CERTAIN // 2, 0.5 - 2.0**-53)
@example(256, CERTAIN // 2, 0.5 - 2.0**-53)
def test_a_trial_more_adds_one_or_nothing(count, limit, u):
    one, two = (d.binomial(n, limit, u) for n in (count, count + 1))
    if on_one_side((count, limit), (count + 1, limit)):
        assert 0 <= two - one <= 1
    else:
        # Where sums and expansion meet either may miss, as rarely as the expansion does.
        assert -1 <= two - one <= 2


@given(trials, limits, limits, uniforms)
def test_it_never_falls_as_the_probability_grows(count, one, two, u):
    low, high = sorted((one, two))
    slack = 0 if on_one_side((count, low), (count, high)) else 1
    assert d.binomial(count, low, u) <= d.binomial(count, high, u) + slack


@given(trials, limits, uniforms, uniforms)
def test_it_never_falls_in_the_uniform(count, limit, u, v):
    assert d.binomial(count, limit, min(u, v)) <= d.binomial(count, limit, max(u, v))


def on_one_side(one, two):
    """Return whether the variances of two counts are both small, or both large."""
    large = [variance(count, limit) >= d.LARGE_VARIANCE for count, limit in (one, two)]
    trivial = any(count == 0 or limit in (0, CERTAIN) for count, limit in (one, two))
    return large[0] == large[1] or trivial


# A uniform scaled to fewer values


@given(st.integers(0, CERTAIN - 1), st.integers(1, CERTAIN))
@example(CERTAIN - 1, CERTAIN)
@example(CERTAIN - 1, 1)
def test_a_scaled_uniform_is_below_its_limit_and_in_proportion(u, limit):
    scaled = d.below(u, limit)
    assert 0 <= scaled < limit
    assert scaled == (u // 2) * limit // 2**31
    assert d.below(max(u - 1, 0), limit) <= scaled


def test_a_scaled_uniform_reaches_both_ends():
    for limit in (1, 2, 977, 2**31, CERTAIN):
        assert d.below(0, limit) == 0
        assert d.below(CERTAIN - 1, limit) == (limit - 1 if limit <= 2**31 else limit - 2)
