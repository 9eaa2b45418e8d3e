"""Whole counts of expected values: nothing is lost, nothing is made, and rare counts are right on average."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.draws.distributions import ONE, QUANTITIES, Remainders, fixed


@given(st.integers(0, 2**40), st.lists(st.integers(0, 5 * ONE), min_size=1, max_size=60))
def test_counts_add_up_to_the_values_less_than_one_apart(seed: int, values: list[int]) -> None:
    remainders = Remainders(seed)
    total = counted = 0
    start = None
    for value in values:
        whole = remainders.whole(3, "capacity", value)
        total, counted = total + value, counted + whole
        # What has been counted is the floor of what was due and one uniform, the same from the first to the last.
        low, high = counted * ONE - total, (counted + 1) * ONE - total
        start = (low, high) if start is None else (max(start[0], low), min(start[1], high))
        assert abs(counted * ONE - total) < ONE
        assert start[0] < start[1]


def test_a_constant_value_is_counted_evenly() -> None:
    remainders = Remainders(1)
    counts = [remainders.whole(0, "cards_purged", fixed(0.3)) for _ in range(10_000)]
    assert sum(counts) in (3000, 3001)
    running = np.cumsum(counts)
    due = 0.3 * np.arange(1, 10_001)
    assert np.ptp(running - due) <= 1.0
    assert set(counts) == {0, 1}


def test_a_rare_count_is_right_over_seeds_provinces_and_quantities() -> None:
    for value in (0.02, 0.5, 0.9):
        hits = sum(
            Remainders(seed).whole(province, quantity, fixed(value))
            for seed in range(100)
            for province in range(-1, 9)
            for quantity in QUANTITIES[:4]
        )
        assert stats.binomtest(hits, 4000, value).pvalue > 1e-3


def test_remainders_of_two_keys_do_not_meet() -> None:
    remainders, alone = Remainders(7), Remainders(7)
    mixed = []
    for _ in range(50):
        mixed.append(remainders.whole(2, "backlog", fixed(0.37)))
        remainders.whole(2, "capacity", fixed(0.81))
        remainders.whole(-1, "backlog", fixed(0.11))
    assert mixed == [alone.whole(2, "backlog", fixed(0.37)) for _ in range(50)]
    assert len({Remainders(7).whole(p, "backlog", 0) for p in range(20)}) == 1


@given(st.floats(0, 1e6))
def test_fixed_rounds_to_the_nearest_unit(value: float) -> None:
    assert abs(fixed(value) - value * ONE) <= 0.5 + 1e-9 * value * ONE
    assert fixed(value) == math.floor(value * ONE + 0.5)
