"""What a province keeps: its state between and during days, counts of alerts, the log.

The state of a province between and during days: growing arrays, rows taken and freed, scheduled events.

Counts of alerts: in the tally of their day, or in a row of the overflow if that day is too far from today.

Each table of counts has its key in one place, in the order of the axes of its tally.

The log of a province, and the codes in it.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.rounding import TOO_LARGE
from sim.base.words import EVENT_CHANNELS, EVENT_RESULTS, STOPPED, ContactChannel, ContactResult, End, EpisodeEnd, Event
from sim.draws.compiled import inlined, internal, part_of_caller
from sim.draws.distributions import is_kept
from sim.draws.identity import detector_of, origin_of, stage_of
from sim.engines.tables import Phase
from sim.engines.vector.records import (
    LONGEST_AHEAD,
    MOMENT_AT,
    NONE,
    SPARE,
    AlertState,
    Integers,
    Now,
    OverflowTable,
    Record,
    Records,
    Rules,
    RunTables,
    phase_of,
    push,
    tier_of,
)
from sim.warning.discipline import score_of
from sim.warning.service import wait_bin


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


@internal
def day_of(moment: int) -> int:
    """Return the days from the start of the period to a moment."""
    return moment // DAY_MS


@inlined
def slot_of(day: int, tally: Integers) -> int:
    """Return the slot of a day in a tally, whose number of slots is a power of two."""
    return int(day & (tally.shape[0] - 1))


@internal
def key_of(*codes: int) -> tuple[int, ...]:
    """Return codes as one key, short fields as whole integers."""
    return codes


@internal
def contact_key(alert: Record, result: int) -> tuple[int, ...]:
    """Return the key of a contact."""
    return key_of(tier_of(alert), alert.channel, result, alert.truth)


@internal
def wait_key(alert: Record, wait: int) -> tuple[int, ...]:
    """Return the key of a wait in ms."""
    return key_of(tier_of(alert), alert.channel, wait_bin(wait))


@internal
def add_overflow(
    overflow: Records, counters: Record, table: int, day: int, key: tuple[int, ...], amount: int, further: int
) -> None:
    """Note a count outside the days of its tally: its first amount and, if there are two, the second one."""
    count = overflow[counters.overflow]
    counters.overflow += 1
    count.table = table
    count.day = day
    for k in range(len(key)):
        count.key[k] = key[k]
    count.amounts[0] = amount
    count.amounts[1] = further


@inlined
def added(total: int, amount: int) -> int:
    """Return a sum of amounts from 0 up, or ``TOO_LARGE`` if it is larger: the run will be refused."""
    return min(total + amount, TOO_LARGE)


@internal
def count_alert(
    tally: Integers, overflow: Records, counters: Record, today: int, issued: int, alert: Record, end: int
) -> None:
    """Count the end of an alert on its day of issue; ``today`` in days from the start of the period."""
    key = key_of(detector_of(alert.identity), tier_of(alert), alert.truth, end)
    day = day_of(issued)
    if today - day < tally.shape[0]:
        tally[slot_of(day, tally)][key] += 1
    else:
        add_overflow(overflow, counters, OverflowTable.ALERTS, day, key, 1, 0)


@internal
def count_message(
    tally: Integers, overflow: Records, counters: Record, today: int, moment: int, alert: Record, result: int
) -> None:
    """Count a contact in writing on the day of its moment, which may lie before or after ``today``."""
    key = contact_key(alert, result)
    day = day_of(moment)
    if 0 <= day - today < tally.shape[0]:
        tally[slot_of(day, tally)][key][0] += 1
    else:
        add_overflow(overflow, counters, OverflowTable.CONTACTS, day, key, 1, 0)


@internal
def count_wait(
    tally: Integers, overflow: Records, counters: Record, today: int, moment: int, alert: Record, wait: int
) -> None:
    """Count the ms that an alert has waited to be read or served, on the day of the moment."""
    key = wait_key(alert, wait)
    day = day_of(moment)
    if day - today < tally.shape[0]:
        tally[slot_of(day, tally)][key] += 1
    else:
        add_overflow(overflow, counters, OverflowTable.WAITS, day, key, 1, 0)


@internal
def count_service(tally: Integers, today: int, alert: Record, result: int, staff_ms: int) -> None:
    """Count a contact that takes place today."""
    count = tally[slot_of(today, tally)][contact_key(alert, result)]
    count[0] += 1
    count[1] = added(count[1], staff_ms)


@internal
def count_wait_in_line(tally: Integers, today: int, alert: Record, wait: int) -> None:
    """Count the ms that an alert has waited for the service that begins."""
    tally[slot_of(today, tally)][wait_key(alert, wait)] += 1


@internal
def count_first_contact(tally: Integers, alert: Record, wait: int) -> None:
    """Count the ms from the detector's instruction to the first call or visit, which begins today."""
    tally[key_of(tier_of(alert), wait_bin(wait))] += 1


@internal
def count_work(tally: Integers, number: int, desk: Record, tick: int) -> None:
    """Count by half hour the ms that busy servers of a desk have worked today since the last count."""
    start = desk.worked
    while start < tick:
        half_hour = start // HALF_HOUR_MS
        until = min(tick, (half_hour + 1) * HALF_HOUR_MS)
        tally[number, half_hour] += desk.busy * (until - start)
        start = until
    desk.worked = tick


# One list of channels, and one of results, serves all kinds of events.
CHANNEL_CODES: Final = np.array([EVENT_CHANNELS.index(name) for name in ContactChannel.labels()])
CONTACT_CODES: Final = np.array([EVENT_RESULTS.index(name) for name in ContactResult.labels()])
END_CODES: Final = np.array([EVENT_RESULTS.index(name) for name in End.labels()])
EPISODE_END_CODES: Final = np.array(
    [EVENT_RESULTS.index(name) for name in (STOPPED, EpisodeEnd.DROPPED_OUT.label, EpisodeEnd.HELD.label)]
)
"""By ``EpisodeEnd``; a person stopped by a warning is saved only without a payment."""


@inlined
def is_logged(identity: int, rules: Rules) -> bool:
    """Return whether events of the origin of an alert, attempt or contact are logged."""
    return rules.kept > 0 and is_kept(rules.seed, origin_of(identity), rules.kept)


@internal
def log_event(event: int, moment: int, phase: int, province: int, origin: int, log: Records, counters: Record) -> int:
    """Return the row of a new log entry, for which there is room; all other fields are still NONE."""
    row = counters.log
    counters.log = row + 1
    entry = log[row]
    entry.moment = moment
    entry.phase = phase
    entry.event = event
    entry.province = province
    entry.origin = origin
    entry.detector = NONE
    entry.stage = NONE
    entry.number = NONE
    entry.channel = NONE
    entry.tier = NONE
    entry.result = NONE
    entry.person = NONE
    entry.value = NONE
    return int(row)


@internal
def log_alert(event: int, moment: int, phase: int, province: int, alert: Record, log: Records, counters: Record) -> int:
    """Return the row of a new log entry about an alert."""
    row = log_event(event, moment, phase, province, origin_of(alert.identity), log, counters)
    entry = log[row]
    entry.detector = detector_of(alert.identity)
    entry.stage = stage_of(alert.identity)
    entry.tier = tier_of(alert)
    return row


@internal
def log_issue(alert: Record, moment: int, predicted: int, province: int, log: Records, counters: Record) -> None:
    """Log the issue of an alert at a moment, with its predicted fraud type."""
    entry = log[log_alert(Event.ISSUE, moment, Phase.ARRIVALS, province, alert, log, counters)]
    entry.person = alert.person
    entry.value = predicted


@internal
def log_stage(event: int, now: Now, province: int, episode: Record, log: Records, counters: Record) -> int:
    """Return the row of a new log entry about the stage that an episode reaches."""
    row = log_event(event, now.moment, phase_of(now.order), province, episode.attempt, log, counters)
    log[row].stage = episode.next_stage
    return row
