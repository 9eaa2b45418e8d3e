"""Nothing that was finished is lost: by a kill, a full disk, a lost worker, a second process in the same folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sim
from sim.base.failures import LOG, MACHINE
from sim.experiments.simulations import SimulationError, Simulations
from sim.experiments.store import OUTCOMES
from sim.store.folder import FolderError, holding
from tests.cli.commands import SHORT, Tocsin, start, tocsin, wait_for
from tests.one_process import real_pools

__all__ = ["tocsin"]

KEY, VALUE = "period", "{start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"
STAFF = "desks.visit.staff"
FOUR = {STAFF: [1, 2, 3, 4]}
TWO = ["tiny", "--set", f"{KEY}={VALUE}", "--scale", "0.1", "--replicates", "2"]
SWEEP = ["sweep", "tiny", "--set", f"{KEY}={VALUE}", "--vary", f"{STAFF}=1,2,3,4", "--workers", "1", "--out", "sweep"]
"""The sweep of these tests as a command."""


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny", {KEY: VALUE})


@pytest.fixture(scope="module")
def undisturbed(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the catalogue of the four runs."""
    place = tmp_path_factory.mktemp("undisturbed") / "sweep"
    swept(tiny, place)
    return (place / "catalogue.parquet").read_bytes()


def swept(tiny: sim.Scenario, place: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        sim.sweep(tiny, FOUR, folder=place, executor=executor, workers=1)


def kept(place: Path) -> list[str]:
    """Return the outcomes that are kept."""
    return os.listdir(place / OUTCOMES)


def test_what_fails_for_want_of_machine_is_no_row_and_is_made_the_next_time(
    tiny: sim.Scenario, undisturbed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, tried = sim.running._run, []

    def failing(scenario: sim.Scenario, *arguments: object, **more: object) -> object:
        tried.append(staff_of(scenario))
        if tried[-1] == 3:
            raise OSError(28, "No space left on device")
        return run(scenario, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("sim.running._run", failing)
    with pytest.raises(SimulationError, match="1 of 4 runs could not be made on this machine: "):
        swept(tiny, tmp_path / "sweep")
    assert tried == [1, 2, 3, 4, 3]
    assert not (tmp_path / "sweep" / "catalogue.parquet").exists()
    assert len(kept(tmp_path / "sweep")) == 3
    monkeypatch.setattr("sim.running._run", lambda one, *a, **b: tried.append(staff_of(one)) or run(one, *a, **b))
    swept(tiny, tmp_path / "sweep")
    assert tried == [1, 2, 3, 4, 3, 3]
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == undisturbed


def staff_of(scenario: sim.Scenario) -> object:
    return sim.scenario.resolved.plain(sim.scenario.load.value_at(scenario.resolved, STAFF))


def test_what_fails_for_want_of_machine_once_is_tried_again(
    tiny: sim.Scenario, undisturbed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, failed = sim.running._run, []

    def once(scenario: sim.Scenario, *arguments: object, **more: object) -> object:
        if not failed:
            failed.append(scenario)
            raise MACHINE[1]
        return run(scenario, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("sim.running._run", once)
    swept(tiny, tmp_path / "sweep")
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == undisturbed


@pytest.mark.slow
def test_a_process_of_the_pool_that_is_killed_costs_and_leaves_nothing_but_its_run(
    tiny: sim.Scenario, undisturbed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, keep, left = tmp_path / "sweep", Simulations._keep, []

    def keep_and_kill(self: Simulations, *arguments: object) -> None:
        keep(self, *arguments)  # type: ignore[arg-type]
        if self.simulated == 1:
            while not (under_way := list(place.glob(".run-*/run"))):
                time.sleep(0.001)
            left.extend(one.parent for one in under_way)
            for process in self._pool.numbers:
                os.kill(process, signal.SIGKILL)

    monkeypatch.setattr(Simulations, "_keep", keep_and_kill)
    with real_pools():
        sim.sweep(tiny, FOUR, folder=place, workers=1)
    log = (place / LOG).read_text()
    assert log.count("the process that made it was killed (SIGKILL)") == len(left) == 1
    assert (place / "catalogue.parquet").read_bytes() == undisturbed
    assert sorted(os.listdir(place)) == ["catalogue.parquet", LOG, "scenario.yaml", "sweep.json"]


@pytest.mark.slow
def test_a_disk_that_is_full_for_good_ends_a_long_sweep_soon(
    tiny: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def full(scenario: sim.Scenario, *arguments: object, **more: object) -> object:
        tried.append(scenario)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.running._run", full)
    with (
        pytest.raises(SimulationError, match="runs in a row could not be made on this machine"),
        ThreadPoolExecutor(1) as executor,
    ):
        sim.sweep(tiny, {STAFF: list(range(1, 41))}, folder=tmp_path / "sweep", executor=executor, workers=1)
    assert len(tried) < 20


@pytest.fixture(scope="module")
def finished(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of one run that is finished."""
    place = tmp_path_factory.mktemp("finished") / "sweep"
    with ThreadPoolExecutor(1) as executor:
        sim.sweep(tiny, {STAFF: [1]}, folder=place, executor=executor, workers=1)
    return place


@pytest.mark.parametrize("name", ["sweep.json", "catalogue.parquet"])
def test_a_damaged_file_of_an_experiment_is_refused_in_a_line(
    name: str, finished: Path, tocsin: Tocsin, tmp_path: Path
) -> None:
    command = ["sweep", "tiny", "--set", f"{KEY}={VALUE}", "--vary", f"{STAFF}=1", "--out", "sweep", "--workers", "1"]
    shutil.copytree(finished, tmp_path / "sweep")
    if name == "sweep.json":
        assert tocsin(*command, "--quiet").code == 0, "undamaged it is gone on with"
    (tmp_path / "sweep" / name).write_bytes(b"{")
    ended = tocsin(*command)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert f"sweep/{name}: " in ended.err


def test_an_experiment_of_other_sources_is_made_again(
    tiny: sim.Scenario, undisturbed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept(tiny, tmp_path / "sweep")
    about = tmp_path / "sweep" / "sweep.json"
    document = json.loads(about.read_text())
    about.write_text(json.dumps({**document, "program": "0" * 64}))
    (tmp_path / "sweep" / "catalogue.parquet").write_bytes(b"of long ago")
    swept(tiny, tmp_path / "sweep")
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == undisturbed


@pytest.mark.slow
def test_of_two_sweeps_in_one_folder_the_second_is_told_who_is_at_work(
    tiny: sim.Scenario, undisturbed: bytes, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, second = Simulations._keep, []

    def keep_and_ask(self: Simulations, *arguments: object) -> None:
        keep(self, *arguments)  # type: ignore[arg-type]
        second.append(tocsin(*SWEEP))

    with monkeypatch.context() as patched:
        patched.setattr(Simulations, "_keep", keep_and_ask)
        swept(tiny, tmp_path / "sweep")
    assert len(second) == 4
    for one in second:
        assert (one.code, one.out) == (2, "")
        assert "sweep: another process is using it; wait until it ends, or use another folder" in one.err
    assert sorted(os.listdir(tmp_path / "sweep")) == ["catalogue.parquet", LOG, "scenario.yaml", "sweep.json"]
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == undisturbed
    assert tocsin(*SWEEP, "--quiet").code == 0


def test_a_folder_is_held_until_its_holder_is_dead(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from sim.store.folder import holding\n"
        "with holding(Path('.')): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(sim.__file__).parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(FolderError, match="another process is using it"), holding(tmp_path):
        pass
    process.kill()
    process.wait()
    with holding(tmp_path), pytest.raises(FolderError, match="is using it"), holding(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


GROUPS = {
    "replicates": ["run", "tiny", "--set", f"{KEY}={VALUE}", "--replicates", "3"],
    "compare": ["compare", SHORT[0], "no-local", *SHORT[1:], "--replicates", "1"],
}


FIRST = {"replicates": "r000", "compare": SHORT[0]}


@pytest.mark.parametrize(
    "kind", [pytest.param("compare", marks=pytest.mark.slow), pytest.param("replicates", marks=pytest.mark.slow)]
)
def test_runs_that_were_finished_before_a_kill_are_used_again(kind: str, tmp_path: Path, tocsin: Tocsin) -> None:
    command = [*GROUPS[kind], "--out", "all"]
    killed = start(*command, folder=tmp_path)
    first = wait_for(tmp_path, f"**/{FIRST[kind]}/run.json", killed).parent
    killed.kill()
    killed.wait()
    before = {path: path.stat().st_mtime_ns for path in first.iterdir()}
    ended = tocsin(*command, "--json")
    assert ended.code == 0, ended.err
    assert {path: path.stat().st_mtime_ns for path in first.iterdir()} == before
    assert not list(tmp_path.glob("**/.*")), "what the killed command had left is gone"
    # Once more, with nothing left to do.
    assert results_of(json.loads(tocsin(*command, "--json").out)) == results_of(json.loads(ended.out))
    # And all over again, in a place where nothing was ever killed.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.chdir(elsewhere)
    whole = tocsin(*command, "--json", "--workers", "1")
    assert whole.code == 0, whole.err
    assert results_of(json.loads(ended.out)) == results_of(json.loads(whole.out))


def results_of(document: dict[str, object]) -> object:
    """Return what does not depend on when a run was made."""
    runs = document.get("replicates")
    if runs is None:
        return document
    return [{key: run[key] for key in ("files", "totals", "seed")} for run in runs]  # type: ignore[attr-defined]


def test_a_folder_of_other_runs_is_refused(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("run", *TWO, "--out", "two", "--quiet").code == 0
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    ended = tocsin("run", *TWO, "--out", "two", "--replicates", "3")
    assert (ended.code, ended.out) == (2, "")
    assert "two: holds other replicates" in ended.err
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_a_run_that_was_changed_is_not_used_again(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("run", *TWO, "--out", "two", "--quiet").code == 0
    (tmp_path / "two" / "r001" / "outcomes.parquet").write_bytes(b"")
    ended = tocsin("run", *TWO, "--out", "two")
    assert (ended.code, ended.out) == (2, "")
    assert "two/r001/outcomes.parquet: was changed after it was written" in ended.err
    shutil.rmtree(tmp_path / "two" / "r001")
    assert tocsin("run", *TWO, "--out", "two", "--quiet").code == 0


def test_of_what_runs_have_found_a_calibration_keeps_what_the_scenario_lists() -> None:
    from sim.calibration.calibrate import _kept

    outcome = {"derived": {"a.usual.call": 1.0, "a.usual.sms": 2.0, "b.usual": 3.0, "b.usually": 4.0}}
    assert _kept(outcome, ["a.usual", "b.usual"]) == {"a.usual.call": 1.0, "a.usual.sms": 2.0, "b.usual": 3.0}
    assert _kept(outcome, []) == _kept({}, ["a.usual"]) == {}
