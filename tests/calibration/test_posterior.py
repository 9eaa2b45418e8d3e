"""The posterior against closed forms, and where there is none, against the truth it is to hold."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from sim.calibration.posterior import (
    CONSISTENT,
    Outcome,
    Posterior,
    Start,
    chi_square,
    compressed,
    expanded,
    sample_posterior,
)
from sim.calibration.prior import Chain, Prior, draw_errors
from sim.experiments.parameters import Parameter

Array = np.ndarray
Closed = Callable[[Array], Array]
"""A model in closed form: data (points, data) at unit-cube coordinates (points, parameters)."""

PARAMETERS = [Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(12)]
PRIOR = Prior(tuple(PARAMETERS))
SLOPES = np.zeros((3, len(PARAMETERS)))
SLOPES[:, :4] = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.5]]
OBSERVED = np.array([0.8, -1.0, 0.4])
ERROR = np.array([0.05, 0.2, 0.5])


def linear(coordinates: Array) -> Array:
    return PRIOR.scores(coordinates) @ SLOPES.T


def conditioned(model: Closed, prior: Prior, observed: Array, error: Array, seed: int, members: int) -> Posterior:
    """Return the posterior of a closed form, from where its parameters start."""

    def simulate(coordinates: Array) -> tuple[list[Outcome | None], Array]:
        off = (model(coordinates) - observed) / error
        return [{"data": list(row)} for row in off], off

    start = np.array([one.coordinate(one.start) for one in prior.parameters])
    own = (model(start[None, :])[0] - observed) / error
    return sample_posterior(prior, Start(start, own, np.zeros_like(own)), simulate, simulate, seed, members)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return conditioned(linear, PRIOR, OBSERVED, ERROR, seed=5, members=600)


def test_moments_are_those_of_the_normal_posterior(posterior: Posterior):
    precision = np.eye(len(PARAMETERS)) + SLOPES.T @ np.diag(ERROR**-2) @ SLOPES
    covariance = np.linalg.inv(precision)
    mean = covariance @ SLOPES.T @ (OBSERVED / ERROR**2)
    # Four standard errors of a mean, and of a standard deviation, over 600 members.
    spread = np.sqrt(np.diag(covariance))
    assert np.abs(posterior.scores.mean(axis=0) - mean).max() < 4.0 * spread.max() / 600**0.5
    assert posterior.scores.std(axis=0) == pytest.approx(spread, rel=4.0 / 1200**0.5)
    assert np.corrcoef(posterior.scores[:, 0], posterior.scores[:, 1])[0, 1] < -0.98


def test_what_no_datum_depends_on_is_left_as_it_was_drawn(posterior: Posterior):
    moved = np.abs(posterior.scores[:, 4:] - posterior.anchors[:, 4:])
    assert np.quantile(moved, 0.95) < 0.15
    assert posterior.spread_left()[4:] == pytest.approx(np.ones(8), abs=4.0 / 1200**0.5)
    assert posterior.spread_left()[2] < 0.2


def test_residuals_of_draws_are_those_of_a_right_model(posterior: Posterior):
    squares = np.sum(posterior.residuals**2, axis=1)
    assert posterior.off() == pytest.approx(np.sqrt(squares / 3))
    accepted = posterior.accepted()
    assert len(accepted.outcomes) == (squares <= chi_square(3, CONSISTENT)).sum() >= 0.93 * 600
    assert (np.sum(accepted.residuals**2, axis=1) <= chi_square(3, CONSISTENT)).all()
    # Directions that the data fix have residuals of one standard error; the last one is hardly fixed at all.
    assert accepted.residuals[:, :2].std(axis=0) == pytest.approx(np.ones(2), rel=0.25)


def test_a_member_is_judged_by_a_run_that_no_step_has_seen():
    chance, wrong = 0.5, 7

    def simulate(coordinates: Array) -> tuple[list[Outcome | None], Array]:
        off = (linear(coordinates) - OBSERVED) / ERROR
        return [{} for _ in off], off

    def simulate_again(coordinates: Array) -> tuple[list[Outcome | None], Array]:
        outcomes, off = simulate(coordinates)
        off = off + np.sqrt(2.0) * chance * np.random.default_rng(3).standard_normal(off.shape)
        off[wrong] += 9.0
        return outcomes, off

    start = np.full(len(PARAMETERS), 0.5)
    own = (linear(start[None, :])[0] - OBSERVED) / ERROR
    found = sample_posterior(PRIOR, Start(start, own, np.zeros_like(own)), simulate, simulate_again, 5, 600)
    # Both runs of a member have a run's chance; here one has that of both. Within four standard errors of a median.
    assert found.chance == pytest.approx(np.full(3, chance), rel=4.0 * 1.17 / 600**0.5)
    assert found.off() ** 2 == pytest.approx(np.mean(found.again**2 / (1.0 + found.chance**2), axis=1))
    assert found.residuals[wrong] ** 2 @ np.ones(3) <= chi_square(3, CONSISTENT)
    accepted = found.accepted()
    assert not (accepted.scores == found.scores[wrong]).all(axis=1).any()
    assert len(accepted.outcomes) == (3 * found.off() ** 2 <= chi_square(3, CONSISTENT)).sum() >= 0.9 * 600
    assert accepted.again.shape == accepted.residuals.shape


def test_every_member_keeps_the_orders_of_the_prior():
    ordered = Prior(PRIOR.parameters, (Chain((2, 0, 5), (1.0, 1.0, 1.0)),))
    loose, kept = (conditioned(linear, prior, OBSERVED, ERROR, seed=5, members=200) for prior in (PRIOR, ordered))
    assert not (np.diff(loose.coordinates[:, [2, 0, 5]]) >= 0.0).all()
    assert (np.diff(kept.coordinates[:, [2, 0, 5]]) >= -1e-9).all()
    assert len(kept.accepted().outcomes) >= 0.9 * 200


def test_equal_arguments_give_equal_results():
    made, again, other = (conditioned(linear, PRIOR, OBSERVED, ERROR, seed, members=100) for seed in (5, 5, 6))
    assert (again.coordinates == made.coordinates).all()
    assert not (other.coordinates == made.coordinates).any()


VOLUME = Parameter("volume", "calibrated", 7.0, 28.0, 14.0, float)
RECALL = Parameter("recall", "assumed", 0.5, 0.95, 0.8, float)
EVERY = Parameter("every", "assumed", 0.05, 0.5, 0.1, float)
REST = Parameter("rest", "assumed", 0.2, 2.0, 1.0, float)
COUNTS = (VOLUME, RECALL, EVERY, REST)
OF_COUNTS = Prior(COUNTS)
COUNT_ERROR = np.array([0.04, 0.05])


def counts(coordinates: Array) -> Array:
    """Return the logarithms of what a filter stops, and of what comes of the rest: two data, far from linear."""
    volume, recall, every, rest = (
        np.array([one.number(part) for part in column]) for one, column in zip(COUNTS, coordinates.T, strict=True)
    )
    return np.log(np.column_stack([volume * recall, volume * (1.0 - 0.9 * recall) * every + rest]))


def test_members_reproduce_the_data_though_the_ranges_are_wide():
    posterior = conditioned(counts, OF_COUNTS, np.log([11.0, 1.5]), COUNT_ERROR, seed=9, members=200)
    accepted = posterior.accepted()
    assert len(accepted.outcomes) >= 190
    assert accepted.residuals == pytest.approx((counts(accepted.coordinates) - np.log([11.0, 1.5])) / COUNT_ERROR)
    assert accepted.residuals.std() == pytest.approx(1.0, abs=0.15)
    # The product is known to a twentieth, and neither of its factors to a tenth.
    volume, recall = (
        [one.number(part) for part in column] for one, column in zip(COUNTS, accepted.coordinates.T[:2], strict=False)
    )
    assert np.std(np.log(volume) + np.log(recall)) < 0.06
    assert np.std(np.log(recall)) > 0.1


@pytest.mark.slow
def test_intervals_hold_the_truth_where_data_are_far_from_linear():
    sets, members = 100, 31
    truths, noise = OF_COUNTS.coordinates(OF_COUNTS.draw(77, sets)), draw_errors(77, sets, 2)
    made = counts(truths) + COUNT_ERROR * noise
    ranks = np.array(
        [
            np.mean(
                conditioned(counts, OF_COUNTS, one, COUNT_ERROR, 1000 * (number + 1), members).accepted().coordinates
                < truth,
                axis=0,
            )
            for number, (one, truth) in enumerate(zip(made, truths, strict=True))
        ]
    )
    # Of 32 ranks those of the middle 16, and of the middle 24.
    for reach, share in ((0.25, 16 / 32), (0.4, 24 / 32)):
        low, high = stats.binom.ppf([1e-3, 1.0 - 1e-3], sets, share)
        held = (np.abs(ranks - 0.5) < reach).sum(axis=0)
        assert ((held >= low) & (held <= high)).all(), (share, held)


def test_a_residual_survives_its_compression():
    far = np.array([-3000.0, -1.0, 0.0, 0.5, 200.0])
    assert expanded(compressed(far)) == pytest.approx(far)
    assert compressed(far)[1:4] == pytest.approx(far[1:4], rel=2e-3)
    assert np.abs(compressed(far)).max() < 70.0


def test_where_no_member_reproduces_the_data_none_is_accepted():
    accepted = conditioned(counts, OF_COUNTS, np.log([500.0, 1.5]), COUNT_ERROR, seed=9, members=50).accepted()
    assert accepted.coordinates.shape == accepted.anchors.shape == (0, len(COUNTS))
    assert accepted.outcomes == []


def test_a_point_that_makes_no_scenario_is_left_out():
    def simulate(coordinates: Array) -> tuple[list[Outcome | None], Array]:
        off = (linear(coordinates) - OBSERVED) / ERROR
        impossible = coordinates[:, 5] > 0.8
        off[impossible] = np.nan
        return [None if one else {} for one in impossible], off

    start = np.full(len(PARAMETERS), 0.5)
    own = (linear(start[None, :])[0] - OBSERVED) / ERROR
    found = sample_posterior(PRIOR, Start(start, own, np.zeros_like(own)), simulate, simulate, 5, 60)
    assert (found.coordinates[:, 5] <= 0.8).all()
    assert np.isfinite(found.residuals).all()
    assert np.isfinite(found.runs.data).all()
