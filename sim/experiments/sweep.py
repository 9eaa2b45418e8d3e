"""A sweep: every point of a design is simulated, and one table keeps what came out, one row a run.

The folder of a sweep holds ``sweep.json`` (what was asked for), ``scenario.yaml`` (the scenario that is varied) and,
once all is done, ``catalogue.parquet``. Until then a journal holds what is finished: the same call goes on from there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.calibration.parameters import out_of_range
from sim.experiments.design import GRID, Design, DesignError, Value, design
from sim.experiments.simulations import FAILED, JOURNAL, Outcomes, Simulations, made
from sim.experiments.store import claim, publish, read_frame, unfinished_name
from sim.results.outcomes import Outcome, quantities
from sim.scenario import Scenario, changed
from sim.scenario.load import plain, value_at

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CATALOGUE = "catalogue.parquet"

POINT, REPLICATE, SEED, STATUS, MESSAGE = "point", "replicate", "seed", "status", "message"
DONE = "done"

ROWS = 1024
"""Rows of the catalogue that are in memory at a time."""


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Sequence[Value]] | None = None,
    kind: str | None = None,
    samples: int | None = None,
    replicates: int = 1,
    folder: Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> "pd.DataFrame":
    """Simulate a scenario at every point of a design, once for each of ``replicates`` seeds counting up.

    ``vary`` gives values by dotted key, ``kind`` and ``samples`` how they are combined (see ``design``); without
    ``vary`` the scenario's ``sweep`` says both. All points meet the same seeds, so their runs can be compared pair by
    pair. The runs are made by ``executor``, or by ``workers`` processes of this machine.

    Gives the catalogue, one row a run in the order of the design: ``point``, ``replicate``, ``seed``, a column for each
    varied key, ``status`` (``done`` or ``failed``), ``message``, and totals (scaled up to the country) and figures
    (``NAME@START..END``), missing where the run failed. It is kept in ``folder``, ``results/sweeps/NAME-HASH``; a
    sweep that was interrupted goes on, one that is done is read. Neither workers nor interruptions change its bytes.

    Raises DesignError, FolderError where the folder holds something else, SimulationError where workers are gone.
    """
    chosen = planned(scenario, vary, kind, samples)
    place = prepared(scenario, chosen, replicates, folder)
    if not (place / CATALOGUE).exists():
        with Simulations(place, quantities, workers, executor, progress) as simulations:
            outcomes = simulations.each(_scenarios(scenario, chosen, replicates), len(chosen) * replicates)
            _write(place / CATALOGUE, scenario, chosen, replicates, outcomes)
        (place / JOURNAL).unlink()
    return read_frame(place / CATALOGUE)


def planned(
    scenario: Scenario, vary: Mapping[str, Sequence[Value]] | None, kind: str | None, samples: int | None
) -> Design:
    """Give the design that was asked for, its values as the scenario has them; raises DesignError."""
    own = scenario.spec.sweep
    asked: Mapping[str, Sequence[Value]] = own.vary if vary is None else vary
    for key in asked:
        if key.partition(".")[0] in ("seed", "sweep", "calibration", "record", "name", "title"):
            raise DesignError(f"{key} is not varied; parameters, and --replicates for seeds")
    checked = {key: [_checked(scenario, key, value) for value in values] for key, values in asked.items()}
    if vary is None:
        kind, samples = kind or own.design, own.samples if samples is None else samples
    return design(scenario, checked, kind or GRID, samples)


def prepared(scenario: Scenario, chosen: Design, replicates: int, folder: Path | None) -> Path:
    """Make the folder of a sweep, or find the one where it goes on; raises FolderError."""
    asked = {
        "design": chosen.kind,
        "points": len(chosen),
        "replicates": replicates,
        "vary": {axis.key: list(axis.given) for axis in chosen.axes},
    }
    return claim("sweep", scenario, asked, folder)


def _checked(scenario: Scenario, key: str, value: Value) -> Value:
    """Give a value as the resolved scenario has it; raises DesignError where the scenario cannot have it."""
    try:
        there = changed(scenario, {key: value})
        found: Value = plain(value_at(there.resolved, key))
        outside = out_of_range(there, key)
    except KeyError as error:
        raise DesignError(error.args[0]) from None
    except ValueError as error:
        raise DesignError(f"{key}={value}: {_why(error)}") from None
    if outside is not None:
        raise DesignError(f"{key}={value}: is outside its range; a value in [{outside[0]}, {outside[1]}]")
    if isinstance(found, dict | list):
        raise DesignError(f"{key} is no single value; the key of a number, a switch or a word")
    return found


def _why(error: ValueError) -> str:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    what = context.get("what", context.get("found", first["msg"]))
    return f"{what}; {context.get('allowed', 'what the scenario allows there')}"


def _scenarios(scenario: Scenario, chosen: Design, replicates: int) -> Iterator[Scenario | Outcome]:
    for values in chosen.points():
        for replicate in range(replicates):
            given = {**values, SEED: scenario.spec.seed + replicate}
            yield made(lambda given=given: changed(scenario, given))  # type: ignore[misc]


def _write(path: Path, scenario: Scenario, chosen: Design, replicates: int, outcomes: Outcomes) -> None:
    """Write the catalogue, some rows at a time; it appears whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(chosen, outcomes)
    unfinished = unfinished_name(path)
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for rows in _batches(_rows(scenario, chosen, replicates, outcomes)):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    publish(unfinished, path)


def _rows(scenario: Scenario, chosen: Design, replicates: int, outcomes: Iterable[Outcome]) -> Iterator[dict[str, Any]]:
    kinds = {axis.key: axis.kind for axis in chosen.axes}
    found = iter(outcomes)
    for number, values in enumerate(chosen.points()):
        for replicate in range(replicates):
            outcome = next(found)
            failed = FAILED in outcome
            yield {
                POINT: number,
                REPLICATE: replicate,
                SEED: scenario.spec.seed + replicate,
                **{key: kinds[key](value) for key, value in values.items()},
                STATUS: FAILED if failed else DONE,
                MESSAGE: outcome[FAILED] if failed else None,
                **({} if failed else outcome),
            }


def _schema(chosen: Design, outcomes: Iterable[Outcome]) -> "pa.Schema":
    """Give the columns: every quantity of any run, a whole number where it is one in all of them."""
    import pyarrow as pa

    kinds: dict[type, pa.DataType] = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    counted: dict[str, pa.DataType] = {}
    for outcome in outcomes:
        if FAILED in outcome:
            continue
        for name, amount in outcome.items():
            whole = isinstance(amount, int) and counted.get(name) != pa.float64()
            counted[name] = pa.int64() if whole else pa.float64()
    return pa.schema(
        [
            *((name, pa.int64()) for name in (POINT, REPLICATE, SEED)),
            *((axis.key, kinds[axis.kind]) for axis in chosen.axes),
            (STATUS, pa.string()),
            (MESSAGE, pa.string()),
            *counted.items(),
        ]
    )


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    from itertools import islice

    while batch := list(islice(rows, ROWS)):
        yield batch
