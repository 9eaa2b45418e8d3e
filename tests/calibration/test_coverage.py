"""Discrepancies learnt from windows left out, against those that made the data; left-out predictions by hand."""

from datetime import date

import numpy as np
import pytest

from sim.calibration.report import Linear, apart, learnt

Array = np.ndarray
FAMILY = np.array(["cases", "alerts"] * 60)


def linear(rolls: np.random.Generator, shares: dict[str, float], windows: int = 120, parameters: int = 8) -> Linear:
    """Return data of a linear model that is off by known shares, rounded to a hundredth."""
    family = FAMILY[:windows]
    slopes = 0.3 * rolls.standard_normal((windows, parameters))
    spread = np.array([np.hypot(0.01, shares[one]) for one in family])
    off = slopes @ rolls.standard_normal(parameters) + spread * rolls.standard_normal(windows)
    everything = np.ones(windows, dtype=bool)
    return Linear(
        off,
        slopes @ slopes.T,
        lambda found: np.array([np.hypot(0.01, found.get(one, 0.0)) for one in family]),
        everything,
        everything,
    )


def test_what_is_left_out_is_predicted_as_if_it_had_never_been_there():
    model = linear(np.random.default_rng(1), {"cases": 0.1, "alerts": 0.0}, windows=10)
    conditioned = model.conditioned.copy()
    conditioned[8:] = False
    model = Linear(model.off, model.covariance, model.errors, conditioned, model.scored)
    shares = {"cases": 0.1}
    off, spread = model.left_out(shares)
    total = model.covariance + np.diag(model.errors(shares) ** 2)
    for one in range(10):
        inside = [other for other in range(8) if other != one]
        gain = total[one, inside] @ np.linalg.inv(total[np.ix_(inside, inside)])
        assert off[one] == pytest.approx(model.off[one] - gain @ model.off[inside])
        assert spread[one] ** 2 == pytest.approx(total[one, one] - gain @ total[inside, one])


def test_each_family_gets_the_discrepancy_that_made_its_data():
    shares = {"cases": 0.12, "alerts": 0.02}
    found = [learnt(linear(np.random.default_rng(seed), shares), ("alerts", "cases")) for seed in range(12)]
    # Sixty windows a family know a standard deviation to some ten per cent, and shares are tried in steps of a fifth.
    assert np.mean([one["cases"] for one in found]) == pytest.approx(0.12, rel=0.15)
    assert np.mean([one["alerts"] for one in found]) == pytest.approx(0.02, rel=0.25)


def test_a_model_that_is_right_has_none():
    found = [
        learnt(linear(np.random.default_rng(seed), {"cases": 0.0, "alerts": 0.0}), ("alerts", "cases"))
        for seed in range(8)
    ]
    assert np.median([share for one in found for share in one.values()]) <= 0.005


def test_a_window_that_is_left_out_teaches_nothing():
    model = linear(np.random.default_rng(2), {"cases": 0.05, "alerts": 0.05}, windows=12)
    wild = model.off.copy()
    wild[4] += 50.0
    changed = Linear(wild, model.covariance, model.errors, model.conditioned, model.scored)
    shares = {"cases": 0.05, "alerts": 0.05}
    assert changed.without(4).score(shares) == pytest.approx(model.without(4).score(shares))
    assert changed.score(shares) < model.score(shares) - 100.0


def days(*ends: tuple[int, int]) -> list[tuple[date, date]]:
    """Return windows of days of January."""
    return [(date(2022, 1, first), date(2022, 1, last)) for first, last in ends]


def test_of_windows_that_overlap_the_most_that_do_not_are_chosen():
    # As many as possible, those that end first; another series has windows of its own.
    windows = [days((1, 20)), days((1, 9)), days((9, 12)), days((10, 14)), days((15, 31)), days((1, 31))]
    assert apart(["a"] * 6, windows, [True] * 6) == [False, True, False, True, True, False]
    assert apart(["a"] * 5 + ["b"], windows, [True] * 6) == [False, True, False, True, True, True]


def test_fitted_windows_have_precedence_and_a_change_counts_both_of_its_windows():
    windows = [days((1, 5)), days((1, 20)), days((21, 31))]
    assert apart(["a"] * 3, windows, [False, True, False]) == [False, True, True]
    change = [days((21, 31), (1, 11)), days((5, 8)), days((12, 20))]
    assert apart(["a"] * 3, change, [True] * 3) == [False, True, True]
    assert apart(["a"] * 3, change, [True, False, False]) == [True, False, True]
    assert apart(["a"] * 2, [days((3, 3)), days((3, 3))], [True] * 2) == [True, False]
