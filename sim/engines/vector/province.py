"""A province of the vector engine: its arrays, which grow as they must, and its day, kernel by kernel."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from sim.engines.tables import Tables
from sim.engines.vector.attempts import AttemptDay, Output, pass_gates
from sim.engines.vector.cells import AttemptTables
from sim.engines.vector.contacts import ContactTables, score_contacts
from sim.engines.vector.day import begin_day, close_day, finish, first_issue, take_heard
from sim.engines.vector.events import ROW_BITS
from sim.engines.vector.guides import Guides
from sim.engines.vector.issue import send, settle
from sim.engines.vector.layout import (
    ALERT_COLUMNS,
    AREA,
    CASE_COLUMNS,
    CHANGED,
    EPISODE_COLUMNS,
    FINDING_COLUMNS,
    N_ALERTS_FREE,
    N_CASES,
    N_COUNTERS,
    N_EPISODES_FREE,
    N_FILED,
    N_FOUND,
    N_HEAP,
    N_HEARD,
    N_LATER,
    N_LINE,
    N_LOG,
    N_RARE,
    N_SENT,
    N_STREAM,
    N_VICTIMS,
    OVER,
    PAID,
    RARE_COLUMNS,
    REFERENCES,
    ROOM,
    SENT_COLUMNS,
    TICK,
    WAITS_NOW,
)
from sim.engines.vector.log import LOG_COLUMNS
from sim.engines.vector.loop import run_day
from sim.engines.vector.residents import residents_of
from sim.engines.vector.rules import Rules
from sim.engines.vector.scratch import attempt_scratch, contact_scratch
from sim.engines.vector.state import DESKS, Arrays, Rows, Tallies, scratch
from sim.midnight.today import Today

IN_USE = {
    "heap": N_HEAP,
    "stream": N_STREAM,
    "later": N_LATER,
    "cases": N_CASES,
    "heard": N_HEARD,
    "victims": N_VICTIMS,
    "filed": N_FILED,
    "found": N_FOUND,
    "sent": N_SENT,
    "rare": N_RARE,
    "log": N_LOG,
}
"""The counter of what is in use of each array that grows at its end."""

EVENTS_TAKE = ("heap", "later", "cases", "heard", "victims", "rare", "log")
"""Arrays of which an event of the loop may take rows."""
NO_BOUND = (1 << 63) - 1


class Province:
    """The state of a province and the kernels of its day; ``seconds`` by kernel add up over the run."""

    def __init__(self, p: int, tables: Tables, rules: Rules, guides: Guides, tallies: Tallies, block: int) -> None:
        self.p = p
        self.tables = tables
        self.rules = rules
        self.attempt_tables = AttemptTables(rules, guides.attempts, tables.moments, tables.answered, tables.detectors)
        types = len(tables.detectors.classes) - 1
        self.contact_tables = ContactTables(rules, guides.contacts, tables.contact_moments, types)
        self.residents = residents_of(p, tables, guides.band[p])
        self.tallies = tallies
        self.block = block
        self.seconds: dict[str, float] = {}
        self.attempt_scratch = attempt_scratch(block)
        self.contact_scratch = contact_scratch(block)
        self.room = scratch(block)
        self._room = 4 * block
        self._areas = [0] * DESKS

        def rows(count: int, columns: int = 0) -> Rows:
            return np.empty((count, columns) if columns else count, dtype=np.int64)

        start = self._room
        self.v = Arrays(
            alerts=np.zeros((0, ALERT_COLUMNS), dtype=np.int64),
            alerts_free=rows(0),
            episodes=np.zeros((0, EPISODE_COLUMNS), dtype=np.int64),
            episodes_free=rows(0),
            heap=rows(start),
            stream=rows(start),
            later=rows(start, 2),
            ranks=rows(2 * start).reshape(2, start),
            rows=rows(2 * start).reshape(2, start),
            cases=rows(64, CASE_COLUMNS),
            heard=rows(start),
            victims=rows(64),
            filed=rows(64, 2),
            found=rows(start, FINDING_COLUMNS),
            sent=rows(start, SENT_COLUMNS),
            rare=rows(start, RARE_COLUMNS),
            log=rows(start if rules.kept else 0, LOG_COLUMNS),
            counters=np.zeros(N_COUNTERS, dtype=np.int64),
            most=np.full(N_COUNTERS, NO_BOUND, dtype=np.int64),
        )
        self.v.counters[TICK] = -1
        self._add_rows("alerts", N_ALERTS_FREE, start)
        self._add_rows("episodes", N_EPISODES_FREE, start)
        self._bound()

    def day(
        self,
        today: Today,
        people_bytes: NDArray[np.uint8],
        slots: NDArray[np.int64],
        raided: NDArray[np.uint8],
        most_engaged: NDArray[np.int64],
        seats: Rows,
    ) -> None:
        """Run a day: attempts, contacts, alerts, events; see the kernels for the arguments."""
        p, tables, rules, tallies, block = self.p, self.tables, self.rules, self.tallies, self.block
        attempt_day = AttemptDay(slots, raided, most_engaged, people_bytes)
        self._run("alerts", lambda v: begin_day(rules, today, v))
        self._run(
            "attempts",
            lambda v: pass_gates(
                p,
                self.attempt_tables,
                today,
                attempt_day,
                self.residents,
                Output(tallies.fates, v.found, v.log, v.counters),
                self.attempt_scratch,
            ),
        )
        self._run(
            "contacts",
            lambda v: score_contacts(
                p, self.contact_tables, today, self.residents.crowd, v.found, v.counters, self.contact_scratch
            ),
        )
        self._run(
            "alerts",
            lambda v: send(
                p, block, rules, today, tables.delays, tables.episodes, tables.people, v, tallies.outcomes, self.room
            ),
        )
        self._run(
            "alerts",
            lambda v: settle(
                p, block, rules, today, tables.delays, tables.people, tables.detectors, v, tallies, self.room
            ),
        )
        self.events(today, people_bytes, seats)

    def events(self, today: Today, people_bytes: NDArray[np.uint8], seats: Rows) -> None:
        """Run the events of a day, those known when it begins in order first; ``seats`` (2, 48) by desk."""
        p, tables, rules, tallies = self.p, self.tables, self.rules, self.tallies
        began = perf_counter()
        self.v.stream[: self.v.counters[N_STREAM]].sort()
        self._add("alerts", perf_counter() - began)
        self._run(
            "events",
            lambda v: run_day(
                p, rules, today, tables.people, people_bytes, tables.delays, tables.detectors, tables.service,
                tables.episodes, tables.dissuasion, tables.reports, seats, v, tallies,
            ),
        )  # fmt: skip
        self._run("events", lambda v: close_day(p, rules, today, v, tallies))

    def finish(self, today: Today) -> None:
        """Count what is open when the run ends."""
        self._run("events", lambda v: finish(self.p, self.rules, today, v, self.tallies))

    def heard(self, day: int) -> Rows:
        """Take out who heard an alert on a day, once for each."""
        numbers = np.empty(self.v.counters[N_HEARD], dtype=np.int64)
        return numbers[: take_heard(day, self.v, numbers)]

    def take(self, name: str) -> Rows:
        """Take out the rows of an array that are in use."""
        counter = IN_USE[name]
        array: Rows = getattr(self.v, name)
        rows = array[: self.v.counters[counter]].copy()
        self.v.counters[counter] = 0
        return rows

    def running_episodes(self) -> int:
        """Return the episodes that have come neither to a payment nor to an end."""
        episodes = self.v.episodes
        alive = episodes[:, REFERENCES] > 0
        return int((alive & (episodes[:, OVER] == 0) & (episodes[:, PAID] == 0)).sum())

    def areas_of_day(self, end: int) -> list[int]:
        """Return the area under the line of each desk, of the day that ends at ``end``; to be asked once a day."""
        counters = self.v.counters
        before = self._areas
        # Whoever expired in line on this day has been taken out, and the area corrected for it, before this is asked.
        self._areas = [
            int(counters[AREA + desk] + counters[WAITS_NOW + desk] * (end - counters[CHANGED + desk]))
            for desk in range(DESKS)
        ]
        return [now - then for now, then in zip(self._areas, before, strict=True)]

    def first_issue(self, otherwise: int) -> int:
        """Return the moment at which the first of the living alerts was issued."""
        return int(first_issue(self.v, otherwise))

    def _run(self, phase: str, kernel: Callable[[Arrays], bool]) -> None:
        """Run a kernel until it is done; each time that it stops because an array is full, let arrays grow."""
        began = perf_counter()
        while not kernel(self.v):
            self._grow()
        self._add(phase, perf_counter() - began)

    def _add(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    def _grow(self) -> None:
        """Double every array that has less than half of itself, or less than a block of events, to spare."""
        v, counters = self.v, self.v.counters
        grown: dict[str, Rows] = {}
        for name, counter in IN_USE.items():
            array: Rows = getattr(v, name)
            if len(array) < 2 * counters[counter] + self._room and (name != "log" or self.rules.kept):
                larger = np.empty((2 * len(array) + self._room, *array.shape[1:]), dtype=np.int64)
                larger[: counters[counter]] = array[: counters[counter]]
                grown[name] = larger
        longest = int(np.max(counters[N_LINE : N_LINE + DESKS]))
        if v.rows.shape[1] < 2 * longest + self._room:
            for name in ("ranks", "rows"):
                lines = np.empty((2, 2 * v.rows.shape[1] + self._room), dtype=np.int64)
                lines[:, :longest] = getattr(v, name)[:, :longest]
                grown[name] = lines
        self.v = v._replace(**grown)
        before = len(v.alerts), len(v.episodes)
        if counters[N_ALERTS_FREE] < len(v.alerts) // 2 + self._room:
            self._add_rows("alerts", N_ALERTS_FREE, len(v.alerts) + self._room)
        if counters[N_EPISODES_FREE] < len(v.episodes) // 2 + self._room:
            self._add_rows("episodes", N_EPISODES_FREE, len(v.episodes) + self._room)
        if not grown and before == (len(self.v.alerts), len(self.v.episodes)):
            self._room *= 2
        self._bound()

    def _bound(self) -> None:
        """Note how full each array may be before one more event."""
        for name in EVENTS_TAKE:
            if name != "log" or self.rules.kept:
                self.v.most[IN_USE[name]] = len(getattr(self.v, name)) - ROOM
        self.v.most[N_LINE : N_LINE + DESKS] = self.v.rows.shape[1] - ROOM

    def _add_rows(self, name: str, counter: int, count: int) -> None:
        """Add free rows of alerts or episodes; the next one taken is the first of them."""
        array: Rows = getattr(self.v, name)
        if len(array) + count > 1 << ROW_BITS:
            raise OverflowError(f"more than {1 << ROW_BITS} {name} at once in a province; an event numbers no more")
        free: Rows = getattr(self.v, f"{name}_free")
        larger = np.zeros((len(array) + count, array.shape[1]), dtype=np.int64)
        larger[: len(array)] = array
        in_use = int(self.v.counters[counter])
        places = np.empty(len(larger), dtype=np.int64)
        places[:in_use] = free[:in_use]
        places[in_use : in_use + count] = np.arange(len(larger) - 1, len(array) - 1, -1)
        self.v.counters[counter] += count
        self.v = self.v._replace(**{name: larger, f"{name}_free": places})
