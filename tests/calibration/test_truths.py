"""Ranks of truths by the model itself, on models in closed form: even where the emulator is right, uneven elsewhere."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sim.calibration.coverage import counted, covered, uniformity
from sim.calibration.drivers import Driver, Sensitivity
from sim.calibration.emulator import Emulator
from sim.calibration.posterior import Posterior
from sim.calibration.truths import ranks_by_model
from sim.experiments.parameters import Parameter

COUNT, WIDE, DATA = 400, 12, 5
PARAMETERS = tuple(Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(WIDE))


def posterior(stretched: float = 1.0, chance: float = 0.4, roll: int = 3) -> Posterior:
    """Return the posterior of a linear model by its own runs; its emulator has slopes that are stretched."""
    rolls = np.random.default_rng(roll)
    slopes = np.zeros((DATA, WIDE))
    slopes[:, :6] = 1.5 * rolls.standard_normal((DATA, 6))
    anchors, errors = rolls.standard_normal((COUNT, WIDE)), rolls.standard_normal((COUNT, DATA))
    noise = chance * rolls.standard_normal((2, COUNT, DATA))
    noise[1] += 0.7
    gains = slopes.T @ np.linalg.inv(slopes @ slopes.T + np.eye(DATA))
    scores = anchors + (errors - noise[0] - anchors @ slopes.T) @ gains.T
    nothing = np.zeros((DATA, 0, 0))
    emulator = Emulator(np.zeros(DATA), stretched * slopes, np.zeros(0, dtype=np.intp), nothing, np.zeros(DATA))
    residuals, again = scores @ slopes.T + noise
    found = SimpleNamespace(
        **{"scores": scores, "again": again, "residuals": residuals, "emulator": emulator, "parameters": PARAMETERS},
        **{"anchors": anchors, "observations": errors, "rest": np.ones(DATA)},
        spread_left=lambda: scores.std(axis=0),
    )
    return cast(Posterior, found)


def coverage(stretched: float, chance: float) -> float:
    """Return how often intervals of the parameters that data move hold the truth, over several posteriors."""
    found = [ranks_by_model(posterior(stretched, chance, roll), 5, {}) for roll in range(6)]
    return float(np.mean([covered(one.rows[:, :6], COUNT - 1) for one in found]))


@pytest.mark.parametrize("chance", [0.0, 0.8])
def test_intervals_hold_the_truth_where_the_emulator_says_how_the_model_moves(chance: float):
    assert coverage(1.0, chance) == pytest.approx(0.9, abs=0.01)


def test_intervals_hold_it_less_often_where_the_model_moves_more_than_the_emulator_says():
    assert coverage(0.25, 0.0) < 0.87 < coverage(0.55, 0.0) < 0.89


def test_ranks_are_those_of_the_parameters_that_matter():
    found = ranks_by_model(posterior(), 5, {})
    assert set(found.numbers) >= {0, 1, 2, 3, 4, 5}
    assert found.rows.shape == (COUNT, len(found.numbers))
    assert 0 <= found.rows.min() <= found.rows.max() < COUNT
    assert covered(found.rows[:, :6], COUNT - 1) == pytest.approx(0.9, abs=0.03)


def test_a_driver_matters_though_nothing_was_learnt_of_it():
    driver = Driver("p11", 0.5, 0.01, True, 0.0, 0.0, 1.0)
    none = replaced(driver, "p10")
    found = ranks_by_model(posterior(), 5, {"victims": Sensitivity(0.0, 0.1, (driver, none))})
    assert 11 in found.numbers
    assert 10 not in found.numbers


def replaced(driver: Driver, key: str) -> Driver:
    return Driver(key, driver.first, driver.first_error, False, 0.0, 0.0, 1.0)


def test_classes_of_ranks_take_ranks_that_do_not_divide():
    ranks = np.arange(203)
    assert counted(ranks, 202).sum() == 203
    assert uniformity(np.tile(ranks, 50)[:, None], 202) == pytest.approx([1.0])
    assert covered(ranks[:, None], 202) == pytest.approx(0.9, abs=0.01)
