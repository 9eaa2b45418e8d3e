"""The effort of gangs: the yields of attempts by channel and type, and the response of gangs a day later.

A yield is what gangs may expect of an attempt, from the thresholds of the day and the outcomes of people drawn in. It
is not the money that gangs received: that would be a few large sums, mostly run-to-run noise.
"""

import math
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import Channel
from sim.draws.compiled import compiled, compiled_with_arrays
from sim.draws.distributions import CERTAIN
from sim.draws.functions import exp, fsum, log
from sim.scenario.bounds import Yield, bounds_of
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.fraud import MOST_EFFORT

UNWARNED_EPISODES: Final = 20.0
"""Simulated episodes, of people whom nobody warned, that are added to those that gangs remember (``docs/model.md``,
7.12).

An assumption that steadies the yield while few episodes are remembered, more at a small scale than at a large one. It
is not a key of scenarios because no data could tell its value.
"""

NOBODY: Final = -1.0
"""Marks a cell without attempts, instead of the share of attempts that pass or their yield."""

BOUNDS: Final = bounds_of(Yield)

Table = NDArray[np.float64]
"""One value a channel and type, (3, T)."""


class Effort:
    """What gangs have learned of yields, and the effort that follows from it.

    ``yields`` (3, T) by channel and type begin with those of the first day, and follow the yields of days with the lag;
    without a warm-up they begin as usual. ``usual`` (3, T) are the yields at which attempts are as stated: stated, too,
    or found by the warm-up. ``drawn_in`` and ``paid`` (T,) are the episodes and first payments that gangs remember;
    they fade with the lag.
    """

    def __init__(self, spec: ScenarioModel) -> None:
        """Begin before the first midnight; the scenario has ``gangs.answer``."""
        assert spec.gangs is not None
        assert spec.gangs.answer is not None
        answer = spec.gangs.answer
        kinds = spec.fraud.kinds()
        self._shift = answer.shift
        self._supply = answer.supply
        self._kept = exp(-DAY_MS / answer.lag)
        self._types = list(spec.fraud.types)
        self._is_found = answer.usual is None
        nothing = np.full((len(Channel), len(kinds)), NOBODY)
        self.usual = nothing if answer.usual is None else np.array(answer.usual.by_type(self._types))
        drops = [(kind.dropout.engaged, kind.dropout.opened, kind.dropout.first_payment) for kind in kinds]
        self._unwarned = np.array([math.prod(1.0 - drop for drop in of_type) for of_type in drops])
        self.yields = nothing.copy() if spec.period.warmup else self.usual.copy()
        self.drawn_in = np.zeros(len(drops))
        self.paid = np.zeros(len(drops))

    @classmethod
    def of(cls, spec: ScenarioModel) -> Self | None:
        """Return the effort of a scenario's gangs; None if they do not respond to yields."""
        return cls(spec) if spec.gangs is not None and spec.gangs.answer is not None and spec.feedback else None

    @property
    def paying(self) -> NDArray[np.float64]:
        """The share of those who would pay unwarned that pays, (T,), as gangs remember it; at most 1."""
        shares: NDArray[np.float64] = (self.paid + UNWARNED_EPISODES) / (
            self.drawn_in * self._unwarned + UNWARNED_EPISODES
        )
        return np.minimum(shares, 1.0)

    def learn(
        self, drawn_in: NDArray[np.int64], first_payments: NDArray[np.int64], passing: Table, cashed: float
    ) -> None:
        """Learn from the yields of a day's attempts.

        Args:
            drawn_in: (T,) Episodes that began on the day.
            first_payments: (T,) First payments of the day.
            passing: (3, T) Share of its attempts that draw somebody in, by gates and awareness; ``NOBODY`` where there
                were no attempts, so that nothing is learned.
            cashed: Share of a payment that reached the gang.
        """
        self.drawn_in = self.drawn_in * self._kept + drawn_in
        self.paid = self.paid * self._kept + first_payments
        of_day = passing * self.paying * cashed
        learned = self.yields + (1.0 - self._kept) * (of_day - self.yields)
        learned = np.where(self.yields == NOBODY, of_day, learned)
        self.yields = np.where(passing == NOBODY, self.yields, learned)

    def begin(self) -> None:
        """Begin to answer at the first midnight of the period: what the warm-up has taught is usual if none is stated.

        Yields are brought into the bounds of stated ones. A cell that had no attempts has the usual yield; where none
        is stated, that is the mean of its channel, or of all cells, or 1.
        """
        known = self.yields != NOBODY
        within = np.clip(self.yields, BOUNDS.low, BOUNDS.high)
        if self._is_found:
            over_all = _mean(within[known], BOUNDS.high)
            means = [_mean(of_channel[seen], over_all) for of_channel, seen in zip(within, known, strict=True)]
            self.usual = np.where(known, within, np.array(means)[:, None])
        self.yields = np.where(known, within, self.usual)

    def found(self) -> dict[str, float]:
        """Return the usual yields that the warm-up has found, by dotted key; none where they are stated."""
        if not self._is_found:
            return {}
        return {
            f"gangs.answer.usual.{channel}.{name}": value
            for channel, values in zip(Channel.labels(), self.usual.tolist(), strict=True)
            for name, value in zip(self._types, values, strict=True)
        }

    def answer(self, stated: Table) -> Table:
        """Return the factor of the stated attempts that gangs make, (3, T), from half to twice as many.

        The members' time, attempts times their usual yield, goes to attempts with higher yields. With a ``supply`` of 0
        the total time stays the same. ``stated`` (3, T) are the attempts of all provinces.
        """
        return _answer(stated, self.yields, self.usual, self._shift, self._supply)


def _mean(values: NDArray[np.float64], otherwise: float) -> float:
    """Return the mean of some values, rounded once; ``otherwise`` without any."""
    return math.fsum(values.tolist()) / len(values) if len(values) else otherwise


@compiled_with_arrays
def _answer(stated: Table, yields: Table, usual: Table, shift: float, supply: float) -> Table:
    time = stated * usual
    whole = fsum(time.ravel())
    effort = np.ones(time.shape)
    if whole == 0.0:
        return effort
    relative = yields / usual
    best = 0.0
    for c in range(time.shape[0]):
        for t in range(time.shape[1]):
            if time[c, t] > 0.0:
                best = max(best, relative[c, t])
    if best > 0.0:
        for c in range(time.shape[0]):
            for t in range(time.shape[1]):
                effort[c, t] = power(relative[c, t] / best, shift)
    moved = fsum((time * effort).ravel())
    mean = fsum((time * relative).ravel()) / whole
    return np.minimum(np.maximum(effort * power(mean, supply) * whole / moved, 1.0 / MOST_EFFORT), MOST_EFFORT)


@compiled
def power(base: float, exponent: float) -> float:
    """Return ``base`` to an exponent of at least 0, with the same bits on every machine; 0 to the 0 is 1."""
    return 1.0 if exponent == 0.0 else exp(exponent * log(base))


@compiled_with_arrays
def nation(rates: NDArray[np.float64]) -> Table:
    """Return the sum over provinces of rates (P, 3, T)."""
    sums = np.empty(rates.shape[1:])
    of_cell = np.empty(rates.shape[0])
    for c in range(rates.shape[1]):
        for t in range(rates.shape[2]):
            of_cell[:] = rates[:, c, t]
            sums[c, t] = fsum(of_cell)
    return sums


@compiled_with_arrays
def by_channel(values: Table, weights: Table) -> NDArray[np.float64]:
    """Return the weighted mean over the types of each channel, (3,); the plain mean where all weights are 0."""
    means = np.empty(len(values))
    for c in range(len(values)):
        whole = fsum(weights[c])
        means[c] = fsum(values[c] * weights[c]) / whole if whole > 0.0 else fsum(values[c]) / values.shape[1]
    return means


@compiled_with_arrays
def passing(
    first: NDArray[np.float64], rates: NDArray[np.float64], stops: NDArray[np.int64], unaware: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what passes gates 1 to 6, times what awareness leaves, by the planned attempts of a day, (3, T).

    Args:
        first: (P, 3, T) expected attempts as planned, before retries and displacement.
        rates: (P, 3, T) expected attempts made.
        stops: (gates, P, 3, T) thresholds of the gates.
        unaware: (P,) the mean share of the propensity to engage that awareness leaves.

    Returns:
        Shares; cells without expected attempts are ``NOBODY``.
    """
    shares = np.empty(rates.shape[1:])
    for c in range(rates.shape[1]):
        for t in range(rates.shape[2]):
            made = 0.0
            passed = 0.0
            for p in range(rates.shape[0]):
                left = rates[p, c, t]
                made += first[p, c, t]
                for gate in range(stops.shape[0]):
                    left *= 1.0 - stops[gate, p, c, t] / CERTAIN
                passed += left * unaware[p]
            shares[c, t] = passed / made if made > 0.0 else NOBODY
    return shares
