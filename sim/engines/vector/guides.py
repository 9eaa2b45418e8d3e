"""Guides: small tables that settle most look-ups by the top bits of a uniform, and bounds of thresholds.

A guide of a monotone code (an age band, a half hour) holds the code of all uniforms with the same top bits if they
share one, otherwise a mark that the whole uniform is needed. So nothing is approximate.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOURS
from sim.base.words import Detector
from sim.draws.compiled import compiled_with_arrays, inlined, wide
from sim.draws.distributions import CERTAIN, GUIDE_BITS, GUIDE_SHIFT, half_hour_of
from sim.draws.functions import normal_quantile
from sim.draws.philox import TO_UNIT_32, uniform32
from sim.engines.tables import Tables
from sim.engines.vector.records import TIERS
from sim.warning.detectors import DetectorTables, within

TOP_BITS: Final = 12
TOP_SHIFT: Final = 32 - TOP_BITS
"""Top bits of a uniform by which age bands and half hours are tabulated, and the shift to them."""
SEARCH_BITS: Final = 6
SEARCH_SHIFT: Final = 32 - SEARCH_BITS
"""Top bits of a uniform by which the start of the search for its half hour is tabulated."""
AMBIGUOUS: Final = 255
"""Entry of a guide where the top bits do not determine the code: uniforms with these bits have two codes or more."""
MARGIN: Final = 1e-9
"""Margin between bounds of scores and a threshold; closer scores are computed."""


class AttemptGuides(NamedTuple):
    """Bounds for attempts.

    Largest thresholds of engaging, for any awareness: ``most_engaged`` (T, bands, 2, 8) by age band, sex and frailty,
    ``most_by_band`` (T, 256) by the entry of the guide to age bands. ``highest_score`` (256,) upper bound of a normal
    score by the top bits of its uniform.
    """

    most_engaged: NDArray[np.int64]
    most_by_band: NDArray[np.int64]
    highest_score: NDArray[np.float64]


class ContactGuides(NamedTuple):
    """Guides and bounds for legitimate contacts.

    ``half_hour`` (4096,) by the top bits of the uniform of the moment; ``least`` (2 detectors, rows, 4): the least
    uniform at which a contact in a row of the grid reaches each tier; ``tier`` (2 detectors, rows, 256): its tier + 1,
    or 0 for none, by the top bits of the uniform, ``AMBIGUOUS`` if these do not determine it.
    """

    half_hour: NDArray[np.uint8]
    least: NDArray[np.int64]
    tier: NDArray[np.uint8]

    def fill(self, detectors: DetectorTables) -> None:
        """Update the guides in place after a change of thresholds."""
        self.least[:] = least_by_detector(detectors)
        self.tier[:] = tier_guide(self.least)


class Guides(NamedTuple):
    """Guides of a run, to people and to arrivals.

    ``band`` and ``stage`` (P, 4096): age band and stage of life by the top bits of the uniform of age.
    """

    band: NDArray[np.uint8]
    stage: NDArray[np.uint8]
    attempts: AttemptGuides
    contacts: ContactGuides


def guides_of(tables: Tables) -> Guides:
    """Return the guides of a run."""
    most_engaged = np.floor(tables.propensity.max(axis=4) * CERTAIN + 1.0).astype(np.int64)
    most_by_band = np.repeat(most_engaged.max(axis=(1, 2, 3))[:, None], AMBIGUOUS + 1, axis=1)
    most_by_band[:, : most_engaged.shape[1]] = most_engaged.max(axis=(2, 3))
    least = least_by_detector(tables.detectors)
    return Guides(
        band=np.array([age_guide(row, tables.people.band) for row in tables.people.age]),
        stage=np.array([age_guide(row, tables.people.stage) for row in tables.people.age]),
        attempts=AttemptGuides(
            most_engaged=most_engaged,
            most_by_band=most_by_band,
            highest_score=highest_scores(),
        ),
        contacts=ContactGuides(
            half_hour=half_hour_guide(tables.contact_moments),
            least=least,
            tier=tier_guide(least),
        ),
    )


def least_by_detector(detectors: DetectorTables) -> NDArray[np.int64]:
    """Return ``ContactGuides.least`` for the thresholds of the detectors."""
    return np.array([least_uniforms(int(detector), detectors) for detector in Detector])


def tabulate(code: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> NDArray[np.uint8]:
    """Return the guide (4096,) to a code by the top 12 bits of a uniform, ``AMBIGUOUS`` where they have several codes.

    ``code`` returns codes (n,) of uniforms (n,), monotone in the uniform, below ``AMBIGUOUS``.
    """
    firsts = np.arange(1 << TOP_BITS) << TOP_SHIFT
    low, high = code(firsts), code(firsts + (1 << TOP_SHIFT) - 1)
    return np.where(low == high, low, AMBIGUOUS).astype(wide(np.uint8))


def age_guide(age: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the guide to age bands or stages of life, from thresholds (100,) and codes (100,) by year of age."""

    def code_of(u: NDArray[np.int64]) -> NDArray[np.int64]:
        found: NDArray[np.int64] = codes[np.searchsorted(age, u, side="right")]
        return found

    return tabulate(code_of)


def half_hour_guide(cumulative: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the guide to half hours of a profile (49,), which agrees with ``half_hour_of``."""

    def half_hour(u: NDArray[np.int64]) -> NDArray[np.int64]:
        goals = (u + 0.5) * TO_UNIT_32 * cumulative[HALF_HOURS]
        found: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative[1:], goals, side="right"), HALF_HOURS - 1)
        return found

    return tabulate(half_hour)


@inlined
def half_hour_at(u: int, guide: NDArray[np.uint8], cumulative: NDArray[np.float64]) -> int:
    """Return the half hour of the uniform of a moment, by its guide, or by the profile if that is ambiguous."""
    half_hour = int(guide[u >> TOP_SHIFT])
    if half_hour == AMBIGUOUS:
        half_hour = half_hour_of(uniform32(u) * cumulative[HALF_HOURS], cumulative)
    return half_hour


def highest_scores() -> NDArray[np.float64]:
    """Return an upper bound of the normal quantile by the top 8 bits of a uniform, (256,), each finite."""
    ends = [top / (1 << GUIDE_BITS) for top in range(1, 1 << GUIDE_BITS)]
    return np.array([normal_quantile(u) + MARGIN for u in (*ends, uniform32(CERTAIN - 1))])


@inlined
def tier_reached(u: int, least: NDArray[np.int64]) -> int:
    """Return the highest tier + 1 that a uniform reaches, or 0 for none, by the least uniforms (4,) of the tiers."""
    reached = 0
    for tier in range(TIERS):
        reached += u >= least[tier]
    return (TIERS + 1 - reached) % (TIERS + 1)


def tier_guide(least: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return ``ContactGuides.tier`` from ``least``."""
    firsts = np.arange(1 << GUIDE_BITS) << GUIDE_SHIFT
    lasts = firsts + (1 << GUIDE_SHIFT) - 1
    low, high = ((u[:, None] >= least[:, :, None, :]).sum(axis=3) for u in (firsts, lasts))
    return np.where(low == high, (TIERS + 1 - low) % (TIERS + 1), AMBIGUOUS).astype(wide(np.uint8))


@compiled_with_arrays
def least_uniforms(detector: int, tables: DetectorTables) -> NDArray[np.int64]:
    """Return the least 32-bit uniform that reaches each tier in each row of the grid, (rows, 4); 2**32 for none.

    A score grows with its uniform, from one uniform to the next by far more than rounding changes it. So comparing
    uniforms with these integers has the same effect as comparing scores with thresholds.
    """
    rows = len(tables.edges) - 1
    tiers = tables.thresholds.shape[1]
    least = np.empty((rows, tiers), dtype=np.int64)
    for row in range(rows):
        for tier in range(tiers):
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
