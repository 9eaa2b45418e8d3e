"""Sums by key on their way to a table: a dictionary that an engine adds to, arrays once a day is over."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.results.order import Integers, row_numbers, sorting

Chunk = tuple[Integers, npt.NDArray[Any]]


class Tally:
    """Sums of one table by integer keys, of which the first is a day number.

    An engine adds to ``counts``: ``counts[key] += 1`` where there is one measure, else
    ``counts[key][position] += amount``. ``collect`` turns the dictionary into arrays, ``add`` takes arrays
    from an engine that has them, ``take`` hands out the summed rows of the days that are final.
    With ``text_key`` the last key is a string; its codes are the tally's own (``texts``).
    """

    def __init__(self, width: int, measures: int, text_key: bool = False, real: bool = False) -> None:
        self.counts: defaultdict[tuple[Any, ...], Any] = _counter(measures)
        self.texts: dict[str, int] = {}
        self._width = width
        self._measures = measures
        self._text_key = text_key
        self._dtype = np.float64 if real else np.int64
        self._pending: list[Chunk] = []

    def collect(self) -> None:
        """Move what the dictionary holds into arrays and leave it empty (the same object)."""
        if not self.counts:
            return
        rows = list(self.counts)
        if self._text_key:
            codes = self.texts
            rows = [(*row[:-1], codes.setdefault(row[-1], len(codes))) for row in rows]
        keys = np.array(rows, dtype=np.int64).reshape(-1, self._width)
        values = np.array(list(self.counts.values()), dtype=self._dtype).reshape(-1, self._measures)
        self.counts.clear()
        self.add(keys, values)

    def add(self, keys: Integers, values: npt.NDArray[Any]) -> None:
        """Add arrays of shape (rows, keys) and (rows, measures); keys may repeat. The arrays are kept, not copied."""
        self._pending.append((keys, values))

    def take(self, before: int, first: int, last: int) -> tuple[Integers, npt.NDArray[Any]]:
        """Hand out and forget the sums of days below ``before``: unique keys in order, and their measures.

        Days outside ``first``..``last`` are dropped, and sums of zero: no row says the same as zeros.
        Days from ``before`` on stay.
        """
        self.collect()
        if not self._pending:
            return self._nothing()
        final, self._pending = _split(self._pending, lambda days: days < before)
        final, _ = _split(final, lambda days: (days >= first) & (days <= last))
        if not final:
            return self._nothing()
        keys, values = aggregate(
            np.concatenate([keys for keys, _ in final]), np.concatenate([values for _, values in final])
        )
        if self._dtype is np.int64:
            counted = values.any(axis=1)
            if not counted.all():
                keys, values = keys[counted], values[counted]
        return keys, values

    def _nothing(self) -> tuple[Integers, npt.NDArray[Any]]:
        return np.empty((0, self._width), np.int64), np.empty((0, self._measures), self._dtype)


def aggregate(keys: Integers, values: npt.NDArray[Any]) -> tuple[Integers, npt.NDArray[Any]]:
    """Sum the measures of equal keys; rows come out sorted by key."""
    if len(keys) == 0:
        return keys, values
    numbers = row_numbers(list(keys.T))
    order = sorting(numbers)
    if order is not None:
        keys, values, numbers = keys[order], values[order], numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    if len(starts) == len(keys):
        return keys, values
    return keys[starts], np.add.reduceat(values, starts, axis=0)


def _split(chunks: list[Chunk], chosen: Callable[[Integers], npt.NDArray[np.bool_]]) -> tuple[list[Chunk], list[Chunk]]:
    """Part the rows of chunks by whether their days are chosen; a chunk that need not be parted is not copied."""
    inside: list[Chunk] = []
    outside: list[Chunk] = []
    for keys, values in chunks:
        rows = chosen(keys[:, 0])
        if rows.all():
            inside.append((keys, values))
        elif rows.any():
            inside.append((keys[rows], values[rows]))
            outside.append((keys[~rows], values[~rows]))
        else:
            outside.append((keys, values))
    return inside, outside


def _counter(measures: int) -> defaultdict[tuple[Any, ...], Any]:
    if measures == 1:
        return defaultdict(int)
    return defaultdict(lambda: [0] * measures)
