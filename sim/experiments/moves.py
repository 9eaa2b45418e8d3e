"""Levers that change nothing, and points of a design that are the same scenario: both are refused.

Rounding that makes staff one is told by ``rounded``; here are all other ways in which values come to the same: a key
that nothing reads in this scenario, provinces that are pooled, a day after the period.
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
"""Points of a grid up to which each is held against all others before the first is simulated."""

FEW = 8
"""Values of other levers up to which a lever is tried beside each of them."""

POOL = "population.pool"


def demand_moves(scenario: "Scenario", given: Mapping[str, Sequence[Value]]) -> None:
    """Refuse a lever of which two values make the same scenario, wherever the other levers stand.

    Args:
        scenario: The scenario that is varied.
        given: The values by dotted key; of a range both ends.

    Raises:
        DesignError: If there is one, with its key and both values.
    """
    for told in unmoved(scenario, given).values():
        raise DesignError(told)


def unmoved(scenario: "Scenario", given: Mapping[str, Sequence[Value]]) -> dict[str, str]:
    """Return the levers of which two values make the same scenario, wherever the other levers stand.

    Args:
        scenario: The scenario that is varied.
        given: The values by dotted key; of a range both ends.

    Returns:
        What is told of each of them, by its dotted key: the key, both values, and what would differ.
    """
    found: dict[str, str] = {}
    for key, values in given.items():
        others = {other: choices for other, choices in given.items() if other != key}
        for one, two in _alike(scenario, key, values, {}):
            if all((one, two) in _alike(scenario, key, (one, two), own) for own in _elsewhere(others)):
                found.setdefault(key, _told(scenario, {key: one}, {key: two}))
    return found


def demand_different(scenario: "Scenario", plan: Design) -> None:
    """Refuse a grid of which two points make the same scenario; raises DesignError with what tells them apart."""
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
    """Yield where the other levers may stand: all at their first values, all at their last, few of them one by one."""
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
    """Return what stands for the results of a scenario with some values; None where they make no scenario."""
    try:
        return digest_of_results(changed(scenario, values))
    except ScenarioError:
        return None


def _told(scenario: "Scenario", one: Mapping[str, Value], two: Mapping[str, Value]) -> str:
    """Return what is told of two points that make the same scenario."""
    here, there = (", ".join(map(str, side.values())) for side in (one, two))
    allowed = "use a lever that takes effect before the end of the period, or other values"
    if scenario.spec.population.pool != NO_POOL and POOL not in one:
        apart: dict[str, Any] = {POOL: NO_POOL}
        made = [_digest(scenario, {**side, **apart}) for side in (one, two)]
        if None not in made and made[0] != made[1]:
            allowed = "use --pool none, where they differ"
    return f"{', '.join(one)}: {here} and {there} make the same scenario; {allowed}"
