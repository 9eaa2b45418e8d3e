"""Unfinished runs: find out whether a process is writing one, and remove abandoned ones."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sim.store.folder import find_runs
from sim.store.holding import is_held, taking_turns
from sim.store.run_json import UNFINISHED


@dataclass(frozen=True)
class Unfinished:
    """An unfinished run, the process that started it, and whether that is writing it now (None if unknown)."""

    path: Path
    process: int
    held: bool | None


def unfinished_run(path: Path) -> Unfinished | None:
    """Return the unfinished run of a folder; None for other folders and for one that is gone."""
    named = UNFINISHED.fullmatch(path.name)
    if named is None or path.is_symlink():
        return None
    try:
        with taking_turns(path.parent):
            held = is_held(path) if path.is_dir() else None
    except OSError:
        held = None
    return Unfinished(path, int(named["process"]), held) if path.is_dir() else None


def remove_unfinished(folder: Path) -> Iterator[Unfinished]:
    """Remove the abandoned unfinished runs in a folder and its subfolders; yields all, those ``held`` remain."""
    for found in find_runs(folder):
        if found.manifest is not None or found.damage is not None or (one := unfinished_run(found.path)) is None:
            continue
        if one.held is False:
            # A new run locks its folder before others get their turn, so nobody can hold it since.
            with taking_turns(one.path.parent), suppress(FileNotFoundError):
                shutil.rmtree(one.path)
        yield one
