"""Record a run: engines add events and counts, and tables are written when their days are final.

Sums of a table are a dictionary during the day, arrays after it, and rows when their days are final. Tables are written
in a background thread, or at once with a single processor, where a thread would gain nothing.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from sim.base.days import DAY_MS, month_start, next_month, weekday
from sim.base.rounding import TOO_LARGE, demand_exact, exact_sum
from sim.draws.distributions import is_kept, threshold
from sim.store.columns import NULL, Scope, StoredTable
from sim.store.tables import COUNTED, EVENTS, SCENARIO_LISTS, TABLES
from sim.store.writer import GROUP_ROWS, Columns, Integers, TableWriter, row_numbers, sorting

WAITING = len(COUNTED)
"""Most tables in the queue, some 10 to 20 MB each at full scale: one month of all tables."""

Chunk = tuple[Integers, npt.NDArray[Any]]
OfDay = tuple[int, Integers, npt.NDArray[Any]]
"""What is added to one day: its number, cells of an array over provinces and codes, and amounts."""


class BackgroundWriter:
    """Hands row groups to a ``TableWriter`` in order, without waiting.

    A later ``write`` or ``close`` raises the writer's errors. As a context manager it closes before the writer does;
    after an error the queue is dropped.
    """

    def __init__(self, writer: TableWriter, threaded: bool = True) -> None:
        """Begin with an empty queue."""
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tables") if threaded else None
        self._waiting: deque[Future[object]] = deque()

    def write(self, name: str, columns: Columns) -> None:
        """Queue a row group of a table, which must not change afterwards; raises the error of an earlier one."""
        self.write_groups(name, (columns,))

    def write_groups(self, name: str, groups: Iterable[Columns]) -> None:
        """Queue row groups of a table, computed in the writing thread; waits for a place if the queue is full."""
        if self._thread is None:
            self._writer.write_groups(name, groups)
            return
        while self._waiting and (self._waiting[0].done() or len(self._waiting) >= WAITING):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._writer.write_groups, name, groups))

    def close(self) -> None:
        """Wait until everything is written; raises the error of a row group."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._stop()

    def _stop(self) -> None:
        """End the thread, if there is one, and drop the queue."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)


class OpenSums:
    """The sums of one table that are not yet written, by the keys that the table is counted by.

    A recorder has one for each table of sums. An engine adds to ``counts``, whose keys start with a day number:
    ``counts[key] += 1`` where the table has one measure, else ``counts[key][position] += amount``. ``collect`` turns
    the dictionary into arrays, ``add``, ``add_cells`` and ``add_provinces`` take arrays directly, ``settle`` makes days
    final, and ``take`` returns their sums. The code of a text is its place in the alphabet.
    """

    def __init__(self, table: StoredTable, provinces: int, sizes: Mapping[str, int]) -> None:
        """Begin with nothing, for a number of provinces and the sizes that ``StoredTable.shape`` takes."""
        self._table = table
        self._shape = provinces, *table.shape(sizes)
        self._measures = len(table.measures)
        last = table.counted_by[-1]
        self._codes = {text: place for place, text in enumerate(sorted(last.labels))} if last.kind == "text" else None
        self._dtype = np.float64 if table.measures[0].kind == "real" else np.int64
        self.counts: defaultdict[tuple[Any, ...], Any] = _counter(self._measures)
        self._chunks: list[Chunk] = []
        self._cells: list[OfDay] = []
        self._final_chunks: list[Chunk] = []
        self._final_cells: list[OfDay] = []
        self._totals = [0] * self._measures

    def collect(self) -> None:
        """Move the dictionary's sums into arrays and empty it (the same object)."""
        if not self.counts:
            return
        rows = list(self.counts)
        if self._codes is not None:
            rows = [(*row[:-1], self._codes[row[-1]]) for row in rows]
        keys = np.array(rows, dtype=np.int64)
        try:
            values = np.array(list(self.counts.values()), dtype=self._dtype)
        except OverflowError:  # more than 64 bits is too large for a run if its day is in the period
            values = np.minimum(np.array(list(self.counts.values()), dtype=object), TOO_LARGE).astype(self._dtype)
        self.counts.clear()
        self.add(keys, values.reshape(-1, self._measures))

    def add(self, keys: Integers, values: npt.NDArray[Any]) -> None:
        """Add arrays of shape (rows, keys) and (rows, measures); keys may repeat. The arrays are kept, not copied."""
        self._chunks.append((keys, values))

    def add_cells(self, day: int, cells: Integers, values: npt.NDArray[Any]) -> None:
        """Add cells (n,) of an array (P, ...) over provinces and codes, in order, and their (n, measures)."""
        if len(cells):
            self._cells.append((day, cells, values))

    def add_provinces(self, day: int, text: str, values: npt.NDArray[Any]) -> None:
        """Add a value (P,) for each province under a text, the only further key of the table."""
        assert self._codes is not None
        cells = np.arange(len(values)) * len(self._codes) + self._codes[text]
        self.add_cells(day, cells, values.astype(self._dtype).reshape(-1, 1))

    def settle(self, before: int) -> int:
        """Make all days before ``before`` final; return at most how many final rows there are."""
        self.collect()
        final, self._chunks = _split(self._chunks, lambda days: days < before)
        self._final_chunks += final
        self._final_cells += [one for one in self._cells if one[0] < before]
        self._cells = [one for one in self._cells if one[0] >= before]
        of_chunks = sum(len(values) for _, values in self._final_chunks)
        return of_chunks + sum(len(values) for _, _, values in self._final_cells)

    def take(self, first: int, last: int) -> "FinalSums":
        """Return the sums of final days in the period from ``first`` to ``last``, and drop all final days.

        This is fast: ``FinalSums.rows`` does the slow part, perhaps in another thread.
        """
        chunks, self._final_chunks = self._final_chunks, []
        cells, self._final_cells = self._final_cells, []
        return FinalSums(self._table, self._shape, (first, last), chunks, cells, self._totals)


@dataclass(frozen=True)
class FinalSums:
    """Sums of a table over final days; days outside the period are dropped.

    ``shape`` is that of an array over provinces and codes. The sums are added to ``totals``, those of the table.
    """

    table: StoredTable
    shape: tuple[int, ...]
    period: tuple[int, int]
    chunks: list[Chunk]
    cells: list[OfDay]
    totals: list[int]

    def rows(self) -> Chunk:
        """Return the rows of the period: (rows, keys) each once and in order, and (rows, measures) sums.

        Sums of zero are dropped, levels of zero are not. A total of the table that is too large is an OverflowError.
        """
        first, last = self.period
        final, _ = _split(self.chunks, lambda days: (days >= first) & (days <= last))
        cells = [one for one in self.cells if first <= one[0] <= last]
        if cells:
            final.append(self._keyed(cells))
        measures = self.table.measures
        if not final:
            dtype = np.float64 if measures[0].kind == "real" else np.int64
            return np.empty((0, len(self.table.counted_by)), np.int64), np.empty((0, len(measures)), dtype)
        if measures[0].kind == "integer":
            for place, measure in enumerate(measures):
                self.totals[place] += sum(exact_sum(amounts[:, place]) for _, amounts in final)
                demand_exact(self.totals[place], self.table.name, measure.name)
        if not self.chunks and all(one[0] < two[0] for one, two in pairwise(cells)):
            keys, values = final[0]  # cells alone, each day once: they are in order
        else:
            keys, values = aggregate(
                np.concatenate([keys for keys, _ in final]), np.concatenate([values for _, values in final])
            )
        counted = values.any(axis=1)
        if values.dtype == np.int64 and not counted.all():
            keys, values = keys[counted], values[counted]
        return keys, values

    def _keyed(self, cells: list[OfDay]) -> Chunk:
        """Give cells their keys."""
        days = np.repeat([day for day, _, _ in cells], [len(some) for _, some, _ in cells])
        p, *codes = np.unravel_index(np.concatenate([some for _, some, _ in cells]), self.shape)
        firsts = [column.first_code for column in self.table.coded]
        keys = np.stack([days, p, *(code + first for code, first in zip(codes, firsts, strict=True))])
        return keys.T, np.concatenate([values for _, _, values in cells])


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


CODES: dict[int, dict[str | None, int]] = {
    place: {**{label: code for code, label in enumerate(column.labels)}, **({None: NULL} if column.nullable else {})}
    for place, column in enumerate(EVENTS.columns)
    if column.kind == "label"
}
"""Codes of the labels of events, by position of the column."""

EVENT_ROWS = 200_000
"""Events stay unsorted until their number reaches this at the end of a day, or the month ends."""


class LogEntry(NamedTuple):
    """One event for the log: the columns of the table of events, with labels; None and -1 are null."""

    moment: int
    phase: int
    event: str
    province: int
    origin: int
    detector: int = NULL
    stage: int = NULL
    number: int = NULL
    channel: str | None = None
    tier: str | None = None
    result: str | None = None
    person: int = NULL
    value: int = NULL


class Recorder:
    """Collects all counts and events of one run, for either engine.

    ``attempts``, ``alerts`` and so on are dictionaries that an engine adds to, one for each table of sums. Their keys
    are tuples: a day number, a province (its position, ``NULL`` for the nation), then the further keys as codes in the
    order of ``sim.store.tables``; texts stay texts. The recorder drops days of the warm-up and after the period.

    Attributes:
        attempts_seen: Potential attempts so far, those of the warm-up included.
        warnings: Lines for the user that an engine may add; ``run.json`` has them.
        derived: Values that the run has found in place of those that the scenario does not state, by dotted key.
        kept: The threshold of the origins that have events.
    """

    def __init__(
        self,
        scope: Scope,
        writer: TableWriter | BackgroundWriter,
        events: float = 0.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Begin with nothing.

        A share ``events`` of the origins has events. ``progress`` is called after each day with its day number and the
        attempts so far, warm-up included.
        """
        self.scope = scope
        self.attempts_seen = 0
        self.warnings: list[str] = []
        self.derived: dict[str, float] = {}
        self._writer = writer
        self._progress = progress
        sizes = {name: len(getattr(scope, name)) for name in SCENARIO_LISTS}
        self._sums = {table.name: OpenSums(table, len(scope.provinces), sizes) for table in COUNTED}
        self.attempts = self._sums["attempts"].counts
        self.alerts = self._sums["alerts"].counts
        self.contacts = self._sums["contacts"].counts
        self.waits = self._sums["waits"].counts
        self.first_contacts = self._sums["first_contacts"].counts
        self.hours = self._sums["hours"].counts
        self.outcomes = self._sums["outcomes"].counts
        self.cases = self._sums["cases"].counts
        self.flows = self._sums["flows"].counts
        self.state = self._sums["state"].counts
        self.records_events = events > 0.0
        self.kept = threshold(events)
        self._entries: list[list[int]] = []
        self._event_rows: list[Integers] = []

    def event(self, entry: LogEntry) -> None:
        """Log one event, if it is in the period and of a kept origin. KeyError for a label that the table lacks."""
        if self.records_events and entry.moment >= 0 and is_kept(self.scope.seed, entry.origin, self.kept):
            row: list[Any] = list(entry)
            for place, codes in CODES.items():
                row[place] = codes[row[place]]
            self._entries.append(row)

    def log(self, rows: Integers) -> None:
        """Log rows of coded columns of the table of events, for kept origins; rows before the period are dropped."""
        rows = rows[rows[:, 0] >= 0]
        if len(rows):
            self._event_rows.append(rows)

    def add(self, table: str, keys: Integers, values: npt.NDArray[Any]) -> None:
        """Add whole arrays to a table without a text among its keys; sorted rows with each day once are fastest.

        Keys (rows, keys) are like the key tuples of an engine, values (rows, measures) amounts to add. Both are kept
        until their days are final and must not change afterwards.
        """
        if table == "attempts":
            self.attempts_seen += int(values.sum())
        self._sums[table].add(keys, values)

    def add_cells(self, table: str, day: int, cells: Integers, values: npt.NDArray[Any]) -> None:
        """Add cells of a day to a table without a text among its keys, as ``add`` does.

        Cells (n,) are positions in an array (P, ...) over provinces and codes, see ``StoredTable.shape``; values (n,
        measures) are amounts to add.
        """
        if table == "attempts":
            self.attempts_seen += int(values.sum())
        self._sums[table].add_cells(day, cells, values)

    def add_provinces(self, table: str, day: int, quantity: str, values: npt.NDArray[Any]) -> None:
        """Add a value (P,) of a quantity for each province to the flows, or note it in the state, of a day."""
        self._sums[table].add_provinces(day, quantity, values)

    def day_done(self, day: int, open_since: int | None = None) -> None:
        """Close a day, whose attempts, state and events are complete; the end of a month makes rows final.

        No alert is alive before the day ``open_since``; without it alerts and contacts stay open until the run ends.
        """
        self.attempts_seen += sum(self.attempts.values())
        for sums in self._sums.values():
            sums.collect()
        month_ends = next_month(day) == day + 1
        if month_ends:
            self._settle(day, open_since)
        if self.records_events:
            self._write_events(day, at_least=1 if month_ends else EVENT_ROWS)
        if self._progress is not None:
            self._progress(day, self.attempts_seen)

    def _settle(self, day: int, open_since: int | None) -> None:
        """Make every row final that is once ``day``, the last of a month, is closed; whole months only.

        Tables with enough final rows are written.
        """
        for table in COUNTED:
            if table.late is not None:
                before = day + 1
                for _ in range(table.late):
                    before = month_start(before - 1)
                self._write(table, before, GROUP_ROWS)
            elif open_since is not None:
                self._write(table, month_start(min(open_since, day + 1)), GROUP_ROWS)

    def close(self) -> None:
        """Write everything that is left."""
        self.attempts_seen += sum(self.attempts.values())
        for name in self._sums:
            self._write(TABLES[name], self.scope.last_day + 1, at_least=1)
        self._write_events(self.scope.last_day, at_least=1)

    def _write(self, table: StoredTable, before: int, at_least: int) -> None:
        """Make rows of a table final, and write all final ones if there may be ``at_least`` this many."""
        sums = self._sums[table.name]
        if sums.settle(before) >= at_least:
            self._writer.write_groups(table.name, _final_rows(sums.take(self.scope.first_day, self.scope.last_day)))

    def _write_events(self, day: int, at_least: int) -> None:
        """Write the events up to the end of a day if their number is ``at_least`` this; later ones stay."""
        if self._entries:
            self._event_rows.append(np.array(self._entries, dtype=np.int64))
            self._entries.clear()
        end = (day + 1 - self.scope.first_day) * DAY_MS
        if sum(int((rows[:, 0] < end).sum()) for rows in self._event_rows) < at_least:
            return
        rows = np.concatenate(self._event_rows)
        final = rows[:, 0] < end
        self._event_rows = [] if final.all() else [rows[~final]]
        names = (column.name for column in EVENTS.columns)
        self._writer.write(EVENTS.name, dict(zip(names, rows[final].T, strict=True)))


def _final_rows(sums: FinalSums) -> Iterator[Columns]:
    """Yield the columns of final rows for the writer, computed lazily; nothing if there is no row."""
    keys, values = sums.rows()
    if len(keys):
        if sums.table.by_month:
            keys, values = folded(sums.table, keys, values)
        yield stored_columns(sums.table, keys, values)


def folded(table: StoredTable, keys: Integers, values: npt.NDArray[Any]) -> Chunk:
    """Fold (rows, keys) and (rows, measures) of days, in order, into the rows of a table stored by months."""
    days = keys[:, 0]
    months = np.empty(len(keys), dtype=np.int64)
    start = 0
    while start < len(days):
        end = int(np.searchsorted(days, next_month(int(days[start]))))
        months[start:end] = month_start(int(days[start]))
        start = end
    others = iter(keys.T[1:])
    of_time = {"month": months, "weekday": weekday(days)}
    columns = [of_time[column.kind] if column.kind in of_time else next(others) for column in table.keys]
    return aggregate(np.stack(columns).T, values)


def stored_columns(table: StoredTable, keys: Integers, values: npt.NDArray[Any]) -> Columns:
    """Return a column (rows,) by name for the writer: of bins their edges, of texts their places in the alphabet."""
    columns = {
        column.name: codes if column.bins is None else column.bins.upper(codes, without=NULL)
        for column, codes in zip(table.keys, keys.T, strict=True)
    }
    return columns | {column.name: measure for column, measure in zip(table.measures, values.T, strict=True)}
