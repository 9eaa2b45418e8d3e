"""Costs of a run, in money of the country, and the prices that pay for a change of each lever.

Costs are counts times the prices of the scenario, in exact fractions. A price has a range, so every cost has three
numbers: at the values, at the low ends and at the high ends of all prices.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sim.base.days import HOUR_MS
from sim.base.words import DESK_LABELS, ContactChannel, ContactResult, Truth
from sim.reading.quantities import Quantities
from sim.scenario.schema.measures import BANKS, DETECTION, KINDS, NETWORK, POLICE
from sim.shield.interception import FILTERED
from sim.store.columns import MEASURES, prices_of

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.levers import Lever

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


WORLD = "an assumption about people, gangs or how things happen: no money changes it"
OFFICES = "what quicker offices cost is not among the prices"
EXPERIMENT = "takes feedback out of the model: an experiment, which nobody can buy"

WAGES = tuple(f"wage.{desk}" for desk in DESK_LABELS)
FALSE_ALARMS = tuple(f"false_alarm.{channel}" for channel in ContactChannel.labels())
OF_WARNINGS = (*WAGES, *FALSE_ALARMS)
OF_VISITS = tuple(f"{price}.{ContactChannel.VISIT.label}" for price in ("wage", "false_alarm"))

PRICES: dict[str, tuple[str, ...] | str] = {
    "feedback": EXPERIMENT,
    **dict.fromkeys(("population", "fraud", "engagement"), WORLD),
    **dict.fromkeys(("dens", "gangs", "cards"), POLICE),
    "accounts": WORLD,
    **dict.fromkeys(("interception", "sites"), NETWORK),
    # Alerts cost desks and false alarms; detection itself has no price.
    **dict.fromkeys(("warning.detectors.central.thresholds", "warning.detectors.local.thresholds"), OF_WARNINGS),
    **dict.fromkeys(
        (f"warning.detectors.{name}" for name in ("correlation", "contact", "stages", "central", "local", "grid")),
        DETECTION,
    ),
    **dict.fromkeys(("warning.tiers", "warning.unread_wait", "warning.quiet"), OF_WARNINGS),
    **dict.fromkeys(("warning.confusion", "warning.signs"), DETECTION),
    **dict.fromkeys(
        (f"warning.{name}" for name in ("hop_delay", "escalation_delay", "desk_knows_episode_over")), OFFICES
    ),
    **dict.fromkeys(("warning.app", "warning.sms", "warning.dissuasion"), WORLD),
    # Officers inform a family at a visit, which has a price.
    "warning.dissuasion.family": OF_VISITS,
    **{
        f"desks.{desk}.{key}": (f"wage.{desk}",)
        for desk in DESK_LABELS
        for key in ("staff", "growth", "by_province", "shifts", "discipline")
    },
    **{f"desks.{desk}.lends": WAGES for desk in DESK_LABELS},
    "desks.province_weights": WAGES,
    **dict.fromkeys((f"desks.call.{key}" for key in ("answered", "hard_share", "no_answer", "short", "hard")), WORLD),
    **dict.fromkeys((f"desks.visit.{key}" for key in ("met", "not_met", "visit", "way", "refused")), WORLD),
    "aftermath.report": WORLD,
    "aftermath.stop_payment": BANKS,
    **dict.fromkeys(("aftermath.filing", "aftermath.investigation", "aftermath.suspects"), POLICE),
    "aftermath.settlement": WORLD,
    **{f"measures[{kind}]": schema.row.price for kind, schema in KINDS.items()},
    **{f"measures[{kind}].{key}": why for kind, schema in KINDS.items() for key, why in schema.row.unpriced.items()},
    "measures[payment_delay].bank_call": ("transfer.delayed", "payment_call"),
    # A change of a price is priced by itself.
    "costs": (),
}
"""By key, also for the keys below it without their own entry: the prices below ``costs`` that pay for it, or the reason
why none does. ``measures[KIND]`` stands for every measure of a kind."""


def entry_of(key: str) -> tuple[str, ...] | str | None:
    """Return the most specific entry of ``PRICES`` for a key of the schema; None if there is none."""
    while key and key not in PRICES:
        key = key.rpartition(".")[0]
    return PRICES.get(key)


def not_priced(base: "Scenario", other: "Scenario", changed: "Iterable[Lever]") -> "list[Lever]":
    """Return the changed levers without a price, and those whose price one of the scenarios leaves out, in order."""
    return [
        lever
        for lever in changed
        if not has_own_cost(lever.key, base, other)
        and not all(has_price(key, base, other) for key in _in_schema(lever.key, base, other))
    ]


def has_own_cost(key: str, base: "Scenario", other: "Scenario") -> bool:
    """Return whether the scenarios say what the measure of a lever costs: ``costs.measures`` has it.

    Where both have the measure its cost must differ: at the same cost a change would be free.
    """
    section, _, rest = key.partition(".")
    name = rest.partition(".")[0]
    costs = [_cost_of(name, one) for one in (base, other) if name in one.spec.measures]
    return section == "measures" and None not in costs and len(set(costs)) == len(costs)


def _cost_of(name: str, scenario: "Scenario") -> float | None:
    costs = scenario.spec.costs
    return None if costs is None or costs.measures is None else costs.measures.get(name)


def has_price(key: str, *scenarios: "Scenario") -> bool:
    """Return whether all scenarios state the prices that pay for a key of the schema, and for its kind of measure."""
    entries = [entry_of(key)]
    measures = [
        one
        for scenario in scenarios
        for name, one in scenario.spec.measures.items()
        if _cost_of(name, scenario) is None
    ]
    entries += [one.price for one in measures if key.startswith(f"measures[{one.kind}]")]
    stated = [{price.name for price in prices_of(one)} for one in scenarios]
    return all(
        entry is not None and not isinstance(entry, str) and all(known.issuperset(entry) for known in stated)
        for entry in entries
    )


def _in_schema(key: str, *scenarios: "Scenario") -> Iterator[str]:
    """Yield the keys of the schema for the key of a lever: for a measure one for each of its kinds."""
    section, _, rest = key.partition(".")
    if section != "measures":
        yield key
        return
    name, dot, below = rest.partition(".")
    for kind in dict.fromkeys(one.spec.measures[name].kind for one in scenarios if name in one.spec.measures):
        yield f"measures[{kind}]{dot}{below}"
