"""The dense counts of a run, and how a day's part of them gets into the recorder's tables when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS, HALF_HOUR_MS
from sim.engines.tables import Tables
from sim.engines.vector.records import OverflowTable, Records
from sim.engines.vector.state import Tallies
from sim.results.recorder import Recorder
from sim.results.tables import ALERTS, CONTACTS, TABLES, StoredTable
from sim.words import ContactResult, End

MOST_DAYS = 32
"""Days from today, or back from it, for which alerts and contacts have a dense tally; others overflow."""

END_AXIS = ALERTS.axis("end")
RESULT_AXIS = CONTACTS.axis("result")

Integers = NDArray[np.int64]


class Counts:
    """What a run is counting: a dense array a table, of all provinces, for today and the days about it.

    Each is of shape (P, ...), of which ``Tallies`` describes a province's part. What a day has counted leaves it as
    ``DayCounts``.
    """

    def __init__(self, tables: Tables) -> None:
        provinces = len(tables.provinces)
        longest = max(tier.deadline for tier in tables.tiers)
        days = min(longest // DAY_MS + 2, MOST_DAYS)
        sizes = {"fraud_types": tables.episodes.dropout.shape[0], "age_bands": tables.people.internet.shape[2]}

        def zeros(name: str, *more: int, measures: int | None = None) -> Integers:
            table = TABLES[name]
            last = len(table.measures) if measures is None else measures
            return np.zeros((provinces, *more, *table.shape(sizes), *([last] if last > 1 else [])), dtype=np.int64)

        self.fates = zeros("attempts")
        self.alerts = zeros("alerts", days)
        self.contacts = zeros("contacts", days)
        self.waits = zeros("waits", days)
        self.busy = zeros("hours", 1, measures=1)  # the staffed time is known without counting
        self.outcomes = zeros("outcomes")
        self.cases = zeros("cases")

    def of(self, p: int) -> Tallies:
        """Return the part of a province."""
        return Tallies(**{name: getattr(self, name)[p] for name in Tallies._fields})

    def leave(self, day: int, servers: Integers, overflow: Sequence[Records], everything: bool) -> "DayCounts":
        """Take out what a day has counted, and move on to the next.

        Args:
            day: The day number.
            servers: (P, desks, half hours) Servers on duty on this day.
            overflow: Records of each province, see ``records.OVERFLOW``.
            everything: Whether alerts of all days of issue are taken out, not only those of the oldest.

        Returns:
            Copies, which nothing changes any more.
        """
        days = self.alerts.shape[1]
        dense = [
            ("attempts", day, self.fates.copy()),
            ("contacts", day, self.contacts[:, 0].copy()),
            ("waits", day, self.waits[:, 0].copy()),
            ("hours", day, np.stack([self.busy[:, 0], servers * HALF_HOUR_MS], axis=-1)),
            ("outcomes", day, self.outcomes.copy()),
            ("cases", day, self.cases.copy()),
            *(("alerts", day - ago, self.alerts[:, ago].copy()) for ago in (range(days) if everything else [days - 1])),
        ]
        for of_today in (self.fates, self.outcomes, self.cases):
            of_today[:] = 0
        for ahead in (self.contacts, self.waits, self.busy):
            ahead[:, :-1] = ahead[:, 1:]
            ahead[:, -1] = 0
        if everything:
            self.alerts[:] = 0
        self.alerts[:, 1:] = self.alerts[:, :-1].copy()
        self.alerts[:, 0] = 0
        return DayCounts(dense, overflow)


@dataclass(frozen=True)
class DayCounts:
    """What one day has counted of all provinces, final and ready for the recorder.

    Attributes:
        dense: Name of a table, day number and (P, codes) or (P, codes, measures): a cell a key.
        overflow: Records of each province: what no array has a cell for.
    """

    dense: Sequence[tuple[str, int, Integers]]
    overflow: Sequence[Records]

    def hand_over(self, recorder: Recorder, start: int) -> None:
        """Add everything to the recorder's tables; ``start`` is the day from which overflow counts its days."""
        for name, day, counts in self.dense:
            add_dense(recorder, TABLES[name], day, counts)
        for p, rows in enumerate(self.overflow):
            for table in OverflowTable:
                some = rows[rows["table"] == table]
                if len(some):
                    add_overflow(recorder, TABLES[table.name.lower()], p, start, some)

    def messages(self) -> int:
        """Return the messages that were read, given up or left behind on this day, or overflow and count with it."""
        written = ContactResult.UNREAD + 1
        number = 0
        for name, _, counts in self.dense:
            if name == "contacts":
                number += int(np.moveaxis(counts[..., 0], 1 + RESULT_AXIS, 0)[:written].sum())
        for rows in self.overflow:
            number += int(((rows["table"] == OverflowTable.CONTACTS) & (rows["key"][:, RESULT_AXIS] < written)).sum())
        return number

    def ends(self) -> Integers:
        """Return the alerts that leave the tallies with this day, by end."""
        by_end: Integers = np.zeros(len(End), dtype=np.int64)
        for name, _, counts in self.dense:
            if name == "alerts":
                by_end += np.moveaxis(counts, 1 + END_AXIS, 0).reshape(len(End), -1).sum(axis=1)
        for rows in self.overflow:
            ended = rows["key"][rows["table"] == OverflowTable.ALERTS, END_AXIS]
            by_end += np.bincount(ended, minlength=len(End))
        return by_end


def add_dense(recorder: Recorder, table: StoredTable, day: int, counts: Integers) -> None:
    """Add the cells of which not all measures are 0.

    Args:
        recorder: What they are added to.
        table: The table.
        day: Their day number.
        counts: (P, codes) or, where the table has several measures, (P, codes, measures).
    """
    several = len(table.measures) > 1
    places = np.nonzero(counts.any(axis=-1) if several else counts)
    amounts = counts[places] if several else counts[places][:, None]
    p, *codes = places
    recorder.add(table.name, keyed(table, np.full(len(p), day), p, codes), amounts)


def add_overflow(recorder: Recorder, table: StoredTable, p: int, start: int, rows: Records) -> None:
    """Add the overflow of a table in a province; ``start`` is the day number from which it counts its days."""
    codes = list(rows["key"][:, : len(table.coded)].T)
    amounts = rows["amounts"][:, : len(table.measures)].copy()
    recorder.add(table.name, keyed(table, rows["day"] + start, np.full(len(rows), p), codes), amounts)


def keyed(table: StoredTable, days: Integers, provinces: Integers, places: Sequence[Integers]) -> Integers:
    """Return the keys (rows, keys) of rows, from their places (rows,) along the axes of a dense array of the table."""
    codes = [
        place if column.codes is None else place + column.codes.start
        for column, place in zip(table.coded, places, strict=True)
    ]
    return np.column_stack([days, provinces, *codes])
