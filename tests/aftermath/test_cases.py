"""The backlog: first come, first served, whatever it grows to, but for what goes to fresh cases."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.aftermath import Backlog, CaseBook, are_solved, backlog_ids, freshness, in_order
from sim.base.days import DAY_MS
from sim.country.provinces import Provinces
from sim.draws.distributions import Remainders
from sim.draws.identity import attempt_id, backlog_id
from sim.draws.philox import draw4
from sim.draws.purposes import CASE_SOLVED


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


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_cases_leave_at_both_ends(at_start: int, days: list[tuple[int, int, int]]) -> None:
    line, expected = Backlog(np.arange(at_start)), deque(range(at_start))
    numbers = iter(range(at_start, 10_000))
    gone = []
    for filed, oldest, newest in days:
        new = [next(numbers) for _ in range(filed)]
        line.file(np.array(new, dtype=np.int64))
        expected.extend(new)
        first = [expected.popleft() for _ in range(min(oldest, len(expected)))]
        last = [expected.pop() for _ in range(min(newest, len(expected)))][::-1]
        gone.append(((line.take(oldest), line.take_newest(newest)), (first, last)))
        assert line.waiting().tolist() == list(expected)
    # What was taken stays as it was, though the line goes on in the same room.
    for taken, as_expected in gone:
        assert tuple(some.tolist() for some in taken) == as_expected


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_capacity_takes_the_newest_cases(share: float) -> None:
    values = {"capacity": "10 per day", "growth": 0.0, "backlog": 200, "fresh_share": share}
    spec = sim.load_scenario("tiny", **{f"aftermath.investigation.{key}": value for key, value in values.items()}).spec
    provinces = Provinces.of(spec)
    book = CaseBook(spec, provinces, Remainders(spec.seed))
    waiting = [cases.waiting().tolist() for cases in book._waiting]
    fresh = [0] * len(provinces)
    all_taken = [0] * len(provinces)
    for day in range(8000, 8040):
        filed = [[(k, attempt_id(day, p, 0, 0, 0, k)) for k in range(3 + p)] for p in range(len(provinces))]
        finished = book.investigate(10.0, filed)
        taken = np.split(finished.cases, np.cumsum(finished.taken)[:-1])
        for p, some in enumerate(taken):
            line = waiting[p] + [case for _, case in filed[p]]
            # The oldest come first; the rest of what was taken are the newest, in the order of their filing.
            old = next((k for k, case in enumerate(some.tolist()) if case != line[k]), len(some))
            new = len(some) - old
            assert some.tolist() == line[:old] + line[len(line) - new :]
            waiting[p] = line[old : len(line) - new]
            assert book._waiting[p].waiting().tolist() == waiting[p]
            assert abs(new - share * len(some)) <= 1
            fresh[p] += new
            all_taken[p] += len(some)
    assert sum(all_taken) == pytest.approx(40 * 10, abs=3)
    for new, some in zip(fresh, all_taken, strict=True):
        # Remainders are carried, so that nothing is lost by rounding.
        assert abs(new - share * some) < 1 + 1e-6


def test_old_cases_give_fewer_leads() -> None:
    solved = np.array([attempt_id(day, 1, 2, 3, 0, 4) for day in (7990, 7990, 7980, 7999)] + [backlog_id(1, 3)])
    half = 10.0 * DAY_MS
    assert freshness(solved, 8000, half) == pytest.approx(2 * 0.5 + 0.25 + 2**-0.1)
    assert freshness(solved[4:], 8000, half) == 0.0
    assert freshness(solved[:0], 8000, half) == 0.0
