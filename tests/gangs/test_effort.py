"""Effort: the yield of attempts in closed form, how gangs learn it, and how they answer."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.draws.distributions import threshold
from sim.gangs.effort import NOBODY, UNWARNED_EPISODES, Effort, by_channel, nation, passing
from sim.scenario import ScenarioModel
from sim.shield.engagement import mean_shares
from sim.shield.thresholds import GATES
from tests.slots import TINY

USUAL = {"call": 0.05, "sms": 0.02, "online": 0.1}
TYPES = 8
DAY_OF_30 = 1.0 - math.exp(-1 / 30)


@cache
def loaded(**values: Any) -> ScenarioModel:
    answer = {"shift": 0.5, "supply": 0.0, "lag": "30 d", "usual": USUAL}
    gangs = {
        "pools": None,
        "start": 1.0,
        "recruiting": "6 per year",
        "reopens_with": 1.0,
        "crew_share": 0.0,
        "slower": 1.0,
    }
    given = {**TINY, "gangs": {**gangs, "answer": answer}, "period.warmup": "0 d"}
    return sim.load_scenario("tiny", **{**given, **values}).spec


def scenario(shift: float = 0.5, supply: float = 0.0, usual: bool = True, **values: Any) -> ScenarioModel:
    spec = loaded(**values)
    assert spec.gangs is not None
    assert spec.gangs.answer is not None
    answer = spec.gangs.answer.model_copy(update={"shift": shift, "supply": supply})
    if not usual:
        answer = answer.model_copy(update={"usual": None})
    return spec.model_copy(update={"gangs": spec.gangs.model_copy(update={"answer": answer})})


def effort(**values: Any) -> Effort:
    found = Effort.of(scenario(**values))
    assert found is not None
    return found


def rates(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(1.0, 100.0, (3, 3, TYPES))


def test_at_the_usual_yield_the_attempts_are_as_stated() -> None:
    assert effort(shift=2.0, supply=1.0).answer(nation(rates())) == pytest.approx(1.0, rel=1e-12)


@given(st.lists(st.floats(0.8, 1.25), min_size=3 * TYPES, max_size=3 * TYPES), st.floats(0.0, 2.0), st.integers(0, 9))
def test_effort_is_conserved_where_supply_is_inelastic(ratios: list[float], shift: float, seed: int) -> None:
    gangs, stated = effort(shift=shift), rates(seed)
    relative = np.array(ratios).reshape(3, TYPES)
    usual = np.array(list(USUAL.values()))[:, None]
    gangs.yields = relative * usual
    made = gangs.answer(nation(stated))
    time = stated.sum(axis=0) * usual
    assert (time * made).sum() == pytest.approx(time.sum())
    # What yields twice as much is worked on 2^shift times as much; nothing moves without an elasticity.
    assert made / made[0, 0] == pytest.approx((relative / relative[0, 0]) ** shift)
    if shift == 0.0:
        assert made == pytest.approx(1.0)


def test_where_less_pays_less_is_made() -> None:
    stated = rates()
    gangs = effort(shift=0.0, supply=0.5)
    gangs.yields *= 0.64
    assert gangs.answer(nation(stated)) == pytest.approx(0.8)
    gangs = effort(shift=0.0, supply=0.5)
    gangs.yields[0] *= 0.3
    time = stated.sum(axis=0) * np.array(list(USUAL.values()))[:, None]
    mean = 1 - 0.7 * time[0].sum() / time.sum()
    assert gangs.answer(nation(stated)) == pytest.approx(mean**0.5)


def test_effort_stays_between_half_and_twice() -> None:
    stated = rates()
    gangs = effort(shift=10.0)
    gangs.yields[0, 0] *= 50
    found = gangs.answer(nation(stated))
    assert found[0, 0] == 2.0
    assert (np.delete(found.ravel(), 0) == 0.5).all()
    # Where nothing yields anything they stop as far as they do; what alone moves finds nothing better.
    gangs = effort(shift=1.0, supply=1.0)
    gangs.yields[:] = 0.0
    assert (gangs.answer(nation(stated)) == 0.5).all()
    gangs = effort(shift=1.0, supply=0.0)
    gangs.yields[:] = 0.0
    assert gangs.answer(nation(stated)) == pytest.approx(1.0)
    gangs.yields[2] = 0.1
    assert (gangs.answer(nation(stated))[:2] == 0.5).all()
    # What nobody makes sways nobody.
    stated[:, 1] = 0.0
    gangs = effort()
    gangs.yields[1] *= 1000.0
    assert gangs.answer(nation(stated))[[0, 2]] == pytest.approx(1.0)
    assert (effort().answer(nation(0.0 * stated)) == 1.0).all()


def test_yields_follow_those_of_days_with_the_lag() -> None:
    gangs = effort()
    share = np.full((3, TYPES), 0.2)
    share[2, 3] = NOBODY
    nobody = np.zeros(TYPES, dtype=np.int64)
    expected = np.repeat(np.array(list(USUAL.values()))[:, None], TYPES, axis=1)
    for _ in range(40):
        gangs.learn(nobody, nobody, share, 0.7)
        expected += DAY_OF_30 * (0.2 * 0.7 - expected)
        expected[2, 3] = 0.1
        assert gangs.yields == pytest.approx(expected)


WARMUP = {"period.warmup": "4 d"}
NOTHING = np.zeros(TYPES, dtype=np.int64)


def taught(gangs: Effort, *days: np.ndarray) -> Effort:
    """Return gangs that have learned from some days."""
    for share in days:
        gangs.learn(NOTHING, NOTHING, share, 1.0)
    gangs.begin()
    return gangs


def test_after_a_warm_up_what_it_yields_is_usual_if_nothing_is_stated() -> None:
    first, second = np.random.default_rng(5).random((2, 3, TYPES))
    learned = first + DAY_OF_30 * (second - first)
    assert taught(effort(**WARMUP), first, second).yields == pytest.approx(learned)
    gangs = taught(effort(usual=False, **WARMUP), first, second)
    assert gangs.usual == pytest.approx(learned)
    # To the bit, in every cell, whatever the elasticities.
    assert (gangs.usual == gangs.yields).all()
    assert (gangs.answer(nation(rates())) == 1.0).all()
    # The answer begins with the usual yields, which days no longer change.
    usual = gangs.usual.copy()
    gangs.learn(NOTHING, NOTHING, second, 1.0)
    assert (gangs.usual == usual).all()
    assert (gangs.answer(nation(rates())) != 1.0).all()


def test_cells_without_attempts_have_the_usual_yield_of_their_channel() -> None:
    share = np.full((3, TYPES), 0.4)
    share[0, 0], share[1, 3], share[1, 4], share[2] = 0.2, NOBODY, 0.0, NOBODY
    gangs = taught(effort(usual=False, **WARMUP), share, share)
    assert gangs.usual[1, 3] == pytest.approx(0.4 * (TYPES - 2) / (TYPES - 1))
    # What never passes keeps to the bounds of stated yields.
    assert gangs.usual[1, 4] == 1e-9
    whole = 0.2 + (TYPES - 1) * 0.4 + (TYPES - 2) * 0.4
    assert gangs.usual[2] == pytest.approx(whole / (2 * TYPES - 1))
    assert (gangs.answer(nation(rates())) == 1.0).all()
    stated = taught(effort(**WARMUP), share, share)
    assert stated.yields[2] == pytest.approx(USUAL["online"])
    assert (taught(effort(usual=False, **WARMUP)).usual == 1.0).all()


def test_who_pays_is_learned_from_episodes_that_began_and_first_payments() -> None:
    spec = scenario()
    gangs = effort()
    unwarned = [
        (1 - kind.dropout.engaged) * (1 - kind.dropout.opened) * (1 - kind.dropout.first_payment)
        for kind in spec.fraud.types.values()
    ]
    assert gangs.paying == pytest.approx(1.0)
    drawn_in, paid = np.arange(0, 80, 10), np.array([0, 1, 30, 9, 4, 2, 1, 0])
    nowhere = np.full((3, TYPES), NOBODY)
    remembered = np.zeros((2, TYPES))
    for _ in range(25):
        gangs.learn(drawn_in, paid, nowhere, 1.0)
        remembered = remembered * (1.0 - DAY_OF_30) + np.array([drawn_in, paid])
    expected = (remembered[1] + UNWARNED_EPISODES) / (remembered[0] * np.array(unwarned) + UNWARNED_EPISODES)
    assert expected[2] > 1.0
    assert gangs.paying == pytest.approx(np.minimum(expected, 1.0))


def test_what_passes_is_the_product_of_the_gates_weighed_by_rates() -> None:
    random = np.random.default_rng(3)
    shares = random.random((GATES, 3, 3, TYPES)) * 0.5
    stops = np.array([threshold(float(share)) for share in shares.ravel()]).reshape(shares.shape)
    stated, unaware = rates(), np.array([0.9, 0.8, 0.5])
    stated[:, 1, 2] = 0.0
    found = passing(stated, stated, stops, unaware)
    left = (1 - shares).prod(axis=0) * unaware[:, None, None]
    made = stated.sum(axis=0)
    expected = np.where(made > 0, (stated * left).sum(axis=0) / np.maximum(made, 1.0), NOBODY)
    assert found == pytest.approx(expected, rel=1e-8)
    assert np.argwhere(found == NOBODY).tolist() == [[1, 2]]
    # What is sent again belongs to the yield of the first attempt.
    assert passing(stated, 2.0 * stated, stops, unaware) == pytest.approx(np.where(made > 0, 2 * found, NOBODY))


def test_means_are_weighed() -> None:
    shares = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 1.0, 0.0, 0.0]])
    assert mean_shares(shares, [[1.0, 1.0, 1.0, 5.0], [3.0, 0.0, 1.0, 0.0]]) == pytest.approx([2.6 / 8, 0.75])
    values, weights = np.array([[1.0, 3.0], [5.0, 7.0], [2.0, 4.0]]), np.array([[3.0, 1.0], [0.0, 2.0], [0.0, 0.0]])
    assert by_channel(values, weights) == pytest.approx([1.5, 7.0, 3.0])
    stated = rates()
    assert nation(stated) == pytest.approx(stated.sum(axis=0))
