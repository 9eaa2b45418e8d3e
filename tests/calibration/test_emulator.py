"""An emulator of runs against the model that made them."""

import numpy as np
import pytest

from sim.calibration.posterior import Emulator, emulator_of

Array = np.ndarray
PARAMETERS, DATA = 40, 5


@pytest.fixture(scope="module")
def model() -> Emulator:
    """A model that is known: steep in some directions, flat in most, and bent."""
    rolls = np.random.default_rng(3)
    slopes = rolls.standard_t(2.0, (DATA, PARAMETERS)) * (rolls.random((DATA, PARAMETERS)) < 0.3)
    curved = np.argsort(-np.sum(slopes**2, axis=0))[:6]
    square = 0.3 * rolls.standard_normal((DATA, 6, 6))
    return Emulator(
        rolls.standard_normal(DATA), slopes, curved, (square + np.swapaxes(square, 1, 2)) / 2.0, np.zeros(DATA)
    )


def test_derivatives_are_those_of_predictions(model: Emulator):
    at, step = np.random.default_rng(4).standard_normal(PARAMETERS), 1e-6 * np.eye(PARAMETERS)
    quotients = (model.predicted(at + step) - model.predicted(at - step)) / 2e-6
    assert model.derivatives(at) == pytest.approx(quotients.T, abs=1e-6)


def test_parts_and_units_of_an_emulator_predict_the_same(model: Emulator):
    scores = np.random.default_rng(5).standard_normal((7, PARAMETERS))
    assert model.of(np.array([3, 1])).predicted(scores) == pytest.approx(model.predicted(scores)[:, [3, 1]])
    units = np.arange(1.0, DATA + 1.0)
    assert model.in_units(units).predicted(scores) == pytest.approx(model.predicted(scores) / units)


def test_it_finds_the_terms_and_says_how_far_it_is_off(model: Emulator):
    rolls = np.random.default_rng(6)
    scores = rolls.standard_normal((300, PARAMETERS))
    found = emulator_of(scores, model.predicted(scores) + 0.4 * rolls.standard_normal((300, DATA)))
    others = rolls.standard_normal((500, PARAMETERS))
    off = (found.predicted(others) - model.predicted(others)).std(axis=0)
    assert (off < 0.15 * model.predicted(others).std(axis=0)).all()
    # What chance adds to a single run is in the error that is said, and four fifths of the runs predict less well.
    ratio = found.error / np.sqrt(off**2 + 0.4**2)
    assert (ratio > 0.8).all()
    assert (ratio < 1.7).all()


def test_runs_of_little_weight_hardly_bend_it():
    rolls = np.random.default_rng(7)
    scores = rolls.standard_normal((200, 4))
    straight = scores @ np.array([1.0, 0.0, -2.0, 0.0])
    wrong = np.arange(200) % 4 == 0
    data = np.where(wrong, straight + 50.0, straight)[:, None]
    even, weighted = emulator_of(scores, data), emulator_of(scores, data, np.where(wrong, 1e-6, 1.0))
    assert even.error[0] > 10.0
    assert weighted.error[0] < 0.2
    assert weighted.slopes[0] == pytest.approx([1.0, 0.0, -2.0, 0.0], abs=0.05)


def test_what_never_changes_is_predicted_exactly():
    scores = np.random.default_rng(8).standard_normal((30, 3))
    found = emulator_of(scores, np.full((30, 1), 4.0))
    assert found.predicted(scores)[:, 0] == pytest.approx(np.full(30, 4.0))
    assert found.error[0] == 0.0


def test_runs_that_were_made_on_the_way_to_the_data_hide_slopes_in_levels_not_in_differences():
    rolls = np.random.default_rng(9)
    truth = np.array([10.0, *[0.0] * 19])
    scores = np.zeros((300, 20))
    own = 10.0 * rolls.standard_normal(300)  # what else each has, of which no term knows
    data = (scores @ truth + own)[:, None]
    there, found = [], []
    for length in (0.5, 0.9):  # all come nearer to the data, which are 0
        before = scores, data
        away = 0.3 * rolls.standard_normal(scores.shape)
        away[:, 0] -= length * data[:, 0] / truth[0]
        scores = scores + away
        data = (scores @ truth + own + 0.5 * rolls.standard_normal(300))[:, None]
        there.append((scores, data)), found.append(before)
    runs, starts = ([np.vstack(part) for part in zip(*pairs, strict=True)] for pairs in (there, found))
    levels = emulator_of(runs[0], runs[1])
    differences = emulator_of(runs[0], runs[1], before=(starts[0], starts[1]))
    assert differences.slopes[0, 0] == pytest.approx(10.0, rel=0.05)
    assert levels.slopes[0, 0] < 5.0
    # The level is that of the runs, and so is the error: what no term knows.
    assert differences.constant[0] == pytest.approx(own.mean(), abs=2.0)
    assert differences.error[0] == pytest.approx(10.0, rel=0.2)
