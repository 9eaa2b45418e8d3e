"""Convert codes to stored values (dates, province codes, labels, nulls) and back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.base.days import UNIX_DAYS, month_start
from sim.store.columns import NULL, Column
from sim.store.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa


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
    column: Column,
    known: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    missing: npt.NDArray[np.bool_] | None,
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
