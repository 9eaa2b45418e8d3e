"""Runs of one folder that are made at once: the same as those made one after the other."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.base.logbook import Logbook
from sim.experiments import paired
from sim.experiments.paired import Making, found_or_made
from sim.experiments.simulations import SimulationError
from sim.reading.run import Run
from sim.store import provenance
from tests.one_process import real_pools

SEEDS = (3, 4, 5, 6)


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    """Have runs made by processes."""
    with real_pools():
        yield


class Alone:
    """Makes runs in this process, and knows which."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def __call__(self, scenario: sim.Scenario, place: Path) -> Run:
        """Run a scenario."""
        self.seeds.append(scenario.spec.seed)
        return sim.run(scenario, place, workers=1)


def made(folder: Path, alone: Alone, at_once: int) -> list[Run]:
    """Return runs of ``tiny`` that are found in a folder, or made there."""
    period = {"period": "{start: 2022-01-24, end: 2022-01-25, warmup: 1 d}"}
    wanted = ((sim.load_scenario("tiny", period, seed=seed), folder / str(seed)) for seed in SEEDS)
    return list(found_or_made(wanted, Making(alone, at_once), Logbook()))


def tables(runs: list[Run]) -> list[dict[str, str]]:
    """Return the hashes of the files of each run, apart from its log."""
    return [run.manifest["files"] for run in runs]


@pytest.mark.slow
def test_runs_made_at_once_are_those_made_one_after_the_other(tmp_path: Path) -> None:
    first, second, third = Alone(), Alone(), Alone()
    in_turn = made(tmp_path / "in turn", first, 1)
    at_once = made(tmp_path / "at once", second, 2)
    assert (first.seeds, second.seeds) == (list(SEEDS), [])
    assert [run.manifest["seed"] for run in at_once] == list(SEEDS)
    assert tables(at_once) == tables(in_turn)
    assert {run.manifest["command"] for run in at_once} == {provenance.command()}
    assert len({str(one) for one in tables(at_once)}) == len(SEEDS)
    # Nobody makes what is there.
    assert tables(made(tmp_path / "in turn", third, 2)) == tables(in_turn)
    assert third.seeds == []


@pytest.mark.slow
def test_the_run_that_compiles_and_those_that_keep_all_cores_busy_are_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiling, large = Alone(), Alone()
    monkeypatch.setattr(paired, "is_compiled", lambda engine: bool(compiling.seeds))
    made(tmp_path / "compiling", compiling, 2)
    assert compiling.seeds == [SEEDS[0]]
    monkeypatch.setattr(paired, "is_large", lambda scenario: True)
    made(tmp_path / "large", large, 2)
    assert large.seeds == list(SEEDS)


def killed(scenario: sim.Scenario, place: Path, verbose: bool) -> None:
    """Make a run; the process of one of them is killed."""
    if scenario.spec.seed == SEEDS[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    sim.run(scenario, place, workers=1, verbose=verbose)


@pytest.mark.slow
def test_a_killed_process_is_told_and_costs_only_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "_make_in_process", killed)
    with pytest.raises(SimulationError, match="4: the process that made it was killed"):
        made(tmp_path, Alone(), 2)
    monkeypatch.undo()
    again = Alone()
    assert len(made(tmp_path, again, 1)) == len(SEEDS)
    assert SEEDS[1] in again.seeds
    assert SEEDS[0] not in again.seeds
