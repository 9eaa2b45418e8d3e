"""A province of the vector engine: its arrays, which grow as they must, and its day, kernel by kernel."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.tables import Tables
from sim.engines.vector.attempts import follow_attempts
from sim.engines.vector.cells import AttemptTables
from sim.engines.vector.chain import alert_scratch
from sim.engines.vector.contacts import ContactTables, score_contacts
from sim.engines.vector.day import finish, first_issue, take_warned
from sim.engines.vector.events import ROW_BITS
from sim.engines.vector.given import ProvinceDay, RunTables, day_of_province
from sim.engines.vector.guides import Guides
from sim.engines.vector.issue import warn
from sim.engines.vector.loop import run_day
from sim.engines.vector.records import (
    ALERT,
    CASE,
    COUNTERS,
    DESK,
    DESKS,
    ENTRY,
    EPISODE,
    FILED_CASE,
    FINDING,
    LATER_EVENT,
    LIMITS,
    LOG_ENTRY,
    NONE,
    OVERFLOW,
    SPARE,
    WARNED,
    Integers,
    Record,
    lines_of_cache,
)
from sim.engines.vector.residents import residents_of
from sim.engines.vector.scores import Output
from sim.engines.vector.scratch import attempt_scratch, contact_scratch
from sim.engines.vector.state import Arrays, Tallies
from sim.midnight.today import Today

APPENDED = ("heap", "stream", "later", "cases", "warned", "victims", "filed", "found", "sent", "overflow", "log")
"""Arrays that grow at their ends; the counter of what is in use of each has its name."""

EVENTS_TAKE = ("heap", "later", "cases", "warned", "victims", "overflow", "log")
"""Those of which an event of the loop may take entries."""
NO_LIMIT = (1 << 63) - 1


class Province:
    """The state of a province and the kernels of its day; ``seconds`` by kernel add up over the run."""

    def __init__(
        self,
        p: int,
        tables: Tables,
        run: RunTables,
        attempts: AttemptTables,
        guides: Guides,
        tallies: Tallies,
        block: int,
    ) -> None:
        self.p = p
        self.tables = tables
        self.run = run
        self.attempt_tables = attempts
        types = len(tables.detectors.classes) - 1
        self.contact_tables = ContactTables(run.rules, guides.contacts, tables.contact_moments, types)
        self.residents = residents_of(p, tables, guides.band[p], guides.stage[p])
        self.tallies = tallies
        self.block = block
        self.seconds: dict[str, float] = {}
        self.latest: ProvinceDay
        self.attempt_scratch = attempt_scratch(block)
        self.contact_scratch = contact_scratch(block)
        self.alert_room = alert_scratch(block)
        self._room = 4 * block
        self._areas = [0] * DESKS
        start = self._room
        self.arrays = Arrays(
            alerts=np.zeros(0, dtype=ALERT),
            alerts_free=np.empty(0, dtype=np.int64),
            episodes=np.zeros(0, dtype=EPISODE),
            episodes_free=np.empty(0, dtype=np.int64),
            heap=np.empty(start, dtype=np.int64),
            stream=np.empty(start, dtype=np.int64),
            later=np.empty(start, dtype=LATER_EVENT),
            lines=np.empty((DESKS, start), dtype=ENTRY),
            desks=np.zeros(DESKS, dtype=DESK),
            cases=np.empty(64, dtype=CASE),
            warned=np.empty(start, dtype=WARNED),
            victims=np.empty(64, dtype=np.int64),
            filed=np.empty(64, dtype=FILED_CASE),
            found=np.empty(start, dtype=FINDING),
            sent=np.empty(start, dtype=ALERT),
            overflow=np.empty(start, dtype=OVERFLOW),
            log=np.empty(start if self.is_logged else 0, dtype=LOG_ENTRY),
            counters=np.zeros(1, dtype=COUNTERS),
            limits=np.zeros(1, dtype=LIMITS),
        )
        self.counters["tick"] = NONE
        self.counters["midnight"] = NONE
        self._add_rows("alerts", start)
        self._add_rows("episodes", start)
        self._set_limits()

    @property
    def counters(self) -> Record:
        """The counters, which kernels change."""
        counters: Record = self.arrays.counters[0]
        return counters

    @property
    def is_logged(self) -> bool:
        """Whether any events are logged."""
        return self.run.rules.kept > 0

    def day(
        self,
        today: Today,
        people_bytes: NDArray[np.uint8],
        servers: Integers,
    ) -> None:
        """Run a day: attempts, contacts, alerts, events; see the kernels for the arguments."""
        p, run, tallies, block = self.p, self.run, self.tallies, self.block
        day = day_of_province(p, today, run.rules.start, people_bytes, servers)
        self._run(
            "attempts",
            lambda arrays: follow_attempts(
                p,
                self.attempt_tables,
                today,
                people_bytes,
                self.residents,
                Output(tallies.fates, arrays.found, arrays.log, arrays.counters),
                self.attempt_scratch,
            ),
        )
        self._run(
            "contacts",
            lambda arrays: score_contacts(
                p,
                self.contact_tables,
                today,
                self.residents.crowd,
                arrays.found,
                arrays.counters,
                self.contact_scratch,
            ),
        )
        self._run("alerts", lambda arrays: warn(block, run, day, arrays, tallies, self.alert_room))
        self.events(day)

    def events(self, day: ProvinceDay) -> None:
        """Run the events of a day, those known when it begins in order first."""
        self.latest = day
        began = perf_counter()
        self.arrays.stream[: self.counters["stream"]].sort()
        self._add("alerts", perf_counter() - began)
        self._run("events", lambda arrays: run_day(self.run, day, arrays, self.tallies, self.alert_room))

    def finish(self) -> None:
        """Count what is open when the run ends, with the latest day."""
        self._run("events", lambda arrays: finish(self.run.rules, self.latest, arrays, self.tallies))

    def warned(self, day: int) -> Integers:
        """Take out who was warned on a day, once for each alert."""
        numbers = np.empty(self.counters["warned"], dtype=np.int64)
        return numbers[: take_warned(day, self.arrays.warned, self.arrays.counters, numbers)]

    def take(self, name: str) -> NDArray[Any]:
        """Take out the entries of an array that are in use."""
        array: NDArray[Any] = getattr(self.arrays, name)
        entries = array[: self.counters[name]].copy()
        self.counters[name] = 0
        return entries

    def running_episodes(self) -> int:
        """Return the episodes that have come neither to a payment nor to an end."""
        episodes = self.arrays.episodes
        return int(((episodes["references"] > 0) & ~episodes["over"] & (episodes["paid"] == 0)).sum())

    def areas_of_day(self, end: int) -> list[int]:
        """Return the area under the line of each desk, of the day that ends at ``end``; to be asked once a day."""
        before = self._areas
        # Whoever expired in line on this day has been taken out, and the area corrected for it, before this is asked.
        self._areas = [int(desk["area"] + desk["waiting"] * (end - desk["changed"])) for desk in self.arrays.desks]
        return [now - then for now, then in zip(self._areas, before, strict=True)]

    def first_issue(self, otherwise: int) -> int:
        """Return the moment at which the first of the living alerts was issued."""
        return int(first_issue(self.arrays.alerts, otherwise))

    def _run(self, phase: str, kernel: Callable[[Arrays], bool]) -> None:
        """Run a kernel until it is done; each time that it stops because an array is full, let arrays grow."""
        began = perf_counter()
        while not kernel(self.arrays):
            self._grow()
        self._add(phase, perf_counter() - began)

    def _add(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    def _grow(self) -> None:
        """Double every array that has less than half of itself, or less than a block of events, to spare."""
        arrays, counters = self.arrays, self.counters
        grown: dict[str, NDArray[Any]] = {}
        for name in APPENDED:
            array: NDArray[Any] = getattr(arrays, name)
            used = int(counters[name])
            if len(array) < 2 * used + self._room and (name != "log" or self.is_logged):
                grown[name] = np.empty(2 * len(array) + self._room, dtype=array.dtype)
                grown[name][:used] = array[:used]
        longest = int(arrays.desks["entries"].max())
        places = arrays.lines.shape[1]
        if places < 2 * longest + self._room:
            grown["lines"] = np.empty((DESKS, 2 * places + self._room), dtype=ENTRY)
            grown["lines"][:, :longest] = arrays.lines[:, :longest]
        self.arrays = arrays._replace(**grown)
        has_grown = bool(grown)
        for name in ("alerts", "episodes"):
            rows = len(getattr(arrays, name))
            if counters[f"{name}_free"] < rows // 2 + self._room:
                self._add_rows(name, rows + self._room)
                has_grown = True
        if not has_grown:
            self._room *= 2
        self._set_limits()

    def _set_limits(self) -> None:
        """Note how full each array may be before one more event."""
        limits = self.arrays.limits[0]
        for name in EVENTS_TAKE:
            limits[name] = len(getattr(self.arrays, name)) - SPARE if name != "log" or self.is_logged else NO_LIMIT
        limits["entries"] = self.arrays.lines.shape[1] - SPARE

    def _add_rows(self, name: str, count: int) -> None:
        """Add free rows of alerts or episodes; the next one taken is the first of them."""
        array: NDArray[Any] = getattr(self.arrays, name)
        if len(array) + count > 1 << ROW_BITS:
            raise OverflowError(f"more than {1 << ROW_BITS} {name} at once in a province; an event numbers no more")
        free: Integers = getattr(self.arrays, f"{name}_free")
        larger = lines_of_cache(len(array) + count, array.dtype)
        larger[: len(array)] = array
        larger["row"] = np.arange(len(larger))
        in_use = int(self.counters[f"{name}_free"])
        places = np.empty(len(larger), dtype=np.int64)
        places[:in_use] = free[:in_use]
        places[in_use : in_use + count] = np.arange(len(larger) - 1, len(array) - 1, -1)
        self.counters[f"{name}_free"] += count
        self.arrays = self.arrays._replace(**{name: larger, f"{name}_free": places})
