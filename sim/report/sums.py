"""Sums of a run's stored tables, scaled up to the country and read a row group at a time: a month needs no more memory.

A report never loads the attempts as a whole: at full scale they have millions of rows.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim.report.looks import country

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sim.results.run import Run


def sums(run: "Run", table: str, by: Sequence[str], measures: Sequence[str] = ("count",)) -> "pd.DataFrame":
    """Add up measures of a table by some of its columns, of the country.

    ``by`` may hold ``month`` for a table of days; days and months come out as datetimes. One row a group that occurs,
    sorted by ``by``; counts are floats, scaled up by the inverse of the scale. Raises KeyError for unknown tables.
    """
    import pandas as pd
    import pyarrow as pa

    parts = list(_parts(run, table, by, measures))
    names = [f"{name}_sum" for name in measures]
    if not parts:
        return pd.DataFrame({name: [] for name in [*by, *measures]})
    stored = pa.concat_tables(parts)
    whole = stored.group_by(list(by)).aggregate([(name, "sum") for name in names]) if by else stored
    frame = pd.DataFrame(
        {
            **{name: whole.column(name).to_pandas(date_as_object=False) for name in by},
            **{
                name: whole.column(f"{name}_sum_sum" if by else f"{name}_sum").to_numpy().astype("float64")
                for name in measures
            },
        }
    )
    if not by:
        frame = frame.sum().to_frame().T
    frame[list(measures)] *= country(run)
    return frame.sort_values(list(by), ignore_index=True) if by else frame


def _parts(run: "Run", table: str, by: Sequence[str], measures: Sequence[str]) -> "Iterator[pa.Table]":
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from sim.results.schemas import TABLES

    schema = TABLES[table]
    time = schema.columns[0].name
    derived = "month" in by and time == "day"
    columns = [*dict.fromkeys([*(time if name == "month" else name for name in by), *measures])]
    file = pq.ParquetFile(run.path / schema.file)
    for number in range(file.num_row_groups):
        group = file.read_row_group(number, columns=columns)
        if derived:
            month = pc.cast(pc.floor_temporal(group.column("day"), unit="month"), "date32")
            group = group.append_column("month", month)
        if by:
            yield group.group_by(list(by)).aggregate([(name, "sum") for name in measures])
        else:
            import pyarrow as pa

            yield pa.table({f"{name}_sum": [pc.sum(group.column(name)).as_py() or 0] for name in measures})


def days(run: "Run") -> "pd.DatetimeIndex":
    """Give the days of the period."""
    import pandas as pd

    period = run.scenario.spec.period
    return pd.date_range(period.start, period.end, freq="D", name="day")


def by_day(run: "Run", table: str, column: str, labels: Sequence[str]) -> "pd.DataFrame":
    """Give counts of the country by day of the period (rows) and label of a column, zeros where there are none."""
    found = sums(run, table, ["day", column])
    wide = found.pivot_table(index="day", columns=column, values="count", aggfunc="sum", fill_value=0.0)
    return wide.reindex(index=days(run), columns=list(labels), fill_value=0.0)
