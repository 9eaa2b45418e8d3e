"""The one query over the stored tables of a run: sums of measures by keys, read a row group at a time."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.results.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

Where = Mapping[str, Iterable[str]]
"""Columns of labels, and the labels whose rows are meant."""


def sums(folder: Path, name: str, by: Sequence[str], of: Sequence[str], where: Where | None = None) -> "pa.Table":
    """Sum measures of a stored table by some of its columns, as simulated.

    One row group, a month, is in memory at a time, so a long run takes no more of it than a short one. Raises KeyError
    for a table or column that does not exist, OSError where the file is missing.

    Args:
        folder: The folder of a run.
        name: The name of the table.
        by: Columns by which rows are told apart. ``month`` may be one of a table of days too: the first day of it.
        of: Columns to sum.
        where: The rows to sum: those that have one of these labels in each of these columns. All, where it is None.

    Returns:
        A row for each key that occurs, in no order; columns ``by`` and ``of`` with labels as strings.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = TABLES[name]
    where = {} if where is None else {column: pa.array(list(labels), pa.string()) for column, labels in where.items()}
    fold = "month" in by and not table.by_month
    stored = ["day" if fold and key == "month" else key for key in by]
    columns = [table.column(column).name for column in dict.fromkeys([*stored, *of, *where])]
    file = pq.ParquetFile(folder / table.file, read_dictionary=table.texts)

    def months(rows: "pa.Table") -> "pa.Table":
        if fold:
            rows = rows.append_column("month", pc.floor_temporal(rows.column("day"), unit="month"))
        return rows

    parts = [summed(months(file.schema_arrow.empty_table().select(columns)), by, of)]
    for number in range(file.num_row_groups):
        rows = file.read_row_group(number, columns=columns)
        for column, labels in where.items():
            coded = rows.column(column).combine_chunks()
            rows = rows.filter(pc.is_in(coded.dictionary, labels).take(coded.indices))
        parts.append(summed(months(rows), by, of))
    return summed(pa.concat_tables(parts), by, of)


def summed(rows: "pa.Table", by: Sequence[str], of: Sequence[str]) -> "pa.Table":
    """Sum columns of rows by others, under their own names; labels become strings, which all row groups share."""
    import pyarrow as pa

    found = rows.group_by(list(by)).aggregate([(name, "sum") for name in of])
    columns = [found.column(name) for name in by]
    columns = [column.cast("string") if pa.types.is_dictionary(column.type) else column for column in columns]
    return pa.table([*columns, *(found.column(f"{name}_sum") for name in of)], names=[*by, *of])
