"""What the detectors make of a block of attempts: those that may raise an alert, by bounds, then those that do."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.country.people import target
from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import GUIDE_SHIFT, moment_in_half_hour, threshold
from sim.draws.functions import normal_cdf
from sim.draws.philox import draw4_many, uniform32, uniform52
from sim.draws.purposes import ATTEMPT_COVERAGE
from sim.engines.vector.gates import MAY_ALARM, Cell
from sim.engines.vector.records import Records
from sim.engines.vector.rules import MARGIN, TIERS, Crowd, Guides, Rules
from sim.engines.vector.state import Scratch
from sim.gates.fates import ENGAGED, UNANSWERED
from sim.midnight.today import Today
from sim.warning.detectors import CENTRAL, LOCAL, NO_ALERT, DetectorTables, attempt_tiers


@compiled
def least_alarms(channel: int, p: int, today: Today, detectors: DetectorTables) -> tuple[int, int]:
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
        central = detectors.thresholds[CENTRAL, TIERS - 1] - detectors.shift[CENTRAL] - d_prime
    if today.coverage[LOCAL, p] > 0:
        both = (detectors.thresholds[LOCAL, TIERS - 1] - detectors.shift[LOCAL] - d_prime) / (
            r + math.sqrt(1.0 - r * r)
        )
    return threshold(normal_cdf(min(central, both) - MARGIN)) - 1, threshold(normal_cdf(both - MARGIN)) - 1


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
    found: Records,
    counters: Records,
    room: Scratch,
) -> None:
    """Let both detectors score the attempts that they see; write down the engaged ones and those that alarm."""
    meeting, ids, coverage = room.meeting, room.traced, room.body
    least_central = detectors.thresholds[CENTRAL, TIERS - 1] - detectors.shift[CENTRAL] - sharing
    least_local = detectors.thresholds[LOCAL, TIERS - 1] - detectors.shift[LOCAL] - sharing
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
    row = counters[0].found
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
            finding = found[row]
            finding.origin = ids[m]
            finding.moment = midnight + moment_in_half_hour(goal, room.hours[k], moments, rules.clock)
            finding.person = target(u, crowd.persons, crowd.high, crowd.high_share)
            finding.tiers[CENTRAL] = central
            finding.tiers[LOCAL] = local
            finding.truth = ENGAGED - fate
            finding.kind = cell.kind
            row += 1
    counters[0].found = row
