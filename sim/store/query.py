"""Query stored tables of a run: sums of measures by keys, read a few months at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.base.rounding import demand_exact, exact_sum
from sim.store.tables import TABLES
from sim.store.writer import arrow, arrow_texts, grouped, numbers_of, row_numbers

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS = 1 << 19
"""Rows in memory at a time; a larger month is read whole."""

FEW_ROWS = 1 << 17
"""Most rows of a table that stays in memory: 17 MB for the widest table, with 16 columns."""

Where = Mapping[str, Iterable[str]]
"""Columns of labels, and the labels of the rows to use."""


class _Memory:
    """In-memory tables of a folder (``tables``, by name) and cached query results (``answers``)."""

    def __init__(self, folder: Path, tables: "Mapping[str, pa.Table]") -> None:
        self.folder = folder
        self.tables = dict(tables)
        self.answers: dict[object, pa.Table] = {}


_MEMORY: ContextVar[_Memory | None] = ContextVar("tables in memory", default=None)


@contextmanager
def from_memory(folder: Path, tables: "Mapping[str, pa.Table] | None" = None) -> Iterator[None]:
    """Within a block, read each small table of a folder once and cache query results.

    Tables of up to ``FEW_ROWS`` rows stay in memory. Files must not change meanwhile. ``tables`` are in memory already
    and need no file, with texts as codes.
    """
    token = _MEMORY.set(_Memory(folder, tables or {}))
    try:
        yield
    finally:
        _MEMORY.reset(token)


def sums(folder: Path, name: str, by: Sequence[str], of: Sequence[str], where: Where | None = None) -> "pa.Table":
    """Sum measures of a stored table by some of its columns, as simulated.

    At most ``ROWS`` rows are in memory at a time, so a long run needs no more memory than a short one. Raises KeyError
    for an unknown table or column, OSError for a missing file, and OverflowError if a sum over all rows is too large to
    be exact, which no stored run has.

    Args:
        folder: The folder of a run.
        name: The name of the table.
        by: Key columns of the result. ``month``, its first day, also works for tables of days.
        of: Columns to sum.
        where: The rows to sum: those with one of these labels in each of these columns; None means all.

    Returns:
        A row for each key that occurs, in no order; columns ``by`` and ``of`` with labels as strings.
    """
    memory = _MEMORY.get()
    if memory is None or memory.folder != folder:
        return _sums(folder, name, by, of, where, None)
    asked = {} if where is None else {column: tuple(labels) for column, labels in where.items()}
    key = name, tuple(by), tuple(of), tuple(asked.items())
    if key in memory.answers:
        return memory.answers[key]
    answer = _sums(folder, name, by, of, asked, memory)
    if name in memory.tables:
        memory.answers[key] = answer
    return answer


def _sums(
    folder: Path, name: str, by: Sequence[str], of: Sequence[str], where: Where | None, memory: _Memory | None
) -> "pa.Table":
    """Sum measures as ``sums`` does, of a table in memory if it is there, else of its file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = TABLES[name]
    where = {} if where is None else {column: arrow_texts(list(labels)) for column, labels in where.items()}
    fold = "month" in by and not table.by_month
    stored = ["day" if fold and key == "month" else key for key in by]
    columns = [table.column(column).name for column in dict.fromkeys([*stored, *of, *where])]

    def months(rows: "pa.Table") -> "pa.Table":
        if fold:
            rows = rows.append_column("month", pc.floor_temporal(rows.column("day"), unit="month"))
        return rows

    parts = []
    totals = dict.fromkeys(of, 0)
    for rows in _rows(folder, name, columns, memory):
        for column, labels in where.items():
            coded = rows.column(column).combine_chunks()
            rows = rows.filter(pc.is_in(coded.dictionary, labels).take(coded.indices))
        parts.append(summed(months(rows), by, of))
        for measure in of:
            if table.column(measure).kind == "integer":
                totals[measure] += exact_sum(numbers_of(rows.column(measure)))
                demand_exact(totals[measure], name, measure)
    return summed(pa.concat_tables(parts), by, of) if len(parts) > 1 else parts[0]


def _rows(folder: Path, name: str, columns: list[str], memory: _Memory | None) -> Iterator["pa.Table"]:
    """Yield columns of a table, a few rows at a time, texts as codes; a table in memory comes at once."""
    import pyarrow.parquet as pq

    if memory is not None and name in memory.tables:
        yield memory.tables[name].select(columns)
        return
    table = TABLES[name]
    file = pq.ParquetFile(folder / table.file, read_dictionary=table.texts)
    if memory is not None and file.metadata.num_rows <= FEW_ROWS:
        memory.tables[name] = file.read().unify_dictionaries().combine_chunks()
        yield memory.tables[name].select(columns)
        return
    for numbers in _batches(file.metadata):
        yield file.read_row_groups(numbers, columns=columns).unify_dictionaries()


def _batches(metadata: "pq.FileMetaData") -> Iterator[list[int]]:
    """Yield the numbers of row groups that are read together, at least once."""
    numbers: list[int] = []
    rows = 0
    for number in range(metadata.num_row_groups):
        more = metadata.row_group(number).num_rows
        if numbers and rows + more > ROWS:
            yield numbers
            numbers, rows = [], 0
        numbers.append(number)
        rows += more
    yield numbers


def summed(rows: "pa.Table", by: Sequence[str], of: Sequence[str]) -> "pa.Table":
    """Sum columns of rows by at least one key column; real numbers in the order of rows, labels become strings."""
    import pyarrow as pa

    numbers = row_numbers([key_codes(rows.column(name)) for name in by])
    firsts, groups = grouped(numbers)
    columns = [rows.column(name).take(arrow(firsts, pa.int64())) for name in by]
    columns = [column.cast("string") if pa.types.is_dictionary(column.type) else column for column in columns]
    for name in of:
        values = numbers_of(rows.column(name))
        sums = np.zeros(len(firsts), dtype=values.dtype)
        np.add.at(sums, groups, values)
        columns.append(arrow(sums, rows.column(name).type))
    return pa.table(columns, names=[*by, *of])


def key_codes(column: "pa.ChunkedArray") -> npt.NDArray[np.int64]:
    """Return integers (rows,) that are equal where the values of a column of keys are, -1 for null."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        column = column.dictionary_encode()
    whole = column.combine_chunks()
    if pa.types.is_dictionary(whole.type):
        whole = whole.indices
    codes: npt.NDArray[np.int64] = numbers_of(whole).astype(np.int64)
    if whole.null_count:
        codes[numbers_of(whole.is_null().cast("int8")) == 1] = -1
    return codes
