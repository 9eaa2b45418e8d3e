"""Start a new scenario: its file, and the JSON Schema that editors read, in a folder."""

import re
from pathlib import Path

from sim.base.failures import UsageError
from sim.scenario import json_schema, load_scenario
from sim.scenario.bundled import bundled_names, is_path
from sim.scenario.csv_files import inside
from sim.scenario.errors import found
from sim.scenario.schema.base import NAME
from sim.scenario.starter import starter_text
from sim.store.folder import to_json, whole

SCHEMA_FILE = "tocsin.schema.json"
"""The JSON Schema next to the scenarios of a folder."""

ENDING = ".yaml"


def begin(name: str, base: str, folder: Path) -> list[Path]:
    """Write a scenario with its levers commented out, and the schema next to it unless it exists already.

    Args:
        name: The name of the scenario, and of its file.
        base: The scenario that it extends: a bundled name, or the path of a file in the folder or below it.
        folder: The folder.

    Returns:
        The written files.

    Raises:
        UsageError: If the name is not allowed, the file exists, or the base is not a file below the folder.
    """
    path, schema = folder / f"{name}{ENDING}", folder / SCHEMA_FILE
    if name.endswith(ENDING) or not re.fullmatch(NAME, name):
        what = "letters, digits, '.', '_' and '-', at most 80, the first a letter or digit, and no ending .yaml"
        raise UsageError(f"tocsin new: {found(name)} cannot be the name of a scenario; use {what}")
    if name in bundled_names():
        raise UsageError(f"tocsin new: {found(name)} is a bundled scenario; use another name, with --from {name}")
    if path.exists() or path.is_symlink():
        raise UsageError(f"tocsin new: {path} exists; use another name, or remove the file first")
    if is_path(base) and isinstance(inside(folder, base), str):
        raise UsageError(
            f"tocsin new: --from {base}: lies outside this folder; use a bundled name or a file below this folder"
        )
    if base not in bundled_names() and not is_path(base) and (folder / base).is_file():
        raise UsageError(f"tocsin new: --from {base}: must end in .yaml or .yml")
    text = starter_text(name, base, load_scenario(str(folder / base) if is_path(base) else base), SCHEMA_FILE)
    stated = to_json(json_schema())
    written = []
    if not schema.exists() or schema.read_bytes() != stated.encode():
        with whole(schema) as unfinished:
            unfinished.write_text(stated, encoding="utf-8")
        written.append(schema)
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return [path, *written]
