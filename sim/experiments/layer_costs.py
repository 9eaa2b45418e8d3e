"""The cost of each layer of the shield, and the cost per victim that it spares.

A scenario has no price for some layers (``sim.reading.costs`` lists them by part). Such layers still change the work
of desks and the false alarms. Those costs are shown, but no cost per victim is computed from them.

Desks are staffed by the clock, so a run without a layer pays for the same seats. Here seats follow the work instead:
each busy hour carries its share of the idle hours that there are when all layers are on.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from sim.base.words import DESK_LABELS
from sim.experiments.intervals import half_width
from sim.experiments.sparing import Interval, fieller
from sim.reading.costs import COST, COST_HIGH, COST_LOW, PARTS
from sim.reading.outcomes import Outcome

PER = {"victim": "victims", "money": "net_loss_money"}
"""What is spared, and the quantity of which there is less."""

ENDS = ("low", "high", "price_low", "price_high")

Samples = Callable[[str], Sequence[Sequence[float]]]
"""Independent samples of Shapley values of a quantity, one value a layer in each."""

Row = dict[str, Any]


def by_work(outcome: Outcome, whole: Outcome) -> Outcome:
    """Return the outcome of a coalition of layers with other costs of its desks, whose seats follow the work.

    They are the cost with all layers (``whole``) times the outcome's share of that busy time; unchanged without work.
    """
    found = dict(outcome)
    for desk in DESK_LABELS:
        busy = f"staff_hours_{desk}"
        for key in (COST, COST_LOW, COST_HIGH):
            name = f"{key}.desk_{desk}"
            if name in whole and whole[busy]:
                found[name] = whole[name] * outcome[busy] / whole[busy]
    return found


def costs_of(names: Sequence[str], samples: Samples, priced: bool, unpriced: Collection[str]) -> list[Row]:
    """Return what layers cost, one row each and one for ``all`` of them, see ``Attribution.costs``."""
    rows = []
    for layer in (*names, "all"):
        known = priced and not set(unpriced) & set(names if layer == "all" else [layer])
        row: Row = {"layer": layer, "known": known, **dict.fromkeys(columns()[2:])}
        if priced:
            row |= _row(_of(layer, names, samples), known)
        rows.append(row)
    return rows


def columns() -> list[str]:
    """Return the names of the columns."""
    each = [name for per in PER for name in (f"per_{per}", *(f"per_{per}_{end}" for end in ENDS))]
    return ["layer", "known", COST, *ENDS, *each]


def _of(layer: str, names: Sequence[str], samples: Samples) -> Callable[[str], list[float]]:
    """Return the samples of a quantity for one layer; for ``all`` their sums, what all of them do together."""

    def of_one(quantity: str) -> list[float]:
        every = samples(quantity)
        return [sum(one) if layer == "all" else one[names.index(layer)] for one in every]

    return of_one


def _row(of_one: Callable[[str], list[float]], known: bool) -> Row:
    by_part = [of_one(f"{COST}.{part}") for part in PARTS]
    costs = [sum(parts) for parts in zip(*by_part, strict=True)]
    cost = fmean(costs)
    prices = _prices(of_one)
    row = _with_ends(COST, cost, _interval(costs), prices, prefix="")
    for per, quantity in PER.items() if known else ():
        spared = of_one(quantity)
        gain = fmean(spared)
        if cost > 0 and gain > 0:
            ends = (prices[0] / gain, prices[1] / gain)
            row |= _with_ends(f"per_{per}", cost / gain, fieller(costs, spared), ends, prefix=f"per_{per}_")
    return row


def _with_ends(name: str, value: float, chance: Interval, prices: tuple[float, float], prefix: str) -> Row:
    ends = (*(chance or (None, None)), *prices)
    return {name: value, **{f"{prefix}{end}": number for end, number in zip(ENDS, ends, strict=True)}}


def _prices(of_one: Callable[[str], list[float]]) -> tuple[float, float]:
    """Return the least and the most as each price moves within its range."""
    low = high = 0.0
    for part in PARTS:
        ends = [fmean(of_one(f"{key}.{part}")) for key in (COST_LOW, COST, COST_HIGH)]
        low, high = low + min(ends), high + max(ends)
    return low, high


def _interval(samples: Sequence[float]) -> Interval:
    """Return the confidence interval of a mean of independent samples; none of a single one."""
    if len(samples) < 2:
        return None
    half = half_width(stdev(samples), len(samples))
    return fmean(samples) - half, fmean(samples) + half


def is_priced(outcome: Mapping[str, Any]) -> bool:
    """Return whether a run's scenario says what things cost."""
    return f"{COST}.{next(iter(PARTS))}" in outcome
