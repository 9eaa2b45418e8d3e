"""The forecast of a command: how it follows the last run, how runs add up, and ``--dry-run`` of every command."""

import json
from pathlib import Path
from typing import Any

import pytest

import sim
from sim import forecast
from sim.base.failures import LOG
from sim.experiments import simulations
from sim.experiments.parameters import Counts
from sim.experiments.simulations import Simulations
from sim.forecast import BASE_BYTES, MOST_PACE, SPREAD, UNKNOWN_SPREAD, Forecast, Job, between, lasting, size
from sim.running import work_of
from sim.store import folder as provenance
from sim.verify.verification import STUDIES
from tests.cli.commands import CALIBRATED, ROOT, SHORT, Tocsin
from tests.cli.conftest import tocsin as tocsin
from tests.marks import first_quick


@pytest.fixture(autouse=True)
def machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of four cores on which nothing has run, though all engines are compiled."""
    place = tmp_path_factory.mktemp("last")
    monkeypatch.setattr(provenance, "cache_folder", lambda *_: place)
    monkeypatch.setattr(forecast, "is_compiled", lambda _engine: True)
    monkeypatch.setattr("os.cpu_count", lambda: 4)


@pytest.fixture(scope="module")
def flagship() -> sim.Scenario:
    return sim.load_scenario("china-2022", {"scale": "0.01"})


def outcomes(scenario: sim.Scenario, runs: int, workers: int | None = 4) -> Forecast:
    return Forecast.of(Job.of([(scenario, runs)], workers))


def folders(scenario: sim.Scenario, runs: int, **more: Any) -> Forecast:
    return Forecast.of(Job.of([(scenario, runs)], 4, **{"parallel": False, "kept": True, **more}))


def test_time_follows_the_last_run_of_the_engine_and_the_interval_is_wide_before(flagship: sim.Scenario) -> None:
    before = folders(flagship, 1)
    assert before.high_s / before.low_s == pytest.approx(UNKNOWN_SPREAD**2)
    work = work_of(flagship)
    for pace in (2.0, 100.0, 1e-3):
        seconds = pace * forecast.seconds_of("vector", work, 4)
        provenance.keep_last_run("vector", work | {"threads": 4, "seconds": max(seconds, 1.0)})
        after = folders(flagship, 1)
        assert after.high_s / after.low_s == pytest.approx(SPREAD**2)
        if seconds > 1.0:
            told = after.high_s / SPREAD / (before.high_s / UNKNOWN_SPREAD)
            assert told == pytest.approx(min(pace, MOST_PACE))
    assert forecast.pace_of("reference") == (1.0, UNKNOWN_SPREAD)
    provenance.keep_last_run("reference", work | {"threads": 4, "seconds": 0.5})
    assert provenance.last_run("reference") is None, "too short to say anything"


def test_a_run_keeps_its_work_and_its_time_unless_it_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, dict[str, float]]] = []
    monkeypatch.setattr("sim.store.folder.keep_last_run", lambda *given: kept.append(given))
    monkeypatch.setattr("sim.draws.compiled.is_compiled", lambda _engine: True)
    scenario = sim.load_scenario("tiny")
    run = sim.run(scenario, tmp_path / "one", workers=3)
    monkeypatch.setattr("sim.draws.compiled.is_compiled", lambda _engine: False)
    sim.run(scenario, tmp_path / "three")
    ((engine, about),) = kept
    spent = run.manifest["performance"]
    assert (engine, about["threads"]) == ("vector", 3)
    assert about["seconds"] == pytest.approx(spent["wall_s"] - spent["phases"]["start"], abs=0.01)
    assert {key: about[key] for key in work_of(scenario)} == work_of(scenario)


def test_runs_one_after_the_other_add_up_in_time_and_on_disk(flagship: sim.Scenario) -> None:
    one, three = folders(flagship, 1), folders(flagship, 3)
    assert (one.runs, three.runs) == (Counts.exactly(1), Counts.exactly(3))
    assert three.disk_bytes == pytest.approx(3 * one.disk_bytes)
    assert three.memory_bytes == one.memory_bytes
    assert 2.0 < three.high_s / one.high_s < 3.0  # the program starts once


def test_runs_side_by_side_share_time_and_take_memory_each(flagship: sim.Scenario) -> None:
    alone, four, more = (outcomes(flagship, 40, workers) for workers in (1, 4, 8))
    assert outcomes(flagship, 40, None) == four
    assert 3.0 < alone.high_s / four.high_s < 4.0
    # More workers than cores are no quicker, and take memory.
    assert more.high_s == pytest.approx(four.high_s)
    assert more.memory_bytes - BASE_BYTES == pytest.approx(8 * (alone.memory_bytes - BASE_BYTES))
    # Folders go as soon as their outcome is read; those that are kept stay.
    assert outcomes(flagship, 400).disk_bytes < 2 * four.disk_bytes
    assert [outcomes(flagship, 2).cores, four.cores, more.cores] == [2, 4, 4]
    kept = folders(flagship, 40, parallel=True)
    assert (kept.high_s, kept.memory_bytes) == (four.high_s, four.memory_bytes)
    assert kept.disk_bytes == folders(flagship, 40).disk_bytes
    # A large run has all cores, and there is one at a time.
    whole = sim.load_scenario("china-2022")
    assert outcomes(whole, 4).memory_bytes == pytest.approx(folders(whole, 4).memory_bytes + BASE_BYTES)
    assert outcomes(whole, 4).high_s == pytest.approx(folders(whole, 4).high_s)


def test_what_asks_for_more_as_it_goes_has_a_bound(flagship: sim.Scenario) -> None:
    found = Forecast.of(Job.of([(flagship, Counts(2, 10, 90))], 1))
    assert found.most_s > 5 * found.high_s
    lines = found.lines()
    assert lines[0] == "runs    about 10; at least 2, at most 90"
    assert "for the most runs" in lines[1]


def test_compiling_and_too_little_memory_are_said(flagship: sim.Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    warm = folders(flagship, 1)
    assert not any("compiling" in line or "too little memory" in line for line in warm.lines())
    monkeypatch.setattr(forecast, "is_compiled", lambda _engine: False)
    cold = folders(flagship, 1)
    assert any("compiling, only at the first run of this version" in line for line in cold.lines())
    assert cold.high_s > warm.high_s + forecast.COMPILING_S
    monkeypatch.setattr(forecast, "machine", lambda: {"memory_bytes": 1 << 28})
    assert any("this machine has too little memory" in line for line in cold.lines())


@pytest.mark.parametrize("engine", ["vector", "reference"])
@pytest.mark.parametrize("key", ["days", "provinces", "people", "events"])
def test_more_of_anything_takes_more_time_and_no_less_memory_or_disk(key: str, engine: str) -> None:
    work = {"days": 700.0, "provinces": 31.0, "people": 1e6, "events": 0.1}
    more = work | {key: 3 * work[key]}
    assert forecast.seconds_of(engine, more, 1) > forecast.seconds_of(engine, work, 1)
    assert forecast.disk_of(more) > forecast.disk_of(work)
    assert forecast.memory_of(more) >= forecast.memory_of(work)
    times = [forecast.seconds_of(engine, work, threads) for threads in (1, 2, 10, 64)]
    assert times == sorted(times, reverse=True)
    assert times[2] == times[3]


def test_the_folder_of_a_run_has_about_the_size_that_was_estimated(tmp_path: Path) -> None:
    run = sim.run("tiny", tmp_path / "run")
    bytes_there = sum(file.stat().st_size for file in run.path.iterdir() if file.name != LOG)
    assert 1 / 3 < forecast.disk_of(work_of(run.scenario)) / bytes_there < 3.0


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


COMMANDS = {
    "run": (["run", *SHORT], 1),
    "replicates": (["run", *SHORT, "--replicates", "3"], 3),
    "draws": (["run", CALIBRATED, "--draws", "2"], 2),
    "compare": (["compare", *SHORT, "no-warning", "no-local", "--replicates", "2"], 6),
    "attribute": (["attribute", *SHORT, "--layer", "interception", "--layer", "cards", "--replicates", "2"], 16),
    "gangs": (["attribute", *SHORT, "--layer", "interception", "--gangs", "both"], 4),
    "sweep": (["sweep", *SHORT, "--vary", "warning.app.read=0.4,0.5,0.6", "--replicates", "2"], 6),
    "predict": (["predict", str(ROOT / "tests/predictions/drawn.yaml"), "--draws", "10"], 11),
    "sensitivity": (["sensitivity", *SHORT, "--vary", "warning.app.read", "--samples", "2"], 4),
}
"""Commands of which it is known how many runs they make."""


@pytest.mark.parametrize("name", COMMANDS)
def test_it_says_how_many_runs_and_does_nothing(name: str, tocsin: Tocsin, tmp_path: Path) -> None:
    command, runs = COMMANDS[name]
    ended = tocsin(*command, "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert list(tmp_path.iterdir()) == []
    lines = ended.out.splitlines()
    assert lines[0] == f"runs    {runs}"
    assert [line.split()[0] for line in lines[1:4]] == ["time", "memory", "disk"]
    assert lines[-1] == "nothing was simulated, nothing was written"
    document = json.loads(tocsin(*command, "--dry-run", "--json").out)["dry_run"]
    assert document["runs"] == {"least": runs, "typical": runs, "most": runs}
    assert 0.0 < document["low_s"] < document["high_s"] == document["most_s"]


@pytest.mark.parametrize("name", first_quick(COMMANDS, 3))
def test_so_many_runs_are_made(name: str, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    each = Simulations.each

    def counted(self: Simulations, scenarios: object, total: int) -> object:
        asked.append(total)
        return each(self, scenarios, total)  # type: ignore[arg-type]

    known: list[simulations.Timed] = []
    simulate = simulations.simulate

    def timed_once(*given: Any) -> simulations.Timed:
        """Make the first run; what comes out of the others is of no interest here."""
        if not known:
            known.append(simulate(*given))
        return known[0]

    monkeypatch.setattr(Simulations, "each", counted)
    monkeypatch.setattr(simulations, "simulate", timed_once)
    command, runs = COMMANDS[name]
    workers = [] if command[0] in ("run", "compare") else ["--workers", "1"]
    assert tocsin(*command, *workers, "--out", "all", "--quiet").code == 0
    made = len(list((tmp_path / "all").rglob("run.json")))
    assert (made or sum(asked)) == runs


@pytest.mark.slow
def test_a_search_says_a_typical_number_and_bounds_that_hold(tocsin: Tocsin, tmp_path: Path) -> None:
    brief = ["--set", "period={start: 2022-01-24, end: 2022-01-26, warmup: 1 d}", "--scale", "0.5"]
    command = ["staffing", "tiny", *brief, "--share", "0.5", "--relative"]
    ended = tocsin(*command, "--dry-run", "--json")
    assert ended.code == 0
    assert list(tmp_path.iterdir()) == []
    runs = json.loads(ended.out)["dry_run"]["runs"]
    assert tocsin(*command, "--workers", "1", "--out", "all", "--quiet").code == 0
    made = int((tmp_path / "all" / "log.txt").read_text().splitlines()[-1].split("end: ")[1].split()[0])
    assert runs["least"] <= made <= runs["most"]
    assert made / 2 < runs["typical"] < 2 * made


def test_a_calibration_says_a_typical_number_and_bounds(tocsin: Tocsin, tmp_path: Path) -> None:
    members = ["--set", "calibration.members=250"]
    ended = tocsin("calibrate", "china-2022", *members, "--dry-run", "--json")
    assert (ended.code, list(tmp_path.iterdir())) == (0, [])
    runs = json.loads(ended.out)["dry_run"]["runs"]
    # The flagship's last posterior took 2,804, without policies (docs/calibration.md, 8).
    assert runs["least"] < 2_804 < runs["most"]
    assert 2_804 / 2 < runs["typical"] < 2 * 2_804


def test_a_run_made_again_is_one(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("run", *SHORT, "--out", "here", "--quiet").code == 0
    ended = tocsin("rerun", "here", "--dry-run")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "runs    1")


@pytest.mark.slow
def test_a_verification_says_how_many_studies_it_runs(tocsin: Tocsin, tmp_path: Path) -> None:
    found = {}
    for engine in ("vector", "reference", "both"):
        ended = tocsin("verify", "--engine", engine, "--dry-run", "--json")
        assert (ended.code, list(tmp_path.iterdir())) == (0, [])
        found[engine] = json.loads(ended.out)["dry_run"]
    runs = {engine: one["runs"]["most"] for engine, one in found.items()}
    assert runs["vector"] == sum("vector" in study.days for study in STUDIES)
    assert runs["both"] == runs["vector"] + runs["reference"]
    quick = json.loads(tocsin("verify", "--quick", "--dry-run", "--json").out)["dry_run"]
    assert quick["runs"]["most"] == runs["both"]
    assert quick["high_s"] < found["both"]["high_s"]
    # Each folder goes before the next one is made.
    assert found["both"]["disk_bytes"] == max(one["disk_bytes"] for one in found.values())


@pytest.mark.parametrize("command", [["run", "tiny", "--scale", "7"], ["calibrate", "tiny"]])
def test_what_cannot_be_asked_for_is_refused_all_the_same(command: list[str], tocsin: Tocsin, tmp_path: Path) -> None:
    ended, plain = tocsin(*command, "--dry-run"), tocsin(*command)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == plain.err
    assert list(tmp_path.iterdir()) == []


def test_a_long_command_says_so_on_standard_error_and_only_there(
    tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "--dry-run says more"
    monkeypatch.setattr(forecast, "TOLD_FROM_S", 0.0)
    ended = tocsin("run", *SHORT, "--out", "one", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["status"] == "finished"
    assert next(line for line in ended.err.splitlines() if told in line).startswith("about ")
