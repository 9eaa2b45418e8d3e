"""Replicates and draws: several runs of a scenario, each in its own folder, all inside one folder.

Runs that an earlier call of the same command finished are used again. Small ones are made at the same time, one on each
core. The folder has a log of all runs; each run also has its own.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim.base.logbook import Logbook
from sim.draws.compiled import is_compiled
from sim.experiments.processes import KilledError, Processes
from sim.experiments.simulations import AHEAD, SimulationError, is_large
from sim.experiments.store import claim, finished_run
from sim.store.folder import RUNS
from sim.store.holding import holding
from sim.store.provenance import versions

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import Scenario

Make = Callable[["Scenario", Path], "Run"]
"""Runs a scenario into a folder."""


class Making(NamedTuple):
    """How runs are made that do not exist yet.

    Attributes:
        alone: Makes a run in this process: one that keeps all cores busy, or the first one if it compiles its engine.
        at_once: How many of the other runs are made at once, each in another process. If 1, ``alone`` makes all.
        verbose: Whether the lines of logs also go to standard error.
    """

    alone: Make
    at_once: int = 1
    verbose: bool = False


REPLICATES, DRAWS = "replicates", "draws"


def prepared(kind: str, first: "Scenario", count: int, folder: Path | None) -> Path:
    """Make the folder of a number of ``replicates`` or ``draws``, or find the one to resume, as ``claim`` does."""
    request = {"count": count, "record": first.resolved["record"], "versions": versions()}
    return claim(kind, first, request, folder, RUNS / f"{first.name}-{first.spec.seed}")


def each(
    kind: str,
    count: int,
    numbered: "Callable[[int], Scenario]",
    making: Making,
    folder: Path,
) -> "Iterator[Run]":
    """Yield runs ``r000`` (``replicates``) or ``d000`` (``draws``) of a folder, and make those that do not exist yet.

    ``numbered`` returns the scenario of each, counted from 0. FolderError is raised where another process works in the
    folder, or a run's place holds something else.
    """
    with holding(folder), Logbook(folder, making.verbose) as log:
        log(f"start: {count:,} {kind}")
        wanted = ((numbered(number), folder / f"{kind[0]}{number:03d}") for number in range(count))
        yield from found_or_made(wanted, making, log)
        log(f"end: all {kind} are finished")


def found_or_made(
    wanted: "Iterable[tuple[Scenario, Path]]", making: Making, log: Logbook
) -> "Generator[Run, None, None]":
    """Yield the finished run of each scenario in its folder, in order, and make those that do not exist yet.

    A killed process raises a SimulationError; finished runs are kept. A place that holds something else raises a
    FolderError.
    """
    ahead: deque[_Begun] = deque()
    with closing(Processes(making.at_once)) as pool:
        for scenario, place in wanted:
            ahead.append(_begun(scenario, place, making, log, pool))
            while ahead and (ahead[0].is_there or len(ahead) > AHEAD * making.at_once):
                yield ahead.popleft().run(log)
        while ahead:
            yield ahead.popleft().run(log)


class _Begun(NamedTuple):
    """A run that is there, or that a process makes."""

    scenario: "Scenario"
    place: Path
    made: "Run | Future[None]"

    @property
    def is_there(self) -> bool:
        """Return whether nobody has to wait for it."""
        return not isinstance(self.made, Future) or self.made.done()

    def run(self, log: Logbook) -> "Run":
        """Wait for the run and return it."""
        if not isinstance(self.made, Future):
            return self.made
        try:
            self.made.result()
        except KilledError as error:
            raise SimulationError(f"{self.place}: the process that made it was killed ({error})") from error
        run = finished_run(self.place, self.scenario)
        assert run is not None
        log(_done(self.place, run))
        return run


def _begun(scenario: "Scenario", place: Path, making: Making, log: Logbook, pool: Processes) -> _Begun:
    """Find a run, make it here, or let a process of the pool begin to make it."""
    found = finished_run(place, scenario)
    if found is not None:
        log(f"{place}: already finished")
        return _Begun(scenario, place, found)
    if making.at_once > 1 and not is_large(scenario) and is_compiled(scenario.spec.engine):
        return _Begun(scenario, place, pool.submit(_make_in_process, scenario, place, making.verbose))
    made = making.alone(scenario, place)
    log(_done(place, made))
    return _Begun(scenario, place, made)


def _make_in_process(scenario: "Scenario", place: Path, verbose: bool) -> None:
    """Make a run on one core, as a task of a process."""
    from sim.running import run

    run(scenario, place, workers=1, verbose=verbose)


def _done(place: Path, run: "Run") -> str:
    return f"{place}: done in {run.manifest['performance']['wall_s']:.3f} s"
