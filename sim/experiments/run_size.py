"""How large the runs of a comparison are: the options ``--scale``, ``--pool`` and ``--apart``, and a quick choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.scenario.schema.population import COUNTRY, NO_POOL

if TYPE_CHECKING:
    from sim.scenario import Scenario

SAMPLE = 7_000_000
"""People with whom a run takes seconds: the flagship's at scale 0.005."""


@dataclass(frozen=True)
class RunSize:
    """The sampled share of the population, the pool, and the provinces that are simulated by themselves."""

    scale: float
    pool: str = COUNTRY
    apart: tuple[str, ...] = ()

    @classmethod
    def quick(cls, scenario: "Scenario", apart: Sequence[str] = ()) -> "RunSize":
        """Return the size with which a run of a scenario takes seconds and waits stay near the country's."""
        people = scenario.spec.population.people
        scale = float(f"{min(1.0, SAMPLE / sum(people.values())):.1g}")
        if scale == 1.0 or len(people) == 1:
            return cls(scale, NO_POOL)
        return cls(scale, COUNTRY, tuple(apart))

    @property
    def arguments(self) -> dict[str, Any]:
        """The values of a scenario, as ``load_scenario`` takes them."""
        return {"scale": self.scale, "population.pool": {"apart": list(self.apart)} if self.apart else self.pool}

    @property
    def options(self) -> list[str]:
        """The options of a command."""
        apart = [word for one in self.apart for word in ("--apart", one)]
        return ["--scale", f"{self.scale:g}", "--pool", self.pool, *apart]


WHOLE = RunSize(1.0, NO_POOL)
"""The size of runs of everybody, in separate provinces."""
