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

from sim.country.people import FRAILTY_SHIFT, PeopleTables, target
from sim.days import DAY_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import GUIDE_SHIFT, moment_in_half_hour, pick, threshold
from sim.draws.functions import normal_cdf
from sim.draws.identity import ATTEMPT, INDEX_SHIFT, PERSON_MASK, origin_id, person_id
from sim.draws.philox import draw4, draw4_many, uniform32, uniform52, words
from sim.draws.purposes import (
    ATTEMPT_COVERAGE,
    ATTEMPT_GATES,
    ATTEMPT_PASSAGE,
    ATTEMPT_TARGET,
    PERSON_HOME,
    PERSON_TRAITS,
)
from sim.engines.phases import ARRIVALS
from sim.engines.vector.layout import CELL, INDEX, MOMENT, N_FOUND, N_LOG, NUMBER, ORIGIN, SEEN
from sim.engines.vector.log import ATTEMPT_EVENT, is_kept, write
from sim.engines.vector.rules import (
    ASK_HOUR,
    DEN_SHIFT,
    HOUR_SHIFT,
    MARGIN,
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
MAY_ALARM: Final = 1
MAY_ANSWER: Final = 2
BLOCKED: Final = 4


class Cell(NamedTuple):
    """What the attempts of one province, channel and fraud type are asked today: thresholds of 32-bit uniforms.

    ``alarms_central`` and ``alarms_local`` are the least uniforms of scores at which a detector could raise an
    alert on somebody who does not engage.
    """

    province: int
    channel: int
    kind: int
    not_sent: int
    dead: int
    caught: int
    blocked: int
    central: int
    local: int
    alarms_central: int
    alarms_local: int
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
    ``raided`` (T, 2**14) is the guide of the day, ``most_engaged`` (T, bands, 2, 8) the largest thresholds of engaging
    by sex and frailty.
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
        alarms_from = least_uniforms(c, p, today, detectors)
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
        counters[INDEX] = 0
        at += 1
    counters[CELL] = 0
    return True


@compiled
def least_uniforms(channel: int, p: int, today: Today, detectors: DetectorTables) -> tuple[int, int]:
    """Return the least uniforms of both scores at which a contact that is not engaged could raise an alert.

    The central one needs a score of its own. The local score is r central + s own, with r and s from 0 to 1: it stays
    below a threshold as long as both of them stay below the threshold over r + s.
    """
    d_prime = today.data_sharing[p] + max(detectors.contact[channel, 0], detectors.contact[channel, 1])
    r = detectors.correlation
    if r < 0.0:
        return 0, 0
    central = math.inf
    both = math.inf
    if today.coverage[CENTRAL, p] > 0:
        central = detectors.thresholds[CENTRAL, 3] - detectors.shift[CENTRAL] - d_prime
    if today.coverage[LOCAL, p] > 0:
        both = (detectors.thresholds[LOCAL, 3] - detectors.shift[LOCAL] - d_prime) / (r + math.sqrt(1.0 - r * r))
    return threshold(normal_cdf(min(central, both) - MARGIN)) - 1, threshold(normal_cdf(both - MARGIN)) - 1


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
    """Gates 1 to 4 for attempts ``start`` and on: count their fates, keep who passes."""
    passed, u_slots, codes = room.passed, room.lanes[0], room.codes
    not_sent = np.uint64(cell.not_sent)
    dead = np.uint64(cell.dead)
    caught = np.uint64(cell.caught)
    # Draws and comparisons together, the table apart: so the compiler makes vectors of both.
    for k in range(size):
        u_not_sent, u_slot, u_card, u_filter = words(start + (k << INDEX_SHIFT), seed, ATTEMPT_GATES, 0)
        u_slots[k] = u_slot
        codes[k] = (u_not_sent < not_sent) | ((u_card < dead) << 1) | ((u_filter < caught) << 2)
    for k in range(size):
        codes[k] |= guide[u_slots[k] >> DEN_SHIFT]
    kept = 0
    for k in range(size):
        code = codes[k]
        if code >= MIXED:
            code = (code & (UNSENT | DEAD | CAUGHT)) | (RAIDED if raided[pick(u_slots[k], slots)] else 0)
            codes[k] = code
        passed[kept] = start + (k << INDEX_SHIFT)
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
    lanes, flags = room.lanes, room.flags
    alarms_central = np.uint64(max(cell.alarms_central, 0))
    alarms_local = np.uint64(max(cell.alarms_local, 0))
    may_answer = np.uint64(most_answered)
    down = np.uint64(cell.blocked)
    for k in range(passed):
        u_site, u_answer, u_central, u_local = words(room.passed[k], seed, ATTEMPT_PASSAGE, 0)
        lanes[1, k] = u_answer
        lanes[2, k] = u_central
        lanes[3, k] = u_local
        flags[k] = (
            (u_central >= alarms_central)
            | (u_local >= alarms_local)
            | ((u_answer < may_answer) << 1)
            | ((u_site < down) << 2)
        )
    met = 0
    blocked = 0
    for k in range(passed):
        flag = flags[k]
        room.reached[met] = room.passed[k]
        room.places[met] = k
        met += (flag != 0) & (flag < BLOCKED)
        blocked += flag >= BLOCKED
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
) -> int:
    """Find the half hour of those that are left; keep in ``room.asked`` who may find somebody answering then."""
    meeting, hours = room.meeting, room.hours
    half_hours = guides.half_hour[cell.channel]
    most_answered = guides.most_answered_then[cell.channel]
    draw4_many(seed, room.reached, met, ATTEMPT_TARGET, 0, meeting)
    asking = 0
    for k in range(met):
        hour = half_hours[meeting[2, k] >> HOUR_SHIFT]
        if hour == ASK_HOUR:
            hour = half_hour_from(uniform32(meeting[2, k]) * moments[HALF_HOURS], moments, 0)
        hours[k] = hour
        room.fates[k] = UNANSWERED
        room.asked[asking] = k
        asking += room.lanes[1, room.places[k]] < most_answered[hour]
    counted[UNANSWERED] += met - asking
    return asking


@compiled
def answer(
    cell: Cell,
    asking: int,
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
) -> None:
    """Gates 6 and 7: who is reached, whether they answer, whether they engage."""
    p = cell.province
    persons, lanes, meeting = room.persons, room.body, room.meeting
    for q in range(asking):
        k = room.asked[q]
        u = uniform52(meeting[0, k], meeting[1, k])
        persons[q] = person_id(p, target(u, crowd.persons, crowd.high, crowd.high_share))
    draw4_many(seed, persons, asking, PERSON_HOME, 0, lanes)
    bands = guides.band[p]
    internet = people.internet[p]
    city = people.urban[p]
    online_only = cell.channel == ONLINE
    most = room.most
    for band in range(most_engaged.shape[0]):
        most[band] = 0
        for sex in range(most_engaged.shape[1]):
            for frailty in range(most_engaged.shape[2]):
                most[band] = max(most[band], most_engaged[band, sex, frailty])
    answers = 0
    maybe = 0
    for q in range(asking):
        k = room.asked[q]
        band = bands[lanes[0, q] >> HOUR_SHIFT]
        if band == ASK_HOUR:
            band = people.band[pick(lanes[0, q], people.age[p])]
        # Times 1: a choice would be a branch that nobody can predict.
        urban = (lanes[1, q] < city) * 1
        online = lanes[2, q] < internet[urban, band]
        app = (online & (lanes[3, q] < cell.app)) * 1
        spoken = (room.lanes[1, room.places[k]] < answered[room.hours[k], band, app]) & (online | (not online_only))
        room.fates[k] = UNANSWERED + spoken
        answers += spoken
        room.doubtful[maybe] = q
        room.traced[maybe] = persons[q]
        maybe += spoken & (meeting[3, k] < most[band])
    # Few would engage whatever else they are: who these are takes more draws.
    draw4_many(seed, room.traced, maybe, PERSON_TRAITS, 0, room.traits)
    victims = 0
    for m in range(maybe):
        q = room.doubtful[m]
        k = room.asked[q]
        u = meeting[3, k]
        band = bands[lanes[0, q] >> HOUR_SHIFT]
        sex = 0 if room.traits[0, m] < people.women[p] else 1
        frailty = room.traits[2, m] >> FRAILTY_SHIFT
        if band != ASK_HOUR and u >= most_engaged[band, sex, frailty]:
            continue
        age = pick(lanes[0, q], people.age[p])
        urban = 1 if lanes[1, q] < city else 0
        segment = pick(room.traits[1, m], people.occupation[urban, people.stage[age]])
        victim = 1 if people_bytes[persons[q] & PERSON_MASK] & VICTIM else 0
        if u < engaged[people.band[age], sex, frailty, victim, segment]:
            room.fates[k] = ENGAGED
            victims += 1
    counted[UNANSWERED] += asking - answers
    counted[ENGAGED] += victims
    counted[IGNORED] += answers - victims


@compiled
def look(
    cell: Cell,
    met: int,
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
    meeting, ids, coverage = room.meeting, room.traced, room.body
    least_central = detectors.thresholds[CENTRAL, 3] - detectors.shift[CENTRAL] - sharing
    least_local = detectors.thresholds[LOCAL, 3] - detectors.shift[LOCAL] - sharing
    together = detectors.correlation
    apart = math.sqrt(1.0 - together * together)
    candidates = 0
    for k in range(met):
        room.seen[candidates] = k
        candidates += ((room.flags[room.places[k]] & MAY_ALARM) != 0) | (room.fates[k] == ENGAGED)
    maybe = 0
    for q in range(candidates):
        k = room.seen[q]
        place = room.places[k]
        fate = room.fates[k]
        d_prime = detectors.contact[cell.channel, fate - UNANSWERED]
        highest = guides.highest[room.lanes[2, place] >> GUIDE_SHIFT]
        highest_local = together * highest + apart * guides.highest[room.lanes[3, place] >> GUIDE_SHIFT]
        room.doubtful[maybe] = k
        ids[maybe] = room.reached[k]
        maybe += (
            (fate == ENGAGED)
            | (d_prime + highest >= least_central)
            | (d_prime + highest_local >= least_local)
            | (together < 0.0)
        )
    draw4_many(rules.seed, ids, maybe, ATTEMPT_COVERAGE, 0, coverage)
    row = counters[N_FOUND]
    for m in range(maybe):
        k = room.doubtful[m]
        place = room.places[k]
        fate = room.fates[k]
        by_central = coverage[0, m] < cell.central
        by_local = coverage[1, m] < cell.local
        if not (by_central or by_local or fate == ENGAGED):
            continue
        d_prime = float(detectors.contact[cell.channel, fate - UNANSWERED])
        d_prime += sharing
        central, local = attempt_tiers(room.lanes[2, place], room.lanes[3, place], d_prime, detectors)
        if not by_central:
            central = NO_ALERT
        if not by_local:
            local = NO_ALERT
        if fate == ENGAGED or central != NO_ALERT or local != NO_ALERT:
            u = uniform52(meeting[0, k], meeting[1, k])
            goal = uniform32(meeting[2, k]) * moments[HALF_HOURS]
            found[row, ORIGIN] = ids[m]
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
    met: int,
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
        fates[(room.passed[k] - start) >> INDEX_SHIFT] = SITE_BLOCKED if room.flags[k] >= BLOCKED else UNANSWERED
    for k in range(met):
        fates[(room.reached[k] - start) >> INDEX_SHIFT] = room.fates[k]
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
