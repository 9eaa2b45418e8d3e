"""Sums of a run's stored tables as simulated, in whole numbers, and the steps of time that suit a period."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.days import calendar_date, day_number, month_start, next_month
from sim.language.dates import month_named
from sim.language.spoken import said
from sim.store.query import sums
from sim.store.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

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
    frame: pd.DataFrame = sums(folder, table, by, of, dict(where)).to_pandas()
    return frame.sort_values(list(by), ignore_index=True)


def step(run: "Run") -> str:
    """Return the step of time that suits a run: ``day`` for short periods, else ``month``."""
    return "day" if days_of(run) < MONTHS_FROM else "month"


WHOLE_PERIOD = "all"
"""The choice of all months."""


def months(run: "Run") -> dict[str, str]:
    """Return the choices of a month, by name: the whole period, then each of its months, such as ``2022-05``."""
    period = run.scenario.spec.period
    first, last = day_number(period.start), day_number(period.end)
    found = {WHOLE_PERIOD: said("the whole period")}
    month = month_start(first)
    while month <= last:
        found[f"{calendar_date(month):%Y-%m}"] = month_named(calendar_date(month))
        month = next_month(month)
    return found


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
