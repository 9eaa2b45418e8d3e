"""Sums of a run's stored tables, scaled up to the country, and series by day.

A report never loads the attempts as a whole: at full scale they have millions of rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sim.report.looks import country
from sim.report.tally import tally

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run


def sums(
    run: "Run",
    table: str,
    by: Sequence[str],
    measures: Sequence[str] = ("count",),
    where: Mapping[str, Iterable[str]] | None = None,
) -> "pd.DataFrame":
    """Sum measures of a stored table by some of its columns, scaled up to the country.

    KeyError is raised for tables and columns that do not exist.

    Returns:
        A row for each key that occurs, as ``tally`` returns, but days and months as datetimes and counts as floats.
    """
    import pandas as pd

    frame = tally(run, table, by, measures, where)
    for name in ("day", "month"):
        if name in frame.columns:
            frame[name] = pd.to_datetime(frame[name])
    for name in measures:
        frame[name] = frame[name].astype("float64") * country(run)
    return frame


def days(run: "Run") -> "pd.DatetimeIndex":
    """Return the days of the period."""
    import pandas as pd

    period = run.scenario.spec.period
    return pd.date_range(period.start, period.end, freq="D", name="day")


def months_of(frame: "pd.DataFrame") -> "pd.Index[str]":
    """Return the month of each row of a frame by day, as ``2022-05``."""
    return frame.index.map(lambda day: f"{day:%Y-%m}")


def by_day(run: "Run", table: str, column: str, labels: Sequence[str]) -> "pd.DataFrame":
    """Return counts of the country by day of the period (rows) and label of a column, zeros where there are none."""
    found = sums(run, table, ["day", column])
    wide = found.pivot_table(index="day", columns=column, values="count", aggfunc="sum", fill_value=0.0)
    return wide.reindex(index=days(run), columns=list(labels), fill_value=0.0)
