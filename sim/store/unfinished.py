"""Unfinished runs: whether somebody is making one, and removing those that killed processes have left."""

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
    """A run that was begun.

    Attributes:
        path: Its folder.
        process: The number of the process that began it.
        held: Whether that is making it now; None where the file system does not say, or nobody may ask.
    """

    path: Path
    process: int
    held: bool | None


def unfinished_run(path: Path) -> Unfinished | None:
    """Return what there is of an unfinished run; None for any other folder, and for one that is gone by now."""
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
    """Remove the unfinished runs in a folder that nobody is making, as deep as runs are looked for.

    Args:
        folder: Where to look.

    Yields:
        Each unfinished run: one that is not ``held`` has been removed.
    """
    for found in find_runs(folder):
        if found.manifest is not None or found.damage is not None or (one := unfinished_run(found.path)) is None:
            continue
        if one.held is False:
            # Whoever begins a run locks its folder before others have their turn, so nobody holds it since.
            with taking_turns(one.path.parent), suppress(FileNotFoundError):
                shutil.rmtree(one.path)
        yield one
