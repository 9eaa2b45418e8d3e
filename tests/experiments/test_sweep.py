"""Sweeps: one catalogue, the same bytes whoever simulates, whatever is killed or interrupted on the way."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.failures import LOG
from sim.experiments.parameters import DesignError
from sim.experiments.simulations import Simulations, cluster
from sim.experiments.store import OUTCOMES
from sim.store.folder import FolderError
from tests.experiments.test_command import Tocsin, tocsin
from tests.one_process import real_pools

__all__ = ["tocsin"]

SHORT = "period={start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"
KEY, VALUE = SHORT.split("=")
STAFF, READ, DEADLINE = "desks.visit.staff", "warning.app.read", "warning.tiers.red.deadline"
FEW = {STAFF: [1, 4], DEADLINE: ["2 h", "8 h"]}
MANY: dict[str, Sequence[float]] = {STAFF: [2, 4, 6, 8], READ: [0.4, 0.5, 0.6, 0.7]}
VARY = [part for key, values in MANY.items() for part in ("--vary", f"{key}={','.join(map(str, values))}")]
COMMAND = ["sweep", "tiny", "--set", SHORT, *VARY, "--out", "sweep"]
PATIENCE_S = 240
INTERRUPTED_AFTER_EIGHT = """
import signal
from sim.cli import main
from sim.experiments.simulations import Simulations

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
keep = Simulations._keep

def keep_and_interrupt(self, *arguments):
    keep(self, *arguments)
    if self.simulated == 8:
        signal.raise_signal(signal.SIGINT)

Simulations._keep = keep_and_interrupt
main()
"""
"""The command, interrupted as by the keyboard at a moment that no load of the machine can move."""


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny", {KEY: VALUE})


@pytest.fixture(scope="module")
def pooled(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, bytes]:
    """A sweep by two processes of this machine, and the bytes of its catalogue."""
    place = tmp_path_factory.mktemp("pooled") / "sweep"
    with real_pools():
        frame = sim.sweep(tiny, FEW, replicates=2, folder=place, workers=2)
    assert sorted(path.name for path in place.iterdir()) == ["catalogue.parquet", LOG, "scenario.yaml", "sweep.json"]
    return frame, (place / "catalogue.parquet").read_bytes()


RATIOS = ("cost_per_saved", "cost_per_averted", "cost_per_prevented_money")
"""Totals that are no sums: over several runs they are no mean of theirs."""


def test_rows_are_in_the_order_of_the_design_and_say_what_direct_runs_say(
    tiny: sim.Scenario, pooled: tuple[pd.DataFrame, bytes], tmp_path: Path
):
    frame, _ = pooled
    assert list(frame["point"]) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert list(frame["seed"]) == [7, 8] * 4
    assert list(frame[STAFF]) == [1, 1, 1, 1, 4, 4, 4, 4]
    assert list(frame[DEADLINE]) == ["2 h", "2 h", "8 h", "8 h"] * 2
    assert set(frame["status"]) == {"done"}
    scenario = sim.load_scenario("tiny", {KEY: VALUE, STAFF: "4", DEADLINE: "2 h", "seed": "8"})
    run = sim.run(scenario, tmp_path / "run", workers=1)
    row = frame.iloc[5]
    ratios = {f"{name}.{end}" for name in RATIOS for end in ("value", "low", "high")}
    for name, amount in run.totals.drop(ratios).items():
        assert row[name] == amount, name
    for figure in run.manifest["figures"]:
        if figure["simulated"] is not None:
            start, end = figure["window"]
            assert row[f"{figure['name']}@{start}..{end}"] == figure["simulated"]
    # Points are policies beside each other: their staff hours differ, the attempts they meet do not.
    assert frame.groupby("seed")["attempts_potential"].nunique().eq(1).all()
    assert frame["staff_hours_visit"].nunique() > 2


def test_any_executor_gives_the_same_bytes(tiny: sim.Scenario, pooled: tuple[pd.DataFrame, bytes], tmp_path: Path):
    with ThreadPoolExecutor(3) as threads:
        frame = sim.sweep(tiny, FEW, replicates=2, folder=tmp_path / "sweep", executor=threads)
    pd.testing.assert_frame_equal(frame, pooled[0])
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == pooled[1]


def test_a_sweep_goes_on_where_it_was_cut_and_one_that_is_done_is_read(
    tiny: sim.Scenario, pooled: tuple[pd.DataFrame, bytes], tmp_path: Path
):
    class CutError(Exception):
        pass

    def cut(done: int, _: int) -> None:
        if done == 3:
            raise CutError

    place, told = tmp_path / "sweep", []
    with pytest.raises(CutError):
        sim.sweep(tiny, FEW, replicates=2, folder=place, workers=1, progress=cut)
    kept = len(os.listdir(place / OUTCOMES))
    assert 3 <= kept < 8
    assert not (place / "catalogue.parquet").exists()
    sim.sweep(tiny, FEW, replicates=2, folder=place, workers=1, progress=lambda done, total: told.append((done, total)))
    assert (8, 8) in told
    assert (place / "catalogue.parquet").read_bytes() == pooled[1]
    with ThreadPoolExecutor(1) as none_needed:
        none_needed.shutdown()
        sim.sweep(tiny, FEW, replicates=2, folder=place, executor=none_needed)
    with pytest.raises(FolderError, match="holds another sweep"):
        sim.sweep(tiny, FEW, replicates=1, folder=place)


def test_values_that_are_too_much_together_are_a_row_with_their_message(tiny: sim.Scenario, tmp_path: Path):
    red, orange = (f"warning.detectors.central.thresholds.{tier}" for tier in ("red", "orange"))
    frame = sim.sweep(tiny, {red: [2.95, 3.3], orange: [2.9, 3.2]}, folder=tmp_path / "sweep")
    assert list(frame["status"]) == ["done", "failed", "done", "done"]
    assert frame["message"].isna().tolist() == [True, False, True, True]
    assert "no scenario: warning.detectors.central.thresholds.red: " in frame["message"].iloc[1]
    assert "the thresholds do not fall from red to blue" in frame["message"].iloc[1]
    assert pd.isna(frame["victims"].iloc[1])


def test_the_scenario_may_say_what_is_varied(tiny: sim.Scenario, tmp_path: Path):
    block = f"{{design: lhs, samples: 3, vary: {{{STAFF}: [1, 9]}}}}"
    frame = sim.sweep(sim.load_scenario("tiny", {KEY: VALUE, "sweep": block}), folder=tmp_path / "sweep")
    assert len(frame) == 3
    assert frame[STAFF].between(1, 9).all()


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"desks.visit.staf": [1]}, "desks.visit.staf: unknown key; did you mean 'staff'? "),
        ({STAFF: [2, -1]}, "desks.visit.staff: -1 is below 0; must be a number from 0 to 1e8"),
        ({"warning.app.read": [0.99]}, "warning.app.read=0.99: lies outside its range; use a value in [0.3, 0.95]"),
        ({"warning.app": [1]}, "warning.app: 1 is not a map; "),
        ({"seed": [1, 2]}, "seed cannot be varied; "),
        ({}, "no parameter is varied; "),
    ],
)
def test_what_cannot_be_varied_is_refused_before_anything_is_written(
    tiny: sim.Scenario, tmp_path: Path, vary: dict[str, list[int]], message: str
):
    with pytest.raises(DesignError) as refused:
        sim.sweep(tiny, vary, folder=tmp_path / "sweep")
    assert str(refused.value).startswith(message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("function", [sim.sweep, sim.sensitivity, sim.attribute, sim.staffing])
def test_a_keyword_that_there_is_not_is_an_error_before_anything_is_written(
    tiny: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Callable[..., object]
):
    monkeypatch.chdir(tmp_path)
    name = function.__name__
    with pytest.raises(TypeError, match=rf"^{name}\(\) got an unexpected keyword argument 'worker'$"):
        function(tiny, worker=1)
    assert not list(tmp_path.iterdir())


def test_the_command_prints_runs_and_goes_on_by_itself(tocsin: Tocsin, tmp_path: Path):
    given = ["sweep", "tiny", "--set", SHORT, "--vary", f"{STAFF}=1,4", "--workers", "1"]
    code, out, _ = tocsin(*given, "--quantity", "victims", "--quantity", "staff_hours_visit")
    assert code == 0
    (folder,) = (tmp_path / "results" / "sweeps").iterdir()
    lines = out.splitlines()
    assert f"{folder.relative_to(tmp_path)}/catalogue.parquet: 2 runs" in lines
    assert "staff hours, visits" in lines[0]
    assert "staff of the visit desks" in lines[0]
    assert STAFF not in out, "a person reads the name of a lever"
    assert "1 people" in lines[1]
    answer = lines[lines.index("Answer   one run a point: run-to-run noise unknown") + 1 :]
    assert [line.split(":")[0].strip() for line in answer[:2]] == ["Victims", "Staff hours, visits"]
    assert answer[-1] == "Next   --full for every table"
    code, out, _ = tocsin(*given, "--full")
    assert f"Keys: staff of the visit desks: {STAFF}" in out.splitlines()
    code, out, _ = tocsin(*given, "--json")
    rows = json.loads(out)["rows"]
    assert [row[STAFF] for row in rows] == [1, 4]
    assert rows[0]["message"] is None
    code, out, err = tocsin("sweep", "tiny", "--vary", "desks.visit.staff=1,{}")
    assert (code, out) == (2, "")
    assert err == "--vary desks.visit.staff=1,{}: must be a list of single values; use --vary dotted.key=value,value\n"


@pytest.fixture(scope="module")
def many(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The catalogue of 16 runs, made without a cluster."""
    place = tmp_path_factory.mktemp("many") / "sweep"
    assert len(sim.sweep(tiny, MANY, folder=place, workers=1)) == 16
    return (place / "catalogue.parquet").read_bytes()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[tuple[str, list["subprocess.Popen[str]"]]]:
    """The address of a scheduler of its own, and its two worker processes."""
    file = tmp_path / "scheduler.json"
    given = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = process(tmp_path, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *given)
    wait_for(file.exists)
    worker = ["-m", "distributed.cli.dask_worker", *given, "--nthreads", "1", "--no-nanny"]
    workers = [process(tmp_path, *worker, "--name", name) for name in ("one", "two")]
    try:
        yield json.loads(file.read_text())["address"], workers
    finally:
        for one in (*workers, scheduler):
            one.kill()
            one.communicate()


@pytest.mark.slow
def test_a_worker_of_a_cluster_is_killed_in_the_middle(
    many: bytes,
    dask: tuple[str, list["subprocess.Popen[str]"]],
    tocsin: Tocsin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    address, workers = dask
    wait_for_workers(address, 2)
    keep = Simulations._keep

    def keep_and_kill(self: Simulations, *arguments: Any) -> None:
        keep(self, *arguments)
        if self.simulated == 4:
            workers[0].kill()

    monkeypatch.setattr(Simulations, "_keep", keep_and_kill)
    code, out, err = tocsin(*COMMAND, "--scheduler", address)
    assert code == 0, err
    assert workers[0].wait(PATIENCE_S) == -signal.SIGKILL
    assert workers[1].poll() is None
    assert "sweep/catalogue.parquet: 16 runs" in out.splitlines()
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == many


@pytest.mark.slow
def test_outcomes_on_their_way_at_an_interrupt_print_nothing(
    dask: tuple[str, list["subprocess.Popen[str]"]], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.ERROR, logger="tornado.application")  # and as it was before, after the test
    for tenths in range(1, 7):  # early enough, and too late, for 300 MB that are sent back
        with suppress(KeyboardInterrupt), cluster(dask[0]) as (workers, _):
            outcome = workers.submit(bytes, 300_000_000)
            time.sleep(tenths / 10)
            outcome.cancel()
            raise KeyboardInterrupt
    assert caplog.text == ""


@pytest.mark.slow
def test_the_client_of_a_cluster_is_interrupted_and_goes_on(
    many: bytes, dask: tuple[str, list["subprocess.Popen[str]"]], tmp_path: Path
):
    address, _ = dask
    wait_for_workers(address, 2)
    running = start(tmp_path, "--scheduler", address, program=INTERRUPTED_AFTER_EIGHT)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 1, err
    assert out == ""
    assert "tocsin sweep: interrupted; finished runs are kept in sweep; run the same command again to resume" in err
    assert lines(tmp_path) == 8
    assert not (tmp_path / "sweep" / "catalogue.parquet").exists()
    running = start(tmp_path, "--scheduler", address)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, err
    assert (tmp_path / "sweep" / "catalogue.parquet").read_bytes() == many


def start(place: Path, *more: str, program: str = "from sim.cli import main; main()") -> "subprocess.Popen[str]":
    return process(place, "-c", program, *COMMAND, *more)


def process(place: Path, *arguments: str) -> "subprocess.Popen[str]":
    root = Path(sim.__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def lines(place: Path) -> int:
    return len([*(place / "sweep" / OUTCOMES).glob("*.json")])


def wait_for(happened) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=PATIENCE_S)
