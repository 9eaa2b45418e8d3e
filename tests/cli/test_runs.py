"""Runs from the command line: what is printed, and what is left on disk."""

import json
import os
from pathlib import Path

import pytest

from sim import load_run
from sim.base.failures import LOG
from sim.reading.findings import ABOVE
from sim.store.folder import process_age_s
from tests.cli.commands import CALIBRATED, ROOT, SHORT, Tocsin, start


def above(lines: list[str]) -> list[str]:
    """Return what stands above an answer: warnings, then findings."""
    return lines[: next(number for number, line in enumerate(lines) if line.startswith("Answer"))]


def answered(out: str) -> list[str]:
    """Return what follows warnings."""
    return [line for line in out.splitlines() if not line.startswith("warning: ")]


def test_a_run_ends_with_its_answer(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *SHORT)
    assert ended.code == 0
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    figures = json.loads((folder / "run.json").read_text())["figures"]
    lines = ended.out.splitlines()
    first = above(lines)
    warned = [line for line in first if line.startswith("warning: ")]
    assert warned[0].startswith("warning: At scale 3e-06, 62 of 62 desks have fewer than 5 seats: ")
    # No figure is about the few days of this run, so none agrees and none does not.
    at = first.index("Findings")
    assert at == len(warned)
    assert all(line.startswith("  ") for line in first[at + 1 : -1])
    place = folder.relative_to(tmp_path)
    assert first[-1].startswith(f"{place}: ")
    assert lines[len(first)].startswith("Answer   95% intervals: run-to-run noise at scale 3e-06, without parameter ")
    assert lines.count("Findings") == 1
    assert lines[-1] == f"Next   tocsin figures {place}; tocsin report {place}; --full for every table"
    # In full one line says so, and its totals follow, then costs.
    lines = tocsin("figures", str(folder)).out.splitlines()
    unreported = sum(row["reported"] is None for row in figures)
    why = f"figures have no simulated value, because their windows are outside the period; {unreported} without"
    at = lines.index(f"{len(figures) - 1} {why} a reported value")
    assert lines[at + 1] == "Not simulated: the date the law came into force"
    assert lines[at + 2].split() == ["total", "simulated"]
    assert lines[at + 3].startswith("attempts ")
    cost = next(number for number, line in enumerate(lines) if line.startswith("cost, yuan"))
    assert at < cost < len(above(lines))
    # No progress where standard error is no terminal.
    assert "days/s" not in ended.err
    assert tocsin("check", str(folder)).code == 0
    listed = tocsin("runs").out.splitlines()
    assert len(listed) == 1
    assert "finished" in listed[0]


def test_json_is_exactly_the_manifest(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *SHORT, "--out", "here", "--json")
    assert ended.code == 0
    assert ended.out == (tmp_path / "here" / "run.json").read_text()
    assert json.loads(ended.out)["performance"]["wall_s"] > 0


MOST_RUNS = 5
"""Runs of which one at least is not held up between its phases."""
HALF_MS = 0.0005
"""Seconds that rounding adds to a phase, and takes from the whole, at most."""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["reference", "vector"])
def test_wall_time_counts_from_the_start_of_the_process_and_is_the_sum_of_the_phases(
    engine: str, tocsin: Tocsin, tmp_path: Path
) -> None:
    apart = []
    for number in range(MOST_RUNS):
        before = process_age_s()
        tocsin("run", *SHORT, "--engine", engine, "--out", f"run{number}", "--quiet")
        performance = json.loads((tmp_path / f"run{number}" / "run.json").read_text())["performance"]
        assert before < performance["wall_s"] < process_age_s()
        phases = sum(performance["phases"].values())
        assert phases <= performance["wall_s"] + HALF_MS * (1 + len(performance["phases"])) + 1e-9
        # Opening and closing a few files stands between phases, which takes long where the machine is busy elsewhere.
        apart.append(performance["wall_s"] - phases)
        if apart[-1] <= 0.05 + 0.01 * performance["wall_s"]:
            break
    else:
        pytest.fail(f"seconds between the phases of {MOST_RUNS} runs: {apart}")


def test_evidence_is_shown_from_a_run(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", *SHORT, "--out", "here", "--quiet")
    rows = json.loads((tmp_path / "here" / "run.json").read_text())["evidence"]
    shown = tocsin("evidence", "here")
    assert shown.code == 0
    lines = answered(shown.out)
    assert lines[0].split() == ["quantity", "range", "simulated", "within"]
    table = [line.strip() for line in lines[1 : lines.index("Basis")]]
    for row in rows:
        name = row["name"].replace("_", " ").replace(".", ": ").replace("sms", "SMS")
        assert any(line.startswith(name) for line in table), name
        assert row["basis"][:40] in shown.out
    assert json.loads(tocsin("evidence", "here", "--json").out)["evidence"] == rows


FIGURE = (
    "{name: alerts_central, window: [2022-11-28, 2022-11-30], value: 1, role: fitted, tolerance: 0.1, "
    "standard_error: 0, source: none}"
)


@pytest.mark.slow
def test_findings_stand_above_what_a_run_answers_and_can_be_asked_again(tocsin: Tocsin, tmp_path: Path) -> None:
    off = ["--set", f"figures=[{FIGURE}]", "--set", "evidence=[]"]
    ended = tocsin("run", *SHORT, *off, "--out", "here")
    assert ended.code == 0
    lines = ended.out.splitlines()
    said = "  - The fitted figure alerts central from 2022-11-28 to 2022-11-30 lies outside its tolerance"
    first = above(lines)
    assert ABOVE <= len(first) - first.index("Findings") - 2 <= ABOVE + 1
    rows = json.loads((tmp_path / "here" / "run.json").read_text())["findings"]
    assert json.loads(tocsin("findings", "here", "--json").out)["findings"] == rows
    assert said in tocsin("findings", "here").out
    assert "Findings" in tocsin("figures", "here").out.splitlines()
    assert tocsin("check", "here").code == 0
    several = above(tocsin("run", *SHORT, *off, "--replicates", "2", "--out", "two").out.splitlines())
    assert "In 2 of 2 replicates: " in several[several.index("Findings") + 1]
    assert "Findings" not in tocsin("run", *SHORT, *off, "--out", "quiet", "--quiet").out


def test_quiet_prints_nothing(tocsin: Tocsin) -> None:
    assert tocsin("run", *SHORT, "--out", "here", "--quiet").out == ""


@pytest.mark.slow
def test_replicates_are_runs_of_their_own_with_seeds_counting_up(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *SHORT, "--seed", "5", "--replicates", "2", "--out", "two", "--json")
    document = json.loads(ended.out)
    assert [run["seed"] for run in document["replicates"]] == [5, 6]
    assert sorted(os.listdir(tmp_path / "two")) == [LOG, "r000", "r001", "replicates.json", "scenario.yaml"]
    alone = json.loads(tocsin("run", *SHORT, "--seed", "6", "--out", "alone", "--json").out)
    assert alone["files"] == document["replicates"][1]["files"]
    assert len(document["figures"]) == len(alone["figures"])
    table = tocsin("run", *SHORT, "--replicates", "2", "--out", "table").out
    assert "Answer   95% intervals over 2 replicates, without parameter uncertainty: no" in table


def test_draws_are_runs_of_their_own_with_one_seed(tocsin: Tocsin, tmp_path: Path) -> None:
    document = json.loads(tocsin("run", CALIBRATED, "--seed", "5", "--draws", "2", "--out", "two", "--json").out)
    assert [run["seed"] for run in document["draws"]] == [5, 5]
    assert sorted(os.listdir(tmp_path / "two")) == ["d000", "d001", "draws.json", LOG, "scenario.yaml"]
    alone = json.loads(tocsin("run", CALIBRATED, "--seed", "5", "--draw", "1", "--out", "alone", "--json").out)
    assert alone["files"] == document["draws"][1]["files"] != document["draws"][0]["files"]
    calls, solved = document["figures"]
    assert (calls["draws"], calls["standard_error"], solved["standard_error"]) == (2, 40, None)
    assert calls["mean"] == sum(run["figures"][0]["simulated"] for run in document["draws"]) / 2
    lines = tocsin("run", CALIBRATED, "--draws", "2", "--out", "table", "--full").out.splitlines()
    assert "Answer   90% intervals over 2 posterior draws" in lines
    (at,) = (number for number, line in enumerate(lines) if line.startswith("figure "))
    assert lines[at].split()[2:] == ["mean", "s.d.", "draws", "s.e.", "run", "deviation"]
    assert lines[at + 2].split()[-2] == "40"
    # What was drawn stands in the run itself, which needs no draws any more.
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "again.yaml").write_bytes((tmp_path / "alone" / "scenario.yaml").read_bytes())
    again = json.loads(tocsin("run", "here/again.yaml", "--out", "again", "--json").out)
    assert again["files"] == alone["files"]
    # One draw is still several runs that happen to be one.
    assert list(json.loads(tocsin("run", CALIBRATED, "--draws", "1", "--json").out)) == ["answer", "figures", "draws"]


def test_figures_shows_those_of_the_scenario_or_any_other_window(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", CALIBRATED, "--out", "here", "--full")
    shown = tocsin("figures", "here")
    assert shown.code == 0
    assert ended.out == shown.out
    lines = shown.out.splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("figure "))
    assert lines[at].split() == ["figure", "reported", "simulated", "deviation", "within"]
    assert lines[at + 2].endswith("no ±6% noise")
    assert any(line.endswith("90%: 5 to 15") for line in lines)
    manifest = json.loads((tmp_path / "here" / "run.json").read_text())
    assert json.loads(tocsin("figures", "here", "--json").out)["figures"] == manifest["figures"]
    asked = ["calls_intercepted", "episodes@2022-01-31", "episodes_change@2022-02-01/2022-01-31"]
    rows = json.loads(tocsin("figures", "here", *asked, "--json").out)["figures"]
    assert [row["name"] for row in rows] == ["calls_intercepted", "episodes", "episodes_change"]
    assert rows[0]["simulated"] == manifest["totals"]["calls_intercepted"]
    assert rows[1]["window"] == ["2022-01-31", "2022-01-31"]
    first = rows[1]["simulated"]
    assert rows[2]["simulated"] == pytest.approx((manifest["totals"]["episodes"] - first) / first - 1)
    table = answered(tocsin("figures", "here", *asked).out)
    assert table[0].split() == ["figure", "simulated"]
    assert table[-2] == "2022-02-01, compared with 2022-01-31"
    assert table[-1].startswith("  people drawn in, change ")


def test_figures_of_a_province_are_asked_for_by_name_or_code(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", "tiny", "--out", "here", "--quiet")
    names = ["Beijing", "Guangdong", "Xinjiang"]
    asked = ["victims", "loss_money", "cases_filed_change@2022-02-01..2022-02-06/2022-01-25..2022-01-31"]
    every = [word for name in names for word in ("--province", name)]
    rows = json.loads(tocsin("figures", "here", *asked, *every, "--json").out)["figures"]
    assert [row["province"] for row in rows] == [name for name in names for _ in asked]
    totals = json.loads((tmp_path / "here" / "run.json").read_text())["totals"]
    for name in asked[:2]:
        assert sum(row["simulated"] for row in rows if row["name"] == name) == pytest.approx(totals[name])
    one, same = (tocsin("figures", "here", *asked, "--province", where).out for where in ("guangdong", "44"))
    assert one == same
    assert one.splitlines()[1].startswith("Guangdong 2022-01-24 to 2022-02-06")
    assert "people drawn in" in tocsin("figures", "here", "--province", "44").out
    run = load_run(tmp_path / "here")
    assert run.figure("victims", province="Guangdong") == rows[3]["simulated"] == run.series("victims", 44).sum()


def test_figures_that_cannot_be_are_a_line_each_and_code_2(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", CALIBRATED, "--out", "here", "--quiet")
    ended = tocsin("figures", "here", "calls", "losses@2022", "episodes")
    assert (ended.code, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert lines[0].startswith("tocsin figures: 'calls' is not a quantity; ")
    assert "calls_intercepted" in lines[0]
    assert lines[1].endswith("must lie in the period of the run, 2022-01-31 to 2022-02-01")
    assert len(lines) == 2
    (tmp_path / "here" / "scenario.yaml").write_text("schema: [")
    ended = tocsin("figures", "here", "episodes")
    assert ended.code == 2
    assert ended.err.count("\n") == 1


@pytest.mark.slow
def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    tiny = ["tiny", "--engine", "reference", "--events", "all", "--set", "period.end=2022-01-26"]
    for name, hash_seed in (("one", "1"), ("two", "2")):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
        process = start("run", *tiny, "--out", name, "--quiet", folder=tmp_path, env=environment)
        process.communicate()
        assert process.returncode == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir() if path.name not in (LOG, "run.json"))
    assert len(names) == 13
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.parametrize("fraction", ["none", "all", "0.5"])
def test_events_are_those_asked_for_and_change_nothing_else(tocsin: Tocsin, tmp_path: Path, fraction: str) -> None:
    plain = json.loads(tocsin("run", *SHORT, "--out", "plain", "--json").out)
    chosen = json.loads(tocsin("run", *SHORT, "--events", fraction, "--out", "chosen", "--json").out)
    assert ("events.parquet" in chosen["files"]) == (fraction != "none")
    for name, digest in plain["files"].items():
        if name.endswith(".parquet"):
            assert chosen["files"][name] == digest
