"""A province's attempts of a day: blocks that pass the gates together, each stage drawing only for those that are left.

Attempts are settled in the order in which they need draws: the gates of dens, cards and filters; sites, answering
and coverage; whom they reach and when; who that is; what the detectors make of it. Between stages the block is
compacted. What a person's age, hour or byte could change is compared with the largest threshold first, and looked up
only where that does not settle it: thresholds are integers, so nothing is lost.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables, target
from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import GUIDE_SHIFT, moment_in_half_hour, pick, pick_from
from sim.draws.identity import ATTEMPT, INDEX_MASK, INDEX_SHIFT, origin_id, person_id
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
from sim.engines.vector.layout import BODY, CELL, FROM_CARDS, INDEX, MOMENT, N_FOUND, N_LOG, NUMBER, ORIGIN, SEEN
from sim.engines.vector.log import ATTEMPT_EVENT, is_kept, write
from sim.engines.vector.rules import ASK, DEN_SHIFT, Guides, Rules, half_hour_from
from sim.gates.fates import (
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

# Bits of what a block's attempts meet at the first gates.
UNSENT_BIT: Final = 1
DEAD_BIT: Final = 2
CAUGHT_BIT: Final = 4
RAIDED_BIT: Final = 8
CODES: Final = 16
COLUMNS: Final = 4
"""Histograms side by side, so that one addition need not wait for the one before it."""


@compiled
def fate_of_code(code: int) -> int:
    """Return the fate at gates 1 to 4 from the bits of what an attempt would meet there; -1 for none."""
    if code & UNSENT_BIT:
        return NOT_SENT
    if code & RAIDED_BIT:
        return DEN_DESTROYED
    if code & DEAD_BIT:
        return CARD_ELIMINATED
    if code & CAUGHT_BIT:
        return INTERCEPTED
    return -1


@compiled
def pass_gates(
    p: int,
    block: int,
    rules: Rules,
    guides: Guides,
    today: Today,
    people: PeopleTables,
    persons: int,
    high: int,
    high_share: float,
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
) -> bool:
    """Let the attempts of province ``p`` pass; return whether all have, or an array is full and must grow first.

    ``fates`` (3, T, 8) is added to; ``found`` takes who is engaged, and whom a detector raises an alert on.
    ``raided`` is the guide of the day, ``most_engaged`` (T,) the largest thresholds of engaging.
    """
    seed = rules.seed
    types = fates.shape[1]
    midnight = (today.day - rules.start) * 86_400_000
    ids = np.empty(block, dtype=np.int64)
    left = np.empty(block, dtype=np.int64)
    reached = np.empty(block, dtype=np.int64)
    persons_met = np.empty(block, dtype=np.int64)
    seen_ids = np.empty(block, dtype=np.int64)
    codes = np.empty(block, dtype=np.uint8)
    lanes = np.empty((4, block), dtype=np.uint32)
    meeting = np.empty((4, block), dtype=np.uint32)
    habits = np.empty((4, block), dtype=np.uint32)
    u_answer = np.empty(block, dtype=np.uint32)
    covered = np.empty(block, dtype=np.uint8)
    hours = np.empty(block, dtype=np.uint8)
    asked = np.empty(block, dtype=np.int64)
    seen_at = np.empty(block, dtype=np.int64)
    seen_fate = np.empty(block, dtype=np.int64)
    histogram = np.zeros((CODES, COLUMNS), dtype=np.int64)
    logging = rules.kept > 0
    fate_by_index = np.empty(block if logging else 0, dtype=np.int64)
    seen_by_central = today.coverage[CENTRAL, p]
    seen_by_local = today.coverage[LOCAL, p]
    sharing = today.data_sharing[p]
    correlation = detectors.correlation
    apart = math.sqrt(1.0 - correlation * correlation)

    cell = counters[CELL]
    while cell < CHANNEL_COUNT * types:
        c = cell // types
        t = cell % types
        count = today.attempts[p, c, t]
        base = origin_id(ATTEMPT, today.day, p, c, t, 0)
        not_sent_below = today.not_sent[p, c]
        dead_below = 0
        caught_below = 0
        blocked_below = 0
        if c != ONLINE:
            dead_below = today.dead[p]
            caught_below = today.intercepted[p, c, t]
        if c == SMS:
            blocked_below = today.down[p, LINKED, t]
        elif c == ONLINE:
            blocked_below = today.down[p, ONLINE_ATTEMPT, t]
        most_answered = guides.most_answered[c]
        least_shift = detectors.thresholds[CENTRAL, 3] - detectors.shift[CENTRAL]
        least_shift_local = detectors.thresholds[LOCAL, 3] - detectors.shift[LOCAL]
        first = counters[INDEX]
        while first < count:
            if counters[N_FOUND] + block > found.shape[0] or (logging and counters[N_LOG] + block > log.shape[0]):
                counters[CELL] = cell
                counters[INDEX] = first
                return False
            size = min(block, count - first)
            start = base + (first << INDEX_SHIFT)
            for k in range(size):
                ids[k] = start + (k << INDEX_SHIFT)

            # Gates 1 to 4.
            draw4_many(seed, ids, size, ATTEMPT_GATES, 0, lanes)
            for k in range(size):
                codes[k] = (
                    (lanes[0, k] < not_sent_below)
                    | ((lanes[2, k] < dead_below) << 1)
                    | ((lanes[3, k] < caught_below) << 2)
                )
            passed = 0
            for k in range(size):
                den = raided[t, lanes[1, k] >> DEN_SHIFT]
                if den == ASK:
                    den = today.raided[pick(lanes[1, k], slots[t])]
                code = codes[k] | (den << 3)
                histogram[code, k & 3] += 1
                left[passed] = ids[k]
                passed += code == 0
                codes[k] = code
            if logging:
                for k in range(size):
                    fate_by_index[k] = fate_of_code(codes[k])

            # Gate 5, and what a coverage or an answer could still make of the attempt.
            draw4_many(seed, left, passed, ATTEMPT_PASSAGE, 0, lanes)
            blocked = 0
            met = 0
            for k in range(passed):
                stopped = lanes[0, k] < blocked_below
                seen = (lanes[2, k] < seen_by_central) | ((lanes[3, k] < seen_by_local) << 1)
                reached[met] = left[k]
                u_answer[met] = lanes[1, k]
                covered[met] = seen
                blocked += stopped
                met += (not stopped) & ((lanes[1, k] < most_answered) | (seen != 0))
                if logging:
                    fate_by_index[((left[k] - start) >> INDEX_SHIFT) & INDEX_MASK] = (
                        SITE_BLOCKED if stopped else UNANSWERED
                    )
            unanswered = passed - blocked - met

            # Whom it reaches, and at which hour.
            draw4_many(seed, reached, met, ATTEMPT_TARGET, 0, meeting)
            asking = 0
            traced = 0
            for k in range(met):
                u = uniform32(meeting[2, k])
                hour = half_hour_from(
                    u * moments[c, HALF_HOURS], moments[c], guides.half_hour[c, meeting[2, k] >> GUIDE_SHIFT]
                )
                hours[k] = hour
                maybe = u_answer[k] < guides.most_answered_then[c, hour]
                asked[asking] = k
                asking += maybe
                only_seen = (not maybe) & (covered[k] != 0)
                seen_at[traced] = k
                seen_fate[traced] = UNANSWERED
                traced += only_seen
                unanswered += not maybe

            # Gates 6 and 7: who that is.
            for q in range(asking):
                k = asked[q]
                number = target(uniform52(meeting[0, k], meeting[1, k]), persons, high, high_share)
                persons_met[q] = person_id(p, number)
            draw4_many(seed, persons_met, asking, PERSON_BODY, 0, lanes)
            draw4_many(seed, persons_met, asking, PERSON_HABITS, 0, habits)
            ignored = 0
            engaged = 0
            for q in range(asking):
                k = asked[q]
                age = pick_from(lanes[0, q], people.age[p], guides.age[p, lanes[0, q] >> GUIDE_SHIFT])
                band = people.band[age]
                urban = 1 if lanes[2, q] < people.urban[p] else 0
                online = habits[0, q] < people.internet[p, urban, band]
                app = 1 if online and habits[1, q] < today.app else 0
                if (c == ONLINE and not online) or u_answer[k] >= answered[c, hours[k], band, app]:
                    unanswered += 1
                    fate = UNANSWERED
                else:
                    fate = IGNORED
                    if meeting[3, k] < most_engaged[t]:
                        sex = 0 if lanes[1, q] < people.women[p] else 1
                        segment = pick(lanes[3, q], people.occupation[urban, people.stage[age]])
                        frailty = habits[2, q] >> 29
                        of_band = today.engaged[p, t, band, sex, frailty]
                        if meeting[3, k] < max(of_band[0, segment], of_band[1, segment]):
                            number = persons_met[q] & 0xFFFFFFFF
                            victim = 1 if people_bytes[number] & VICTIM else 0
                            if meeting[3, k] < of_band[victim, segment]:
                                fate = ENGAGED
                    ignored += fate == IGNORED
                    engaged += fate == ENGAGED
                if covered[k] != 0 or fate == ENGAGED:
                    seen_at[traced] = k
                    seen_fate[traced] = fate
                    traced += 1
                if logging:
                    fate_by_index[((reached[k] - start) >> INDEX_SHIFT) & INDEX_MASK] = fate

            # What both detectors make of it.
            for q in range(traced):
                seen_ids[q] = reached[seen_at[q]]
            draw4_many(seed, seen_ids, traced, DETECTOR_SCORE, 0, lanes)
            for q in range(traced):
                k = seen_at[q]
                fate = seen_fate[q]
                d_prime = float(detectors.contact[c, fate - UNANSWERED])
                d_prime += sharing
                by_central = guides.highest[lanes[0, q] >> GUIDE_SHIFT]
                by_local = correlation * by_central + apart * guides.highest[lanes[2, q] >> GUIDE_SHIFT]
                central = NO_ALERT
                local = NO_ALERT
                if (
                    correlation < 0.0
                    or ((covered[k] & 1) != 0 and d_prime + by_central >= least_shift)
                    or ((covered[k] & 2) != 0 and d_prime + by_local >= least_shift_local)
                ):
                    central, local = attempt_tiers(seed, seen_ids[q], 0, d_prime, detectors)
                    if covered[k] & 1 == 0:
                        central = NO_ALERT
                    if covered[k] & 2 == 0:
                        local = NO_ALERT
                if fate == ENGAGED or central != NO_ALERT or local != NO_ALERT:
                    row = counters[N_FOUND]
                    number = target(uniform52(meeting[0, k], meeting[1, k]), persons, high, high_share)
                    u = uniform32(meeting[2, k])
                    found[row, ORIGIN] = seen_ids[q]
                    found[row, MOMENT] = midnight + moment_in_half_hour(
                        u * moments[c, HALF_HOURS], hours[k], moments[c], rules.clock
                    )
                    found[row, NUMBER] = number
                    truth = ENGAGED - fate
                    found[row, SEEN] = (central + 1) | ((local + 1) << 3) | (truth << 6) | (t << 8)
                    found[row, BODY] = -1
                    counters[N_FOUND] = row + 1

            for code in range(CODES):
                fate = fate_of_code(code)
                many = histogram[code].sum()
                if code:
                    fates[c, t, fate] += many
                if c != ONLINE and (code == 0 or fate == INTERCEPTED):
                    counters[FROM_CARDS] += many
            histogram[:] = 0
            fates[c, t, SITE_BLOCKED] += blocked
            fates[c, t, UNANSWERED] += unanswered
            fates[c, t, IGNORED] += ignored
            fates[c, t, ENGAGED] += engaged
            if logging:
                log_block(p, c, ids, size, fate_by_index, rules, moments[c], midnight, persons, high, high_share,
                          log, counters)  # fmt: skip
            first += size
        counters[INDEX] = 0
        cell += 1
    counters[CELL] = 0
    return True


@compiled
def log_block(
    p: int,
    c: int,
    ids: NDArray[np.int64],
    size: int,
    fates: NDArray[np.int64],
    rules: Rules,
    profile: NDArray[np.float64],
    midnight: int,
    persons: int,
    high: int,
    high_share: float,
    log: NDArray[np.int64],
    counters: NDArray[np.int64],
) -> None:
    """Log the attempts of a block whose origins are kept."""
    for k in range(size):
        if not is_kept(rules.seed, ids[k], rules.kept):
            continue
        above, below, u_moment, _ = draw4(rules.seed, ids[k], ATTEMPT_TARGET, 0)
        goal = uniform32(u_moment) * profile[HALF_HOURS]
        moment = moment_in_half_hour(goal, half_hour_from(goal, profile, 0), profile, rules.clock)
        person = -1
        if fates[k] >= UNANSWERED:
            person = target(uniform52(above, below), persons, high, high_share)
        write(
            log, counters, midnight + moment, ARRIVALS, ATTEMPT_EVENT, p, ids[k], -1, 0, -1, c, -1, fates[k], person, -1
        )
