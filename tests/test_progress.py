"""The one bar of a job: runs done, time left, the warm-up by its name."""

import io
import os
import pty
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

import sim
from sim import cli, forecast
from sim.base.days import day_number
from sim.experiments import simulations
from sim.experiments.simulations import Simulations
from sim.progress import Job, lasting
from sim.reading.run import quantities
from tests.cli.commands import start

PERIOD = "{start: 2022-01-25, end: 2022-01-25, warmup: 1 d}"


class Clock:
    """A clock that stands still unless it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


Shown = tuple[float, str, str, str]


def job_of(**given: int) -> tuple[Job, Clock, list[Shown]]:
    """Return a job, its clock, and what it shows: the share that is done, what, the speed and the time left."""
    clock, shown = Clock(), []
    return Job(lambda *what: shown.append(what), **given, clock=clock), clock, shown


def test_time_left_is_what_the_rest_takes_at_the_speed_so_far() -> None:
    job, clock, shown = job_of(runs=8)
    scenario = sim.load_scenario("tiny")  # 14 days after 4 of warm-up
    after = job.of(scenario)
    clock.now += 30.0
    after(day_number(scenario.spec.period.start) + 4, 90)
    assert shown[-1] == (0.5 / 8, "run 1 of 8, 2022-01-28", "0.3 days/s  3 attempts/s", lasting(30.0 / 0.5 * 7.5))
    for seconds, done, left in ((30.0, 1, 7 * 60.0), (120.0, 3, 5 * 60.0), (0.0, 8, 0.0)):
        clock.now += seconds
        job.finished(done)
        assert (shown[-1][0], shown[-1][3]) == (done / 8, lasting(left))


def test_runs_that_were_there_before_say_nothing_of_speed() -> None:
    job, clock, shown = job_of(runs=100)
    clock.now += 0.5
    job.finished(50)
    assert shown[-1][3] == lasting(None)
    clock.now += 10.0
    job.finished(51)
    assert shown[-1][3] == lasting(49 * 10.0)


def test_steps_are_counted_together() -> None:
    steps, clock, shown = job_of(expected=20)
    for done, total in ((0, 4), (2, 4), (4, 4), (0, 3), (1, 3)):
        clock.now += 10.0 * (done > 0)
        steps(done, total)
    assert shown[-1] == (0.25, "5 of about 20 runs done", "", lasting(15 * 6.0))
    # More than was expected is no longer expected.
    steps(3, 3)
    steps(0, 30)
    assert shown[-1][1] == "7 of 37 runs done"


def test_a_run_that_is_made_alone_shows_its_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "THREADS_FROM", 0.0)
    monkeypatch.setattr(forecast, "is_compiled", lambda _engine: True)
    steps, _, shown = job_of()
    scenarios = [sim.load_scenario("tiny", {"period": PERIOD, "seed": str(seed)}) for seed in (1, 2)]
    with Simulations(tmp_path, quantities, workers=1, progress=steps, days=steps.of) as some:
        some.run(scenarios, 2)
    assert [(share, what) for share, what, _, _ in shown] == [
        (0.0, "0 of 2 runs done"),
        (0.25, "run 1 of 2, warm-up 2022-01-24"),
        (0.5, "run 1 of 2, 2022-01-25"),
        (0.5, "1 of 2 runs done"),
        (0.75, "run 2 of 2, warm-up 2022-01-24"),
        (1.0, "run 2 of 2, 2022-01-25"),
        (1.0, "2 of 2 runs done"),
        (1.0, "2 of 2 runs done"),
    ]


@pytest.mark.parametrize(("seconds", "shown"), [(None, "-:--:--"), (0.4, "0:00:00"), (3_725.0, "1:02:05")])
def test_time_is_shown_as_clocks_show_it(seconds: float | None, shown: str) -> None:
    assert lasting(seconds) == shown


@pytest.mark.parametrize("engine", ["vector", "reference"])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_a_run_that_compiles_its_engine_first_says_for_how_long(
    is_compiled: bool, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "is_compiled", lambda _engine: is_compiled)
    monkeypatch.setattr(forecast, "pace_of", lambda _engine: (2.0, 1.5))
    job, _, shown = job_of(runs=2)
    job.of(sim.load_scenario("tiny", engine=engine))
    seconds = round(2 * forecast.COMPILING_S)
    text = f"run 1 of 2, compiling, once, about {seconds} s"
    assert shown == ([] if is_compiled else [(0.0, text, "", lasting(None))])


def on_terminal(folder: Path, until: Callable[[str], bool], *command: str) -> str:
    """Return what a command shows on a terminal until something is there, or it ends."""
    ours, theirs = pty.openpty()
    process = start(*command, folder=folder, stderr=theirs)
    os.close(theirs)
    seen = ""
    try:
        while not until(seen):
            seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(ours, 4096).decode(errors="replace"))
            assert len(seen) < 5_000_000
    except OSError:  # it ended
        pass
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
    return seen


class Terminal(io.StringIO):
    """A terminal that keeps all that it was told."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command in this process: gives what it shows on a terminal that misses nothing, however fast it is."""
    update = Progress.update

    def update_at_once(self: Progress, *given: Any, **named: Any) -> None:
        update(self, *given, **named, refresh=True)

    def run(*command: str) -> str:
        terminal = Terminal()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(Progress, "update", update_at_once)
        monkeypatch.setattr(simulations, "THREADS_FROM", 0.0)
        monkeypatch.setattr("sys.argv", ["tocsin", *command])
        monkeypatch.setattr("sys.stderr", terminal)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())

    return run


DAYS = ["--set", "period={start: 2022-01-01, end: 2022-01-06, warmup: 4 d}", "--scale", "0.00001"]
YEAR = ["--set", "period={start: 2022-01-01, end: 2022-12-31, warmup: 100 d}", "--scale", "0.00001"]


@pytest.mark.parametrize(
    "command", [["run", "china-2022", *DAYS], ["compare", "china-2022", *DAYS, "no-warning", "--replicates", "1"]]
)
def test_several_runs_share_one_bar(command: list[str], shown_by: Callable[..., str]) -> None:
    replicates = ["--replicates", "2"] if command[0] == "run" else []
    seen = shown_by(*command, *replicates, "--out", "all")
    for number in (1, 2):
        assert re.search(rf"run {number} of 2, warm-up 202\d-\d\d-\d\d .*days/s .*\d:\d\d:\d\d", seen), seen[-2000:]
        assert re.search(rf"run {number} of 2, 2022-\d\d-\d\d .*days/s", seen)
    assert "run 3" not in seen


@pytest.mark.slow
def test_a_terminal_shows_the_bar(tmp_path: Path) -> None:
    reached = re.compile(r"run 1 of 2, warm-up 2021-\d\d-\d\d .*days/s .*run 1 of 2, 2022-\d\d-\d\d .*days/s", re.S)
    command = ["run", "china-2022", *YEAR, "--replicates", "2", "--workers", "1", "--out", "all"]
    seen = on_terminal(tmp_path, lambda seen: bool(reached.search(seen)), *command)
    assert reached.search(seen), seen[-2000:]


@pytest.mark.slow
def test_an_experiment_in_steps_has_one_bar(shown_by: Callable[..., str]) -> None:
    command = ["staffing", "tiny", "--share", "0.5", "--relative", "--workers", "1", "--out", "all"]
    seen = shown_by(*command)
    done = [int(one) for one in re.findall(r"(\d+) of about 25 runs done", seen)]
    assert done == sorted(done)
    assert len(set(done)) > 5
