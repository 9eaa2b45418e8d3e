"""Tables become Parquet files: one row group a call, with fixed settings, so equal tables are equal bytes."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from sim.results.columns import StoredTable
from sim.results.encoding import encode
from sim.results.order import row_numbers, sorting
from sim.results.scope import Scope
from sim.results.tables import TABLES
from sim.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Columns = Mapping[str, npt.NDArray[Any]]


class TableWriter:
    """Writes the tables of one run into a folder.

    ``write`` takes numpy columns, as ``encode`` does, in any order of their rows; it sorts them as the table is sorted
    and appends one row group. The first key (day, month, moment) must grow from call to call: what is written is final.
    Every table but the log exists after ``close``, if only empty.
    """

    def __init__(self, folder: Path, scope: Scope, events: bool = False) -> None:
        self.folder = folder
        self.scope = scope
        self._tables = [name for name, table in TABLES.items() if events or not table.is_log]
        self._open: dict[str, pq.ParquetWriter] = {}
        self._last: dict[str, int] = {}

    def write(self, name: str, columns: Columns) -> None:
        """Append one row group to table ``name``; nothing happens for zero rows.

        Raises:
            ValueError: If columns are missing, unknown or of unequal length, if the first key goes back behind what is
                already written, or if a real number is not finite.
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
            raise ValueError(f"{name}: {key} {lowest} comes when {self._last[name]} is already written")
        self._last[name] = highest
        arrays = [encode(column, np.asarray(columns[column.name]), self.scope) for column in table.columns]
        batch = pa.Table.from_arrays(arrays, schema=self._schema(table))
        self._writer(table).write_table(batch, row_group_size=max(rows, 1))

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
        """Close every file, also behind one that cannot be closed; raises the first error."""
        errors = []
        for writer in self._open.values():
            try:
                writer.close()
            except Exception as error:
                writer.is_open = False  # or it tries again when it is let go of, and nobody hears the error
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


def _rows(table: StoredTable, columns: Columns) -> int:
    """Return the number of rows; raises ValueError where these are not the table's columns."""
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
    """Return integers that compare as the values of a column do: texts by the alphabet."""
    if values.dtype.kind == "O":
        return np.unique(values.astype(str), return_inverse=True)[1]
    return values
