"""What is declared of the stored tables, and what follows from it."""

import dataclasses

import numpy as np

from sim.base.words import DESKS
from sim.store.columns import Column
from sim.store.recorder import LogEntry, OpenSums, folded, stored_columns
from sim.store.tables import ALERTS, CASES, COUNTED, EVENTS, FLOW_QUANTITIES, HOURS, TABLES
from tests.synthetic import SCOPE

SIZES = {"fraud_types": 2, "age_bands": 3}


def test_sums_are_counted_by_day_and_province_first_and_keys_stand_before_measures() -> None:
    for table in COUNTED:
        assert table.time.kind in ("day", "month")
        assert table.counted_by[1].kind == "province"
        assert table.columns == (*table.keys, *table.measures)
        assert table.order == tuple(column.name for column in table.keys)


def test_an_entry_of_the_log_has_the_columns_of_events() -> None:
    assert LogEntry._fields == tuple(column.name for column in EVENTS.columns)
    for name, default in LogEntry._field_defaults.items():
        assert EVENTS.column(name).nullable, (name, default)


def test_the_shape_of_a_table_has_an_axis_for_each_coded_key() -> None:
    assert TABLES["attempts"].shape(SIZES) == (3, 2, 8)
    assert ALERTS.shape(SIZES) == (2, 4, 4, 7)
    assert TABLES["waits"].shape(SIZES) == (4, 4, 48)
    assert TABLES["outcomes"].shape(SIZES) == (2, 3, 2)
    assert CASES.shape(SIZES) == (2, 4, 48)
    assert HOURS.shape(SIZES) == (len(DESKS), 48)
    assert list(HOURS.column("channel").codes_of(SIZES)) == list(DESKS)
    assert ALERTS.axis("end") == 3
    assert TABLES["flows"].shape(SIZES) == (len(FLOW_QUANTITIES),)


def test_days_are_folded_into_months_and_weekdays() -> None:
    # 1 December 2021 was a Wednesday, and so was the 8th.
    keys = np.array([[SCOPE.first_day, 1, 3, 47], [SCOPE.first_day + 7, 1, 3, 47], [SCOPE.first_day + 8, 1, 3, 47]])
    months, values = folded(HOURS, keys, np.array([[1, 10], [2, 20], [4, 40]]))
    assert months.tolist() == [[SCOPE.first_day, 1, 3, 3, 47], [SCOPE.first_day, 1, 3, 4, 47]]
    assert values.tolist() == [[3, 30], [4, 40]]


def test_a_further_key_needs_no_more_than_its_declaration() -> None:
    heard = Column("heard", "label", "Whether the person had been warned before.", labels=("no", "yes"))
    *keys, count = ALERTS.columns
    wider = dataclasses.replace(ALERTS, columns=(*keys, heard, count))
    assert wider.shape(SIZES) == (*ALERTS.shape(SIZES), 2)
    assert wider.axis("end") == ALERTS.axis("end")
    assert wider.arrow_schema().names == [*(key.name for key in keys), "heard", "count"]
    sums = OpenSums(wider, 3, SIZES)
    sums.counts[SCOPE.first_day, 0, 1, 2, 3, 4, 1] += 2
    assert sums.settle(SCOPE.last_day) == 1
    rows, values = sums.take(SCOPE.first_day, SCOPE.last_day).rows()
    stored = stored_columns(wider, rows, values)
    assert [stored["heard"].tolist(), stored["count"].tolist()] == [[1], [2]]
