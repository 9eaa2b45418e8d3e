"""What both detectors make of a block of attempts: which may raise an alert, by bounds, and then which do."""

import math

from sim.country.people import target
from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import GUIDE_SHIFT, moment_in_half_hour
from sim.draws.philox import draw4_many, uniform32, uniform52
from sim.draws.purposes import ATTEMPT_COVERAGE
from sim.engines.vector.bits import MAY_ALARM
from sim.engines.vector.cells import AttemptTables, Cell
from sim.engines.vector.records import Record, Records
from sim.engines.vector.residents import Crowd
from sim.engines.vector.scratch import AttemptScratch
from sim.warning.detectors import NO_ALERT, attempt_tiers
from sim.words import Detector, Fate, Tier


@compiled
def score_attempts(
    cell: Cell,
    remaining: int,
    tables: AttemptTables,
    crowd: Crowd,
    found: Records,
    counters: Record,
    scratch: AttemptScratch,
) -> None:
    """Write down the attempts that engage their person, and those that a detector raises an alert on.

    A score is computed only where it may reach a threshold by the upper bounds of its normal parts.

    Args:
        cell: Of the attempts.
        remaining: Number of attempts that remain after gate 5.
        tables: Of the run.
        crowd: Of the province.
        found: Added to; there is room for a row an attempt.
        counters: Of the province.
        scratch: As the gates left it; ``scores`` is filled.
    """
    sites, reached, scores = scratch.sites, scratch.reached, scratch.scores
    meeting, ids, coverage = reached.target, scores.identity, scores.coverage
    rules, detectors, highest_score = tables.rules, tables.detectors, tables.guides.highest_score
    moments = tables.moments[cell.channel]
    contact = detectors.contact[cell.channel]
    least_central = detectors.thresholds[Detector.CENTRAL, Tier.BLUE] - detectors.shift[Detector.CENTRAL] - cell.sharing
    least_local = detectors.thresholds[Detector.LOCAL, Tier.BLUE] - detectors.shift[Detector.LOCAL] - cell.sharing
    together = detectors.correlation
    apart = math.sqrt(1.0 - together * together)
    candidates = 0
    for k in range(remaining):
        scores.candidates[candidates] = k
        candidates += ((sites.prospects[sites.place[k]] & MAY_ALARM) != 0) | (reached.fate[k] == Fate.ENGAGED)
    maybe = 0
    for q in range(candidates):
        k = scores.candidates[q]
        place = sites.place[k]
        fate = reached.fate[k]
        d_prime = contact[fate - Fate.UNANSWERED]
        highest = highest_score[sites.u_central[place] >> GUIDE_SHIFT]
        highest_local = together * highest + apart * highest_score[sites.u_local[place] >> GUIDE_SHIFT]
        scores.scored[maybe] = k
        ids[maybe] = sites.remaining[k]
        maybe += (
            (fate == Fate.ENGAGED)
            | (d_prime + highest >= least_central)
            | (d_prime + highest_local >= least_local)
            | (together < 0.0)
        )
    draw4_many(rules.seed, ids, maybe, ATTEMPT_COVERAGE, 0, coverage)
    row = counters.found
    for m in range(maybe):
        k = scores.scored[m]
        place = sites.place[k]
        fate = reached.fate[k]
        by_central = coverage[0, m] < cell.covered_central
        by_local = coverage[1, m] < cell.covered_local
        if not (by_central or by_local or fate == Fate.ENGAGED):
            continue
        d_prime = float(contact[fate - Fate.UNANSWERED])
        d_prime += cell.sharing
        central, local = attempt_tiers(sites.u_central[place], sites.u_local[place], d_prime, detectors)
        if not by_central:
            central = NO_ALERT
        if not by_local:
            local = NO_ALERT
        if fate == Fate.ENGAGED or central != NO_ALERT or local != NO_ALERT:
            u = uniform52(meeting[0, k], meeting[1, k])
            goal = uniform32(meeting[2, k]) * moments[HALF_HOURS]
            finding = found[row]
            finding.origin = ids[m]
            finding.moment = cell.midnight + moment_in_half_hour(goal, reached.half_hour[k], moments, rules.clock)
            finding.person = target(u, crowd.persons, crowd.high, crowd.high_share)
            finding.tiers[Detector.CENTRAL] = central
            finding.tiers[Detector.LOCAL] = local
            finding.truth = Fate.ENGAGED - fate
            finding.kind = cell.fraud_type
            row += 1
    counters.found = row
