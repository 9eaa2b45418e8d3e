"""The engines: each runs a scenario into a recorder; both give equal results."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.midnight.component import Component
    from sim.scenario import Scenario
    from sim.store.recorder import Recorder


def simulate(
    scenario: "Scenario", recorder: "Recorder", workers: int | None = None, components: "Sequence[Component]" = ()
) -> dict[str, float]:
    """Run a scenario with the engine that it names.

    Args:
        scenario: The scenario.
        recorder: Receives what is counted.
        workers: Threads that share the provinces in the vector engine, by default one per core; the reference engine
            uses one.
        components: The user's components for this run, in the order in which they react.

    Returns:
        Seconds by phase.
    """
    if scenario.spec.engine == "reference":
        from sim.engines.reference.engine import simulate as reference

        return reference(scenario.spec, recorder, components)
    from sim.engines.vector.engine import simulate as vector

    return vector(scenario.spec, recorder, workers, components=components)
