"""Levels: the same scenario at coarser scales, for most of the search, and at its own, for the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario import Scenario, ScenarioError, changed
from sim.scenario.schema.population import COUNTRY

POOL = "population.pool"
"""The key that says which provinces are one."""


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
            own[POOL] = COUNTRY
        return changed(base, {**values, **own})


def can_be_pooled(scenario: Scenario, scale: float) -> bool:
    """Return whether the provinces of a scenario can be one, see ``sim.scenario.schema.pooling``.

    Thinned to some hundredths, 31 provinces have two members of staff and two cases a day each; one province of all
    people thinned alike has what the country has.

    Args:
        scenario: The scenario that is calibrated.
        scale: That of the pooled runs.

    Returns:
        False where a measure or a surge is in some provinces only, or where one province would have more attempts than
        identities can number.
    """
    try:
        changed(scenario, {POOL: COUNTRY, "scale": scale})
    except ScenarioError:
        return False
    return True
