"""Codes become what a Parquet file stores, and come back: dates, province codes, labels and nulls."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.days import UNIX_DAYS, month_start
from sim.results.schemas import Column
from sim.results.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa

NULL = -1
"""The code that stands for null in a nullable column."""


def encode(column: Column, values: npt.NDArray[Any], scope: Scope) -> "pa.Array":
    """Turn handed values of one column into what is stored: dates, province codes and labels."""
    import pyarrow as pa

    kind = pa.type_for_alias(column.arrow)
    if column.kind == "text":
        return pa.array(values.tolist(), type=kind)
    if column.kind == "real":
        if not np.isfinite(values).all():
            raise ValueError(f"{column.name}: a value is not finite; what is missing has no row")
        return pa.array(values.astype(np.float64), type=kind)
    codes = values.astype(np.int64)
    missing = codes < 0 if column.nullable else None
    if column.kind == "day":
        return pa.array((codes + UNIX_DAYS).astype(np.int32)).cast(kind)
    if column.kind == "province":
        stored = _take(column, np.array(scope.provinces, dtype=np.int64), codes, missing)
        return pa.array(stored, type=kind, mask=missing)
    if column.kind == "label":
        names = column.names(scope)
        _take(column, np.arange(len(names)), codes, missing)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), list(names)).cast(kind)
    return pa.array(codes, type=kind, mask=missing)


def _take(
    column: Column,
    table: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    missing: npt.NDArray[np.bool_] | None,
) -> npt.NDArray[np.int64]:
    inside = (codes >= 0) & (codes < len(table))
    if missing is not None:
        inside |= missing
    if not inside.all():
        wrong = int(codes[~inside][0])
        raise ValueError(f"{column.name}: code {wrong} is outside 0..{len(table) - 1}")
    return table[np.where(codes < 0, 0, codes)]


def decode(column: Column, stored: "pa.ChunkedArray", scope: Scope) -> npt.NDArray[Any]:
    """Turn a stored column back into what was handed to the writer.

    Raises ValueError for what the writer would never have stored: a null or a name out of place, a day
    outside the period, a negative or infinite number.
    """
    import pyarrow as pa

    if stored.null_count and not column.nullable:
        raise ValueError(f"{column.name} holds null")
    if column.kind == "text":
        return np.array(stored.to_pylist(), dtype=object)
    if column.kind == "real":
        numbers = np.asarray(stored.to_numpy(), dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError(f"{column.name} is not finite")
        return numbers
    if column.kind in ("label", "province"):
        return _positions(column, stored, scope)
    if column.kind == "day":
        days: npt.NDArray[np.int64] = stored.cast(pa.int32()).to_numpy().astype(np.int64) - UNIX_DAYS
        first = month_start(scope.first_day) if column.name == "month" else scope.first_day
        if ((days < first) | (days > scope.last_day)).any():
            raise ValueError(f"{column.name} is outside the period")
        return days
    codes: npt.NDArray[np.int64] = stored.cast(pa.int64()).fill_null(NULL).to_numpy()
    if (codes < 0).sum() != stored.null_count:
        raise ValueError(f"{column.name} is below zero")
    return codes


def _positions(column: Column, stored: "pa.ChunkedArray", scope: Scope) -> npt.NDArray[np.int64]:
    known = column.names(scope) if column.kind == "label" else scope.provinces
    position: dict[Any, int] = {name: code for code, name in enumerate(known)}
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
