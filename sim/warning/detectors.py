"""The central and the local detector: correlated scores, tiers by thresholds, coverage by measures.

A detector sees the contacts within its coverage. Fraudulent contacts score N(d', 1), legitimate ones N(0, 1). The two
scores of one contact are correlated.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel, Detector, Fate, Tier, Truth
from sim.country.calendar import Days
from sim.country.measures import Measures
from sim.country.traffic import edges
from sim.draws.compiled import compiled
from sim.draws.distributions import CERTAIN, cumulative_thresholds, pick, thresholds
from sim.draws.functions import normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32
from sim.draws.purposes import ALERT_CLASS, DETECTOR_SCORE
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Law, WarningCoverage

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
