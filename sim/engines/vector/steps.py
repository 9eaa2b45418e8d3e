"""A day's steps over the provinces of a run, and the workers that share them.

The steps of a day, each for many provinces in one call.

Passing all its arrays to a kernel takes as long as its work for a thousandth of a province. So a kernel takes those of
all provinces at once, and a list of the provinces to work on: all of them, or one if several threads share the work. It
stops at a province with a full array, and resumes there when that has grown.

The provinces of a run: their states, and the workers that share the work of a day.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, thread_time
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.country.provinces import at_once
from sim.draws.compile_process import Beside
from sim.draws.compiled import Kept, compiled, inlined, kept_in
from sim.engines.tables import Tables
from sim.engines.vector import attempts as vector_attempts
from sim.engines.vector import records
from sim.engines.vector.cells import AttemptTables, People, attempt_tables, crowd_of, guides_of, residents_of
from sim.engines.vector.contacts import ContactTables, score_contacts
from sim.engines.vector.day import Province, finish, take_warned
from sim.engines.vector.issue import AlertScratch, alert_scratch, warn
from sim.engines.vector.loop import run_day
from sim.engines.vector.state import Arrays, Tallies
from sim.midnight.today import Today, blank_day


class CountryDay(NamedTuple):
    """The values of a day for all provinces, in addition to ``Today``.

    ``people_bytes`` of all people; ``coverage`` (P, 2) and ``outage`` (P, 2) by province first.
    """

    people_bytes: NDArray[np.uint8]
    coverage: records.Integers
    outage: records.Integers


class OfDay(NamedTuple):
    """All values of a day."""

    today: Today
    country: CountryDay


class KeptCountry(NamedTuple):
    """The inputs of the steps of a day: the state of each province, and the values of the run and the day."""

    states: Kept[Arrays]
    run: Kept[records.RunTables]
    attempts: Kept[AttemptTables]
    contacts: Kept[ContactTables]
    people: Kept[People]
    tallies: Kept[Tallies]
    days: Kept[OfDay]


@inlined
def day_of(p: int, start: int, day: OfDay, people: People) -> records.ProvinceDay:
    """Return the values of a day for a province; the period starts with day number ``start``."""
    today, country = day.today, day.country
    return records.ProvinceDay(
        province=p,
        number=today.day,
        offset=today.day - start,
        midnight=(today.day - start) * DAY_MS,
        app=today.app,
        held=today.held[p],
        delayed=today.delayed[p],
        reach=today.reach[p],
        searches=today.searches[p],
        known=today.known[p],
        data_sharing=today.data_sharing[p],
        loss_factor=today.loss_factor,
        coverage=country.coverage[p],
        outage=country.outage[p],
        awareness=today.awareness[p],
        people_bytes=country.people_bytes[people.first[p] : people.first[p + 1]],
        staffed=today.staffed[p],
    )


# Each step takes ``some`` provinces, begins at position ``at`` of them and returns the position of the first that is
# not done because an array is full, or their number when all are done.


@compiled
def follow_all_attempts(
    some: records.Integers, at: int, kept: Kept[KeptCountry], room: Kept[vector_attempts.AttemptScratch]
) -> int:
    """Pass the gates with the attempts of some provinces, and follow those that may have an effect."""
    country = kept_in(kept, 0)
    tables, run, people = kept_in(country.attempts, 0), kept_in(country.run, 0), kept_in(country.people, 0)
    day = kept_in(country.days, 0)
    scratch = kept_in(room, 0)
    for k in range(at, len(some)):
        p = some[k]
        arrays = kept_in(country.states, p)
        residents = residents_of(p, people, run.people)
        people_bytes = day.country.people_bytes[people.first[p] : people.first[p + 1]]
        output = vector_attempts.Output(kept_in(country.tallies, p).fates, arrays.found, arrays.log, arrays.counters)
        if not vector_attempts.follow_attempts(p, tables, day.today, people_bytes, residents, output, scratch):
            return k
    return len(some)


@compiled
def score_all_contacts(
    some: records.Integers, at: int, kept: Kept[KeptCountry], room: Kept[vector_attempts.ContactScratch]
) -> int:
    """Record the legitimate contacts of some provinces on which a detector raises an alert."""
    country = kept_in(kept, 0)
    tables, people, scratch = kept_in(country.contacts, 0), kept_in(country.people, 0), kept_in(room, 0)
    today = kept_in(country.days, 0).today
    for k in range(at, len(some)):
        p = some[k]
        arrays = kept_in(country.states, p)
        if not score_contacts(p, tables, today, crowd_of(p, people), arrays.found, arrays.counters, scratch):
            return k
    return len(some)


@compiled
def warn_all(some: records.Integers, at: int, kept: Kept[KeptCountry], room: Kept[AlertScratch]) -> int:
    """Send and issue the alerts of some provinces."""
    country = kept_in(kept, 0)
    run, people = kept_in(country.run, 0), kept_in(country.people, 0)
    day = kept_in(country.days, 0)
    scratch = kept_in(room, 0)
    for k in range(at, len(some)):
        p = some[k]
        arrays = kept_in(country.states, p)
        of_day = day_of(p, run.rules.start, day, people)
        if not warn(len(scratch.rows), run, of_day, people.band_guide[p], arrays, kept_in(country.tallies, p), scratch):
            return k
    return len(some)


@compiled
def run_all_events(some: records.Integers, at: int, kept: Kept[KeptCountry], room: Kept[AlertScratch]) -> int:
    """Run the events of a day in some provinces."""
    country = kept_in(kept, 0)
    run, people = kept_in(country.run, 0), kept_in(country.people, 0)
    day = kept_in(country.days, 0)
    scratch = kept_in(room, 0)
    for k in range(at, len(some)):
        p = some[k]
        of_day = day_of(p, run.rules.start, day, people)
        if not run_day(run, of_day, kept_in(country.states, p), kept_in(country.tallies, p), scratch):
            return k
    return len(some)


@compiled
def finish_all(some: records.Integers, at: int, kept: Kept[KeptCountry]) -> int:
    """Count what is still open in some provinces when the run ends."""
    country = kept_in(kept, 0)
    run, people = kept_in(country.run, 0), kept_in(country.people, 0)
    day = kept_in(country.days, 0)
    for k in range(at, len(some)):
        p = some[k]
        of_day = day_of(p, run.rules.start, day, people)
        if not finish(run.rules, of_day, kept_in(country.states, p), kept_in(country.tallies, p)):
            return k
    return len(some)


@compiled
def take_all_warned(day: int, states: Kept[Arrays], numbers: records.Integers, ends: records.Integers) -> None:
    """Remove the people warned on a day from all provinces.

    ``numbers``, long enough for all, is filled with numbers of people, province by province, once for each alert;
    ``ends`` (P,) with the end of each province's part.
    """
    at = 0
    for p in range(len(ends)):
        arrays = kept_in(states, p)
        at += take_warned(day, arrays.warned, arrays.counters, numbers[at:])
        ends[p] = at


WORTH_THREADS_S = 0.01
"""After a day that took less processor time, one thread does the next day alone: sharing would take longer."""


class Country:
    """The provinces of a run, and the work of a day."""

    def __init__(
        self, tables: Tables, rules: records.Rules, tallies: Tallies, block: int, threads: int, compiler: Beside
    ) -> None:
        """Begin before the first day.

        Args:
            tables: Of the run.
            rules: Of the run.
            tallies: The running counts; the first axis of each is the province.
            block: Attempts, contacts or alerts that are settled together.
            threads: The most threads that share the provinces of a day.
            compiler: Compiles the events of a day in another process, if that is needed.
        """
        self.compiler = compiler
        guides = guides_of(tables)
        number = len(tables.provinces)
        types = len(tables.detectors.classes) - 1
        self.counters: records.Records = np.zeros(number, dtype=records.COUNTERS)
        self.desks: records.Records = np.zeros((number, records.DESKS), dtype=records.DESK)
        self.provinces = [
            Province(block, rules.kept > 0, self.counters[p : p + 1], self.desks[p]) for p in range(number)
        ]
        self._run = Kept(records.run_tables(tables, rules))
        self._attempts = Kept(attempt_tables(tables, rules, guides.attempts))
        self._contacts = Kept(ContactTables(rules, guides.contacts, tables.contact_moments, types))
        self._people = Kept(
            People(
                tables.provinces.people,
                tables.provinces.high,
                tables.high_share,
                np.concatenate([[0], np.cumsum(tables.provinces.people)]),
                guides.band,
                guides.stage,
            )
        )
        self._tallies = Kept(*(Tallies(*(part[p] for part in tallies)) for p in range(number)))
        self._states = Kept(*(province.arrays for province in self.provinces))
        self.all = np.arange(number)
        # The largest first, so that no thread is left alone with one of them in the end.
        self._in_turn = [self.all[p : p + 1] for p in np.argsort(-tables.provinces.people, kind="stable")]
        self._deadlines = rules.deadline
        self._detectors, self._guides = tables.detectors, guides.contacts
        self._areas: records.Integers = np.zeros((number, records.DESKS), dtype=np.int64)
        self._workers = [Worker(self, block) for _ in range(min(threads, number))]
        self._pool = ThreadPoolExecutor(len(self._workers)) if len(self._workers) > 1 else None
        self._latest_s = 0.0
        self._at_midnight: tuple[records.Integers, records.Integers]
        self._days: Kept[OfDay] | None = None
        self.kept: Kept[KeptCountry]
        if compiler.is_wanted:
            # Types are all it needs, and those of a day are known before the first midnight.
            integers = np.zeros((0, 0), dtype=np.int64)
            day = OfDay(blank_day(), CountryDay(np.zeros(0, dtype=np.uint8), integers, integers))
            compiler.compile(self.all, 0, self._kept(Kept(day)), self._workers[0].alerts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        # Workers and country refer to each other, and such cycles may not be collected for a long time.
        self._workers.clear()

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by step, of all workers and days so far."""
        names = list(self._workers[0].seconds)
        return {name: sum(worker.seconds.get(name, 0.0) for worker in self._workers) for name in names}

    def spread(self, act: Callable[[slice], None], provinces: int) -> None:
        """Share the work of ``act`` between threads as for days; this is the ``Spread`` of midnights."""
        if self._pool is None or self._latest_s < WORTH_THREADS_S:
            at_once(act, provinces)
            return
        for done in [self._pool.submit(act, slice(p, p + 1)) for p in range(provinces)]:
            done.result()

    def day(self, today: Today, day: CountryDay) -> None:
        """Run a day: attempts, contacts, alerts, events."""
        if not np.array_equal(today.scores, self._detectors.thresholds):
            # In place: kernels hold these arrays.
            self._detectors.thresholds[:] = today.scores
            self._guides.fill(self._detectors)
        if self._days is None:  # finding the types of all arrays takes longer than simulating some days
            self._days = Kept(OfDay(today, day))
            self.kept = self._kept(self._days)
        else:
            self._days.put(0, OfDay(today, day))
        self._at_midnight = self.counters["issued"].copy(), self.desks["expired"].copy()
        before = self._busy_s
        if self._pool is None or self._latest_s < WORTH_THREADS_S:
            self._workers[0].day(self.all)
        else:
            provinces = deque(self._in_turn)
            for done in [self._pool.submit(worker.days, provinces) for worker in self._workers]:
                done.result()
        self._latest_s = self._busy_s - before

    def _kept(self, days: Kept[OfDay]) -> Kept[KeptCountry]:
        """Return the inputs of the steps of a day."""
        parts = self._states, self._run, self._attempts, self._contacts, self._people, self._tallies
        return Kept(KeptCountry(*parts, days))

    @property
    def _busy_s(self) -> float:
        """Processor time of all workers so far, in seconds."""
        return sum(worker.busy_s for worker in self._workers)

    def finish(self) -> None:
        """Count what is still open when the run ends, on the latest day."""
        self._workers[0].finish(self.all)

    def grow(self, p: int) -> None:
        """Grow the arrays of a province, one of which is full."""
        self.provinces[p].grow()
        self._states.put(p, self.provinces[p].arrays)

    def take(self, name: str) -> list[NDArray[Any]]:
        """Remove and return the entries in use of an array, by province."""
        nothing: NDArray[Any] = getattr(self.provinces[0].arrays, name)[:0]
        found = [nothing] * len(self.provinces)
        for p in np.flatnonzero(self.counters[name]):
            found[p] = self.provinces[p].take(name)
        return found

    def take_warned(self, day: int) -> list[records.Integers]:
        """Remove and return the people warned on a day, by province, once for each alert."""
        numbers = np.empty(int(self.counters["warned"].sum()), dtype=np.int64)
        ends = np.empty(len(self.provinces), dtype=np.int64)
        take_all_warned(day, self._states, numbers, ends)
        return np.split(numbers[: ends[-1]], ends[:-1])

    def areas_of_day(self, end: int) -> records.Integers:
        """Return the areas (P, desks) under the queues of the day that ends at ``end``; call it once a day."""
        # Alerts that expired in the queue on this day are already removed, and the areas corrected.
        desks = self.desks
        now: records.Integers = desks["area"] + desks["waiting"] * (end - desks["changed"])
        of_day: records.Integers = now - self._areas
        self._areas = now
        return of_day

    def since_midnight(self) -> tuple[records.Integers, records.Integers]:
        """Return the number of alerts issued today, (P,), and of those expired in the queues, (P, desks)."""
        issued, expired = self._at_midnight
        return self.counters["issued"] - issued, self.desks["expired"] - expired

    def first_issue(self, otherwise: int) -> int:
        """Return the moment at which the first of the living alerts was issued."""
        return min(province.first_issue(self._deadlines, otherwise) for province in self.provinces)


class Worker:
    """Does the work of a day for some provinces, with its own scratch arrays.

    ``seconds`` count elapsed time by step, ``busy_s`` processor time.
    """

    def __init__(self, country: Country, block: int) -> None:
        self._country = country
        self._attempts = Kept(vector_attempts.attempt_scratch(block))
        self._contacts = Kept(vector_attempts.contact_scratch(block))
        self.alerts = Kept(alert_scratch(block))
        self.seconds: dict[str, float] = {}
        self.busy_s = 0.0

    def days(self, provinces: deque[records.Integers]) -> None:
        """Run the day of one group of provinces after the other, until none is left."""
        while True:
            try:
                some = provinces.popleft()
            except IndexError:
                return
            self.day(some)

    def day(self, some: records.Integers) -> None:
        """Run the day of some provinces."""
        started = thread_time()
        country = self._country
        self._step("attempts", some, follow_all_attempts, self._attempts)
        self._step("contacts", some, score_all_contacts, self._contacts)
        self._step("alerts", some, warn_all, self.alerts)
        began = perf_counter()
        for p, count in zip(some.tolist(), country.counters["stream"][some].tolist(), strict=True):
            if count > 1:
                country.provinces[p].sort_stream(count)
        self.seconds["alerts"] += perf_counter() - began
        country.compiler.wait()
        self._step("events", some, run_all_events, self.alerts)
        self.busy_s += thread_time() - started

    def finish(self, some: records.Integers) -> None:
        """Count what is still open in some provinces when the run ends."""
        self._step("events", some, finish_all)

    def _step(self, name: str, some: records.Integers, step: Callable[..., int], *room: Kept[Any]) -> None:
        """Run a step for some provinces; each time that it stops at a full array, grow that province."""
        began = perf_counter()
        at = 0
        while (at := step(some, at, self._country.kept, *room)) < len(some):
            self._country.grow(int(some[at]))
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - began
