"""The functions against decimal arithmetic and scipy, their order and symmetry, and their very bits."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special

from sim.draws.compiled import compiled_with_arrays
from sim.draws.functions import exact_fsum, exp, exp_less_1, fsum, log, normal_cdf, normal_quantile

finite = {"allow_nan": False, "allow_infinity": False}


@compiled_with_arrays
def over(function, xs):
    out = np.empty(len(xs))
    for i in range(len(xs)):
        out[i] = function(xs[i])
    return out


def ulps(value, exact):
    """Distance from a Decimal in units of the last place of the float nearest to it."""
    return abs(Decimal(value) - exact) / Decimal(math.ulp(float(exact)))


@given(st.floats(min_value=5e-324, max_value=1.7e308, **finite))
@example(1.0)
@example(math.nextafter(1.0, 0.0))
@example(math.nextafter(1.0, 2.0))
@example(5e-324)
def test_log_to_the_last_place(x):
    with localcontext() as context:
        context.prec = 40
        exact = Decimal(x).ln()
        assert log(x) == 0.0 if exact == 0 else ulps(log(x), exact) < 1.0


@given(st.floats(min_value=-707.0, max_value=709.7, **finite))
@example(0.5 * math.log(2.0))
def test_exp_to_the_last_place(x):
    with localcontext() as context:
        context.prec = 40
        assert ulps(exp(x), Decimal(x).exp()) < 1.0


@given(st.floats(min_value=-50.0, max_value=50.0, **finite))
def test_exp_less_1(x):
    assert exp_less_1(x) == pytest.approx(math.expm1(x), rel=1e-15, abs=5e-324)


@given(st.lists(st.floats(min_value=-1e300, max_value=1e300, **finite), max_size=30))
@example([2.0**53, 1.0, 2.0**-60])  # half a unit in the last place, and a little more
@example([2.0**53, 1.0, -(2.0**-60)])
@example([2.0**53 + 2.0, 1.0])
@example([1e300, 1.0, -1e300])
@example([1.0, 2.0**-53, 2.0**-54, 2.0**-54])  # what was rounded off is a float, and half a unit
@example([1.0, 2.0**-53, 2.0**-160, -(2.0**-160)])
@example([1.0, -(2.0**-54), -(2.0**-120)])  # below a power of two, units are half as large
def test_sums_are_rounded_once(xs):
    expected = (math.fsum(xs) + 0.0).hex()
    assert fsum(np.array(xs)).hex() == exact_fsum(np.array(xs)).hex() == expected


def test_ends_of_the_elementary_functions():
    assert log(0.0) == -math.inf
    assert math.isnan(log(-1.0))
    assert math.isnan(log(math.nan))
    assert log(math.inf) == math.inf
    assert exp(-math.inf) == 0.0
    assert exp(math.inf) == math.inf
    assert exp(709.8) == math.inf
    assert exp(709.782712893384) == pytest.approx(1.797693134862273e308, rel=1e-13)
    assert exp(-745.2) == 0.0
    assert exp(-745.1) == 5e-324
    assert math.isnan(exp(math.nan))
    assert exp(0.0) == 1.0
    assert log(1.0) == 0.0


@given(st.floats(min_value=-37.0, max_value=8.2, **finite))
@example(-math.sqrt(32.0))
@example(-0.67448975)
def test_normal_cdf_with_both_tails(z):
    assert normal_cdf(z) == pytest.approx(special.ndtr(z), rel=3e-13, abs=0.0)
    if z > -8.3:
        assert normal_cdf(z) == pytest.approx(special.ndtr(z), rel=2e-14, abs=0.0)


@pytest.mark.parametrize("z", ["5.7", "6.4", "8.2", "12"])
def test_normal_tail_against_decimal_arithmetic(z):
    """The continued fraction to a depth of 4,000, times the density, to 40 digits."""
    with localcontext() as context:
        context.prec = 40
        y = Decimal(float(z))
        below = y
        for k in range(4000, 0, -1):
            below = y + k / below
        two_pi = Decimal("6.283185307179586476925286766559005768394")
        exact = (-y * y / 2).exp() / two_pi.sqrt() / below
        assert abs(Decimal(normal_cdf(-float(z))) / exact - 1) < Decimal("1e-15")


@given(st.integers(0, 2**52 - 1))
@example(0)
@example(2**51)
@example(2**52 - 1)
def test_normal_quantile_at_every_uniform(k):
    u = (k + 0.5) * 2.0**-52
    z = normal_quantile(u)
    exact = special.ndtri(u) if u < 0.5 else -special.ndtri(1.0 - u)
    assert z == pytest.approx(exact, rel=2e-15 if abs(z) > 1e-3 else 1e-12)
    assert z == -normal_quantile(1.0 - u)
    assert normal_cdf(z) == pytest.approx(u, rel=1e-14)


def test_ends_of_the_normal_functions():
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    assert math.isnan(normal_quantile(-0.1))
    assert math.isnan(normal_quantile(1.1))
    assert math.isnan(normal_quantile(math.nan))
    assert normal_quantile(0.5) == 0.0
    assert normal_cdf(0.0) == 0.5
    assert normal_cdf(-math.inf) == 0.0
    assert normal_cdf(math.inf) == 1.0
    assert normal_cdf(-39.0) == 0.0
    assert math.isnan(normal_cdf(math.nan))


SEAMS = [
    (log, 0.7071067811865476),
    (log, 1.0),
    (log, 1.4142135623730951),
    (exp, 0.34657359027997264),
    (exp, -0.34657359027997264),
    (exp, 1.0397207708399179),
    (exp_less_1, 0.35),
    (exp_less_1, -0.35),
    (normal_cdf, -0.67448975),
    (normal_cdf, 0.67448975),
    (normal_cdf, -5.656854249492381),
    (normal_cdf, 5.656854249492381),
    (normal_cdf, -4.0),
    (normal_quantile, 0.075),
    (normal_quantile, 0.925),
    (normal_quantile, 1.3887943864964021e-11),
]


@pytest.mark.parametrize(("function", "low", "high"), [
    (log, 0.01, 100.0),
    (exp, -30.0, 30.0),
    (exp_less_1, -3.0, 3.0),
    (normal_cdf, -8.3, 8.3),
    (normal_cdf, -38.0, -5.0),
    (normal_quantile, 1e-5, 1.0 - 1e-5),
    (normal_quantile, 1e-15, 1e-9),
])  # fmt: skip
def test_never_falls_on_a_dense_grid(function, low, high):
    assert np.all(np.diff(over(function, np.linspace(low, high, 400_001))) >= 0.0)


@pytest.mark.parametrize(("function", "seam"), SEAMS)
def test_never_falls_at_the_seams_of_its_pieces(function, seam):
    """Steps of 4096 units in the last place: rounding may swap closer neighbours, never these."""
    xs = np.sort(seam * (1.0 + np.arange(-500, 501) * 2.0**-40))
    assert np.all(np.diff(over(function, xs)) >= 0.0)


GOLDEN = [
    (log, 5e-324, "-0x1.74385446d71c3p+9"),
    (log, 0.001, "-0x1.ba18a998fffa0p+2"),
    (log, 0.7, "-0x1.6d3c324e13f50p-2"),
    (log, 1.5, "0x1.9f323ecbf984cp-2"),
    (log, 10.0, "0x1.26bb1bbb55516p+1"),
    (log, 1e300, "0x1.5963447f87fb5p+9"),
    (exp, -745.0, "0x0.0000000000001p-1022"),
    (exp, -708.0, "0x1.7c8ab2288c9acp-1022"),
    (exp, -20.3, "0x1.a3b8dc86d1c8ep-30"),
    (exp, -0.1, "0x1.cf46d99d52b3ap-1"),
    (exp, 0.3, "0x1.599058c8c1a96p+0"),
    (exp, 1.0, "0x1.5bf0a8b14576ap+1"),
    (exp, 700.0, "0x1.d945df4f8ec8ep+1009"),
    (exp_less_1, -1e-09, "-0x1.12e0be801f1d9p-30"),
    (exp_less_1, -0.2, "-0x1.733d4a7a67a9bp-3"),
    (exp_less_1, 0.3, "0x1.6641632306a56p-2"),
    (exp_less_1, 2.0, "0x1.98e64b8d4ddaep+2"),
    (normal_cdf, -20.0, "0x1.c0bd0f1880784p-295"),
    (normal_cdf, -8.2, "0x1.1525ba84cff02p-53"),
    (normal_cdf, -3.0, "0x1.61de1f985b5d8p-10"),
    (normal_cdf, -0.5, "0x1.3bf143b9aa713p-2"),
    (normal_cdf, 0.2, "0x1.2894ba87dce1cp-1"),
    (normal_cdf, 1.96, "0x1.f33379d3bd368p-1"),
    (normal_cdf, 5.0, "0x1.fffff661ae86fp-1"),
    (normal_quantile, 1.1102230246251565e-16, "-0x1.06b48528cea51p+3"),
    (normal_quantile, 1e-09, "-0x1.7fdc11f44b5a7p+2"),
    (normal_quantile, 0.025, "-0x1.f5c0331eeff83p+0"),
    (normal_quantile, 0.3, "-0x1.0c7e39582c5fap-1"),
    (normal_quantile, 0.975, "0x1.f5c0331eeff82p+0"),
    (normal_quantile, 0.9999999999999999, "0x1.06b48528cea51p+3"),
]


@pytest.mark.parametrize(("function", "x", "bits"), GOLDEN)
def test_golden_bits(function, x, bits):
    assert function(x).hex() == bits
    assert float(function.py_func(x)).hex() == bits
