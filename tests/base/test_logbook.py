"""The log of runs and of experiments: what was done when, beside results that do not depend on it."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sim
from sim.base.logbook import LOG, Logbook
from sim.experiments import simulations
from sim.experiments.simulations import SimulationError, Simulations
from sim.reading.outcomes import Outcome
from sim.reading.run import Run
from tests.cli.commands import SHORT, Tocsin, start
from tests.cli.conftest import tocsin as tocsin

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)  (.+)")

MONTHS = ["china-2022", "--set", "period={start: 2022-01-31, end: 2022-03-01, warmup: 2 d}", "--scale", "0.000003"]
"""The ends of two months, after a warm-up."""


def lines(folder: Path) -> list[str]:
    """Return what the lines of a log say, without their moments, which must be there and in order."""
    found = [LINE.fullmatch(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()]
    assert all(found)
    moments = [one[1] for one in found if one]
    assert moments == sorted(moments)
    return [one[2] for one in found if one]


def test_a_run_writes_down_what_it_does_and_when(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("run", *MONTHS, "--out", "here", "--quiet").code == 0
    first, warmup, january, february, *rest = lines(tmp_path / "here")
    assert first.startswith("run of china-2022: engine vector, seed 20221130, scale 3e-06, 31 provinces, 2022-01-31 to")
    assert warmup.startswith("the warm-up ends with 2022-01-30, ")
    assert january.startswith("2022-01 is simulated, ")
    assert february.startswith("2022-02 is simulated, ")
    run = Run(tmp_path / "here")
    phases = run.manifest["performance"]["phases"]
    assert rest[-2] == "phases: " + ", ".join(f"{name} {seconds:.3f} s" for name, seconds in phases.items())
    assert rest[-1].startswith(f"finished after {run.manifest['performance']['wall_s']:.3f} s, ")
    assert rest[:-2] == [f"warning: {line}" for line in run.manifest["warnings"]]


def test_no_hash_is_taken_of_the_log_and_no_check_minds_it(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("run", *MONTHS, "--out", "here", "--quiet").code == 0
    assert LOG not in Run(tmp_path / "here").manifest["files"]
    with (tmp_path / "here" / LOG).open("a", encoding="utf-8") as log:
        log.write("another day\n")
    assert tocsin("check", "here").code == 0
    assert tocsin("rerun", "here").code == 0


@pytest.mark.parametrize("command", [["run", *MONTHS, "--verbose"], ["--verbose", "run", *MONTHS]])
def test_verbose_prints_the_lines_as_they_come(command: list[str], tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin(*command, "--out", "here", "--json")
    assert ended.code == 0
    assert ended.out == (tmp_path / "here" / "run.json").read_text(encoding="utf-8")
    written = (tmp_path / "here" / LOG).read_text(encoding="utf-8").splitlines()
    assert [line for line in ended.err.splitlines() if LINE.fullmatch(line)] == written


def test_without_it_nothing_of_the_log_is_printed(tocsin: Tocsin) -> None:
    ended = tocsin("run", *MONTHS, "--out", "here")
    assert not LINE.search(ended.out + ended.err)


def test_checkpoints_are_written_down(tocsin: Tocsin, tmp_path: Path) -> None:
    for name in ("first", "again"):
        assert tocsin("run", *MONTHS, "--checkpoint", "--out", name, "--quiet").code == 0
    first, again = (lines(tmp_path / name) for name in ("first", "again"))
    assert sum(line.startswith("checkpoint kept, ") for line in first) == 2
    assert not any("resumes from" in line for line in first)
    assert sum(line.startswith("resumes from the checkpoint of 2022-03-01, ") for line in again) == 1
    assert not any(line.startswith("2022-02 is simulated") for line in again)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "runs"), [(["run", *SHORT], 2), (["compare", *SHORT, "no-warning"], 4)])
def test_several_runs_have_one_log_that_goes_on(command: list[str], runs: int, tocsin: Tocsin, tmp_path: Path) -> None:
    command = [*command, "--replicates", "2", "--out", "all", "--quiet"]
    assert tocsin(*command).code == 0
    before = lines(tmp_path / "all")
    made = [line for line in before if "done in" in line]
    assert len(made) == runs
    assert before[0].startswith("start: ")
    assert tocsin(*command).code == 0
    after = lines(tmp_path / "all")
    assert after[: len(before)] == before
    assert sum("already finished" in line for line in after[len(before) :]) == len(made)


def test_an_experiment_writes_down_each_run_and_goes_on(
    tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulations, "THREADS_FROM", 0.0)  # runs are made in this process
    command = ["sweep", *SHORT, "--vary", "warning.app.read=0.4,0.5", "--workers", "1", "--out", "all", "--quiet"]
    ended = tocsin(*command, "--verbose")
    assert ended.code == 0
    found = lines(tmp_path / "all")
    assert found[0] == "start: 0 runs in the journal, 1 at a time"
    assert [bool(re.fullmatch(r"run [0-9a-f]{8} done in \d+\.\d{3} s, [12] made", line)) for line in found].count(
        True
    ) == 2
    assert found[-1] == "end: 2 runs made, 2 requested"
    assert [line for line in ended.err.splitlines() if LINE.fullmatch(line)] == (
        (tmp_path / "all" / LOG).read_text(encoding="utf-8").splitlines()
    )


def fails_once(run: Run) -> Outcome:
    """Fail for want of space, the first time."""
    flag = run.path.parents[1] / "failed"
    if not flag.exists():
        flag.touch()
        raise OSError(28, "No space left on device")
    return {"victims": 1}


def fails(run: Run) -> Outcome:
    raise SimulationError("nothing can be read")


def test_a_run_that_is_tried_again_or_fails_is_written_down(tmp_path: Path) -> None:
    period = "{start: 2022-01-25, end: 2022-01-25, warmup: 0 d}"
    scenario = sim.load_scenario("tiny", {"period": period})
    with Simulations(tmp_path / "once", fails_once, workers=1, executor=_Here(tmp_path)) as some:
        assert some.run([scenario], 1) == [{"victims": 1}]
    tried = [line for line in lines(tmp_path / "once") if "tried once more" in line]
    assert len(tried) == 1
    assert "No space left" in tried[0]
    with (
        pytest.raises(SimulationError),
        Simulations(tmp_path / "never", fails, workers=1, executor=_Here(tmp_path)) as some,
    ):
        some.run([scenario], 1)
    *_, failed, ended, _ = lines(tmp_path / "never")
    assert re.fullmatch(r"warning: run [0-9a-f]{8} failed after \d+\.\d{3} s: SimulationError: .*", failed)
    assert ended.startswith("ended by SimulationError: ")


class _Here(ThreadPoolExecutor):
    """Makes runs in a thread of this process, below a folder."""

    def __init__(self, place: Path) -> None:
        super().__init__(1)
        self._place = place

    def submit(self, function, scenario, read, parent, workers):  # type: ignore[no-untyped-def,override]
        return super().submit(function, scenario, read, self._place, workers)


def test_a_log_that_cannot_be_written_is_let_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Path("/dev/full").open("a", encoding="utf-8") as full, Logbook(tmp_path) as log:
        log._logger.handlers[0].stream = full  # type: ignore[attr-defined]
        log("begins")
    os.mkfifo(tmp_path / "other")
    (tmp_path / LOG).unlink()
    (tmp_path / "other").rename(tmp_path / LOG)
    with Logbook(tmp_path) as log:
        log("begins")
    assert capsys.readouterr().err == ""


def test_the_log_of_a_killed_run_says_how_far_it_came(tmp_path: Path) -> None:
    from tests.cli.commands import wait_for

    process = start("run", "china-2022", "--scale", "0.00001", "--out", "dead", "--quiet", folder=tmp_path)
    unfinished = wait_for(tmp_path, ".dead.unfinished-*/attempts.parquet", process).parent
    process.kill()
    process.communicate()
    assert any("is simulated" in line for line in lines(unfinished))
