"""Gate 4: filters of calls and of SMS, as binormal detectors, and the legitimate traffic that they block by mistake.

Fraudulent contacts score N(d', 1), legitimate ones N(0, 1). The filter blocks scores above its threshold. Recall is
Phi(d' - threshold), the share of false blocks Phi(-threshold).
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import SHIELD, Channel, Fate
from sim.country.calendar import Days, Measures
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import CERTAIN, poisson, threshold
from sim.draws.functions import exp, normal_cdf
from sim.draws.identity import province_day_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import FALSE_BLOCKS
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.layers import Interception
from sim.scenario.schema.measures import FilterStrength
from sim.shield import NEVER

FILTERED = tuple(channel.label for channel in SHIELD[Fate.INTERCEPTED].channels)
"""Channels that have a filter, in the order of their codes."""


def d_primes(interception: Interception, measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return d' of the filters of calls and of SMS on each day in each province, before any loss to gangs' adaptation.

    Args:
        interception: Settings.
        measures: Of the scenario.
        days: Day numbers.
        codes: (P,) codes of provinces.

    Returns:
        (D, P, 2) d' of calls and of SMS.
    """
    found = np.empty((len(days), len(codes), len(FILTERED)))
    for at, channel in enumerate(FILTERED):
        found[:, :, at] = getattr(interception, channel).d_prime
        for p, code in enumerate(codes):
            for strength, ramp in measures.over(days, FilterStrength, code):
                if strength.channel == channel and not strength.classes:
                    found[:, p, at] += strength.intensity * ramp
    return found


def usual_loss(interception: Interception) -> NDArray[np.float64]:
    """Return the loss of d' of each filter, (2,), that stays the same while it stops the usual number of attempts."""
    return np.full(len(FILTERED), interception.adaptation / (1.0 - exp(-DAY_MS / interception.retraining)))


def lost(interception: Interception, before: NDArray[np.float64], stopped: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the loss of d' of each filter on a day, (2,): retraining makes up for a part, and gangs learn.

    Args:
        interception: Settings.
        before: (2,) loss on the day before.
        stopped: (2,) attempts that the filters stopped on the day before, in the whole country.

    Returns:
        (2,) loss, 0 or more.
    """
    usual = np.array([getattr(interception.usual, channel) for channel in FILTERED])
    kept = exp(-DAY_MS / interception.retraining)
    found: NDArray[np.float64] = before * kept + interception.adaptation * (stopped / usual)
    return found


def thresholds_of(spec: ScenarioModel, d_prime: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the thresholds, (..., 2 channels, T types), from d' (..., 2)."""
    limits = np.array([getattr(spec.interception, channel).threshold for channel in FILTERED])
    return caught(spec, d_prime, limits)


def caught(spec: ScenarioModel, d_prime: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the thresholds, (..., n, T types), of filters with these d' (..., n) and thresholds of scores (n,)."""
    offsets = np.array([spec.interception.type_offset.get(name, 0.0) for name in spec.fraud.types])
    scores = d_prime[..., None] + offsets - limits[:, None]
    return _caught(scores.ravel()).reshape(scores.shape)


@compiled_with_arrays
def _caught(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the thresholds of the shares of a standard normal below some scores, (n,)."""
    found = np.empty(len(scores), dtype=np.int64)
    for k in range(len(scores)):
        found[k] = threshold(normal_cdf(scores[k]))
    return found


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield``; without adaptation."""
    if channel.label not in FILTERED:
        return 0.0
    own = getattr(spec.interception, channel.label)
    shift = sum(
        one.intensity
        for one in spec.measures.values()
        if isinstance(one, FilterStrength)
        and one.channel == channel.label
        and code in (one.provinces or [code])
        and not one.classes
    )
    return 1.0 - NormalDist(own.d_prime + shift).cdf(own.threshold)


def off(_: ScenarioModel) -> dict[str, Any]:
    """Return the values by dotted key with which the filters block nothing."""
    return {f"interception.{channel}.threshold": NEVER for channel in FILTERED}


def false_block_shares(interception: Interception) -> NDArray[np.float64]:
    """Return the share of legitimate calls and of SMS that the filters block, (2,)."""
    return np.array([normal_cdf(-getattr(interception, channel).threshold) for channel in FILTERED])


@compiled_with_arrays
def false_blocks(seed: int, day: int, rates: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the numbers of legitimate calls and SMS blocked on a day, (P, 2): Poisson counts, keyed by identity.

    ``rates`` (P, 3) are expected, ``shares`` (P, 2) of them are blocked.
    """
    counts = np.empty((rates.shape[0], 2), dtype=np.int64)
    for p in range(rates.shape[0]):
        for c in range(shares.shape[1]):
            high, low, _, _ = draw4(seed, province_day_id(day, p, c), FALSE_BLOCKS, 0)
            counts[p, c] = poisson(rates[p, c] * shares[p, c], uniform52(high, low))
    return counts


@compiled_with_arrays
def expected(rates: NDArray[np.float64], stops: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the expected interceptions of a day by province, among attempts that no earlier gate has stopped.

    Args:
        rates: (P, 3, T) expected potential attempts.
        stops: (gates, P, 3, T) thresholds of the gates.

    Returns:
        (P,) expected counts of calls and SMS together.
    """
    totals = np.zeros(rates.shape[0])
    for p in range(rates.shape[0]):
        for c in range(Channel.SMS + 1):
            for t in range(rates.shape[2]):
                left = rates[p, c, t]
                for gate in range(Fate.INTERCEPTED):
                    left *= 1.0 - stops[gate, p, c, t] / CERTAIN
                totals[p] += left * (stops[Fate.INTERCEPTED, p, c, t] / CERTAIN)
    return totals
