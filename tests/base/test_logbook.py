"""The log of runs and of experiments: what was done when, beside results that do not depend on it."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sim
from sim.base.failures import LOG
from sim.experiments.simulations import SimulationError, Simulations
from sim.reading.run import Outcome, Run
from tests.cli.commands import Tocsin, start
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_log_of_a_killed_run_says_how_far_it_came(tmp_path: Path) -> None:
    from tests.cli.commands import wait_for

    process = start("run", "china-2022", "--scale", "0.00001", "--out", "dead", "--quiet", folder=tmp_path)
    unfinished = wait_for(tmp_path, ".dead.unfinished-*/attempts.parquet", process).parent
    process.kill()
    process.communicate()
    assert any("is simulated" in line for line in lines(unfinished))
