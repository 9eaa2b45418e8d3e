"""What it costs to spare one more: the difference in cost between two policies by that in what people lost.

Health economists call it the incremental cost-effectiveness ratio. Its interval is Fieller's, "Some problems in
interval estimation" (Journal of the Royal Statistical Society B 16, 1954): those ratios r for which the mean of the
differences in cost, less r times the differences in what was spared, is not told from 0. Where what was spared is not
told from 0 itself, every ratio is possible, or all but some in the middle, and there is no interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sim.experiments.intervals import quantile
from sim.reading.costs import COST, COST_HIGH, COST_LOW, PARTS, TOTAL

Amounts = Mapping[str, float]
"""Quantities of one run, by name: totals of the country, and figures as ``NAME@START..END``."""

Interval = tuple[float, float] | None

SPARED: Mapping[str, tuple[str, ...]] = {
    "cost_per_victim_spared": ("victims",),
    "cost_per_money_spared": ("loss_money", "recovered_money"),
}
"""Names of the ratios, and of what fewer of which is spared: the first quantity less the others."""


@dataclass(frozen=True)
class Ratio:
    """What one more that is spared costs.

    Attributes:
        value: Money; None where nothing is spared, or where one of the policies both costs less and spares more.
        chance: The interval by chance.
        prices: The least and the most by the ranges of the prices.
    """

    value: float | None
    chance: Interval
    prices: Interval


def ratio(pairs: Sequence[Sequence[tuple[Amounts, Amounts]]], name: str, within: float) -> Ratio:
    """Return what it costs to spare one more.

    Args:
        pairs: Quantities of base and other, by posterior draw, then by replicate.
        name: One of ``SPARED``.
        within: Share of posterior draws that lie within an interval over draws.

    Returns:
        The ratio of the mean differences.
    """
    every = [pair for group in pairs for pair in group]
    costs = [cost_difference(one, two) for one, two in every]
    spared = [_lost(one, name) - _lost(two, name) for one, two in every]
    cost, gain = fmean(costs), fmean(spared)
    if cost * gain <= 0:
        return Ratio(None, None, None)
    if len(pairs) == 1:
        chance = fieller(costs, spared)
    else:
        size = len(pairs[0])
        groups = range(0, len(every), size)
        chance = _over_draws(
            [fmean(costs[at : at + size]) for at in groups], [fmean(spared[at : at + size]) for at in groups], within
        )
    ends = price_interval(every)
    low, high = sorted(end / gain for end in ends)
    return Ratio(cost / gain, chance, (low, high))


def cost_difference(base: Amounts, other: Amounts) -> float:
    """Return how much more another policy costs, by the values of all prices."""
    return float(other[f"{COST}.{TOTAL}"]) - float(base[f"{COST}.{TOTAL}"])


def price_interval(
    pairs: Sequence[tuple[Amounts, Amounts]], parts: Sequence[str] = tuple(PARTS)
) -> tuple[float, float]:
    """Return the least and the most of a mean difference in cost, as prices move within their ranges.

    Both policies pay the same price, and each price moves by itself: where there is more of one part and less of
    another, the one is dear when the other is cheap.

    Args:
        pairs: Quantities of base and other.
        parts: Names of the parts of the cost.

    Returns:
        Money.
    """
    low = high = 0.0
    for part in parts:
        ends = [
            fmean(float(two[f"{key}.{part}"]) - float(one[f"{key}.{part}"]) for one, two in pairs)
            for key in (COST_LOW, COST, COST_HIGH)
        ]
        low, high = low + min(ends), high + max(ends)
    return low, high


def fieller(costs: Sequence[float], spared: Sequence[float]) -> Interval:
    """Return the confidence interval of the ratio of two means of paired samples.

    Args:
        costs: Samples of the numerator.
        spared: Those of the denominator, in the same order.

    Returns:
        Both ends; None for fewer than two samples, or where the denominator is not told from 0.
    """
    size = len(costs)
    if size < 2:
        return None
    cost, gain = fmean(costs), fmean(spared)
    # Of the means: t^2 times their variances and their covariance.
    factor = quantile(size) ** 2 / (size * (size - 1))
    of_cost = factor * sum((one - cost) ** 2 for one in costs)
    of_gain = factor * sum((one - gain) ** 2 for one in spared)
    of_both = factor * sum((one - cost) * (two - gain) for one, two in zip(costs, spared, strict=True))
    if gain**2 <= of_gain:
        return None
    middle = cost * gain - of_both
    root = max(0.0, middle**2 - (gain**2 - of_gain) * (cost**2 - of_cost)) ** 0.5
    return (middle - root) / (gain**2 - of_gain), (middle + root) / (gain**2 - of_gain)


def _over_draws(costs: Sequence[float], spared: Sequence[float], within: float) -> Interval:
    """Return what holds a share of the draws' ratios; None where draws differ in whether anything is spared."""
    import numpy as np

    if not (min(spared) > 0 or max(spared) < 0):
        return None
    ratios = [cost / gain for cost, gain in zip(costs, spared, strict=True)]
    low, high = (float(end) for end in np.quantile(ratios, [(1.0 - within) / 2.0, (1.0 + within) / 2.0]))
    return low, high


def _lost(amounts: Amounts, name: str) -> float:
    first, *others = SPARED[name]
    return float(amounts[first]) - sum(float(amounts[other]) for other in others)
