"""The posterior against closed forms, and where there is none, against the truth it is to hold."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from sim.calibration.parameters import Parameter
from sim.calibration.posterior import (
    ACCEPTED,
    Posterior,
    Simulate,
    errors,
    places_of,
    posterior,
    prior,
    scores,
    slopes_at,
)

Array = np.ndarray
PARAMETERS = [Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(12)]
SLOPES = np.zeros((3, len(PARAMETERS)))
SLOPES[:, :4] = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.5]]
OBSERVED = np.array([0.8, -1.0, 0.4])
ERROR = np.array([0.05, 0.2, 0.5])
NO_CHANCE = np.zeros(3)


def linear(places: Array, seeds: Sequence[int]) -> Array:
    return scores(places) @ SLOPES.T


def conditioned(
    simulate: Simulate, parameters: Sequence[Parameter], observed: Array, error: Array, seed: int, members: int
) -> Posterior:
    """Give the posterior of a closed form, from where its parameters start."""
    place = np.array([one.place(one.start) for one in parameters])
    start = place, simulate(place[None, :], [0])[0], slopes_at(place, simulate, [0], error)
    return posterior(parameters, [(simulate, 0.0 * error)], start, observed, error, seed, members)


@pytest.fixture(scope="module")
def found() -> Posterior:
    return conditioned(linear, PARAMETERS, OBSERVED, ERROR, seed=5, members=600)


def test_moments_are_those_of_the_normal_posterior(found: Posterior):
    precision = np.eye(len(PARAMETERS)) + SLOPES.T @ np.diag(ERROR**-2) @ SLOPES
    covariance = np.linalg.inv(precision)
    mean = covariance @ SLOPES.T @ (OBSERVED / ERROR**2)
    after = scores(found.places)
    # Four standard errors of a mean, and of a standard deviation, over 600 members.
    spread = np.sqrt(np.diag(covariance))
    assert np.abs(after.mean(axis=0) - mean).max() < 4.0 * spread.max() / 600**0.5
    assert after.std(axis=0) == pytest.approx(spread, rel=4.0 / 1200**0.5)
    assert np.corrcoef(after[:, 0], after[:, 1])[0, 1] < -0.99


def test_what_no_datum_depends_on_is_left_as_it_was_drawn(found: Posterior):
    assert list(np.flatnonzero(found.active)) == [0, 1, 2, 3]
    assert (found.places[:, 4:] == found.prior[:, 4:]).all()
    assert found.left()[4:] == pytest.approx(1.0)


def test_the_sum_that_a_datum_tells_is_fixed_and_the_difference_is_open(found: Posterior):
    sums, second, third = found.directions()
    weights = dict(sums.weights)
    assert abs(weights["p0"]) == pytest.approx(np.sqrt(0.5))
    assert weights["p0"] == pytest.approx(weights["p1"])
    # What is left of each is its error against its slope.
    assert sums.left == pytest.approx(1.0 / (1.0 + 2.0 / 0.05**2))
    assert second.left == pytest.approx(1.0 / (1.0 + (2.0 / 0.2) ** 2))
    assert third.left == pytest.approx(1.0 / (1.0 + (0.5 / 0.5) ** 2))
    assert second.weights[0] == ("p2", pytest.approx(1.0))


def test_the_prior_is_even_and_each_draw_is_its_own():
    drawn = prior(7, 400, 6)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(drawn, rowvar=False) - np.eye(6)).max() < 0.2
    # More members or parameters leave those that there are as they were; another seed does not.
    assert (prior(7, 500, 8)[:400, :6] == drawn).all()
    assert not (prior(8, 400, 6) == drawn).any()
    noise = errors(7, 400, 6)
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(scores(drawn)[:, 0], noise[:, 0])[0, 1]) < 0.2


def test_equal_arguments_give_equal_results_and_a_member_does_not_depend_on_how_many_there_are(found: Posterior):
    fewer = conditioned(linear, PARAMETERS, OBSERVED, ERROR, seed=5, members=40)
    assert (fewer.places == found.places[:40]).all()
    assert fewer.seeds == found.seeds[:40]


def test_slopes_are_what_is_larger_than_chance():
    def noisy(places: Array, seeds: Sequence[int]) -> Array:
        rolls = [
            np.random.default_rng([seed, *np.round(1e6 * row).astype(int)])
            for row, seed in zip(places, seeds, strict=True)
        ]
        return linear(places, seeds) + np.array([roll.normal(0.0, 0.01, 3) for roll in rolls])

    at = np.full(len(PARAMETERS), 0.5)
    exact = SLOPES / ERROR[:, None]
    assert slopes_at(at, linear, [1], ERROR) == pytest.approx(exact)
    heard = slopes_at(at, noisy, [1, 2, 3, 4], ERROR)
    chance = 0.01 * 2**0.5 / 0.52 / 2.0 / ERROR[:, None]
    assert (np.abs(heard - exact) < 5.0 * chance).all()
    assert np.mean(heard[exact == 0.0] == 0.0) > 0.9
    assert (heard[exact != 0.0] != 0.0).all()
    # At an end of a range there is no way but inwards.
    assert slopes_at(np.zeros(len(PARAMETERS)), linear, [1], ERROR) == pytest.approx(exact)


VOLUME = Parameter("volume", "calibrated", 7.0, 28.0, 14.0, float)
RECALL = Parameter("recall", "assumed", 0.5, 0.95, 0.8, float)
EVERY = Parameter("every", "assumed", 0.05, 0.5, 0.1, float)
REST = Parameter("rest", "assumed", 0.2, 2.0, 1.0, float)
COUNTS = (VOLUME, RECALL, EVERY, REST)
COUNT_ERROR = np.array([0.01, 0.013])


def counts(places: Array, seeds: Sequence[int]) -> Array:
    """Give the logarithms of what a filter stops, and of what comes of the rest: two data, far from linear."""
    volume, recall, every, rest = (
        np.array([one.number(place) for place in column]) for one, column in zip(COUNTS, places.T, strict=True)
    )
    return np.log(np.column_stack([volume * recall, volume * (1.0 - 0.9 * recall) * every + rest]))


def test_members_are_brought_to_the_data_though_the_ranges_are_wide():
    observed = np.log([11.0, 1.5])
    found = conditioned(counts, COUNTS, observed, COUNT_ERROR, seed=9, members=200)
    off = (counts(found.places, ()) - observed) / COUNT_ERROR
    assert np.sqrt(np.mean(off**2, axis=1)) == pytest.approx(found.off)
    accepted = found.accepted()
    assert len(accepted.places) >= 180
    assert np.array(accepted.off).max() <= ACCEPTED
    assert off[found.off <= ACCEPTED].std() == pytest.approx(1.0, abs=0.15)
    # The product is known to a hundredth, and neither of its factors to a tenth.
    volume, recall = (
        [one.number(place) for place in column] for one, column in zip(COUNTS, accepted.places.T[:2], strict=False)
    )
    assert np.std(np.log(volume) + np.log(recall)) < 0.02
    assert np.std(np.log(recall)) > 0.1


def test_intervals_hold_the_truth_where_data_are_far_from_linear():
    sets, members = 200, 15
    truths, noise = prior(77, sets, len(COUNTS)), errors(77, sets, 2)
    made = counts(truths, ()) + COUNT_ERROR * noise
    below = np.array(
        [
            np.sum(
                conditioned(counts, COUNTS, one, COUNT_ERROR, 1000 * (number + 1), members).accepted().places < truth,
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
    def fine(places: Array, seeds: Sequence[int]) -> Array:
        return linear(places, seeds) + 0.2 + 0.1 * scores(places)[:, :3] ** 2

    at = np.full(len(PARAMETERS), 0.5)
    start = at, linear(at[None, :], [0])[0], slopes_at(at, linear, [0], ERROR)
    coarse = posterior(PARAMETERS, [(linear, NO_CHANCE)], start, OBSERVED, ERROR, 5, 100)
    both = posterior(PARAMETERS, [(linear, ERROR), (fine, NO_CHANCE)], start, OBSERVED, ERROR, 5, 100)
    size = [np.sqrt(np.mean(((fine(one.places, ()) - OBSERVED) / ERROR) ** 2, axis=1)) for one in (coarse, both)]
    assert np.median(size[0]) > 2.0
    assert np.median(size[1]) < 1.2
    assert size[1] == pytest.approx(both.off)


def test_what_chance_does_to_a_run_is_part_of_its_error_and_not_added_twice():
    def rolled(places: Array, seeds: Sequence[int]) -> Array:
        return linear(places, seeds) + np.array(
            [np.random.default_rng(seed).normal(0.0, 0.8 * ERROR) for seed in seeds]
        )

    at = np.full(len(PARAMETERS), 0.5)
    start = at, linear(at[None, :], [0])[0], slopes_at(at, linear, [0], ERROR)
    found = posterior(PARAMETERS, [(rolled, 0.8 * ERROR)], start, OBSERVED, ERROR, 5, 600)
    off = (linear(found.places, ()) - OBSERVED)[:, 0] / ERROR[0]
    assert off.std() == pytest.approx(1.0, rel=4.0 / 1200**0.5)


def test_a_place_survives_its_score():
    inside = np.linspace(0.001, 0.999, 99)
    assert places_of(scores(inside)) == pytest.approx(inside, abs=1e-9)
    assert np.isfinite(scores(np.array([0.0, 1.0]))).all()


def test_where_no_member_comes_to_the_data_none_is_left():
    found = conditioned(counts, COUNTS, np.log([500.0, 1.5]), COUNT_ERROR, seed=9, members=50)
    assert found.accepted().places.shape == found.accepted().prior.shape == (0, len(COUNTS))
    assert found.accepted().seeds == ()
