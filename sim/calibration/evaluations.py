"""Evaluations: runs of one scenario at a level, with a seed and values; each gives figures, evidence and totals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from sim.experiments.simulations import Computing, Simulations, scenario_or_failure, succeeded
from sim.reading.outcomes import Outcome, figures_evidence_and_quantities
from sim.scenario import Scenario, ScenarioError, changed
from sim.scenario.load import value_at
from sim.scenario.schema.population import Apart, Pool, plain_pool

Values = Mapping[str, Any]

POOL = "population.pool"
"""The key of the pool of provinces."""


@dataclass(frozen=True)
class Level:
    """A scale, the seeds that are averaged, and the pool of provinces, None for the scenario's own.

    Most of the search uses coarser levels; the result is at the scenario's own.
    """

    scale: float
    seeds: tuple[int, ...]
    pool: Pool | None = None

    def scenario(self, base: Scenario, seed: int, values: Mapping[str, Any]) -> Scenario:
        """Return the scenario of one run at this level, by the vector engine, with other values at dotted keys."""
        own: dict[str, Any] = {"scale": self.scale, "seed": seed, "engine": "vector"}
        if self.pool is not None:
            own[POOL] = plain_pool(self.pool)
        return changed(base, {**values, **own})


def coarse_pool(scenario: Scenario, scale: float) -> Pool | None:
    """Return the pool at a coarse scale: the country, or all except the provinces that a measure or a surge names.

    Thinned to some hundredths, 31 provinces have two officers and two cases a day each; one province of all people,
    thinned alike, behaves like the country. None where the pool stays: where the scenario itself has provinces apart,
    or pools would have more attempts than identities can number.
    """
    kind = scenario.spec.coarsest()
    if kind is None or isinstance(scenario.spec.population.pool, Apart):
        return None
    try:
        changed(scenario, {POOL: plain_pool(kind), "scale": scale})
    except ScenarioError:
        return None
    return kind


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
    """Simulations of the tasks of one scenario, kept in a folder."""

    def __init__(self, scenario: Scenario, folder: Path, **computing: Unpack[Computing]) -> None:
        super().__init__(folder, figures_evidence_and_quantities, **computing)
        self._scenario = scenario
        self._derived = dict.fromkeys(key for key in scenario.spec.calibration.derived if _is_given(scenario, key))

    def evaluate(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Return the outcome of each task, in order; the first failed one raises a SimulationError."""
        return self.run((self._scenario_of(task) for task in tasks), len(tasks))

    def evaluate_possible(self, tasks: Sequence[Task]) -> list[Outcome | None]:
        """Return the outcome of each task as ``evaluate`` does, None for one whose values make no scenario.

        Each scenario is made when it is next, while others run.
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
        return task.level.scenario(self._scenario, task.seed, {**self._derived, **task.values})


def _is_given(scenario: Scenario, key: str) -> bool:
    """Return whether a scenario has a value at a dotted key; one that extends another may have removed it."""
    try:
        return value_at(scenario.levers, key) is not None
    except KeyError:
        return False
