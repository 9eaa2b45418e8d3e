"""The tables of a run for others: data frames, CSV and XLSX files, and sums of measures by keys."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.store.columns import Scope, StoredTable
from sim.store.folder import demand_file, demand_free, whole
from sim.store.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd
from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.base.rounding import demand_exact, exact_sum
from sim.store.writer import arrow, arrow_texts, grouped, numbers_of, row_numbers

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


MOST_ROWS = 1_048_576
"""Most rows of an XLSX sheet, header included."""

MOST_EXACT = 2**53
"""Largest whole number that a sheet, which has only doubles, represents exactly."""

CODEBOOK = "columns"
"""The sheet or file with meaning and unit of every column."""


class Tables(Mapping[str, "pd.DataFrame"]):
    """The stored tables of a run by name, each read on first use.

    Words are categories in the order of their codes, days and months are datetimes, and ``attrs`` say what is in a
    table: ``description``, ``scale``, ``unit``, and ``units`` and ``descriptions`` by column. Values are those of
    ``run.alerts`` and its like.
    """

    def __init__(self, names: Sequence[str], stored: "Callable[[str], pd.DataFrame]", scope: Scope) -> None:
        """Keep the names of the tables, a function that reads a stored one, and the scope with the scenario's words."""
        self._names, self._stored, self._scope = list(names), stored, scope
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> "pd.DataFrame":
        """Return a table; raises KeyError, which lists the existing ones."""
        if name not in self._names:
            raise KeyError(f"there is no table {name}; use one of {', '.join(self._names)}")
        if name not in self._read:
            self._read[name] = _described(self._stored(name), TABLES[name], self._scope)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<tables: {', '.join(self._names)}>"

    def to_csv(self, folder: str | Path, names: Sequence[str] | None = None, encoding: str = "utf-8") -> list[Path]:
        """Write tables as CSV files, and ``columns.csv`` with the meaning of their columns.

        FolderError is raised where the folder is not free.

        Args:
            folder: A folder that does not exist or is empty.
            names: Which tables, all if None; KeyError is raised for one that there is not.
            encoding: ``utf-8-sig`` for programs that take a file without a mark for one of another encoding.

        Returns:
            The files.
        """
        path, chosen = Path(folder), {name: self[name] for name in names or self}
        demand_free(path)
        path.mkdir(parents=True, exist_ok=True)
        files = []
        for name, frame in {CODEBOOK: _codebook(chosen), **chosen}.items():
            files.append(path / f"{name}.csv")
            with whole(files[-1]) as unfinished:
                frame.to_csv(unfinished, index=False, encoding=encoding, date_format="%Y-%m-%d", lineterminator="\n")
        return files

    def to_xlsx(self, file: str | Path, names: Sequence[str] | None = None) -> Path:
        """Write tables into an XLSX file, one sheet each, after a sheet with the meaning of their columns.

        FolderError is raised where no file can have that name.

        Args:
            file: The file, which takes the place of an older one.
            names: Which tables, all if None; KeyError is raised for one that there is not.

        Returns:
            The file.

        Raises:
            ValueError: If a table has more rows than a sheet has.
        """
        path, chosen = Path(file), {name: self[name] for name in names or self}
        for name, frame in chosen.items():
            if len(frame) >= MOST_ROWS:
                raise ValueError(
                    f"{name}: has {len(frame):,} rows, and a sheet of XLSX holds {MOST_ROWS - 1:,}; to_csv, or other "
                    "tables as names"
                )
        demand_file(path)
        with whole(path) as unfinished:
            _write_sheets(unfinished, {CODEBOOK: _codebook(chosen), **chosen})
        return path


def _described(stored: "pd.DataFrame", table: StoredTable, scope: Scope) -> "pd.DataFrame":
    """Return a stored table with its words as categories and its meanings in ``attrs``."""
    import pandas as pd

    frame = {}
    for column in table.columns:
        values = stored[column.name]
        if column.kind in ("label", "text"):
            names = column.names(scope)
            occurring = names if column.codes is None else [names[code] for code in column.codes]
            values = pd.Series(pd.Categorical(values, categories=list(occurring)), index=values.index)
        frame[column.name] = values
    found = pd.DataFrame(frame)
    found.attrs = {
        **stored.attrs,
        "description": table.meaning,
        "units": {column.name: column.unit for column in table.columns},
        "descriptions": {column.name: column.meaning for column in table.columns},
    }
    return found


def _codebook(frames: "Mapping[str, pd.DataFrame]") -> "pd.DataFrame":
    """Return a row for each column of some tables: table, column, unit, description."""
    import pandas as pd

    rows = [
        (name, str(column), frame.attrs["units"][column], frame.attrs["descriptions"][column])
        for name, frame in frames.items()
        for column in frame.columns
    ]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "description"])


def _write_sheets(path: Path, frames: "Mapping[str, pd.DataFrame]") -> None:
    """Write tables into an XLSX file row by row, with only one row in memory."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})  # else the time of day is in the file
        bold, dated = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for name, frame in frames.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(frame.columns):
                sheet.write_string(0, place, str(column), bold)
                sheet.set_column(place, place, max(12, len(str(column)) + 2))
            kinds = [_writer(sheet, frame[column], dated) for column in frame.columns]
            columns = [frame[column].astype(object).where(frame[column].notna(), None) for column in frame.columns]
            for line, row in enumerate(zip(*columns, strict=True), start=1):
                for place, (write, value) in enumerate(zip(kinds, row, strict=True)):
                    if value is not None:
                        write(line, place, value)


def _writer(sheet: Any, column: "pd.Series[Any]", dated: Any) -> "Callable[[int, int, Any], object]":
    """Return the writer of a column's values into a sheet; text never becomes a formula, and identities are text."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return lambda line, place, value: sheet.write_datetime(line, place, value, dated)
    exact = not pd.api.types.is_integer_dtype(column.dtype) or not (column.abs() > MOST_EXACT).any()
    if pd.api.types.is_numeric_dtype(column.dtype) and exact:
        return lambda line, place, value: sheet.write_number(line, place, value)
    return lambda line, place, value: sheet.write_string(line, place, str(value))


ROWS = 1 << 19
"""Rows in memory at a time; a larger month is read whole."""

FEW_ROWS = 1 << 17
"""Most rows of a table that stays in memory: 17 MB for the widest table, with 16 columns."""

Where = Mapping[str, Iterable[str]]
"""Columns of labels, and the labels of the rows to use."""


@dataclass
class _Memory:
    """In-memory tables of a folder (``tables``, by name) and cached query results (``answers``)."""

    folder: Path
    tables: "dict[str, pa.Table]"
    answers: "dict[object, pa.Table]" = field(default_factory=dict)


_MEMORY: ContextVar[_Memory | None] = ContextVar("tables in memory", default=None)


@contextmanager
def from_memory(folder: Path, tables: "Mapping[str, pa.Table] | None" = None) -> Iterator[None]:
    """Within a block, read each small table of a folder once and cache query results.

    Tables of up to ``FEW_ROWS`` rows stay in memory. Files must not change meanwhile. ``tables`` are in memory already
    and need no file, with texts as codes.
    """
    token = _MEMORY.set(_Memory(folder, dict(tables or {})))
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
    if memory is not None and memory.folder != folder:
        memory = None
    asked = {column: tuple(labels) for column, labels in (where or {}).items()}
    key = name, tuple(by), tuple(of), tuple(asked.items())
    if memory is not None and key in memory.answers:
        return memory.answers[key]
    answer = _sums(folder, name, by, of, asked, memory)
    if memory is not None and name in memory.tables:
        memory.answers[key] = answer
    return answer


def _sums(
    folder: Path, name: str, by: Sequence[str], of: Sequence[str], where: Where, memory: _Memory | None
) -> "pa.Table":
    """Sum measures as ``sums`` does, of a table in memory if it is there, else of its file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = TABLES[name]
    wanted = {column: arrow_texts(list(labels)) for column, labels in where.items()}
    fold = "month" in by and not table.by_month
    stored = ["day" if fold and key == "month" else key for key in by]
    columns = [table.column(column).name for column in dict.fromkeys([*stored, *of, *where])]

    parts = []
    totals = dict.fromkeys(of, 0)
    for rows in _rows(folder, name, columns, memory):
        for column, labels in wanted.items():
            coded = rows.column(column).combine_chunks()
            rows = rows.filter(pc.is_in(coded.dictionary, labels).take(coded.indices))
        if fold:
            rows = rows.append_column("month", pc.floor_temporal(rows.column("day"), unit="month"))
        parts.append(summed(rows, by, of))
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
