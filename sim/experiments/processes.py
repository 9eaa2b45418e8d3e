"""Processes of this machine that make runs side by side, and end with the one that asked for them.

Each is an interpreter that loads this program and nothing of the caller's. Those of ``multiprocessing`` read the main
script again, which then must guard what it does (``if __name__ == "__main__"``), and cannot begin where there is none
to read, as with ``python - < file``. docs/rationale.md says what else was weighed ("Workers never read your script").

A thread of the caller's speaks to each: it hands over one task at a time through a pipe and waits for what comes of it.
A process that is killed therefore costs the one task that it was at, and the next task of its thread begins another.
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

BEGIN = "import sys; sys.path[:] = {path}; from sim.experiments.processes import serve; serve()"
"""The program of a process: it finds modules where the caller finds them."""

ENDED = (EOFError, OSError, pickle.UnpicklingError)
"""What reading from a pipe, or writing into one, raises once nobody is at its other end."""


class KilledError(BrokenExecutor):
    """A process ended before its task was done.

    Attributes:
        process: Its number, by which what it left can be known.
    """

    def __init__(self, why: str, process: int) -> None:
        super().__init__(why)
        self.process = process


class Processes:
    """A pool of processes that begins with its first task; one that was killed is replaced."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._threads: ThreadPoolExecutor | None = None
        self._own = threading.local()
        self._begun: list[_Process] = []

    def submit(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> "Future[Made]":
        """Hand over a task: a function of a module, and what can be pickled.

        Returns:
            What comes of it; a KilledError where the process that was at it is gone or cannot begin, a PicklingError
            for a function of the main script, which processes do not read.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._number, "runs")
        # Threads that begin here, and their processes, never hear an interrupt or a hangup of the whole group. The
        # caller hears it, waits for all of them, and tells.
        with _masked(signal.SIGINT, signal.SIGHUP):
            return self._threads.submit(self._do, task, given, named)

    def _do(self, task: Callable[..., Made], given: tuple[Any, ...], named: dict[str, Any]) -> Made:
        """Have a task done by the process of this thread."""
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

    def close(self) -> None:
        """Wait for the tasks under way and stop."""
        # An interrupt within this wait, such as a second one, would leave processes of which nobody is told to end.
        with put_off(*ENDING):
            if self._threads is not None:
                self._threads.shutdown(cancel_futures=True)
            for process in self._begun:
                process.end()
            self._begun.clear()
            self._threads = None
            self._own = threading.local()

    @property
    def numbers(self) -> list[int]:
        """The numbers of all processes that have begun."""
        return [process.number for process in self._begun]


class _Process:
    """A process as its thread sees it: its number, and the pipes to and from it."""

    def __init__(self) -> None:
        path = ascii([one for one in sys.path if isinstance(one, str)])
        command = [sys.executable, "-P", "-c", BEGIN.format(path=path)]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise KilledError(f"it cannot begin: {error}", 0) from error
        self.number = self._process.pid

    def is_gone(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    def answer(self, asked: bytes) -> bytes:
        """Return what it makes of a task; raises KilledError where it is gone."""
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
        """Let it end, which it does when nothing more can come, and wait until it has."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()


class _Pickler(pickle.Pickler):
    """Names functions of a program that was begun as a module (``python -m``) by the name of that module."""

    def reducer_override(self, one: Any) -> Any:
        """Return how a function of the main script is found elsewhere; of all else, that it is pickled as ever."""
        if not (isinstance(one, FunctionType) and one.__module__ == "__main__"):
            return NotImplemented
        spec = sys.modules["__main__"].__spec__
        if spec is None:
            raise pickle.PicklingError(f"{one.__qualname__} is a function of the main script; use that of a module")
        return _function, (spec.name, one.__qualname__)


def _function(module: str, name: str) -> Any:
    return attrgetter(name)(import_module(module))


def _pickled(one: Any) -> bytes:
    """Return what can be read where the main script is another."""
    file = io.BytesIO()
    _Pickler(file).dump(one)
    return file.getvalue()


class _ThereError(Exception):
    """Where in a process an error arose, as Python shows it."""

    def __init__(self, trace: str) -> None:
        super().__init__(f"\n{trace}")


@contextmanager
def _masked(*signals: signal.Signals) -> Iterator[None]:
    """Let signals wait meanwhile; threads and processes that begin inherit that for good."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve() -> None:
    """Do one task after the other, as a process of a pool, until the one that asks has no more, or is gone."""
    asking, answering = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Tasks that print, or read what is typed, are to disturb neither.
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asking, tasks), daemon=True).start()
    while True:
        pickle.dump(_answer(tasks.get()), answering)
        answering.flush()


def _listen(asking: IO[bytes], tasks: "queue.SimpleQueue[bytes]") -> None:
    """Take tasks as they come, and end this process when none can come any more, whatever it is at."""
    with suppress(*ENDED):
        while True:
            tasks.put(pickle.load(asking))
    os._exit(1)


def _answer(asked: bytes) -> bytes:
    """Do a task; return whether it was done, what was made of it or raised, and where that arose."""
    try:
        task, given, named = pickle.loads(asked)
        return pickle.dumps((True, task(*given, **named), ""))
    except BaseException as error:
        trace = traceback.format_exc()
        try:
            sent = pickle.dumps((False, error, trace))
            pickle.loads(sent)
            return sent
        except Exception:  # an error of a library may be none that can be sent
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}"), trace))
