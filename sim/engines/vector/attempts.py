"""Attempts and contacts that are followed one by one: whom they find, who engages, which raise alerts.

Scratch arrays of the kernels that follow attempts and contacts, a tuple for each kernel that fills them.

Kernels allocate no arrays, so they keep intermediate results here, overwritten block by block.

A province's legitimate contacts of a day, drawn by score cell: those that raise an alert.

Gates 6 and 7 for attempts that are followed: whom they find, when, and who of these engages.

A loop without branches draws and compares, so that the compiler vectorises it; the next loop keeps the positions of
those that continue. Values that depend on the person are compared with their largest threshold first; thresholds are
integers, so this is exact.

Scores of attempts by both detectors: which may raise an alert, by bounds, and then which do.

A province's attempts of a day: counted cell by cell; those that may have an effect are followed in blocks.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOURS
from sim.base.words import Channel, Detector, Event, Fate, Stage, Tier
from sim.country.people import FRAILTY_SHIFT, has_app, target
from sim.draws import purposes
from sim.draws.compiled import compiled, internal, prefetch, wide
from sim.draws.distributions import CERTAIN, FAR_TAIL, GUIDE_SHIFT, below, is_kept, moment_in_half_hour, pick, threshold
from sim.draws.functions import MIDDLE_SPAN, log_of_normal, normal_cdf, tail_quantile
from sim.draws.identity import INDEX_SHIFT, PERSON_MASK, attempt_id, person_id
from sim.draws.philox import draw4_many, draw4_run, uniform32, uniform52
from sim.engines.tables import Phase
from sim.engines.vector import cells
from sim.engines.vector.records import Integers, Record, Records, Rules
from sim.engines.vector.state import log_event
from sim.midnight.people import VICTIM
from sim.midnight.today import Today
from sim.shield.answering import MOST_TRIES, needs_internet, uniform_given
from sim.shield.engagement import is_engaged
from sim.warning import detectors as warning_detectors

Ints = NDArray[np.int64]
Lanes = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


class MeetingScratch(NamedTuple):
    """Scratch arrays of a block of attempts, each (block,) or (4, block).

    By attempt: ``attempt`` identity; ``lanes`` of its first draw; ``half_hour`` and ``moment`` of its arrival;
    ``person`` identity, with ``u_age`` and ``urban``; ``fate``. Of those that a step handles: ``waiting`` positions in
    the block, ``identity``, ``tries`` draws, ``tried`` persons and their ``home``. ``first_half_hour`` (64,), see
    ``start_of_search``.
    """

    attempt: Ints
    lanes: Lanes
    half_hour: Bytes
    moment: Ints
    person: Ints
    u_age: NDArray[np.uint32]
    urban: Bytes
    fate: Ints
    waiting: Ints
    identity: Ints
    tries: Lanes
    tried: Ints
    home: Lanes
    first_half_hour: Bytes


class LookScratch(NamedTuple):
    """Scratch arrays of a block of attempts of a score band, each (block,) or (4, block).

    ``lanes`` of their scores. Of those that a detector sees and whose larger score may suffice: ``place`` in the block
    and ``larger`` score. Of those that raise an alert: ``raised`` (2, block) tiers by detector.
    """

    lanes: Lanes
    place: Ints
    larger: NDArray[np.float64]
    raised: Ints


class AttemptScratch(NamedTuple):
    """Scratch arrays of ``follow_attempts``; ``named`` (prospects,) counts the attempts of a cell that are followed."""

    named: Ints
    meetings: MeetingScratch
    looks: LookScratch


class ContactScratch(NamedTuple):
    """Scratch arrays of ``score_contacts``, each (block,) or (4, block).

    ``draws`` the lanes of ``LEGITIMATE_CONTACT``. Of the contacts that raise an alert: ``identity``, ``raised`` the
    tiers by both detectors, ``target`` the lanes of ``LEGITIMATE_TARGET``.
    """

    draws: Lanes
    identity: Ints
    raised: Ints
    target: Lanes


def attempt_scratch(block: int) -> AttemptScratch:
    """Return scratch arrays for blocks of this many attempts."""
    meetings = MeetingScratch(
        attempt=_ints(block),
        lanes=_lanes(block),
        half_hour=_bytes(block),
        moment=_ints(block),
        person=_ints(block),
        u_age=np.empty(block, dtype=wide(np.uint32)),
        urban=_bytes(block),
        fate=_ints(block),
        waiting=_ints(block),
        identity=_ints(block),
        tries=_lanes(block),
        tried=_ints(block),
        home=_lanes(block),
        first_half_hour=_bytes(1 << cells.SEARCH_BITS),
    )
    looks = LookScratch(_lanes(block), _ints(block), np.empty(block), np.empty((len(Detector), block), dtype=np.int64))
    return AttemptScratch(np.zeros(warning_detectors.PROSPECTS, dtype=np.int64), meetings, looks)


def contact_scratch(block: int) -> ContactScratch:
    """Return scratch arrays for blocks of this many contacts."""
    return ContactScratch(_lanes(block), _ints(block), _ints(block), _lanes(block))


def _ints(count: int) -> Ints:
    return np.empty(count, dtype=np.int64)


def _bytes(count: int) -> Bytes:
    return np.empty(count, dtype=wide(np.uint8))


def _lanes(count: int) -> Lanes:
    return np.empty((4, count), dtype=wide(np.uint32))


class Meeting(NamedTuple):
    """Whom attempts reach, and when.

    ``answers`` says whether somebody answers them; ``residents`` of the province; ``profile`` (49,) cumulative, of the
    day of such attempts.
    """

    answers: bool
    residents: cells.Residents
    profile: NDArray[np.float64]


@compiled
def meet(cell: cells.Cell, count: int, tables: cells.AttemptTables, meeting: Meeting, scratch: MeetingScratch) -> None:
    """Find when attempts arrive and whom they find: draw persons until one answers (or one does not).

    ``scratch.attempt`` holds the identities of ``count`` attempts; ``lanes`` and the following fields up to ``urban``
    are filled.
    """
    profile, residents = meeting.profile, meeting.residents
    seed, answering, crowd = tables.rules.seed, tables.answering, residents.crowd
    lanes, half_hours, waiting, ids, tries, homes, persons = (
        scratch.lanes, scratch.half_hour, scratch.waiting, scratch.identity, scratch.tries, scratch.home, scratch.tried,
    )  # fmt: skip
    c, p = cell.channel, cell.province
    anybody = not needs_internet(c)
    least, most, answered = answering.least[c], answering.most[c], answering.answered[c]
    draw4_many(seed, scratch.attempt, count, purposes.ATTEMPT_MEETING, 0, lanes)
    start_of_search(profile, scratch.first_half_hour)
    for k in range(count):
        goal = uniform32(lanes[0, k]) * profile[HALF_HOURS]
        half_hour = int(scratch.first_half_hour[lanes[0, k] >> cells.SEARCH_SHIFT])
        while half_hour < HALF_HOURS - 1 and goal >= profile[half_hour + 1]:
            half_hour += 1
        half_hours[k] = half_hour
        scratch.moment[k] = cell.midnight + moment_in_half_hour(goal, half_hour, profile, tables.rules.clock)
        waiting[k] = k
        ids[k] = scratch.attempt[k]
    left = count
    number = 0
    while left > 0 and number < MOST_TRIES:
        draw4_many(seed, ids, left, purposes.ATTEMPT_PERSON, number, tries)
        for q in range(left):
            u = uniform52(tries[0, q], tries[1, q])
            persons[q] = person_id(p, target(u, crowd.persons, crowd.high, crowd.high_share))
        draw4_many(seed, persons, left, purposes.PERSON_HOME, 0, homes)
        asked = left
        left = 0
        for q in range(asked):
            k = waiting[q]
            band = residents.band_guide[homes[0, q] >> cells.TOP_SHIFT]
            if band == cells.AMBIGUOUS:
                band = residents.band[pick(homes[0, q], residents.age)]
            # Times 1, because indexing by a boolean would be an unpredictable branch.
            urban = (homes[1, q] < residents.urban) * 1
            online = homes[2, q] < residents.internet[urban, band]
            app = has_app(online, homes[3, q], cell.adoption) * 1
            half_hour = half_hours[k]
            u_answer = uniform_given(tries[2, q], meeting.answers, least[half_hour], most[half_hour])
            answers = (u_answer < answered[half_hour, band, app]) & (online | anybody)
            scratch.person[k] = persons[q]
            scratch.u_age[k] = homes[0, q]
            scratch.urban[k] = urban
            waiting[left] = k
            ids[left] = ids[q]
            left += answers != meeting.answers
        number += 1


@compiled
def start_of_search(profile: NDArray[np.float64], first: NDArray[np.uint8]) -> None:
    """Fill ``first`` (64,) with the half hour of the least uniform of a moment with these top bits."""
    half_hour = 0
    for top in range(len(first)):
        goal = uniform32(top << cells.SEARCH_SHIFT) * profile[HALF_HOURS]
        while half_hour < HALF_HOURS - 1 and goal >= profile[half_hour + 1]:
            half_hour += 1
        first[top] = half_hour


@compiled
def engage(
    cell: cells.Cell,
    count: int,
    tables: cells.AttemptTables,
    unaware: NDArray[np.float64],
    residents: cells.Residents,
    people_bytes: NDArray[np.uint8],
    counted: NDArray[np.int64],
    scratch: MeetingScratch,
) -> None:
    """Pass gate 7 with ``count`` attempts that somebody answers.

    ``unaware`` (G,) is by segment; ``people_bytes`` has one byte per person of the province; ``counted`` (fates,) is
    added to; ``scratch`` is as ``meet`` left it, and its fates are filled.
    """
    t = cell.fraud_type
    propensity = tables.propensity[t]
    most = tables.guides.most_engaged[t]
    most_by_band = tables.guides.most_by_band[t]
    most_engaging = tables.most_engaging[t]
    waiting, ids, traits = scratch.waiting, scratch.identity, scratch.tries
    maybe = 0
    for k in range(count):
        scratch.fate[k] = Fate.IGNORED
        u = below(scratch.lanes[1, k], most_engaging)
        waiting[maybe] = k
        ids[maybe] = scratch.person[k]
        maybe += u < most_by_band[residents.band_guide[scratch.u_age[k] >> cells.TOP_SHIFT]]
    draw4_many(tables.rules.seed, ids, maybe, purposes.PERSON_TRAITS, 0, traits)
    victims = 0
    unsure = 0
    for m in range(maybe):
        k = waiting[m]
        u = below(scratch.lanes[1, k], most_engaging)
        u_age = scratch.u_age[k]
        band = residents.band_guide[u_age >> cells.TOP_SHIFT]
        sex = (traits[0, m] >= residents.women) * 1
        frailty = traits[2, m] >> FRAILTY_SHIFT
        if band != cells.AMBIGUOUS and u >= most[band, sex, frailty]:
            continue
        stage = residents.stage_guide[u_age >> cells.TOP_SHIFT]
        group = 0
        if band == cells.AMBIGUOUS or stage == cells.AMBIGUOUS or residents.groups > 1:
            age = pick(u_age, residents.age)
            band = residents.band[age]
            stage = residents.stage[age]
            group = residents.group[age]
        segment = pick(traits[1, m], residents.occupation[scratch.urban[k], stage])
        unaware_share = unaware[segment * residents.groups + group]
        engaged = is_engaged(u, propensity[band, sex, frailty, 0], unaware_share)
        if engaged:
            scratch.fate[k] = Fate.ENGAGED
            victims += 1
        # A person's byte is read only where it makes a difference: it lies anywhere in memory.
        if engaged != is_engaged(u, propensity[band, sex, frailty, 1], unaware_share):
            prefetch(people_bytes, ids[m] & PERSON_MASK)
            waiting[unsure] = k
            unsure += 1
    for m in range(unsure):
        k = waiting[m]
        if people_bytes[scratch.person[k] & PERSON_MASK] & VICTIM != 0:
            engaged = scratch.fate[k] == Fate.ENGAGED
            scratch.fate[k] = Fate.IGNORED if engaged else Fate.ENGAGED
            victims += -1 if engaged else 1
    counted[Fate.ENGAGED] += victims
    counted[Fate.IGNORED] += count - victims


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
def score_met(
    cell: cells.Cell, count: int, tables: cells.AttemptTables, output: Output, scratch: MeetingScratch
) -> None:
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
    draw4_many(rules.seed, ids, maybe, purposes.ATTEMPT_COVERAGE, 0, coverage)
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
        central, local = warning_detectors.attempt_tiers(lanes[2, k], lanes[3, k], d_prime, detectors)
        if not by_central:
            central = warning_detectors.NO_ALERT
        if not by_local:
            local = warning_detectors.NO_ALERT
        if fate == Fate.ENGAGED or central != warning_detectors.NO_ALERT or local != warning_detectors.NO_ALERT:
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
    cell: cells.Cell, k: int, fate: int, rules: Rules, log: Records, counters: Record, scratch: MeetingScratch
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

    cell: cells.Cell
    band: int
    fate: int


@compiled
def look(at: Look, start: int, size: int, tables: cells.AttemptTables, scratch: AttemptScratch) -> int:
    """Return how many attempts of a block raise an alert, and fill ``looks`` and ``meetings.attempt`` with them.

    The ``size`` attempts of one band engage nobody; their identities count up from ``start``.
    """
    cell, band = at.cell, at.band
    seed, detectors, highest_score = tables.rules.seed, tables.detectors, tables.guides.highest_score
    lanes, place, larger, raised = scratch.looks.lanes, scratch.looks.place, scratch.looks.larger, scratch.looks.raised
    least = cells.least_of(cell, at.fate, detectors)
    levels = highest_level(band, least)
    r = detectors.correlation
    s = math.sqrt(1.0 - r * r)
    d_prime = float(detectors.contact[cell.channel, at.fate - Fate.UNANSWERED])
    d_prime += cell.sharing
    draw4_run(seed, start, 1 << INDEX_SHIFT, size, purposes.ATTEMPT_SCORES, lanes)
    seen = 0
    for k in range(size):
        place[seen] = k
        seen += ((lanes[0, k] < cell.covered_central) | (lanes[1, k] < cell.covered_local)) & (lanes[2, k] < levels)
    heights(band, seen, lanes, place, larger)
    found = 0
    for q in range(seen):
        k = place[q]
        most = r * larger[q] + s * highest_score[lanes[3, k] >> GUIDE_SHIFT]
        if band < warning_detectors.REST and most < least and most < larger[q]:
            # The other score does not matter.
            local_is_larger = (lanes[2, k] & 1) == 1
            central_score = -math.inf if local_is_larger else larger[q]
            local_score = larger[q] if local_is_larger else -math.inf
        else:
            attempt = start + (k << INDEX_SHIFT)
            central_score, local_score = warning_detectors.scores_in_band(
                seed, attempt, larger[q], lanes[2, k], lanes[3, k], least, r
            )
        central, local = warning_detectors.tiers_of(central_score, local_score, d_prime, detectors)
        raised[Detector.CENTRAL, found] = central if lanes[0, k] < cell.covered_central else warning_detectors.NO_ALERT
        raised[Detector.LOCAL, found] = local if lanes[1, k] < cell.covered_local else warning_detectors.NO_ALERT
        scratch.meetings.attempt[found] = start + (k << INDEX_SHIFT)
        found += (raised[Detector.CENTRAL, found] != warning_detectors.NO_ALERT) | (
            raised[Detector.LOCAL, found] != warning_detectors.NO_ALERT
        )
    return found


@compiled
def heights(
    band: int, count: int, lanes: NDArray[np.uint32], place: NDArray[np.int64], larger: NDArray[np.float64]
) -> None:
    """Fill ``larger`` with ``height`` of the attempts of a band at their ``place`` in ``lanes``."""
    if band == warning_detectors.REST or warning_detectors.ABOVE[band + 1] >= NEAR_TAILS:
        for q in range(count):
            larger[q] = warning_detectors.height(lanes[2, place[q]], band)
        return
    for q in range(count):
        larger[q] = warning_detectors.share_above(int(lanes[2, place[q]]), band)
    # In place: reading at other places than are written keeps the compiler from vectorising.
    for q in range(count):
        larger[q] = tail_quantile(math.sqrt(-log_of_normal(larger[q], 0)))
    if band == 0:
        for q in range(count):
            if warning_detectors.share_above(int(lanes[2, place[q]]), band) < FAR_TAIL:
                larger[q] = warning_detectors.height(lanes[2, place[q]], band)


@compiled
def highest_level(band: int, least: float) -> int:
    """Return a limit below which the uniform of the larger score lies if that score may reach ``least``.

    All uniforms are below it where void contacts may have an effect too.
    """
    if band == warning_detectors.REST or least < warning_detectors.LOWEST or least <= warning_detectors.EDGE[band + 1]:
        return CERTAIN
    # Rounding is far smaller than the 16 levels added.
    return (
        threshold(
            (normal_cdf(-least) - warning_detectors.ABOVE[band])
            / (warning_detectors.ABOVE[band + 1] - warning_detectors.ABOVE[band])
        )
        + 16
    )


@compiled
def write_findings(
    cell: cells.Cell, fate: int, count: int, rules: Rules, output: Output, scratch: AttemptScratch
) -> None:
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


BLOCK: Final = 2048
"""Attempts of a block: the draws of one stage fit the first-level cache."""
CHANNEL_COUNT: Final = len(Channel)


@compiled
def follow_attempts(
    p: int,
    tables: cells.AttemptTables,
    today: Today,
    people_bytes: NDArray[np.uint8],
    residents: cells.Residents,
    output: Output,
    scratch: AttemptScratch,
) -> bool:
    """Return whether all attempts of province ``p`` have passed the gates; follow those that may have an effect.

    If not, an array is full and must grow first; the next call resumes. ``scratch`` is for blocks of the size of its
    arrays.
    """
    rules = tables.rules
    fates, found, log, counters = output.fates, output.found, output.log, output.counters[0]
    types = fates.shape[1]
    named = scratch.named
    block = scratch.meetings.fate.shape[0]
    logging = rules.kept > 0
    for at in range(counters.cell // warning_detectors.PROSPECTS, CHANNEL_COUNT * types):
        c = at // types
        t = at % types
        count = today.attempts[p, c, t]
        if count == 0:
            counters.cell = (at + 1) * warning_detectors.PROSPECTS
            continue
        counted = fates[c, t]
        cell = cells.cell_at(p, c, t, rules, today)
        # When a call resumes, the scratch arrays of the call before hold the counts of the cell.
        if counters.cell % warning_detectors.PROSPECTS == 0 and counters.index == 0:
            cells.settle(cell, count, tables, today, counted, named)
        for prospect in range(counters.cell % warning_detectors.PROSPECTS, warning_detectors.PROSPECTS):
            counters.cell = at * warning_detectors.PROSPECTS + prospect
            while counters.index < named[prospect]:
                if counters.found + block > found.shape[0] or (logging and counters.log + block > log.shape[0]):
                    return False
                size = min(block, named[prospect] - counters.index)
                start = attempt_id(today.day, p, c, t, prospect, 0) + (counters.index << INDEX_SHIFT)
                if prospect == warning_detectors.ENGAGING:
                    for k in range(size):
                        scratch.meetings.attempt[k] = start + (k << INDEX_SHIFT)
                    meet(cell, size, tables, Meeting(True, residents, today.moments[1, p, c]), scratch.meetings)
                    engage(cell, size, tables, today.unaware[p], residents, people_bytes, counted, scratch.meetings)
                    score_met(cell, size, tables, output, scratch.meetings)
                else:
                    band, fate = warning_detectors.band_and_fate(prospect)
                    answers = fate != Fate.UNANSWERED
                    alarms = look(Look(cell, band, fate), start, size, tables, scratch)
                    meeting = Meeting(answers, residents, today.moments[answers * 1, p, c])
                    meet(cell, alarms, tables, meeting, scratch.meetings)
                    write_findings(cell, fate, alarms, rules, output, scratch)
                counters.index += size
            counters.index = 0
        counters.cell = (at + 1) * warning_detectors.PROSPECTS
    counters.cell = 0
    return True
