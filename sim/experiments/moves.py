"""Refuse levers that change nothing, and points of a design that make the same scenario.

Examples are a key that nothing reads in this scenario, provinces that are pooled, and a day after the period.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sim.experiments.design import Design, DesignError, Value
from sim.scenario import ScenarioError, changed
from sim.scenario.prefix import digest_of_results
from sim.scenario.schema.population import NO_POOL

if TYPE_CHECKING:
    from sim.scenario import Scenario

MOST_COMPARED = 256
"""Points of a grid up to which each is compared with all others before the first is simulated."""

FEW = 8
"""Values of other levers up to which a lever is tried with each of them."""

POOL = "population.pool"


def demand_moves(scenario: "Scenario", given: Mapping[str, Sequence[Value]]) -> None:
    """Raise DesignError for a lever that ``unmoved`` returns."""
    for told in unmoved(scenario, given).values():
        raise DesignError(told)


def unmoved(scenario: "Scenario", given: Mapping[str, Sequence[Value]]) -> dict[str, str]:
    """Return by key a message about each lever of which two values (of a range, its ends) make the same scenario."""
    found: dict[str, str] = {}
    for key, values in given.items():
        others = {other: choices for other, choices in given.items() if other != key}
        for one, two in _alike(scenario, key, values, {}):
            if all((one, two) in _alike(scenario, key, (one, two), own) for own in _elsewhere(others)):
                found.setdefault(key, _told(scenario, {key: one}, {key: two}))
    return found


def demand_different(scenario: "Scenario", plan: Design) -> None:
    """Raise DesignError for a grid of which two points make the same scenario."""
    if len(plan) > MOST_COMPARED or len(plan.axes) < 2:
        return
    found: dict[str, dict[str, Value]] = {}
    for point in plan.points():
        made = _digest(scenario, point)
        if made is not None and found.setdefault(made, point) is not point:
            before = found[made]
            apart = [key for key in point if point[key] != before[key]]
            raise DesignError(_told(scenario, *({key: side[key] for key in apart} for side in (before, point))))


def _elsewhere(others: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value]]:
    """Yield settings of the other levers: all at their first values, all at their last, and a few one by one."""
    if any(others.values()):
        for at in (0, -1):
            yield {key: values[at] for key, values in others.items()}
    if sum(map(len, others.values())) <= FEW:
        yield from ({key: value} for key, values in others.items() for value in values)


def _alike(
    scenario: "Scenario", key: str, values: Sequence[Value], others: Mapping[str, Value]
) -> list[tuple[Value, Value]]:
    """Return the pairs of values of a lever that make the same scenario."""
    made = [(value, _digest(scenario, {**others, key: value})) for value in values]
    return [(one, two) for (one, here), (two, there) in combinations(made, 2) if here is not None and here == there]


def _digest(scenario: "Scenario", values: Mapping[str, Value]) -> str | None:
    """Return the digest of the results of a scenario with some values; None where they make no scenario."""
    try:
        return digest_of_results(changed(scenario, values))
    except ScenarioError:
        return None


def _told(scenario: "Scenario", one: Mapping[str, Value], two: Mapping[str, Value]) -> str:
    """Return the message about two points that make the same scenario."""
    here, there = (", ".join(map(str, side.values())) for side in (one, two))
    allowed = "use a lever that takes effect before the end of the period, or other values"
    if scenario.spec.population.pool != NO_POOL and POOL not in one:
        apart: dict[str, Any] = {POOL: NO_POOL}
        made = [_digest(scenario, {**side, **apart}) for side in (one, two)]
        if None not in made and made[0] != made[1]:
            allowed = "use --pool none, where they differ"
    return f"{', '.join(one)}: {here} and {there} make the same scenario; {allowed}"
