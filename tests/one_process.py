"""Runs of experiments, replicates and comparisons, made by the process that asks for them.

A pool begins with processes that load the program anew, which takes longer than a dozen runs of a few days. What pools
do is tested where it matters (``real_pools``, and commands that tests start as processes); all else is the same whoever
makes the runs.
"""

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from sim.experiments.simulations import Given, Made, Processes

POOLS = ("sim.experiments.simulations.Processes", "sim.experiments.paired.Processes")


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


@contextmanager
def _pools(kind: type[Processes]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for pool in POOLS:
            patch.setattr(pool, kind)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_process() -> Iterator[None]:
    """Let all tests, and what they share, make runs in their own process."""
    with _pools(OneProcess):
        yield


@contextmanager
def real_pools() -> Iterator[None]:
    """Have runs made by pools of processes, as users have them, where that is what is tested."""
    with _pools(Processes):
        yield
