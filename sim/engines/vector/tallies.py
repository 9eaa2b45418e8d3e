"""The dense counts of all provinces, and how they get into the recorder's tables when a day is over."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.engines.tables import Tables
from sim.engines.vector.layout import RARE_ALERTS, RARE_CONTACTS, RARE_HOURS, RARE_WAITS
from sim.engines.vector.state import Tallies
from sim.labels import (
    CHANNELS,
    CONTACT_CHANNELS,
    CONTACT_RESULTS,
    DESK_CHANNELS,
    ENDS,
    FATES,
    OUTCOMES,
    SEXES,
    SOURCES,
    TIERS,
    TRUTHS,
)
from sim.results.recorder import Recorder

MOST_DAYS = 32
"""Days from today, or back from it, for which alerts and contacts have a dense tally; others are rare."""
BINS = 48
DESKS_FROM = CONTACT_CHANNELS.index(DESK_CHANNELS[0])

Integers = NDArray[np.int64]


class Counts:
    """Tallies of all provinces, (P, ...) each as ``Tallies`` describes; ``ends`` counts alerts by end over the run."""

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
        self.ends: Counter[int] = Counter()

    def of(self, p: int) -> Tallies:
        """Return the part of a province."""
        return Tallies(self.fates[p], self.alerts[p], self.contacts[p], self.waits[p], self.busy[p], self.outcomes[p])

    def close(self, day: int, seats: Integers, recorder: Recorder, everything: bool) -> None:
        """Hand over the day and move on to the next; with ``everything`` all days of issue, not only the oldest."""
        add_cells(recorder, "attempts", day, self.fates)
        self.fates[:] = 0
        add_rows(recorder, "contacts", day, self.contacts[:, 0])
        add_cells(recorder, "waits", day, self.waits[:, 0])
        add_rows(recorder, "outcomes", day, self.outcomes)
        self.outcomes[:] = 0
        hours = np.stack([self.busy[:, 0], seats * HALF_HOUR_MS], axis=-1)
        p, desk, half_hour = np.nonzero(hours.any(axis=-1))
        keys = np.column_stack([np.full(len(p), day), p, desk + DESKS_FROM, half_hour])
        recorder.add("hours", keys, hours[p, desk, half_hour])
        for ahead in (self.contacts, self.waits, self.busy):
            ahead[:, :-1] = ahead[:, 1:]
            ahead[:, -1] = 0
        days = self.alerts.shape[1]
        for ago in range(days) if everything else (days - 1,):
            for end, count in enumerate(self.alerts[:, ago].sum(axis=(0, 1, 2, 3))):
                self.ends[end] += int(count)
            add_cells(recorder, "alerts", day - ago, self.alerts[:, ago])
            self.alerts[:, ago] = 0
        self.alerts[:, 1:] = self.alerts[:, :-1].copy()
        self.alerts[:, 0] = 0

    def rare(self, p: int, rows: Integers, recorder: Recorder, start: int) -> None:
        """Hand over what no tally holds: see ``layout``."""
        for table, name, keys in (
            (RARE_ALERTS, "alerts", 4),
            (RARE_CONTACTS, "contacts", 3),
            (RARE_WAITS, "waits", 3),
            (RARE_HOURS, "hours", 2),
        ):
            some = rows[rows[:, 0] == table]
            if not len(some):
                continue
            key = np.column_stack([some[:, 1] + start, np.full(len(some), p), some[:, 2 : 2 + keys]])
            if name == "hours":
                key[:, 2] += DESKS_FROM
            if name == "alerts":
                self.ends.update({end: int((some[:, 5] == end).sum()) for end in range(len(ENDS))})
            values = some[:, 6:8] if name in ("contacts", "hours") else some[:, 6:7]
            recorder.add(name, key, values.copy())


def add_cells(recorder: Recorder, table: str, day: int, counts: Integers) -> None:
    """Add every cell that is not 0, keyed by the day and its place."""
    places = np.nonzero(counts)
    recorder.add(table, np.column_stack([np.full(len(places[0]), day), *places]), counts[places][:, None])


def add_rows(recorder: Recorder, table: str, day: int, counts: Integers) -> None:
    """Add every row along the last axis that is not all 0, keyed by the day and its place."""
    places = np.nonzero(counts.any(axis=-1))
    recorder.add(table, np.column_stack([np.full(len(places[0]), day), *places]), counts[places])
