"""Scores of attempts by both detectors: which may raise an alert, by bounds, and then which do."""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Detector, Event, Fate, Stage, Tier
from sim.draws.compiled import compiled, internal
from sim.draws.distributions import CERTAIN, GUIDE_SHIFT, threshold
from sim.draws.functions import MIDDLE_SPAN, log_of_normal, normal_cdf, tail_quantile
from sim.draws.identity import INDEX_SHIFT, PERSON_MASK
from sim.draws.many import FAR_TAIL
from sim.draws.philox import draw4_many, draw4_run
from sim.draws.purposes import ATTEMPT_COVERAGE, ATTEMPT_SCORES
from sim.draws.record import is_kept
from sim.engines.phases import Phase
from sim.engines.vector.cells import AttemptTables, Cell, least_of
from sim.engines.vector.log import log_event
from sim.engines.vector.records import Integers, Record, Records
from sim.engines.vector.rules import Rules
from sim.engines.vector.scratch import AttemptScratch, MeetingScratch
from sim.warning.bands import ABOVE, EDGE, LOWEST, REST, height, scores_in_band, share_above
from sim.warning.detectors import NO_ALERT, attempt_tiers, tiers_of


class Output(NamedTuple):
    """Where results of attempts are stored.

    ``fates`` (3, T, fates) counts; ``found`` attempts that engage or on which a detector raises an alert; ``log``;
    ``counters`` of the province.
    """

    fates: Integers
    found: Records
    log: Records
    counters: Records


NEAR_TAILS: Final = 0.5 - MIDDLE_SPAN
"""A score exceeded by a smaller share of scores lies in the tails of the normal quantile."""


@compiled
def score_met(cell: Cell, count: int, tables: AttemptTables, output: Output, scratch: MeetingScratch) -> None:
    """Record which of ``count`` answered attempts engage, and on which of them a detector raises an alert.

    A score is computed only if the upper bounds of its normal parts may reach a threshold. ``output`` has room for a
    row per attempt; ``scratch`` is as ``engage`` left it.
    """
    found, log, counters = output.found, output.log, output.counters[0]
    lanes, ids, coverage = scratch.lanes, scratch.identity, scratch.tries
    rules, detectors, highest_score = tables.rules, tables.detectors, tables.guides.highest_score
    contact = detectors.contact[cell.channel]
    least_central = detectors.thresholds[Detector.CENTRAL, Tier.BLUE] - detectors.shift[Detector.CENTRAL] - cell.sharing
    least_local = detectors.thresholds[Detector.LOCAL, Tier.BLUE] - detectors.shift[Detector.LOCAL] - cell.sharing
    together = detectors.correlation
    apart = math.sqrt(1.0 - together * together)
    maybe = 0
    for k in range(count):
        fate = scratch.fate[k]
        d_prime = contact[fate - Fate.UNANSWERED]
        highest = highest_score[lanes[2, k] >> GUIDE_SHIFT]
        highest_local = together * highest + apart * highest_score[lanes[3, k] >> GUIDE_SHIFT]
        scratch.waiting[maybe] = k
        ids[maybe] = scratch.attempt[k]
        maybe += (
            (fate == Fate.ENGAGED)
            | (d_prime + highest >= least_central)
            | (d_prime + highest_local >= least_local)
            | (together < 0.0)
        )
    draw4_many(rules.seed, ids, maybe, ATTEMPT_COVERAGE, 0, coverage)
    row = counters.found
    for m in range(maybe):
        k = scratch.waiting[m]
        fate = scratch.fate[k]
        by_central = coverage[0, m] < cell.covered_central
        by_local = coverage[1, m] < cell.covered_local
        if not (by_central or by_local or fate == Fate.ENGAGED):
            continue
        d_prime = float(contact[fate - Fate.UNANSWERED])
        d_prime += cell.sharing
        central, local = attempt_tiers(lanes[2, k], lanes[3, k], d_prime, detectors)
        if not by_central:
            central = NO_ALERT
        if not by_local:
            local = NO_ALERT
        if fate == Fate.ENGAGED or central != NO_ALERT or local != NO_ALERT:
            finding = found[row]
            finding.origin = ids[m]
            finding.moment = scratch.moment[k]
            finding.person = scratch.person[k] & PERSON_MASK
            finding.tiers[Detector.CENTRAL] = central
            finding.tiers[Detector.LOCAL] = local
            finding.truth = Fate.ENGAGED - fate
            finding.kind = cell.fraud_type
            row += 1
    counters.found = row
    if rules.kept > 0:
        for k in range(count):
            log_attempt(cell, k, scratch.fate[k], rules, log, counters, scratch)


@internal
def log_attempt(
    cell: Cell, k: int, fate: int, rules: Rules, log: Records, counters: Record, scratch: MeetingScratch
) -> None:
    """Log the k-th of the attempts for which ``meet`` has found persons, if the log keeps it."""
    attempt = scratch.attempt[k]
    if is_kept(rules.seed, attempt, rules.kept):
        moment = scratch.moment[k]
        entry = log[log_event(Event.ATTEMPT, moment, Phase.ARRIVALS, cell.province, attempt, log, counters)]
        entry.stage = Stage.CONTACT
        entry.channel = cell.channel
        entry.result = fate
        entry.person = scratch.person[k] & PERSON_MASK


class Look(NamedTuple):
    """Which attempts detectors score: those of a cell and a score band that are unanswered, or ignored."""

    cell: Cell
    band: int
    fate: int


@compiled
def look(at: Look, start: int, size: int, tables: AttemptTables, scratch: AttemptScratch) -> int:
    """Return how many attempts of a block raise an alert, and fill ``looks`` and ``meetings.attempt`` with them.

    The ``size`` attempts of one band engage nobody; their identities count up from ``start``.
    """
    cell, band = at.cell, at.band
    seed, detectors, highest_score = tables.rules.seed, tables.detectors, tables.guides.highest_score
    lanes, place, larger, raised = scratch.looks.lanes, scratch.looks.place, scratch.looks.larger, scratch.looks.raised
    least = least_of(cell, at.fate, detectors)
    levels = highest_level(band, least)
    r = detectors.correlation
    s = math.sqrt(1.0 - r * r)
    d_prime = float(detectors.contact[cell.channel, at.fate - Fate.UNANSWERED])
    d_prime += cell.sharing
    draw4_run(seed, start, 1 << INDEX_SHIFT, size, ATTEMPT_SCORES, lanes)
    seen = 0
    for k in range(size):
        place[seen] = k
        seen += ((lanes[0, k] < cell.covered_central) | (lanes[1, k] < cell.covered_local)) & (lanes[2, k] < levels)
    heights(band, seen, lanes, place, larger)
    found = 0
    for q in range(seen):
        k = place[q]
        most = r * larger[q] + s * highest_score[lanes[3, k] >> GUIDE_SHIFT]
        if band < REST and most < least and most < larger[q]:
            # The other score does not matter.
            local_is_larger = (lanes[2, k] & 1) == 1
            central_score = -math.inf if local_is_larger else larger[q]
            local_score = larger[q] if local_is_larger else -math.inf
        else:
            attempt = start + (k << INDEX_SHIFT)
            central_score, local_score = scores_in_band(seed, attempt, larger[q], lanes[2, k], lanes[3, k], least, r)
        central, local = tiers_of(central_score, local_score, d_prime, detectors)
        raised[Detector.CENTRAL, found] = central if lanes[0, k] < cell.covered_central else NO_ALERT
        raised[Detector.LOCAL, found] = local if lanes[1, k] < cell.covered_local else NO_ALERT
        scratch.meetings.attempt[found] = start + (k << INDEX_SHIFT)
        found += (raised[Detector.CENTRAL, found] != NO_ALERT) | (raised[Detector.LOCAL, found] != NO_ALERT)
    return found


@compiled
def heights(
    band: int, count: int, lanes: NDArray[np.uint32], place: NDArray[np.int64], larger: NDArray[np.float64]
) -> None:
    """Fill ``larger`` with ``height`` of the attempts of a band at their ``place`` in ``lanes``."""
    if band == REST or ABOVE[band + 1] >= NEAR_TAILS:
        for q in range(count):
            larger[q] = height(lanes[2, place[q]], band)
        return
    for q in range(count):
        larger[q] = share_above(int(lanes[2, place[q]]), band)
    # In place: reading at other places than are written keeps the compiler from vectorising.
    for q in range(count):
        larger[q] = tail_quantile(math.sqrt(-log_of_normal(larger[q], 0)))
    if band == 0:
        for q in range(count):
            if share_above(int(lanes[2, place[q]]), band) < FAR_TAIL:
                larger[q] = height(lanes[2, place[q]], band)


@compiled
def highest_level(band: int, least: float) -> int:
    """Return a limit below which the uniform of the larger score lies if that score may reach ``least``.

    All uniforms are below it where void contacts may have an effect too.
    """
    if band == REST or least < LOWEST or least <= EDGE[band + 1]:
        return CERTAIN
    # Rounding is far smaller than the 16 levels added.
    return threshold((normal_cdf(-least) - ABOVE[band]) / (ABOVE[band + 1] - ABOVE[band])) + 16


@compiled
def write_down(cell: Cell, fate: int, count: int, rules: Rules, output: Output, scratch: AttemptScratch) -> None:
    """Record the attempts that ``look`` has found, whose persons and moments ``meet`` has filled in.

    ``output`` has room for a row per attempt; ``scratch`` is as both left it.
    """
    counters, meetings, raised = output.counters[0], scratch.meetings, scratch.looks.raised
    for k in range(count):
        finding = output.found[counters.found + k]
        finding.origin = meetings.attempt[k]
        finding.moment = meetings.moment[k]
        finding.person = meetings.person[k] & PERSON_MASK
        finding.tiers[Detector.CENTRAL] = raised[Detector.CENTRAL, k]
        finding.tiers[Detector.LOCAL] = raised[Detector.LOCAL, k]
        finding.truth = Fate.ENGAGED - fate
        finding.kind = cell.fraud_type
        if rules.kept > 0:
            log_attempt(cell, k, fate, rules, output.log, counters, meetings)
    counters.found += count
