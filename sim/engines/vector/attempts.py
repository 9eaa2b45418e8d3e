"""A province's attempts of a day: blocks that pass the gates together, each stage drawing only for those that are left.

Attempts are settled in the order in which they need draws: dens, cards and filters; sites, answering and coverage;
when and whom they reach; who that is; what the detectors make of it. Within a stage there are no branches but rare
ones: a loop that the compiler turns into vector instructions computes what is decided, the next one keeps those that
go on. What the hour, the person or their byte could change is compared with the largest threshold first and looked
up only where that does not settle it: thresholds are integers, so nothing is lost.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables, target
from sim.days import DAY_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import GUIDE_SHIFT, moment_in_half_hour, pick, pick_from
from sim.draws.identity import ATTEMPT, INDEX_MASK, INDEX_SHIFT, PERSON_MASK, origin_id, person_id
from sim.draws.philox import draw4, draw4_many, uniform32, uniform52
from sim.draws.purposes import (
    ATTEMPT_GATES,
    ATTEMPT_PASSAGE,
    ATTEMPT_TARGET,
    DETECTOR_SCORE,
    PERSON_BODY,
    PERSON_HABITS,
)
from sim.engines.phases import ARRIVALS
from sim.engines.vector.layout import CELL, INDEX, MOMENT, N_FOUND, N_LOG, NUMBER, ORIGIN, SEEN
from sim.engines.vector.log import ATTEMPT_EVENT, is_kept, write
from sim.engines.vector.rules import (
    ASK_HOUR,
    DEN_SHIFT,
    HOUR_SHIFT,
    MIXED,
    RAIDED,
    Guides,
    Rules,
    half_hour_from,
)
from sim.engines.vector.state import Scratch
from sim.gates.fates import (
    CALL,
    CARD_ELIMINATED,
    DEN_DESTROYED,
    ENGAGED,
    IGNORED,
    INTERCEPTED,
    NOT_SENT,
    ONLINE,
    SITE_BLOCKED,
    SMS,
    UNANSWERED,
)
from sim.gates.sites import LINKED, ONLINE_ATTEMPT
from sim.midnight.people_bytes import VICTIM
from sim.midnight.today import Today
from sim.warning.detectors import CENTRAL, LOCAL, NO_ALERT, DetectorTables, attempt_tiers

BLOCK: Final = 2048
CHANNEL_COUNT: Final = 3

# Bits of what an attempt meets at the first gates; RAIDED and MIXED are the next two.
UNSENT: Final = 1
DEAD: Final = 2
CAUGHT: Final = 4

# Bits of what could still be made of one that has passed them.
BY_CENTRAL: Final = 1
BY_LOCAL: Final = 2
MAY_ANSWER: Final = 4
BLOCKED: Final = 8
BY_ANY: Final = BY_CENTRAL | BY_LOCAL


class Cell(NamedTuple):
    """What the attempts of one province, channel and fraud type are asked today: thresholds of 32-bit uniforms."""

    province: int
    channel: int
    kind: int
    not_sent: int
    dead: int
    caught: int
    blocked: int
    central: int
    local: int
    app: int


class Crowd(NamedTuple):
    """The people of a province as contacts find them: how many, of the high exposure class, and its share."""

    persons: int
    high: int
    high_share: float


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
    found: NDArray[np.int64],
    log: NDArray[np.int64],
    counters: NDArray[np.int64],
    room: Scratch,
) -> bool:
    """Let the attempts of province ``p`` pass; return whether all have, or an array is full and must grow first.

    ``fates`` (3, T, 8) is added to; ``found`` takes who is engaged, and whom a detector raises an alert on.
    ``raided`` (T, 2**14) is the guide of the day, ``most_engaged`` (T, bands) the largest thresholds of engaging.
    """
    types = fates.shape[1]
    midnight = (today.day - rules.start) * DAY_MS
    logging = rules.kept > 0
    at = counters[CELL]
    while at < CHANNEL_COUNT * types:
        c = at // types
        t = at % types
        counted = fates[c, t]
        count = today.attempts[p, c, t]
        base = origin_id(ATTEMPT, today.day, p, c, t, 0)
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
            today.app,
        )
        first = counters[INDEX]
        while first < count:
            if counters[N_FOUND] + block > found.shape[0] or (logging and counters[N_LOG] + block > log.shape[0]):
                counters[CELL] = at
                counters[INDEX] = first
                return False
            size = min(block, count - first)
            start = base + (first << INDEX_SHIFT)
            passed = pass_filters(cell, start, size, rules.seed, slots[t], raided[t], today.raided, counted, room)
            met = pass_sites(cell, passed, rules.seed, guides.most_answered[c], counted, room)
            asking, traced = reach(cell, met, rules.seed, moments[c], guides, counted, room)
            traced = answer(
                cell, asking, traced, rules.seed, people, guides, crowd, answered[c], today.engaged[p, t],
                most_engaged[t], people_bytes, counted, room,
            )  # fmt: skip
            look(
                cell, traced, rules, guides, today.data_sharing[p], moments[c], midnight, crowd, detectors, found,
                counters, room,
            )  # fmt: skip
            if logging:
                log_block(cell, start, size, passed, asking, rules, moments[c], midnight, crowd, log, counters, room)
            first += size
        counters[INDEX] = 0
        at += 1
    counters[CELL] = 0
    return True


@compiled
def pass_filters(
    cell: Cell,
    start: int,
    size: int,
    seed: int,
    slots: NDArray[np.int64],
    guide: NDArray[np.uint8],
    raided: NDArray[np.uint8],
    counted: NDArray[np.int64],
    room: Scratch,
) -> int:
    """Gates 1 to 4 for attempts ``start`` and on: count their fates, keep who passed in ``room.passed``."""
    ids, passed, lanes, codes = room.ids, room.passed, room.lanes, room.codes
    for k in range(size):
        ids[k] = start + (k << INDEX_SHIFT)
    draw4_many(seed, ids, size, ATTEMPT_GATES, 0, lanes)
    for k in range(size):
        codes[k] = (
            (lanes[0, k] < cell.not_sent)
            | ((lanes[2, k] < cell.dead) << 1)
            | ((lanes[3, k] < cell.caught) << 2)
            | guide[lanes[1, k] >> DEN_SHIFT]
        )
    kept = 0
    for k in range(size):
        code = codes[k]
        if code >= MIXED:
            code = (code & (UNSENT | DEAD | CAUGHT)) | (RAIDED if raided[pick(lanes[1, k], slots)] else 0)
            codes[k] = code
        passed[kept] = ids[k]
        kept += code == 0
    unsent = 0
    den = 0
    card = 0
    for k in range(size):
        code = codes[k]
        unsent += code & UNSENT
        den += (code & (UNSENT | RAIDED)) == RAIDED
        card += (code & (UNSENT | RAIDED | DEAD)) == DEAD
    counted[NOT_SENT] += unsent
    counted[DEN_DESTROYED] += den
    counted[CARD_ELIMINATED] += card
    counted[INTERCEPTED] += size - kept - unsent - den - card
    return kept


@compiled
def pass_sites(
    cell: Cell, passed: int, seed: int, most_answered: int, counted: NDArray[np.int64], room: Scratch
) -> int:
    """Gate 5; of who passes it keep in ``room.reached`` whom an answer or a detector could still make something of."""
    lanes, codes, reached, places = room.lanes, room.flags, room.reached, room.places
    draw4_many(seed, room.passed, passed, ATTEMPT_PASSAGE, 0, lanes)
    for k in range(passed):
        codes[k] = (
            (lanes[2, k] < cell.central)
            | ((lanes[3, k] < cell.local) << 1)
            | ((lanes[1, k] < most_answered) << 2)
            | ((lanes[0, k] < cell.blocked) << 3)
        )
    met = 0
    blocked = 0
    for k in range(passed):
        code = codes[k]
        reached[met] = room.passed[k]
        places[met] = k
        met += (code != 0) & (code < BLOCKED)
        blocked += code >= BLOCKED
    counted[SITE_BLOCKED] += blocked
    counted[UNANSWERED] += passed - blocked - met
    return met


@compiled
def reach(
    cell: Cell,
    met: int,
    seed: int,
    moments: NDArray[np.float64],
    guides: Guides,
    counted: NDArray[np.int64],
    room: Scratch,
) -> tuple[int, int]:
    """Find the half hour of the attempts that are left; keep whom it may find answering, and whom detectors see.

    The first stand in ``room.asked``, the others in ``room.seen`` with their fate.
    """
    meeting, hours = room.meeting, room.hours
    half_hours = guides.half_hour[cell.channel]
    most_answered = guides.most_answered_then[cell.channel]
    draw4_many(seed, room.reached, met, ATTEMPT_TARGET, 0, meeting)
    asking = 0
    traced = 0
    for k in range(met):
        hour = half_hours[meeting[2, k] >> HOUR_SHIFT]
        if hour == ASK_HOUR:
            hour = half_hour_from(uniform32(meeting[2, k]) * moments[HALF_HOURS], moments, 0)
        hours[k] = hour
        place = room.places[k]
        maybe = room.lanes[1, place] < most_answered[hour]
        room.asked[asking] = k
        asking += maybe
        room.seen[traced] = k
        room.fates[traced] = UNANSWERED
        traced += (not maybe) & ((room.flags[place] & BY_ANY) != 0)
    counted[UNANSWERED] += met - asking
    return asking, traced


@compiled
def answer(
    cell: Cell,
    asking: int,
    traced: int,
    seed: int,
    people: PeopleTables,
    guides: Guides,
    crowd: Crowd,
    answered: NDArray[np.int64],
    engaged: NDArray[np.int64],
    most_engaged: NDArray[np.int64],
    people_bytes: NDArray[np.uint8],
    counted: NDArray[np.int64],
    room: Scratch,
) -> int:
    """Gates 6 and 7: who is reached, whether they answer and engage; return how many detectors see in all."""
    p = cell.province
    persons, body, habits, meeting = room.persons, room.body, room.habits, room.meeting
    for q in range(asking):
        k = room.asked[q]
        u = uniform52(meeting[0, k], meeting[1, k])
        persons[q] = person_id(p, target(u, crowd.persons, crowd.high, crowd.high_share))
    draw4_many(seed, persons, asking, PERSON_BODY, 0, body)
    draw4_many(seed, persons, asking, PERSON_HABITS, 0, habits)
    edges = guides.band_edges[p]
    bands = edges.shape[0]
    internet = people.internet[p]
    city = people.urban[p]
    online_only = cell.channel == ONLINE
    no_answer = 0
    maybe = 0
    for q in range(asking):
        k = room.asked[q]
        band = 0
        for b in range(1, bands):
            band += body[0, q] >= edges[b]
        urban = 1 if body[2, q] < city else 0
        online = habits[0, q] < internet[urban, band]
        app = 1 if online & (habits[1, q] < cell.app) else 0
        missed = (room.lanes[1, room.places[k]] >= answered[room.hours[k], band, app]) | (online_only & (not online))
        no_answer += missed
        room.outcome[q] = UNANSWERED if missed else IGNORED
        room.doubtful[maybe] = q
        maybe += (not missed) & (meeting[3, k] < most_engaged[band])
    victims = 0
    for m in range(maybe):
        q = room.doubtful[m]
        u = meeting[3, room.asked[q]]
        age = pick_from(body[0, q], people.age[p], guides.age[p, body[0, q] >> GUIDE_SHIFT])
        sex = 0 if body[1, q] < people.women[p] else 1
        urban = 1 if body[2, q] < city else 0
        segment = pick(body[3, q], people.occupation[urban, people.stage[age]])
        limits = engaged[people.band[age], sex, habits[2, q] >> 29]
        if u < max(limits[0, segment], limits[1, segment]):
            victim = 1 if people_bytes[persons[q] & PERSON_MASK] & VICTIM else 0
            if u < limits[victim, segment]:
                room.outcome[q] = ENGAGED
                victims += 1
    counted[UNANSWERED] += no_answer
    counted[ENGAGED] += victims
    counted[IGNORED] += asking - no_answer - victims
    for q in range(asking):
        k = room.asked[q]
        room.seen[traced] = k
        room.fates[traced] = room.outcome[q]
        traced += ((room.flags[room.places[k]] & BY_ANY) != 0) | (room.outcome[q] == ENGAGED)
    return traced


@compiled
def look(
    cell: Cell,
    traced: int,
    rules: Rules,
    guides: Guides,
    sharing: float,
    moments: NDArray[np.float64],
    midnight: int,
    crowd: Crowd,
    detectors: DetectorTables,
    found: NDArray[np.int64],
    counters: NDArray[np.int64],
    room: Scratch,
) -> None:
    """Let both detectors score the attempts that they see; write down the engaged ones and those that alarm."""
    lanes, meeting, ids = room.body, room.meeting, room.traced
    for q in range(traced):
        ids[q] = room.reached[room.seen[q]]
    draw4_many(rules.seed, ids, traced, DETECTOR_SCORE, 0, lanes)
    least_central = detectors.thresholds[CENTRAL, 3] - detectors.shift[CENTRAL]
    least_local = detectors.thresholds[LOCAL, 3] - detectors.shift[LOCAL]
    together = detectors.correlation
    apart = math.sqrt(1.0 - together * together)
    maybe = 0
    for q in range(traced):
        fate = room.fates[q]
        d_prime = detectors.contact[cell.channel, fate - UNANSWERED] + sharing
        flags = room.flags[room.places[room.seen[q]]]
        highest = guides.highest[lanes[0, q] >> GUIDE_SHIFT]
        highest_local = together * highest + apart * guides.highest[lanes[2, q] >> GUIDE_SHIFT]
        room.doubtful[maybe] = q
        maybe += (
            (fate == ENGAGED)
            | (((flags & BY_CENTRAL) != 0) & (d_prime + highest >= least_central))
            | (((flags & BY_LOCAL) != 0) & ((d_prime + highest_local >= least_local) | (together < 0.0)))
        )
    row = counters[N_FOUND]
    for m in range(maybe):
        q = room.doubtful[m]
        k = room.seen[q]
        fate = room.fates[q]
        flags = room.flags[room.places[k]]
        d_prime = float(detectors.contact[cell.channel, fate - UNANSWERED])
        d_prime += sharing
        central, local = attempt_tiers(rules.seed, ids[q], 0, d_prime, detectors)
        if flags & BY_CENTRAL == 0:
            central = NO_ALERT
        if flags & BY_LOCAL == 0:
            local = NO_ALERT
        if fate == ENGAGED or central != NO_ALERT or local != NO_ALERT:
            u = uniform52(meeting[0, k], meeting[1, k])
            goal = uniform32(meeting[2, k]) * moments[HALF_HOURS]
            found[row, ORIGIN] = ids[q]
            found[row, MOMENT] = midnight + moment_in_half_hour(goal, room.hours[k], moments, rules.clock)
            found[row, NUMBER] = target(u, crowd.persons, crowd.high, crowd.high_share)
            found[row, SEEN] = (central + 1) | ((local + 1) << 3) | ((ENGAGED - fate) << 6) | (cell.kind << 8)
            row += 1
    counters[N_FOUND] = row


@compiled
def log_block(
    cell: Cell,
    start: int,
    size: int,
    passed: int,
    asking: int,
    rules: Rules,
    profile: NDArray[np.float64],
    midnight: int,
    crowd: Crowd,
    log: NDArray[np.int64],
    counters: NDArray[np.int64],
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
        fates[((room.passed[k] - start) >> INDEX_SHIFT) & INDEX_MASK] = (
            SITE_BLOCKED if room.flags[k] >= BLOCKED else UNANSWERED
        )
    for q in range(asking):
        fates[((room.reached[room.asked[q]] - start) >> INDEX_SHIFT) & INDEX_MASK] = room.outcome[q]
    for k in range(size):
        attempt = start + (k << INDEX_SHIFT)
        if not is_kept(rules.seed, attempt, rules.kept):
            continue
        above, below, u_moment, _ = draw4(rules.seed, attempt, ATTEMPT_TARGET, 0)
        goal = uniform32(u_moment) * profile[HALF_HOURS]
        moment = midnight + moment_in_half_hour(goal, half_hour_from(goal, profile, 0), profile, rules.clock)
        person = -1
        if fates[k] >= UNANSWERED:
            person = target(uniform52(above, below), crowd.persons, crowd.high, crowd.high_share)
        write(
            log, counters, moment, ARRIVALS, ATTEMPT_EVENT, cell.province, attempt, -1, 0, -1, cell.channel, -1,
            fates[k], person, -1,
        )  # fmt: skip
