"""Sweeps whose outcomes are formulas: as ``sim.sweep`` keeps them, without a simulation."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import sim
from sim.experiments.design import Value
from sim.experiments.parameters import parameter_over
from sim.experiments.store import complete, write_frame
from sim.experiments.sweep import CATALOGUE, KIND, planned, prepared

Formula = Callable[[Sequence[float], int], Mapping[str, float | None]]
"""Takes the numbers of all levers in their units and the replicate; gives outcomes, None where there is no value."""


def made_up(
    folder: Path,
    scenario: sim.Scenario,
    vary: Mapping[str, Sequence[Value]],
    formula: Formula,
    *,
    kind: str = "box",
    samples: int | None = None,
    replicates: int = 1,
) -> Path:
    """Keep a sweep of formulas; a point of which the formula gives nothing has failed."""
    plan = planned(scenario, vary, kind, samples)
    path = prepared(scenario, plan, replicates, folder)
    rows = []
    for number, values in enumerate(plan.points()):
        read = [number_of(scenario, key, plan.axes[at].given, value) for at, (key, value) in enumerate(values.items())]
        for replicate in range(replicates):
            outcome = formula(read, replicate)
            rows.append(
                {
                    "point": number,
                    "replicate": replicate,
                    "seed": scenario.spec.seed + replicate,
                    **values,
                    "status": "done" if outcome else "failed",
                    "message": None if outcome else "made up",
                    **outcome,
                }
            )
    complete(path, KIND, [CATALOGUE], lambda: write_frame(path / CATALOGUE, pd.DataFrame(rows)))
    return path


def number_of(scenario: sim.Scenario, key: str, given: Sequence[Value], value: Value) -> float:
    parameter = parameter_over(scenario, key, given)
    return math.nan if parameter is None else parameter.read(value)


def luck(read: Sequence[float], replicate: int) -> float:
    """A number between -1 and 1 that is another for each setting and replicate."""
    return float(np.random.default_rng([replicate, *(round(1000 * one) for one in read)]).uniform(-1.0, 1.0))
