"""What answers hang on, against closed forms."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sim.calibration.data import Model
from sim.calibration.drivers import SHOWN, Answer, Driver, first_order, ranked, sensitivities, with_totals
from sim.calibration.emulator import Emulator
from sim.calibration.posterior import Posterior
from sim.calibration.prior import Chain, Prior
from sim.experiments.parameters import Parameter
from sim.reading.outcomes import Outcome

PARAMETERS = tuple(Parameter(f"p{number}", "assumed", 0.0, 1.0, 0.5, float) for number in range(6))
NO_PRODUCTS, NO_CURVED = np.zeros((1, 0, 0)), np.zeros(0, dtype=np.intp)
PRIOR = Prior(PARAMETERS)
COUNT = 1200


def straight(slopes: list[float]) -> Emulator:
    """Return an emulator of one quantity that is linear in the scores."""
    return Emulator(np.zeros(1), np.array([slopes]), NO_CURVED, NO_PRODUCTS, np.zeros(1))


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """A posterior of one datum, the sum of the first two parameters, known to half a standard deviation."""
    scores = np.random.default_rng(7).standard_normal((COUNT, 6))
    # The sum is left with a ninth of its variance.
    scores[:, :2] -= (1.0 - 1.0 / 3.0) * scores[:, :2].mean(axis=1, keepdims=True)
    found = SimpleNamespace(
        emulator=straight([2.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
        parameters=PARAMETERS,
        prior=PRIOR,
        scores=scores,
        coordinates=PRIOR.coordinates(scores),
    )
    return cast(Posterior, found)


def runs_of(posterior: Posterior, slopes: list[float], deviation: float = 0.5) -> np.ndarray:
    """Return runs with two seeds of an answer that is linear in the scores, with noise."""
    noise = np.random.default_rng(8).standard_normal((COUNT, 2))
    return np.asarray((posterior.scores @ slopes)[:, None] + deviation * noise)


def answer(posterior: Posterior, slopes: list[float]) -> Answer:
    return Answer(straight(slopes), runs_of(posterior, slopes))


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
        "sum": answer(posterior, [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
        "open": answer(posterior, [0.0, 0.0, 3.0, 1.0, 0.0, 0.0]),
    }
    found = sensitivities(posterior, 3, answers)
    assert [one.key for one in found["open"].drivers[:2]] == ["p2", "p3"]
    first, second = found["open"].drivers[:2]
    assert (first.found, second.found) == (True, True)
    for index in (first.index, first.first):
        assert index == pytest.approx(0.9, abs=0.04)
    for index in (second.index, second.first):
        assert index == pytest.approx(0.1, abs=0.04)
    assert not any(one.found for one in found["open"].drivers[2:])
    assert first.slope == pytest.approx(3.0, rel=0.1)
    # The prior of p2 twice as wide: variance 4 x 9 + 1 for 9 + 1. Of the sum, which the data fix, hardly anything.
    assert first.width_ratio == pytest.approx(3.7**0.5, rel=0.1)
    assert found["open"].explained == 1.0
    own = {one.key: one for one in found["sum"].drivers}
    assert own["p0"].width_ratio == pytest.approx(1.0, abs=0.12)


def test_runs_find_a_driver_of_which_the_emulator_says_nothing(posterior: Posterior):
    slopes = [0.0, 0.0, 3.0, 1.0, 0.0, 0.0]
    far_off = replace(straight(slopes), error=np.array([4.0]))
    answers = {"told": answer(posterior, slopes), "not told": Answer(far_off, runs_of(posterior, slopes))}
    answers["nothing"] = Answer(far_off, runs_of(posterior, [0.0] * 6))
    found = sensitivities(posterior, 3, answers)
    assert len(found["told"].drivers) == SHOWN
    assert found["not told"].explained == 0.0
    assert [one.key for one in found["not told"].drivers] == ["p2", "p3"]
    assert all((one.found, one.index, one.slope) == (True, 0.0, 0.0) for one in found["not told"].drivers)
    assert found["not told"].drivers[0].first == found["told"].drivers[0].first
    assert found["nothing"].drivers == ()
    assert ranked(found) == ["p2", "p3"]


def test_totals_by_runs_break_what_the_data_tie_together(posterior: Posterior):
    slopes = {"sum": [1.0, 1.0, 0.0, 0.0, 0.0, 0.0], "open": [0.0, 0.0, 3.0, 1.0, 0.0, 0.0]}
    answers = {name: answer(posterior, one) for name, one in slopes.items()}
    asked = []

    class Unseen:
        def outcomes(self, points: np.ndarray) -> list[Outcome | None]:
            asked.append(points)
            noise = 0.5 * np.random.default_rng(9).standard_normal((len(points), 2))
            rows = PRIOR.scores(points) @ np.array(list(slopes.values())).T + noise
            return [None if number % 5 == 0 else {"row": row} for number, row in enumerate(rows)]

    def measured(outcomes: Sequence[Outcome]) -> np.ndarray:
        return np.array([one["row"] for one in outcomes])

    before = sensitivities(posterior, 3, answers)
    found = with_totals(before, posterior, answers, cast(Model, Unseen()), measured, runs=3601)
    (points,) = asked
    keys = ranked(before)
    assert set(keys) == {"p0", "p1", "p2", "p3"}
    assert len(points) == 4 * 900, "an equal number of runs for each driver"
    moved = points.reshape(4, 900, 6) != posterior.coordinates[:900]
    assert [moved[place].any(axis=0).nonzero()[0].tolist() for place in range(4)] == [[int(key[1])] for key in keys]
    totals = {(name, one.key): one for name, each in found.items() for one in each.drivers}
    assert totals["open", "p2"].total == pytest.approx(0.9, abs=0.1)
    assert totals["open", "p3"].total == pytest.approx(0.1, abs=0.02)
    assert totals["open", "p2"].total_error == pytest.approx(0.9 * (2.0 / 720) ** 0.5, rel=0.3)
    # Each part of the sum varies by 5/9, the sum itself by 2/9, since the other part compensates.
    assert totals["sum", "p0"].total == pytest.approx(2.5, rel=0.15)
    assert totals["open", "p4" if ("open", "p4") in totals else "p5"].total is None
    assert with_totals(before, posterior, answers, cast(Model, Unseen()), measured, runs=3) == before


def test_no_run_of_a_total_index_breaks_an_order_of_the_prior(posterior: Posterior):
    tied = SimpleNamespace(**vars(posterior) | {"prior": Prior(PARAMETERS, (Chain((2, 3), (1.0, 1.0)),))})
    asked = []

    class Unseen:
        def outcomes(self, points: np.ndarray) -> list[Outcome | None]:
            asked.append(points)
            return [{}] * len(points)

    answers = {"open": answer(posterior, [0.0, 0.0, 3.0, 1.0, 0.0, 0.0])}
    before = sensitivities(posterior, 3, answers)
    with_totals(
        before, cast(Posterior, tied), answers, cast(Model, Unseen()), lambda outcomes: np.zeros((len(outcomes), 1))
    )
    (points,) = asked
    assert 200 < len(points) < 600
    assert (points[:, 2] <= points[:, 3]).all()


def test_a_driver_is_ranked_by_its_largest_index():
    def one(key: str, first: float, found: bool = True) -> Driver:
        return Driver(key, first, 0.01, found, 0.0, 0.0, 1.0)

    first = SimpleNamespace(drivers=(one("a", 0.2), one("b", 0.1)))
    second = SimpleNamespace(drivers=(one("b", 0.5), one("c", 0.9, found=False)))
    assert ranked({"first": first, "second": second}) == ["b", "a"]  # type: ignore[dict-item]
