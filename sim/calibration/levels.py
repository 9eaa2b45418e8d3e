"""Levels: the same scenario simulated coarsely, to find the way, and at its own scale, to arrive."""

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
        """Give the scenario of one run: base, with values at dotted keys, at this level."""
        own: dict[str, Any] = {"scale": self.scale, "seed": seed, "engine": "vector"}
        if self.pooled:
            own["population.provinces"] = [_pool(base)]
        return changed(base, {**values, **own})


def can_be_pooled(scenario: Scenario) -> bool:
    """Whether nothing but the table of provinces tells one province from another.

    Thinned to some hundredths, 31 provinces have two members of staff and two cases a day each; one province of all
    people thinned alike has what the country has. Regions of dens are no provinces.
    """
    spec = scenario.spec
    placed = [*spec.measures.values(), *spec.fraud.surges.values()]
    return (
        not spec.fraud.province_weights
        and not spec.desks.province_weights
        and not spec.desks.call.by_province
        and not spec.desks.visit.by_province
        and all(getattr(one, "provinces", None) is None for one in placed)
    )


def _pool(scenario: Scenario) -> dict[str, Any]:
    """Give all provinces as one: people added up, shares weighted by people."""
    rows = [written(type(row), row) for row in scenario.spec.population.provinces]
    people = sum(row["population"] for row in rows)
    pooled = {**rows[0], "name": "all", "population": people}
    for name, value in rows[0].items():
        if isinstance(value, float):
            pooled[name] = sum(row[name] * row["population"] for row in rows) / people
    return pooled
