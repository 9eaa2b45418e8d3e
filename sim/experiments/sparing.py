"""Cost per victim, or per unit of money, that a policy spares: the difference in cost over the difference in losses.

Health economists call it the incremental cost-effectiveness ratio. Its interval is Fieller's ("Some problems in
interval estimation", Journal of the Royal Statistical Society B 16, 1954): all ratios r for which the mean of the
differences in cost, less r times the differences in losses, does not differ significantly from 0. There is no interval
where the differences in losses themselves do not differ from 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from sim.experiments.intervals import quantile
from sim.language.spoken import said
from sim.reading.costs import COST, COST_HIGH, COST_LOW, PARTS, TOTAL, not_priced, paid
from sim.scenario.levers import levers

if TYPE_CHECKING:
    from sim.scenario import Scenario

Amounts = Mapping[str, float]
"""Quantities of one run, by name: totals of the country, and figures as ``NAME@START..END``."""

Interval = tuple[float, float] | None

SPARED: Mapping[str, tuple[str, ...]] = {
    "cost_per_victim_spared": ("victims",),
    "cost_per_money_spared": ("loss_money", "recovered_money"),
}
"""By name of the ratio, what is spared: a decrease of the first quantity less the others."""

NOT_PRICED = "not_priced"
"""Why a row has no number: a lever has no price."""

NAMED = 6
"""Levers without a price that are named; the rest is counted."""


@dataclass(frozen=True)
class Ratio:
    """Cost per unit spared, in money; missing where nothing is spared or one policy both costs less and spares more.

    ``chance`` is the interval of run-to-run noise, or over posterior draws; ``prices`` the range as prices move.
    """

    value: float | None
    chance: Interval
    prices: Interval


def why_withheld(base: "Scenario", other: "Scenario") -> str | None:
    """Return why two scenarios have no cost per unit spared: ``NOT_PRICED``, or None if they have one."""
    return NOT_PRICED if not_priced(base, other, levers(base, other)) else None


def unpriced_said(names: Sequence[str]) -> str:
    """Return the sentence that names levers without a price; empty where all have one."""
    if not names:
        return ""
    shown = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        shown = said("{levers} and {number} more", levers=shown, number=str(len(names) - NAMED))
    return said("Not priced: {levers}. So the cost of sparing a victim or a unit of net loss is unknown.", levers=shown)


def ratio(pairs: Sequence[Sequence[tuple[Amounts, Amounts]]], name: str, within: float) -> Ratio:
    """Return the cost per unit spared, the ratio of mean differences over ``pairs`` by draw, then by replicate.

    ``name`` is one of ``SPARED``; ``within`` is the share of posterior draws inside an interval over draws.
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
    """Return how much more the other policy costs, at the prices' own values."""
    return float(other[f"{COST}.{TOTAL}"]) - float(base[f"{COST}.{TOTAL}"])


def price_interval(
    pairs: Sequence[tuple[Amounts, Amounts]], parts: Sequence[str] = tuple(PARTS)
) -> tuple[float, float]:
    """Return the least and the most of a mean difference in cost, in money, as prices move within their ranges.

    Both policies pay the same price, and each price moves independently.
    """
    low = high = 0.0
    for part in parts:
        ends = [
            fmean(paid(two, key, part) - paid(one, key, part) for one, two in pairs)
            for key in (COST_LOW, COST, COST_HIGH)
        ]
        low, high = low + min(ends), high + max(ends)
    return low, high


def fieller(costs: Sequence[float], spared: Sequence[float]) -> Interval:
    """Return the confidence interval of the ratio of two means of paired samples.

    It has no ends (None) for fewer than two samples, or where the denominator does not differ from 0.
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
    """Return the interval of a share of the draws' ratios; None where only some draws spare anything."""
    import numpy as np

    if not (min(spared) > 0 or max(spared) < 0):
        return None
    ratios = [cost / gain for cost, gain in zip(costs, spared, strict=True)]
    low, high = (float(end) for end in np.quantile(ratios, [(1.0 - within) / 2.0, (1.0 + within) / 2.0]))
    return low, high


def _lost(amounts: Amounts, name: str) -> float:
    first, *others = SPARED[name]
    return float(amounts[first]) - sum(float(amounts[other]) for other in others)
