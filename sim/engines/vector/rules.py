"""What the kernels read of a scenario: its tables as plain arrays, and guides that shorten searches."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import CERTAIN, GUIDE_BITS, GUIDE_SHIFT, guide
from sim.draws.functions import normal_quantile
from sim.draws.philox import uniform32
from sim.engines.tables import Tables
from sim.warning.detectors import CENTRAL, LOCAL, DetectorTables, within

TIERS = 4
MARGIN = 1e-9
"""Scores closer to a threshold than this are computed; farther ones are bounded."""


class Rules(NamedTuple):
    """Numbers and small tables of a run.

    ``start`` is the day number at which moments are 0, ``end`` the moment at which the run stops; ``kept`` the
    threshold of origins whose events are logged, 0 for none. By tier, (4,): ``first`` channel, ``deadline`` in ms,
    ``tries`` (4, 2) of call and visit, ``calls_unread`` and ``visits_unanswered`` 1 where that follows.
    """

    seed: int
    clock: int
    start: int
    end: int
    kept: int
    unread_wait: int
    desk_knows: bool
    first: NDArray[np.int64]
    deadline: NDArray[np.int64]
    tries: NDArray[np.int64]
    calls_unread: NDArray[np.int64]
    visits_unanswered: NDArray[np.int64]


class Guides(NamedTuple):
    """Where searches start, and bounds that settle most cases.

    ``age`` (P, 256) by the top bits of the uniform of age; ``half_hour`` (3, 256) of attempts by channel and
    ``contact_half_hour`` (256,); ``most_answered`` (3,) and ``most_answered_then`` (3, 48) largest thresholds of
    answering; ``central`` and ``local`` (rows, 4) the least uniforms at which a legitimate contact of a row of the
    grid reaches each tier; ``highest`` (256,) bound of a normal score by the top bits of its uniform.
    """

    age: NDArray[np.int64]
    half_hour: NDArray[np.int64]
    contact_half_hour: NDArray[np.int64]
    most_answered: NDArray[np.int64]
    most_answered_then: NDArray[np.int64]
    central: NDArray[np.int64]
    local: NDArray[np.int64]
    highest: NDArray[np.float64]


def rules_of(tables: Tables, end: int, kept: int) -> Rules:
    """Return the rules of a run."""
    tiers = tables.tiers
    return Rules(
        seed=tables.seed,
        clock=tables.clock,
        start=tables.calendar.start,
        end=end,
        kept=kept,
        unread_wait=tables.unread_wait,
        desk_knows=tables.desk_knows,
        first=np.array([tier.first for tier in tiers], dtype=np.int64),
        deadline=np.array([tier.deadline for tier in tiers], dtype=np.int64),
        tries=np.array([tier.tries for tier in tiers], dtype=np.int64),
        calls_unread=np.array([tier.unread_to_call for tier in tiers], dtype=np.int64),
        visits_unanswered=np.array([tier.unanswered_to_visit for tier in tiers], dtype=np.int64),
    )


def guides_of(tables: Tables) -> Guides:
    """Return the guides of a run."""
    return Guides(
        age=np.array([guide(row) for row in tables.people.age]),
        half_hour=np.array([half_hour_guide(profile) for profile in tables.moments]),
        contact_half_hour=half_hour_guide(tables.contact_moments),
        most_answered=tables.answered.max(axis=(1, 2, 3)),
        most_answered_then=tables.answered.max(axis=(2, 3)),
        central=least_uniforms(CENTRAL, tables.detectors),
        local=least_uniforms(LOCAL, tables.detectors),
        highest=highest_scores(),
    )


def half_hour_guide(cumulative: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the half hour of the least uniform with each value of its top bits, (256,)."""
    starts = [half_hour_from(uniform32(top << GUIDE_SHIFT) * cumulative[HALF_HOURS], cumulative, 0)
              for top in range(1 << GUIDE_BITS)]  # fmt: skip
    return np.array(starts, dtype=np.int64)


@compiled
def half_hour_from(target: float, cumulative: NDArray[np.float64], start: int) -> int:
    """Return the half hour in which a profile comes to ``target``, given one that is not beyond it."""
    at = start
    while at < HALF_HOURS - 1 and target >= cumulative[at + 1]:
        at += 1
    return at


def highest_scores() -> NDArray[np.float64]:
    """Return an upper bound of the normal quantile by the top bits of a uniform, (256,)."""
    tops = range(1, 1 << GUIDE_BITS)
    return np.array([normal_quantile(top / (1 << GUIDE_BITS)) + MARGIN for top in tops] + [math.inf])


@compiled
def least_uniforms(detector: int, tables: DetectorTables) -> NDArray[np.int64]:
    """Return the least 32-bit uniform that comes to each tier in each row of the grid, (rows, 4); 2**32 for none.

    A score grows with its uniform, by far more from one uniform to the next than rounding moves it: so the tier of
    a contact in a row is a comparison of integers.
    """
    rows = len(tables.edges) - 1
    least = np.empty((rows, TIERS), dtype=np.int64)
    for row in range(rows):
        for tier in range(TIERS):
            low = 0
            high = CERTAIN
            while low < high:
                middle = (low + high) // 2
                score = within(uniform32(middle), tables.edges[row], tables.edges[row + 1])
                if score >= tables.thresholds[detector, tier]:
                    high = middle
                else:
                    low = middle + 1
            least[row, tier] = low
    return least


ASK = 2
"""Where slots at work and raided ones share a stretch of uniforms."""
DEN_BITS = 14
DEN_SHIFT = 32 - DEN_BITS


@compiled
def raided_guide(cumulative: NDArray[np.int64], raided: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return whether the slots that an attempt of each type may come from are raided, (T, 2**14) by its top bits.

    0 if all of them work, 1 if all are raided, ``ASK`` if it takes the whole uniform to tell.
    """
    types = cumulative.shape[0]
    stretches = 1 << DEN_BITS
    told = np.empty((types, stretches), dtype=np.uint8)
    for t in range(types):
        slot = 0
        for top in range(stretches):
            first_u = top << DEN_SHIFT
            last_u = first_u + (1 << DEN_SHIFT) - 1
            while cumulative[t, slot] <= first_u:
                slot += 1
            answer = raided[slot]
            at = slot
            while cumulative[t, at] <= last_u:
                at += 1
                # Slots that no attempt of the type comes from have no stretch of their own.
                if cumulative[t, at] > cumulative[t, at - 1] and raided[at] != raided[slot]:
                    answer = ASK
            told[t, top] = answer
    return told
