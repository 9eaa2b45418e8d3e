"""What the kernels read of a scenario: its tables as plain arrays, and guides that shorten searches."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import labels
from sim.days import HALF_HOURS
from sim.draws.compiled import compiled_with_arrays, inlined
from sim.draws.distributions import CERTAIN, GUIDE_BITS, half_hour_of
from sim.draws.functions import normal_quantile
from sim.draws.philox import TO_UNIT_32, uniform32
from sim.engines.tables import Tables
from sim.warning.detectors import CENTRAL, LOCAL, DetectorTables, within

TIERS = len(labels.TIERS)
DEN_BITS = 14
DEN_SHIFT = 32 - DEN_BITS
RAIDED = 8
MIXED = 16
"""Where slots at work and raided ones share a stretch of uniforms: it takes the whole uniform to tell."""
TOP_BITS = 12
TOP_SHIFT = 32 - TOP_BITS
UNTOLD = 255
"""Where the top bits of a uniform leave two age bands, or two half hours, open."""
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


class Crowd(NamedTuple):
    """The people of a province as contacts find them: how many, of the high exposure class, and its share."""

    persons: int
    high: int
    high_share: float


class Guides(NamedTuple):
    """Where searches start, and bounds that settle most cases.

    By the top 12 bits of a uniform, ``UNTOLD`` where they do not tell: age ``band`` (P, 4096); ``half_hour`` of
    attempts by channel (3, 4096), ``contact_half_hour`` (4096,). ``most_answered`` (3,) and
    ``most_answered_then`` (3, 48) largest thresholds of answering; ``central`` and ``local`` (rows, 4) the least
    uniforms at which a legitimate contact of a row of the grid reaches each tier; ``highest`` (256,) bound of a normal
    score by the top bits of its uniform.
    """

    band: NDArray[np.uint8]
    half_hour: NDArray[np.uint8]
    contact_half_hour: NDArray[np.uint8]
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
        band=np.array([band_guide(row, tables.people.band) for row in tables.people.age]),
        half_hour=np.array([half_hour_guide(profile) for profile in tables.moments]),
        contact_half_hour=half_hour_guide(tables.contact_moments),
        most_answered=tables.answered.max(axis=(1, 2, 3)),
        most_answered_then=tables.answered.max(axis=(2, 3)),
        central=least_uniforms(CENTRAL, tables.detectors),
        local=least_uniforms(LOCAL, tables.detectors),
        highest=highest_scores(),
    )


def told(code: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> NDArray[np.uint8]:
    """Return what uniforms come to by their top bits, (4096,), ``UNTOLD`` where these do not tell.

    ``code`` of many uniforms never falls, or never rises, as they grow.
    """
    firsts = np.arange(1 << TOP_BITS) << TOP_SHIFT
    low, high = code(firsts), code(firsts + (1 << TOP_SHIFT) - 1)
    return np.where(low == high, low, UNTOLD).astype(np.uint8)


def band_guide(age: NDArray[np.int64], band: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the age band of a uniform of age by its top bits."""

    def band_of(u: NDArray[np.int64]) -> NDArray[np.int64]:
        bands: NDArray[np.int64] = band[np.searchsorted(age, u, side="right")]
        return bands

    return told(band_of)


def half_hour_guide(cumulative: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the half hour of a uniform of moment by its top bits, as ``half_hour_of`` gives it."""

    def half_hour(u: NDArray[np.int64]) -> NDArray[np.int64]:
        goals = (u + 0.5) * TO_UNIT_32 * cumulative[HALF_HOURS]
        found: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative[1:], goals, side="right"), HALF_HOURS - 1)
        return found

    return told(half_hour)


@inlined
def half_hour_at(u: int, guide: NDArray[np.uint8], cumulative: NDArray[np.float64]) -> int:
    """Return the half hour of the uniform of a moment, by its guide or else by the profile."""
    half_hour = int(guide[u >> TOP_SHIFT])
    if half_hour == UNTOLD:
        half_hour = half_hour_of(uniform32(u) * cumulative[HALF_HOURS], cumulative)
    return half_hour


def highest_scores() -> NDArray[np.float64]:
    """Return an upper bound of the normal quantile by the top bits of a uniform, (256,), each finite."""
    ends = [top / (1 << GUIDE_BITS) for top in range(1, 1 << GUIDE_BITS)]
    return np.array([normal_quantile(u) + MARGIN for u in (*ends, uniform32(CERTAIN - 1))])


@compiled_with_arrays
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


@compiled_with_arrays
def raided_guide(cumulative: NDArray[np.int64], raided: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return whether the slots that an attempt of each type may come from are raided, (T, 2**14) by its top bits.

    0 if all of them work, ``RAIDED`` if none does, else ``MIXED``.
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
            answer = RAIDED if raided[slot] else 0
            at = slot
            while cumulative[t, at] <= last_u:
                at += 1
                # Slots that no attempt of the type comes from have no stretch of their own.
                if cumulative[t, at] > cumulative[t, at - 1] and raided[at] != raided[slot]:
                    answer = MIXED
            told[t, top] = answer
    return told
