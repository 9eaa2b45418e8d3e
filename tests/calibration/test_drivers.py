"""Drivers from runs, against closed forms, with noise and without; what chance explains is nobody's; their worth."""

import numpy as np
import pytest

from sim.calibration.policies import CHANCE, MOST, first_order_by_runs, indices_in, narrower, noise_of, worth_rows

Array = np.ndarray


def ishigami(points: Array) -> Array:
    """Return the function with the indices 0.314, 0.442 and 0 (Saltelli 2000)."""
    one, two, three = points.T
    return np.asarray(np.sin(one) + 7.0 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one))


def with_noise(answer: Array, deviation: float, rolls: np.random.Generator) -> Array:
    """Return runs with two seeds, whose noise differs, and which differ by something that all share."""
    return answer[:, None] + np.array([0.0, 5.0]) + deviation * rolls.standard_normal((len(answer), 2))


@pytest.mark.parametrize("deviation", [0.0, 3.0])
def test_indices_are_those_of_a_function_with_a_closed_form(deviation: float):
    rolls = np.random.default_rng(1)
    points = rolls.uniform(-np.pi, np.pi, (8000, 3))
    runs = with_noise(ishigami(points), deviation, rolls)
    found = first_order_by_runs(points, runs, 1)
    # Means over twelve classes are 0.977 of a wave, and 0.912 of two, squared.
    assert found.index == pytest.approx([0.977 * 0.314, 0.912 * 0.442, 0.0], abs=0.02)
    assert found.found().tolist() == [1, 0]


def test_a_permuted_parameter_has_no_index():
    means, wrong = [], 0
    for seed in range(60):
        rolls = np.random.default_rng(seed)
        points = rolls.standard_normal((200, 40))
        runs = with_noise(3.0 * points[:, 0] + points[:, 1], 1.0, rolls)
        found = first_order_by_runs(rolls.permuted(points, axis=0), runs, seed)
        means.append(found.index.mean())
        wrong += bool(len(found.found()))
    assert np.mean(means) == pytest.approx(0.0, abs=0.004)
    assert wrong <= 60 * CHANCE + 4.0 * (60 * CHANCE) ** 0.5


def test_an_index_and_its_error_are_right_with_two_hundred_draws_and_noise():
    found = []
    for seed in range(80):
        rolls = np.random.default_rng(seed)
        points = rolls.standard_normal((200, 10))
        runs = with_noise(3.0 * points[:, 0] + points[:, 1], 2.0, rolls)
        found.append(first_order_by_runs(points, runs, seed))
    index, error = (np.array([getattr(one, name) for one in found]) for name in ("index", "error"))
    # Classes of a normal parameter explain 0.97 of it.
    assert index.mean(axis=0)[:3] == pytest.approx([0.97 * 0.9, 0.97 * 0.1, 0.0], abs=0.02)
    assert error.mean(axis=0)[:3] == pytest.approx(index.std(axis=0)[:3], rel=0.25)
    assert np.mean([0 in one.found() for one in found]) == 1.0


def test_noise_is_that_of_the_mean_of_the_runs_of_a_draw():
    rolls = np.random.default_rng(3)
    answer = 10.0 * rolls.standard_normal(20_000)
    assert noise_of(with_noise(answer, 2.0, rolls)) == pytest.approx(2.0, rel=0.05)
    assert noise_of(answer[:, None]) == 0.0


def test_an_answer_of_noise_alone_and_one_of_too_few_draws_depend_on_nothing():
    rolls = np.random.default_rng(4)
    points = rolls.standard_normal((200, 5))
    opposite = rolls.standard_normal(200)
    for runs in (np.ones((200, 2)), np.column_stack([opposite, -opposite]), np.ones((200, 1))):
        assert not first_order_by_runs(points, runs, 1).index.any()
    few = first_order_by_runs(points[:7], points[:7, :1], 1)
    assert (few.index.tolist(), few.found().tolist()) == ([0.0] * 5, [])


def test_an_interval_is_narrower_by_what_a_known_driver_takes_away():
    rolls = np.random.default_rng(1)
    points = rolls.standard_normal((4000, 3))
    answer = points @ [2.0, 1.0, 0.0]
    index = first_order_by_runs(points, answer[:, None], 1).index
    known = answer - 2.0 * points[:, 0]
    ratio = np.ptp(np.quantile(known, [0.05, 0.95])) / np.ptp(np.quantile(answer, [0.05, 0.95]))
    assert narrower(index[0]) == pytest.approx(1.0 - ratio, abs=0.04)
    assert narrower(0.0) == narrower(-0.0) == 0.0
    assert narrower(0.75) == 0.5
    assert narrower(1.2) == 1.0


def test_the_table_of_worth_has_totals_and_policies():
    def one(*drivers: tuple[str, float]) -> list[dict[str, object]]:
        return [dict(zip(("key", "first"), driver, strict=True)) for driver in drivers]

    part = {
        "answers": {"victims": one(("b", 0.36)), "saved": one(("a", 0.75))},
        "policies": [
            {"policy": "first", "answers": {"victims": one(("d", 0.36), ("b", 0.19))}},
            {"policy": "x.y={kind: z}", "answers": {"victims": one(("b", 0.51))}},
        ],
    }
    names, rows = worth_rows(indices_in(part))
    assert names == ["driver", "victims", "saved", "change of victims by"]
    assert rows == [
        ["`a`", "", "50%", ""],
        ["`b`", "20%", "", "`x.y` 30%, `first` 10%"],
        ["`d`", "", "", "`first` 20%"],
    ]
    many = {("", "victims"): {f"p{number:02}": 0.5 - 0.01 * number for number in range(20)}}
    assert [row[0] for row in worth_rows(many)[1]] == [f"`p{number:02}`" for number in range(MOST)]
