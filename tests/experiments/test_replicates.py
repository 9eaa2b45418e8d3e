"""Runs of one folder that are made at once: the same as those made one after the other."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.failures import Logbook
from sim.experiments import paired
from sim.experiments.paired import found_or_made
from sim.experiments.simulations import SimulationError
from sim.reading.run import Run
from sim.running import run
from sim.store import folder as provenance
from tests.one_process import real_pools

SEEDS = (3, 4, 5, 6)


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    """Have runs made by processes."""
    with real_pools():
        yield


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of runs that are made in this process."""
    seeds = []

    def made_here(scenario: sim.Scenario, place: Path, **more: Any) -> Run:
        seeds.append(scenario.spec.seed)
        return run(scenario, place, **more)

    monkeypatch.setattr(paired, "run", made_here)
    return seeds


def made(folder: Path, at_once: int) -> list[Run]:
    """Return runs of ``tiny`` that are found in a folder, or made there."""
    period = {"period": "{start: 2022-01-24, end: 2022-01-25, warmup: 1 d}"}
    wanted = ((sim.load_scenario("tiny", period, seed=seed), folder / str(seed)) for seed in SEEDS)
    return list(found_or_made(wanted, Logbook(), at_once))


def tables(runs: list[Run]) -> list[dict[str, str]]:
    """Return the hashes of the files of each run, apart from its log."""
    return [run.manifest["files"] for run in runs]


@pytest.mark.slow
def test_runs_made_at_once_are_those_made_one_after_the_other(tmp_path: Path, alone: list[int]) -> None:
    in_turn = made(tmp_path / "in turn", 1)
    at_once = made(tmp_path / "at once", 2)
    assert alone == [*SEEDS]
    assert [run.manifest["seed"] for run in at_once] == list(SEEDS)
    assert tables(at_once) == tables(in_turn)
    assert {run.manifest["command"] for run in at_once} == {provenance.command()}
    assert len({str(one) for one in tables(at_once)}) == len(SEEDS)
    # Nobody makes what is there.
    assert tables(made(tmp_path / "in turn", 2)) == tables(in_turn)
    assert alone == [*SEEDS]


@pytest.mark.slow
def test_the_run_that_compiles_and_those_that_keep_all_cores_busy_are_made_here(
    tmp_path: Path, alone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired, "is_compiled", lambda engine: bool(alone))
    made(tmp_path / "compiling", 2)
    assert alone == [SEEDS[0]]
    monkeypatch.setattr(paired, "is_large", lambda scenario: True)
    made(tmp_path / "large", 2)
    assert alone == [SEEDS[0], *SEEDS]


def killed(scenario: sim.Scenario, place: Path, verbose: bool) -> None:
    """Make a run; the process of one of them is killed."""
    if scenario.spec.seed == SEEDS[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    sim.run(scenario, place, workers=1, verbose=verbose)


@pytest.mark.slow
def test_a_killed_process_is_told_and_costs_only_its_run(
    tmp_path: Path, alone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(paired, "make", killed)
        with pytest.raises(SimulationError, match="4: the process that made it was killed"):
            made(tmp_path, 2)
    assert len(made(tmp_path, 1)) == len(SEEDS)
    assert SEEDS[1] in alone
    assert SEEDS[0] not in alone
