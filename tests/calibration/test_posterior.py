"""The posterior against closed forms, where parameters and figures are normal and one is linear in the other."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.calibration.fit import Fit
from sim.calibration.parameters import Parameter
from sim.calibration.posterior import (
    ACCEPTED,
    Array,
    Correction,
    Posterior,
    corrected,
    posterior,
    prior,
    scores,
    stretched,
    unstretched,
)
from sim.calibration.targets import Targets

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


VOLUME = Parameter("volume", "calibrated", 0.0, 40.0, 10.0, float)
RECALL = Parameter("recall", "assumed", 0.1, 1.0, 0.5, float)
OTHER = Parameter("other", "assumed", -1.0, 1.0, 0.0, float)


def product(places: Array) -> Array:
    """Give the logarithm of volume x recall, in hundredths: one figure of two parameters, and far from linear."""
    values = [[math.exp(stretched(one, row[n])) for n, one in enumerate((VOLUME, RECALL))] for row in places]
    return np.log(np.prod(values, axis=1))[:, None] / 0.01


def test_members_are_brought_to_the_figure_by_what_is_calibrated_and_the_rest_is_rejected():
    parameters = (VOLUME, RECALL, OTHER)
    drawn = prior(3, 200, 3)
    rough = Posterior(parameters, drawn, drawn.copy(), np.array([True, True, False]))
    observed, error = np.log([5.0]) / 0.01, np.array([1.0])
    place = VOLUME.place(10.0)
    slope = (product(np.array([[place + 1e-4, 0.5, 0.5]])) - product(np.array([[place, 0.5, 0.5]]))) / 1e-4
    fit = Fit([VOLUME], Targets((), ()), np.array([place]), slope)
    correction = Correction.of(parameters, fit)
    found = corrected(rough, product, observed, error, correction, seed=9, kept=150)
    off = (product(found.places) - observed) / error
    assert np.abs(off).max() <= ACCEPTED
    assert off.std() == pytest.approx(1.0, abs=0.2)
    # Two steps of no more than a doubling each bring most, but not the farthest, there.
    assert 75 < len(found.places) < 150
    assert (found.places[:, 1:] == found.prior[:, 1:]).all()
    assert found.places[:, 1].std() > 0.2


def test_a_place_survives_being_stretched():
    for one in (VOLUME, RECALL, OTHER, Parameter("wide", "assumed", 0.01, 1.0, 0.1, float)):
        for place in (0.001, 0.3, 0.999):
            assert unstretched(one, stretched(one, place)) == pytest.approx(place, abs=1e-9)
        assert 0.0 < unstretched(one, -50.0) < unstretched(one, 50.0) < 1.0


def test_where_no_member_comes_to_the_figure_none_is_left():
    drawn = prior(3, 50, 2)
    rough = Posterior((VOLUME, RECALL), drawn, drawn.copy(), np.array([True, True]))
    fit = Fit([VOLUME], Targets((), ()), np.array([0.5]), np.array([[1e6]]))
    found = corrected(
        rough, product, np.log([5e6]) / 0.01, np.array([1.0]), Correction.of((VOLUME, RECALL), fit), seed=9, kept=50
    )
    assert found.places.shape == found.prior.shape == (0, 2)
