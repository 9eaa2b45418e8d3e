"""The dense counts of all provinces, and how they get into the recorder's tables when a day is over."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.engines.codes import WAS_UNREAD
from sim.engines.tables import Tables
from sim.engines.vector.records import OverflowTable, Records
from sim.engines.vector.state import Tallies
from sim.labels import (
    CHANNELS,
    CONTACT_CHANNELS,
    CONTACT_RESULTS,
    DESK_CHANNELS,
    ENDS,
    FATES,
    OUTCOMES,
    REPORT_DELAYS_MS,
    SEXES,
    SOURCES,
    TIERS,
    TRUTHS,
)
from sim.results.recorder import Recorder

MOST_DAYS = 32
"""Days from today, or back from it, for which alerts and contacts have a dense tally; others overflow."""
BINS = 48
DESKS_FROM = CONTACT_CHANNELS.index(DESK_CHANNELS[0])

Integers = NDArray[np.int64]


class Counts:
    """Tallies of all provinces, (P, ...) each as ``Tallies`` describes."""

    def __init__(self, tables: Tables) -> None:
        provinces = len(tables.provinces)
        longest = max(tier.deadline for tier in tables.tiers)
        days = min(longest // DAY_MS + 2, MOST_DAYS)
        types, bands = tables.episodes.dropout.shape[0], tables.people.internet.shape[2]
        self.fates = np.zeros((provinces, len(CHANNELS), types, len(FATES)), dtype=np.int64)
        self.alerts = np.zeros((provinces, days, len(SOURCES), len(TIERS), len(TRUTHS), len(ENDS)), dtype=np.int64)
        contact = (len(TIERS), len(CONTACT_CHANNELS))
        self.contacts = np.zeros((provinces, days, *contact, len(CONTACT_RESULTS), 2), dtype=np.int64)
        self.waits = np.zeros((provinces, days, *contact, BINS), dtype=np.int64)
        self.busy = np.zeros((provinces, 2, len(DESK_CHANNELS), HALF_HOURS), dtype=np.int64)
        self.outcomes = np.zeros((provinces, types, bands, len(SEXES), len(OUTCOMES)), dtype=np.int64)
        self.cases = np.zeros((provinces, types, len(REPORT_DELAYS_MS) + 1, BINS), dtype=np.int64)

    def of(self, p: int) -> Tallies:
        """Return the part of a province."""
        return Tallies(**{name: getattr(self, name)[p] for name in Tallies._fields})

    def leave(self, day: int, seats: Integers, overflow: list[Records], everything: bool) -> "DayCounts":
        """Take out what a day counted and move on to the next; ``overflow`` rows by province, see ``records``.

        With ``everything`` alerts of all days of issue are taken out, not only of the oldest.
        """
        days = self.alerts.shape[1]
        counts = DayCounts(
            day=day,
            fates=self.fates.copy(),
            contacts=self.contacts[:, 0].copy(),
            waits=self.waits[:, 0].copy(),
            hours=np.stack([self.busy[:, 0], seats * HALF_HOUR_MS], axis=-1),
            outcomes=self.outcomes.copy(),
            cases=self.cases.copy(),
            alerts=[(day - ago, self.alerts[:, ago].copy()) for ago in (range(days) if everything else (days - 1,))],
            overflow=overflow,
        )
        self.fates[:] = 0
        self.outcomes[:] = 0
        self.cases[:] = 0
        for ahead in (self.contacts, self.waits, self.busy):
            ahead[:, :-1] = ahead[:, 1:]
            ahead[:, -1] = 0
        if everything:
            self.alerts[:] = 0
        self.alerts[:, 1:] = self.alerts[:, :-1].copy()
        self.alerts[:, 0] = 0
        return counts


@dataclass(frozen=True)
class DayCounts:
    """What a day counted, ready for the recorder: arrays of all provinces, and rows of what no array holds."""

    day: int
    fates: Integers
    contacts: Integers
    waits: Integers
    hours: Integers
    outcomes: Integers
    cases: Integers
    alerts: list[tuple[int, Integers]]
    overflow: list[Records]

    def hand_over(self, recorder: Recorder, start: int) -> None:
        """Add everything to the recorder's tables; ``start`` is the day from which overflow rows count theirs."""
        add_cells(recorder, "attempts", self.day, self.fates)
        add_rows(recorder, "contacts", self.day, self.contacts)
        add_cells(recorder, "waits", self.day, self.waits)
        add_rows(recorder, "outcomes", self.day, self.outcomes)
        add_cells(recorder, "cases", self.day, self.cases)
        p, desk, half_hour = np.nonzero(self.hours.any(axis=-1))
        keys = np.column_stack([np.full(len(p), self.day), p, desk + DESKS_FROM, half_hour])
        recorder.add("hours", keys, self.hours[p, desk, half_hour])
        for issued, counts in self.alerts:
            add_cells(recorder, "alerts", issued, counts)
        for place, rows in enumerate(self.overflow):
            for table, (codes, amounts) in self.overflow_widths().items():
                some = rows[rows["table"] == table]
                if len(some):
                    name = table.name.lower()
                    key = np.column_stack([some["day"] + start, np.full(len(some), place), some["key"][:, :codes]])
                    key[:, 2] += DESKS_FROM if name == "hours" else 0
                    recorder.add(name, key, some["amounts"][:, :amounts].copy())

    def overflow_widths(self) -> dict[OverflowTable, tuple[int, int]]:
        """Return how many codes in their key, beside day and province, and how many amounts overflow rows have."""
        return {
            OverflowTable.ALERTS: (self.alerts[0][1].ndim - 1, 1),
            OverflowTable.CONTACTS: (self.contacts.ndim - 2, self.contacts.shape[-1]),
            OverflowTable.WAITS: (self.waits.ndim - 1, 1),
            OverflowTable.HOURS: (self.hours.ndim - 2, self.hours.shape[-1]),
        }

    def last_codes(self, table: OverflowTable) -> Integers:
        """Return the last code in the key of each overflow row of a table."""
        codes, _ = self.overflow_widths()[table]
        return np.concatenate([rows["key"][rows["table"] == table, codes - 1] for rows in self.overflow])

    def messages(self) -> int:
        """Return the messages that were read, given up or left behind on this day, or overflow and count with it."""
        within = self.contacts[..., : WAS_UNREAD + 1, 0].sum()
        return int(within + (self.last_codes(OverflowTable.CONTACTS) <= WAS_UNREAD).sum())

    def ends(self) -> Integers:
        """Return the alerts that leave the tallies with this day, by end."""
        by_end: Integers = np.bincount(self.last_codes(OverflowTable.ALERTS), minlength=len(ENDS))
        for _, counts in self.alerts:
            by_end += counts.sum(axis=(0, 1, 2, 3))
        return by_end


def add_cells(recorder: Recorder, table: str, day: int, counts: Integers) -> None:
    """Add every cell that is not 0, keyed by the day and its place."""
    places = np.nonzero(counts)
    recorder.add(table, np.column_stack([np.full(len(places[0]), day), *places]), counts[places][:, None])


def add_rows(recorder: Recorder, table: str, day: int, counts: Integers) -> None:
    """Add every row along the last axis that is not all 0, keyed by the day and its place."""
    places = np.nonzero(counts.any(axis=-1))
    recorder.add(table, np.column_stack([np.full(len(places[0]), day), *places]), counts[places])
