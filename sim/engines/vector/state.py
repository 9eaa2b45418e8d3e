"""The state of a province between and during days: arrays that grow, and what is counted."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.engines.vector.events import push
from sim.engines.vector.layout import (
    EPISODE,
    FREE,
    IDENTITY,
    ISSUED,
    META,
    N_ALERTS_FREE,
    N_EPISODES_FREE,
    N_HEAP,
    N_LATER,
    N_RARE,
    N_STREAM,
    PERSON,
    RARE_ALERTS,
    RARE_CONTACTS,
    REFERENCES,
    SINCE,
    STATE,
    STEP,
    TRUTH_SHIFT,
)


class Arrays(NamedTuple):
    """Growing arrays of a province; ``layout`` names their columns and counts what is in use.

    ``alerts`` (A, 8), ``episodes`` (E, 24) and the rows of each that are free; ``heap`` of today's events that today
    brought, ``stream`` of those known when the day began, sorted; ``later`` (L, 2) moment and order of events of
    coming days; ``ranks`` and ``rows`` (2, Q) of both lines; ``cases`` (C, 8) on their way to the police; ``heard``
    and ``victims`` as day << 32 | person; ``filed`` (F, 2) today's cases by moment; ``found`` (N, 4) today's findings;
    ``sent`` (S, 4) alerts on their way; ``rare`` (R, 8) counts outside the tallies; ``log`` (G, 13).
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


class Tallies(NamedTuple):
    """What a province counts, as dense arrays.

    ``fates`` (3, T, 8) of today; ``alerts`` (days, 2, 4, 4, 7) by days since issue, detector, tier, truth, end;
    ``contacts`` (days, 4, 4, 7, 2) by days from today, tier, channel, result: count, staff ms; ``waits`` (days, 4,
    4, 48) by days from today, tier, channel, bin; ``busy`` (2, 2, 48) ms of today and tomorrow by desk and half hour;
    ``outcomes`` (T, bands, 2, 11) of today.
    """

    fates: NDArray[np.int64]
    alerts: NDArray[np.int64]
    contacts: NDArray[np.int64]
    waits: NDArray[np.int64]
    busy: NDArray[np.int64]
    outcomes: NDArray[np.int64]


BANDS = 256


class Scratch(NamedTuple):
    """Room for one block, (block,) or (4, block) each, so that kernels make no arrays.

    Identities: ``ids`` of all, whom they ``reached``, ``persons``, who is ``traced``. Positions: who ``passed`` the
    filters and ``places`` of the reached among all, ``asked`` and ``seen`` among the reached, ``doubtful`` among
    either. ``fates`` of the reached, ``by_index`` of all; ``tiers``. Lanes of draws: ``lanes``, ``meeting``, ``body``.
    Bits: ``codes`` of all, ``flags`` of who passed, ``hints`` and half ``hours`` of the reached. ``chain`` in ms.
    """

    ids: NDArray[np.int64]
    passed: NDArray[np.int64]
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
    meeting: NDArray[np.uint32]
    body: NDArray[np.uint32]
    passage: NDArray[np.uint32]
    traits: NDArray[np.uint32]
    codes: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    hints: NDArray[np.uint8]
    hours: NDArray[np.uint8]
    chain: NDArray[np.float64]
    most: NDArray[np.int64]


def scratch(block: int) -> Scratch:
    """Return room for a block."""
    rows = [np.empty(block, dtype=np.int64) for _ in range(12)]
    lanes = [np.empty((4, block), dtype=np.uint32) for _ in range(5)]
    bits = [np.empty(block, dtype=np.uint8) for _ in range(4)]
    return Scratch(*rows, *lanes, *bits, np.empty(block), np.empty(BANDS, dtype=np.int64))


@compiled
def day_of(moment: int) -> int:
    """Return the days from the start of the period to a moment."""
    return moment // DAY_MS


@compiled
def take_alert(
    v: Arrays, identity: int, issued: int, person: int, episode: int, tier: int, truth: int, state: int
) -> int:
    """Return the row of a new alert."""
    counters = v.counters
    counters[N_ALERTS_FREE] -= 1
    row = v.alerts_free[counters[N_ALERTS_FREE]]
    v.alerts[row, IDENTITY] = identity
    v.alerts[row, ISSUED] = issued
    v.alerts[row, PERSON] = person
    v.alerts[row, EPISODE] = episode
    v.alerts[row, SINCE] = 0
    v.alerts[row, META] = tier | (truth << TRUTH_SHIFT)
    v.alerts[row, STATE] = state
    v.alerts[row, STEP] = 0
    return int(row)


@compiled
def give_back_alert(v: Arrays, row: int) -> None:
    """Free the row of an alert to which nothing refers any more; with the last of its alerts an episode goes too."""
    v.alerts[row, STATE] = FREE
    v.alerts_free[v.counters[N_ALERTS_FREE]] = row
    v.counters[N_ALERTS_FREE] += 1
    episode = v.alerts[row, EPISODE]
    if episode >= 0:
        release_episode(v, episode)


@compiled
def release_episode(v: Arrays, episode: int) -> None:
    """Drop a reference to an episode, and its row with the last one."""
    v.episodes[episode, REFERENCES] -= 1
    if v.episodes[episode, REFERENCES] == 0:
        v.episodes[episode, REFERENCES] = -1
        v.episodes_free[v.counters[N_EPISODES_FREE]] = episode
        v.counters[N_EPISODES_FREE] += 1


@compiled
def expect(v: Arrays, midnight: int, moment: int, order: int, moment_at: int) -> None:
    """Put an event that comes up during the day on the calendar."""
    counters = v.counters
    within = moment - midnight
    if within < DAY_MS:
        push(v.heap, counters[N_HEAP], (within << moment_at) | order)
        counters[N_HEAP] += 1
    else:
        v.later[counters[N_LATER], 0] = moment
        v.later[counters[N_LATER], 1] = order
        counters[N_LATER] += 1


@compiled
def expect_early(v: Arrays, midnight: int, moment: int, order: int, moment_at: int) -> None:
    """Put an event that is known before the day's loop begins on the calendar."""
    counters = v.counters
    within = moment - midnight
    if within < DAY_MS:
        v.stream[counters[N_STREAM]] = (within << moment_at) | order
        counters[N_STREAM] += 1
    else:
        v.later[counters[N_LATER], 0] = moment
        v.later[counters[N_LATER], 1] = order
        counters[N_LATER] += 1


@compiled
def count_alert(
    v: Arrays, tally: NDArray[np.int64], today: int, issued: int, detector: int, tier: int, truth: int, end: int
) -> None:
    """Count the end of an alert on its day of issue; ``today`` in days from the start of the period."""
    day = day_of(issued)
    if today - day < tally.shape[0]:
        tally[today - day, detector, tier, truth, end] += 1
    else:
        rare(v, RARE_ALERTS, day, detector, tier, truth, end, 1, 0)


@compiled
def count_contact(
    v: Arrays, tally: NDArray[np.int64], today: int, day: int, tier: int, channel: int, result: int, staff_ms: int
) -> None:
    """Count a contact on a day, before today or after it; days from the start of the period."""
    ahead = day - today
    if 0 <= ahead < tally.shape[0]:
        tally[ahead, tier, channel, result, 0] += 1
        tally[ahead, tier, channel, result, 1] += staff_ms
    else:
        rare(v, RARE_CONTACTS, day, tier, channel, result, 0, 1, staff_ms)


@compiled
def rare(v: Arrays, table: int, day: int, a: int, b: int, c: int, d: int, amount: int, further: int) -> None:
    """Note a count that no tally holds."""
    row = v.counters[N_RARE]
    v.rare[row, 0] = table
    v.rare[row, 1] = day
    v.rare[row, 2] = a
    v.rare[row, 3] = b
    v.rare[row, 4] = c
    v.rare[row, 5] = d
    v.rare[row, 6] = amount
    v.rare[row, 7] = further
    v.counters[N_RARE] = row + 1


@compiled
def bin_of(wait: int) -> int:
    """Return the bin of a wait: the least b with ``wait <= 2**b`` minutes, as ``labels.wait_bin``."""
    edge = 60_000
    code = 0
    while edge < wait:
        edge <<= 1
        code += 1
    return code
