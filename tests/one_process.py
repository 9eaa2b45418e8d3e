"""Runs of experiments, made by the process that asks for them.

A pool begins with processes that load the program anew, which takes longer than a dozen runs of a few days. What pools
do is tested where it matters (``real_pools``); all else is the same whoever makes the runs.
"""

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from sim.experiments.processes import Given, Made, Processes

POOL = "sim.experiments.simulations.Processes"


class OneProcess(Processes):
    """A pool without processes: each task is done when it is handed over, and takes and gives what can be sent."""

    def submit(self, task: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> "Future[Made]":
        """Do a task."""
        future: Future[Made] = Future()
        sent, words = pickle.loads(pickle.dumps((given, named)))
        try:
            future.set_result(pickle.loads(pickle.dumps(task(*sent, **words))))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="package", autouse=True)
def one_process() -> Iterator[None]:
    """Let the tests of a package, and what they share, make runs in their own process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(POOL, OneProcess)
        yield


@contextmanager
def real_pools() -> Iterator[None]:
    """Have runs made by pools of processes, as users have them, where that is what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(POOL, Processes)
        yield
