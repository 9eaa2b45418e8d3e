"""The engines: each takes a scenario and a recorder, and all give the same answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.results.recorder import Recorder
    from sim.scenario import Scenario


def simulate(
    scenario: "Scenario", recorder: "Recorder", progress: Callable[[int, int], None] | None = None
) -> dict[str, float]:
    """Run a scenario with its engine, counting into ``recorder``; return seconds by phase."""
    from sim.engines.reference.engine import simulate as reference

    return reference(scenario.spec, recorder)
