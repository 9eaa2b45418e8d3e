"""The folder of an experiment: its request, and its tables once they are complete. An interrupted one is resumed."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.caches import program_digest
from sim.reading.run import Run
from sim.scenario.given import described
from sim.store.folder import SCENARIO_YAML, demand_free, holding, replace_json, whole
from sim.store.json_files import (
    DamagedError,
    FolderError,
    demand_hashes,
    digest_of,
    read_map,
    reading,
    sha256,
)
from sim.store.run_json import RUN_JSON, UNFINISHED

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

JOURNAL = "journal.jsonl"
"""The finished runs, one line each, until the tables are complete."""

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
        FolderError: If the folder holds anything else; a DamagedError where its ``scenario.yaml`` differs.
    """
    spec = scenario.spec
    start = {"name": spec.name, "seed": spec.seed, "scale": spec.scale, "scenario_sha256": scenario.sha256}
    reacting = {"components": described(scenario.components)} if scenario.components else {}
    document = {**start, **reacting, "engine": spec.engine, **request}
    if named is None:
        named = Path("results") / (f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s") / scenario.name
    path = Path(folder or named.with_name(f"{named.name}-{digest_of(document)[:8]}"))
    file = path / f"{kind}.json"
    if not os.path.lexists(file):
        _demand_claimable(path, file)
        path.mkdir(parents=True, exist_ok=True)
        with holding(path):
            with whole(path / SCENARIO_YAML) as unfinished:
                unfinished.write_text(scenario.yaml_of_levers(), encoding="utf-8", newline="\n")
            replace_json(file, document)
    elif (kept := _request(file)) != document:
        key = next(key for key in {**document, **kept} if kept.get(key) != document.get(key))
        other = "other" if kind.endswith("s") else "another"
        raise FolderError(
            f"{path}: holds {other} {kind}, with another value of '{key}'; use a folder that is new or empty"
        )
    elif not _is_text_of(scenario, path / SCENARIO_YAML):
        claimed(path, kind)
    return path


def claimed(folder: Path, kind: str) -> "Scenario":
    """Return the scenario of an experiment's folder; raises DamagedError if it was changed."""
    from sim.scenario import ScenarioError, load_scenario

    path = folder / SCENARIO_YAML
    try:
        scenario = load_scenario(str(path))
    except ScenarioError as error:
        raise DamagedError(f"{path}: was not written by this program: {error.lines[0]}") from None
    if scenario.sha256 != read_map(folder / f"{kind}.json").get("scenario_sha256"):
        raise DamagedError(
            f"{path}: is not the scenario of this {kind}, whose scenario_sha256 differs; use another folder"
        )
    return scenario


def _is_text_of(scenario: "Scenario", path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8") == scenario.yaml_of_levers()
    except (OSError, UnicodeDecodeError):
        return False


def _demand_claimable(path: Path, file: Path) -> None:
    """Raise FolderError unless a folder is free, or holds only the start of an interrupted claim."""
    if path.is_dir() and not path.is_symlink():
        names = [one.name for one in path.iterdir()]
        partial = (UNFINISHED.fullmatch(name) for name in names)
        started = {
            SCENARIO_YAML,
            *(one[0] for one in partial if one and one["name"] in (SCENARIO_YAML, file.name)),
        }
        if names and set(names) <= started:
            return
    demand_free(path)


def _request(file: Path) -> dict[str, Any]:
    """Return the request for which the folder of an experiment was made."""
    return {key: part for key, part in read_map(file).items() if key not in (FILES, PROGRAM, WARNINGS)}


def complete(
    folder: Path, kind: str, tables: Sequence[str], make: Callable[[], None], warnings: Sequence[str] = ()
) -> None:
    """Make the tables of an experiment, unless this version of the program has made them before.

    ``warnings`` are what a reader must know before they read the tables, in English. Raises FolderError where another
    process works in the folder, DamagedError where a table was changed.
    """
    if _is_complete(folder, kind, tables):
        return
    with holding(folder):
        if _is_complete(folder, kind, tables):
            return
        make()
        file = folder / f"{kind}.json"
        hashes = {name: sha256(folder / name) for name in tables}
        replace_json(file, {**_request(file), FILES: hashes, PROGRAM: program_digest(), WARNINGS: list(warnings)})
        (folder / JOURNAL).unlink(missing_ok=True)


def _is_complete(folder: Path, kind: str, tables: Sequence[str]) -> bool:
    file = folder / f"{kind}.json"
    document = read_map(file)
    if document.get(PROGRAM) != program_digest():
        return False
    files = document.get(FILES)
    if not isinstance(files, dict) or set(files) != set(tables):
        raise DamagedError(f"{file}: was not written by this program: {FILES} are not {', '.join(tables)}")
    demand_hashes(folder, files)
    return True


def nullable(frame: "pd.DataFrame", columns: Iterable[str]) -> "pd.DataFrame":
    """Give some columns of numbers a type that has missing values; return the table."""
    for column in columns:
        frame[column] = frame[column].astype("Float64")
    return frame


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as Parquet; it appears complete or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with whole(path) as unfinished:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(), unfinished)


def read_frame(folder: Path, kind: str, name: str) -> "pd.DataFrame":
    """Read a table, with NA for missing values and ``attrs["warnings"]``; raises DamagedError if it was changed."""
    import pandas as pd

    about = read_map(folder / f"{kind}.json")
    with reading(folder):
        demand_hashes(folder, {name: about[FILES][name]})
        frame = pd.read_parquet(folder / name, dtype_backend="numpy_nullable")
    frame.attrs[WARNINGS] = about.get(WARNINGS, [])
    return frame


def finished_run(folder: Path, scenario: "Scenario") -> Run | None:
    """Return the finished run of exactly this scenario in a folder, None if empty; raises FolderError for others."""
    from sim.store.provenance import versions

    if not (folder / RUN_JSON).exists():
        return None
    run = Run(folder)
    other = run.manifest.get("components", []) != described(scenario.components)
    if other or (folder / SCENARIO_YAML).read_text(encoding="utf-8") != scenario.yaml():
        raise FolderError(f"{folder}: holds another run; use a folder that is new or empty")
    if run.manifest["versions"] != versions():
        raise FolderError(f"{folder}: holds this run, made by another version of the program; use another folder")
    run.scenario = scenario
    return run
