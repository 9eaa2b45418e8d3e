"""Processes of this machine that make runs side by side, and end with the one that asked for them."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")


class Processes:
    """A pool of processes that begins with its first task, and anew after one of them was killed."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> "Future[Made]":
        """Hand over a task; raises BrokenExecutor where a process was killed and the pool was not dropped yet."""
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            with _masked(signal.SIGHUP):  # Python's tracker of semaphores begins here, and is to outlive a hangup
                self._pool = ProcessPoolExecutor(self._number, mp_context=spawn, initializer=_follow_parent)
        # Any task may be the first of a process: until it has loaded the program, an interrupt of the whole group would
        # show as its traceback. The parent hears it, waits for all of them, and tells.
        with _masked(signal.SIGINT, signal.SIGHUP):
            return self._pool.submit(task, *given, **named)

    def drop(self) -> None:
        """Let go of processes of which one was killed; the next task gets new ones."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def close(self) -> None:
        """Wait for the tasks under way and stop."""
        if self._pool is not None:
            # An interrupt within this wait, such as a second one, would leave processes of which nobody is told to end.
            with _masked(signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                self._pool.shutdown(cancel_futures=True)


@contextmanager
def _masked(*signals: signal.Signals) -> Iterator[None]:
    """Let signals wait meanwhile; processes that begin inherit that for good."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow_parent() -> None:
    """Leave interrupts to the parent process, which waits for the runs under way; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
