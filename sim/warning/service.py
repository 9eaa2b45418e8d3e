"""How long an alert's way takes, whether a try succeeds, and whether the person stops.

Delays on the way of an alert: the chain of instruction, delivery and reading, waits between tries.

Every delay is drawn by the identity of the alert and rounded to ticks of the clock, at least one.

Services of desks: whether a try by phone or in person succeeds, and how long it takes.

Dissuasion: whether a person in an episode stops when a warning reaches them.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import MINUTE_MS
from sim.base.words import WRITTEN, ContactChannel, ContactResult, Detector
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import quantile, row, threshold, to_ticks
from sim.draws.functions import EXPONENT_BIAS, EXPONENT_SHIFT
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import ALERT_CHAIN, ALERT_READ_DELAY, ALERT_READING, CONTACT_TRY, CONTACT_WAIT, TRIES_A_CHANNEL
from sim.draws.purposes import DISSUASION as DISSUASION_DRAW
from sim.scenario.bounds import MOST_TRIES
from sim.scenario.schema import ScenarioModel

ESCALATION = 31
"""Number of the draw for the wait before a visit that follows unanswered calls; tries have lower numbers."""

AGAIN = MOST_TRIES
"""Number of the first try of a second visit, to a person who was called or met."""


class DelayTables(NamedTuple):
    """Delays of a scenario; each distribution is a row (kind, a, b) of ms.

    Attributes:
        hop: (3,) one hop down the chain of instruction.
        delivery: (2, 3) delivery of a message by app or SMS.
        read_delay: (2, 3) from delivery to reading, by app or SMS.
        retry: (R, 2, 3) wait between tries, by rule (tier + 4 x group of ages), of call and visit.
        escalation: (3,) wait between the last unanswered call and the visit that follows.
        again: (R, 3) wait between a talk and a second visit, by rule.
        read: (2,) thresholds of reading at all, by app or SMS.
        hops: (2,) hops of the chain, by detector.
    """

    hop: NDArray[np.float64]
    delivery: NDArray[np.float64]
    read_delay: NDArray[np.float64]
    retry: NDArray[np.float64]
    escalation: NDArray[np.float64]
    again: NDArray[np.float64]
    read: NDArray[np.int64]
    hops: NDArray[np.int64]


def delay_tables(spec: ScenarioModel) -> DelayTables:
    """Return the tables of a scenario."""
    warning = spec.warning
    written = [getattr(warning, channel.label) for channel in WRITTEN]
    detectors = [getattr(warning.detectors, detector.label) for detector in Detector]
    return DelayTables(
        hop=np.array(row(warning.hop_delay)),
        delivery=np.array([row(channel.delivery) for channel in written]),
        read_delay=np.array([row(channel.read_delay) for channel in written]),
        retry=np.array([[row(rule.retry_wait.call), row(rule.retry_wait.visit)] for rule in warning.tiers.rules()]),
        escalation=np.array(row(warning.escalation_delay)),
        again=np.array([row(rule.again.after if rule.again else None) for rule in warning.tiers.rules()]),
        read=np.array([threshold(channel.read) for channel in written], dtype=np.int64),
        hops=np.array([detector.hops for detector in detectors], dtype=np.int64),
    )


@compiled
def drawn(distribution: NDArray[np.float64], high: int, low: int) -> float:
    """Return the ms that two 32-bit lanes draw from a row (kind, a, b)."""
    return quantile(int(distribution[0]), distribution[1], distribution[2], uniform52(high, low))


@compiled
def chain_delay(seed: int, alert: int, detector: int, tables: DelayTables, clock: int) -> int:
    """Return the ms from detection to issue: the sum of the hops down the chain, rounded once."""
    total = 0.0
    for hop in range(tables.hops[detector]):
        high, low, _, _ = draw4(seed, alert, ALERT_CHAIN, hop)
        total += drawn(tables.hop, high, low)
    return to_ticks(total, clock)


@compiled
def reading(seed: int, alert: int, channel: int, tables: DelayTables, clock: int) -> tuple[int, int]:
    """Return (ms from issue to delivery, ms from delivery to reading or -1 for never) of an app or SMS message."""
    high, low, u_read, _ = draw4(seed, alert, ALERT_READING, channel)
    delivery = to_ticks(drawn(tables.delivery[channel], high, low), clock)
    if u_read >= tables.read[channel]:
        return delivery, -1
    high, low, _, _ = draw4(seed, alert, ALERT_READ_DELAY, channel)
    return delivery, to_ticks(drawn(tables.read_delay[channel], high, low), clock)


@compiled
def retry_wait(seed: int, alert: int, rule: int, channel: int, tries: int, tables: DelayTables, clock: int) -> int:
    """Return the ms between an unsuccessful try, the ``tries``-th of the channel from 0, and the next."""
    high, low, _, _ = draw4(seed, alert, CONTACT_WAIT, channel * TRIES_A_CHANNEL + tries)
    return to_ticks(drawn(tables.retry[rule, channel - ContactChannel.CALL], high, low), clock)


@compiled
def escalation_wait(seed: int, alert: int, tables: DelayTables, clock: int) -> int:
    """Return the ms between the last unanswered call and the visit that follows."""
    high, low, _, _ = draw4(seed, alert, CONTACT_WAIT, ESCALATION)
    return to_ticks(drawn(tables.escalation, high, low), clock)


@compiled
def second_visit_wait(seed: int, alert: int, rule: int, tables: DelayTables, clock: int) -> int:
    """Return the ms between a talk with a person and the request of a second visit."""
    high, low, _, _ = draw4(seed, alert, CONTACT_WAIT, ContactChannel.VISIT * TRIES_A_CHANNEL + ESCALATION)
    return to_ticks(drawn(tables.again[rule], high, low), clock)


REFUSED: Final = 2
"""The case of a visit that the person refuses."""

RESULTS: Final = np.array(
    [
        [ContactResult.NO_ANSWER, ContactResult.ANSWERED, ContactResult.ANSWERED],
        [ContactResult.NOT_MET, ContactResult.MET, ContactResult.REFUSED],
    ]
)
"""Results of tries by desk and case."""


class ServiceTables(NamedTuple):
    """Tries of a scenario, by desk: call, then visit; each distribution is a row (kind, a, b) of ms.

    Attributes:
        success: (2,) thresholds of reaching the person.
        hard: (2,) thresholds among the persons reached: of a hard case in a call, of a refusal in a visit.
        durations: (2, 3, 3) service time of a failed try, of a short warning or a visit, of a hard case or a refusal.
        way: (3,) time from the dispatch of a visit to the door, before its service time.
        has_way: Whether visits have one.
    """

    success: NDArray[np.int64]
    hard: NDArray[np.int64]
    durations: NDArray[np.float64]
    way: NDArray[np.float64]
    has_way: bool


def service_tables(spec: ScenarioModel) -> ServiceTables:
    """Return the tables of a scenario; visits that meet the person have one duration."""
    call, visit = spec.desks.call, spec.desks.visit
    return ServiceTables(
        success=np.array([threshold(call.answered), threshold(visit.met)], dtype=np.int64),
        hard=np.array([threshold(call.hard_share), threshold(visit.refused or 0.0)], dtype=np.int64),
        durations=np.array(
            [
                [row(call.no_answer), row(call.short), row(call.hard)],
                [row(visit.not_met), row(visit.visit), row(visit.not_met)],
            ]
        ),
        way=np.array(row(visit.way)),
        has_way=visit.way is not None,
    )


@compiled
def outcome(seed: int, alert: int, channel: int, tries: int, tables: ServiceTables, clock: int) -> tuple[int, int]:
    """Return (case, duration in ms, with the way) of a try, the ``tries``-th of its channel from 0."""
    u_answer, u_hard, high, low = draw4(seed, alert, CONTACT_TRY, channel * TRIES_A_CHANNEL + tries)
    desk = channel - ContactChannel.CALL
    case = case_of(u_answer, u_hard, desk, tables)
    duration = to_ticks(drawn(tables.durations[desk, case], high, low), clock)
    return case, duration + way_of(seed, alert, channel, tries, tables, clock)


@compiled
def way_of(seed: int, alert: int, channel: int, tries: int, tables: ServiceTables, clock: int) -> int:
    """Return the ms from the dispatch of a try to the door: 0 for a call, and where visits have no way."""
    if channel != ContactChannel.VISIT or not tables.has_way:
        return 0
    _, _, high, low = draw4(seed, alert, CONTACT_WAIT, channel * TRIES_A_CHANNEL + tries)
    return to_ticks(drawn(tables.way, high, low), clock)


@inlined
def case_of(u_answer: int, u_hard: int, desk: int, tables: ServiceTables) -> int:
    """Return the case of a try, its place in ``durations``: 0 failed, 1 warning, 2 hard case, or refusal of a visit."""
    case: int = (u_answer < tables.success[desk]) * (1 + (u_hard < tables.hard[desk]))
    return case


@inlined
def is_warned(case: int, channel: int) -> bool:
    """Return whether a try warns the person: not if nobody is reached, nor at a visit if they refuse."""
    return bool(case == 1 or (case == REFUSED and channel == ContactChannel.CALL))


@inlined
def result_of(case: int, channel: int) -> int:
    """Return the result of a try, a ``ContactResult``."""
    return int(RESULTS[channel - ContactChannel.CALL, case])


@compiled
def wait_bin(wait_ms: int) -> int:
    """Return the code of the bin that holds a wait: the least b >= 0 with ``wait_ms <= 2**b`` minutes."""
    # The number of bits of the whole minutes, read from the exponent of a float: no loop of unpredictable length.
    minutes = float(max(0, wait_ms - 1) // MINUTE_MS)
    exponent = int(np.float64(minutes).view(np.int64)) >> EXPONENT_SHIFT
    return max(0, exponent - EXPONENT_BIAS + 1)


MOST_HEARD = 127


class DissuasionTables(NamedTuple):
    """The settings of dissuasion as arrays.

    Attributes:
        stop: (4,) probability of stopping by contact channel, if the alert names the right type of fraud and the person
            has heard no alert before.
        wrong_class: Factor if the alert names the wrong type of fraud.
        fatigue: (128,) factor by the number of alerts heard.
        awareness_bonus: Share of the gap to 1 that full awareness closes.
        family: Threshold of informing the family at the visits of an alert.
        family_bonus: Share of the gap to 1 that a family closes.
        again: Factor at a second visit.
    """

    stop: NDArray[np.float64]
    wrong_class: float
    fatigue: NDArray[np.float64]
    awareness_bonus: float
    family: int
    family_bonus: float
    again: float


def dissuasion_tables(spec: ScenarioModel) -> DissuasionTables:
    """Return the tables of a scenario."""
    settings = spec.warning.dissuasion
    fatigue = [1.0]
    for _ in range(MOST_HEARD):
        fatigue.append(fatigue[-1] * settings.fatigue)
    stop = settings.stop
    return DissuasionTables(
        stop=np.array([stop.app, stop.sms, stop.call, stop.visit]),
        wrong_class=settings.wrong_class,
        fatigue=np.array(fatigue),
        awareness_bonus=settings.awareness_bonus,
        family=threshold(settings.family.share) if settings.family else 0,
        family_bonus=settings.family.bonus if settings.family else 0.0,
        again=1.0 if settings.again is None else settings.again,
    )


@compiled
def is_dissuaded(
    seed: int,
    alert: int,
    channel: int,
    is_second: bool,
    right_class: bool,
    heard: int,
    awareness: float,
    tables: DissuasionTables,
) -> bool:
    """Return whether the person stops.

    The probability is that of the channel, times the factor of a wrong class, times fatigue for each alert heard before
    today, times ``again`` at a second visit. Awareness then closes ``awareness_bonus`` x awareness of its gap to 1, and
    at a visit an informed family closes ``family_bonus`` of the gap that is left. All channels of an alert share one
    draw, since the resistance of a person is one; a second visit has another.
    """
    p = tables.stop[channel] * tables.fatigue[heard]
    if not right_class:
        p *= tables.wrong_class
    if is_second:
        p *= tables.again
    p += (1.0 - p) * awareness * tables.awareness_bonus
    u, u_family, _, _ = draw4(seed, alert, DISSUASION_DRAW, 1 if is_second else 0)
    if channel == ContactChannel.VISIT and u_family < tables.family:
        p += (1.0 - p) * tables.family_bonus
    return u < threshold(p)
