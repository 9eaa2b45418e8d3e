"""Simulations: the runs that an experiment or a calibration asks for, side by side, each kept as soon as it is done.

This module has runs made and tries again what the machine could not make; ``journal`` keeps what came out, and
``processes`` are those that make runs here. What is run is the caller's affair (``design``, ``bisection``,
``sim.calibration``), and so is what is made of it (``sweep``, ``sensitivity``, ``attribute``, ``staffing``); the folder
around the journal is that of ``store``.

Where runs are made is up to a ``concurrent.futures.Executor``: processes of this machine, or the workers of a cluster.
Outcomes do not depend on it: they come in the order in which they were asked for, and what is asked for twice, now or
after an interruption, is simulated once.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict

from sim.base.failures import MACHINE, FailedError
from sim.base.interrupts import interrupted_surely
from sim.base.logbook import Logbook
from sim.experiments.journal import Journal
from sim.experiments.processes import KilledError, Processes
from sim.reading.outcomes import OF_MANIFEST, Outcome
from sim.scenario.given import with_components_digest
from sim.scenario.load import digest
from sim.store.json_files import FolderError

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.running import Progress
    from sim.scenario import Scenario

Reader = Callable[["Run"], Outcome]
"""Reads what an experiment wants to know of a finished run; a function of a module, which workers can import."""

FAILED = "failed"
"""The one key of the outcome of a run that failed: its message."""

SPREADS = ("standard_error", "interval")
"""Keys of figures that ``tocsin calibrate`` writes, as it writes the ``target`` of a parameter; no outcome depends on
them."""

THREADS_FROM = 5e7
"""A run with more people than these uses all cores by itself; smaller ones run side by side, one a core."""

FEW_PROVINCE_DAYS = 3_000
"""Provinces times days of a run whose tables take some 90 MB at most: of the flagship, by 8 bytes a number, 22 to 29 kB
for each, pooled at 0.005 and at 0.1, and 26 one to one with provinces apart."""

KILLER = "KilledWorker"
"""What a cluster calls a run whose workers died; of another package, which may not be installed."""

AHEAD = 3
"""Simulations handed over for each worker, so that none waits for the next; more would only fill memory."""

UNFINISHED = ".run-"
"""How the name of the folder of a run under way begins; the number of the process that makes it follows."""


class Computing(TypedDict, total=False):
    """Keywords of every experiment that say who makes its runs; results do not depend on them.

    Attributes:
        executor: A ``concurrent.futures.Executor`` that makes them, instead of processes of this machine.
        workers: How many runs are made at a time; as many as this machine has cores, if not given.
        progress: Called with the number of runs that are done and the number of all, as they finish.
        verbose: Whether the lines of the log in the experiment's folder go to standard error, too.
        days: Called with the scenario of a run that is so large that it is made alone; returns what that run calls
            after each of its days.
    """

    executor: Executor | None
    workers: int | None
    progress: Callable[[int, int], None] | None
    verbose: bool
    days: "Callable[[Scenario], Progress] | None"


def demand_keywords(function: str, given: Iterable[str], allowed: Collection[str]) -> None:
    """Raise TypeError for a keyword that a function does not take, as Python does for one that is spelled out."""
    for key in given:
        if key not in allowed:
            raise TypeError(f"{function}() got an unexpected keyword argument {key!r}")


class SimulationError(FailedError):
    """A simulation failed, or those who simulate are gone; what was finished is kept."""


class MachineError(FailedError):
    """A run failed for want of space, memory or a worker: it says nothing of the model, and is tried again."""


def is_large(scenario: "Scenario") -> bool:
    """Return whether one run of a scenario keeps all cores busy."""
    people = sum(row.population for row in scenario.spec.population.provinces)
    return people * scenario.spec.scale > THREADS_FROM and len(scenario.spec.population.provinces) > 1


class Simulations:
    """Runs scenarios and remembers what ``read`` says of them.

    Beside their journal lies the log, which says for people what was done when.

    Who makes simulations in a folder holds it (``sim.store.holding``).

    Attributes:
        asked: The keys of all runs that were asked for.
        simulated: How many of them had to be made.
        log: Of the experiment.
    """

    def __init__(
        self,
        folder: Path,
        read: Reader,
        workers: int | None = None,
        executor: Executor | None = None,
        progress: Callable[[int, int], None] | None = None,
        verbose: bool = False,
        days: "Callable[[Scenario], Progress] | None" = None,
    ) -> None:
        self.simulated = 0
        self.asked: set[str] = set()
        self._folder = folder
        self._reader = read
        self._workers = workers or os.cpu_count() or 1
        self._executor = executor
        self._progress = progress
        self._days = days
        self._pool = Processes(self._workers)
        folder.mkdir(parents=True, exist_ok=True)
        self._clear()
        self._journal = Journal(folder)
        self.log = Logbook(folder, verbose)
        self.log(f"begins: {len(self._journal):,} runs are in the journal, {self._workers} are made at a time")

    def telling(self, tell: Callable[[str], None] | None) -> Callable[[str], None]:
        """Return what writes a line into the log and tells it."""

        def both(line: str) -> None:
            self.log(line)
            if tell is not None:
                tell(line)

        return both

    def run(self, scenarios: "Iterable[Scenario]", total: int) -> list[Outcome]:
        """Return the outcome of each scenario.

        Args:
            scenarios: What is to be run.
            total: How many they are.

        Returns:
            Outcomes in the order of the scenarios. The first run that failed ends with a SimulationError, as do workers
            that are gone.
        """
        return [succeeded(one) for one in self.each(scenarios, total)]

    def each(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> "Outcomes":
        """Simulate all scenarios; runs that fail are among the outcomes.

        Where workers are gone it ends with a SimulationError; what was finished is kept.

        Args:
            scenarios: What is to be run; an outcome among them is passed on as it is.
            total: How many they are.

        Returns:
            Outcomes in the order of the scenarios.
        """
        return Outcomes(self, self._simulate(scenarios, total))

    @interrupted_surely()
    def _simulate(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> list[str | Outcome]:
        """Run what the journal lacks; what fails for want of machine is tried once more, alone, after all others.

        Returns:
            For each scenario its key, where the journal has its outcome by now, or else the outcome itself.

        Raises:
            SimulationError: Where a run cannot be made on this machine, or workers are gone.
        """
        results: list[str | Outcome] = []
        work = _Work(self._workers, self.log)
        self.log(f"{total:,} runs are asked for")
        self._report(0, total)
        try:
            for one in scenarios:
                if isinstance(one, dict):
                    results.append(one)
                    continue
                key = key_of(one)
                results.append(key)
                self.asked.add(key)
                if key in self._journal or work.has(key):
                    continue
                self._start(key, one, work)
                while len(work.waiting) >= AHEAD * self._workers:
                    self._collect(work)
                self._report(len(results) - len(work.waiting), total)
            while work.waiting:
                self._report(len(results) - len(work.waiting), total)
                self._collect(work)
            for key, one in work.again.items():
                self._start(key, one, work, again=True)
                while work.waiting:
                    self._collect(work, again=True)
            self._report(total, total)
        except (BrokenExecutor, CancelledError) as error:
            raise SimulationError(f"workers are gone ({error or type(error).__name__})") from error
        finally:
            for future in work.waiting:
                future.cancel()
        if work.unmade:
            raise SimulationError(
                f"{len(work.unmade):,} of {total:,} runs could not be made on this machine: {work.unmade[0]}"
            )
        return [work.failed.get(one, one) if isinstance(one, str) else one for one in results]

    def _start(self, key: str, scenario: "Scenario", work: "_Work", again: bool = False) -> None:
        """Hand a run over to those who make them; a large one is made here, with all cores."""
        if self._executor is None and is_large(scenario):
            days = None if self._days is None else self._days(scenario)
            try:
                self._keep(key, timed(scenario, self._reader, self._folder, self._workers, days), work)
            except MachineError as error:
                work.postpone(key, scenario, str(error), again)
            return
        who = self._pool if self._executor is None else self._executor
        parent = self._folder if self._executor is None else None
        work.waiting[who.submit(timed, scenario, self._reader, parent, 1)] = key, scenario

    def close(self) -> None:
        """Stop the processes, remove what killed ones have left, and close journal and log."""
        self._pool.close()
        self._clear()
        self._journal.close()
        self.log(f"ends: {self.simulated:,} runs were made, {len(self.asked):,} asked for")
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.log.ended_by(error)
        self.close()

    def _collect(self, work: "_Work", again: bool = False) -> None:
        """Wait until at least one of the runs under way is finished; keep the outcomes of those that are."""
        finished, _ = wait(work.waiting, return_when=FIRST_COMPLETED)
        for future in finished:
            key, scenario = work.waiting.pop(future)
            try:
                self._keep(key, future.result(), work)
            except MachineError as error:
                work.postpone(key, scenario, str(error), again)
            except KilledError as error:
                self._clear(error.process)
                work.postpone(key, scenario, f"the process that made it was killed ({error})", again)
            except Exception as error:
                if type(error).__name__ != KILLER:
                    raise
                work.postpone(key, scenario, f"{KILLER}: several workers died of it, one after the other", again)

    def _clear(self, process: int | None = None) -> None:
        """Remove the folders of runs that a process has left when it was killed; of all that have made any, if None."""
        for left in self._folder.glob(f"{UNFINISHED}{'' if process is None else f'{process}-'}*"):
            shutil.rmtree(left, ignore_errors=True)

    def outcome(self, key: str) -> Outcome:
        """Return the outcome of a run that is in the journal."""
        return self._journal.outcome(key)

    def _keep(self, key: str, made: "Timed", work: "_Work") -> None:
        outcome, seconds = made
        self.simulated += 1
        work.given_up = 0
        if FAILED in outcome:  # tried again by the next one who asks
            self.log.warn(f"run {key[:8]} failed after {seconds:.3f} s: {outcome[FAILED]}")
            work.failed[key] = outcome
            return
        self.log(f"run {key[:8]} done in {seconds:.3f} s, {self.simulated:,} made")
        self._journal.keep(key, outcome)

    def _report(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)


@dataclass
class _Work:
    """The runs of one call: those under way, those to be tried again, those that cannot be made.

    Attributes:
        workers: How many runs are made at a time.
        log: Of the experiment.
        waiting: Key and scenario of what is under way.
        again: Scenarios that failed for want of machine, by key.
        failed: Outcomes of runs that failed by themselves, by key.
        unmade: Why runs failed for want of machine, the last time that they were tried.
        given_up: How many failed for want of machine since the last one that was finished.
    """

    workers: int
    log: Logbook
    waiting: "dict[Future[Timed], tuple[str, Scenario]]" = field(default_factory=dict)
    again: "dict[str, Scenario]" = field(default_factory=dict)
    failed: dict[str, Outcome] = field(default_factory=dict)
    unmade: list[str] = field(default_factory=list)
    given_up: int = 0

    def has(self, key: str) -> bool:
        """Return whether a run is under way, or was tried."""
        return key in self.failed or key in self.again or any(key == other for other, _ in self.waiting.values())

    def postpone(self, key: str, scenario: "Scenario", why: str, again: bool) -> None:
        """Note a run that failed for want of machine; raises SimulationError where none is finished any more."""
        self.given_up += 1
        self.log.warn(f"run {key[:8]} could not be made{' again' if again else ', it is tried once more'}: {why}")
        if again:
            self.unmade.append(why)
        else:
            self.again[key] = scenario
        if self.given_up > 2 * AHEAD * self.workers:
            raise SimulationError(f"{self.given_up} runs in a row could not be made on this machine: {why}")


class Outcomes:
    """Outcomes of simulations in the order in which they were asked for, read from the journal one by one."""

    def __init__(self, simulations: Simulations, results: list[str | Outcome]) -> None:
        self._simulations = simulations
        self._results = results

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._results)

    def __iter__(self) -> Iterator[Outcome]:
        """Yield one outcome after the other; it can be repeated."""
        for one in self._results:
            yield self._simulations.outcome(one) if isinstance(one, str) else one


def scenario_or_failure(make: "Callable[[], Scenario]") -> "Scenario | Outcome":
    """Make a scenario; where its values do not go together, return the outcome of a run that failed instead."""
    from sim.scenario import ScenarioError

    try:
        return make()
    except ScenarioError as error:
        first = error.mistakes[0]
        return {FAILED: f"no scenario: {first.key}: {first.message}; {first.allowed}"}


def succeeded(outcome: Outcome) -> Outcome:
    """Return an outcome, or raise the SimulationError of a run that failed."""
    if FAILED in outcome:
        raise SimulationError(outcome[FAILED])
    return outcome


def key_of(scenario: "Scenario") -> str:
    """Return the hash of a scenario without what calibrations and sweeps say and write of it.

    So a calibration that moved no value finds all its runs again, though it wrote into the scenario's file.

    Args:
        scenario: The scenario.

    Returns:
        The hash by which the journal knows its run.
    """
    parts = {name: part for name, part in scenario.resolved.items() if name not in ("calibration", "sweep")}
    parts["figures"] = [{key: one[key] for key in one if key not in SPREADS} for one in parts["figures"]]
    return with_components_digest(digest(_without_targets(parts)), scenario.components)


def _without_targets(node: Any) -> Any:
    """Return a tree of values without the figures that fixed its parameters."""
    if isinstance(node, Mapping):
        of_parameter = "origin" in node
        return {key: _without_targets(one) for key, one in node.items() if not (of_parameter and key == "target")}
    return [_without_targets(one) for one in node] if isinstance(node, list) else node


Timed = tuple[Outcome, float]
"""What came out of a run, and the seconds that it took those who made it."""


def timed(
    scenario: "Scenario", read: Reader, parent: Path | None, workers: int, progress: "Progress | None" = None
) -> Timed:
    """Run a scenario as ``simulate`` does, and say how long it took."""
    started = time.perf_counter()
    outcome = simulate(scenario, read, parent, workers, progress)
    return outcome, time.perf_counter() - started


def simulate(
    scenario: "Scenario", read: Reader, parent: Path | None, workers: int, progress: "Progress | None" = None
) -> Outcome:
    """Run a scenario in a folder of its own, read the outcome, and remove the folder.

    Args:
        scenario: What is run, without events.
        read: Reads the outcome of the finished run.
        parent: Where the folder is made; among temporary files, if None.
        workers: Threads of the run.
        progress: Called after each day of it.

    Returns:
        What was read, or the message of the failure under ``FAILED``.

    Raises:
        MachineError: If it failed for want of space or memory.
    """
    from sim.running import run, run_without_tables

    try:
        prefix = f"{UNFINISHED}{os.getpid()}-"
        with tempfile.TemporaryDirectory(dir=parent, prefix=prefix, ignore_cleanup_errors=True) as folder:
            try:
                target = Path(folder) / "run"
                if read in OF_MANIFEST and _has_few_rows(scenario):
                    return read(run_without_tables(scenario, target, workers, progress))
                return read(run(scenario, target, "none", workers, progress))
            except (FailedError, OverflowError) as error:
                return {FAILED: f"{type(error).__name__}: {error}".replace(folder, "...")}
    except (FolderError, *MACHINE) as error:
        raise MachineError(f"{type(error).__name__}: {error}") from error


def _has_few_rows(scenario: "Scenario") -> bool:
    """Return whether the tables of a run are small enough to be kept in memory."""
    period = scenario.spec.period
    return len(scenario.spec.population.provinces) * ((period.end - period.start).days + 1) <= FEW_PROVINCE_DAYS
