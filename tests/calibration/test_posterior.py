"""The posterior against closed forms, where parameters and figures are normal and one is linear in the other."""

import numpy as np
import pytest
from scipy import stats

from sim.calibration.parameters import Parameter
from sim.calibration.posterior import Array, Posterior, posterior, prior, scores

PARAMETERS = [Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(12)]
SLOPES = np.zeros((3, len(PARAMETERS)))
SLOPES[:, :4] = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.5]]
OBSERVED = np.array([0.8, -1.0, 0.4])
ERROR = np.array([0.05, 0.2, 0.5])


def linear(places: Array) -> Array:
    return scores(places) @ SLOPES.T


@pytest.fixture(scope="module")
def found() -> Posterior:
    return posterior(PARAMETERS, linear, OBSERVED, ERROR, seed=5, members=600)


def test_moments_are_those_of_the_normal_posterior(found: Posterior):
    precision = np.eye(len(PARAMETERS)) + SLOPES.T @ np.diag(ERROR**-2) @ SLOPES
    covariance = np.linalg.inv(precision)
    mean = covariance @ SLOPES.T @ (OBSERVED / ERROR**2)
    after = scores(found.places)
    assert after.mean(axis=0) == pytest.approx(mean, abs=0.12)
    assert after.std(axis=0) == pytest.approx(np.sqrt(np.diag(covariance)), abs=0.12)


def test_what_no_figure_depends_on_is_left_as_it_was_drawn(found: Posterior):
    untouched = ~found.active
    assert untouched[4:].sum() >= 7
    assert found.active[:4].all()
    # There and back through the normal distribution.
    assert found.places[:, untouched] == pytest.approx(found.prior[:, untouched], abs=1e-9)
    assert found.left()[untouched] == pytest.approx(1.0, abs=1e-6)


def test_the_sum_that_a_figure_tells_is_fixed_and_the_difference_is_open(found: Posterior):
    directions = found.directions()
    firmest = directions[0]
    assert firmest.left < 0.01
    weights = dict(firmest.weights)
    assert weights["p0"] == pytest.approx(np.sqrt(0.5), abs=0.1)
    assert weights["p1"] == pytest.approx(np.sqrt(0.5), abs=0.1)
    # The figures tell three combinations; what is left of each is its error against its slope.
    left = [one.left for one in directions]
    assert left == sorted(left)
    assert left[1] == pytest.approx(1.0 / (1.0 + (2.0 / 0.2) ** 2), rel=0.5)
    assert left[2] == pytest.approx(1.0 / (1.0 + (0.5 / 0.5) ** 2), abs=0.15)
    assert min(left[3:]) > 0.8


def test_the_prior_is_even_and_each_draw_is_its_own():
    drawn = prior(7, 400, 6)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(drawn, rowvar=False) - np.eye(6)).max() < 0.2
    # More members or parameters leave those that there are as they were; another seed does not.
    assert (prior(7, 500, 8)[:400, :6] == drawn).all()
    assert not (prior(8, 400, 6) == drawn).any()


def test_equal_arguments_give_equal_results(found: Posterior):
    again = posterior(PARAMETERS, linear, OBSERVED, ERROR, seed=5, members=600)
    assert (again.places == found.places).all()
