"""The state of a province between and during days: arrays that grow, and what is counted."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS
from sim.draws.compiled import compiled, inlined
from sim.engines.vector.events import MOMENT_AT, push
from sim.engines.vector.layout import (
    EPISODE,
    FREE,
    IDENTITY,
    ISSUED,
    META,
    N_ALERTS_FREE,
    N_CASES,
    N_EPISODES_FREE,
    N_HEAP,
    N_HEARD,
    N_LATER,
    N_LINE,
    N_LOG,
    N_RARE,
    N_STREAM,
    N_VICTIMS,
    PERSON,
    RARE_ALERTS,
    RARE_CONTACTS,
    REFERENCES,
    ROOM,
    SINCE,
    STATE,
    STEP,
    TIER_MASK,
    TRUTH_MASK,
    TRUTH_SHIFT,
)
from sim.labels import DESK_CHANNELS

Rows = NDArray[np.int64]
DESKS = len(DESK_CHANNELS)


class Arrays(NamedTuple):
    """Growing arrays of a province; ``layout`` names their columns and counts what is in use.

    ``alerts`` (A, 8), ``episodes`` (E, 24) and the rows of each that are free; ``heap`` of today's events that today
    brought, ``stream`` of those known when the day began, sorted; ``later`` (L, 2) moment and order of events of
    coming days; ``ranks`` and ``rows`` (2, Q) of both lines; ``cases`` (C, 8) on their way to the police; ``heard``
    and ``victims`` as day << 32 | person; ``filed`` (F, 2) today's cases by moment; ``found`` (N, 4) today's findings;
    ``sent`` (S, 4) alerts on their way; ``rare`` (R, 8) counts outside the tallies; ``log`` (G, 13). ``most`` holds for
    each counter what may be in use before one more event.
    """

    alerts: NDArray[np.int64]
    alerts_free: NDArray[np.int64]
    episodes: NDArray[np.int64]
    episodes_free: NDArray[np.int64]
    heap: NDArray[np.int64]
    stream: NDArray[np.int64]
    later: NDArray[np.int64]
    ranks: NDArray[np.int64]
    rows: NDArray[np.int64]
    cases: NDArray[np.int64]
    heard: NDArray[np.int64]
    victims: NDArray[np.int64]
    filed: NDArray[np.int64]
    found: NDArray[np.int64]
    sent: NDArray[np.int64]
    rare: NDArray[np.int64]
    log: NDArray[np.int64]
    counters: NDArray[np.int64]
    most: NDArray[np.int64]


class Tallies(NamedTuple):
    """What a province counts, as dense arrays.

    ``fates`` (3, T, 8) of today; ``alerts`` (days, 2, 4, 4, 7) by days since issue, detector, tier, truth, end;
    ``contacts`` (days, 4, 4, 7, 2) by days from today, tier, channel, result: count, staff ms; ``waits`` (days, 4,
    4, 48) by days from today, tier, channel, bin; ``busy`` (2, 2, 48) ms of today and tomorrow by desk and half hour;
    ``outcomes`` (T, bands, 2, 11) and ``cases`` (T, 4, 48), by bins of report delay and loss, of today.
    """

    fates: NDArray[np.int64]
    alerts: NDArray[np.int64]
    contacts: NDArray[np.int64]
    waits: NDArray[np.int64]
    busy: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    cases: NDArray[np.int64]


class Scratch(NamedTuple):
    """Scratch arrays of ``issue``, (block,) or (4, block) each.

    Identities: ``ids``, ``persons``, ``traced``. Positions: ``places``, ``asked``, ``seen``, ``doubtful``. Further
    ``reached``, ``fates``, ``by_index``, ``tiers``; ``lanes`` of draws; ``chain`` and ``waits`` in ms, with ``outside``
    and ``tails`` for their quantiles.
    """

    ids: NDArray[np.int64]
    reached: NDArray[np.int64]
    persons: NDArray[np.int64]
    traced: NDArray[np.int64]
    places: NDArray[np.int64]
    asked: NDArray[np.int64]
    seen: NDArray[np.int64]
    doubtful: NDArray[np.int64]
    fates: NDArray[np.int64]
    by_index: NDArray[np.int64]
    tiers: NDArray[np.int64]
    lanes: NDArray[np.uint32]
    outside: NDArray[np.int64]
    chain: NDArray[np.float64]
    waits: NDArray[np.float64]
    tails: NDArray[np.float64]


def scratch(block: int) -> Scratch:
    """Return scratch arrays for a block."""
    kinds: dict[str, Any] = {"lanes": np.uint32, "chain": np.float64, "waits": np.float64, "tails": np.float64}
    shapes = {name: (4, block) if name == "lanes" else (block,) for name in Scratch._fields}
    return Scratch(*(np.empty(shape, dtype=kinds.get(name, np.int64)) for name, shape in shapes.items()))


@compiled
def day_of(moment: int) -> int:
    """Return the days from the start of the period to a moment."""
    return moment // DAY_MS


@inlined
def is_full(counters: Rows, most: Rows) -> bool:
    """Return whether one more event might not find room in every array."""
    return bool(
        counters[N_ALERTS_FREE] < ROOM
        or counters[N_HEAP] > most[N_HEAP]
        or counters[N_LATER] > most[N_LATER]
        or counters[N_CASES] > most[N_CASES]
        or counters[N_HEARD] > most[N_HEARD]
        or counters[N_VICTIMS] > most[N_VICTIMS]
        or counters[N_RARE] > most[N_RARE]
        or counters[N_LOG] > most[N_LOG]
        or counters[N_LINE] > most[N_LINE]
        or counters[N_LINE + 1] > most[N_LINE + 1]
    )


# What is called for every alert takes the few arrays that it needs: handing over all of them would cost more.


@compiled
def take_alert(
    alerts: Rows,
    free: Rows,
    counters: Rows,
    identity: int,
    issued: int,
    person: int,
    episode: int,
    meta: int,
    state: int,
) -> int:
    """Return the row of a new alert."""
    counters[N_ALERTS_FREE] -= 1
    row = free[counters[N_ALERTS_FREE]]
    alert = alerts[row]
    alert[IDENTITY] = identity
    alert[ISSUED] = issued
    alert[PERSON] = person
    alert[EPISODE] = episode
    alert[SINCE] = 0
    alert[META] = meta
    alert[STATE] = state
    alert[STEP] = 0
    return int(row)


@compiled
def give_back_alert(alerts: Rows, free: Rows, episodes: Rows, episodes_free: Rows, counters: Rows, row: int) -> None:
    """Free the row of an alert to which nothing refers any more; with the last of its alerts an episode goes too."""
    alerts[row, STATE] = FREE
    free[counters[N_ALERTS_FREE]] = row
    counters[N_ALERTS_FREE] += 1
    if alerts[row, EPISODE] >= 0:
        release_episode(episodes, episodes_free, counters, alerts[row, EPISODE])


@compiled
def release_episode(episodes: Rows, free: Rows, counters: Rows, episode: int) -> None:
    """Drop a reference to an episode, and its row with the last one."""
    episodes[episode, REFERENCES] -= 1
    if episodes[episode, REFERENCES] == 0:
        episodes[episode, REFERENCES] = -1
        free[counters[N_EPISODES_FREE]] = episode
        counters[N_EPISODES_FREE] += 1


@compiled
def expect(heap: Rows, later: Rows, counters: Rows, midnight: int, moment: int, order: int) -> None:
    """Put an event that comes up during the day on the calendar."""
    within = moment - midnight
    if within < DAY_MS:
        push(heap, counters[N_HEAP], (within << MOMENT_AT) | order)
        counters[N_HEAP] += 1
    else:
        put_off(later, counters, moment, order)


@compiled
def expect_early(stream: Rows, later: Rows, counters: Rows, midnight: int, moment: int, order: int) -> None:
    """Put an event that is known before the day's loop begins on the calendar."""
    within = moment - midnight
    if within < DAY_MS:
        stream[counters[N_STREAM]] = (within << MOMENT_AT) | order
        counters[N_STREAM] += 1
    else:
        put_off(later, counters, moment, order)


@compiled
def put_off(later: Rows, counters: Rows, moment: int, order: int) -> None:
    """Keep an event for a coming day."""
    later[counters[N_LATER], 0] = moment
    later[counters[N_LATER], 1] = order
    counters[N_LATER] += 1


@compiled
def count_alert(
    tally: Rows, spare: Rows, counters: Rows, today: int, issued: int, detector: int, meta: int, end: int
) -> None:
    """Count the end of an alert on its day of issue; ``today`` in days from the start of the period."""
    day = day_of(issued)
    tier = meta & TIER_MASK
    truth = (meta >> TRUTH_SHIFT) & TRUTH_MASK
    if today - day < tally.shape[0]:
        tally[today - day, detector, tier, truth, end] += 1
    else:
        rare(spare, counters, RARE_ALERTS, day, detector, tier, truth, end, 1, 0)


@compiled
def count_contact(
    tally: Rows, spare: Rows, counters: Rows, today: int, day: int, tier: int, channel: int, result: int, staff_ms: int
) -> None:
    """Count a contact on a day, before today or after it; days from the start of the period."""
    ahead = day - today
    if 0 <= ahead < tally.shape[0]:
        tally[ahead, tier, channel, result, 0] += 1
        tally[ahead, tier, channel, result, 1] += staff_ms
    else:
        rare(spare, counters, RARE_CONTACTS, day, tier, channel, result, 0, 1, staff_ms)


@compiled
def rare(
    spare: Rows, counters: Rows, table: int, day: int, a: int, b: int, c: int, d: int, amount: int, further: int
) -> None:
    """Note a count that no tally holds."""
    row = spare[counters[N_RARE]]
    row[0] = table
    row[1] = day
    row[2] = a
    row[3] = b
    row[4] = c
    row[5] = d
    row[6] = amount
    row[7] = further
    counters[N_RARE] += 1
