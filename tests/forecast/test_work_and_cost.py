"""The work of a run as it is reckoned, beside what runs did; what it costs, by what it grows with."""

import dataclasses
from dataclasses import replace
from pathlib import Path

import pytest

import sim
from sim.base.logbook import LOG
from sim.forecast import cost
from sim.forecast.cost import HOME, Cost, disk_of, memory_of
from sim.forecast.machine import Machine, Speeds
from sim.forecast.work import Work

MACHINE = Machine(HOME, cores=4, memory_bytes=16 << 30)

WORK = Work(engine="vector", days=100, provinces=31, people=1e6, attempts=1e7, alerts=2e5, events=0.0)


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny")


@pytest.fixture(scope="module")
def run(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return sim.run(tiny, tmp_path_factory.mktemp("forecast") / "run", events="all")


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "is_compiled", lambda engine: True)


def test_attempts_and_alerts_are_about_those_of_a_run(tiny: sim.Scenario, run: sim.Run) -> None:
    work = Work.of(tiny)
    spent = run.manifest["performance"]
    assert work.attempts == pytest.approx(spent["attempts_per_s"] * spent["wall_s"], rel=0.05)
    # Alerts of the warm-up are not stored.
    share = 14 / 18
    found = run.totals["alerts_central"] + run.totals["alerts_local"]
    assert 0.5 < work.alerts * share / found < 2.0
    assert (work.days, work.provinces) == (18, 3)


def test_a_run_without_detectors_has_no_alerts() -> None:
    # Its cheapest half: attempts alone.
    work = Work.of(sim.load_scenario("no-warning", {"scale": "0.001"}))
    assert work.alerts == 0.0
    assert work.attempts > 1e7


@pytest.mark.parametrize("pool", ["regions", "country"])
def test_pooled_provinces_have_the_same_attempts(pool: str) -> None:
    flagship, pooled = (
        Work.of(sim.load_scenario("china-2022", {"scale": "0.005", "population.pool": one})) for one in ("none", pool)
    )
    assert pooled.attempts == pytest.approx(flagship.attempts, rel=1e-6)
    assert pooled.alerts == pytest.approx(flagship.alerts, rel=0.02)
    assert pooled.people == pytest.approx(flagship.people, rel=0.01)
    assert pooled.provinces < flagship.provinces


def test_work_grows_with_scale_and_days() -> None:
    first, *others = (
        Work.of(sim.load_scenario("china-2022", {"scale": "0.001", **more}))
        for more in ({}, {"scale": "0.002"}, {"period.start": "2022-01-01"})
    )
    twice, shorter = others
    assert twice.attempts == pytest.approx(2 * first.attempts)
    assert twice.people == pytest.approx(2 * first.people, rel=0.01)
    assert twice.alerts == pytest.approx(2 * first.alerts)
    assert shorter.days == first.days - 365
    assert shorter.attempts < first.attempts


GROWING = ("days", "provinces", "people", "attempts", "alerts")


@pytest.mark.parametrize("name", GROWING)
def test_more_of_anything_takes_no_less_time_memory_or_disk(name: str) -> None:
    more = replace(WORK, **{name: 3 * getattr(WORK, name)})
    before, after = Cost.of(WORK, MACHINE), Cost.of(more, MACHINE)
    assert after.seconds(1) > before.seconds(1)
    assert after.disk_bytes >= before.disk_bytes
    if name != "days":  # of more days the same alerts are fewer a day
        assert after.memory_bytes >= before.memory_bytes


def test_events_take_time_and_disk() -> None:
    some, every = (replace(WORK, events=share) for share in (0.1, 1.0))
    assert disk_of(some) - disk_of(WORK) == pytest.approx(0.1 * (disk_of(every) - disk_of(WORK)))
    assert Cost.of(every, MACHINE).seconds(1) > Cost.of(some, MACHINE).seconds(1) > Cost.of(WORK, MACHINE).seconds(1)


def test_a_machine_half_as_quick_takes_twice_as_long() -> None:
    slow = replace(MACHINE, speeds=Speeds(*(2 * one for one in dataclasses.astuple(HOME))))
    before, after = Cost.of(WORK, MACHINE), Cost.of(WORK, slow)
    assert after.seconds(1) == pytest.approx(2 * before.seconds(1))
    assert after.start_s == pytest.approx(2 * before.start_s)
    # Memory that is twice as slow slows kernels alone, by less than twice.
    reads = replace(MACHINE, speeds=replace(HOME, reads_s=2 * HOME.reads_s))
    assert before.seconds(1) < Cost.of(WORK, reads).seconds(1) < after.seconds(1)


def test_threads_share_what_kernels_do_up_to_a_bound() -> None:
    found = Cost.of(replace(WORK, alerts=1e8), MACHINE)
    times = [found.seconds(threads) for threads in (1, 2, 4, 10, 64)]
    assert times == sorted(times, reverse=True)
    assert times[0] - found.serial_s == pytest.approx(2 * (times[1] - found.serial_s))
    assert times[3] == times[4]
    alone = Cost.of(replace(WORK, engine="reference"), MACHINE)
    assert alone.seconds(1) == alone.seconds(4) > Cost.of(WORK, MACHINE).seconds(1)


def test_what_is_to_be_compiled_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Cost.of(WORK, MACHINE).compiling_s == 0.0
    monkeypatch.setattr(cost, "is_compiled", lambda engine: engine == "reference")
    cold = Cost.of(WORK, MACHINE)
    assert cold.compiling_s > 10.0
    assert cold.memory_bytes > memory_of(WORK)
    assert Cost.of(replace(WORK, engine="reference"), MACHINE).compiling_s == 0.0


def test_the_folder_of_a_run_has_about_the_size_that_was_reckoned(tiny: sim.Scenario, run: sim.Run) -> None:
    sizes = {file.name: file.stat().st_size for file in run.path.iterdir() if file.name != LOG}
    work = Work.of(run.scenario)
    assert work.events == 1.0
    assert 1 / 3 < disk_of(work) / sum(sizes.values()) < 3.0
    events = sizes.pop("events.parquet")
    assert 1 / 3 < disk_of(Work.of(tiny)) / sum(sizes.values()) < 3.0
    assert 1 / 3 < (disk_of(work) - disk_of(Work.of(tiny))) / events < 3.0


@pytest.mark.slow
def test_times_are_to_each_other_as_is_reckoned(tmp_path: Path) -> None:
    # Ratios within one process alone: what else the machine does slows all of them.
    seconds, reckoned = [], []
    for number, more in enumerate(
        (
            {"scale": "0.001", "population.pool": "country"},
            {"scale": "0.02", "population.pool": "country"},
            {"scale": "0.005"},
            {"scale": "0.001", "period.start": "2022-10-01"},
        )
    ):
        scenario = sim.load_scenario("china-2022", more)
        if number in (0, 2):  # pooled or not for the first time, it may compile
            few = sim.load_scenario("china-2022", more | {"period.start": "2022-11-28", "period.warmup": "1 d"})
            sim.run(few, tmp_path / f"compiling-{number}", workers=1)
        spent = sim.run(scenario, tmp_path / str(number), workers=1).manifest["performance"]
        seconds.append(spent["wall_s"])
        reckoned.append(Cost.of(Work.of(scenario), MACHINE).seconds(1))
    ratios = [one / two for one, two in zip(reckoned, seconds, strict=True)]
    assert max(ratios) / min(ratios) < 4.0, list(zip(reckoned, seconds, strict=True))
