"""Sensitivity: how much each number with a range matters, when all of them move over their ranges together.

The folder of a sensitivity holds ``sensitivity.json`` (what was asked for), ``scenario.yaml`` (the scenario whose
numbers move) and, once all is done, ``indices.parquet``. Until then a journal holds what is finished.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.calibration.parameters import Parameter, all_ranged, ranged
from sim.experiments.design import PLACES, RESAMPLES, DesignError, Value, generator_of
from sim.experiments.indices import (
    BLOCKS,
    COLUMNS,
    FEWEST,
    METHODS,
    MORRIS,
    SAMPLES,
    SOBOL,
    Array,
    block,
    demand_salib,
    indices,
    places,
    whole_blocks,
)
from sim.experiments.simulations import FAILED, JOURNAL, Outcomes, SimulationError, Simulations, made
from sim.experiments.store import claim, publish, read_frame, unfinished_name
from sim.results.outcomes import Outcome, quantity_names
from sim.results.outcomes import quantities as all_quantities
from sim.scenario import Scenario, changed
from sim.scenario.errors import choices

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

INDICES = "indices.parquet"

QUANTITIES = ("victims", "loss_yuan")
"""What is looked at, where nothing else is asked for."""

ABOUT = b"tocsin"
"""Key of what the stored table says of itself, beside its columns."""

MOST = 1_000_000
"""Runs that a sensitivity may have."""

LISTED = 8
"""Names that an error lists; the nearest comes first."""


@dataclass(frozen=True)
class Screening:
    """Which parameters move over their ranges, and in how many blocks of places."""

    method: str
    parameters: tuple[Parameter, ...]
    samples: int
    seed: int

    def __len__(self) -> int:
        """Return the number of runs."""
        return self.samples * self.block

    @property
    def block(self) -> int:
        """Places in a block."""
        return block(self.method, len(self.parameters))

    def places(self) -> Array:
        """Give the place of each run, a column a parameter, from 0 to 1."""
        return places(self.method, len(self.parameters), self.samples, generator_of(self.seed, PLACES))

    def values(self, row: Sequence[float]) -> dict[str, Value]:
        """Give the values at a place by dotted key."""
        return {one.key: one.value(float(place)) for one, place in zip(self.parameters, row, strict=True)}


def sensitivity(
    scenario: Scenario,
    keys: Sequence[str] | None = None,
    method: str = MORRIS,
    samples: int | None = None,
    quantities: Sequence[str] = QUANTITIES,
    folder: Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> "pd.DataFrame":
    """Compute how much the parameters of a scenario matter to its quantities, by Morris' or Sobol's indices.

    All numbers that have a range move, or those that its ``calibration.parameters`` list, or, of all, those at
    ``keys``: dotted keys, or patterns such as ``warning.*``. Each moves evenly over its own range, in the logarithm
    where the ends are ten times apart. Morris takes ``samples`` x (D + 1) runs for D parameters, 10 trajectories if
    none are asked for; Sobol ``samples`` x (D + 2), a power of two, 256. All runs have the scenario's seed and so meet
    the same attempts and people: outputs are a function of the parameters alone, and no index holds chance. They are
    made by ``executor``, or by ``workers`` processes of this machine.

    Gives one row a quantity (totals, scaled up to the country, and figures, ``NAME@START..END``) and parameter, in the
    order of ``quantities`` and of the scenario, with the number of ``samples`` that it rests on, and

    - Morris: ``mu_star``, the mean size of the change of the quantity across the whole range of the parameter, in the
      quantity's unit, with its 95 % interval (``mu_star_low``, ``mu_star_high``); ``mu``, the mean change with its
      sign; ``sigma``, its standard deviation over places: large where the effect bends, or hangs on other parameters.
      The change is that of a step of two thirds of the range, times 3/2; a parameter of few whole numbers takes steps
      that are rounded to them.
    - Sobol: ``total``, the share of the quantity's variance that would go if the parameter did not move, and ``first``,
      the share that it brings alone, each with its 95 % interval (``_low``, ``_high``). Both are estimates: a small
      share can come out below 0, the sum of first ones above 1.

    Where a run failed, or its values make no scenario, its whole trajectory (or its D + 2 runs) is dropped:
    ``attrs["dropped"]`` counts those, ``attrs["message"]`` says why the first run failed, ``attrs["runs"]`` counts all.

    Indices of all quantities are kept in ``folder``, ``results/sensitivities/NAME-HASH``; a sensitivity that was
    interrupted goes on, one that is done is read. Neither workers nor interruptions change its bytes.

    Raises DesignError, FolderError where the folder holds something else, SimulationError where workers are gone or
    less than two trajectories (or base samples) are without a failed run.
    """
    chosen = planned(scenario, keys, method, samples, quantities)
    place = prepared(scenario, chosen, folder)
    if not (place / INDICES).exists():
        rows = chosen.places()
        with Simulations(place, all_quantities, workers, executor, progress) as simulations:
            outcomes = simulations.each(_scenarios(scenario, chosen, rows), len(chosen))
            _write(place / INDICES, chosen, quantity_names(scenario), rows, outcomes)
        (place / JOURNAL).unlink()
    return _read(place / INDICES, quantities)


def planned(
    scenario: Scenario, keys: Sequence[str] | None, method: str, samples: int | None, quantities: Sequence[str]
) -> Screening:
    """Give what is to be simulated; raises DesignError for what cannot be."""
    demand_salib()
    if method not in METHODS:
        raise DesignError(f"method {method} is none of them; {', '.join(METHODS)}")
    samples = SAMPLES[method] if samples is None else samples
    if samples < FEWEST:
        raise DesignError(f"{samples} samples have no spread; at least {FEWEST} {BLOCKS[method]}")
    if method == SOBOL and samples & (samples - 1):
        raise DesignError(f"{samples} points of a Sobol sequence are out of balance; a power of two")
    parameters = _chosen(scenario, keys)
    names = quantity_names(scenario)
    if not quantities:
        raise DesignError("nothing is looked at; quantities such as victims")
    for quantity in quantities:
        if quantity not in names:
            raise DesignError(f"{quantity} is no quantity of {scenario.name}; {choices(quantity, names, LISTED)}")
    found = Screening(method, parameters, samples, scenario.spec.seed)
    if len(found) > MOST:
        raise DesignError(f"{len(found):,} runs are too many; at most {MOST:,}, fewer samples or parameters")
    return found


def prepared(scenario: Scenario, chosen: Screening, folder: Path | None) -> Path:
    """Make the folder of a sensitivity, or find the one where it goes on; raises FolderError."""
    asked = {
        "method": chosen.method,
        "samples": chosen.samples,
        "runs": len(chosen),
        "vary": {one.key: list(one.ends) for one in chosen.parameters},
    }
    return claim("sensitivity", scenario, asked, folder)


def _chosen(scenario: Scenario, keys: Sequence[str] | None) -> tuple[Parameter, ...]:
    """Give the parameters that move, in the order of the scenario."""
    if keys is None:
        found = ranged(scenario)
        if not found:
            raise DesignError("no number has a range; parameters with one, {value, origin, range, basis}")
        return tuple(found)
    found = all_ranged(scenario)
    allowed = [one.key for one in found]
    sections = list(dict.fromkeys(f"{key.partition('.')[0]}.*" for key in allowed))
    for pattern in keys:
        if not any(fnmatchcase(key, pattern) for key in allowed):
            near = choices(pattern, [*sections, *allowed], len(sections))
            raise DesignError(f"{pattern} fits no number that has a range; {near}")
    chosen = tuple(one for one in found if any(fnmatchcase(one.key, pattern) for pattern in keys))
    if not chosen:
        raise DesignError("nothing is varied; keys of numbers with a range, or patterns such as warning.*")
    return chosen


def _scenarios(scenario: Scenario, chosen: Screening, rows: Array) -> Iterator[Scenario | Outcome]:
    for row in rows:
        yield made(lambda row=row: changed(scenario, chosen.values(row)))  # type: ignore[misc]


def _write(path: Path, chosen: Screening, names: Sequence[str], rows: Array, outcomes: Outcomes) -> None:
    """Compute the indices of each of the quantities, and write them; raises SimulationError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    failures = [outcome.get(FAILED) for outcome in outcomes]
    failed = np.array([one is not None for one in failures])
    dropped = int(failed.reshape(-1, chosen.block).any(axis=1).sum())
    message = next((one for one in failures if one is not None), None)
    if chosen.samples - dropped < FEWEST:
        many = f"{dropped} of {chosen.samples} {BLOCKS[chosen.method]} have a run that failed"
        raise SimulationError(f"{many}, and indices take {FEWEST}; the first: {message}")
    about = {
        "method": chosen.method,
        "samples": chosen.samples,
        "runs": len(chosen),
        "dropped": dropped,
        "message": message,
    }
    outputs = np.full((len(chosen), len(names)), np.nan)
    for number, outcome in enumerate(outcomes):
        if FAILED not in outcome:
            outputs[number] = [outcome.get(name, np.nan) for name in names]
    schema = _schema(chosen.method).with_metadata({ABOUT: json.dumps(about)})
    found = [row for name, column in zip(names, outputs.T, strict=True) for row in _rows(name, chosen, rows, column)]
    unfinished = unfinished_name(path)
    pq.write_table(pa.Table.from_pylist(found, schema=schema), unfinished, compression="zstd")
    publish(unfinished, path)


def _rows(quantity: str, chosen: Screening, rows: Array, outputs: Array) -> Iterator[dict[str, Any]]:
    """Give the rows of one quantity; without indices where it has no value in too many runs."""
    kept, there = whole_blocks(chosen.method, rows, outputs)
    samples = len(kept) // chosen.block
    found: dict[str, Array] = {}
    if samples >= FEWEST:
        # The same resamples for each quantity: what is said of one does not depend on which others there are.
        found = indices(chosen.method, kept, there, generator_of(chosen.seed, RESAMPLES))
    for number, parameter in enumerate(chosen.parameters):
        yield {
            "quantity": quantity,
            "parameter": parameter.key,
            "samples": samples,
            **{name: float(index[number]) for name, index in found.items()},
        }


def _schema(method: str) -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            ("quantity", pa.string()),
            ("parameter", pa.string()),
            ("samples", pa.int64()),
            *((name, pa.float64()) for name in COLUMNS[method]),
        ]
    )


def _read(path: Path, quantities: Sequence[str]) -> "pd.DataFrame":
    """Read the indices of some quantities, in the order in which they are asked for."""
    import pandas as pd
    import pyarrow.parquet as pq

    stored = read_frame(path)
    frame = pd.concat([stored[stored["quantity"] == name] for name in dict.fromkeys(quantities)], ignore_index=True)
    frame.attrs.update(json.loads(pq.read_schema(path).metadata[ABOUT]))
    return frame
