"""The score agrees with theory: a normal distribution, two points, one point, and its definition by distances."""

from math import erf, exp, pi, sqrt

import numpy as np
import pytest

from sim.draws.functions import normal_quantile
from sim.predictions import crps


def of_normal(mean: float, spread: float, reported: float) -> float:
    """Return the CRPS of a normal distribution (Gneiting and Raftery 2007, section 4.2)."""
    z = (reported - mean) / spread
    density, below = exp(-z * z / 2) / sqrt(2 * pi), (1 + erf(z / sqrt(2))) / 2
    return spread * (z * (2 * below - 1) + 2 * density - 1 / sqrt(pi))


@pytest.mark.parametrize("reported", [100.0, 103.0, 91.0, 140.0])
def test_many_values_of_a_normal_distribution_have_its_score(reported: float) -> None:
    middles = (np.arange(4_000) + 0.5) / 4_000
    values = 100.0 + 5.0 * np.array([normal_quantile(float(one)) for one in middles])
    assert crps(values, reported) == pytest.approx(of_normal(100.0, 5.0, reported), abs=2e-3)


def test_the_closed_form_is_the_definition_by_distances_in_any_order() -> None:
    values = np.random.default_rng(7).lognormal(size=41)
    between = np.abs(values[:, None] - values).mean() / 2
    assert crps(values, 1.3) == pytest.approx(np.abs(values - 1.3).mean() - between)
    assert crps(values[::-1], 1.3) == pytest.approx(crps(values, 1.3))


def test_the_score_of_a_single_number_is_its_absolute_error() -> None:
    assert crps(242.8, 240.0) == pytest.approx(2.8)
    assert crps([5.0, 5.0], 7.0) == 2.0
    assert crps([0.0, 2.0], 1.0) == 0.5
