"""Replicates and draws: several runs of a scenario, each in a folder of its own, all in one folder.

Those that an earlier call of the same command has finished are used again. Beside them lies a log of all of them; each
has one of its own, too.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.logbook import Logbook
from sim.experiments.store import claim, finished_run
from sim.store.folder import RUNS
from sim.store.holding import holding
from sim.store.provenance import versions

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import Scenario

Make = Callable[["Scenario", Path], "Run"]
"""Runs a scenario into a folder."""

REPLICATES, DRAWS = "replicates", "draws"


def prepared(kind: str, first: "Scenario", count: int, folder: Path | None) -> Path:
    """Make the folder of several runs, or find the one where they go on, as ``claim`` does.

    Args:
        kind: ``replicates`` or ``draws``.
        first: The scenario of the first run.
        count: How many runs there are.
        folder: Where they are kept, ``results/runs/NAME-SEED-HASH`` if None.

    Returns:
        The folder.
    """
    request = {"count": count, "record": first.resolved["record"], "versions": versions()}
    return claim(kind, first, request, folder, RUNS / f"{first.name}-{first.spec.seed}")


def each(
    kind: str,
    count: int,
    numbered: "Callable[[int], Scenario]",
    make: Make,
    folder: Path,
    verbose: bool = False,
) -> "Iterator[Run]":
    """Make the runs that are not there yet.

    FolderError is raised where another process is at work in the folder, or something else has taken a run's place.

    Args:
        kind: ``replicates`` or ``draws``: runs lie in ``r000`` and so on, or in ``d000``.
        count: How many there are.
        numbered: Returns the scenario of each, counted from 0.
        make: Runs a scenario into a folder.
        folder: Where they are kept, see ``prepared``.
        verbose: Whether the lines of the log go to standard error, too.

    Yields:
        Each run.
    """
    with holding(folder), Logbook(folder, verbose) as log:
        log(f"begins: {count:,} {kind}")
        for number in range(count):
            yield found_or_made(numbered(number), folder / f"{kind[0]}{number:03d}", make, log)
        log(f"ends: all {kind} are there")


def found_or_made(scenario: "Scenario", place: Path, make: Make, log: Logbook) -> "Run":
    """Return the run of a scenario that lies in a folder, or make it there."""
    found = finished_run(place, scenario)
    if found is not None:
        log(f"{place}: was made before")
        return found
    run = make(scenario, place)
    log(f"{place}: done in {run.manifest['performance']['wall_s']:.3f} s")
    return run
