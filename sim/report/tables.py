"""Sums of a run's stored tables, as simulated (``tally``) or of the country (``sums``), by the steps of its period.

A report never loads all attempts: at full scale they have millions of rows.

Tables of the page that belong to no picture: evidence, and numbers over the replicates of a policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.days import calendar_date, day_number, month_start, next_month
from sim.base.rounding import Written, amount, between
from sim.experiments.pairing import half_width
from sim.language.spoken import counted, day_named, evidence_named, marked, month_named, said, spelled
from sim.report.looks import Judged, country
from sim.store import query
from sim.store.tables import TABLES
from sim.told.runs import counted_numbers
from sim.told.words import yes_said

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

Names = tuple[str, ...]

MONTHS_FROM = 125
"""Days of a period from which pictures show months instead of days."""
WHOLE_PERIOD = "all"
"""The choice of all months."""


def tally(
    run: "Run",
    table: str,
    by: Sequence[str],
    of: Sequence[str] = ("count",),
    where: Mapping[str, Iterable[str]] | None = None,
) -> "pd.DataFrame":
    """Sum measures ``of`` a stored table by columns, as simulated; sorted, with a row for each key that occurs.

    ``by`` may hold ``month``, the first day of it, of a table that counts by days too. ``where`` names the values of
    columns whose rows are summed. KeyError is raised for tables and columns that do not exist.

    Returns:
        A column for each of ``by`` and ``of``.
    """
    digest = run.manifest["files"].get(TABLES[table].file, "")
    chosen = tuple((name, tuple(values)) for name, values in (where or {}).items())
    return _tally(run.path, digest, table, tuple(by), tuple(of), chosen).copy()


@lru_cache(maxsize=64)
def _tally(
    folder: Path, digest: str, table: str, by: Names, of: Names, where: tuple[tuple[str, Names], ...]
) -> "pd.DataFrame":
    """Sum a table once for all pictures that need the same; ``digest``, of its file, tells one run from another."""
    frame: pd.DataFrame = query.sums(folder, table, by, of, dict(where)).to_pandas()
    return frame.sort_values(list(by), ignore_index=True)


def sums(
    run: "Run",
    table: str,
    by: Sequence[str],
    of: Sequence[str] = ("count",),
    where: Mapping[str, Iterable[str]] | None = None,
) -> "pd.DataFrame":
    """Return ``tally``, scaled up to the country: days and months as datetimes, measures as floats."""
    import pandas as pd

    frame = tally(run, table, by, of, where)
    for name in {"day", "month"}.intersection(frame.columns):
        frame[name] = pd.to_datetime(frame[name])
    frame[list(of)] = frame[list(of)].astype("float64") * country(run)
    return frame


def table_of(rows: Iterable[Any], columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Return rows as a DataFrame with unchanged cells; rows without columns are dictionaries."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=None if columns is None else list(columns), dtype=object)


def wide(frame: "pd.DataFrame", index: str, columns: str, values: str = "count") -> "pd.DataFrame":
    """Return sums with one column's values as rows and another's as columns; zeros where there are none."""
    return frame.pivot_table(index=index, columns=columns, values=values, aggfunc="sum", fill_value=0.0)


def by_day(run: "Run", table: str, column: str, labels: Sequence[str]) -> "pd.DataFrame":
    """Return counts of the country by day of the period (rows) and label of a column; zeros where there are none."""
    found = wide(sums(run, table, ["day", column]), "day", column)
    return found.reindex(index=days(run), columns=list(labels), fill_value=0.0)


def days(run: "Run") -> "pd.DatetimeIndex":
    """Return the days of the period."""
    import pandas as pd

    period = run.scenario.spec.period
    return pd.date_range(period.start, period.end, freq="D", name="day")


def days_of(run: "Run") -> int:
    """Return the number of days of a run's period."""
    period = run.scenario.spec.period
    return (period.end - period.start).days + 1


def step(run: "Run") -> str:
    """Return the step of time that suits a run: ``day`` for short periods, else ``month``."""
    return "day" if days_of(run) < MONTHS_FROM else "month"


def steps(run: "Run") -> dict[date, int]:
    """Return each day, or the first day of each month, and its number of days within the period."""
    period = run.scenario.spec.period
    first, last = day_number(period.start), day_number(period.end)
    if step(run) == "day":
        return {calendar_date(day): 1 for day in range(first, last + 1)}
    return {
        calendar_date(month): min(next_month(month) - 1, last) - max(month, first) + 1 for month in _months(first, last)
    }


def step_named(run: "Run", when: date) -> str:
    """Return a day or month as people read it, whichever is the run's step of time."""
    return day_named(when) if step(run) == "day" else month_named(when)


def months(run: "Run") -> dict[str, str]:
    """Return the choices of a month, by name: the whole period, then each of its months, such as ``2022-05``."""
    period = run.scenario.spec.period
    every = [calendar_date(month) for month in _months(day_number(period.start), day_number(period.end))]
    return {WHOLE_PERIOD: said("the whole period"), **{f"{month:%Y-%m}": month_named(month) for month in every}}


def months_of(frame: "pd.DataFrame") -> "pd.Index[str]":
    """Return the month of each row of a frame by day, as ``2022-05``."""
    return frame.index.map(lambda day: f"{day:%Y-%m}")


def _months(first: int, last: int) -> Iterable[int]:
    """Yield the first day of each month that has one of the days from ``first`` to ``last``."""
    month = month_start(first)
    while month <= last:
        yield month
        month = next_month(month)


def evidence_table(run: "Run") -> "pd.DataFrame":
    """Return each quantity of the evidence that has a value, those outside their range first."""
    rows = []
    for row in sorted(run.manifest["evidence"], key=lambda row: bool(row["within"])):
        if row["simulated"] is not None:
            value, month = amount(row["simulated"]), row.get("month")
            # Of a quantity by month, the value is that of its worst month.
            shown = Written(said("{value} ({month})", value=value, month=month), row["simulated"]) if month else value
            window = said("{low} to {high}", low=row["window"][0], high=row["window"][1])
            known = between(row["low"], row["high"])
            if row.get("claimed"):
                known = Written(said("{range}, claimed", range=known), known.value, known.others)
            rows.append((evidence_named(row["name"]), window, known, shown, _judged(row["within"]), row["basis"]))
    columns = ["quantity", "window", marked("evidence"), "simulated", "within", "basis"]
    return table_of(rows, columns)


def months_table(run: "Run") -> "pd.DataFrame":
    """Return the evidence by month, a row for each month and a column for each quantity; outliers are marked."""
    import pandas as pd

    columns: dict[str, dict[str, str]] = {}
    for row in run.evidence_by_month.dropna(subset=["simulated"]).to_dict("records"):
        value = row["simulated"]
        out = not pd.isna(row["within"]) and not row["within"]  # a policy is not compared with evidence
        text = said("{value} (out)", value=amount(value)) if out else amount(value)
        columns.setdefault(spelled(row["name"]), {})[row["month"]] = Written(text, value)
    months = sorted({month for column in columns.values() for month in column})
    cells = {name: [column.get(month, "") for month in months] for name, column in columns.items()}
    return pd.DataFrame({"month": months, **cells}, dtype=object)


def _judged(within: bool | None) -> Judged:
    """Return whether a quantity agrees with its evidence, in a word."""
    return Judged(yes_said(within), within)


def evidence_summary(run: "Run") -> str:
    """Say how many quantities agree with evidence; empty if none is compared."""
    told = [row["within"] for row in run.manifest["evidence"] if row["within"] is not None]
    if not told:
        return ""
    return counted(
        "Evidence: {within} of {count} internal quantities within its range",
        "Evidence: {within} of {count} internal quantities within their ranges",
        count=len(told), within=sum(told),
    )  # fmt: skip


def spread_table(runs: "Sequence[Run]") -> "pd.DataFrame":
    """Return mean, 95% interval (of replicates), lowest and highest of each number of the first screen over runs."""
    every = [counted_numbers(run) for run in runs]
    replicates = len({run.manifest["seed"] for run in runs}) == len(runs)
    rows = []
    for name in every[0]:
        values = [float(numbers[name]) for numbers in every]
        mean = fmean(values)
        half = half_width(stdev(values), len(values)) if replicates else None
        interval = between(None, None) if half is None else between(mean - half, mean + half)
        rows.append((name, amount(mean), interval, amount(min(values)), amount(max(values))))
    columns = [said("number"), said("mean"), said("95% interval of the mean"), said("lowest"), said("highest")]
    return table_of(rows, columns)
