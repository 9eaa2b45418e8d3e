"""Levels: the same scenario at coarser scales, for most of the search, and at its own, for the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario import Scenario, changed
from sim.scenario.shapes import written


@dataclass(frozen=True)
class Level:
    """A scale, the seeds that are averaged, and whether the provinces are pooled into one."""

    scale: float
    seeds: tuple[int, ...]
    pooled: bool = False

    def scenario(self, base: Scenario, seed: int, values: Mapping[str, Any]) -> Scenario:
        """Return the scenario of one run at this level.

        Args:
            base: The scenario that is calibrated.
            seed: The seed of the run.
            values: Values at dotted keys, in place of the base's.

        Returns:
            The scenario, run by the vector engine.
        """
        own: dict[str, Any] = {"scale": self.scale, "seed": seed, "engine": "vector"}
        if self.pooled:
            own["population.provinces"] = [_pool(base)]
        return changed(base, {**values, **own})


def can_be_pooled(scenario: Scenario) -> bool:
    """Return whether provinces differ in nothing but their row of the table of provinces.

    Thinned to some hundredths, 31 provinces have two members of staff and two cases a day each; one province of all
    people thinned alike has what the country has. Regions of dens are no provinces.

    Args:
        scenario: The scenario that is calibrated.

    Returns:
        False where measures, surges, desks or weights are by province.
    """
    spec = scenario.spec
    regional = [*spec.measures.values(), *spec.fraud.surges.values()]
    return (
        not spec.fraud.province_weights
        and not spec.desks.province_weights
        and not spec.desks.call.by_province
        and not spec.desks.visit.by_province
        and all(getattr(one, "provinces", None) is None for one in regional)
        and not any(getattr(one, "province_weights", None) for one in regional)
    )


def _pool(scenario: Scenario) -> dict[str, Any]:
    """Return all provinces as one: people added up, shares weighted by people."""
    rows = [written(type(row), row) for row in scenario.spec.population.provinces]
    people = sum(row["population"] for row in rows)
    pooled = {**rows[0], "name": "all", "population": people}
    for name, value in rows[0].items():
        if isinstance(value, float):
            pooled[name] = sum(row[name] * row["population"] for row in rows) / people
    return pooled
