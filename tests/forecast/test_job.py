"""What a whole command takes: its runs together, in words."""

from dataclasses import replace

import pytest

import sim
from sim.experiments.counts import Counts
from sim.forecast import cost, job
from sim.forecast.cost import BASE_BYTES, HOME
from sim.forecast.job import SPREAD, TOLD_FROM_S, Batch, Forecast, Job, between, lasting, long_one, size
from sim.forecast.machine import Machine

MACHINE = Machine(HOME, cores=4, memory_bytes=16 << 30)


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022", {"scale": "0.01"})


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "is_compiled", lambda engine: True)


def test_runs_one_after_the_other_add_up_in_time_and_on_disk(flagship: sim.Scenario) -> None:
    one, three = (Forecast.of(Job.of_folders([flagship], number, None), MACHINE) for number in (1, 3))
    assert (one.runs, three.runs) == (Counts.exactly(1), Counts.exactly(3))
    assert three.disk_bytes == pytest.approx(3 * one.disk_bytes)
    assert three.memory_bytes == one.memory_bytes
    assert 2.0 < three.high_s / one.high_s < 3.0  # the program starts once
    assert one.high_s / one.low_s == pytest.approx(SPREAD**2)
    assert SPREAD > 1.0
    pair = Forecast.of(Job.of_folders([flagship, flagship], 3, None), MACHINE)
    assert pair.runs.most == 6
    assert pair.disk_bytes == pytest.approx(2 * three.disk_bytes)


def test_runs_side_by_side_share_time_and_take_memory_each(flagship: sim.Scenario) -> None:
    def forecast(runs: int, workers: int | None) -> Forecast:
        return Forecast.of(Job.of_outcomes(flagship, Counts.exactly(runs), workers), MACHINE)

    alone, four, more = forecast(40, 1), forecast(40, 4), forecast(40, 8)
    assert forecast(40, None) == four
    assert 3.0 < alone.high_s / four.high_s < 4.0
    # More workers than cores are no quicker, and take memory.
    assert more.high_s == pytest.approx(four.high_s)
    assert more.memory_bytes - BASE_BYTES == pytest.approx(8 * (alone.memory_bytes - BASE_BYTES))
    # Folders go as soon as their outcome is read.
    assert forecast(400, 4).disk_bytes < 2 * four.disk_bytes
    assert forecast(2, 4).memory_bytes < four.memory_bytes
    assert (forecast(2, 4).cores, four.cores, more.cores) == (2, 4, 4)
    # Folders that are kept take as much time and memory, and stay.
    kept = Forecast.of(Job.of_folders([flagship], 40, 4, parallel=True), MACHINE)
    assert (kept.high_s, kept.memory_bytes) == (four.high_s, four.memory_bytes)
    assert kept.disk_bytes == Forecast.of(Job.of_folders([flagship], 40, 4), MACHINE).disk_bytes


def test_a_large_run_has_all_cores_and_there_is_one_at_a_time() -> None:
    whole = sim.load_scenario("china-2022")
    beside = Forecast.of(Job.of_outcomes(whole, Counts.exactly(4), 4), MACHINE)
    kept = Forecast.of(Job.of_folders([whole], 4, 4), MACHINE)
    assert beside.memory_bytes == pytest.approx(kept.memory_bytes + BASE_BYTES)
    assert beside.high_s == pytest.approx(kept.high_s, rel=0.01)


def test_what_asks_for_more_as_it_goes_has_a_bound(flagship: sim.Scenario) -> None:
    forecast = Forecast.of(Job([Batch(flagship, Counts(2, 10, 90))], 1, parallel=True), MACHINE)
    assert forecast.most_s > 5 * forecast.high_s
    lines = forecast.lines(MACHINE)
    assert lines[0] == "runs    about 10; at least 2, at most 90"
    assert "for the most runs" in lines[1]
    assert "at most" not in Forecast.of(Job.of_folders([flagship], 1, 1), MACHINE).lines(MACHINE)[0]


def test_compiling_and_too_little_memory_are_said(flagship: sim.Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    only = Job.of_folders([flagship], 1, 1)
    warm = Forecast.of(only, MACHINE)
    assert not any("compiling" in line or "too little memory" in line for line in warm.lines(MACHINE))
    monkeypatch.setattr(cost, "is_compiled", lambda engine: False)
    cold = Forecast.of(only, MACHINE)
    assert any("compiling, only at the first run of this version" in line for line in cold.lines(MACHINE))
    assert cold.low_s > warm.high_s
    small = replace(MACHINE, memory_bytes=1 << 28)
    assert any("this machine has too little memory" in line for line in cold.lines(small))


def test_only_what_may_take_long_is_told_and_a_machine_measured_for_it(
    flagship: sim.Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def measure(tell: object) -> Machine:
        measured.append("once")
        return MACHINE

    monkeypatch.setattr(job, "this_machine", measure)
    monkeypatch.setattr(job, "known", lambda: None)
    few, many = (Job.of_folders([flagship], number, 1) for number in (1, 200))
    assert long_one(few, print) is None
    assert measured == []
    forecast = long_one(many, print)
    assert forecast is not None
    assert forecast.high_s > TOLD_FROM_S
    assert measured == ["once"]
    assert forecast.line.startswith(f"about {between(forecast.low_s, forecast.high_s)}, ")
    assert forecast.line.endswith(" on disk; --dry-run says more")
    # It was measured, and is quick enough after all.
    monkeypatch.setattr(job, "known", lambda: HOME)
    assert long_one(few, print) is None


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.4, 2.4, "0.4 to 2.4 s"), (40, 61, "40 to 61 s"), (2_400, 3_600, "40 to 60 min"), (3_600, 9_000, "1 to 2.5 h"),
     (86_400, 864_000, "1 to 10 days"), (20.1, 20.2, "20 s")],
)  # fmt: skip
def test_times_are_a_range_in_one_unit(low: float, high: float, said: str) -> None:
    assert between(low, high) == said


def test_a_time_and_a_size_have_a_unit() -> None:
    assert (lasting(32.0), lasting(7_200.0)) == ("32 s", "2 h")
    assert [size(one) for one in (8e3, 3.14e9, 180.2e6, 2e12)] == ["8 kB", "3.1 GB", "180 MB", "2 TB"]
