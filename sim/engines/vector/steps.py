"""The steps of a day, each for many provinces in one call.

Passing all its arrays to a kernel takes as long as its work for a thousandth of a province. So a kernel takes those of
all provinces at once, and a list of the provinces to work on: all of them, or one if several threads share the work. It
stops at a province with a full array, and resumes there when that has grown.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.draws.compiled import compiled, inlined
from sim.draws.fixed_tuples import Kept, kept_in
from sim.engines.vector.attempts import follow_attempts
from sim.engines.vector.cells import AttemptTables
from sim.engines.vector.chain import AlertScratch
from sim.engines.vector.contacts import ContactTables, score_contacts
from sim.engines.vector.day import finish, take_warned
from sim.engines.vector.inputs import ProvinceDay, RunTables
from sim.engines.vector.issue import warn
from sim.engines.vector.loop import run_day
from sim.engines.vector.records import Integers
from sim.engines.vector.residents import People, crowd_of, residents_of
from sim.engines.vector.scores import Output
from sim.engines.vector.scratch import AttemptScratch, ContactScratch
from sim.engines.vector.state import Arrays, Tallies
from sim.midnight.today import Today


class CountryDay(NamedTuple):
    """The values of a day for all provinces, in addition to ``Today``.

    ``people_bytes`` of all people; ``coverage`` (P, 2) and ``outage`` (P, 2) by province first.
    """

    people_bytes: NDArray[np.uint8]
    coverage: Integers
    outage: Integers


class OfDay(NamedTuple):
    """All values of a day."""

    today: Today
    country: CountryDay


class KeptCountry(NamedTuple):
    """The inputs of the steps of a day: the state of each province, and the values of the run and the day."""

    states: Kept[Arrays]
    run: Kept[RunTables]
    attempts: Kept[AttemptTables]
    contacts: Kept[ContactTables]
    people: Kept[People]
    tallies: Kept[Tallies]
    days: Kept[OfDay]


@inlined
def day_of(p: int, start: int, day: OfDay, people: People) -> ProvinceDay:
    """Return the values of a day for a province; the period starts with day number ``start``."""
    today, country = day.today, day.country
    return ProvinceDay(
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
def follow_all_attempts(some: Integers, at: int, kept: Kept[KeptCountry], room: Kept[AttemptScratch]) -> int:
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
        output = Output(kept_in(country.tallies, p).fates, arrays.found, arrays.log, arrays.counters)
        if not follow_attempts(p, tables, day.today, people_bytes, residents, output, scratch):
            return k
    return len(some)


@compiled
def score_all_contacts(some: Integers, at: int, kept: Kept[KeptCountry], room: Kept[ContactScratch]) -> int:
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
def warn_all(some: Integers, at: int, kept: Kept[KeptCountry], room: Kept[AlertScratch]) -> int:
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
def run_all_events(some: Integers, at: int, kept: Kept[KeptCountry], room: Kept[AlertScratch]) -> int:
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
def finish_all(some: Integers, at: int, kept: Kept[KeptCountry]) -> int:
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
def take_all_warned(day: int, states: Kept[Arrays], numbers: Integers, ends: Integers) -> None:
    """Remove the people warned on a day from all provinces.

    ``numbers``, long enough for all, is filled with numbers of people, province by province, once for each alert;
    ``ends`` (P,) with the end of each province's part.
    """
    at = 0
    for p in range(len(ends)):
        arrays = kept_in(states, p)
        at += take_warned(day, arrays.warned, arrays.counters, numbers[at:])
        ends[p] = at
