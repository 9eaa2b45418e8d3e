"""What two scenarios, or those of two runs, do differently."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.reading.run import Run

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.levers import Lever


def diff(base: "Scenario | Run | str | Path", other: "Scenario | Run | str | Path") -> "list[Lever]":
    """Return every lever in which two scenarios, or the scenarios of two runs, differ, also by province.

    Args:
        base: A scenario, a run, the name or path of a scenario, or the folder of a run, of replicates or draws.
        other: The one to compare with it, given in the same ways.

    Returns:
        Rows with ``key``, ``province``, ``base``, ``other`` and ``name``, which ``pandas.DataFrame`` accepts.
    """
    from sim.scenario.levers import levers

    return levers(scenario_of(base), scenario_of(other))


def scenario_of(one: "Scenario | Run | str | Path") -> "Scenario":
    """Return a scenario: the given one, that of a run, or one loaded from a path or by name."""
    from sim.experiments.paired import runs_of
    from sim.scenario import Scenario, load_scenario

    if isinstance(one, Scenario):
        return one
    if isinstance(one, Run):
        return one.scenario
    return runs_of(Path(one))[0].scenario if Path(one).is_dir() else load_scenario(str(one))
