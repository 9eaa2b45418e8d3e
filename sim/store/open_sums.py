"""Open sums of a table: a dictionary during the day, arrays after it, rows when its days are final."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.base.rounding import TOO_LARGE, demand_exact, exact_sum
from sim.store.columns import StoredTable
from sim.store.writer import Integers, row_numbers, sorting

Chunk = tuple[Integers, npt.NDArray[Any]]
OfDay = tuple[int, Any, npt.NDArray[Any]]
"""What is added to one day: its number, cells or the code of a text, and amounts."""


@dataclass
class Parts:
    """Sums as they are added: ``add`` of ``OpenSums`` gives chunks, the other two are named like their functions."""

    chunks: list[Chunk] = field(default_factory=list)
    cells: list[OfDay] = field(default_factory=list)
    of_provinces: list[OfDay] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many rows they have; equal keys are not summed yet, so the table has no more."""
        amounts = [values for _, values in self.chunks]
        return sum(map(len, [*amounts, *(values for _, _, values in (*self.cells, *self.of_provinces))]))

    def split(self, before: int) -> "tuple[Parts, Parts]":
        """Return the parts of days before a day, and the others."""
        inside, outside = _split(self.chunks, lambda days: days < before)
        sides: tuple[Parts, Parts] = Parts(inside), Parts(outside)
        for name in ("cells", "of_provinces"):
            for some in getattr(self, name):
                getattr(sides[some[0] >= before], name).append(some)
        return sides

    def extend(self, other: "Parts") -> None:
        """Add other parts behind these."""
        self.chunks += other.chunks
        self.cells += other.cells
        self.of_provinces += other.of_provinces

    def has_day(self, first: int, before: int) -> bool:
        """Return whether a part is of a day from ``first`` on and before another."""
        if any(first <= day < before for day, _, _ in (*self.cells, *self.of_provinces)):
            return True
        return any(((keys[:, 0] >= first) & (keys[:, 0] < before)).any() for keys, _ in self.chunks)


class OpenSums:
    """The sums of one table that are not yet written, by the keys that the table is counted by.

    A recorder has one for each table of sums. An engine adds to ``counts``, whose keys start with a day number:
    ``counts[key] += 1`` where the table has one measure, else ``counts[key][position] += amount``. ``collect`` turns
    the dictionary into arrays, ``add``, ``add_cells`` and ``add_provinces`` take arrays directly, ``settle`` makes days
    final, and ``take`` returns their sums. If the last key is a text, its codes are positions in ``texts``.
    """

    def __init__(self, table: StoredTable, provinces: int, sizes: Mapping[str, int]) -> None:
        """Begin with nothing, for a number of provinces and the sizes that ``StoredTable.shape`` takes."""
        self._provinces = provinces
        self._table = table
        self._sizes = sizes
        self._width = len(table.counted_by)
        self._measures = len(table.measures)
        self._last_is_text = table.counted_by[-1].kind == "text"
        self._dtype = np.float64 if table.measures[0].kind == "real" else np.int64
        self.counts: defaultdict[tuple[Any, ...], Any] = _counter(self._measures)
        self.texts: dict[str, int] = {}
        self._open, self._final = Parts(), Parts()
        self._final_rows = 0
        self._before: int | None = None
        self._totals = Totals(table)

    def collect(self) -> None:
        """Move the dictionary's sums into arrays and empty it (the same object)."""
        if not self.counts:
            return
        rows = list(self.counts)
        if self._last_is_text:
            codes = self.texts
            rows = [(*row[:-1], codes.setdefault(row[-1], len(codes))) for row in rows]
        keys = np.array(rows, dtype=np.int64).reshape(-1, self._width)
        try:
            values = np.array(list(self.counts.values()), dtype=self._dtype).reshape(-1, self._measures)
        except OverflowError:  # more than 64 bits is too large for a run if its day is in the period
            values = np.minimum(np.array(list(self.counts.values()), dtype=object), TOO_LARGE)
            values = values.astype(self._dtype).reshape(-1, self._measures)
        self.counts.clear()
        self.add(keys, values)

    def add(self, keys: Integers, values: npt.NDArray[Any]) -> None:
        """Add arrays of shape (rows, keys) and (rows, measures); keys may repeat. The arrays are kept, not copied."""
        self._open.chunks.append((keys, values))

    def add_cells(self, day: int, cells: Integers, values: npt.NDArray[Any]) -> None:
        """Add cells (n,), not 0, of an array (P, ...) over provinces and codes, in order, and their (n, measures)."""
        if len(cells):
            self._open.cells.append((day, cells, values))

    def add_provinces(self, day: int, text: str, values: npt.NDArray[Any]) -> None:
        """Add a value (P,) for each province under a text, the only further key of the table."""
        self._open.of_provinces.append((day, self.texts.setdefault(text, len(self.texts)), values))

    def settle(self, before: int, first: int) -> int:
        """Make all days before ``before`` final.

        Returns:
            At most how many final rows there are.

        Raises:
            ValueError: If something was added to a day, from ``first`` on, that is final already.
        """
        self.collect()
        final, self._open = self._open.split(before)
        if self._before is not None and final.has_day(first, self._before):
            raise ValueError(f"{self._table.name}: a day before {self._before} is already final")
        self._before = before
        self._final.extend(final)
        self._final_rows += len(final)
        return self._final_rows

    def take(self, first: int, last: int) -> "FinalSums":
        """Return the sums of final days in the period from ``first`` to ``last``, and drop all final days.

        This is fast: ``FinalSums.rows`` does the slow part, perhaps in another thread.
        """
        final, self._final, self._final_rows = self._final, Parts(), 0
        sizes = self._provinces, self._sizes
        return FinalSums(self._table, sizes, (first, last), list(self.texts), final, self._totals)


class Totals:
    """The sums of a table's measures over all final rows of the period; none may become too large."""

    def __init__(self, table: StoredTable) -> None:
        self._table = table
        self._sums = [0] * len(table.measures)

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add rows (rows, measures); raises OverflowError of the first measure whose sum is too large to be exact."""
        for m, measure in enumerate(self._table.measures):
            self._sums[m] += exact_sum(values[:, m])
            demand_exact(self._sums[m], self._table.name, measure.name)


@dataclass(frozen=True)
class FinalSums:
    """Sums of a table over final days.

    ``sizes`` are the number of provinces, and what ``StoredTable.shape`` takes. Days outside the period are dropped.
    ``totals`` are totals of the table that these sums are added to.
    """

    table: StoredTable
    sizes: tuple[int, Mapping[str, int]]
    period: tuple[int, int]
    texts: list[str]
    parts: Parts
    totals: Totals

    def rows(self) -> Chunk:
        """Return the rows of the period: (rows, keys) each once and in order, and (rows, measures) sums.

        Sums of zero are dropped, levels of zero are not. A total of the table that is too large is an OverflowError.
        """
        first, last = self.period
        final, _ = _split(self.parts.chunks, lambda days: (days >= first) & (days <= last))
        final += [*self._keyed_cells(), *self._keyed_provinces()]
        if not final:
            measures = self.table.measures
            dtype = np.float64 if measures[0].kind == "real" else np.int64
            return np.empty((0, len(self.table.counted_by)), np.int64), np.empty((0, len(measures)), dtype)
        if final[0][1].dtype == np.int64:
            for _, amounts in final:
                self.totals.add(amounts)
        parts = self.parts
        if not parts.chunks and not parts.of_provinces and all(a[0] < b[0] for a, b in pairwise(parts.cells)):
            return final[0]  # cells alone, each day once: they are in order, and none is 0
        keys, values = aggregate(
            np.concatenate([keys for keys, _ in final]), np.concatenate([values for _, values in final])
        )
        if values.dtype == np.int64:
            counted = values.any(axis=1)
            if not counted.all():
                keys, values = keys[counted], values[counted]
        return keys, values

    def _in_period(self, parts: list[OfDay]) -> list[OfDay]:
        """Return the parts whose day, their first entry, lies in the period."""
        first, last = self.period
        return [part for part in parts if first <= part[0] <= last]

    def _keyed_cells(self) -> Iterator[Chunk]:
        """Give cells their keys."""
        if cells := self._in_period(self.parts.cells):
            days = np.repeat([day for day, _, _ in cells], [len(some) for _, some, _ in cells])
            shape = (self.sizes[0], *self.table.shape(self.sizes[1]))
            p, *codes = np.unravel_index(np.concatenate([some for _, some, _ in cells]), shape)
            firsts = [column.first_code for column in self.table.coded]
            keys = np.stack([days, p, *(code + first for code, first in zip(codes, firsts, strict=True))])
            yield keys.T, np.concatenate([values for _, _, values in cells])

    def _keyed_provinces(self) -> Iterator[Chunk]:
        """Give the values of provinces their keys."""
        if parts := self._in_period(self.parts.of_provinces):
            provinces = self.sizes[0]
            days, texts = (np.repeat([part[place] for part in parts], provinces) for place in (0, 1))
            keys = np.stack([days, np.tile(np.arange(provinces), len(parts)), texts])
            dtype = np.float64 if self.table.measures[0].kind == "real" else np.int64
            values = np.concatenate([values for _, _, values in parts]).astype(dtype)
            yield keys.T, values.reshape(-1, 1)


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
    """Split the rows of chunks by whether their days are chosen; a chunk of one kind is not copied."""
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
