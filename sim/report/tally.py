"""Sums of a run's stored tables as simulated, in whole numbers, and the steps of time that suit a period."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.days import calendar_date, day_number, month_start, next_month
from sim.results.schemas import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from sim.results.run import Run

Names = tuple[str, ...]

MONTHS_FROM = 125
"""Days of a period from which time is shown by months, not by days."""


def tally(
    run: "Run",
    table: str,
    by: Sequence[str],
    of: Sequence[str] = ("count",),
    where: Mapping[str, Iterable[str]] | None = None,
) -> "pd.DataFrame":
    """Sum measures ``of`` a stored table by columns, in their order; as simulated, a row for each key that occurs.

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
    """Sum a table once for all pictures that ask for the same; ``digest``, of its file, tells one run from another."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    schema = TABLES[table]
    names = {column.name: column for column in schema.columns}
    folded = "month" in by and "month" not in names
    columns = ["day" if name == "month" and folded else name for name in by]
    texts = [column.name for column in schema.columns if column.kind in ("label", "text")]
    wanted = dict.fromkeys([*columns, *of, *(name for name, _ in where)])
    for name in wanted:
        if name not in names:
            raise KeyError(f"{table} has no column {name}; it has {', '.join(names)}")
    file = pq.ParquetFile(folder / schema.file, read_dictionary=texts)
    parts = []
    for number in range(file.num_row_groups):
        rows = file.read_row_group(number, columns=list(wanted))
        for name, values in where:
            rows = rows.filter(pc.is_in(rows.column(name).cast("string"), pa.array(list(values), pa.string())))
        keys = {
            key: pc.floor_temporal(rows.column("day"), unit="month") if folded and key == "month" else rows.column(key)
            for key in by
        }
        summed = pa.table({**keys, **{name: rows.column(name) for name in of}})
        summed = summed.group_by(list(by)).aggregate([(name, "sum") for name in of])
        parts.append(
            pa.table(
                {
                    **{k: _plain(summed.column(k)) for k in by},
                    **{name: summed.column(f"{name}_sum") for name in of},
                }
            )
        )
    if not parts:
        empty: dict[str, list[object]] = {name: [] for name in (*by, *of)}
        return pd.DataFrame(empty)
    whole = pa.concat_tables(parts).group_by(list(by)).aggregate([(name, "sum") for name in of])
    frame: pd.DataFrame = whole.select([*by, *(f"{name}_sum" for name in of)]).to_pandas()
    frame.columns = pd.Index([*by, *of])
    return frame.sort_values(list(by), ignore_index=True)


def _plain(column: "object") -> "object":
    """Turn a dictionary into strings: those of several row groups have no codes in common."""
    import pyarrow as pa

    return column.cast("string") if pa.types.is_dictionary(column.type) else column  # type: ignore[attr-defined]


def step(run: "Run") -> str:
    """Return the step of time that suits a run: ``day`` for short periods, else ``month``."""
    return "day" if days_of(run) < MONTHS_FROM else "month"


def days_of(run: "Run") -> int:
    """Return the number of days of a run's period."""
    period = run.scenario.spec.period
    return (period.end - period.start).days + 1


def steps(run: "Run") -> dict[date, int]:
    """Return each day, or the first day of each month, and how many days of the period lie in it."""
    period = run.scenario.spec.period
    first, last = day_number(period.start), day_number(period.end)
    if step(run) == "day":
        return {calendar_date(day): 1 for day in range(first, last + 1)}
    found = {}
    month = month_start(first)
    while month <= last:
        after = next_month(month)
        found[calendar_date(month)] = min(after - 1, last) - max(month, first) + 1
        month = after
    return found
