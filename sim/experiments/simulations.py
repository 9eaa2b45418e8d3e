"""Simulations: the runs that an experiment or a calibration asks for, side by side, each kept as soon as it is done.

This module makes runs and keeps a journal of what came out. What is run is the caller's affair (``design``,
``bisection``, ``sim.calibration``), and so is what is made of it (``sweep``, ``sensitivity``, ``attribute``,
``staffing``); the folder around the journal is that of ``store``.

Where runs are made is up to a ``concurrent.futures.Executor``: processes of this machine, or the workers of a cluster.
Outcomes do not depend on it: they come in the order in which they were asked for, and what is asked for twice, now or
after an interruption, is simulated once.
"""

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypedDict

from sim.caches import sources_digest
from sim.engines.conservation import ConservationError
from sim.results.outcomes import Outcome
from sim.scenario.load import digest

if TYPE_CHECKING:
    from sim.results.run import Run
    from sim.scenario import Scenario

Reader = Callable[["Run"], Outcome]
"""Reads what an experiment wants to know of a finished run; a function of a module, which workers can import."""

FAILED = "failed"
"""The one key of the outcome of a run that failed: its message."""

NO_RESULT = frozenset(
    {"__main__.py", "calibration", "cli", "experiments", "progress.py", "report", "runs.py", "verify"}
)
"""Sources that change no outcome; a change of any other makes a journal start anew.

``tests/test_sources.py`` holds the list against what a run and those who read outcomes of it import.
"""

THREADS_FROM = 5e7
"""A run with more people than these uses all cores by itself; smaller ones run side by side, one a core."""

KILLER = "KilledWorker"
"""What a cluster calls a run whose workers died; of another package, which may not be installed."""

AHEAD = 3
"""Simulations handed over for each worker, so that none waits for the next; more would only fill memory."""

JOURNAL = "journal.jsonl"
UNFINISHED = ".run-"
"""How the name of the folder of a run under way begins."""


class Computing(TypedDict, total=False):
    """Keywords of every experiment that say who makes its runs; results do not depend on them.

    Attributes:
        executor: A ``concurrent.futures.Executor`` that makes them, instead of processes of this machine.
        workers: How many runs are made at a time; as many as this machine has cores, if not given.
        progress: Called with the number of runs that are done and the number of all, as they finish.
    """

    executor: Executor | None
    workers: int | None
    progress: Callable[[int, int], None] | None


def demand_keywords(function: str, given: Iterable[str], allowed: Collection[str]) -> None:
    """Raise TypeError for a keyword that a function does not take, as Python does for one that is spelled out."""
    for key in given:
        if key not in allowed:
            raise TypeError(f"{function}() got an unexpected keyword argument {key!r}")


class SimulationError(Exception):
    """A simulation failed, or those who simulate are gone; what was finished is kept."""


def is_large(scenario: "Scenario") -> bool:
    """Return whether one run of a scenario keeps all cores busy."""
    people = sum(row.population for row in scenario.spec.population.provinces)
    return people * scenario.spec.scale > THREADS_FROM and len(scenario.spec.population.provinces) > 1


class Simulations:
    """Runs scenarios and remembers what ``read`` says of them.

    The journal is a text file, one line a finished run, under the hashes of its resolved scenario and of the program's
    sources. In memory are only the offsets of its lines, some hundred bytes a run.

    Attributes:
        asked: The keys of all runs that were asked for.
        simulated: How many of them had to be made.
    """

    def __init__(
        self,
        folder: Path,
        read: Reader,
        workers: int | None = None,
        executor: Executor | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.simulated = 0
        self.asked: set[str] = set()
        self._folder = folder
        self._reader = read
        self._workers = workers or os.cpu_count() or 1
        self._executor = executor
        self._progress = progress
        self._code = sources_digest(NO_RESULT)
        self._offsets: dict[str, int] = {}
        self._pool: ProcessPoolExecutor | None = None
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{UNFINISHED}*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._journal = (folder / JOURNAL).open("a+b")
        self._read_journal()

    def run(self, scenarios: "Iterable[Scenario]", total: int) -> list[Outcome]:
        """Return the outcome of each scenario.

        Args:
            scenarios: What is to be run.
            total: How many they are.

        Returns:
            Outcomes in the order of the scenarios.

        Raises:
            SimulationError: For the first run that failed, or where workers are gone.
        """
        outcomes = list(self.each(scenarios, total))
        for one in outcomes:
            if FAILED in one:
                raise SimulationError(one[FAILED])
        return outcomes

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

    def _simulate(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> list[str | Outcome]:
        """Run what the journal lacks.

        Returns:
            For each scenario its key, where the journal has its outcome by now, or else the outcome itself.

        Raises:
            SimulationError: Where workers are gone.
        """
        results: list[str | Outcome] = []
        failed: dict[str, Outcome] = {}
        waiting: dict[Future[Outcome], str] = {}
        self._report(0, total)
        try:
            for one in scenarios:
                if isinstance(one, dict):
                    results.append(one)
                    continue
                key = _key(one)
                results.append(key)
                self.asked.add(key)
                if key in self._offsets or key in failed or key in waiting.values():
                    continue
                if self._executor is None and is_large(one):
                    self._keep(key, simulate(one, self._reader, self._folder, self._workers), failed)
                    self._report(len(results) - len(waiting), total)
                    continue
                parent = self._folder if self._executor is None else None
                waiting[self._executors().submit(simulate, one, self._reader, parent, 1)] = key
                while len(waiting) >= AHEAD * self._workers:
                    self._collect(waiting, failed)
                    self._report(len(results) - len(waiting), total)
            while waiting:
                self._report(len(results) - len(waiting), total)
                self._collect(waiting, failed)
            self._report(total, total)
        except (BrokenExecutor, CancelledError) as error:
            raise SimulationError(f"workers are gone ({error or type(error).__name__})") from error
        finally:
            for future in waiting:
                future.cancel()
        return [failed.get(one, one) if isinstance(one, str) else one for one in results]

    def close(self) -> None:
        """Stop the processes and close the journal."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _collect(self, waiting: dict[Future[Outcome], str], failed: dict[str, Outcome]) -> None:
        """Wait until at least one of the ``waiting`` runs is finished; keep the outcomes of those that are."""
        finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in finished:
            key = waiting.pop(future)
            try:
                outcome = future.result()
            except Exception as error:
                if type(error).__name__ != KILLER:
                    raise
                outcome = {FAILED: f"{KILLER}: several workers died of it, one after the other"}
            self._keep(key, outcome, failed)

    def _executors(self) -> Executor:
        if self._executor is not None:
            return self._executor
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, mp_context=spawn, initializer=_follow_parent)
        return self._pool

    def _read_journal(self) -> None:
        """Note the runs that an earlier experiment of the same program has finished; a line cut short is left out."""
        self._journal.seek(0)
        offset, line = 0, b"\n"
        for line in self._journal:
            try:
                kept = json.loads(line)
            except ValueError:
                kept = None
            if kept is not None and kept["code"] == self._code:
                self._offsets[kept["run"]] = offset
            offset += len(line)
        if not line.endswith(b"\n"):
            self._journal.write(b"\n")

    def outcome(self, key: str) -> Outcome:
        """Return the outcome of a run that is in the journal."""
        self._journal.seek(self._offsets[key])
        outcome: Outcome = json.loads(self._journal.readline())["outcome"]
        return outcome

    def _keep(self, key: str, outcome: Outcome, failed: dict[str, Outcome]) -> None:
        self.simulated += 1
        if FAILED in outcome:  # tried again by the next one who asks
            failed[key] = outcome
            return
        line = json.dumps({"run": key, "code": self._code, "outcome": outcome}, allow_nan=False)
        self._offsets[key] = self._journal.seek(0, os.SEEK_END)
        self._journal.write(line.encode() + b"\n")
        self._journal.flush()

    def _report(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)


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
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return {FAILED: f"no scenario: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"}


def _key(scenario: "Scenario") -> str:
    """Return the hash of a scenario without the sections that say what calibrations and sweeps do with it."""
    return digest({name: part for name, part in scenario.resolved.items() if name not in ("calibration", "sweep")})


def _follow_parent() -> None:
    """Leave interrupts to the parent process, which waits for the runs under way; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def simulate(scenario: "Scenario", read: Reader, parent: Path | None, workers: int) -> Outcome:
    """Run a scenario in a folder of its own, read the outcome, and remove the folder.

    Args:
        scenario: What is run, without events.
        read: Reads the outcome of the finished run.
        parent: Where the folder is made; among temporary files, if None.
        workers: Threads of the run.

    Returns:
        What was read, or the message of the failure under ``FAILED``.
    """
    from sim.results.folder import FolderError
    from sim.running import run

    with tempfile.TemporaryDirectory(dir=parent, prefix=UNFINISHED, ignore_cleanup_errors=True) as folder:
        try:
            return read(run(scenario, Path(folder) / "run", events="none", workers=workers))
        except (ConservationError, FolderError, OSError, MemoryError, OverflowError) as error:
            return {FAILED: f"{type(error).__name__}: {error}".replace(folder, "...")}
