"""Quantities: counts by day over the whole country, read from the stored tables and from nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from sim import labels
from sim.days import UNIX_DAYS, month_start
from sim.results.schemas import TABLES
from sim.results.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = frozenset(
    {
        "dens_destroyed",
        "dens_reopened",
        "ringleaders_arrested",
        "cluster_campaigns",
        "videos_published",
        "video_views",
        "awareness_activities",
    }
)
"""Quantities that are never thinned, so never scaled up: dens, ringleaders and measures."""

Series = npt.NDArray[np.int64]
Label = str | int | None
"""What a row of a stored table is grouped by: a label, or the edge of a bin, which may be null."""

MILLIONTHS = 10**6
"""Levels of the state, which are real numbers, are summed as so many whole parts of one."""

BY_DAY = {
    "attempts": ("channel", "fate"),
    "alerts": ("source", "tier", "truth", "end"),
    "contacts": ("channel",),
    "outcomes": (),
    "flows": ("quantity",),
}
"""The tables that figures and totals are made of, and the columns beside the day that matter to them."""


class Quantities:
    """Daily series of a run, as simulated: one integer for each day of the period.

    ``series`` is keyed by table, labels in the order of ``tables`` and measure, for example
    ``("attempts", "call", "intercepted", "count")`` or ``("outcomes", "victims")``. The sums of a month stand on its
    first day in the period.
    """

    tables: ClassVar = BY_DAY

    def __init__(self, scope: Scope, series: dict[tuple[Label, ...], Series]) -> None:
        self.scope = scope
        self.series = series

    @classmethod
    def read(cls, folder: Path, scope: Scope) -> Self:
        """Read the series from the Parquet files of a folder; raises OSError where one is missing."""
        series: dict[tuple[Label, ...], Series] = {}
        for table, groups in cls.tables.items():
            first = month_start(scope.first_day) if by_month(table) else scope.first_day
            for day, names, measure, amount in _sums(folder, table, groups):
                if not first <= day <= scope.last_day:
                    raise ValueError(f"{table}: a row of day {day} is outside the period")
                key = (table, *names, measure)
                if key not in series:
                    series[key] = np.zeros(scope.days, dtype=np.int64)
                series[key][max(0, day - scope.first_day)] += amount
        return cls(scope, series)

    def select(self, table: str, *names: Label, measure: str = "count") -> Series:
        """Add up the series of a table with these labels; None stands for any."""
        total = np.zeros(self.scope.days, dtype=np.int64)
        for key, values in self.series.items():
            if key[0] != table or key[-1] != measure:
                continue
            if all(want is None or want == have for want, have in zip(names, key[1:-1], strict=True)):
                total += values
        return total

    def flow(self, quantity: str) -> Series:
        """Give a quantity of the flows by day; zeros where it has no row."""
        return self.select("flows", quantity)

    def figure(self, name: str) -> Series | None:
        """Give the daily series behind a figure of this name; None for what the model does not count."""
        if name not in FIGURES:
            return None
        table, names, measure = FIGURES[name]
        return self.select(table, *names, measure=measure)


FLOWS = (
    "cards_flagged",
    "cards_eliminated",
    "dens_destroyed",
    "dens_reopened",
    "ringleaders_arrested",
    "suspects_arrested",
    "cases_solved",
    "cases_closed",
    "false_blocks_call",
    "false_blocks_sms",
    "video_views",
    "videos_published",
    "awareness_activities",
    "cluster_campaigns",
)

FIGURES: dict[str, tuple[str, tuple[str | None, ...], str]] = {
    "alerts_central": ("alerts", ("central", None, None, None), "count"),
    "alerts_local": ("alerts", ("local", None, None, None), "count"),
    "calls_intercepted": ("attempts", ("call", "intercepted"), "count"),
    "sms_intercepted": ("attempts", ("sms", "intercepted"), "count"),
    "cases_filed": ("outcomes", (), "filed"),
    "losses": ("outcomes", (), "filed_loss_fen"),
    **{name: ("outcomes", (), name) for name in labels.OUTCOMES},
    **{name: ("flows", (name,), "count") for name in FLOWS},
}
"""What a figure of each name sums: table, labels as ``Quantities.select`` takes them, measure."""


def by_month(table: str) -> bool:
    """Tell whether a table counts by months, not by days."""
    return TABLES[table].columns[0].name == "month"


def _sums(folder: Path, table: str, groups: tuple[str, ...]) -> Iterator[tuple[int, tuple[Label, ...], str, int]]:
    """Sum every measure of a stored table by day (or month) and groups: day number, labels, measure, sum."""
    import pyarrow.parquet as pq

    schema = TABLES[table]
    time = schema.columns[0].name
    measures = {column.name: MILLIONTHS if column.kind == "real" else 1 for column in schema.measures}
    words = [column.name for column in schema.columns if column.kind in ("label", "text")]
    file = pq.ParquetFile(folder / schema.file, read_dictionary=words)
    # One row group, a month, at a time: the memory it takes does not grow with the days of a run.
    for number in range(file.num_row_groups):
        stored: pa.Table = file.read_row_group(number, columns=[time, *groups, *measures])
        grouped = stored.group_by([time, *groups]).aggregate([(name, "sum") for name in measures])
        days = grouped.column(time).cast("int32").to_pylist()
        names = [grouped.column(name).to_pylist() for name in groups]
        rows = list(zip(*names, strict=True)) if groups else [()] * len(days)
        for measure, parts in measures.items():
            for day, row, amount in zip(days, rows, grouped.column(f"{measure}_sum").to_pylist(), strict=True):
                yield day - UNIX_DAYS, row, measure, round(amount * parts)
