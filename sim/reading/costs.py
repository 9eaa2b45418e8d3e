"""Costs of a run, in money of the country: counts times the prices of its scenario, in exact fractions.

A price has a range, so every cost has three numbers: at the values, at the low ends and at the high ends of all prices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sim.base.days import HOUR_MS
from sim.base.words import DESK_LABELS, ContactChannel, ContactResult, Truth
from sim.reading.quantities import Quantities
from sim.shield.interception import FILTERED
from sim.store.scope import MEASURES

ENDS = ("value", "low", "high")
"""The three numbers of a cost: at the values, the low ends and the high ends of all prices."""

TOTAL = "total"
COST, COST_LOW, COST_HIGH = "cost_money", "cost_money_low", "cost_money_high"
"""Names of the total costs of a run, by ``ENDS``."""

COST_RATIO = "cost_per_"
"""The beginning of the names of totals that are costs per person stopped, victim averted or unit of money."""

REACHING = (ContactResult.READ, ContactResult.ANSWERED, ContactResult.MET, ContactResult.REFUSED)
"""Results of contacts that somebody has heard."""

WARNING, EDUCATION, OTHER = "warning", "education", "other"
"""What costs are for."""


@dataclass(frozen=True)
class CostPart:
    """A part of the costs.

    Attributes:
        price: The key of its price, below ``costs``.
        of: Its purpose: warnings, education or other measures.
        counted: Returns its count in a run, as simulated.
        whole: Whether the count is never sampled, so never scaled up.
        desk: The desk that pays for it; None if none does.
    """

    price: str
    of: str
    counted: Callable[[Quantities], Fraction]
    whole: bool = False
    desk: str | None = None


def _staffed(desk: str) -> Callable[[Quantities], Fraction]:
    """Return a function that counts the hours of a desk's seats on duty, busy or not."""
    return lambda counts: Fraction(int(counts.select("hours", desk, measure="staffed_ms").sum()), HOUR_MS)


def _false(channel: str) -> Callable[[Quantities], Fraction]:
    """Return a function that counts the contacts of a channel that reached somebody about a legitimate contact."""
    truth = Truth.LEGITIMATE.label
    return lambda counts: Fraction(
        sum(int(counts.select("contacts", channel, result.label, truth).sum()) for result in REACHING)
    )


def _flow(quantity: str) -> Callable[[Quantities], Fraction]:
    return lambda counts: Fraction(int(counts.flow(quantity).sum()))


PARTS: Mapping[str, CostPart] = {
    **{f"desk_{desk}": CostPart(f"wage.{desk}", WARNING, _staffed(desk), desk=desk) for desk in DESK_LABELS},
    **{
        f"false_alarm_{channel}": CostPart(
            f"false_alarm.{channel}", WARNING, _false(channel), desk=channel if channel in DESK_LABELS else None
        )
        for channel in ContactChannel.labels()
    },
    "videos": CostPart("education.video", EDUCATION, _flow("videos_published"), whole=True),
    "activities": CostPart("education.activity", EDUCATION, _flow("awareness_activities"), whole=True),
    **{
        f"false_block_{channel}": CostPart(f"false_block.{channel}", OTHER, _flow(f"false_blocks_{channel}"))
        for channel in FILTERED
    },
    "transfers_delayed": CostPart("transfer.delayed", OTHER, _flow("transfers_delayed")),
    "false_holds": CostPart("transfer.held", OTHER, _flow("false_holds")),
    "payment_calls": CostPart("payment_call", OTHER, _flow("transfers_called")),
    "false_freezes": CostPart("false_freeze", OTHER, _flow("false_freezes")),
    # Its price is of the whole period.
    "measures": CostPart(MEASURES, OTHER, lambda counts: Fraction(1), whole=True),
}
"""Every part of the costs."""

Cost = dict[str, Fraction]
"""A cost by ``ENDS``."""


def costs(quantities: Quantities, scale: Fraction) -> dict[str, Cost]:
    """Return money of the country by part, the last one the ``total``; empty if the scenario has no prices.

    Parts without a price are left out. ``scale`` is the simulated share.
    """
    prices = {price.name: price for price in quantities.scope.prices}
    if not prices:
        return {}
    found: dict[str, Cost] = {}
    for name, part in PARTS.items():
        if part.price not in prices:
            continue
        amount = part.counted(quantities) / (1 if part.whole else scale)
        # As the decimal fractions that were written, not the nearest doubles.
        found[name] = {end: amount * Fraction(repr(getattr(prices[part.price], end))) for end in ENDS}
    found[TOTAL] = added(found)
    return found


def paid(amounts: Mapping[str, float], key: str, part: str) -> float:
    """Return the cost of a part in a run, by the name of its key (one of ``COST``, ``COST_LOW``, ``COST_HIGH``).

    ``amounts`` are the run's quantities by name; a part without a price costs nothing.
    """
    return float(amounts.get(f"{key}.{part}", 0.0))


def added(parts: Mapping[str, Cost], of: str | None = None) -> Cost:
    """Return the sum of all costs, or of one purpose (``WARNING``, ``EDUCATION``)."""
    chosen = [cost for name, cost in parts.items() if of is None or PARTS[name].of == of]
    return {end: sum((cost[end] for cost in chosen), Fraction(0)) for end in ENDS}
