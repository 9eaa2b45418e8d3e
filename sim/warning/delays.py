"""Delays on the way of an alert: the chain of instruction, delivery and reading, waits between tries.

Every delay is drawn by the identity of the alert and rounded to ticks of the clock, at least one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import WRITTEN, ContactChannel, Detector
from sim.draws.compiled import compiled
from sim.draws.distributions import quantile, row, threshold, to_ticks
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import ALERT_CHAIN, ALERT_READ_DELAY, ALERT_READING, CONTACT_WAIT, TRIES_A_CHANNEL
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
