"""What a run of this size cannot say stands above the answer of every command that has one."""

import json
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.calibration import calibrate as calibration
from sim.cli import app
from sim.cli.options import Output
from sim.experiments.store import WARNINGS
from sim.warning.size import Size
from tests.cli.commands import ROOT, Ended, Tocsin
from tests.marks import first_quick

DAY = "period={start: 2022-01-25, end: 2022-01-25, warmup: 0 d}"
TWO_DAYS = DAY.replace("25, end", "24, end")
THIN = ["tiny", "--scale", "0.4", "--set", DAY]
"""A day with desks of fewer than five seats."""

KNOWN = "evidence=[{name: app_users, range: [0, 1], basis: made up}]"
RUN = [["run", *THIN, "--set", KNOWN, "--out", "here", "--quiet"]]
CORE = ["--workers", "1"]
MET = "desks.visit.met"

COMMANDS: dict[str, tuple[list[list[str]], list[str]]] = {
    "run": ([], ["run", *THIN]),
    "figures": (RUN, ["figures", "here", "victims"]),
    "evidence": (RUN, ["evidence", "here"]),
    "findings": (RUN, ["findings", "here"]),
    "report": (RUN, ["report", "here"]),
    "compare": ([], ["compare", "tiny", "policy.yaml", *THIN[1:], "--replicates", "1"]),
    "attribute": ([], ["attribute", *THIN, "--layer", "interception", *CORE]),
    "sweep": ([], ["sweep", *THIN, "--vary", f"{MET}=0.6,0.9", *CORE]),
    "sensitivity": ([], ["sensitivity", *THIN, "--vary", MET, "--samples", "2", *CORE]),
    "staffing": ([], ["staffing", *THIN[:-1], TWO_DAYS, "--within", "4 h", "--share", "0.4", *CORE]),
    "predict": ([], ["predict", str(ROOT / "tests/predictions/drawn.yaml"), "--draws", "10", *CORE]),
    "calibrate": (
        [],
        ["calibrate", str(ROOT / "tests/calibration/small.yaml"), "--set", "calibration.scales=[0.1, 0.4]"],
    ),
}
"""For each command with an answer that rests on runs: what is typed before it, and what is typed of thin desks."""

NO_ANSWER = {
    "runs": "lists folders, and says nothing of a country",
    "studio": "serves a page whose answers and warnings are those of compare",
    "check": "says whether stored bytes agree with each other, at any scale",
    "rerun": "says whether bytes are the same again, at any scale",
    "verify": "holds engines to theory with scenarios of its own, at full scale",
    "validate": "reads a scenario, and simulates nothing",
    "show": "reads a scenario, and simulates nothing",
    "schema": "reads no scenario",
    "scenarios": "lists scenarios, and simulates nothing",
    "ledger": "shows stored predictions, and simulates nothing",
    "diff": "compares scenarios, not what comes of them",
    "new": "writes a scenario, and simulates nothing",
    "provinces": "shows what a scenario says, at full scale",
    "explain": "explains a key",
}
"""Commands without an answer that rests on how much of a country is simulated, and why."""


@pytest.fixture(autouse=True)
def fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy; and a calibration that makes no runs: it is about what is printed of them."""
    (tmp_path / "policy.yaml").write_text(
        "schema: 1\nname: policy\nextends: tiny\ntitle: q\ndesks: {visit: {met: 0.7}}\n"
    )

    def made(scenario: sim.Scenario, folder: Path, *_: Any, **__: Any) -> calibration.Calibration:
        document = {"figures": [], "simulated": 0, WARNINGS: calibration.unsaid(scenario)}
        return calibration.Calibration(folder, document, None)

    monkeypatch.setattr(calibration, "calibrate", made)
    monkeypatch.setattr(Output, "forecast", lambda *_, **__: None)


def ended(name: str, tocsin: Tocsin) -> Ended:
    before, command = COMMANDS[name]
    for one in before:
        assert tocsin(*one).code == 0
    return tocsin(*command)


def test_every_command_has_such_an_answer_or_says_why_not() -> None:
    commands = [one.name or one.callback.__name__ for one in app.registered_commands if one.callback is not None]
    assert sorted([*COMMANDS, *NO_ANSWER]) == sorted(commands)
    assert all(NO_ANSWER.values())


@pytest.mark.parametrize("name", first_quick(COMMANDS, 4))
def test_it_stands_above_the_answer_and_is_part_of_what_scripts_read(name: str, tocsin: Tocsin) -> None:
    """The first line is a warning about the size, and so are all up to the last one; then the answer begins."""
    shown = ended(name, tocsin)
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    warned = [number for number, line in enumerate(lines) if line.startswith("warning: ")]
    assert warned == list(range(len(warned)))
    assert lines[0].startswith("warning: At scale 0.")
    assert len(lines) > len(warned)
    if name == "report":
        return
    read = tocsin(*COMMANDS[name][1], "--json")  # what was finished for the answer is used again
    assert read.code == 0
    (first, *_) = json.loads(read.out)[WARNINGS]
    assert first.startswith("At scale 0.")


@pytest.mark.slow
def test_quiet_commands_say_it_on_standard_error(tocsin: Tocsin) -> None:
    shown = tocsin("run", *THIN, "--quiet")
    assert (shown.code, shown.out) == (0, "")
    assert shown.err.startswith("warning: At scale 0.4, ")
    assert shown.err == tocsin("compare", "tiny", "tiny", *THIN[1:], "--replicates", "1", "--json").err


@pytest.mark.slow
def test_python_says_it_too(tocsin: Tocsin) -> None:
    tocsin("run", *THIN, "--out", "here", "--quiet")
    tocsin("run", "policy.yaml", *THIN[1:], "--out", "there", "--quiet")
    base, policy = sim.load_run("here"), sim.load_run("there")
    (first, *_) = base.manifest[WARNINGS]
    assert f"\nwarning: {first}" in repr(base)
    assert sim.compare([base, policy]).attrs[WARNINGS][0] == first
    frame = sim.sweep(base.scenario, {MET: [0.6, 0.9]}, folder=Path("swept"), workers=1)
    assert frame.attrs[WARNINGS][0] == first
    # One that is finished is read, and says it again.
    assert sim.sweep(base.scenario, {MET: [0.6, 0.9]}, folder=Path("swept"), workers=1).attrs == frame.attrs
    assert json.loads(Path("swept/sweep.json").read_text())[WARNINGS][0] == first
    done = sim.attribute(base.scenario, ["interception"], folder=Path("attributed"), workers=1)
    assert {first} == {frame.attrs[WARNINGS][0] for frame in (done.layers, done.costs, done.coalitions)}


@pytest.mark.slow
def test_findings_that_one_run_has_alone_stand_above_a_comparison(tocsin: Tocsin) -> None:
    week = ["tiny", "--set", "period={start: 2022-01-24, end: 2022-01-31, warmup: 0 d}", "--quiet"]
    tocsin("run", *week, "--out", "few")
    tocsin("run", *week, "--set", "desks.visit.staff=60", "--out", "enough")
    out = tocsin("compare", "few", "enough").out.splitlines()
    found = json.loads(tocsin("compare", "few", "enough", "--json").out)["findings"]
    assert {(row["scenario"], row["beside"]) for row in found} == {("tiny", "tiny-2")}
    at = out.index("Findings of tiny that tiny-2 does not have")
    assert at < next(number for number, line in enumerate(out) if line.startswith("Answer"))
    own, other = ({(row["kind"], row["subject"]) for row in sim.load_run(one).found} for one in ("few", "enough"))
    # What both show is said of each by itself, not here.
    assert {(row["kind"], row["subject"]) for row in found} == own - other < own


def test_a_run_at_full_scale_says_nothing_of_its_size(tocsin: Tocsin) -> None:
    assert Size(sim.load_scenario("tiny").spec).lines == []
    assert not tocsin("run", "tiny", "--set", DAY).out.startswith("warning: ")
