"""Read and check ``run.json``, the manifest of a run, and the seal that reveals changes."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.store.json_files import DamagedError, FolderError, digest_of, is_sha256, read_json

RUN_JSON = "run.json"
UNFINISHED = re.compile(r"\.(?P<name>.+)\.unfinished-(?P<process>\d+)(-\d+)?", re.DOTALL)
"""The name of the folder of an unfinished run."""

SEAL = "sha256"
"""Key of ``run.json``: the SHA-256 of everything else in it."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_texts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and _is_text(row.get("name")) for row in value)


def _are_findings(value: object) -> bool:
    """Return whether a value is a list of findings; runs of older versions have none."""
    return value is None or (isinstance(value, list) and all(map(_is_finding, value)))


def _are_intervals(value: object) -> bool:
    """Return whether a value is a map of intervals; runs of older versions have none."""
    return value is None or (isinstance(value, dict) and all(map(_is_interval, value.values())))


def _is_interval(value: object) -> bool:
    match value:
        case [low, high]:
            return _is_number(low) and _is_number(high)
    return False


def _is_finding(row: object) -> bool:
    return isinstance(row, dict) and all(_is_text(row.get(key)) for key in ("kind", "subject", "sentence"))


def _are_numbers(value: object) -> bool:
    """Return whether a value is a map of numbers, or of maps of numbers."""
    return isinstance(value, dict) and all(
        part is None
        or _is_number(part)
        or (isinstance(part, dict) and all(one is None or _is_number(one) for one in part.values()))
        for part in value.values()
    )


def _are_derived(value: object) -> bool:
    """Return whether a value is a map of numbers; most runs have none."""
    return value is None or (isinstance(value, dict) and all(map(_is_number, value.values())))


def _are_components(value: object) -> bool:
    """Return whether a value is a list of components; most runs have none."""
    return value is None or (isinstance(value, list) and all(map(_is_component, value)))


def _is_component(row: object) -> bool:
    if not (isinstance(row, dict) and isinstance(row.get("settings"), dict)):
        return False
    return all(_is_text(row.get(key)) for key in ("class", "module", "sha256"))


def _are_rates(value: object) -> bool:
    """Return whether a value is a list of maps of numbers; runs without a range of the reporting rate have none."""
    return value is None or (isinstance(value, list) and all(map(_are_numbers, value)))


MANIFEST: dict[str, Callable[[object], bool]] = {
    "name": _is_text,
    "engine": lambda value: value in ("reference", "vector"),
    "seed": lambda value: isinstance(value, int),
    "scale": _is_number,
    "versions": _are_texts,
    "machine": lambda value: isinstance(value, dict),
    "command": _is_text,
    "scenario_sha256": is_sha256,
    "policy_of": lambda value: value is None or _is_text(value),
    "files": lambda value: isinstance(value, dict) and all(map(is_sha256, value.values())),
    "figures": _are_rows,
    "evidence": _are_rows,
    "findings": _are_findings,
    "totals": _are_numbers,
    "chance": _are_intervals,
    "at_reporting_rates": _are_rates,
    "components": _are_components,
    "derived": _are_derived,
    "warnings": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "performance": lambda value: isinstance(value, dict) and _is_number(value.get("wall_s")),
    SEAL: is_sha256,
}
"""Keys of ``run.json`` in addition to its status, and the check of each value."""


def sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest with the SHA-256 of its content, so that later changes are noticed."""
    return {**manifest, SEAL: digest_of({key: part for key, part in manifest.items() if key != SEAL})}


def is_sealed(manifest: dict[str, Any]) -> bool:
    """Return whether a manifest is unchanged since it was written."""
    return bool(manifest.get(SEAL) == sealed(manifest)[SEAL])


def read_manifest(folder: Path, changed: bool = False) -> dict[str, Any]:
    """Return ``run.json`` of a finished run, with values of the right types; ``changed`` accepts later changes.

    Raises:
        FolderError: If it is not a finished run.
        DamagedError: If a run did not write it, or if it was changed.
    """
    if UNFINISHED.fullmatch(folder.resolve().name):
        raise FolderError(f"{folder}: the run is unfinished: it was killed or is still running")
    path = folder / RUN_JSON
    if not os.path.lexists(path):
        inside = next((f", for example {path.parent}" for path in sorted(folder.glob(f"*/{RUN_JSON}"))), "")
        raise FolderError(f"{folder}: is not a run; use a folder with {RUN_JSON}{inside}")
    document = read_json(path)
    if not isinstance(document, dict) or document.get("status") != "finished":
        raise FolderError(f"{path}: does not say that the run finished")
    wrong = next((key for key, is_right in MANIFEST.items() if not is_right(document.get(key))), None)
    if wrong is not None:
        raise DamagedError(f"{path}: was not written by a run: {wrong} is missing or has the wrong type")
    if "loss_yuan" in document["totals"]:
        version = document["versions"].get("tocsin", "unknown")
        raise FolderError(f"{folder}: is a run of version {version}, which named money differently; run it again")
    if not changed and not is_sealed(document):
        raise DamagedError(f"{path}: was changed after it was written: its SHA-256 differs")
    return document


def is_run(folder: Path) -> bool:
    """Return whether a folder is that of a finished run."""
    if not (folder / RUN_JSON).is_file():
        return False
    try:
        read_manifest(folder)
    except FolderError:
        return False
    return True
