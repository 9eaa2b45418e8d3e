"""Replicates and draws: several runs of a scenario, each in its own folder, all inside one folder.

Runs that an earlier call of the same command finished are used again. The folder has a log of all runs; each run also
has its own.
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
    """Make the folder of a number of ``replicates`` or ``draws``, or find the one to resume, as ``claim`` does."""
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
    """Yield runs ``r000`` (``replicates``) or ``d000`` (``draws``) of a folder, and make those that do not exist yet.

    ``numbered`` returns the scenario of each, counted from 0. FolderError is raised where another process works in the
    folder, or a run's place holds something else.
    """
    with holding(folder), Logbook(folder, verbose) as log:
        log(f"start: {count:,} {kind}")
        for number in range(count):
            yield found_or_made(numbered(number), folder / f"{kind[0]}{number:03d}", make, log)
        log(f"end: all {kind} are finished")


def found_or_made(scenario: "Scenario", place: Path, make: Make, log: Logbook) -> "Run":
    """Return the finished run of a scenario in a folder, or make it there."""
    found = finished_run(place, scenario)
    if found is not None:
        log(f"{place}: already finished")
        return found
    run = make(scenario, place)
    log(f"{place}: done in {run.manifest['performance']['wall_s']:.3f} s")
    return run
