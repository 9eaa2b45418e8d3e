"""``tocsin compare`` as users meet it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim import cli
from sim.experiments.pairing import SPARED
from tests.cli.commands import CALIBRATED

SHORT = ["--set", "period={start: 2022-11-29, end: 2022-11-30, warmup: 0 d}", "--scale", "0.000003"]
WEAK = CALIBRATED.replace("calibrated.yaml", "weak.yaml")
Tocsin = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tocsin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tocsin:
    """Run the command line inside this process, in an empty folder; gives code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


@pytest.mark.slow
def test_pairs_are_run_compared_and_kept(tocsin: Tocsin, tmp_path: Path):
    code, out, _ = tocsin(
        "compare", "china-2022", "no-warning", *SHORT, "--replicates", "2", "--out", "both", "--json", "--events", "all"
    )
    assert code == 0
    document = json.loads(out)
    (answer,) = document.pop("answers")
    assert document == json.loads((tmp_path / "both" / "compare.json").read_text())
    assert answer["headline"].endswith(".")
    assert answer["name"] == "no-warning"
    assert (document["base"], document["others"]) == ("china-2022", ["no-warning"])
    runs = {
        policy: [sim.load_run(tmp_path / "both" / policy / f"r00{number}") for number in range(2)]
        for policy in ("china-2022", "no-warning")
    }
    frame = sim.compare(list(runs.values()))
    rows = {row["quantity"]: row for row in document["rows"]}
    assert list(rows) == list(frame["quantity"])
    for _, row in frame.iterrows():
        if row["quantity"] in SPARED:
            assert rows[row["quantity"]]["ratio"] == (None if pd.isna(row["ratio"]) else row["ratio"])
            continue
        assert rows[row["quantity"]]["difference"] == row["difference"]
        assert rows[row["quantity"]]["replicates"] == 2
    assert rows["alerts_central"]["other"] == 0.0 < rows["alerts_central"]["base"]
    assert sum(one["count"] for one in document["changes"]) == sum(
        int(sim.changes(*pair)["count"].sum()) for pair in zip(*runs.values(), strict=True)
    )

    # Finished runs are compared without running anything: replicates, or one run each.
    code, out, _ = tocsin("compare", "both/china-2022", "both/no-warning", "--json")
    assert code == 0
    (again,) = (found := json.loads(out)).pop("answers")
    assert found == document
    assert {**again, "next": answer["next"]} == answer
    code, out, _ = tocsin("compare", "both/china-2022/r000", "both/no-warning/r000", "--full")
    assert code == 0
    lines = out[out.index("Changes of no-warning from china-2022\n") :].splitlines()
    assert out.startswith("warning: At scale 3e-06, ")
    assert lines[1].startswith("  the measure warning-central, removed: warning, central, ")
    assert "Answer   a single pair of runs: its run-to-run noise is unknown" in lines
    assert "quantities are unchanged" in out
    assert "central alerts" not in out
    every = tocsin("compare", "both/china-2022/r000", "both/no-warning/r000", "--all")[1]
    assert "central alerts" in every
    assert "calls intercepted" not in every
    assert [row["key"] for row in document["levers"]] == ["measures.warning-central", "measures.warning-local"]
    assert {row["scenario"] for row in document["levers"]} == {"no-warning"}


@pytest.mark.slow
def test_four_pairs_are_made_unless_another_number_is_asked_for(tocsin: Tocsin):
    days = ["--set", "period={start: 2022-01-24, end: 2022-01-24, warmup: 0 d}"]
    policy = ["compare", "tiny", "tiny", *days]
    code, out, _ = tocsin(*policy, "--dry-run", "--json")
    assert (code, json.loads(out)["dry_run"]["runs"]["typical"]) == (0, 8)
    for more, runs in ((["--replicates", "2"], 4), (["--draws", "2"], 4), (["--draws", "2", "--replicates", "3"], 12)):
        document = json.loads(tocsin("compare", CALIBRATED, WEAK, *more, "--dry-run", "--json")[1])
        assert document["dry_run"]["runs"]["typical"] == runs
    code, out, _ = tocsin(*policy, "--out", "four")
    assert "four: 8 runs" in out.splitlines()
    assert "Answer   95% intervals over 4 replicates" in out


@pytest.mark.slow
def test_one_pair_has_no_interval_and_says_so(tocsin: Tocsin):
    days = ["--set", "period={start: 2022-01-24, end: 2022-01-26, warmup: 0 d}"]
    code, out, _ = tocsin("compare", "tiny", "no-warning-here.yaml", *days, "--replicates", "1", "--out", "one")
    assert code == 2
    Path("no-warning-here.yaml").write_text(
        "schema: 1\nname: silent\ntitle: Silent?\nextends: tiny\nmeasures: {warning-central: null}\n"
    )
    code, out, _ = tocsin("compare", "tiny", "no-warning-here.yaml", *days, "--replicates", "1", "--out", "one")
    assert code == 0
    assert "too few to tell the size of its effect" in out
    assert "95%" not in out
    assert "Not priced: the measure warning-central. " in out
    rows = json.loads(Path("one/compare.json").read_text())["rows"]
    assert {row["low"] for row in rows} == {row["pairing_gain"] for row in rows} == {None}


@pytest.mark.slow
def test_each_draw_is_met_by_every_scenario(tocsin: Tocsin, tmp_path: Path):
    code, out, _ = tocsin("compare", CALIBRATED, WEAK, "--draws", "2", "--out", "both", "--full")
    assert code == 0
    assert "90%, draws" in out
    assert "both: 4 runs" in out.splitlines()
    for policy in ("calibrated", "weak"):
        runs = [sim.load_run(tmp_path / "both" / policy / f"d00{k}") for k in (0, 1)]
        levels = {run.scenario.spec.fraud.volumes.call.level for run in runs}
        assert len(levels) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny"], "tocsin compare: needs a baseline and at least one other scenario or run"),
        (
            ["china-2022", "tiny"],
            "tocsin compare: tiny cannot be paired with china-2022: seed is 7 instead of 20221130; ",
        ),
        (["tiny", "nobody"], "nobody:1:1: "),
        (["tiny", "tiny", "--out", "full"], "tocsin compare: full: the folder is not empty; "),
        (["full", "tiny"], "tocsin compare: full is a finished run; finished runs cannot be combined with scenarios"),
        (["full", "full"], "tocsin compare: full: is not a run; "),
        (["full", "full", "--seed", "0"], "tocsin compare: full is a finished run; finished runs cannot be combined"),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_writes_nothing(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    code, out, err = tocsin("compare", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_draws_that_meet_other_people_are_refused_before_anything_is_run(tocsin: Tocsin, tmp_path: Path):
    header = "schema: 1\ntitle: Who is met?\nextends: tiny\n"
    for name, share in (("one", "0.10"), ("two", "0.15")):
        (tmp_path / f"{name}.csv").write_text(f"draw,population.exposure.high_share\n0,0.10\n1,{share}\n")
        (tmp_path / f"{name}.yaml").write_text(f"{header}name: {name}\ncalibration: {{draws: {name}.csv}}\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = tocsin("compare", "one.yaml", "two.yaml", "--draws", "2")
    assert (code, out) == (2, "")
    assert "two cannot be paired with one: population.exposure.high_share is 0.15 instead of 0.1" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
