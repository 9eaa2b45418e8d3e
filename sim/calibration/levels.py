"""Levels: the same scenario at coarser scales, for most of the search, and at its own, for the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario import Scenario, ScenarioError, changed
from sim.scenario.schema.population import Apart, Pool, plain_pool

POOL = "population.pool"
"""The key that says which provinces are one."""


@dataclass(frozen=True)
class Level:
    """A scale, the seeds that are averaged, and the pool of provinces, None for the scenario's own."""

    scale: float
    seeds: tuple[int, ...]
    pool: Pool | None = None

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
        if self.pool is not None:
            own[POOL] = plain_pool(self.pool)
        return changed(base, {**values, **own})


def coarse_pool(scenario: Scenario, scale: float) -> Pool | None:
    """Return the pool in which the provinces of a scenario are simulated at a coarse scale.

    Thinned to some hundredths, 31 provinces have two members of staff and two cases a day each; one province of all
    people thinned alike has what the country has.

    Args:
        scenario: The scenario that is calibrated.
        scale: That of the pooled runs.

    Returns:
        All of the country; all but the provinces that a measure or a surge singles out; None where the scenario stays
        as it is: where it has provinces apart itself, or pools would have more attempts than identities can number.
    """
    kind = scenario.spec.coarsest()
    if kind is None or isinstance(scenario.spec.population.pool, Apart):
        return None
    try:
        changed(scenario, {POOL: plain_pool(kind), "scale": scale})
    except ScenarioError:
        return None
    return kind
