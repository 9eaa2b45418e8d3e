"""The gates of a block of attempts, each stage drawing only for those that are left.

Attempts are settled in the order in which they need draws: dens, cards and filters; sites and answering; when and whom
they reach; who that is. Within a stage there are no branches but rare ones: a loop that the compiler turns into vector
instructions computes what is decided, the next one keeps those that go on. What the hour, the person or their byte
could change is compared with the largest threshold first and looked up only where that does not settle it:
thresholds are integers, so nothing is lost.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.people import FRAILTY_SHIFT, PeopleTables, target
from sim.draws.compiled import compiled
from sim.draws.distributions import pick
from sim.draws.identity import INDEX_SHIFT, PERSON_MASK, person_id
from sim.draws.philox import draw4_many, uniform52, words
from sim.draws.purposes import ATTEMPT_GATES, ATTEMPT_PASSAGE, ATTEMPT_TARGET, PERSON_HOME, PERSON_TRAITS
from sim.engines.vector.rules import (
    DEN_SHIFT,
    MIXED,
    RAIDED,
    TOP_SHIFT,
    UNTOLD,
    Crowd,
    Guides,
    half_hour_at,
)
from sim.engines.vector.state import Scratch
from sim.gates.fates import (
    CARD_ELIMINATED,
    DEN_DESTROYED,
    ENGAGED,
    IGNORED,
    INTERCEPTED,
    NOT_SENT,
    ONLINE,
    SITE_BLOCKED,
    UNANSWERED,
)
from sim.midnight.people_bytes import VICTIM

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
        hour = half_hour_at(meeting[2, k], half_hours, moments)
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
        band = bands[lanes[0, q] >> TOP_SHIFT]
        if band == UNTOLD:
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
        band = bands[lanes[0, q] >> TOP_SHIFT]
        sex = 0 if room.traits[0, m] < people.women[p] else 1
        frailty = room.traits[2, m] >> FRAILTY_SHIFT
        if band != UNTOLD and u >= most_engaged[band, sex, frailty]:
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
