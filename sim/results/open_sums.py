"""Sums of a table whose days are still open: a dictionary that an engine adds to, arrays once a day is over."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.results.columns import StoredTable
from sim.results.order import Integers, row_numbers, sorting

Chunk = tuple[Integers, npt.NDArray[Any]]


class OpenSums:
    """The sums of one table that are not yet written, by the keys that the table is counted by.

    A recorder has one for each table of sums. An engine adds to ``counts``, whose keys start with a day number:
    ``counts[key] += 1`` where the table has one measure, else ``counts[key][position] += amount``. ``collect`` turns
    the dictionary into arrays, ``add``, ``add_cells`` and ``add_provinces`` take arrays from whoever has them, ``take``
    hands out the summed rows of the days that are final. Where the last key is a text, its codes are these sums' own:
    positions in ``texts``.
    """

    def __init__(self, table: StoredTable, provinces: int, sizes: Mapping[str, int]) -> None:
        """Begin with nothing.

        Args:
            table: The table.
            provinces: Their number.
            sizes: As ``StoredTable.shape`` takes them.
        """
        self._provinces = provinces
        self._table = table
        self._sizes = sizes
        self._width = len(table.counted_by)
        self._measures = len(table.measures)
        self._last_is_text = table.counted_by[-1].kind == "text"
        self._dtype = np.float64 if table.measures[0].kind == "real" else np.int64
        self.counts: defaultdict[tuple[Any, ...], Any] = _counter(self._measures)
        self.texts: dict[str, int] = {}
        self._pending: list[Chunk] = []
        self._cells: list[tuple[int, Integers, npt.NDArray[Any]]] = []
        self._of_provinces: list[tuple[int, int, npt.NDArray[Any]]] = []

    def collect(self) -> None:
        """Move what the dictionary holds into arrays and leave it empty (the same object)."""
        if not self.counts:
            return
        rows = list(self.counts)
        if self._last_is_text:
            codes = self.texts
            rows = [(*row[:-1], codes.setdefault(row[-1], len(codes))) for row in rows]
        keys = np.array(rows, dtype=np.int64).reshape(-1, self._width)
        values = np.array(list(self.counts.values()), dtype=self._dtype).reshape(-1, self._measures)
        self.counts.clear()
        self.add(keys, values)

    def add(self, keys: Integers, values: npt.NDArray[Any]) -> None:
        """Add arrays of shape (rows, keys) and (rows, measures); keys may repeat. The arrays are kept, not copied."""
        self._pending.append((keys, values))

    def add_cells(self, day: int, cells: Integers, values: npt.NDArray[Any]) -> None:
        """Add cells (n,), not 0, of an array (P, ...) over provinces and codes, in order, and their (n, measures)."""
        if len(cells):
            self._cells.append((day, cells, values))

    def add_provinces(self, day: int, text: str, values: npt.NDArray[Any]) -> None:
        """Add a value (P,) for each province under a text, the only key of the table beside day and province."""
        self._of_provinces.append((day, self.texts.setdefault(text, len(self.texts)), values))

    def _keyed(self, before: int) -> bool:
        """Give the cells and the values of provinces whose days are final their keys.

        Returns:
            Whether nothing else is pending, and each key stands there once and in order.
        """
        is_alone = not self._pending
        final = [some for some in self._cells if some[0] < before]
        self._cells = [some for some in self._cells if some[0] >= before]
        if final:
            days = np.repeat([day for day, _, _ in final], [len(cells) for _, cells, _ in final])
            shape = (self._provinces, *self._table.shape(self._sizes))
            p, *codes = np.unravel_index(np.concatenate([cells for _, cells, _ in final]), shape)
            firsts = [column.first_code for column in self._table.coded]
            keys = np.column_stack([days, p, *(code + first for code, first in zip(codes, firsts, strict=True))])
            self._pending.append((keys, np.concatenate([values for _, _, values in final])))
        levels = [some for some in self._of_provinces if some[0] < before]
        self._of_provinces = [some for some in self._of_provinces if some[0] >= before]
        if levels:
            keys = np.empty((len(levels), self._provinces, 3), dtype=np.int64)
            keys[:, :, 0] = np.array([day for day, _, _ in levels])[:, None]
            keys[:, :, 1] = np.arange(self._provinces)
            keys[:, :, 2] = np.array([text for _, text, _ in levels])[:, None]
            values = np.array([values for _, _, values in levels], dtype=self._dtype)
            self._pending.append((keys.reshape(-1, 3), values.reshape(-1, 1)))
        return is_alone and not levels and all(one[0] < other[0] for one, other in pairwise(final))

    def take(self, before: int, first: int, last: int) -> Chunk:
        """Hand out the sums of the days that are final, and forget them; days from ``before`` on stay.

        Args:
            before: The first day number that is not final.
            first: The first day number of the period; earlier days are dropped.
            last: The last day number of the period; later days are dropped.

        Returns:
            (rows, keys) Keys, each once and in order, and (rows, measures) their sums. Sums of zero are dropped: no
            row says the same. Levels of zero are not.
        """
        self.collect()
        in_order = self._keyed(before)
        if not self._pending:
            return self._nothing()
        final, self._pending = _split(self._pending, lambda days: days < before)
        final, _ = _split(final, lambda days: (days >= first) & (days <= last))
        if not final:
            return self._nothing()
        if in_order:
            return final[0]
        keys, values = aggregate(
            np.concatenate([keys for keys, _ in final]), np.concatenate([values for _, values in final])
        )
        if self._dtype is np.int64:
            counted = values.any(axis=1)
            if not counted.all():
                keys, values = keys[counted], values[counted]
        return keys, values

    def _nothing(self) -> Chunk:
        return np.empty((0, self._width), np.int64), np.empty((0, self._measures), self._dtype)


def aggregate(keys: Integers, values: npt.NDArray[Any]) -> Chunk:
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
