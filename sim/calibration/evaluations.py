"""Runs that a calibration asks for: a level, a seed and values make a scenario, a run gives figures and evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sim.calibration.levels import Level
from sim.experiments.simulations import Simulations
from sim.results.outcomes import Outcome, figures_and_evidence
from sim.scenario import Scenario

Values = Mapping[str, Any]


def figures_of(outcomes: Sequence[Outcome]) -> npt.NDArray[np.float64]:
    """Give the figures of runs, (runs, figures), NaN where there is none."""
    rows = [[np.nan if value is None else value for value in outcome["figures"]] for outcome in outcomes]
    return np.array(rows, dtype=np.float64)


@dataclass(frozen=True)
class Task:
    """One run: a level, a seed, and values at dotted keys."""

    level: Level
    seed: int
    values: Values


class Evaluations:
    """Runs tasks and remembers them in a folder, see ``Simulations``; ``progress`` is told how many are done."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self._simulations = Simulations(folder, figures_and_evidence, workers, progress=progress)

    @property
    def simulated(self) -> int:
        """How many runs had to be made."""
        return self._simulations.simulated

    @property
    def asked(self) -> int:
        """How many different runs were asked for."""
        return len(self._simulations.asked)

    def run(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Give the outcome of each task, in their order; raises SimulationError for the first that failed."""
        scenarios = (task.level.scenario(self.scenario, task.seed, task.values) for task in tasks)
        return self._simulations.run(scenarios, len(tasks))

    def possible(self, task: Task) -> bool:
        """Whether a task's values make a scenario."""
        from pydantic import ValidationError

        try:
            task.level.scenario(self.scenario, task.seed, task.values)
        except ValidationError:
            return False
        return True

    def close(self) -> None:
        """Stop the processes and close the journal."""
        self._simulations.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
