"""The posterior against closed forms, and where there is none, against the truth it is to hold."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from sim.calibration.posterior import (
    ACCEPTANCE,
    Posterior,
    Simulate,
    Start,
    coordinates_of,
    draw_errors,
    draw_prior,
    jacobian_at,
    normal_scores,
    sample_posterior,
)
from sim.experiments.parameters import Parameter

Array = np.ndarray
PARAMETERS = [Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(12)]
SLOPES = np.zeros((3, len(PARAMETERS)))
SLOPES[:, :4] = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.5]]
OBSERVED = np.array([0.8, -1.0, 0.4])
ERROR = np.array([0.05, 0.2, 0.5])
NO_CHANCE = np.zeros(3)


def linear(coordinates: Array, seeds: Sequence[int]) -> Array:
    return normal_scores(coordinates) @ SLOPES.T


def conditioned(
    simulate: Simulate, parameters: Sequence[Parameter], observed: Array, error: Array, seed: int, members: int
) -> Posterior:
    """Return the posterior of a closed form, from where its parameters start."""
    own = np.array([one.coordinate(one.start) for one in parameters])
    start = started(own, simulate, error)
    return sample_posterior(parameters, [(simulate, 0.0 * error)], start, observed, error, seed, members)


def started(coordinates: Array, simulate: Simulate, error: Array) -> Start:
    """Return the start of an ensemble at some coordinates."""
    expected = simulate(coordinates[None, :], [0])[0]
    return Start(coordinates, expected, jacobian_at(coordinates, simulate, [0], error))


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return conditioned(linear, PARAMETERS, OBSERVED, ERROR, seed=5, members=600)


def test_moments_are_those_of_the_normal_posterior(posterior: Posterior):
    precision = np.eye(len(PARAMETERS)) + SLOPES.T @ np.diag(ERROR**-2) @ SLOPES
    covariance = np.linalg.inv(precision)
    mean = covariance @ SLOPES.T @ (OBSERVED / ERROR**2)
    after = normal_scores(posterior.coordinates)
    # Four standard errors of a mean, and of a standard deviation, over 600 members.
    spread = np.sqrt(np.diag(covariance))
    assert np.abs(after.mean(axis=0) - mean).max() < 4.0 * spread.max() / 600**0.5
    assert after.std(axis=0) == pytest.approx(spread, rel=4.0 / 1200**0.5)
    assert np.corrcoef(after[:, 0], after[:, 1])[0, 1] < -0.99


def test_what_no_datum_depends_on_is_left_as_it_was_drawn(posterior: Posterior):
    assert list(np.flatnonzero(posterior.active)) == [0, 1, 2, 3]
    assert (posterior.coordinates[:, 4:] == posterior.prior[:, 4:]).all()
    assert posterior.spread_left()[4:] == pytest.approx(1.0)


def test_the_sum_that_a_datum_depends_on_is_fixed_and_the_difference_is_open(posterior: Posterior):
    sums, second, third = posterior.directions()
    weights = dict(sums.weights)
    assert abs(weights["p0"]) == pytest.approx(np.sqrt(0.5))
    assert weights["p0"] == pytest.approx(weights["p1"])
    # The variance left of each depends on its error against its slope.
    assert sums.variance_left == pytest.approx(1.0 / (1.0 + 2.0 / 0.05**2))
    assert second.variance_left == pytest.approx(1.0 / (1.0 + (2.0 / 0.2) ** 2))
    assert third.variance_left == pytest.approx(1.0 / (1.0 + (0.5 / 0.5) ** 2))
    assert second.weights[0] == ("p2", pytest.approx(1.0))


def test_the_prior_is_even_and_each_draw_is_its_own():
    drawn = draw_prior(7, 400, 6)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(drawn, rowvar=False) - np.eye(6)).max() < 0.2
    # More members or parameters leave those that there are as they were; another seed does not.
    assert (draw_prior(7, 500, 8)[:400, :6] == drawn).all()
    assert not (draw_prior(8, 400, 6) == drawn).any()
    noise = draw_errors(7, 400, 6)
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(normal_scores(drawn)[:, 0], noise[:, 0])[0, 1]) < 0.2


def test_equal_arguments_give_equal_results_and_a_member_does_not_depend_on_how_many_there_are(posterior: Posterior):
    fewer = conditioned(linear, PARAMETERS, OBSERVED, ERROR, seed=5, members=40)
    assert (fewer.coordinates == posterior.coordinates[:40]).all()
    assert fewer.seeds == posterior.seeds[:40]


def test_slopes_that_are_not_significant_are_zero():
    def noisy(coordinates: Array, seeds: Sequence[int]) -> Array:
        rolls = [
            np.random.default_rng([seed, *np.round(1e6 * row).astype(int)])
            for row, seed in zip(coordinates, seeds, strict=True)
        ]
        return linear(coordinates, seeds) + np.array([roll.normal(0.0, 0.01, 3) for roll in rolls])

    at = np.full(len(PARAMETERS), 0.5)
    exact = SLOPES / ERROR[:, None]
    assert jacobian_at(at, linear, [1], ERROR) == pytest.approx(exact)
    averaged = jacobian_at(at, noisy, [1, 2, 3, 4], ERROR)
    chance = 0.01 * 2**0.5 / 0.52 / 2.0 / ERROR[:, None]
    assert (np.abs(averaged - exact) < 5.0 * chance).all()
    assert np.mean(averaged[exact == 0.0] == 0.0) > 0.9
    assert (averaged[exact != 0.0] != 0.0).all()
    # At an end of a range the difference is taken inwards.
    assert jacobian_at(np.zeros(len(PARAMETERS)), linear, [1], ERROR) == pytest.approx(exact)


VOLUME = Parameter("volume", "calibrated", 7.0, 28.0, 14.0, float)
RECALL = Parameter("recall", "assumed", 0.5, 0.95, 0.8, float)
EVERY = Parameter("every", "assumed", 0.05, 0.5, 0.1, float)
REST = Parameter("rest", "assumed", 0.2, 2.0, 1.0, float)
COUNTS = (VOLUME, RECALL, EVERY, REST)
COUNT_ERROR = np.array([0.01, 0.013])


def counts(coordinates: Array, seeds: Sequence[int]) -> Array:
    """Return the logarithms of what a filter stops, and of what comes of the rest: two data, far from linear."""
    volume, recall, every, rest = (
        np.array([one.number(part) for part in column]) for one, column in zip(COUNTS, coordinates.T, strict=True)
    )
    return np.log(np.column_stack([volume * recall, volume * (1.0 - 0.9 * recall) * every + rest]))


def test_members_reproduce_the_data_though_the_ranges_are_wide():
    observed = np.log([11.0, 1.5])
    posterior = conditioned(counts, COUNTS, observed, COUNT_ERROR, seed=9, members=200)
    residuals = (counts(posterior.coordinates, ()) - observed) / COUNT_ERROR
    assert np.sqrt(np.mean(residuals**2, axis=1)) == pytest.approx(posterior.residuals)
    accepted = posterior.accepted()
    assert len(accepted.coordinates) >= 180
    assert np.array(accepted.residuals).max() <= ACCEPTANCE
    assert residuals[posterior.residuals <= ACCEPTANCE].std() == pytest.approx(1.0, abs=0.15)
    # The product is known to a hundredth, and neither of its factors to a tenth.
    volume, recall = (
        [one.number(part) for part in column] for one, column in zip(COUNTS, accepted.coordinates.T[:2], strict=False)
    )
    assert np.std(np.log(volume) + np.log(recall)) < 0.02
    assert np.std(np.log(recall)) > 0.1


def test_intervals_hold_the_truth_where_data_are_far_from_linear():
    sets, members = 200, 15
    truths, noise = draw_prior(77, sets, len(COUNTS)), draw_errors(77, sets, 2)
    made = counts(truths, ()) + COUNT_ERROR * noise
    below = np.array(
        [
            np.sum(
                conditioned(counts, COUNTS, one, COUNT_ERROR, 1000 * (number + 1), members).accepted().coordinates
                < truth,
                axis=0,
            )
            for number, (one, truth) in enumerate(zip(made, truths, strict=True))
        ]
    )
    for central, inside in ((8, (below >= 4) & (below <= 11)), (12, (below >= 2) & (below <= 13))):
        low, high = stats.binom.ppf([1e-3, 1.0 - 1e-3], sets, central / (members + 1))
        held = inside.sum(axis=0)
        assert ((held >= low) & (held <= high)).all(), (central, held)


def test_a_finer_model_has_the_last_word():
    def fine(coordinates: Array, seeds: Sequence[int]) -> Array:
        return linear(coordinates, seeds) + 0.2 + 0.1 * normal_scores(coordinates)[:, :3] ** 2

    start = started(np.full(len(PARAMETERS), 0.5), linear, ERROR)
    coarse = sample_posterior(PARAMETERS, [(linear, NO_CHANCE)], start, OBSERVED, ERROR, 5, 100)
    both = sample_posterior(PARAMETERS, [(linear, ERROR), (fine, NO_CHANCE)], start, OBSERVED, ERROR, 5, 100)
    rms = [np.sqrt(np.mean(((fine(one.coordinates, ()) - OBSERVED) / ERROR) ** 2, axis=1)) for one in (coarse, both)]
    assert np.median(rms[0]) > 2.0
    assert np.median(rms[1]) < 1.2
    assert rms[1] == pytest.approx(both.residuals)


def test_what_chance_does_to_a_run_is_part_of_its_error_and_not_added_twice():
    def rolled(coordinates: Array, seeds: Sequence[int]) -> Array:
        return linear(coordinates, seeds) + np.array(
            [np.random.default_rng(seed).normal(0.0, 0.8 * ERROR) for seed in seeds]
        )

    start = started(np.full(len(PARAMETERS), 0.5), linear, ERROR)
    posterior = sample_posterior(PARAMETERS, [(rolled, 0.8 * ERROR)], start, OBSERVED, ERROR, 5, 600)
    residuals = (linear(posterior.coordinates, ()) - OBSERVED)[:, 0] / ERROR[0]
    assert residuals.std() == pytest.approx(1.0, rel=4.0 / 1200**0.5)


def test_a_coordinate_survives_its_normal_score():
    inside = np.linspace(0.001, 0.999, 99)
    assert coordinates_of(normal_scores(inside)) == pytest.approx(inside, abs=1e-9)
    assert np.isfinite(normal_scores(np.array([0.0, 1.0]))).all()


def test_where_no_member_reproduces_the_data_none_is_accepted():
    accepted = conditioned(counts, COUNTS, np.log([500.0, 1.5]), COUNT_ERROR, seed=9, members=50).accepted()
    assert accepted.coordinates.shape == accepted.prior.shape == (0, len(COUNTS))
    assert accepted.seeds == ()
