"""A file of named values and arrays: one compressed stream of data, read whole or not at all.

In the stream: the length of a JSON document, the document, the arrays that it speaks of one after the other, and the
SHA-256 of all that. Nothing is unpickled, so reading such a file runs no code that lies in it.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.store.folder import is_stream, whole
from sim.store.json_files import parsed

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[Any]

KINDS = ("bool", "uint8", "uint16", "int64", "float64")
"""What arrays are made of."""
LENGTH = 8
"""Bytes of the length of the document."""
ARRAY = "array"
"""The only key of the map that stands for an array: its number, kind and shape."""


class CheckpointError(Exception):
    """A file is not what was written."""


class CheckpointWarning(UserWarning):
    """A checkpoint is not used, or cannot be kept; the run continues without it."""


def write_values(path: Path, values: Any) -> int:
    """Write maps, lists, texts, numbers and arrays of ``KINDS`` to a file, whole or not at all; return its bytes."""
    import pyarrow as pa

    arrays: list[Array] = []
    document = json.dumps(_described(values, arrays), allow_nan=False, separators=(",", ":")).encode()
    digest = hashlib.sha256()
    if is_stream(path):
        path.unlink()  # nobody reads it, so to write into it would wait for ever
    with whole(path, durable=False) as unfinished:
        with pa.output_stream(str(unfinished), compression="zstd") as stream:
            for part in (len(document).to_bytes(LENGTH, "little"), document, *map(_contents, arrays)):
                digest.update(part)
                stream.write(part)
            stream.write(digest.digest())
        return unfinished.stat().st_size


def read_values(path: Path) -> Any:
    """Return what ``write_values`` wrote, arrays as copies that may be changed; raises CheckpointError otherwise."""
    import pyarrow as pa

    if not os.path.isfile(path):
        raise CheckpointError("is not a file")
    try:
        with pa.input_stream(str(path), compression="zstd") as stream:
            contents = memoryview(stream.read_buffer()).cast("B")
    except (OSError, pa.ArrowException, MemoryError) as error:
        raise CheckpointError(f"cannot be read: {' '.join(str(error).split()) or type(error).__name__}") from None
    size = hashlib.sha256().digest_size
    if len(contents) < LENGTH + size or hashlib.sha256(contents[:-size]).digest() != contents[-size:]:
        raise CheckpointError("is damaged")
    start = LENGTH + int.from_bytes(contents[:LENGTH], "little")
    try:
        return _Filled(contents[start:-size]).of(parsed(bytes(contents[LENGTH:start])))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise CheckpointError(f"has contents that Tocsin never writes ({type(error).__name__}: {error})") from None


def _described(value: Any, arrays: list[Array]) -> Any:
    """Return a value with each array described by its place among ``arrays``, to which it is added."""
    if isinstance(value, np.ndarray):
        if value.dtype.name not in KINDS:
            raise ValueError(f"an array of {value.dtype.name}; one of {', '.join(KINDS)}")
        arrays.append(value)
        return {ARRAY: [value.dtype.name, *value.shape]}
    if isinstance(value, dict):
        return {key: _described(inner, arrays) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_described(inner, arrays) for inner in value]
    return value


def _contents(array: Array) -> "pa.Buffer":
    import pyarrow as pa

    return pa.py_buffer(np.ascontiguousarray(array).reshape(-1).view(np.uint8))


class _Filled:
    """Puts arrays back into a document, in the order in which they were taken out of it."""

    def __init__(self, contents: memoryview) -> None:
        self._contents = contents
        self._at = 0

    def of(self, value: Any) -> Any:
        """Return a value of the document with its arrays."""
        if isinstance(value, dict):
            if value.keys() == {ARRAY}:
                return self._next(*value[ARRAY])
            return {key: self.of(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner) for inner in value]
        return value

    def _next(self, kind: str, *shape: int) -> Array:
        """Return a copy of the next array."""
        dtype = np.dtype(KINDS[KINDS.index(kind)])
        if min(shape) < 0:
            raise ValueError(f"an array of {shape}")
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(self._contents, dtype, count, self._at) if count else np.empty(0, dtype)
        self._at += count * dtype.itemsize
        return array.reshape(shape).copy()
