"""Write tables as Parquet files: one row group per call, with fixed settings, so equal tables have equal bytes."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

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


class RowGroup(NamedTuple):
    """A written row group to write again: its table, the last value of its first key, and its rows in Arrow format."""

    table: str
    last: int
    rows: npt.NDArray[np.uint8]


class TableWriter:
    """Writes the tables of one run into a folder.

    ``write`` takes numpy columns, as ``encode`` does, with rows in any order; it sorts them and appends one row group.
    The first key (day, month, moment) must grow from call to call, because written rows are final. After ``close``
    every table except the log exists, even if empty.
    """

    def __init__(self, folder: Path, scope: Scope, events: bool = False, keeps: bool = False) -> None:
        """Begin with no file; ``keeps`` keeps written row groups in memory, as ``kept``."""
        self.folder = folder
        self.scope = scope
        self.kept: list[RowGroup] | None = [] if keeps else None
        self._tables = [name for name, table in TABLES.items() if events or not table.is_log]
        self._open: dict[str, pq.ParquetWriter] = {}
        self._last: dict[str, int] = {}

    def write(self, name: str, columns: Columns) -> None:
        """Append one row group to table ``name``; nothing happens for zero rows.

        Raises:
            ValueError: If columns are missing, unknown or of unequal length, if the first key does not grow, or if a
                real number is not finite.
        """
        import pyarrow as pa

        table = TABLES[name]
        rows = _rows(table, columns)
        if rows == 0:
            return
        order = sort_order(table, columns)
        if order is not None:
            columns = {name: np.asarray(values)[order] for name, values in columns.items()}
        key = table.time.name
        lowest, highest = int(columns[key][0]), int(columns[key][-1])
        if name in self._last and lowest <= self._last[name]:
            raise ValueError(f"{name}: cannot write {key} {lowest}: {self._last[name]} is already written")
        self._last[name] = highest
        arrays = [encode(column, np.asarray(columns[column.name]), self.scope) for column in table.columns]
        batch = pa.Table.from_arrays(arrays, schema=self._schema(table))
        self._writer(table).write_table(batch, row_group_size=max(rows, 1))
        if self.kept is not None:
            self.kept.append(RowGroup(name, highest, _as_bytes(batch)))

    def write_again(self, group: RowGroup) -> None:
        """Append a row group that another writer has kept."""
        table = TABLES[group.table]
        batch = _as_table(group.rows, self._schema(table))
        self._last[table.name] = group.last
        self._writer(table).write_table(batch, row_group_size=len(batch))
        if self.kept is not None:
            self.kept.append(group)

    def write_groups(self, name: str, groups: Iterable[Columns]) -> None:
        """Append row groups, one after the other, as ``write`` does."""
        for columns in groups:
            self.write(name, columns)

    def close(self) -> None:
        """Write the footers; tables without a row become files without a row."""
        for name in self._tables:
            self._writer(TABLES[name])
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

    def __init__(self, folder: Path, scope: Scope) -> None:
        """Begin with no rows; nothing is written into the folder."""
        super().__init__(folder, scope)
        self._parts: dict[str, list[Columns]] = {name: [] for name in self._tables}

    def write(self, name: str, columns: Columns) -> None:
        """Append rows to table ``name``; raises ValueError if columns are missing, unknown or of unequal length."""
        if _rows(TABLES[name], columns) > 0:
            self._parts[name].append(columns)

    def close(self) -> None:
        """Do nothing: there are no files."""

    def tables(self) -> "dict[str, pa.Table]":
        """Return every table as if read from its file, texts as codes."""
        return {name: self._table(TABLES[name], parts) for name, parts in self._parts.items()}

    def _table(self, table: StoredTable, parts: list[Columns]) -> "pa.Table":
        """Return the sorted rows of a table."""
        import pyarrow as pa

        columns = {
            column.name: np.concatenate([np.empty(0, dtype=np.int64), *(part[column.name] for part in parts)])
            for column in table.columns
        }
        order = sort_order(table, columns)
        if order is not None:
            columns = {name: values[order] for name, values in columns.items()}
        arrays = [encode(column, columns[column.name], self.scope) for column in table.columns]
        coded = [
            array.dictionary_encode() if column.name in table.texts else array
            for column, array in zip(table.columns, arrays, strict=True)
        ]
        return pa.table(coded, names=[column.name for column in table.columns])


def _as_bytes(batch: "pa.Table") -> npt.NDArray[np.uint8]:
    """Return a table as a compressed Arrow stream with each text once, a fifth of the size with all texts."""
    import pyarrow as pa

    columns = [column.dictionary_encode() if pa.types.is_string(column.type) else column for column in batch.columns]
    coded = pa.Table.from_arrays(columns, names=batch.column_names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, coded.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(coded)
    return np.frombuffer(sink.getvalue(), dtype=np.uint8)


def _as_table(rows: npt.NDArray[np.uint8], schema: "pa.Schema") -> "pa.Table":
    """Return the table that ``_as_bytes`` was given, with a schema that has its columns."""
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(rows)) as stream:
        return stream.read_all().cast(schema)


def _rows(table: StoredTable, columns: Columns) -> int:
    """Return the number of rows; raises ValueError for wrong columns."""
    names = {column.name for column in table.columns}
    if names != set(columns):
        raise ValueError(f"{table.name}: columns {sorted(names ^ set(columns))} are missing or unknown")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise ValueError(f"{table.name}: columns have unequal lengths {sorted(lengths)}")
    return lengths.pop()


def sort_order(table: StoredTable, columns: Columns) -> npt.NDArray[np.intp] | None:
    """Return the permutation that sorts rows as a table is sorted; None if they are."""
    return sorting(row_numbers([_sortable(np.asarray(columns[name])) for name in table.order]))


def _sortable(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return integers that compare like the values of a column; texts compare alphabetically."""
    if values.dtype.kind == "O":
        return np.unique(values.astype(str), return_inverse=True)[1]
    return values
