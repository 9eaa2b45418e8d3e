"""Two groups of tests: the quick one, which holds every law once, and ``slow``, which is for what needs longer.

``pytest`` runs the quick group, ``pytest -m slow`` the other; ``.ci/run`` runs one after the other. The browser and
axe-core are here so that a session opens one browser, whatever pages it is for.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryDirectory

# Threads of linear algebra wait for each other busily where tests share the cores: matrices of ours take one thread.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pytest
from hypothesis import HealthCheck, settings

from sim.draws.compiled import IS_COMPILED, is_compiled
from sim.language import Terms, telling_in
from sim.scenario import ScenarioModel, load_scenario
from tests.browser import axe, chromium
from tests.one_process import one_process

__all__ = ["axe", "chromium", "one_process"]

# Nothing depends on luck or load: the same examples every time, and however long each of them takes.
settings.register_profile(
    "tocsin", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tocsin")

# Workers of xdist tell whatever they start that terminals have 80 columns; tests that mean so many say it themselves.
os.environ.pop("COLUMNS", None)

# No test pulls the plug: to wait for the disk would tell nothing.
os.fsync = lambda _file: None


@pytest.fixture
def in_yuan() -> Iterator[None]:
    """Tell money in yuan, as what belongs to a run of the flagship does."""
    with telling_in(Terms("yuan")):
        yield


@pytest.fixture(scope="session")
def tiny() -> ScenarioModel:
    """The scenario of the tests."""
    return load_scenario("tiny").spec


COMPILING = pytest.StashKey[ExitStack]()
"""Processes that compile, which are waited for where this is closed."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile both engines while processes collect the tests that they share: each would compile all of it again."""
    shared = getattr(session.config.option, "numprocesses", None) and not hasattr(session.config, "workerinput")
    missing = [engine for engine in ("vector", "reference") if not is_compiled(engine)]
    compiling = session.config.stash[COMPILING] = ExitStack()
    if not (shared and missing and IS_COMPILED):
        return
    folder = compiling.enter_context(TemporaryDirectory())
    for engine in missing:
        command = [sys.executable, "-m", "sim", "run", "tiny", "--out", f"{folder}/{engine}", "--engine", engine]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        compiling.callback(run.wait)


def pytest_collection_finish() -> None:
    """Let the collector leave alone what all tests share: to look through it again took a quarter of their time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Let no test begin before both engines are compiled."""
    session.config.stash.get(COMPILING, ExitStack()).close()
