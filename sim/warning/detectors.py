"""The central and the local detector: correlated scores, tiers by thresholds, coverage by measures.

A detector sees the contacts within its coverage. Fraudulent contacts score N(d', 1), legitimate ones N(0, 1). The two
scores of one contact are correlated.

Score bands: find, before sampling, the non-engaging attempts that could raise an alert.

A contact has a central and a local score, both standard normal without d'. It lies in the band of the larger score.
Bands are fixed, the highest first; the scores below the last band are the rest. On a given day only contacts of the
upper bands can raise an alert, so only these get identities. A laxer policy adds bands and changes no identity. The
number of contacts in a band is drawn for a whole cell at once.

In a band, a fair draw decides which score is the larger, its height is drawn within the band, and the other score
follows from the correlation. If the other score turns out larger, the contact belongs elsewhere: it is *void* and
counts as the rest. To make up for void contacts, a band gets as many contacts as have one score in it, and those with
both scores in it twice: 2 (Phi(high) - Phi(low)) of all contacts. So every contact follows exactly the law of the
correlated pair, without an integral of two variables.

Signs: facts about a contact that tiers may ask for in addition to a score, such as a transfer under way. A sign belongs
to the contact, so both detectors see the same ones. It may raise the tier of an alert; an alert of a tier that asks for
signs and shows none of them gets a lower one.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel, Detector, Fate, Stage, Tier, Truth
from sim.country.calendar import Days, Measures
from sim.country.traffic import edges
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import CERTAIN, cumulative_thresholds, pick, row, threshold, thresholds, to_ticks
from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.identity import PROSPECT_BITS, alert_id, origin_of, stage_of
from sim.draws.philox import draw4, uniform32
from sim.draws.purposes import ALERT_CLASS, ATTEMPT_LOW_SCORES, DETECTOR_SCORE, SIGN, SIGN_DELAY
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Law, WarningCoverage
from sim.scenario.schema.warning import Sign
from sim.warning.service import drawn

NO_ALERT = -1
SEEN = (Fate.UNANSWERED, Fate.IGNORED, Fate.ENGAGED)
"""Fates of the contacts that reach a person, which are those that detectors can see."""


class DetectorTables(NamedTuple):
    """The settings of the detectors as arrays.

    ``thresholds`` (2, 4) lowest score by detector and tier; ``shift`` (2,) of d'; ``contact`` (3, 3) d' by channel
    and what is seen (unanswered, ignored, engaged); ``stage`` (3,) d' of engaged, opened, payment; ``correlation``;
    ``edges`` of the grid of legitimate contacts (cells + 2,) from -inf to inf; ``classes`` (T + 1, T) cumulative
    thresholds of the predicted type by the true one, the last row for legitimate contacts.
    """

    thresholds: NDArray[np.float64]
    shift: NDArray[np.float64]
    contact: NDArray[np.float64]
    stage: NDArray[np.float64]
    correlation: float
    edges: NDArray[np.float64]
    classes: NDArray[np.int64]


def detector_tables(spec: ScenarioModel) -> DetectorTables:
    """Return the tables of a scenario."""
    detectors = spec.warning.detectors
    both = [getattr(detectors, name) for name in Detector.labels()]
    types = list(spec.fraud.types)
    confusion = {(row.true, row.predicted): row.probability for row in spec.warning.confusion}
    return DetectorTables(
        thresholds=np.array([[getattr(d.thresholds, tier) for tier in Tier.labels()] for d in both]),
        shift=np.array([d.shift for d in both]),
        contact=np.array(
            [
                [getattr(getattr(detectors.contact, channel), seen.label) for seen in SEEN]
                for channel in Channel.labels()
            ]
        ),
        stage=np.array([detectors.stages.engaged, detectors.stages.opened, detectors.stages.payment]),
        correlation=detectors.correlation,
        edges=np.array([*edges(detectors.grid), math.inf]),
        classes=np.array(
            [
                cumulative_thresholds([confusion.get((true, predicted), 0.0) for predicted in types])
                for true in [*types, Truth.LEGITIMATE.label]
            ],
            dtype=np.int64,
        ),
    )


def coverage(measures: Measures, days: Days, codes: Sequence[int], people: Mapping[int, int]) -> NDArray[np.int64]:
    """Return the share of contacts that each detector sees on each day as thresholds, (D, 2, P).

    Several measures for one detector and province add up, to 1 at most.

    Args:
        measures: The measures.
        days: Day numbers.
        codes: (P,) codes of provinces.
        people: People of all provinces by code, which weight the mean of a measure's weights.
    """
    shares = np.zeros((len(days), len(Detector), len(codes)))
    for measure, ramp in measures.over(days, WarningCoverage):
        relative = measure.relative(people)
        for p, code in enumerate(codes):
            if code in relative:
                shares[:, Detector.of(measure.detector), p] += measure.coverage * ramp * relative[code]
    return thresholds(shares)


def data_sharing(measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return the shift of d' by data sharing under the law on each day, (D, P)."""
    shifts = np.zeros((len(days), len(codes)))
    for p, code in enumerate(codes):
        for law, ramp in measures.over(days, Law, code):
            shifts[:, p] += law.data_sharing * ramp
    return shifts


@compiled
def tier_of(score: float, detector: int, tables: DetectorTables) -> int:
    """Return the tier of a score, 0 (red) to 3 (blue), or -1 if it raises no alert."""
    for tier in range(tables.thresholds.shape[1]):
        if score >= tables.thresholds[detector, tier]:
            return tier
    return NO_ALERT


@compiled
def tiers_of(central: float, local: float, d_prime: float, tables: DetectorTables) -> tuple[int, int]:
    """Return the tiers of a central and a local score, given without d' (-1 for no alert)."""
    return (
        tier_of(d_prime + tables.shift[Detector.CENTRAL] + central, Detector.CENTRAL, tables),
        tier_of(d_prime + tables.shift[Detector.LOCAL] + local, Detector.LOCAL, tables),
    )


@compiled
def attempt_tiers(u_central: int, u_local: int, d_prime: float, tables: DetectorTables) -> tuple[int, int]:
    """Return the tiers of the scores of a contact or a stage.

    ``u_central`` and ``u_local`` are 32-bit uniforms: of the central score, and of the independent part of the other.
    """
    central, local = both_scores(u_central, u_local, tables.correlation)
    return tiers_of(central, local, d_prime, tables)


@compiled
def both_scores(u_central: int, u_own: int, correlation: float) -> tuple[float, float]:
    """Return the central and the local score, without d'.

    ``u_central`` and ``u_own`` are 32-bit uniforms: of the central score, and of the independent part of the local one.
    """
    central = normal_quantile(uniform32(u_central))
    own = normal_quantile(uniform32(u_own))
    return central, correlation * central + math.sqrt(1.0 - correlation * correlation) * own


@compiled
def stage_tiers(seed: int, attempt: int, stage: int, d_prime: float, tables: DetectorTables) -> tuple[int, int]:
    """Return the tiers of the scores of a stage after the contact."""
    u_central, u_local, _, _ = draw4(seed, attempt, DETECTOR_SCORE, stage)
    return attempt_tiers(u_central, u_local, d_prime, tables)


@compiled
def within(u: float, low: float, high: float) -> float:
    """Return the quantile ``u`` of a standard normal score that lies between two edges; precise in the upper tail."""
    above = normal_cdf(-low)
    beyond = normal_cdf(-high)
    return -normal_quantile(above - u * (above - beyond))


@compiled
def legitimate_tiers(u_central: int, u_local: int, row: int, column: int, tables: DetectorTables) -> tuple[int, int]:
    """Return the tiers of a legitimate contact drawn in a cell of the grid.

    Within a cell the two scores are independent truncated normals: the grid is fine, and the mass of each cell is
    that of the correlated pair.
    """
    central = within((u_central + 0.5) / CERTAIN, tables.edges[row], tables.edges[row + 1])
    local = within((u_local + 0.5) / CERTAIN, tables.edges[column], tables.edges[column + 1])
    return tier_of(central, Detector.CENTRAL, tables), tier_of(local, Detector.LOCAL, tables)


@compiled
def predicted_type(seed: int, alert: int, true_row: int, tables: DetectorTables) -> int:
    """Return the predicted fraud type of a contact; ``true_row`` is its true type, or T if it is legitimate."""
    u, _, _, _ = draw4(seed, alert, ALERT_CLASS, 0)
    return pick(u, tables.classes[true_row])


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


STAGES: Final = (Stage.CONTACT.label, Stage.ENGAGED.label, Stage.OPENED.label, "payment")
"""Stages of an episode at which the probability of a sign is given; the last one is that of every payment."""
OTHERS: Final = tuple(truth.label for truth in Truth if truth != Truth.EPISODE)


class SignTables(NamedTuple):
    """The signs of a scenario that decide some tier, S of them.

    Attributes:
        asks: (4,) by tier, the signs of which an alert must show one: bit k for the k-th sign, 0 for no demand.
        lifts: (S,) tiers by which a sign raises an alert.
        most: The largest of these.
        name: (S,) numbers of the draws: the CRC-32 of a sign's name, so that other signs do not change its draws.
        seen: (S, 7, T + 1) thresholds of being seen, by stage of an episode or other truth, and fraud type (the last
            for legitimate contacts).
        delay: (S, 3) rows (kind, a, b) of the ms until a sign is known.
    """

    asks: NDArray[np.int64]
    lifts: NDArray[np.int64]
    most: int
    name: NDArray[np.int64]
    seen: NDArray[np.int64]
    delay: NDArray[np.float64]


def deciding(spec: ScenarioModel) -> dict[str, Sign]:
    """Return the signs of a scenario that decide some tier, by name."""
    asked = [getattr(spec.warning.tiers, name).sign or () for name in Tier.labels()]
    every = (spec.warning.signs or {}).items()
    return {name: sign for name, sign in every if sign.lifts or any(name in some for some in asked)}


def sign_tables(spec: ScenarioModel) -> SignTables:
    """Return the tables of a scenario."""
    types, signs = list(spec.fraud.types), deciding(spec)
    asked = [getattr(spec.warning.tiers, name).sign or () for name in Tier.labels()]
    tables = SignTables(
        asks=np.array([sum(1 << k for k, name in enumerate(signs) if name in some) for some in asked], dtype=np.int64),
        lifts=np.array([sign.lifts for sign in signs.values()], dtype=np.int64),
        most=max((sign.lifts for sign in signs.values()), default=0),
        name=np.array([zlib.crc32(name.encode()) for name in signs], dtype=np.int64),
        seen=np.zeros((len(signs), len(STAGES) + len(OTHERS), len(types) + 1), dtype=np.int64),
        delay=np.zeros((len(signs), 3)),
    )
    for k, sign in enumerate(signs.values()):
        shares = [getattr(sign.episode, stage) for stage in STAGES] + [getattr(sign, other) for other in OTHERS]
        factors = [(sign.types or {}).get(name, 1.0) for name in types] + [1.0]
        tables.seen[k] = [[threshold(share * factor) for factor in factors] for share in shares]
        tables.delay[k] = row(sign.delay)
    return tables


@compiled
def weigh(
    seed: int, alert: int, truth: int, kind: int, tier: int, tables: SignTables, known: NDArray[np.float64], clock: int
) -> tuple[int, int]:
    """Return the tier of an alert by its score and its signs, -1 for none, and the ms until these signs are known.

    ``tier`` is that of the score, -1 for no alert; ``kind`` the fraud type, or T for a legitimate contact; ``known``
    (S,) the share of accounts that each sign knows on the day in the province, 1 for signs that are not about accounts.
    """
    if tier == NO_ALERT or (tables.most == 0 and tables.asks[tier] == 0):
        return tier, 0
    case = min(stage_of(alert), len(STAGES) - 1) if truth == Truth.EPISODE else len(STAGES) - 1 + truth
    contact = alert_id(origin_of(alert), 0, stage_of(alert))
    seen = 0
    lift = 0
    for k in range(len(tables.lifts)):
        u, _, _, _ = draw4(seed, contact, SIGN, tables.name[k])
        if u < tables.seen[k, case, kind] * known[k]:
            seen |= 1 << k
            lift = max(lift, tables.lifts[k])
    given = max(0, tier - lift)
    while given < len(tables.asks) and tables.asks[given] != 0 and tables.asks[given] & seen == 0:
        given += 1
    if given == len(tables.asks):
        return NO_ALERT, 0
    asked = np.inf
    lifted = np.inf
    for k in range(len(tables.lifts)):
        if (seen >> k) & 1 == 1:
            high, low, _, _ = draw4(seed, alert, SIGN_DELAY, tables.name[k])
            delay = drawn(tables.delay[k], high, low)
            if (tables.asks[given] >> k) & 1 == 1:
                asked = min(asked, delay)
            if given < tier and tables.lifts[k] == lift:
                lifted = min(lifted, delay)
    wait = max(asked if asked < np.inf else 0.0, lifted if lifted < np.inf else 0.0)
    return given, to_ticks(wait, clock) if wait > 0.0 else 0


@compiled
def repeats(tier: int, issued: int, first_tier: int, first_issued: int, after_tie: bool, quiet: int) -> bool:
    """Return whether an alert does not ring because another one about the same contact did, and is as urgent.

    The other one was issued at ``first_issued``, less than ``quiet`` ms before; at the same ms the one ``after_tie``
    does not ring.
    """
    before = issued - first_issued
    return first_tier <= tier and before < quiet and (before > 0 or (before == 0 and after_tie))
