"""A province's attempts of a day: cell by cell, in blocks that pass the gates and the detectors together."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables, target
from sim.days import DAY_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import half_hour_of, moment_in_half_hour
from sim.draws.identity import ATTEMPT, INDEX_SHIFT, origin_id
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import ATTEMPT_TARGET
from sim.draws.record import is_kept
from sim.engines.phases import ARRIVALS
from sim.engines.vector.gates import (
    BLOCKED,
    DEAD,
    UNSENT,
    Cell,
    answer,
    pass_filters,
    pass_sites,
    reach,
)
from sim.engines.vector.log import log_event
from sim.engines.vector.records import Records
from sim.engines.vector.rules import RAIDED, Crowd, Guides, Rules
from sim.engines.vector.scores import least_alarms, look
from sim.engines.vector.state import Scratch
from sim.gates.fates import (
    CALL,
    CARD_ELIMINATED,
    DEN_DESTROYED,
    INTERCEPTED,
    NOT_SENT,
    ONLINE,
    SITE_BLOCKED,
    SMS,
    UNANSWERED,
)
from sim.gates.sites import LINKED, ONLINE_ATTEMPT
from sim.labels import CHANNELS
from sim.midnight.today import Today
from sim.warning.detectors import CENTRAL, LOCAL, DetectorTables
from sim.words import Event

BLOCK: Final = 2048
"""Attempts that are settled together: their draws fit the first-level cache."""
CHANNEL_COUNT: Final = len(CHANNELS)


@compiled
def pass_gates(
    p: int,
    block: int,
    rules: Rules,
    guides: Guides,
    today: Today,
    people: PeopleTables,
    crowd: Crowd,
    people_bytes: NDArray[np.uint8],
    slots: NDArray[np.int64],
    raided: NDArray[np.uint8],
    moments: NDArray[np.float64],
    answered: NDArray[np.int64],
    most_engaged: NDArray[np.int64],
    detectors: DetectorTables,
    fates: NDArray[np.int64],
    found: Records,
    log: Records,
    counters: Records,
    room: Scratch,
) -> bool:
    """Let the attempts of province ``p`` pass; return whether all have, or an array is full and must grow first.

    ``fates`` (3, T, 8) is added to; ``found`` takes who is engaged, and whom a detector raises an alert on.
    ``raided`` (T, 2**14) is the guide of the day, ``most_engaged`` (T, bands, 2, 8) the largest thresholds of engaging
    by sex and frailty.
    """
    types = fates.shape[1]
    midnight = (today.day - rules.start) * DAY_MS
    logging = rules.kept > 0
    at = counters[0].cell
    while at < CHANNEL_COUNT * types:
        c = at // types
        t = at % types
        counted = fates[c, t]
        count = today.attempts[p, c, t]
        base = origin_id(ATTEMPT, today.day, p, c, t, 0)
        alarms_from = least_alarms(c, p, today, detectors)
        cell = Cell(
            p,
            c,
            t,
            today.not_sent[p, c],
            0 if c == ONLINE else today.dead[p],
            0 if c == ONLINE else today.intercepted[p, c, t],
            0 if c == CALL else today.down[p, LINKED if c == SMS else ONLINE_ATTEMPT, t],
            today.coverage[CENTRAL, p],
            today.coverage[LOCAL, p],
            alarms_from[0],
            alarms_from[1],
            today.app,
        )
        first = counters[0].index
        while first < count:
            if counters[0].found + block > found.shape[0] or (logging and counters[0].log + block > log.shape[0]):
                counters[0].cell = at
                counters[0].index = first
                return False
            size = min(block, count - first)
            start = base + (first << INDEX_SHIFT)
            passed = pass_filters(cell, start, size, rules.seed, slots[t], raided[t], today.raided, counted, room)
            met = pass_sites(cell, passed, rules.seed, guides.most_answered[c], counted, room)
            asking = reach(cell, met, rules.seed, moments[c], guides, counted, room)
            answer(
                cell, asking, rules.seed, people, guides, crowd, answered[c], today.engaged[p, t], most_engaged[t],
                people_bytes, counted, room,
            )  # fmt: skip
            look(
                cell, met, rules, guides, today.data_sharing[p], moments[c], midnight, crowd, detectors, found,
                counters, room,
            )  # fmt: skip
            if logging:
                log_block(cell, start, size, passed, met, rules, moments[c], midnight, crowd, log, counters, room)
            first += size
        counters[0].index = 0
        at += 1
    counters[0].cell = 0
    return True


@compiled
def log_block(
    cell: Cell,
    start: int,
    size: int,
    passed: int,
    met: int,
    rules: Rules,
    profile: NDArray[np.float64],
    midnight: int,
    crowd: Crowd,
    log: Records,
    counters: Records,
    room: Scratch,
) -> None:
    """Log the attempts of a block whose origins are kept."""
    fates = room.by_index
    for k in range(size):
        code = room.codes[k]
        fates[k] = (
            NOT_SENT if code & UNSENT
            else DEN_DESTROYED if code & RAIDED
            else CARD_ELIMINATED if code & DEAD
            else INTERCEPTED
        )  # fmt: skip
    for k in range(passed):
        fates[(room.passed[k] - start) >> INDEX_SHIFT] = SITE_BLOCKED if room.flags[k] >= BLOCKED else UNANSWERED
    for k in range(met):
        fates[(room.reached[k] - start) >> INDEX_SHIFT] = room.fates[k]
    for k in range(size):
        attempt = start + (k << INDEX_SHIFT)
        if not is_kept(rules.seed, attempt, rules.kept):
            continue
        above, below, u_moment, _ = draw4(rules.seed, attempt, ATTEMPT_TARGET, 0)
        goal = uniform32(u_moment) * profile[HALF_HOURS]
        moment = midnight + moment_in_half_hour(goal, half_hour_of(goal, profile), profile, rules.clock)
        person = -1
        if fates[k] >= UNANSWERED:
            person = target(uniform52(above, below), crowd.persons, crowd.high, crowd.high_share)
        entry = log[log_event(Event.ATTEMPT, moment, ARRIVALS, cell.province, attempt, log, counters[0])]
        entry.stage = 0
        entry.channel = cell.channel
        entry.result = fates[k]
        entry.person = person
