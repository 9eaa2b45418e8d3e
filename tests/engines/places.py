"""Where an alert stands among those of its tier in the line of a desk, by arithmetic of its own."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from sim.base.words import Stage, Truth
from sim.draws.identity import alert_id
from sim.engines.tables import Tables
from sim.warning.discipline import score_of
from tests.engines.log import Life, Log

Key = tuple[float, ...]
EQUAL = 1.0
"""Slacks of alerts, in ms, that may come out either way: medians are rounded."""


def median(distribution: Any) -> float:
    """Return the median of a distribution in ms, from what a scenario writes of it."""
    by_kind: dict[str, Callable[[float, float], float]] = {
        "constant": lambda a, b: a,
        "lognormal": lambda a, b: a,
        "exponential": lambda a, b: a * math.log(2.0),
        "weibull": lambda a, b: a * math.log(2.0) ** (1.0 / b),
        "uniform": lambda a, b: (a + b) / 2.0,
    }
    return by_kind[distribution.kind.label](distribution.a, distribution.b)


def mean_of(lognormal: Any) -> float:
    """Return the mean of a lognormal distribution of losses."""
    return float(lognormal.median) * math.exp(float(lognormal.sigma) ** 2 / 2)


class Places:
    """The disciplines of a run's desks."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.spec = log.spec
        self.tables = Tables.of(log.spec)
        self.ahead = cache(self._ahead)

    def of(self, life: Life, channel: str, number: int) -> Key:
        """Return what alerts of a tier are sorted by at a desk, the first one the least, ties by identity."""
        discipline = getattr(self.spec.desks, channel).discipline
        issued = float(life.issued)
        if discipline == "first_issued":
            return (issued,)
        if discipline == "last_issued":
            return (-issued,)
        if discipline == "least_slack":
            return (self.log.deadline(life) - self.remaining(life, channel, number),)
        if discipline == "most_at_stake":
            kind = list(self.spec.fraud.types)[life.issue["value"]]
            return (-self.ahead(kind, life.stage), issued)
        return (-float(self.score(life)), issued)

    def score(self, life: Life) -> int:
        """Return the score of an alert in 1/1024 standard deviations."""
        attempt = self.log.attempts.get(life.origin)
        truth = Truth.LEGITIMATE
        if attempt is not None:
            truth = Truth.EPISODE if attempt["result"] == "engaged" else Truth.of(attempt["result"])
        identity = alert_id(life.origin, life.detector, life.stage)
        return int(score_of(self.spec.seed, identity, int(truth), 0.0, self.tables.detectors))

    def remaining(self, life: Life, channel: str, number: int) -> float:
        """Return the ms of all services to come, and of the waits between them, each as long as the median."""
        tier, desks = self.log.tier(life), self.spec.desks
        in_vain = {"call": desks.call.no_answer, "visit": desks.visit.not_met}
        track = next(track for track in self.log.tracks(life) if channel in track)
        ms = 0.0
        for desk in track[track.index(channel) :]:
            if desk != channel:
                ms += median(self.spec.warning.escalation_delay)
                number = 0
            most = getattr(tier.tries, desk)
            ms += median(in_vain[desk]) * (most - number) + median(getattr(tier.retry_wait, desk)) * (most - 1 - number)
        return ms

    def _ahead(self, name: str, stage: int) -> float:
        """Return the mean of what a person at a stage will still pay, by walking down each number of payments.

        Who has paid for the third time is among those who may pay three times or more.
        """
        kind = self.spec.fraud.types[name]
        loss = mean_of(kind.loss)
        if kind.loss.tail is not None:
            loss = (1.0 - kind.loss.tail.share) * loss + kind.loss.tail.share * mean_of(kind.loss.tail)
        dropout = [kind.dropout.engaged, kind.dropout.opened, kind.dropout.first_payment, kind.dropout.later_payment]
        expected = 0.0
        possible = {
            number: weight
            for number, weight in enumerate(kind.payments, start=1)
            if number > stage - int(Stage.FIRST_PAYMENT)
        }
        for number, weight in possible.items():
            whole = math.fsum(kind.payment_growth**n for n in range(number))
            alive = 1.0
            for reached in range(stage + 1, int(Stage.FIRST_PAYMENT) + number):
                alive *= 1.0 - dropout[min(reached, 4) - 1]
                if reached >= Stage.FIRST_PAYMENT:
                    size = kind.payment_growth ** (reached - int(Stage.FIRST_PAYMENT)) / whole
                    expected += loss * alive * size * weight / math.fsum(possible.values())
        # What differs only by rounding is equal.
        return float(f"{expected:.9g}")
