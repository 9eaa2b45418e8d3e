"""``--dry-run`` of every command that simulates: what it says, that it does nothing, that its runs are those made."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim.base.caches import FileCache
from sim.experiments import simulations
from sim.experiments.simulations import Simulations
from sim.forecast import job, machine
from sim.forecast.cost import HOME
from sim.verify.verification import STUDIES
from tests.cli.commands import CALIBRATED, ROOT, SHORT, Tocsin
from tests.cli.conftest import tocsin as tocsin
from tests.marks import first_quick

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


@pytest.fixture(autouse=True)
def measured(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("machine")
    monkeypatch.setattr(machine, "measure", lambda: HOME)
    monkeypatch.setattr(machine, "_cache", lambda: FileCache(place))


@pytest.mark.parametrize("name", COMMANDS)
def test_it_says_how_many_runs_and_does_nothing(name: str, tocsin: Tocsin, tmp_path: Path) -> None:
    command, runs = COMMANDS[name]
    ended = tocsin(*command, "--dry-run")
    assert (ended.code, ended.err) == (0, "measuring this machine, 4 s\n")
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
    timed = simulations.timed

    def timed_once(*given: Any) -> simulations.Timed:
        """Make the first run; what comes out of the others is of no interest here."""
        if not known:
            known.append(timed(*given))
        return known[0]

    monkeypatch.setattr(Simulations, "each", counted)
    monkeypatch.setattr(simulations, "timed", timed_once)
    command, runs = COMMANDS[name]
    workers = [] if command[0] in ("run", "compare") else ["--workers", "1"]
    assert tocsin(*command, *workers, "--out", "all", "--quiet").code == 0
    made = len(list((tmp_path / "all").rglob("run.json")))
    assert (made or sum(asked)) == runs


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


@pytest.mark.parametrize(
    "command",
    [["run", "tiny", "--scale", "7"], ["compare", "tiny", "china-2022"], ["attribute", "tiny", "--layer", "hope"],
     ["sweep", "tiny", "--vary", "seed=1,2"], ["sensitivity", "tiny", "--vary", "hope"],
     ["staffing", "tiny", "--share", "7"], ["calibrate", "tiny"]],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused_all_the_same(command: list[str], tocsin: Tocsin, tmp_path: Path) -> None:
    ended, plain = tocsin(*command, "--dry-run"), tocsin(*command)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == plain.err
    assert list(tmp_path.iterdir()) == []


def test_a_long_command_says_so_on_standard_error_and_only_there(
    tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "--dry-run says more"
    assert told not in tocsin("run", *SHORT, "--out", "quick").err
    monkeypatch.setattr(job, "TOLD_FROM_S", 0.0)
    ended = tocsin("run", *SHORT, "--out", "one", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["status"] == "finished"
    assert next(line for line in ended.err.splitlines() if told in line).startswith("about ")
    quiet = tocsin("run", *SHORT, "--out", "two", "--quiet")
    assert (quiet.out, told in quiet.err) == ("", False)
    sweep = ["sweep", *SHORT, "--vary", "warning.app.read=0.4,0.5", "--workers", "1", "--out", "all"]
    assert told in tocsin(*sweep).err
