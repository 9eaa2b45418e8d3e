"""What answers hang on, against closed forms."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sim.calibration.drivers import SHOWN, Sensitivity, first_order, sensitivities
from sim.calibration.emulator import Emulator
from sim.calibration.posterior import Posterior
from sim.experiments.parameters import Parameter

PARAMETERS = tuple(Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(6))
NO_PRODUCTS, NO_CURVED = np.zeros((1, 0, 0)), np.zeros(0, dtype=np.intp)


def straight(slopes: list[float]) -> Emulator:
    """Return an emulator of one quantity that is linear in the scores."""
    return Emulator(np.zeros(1), np.array([slopes]), NO_CURVED, NO_PRODUCTS, np.zeros(1))


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """A posterior of one datum, the sum of the first two parameters, known to half a standard deviation."""
    return cast(Posterior, SimpleNamespace(emulator=straight([2.0, 2.0, 0.0, 0.0, 0.0, 0.0]), parameters=PARAMETERS))


def test_first_order_indices_are_those_of_a_function_with_a_closed_form():
    # Ishigami's function, whose indices are 0.314, 0.442 and 0 (Saltelli et al., Sensitivity Analysis, 2000).
    scores = np.random.default_rng(1).uniform(-np.pi, np.pi, (40_000, 3))
    values = np.sin(scores[:, 0]) + 7.0 * np.sin(scores[:, 1]) ** 2 + 0.1 * scores[:, 2] ** 4 * np.sin(scores[:, 0])
    assert first_order(scores, values) == pytest.approx([0.314, 0.442, 0.0], abs=0.015)
    assert (first_order(scores, np.ones(40_000)) == 0.0).all()


def test_what_is_not_in_the_answer_has_no_index():
    scores = np.random.default_rng(2).standard_normal((2_000, 50))
    found = first_order(scores, scores[:, 0])
    assert found[0] > 0.98
    assert found[1:].max() < 0.03
    assert found[1:].mean() < 0.01, "what chance alone gives is taken off"


def test_an_answer_hangs_on_what_the_data_leave_open(posterior: Posterior):
    answers = {
        "sum": (straight([1.0, 1.0, 0.0, 0.0, 0.0, 0.0]), 1.0),
        "open": (straight([0.0, 0.0, 3.0, 1.0, 0.0, 0.0]), 10.0),
    }
    found = sensitivities(posterior, 3, answers)
    assert [one.key for one in found["open"].drivers[:2]] == ["p2", "p3"]
    first, second = found["open"].drivers[:2]
    assert first.index == pytest.approx(0.9, abs=0.04)
    assert second.index == pytest.approx(0.1, abs=0.04)
    assert first.slope == pytest.approx(3.0, rel=0.1)
    # The prior of p2 twice as wide: variance 4 x 9 + 1 for 9 + 1. Of the sum, which the data fix, hardly anything.
    assert first.width_ratio == pytest.approx(3.7**0.5, rel=0.1)
    assert found["open"].explained == 1.0
    assert found["sum"].drivers[0].width_ratio == pytest.approx(1.0, abs=0.12)


def test_an_answer_of_which_nothing_is_explained_hangs_on_nothing(posterior: Posterior):
    far_off = replace(straight([0.0, 0.0, 3.0, 1.0, 0.0, 0.0]), error=np.array([4.0]))
    answers = {"told": (straight([0.0, 0.0, 3.0, 1.0, 0.0, 0.0]), 10.0), "not told": (far_off, 10.0)}
    found = sensitivities(posterior, 3, answers)
    assert len(found["told"].drivers) == SHOWN
    assert found["not told"] == Sensitivity(0.0, ())
