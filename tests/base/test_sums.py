"""No sum wraps: what a run adds up is exact, or an error of one line that names what is too large."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.base.rounding import TOO_LARGE, exact_sum
from sim.base.words import Outcome
from sim.engines.vector.state import added
from sim.store.exported import sums
from sim.store.recorder import OpenSums, Recorder
from sim.store.tables import CONTACTS, OUTCOMES
from sim.store.writer import TableWriter
from tests.synthetic import SCOPE, write_tables

SIZES = {"fraud_types": 2, "age_bands": 3}
INT64 = st.integers(-(2**63), 2**63 - 1)
AMOUNTS = st.integers(0, TOO_LARGE) | st.integers(TOO_LARGE - 3, TOO_LARGE) | st.integers(0, 10**15)
DAYS = st.integers(SCOPE.first_day - 2, SCOPE.last_day + 1)


@given(st.lists(INT64, max_size=50))
@example([2**63 - 1] * 3)
@example([-(2**63)] * 3)
def test_a_sum_is_that_of_whole_numbers_without_end(values: list[int]) -> None:
    assert exact_sum(np.array(values, dtype=np.int64)) == sum(values)


@given(st.integers(0, TOO_LARGE), st.integers(0, TOO_LARGE - 1))
@example(TOO_LARGE, TOO_LARGE - 1)
@example(TOO_LARGE - 1, 0)
def test_compiled_code_adds_up_to_what_is_too_large_and_no_further(total: int, amount: int) -> None:
    assert added.py_func(total, amount) == min(total + amount, TOO_LARGE)


@given(
    st.lists(st.tuples(DAYS, st.integers(0, 2), AMOUNTS), max_size=12),
    st.lists(st.tuples(DAYS, st.integers(0, 2), AMOUNTS), max_size=12),
)
@settings(max_examples=300, deadline=None)
def test_sums_of_a_table_are_exact_or_an_error(one_by_one: list[Any], at_once: list[Any]) -> None:
    kept = OpenSums(CONTACTS, len(SCOPE.provinces), SIZES)
    expected: dict[tuple[int, int], int] = {}
    for day, province, amount in one_by_one:
        kept.counts[day, province, 0, 2, 3, 3][1] += amount  # without end, as those of Python are
    keys = [(day, province, 0, 2, 3, 3) for day, province, _ in at_once]
    amounts = np.array([(0, amount) for _, _, amount in at_once], dtype=np.int64).reshape(-1, 2)
    kept.add(np.array(keys, dtype=np.int64).reshape(-1, 6), amounts)
    for day, province, amount in [*one_by_one, *at_once]:
        if SCOPE.first_day <= day <= SCOPE.last_day:
            expected[day, province] = expected.get((day, province), 0) + amount
    kept.settle(SCOPE.last_day + 1)
    held = kept.take(SCOPE.first_day, SCOPE.last_day)
    if sum(expected.values()) >= TOO_LARGE:
        with pytest.raises(OverflowError, match=r"^the sum of contacts.staff_ms is 2\^62 or more"):
            held.rows()
    else:
        rows, values = held.rows()
        found = {(int(row[0]), int(row[1])): int(value[1]) for row, value in zip(rows, values, strict=True)}
        assert found == {key: amount for key, amount in expected.items() if amount}


def test_a_sum_that_grows_too_large_over_months_is_an_error_too(tmp_path: Path) -> None:
    with TableWriter(tmp_path, SCOPE, events=False) as writer:
        recorder = Recorder(SCOPE, writer)
        for day in range(SCOPE.first_day, SCOPE.last_day + 1):
            recorder.outcomes[day, 0, 0, 0, 0][Outcome.LOSS_CENTS] += TOO_LARGE // 80
            recorder.day_done(day)
        with pytest.raises(OverflowError, match=r"outcomes\.loss_cents"):
            recorder.close()


def test_stored_rows_that_add_up_to_too_much_are_an_error_of_whoever_asks(tmp_path: Path) -> None:
    write_tables(tmp_path)
    path = tmp_path / OUTCOMES.file
    stored = pq.read_table(path)
    large = pa.array(np.full(len(stored), 2**62 // len(stored) + 1))
    place = stored.column_names.index("loss_cents")
    pq.write_table(stored.set_column(place, stored.schema.field("loss_cents"), large), path, row_group_size=40)
    for by in (["month"], ["day", "province"], ["fraud_type"]):
        with pytest.raises(OverflowError, match=r"the sum of outcomes.loss_cents is 2\^62 or more"):
            sums(tmp_path, "outcomes", by, ["victims", "loss_cents"])
    assert len(sums(tmp_path, "outcomes", ["month"], ["victims"])) == 3
