"""Records of the vector engine agree with what they are written for: the cache, the tables, the log."""

import pytest

from sim.engines.vector.records import ALERT, CACHE_LINE, LOG_ENTRY, OVERFLOW, OverflowTable, lines_of_cache
from sim.store.tables import EVENTS, TABLES


def test_an_alert_is_one_line_of_the_cache():
    assert ALERT.itemsize == 64
    assert ALERT.isalignedstruct


def test_an_entry_of_the_log_has_the_columns_of_the_events():
    assert LOG_ENTRY.names == tuple(column.name for column in EVENTS.columns)


def test_what_overflows_has_a_table_that_it_fits():
    _, key = OVERFLOW.fields["key"][0].subdtype
    _, amounts = OVERFLOW.fields["amounts"][0].subdtype
    for overflowing in OverflowTable:
        table = TABLES[overflowing.name.lower()]
        assert len(table.keys) - 2 <= key[0]
        assert len(table.measures) <= amounts[0]


@pytest.mark.parametrize("count", [1, 7, 5000])
def test_records_begin_a_line_of_the_cache(count):
    alerts = lines_of_cache(count, ALERT)
    assert len(alerts) == count
    assert alerts.ctypes.data % CACHE_LINE == 0
    assert not alerts["identity"].any()
