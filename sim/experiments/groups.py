"""Runs as a report takes them: a group for each policy, which holds its replicates; read from folders of any kind."""

from collections.abc import Sequence
from pathlib import Path

from sim.experiments.paired import COMPARISON, KIND, runs_of
from sim.experiments.replicates import DRAWS, REPLICATES
from sim.reading.run import Run
from sim.store.json_files import DamagedError, FolderError, read_map

REQUEST = f"{KIND}.json"
"""What a folder of ``tocsin compare`` was made for."""


def groups_of(folders: Sequence[Path]) -> list[list[Run]]:
    """Return the runs of folders, a group for each policy, the base first.

    Args:
        folders: One folder of ``tocsin compare``; or folders of runs or of replicates, each of which is a policy.

    Returns:
        The runs, by policy.

    Raises:
        FolderError: If a folder holds no such thing, or not all of it; DamagedError if it was changed.
    """
    comparisons = [folder for folder in folders if (folder / REQUEST).is_file()]
    if not comparisons:
        return [_replicates(folder) for folder in folders]
    if len(folders) > 1:
        raise FolderError(f"{comparisons[0]}: is a comparison, which is a report by itself; that folder alone")
    return _compared(comparisons[0])


def _compared(folder: Path) -> list[list[Run]]:
    """Return the runs of a comparison, those of the base first."""
    request = read_map(folder / REQUEST)
    if not (folder / COMPARISON).is_file():
        raise FolderError(f"{folder}: is a comparison that is not finished; tocsin compare with it as --out goes on")
    document = read_map(folder / COMPARISON)
    try:
        names = [document["base"], *document["others"]]
        draws, replicates = request["draws"], int(request["replicates"])
    except (KeyError, TypeError, ValueError):
        raise DamagedError(f"{folder}: its {REQUEST} and {COMPARISON} are not what tocsin compare writes") from None
    if draws is not None:
        shown = " ".join(str(folder / name / "d000") for name in names)
        raise FolderError(f"{folder}: compares {draws} draws, and a report shows one; tocsin report {shown}")
    if replicates == 1:
        return [[Run(folder / name)] for name in names]
    return [[Run(folder / name / f"r{number:03d}") for number in range(replicates)] for name in names]


def _replicates(folder: Path) -> list[Run]:
    """Return the run of a folder, or the replicates or draws in it; all of them, if it says how many there are."""
    found = runs_of(folder)
    for kind in (REPLICATES, DRAWS):
        if (folder / f"{kind}.json").is_file():
            wanted = read_map(folder / f"{kind}.json").get("count")
            if len(found) != wanted:
                what = f"{len(found)} of {wanted} {kind} are finished"
                raise FolderError(f"{folder}: {what}; tocsin run with it as --out goes on")
    return found
