"""Wrong inputs of each kind: each gets one line that says what is wrong, where, and what to do; nothing is written."""

import re
from pathlib import Path

import pytest

from tests.cli.commands import Tocsin

FILES = {
    "torn.yaml": "schema: 1\nname: [torn\n",
    "text.yaml": "only words",
    "key.yaml": "schema: 1\nname: key\ntitle: q\nextends: tiny\ndesks: {visit: {staf: 3}}\n",
    "share.yaml": "schema: 1\nname: share\ntitle: q\nextends: tiny\nwarning: {app: {read: 1.2}}\n",
    "loop.yaml": "schema: 1\nname: loop\ntitle: q\nextends: loop.yaml\n",
}

WRONG = [
    (["run"], "tocsin run: Missing argument 'SCENARIO'; see tocsin run --help"),
    (["run", "nowhere"], "nowhere:1:1: scenario: there is no such scenario and no such file; allowed: "),
    (["run", "nowhere.yaml"], "nowhere.yaml:1:1: scenario: the file does not exist; use a file that can be read"),
    (["run", "torn.yaml"], "torn.yaml:3:1: name.1: expected ',' or ']', but got "),
    (["run", "text.yaml"], "text.yaml:1:1: scenario: "),
    (["run", "key.yaml"], "key.yaml:5:17: desks.visit.staf: unknown key; did you mean 'staff'? allowed: staff, "),
    (["run", "share.yaml"], "share.yaml:5:23: warning.app.read: 1.2 is above 1; must be a number from 0 to 1"),
    (["run", "loop.yaml"], "loop.yaml:4:10: extends: "),
    (["run", "tiny", "--scale", "4"], "--scale: 4.0 is above 1; must be a number from 1e-9 to 1"),
    (["run", "tiny", "--scale", "many"], "tocsin run: Invalid value for '--scale': must be a number; see tocsin run"),
    (["run", "tiny", "--engine", "fast"], "--engine: 'fast' is not allowed; allowed: vector, reference"),
    (["run", "tiny", "--pool", "town"], "--pool: 'town' is not allowed; allowed: none, country, regions, or a map"),
    (["run", "tiny", "--apart", "Guangdong"], "--apart: cannot be used without --pool; use --pool country"),
    (
        ["run", "tiny", "--pool", "country", "--apart", "Nowhere"],
        "--apart: 'Nowhere' is not a province; use a name or code of population.provinces (list them: ",
    ),
    (["run", "tiny", "--events", "2"], "--events: 2.0 is not allowed; allowed: none, all, or a number from 0 to 1"),
    (["run", "tiny", "--draw", "0"], "--draw: no draws are stored with 'tiny'"),
    (["run", "tiny", "--replicates", "0"], "tocsin run: Invalid value for '--replicates': must be at least 1; see "),
    (["run", "tiny", "--set", "scale"], "--set scale: has no value; use --set dotted.key=value"),
    (["run", "tiny", "--set", "desks.visit.staf=3"], "--set: desks.visit.staf: unknown key; did you mean 'staff'? "),
    (["run", "tiny", "--set", "desks.visit.staff=x"], "--set: desks.visit.staff: 'x' is not a number; must be a "),
    (["run", "tiny", "--set", "period=2022"], "--set: period: 2022 is not a map; must be a map with the keys start, "),
    (["--language", "de", "run", "tiny"], "--language de: must be one of en, zh, fr"),
    (["compare", "tiny"], "tocsin compare: needs a baseline and at least one other scenario or run"),
    (["compare", "tiny", "singapore"], "tocsin compare: singapore cannot be paired with tiny: "),
    (["sweep", "tiny", "--vary", "desks.visit.staff="], "--vary desks.visit.staff=: must be a list of single values; "),
    (["sweep", "tiny", "--vary", "nothing=1,2"], "tocsin sweep: nothing: unknown key; allowed: "),
    (["staffing", "tiny", "--within", "2"], "tocsin staffing: within 2: '2' is not a duration; use a duration, for "),
    (["calibrate", "tiny"], "tocsin calibrate: no calibrated parameter has a range; give one: "),
    (["predict", "tiny"], "tocsin predict: tiny has no posterior draws, and a prediction needs an interval; make them"),
    (["report", "nothing"], "tocsin report: nothing: is not a run; use a folder with run.json"),
    (["runs", "nowhere"], "tocsin runs: nowhere: no such folder; use a folder that holds runs"),
    (["new", "a/b"], "tocsin new: 'a/b' cannot be the name of a scenario; use letters, digits"),
]


@pytest.mark.parametrize(("arguments", "line"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_a_wrong_input_is_told_in_a_line(arguments: list[str], line: str, tocsin: Tocsin, tmp_path: Path) -> None:
    for name, text in FILES.items():
        Path(name).write_text(text)
    before = sorted(tmp_path.iterdir())
    ended = tocsin(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(line)
    assert ended.err.count("\n") == 1
    # What to do, or what is allowed, follows what is wrong.
    assert re.search(
        r"[;?:] ?(use |.*must |allowed: |see |make |give |needs |seed, |did you mean |list them)", ended.err
    )
    assert sorted(tmp_path.iterdir()) == before
