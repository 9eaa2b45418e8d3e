"""One integer a row compares as the row does, however wide the keys are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.store.writer import grouped, row_numbers, sorting

KEY = st.one_of(st.integers(-3, 3), st.integers(-(2**62), 2**62))


@given(st.lists(st.tuples(KEY, st.integers(-1, 2), KEY), max_size=30))
def test_rows_are_sorted_as_their_keys_are(rows: list[tuple[int, ...]]) -> None:
    columns = list(np.array(rows, dtype=np.int64).reshape(-1, 3).T)
    numbers = row_numbers(columns)
    for one, first in zip(numbers.tolist(), rows, strict=True):
        for other, second in zip(numbers.tolist(), rows, strict=True):
            assert (one < other, one == other) == (first < second, first == second)
    order = sorting(numbers)
    if order is None:
        assert rows == sorted(rows)
    else:
        # Equal rows stay in the order in which they came.
        assert order.tolist() == sorted(range(len(rows)), key=rows.__getitem__)


def test_small_types_do_not_overflow() -> None:
    columns = [np.array([100, 100, 3], dtype=np.int8), np.array([127, -128, 0], dtype=np.int8)]
    assert row_numbers(columns).argsort().tolist() == [2, 1, 0]


@given(st.lists(st.one_of(st.integers(0, 5), st.integers(0, 2**40)), max_size=30))
def test_rows_of_a_group_have_its_number(numbers: list[int]) -> None:
    firsts, groups = grouped(np.array(numbers, dtype=np.int64))
    assert [numbers[first] for first in firsts] == sorted(set(numbers))
    assert [firsts[group] for group in groups] == [numbers.index(number) for number in numbers]
