"""The gates for a block of attempts, in stages of which each draws only for those that are left.

A stage is one call of the generator for each attempt: gates 1 to 4; gate 5 and whether anything could still come of the
attempt; its half hour; where its person lives, and gate 6; who they are, and gate 7. Within a stage, one loop without
branches computes what is decided, which the compiler turns into vector instructions; the next one keeps the positions
of those that go on. What depends on the half hour, the person or their byte is compared with its largest threshold
first, and looked up only where that does not decide: thresholds are integers, so nothing is lost.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.people import FRAILTY_SHIFT, has_app, target
from sim.draws.compiled import compiled
from sim.draws.distributions import pick
from sim.draws.identity import INDEX_SHIFT, PERSON_MASK, person_id
from sim.draws.philox import draw4_many, uniform52, words
from sim.draws.purposes import ATTEMPT_GATES, ATTEMPT_PASSAGE, ATTEMPT_TARGET, PERSON_HOME, PERSON_TRAITS
from sim.engines.vector.bits import CAUGHT, DEAD, MAY_ALARM, MAY_ANSWER, MIXED, RAIDED, STOP_SHIFT, STOPPED, UNSENT
from sim.engines.vector.cells import Cell
from sim.engines.vector.guides import AMBIGUOUS, DEN_SHIFT, TOP_SHIFT, AttemptGuides, half_hour_at
from sim.engines.vector.residents import Residents
from sim.engines.vector.scratch import AttemptScratch, FilterScratch, ReachScratch, SiteScratch
from sim.gates.answering import needs_internet
from sim.gates.cards import is_from_card
from sim.gates.sites import threshold_of
from sim.gates.thresholds import GateThresholds
from sim.midnight.people_bytes import VICTIM
from sim.words import Fate


class Dens(NamedTuple):
    """The den slots that the attempts of one fraud type come from, and which of them are raided today.

    ``cumulative`` (S,) thresholds by which an attempt picks its slot, ``raided`` (S,), ``guide`` (2**14,) whether it is
    raided by the top bits of the uniform, or ``MIXED``.
    """

    cumulative: NDArray[np.int64]
    raided: NDArray[np.uint8]
    guide: NDArray[np.uint8]


@compiled
def pass_filters(
    cell: Cell,
    gates: GateThresholds,
    start: int,
    size: int,
    seed: int,
    dens: Dens,
    counted: NDArray[np.int64],
    scratch: FilterScratch,
) -> int:
    """Let attempts pass gates 1 to 4; count the fates of those that are stopped.

    Args:
        cell: Of the attempts.
        gates: Thresholds of the day.
        start: Identity of the first attempt.
        size: Number of attempts; their identities follow each other.
        seed: Of the run.
        dens: Of their fraud type.
        counted: (fates,) counts, added to.
        scratch: Filled.

    Returns:
        The number of attempts that pass.
    """
    passed, u_slots, stops = scratch.passed, scratch.u_slot, scratch.stops
    p, c, t = cell.province, cell.channel, cell.fraud_type
    from_card = is_from_card(c)
    not_sent = np.uint64(gates.not_sent[p, c])
    dead = np.uint64(gates.dead[p] if from_card else 0)
    intercepted = np.uint64(gates.intercepted[p, c, t] if from_card else 0)
    # Draws and comparisons in one loop, the look-up in a table in the next: only so the compiler vectorises both.
    for k in range(size):
        u_not_sent, u_slot, u_card, u_filter = words(start + (k << INDEX_SHIFT), seed, ATTEMPT_GATES, 0)
        u_slots[k] = u_slot
        stops[k] = (u_not_sent < not_sent) * UNSENT | (u_card < dead) * DEAD | (u_filter < intercepted) * CAUGHT
    for k in range(size):
        stops[k] |= dens.guide[u_slots[k] >> DEN_SHIFT]
    kept = 0
    for k in range(size):
        stop = stops[k]
        if stop >= MIXED:
            slot = pick(u_slots[k], dens.cumulative)
            stop = (stop & (UNSENT | DEAD | CAUGHT)) | (RAIDED if dens.raided[slot] else 0)
            stops[k] = stop
        passed[kept] = start + (k << INDEX_SHIFT)
        kept += stop == 0
    unsent = 0
    raided = 0
    without_card = 0
    for k in range(size):
        stop = stops[k]
        unsent += stop & UNSENT
        raided += (stop & (UNSENT | RAIDED)) == RAIDED
        without_card += (stop & (UNSENT | RAIDED | DEAD)) == DEAD
    counted[Fate.NOT_SENT] += unsent
    counted[Fate.DEN_DESTROYED] += raided
    counted[Fate.CARD_ELIMINATED] += without_card
    counted[Fate.INTERCEPTED] += size - kept - unsent - raided - without_card
    return kept


@compiled
def pass_sites(
    cell: Cell,
    gates: GateThresholds,
    passed: NDArray[np.int64],
    count: int,
    seed: int,
    counted: NDArray[np.int64],
    scratch: SiteScratch,
) -> int:
    """Let attempts pass gate 5; count those that it stops, and those that can be neither answered nor raise an alert.

    Args:
        cell: Of the attempts.
        gates: Thresholds of the day.
        passed: (count or more,) identities of the attempts that passed gates 1 to 4.
        count: Number of these.
        seed: Of the run.
        counted: (fates,) counts, added to.
        scratch: Filled.

    Returns:
        The number of attempts that remain.
    """
    u_answers, u_centrals, u_locals, prospects = scratch.u_answer, scratch.u_central, scratch.u_local, scratch.prospects
    alarm_central = np.uint64(max(cell.alarm_central, 0))
    alarm_local = np.uint64(max(cell.alarm_local, 0))
    most_answered = np.uint64(cell.most_answered)
    p, c, t = cell.province, cell.channel, cell.fraud_type
    down = np.uint64(threshold_of(p, c, t, gates.down))
    for k in range(count):
        u_site, u_answer, u_central, u_local = words(passed[k], seed, ATTEMPT_PASSAGE, 0)
        u_answers[k] = u_answer
        u_centrals[k] = u_central
        u_locals[k] = u_local
        prospects[k] = (
            ((u_central >= alarm_central) | (u_local >= alarm_local)) * MAY_ALARM
            | (u_answer < most_answered) * MAY_ANSWER
            | (u_site < down) * (Fate.SITE_BLOCKED << STOP_SHIFT)
        )
    remaining = 0
    blocked = 0
    for k in range(count):
        prospect = prospects[k]
        scratch.remaining[remaining] = passed[k]
        scratch.place[remaining] = k
        remaining += (prospect != 0) & (prospect < STOPPED)
        blocked += prospect >= STOPPED
    counted[Fate.SITE_BLOCKED] += blocked
    counted[Fate.UNANSWERED] += count - blocked - remaining
    return remaining


@compiled
def reach(
    cell: Cell,
    remaining: int,
    seed: int,
    profile: NDArray[np.float64],
    guides: AttemptGuides,
    counted: NDArray[np.int64],
    sites: SiteScratch,
    scratch: ReachScratch,
) -> int:
    """Find the half hours of the attempts that remain, and those that may be answered in theirs; count the others.

    Args:
        cell: Of the attempts.
        remaining: Number of attempts.
        seed: Of the run.
        profile: (49,) cumulative profile of the channel's day.
        guides: Of attempts.
        counted: (fates,) counts, added to.
        sites: As ``pass_sites`` left it.
        scratch: Filled; all fates are those of attempts that nobody answers.

    Returns:
        The number of attempts whose uniform is below the largest threshold of answering of their half hour.
    """
    lanes, half_hours = scratch.target, scratch.half_hour
    guide = guides.half_hour[cell.channel]
    most_answered = guides.most_answered_then[cell.channel]
    draw4_many(seed, sites.remaining, remaining, ATTEMPT_TARGET, 0, lanes)
    asked = 0
    for k in range(remaining):
        half_hour = half_hour_at(lanes[2, k], guide, profile)
        half_hours[k] = half_hour
        scratch.fate[k] = Fate.UNANSWERED
        scratch.may_answer[asked] = k
        asked += sites.u_answer[sites.place[k]] < most_answered[half_hour]
    counted[Fate.UNANSWERED] += remaining - asked
    return asked


@compiled
def answer(
    cell: Cell,
    asked: int,
    seed: int,
    residents: Residents,
    answered: NDArray[np.int64],
    counted: NDArray[np.int64],
    scratch: AttemptScratch,
) -> int:
    """Find the persons of the attempts that may be answered, and let the attempts pass gate 6; count the fates.

    Those who answer are counted as ignoring the attempt, until ``engage`` finds otherwise.

    Args:
        cell: Of the attempts.
        asked: Number of attempts that may be answered.
        seed: Of the run.
        residents: Of the province.
        answered: (48, bands, 2) thresholds of the channel.
        counted: (fates,) counts, added to.
        scratch: As ``reach`` left it; ``answers``, ``engages.person`` and fates are filled.

    Returns:
        The number of attempts that are answered and whose uniform is below the largest threshold of engaging of the
        person's age band.
    """
    sites, reached, answers = scratch.sites, scratch.reached, scratch.answers
    crowd, persons, home = residents.crowd, answers.person, answers.home
    most_engaged = scratch.engages.most_by_band
    for q in range(asked):
        k = reached.may_answer[q]
        u = uniform52(reached.target[0, k], reached.target[1, k])
        persons[q] = person_id(cell.province, target(u, crowd.persons, crowd.high, crowd.high_share))
    draw4_many(seed, persons, asked, PERSON_HOME, 0, home)
    online_only = needs_internet(cell.channel)
    answering = 0
    maybe = 0
    for q in range(asked):
        k = reached.may_answer[q]
        band = residents.band_guide[home[0, q] >> TOP_SHIFT]
        if band == AMBIGUOUS:
            band = residents.band[pick(home[0, q], residents.age)]
        # Times 1, for indexing by a boolean would be a branch that cannot be predicted.
        urban = (home[1, q] < residents.urban) * 1
        online = home[2, q] < residents.internet[urban, band]
        app = has_app(online, home[3, q], cell.adoption) * 1
        spoken = (sites.u_answer[sites.place[k]] < answered[reached.half_hour[k], band, app]) & (
            online | (not online_only)
        )
        reached.fate[k] = Fate.UNANSWERED + spoken
        answering += spoken
        answers.may_engage[maybe] = q
        scratch.engages.person[maybe] = persons[q]
        maybe += spoken & (reached.target[3, k] < most_engaged[band])
    counted[Fate.UNANSWERED] += asked - answering
    counted[Fate.IGNORED] += answering
    return maybe


@compiled
def most_by_band(most_engaged: NDArray[np.int64], most: NDArray[np.int64]) -> None:
    """Fill ``most``, (bands or more,), with the largest of the thresholds (bands, 2, 8) of each age band."""
    for band in range(most_engaged.shape[0]):
        most[band] = 0
        for sex in range(most_engaged.shape[1]):
            for frailty in range(most_engaged.shape[2]):
                most[band] = max(most[band], most_engaged[band, sex, frailty])


@compiled
def engage(
    maybe: int,
    seed: int,
    residents: Residents,
    people_bytes: NDArray[np.uint8],
    engaged: NDArray[np.int64],
    most_engaged: NDArray[np.int64],
    counted: NDArray[np.int64],
    scratch: AttemptScratch,
) -> None:
    """Let the attempts that are answered pass gate 7.

    Args:
        maybe: Number of attempts that are answered and may engage their person.
        seed: Of the run.
        residents: Of the province.
        people_bytes: One for each person of the province.
        engaged: (bands, 2, 8, 2, 4) thresholds of the province and fraud type.
        most_engaged: (bands, 2, 8) the largest of them by age band, sex and frailty.
        counted: (fates,) counts, added to.
        scratch: As ``answer`` left it; fates are changed.
    """
    reached, answers, traits = scratch.reached, scratch.answers, scratch.engages.traits
    draw4_many(seed, scratch.engages.person, maybe, PERSON_TRAITS, 0, traits)
    victims = 0
    for m in range(maybe):
        q = answers.may_engage[m]
        k = reached.may_answer[q]
        u = reached.target[3, k]
        u_age = answers.home[0, q]
        band = residents.band_guide[u_age >> TOP_SHIFT]
        sex = 0 if traits[0, m] < residents.women else 1
        frailty = traits[2, m] >> FRAILTY_SHIFT
        if band != AMBIGUOUS and u >= most_engaged[band, sex, frailty]:
            continue
        age = pick(u_age, residents.age)
        urban = 1 if answers.home[1, q] < residents.urban else 0
        segment = pick(traits[1, m], residents.occupation[urban, residents.stage[age]])
        victim = 1 if people_bytes[answers.person[q] & PERSON_MASK] & VICTIM else 0
        if u < engaged[residents.band[age], sex, frailty, victim, segment]:
            reached.fate[k] = Fate.ENGAGED
            victims += 1
    counted[Fate.ENGAGED] += victims
    counted[Fate.IGNORED] -= victims
