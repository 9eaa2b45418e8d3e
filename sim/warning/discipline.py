"""Service disciplines: the place of an alert among those of its tier in the queue of a desk, and when a service begins.

Queues are ordered by tier, then by this place, then by identity. The place is fixed when an alert joins the queue.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOUR_MS
from sim.base.words import DESK_LABELS, Detector, Discipline, Fate, OriginKind, Stage
from sim.draws.compiled import compiled
from sim.draws.distributions import CERTAIN, quantile
from sim.draws.functions import exp
from sim.draws.identity import (
    PROSPECT_BITS,
    cell_central,
    cell_local,
    cell_of,
    channel_of,
    detector_of,
    kind_of,
    origin_of,
    stage_of,
)
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_MEETING, ATTEMPT_SCORES, DETECTOR_SCORE, LEGITIMATE_CONTACT
from sim.scenario.bounds import MOST_TRIES
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import Distribution
from sim.scenario.schema.fraud import FraudType, Loss
from sim.warning.detectors import (
    ENGAGING,
    DetectorTables,
    band_and_fate,
    both_scores,
    height,
    predicted_type,
    scores_in_band,
    within,
)
from sim.warning.service import AGAIN

STAGES: Final = 16
"""Number of stages that fit into the identity of an alert."""
SCORE_UNIT: Final = 1024
"""Units in one standard deviation: scores are compared as whole units."""
HIGHEST: Final = 100
"""Largest score, either way, in standard deviations; scores beyond it are cut to it."""
MOMENT_BITS: Final = 41
"""Moments of a run differ by less than 2^41 ms, so that higher bits of a place are compared first."""


AHEAD: Final = 4
"""Services that a desk of a small sample may be ahead of its staff; one in the whole country. The country's desk has so
many servers that chance clusters of alerts find one free; at the few servers of its sample they would wait."""


class LineTables(NamedTuple):
    """How a scenario orders its queues.

    Attributes:
        discipline: (2,) of each desk, a ``Discipline``.
        lends: (2,) 1 for a desk whose free servers serve the other queue.
        service: (2,) ms of a service of each desk, of the medians of its kinds.
        most_debt: (2,) see ``may_begin``.
        remaining: (R, 2, 32) median ms until all remaining tries have failed, by rule, desk and number of the try.
        stake: (T, 16) by type and stage: the rank of what may still be lost, from 0 for the least.
        is_scored: Whether some discipline needs the scores of alerts.
    """

    discipline: NDArray[np.int64]
    lends: NDArray[np.int64]
    service: NDArray[np.int64]
    most_debt: NDArray[np.int64]
    remaining: NDArray[np.int64]
    stake: NDArray[np.int64]
    is_scored: bool


class Waiting(NamedTuple):
    """An alert that joins a queue.

    ``identity``; ``kind`` the true type, as a row of ``DetectorTables.classes``; its ``rule``; ``desk`` the number of
    the desk, and ``number`` that of the try there; moments ``issued`` and ``deadline``; ``score`` by ``score_of``. A
    second visit counts as issued when it joins the queue.
    """

    identity: int
    kind: int
    rule: int
    desk: int
    number: int
    issued: int
    deadline: int
    score: int


def line_tables(spec: ScenarioModel) -> LineTables:
    """Return the tables of a scenario."""
    desks = [getattr(spec.desks, label) for label in DESK_LABELS]
    disciplines = [Discipline.of(desk.discipline) for desk in desks]
    return LineTables(
        discipline=np.array(disciplines, dtype=np.int64),
        lends=np.array([desk.lends for desk in desks], dtype=np.int64),
        service=(service := _services(spec)),
        most_debt=(service * (1.0 + (AHEAD - 1) * (1.0 - spec.scale))).astype(np.int64) * HALF_HOUR_MS,
        remaining=_remaining(spec),
        stake=_stakes(spec.fraud.kinds()),
        is_scored=Discipline.HIGHEST_SCORE in disciplines,
    )


@compiled
def debt_after(debt: int, busy: int, staffed: int, ms: int, most: int) -> int:
    """Return the debt of a desk after a time in which as many were busy.

    The debt is the work done beyond the time on duty, in servers x ms x ``HALF_HOUR_MS``; it falls while fewer are busy
    than on duty, not below 0, and rises to ``most`` at the most.

    Args:
        debt: Before.
        busy: Servers at work.
        staffed: Time on duty in the half hour, ms; half an hour for each server.
        ms: How long.
        most: The most debt.
    """
    excess = busy * HALF_HOUR_MS - staffed
    if ms == 0 or excess == 0:
        return debt
    if excess > 0:
        return most if excess > (most - debt) // ms else debt + excess * ms
    return 0 if -excess > debt // ms else debt + excess * ms


@compiled
def may_begin(debt: int, busy: int, staffed: int, service: int, most: int) -> bool:
    """Return whether a desk may begin one more service.

    It may while a whole server is free, and beyond that as far as its debt and a service of all who then work beyond
    the time on duty stay below ``most``. Where that is one service, as in the whole country, a desk of whole servers
    never has more at work than servers, and half a server works half of the time. Arguments are those of
    ``debt_after``; ``service`` is the ms of a service.
    """
    extra = (busy + 1) * HALF_HOUR_MS - staffed
    return bool(staffed > 0 and (extra <= 0 or (extra <= most // service and debt + extra * service < most)))


def _services(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the ms of a service of each desk: the mean of the medians of its kinds, by their shares."""
    call, visit = spec.desks.call, spec.desks.visit
    refused = visit.refused or 0.0
    warned = (1.0 - call.hard_share) * _median(call.short) + call.hard_share * _median(call.hard)
    met = (1.0 - refused) * _median(visit.visit) + refused * _median(visit.not_met)
    means = (
        call.answered * warned + (1.0 - call.answered) * _median(call.no_answer),
        visit.met * met + (1.0 - visit.met) * _median(visit.not_met) + (_median(visit.way) if visit.way else 0.0),
    )
    return np.maximum(1, np.rint(means)).astype(np.int64)


def _median(distribution: Distribution) -> float:
    return quantile(int(distribution.kind), distribution.a, distribution.b, 0.5)


def _remaining(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the median ms until all remaining tries have failed, with the waits between, by rule, desk and try."""
    call, visit = spec.desks.call, spec.desks.visit
    failed = (_median(call.no_answer), _median(visit.not_met) + (_median(visit.way) if visit.way else 0.0))
    rules = list(spec.warning.tiers.rules())
    table = np.zeros((len(rules), len(DESK_LABELS), 2 * MOST_TRIES), dtype=np.int64)
    for rule, settings in enumerate(rules):
        follows = 0.0
        for desk in reversed(range(len(DESK_LABELS))):
            label = DESK_LABELS[desk]
            most = getattr(settings.tries, label)
            wait = _median(getattr(settings.retry_wait, label))
            for number in range(most):
                left = most - number
                table[rule, desk, number] = int(left * failed[desk] + (left - 1) * wait + follows)
            if settings.visits_unanswered():
                follows = _median(spec.warning.escalation_delay) + float(table[rule, desk, 0])
    table[:, :, AGAIN:] = table[:, :, :AGAIN]
    return table


def _stakes(kinds: list[FraudType]) -> NDArray[np.int64]:
    """Return the rank of what may still be lost by type and stage; equal amounts have the same rank."""
    ahead = [[_ahead(kind, stage) for stage in range(STAGES)] for kind in kinds]
    ranks = {amount: rank for rank, amount in enumerate(sorted({amount for row in ahead for amount in row}))}
    return np.array([[ranks[amount] for amount in row] for row in ahead], dtype=np.int64)


def _ahead(kind: FraudType, stage: int) -> float:
    """Return the mean loss of an unwarned person from a stage of an episode on.

    The mean loss is split over its payments, each made by those who have not dropped out. There are at
    least as many payments as were already made.
    """
    dropout = list(kind.dropout.model_dump().values())
    share = 0.0
    made = max(0, stage - Stage.FIRST_PAYMENT + 1)
    likely = sum(kind.payments[max(0, made - 1) :])
    for payments, weight in enumerate(kind.payments, start=1):
        if payments <= made or weight == 0.0:
            continue
        sizes = [kind.payment_growth**k for k in range(payments)]
        stays, paid = 1.0, 0.0
        for later in range(stage + 1, Stage.FIRST_PAYMENT + payments):
            stays *= 1.0 - dropout[min(later, len(dropout)) - 1]
            if later >= Stage.FIRST_PAYMENT:
                paid += stays * sizes[later - Stage.FIRST_PAYMENT]
        share += weight / likely * paid / sum(sizes)
    return _mean(kind.loss) * share


def _mean(loss: Loss) -> float:
    """Return the mean loss: of a lognormal distribution, or of two with a tail."""
    usual, tail = loss.median * exp(0.5 * loss.sigma * loss.sigma), loss.tail
    if tail is None:
        return usual
    return usual + tail.share * (tail.median * exp(0.5 * tail.sigma * tail.sigma) - usual)


@compiled
def place_of(alert: Waiting, seed: int, lines: LineTables, detectors: DetectorTables) -> int:
    """Return the place of an alert among those of its tier at a desk; the lowest place is served first."""
    discipline = lines.discipline[alert.desk]
    if discipline == Discipline.FIRST_ISSUED:
        return alert.issued
    if discipline == Discipline.LAST_ISSUED:
        return -alert.issued
    if discipline == Discipline.LEAST_SLACK:
        return int(alert.deadline - lines.remaining[alert.rule, alert.desk, alert.number])
    urgency = alert.score
    if discipline == Discipline.MOST_AT_STAKE:
        predicted = predicted_type(seed, alert.identity, alert.kind, detectors)
        urgency = lines.stake[predicted, stage_of(alert.identity)]
    return int(alert.issued - (urgency << MOMENT_BITS))


@compiled
def score_of(seed: int, alert: int, truth: int, sharing: float, detectors: DetectorTables) -> int:
    """Return the score by which an alert was raised, in 1/1024 standard deviations.

    It is computed again from the draws of the detectors, so that alerts need not store it.

    Args:
        seed: Of the run.
        alert: Identity of the alert.
        truth: What it is in fact about, of ``Truth``.
        sharing: The shift of d' by data sharing on the day of detection.
        detectors: Of the run.

    Returns:
        The score of the detector that raised it, d' and shift included; within 100 standard deviations.
    """
    detector = detector_of(alert)
    origin = origin_of(alert)
    stage = stage_of(alert)
    if kind_of(alert) == OriginKind.LEGITIMATE:
        _, u_central, u_local, _ = draw4(seed, origin, LEGITIMATE_CONTACT, 0)
        side = cell_of(alert)
        edge, u = cell_central(side), u_central
        if detector == Detector.LOCAL:
            edge, u = cell_local(side), u_local
        return _in_units(within((u + 0.5) / CERTAIN, detectors.edges[edge], detectors.edges[edge + 1]))
    r = detectors.correlation
    prospect = cell_of(alert) & ((1 << PROSPECT_BITS) - 1)
    d_prime = float(detectors.contact[channel_of(alert), Fate.ENGAGED - truth - Fate.UNANSWERED])
    if stage > Stage.CONTACT:
        u_central, u_own, _, _ = draw4(seed, origin, DETECTOR_SCORE, stage)
        d_prime = float(detectors.stage[min(stage, len(detectors.stage)) - 1])
        central, local = both_scores(u_central, u_own, r)
    elif prospect == ENGAGING:
        _, _, u_central, u_own = draw4(seed, origin, ATTEMPT_MEETING, 0)
        central, local = both_scores(u_central, u_own, r)
    else:
        _, _, u_level, u_other = draw4(seed, origin, ATTEMPT_SCORES, 0)
        band, _ = band_and_fate(prospect)
        central, local = scores_in_band(seed, origin, height(u_level, band), u_level, u_other, -np.inf, r)
    score = central if detector == Detector.CENTRAL else local
    return _in_units(d_prime + sharing + detectors.shift[detector] + score)


@compiled
def _in_units(score: float) -> int:
    return int(np.floor(max(-float(HIGHEST), min(float(HIGHEST), score)) * SCORE_UNIT))
