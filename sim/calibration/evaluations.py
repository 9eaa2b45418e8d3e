"""Simulations that a calibration asks for: run side by side, each kept in a journal as soon as it is finished."""

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sim.calibration.levels import Level
from sim.draws.compiled import sources_digest
from sim.scenario import Scenario
from sim.scenario.load import digest

Outcome = dict[str, Any]
"""What is kept of a run: ``figures`` (in the order of the scenario, null where there is none) and ``evidence``."""

NO_RESULT = frozenset({"cli", "calibration", "experiments", "progress.py"})
"""Sources that change no outcome; a change of any other makes the journal start anew."""

UNFINISHED = ".run-"
"""How the folder of a run under way begins."""

Values = Mapping[str, Any]


def figures_of(outcomes: Sequence[Outcome]) -> npt.NDArray[np.float64]:
    """Give the figures of runs, (runs, figures), NaN where there is none."""
    rows = [[np.nan if value is None else value for value in outcome["figures"]] for outcome in outcomes]
    return np.array(rows, dtype=np.float64)


@dataclass(frozen=True)
class Task:
    """One run: a level, a seed, and values at dotted keys."""

    level: Level
    seed: int
    values: Values


class Evaluations:
    """Runs tasks and remembers them.

    The journal is a text file, one line a finished run, under the hashes of its resolved scenario and of the program's
    sources: whatever is asked for twice, now or after an interruption, is simulated once. ``asked`` holds the keys of
    all runs that were asked for, ``simulated`` counts those that had to be made. ``progress`` is told how many of the
    tasks at hand are done.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.simulated = 0
        self.asked: set[str] = set()
        self._folder = folder
        self._workers = workers or os.cpu_count() or 1
        self._progress = progress
        self._code = sources_digest(NO_RESULT)
        self._known: dict[str, Outcome] = {}
        self._pool: ProcessPoolExecutor | None = None
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{UNFINISHED}*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._path = folder / "journal.jsonl"
        self._read()
        self._journal = self._path.open("a", encoding="utf-8")
        if self._cut:
            self._journal.write("\n")

    def run(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Give the outcome of each task, in their order."""
        scenarios = [task.level.scenario(self.scenario, task.seed, task.values) for task in tasks]
        keys = [_key(one) for one in scenarios]
        self.asked.update(keys)
        missing = {
            key: (one, task.level)
            for key, one, task in zip(keys, scenarios, tasks, strict=True)
            if key not in self._known
        }
        done = len(tasks) - len(missing)
        self._tell(done, len(tasks))
        waiting: dict[Future[Outcome], str] = {}
        for key, (one, level) in missing.items():
            if not level.is_large(self.scenario):
                waiting[self._processes().submit(simulated, one, self._folder, 1)] = key
                continue
            self._keep(key, simulated(one, self._folder, self._workers))
            done += 1
            self._tell(done, len(tasks))
        for future in as_completed(waiting):
            self._keep(waiting[future], future.result())
            done += 1
            self._tell(done, len(tasks))
        return [self._known[key] for key in keys]

    def possible(self, task: Task) -> bool:
        """Whether a task's values make a scenario."""
        from pydantic import ValidationError

        try:
            task.level.scenario(self.scenario, task.seed, task.values)
        except ValidationError:
            return False
        return True

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

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, mp_context=spawn, initializer=_follow)
        return self._pool

    def _read(self) -> None:
        """Read what an earlier calibration of the same program has finished; a line cut short is none."""
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        self._cut = not text.endswith("\n") and text != ""
        for line in text.splitlines():
            try:
                kept = json.loads(line)
            except ValueError:
                continue
            if kept["code"] == self._code:
                self._known[kept["run"]] = kept["outcome"]

    def _keep(self, key: str, outcome: Outcome) -> None:
        self._known[key] = outcome
        self.simulated += 1
        line = json.dumps({"run": key, "code": self._code, "outcome": outcome}, allow_nan=False)
        self._journal.write(line + "\n")
        self._journal.flush()

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)


def _key(scenario: Scenario) -> str:
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


def simulated(scenario: Scenario, folder: Path, workers: int) -> Outcome:
    """Run a scenario below a folder, keep what its tables say, and remove them."""
    from sim.running import run

    with tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED, ignore_cleanup_errors=True) as place:
        manifest = run(scenario, Path(place) / "run", events="none", workers=workers).manifest
    return {
        "figures": [figure["simulated"] for figure in manifest["figures"]],
        "evidence": [row["simulated"] for row in manifest.get("evidence", [])],
    }
