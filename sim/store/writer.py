"""Write tables as Parquet files, with row groups that depend on the rows alone, so equal tables have equal bytes."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from sim.base.days import next_month
from sim.base.version import __version__
from sim.store.columns import StoredTable
from sim.store.encoding import encode
from sim.store.order import row_numbers, sorting
from sim.store.scope import Scope
from sim.store.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Columns = Mapping[str, npt.NDArray[Any]]

GROUP_ROWS = 1 << 17
"""Least rows of a row group, except the last: small ones take time and space; a pooled month has some 1,000."""


class TableWriter:
    """Writes the tables of one run into a folder.

    ``write`` takes numpy columns, as ``encode`` does, with rows in any order, and sorts them. The first key (day,
    month, moment) must grow from call to call, because written rows are final. Each call has whole months, and so has
    each row group, of at least ``GROUP_ROWS`` rows; the rest stays in memory until ``close``. After it every table
    except the log exists, even if empty.
    """

    def __init__(self, folder: Path, scope: Scope, events: bool = False) -> None:
        """Begin with no file."""
        self.small: dict[str, pa.Table] = {}
        """After ``close``, tables of a single row group as if read from their files, texts as codes."""
        self.folder = folder
        self.scope = scope
        self._tables = [name for name, table in TABLES.items() if events or not table.is_log]
        self._open: dict[str, pq.ParquetWriter] = {}
        self._last: dict[str, int] = {}
        self._parts: dict[str, list[Columns]] = {name: [] for name in TABLES}

    def write(self, name: str, columns: Columns) -> None:
        """Append rows to table ``name``; nothing happens for zero rows.

        Raises:
            ValueError: If columns are missing, unknown or of unequal length, if the first key does not grow, or, now
                or later, if a value cannot be stored.
        """
        table = TABLES[name]
        if _rows(table, columns) == 0:
            return
        columns = _in_order(table, {name: np.asarray(values) for name, values in columns.items()})
        key = table.time.name
        lowest = int(columns[key][0])
        if name in self._last and lowest <= self._last[name]:
            raise ValueError(f"{name}: cannot write {key} {lowest}: {self._last[name]} is already written")
        parts = self._parts[table.name]
        parts.append(columns)
        self._last[table.name] = int(columns[table.time.name][-1])
        if sum(len(part[table.time.name]) for part in parts) >= GROUP_ROWS:
            self._write_groups(table, ends=table.is_log)

    def _write_groups(self, table: StoredTable, ends: bool) -> None:
        """Write the row groups that are full, and if nothing follows the rest; what is left stays in memory."""
        columns = self._joined(table)
        times = columns[table.time.name]
        start = 0
        while start < len(times) and (ends or len(times) - start >= GROUP_ROWS):
            end = len(times) if table.is_log else _end_of_group(times, start)
            rows = self._coded(table, {name: values[start:end] for name, values in columns.items()})
            if table.name not in self._open and ends and end == len(times):
                self.small[table.name] = rows
            self._writer(table).write_table(rows.cast(self._schema(table)), row_group_size=end - start)
            start = end
        if start < len(times):
            self._parts[table.name].append({name: values[start:] for name, values in columns.items()})

    def _joined(self, table: StoredTable) -> Columns:
        """Return all rows of a table that are in memory, and drop them."""
        parts, self._parts[table.name] = self._parts[table.name], []
        if len(parts) == 1:
            return parts[0]
        return {
            column.name: np.concatenate([np.empty(0, dtype=np.int64), *(part[column.name] for part in parts)])
            for column in table.columns
        }

    def _coded(self, table: StoredTable, columns: Columns) -> "pa.Table":
        """Return rows as if read from a file, texts as codes."""
        import pyarrow as pa

        arrays = [encode(column, columns[column.name], self.scope) for column in table.columns]
        return pa.table(arrays, names=[column.name for column in table.columns])

    def write_groups(self, name: str, groups: Iterable[Columns]) -> None:
        """Append rows, one part after the other, as ``write`` does."""
        for columns in groups:
            self.write(name, columns)

    def close(self) -> None:
        """Write what is left, and the footers; tables without a row become files without a row."""
        try:
            for name in self._tables:
                self._write_groups(TABLES[name], ends=True)
                self._writer(TABLES[name])
        finally:
            self._close_all()

    def _close_all(self) -> None:
        """Close every file even if one fails; raises the first error."""
        errors = []
        for writer in self._open.values():
            try:
                writer.close()
            except Exception as error:
                writer.is_open = False  # or its destructor tries again, and nobody sees the error
                errors.append(error)
        self._open.clear()
        if errors:
            raise errors[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            with suppress(Exception):
                self._close_all()

    def _schema(self, table: StoredTable) -> "pa.Schema":
        return table.arrow_schema({"tocsin.scenario_sha256": self.scope.sha256, "tocsin.version": __version__})

    def _writer(self, table: StoredTable) -> "pq.ParquetWriter":
        import pyarrow.parquet as pq

        if table.name not in self._open:
            if table.name not in self._tables:
                raise ValueError(f"{table.name} is not recorded in this run")
            self._open[table.name] = pq.ParquetWriter(
                self.folder / table.file,
                self._schema(table),
                version="2.6",
                compression="zstd",
                compression_level=3,
                data_page_version="1.0",
                use_dictionary=[column.name for column in table.columns if column.repeats],
                write_statistics=True,
            )
        return self._open[table.name]


class TableKeeper(TableWriter):
    """Keeps the tables of one run in memory instead of files; there is no log."""

    def close(self) -> None:
        """Keep every table as ``small``: there are no files."""
        self.small = {name: self._coded(TABLES[name], self._joined(TABLES[name])) for name in self._tables}

    def _write_groups(self, table: StoredTable, ends: bool) -> None:
        """Do nothing: rows stay in memory."""


def _end_of_group(times: npt.NDArray[Any], start: int) -> int:
    """Return where the row group that begins at ``start`` ends: with the month of the row that fills it."""
    filled = min(start + GROUP_ROWS, len(times)) - 1
    return int(np.searchsorted(times, next_month(int(times[filled]))))


def _rows(table: StoredTable, columns: Columns) -> int:
    """Return the number of rows; raises ValueError for wrong columns."""
    names = {column.name for column in table.columns}
    if names != set(columns):
        raise ValueError(f"{table.name}: columns {sorted(names ^ set(columns))} are missing or unknown")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"{table.name}: columns have unequal lengths {sorted(lengths)}")
    return lengths.pop()


def _in_order(table: StoredTable, columns: Columns) -> Columns:
    """Return rows as a table is sorted."""
    order = sort_order(table, columns)
    return columns if order is None else {name: values[order] for name, values in columns.items()}


def sort_order(table: StoredTable, columns: Columns) -> npt.NDArray[np.intp] | None:
    """Return the permutation that sorts rows as a table is sorted; None if they are."""
    return sorting(row_numbers([np.asarray(columns[name]) for name in table.order]))
