"""Gates 6 and 7 for attempts that are followed: whom they find, when, and who of these engages.

A loop without branches draws and compares, so that the compiler vectorises it; the next loop keeps the positions of
those that continue. Values that depend on the person are compared with their largest threshold first; thresholds are
integers, so this is exact.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOURS
from sim.base.words import Fate
from sim.country.people import FRAILTY_SHIFT, has_app, target
from sim.draws.compiled import compiled
from sim.draws.distributions import below, moment_in_half_hour, pick
from sim.draws.identity import PERSON_MASK, person_id
from sim.draws.philox import draw4_many, uniform32, uniform52
from sim.draws.prefetch import prefetch
from sim.draws.purposes import ATTEMPT_MEETING, ATTEMPT_PERSON, PERSON_HOME, PERSON_TRAITS
from sim.engines.vector.cells import AttemptTables, Cell
from sim.engines.vector.guides import AMBIGUOUS, SEARCH_SHIFT, TOP_SHIFT
from sim.engines.vector.residents import Residents
from sim.engines.vector.scratch import MeetingScratch
from sim.midnight.people_bytes import VICTIM
from sim.shield.answering import MOST_TRIES, needs_internet, uniform_given
from sim.shield.engagement import is_engaged


class Meeting(NamedTuple):
    """Whom attempts reach, and when.

    ``answers`` says whether somebody answers them; ``residents`` of the province; ``profile`` (49,) cumulative, of the
    day of such attempts.
    """

    answers: bool
    residents: Residents
    profile: NDArray[np.float64]


@compiled
def meet(cell: Cell, count: int, tables: AttemptTables, meeting: Meeting, scratch: MeetingScratch) -> None:
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
    draw4_many(seed, scratch.attempt, count, ATTEMPT_MEETING, 0, lanes)
    start_of_search(profile, scratch.first_half_hour)
    for k in range(count):
        goal = uniform32(lanes[0, k]) * profile[HALF_HOURS]
        half_hour = int(scratch.first_half_hour[lanes[0, k] >> SEARCH_SHIFT])
        while half_hour < HALF_HOURS - 1 and goal >= profile[half_hour + 1]:
            half_hour += 1
        half_hours[k] = half_hour
        scratch.moment[k] = cell.midnight + moment_in_half_hour(goal, half_hour, profile, tables.rules.clock)
        waiting[k] = k
        ids[k] = scratch.attempt[k]
    left = count
    number = 0
    while left > 0 and number < MOST_TRIES:
        draw4_many(seed, ids, left, ATTEMPT_PERSON, number, tries)
        for q in range(left):
            u = uniform52(tries[0, q], tries[1, q])
            persons[q] = person_id(p, target(u, crowd.persons, crowd.high, crowd.high_share))
        draw4_many(seed, persons, left, PERSON_HOME, 0, homes)
        asked = left
        left = 0
        for q in range(asked):
            k = waiting[q]
            band = residents.band_guide[homes[0, q] >> TOP_SHIFT]
            if band == AMBIGUOUS:
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
        goal = uniform32(top << SEARCH_SHIFT) * profile[HALF_HOURS]
        while half_hour < HALF_HOURS - 1 and goal >= profile[half_hour + 1]:
            half_hour += 1
        first[top] = half_hour


@compiled
def engage(
    cell: Cell,
    count: int,
    tables: AttemptTables,
    unaware: NDArray[np.float64],
    residents: Residents,
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
        maybe += u < most_by_band[residents.band_guide[scratch.u_age[k] >> TOP_SHIFT]]
    draw4_many(tables.rules.seed, ids, maybe, PERSON_TRAITS, 0, traits)
    victims = 0
    unsure = 0
    for m in range(maybe):
        k = waiting[m]
        u = below(scratch.lanes[1, k], most_engaging)
        u_age = scratch.u_age[k]
        band = residents.band_guide[u_age >> TOP_SHIFT]
        sex = (traits[0, m] >= residents.women) * 1
        frailty = traits[2, m] >> FRAILTY_SHIFT
        if band != AMBIGUOUS and u >= most[band, sex, frailty]:
            continue
        stage = residents.stage_guide[u_age >> TOP_SHIFT]
        group = 0
        if band == AMBIGUOUS or stage == AMBIGUOUS or residents.groups > 1:
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
