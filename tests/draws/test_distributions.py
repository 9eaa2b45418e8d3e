"""The inverses: against scipy, monotone where the model leans on it, and within their bounds."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats

from sim.base.words import DistributionKind
from sim.draws import distributions as d
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import round_to_ticks
from sim.draws.philox import draw4, uniform52

finite = {"allow_nan": False, "allow_infinity": False}
uniforms = st.integers(0, 2**52 - 1).map(lambda k: (k + 0.5) * 2.0**-52)
words = st.integers(0, 2**32 - 1)
rates = st.one_of(
    st.floats(min_value=0.0, max_value=100.0, **finite),
    st.floats(min_value=60.0, max_value=70.0, **finite),
    st.floats(min_value=0.0, max_value=1e9, **finite),
)


# Thresholds


@given(st.floats(min_value=0.0, max_value=1.0, **finite))
def test_threshold_is_the_probability_in_steps_of_2_to_the_32(p):
    assert abs(d.threshold(p) - p * 2**32) <= 0.5


def test_threshold_ends():
    assert [d.threshold(p) for p in (-0.5, 0.0, 2.0**-34, 2.0**-33, 0.5, 1.0, 1.5, math.nan)] == [
        0, 0, 0, 1, 2**31, 2**32, 2**32, 0,
    ]  # fmt: skip


@given(st.floats(**finite), st.floats(**finite))
def test_threshold_is_monotone(p, q):
    assert d.threshold(min(p, q)) <= d.threshold(max(p, q))


# Poisson counts


@compiled_with_arrays
def poisson_counts(rate, seed, size):
    out = np.empty(size, np.int64)
    for i in range(size):
        high, low, _, _ = draw4(seed, i, 1, 0)
        out[i] = d.poisson(rate, uniform52(high, low))
    return out


@given(st.floats(min_value=1e-6, max_value=63.9, **finite), uniforms)
def test_poisson_is_the_exact_inverse_below_64(rate, u):
    n = d.poisson(rate, u)
    slack = 1e-14 + 4e-12 * rate
    assert stats.poisson.cdf(n, rate) >= u - slack
    assert n == 0 or stats.poisson.cdf(n - 1, rate) < u + slack


@compiled_with_arrays
def poisson_over(rate, us):
    out = np.empty(len(us), np.int64)
    for i in range(len(us)):
        out[i] = d.poisson(rate, us[i])
    return out


SAMPLE = (np.random.default_rng(11).integers(0, 2**52, 400_000) + 0.5) * 2.0**-52
TAIL = np.floor(2.0 ** np.linspace(0.0, 51.0, 100_000)) * 2.0**-52 + 2.0**-53


@pytest.mark.parametrize("rate", [64.0, 100.0, 1e5])
def test_poisson_expansion_misses_rarely_and_by_one(rate):
    counts = poisson_over(rate, SAMPLE)
    above = stats.poisson.cdf(counts - 1, rate) >= SAMPLE
    below = stats.poisson.cdf(counts, rate) < SAMPLE
    assert np.mean(above | below) < 4e-5
    assert np.all(stats.poisson.cdf(counts - 2, rate) < SAMPLE)
    assert np.all(stats.poisson.cdf(counts + 1, rate) >= SAMPLE)


@pytest.mark.parametrize("rate", [64.0, 1e3])
def test_poisson_expansion_far_out_misses_by_no_more(rate):
    low = poisson_over(rate, TAIL) - stats.poisson.ppf(TAIL, rate)
    high = poisson_over(rate, 1.0 - TAIL) - stats.poisson.isf(TAIL, rate)
    assert np.max(np.abs(low)) <= 1
    assert np.max(np.abs(high)) <= 1


def test_nothing_falls_where_sums_and_expansion_meet():
    for us in (SAMPLE, TAIL, 1.0 - TAIL):
        under = poisson_over(math.nextafter(64.0, 0.0), us)
        assert np.all(under <= poisson_over(64.0, us))
        assert np.all(under <= poisson_over(64.0 + 1e-9, us))


@pytest.mark.parametrize("k", [0, 1000, 2**51, 2**52 - 1])
@pytest.mark.parametrize("rate", [1e-15, 0.3, 63.0, 64.0, 1e6])
def test_poisson_at_the_ends_of_the_uniform(rate, k):
    """Exact as far as the sums go; the expansion may miss by one."""
    u = (k + 0.5) * 2.0**-52
    exact = stats.poisson.ppf(u, rate) if u < 0.5 else stats.poisson.isf(1.0 - u, rate)
    assert abs(d.poisson(rate, u) - exact) <= (rate >= d.LARGE_RATE)


@given(rates, rates, uniforms)
@example(64.0, math.nextafter(64.0, 0.0), 0.5 - 2.0**-53)
@example(63.999999, 64.000001, 1.0 - 2.0**-53)
@example(63.999999, 64.000001, 2.0**-53)
def test_poisson_is_monotone_in_the_rate(one, two, u):
    assert d.poisson(min(one, two), u) <= d.poisson(max(one, two), u)


@given(st.integers(100, 10**9), st.integers(-40, 20), uniforms)
def test_expansion_is_monotone_where_rounding_could_turn_it(whole, steps, u):
    """Neighbouring floats for rates, at which the expansion is within a few roundings of an integer."""
    low, high = 64.0, 4.0 * whole
    assume(d.poisson(high, u) >= whole > d.poisson(low, u))
    while math.nextafter(low, high) < high:
        middle = low + (high - low) / 2.0
        low, high = (middle, high) if d.poisson(middle, u) < whole else (low, middle)
    start = high + steps * math.ulp(high)
    counts = [d.poisson(start + i * math.ulp(high), u) for i in range(30)]
    assert counts == sorted(counts)
    close = [d.poisson(high * (1.0 + i * 2.0**-40), u) for i in range(-10, 10)]
    assert close == sorted(close)


@given(st.floats(min_value=1e-9, max_value=63.9), st.integers(0, 60), st.integers(-20, 20), st.booleans())
def test_sums_are_monotone_where_rounding_could_turn_them(rate, n, steps, upper):
    """The uniform next to a probability, where its last bits decide, and rates a 2**-40 apart."""
    p = stats.poisson.sf(n, rate) if upper else stats.poisson.cdf(n, rate)
    assume(2.0**-40 < p < 0.5)
    k = math.floor(p * 2.0**52) + steps
    u = (k + 0.5) * 2.0**-52
    u = 1.0 - u if upper else u
    counts = [d.poisson(rate * (1.0 + i * 2.0**-42), u) for i in range(-40, 40)]
    assert counts == sorted(counts)
    neighbours = [d.poisson(rate + i * math.ulp(rate), u) for i in range(-20, 20)]
    assert neighbours == sorted(neighbours)
    assert set(counts) <= {n, n + 1}


@given(rates, uniforms, uniforms)
def test_poisson_is_monotone_in_the_uniform(rate, u, v):
    assert d.poisson(rate, min(u, v)) <= d.poisson(rate, max(u, v))


@given(rates, uniforms)
@example(math.log(2.0), 0.5 - 2.0**-53)
@example(math.log(2.0), 0.5 + 2.0**-53)
@example(1e-16, 1.0 - 2.0**-53)
@example(64.0, 2.0**-53)
def test_no_event_is_a_count_of_none(rate, u):
    assert d.is_no_event(u, *d.no_event(rate)) == (d.poisson(rate, u) == 0)


@pytest.mark.parametrize("rate", [0.2, 40.0, 1500.0])
def test_poisson_draws_have_the_distribution(rate):
    """Chi-square of 100,000 draws against scipy's probabilities, cells of at least 20 expected."""
    size = 100_000
    counts = poisson_counts(rate, 77, size)
    low, high = stats.poisson.ppf([20 / size, 1 - 20 / size], rate).astype(int)
    inner = np.arange(low + 1, high)
    expected = np.concatenate(
        ([stats.poisson.cdf(low, rate)], stats.poisson.pmf(inner, rate), [stats.poisson.sf(high - 1, rate)])
    )
    observed = np.bincount(np.clip(counts, low, high) - low, minlength=len(expected))
    assert stats.chisquare(observed, expected * size).pvalue > 1e-6


# Delays


@given(uniforms, st.floats(min_value=0.1, max_value=1e7), st.floats(min_value=0.2, max_value=3.0))
def test_delays_against_scipy(u, a, b):
    tail = {"isf": 1.0 - u} if u > 0.5 else {"ppf": u}

    def exact(distribution):
        ((name, q),) = tail.items()
        return getattr(distribution, name)(q)

    assert d.quantile(DistributionKind.CONSTANT, a, b, u) == a
    assert d.quantile(DistributionKind.UNIFORM, a, a + b, u) == pytest.approx(a + b * u, rel=1e-15)
    assert d.quantile(DistributionKind.EXPONENTIAL, a, b, u) == pytest.approx(-a * math.log1p(-u), rel=1e-14)
    assert d.quantile(DistributionKind.LOGNORMAL, a, b, u) == pytest.approx(exact(stats.lognorm(b, scale=a)), rel=1e-12)
    assert d.quantile(DistributionKind.WEIBULL, a, b, u) == pytest.approx(a * (-math.log1p(-u)) ** (1 / b), rel=1e-12)


@given(st.sampled_from(DistributionKind), uniforms, uniforms)
def test_delays_never_fall_in_the_uniform(kind, u, v):
    assert d.quantile(kind, 2.0, 3.0, min(u, v)) <= d.quantile(kind, 2.0, 3.0, max(u, v))


@given(st.floats(min_value=-1e3, max_value=1e18), st.sampled_from([1, 7, 1000, 60_000, 86_400_000]))
def test_ticks_are_whole_and_at_least_one(duration, clock):
    ticks = d.to_ticks(duration, clock)
    assert ticks % clock == 0
    assert clock <= ticks <= d.LONGEST_MS
    if clock < duration < d.LONGEST_MS - clock:
        assert abs(ticks - duration) <= clock / 2


def test_ticks_round_half_up():
    assert [d.to_ticks(x, 10) for x in (0.0, 4.9, 14.9, 15.0, 25.0, math.inf, math.nan)] == [
        10, 10, 10, 20, 30, d.LONGEST_MS // 10 * 10, d.LONGEST_MS // 10 * 10,
    ]  # fmt: skip


# Moments of the day

profiles = (
    st.lists(st.sampled_from([0.0, 1e-9, 0.3, 1.0, 7.0]), min_size=48, max_size=48)
    .filter(any)
    .map(lambda weights: np.concatenate(([0.0], np.cumsum(weights))))
)
clocks = st.sampled_from([1, 7, 1000, 60_000, 3_600_000, 86_400_000])


@given(uniforms, profiles, clocks)
@example(1.0 - 2.0**-53, np.arange(49.0), 1)
@example(1.0 - 2.0**-53, np.concatenate(([0.0, 0.25 + 3 * 2.0**-54], np.ones(47))), 1)
def test_moment_lies_in_the_day_and_in_a_half_hour_with_weight(u, profile, clock):
    moment = d.piecewise_moment(u, profile, clock)
    assert 0 <= moment < 86_400_000
    assert moment % clock == 0
    at = d.piecewise_moment(u, profile, 1) // 1_800_000
    width = profile[at + 1] - profile[at]
    rounding = 1e-9 * profile[-1]
    assert profile[at] - rounding <= u * profile[-1] <= profile[at + 1] + rounding
    assert width > 0.0


@given(uniforms, uniforms, profiles, clocks)
def test_moment_never_falls(u, v, profile, clock):
    assert d.piecewise_moment(min(u, v), profile, clock) <= d.piecewise_moment(max(u, v), profile, clock)


# Occupancy and choice


@given(st.floats(min_value=1e-6, max_value=1e9), st.floats(min_value=1.0, max_value=1e9))
def test_distinct_is_the_occupancy_formula(balls, bins):
    assert d.distinct(balls, bins) == pytest.approx(-bins * math.expm1(-balls / bins), rel=1e-14)
    assert d.distinct(balls, bins) <= min(balls, bins) * (1 + 1e-15)


weights = st.lists(st.sampled_from([0.0, 1e-12, 0.1, 1 / 3, 1.0, 1e6]), min_size=1, max_size=40).filter(any)


@given(weights)
def test_thresholds_add_up_exactly_and_follow_the_weights(values):
    cumulative = d.cumulative_thresholds(values)
    assert cumulative.dtype == np.int64
    assert cumulative[-1] == 2**32
    shares = np.diff(cumulative, prepend=0)
    assert np.all(shares >= 0)
    assert np.all(np.abs(shares - np.array(values) / sum(values) * 2**32) <= 1.0 + 1e-5)
    assert np.all(shares[np.array(values) == 0.0] == 0)


@given(words, weights)
@example(0, [0.0, 1.0, 0.0])
@example(2**32 - 1, [0.0, 1.0, 0.0])
def test_pick_is_the_first_threshold_above_and_never_of_weight_0(u, values):
    cumulative = d.cumulative_thresholds(values)
    index = d.pick(u, cumulative)
    assert index == np.searchsorted(cumulative, u, side="right")
    assert values[index] > 0.0


@given(st.lists(st.floats(0.0, 2.0**53) | st.just(math.inf), min_size=1, max_size=20), st.sampled_from((1, 7, 1000)))
def test_many_durations_are_rounded_as_one_is(durations, clock):
    many = np.array(durations)
    round_to_ticks(many, len(many), clock)
    assert many.tolist() == [d.to_ticks(duration, clock) for duration in durations]


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (DistributionKind.UNIFORM, 2.0, 9.0),
        (DistributionKind.EXPONENTIAL, 3.0, 0.0),
        (DistributionKind.LOGNORMAL, 4.0, 1.3),
        (DistributionKind.WEIBULL, 5.0, 0.7),
    ],
)
def test_the_distribution_function_is_the_inverse_of_the_quantile(kind: DistributionKind, a: float, b: float) -> None:
    for u in (0.01, 0.3, 0.5, 0.9, 0.999):
        assert d.distribution_function(kind, a, b, d.quantile(kind, a, b, u)) == pytest.approx(u, rel=1e-12)
