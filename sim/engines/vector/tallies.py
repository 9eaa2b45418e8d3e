"""The dense counts of a run, and their way into the recorder's tables.

Remove the counts of a finished day from the dense arrays.

The dense counts of a run, and how a finished day's counts get into the recorder's tables.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.base.days import DAY_MS, weekday
from sim.base.words import DESKS, ContactResult, End, Fate, Outcome
from sim.draws.compiled import compiled, compiled_with_arrays, inlined
from sim.engines.tables import Tables
from sim.engines.vector.records import Integers, OverflowTable, Records
from sim.engines.vector.state import Tallies
from sim.shield.cards import FROM_CARDS
from sim.store.columns import StoredTable
from sim.store.recorder import Recorder
from sim.store.tables import ALERTS, CONTACTS, TABLES


@inlined
def is_counted(measures: Integers) -> bool:
    """Return whether any measure (measures,) of a cell is not 0."""
    counted = 0
    for m in range(len(measures)):
        counted |= measures[m]
    return counted != 0


@compiled_with_arrays
def drain(counts: Integers, slot: int) -> tuple[Integers, Integers]:
    """Return the cells (n,) of a slot with a measure other than 0, and their measures (n, measures).

    Cells are numbered over provinces and cells. The counts (P, slots, cells, measures) of the slot become 0.
    """
    provinces, _, cells, measures = counts.shape
    found = 0
    for p in range(provinces):
        for cell in range(cells):
            found += is_counted(counts[p, slot, cell])
    numbers = np.empty(found, dtype=np.int64)
    amounts = np.empty((found, measures), dtype=np.int64)
    at = 0
    for p in range(provinces):
        for cell in range(cells):
            if is_counted(counts[p, slot, cell]):
                numbers[at] = p * cells + cell
                for m in range(measures):
                    amounts[at, m] = counts[p, slot, cell, m]
                    counts[p, slot, cell, m] = 0
                at += 1
    return numbers, amounts


@compiled
def move(counts: Integers, slot: int, to: Integers) -> None:
    """Move the counts (P, slots, cells, measures) of a slot to others (P, 1, cells, measures), added up."""
    provinces, _, cells, measures = counts.shape
    for p in range(provinces):
        for cell in range(cells):
            if is_counted(counts[p, slot, cell]):
                for m in range(measures):
                    to[p, 0, cell, m] += counts[p, slot, cell, m]
                    counts[p, slot, cell, m] = 0


@compiled_with_arrays
def by_fate(fates: Integers) -> tuple[Integers, Integers, Integers]:
    """Return sums of attempts (P, channels, types, fates): by fate; of those intercepted; of those from cards."""
    provinces, channels, types, ends = fates.shape
    sums = np.zeros(ends, dtype=np.int64)
    intercepted = np.zeros((provinces, channels), dtype=np.int64)
    from_cards = np.zeros(provinces, dtype=np.int64)
    for p in range(provinces):
        for c in range(channels):
            for t in range(types):
                for fate in range(ends):
                    sums[fate] += fates[p, c, t, fate]
                    if fate >= Fate.INTERCEPTED and c in FROM_CARDS:
                        from_cards[p] += fates[p, c, t, fate]
                intercepted[p, c] += fates[p, c, t, Fate.INTERCEPTED]
    return sums, intercepted, from_cards


MOST_DAYS = 32
"""Days before and after today for which alerts and contacts have a dense tally; others overflow."""

END_AXIS = ALERTS.axis("end")
END_STEP = math.prod(ALERTS.shape({})[END_AXIS + 1 :])
RESULT_AXIS = CONTACTS.axis("result")
RESULT_STEP = math.prod(CONTACTS.shape({})[RESULT_AXIS + 1 :])
"""Axes of a code in arrays of a table, and how many cells lie from one code to the next."""

TABLE_OF = {"fates": "attempts", "busy": "hours"}
"""Table names of tallies with another name."""


@dataclass(frozen=True)
class Cells:
    """Counts of a day, ready for a table.

    Attributes:
        table: Its name.
        day: The day number.
        cells: (n,) Cells with a measure other than 0, numbered over provinces and codes.
        amounts: (n, measures) Their measures.
    """

    table: str
    day: int
    cells: Integers
    amounts: Integers


class Counts:
    """The running counts of a run: one dense array per table, for all provinces, today and the days around it.

    Each has the shape (P, ...); ``Tallies`` describes a province's part. The number of slots for days is a power of
    two, and a day's slot is its last bits. Finished days leave as ``DayCounts``; tables by month are kept until the
    month is over.
    """

    def __init__(self, tables: Tables) -> None:
        provinces = len(tables.provinces)
        self._start = tables.calendar.start
        longest = max(tier.deadline for tier in tables.tiers)
        days = 1 << (min(longest // DAY_MS + 2, MOST_DAYS) - 1).bit_length()
        sizes = {"fraud_types": tables.episodes.dropout.shape[0], "age_bands": tables.people.internet.shape[2]}

        def zeros(tally: str, slots: int, measures: int | None = None) -> Integers:
            table = TABLES[TABLE_OF.get(tally, tally)]
            last = len(table.measures) if measures is None else measures
            shape = (*((slots,) if slots > 1 else ()), *table.shape(sizes), *((last,) if last > 1 else ()))
            counts = np.zeros((provinces, *shape), dtype=np.int64)
            self._by_slot[tally] = counts.reshape(provinces, slots, -1, last)
            return counts

        self._by_slot: dict[str, Integers] = {}
        self.tallies = Tallies(
            fates=zeros("fates", 1),
            alerts=zeros("alerts", days),
            contacts=zeros("contacts", days),
            waits=zeros("waits", days),
            first_contacts=zeros("first_contacts", 1),
            busy=zeros("busy", 1, measures=1),  # the staffed time needs no counting
            outcomes=zeros("outcomes", 1),
            cases=zeros("cases", 1),
        )
        self._month = {
            name: np.zeros(self._by_slot[name][:, :1].shape, dtype=np.int64)
            for name in ("waits", "first_contacts", "cases")
        }
        self._hours = np.zeros((7, provinces, 1, self._by_slot["busy"].shape[2], 2), dtype=np.int64)

    def of(self, p: int) -> Tallies:
        """Return the part of a province."""
        return Tallies(*(counts[p] for counts in self.tallies))

    def of_type(self, outcome: Outcome) -> Integers:
        """Return today's total of an outcome by fraud type, (T,)."""
        counts: Integers = self.tallies.outcomes[..., outcome].sum(axis=(0, 2, 3))
        return counts

    def of_day(self, day: int) -> tuple[Integers, Integers, Integers]:
        """Return what components read of a day: attempts (P, 3, fates); ms worked and services ended, (P, desks) each.

        Call it before the day's counts leave.
        """
        fates, busy, contacts = self.tallies.fates, self.tallies.busy, self.tallies.contacts
        slot = (day - self._start) & (contacts.shape[1] - 1)
        by_channel = contacts[:, slot, ..., 0].sum(axis=(1, 3, 4))
        return fates.sum(axis=2), busy.sum(axis=2), by_channel[:, list(DESKS)]

    def _arrays(self) -> list[Integers]:
        return [*self._by_slot.values(), *self._month.values(), self._hours]

    def leave(self, day: int, staffed: Integers, overflow: Sequence[Records], month_ends: bool) -> "DayCounts":
        """Remove and return the counts of a day, and move on to the next.

        Args:
            day: The day number.
            staffed: (P, desks, half hours) Time on duty on this day, ms.
            overflow: Records of each province, see ``records.OVERFLOW``.
            month_ends: Whether to remove alerts of all days of issue, not only of the oldest, and the tables by month.

        Returns:
            Copies that nothing changes any more.
        """
        days = self._by_slot["alerts"].shape[1]
        cells = [self._drained(name, day) for name in ("fates", "contacts", "outcomes")]
        oldest = day - days + 1
        cells += [self._drained("alerts", issued) for issued in range(oldest, day + 1 if month_ends else oldest + 1)]
        for name, of_month in self._month.items():
            self._keep(name, day, of_month)
        hours = self._hours[weekday(day) - 1]
        self._keep("busy", day, hours[..., :1])
        if day >= self._start:
            hours[:, 0, :, 1] += staffed.reshape(len(hours), -1)
        if month_ends:
            cells += [Cells(name, day, *drain(of_month, 0)) for name, of_month in self._month.items()]
            cells += [
                Cells("hours", day - (day - number) % 7, *drain(of_weekday, 0))
                for number, of_weekday in enumerate(self._hours, start=day - weekday(day) + 1)
            ]
        return DayCounts(cells, overflow)

    def _drained(self, tally: str, day: int) -> Cells:
        """Remove and return the counts of a day from a tally."""
        counts = self._by_slot[tally]
        slot = (day - self._start) & (counts.shape[1] - 1)
        return Cells(TABLE_OF.get(tally, tally), day, *drain(counts, slot))

    def _keep(self, tally: str, day: int, of_month: Integers) -> None:
        """Add a tally's counts of a day to those of the month; drop days before the period."""
        counts = self._by_slot[tally]
        slot = (day - self._start) & (counts.shape[1] - 1)
        if day >= self._start:
            move(counts, slot, of_month)
        else:
            counts[:, slot] = 0


@dataclass(frozen=True)
class DayCounts:
    """The counts of one day in all provinces, final and ready for the recorder.

    Attributes:
        cells: Of each table, perhaps for several days.
        overflow: Records of each province: counts for which no array has a cell.
    """

    cells: Sequence[Cells]
    overflow: Sequence[Records]

    def hand_over(self, recorder: Recorder, start: int) -> None:
        """Add everything to the recorder's tables; ``start`` is the day number from which overflow counts days."""
        for some in self.cells:
            recorder.add_cells(some.table, some.day, some.cells, some.amounts)
        for p, rows in enumerate(self.overflow):
            if len(rows):
                for table in OverflowTable:
                    add_overflow(recorder, TABLES[table.name.lower()], p, start, rows[rows["table"] == table])

    def messages(self) -> int:
        """Return the messages that were read, given up or left behind on this day, overflow included."""
        written = ContactResult.UNREAD + 1
        number = 0
        for some in self.cells:
            if some.table == CONTACTS.name:
                results = some.cells // RESULT_STEP % len(ContactResult)
                number += int(some.amounts[results < written, 0].sum())
        for rows in self.overflow:
            if len(rows):
                results = rows["key"][:, RESULT_AXIS]
                number += int(((rows["table"] == OverflowTable.CONTACTS) & (results < written)).sum())
        return number

    def ends(self) -> Integers:
        """Return the alerts that leave the tallies with this day, by end."""
        by_end: Integers = np.zeros(len(End), dtype=np.int64)
        for some in self.cells:
            if some.table == ALERTS.name:
                np.add.at(by_end, some.cells // END_STEP % len(End), some.amounts[:, 0])
        for rows in self.overflow:
            if len(rows):
                ended = rows["key"][rows["table"] == OverflowTable.ALERTS, END_AXIS]
                by_end += np.bincount(ended, minlength=len(End))
        return by_end


def add_overflow(recorder: Recorder, table: StoredTable, p: int, start: int, rows: Records) -> None:
    """Add the overflow of a table in a province; ``start`` is the day number from which it counts days."""
    codes = rows["key"][:, : len(table.coded)] + [column.first_code for column in table.coded]
    amounts = rows["amounts"][:, : len(table.measures)].copy()
    recorder.add(table.name, np.column_stack([rows["day"] + start, np.full(len(rows), p), codes]), amounts)
