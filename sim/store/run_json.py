"""Read and check ``run.json``, the manifest of a run, and the seal that reveals changes."""

import os
import re
from pathlib import Path
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from sim.store.json_files import DamagedError, FolderError, digest_of, read_json, typed

RUN_JSON = "run.json"
UNFINISHED = re.compile(r"\.(?P<name>.+)\.unfinished-(?P<process>\d+)(-\d+)?", re.DOTALL)
"""The name of the folder of an unfinished run."""

SEAL = "sha256"
"""Key of ``run.json``: the SHA-256 of everything else in it."""


class _Named(TypedDict):
    name: str


class _Finding(TypedDict):
    kind: str
    subject: str
    sentence: str


_Component = TypedDict("_Component", {"class": str, "module": str, "sha256": str, "settings": dict[str, Any]})


class _Performance(TypedDict):
    wall_s: float


class _Manifest(TypedDict):
    """What a run writes, as far as it is read; older versions, and most runs, lack some keys."""

    name: str
    engine: Literal["reference", "vector"]
    seed: int
    scale: float
    versions: dict[str, str]
    machine: dict[str, Any]
    command: str
    scenario_sha256: str
    policy_of: NotRequired[str | None]
    files: dict[str, str]
    figures: list[_Named]
    evidence: list[_Named]
    findings: NotRequired[list[_Finding]]
    totals: dict[str, float | dict[str, float | None] | None]
    chance: NotRequired[dict[str, list[float]]]
    at_reporting_rates: NotRequired[list[dict[str, float | None]]]
    components: NotRequired[list[_Component]]
    derived: NotRequired[dict[str, float]]
    warnings: list[str]
    performance: _Performance
    sha256: str


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
    try:
        typed(_Manifest, document, strict=True)
    except ValueError as error:
        raise DamagedError(f"{path}: was not written by a run: {error}") from None
    if not changed and not is_sealed(document):
        raise DamagedError(f"{path}: was changed after it was written: its SHA-256 differs")
    return document
