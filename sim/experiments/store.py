"""The folder of an experiment: its request, and its tables once they are complete. An interrupted one is resumed."""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.caches import program_digest
from sim.reading.run import Run
from sim.scenario.resolved import described
from sim.store import folder as store_folder

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

OUTCOMES = "outcomes"
"""The folder of the outcomes of finished runs, one file each, until the tables are complete."""

FILES, PROGRAM, WARNINGS = "files", "program", "warnings"
"""Keys of ``KIND.json`` once the tables are complete: the SHA-256 of each, the digest of the sources that made them,
and what runs of this size cannot show, in one line each."""


def claim(
    kind: str, scenario: "Scenario", request: Mapping[str, Any], folder: str | Path | None, named: Path | None = None
) -> Path:
    """Return the folder of an experiment: a new one, or the one to resume.

    It holds ``KIND.json``, the request, and ``scenario.yaml``, the scenario with its provinces unpooled: ``tocsin run
    scenario.yaml --set KEY=VALUE`` makes any of the experiment's runs. By default the folder is ``NAMED-HASH``, the
    same for the same experiment; ``named`` is by default ``results/KINDs/NAME``.

    Raises:
        FolderError: If the folder holds anything else.
    """
    spec = scenario.spec
    start = {"name": spec.name, "seed": spec.seed, "scale": spec.scale, "scenario_sha256": scenario.sha256}
    reacting = {"components": described(scenario.components)} if scenario.components else {}
    document = {**start, **reacting, "engine": spec.engine, **request}
    if named is None:
        named = Path("results") / (f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s") / scenario.name
    path = Path(folder or named.with_name(f"{named.name}-{store_folder.digest_of(document)[:8]}"))
    file = path / f"{kind}.json"
    if not os.path.lexists(file):
        store_folder.demand_free(path)
        path.mkdir(parents=True, exist_ok=True)
        store_folder.replace_json(file, document)
    elif (kept := _request(file)) != document:
        key = next(key for key in {**document, **kept} if kept.get(key) != document.get(key))
        other = "other" if kind.endswith("s") else "another"
        raise store_folder.FolderError(
            f"{path}: holds {other} {kind}, with another value of '{key}'; use a folder that is new or empty"
        )
    if not (path / store_folder.SCENARIO_YAML).exists():
        with store_folder.whole(path / store_folder.SCENARIO_YAML) as unfinished:
            unfinished.write_text(scenario.yaml_of_levers(), encoding="utf-8", newline="\n")
    return path


def _request(file: Path) -> dict[str, Any]:
    """Return the request for which the folder of an experiment was made."""
    return {key: part for key, part in store_folder.read_map(file).items() if key not in (FILES, PROGRAM, WARNINGS)}


def complete(
    folder: Path, kind: str, tables: Sequence[str], make: Callable[[], None], warnings: Sequence[str] = ()
) -> None:
    """Make the tables of an experiment, unless this version of the program has made them before.

    ``warnings`` are what a reader must know before they read the tables, in English. Raises FolderError where another
    process works in the folder, DamagedError where a table was changed.
    """
    file = folder / f"{kind}.json"
    about = store_folder.read_map(file)
    if about.get(PROGRAM) == program_digest():
        store_folder.demand_hashes(folder, about[FILES])
        return
    with store_folder.holding(folder):
        make()
        hashes = {name: store_folder.sha256(folder / name) for name in tables}
        store_folder.replace_json(
            file, {**_request(file), FILES: hashes, PROGRAM: program_digest(), WARNINGS: list(warnings)}
        )
        shutil.rmtree(folder / OUTCOMES, ignore_errors=True)


def nullable(frame: "pd.DataFrame", columns: Iterable[str]) -> "pd.DataFrame":
    """Give some columns of numbers a type that has missing values; return the table."""
    for column in columns:
        frame[column] = frame[column].astype("Float64")
    return frame


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as Parquet; it appears complete or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with store_folder.whole(path) as unfinished:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(), unfinished)


def read_frame(folder: Path, kind: str, name: str) -> "pd.DataFrame":
    """Read a table, with NA for missing values and ``attrs["warnings"]``; raises DamagedError if it was changed."""
    import pandas as pd

    about = store_folder.read_map(folder / f"{kind}.json")
    with store_folder.reading(folder):
        store_folder.demand_hashes(folder, {name: about[FILES][name]})
        frame = pd.read_parquet(folder / name, dtype_backend="numpy_nullable")
    frame.attrs |= {"folder": str(folder), WARNINGS: about.get(WARNINGS, [])}
    return frame


def finished_run(folder: Path, scenario: "Scenario") -> Run | None:
    """Return the finished run of exactly this scenario in a folder, None if empty; raises FolderError for others."""
    from sim.store.folder import versions

    if not (folder / store_folder.RUN_JSON).exists():
        return None
    run = Run(folder)
    other = run.manifest.get("components", []) != described(scenario.components)
    if other or (folder / store_folder.SCENARIO_YAML).read_text(encoding="utf-8") != scenario.yaml():
        raise store_folder.FolderError(f"{folder}: holds another run; use a folder that is new or empty")
    if run.manifest["versions"] != versions():
        raise store_folder.FolderError(
            f"{folder}: holds this run, made by another version of the program; use another folder"
        )
    run.scenario = scenario
    return run
