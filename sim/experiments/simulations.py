"""Simulations that an experiment asks for: run side by side, each kept in a journal as soon as it is finished.

Where they run is up to a ``concurrent.futures.Executor``: processes of this machine, or the workers of a cluster. What
they give is not: outcomes come in the order in which they were asked for, and what is asked for twice, now or after an
interruption, is simulated once.
"""

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
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
from typing import TYPE_CHECKING, Self

from sim.draws.compiled import sources_digest
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

NO_RESULT = frozenset({"__main__.py", "calibration", "cli", "experiments", "progress.py", "report", "runs.py"})
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
"""How the folder of a run under way begins."""


class SimulationError(Exception):
    """A simulation failed, or those who simulate are gone; what was finished is kept."""


def is_large(scenario: "Scenario") -> bool:
    """Whether one run of it keeps all cores busy."""
    people = sum(row.population for row in scenario.spec.population.provinces)
    return people * scenario.spec.scale > THREADS_FROM and len(scenario.spec.population.provinces) > 1


class Simulations:
    """Runs scenarios and remembers what ``read`` says of them.

    The journal is a text file, one line a finished run, under the hashes of its resolved scenario and of the program's
    sources. In memory are only the places of its lines, some hundred bytes a run. ``asked`` holds the keys of all runs
    that were asked for, ``simulated`` counts those that had to be made. ``progress`` is told how many of the runs at
    hand are done. ``executor`` runs them instead of processes of this machine; ``workers`` can be at work at once.
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
        self._known: dict[str, int] = {}
        self._pool: ProcessPoolExecutor | None = None
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{UNFINISHED}*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._journal = (folder / JOURNAL).open("a+b")
        self._read_journal()

    def run(self, scenarios: "Iterable[Scenario]", total: int) -> list[Outcome]:
        """Give the outcome of each scenario, in their order; raises SimulationError for the first that failed."""
        found = list(self.each(scenarios, total))
        for one in found:
            if FAILED in one:
                raise SimulationError(one[FAILED])
        return found

    def each(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> "Outcomes":
        """Simulate all scenarios and give their outcomes, in their order, those that failed among them.

        An outcome among the scenarios is given as it is. Raises SimulationError where workers are gone.
        """
        return Outcomes(self, self._simulate(scenarios, total))

    def _simulate(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> list[str | Outcome]:
        """Run what the journal lacks; gives the key of each that is in the journal then, and the outcome of others."""
        found: list[str | Outcome] = []
        failed: dict[str, Outcome] = {}
        waiting: dict[Future[Outcome], str] = {}
        self._tell(0, total)
        try:
            for one in scenarios:
                if isinstance(one, dict):
                    found.append(one)
                    continue
                key = _key(one)
                found.append(key)
                self.asked.add(key)
                if key in self._known or key in failed or key in waiting.values():
                    continue
                if self._executor is None and is_large(one):
                    self._keep(key, simulated(one, self._reader, self._folder, self._workers), failed)
                    self._tell(len(found) - len(waiting), total)
                    continue
                place = self._folder if self._executor is None else None
                waiting[self._executors().submit(simulated, one, self._reader, place, 1)] = key
                while len(waiting) >= AHEAD * self._workers:
                    self._collect(waiting, failed)
                    self._tell(len(found) - len(waiting), total)
            while waiting:
                self._tell(len(found) - len(waiting), total)
                self._collect(waiting, failed)
            self._tell(total, total)
        except (BrokenExecutor, CancelledError) as error:
            raise SimulationError(f"workers are gone ({error or type(error).__name__})") from error
        finally:
            for future in waiting:
                future.cancel()
        return [failed.get(one, one) if isinstance(one, str) else one for one in found]

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
        """Keep what is finished of what is waited for, at least one."""
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
            self._pool = ProcessPoolExecutor(self._workers, mp_context=spawn, initializer=_follow)
        return self._pool

    def _read_journal(self) -> None:
        """Find what an earlier experiment of the same program has finished; a line cut short is none."""
        self._journal.seek(0)
        place, line = 0, b"\n"
        for line in self._journal:
            try:
                kept = json.loads(line)
            except ValueError:
                kept = None
            if kept is not None and kept["code"] == self._code:
                self._known[kept["run"]] = place
            place += len(line)
        if not line.endswith(b"\n"):
            self._journal.write(b"\n")

    def outcome(self, key: str) -> Outcome:
        """Give what the journal has of a run."""
        self._journal.seek(self._known[key])
        outcome: Outcome = json.loads(self._journal.readline())["outcome"]
        return outcome

    def _keep(self, key: str, outcome: Outcome, failed: dict[str, Outcome]) -> None:
        self.simulated += 1
        if FAILED in outcome:  # tried again by the next one who asks
            failed[key] = outcome
            return
        line = json.dumps({"run": key, "code": self._code, "outcome": outcome}, allow_nan=False)
        self._known[key] = self._journal.seek(0, os.SEEK_END)
        self._journal.write(line.encode() + b"\n")
        self._journal.flush()

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)


class Outcomes:
    """What became of simulations, in the order in which they were asked for, read from the journal one by one."""

    def __init__(self, simulations: Simulations, found: list[str | Outcome]) -> None:
        self._simulations = simulations
        self._found = found

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    def __iter__(self) -> Iterator[Outcome]:
        """Give one after the other, as often as wanted."""
        for one in self._found:
            yield self._simulations.outcome(one) if isinstance(one, str) else one


def made(make: "Callable[[], Scenario]") -> "Scenario | Outcome":
    """Make a scenario; values that are too much together make the outcome of a failed run."""
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return {FAILED: f"no scenario: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"}


def _key(scenario: "Scenario") -> str:
    """Give the hash of a run: of its scenario, but for what calibrations and sweeps do with it."""
    return digest({name: part for name, part in scenario.resolved.items() if name not in ("calibration", "sweep")})


def _follow() -> None:
    """Leave interrupts to the process that started this one, which waits for what is under way; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def simulated(scenario: "Scenario", read: Reader, folder: Path | None, workers: int) -> Outcome:
    """Run a scenario below a folder (that for temporary files, if None), keep what is read of it, and remove it."""
    from sim.results.folder import FolderError
    from sim.running import run

    with tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED, ignore_cleanup_errors=True) as place:
        try:
            return read(run(scenario, Path(place) / "run", events="none", workers=workers))
        except (ConservationError, FolderError, OSError, MemoryError, OverflowError) as error:
            return {FAILED: f"{type(error).__name__}: {error}".replace(place, "...")}
