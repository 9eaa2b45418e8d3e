"""The state of a province between and during days: growing arrays, rows taken and freed, scheduled events."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.draws.compiled import internal, part_of_caller
from sim.engines.vector.events import MOMENT_AT, push
from sim.engines.vector.inputs import RunTables
from sim.engines.vector.records import LONGEST_AHEAD, NONE, SPARE, AlertState, Integers, Record, Records
from sim.warning.discipline import score_of


class Arrays(NamedTuple):
    """Growing arrays of a province; ``counters`` say how much of each is in use.

    Records as ``records`` declares them: ``alerts`` and ``episodes``, with the free rows of each; events of coming
    days, ``later``; the queues, ``lines`` (2, Q), and the ``desks`` (2,); ``cases`` on their way to the police and
    those ``filed`` today; people ``warned``; contacts ``found`` today; alerts ``sent`` down the chain that concern no
    episode; ``overflow`` of the tallies; the ``log``; ``counters`` (1,) and ``limits`` (1,). Integers: the ``heap`` of
    events scheduled during the day for the same day, the ``stream`` of those known when the day began, sorted; numbers
    of today's new ``victims``.
    """

    alerts: Records
    alerts_free: Integers
    episodes: Records
    episodes_free: Integers
    heap: Integers
    stream: Integers
    later: Records
    lines: Records
    desks: Records
    cases: Records
    warned: Records
    victims: Integers
    filed: Records
    found: Records
    sent: Records
    overflow: Records
    log: Records
    counters: Records
    limits: Records


class Tallies(NamedTuple):
    """The running counts of a province, as dense arrays, whose axes are the keys that ``sim.store.tables`` declares.

    The days around today have one slot each (``counts.slot_of``).

    Attributes:
        fates: Attempts of today.
        alerts: By slot of the day of issue, then by the keys of the table.
        contacts: By slot of the day, then by the keys; the last axis is count and staff time in ms.
        waits: By slot of the day, then by the keys.
        first_contacts: Of today.
        busy: Ms of today that servers have worked, by their desk and half hour.
        outcomes: Of today; the last axis is the measures.
        cases: Filed today.
    """

    fates: NDArray[np.int64]
    alerts: NDArray[np.int64]
    contacts: NDArray[np.int64]
    waits: NDArray[np.int64]
    first_contacts: NDArray[np.int64]
    busy: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    cases: NDArray[np.int64]


@internal
def spare_events(counters: Record, limits: Record, desks: Records) -> int:
    """Return how many more events of the loop certainly fit in every array."""
    entries: int = min(
        counters.alerts_free,
        limits.heap - counters.heap,
        limits.later - counters.later,
        limits.cases - counters.cases,
        limits.warned - counters.warned,
        limits.victims - counters.victims,
        limits.overflow - counters.overflow,
        limits.log - counters.log,
        limits.entries - max(desks[0].entries, desks[1].entries),
    )
    return int(max(0, entries) // SPARE)


# Functions called for every alert take only the arrays that they need: passing all of them would cost more.


@internal
def take_alert(alerts: Records, free: Integers, counters: Record) -> int:
    """Return a new row for an alert."""
    counters.alerts_free -= 1
    row = int(free[counters.alerts_free])
    alerts[row].row = row
    return row


@part_of_caller
def delay_or_score(identity: int, delay: int, truth: int, run: RunTables, data_sharing: float) -> int:
    """Return an alert's score if a queue is ordered by it, otherwise its delay to issue: records have room for one.

    The score is in the units of ``discipline.score_of``; the ``delay`` is in ms, NONE if it is longer than the field
    holds.
    """
    if run.lines.is_scored:
        return score_of(run.rules.seed, identity, truth, data_sharing, run.detectors)
    return delay if delay <= LONGEST_AHEAD else NONE


@part_of_caller
def raise_alert(alert: Record, identity: int, deadline: int, person: int, rule: int, delay_or_score: int) -> None:
    """Make a record a new alert on its way down the chain; the caller sets what it is about."""
    alert.identity = identity
    alert.deadline = deadline
    alert.person = person
    alert.episode = NONE
    alert.rule = rule
    alert.delay_or_score = delay_or_score
    alert.state = AlertState.UNISSUED
    alert.sibling = NONE
    alert.reached = False
    alert.contacted = False
    alert.service = NONE
    alert.wait = NONE
    alert.number = 0
    alert.marked = NONE
    alert.right_class = False


@internal
def give_back_alert(
    alert: Record, alerts_free: Integers, episodes: Records, episodes_free: Integers, counters: Record
) -> None:
    """Free the row of an alert that nothing refers to; an episode is freed with the last of its alerts."""
    alert.state = AlertState.FREE
    alerts_free[counters.alerts_free] = alert.row
    counters.alerts_free += 1
    if alert.episode != NONE:
        release_episode(episodes[alert.episode], episodes_free, counters)


@internal
def release_episode(episode: Record, free: Integers, counters: Record) -> None:
    """Drop a reference to an episode, and its row with the last one."""
    episode.references -= 1
    if episode.references == 0:
        episode.references = NONE
        free[int(counters.episodes_free)] = int(episode.row)
        counters.episodes_free += 1


@internal
def expect(heap: Integers, later: Records, counters: Record, midnight: int, moment: int, order: int) -> None:
    """Schedule an event that comes up during the day."""
    within = moment - midnight
    if within < DAY_MS:
        push(heap, counters.heap, (within << MOMENT_AT) | order)
        counters.heap += 1
    else:
        reschedule(later, counters, moment, order)


@internal
def expect_early(stream: Integers, later: Records, counters: Record, midnight: int, moment: int, order: int) -> None:
    """Schedule an event that is known before the day's loop begins."""
    within = moment - midnight
    if within < DAY_MS:
        stream[counters.stream] = (within << MOMENT_AT) | order
        counters.stream += 1
    else:
        reschedule(later, counters, moment, order)


@internal
def reschedule(later: Records, counters: Record, moment: int, order: int) -> None:
    """Keep an event for a coming day."""
    event = later[counters.later]
    event.moment = moment
    event.order = order
    counters.later += 1


@internal
def note_warned(person: int, day: int, warned: Records, counters: Record) -> None:
    """Note that a person read or heard an alert on a day, for the midnight after it."""
    entry = warned[counters.warned]
    entry.day = day
    entry.person = person
    counters.warned += 1
