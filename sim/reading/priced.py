"""Prices of levers: which prices pay for a change of each key and of each kind of measure, or why none does.

This is the only list. A key outside it has no price, and a policy has a cost per victim spared only if all its levers
have prices.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sim.base.words import DESK_LABELS, ContactChannel
from sim.scenario.schema.measure_forms import BANKS, DETECTION, NETWORK, POLICE
from sim.scenario.schema.measures import KINDS
from sim.store.scope import prices_of

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.levers import Lever

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
