"""Evaluations: runs of one scenario at a level, with a seed and values; each gives its figures, evidence and totals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from sim.calibration.levels import Level
from sim.experiments.simulations import Computing, Simulations, scenario_or_failure, succeeded
from sim.reading.outcomes import Outcome, figures_evidence_and_quantities
from sim.scenario import Scenario

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

    def __init__(self, scenario: Scenario, folder: Path, **computing: Unpack[Computing]) -> None:
        super().__init__(folder, figures_evidence_and_quantities, **computing)
        self._scenario = scenario

    def evaluate(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Return the outcome of each task, in their order; the first that failed ends with a SimulationError."""
        return self.run((self._scenario_of(task) for task in tasks), len(tasks))

    def evaluate_possible(self, tasks: Sequence[Task]) -> list[Outcome | None]:
        """Return the outcome of each task as ``evaluate`` does, None for one whose values make no scenario.

        Each scenario is made when its turn comes, while others run.
        """
        impossible: set[int] = set()

        def scenarios() -> Iterator[Scenario | Outcome]:
            for number, task in enumerate(tasks):
                one = scenario_or_failure(partial(self._scenario_of, task))
                if not isinstance(one, Scenario):
                    impossible.add(number)
                yield one

        outcomes = self.each(scenarios(), len(tasks))
        return [None if number in impossible else succeeded(one) for number, one in enumerate(outcomes)]

    def _scenario_of(self, task: Task) -> Scenario:
        return task.level.scenario(self._scenario, task.seed, task.values)
