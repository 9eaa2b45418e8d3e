"""The runs that an experiment or a calibration requests, made in parallel, and each kept once it is finished.

The processes of this machine that make them end with the process that started them. Each is an interpreter that loads
this program and nothing of the caller's. Processes of ``multiprocessing`` would read the main script again: it would
need a guard (``if __name__ == "__main__"``), and ``python - < file`` has no script to read (docs/rationale.md, "Workers
never read your script").

A thread of the caller serves each process, one task at a time through a pipe. A killed process therefore costs only its
current task; the next task of its thread starts another process.

The journal has the outcome of each finished run, one line each, so that no run is made twice. A run is identified by
the hashes of its resolved scenario and of the program's sources, and each line carries its own hash. Memory holds only
the offsets of lines, some hundred bytes a run.

A ``concurrent.futures.Executor`` decides where runs are made: processes of this machine, or workers of a cluster.
Outcomes do not depend on it: they come in the requested order, and a run that is requested twice, now or after an
interruption, is simulated once. Runs that the machine could not make are retried.
"""

import errno
import io
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import FunctionType, TracebackType
from typing import IO, TYPE_CHECKING, Any, ParamSpec, Self, TypedDict, TypeVar

from sim.base.caches import program_digest
from sim.base.failures import ENDING, MACHINE, FailedError, put_off
from sim.base.logbook import Logbook
from sim.experiments.store import JOURNAL
from sim.reading.outcomes import OF_SUMS, Outcome
from sim.scenario.given import with_components_digest
from sim.scenario.load import Options, ScenarioLike, digest, with_options
from sim.store.json_files import DamagedError, FolderError, digest_of

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.running import Progress
    from sim.scenario import Scenario

Given = ParamSpec("Given")
Made = TypeVar("Made")

BEGIN = (
    "import sys; sys.path[:] = {path}; sys.argv[:] = {command}; from sim.experiments.simulations import serve; serve()"
)
"""The program of a process: it finds modules where the caller does, and its runs record the caller's command."""

ENDED = (EOFError, OSError, pickle.UnpicklingError)
"""Errors of reading from or writing to a pipe whose other end is closed."""


class KilledError(BrokenExecutor):
    """A process ended before its task was done; its number (``process``) identifies what it left."""

    def __init__(self, why: str, process: int) -> None:
        super().__init__(why)
        self.process = process


class Processes:
    """A pool of processes that starts with its first task and replaces killed processes."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._threads: ThreadPoolExecutor | None = None
        self._own = threading.local()
        self._begun: list[_Process] = []

    def submit(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> "Future[Made]":
        """Submit a task: a function of a module, and arguments that can be pickled.

        Returns:
            Its result; a KilledError where the process died or cannot start, a PicklingError for a function of the main
            script, which processes do not read.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._number, "runs")
        # Threads that start here, and their processes, never receive an interrupt or hangup of the whole group. The
        # caller receives it, waits for all of them, and reports it.
        with _masked(signal.SIGINT, signal.SIGHUP):
            return self._threads.submit(self._do, task, given, named)

    def _do(self, task: Callable[..., Made], given: tuple[Any, ...], named: dict[str, Any]) -> Made:
        """Execute a task in the process of this thread."""
        asked = _pickled((task, given, named))
        process: _Process | None = getattr(self._own, "process", None)
        if process is None or process.is_gone():
            process = self._own.process = _Process()
            self._begun.append(process)
        done, made, trace = pickle.loads(process.answer(asked))
        if done:
            result: Made = made
            return result
        raise made from _ThereError(trace)

    def close(self, at_once: bool = False) -> None:
        """Wait for the tasks in progress, or kill their processes ``at_once``; then stop."""
        # An interrupt during this wait, such as a second one, would leave processes that nobody ends.
        with put_off(*ENDING):
            for process in self._begun if at_once else ():
                process.kill()
            if self._threads is not None:
                self._threads.shutdown(cancel_futures=True)
            for process in self._begun:
                process.end()
            self._begun.clear()
            self._threads = None
            self._own = threading.local()

    @property
    def numbers(self) -> list[int]:
        """The numbers of all processes that were started."""
        return [process.number for process in self._begun]


class _Process:
    """A process as its thread sees it: its number, and the pipes to and from it."""

    def __init__(self) -> None:
        path = ascii([one for one in sys.path if isinstance(one, str)])
        command = [sys.executable, "-P", "-c", BEGIN.format(path=path, command=ascii(sys.argv))]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise KilledError(f"it cannot start: {error}", 0) from error
        self.number = self._process.pid

    def is_gone(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it in the middle of its task."""
        self._process.kill()

    def answer(self, asked: bytes) -> bytes:
        """Return the result of a task; raises KilledError if the process is gone."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        try:
            pickle.dump(asked, to)
            to.flush()
            answered: bytes = pickle.load(back)
            return answered
        except ENDED:
            self._process.kill()
            code = self._process.wait()
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            raise KilledError(how, self.number) from None

    def end(self) -> None:
        """Close its pipes, which ends it, and wait until it has ended."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()


class _Pickler(pickle.Pickler):
    """Refers to functions of a program started as a module (``python -m``) by the name of that module."""

    def reducer_override(self, one: Any) -> Any:
        """Return how to find a function of the main script elsewhere; everything else is pickled as usual."""
        if not (isinstance(one, FunctionType) and one.__module__ == "__main__"):
            return NotImplemented
        spec = sys.modules["__main__"].__spec__
        if spec is None:
            raise pickle.PicklingError(f"{one.__qualname__} is a function of the main script; use that of a module")
        return _function, (spec.name, one.__qualname__)


def _function(module: str, name: str) -> Any:
    return attrgetter(name)(import_module(module))


def _pickled(one: Any) -> bytes:
    """Pickle for a process with another main script."""
    file = io.BytesIO()
    _Pickler(file).dump(one)
    return file.getvalue()


class _ThereError(Exception):
    """The traceback of an error inside a process."""

    def __init__(self, trace: str) -> None:
        super().__init__(f"\n{trace}")


@contextmanager
def _masked(*signals: signal.Signals) -> Iterator[None]:
    """Block signals meanwhile; threads and processes that start then inherit this for good."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve() -> None:
    """Execute tasks one by one, as a process of a pool, until the caller has no more or is gone."""
    asking, answering = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Tasks that print or read input must not disturb either pipe.
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asking, tasks), daemon=True).start()
    while True:
        pickle.dump(_answer(tasks.get()), answering)
        answering.flush()


def _listen(asking: IO[bytes], tasks: "queue.SimpleQueue[bytes]") -> None:
    """Receive tasks, and end this process at once when no more can come."""
    with suppress(*ENDED):
        while True:
            tasks.put(pickle.load(asking))
    os._exit(1)


def _answer(asked: bytes) -> bytes:
    """Execute a task; return whether it succeeded, its result or error, and the traceback."""
    try:
        task, given, named = pickle.loads(asked)
        return pickle.dumps((True, task(*given, **named), ""))
    except BaseException as error:
        trace = traceback.format_exc()
        try:
            sent = pickle.dumps((False, error, trace))
            pickle.loads(sent)
            return sent
        except Exception:  # some errors of libraries cannot be sent
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}"), trace))


class Journal:
    """Outcomes of finished runs by their keys, each written as soon as it exists."""

    def __init__(self, folder: Path) -> None:
        """Start a journal in a folder, or continue that of an earlier experiment of the same program."""
        self._path = folder / JOURNAL
        self._code = program_digest()
        self._places: dict[str, tuple[int, int]] = {}
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._read()

    def __len__(self) -> int:
        """Return how many runs are in it."""
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        """Return whether a run is in it."""
        return key in self._places

    def outcome(self, key: str) -> Outcome:
        """Return the outcome of a run that is in it."""
        offset, length = self._places[key]
        entry = _entry(os.pread(self._file, length, offset))
        if entry is None:
            raise DamagedError(f"{self._path}: was changed while it was read")
        outcome: Outcome = entry["outcome"]
        return outcome

    def keep(self, key: str, outcome: Outcome) -> None:
        """Write down the outcome of a run."""
        entry = {"run": key, "code": self._code, "outcome": outcome}
        line = json.dumps({**entry, "sha256": digest_of(entry)}, allow_nan=False).encode() + b"\n"
        offset = os.lseek(self._file, 0, os.SEEK_END)
        written = os.write(self._file, line)
        if written < len(line):  # the disk is full; the rest would become a line
            os.ftruncate(self._file, offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        self._places[key] = offset, len(line)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _read(self) -> None:
        """Read the runs that an earlier experiment of the same program finished; damaged lines are skipped."""
        offset, line = 0, b"\n"
        with self._path.open("rb") as lines:
            for line in lines:
                kept = _entry(line)
                if kept is not None and kept["code"] == self._code:
                    self._places[kept["run"]] = offset, len(line)
                offset += len(line)
        if not line.endswith(b"\n"):
            os.write(self._file, b"\n")


def _entry(line: bytes) -> dict[str, Any] | None:
    """Return the entry of a line; None where it was changed."""
    try:
        entry = json.loads(line)
        digest = entry.pop("sha256")
        return entry if digest == digest_of(entry) and {"run", "code", "outcome"} <= set(entry) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


Reader = Callable[["Run"], Outcome]
"""Reads what an experiment needs from a finished run; a function of a module, so that workers can import it."""

FAILED = "failed"
"""The only key of the outcome of a failed run: its message."""

SPREADS = ("standard_error", "interval")
"""Keys of figures that ``tocsin calibrate`` writes, as it writes the ``target`` of a parameter; outcomes do not depend
on them."""

THREADS_FROM = 5e7
"""A run with more people than this uses all cores; smaller ones run in parallel, one on each core."""

FEW_PROVINCE_DAYS = 3_000
"""Provinces times days of a run whose tables take at most about 90 MB. The flagship, at 8 bytes a number, takes 22 to
29 kB for each, pooled at 0.005 and at 0.1, and 26 kB unpooled."""

KILLER = "KilledWorker"
"""The name of a cluster's error for a run whose workers died; Dask may not be installed."""

AHEAD = 3
"""Simulations handed over for each worker, so that none waits for the next; more would only fill memory."""

UNFINISHED = ".run-"
"""Prefix of the folder of a run in progress; the number of the process that makes it follows."""


class Computing(TypedDict, total=False):
    """Keywords of every experiment that decide who makes its runs; results do not depend on them.

    Attributes:
        executor: A ``concurrent.futures.Executor`` that makes them, instead of processes of this machine.
        workers: How many runs are made at once; by default as many as this machine has cores.
        progress: Called with the number of finished runs and the number of all, as they finish.
        verbose: Whether the lines of the log in the experiment's folder also go to standard error.
        days: Called with the scenario of a run that is so large that it is made alone; returns the function that this
            run calls after each of its days.
    """

    executor: Executor | None
    workers: int | None
    progress: Callable[[int, int], None] | None
    verbose: bool
    days: "Callable[[Scenario], Progress] | None"


class Asking(Computing, Options):
    """Keywords of an experiment: who makes its runs (``Computing``), and changes of its scenario (``Options``)."""


def asked(
    function: str,
    scenario: ScenarioLike,
    asking: Mapping[str, Any],
    allowed: Collection[str] = Asking.__optional_keys__,
) -> "tuple[Scenario, Any]":
    """Return the scenario of an experiment with its options, and its other keywords.

    Raises ScenarioError with every mistake, in the words of the command line, and TypeError for an unknown keyword.
    """
    demand_keywords(function, asking, allowed)
    options = {key: value for key, value in asking.items() if key in Options.__optional_keys__}
    others = {key: value for key, value in asking.items() if key not in options}
    return with_options(scenario, **options), others


def demand_keywords(function: str, given: Iterable[str], allowed: Collection[str]) -> None:
    """Raise TypeError for a keyword that a function does not take, as Python does for one that is spelled out."""
    for key in given:
        if key not in allowed:
            raise TypeError(f"{function}() got an unexpected keyword argument {key!r}")


class SimulationError(FailedError):
    """A simulation failed, or its workers were lost; finished runs are kept."""


class MachineError(FailedError):
    """A run failed for lack of disk, memory or a worker: this says nothing about the model, and it is tried again."""


def is_large(scenario: "Scenario") -> bool:
    """Return whether one run of a scenario keeps all cores busy."""
    people = sum(row.population for row in scenario.spec.population.provinces)
    return people * scenario.spec.scale > THREADS_FROM and len(scenario.spec.population.provinces) > 1


class Simulations:
    """Runs scenarios and keeps what ``read`` returns of them, in a journal with a log for people next to it.

    While it makes simulations it holds its folder (``sim.store.folder``). ``asked`` has the keys of all requested
    runs, ``simulated`` counts those that had to be made.
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
        self.log(f"start: {len(self._journal):,} runs in the journal, {self._workers} at a time")

    def telling(self, tell: Callable[[str], None] | None) -> Callable[[str], None]:
        """Return a function that writes a line into the log and passes it to ``tell``."""

        def both(line: str) -> None:
            self.log(line)
            if tell is not None:
                tell(line)

        return both

    def run(self, scenarios: "Iterable[Scenario]", total: int) -> list[Outcome]:
        """Return the outcomes in the order of the scenarios.

        The first failed run raises a SimulationError, as do lost workers.
        """
        return [succeeded(one) for one in self.each(scenarios, total)]

    def each(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> "Outcomes":
        """Return the outcomes in the order of the scenarios; failed runs are among them.

        An outcome among the scenarios is passed through. Lost workers raise a SimulationError; finished runs are kept.
        """
        return Outcomes(self, self._simulate(scenarios, total))

    def _simulate(self, scenarios: "Iterable[Scenario | Outcome]", total: int) -> list[str | Outcome]:
        """Run what the journal lacks; return for each scenario its key, or its outcome if the journal has none."""
        results: list[str | Outcome] = []
        work = _Work(self._workers, self.log)
        self.log(f"{total:,} runs requested")
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
            raise SimulationError(f"lost the workers ({error or type(error).__name__})") from error
        finally:
            for future in work.waiting:
                future.cancel()
        if work.unmade:
            raise SimulationError(
                f"{len(work.unmade):,} of {total:,} runs could not be made on this machine: {work.unmade[0]}"
            )
        return [work.failed.get(one, one) if isinstance(one, str) else one for one in results]

    def _start(self, key: str, scenario: "Scenario", work: "_Work", again: bool = False) -> None:
        """Hand a run over to the workers; a large one is made here, with all cores."""
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
        """Stop the processes, remove what killed ones left, and close journal and log."""
        self._pool.close()
        self._clear()
        self._journal.close()
        self.log(f"end: {self.simulated:,} runs made, {len(self.asked):,} requested")
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.log.ended_by(error)
        self.close()

    def _collect(self, work: "_Work", again: bool = False) -> None:
        """Wait until at least one run in progress is finished; keep the outcomes of all that are."""
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
                work.postpone(key, scenario, f"{KILLER}: several workers died while making it", again)

    def _clear(self, process: int | None = None) -> None:
        """Remove the run folders that a killed process left; those of all processes if None."""
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
    """The runs of one call: those in progress (``waiting``), those to be tried again, those that cannot be made.

    Scenarios and outcomes are held by key. ``unmade`` says why the machine could not make runs at their last attempt,
    ``given_up`` counts those since the last finished run.
    """

    workers: int
    log: Logbook
    waiting: "dict[Future[Timed], tuple[str, Scenario]]" = field(default_factory=dict)
    again: "dict[str, Scenario]" = field(default_factory=dict)
    failed: dict[str, Outcome] = field(default_factory=dict)
    unmade: list[str] = field(default_factory=list)
    given_up: int = 0

    def has(self, key: str) -> bool:
        """Return whether a run is in progress or was tried."""
        return key in self.failed or key in self.again or any(key == other for other, _ in self.waiting.values())

    def postpone(self, key: str, scenario: "Scenario", why: str, again: bool) -> None:
        """Note a run that the machine could not make; raises SimulationError after too many in a row."""
        self.given_up += 1
        self.log.warn(f"run {key[:8]} could not be made{' again' if again else '; it will be tried once more'}: {why}")
        if again:
            self.unmade.append(why)
        else:
            self.again[key] = scenario
        if self.given_up > 2 * AHEAD * self.workers:
            raise SimulationError(f"{self.given_up} runs in a row could not be made on this machine: {why}")


class Outcomes:
    """Outcomes of simulations in the requested order, read from the journal one by one."""

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
    """Make a scenario; where its values do not fit together, return the outcome of a failed run instead."""
    from sim.scenario import ScenarioError

    try:
        return make()
    except ScenarioError as error:
        first = error.mistakes[0]
        return {FAILED: f"no scenario: {first.key}: {first.message}; {first.allowed}"}


def succeeded(outcome: Outcome) -> Outcome:
    """Return an outcome; raises SimulationError for that of a failed run."""
    if FAILED in outcome:
        raise SimulationError(outcome[FAILED])
    return outcome


def key_of(scenario: "Scenario") -> str:
    """Return the hash by which the journal knows a run: that of the scenario, without its calibration and sweep.

    So a calibration that moved no value finds all its runs again, even though it wrote into the scenario's file.
    """
    parts = {name: part for name, part in scenario.resolved.items() if name not in ("calibration", "sweep")}
    parts["figures"] = [{key: one[key] for key in one if key not in SPREADS} for one in parts["figures"]]
    return with_components_digest(digest(_without_targets(parts)), scenario.components)


def _without_targets(node: Any) -> Any:
    """Return a tree of values without the targets of its parameters."""
    if isinstance(node, Mapping):
        of_parameter = "origin" in node
        return {key: _without_targets(one) for key, one in node.items() if not (of_parameter and key == "target")}
    return [_without_targets(one) for one in node] if isinstance(node, list) else node


Timed = tuple[Outcome, float]
"""The outcome of a run, and the seconds it took."""


def timed(
    scenario: "Scenario", read: Reader, parent: Path | None, workers: int, progress: "Progress | None" = None
) -> Timed:
    """Run a scenario as ``simulate`` does, and measure its seconds."""
    started = time.perf_counter()
    outcome = simulate(scenario, read, parent, workers, progress)
    return outcome, time.perf_counter() - started


def simulate(
    scenario: "Scenario", read: Reader, parent: Path | None, workers: int, progress: "Progress | None" = None
) -> Outcome:
    """Return the outcome of a run without events in a temporary folder, or its failure's message under ``FAILED``.

    Raises:
        MachineError: If it failed for lack of disk or memory.
    """
    from sim.running import run, run_without_tables

    try:
        prefix = f"{UNFINISHED}{os.getpid()}-"
        with tempfile.TemporaryDirectory(dir=parent, prefix=prefix, ignore_cleanup_errors=True) as folder:
            try:
                target = Path(folder) / "run"
                if getattr(read, "func", read) in OF_SUMS and _has_few_rows(scenario):
                    with run_without_tables(scenario, target, workers, progress) as made:
                        return read(made)
                return read(run(scenario, target, "none", workers, progress))
            except (FailedError, OverflowError) as error:
                return {FAILED: f"{type(error).__name__}: {error}".replace(folder, "...")}
    except (FolderError, *MACHINE) as error:
        raise MachineError(f"{type(error).__name__}: {error}") from error


def _has_few_rows(scenario: "Scenario") -> bool:
    """Return whether the tables of a run are small enough to be kept in memory."""
    period = scenario.spec.period
    return len(scenario.spec.population.provinces) * ((period.end - period.start).days + 1) <= FEW_PROVINCE_DAYS
