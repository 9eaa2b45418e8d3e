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
from sim.progress import Course, Job, Steps, lasting
from sim.reading.outcomes import quantities
from tests.cli.commands import start

PERIOD = "{start: 2022-01-25, end: 2022-01-25, warmup: 1 d}"


class Clock:
    """A clock that stands still unless it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_left_is_what_the_rest_takes_at_the_speed_so_far() -> None:
    clock = Clock()
    course = Course(8, clock)
    assert (course.share, course.left_s) == (0.0, None)
    clock.now += 30.0
    course.part = 0.5
    assert course.share == 0.5 / 8
    assert course.left_s == pytest.approx(30.0 / 0.5 * 7.5)
    clock.now += 30.0
    course.finished(1)
    assert course.left_s == pytest.approx(7 * 60.0)
    clock.now += 120.0
    course.finished(3)
    assert course.left_s == pytest.approx(5 * 60.0)
    course.finished(8)
    assert course.left_s == 0.0


def test_runs_that_were_there_before_say_nothing_of_speed() -> None:
    clock = Clock()
    course = Course(100, clock)
    clock.now += 0.5
    course.finished(50)
    assert course.left_s is None
    clock.now += 10.0
    course.finished(51)
    assert course.left_s == pytest.approx(49 * 10.0)
    # Found ones among several that are made one after the other are told.
    course = Course(4, clock)
    clock.now += 5.0
    course.finished(2, made=False)
    assert course.left_s is None
    clock.now += 10.0
    course.finished(3, made=True)
    assert course.left_s == pytest.approx(10.0)


def test_steps_are_counted_together() -> None:
    clock = Clock()
    shown: list[tuple[float, str, str]] = []
    steps = Steps(Course(20, clock), lambda *what: shown.append(what))
    for done, total in ((0, 4), (2, 4), (4, 4), (0, 3), (1, 3)):
        clock.now += 10.0 * (done > 0)
        steps(done, total)
    assert shown[-1] == (0.25, "5 of about 20 runs done", lasting(15 * 6.0))
    # More than was expected is no longer expected.
    steps(3, 3)
    steps(0, 30)
    assert shown[-1][1] == "7 of 37 runs done"


def test_a_job_without_a_number_has_that_of_its_step() -> None:
    shown: list[str] = []
    steps = Steps(Course(None, Clock()), lambda share, what, left: shown.append(what), "pictures")
    steps(0, 8)
    steps(2, 8)
    assert shown == ["0 of 8 pictures done", "2 of 8 pictures done"]


def test_a_run_that_is_made_alone_shows_its_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "THREADS_FROM", 0.0)
    clock, shown = Clock(), []
    steps = Steps(Course(None, clock), lambda share, what, left: shown.append((share, what)))
    scenarios = [sim.load_scenario("tiny", {"period": PERIOD, "seed": str(seed)}) for seed in (1, 2)]
    with Simulations(tmp_path, quantities, workers=1, progress=steps, days=steps.of) as some:
        some.run(scenarios, 2)
    assert [what for _, what in shown] == [
        "0 of 2 runs done",
        "0 of 2 runs done, warm-up 2022-01-24",
        "0 of 2 runs done, 2022-01-25",
        "1 of 2 runs done",
        "1 of 2 runs done, warm-up 2022-01-24",
        "1 of 2 runs done, 2022-01-25",
        "2 of 2 runs done",
        "2 of 2 runs done",
    ]
    assert [share for share, _ in shown[:6]] == [0.0, 0.25, 0.5, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(("seconds", "shown"), [(None, "-:--:--"), (0.4, "0:00:00"), (3_725.0, "1:02:05")])
def test_time_is_shown_as_clocks_show_it(seconds: float | None, shown: str) -> None:
    assert lasting(seconds) == shown


def test_a_run_of_several_is_told_by_its_number_and_its_day_and_the_warm_up_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forecast, "is_compiled", lambda _engine: True)
    shown: list[tuple[float, str]] = []
    clock = Clock()
    job = Job(Course(4, clock), lambda share, what, speed, left: shown.append((share, what)))
    scenario = sim.load_scenario("tiny")  # 14 days after 4 of warm-up
    day = day_number(scenario.spec.period.start)
    for number in range(2):
        after = job.of(scenario)
        after(day - 4, 10)
        after(day, 50)
        after(day + 13, 500)
        job.finished(number + 1)
    assert [what for _, what in shown] == [
        "run 1 of 4, warm-up 2022-01-20",
        "run 1 of 4, 2022-01-24",
        "run 1 of 4, 2022-02-06",
        "1 of 4 runs done",
        "run 2 of 4, warm-up 2022-01-20",
        "run 2 of 4, 2022-01-24",
        "run 2 of 4, 2022-02-06",
        "2 of 4 runs done",
    ]
    shares = [share for share, _ in shown]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(1 / 18 / 4)
    assert shares[-1] == 0.5


@pytest.mark.parametrize("engine", ["vector", "reference"])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_a_run_that_compiles_its_engine_first_says_for_how_long(
    is_compiled: bool, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "is_compiled", lambda _engine: is_compiled)
    monkeypatch.setattr(forecast, "pace_of", lambda _engine: (2.0, 1.5))
    shown: list[tuple[float, str]] = []
    job = Job(Course(2, Clock()), lambda share, what, speed, left: shown.append((share, what)))
    job.of(sim.load_scenario("tiny", engine=engine))
    seconds = round(2 * forecast.COMPILING_S)
    assert shown == ([] if is_compiled else [(0.0, f"run 1 of 2, compiling, once, about {seconds} s")])


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
