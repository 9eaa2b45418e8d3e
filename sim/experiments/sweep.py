"""A sweep: simulate every point of a design, and keep the results in one table, the catalogue, one row for each run.

The folder of a sweep holds ``sweep.json`` (the request), ``scenario.yaml`` (the scenario that is varied) and, once
complete, ``catalogue.parquet``, whose hash is then in ``sweep.json``. Until then ``outcomes`` holds the finished runs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from sim.experiments import simulations as experiments_simulations
from sim.experiments.parameters import GRID, Design, DesignError, Value, design, idle, out_of_range
from sim.experiments.store import claim, read_frame
from sim.language import ENGLISH, speaking
from sim.midnight.component import Component, with_components
from sim.reading.run import Outcome, quantities_and_waits
from sim.scenario import Scenario, ScenarioError, changed
from sim.scenario.errors import found
from sim.scenario.load import value_at
from sim.scenario.provinces import coded_key
from sim.scenario.resolved import plain
from sim.store.folder import whole
from sim.warning.size import of_varied

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

KIND = "sweep"
VARY = 'must be lists of values by dotted key: {"desks.visit.staff": [9600, 12800]}'
CATALOGUE = "catalogue.parquet"

POINT, REPLICATE, SEED, STATUS, MESSAGE = "point", "replicate", "seed", "status", "message"
DONE = "done"

ROWS = 1024
"""Rows of the catalogue that are in memory at once."""


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Sequence[Value]] | None = None,
    kind: str | None = None,
    samples: int | None = None,
    replicates: int = 1,
    folder: str | Path | None = None,
    components: Sequence[Component] = (),
    **computing: Unpack[experiments_simulations.Computing],
) -> "pd.DataFrame":
    """Simulate a scenario at every point of a design, once for each seed.

    All points have the same seeds, so their runs can be compared pair by pair. An interrupted sweep is resumed, a
    finished one is read; neither workers nor interruptions change its bytes. An impossible design raises a DesignError;
    a folder that holds something else, a FolderError; lost workers, a SimulationError.

    Args:
        scenario: The scenario that is varied.
        vary: Values by dotted key; by default the scenario's ``sweep`` gives them, the kind and the samples.
        kind: How values are combined, ``grid`` (the default), ``sobol`` or ``lhs``, see ``design``.
        samples: The number of points of a design other than a grid.
        replicates: Runs of each point, with seeds counting up from the scenario's.
        folder: Where it is kept, by default ``results/sweeps/NAME-HASH``.
        components: Components of every run, as ``sim.run`` takes them; each run begins with its own copy.
        **computing: ``workers``, ``executor`` and ``progress``, see ``Computing``.

    Returns:
        The catalogue, one row for each run in the order of the design, with ``point``, ``replicate``, ``seed``, a
        column for each varied key, ``status`` (``done`` or ``failed``), ``message``, totals (scaled up to the country),
        figures (``NAME@START..END``) and outcomes of the alerts of each tier (``expired_TIER``,
        ``first_contact_TIER``), missing where the run failed or nothing was counted. ``attrs["warnings"]`` says what
        runs of this size cannot show.
    """
    experiments_simulations.demand_keywords("sweep", computing, experiments_simulations.Computing.__optional_keys__)
    scenario = with_components(scenario, components)
    plan = planned(scenario, vary, kind, samples)
    request = {
        "design": plan.kind,
        "points": len(plan),
        "replicates": replicates,
        "vary": {axis.key: list(axis.given) for axis in plan.axes},
    }

    path = claim(KIND, scenario, request, folder)

    def make(simulations: experiments_simulations.Simulations) -> None:
        outcomes = simulations.each(_scenarios(scenario, plan, replicates), len(plan) * replicates)
        _write(path / CATALOGUE, scenario, plan, replicates, outcomes)

    with speaking(ENGLISH):  # as it is stored
        warnings = of_varied(scenario, {axis.key: axis.given for axis in plan.axes})
    experiments_simulations.make_tables(path, KIND, quantities_and_waits, [CATALOGUE], make, warnings, computing)
    return read_frame(path, KIND, CATALOGUE)


def planned(
    scenario: Scenario, vary: Mapping[str, Sequence[Value]] | None, kind: str | None, samples: int | None
) -> Design:
    """Return the design of these arguments of ``sweep``, with values in the scenario's units.

    Raises:
        DesignError: If it cannot be made, or if rounding makes all values of a parameter equal.
    """
    own = scenario.spec.sweep
    values_by_key: dict[str, Sequence[Value]] = {}
    if vary is not None and not isinstance(vary, Mapping):
        raise DesignError(f"vary: {found(vary)} is not a map; {VARY}")
    for typed, values in (own.vary if vary is None else vary).items():
        key = coded_key(typed, scenario.spec.population.names)
        if key in values_by_key:
            raise DesignError(f"{typed} is varied twice; give each parameter once")
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise DesignError(f"vary: {typed}: {found(values)} is not a list of values; {VARY}")
        values_by_key[key] = values
    for key in values_by_key:
        if key.partition(".")[0] in ("seed", "sweep", "calibration", "record", "name", "title"):
            raise DesignError(f"{key} cannot be varied; vary parameters, and use --replicates for seeds")
    checked = {key: [_checked(scenario, key, value) for value in values] for key, values in values_by_key.items()}
    if vary is None:
        kind, samples = kind or own.design, own.samples if samples is None else samples
    made = design(scenario, checked, kind or GRID, samples)
    for told in idle(scenario, {axis.key: axis.given for axis in made.axes}).values():
        raise DesignError(told)
    return made


def _checked(scenario: Scenario, key: str, value: Value) -> Value:
    """Return a value as the resolved scenario has it; raises DesignError if the scenario cannot have it."""
    try:
        moved = changed(scenario, {key: value})
    except ScenarioError as error:
        first = error.mistakes[0]
        raise DesignError(f"{first.key}: {first.message}; {first.allowed}") from None
    try:
        resolved: Value = plain(value_at(moved.levers, key))
    except KeyError:
        raise DesignError(f"{key}={value}: removes the key; give a number, a switch or a word") from None
    outside = out_of_range(scenario, key, resolved)
    if outside is not None:
        raise DesignError(f"{key}={value}: lies outside its range; use a value in [{outside[0]}, {outside[1]}]")
    if isinstance(resolved, dict | list):
        raise DesignError(f"{key} is not a single value; give the key of a number, a switch or a word")
    return resolved


def _scenarios(scenario: Scenario, plan: Design, replicates: int) -> Iterator[Scenario | Outcome]:
    for values in plan.points():
        for replicate in range(replicates):
            given = {**values, SEED: scenario.spec.seed + replicate}
            yield experiments_simulations.scenario_or_failure(lambda given=given: changed(scenario, given))  # type: ignore[misc]


def _write(
    path: Path, scenario: Scenario, plan: Design, replicates: int, outcomes: experiments_simulations.Outcomes
) -> None:
    """Write the catalogue in batches of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(plan, outcomes)
    with whole(path) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for rows in _batches(_rows(scenario, plan, replicates, outcomes)):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _rows(scenario: Scenario, plan: Design, replicates: int, outcomes: Iterable[Outcome]) -> Iterator[dict[str, Any]]:
    types = {axis.key: axis.kind for axis in plan.axes}
    remaining = iter(outcomes)
    for number, values in enumerate(plan.points()):
        for replicate in range(replicates):
            outcome = next(remaining)
            failed = experiments_simulations.FAILED in outcome
            yield {
                POINT: number,
                REPLICATE: replicate,
                SEED: scenario.spec.seed + replicate,
                **{key: types[key](value) for key, value in values.items()},
                STATUS: experiments_simulations.FAILED if failed else DONE,
                MESSAGE: outcome[experiments_simulations.FAILED] if failed else None,
                **({} if failed else outcome),
            }


def _schema(plan: Design, outcomes: Iterable[Outcome]) -> "pa.Schema":
    """Return the columns: every quantity of any run, an integer where it is one in all runs."""
    import pyarrow as pa

    types: dict[type, pa.DataType] = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    counted: dict[str, pa.DataType] = {}
    for outcome in outcomes:
        if experiments_simulations.FAILED in outcome:
            continue
        for name, amount in outcome.items():
            integer = isinstance(amount, int) and counted.get(name) != pa.float64()
            counted[name] = pa.int64() if integer else pa.float64()
    return pa.schema(
        [
            *((name, pa.int64()) for name in (POINT, REPLICATE, SEED)),
            *((axis.key, types[axis.kind]) for axis in plan.axes),
            (STATUS, pa.string()),
            (MESSAGE, pa.string()),
            *counted.items(),
        ]
    )


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, ROWS)):
        yield batch
