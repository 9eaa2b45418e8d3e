"""Evaluations: runs of one scenario at a level, with a seed and values; each gives its figures and evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.calibration.levels import Level
from sim.experiments.simulations import Simulations
from sim.results.outcomes import Outcome, figures_and_evidence
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.running import Progress

Values = Mapping[str, Any]


def figures_of(outcomes: Sequence[Outcome]) -> npt.NDArray[np.float64]:
    """Return the figures of runs, (runs, figures), NaN where there is none."""
    rows = [[np.nan if value is None else value for value in outcome["figures"]] for outcome in outcomes]
    return np.array(rows, dtype=np.float64)


@dataclass(frozen=True)
class Task:
    """One run: a level, a seed, and values at dotted keys."""

    level: Level
    seed: int
    values: Values


class Evaluations(Simulations):
    """Simulations of one scenario's tasks, kept in a folder."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        verbose: bool = False,
        days: "Callable[[Scenario], Progress] | None" = None,
    ) -> None:
        super().__init__(folder, figures_and_evidence, workers, progress=progress, verbose=verbose, days=days)
        self._scenario = scenario

    def evaluate(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Return the outcome of each task, in their order; the first that failed ends with a SimulationError."""
        scenarios = (task.level.scenario(self._scenario, task.seed, task.values) for task in tasks)
        return self.run(scenarios, len(tasks))

    def is_possible(self, task: Task) -> bool:
        """Return whether a task's values make a scenario."""
        from pydantic import ValidationError

        try:
            task.level.scenario(self._scenario, task.seed, task.values)
        except ValidationError:
            return False
        return True
