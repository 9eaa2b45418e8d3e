"""Processes of this machine that make runs in parallel, and end with the process that started them.

Each is an interpreter that loads this program and nothing of the caller's. Processes of ``multiprocessing`` would read
the main script again: it would need a guard (``if __name__ == "__main__"``), and ``python - < file`` has no script to
read (docs/rationale.md, "Workers never read your script").

A thread of the caller serves each process, one task at a time through a pipe. A killed process therefore costs only its
current task; the next task of its thread starts another process.
"""

import io
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from operator import attrgetter
from types import FunctionType
from typing import IO, Any, ParamSpec, TypeVar

from sim.base.interrupts import ENDING, put_off

Given = ParamSpec("Given")
Made = TypeVar("Made")

BEGIN = (
    "import sys; sys.path[:] = {path}; sys.argv[:] = {command}; from sim.experiments.processes import serve; serve()"
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
