"""Write tables as Parquet files: rows in the order of their keys, codes as stored values, the same bytes each time.

Rows in the order of their keys: each row of integer keys becomes one integer that compares as the row does.

Comparing one integer per row is several times as fast as comparing keys one by one, and most rows are already sorted,
which is quickly checked.

Convert codes to stored values (dates, province codes, labels, nulls) and back.

Write tables as Parquet files, with row groups that depend on the rows alone, so equal tables have equal bytes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from sim.base import __version__
from sim.base.days import UNIX_DAYS, month_start, next_month
from sim.store.columns import NULL, Column, Scope, StoredTable
from sim.store.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Integers = npt.NDArray[np.int64]
LARGEST = 1 << 63
SMALL = 1 << 16
"""Most row numbers for which a table is made however few rows there are."""


def row_numbers(columns: Sequence[npt.NDArray[Any]]) -> Integers:
    """Return a number (n,) for each row; they compare as the rows of these integer columns do, the first one first."""
    if len(columns[0]) == 0:
        return np.empty(0, dtype=np.int64)
    lows = [int(column.min()) for column in columns]
    spans = [int(column.max()) - low + 1 for column, low in zip(columns, lows, strict=True)]
    if math.prod(spans) > LARGEST:
        return _ranks(columns)
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    for column, low, span in zip(columns, lows, spans, strict=True):
        numbers *= span
        numbers += column
        numbers -= low
    return numbers


def _ranks(columns: Sequence[npt.NDArray[Any]]) -> Integers:
    """Return the ranks of rows, from 0, if 63 bits cannot hold every combination of their values."""
    order = np.lexsort(columns[::-1])
    steps = np.zeros(len(order), dtype=np.int64)
    for column in columns:
        steps[1:] |= column[order][1:] != column[order][:-1]
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(steps)
    return numbers


def sorting(numbers: Integers) -> npt.NDArray[np.intp] | None:
    """Return the stable permutation that sorts numbers; None if they are sorted."""
    if (numbers[1:] >= numbers[:-1]).all():
        return None
    return np.argsort(numbers, kind="stable")


def grouped(numbers: Integers) -> tuple[Integers, Integers]:
    """Return the first position of each row number (n,) that occurs, and for each row the index of its number."""
    span = int(numbers.max(initial=0)) + 1
    if span > 8 * len(numbers) + SMALL:
        _, firsts, groups = np.unique(numbers, return_index=True, return_inverse=True)
        return firsts, groups
    # Few enough numbers to look each up in a table, which takes a tenth of the time of sorting the rows.
    occurs = np.zeros(span, dtype=np.int64)
    occurs[numbers] = 1
    groups = (np.cumsum(occurs) - 1)[numbers]
    firsts = np.empty(int(occurs.sum()), dtype=np.int64)
    firsts[groups[::-1]] = np.arange(len(numbers))[::-1]
    return firsts, groups


def encode(column: Column, values: npt.NDArray[Any], scope: Scope) -> "pa.Array":
    """Return the stored values of a column: dates, codes of provinces, labels or numbers.

    ``values`` (rows,) are day numbers, positions of provinces and names, edges of bins or numbers. ``NULL`` becomes
    null in a nullable column. Labels become a dictionary and codes.

    Raises:
        ValueError: If a position lies outside its list, or a real number is not finite.
    """
    import pyarrow as pa

    kind = pa.type_for_alias(column.arrow)
    if column.kind == "real":
        if not np.isfinite(values).all():
            raise ValueError(f"{column.name}: a value is not finite; a missing value must have no row")
        return arrow(values.astype(np.float64), kind)
    codes = values.astype(np.int64)
    missing = codes < 0 if column.nullable else None
    if column.kind in ("day", "month"):
        return arrow(codes + UNIX_DAYS, kind)
    if column.kind == "province":
        stored = _take(column, np.array(scope.provinces, dtype=np.int64), codes, missing)
        return arrow(stored, kind, missing)
    if column.kind in ("label", "text"):
        names = column.by_rank(scope)
        _take(column, np.arange(len(names)), codes, missing)
        return pa.DictionaryArray.from_arrays(arrow(codes, pa.int32(), missing), arrow_texts(names))
    return arrow(codes, kind, missing)


def arrow(values: npt.NDArray[Any], kind: "pa.DataType", missing: npt.NDArray[np.bool_] | None = None) -> "pa.Array":
    """Return numbers (n,) as an Arrow array, perhaps of a narrower type; null where ``missing`` (n,) is true.

    ``pyarrow.array`` does the same, but first loads pandas (a fifth of a second) to check for a series. Dates are days
    since 1970.

    Raises:
        ValueError: If a number does not fit into the type.
    """
    import pyarrow as pa

    dtype = np.float64 if pa.types.is_floating(kind) else np.dtype(f"int{kind.bit_width}")
    stored = values.astype(dtype)
    if not (stored == values).all():
        raise ValueError(f"a number does not fit into {kind}")
    bitmap = None
    if missing is not None and missing.any():
        bitmap = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(stored), [bitmap, pa.py_buffer(stored)])


def arrow_texts(texts: Sequence[str]) -> "pa.Array":
    """Return texts as an Arrow array."""
    import pyarrow as pa

    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *(len(text) for text in encoded)]).astype(np.int32)
    buffers = pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(encoded), *buffers)


def numbers_of(column: "pa.Array | pa.ChunkedArray") -> npt.NDArray[Any]:
    """Return the numbers (rows,) of a column, dates as days since 1970, without pandas; null may be anything."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    size = column.type.bit_width // 8
    kind = "f" if pa.types.is_floating(column.type) else "i"
    if len(column) == 0:
        return np.empty(0, dtype=f"{kind}{size}")
    return np.frombuffer(column.buffers()[1], f"{kind}{size}", len(column), column.offset * size)


def _take(
    column: Column, known: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.int64]:
    """Return the known values at positions (any value if missing); raises ValueError for positions outside."""
    inside = (codes >= 0) & (codes < len(known))
    if missing is not None:
        inside |= missing
    if not inside.all():
        wrong = int(codes[~inside][0])
        raise ValueError(f"{column.name}: code {wrong} is outside 0..{len(known) - 1}")
    return known[np.where(codes < 0, 0, codes)]


def decode(column: Column, stored: "pa.ChunkedArray", scope: Scope) -> npt.NDArray[Any]:
    """Return the values (rows,) of a stored column as ``encode`` takes them.

    Raises:
        ValueError: If it holds what is never stored: a null, a name or the edge of a bin out of place, a day outside
            the period, a negative or infinite number.
    """
    import pyarrow as pa

    if stored.null_count and not column.nullable:
        raise ValueError(f"{column.name} holds null")
    if column.kind == "real":
        numbers = np.asarray(stored.to_numpy(), dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError(f"{column.name} is not finite")
        return numbers
    if column.kind in ("label", "text", "province"):
        return _positions(column, stored, scope.provinces if column.kind == "province" else column.by_rank(scope))
    if column.kind in ("day", "month"):
        days: npt.NDArray[np.int64] = stored.cast(pa.int32()).to_numpy().astype(np.int64) - UNIX_DAYS
        first = month_start(scope.first_day) if column.kind == "month" else scope.first_day
        if ((days < first) | (days > scope.last_day)).any():
            raise ValueError(f"{column.name} is outside the period")
        return days
    codes: npt.NDArray[np.int64] = stored.cast(pa.int64()).fill_null(NULL).to_numpy()
    if (codes < 0).sum() != stored.null_count:
        raise ValueError(f"{column.name} is below zero")
    if column.bins is not None:
        _demand(column, codes, np.array([*column.bins.edges, *([NULL] if column.nullable else [])]))
    elif column.codes is not None:
        _demand(column, codes, np.array(column.codes))
    return codes


def _demand(column: Column, values: npt.NDArray[np.int64], allowed: npt.NDArray[np.int64]) -> None:
    """Raise ValueError unless all values are allowed."""
    strange = values[~np.isin(values, allowed)]
    if len(strange):
        raise ValueError(f"{column.name} holds {strange[0]}")


def _positions(column: Column, stored: "pa.ChunkedArray", known: tuple[Any, ...]) -> npt.NDArray[np.int64]:
    """Return the positions of stored values among those known; raises ValueError for others."""
    position: dict[Any, int] = {name: code for code, name in enumerate(known)}
    if column.codes is not None:
        position = {name: code for name, code in position.items() if code in column.codes}
    if column.nullable:
        position[None] = NULL
    encoded = stored.combine_chunks().dictionary_encode(null_encoding="encode")
    codes = []
    for name in encoded.dictionary.to_pylist():
        if name not in position:
            raise ValueError(f"{column.name} holds {name!r}")
        codes.append(position[name])
    indices: npt.NDArray[np.int32] = encoded.indices.to_numpy(zero_copy_only=False)
    return np.array(codes, dtype=np.int64)[indices]


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
            ValueError: If the first key does not grow, or, now or later, if a value cannot be stored.
        """
        table = TABLES[name]
        if len(columns[table.time.name]) == 0:
            return
        order = sort_order(table, columns)
        columns = {name: values if order is None else values[order] for name, values in columns.items()}
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

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
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


def sort_order(table: StoredTable, columns: Columns) -> npt.NDArray[np.intp] | None:
    """Return the permutation that sorts rows as a table is sorted; None if they are."""
    return sorting(row_numbers([np.asarray(columns[name]) for name in table.order]))
