"""Score bands: find, before sampling, the non-engaging attempts that could raise an alert.

A contact has a central and a local score, both standard normal without d'. It lies in the band of the larger score.
Bands are fixed, the highest first; the scores below the last band are the rest. On a given day only contacts of the
upper bands can raise an alert, so only these get identities. A laxer policy adds bands and changes no identity. The
number of contacts in a band is drawn for a whole cell at once.

In a band, a fair draw decides which score is the larger, its height is drawn within the band, and the other score
follows from the correlation. If the other score turns out larger, the contact belongs elsewhere: it is *void* and
counts as the rest. To make up for void contacts, a band gets as many contacts as have one score in it, and those with
both scores in it twice: 2 (Phi(high) - Phi(low)) of all contacts. So every contact follows exactly the law of the
correlated pair, without an integral of two variables.
"""

import math
from typing import Final

import numpy as np

from sim.base.words import Detector, Fate, Tier
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import threshold
from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.identity import PROSPECT_BITS
from sim.draws.philox import draw4, uniform32
from sim.draws.purposes import ATTEMPT_LOW_SCORES
from sim.warning.detectors import DetectorTables

EDGES: Final = (math.inf, 2.25, 1.8, 1.5, 1.2, 0.9, 0.6, -math.inf)
"""Edges of the bands: a band lies between two neighbours, and the last one is the rest.

They change no law, only how many contacts are sampled without raising an alert. The flagship's lowest thresholds less
d', 1.85 and 1.55, lie just above two of them. Another edge changes draws."""
BANDS: Final = len(EDGES) - 1
REST: Final = BANDS - 1
LOWEST: Final = EDGES[REST]
"""The rest lies below it."""
HALF_UNIT: Final = 2.0**-31
MARGIN: Final = 1e-9
"""Bounds of scores keep this distance from a threshold; closer scores are computed exactly."""
ENGAGING: Final = 0
"""Prospect of the attempts that may engage their person; their scores are drawn outside the bands."""

PROSPECTS: Final = 1 + 2 * BANDS
"""Number of prospects: engaging, and two for each band, unanswered and ignored."""

assert PROSPECTS <= 1 << PROSPECT_BITS


ABOVE: Final = np.array([normal_cdf(-edge) for edge in EDGES])
"""The probability that a score lies above each edge."""


def _shares() -> list[int]:
    """Return for each band except the rest the threshold of lying in it, among contacts in no higher band."""
    masses = 2.0 * np.diff(ABOVE[:BANDS])
    left = 1.0 - np.concatenate([[0.0], np.cumsum(masses)[:-1]])
    return [threshold(float(mass / among)) for mass, among in zip(masses, left, strict=True)]


EDGE: Final = np.array(EDGES)
SHARE: Final = np.array(_shares(), dtype=np.int64)


@compiled
def prospect_of(band: int, fate: int) -> int:
    """Return the prospect of unanswered or ignored attempts of a band."""
    return 1 + 2 * band + (fate - Fate.UNANSWERED)


@compiled
def band_and_fate(prospect: int) -> tuple[int, int]:
    """Return the band and the fate of a prospect: the inverse of ``prospect_of``."""
    return (prospect - 1) >> 1, Fate.UNANSWERED + ((prospect - 1) & 1)


@compiled
def least_score(
    channel: int, fate: int, sharing: float, central_sees: bool, local_sees: bool, detectors: DetectorTables
) -> float:
    """Return the lowest score, without d', at which one of the detectors raises an alert on a contact.

    Args:
        channel: Of the attempts.
        fate: Unanswered or ignored, of ``Fate``.
        sharing: Shift of d' by data sharing.
        central_sees: Whether the central detector sees any contacts of the province today.
        local_sees: The same for the local detector.
        detectors: Of the run.

    Returns:
        The score, infinite if no detector sees any.
    """
    d_prime = sharing + detectors.contact[channel, fate - Fate.UNANSWERED]
    least = math.inf
    if central_sees:
        least = detectors.thresholds[Detector.CENTRAL, Tier.BLUE] - detectors.shift[Detector.CENTRAL] - d_prime
    if local_sees:
        of_local = detectors.thresholds[Detector.LOCAL, Tier.BLUE] - detectors.shift[Detector.LOCAL] - d_prime
        least = min(least, of_local)
    return least - MARGIN if least < math.inf else least


@compiled
def bands_above(least: float) -> int:
    """Return how many bands, the highest first, hold scores from ``least`` on."""
    if least == math.inf:
        return 0
    bands = 1
    while bands < BANDS and EDGE[bands] > least:
        bands += 1
    return bands


@compiled
def height(u_level: int, band: int) -> float:
    """Return the larger score of a contact of a band; minus infinity for the rest.

    Args:
        u_level: 32-bit uniform, of which the upper 31 bits count; the score falls as they grow.
        band: Of the contact.

    Returns:
        The score.
    """
    return -normal_quantile(share_above(u_level, band)) if band < REST else -math.inf


@inlined
def share_above(u_level: int, band: int) -> float:
    """Return the probability that a score lies above the larger score of a contact of a band, see ``height``."""
    beyond = float(ABOVE[band])
    return beyond + ((u_level >> 1) + 0.5) * HALF_UNIT * (float(ABOVE[band + 1]) - beyond)


@compiled
def scores_in_band(
    seed: int, attempt: int, larger: float, u_level: int, u_other: int, least: float, correlation: float
) -> tuple[float, float]:
    """Return the central and the local score of a contact of a band, without d'.

    Args:
        seed: Of the run.
        attempt: Identity.
        larger: By ``height``; minus infinity for the rest.
        u_level: Its lowest bit decides which score is the larger.
        u_other: 32-bit uniform of the other score.
        least: Scores below it need not be computed.
        correlation: Of the two scores.

    Returns:
        Both scores, minus infinity where neither reaches ``least``.
    """
    if larger > -math.inf:
        other = correlation * larger + math.sqrt(1.0 - correlation * correlation) * normal_quantile(uniform32(u_other))
        local_is_larger = (u_level & 1) == 1
        if other < larger or (other == larger and not local_is_larger):
            return (other, larger) if local_is_larger else (larger, other)
    if least >= LOWEST:
        return -math.inf, -math.inf
    return low_scores(seed, attempt, correlation)


@compiled
def low_scores(seed: int, attempt: int, correlation: float) -> tuple[float, float]:
    """Return the scores of a contact of the rest: the first pair drawn that lies in no band."""
    number = 0
    while True:
        u_central, u_own, _, _ = draw4(seed, attempt, ATTEMPT_LOW_SCORES, number)
        central = normal_quantile(uniform32(u_central))
        local = correlation * central + math.sqrt(1.0 - correlation * correlation) * normal_quantile(uniform32(u_own))
        if central < LOWEST and local < LOWEST:
            return central, local
        number += 1
