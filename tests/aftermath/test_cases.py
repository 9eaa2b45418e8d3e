"""The backlog: first come, first served, whatever it grows to."""

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.aftermath.cases import Backlog, are_solved, backlog_ids, in_order
from sim.draws.identity import backlog_id
from sim.draws.philox import draw4
from sim.draws.purposes import CASE_SOLVED


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_cases_leave_in_the_order_in_which_they_came(at_start: int, days: list[tuple[int, int]]) -> None:
    line, expected = Backlog(np.arange(at_start)), deque(range(at_start))
    numbers = iter(range(at_start, 10_000))
    for filed, capacity in days:
        new = [next(numbers) for _ in range(filed)]
        line.file(np.array(new, dtype=np.int64))
        expected.extend(new)
        taken = line.take(capacity)
        assert taken.tolist() == [expected.popleft() for _ in range(min(capacity, len(expected)))]
        assert len(line) == len(expected)


def test_what_was_taken_stays_as_it_was() -> None:
    line = Backlog(np.arange(5))
    taken = line.take(3)
    for day in range(20):
        line.file(np.arange(100 * day, 100 * day + 7))
        line.take(6)
    assert taken.tolist() == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**62)), max_size=30))
def test_filed_cases_are_ordered_by_moment_and_number(filed: list[tuple[int, int]]) -> None:
    expected = [case for _, case in sorted(filed)]
    assert in_order(filed).tolist() == expected
    assert in_order(np.array(filed, dtype=np.int64).reshape(-1, 2)).tolist() == expected


def test_each_case_has_a_draw_of_its_own() -> None:
    cases = backlog_ids(7, 500)
    assert cases.tolist() == [backlog_id(7, number) for number in range(500)]
    below = 1 << 31
    assert are_solved(3, cases, below).tolist() == [draw4(3, int(case), CASE_SOLVED, 0)[0] < below for case in cases]
    assert 200 < are_solved(3, cases, below).sum() < 300
