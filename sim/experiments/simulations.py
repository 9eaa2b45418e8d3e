"""The runs that an experiment, a calibration or a studio requests, made in parallel, and each kept once it is finished.

The processes of this machine that make them end with the process that started them. Each is an interpreter that loads
this program and nothing of the caller's. Processes of ``multiprocessing`` would read the main script again: it would
need a guard (``if __name__ == "__main__"``), and ``python - < file`` has no script to read (docs/rationale.md, "Workers
never read your script").

A thread of the caller serves each process, one task at a time through a pipe. A killed process therefore costs only its
current task; the next task of its thread starts another process.

The outcome of each finished run is a file, so that no run is made twice. It is named by the hash of the resolved
scenario and of the program's sources.

A ``concurrent.futures.Executor`` decides where runs are made: processes of this machine, or workers of a cluster.
Outcomes do not depend on it: they come in the requested order, and a run that is requested twice, now or after an
interruption, is simulated once. Runs that the machine could not make are retried.
"""

import json
import logging
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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, ParamSpec, Self, TypedDict, TypeVar

from sim.base.caches import program_digest
from sim.base.failures import ENDING, MACHINE, FailedError, Logbook, RefusedError, put_off
from sim.experiments.store import OUTCOMES, complete
from sim.reading.run import OF_SUMS, Outcome
from sim.scenario.load import Options, ScenarioLike, digest, with_options
from sim.scenario.resolved import with_components_digest
from sim.store.folder import FolderError, read_map, whole

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
    """A process ended before its task was done, or cannot start."""


class Processes:
    """A pool of processes that starts with its first task and replaces killed processes."""

    def __init__(self, number: int) -> None:
        self._threads = ThreadPoolExecutor(number, "runs")
        self._own = threading.local()
        self._begun: list[subprocess.Popen[bytes]] = []

    def submit(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> "Future[Made]":
        """Submit a task: a function, and arguments that can be pickled.

        Returns:
            Its result; a KilledError where the process died or cannot start.
        """
        # Threads that start here, and their processes, never receive an interrupt or hangup of the whole group. The
        # caller receives it, waits for all of them, and reports it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))
        try:
            return self._threads.submit(self._do, task, given, named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _do(self, task: Callable[..., Made], given: tuple[Any, ...], named: dict[str, Any]) -> Made:
        """Execute a task in the process of this thread."""
        import cloudpickle

        asked = cloudpickle.dumps((task, given, named))  # functions of the main script go along whole
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        try:
            if process is None or process.poll() is not None:
                path = ascii([one for one in sys.path if isinstance(one, str)])
                command = [sys.executable, "-P", "-c", BEGIN.format(path=path, command=ascii(sys.argv))]
                process = self._own.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                self._begun.append(process)
            assert process.stdin is not None
            assert process.stdout is not None
            pickle.dump(asked, process.stdin)
            process.stdin.flush()
            answered: bytes = pickle.load(process.stdout)
        except ENDED as error:
            how = f"it cannot start: {error}"
            if process is not None:
                process.kill()
                code = process.wait()
                how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            raise KilledError(f"the process that made it was killed ({how})") from None
        made: Made
        made, failure, trace = pickle.loads(answered)
        if failure is not None:
            raise failure from RuntimeError(f"\n{trace}")
        return made

    def close(self, at_once: bool = False) -> None:
        """Wait for the tasks in progress, or kill their processes ``at_once``; then stop."""
        # An interrupt during this wait, such as a second one, would leave processes that nobody ends.
        with put_off(*ENDING):
            self._threads.shutdown(wait=False, cancel_futures=True)
            for process in self._begun if at_once else ():
                process.kill()
            self._threads.shutdown()
            for process in self._begun:
                process.communicate()  # it ends when nobody can ask it any more

    @property
    def numbers(self) -> list[int]:
        """The numbers of all processes that were started."""
        return [process.pid for process in self._begun]


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
    """Execute a task; return its result, its error and the traceback."""
    try:
        task, given, named = pickle.loads(asked)
        return pickle.dumps((task(*given, **named), None, ""))
    except BaseException as error:
        trace = traceback.format_exc()
        try:
            sent = pickle.dumps((None, error, trace))
            pickle.loads(sent)
            return sent
        except Exception:  # some errors of libraries cannot be sent
            return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}"), trace))


class ClusterError(RefusedError):
    """The cluster cannot be reached, or Dask is not installed."""


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Yield the Dask cluster of a scheduler (``tcp://host:8786``) as an executor, and how many runs it makes at a time.

    Its workers need this program installed.

    Raises:
        ClusterError: If there is no such cluster, or Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("Dask is not installed; run pip install '.[cluster]' in the checkout") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"cannot reach a Dask scheduler at {address} ({error}); give the address of one, for example tcp://host:8786"
        ) from None
    with client:
        try:
            yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
        except BaseException:
            # The command ends. Outcomes that workers are sending fail with the connection, and Dask would log each one.
            logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
            raise


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
"""Prefix of the folders of runs in progress; the number of the process that makes one follows."""


class Computing(TypedDict, total=False):
    """Keywords of every experiment that decide who makes its runs; results do not depend on them.

    Attributes:
        executor: A ``concurrent.futures.Executor`` that makes them, instead of processes of this machine.
        workers: How many runs are made at once; by default as many as this machine has cores.
        progress: Called with the number of finished runs and the number of all, as they finish.
        verbose: Whether the lines of the log in the experiment's folder also go to standard error.
        days: Called with the scenario of a run that is so large that it is made alone; returns the function that this
            run calls after each of its days.
        begun: Called with the folder of the experiment, from which an interrupted one resumes.
    """

    executor: Executor | None
    workers: int | None
    progress: Callable[[int, int], None] | None
    verbose: bool
    days: "Callable[[Scenario], Progress] | None"
    begun: Callable[[Path], Any]


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
    """Runs scenarios and keeps what ``read`` returns of each in a file of its folder, next to a log for people.

    ``asked`` has the keys of all requested runs, ``simulated`` counts those that had to be made.
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
        begun: Callable[[Path], Any] = lambda folder: None,
    ) -> None:
        begun(folder)
        self.simulated = 0
        self.asked: set[str] = set()
        self._folder, self._outcomes = folder, folder / OUTCOMES
        self._reader = read
        self._workers = workers or os.cpu_count() or 1
        self._executor = executor
        self._progress = progress or (lambda done, total: None)
        self._days = days
        self._pool = Processes(self._workers)
        self._outcomes.mkdir(parents=True, exist_ok=True)
        self._clear()
        self.log = Logbook(folder, verbose)
        self.log(f"start: {len(os.listdir(self._outcomes)):,} runs are finished, {self._workers} at a time")

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

        An outcome among the scenarios is passed through.

        Raises:
            SimulationError: For lost workers; finished runs are kept.
        """
        results: list[Path | Outcome] = []
        self._waiting: dict[Future[Timed], tuple[Path, Scenario]] = {}
        self._failed: dict[Path, Outcome] = {}  # tried again by the next one who asks
        self._again: dict[Path, Scenario] = {}
        self._unmade: list[str] = []
        self._given_up = 0
        begun = set()

        def collect(most: int) -> None:
            """Keep the outcomes of finished runs until at most so many are in progress."""
            while len(self._waiting) > most:
                self._progress(len(results) - len(self._waiting), total)
                for future in wait(self._waiting, return_when=FIRST_COMPLETED)[0]:
                    self._finish(*self._waiting.pop(future), future.result)

        self.log(f"{total:,} runs requested")
        self._progress(0, total)
        try:
            for one in scenarios:
                if isinstance(one, dict):
                    results.append(one)
                    continue
                key = key_of(one)
                self.asked.add(key)
                file = self._outcomes / f"{key}.json"
                results.append(file)
                if file in begun or file.exists():
                    continue
                begun.add(file)
                self._start(file, one)
                collect(AHEAD * self._workers - 1)
                self._progress(len(results) - len(self._waiting), total)
            collect(0)
            for file, one in self._again.items():
                self._start(file, one)
                collect(0)
            self._progress(total, total)
        except (BrokenExecutor, CancelledError) as error:
            raise SimulationError(f"lost the workers ({error or type(error).__name__})") from error
        finally:
            for future in self._waiting:
                future.cancel()
        if self._unmade:
            raise SimulationError(
                f"{len(self._unmade):,} of {total:,} runs could not be made on this machine: {self._unmade[0]}"
            )
        return Outcomes([self._failed.get(one, one) if isinstance(one, Path) else one for one in results])

    def _start(self, file: Path, scenario: "Scenario") -> None:
        """Hand a run over to the workers; a large one is made here, with all cores."""
        if self._executor is not None:
            self._waiting[self._executor.submit(simulate, scenario, self._reader, None, 1)] = file, scenario
        elif is_large(scenario):
            days = None if self._days is None else self._days(scenario)
            self._finish(file, scenario, lambda: simulate(scenario, self._reader, self._folder, self._workers, days))
        else:
            self._waiting[self._pool.submit(simulate, scenario, self._reader, self._folder, 1)] = file, scenario

    def _finish(self, file: Path, scenario: "Scenario", made: "Callable[[], Timed]") -> None:
        """Keep the outcome of a run, or note that the machine could not make it: too many of those end the work."""
        try:
            self._keep(file, *made())
        except Exception as error:
            if not isinstance(error, MachineError | KilledError) and type(error).__name__ != KILLER:
                raise
            self._given_up += 1
            if file in self._again:
                self._unmade.append(str(error))
            what = "could not be made again" if file in self._again else "could not be made; it will be tried once more"
            self.log.warn(f"run {file.name[:8]} {what}: {error}")
            self._again.setdefault(file, scenario)
            if self._given_up > 2 * AHEAD * self._workers:
                raise SimulationError(
                    f"{self._given_up} runs in a row could not be made on this machine: {error}"
                ) from error

    def _keep(self, file: Path, outcome: Outcome, seconds: float) -> None:
        self.simulated += 1
        self._given_up = 0
        if FAILED in outcome:
            self.log.warn(f"run {file.name[:8]} failed after {seconds:.3f} s: {outcome[FAILED]}")
            self._failed[file] = outcome
            return
        self.log(f"run {file.name[:8]} done in {seconds:.3f} s, {self.simulated:,} made")
        with whole(file, durable=False) as unfinished:
            unfinished.write_text(json.dumps(outcome, allow_nan=False), encoding="utf-8")

    def _clear(self) -> None:
        """Remove the folders of runs that killed processes left."""
        for left in self._folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.log.ended_by(error)
        self._pool.close()
        self._clear()
        self.log(f"end: {self.simulated:,} runs made, {len(self.asked):,} requested")
        self.log.close()


def make_tables(
    folder: Path,
    kind: str,
    read: Reader,
    tables: Sequence[str],
    make: Callable[[Simulations], None],
    warnings: Sequence[str],
    computing: Mapping[str, Any],
) -> None:
    """Let ``make`` request runs and write the tables of an experiment into its claimed folder, unless they are there.

    ``read`` reads what is needed of a run. ``warnings`` are what a reader must know before they read the tables, in
    English. ``computing`` has the keywords of ``Computing``.
    """
    if "begun" in computing:
        computing["begun"](folder)

    def made() -> None:
        with Simulations(folder, read, **computing) as simulations:
            make(simulations)

    complete(folder, kind, tables, made, warnings)


class Outcomes:
    """Outcomes of simulations in the requested order, each read from its file when it is next; it can be repeated."""

    def __init__(self, results: list[Path | Outcome]) -> None:
        self._results = results

    def __iter__(self) -> Iterator[Outcome]:
        """Yield one outcome after the other."""
        for one in self._results:
            yield read_map(one) if isinstance(one, Path) else one


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
    """Return the hash of a run: of the program, and of its scenario without its calibration and sweep.

    So a calibration that moved no value finds all its runs again, even though it wrote into the scenario's file.
    """
    parts = {name: part for name, part in scenario.resolved.items() if name not in ("calibration", "sweep")}
    parts["figures"] = [{key: one[key] for key in one if key not in SPREADS} for one in parts["figures"]]
    parts["program"] = program_digest()
    return with_components_digest(digest(_without_targets(parts)), scenario.components)


def _without_targets(node: Any) -> Any:
    """Return a tree of values without the targets of its parameters."""
    if isinstance(node, Mapping):
        of_parameter = "origin" in node
        return {key: _without_targets(one) for key, one in node.items() if not (of_parameter and key == "target")}
    return [_without_targets(one) for one in node] if isinstance(node, list) else node


Timed = tuple[Outcome, float]
"""The outcome of a run, and the seconds it took."""


def simulate(
    scenario: "Scenario", read: Reader, parent: Path | None, workers: int, progress: "Progress | None" = None
) -> Timed:
    """Return the outcome of a run without events in a temporary folder, or its failure's message under ``FAILED``.

    Raises:
        MachineError: If it failed for lack of disk or memory.
    """
    from sim.running import run, run_without_tables

    started = time.perf_counter()
    spec = scenario.spec
    days = (spec.period.end - spec.period.start).days + 1
    is_small = len(spec.population.provinces) * days <= FEW_PROVINCE_DAYS  # its tables can be kept in memory
    try:
        prefix = f"{UNFINISHED}{os.getpid()}-"
        with tempfile.TemporaryDirectory(dir=parent, prefix=prefix, ignore_cleanup_errors=True) as folder:
            try:
                target = Path(folder) / "run"
                if is_small and getattr(read, "func", read) in OF_SUMS:
                    with run_without_tables(scenario, target, workers, progress) as made:
                        outcome = read(made)
                else:
                    outcome = read(run(scenario, target, "none", workers, progress))
            except (FailedError, OverflowError) as error:
                outcome = {FAILED: f"{type(error).__name__}: {error}".replace(folder, "...")}
    except (FolderError, *MACHINE) as error:
        raise MachineError(f"{type(error).__name__}: {error}") from error
    return outcome, time.perf_counter() - started
