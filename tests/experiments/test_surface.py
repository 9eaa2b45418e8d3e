"""Surfaces: what they say of points that were left out is true, and they know how little they know."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from sim.experiments import design as box
from sim.experiments.surface import CHANCE, Array, Surface, _unlikeliness, fitted


def hill(points: Array) -> Array:
    """A smooth outcome that bends along the first lever, turns with the second, and knows nothing of others."""
    second = points[:, 1] if points.shape[1] > 1 else 0.0
    return np.asarray(np.exp(-4.0 * points[:, 0]) + 0.5 * points[:, 0] * second + 3.0)


def box_of(levers: int) -> Array:
    return np.unique(
        box.box_coordinates(np.full(levers, 0.3), box.usual_points(levers), np.random.default_rng(3)), axis=0
    )


def test_a_plane_is_found_without_an_error() -> None:
    points = box_of(3)
    surface = fitted(points, (2.0 + points @ np.array([1.0, -3.0, 0.0]))[:, None])
    places = np.random.default_rng(1).random((50, 3))
    heights, deviations = surface.at(places)
    assert np.allclose(heights[:, 0], 2.0 + places @ np.array([1.0, -3.0, 0.0]), rtol=1e-9)
    assert (deviations < 1e-6).all()


@pytest.mark.parametrize("levers", [1, 2, 3, 6])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_what_was_left_out_is_foretold_within_its_interval(levers: int, noise: float) -> None:
    points, generator = box_of(levers), np.random.default_rng(levers)
    surface = fitted(points, (hill(points) + noise * generator.normal(size=len(points)))[:, None])
    places = generator.random((400, levers))
    truth = hill(places) + noise * generator.normal(size=400)
    heights, deviations = surface.at(places)
    missed = np.abs(heights[:, 0] - truth)
    assert np.mean(missed <= surface.width * deviations) >= 0.9
    # It is worth something: far better than the mean of all points, and with chance no worse than chance makes it.
    assert np.sqrt(np.mean(missed**2)) < 0.02 + 1.8 * noise
    # And intervals are no wider than they must be.
    assert np.median(surface.width * deviations) < 0.06 + 5.0 * noise


def test_errors_of_points_left_out_are_those_of_surfaces_without_them() -> None:
    points = box_of(2)
    values = hill(points) + 0.01 * np.random.default_rng(4).normal(size=len(points))
    surface = Surface(points, values[:, None], np.array([0.7, 1.9]), 0.02)
    errors, _ = surface.left_out
    for number in (0, 3, 11):
        kept = np.arange(len(points)) != number
        without = Surface(points[kept], values[kept, None], surface.lengths, surface.chance)
        assert values[number] - without.at(points[number : number + 1])[0][0, 0] == pytest.approx(errors[number])


def test_the_band_widens_far_from_what_was_simulated() -> None:
    points = np.array([[0.0], [0.05], [0.1], [0.15], [0.2], [0.95], [1.0]])
    surface = fitted(points, np.sin(9.0 * points))
    _, deviations = surface.at(np.array([[0.125], [0.3], [0.575]]))
    assert deviations[0] < deviations[1] < deviations[2]
    assert deviations[2] > 3.0 * deviations[0]


def test_a_band_is_wider_where_points_left_out_miss_by_more() -> None:
    points = np.random.default_rng(5).random((24, 2))
    steep = np.where(points[:, :1] > 0.5, 1.0, 0.0)
    quantile = 2.0796138447276795  # Student's, of 24 points less the three coefficients of a plane
    missed = []
    for lengths in ([20.0, 20.0], [1.0, 1.0], [0.1, 0.1]):
        surface = Surface(points, steep, np.array(lengths), CHANCE[0])
        errors, deviations = surface.left_out
        missed.append(float(np.sqrt(np.mean((errors / deviations) ** 2))))
        assert surface.width == pytest.approx(quantile * max(1.0, missed[-1]), rel=1e-12)
    assert min(missed) < 1.0 < max(missed)


def test_replicates_have_surfaces_of_one_shape_and_their_mean_is_that_of_the_mean() -> None:
    points = box_of(2)
    values = np.stack([hill(points), hill(points) + 0.1 * points[:, 0], 2.0 * hill(points)], axis=1)
    surface = fitted(points, values)
    place = np.array([[0.4, 0.6]])
    heights, _ = surface.at(place)
    assert heights.shape == (1, 3)
    mean = Surface(points, values.mean(axis=1)[:, None], surface.lengths, surface.chance)
    assert heights.mean() == pytest.approx(mean.at(place)[0][0, 0], rel=1e-12)
    assert heights[0, 2] == pytest.approx(2.0 * heights[0, 0], rel=1e-12)


def test_what_is_everywhere_the_same_is_that_and_certain() -> None:
    surface = fitted(box_of(2), np.full((len(box_of(2)), 1), 7.0))
    heights, deviations = surface.at(np.array([[0.2, 0.9]]))
    assert heights[0, 0] == pytest.approx(7.0, rel=1e-12)
    assert deviations[0] == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(surface.width)


@pytest.mark.parametrize("logarithms", [[0.0, 0.0, 0.0, -3.0], [-1.0, 0.5, 1.0, -5.0]])
def test_slopes_of_the_likelihood_are_those_of_its_values(logarithms: list[float]) -> None:
    generator = np.random.default_rng(1)
    points = generator.random((30, 3))
    values = np.sin(3.0 * points[:, 0]) + points[:, 1] + 0.05 * generator.normal(size=30)
    wrong = check_grad(
        lambda one: _unlikeliness(one, points, values)[0],
        lambda one: _unlikeliness(one, points, values)[1],
        np.array(logarithms),
    )
    assert wrong < 1e-3
