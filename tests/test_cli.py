"""The command line as users meet it: exit codes, what goes to which stream, what is left on disk."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim import cli, load_run
from sim.results.folder import FolderError
from sim.results.provenance import process_age_s

ROOT = Path(__file__).resolve().parent.parent
SHORT = [
    "china-2022",
    "--set",
    "period={start: 2022-11-28, end: 2022-11-30, warmup: 0 d}",
    "--scale",
    "0.000003",
]
"""Three days of the flagship with a few hundred attempts."""

CALIBRATED = str(ROOT / "tests" / "scenario" / "drawn" / "calibrated.yaml")
"""Two days with two figures and three posterior draws."""

HEAVY = {"numba", "numpy", "pandas", "pyarrow", "pydantic", "pint", "simpy", "scipy", "ruamel", "plotly", "jinja2"}

MONTHS = [
    "china-2022",
    "--set",
    "period={start: 2022-01-01, end: 2022-05-31, warmup: 0 d}",
    "--scale",
    "0.000003",
]
"""Five months: long enough to end a run in their middle, short enough to make it again."""

LONG = ["china-2022", "--scale", "0.00001"]
"""Two years: longer than any test waits before it ends the run."""


@dataclass
class Ended:
    """What a command gave."""

    code: int
    out: str
    err: str


Tocsin = Callable[..., Ended]


@pytest.fixture
def tocsin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tocsin:
    """Run the command line inside this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


def start(*arguments: str, folder: Path, **options: object) -> subprocess.Popen[str]:
    """Start the command line as a process of its own, which hears interrupts even where the tests themselves do not."""
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); sys.argv[0] = 'tocsin'; "
        "from sim.cli import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        text=True,
        **{  # type: ignore[call-overload]
            "env": {**os.environ, "PYTHONPATH": str(ROOT)},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        },
    )


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> Path:
    """Wait until a file or folder that fits a pattern is there."""
    for _ in range(6000):
        found = sorted(folder.glob(pattern))
        if found:
            return found[0]
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError(f"no {pattern} in a minute")


def test_help_names_the_commands_that_there_are_and_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['tocsin', '--help']\n"
        "from sim.cli import main\n"
        "try:\n    main()\n"
        f"finally:\n    print('heavy:', sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    listed = re.findall(r"^  (\w+) ", done.stdout.partition("Commands:")[2], re.M)
    assert listed == [
        "run",
        "runs",
        "figures",
        "check",
        "evidence",
        "validate",
        "show",
        "schema",
        "scenarios",
        "calibrate",
        "compare",
        "attribute",
        "sweep",
        "sensitivity",
        "staffing",
        "report",
    ]
    assert "heavy: []" in done.stdout


def test_a_run_ends_with_every_figure_and_its_folder(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *SHORT)
    assert ended.code == 0
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    figures = json.loads((folder / "run.json").read_text())["figures"]
    lines = ended.out.splitlines()
    assert lines[0].split() == ["figure", "window", "role", "reported", "simulated", "ratio", "within"]
    assert [line.split()[0] for line in lines[1 : 1 + len(figures)]] == [figure["name"] for figure in figures]
    # No figure is about the few days of this run, so its totals follow.
    assert "attempts_potential" in lines[2 + len(figures)]
    assert "1,820,000,000" in ended.out
    assert lines[-1].startswith(str(folder))
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


@pytest.mark.parametrize("engine", ["reference", "vector"])
def test_wall_time_counts_from_the_start_of_the_process_and_is_the_sum_of_the_phases(
    engine: str, tocsin: Tocsin, tmp_path: Path
) -> None:
    before = process_age_s()
    tocsin("run", *SHORT, "--engine", engine, "--out", "here", "--quiet")
    performance = json.loads((tmp_path / "here" / "run.json").read_text())["performance"]
    assert before < performance["wall_s"] < process_age_s()
    # Opening and closing a few files stands between the phases.
    assert sum(performance["phases"].values()) == pytest.approx(performance["wall_s"], rel=0.01, abs=0.05)


def test_a_figure_that_no_one_counts_is_warned_of(tocsin: Tocsin) -> None:
    figure = "{name: alerts_regional, window: [2022-11-28, 2022-11-30], value: 1, role: predicted, source: none}"
    ended = tocsin("run", *SHORT, "--set", f"figures=[{figure}]", "--out", "here")
    assert ended.code == 0
    assert "warning: figure alerts_regional: the model counts no such quantity" in ended.err


def test_evidence_is_shown_from_a_run(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", *SHORT, "--out", "here", "--quiet")
    rows = json.loads((tmp_path / "here" / "run.json").read_text())["evidence"]
    shown = tocsin("evidence", "here")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0].split() == ["quantity", "window", "range", "simulated", "within", "basis"]
    assert [line.split()[0] for line in lines[1:]] == [row["name"] for row in rows]
    assert all(row["basis"][:40] in line for row, line in zip(rows, lines[1:], strict=True))
    assert json.loads(tocsin("evidence", "here", "--json").out) == {"evidence": rows}


def test_a_run_without_evidence_says_so(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", *SHORT, "--set", "evidence=[]", "--out", "here", "--quiet")
    assert "lists no evidence" in tocsin("evidence", "here").out
    path = tmp_path / "here" / "run.json"
    manifest = json.loads(path.read_text())
    del manifest["evidence"]
    path.write_text(json.dumps(manifest))
    ended = tocsin("evidence", "here")
    assert ended.code == 2
    assert "made before runs held evidence" in ended.err


def test_quiet_prints_nothing(tocsin: Tocsin) -> None:
    assert tocsin("run", *SHORT, "--out", "here", "--quiet").out == ""


def test_replicates_are_runs_of_their_own_with_seeds_counting_up(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", *SHORT, "--seed", "5", "--replicates", "2", "--out", "two", "--json")
    document = json.loads(ended.out)
    assert [run["seed"] for run in document["replicates"]] == [5, 6]
    assert sorted(os.listdir(tmp_path / "two")) == ["r000", "r001"]
    alone = json.loads(tocsin("run", *SHORT, "--seed", "6", "--out", "alone", "--json").out)
    assert alone["files"] == document["replicates"][1]["files"]
    assert len(document["figures"]) == len(alone["figures"])
    table = tocsin("run", *SHORT, "--replicates", "2", "--out", "table").out
    assert table.split()[:7] == ["figure", "window", "role", "reported", "mean", "s.d.", "ratio"]


def test_draws_are_runs_of_their_own_with_one_seed(tocsin: Tocsin, tmp_path: Path) -> None:
    document = json.loads(tocsin("run", CALIBRATED, "--seed", "5", "--draws", "2", "--out", "two", "--json").out)
    assert [run["seed"] for run in document["draws"]] == [5, 5]
    assert sorted(os.listdir(tmp_path / "two")) == ["d000", "d001"]
    alone = json.loads(tocsin("run", CALIBRATED, "--seed", "5", "--draw", "1", "--out", "alone", "--json").out)
    assert alone["files"] == document["draws"][1]["files"] != document["draws"][0]["files"]
    calls, solved = document["figures"]
    assert (calls["draws"], calls["standard_error"], solved["standard_error"]) == (2, 40, None)
    assert calls["mean"] == sum(run["figures"][0]["simulated"] for run in document["draws"]) / 2
    lines = tocsin("run", CALIBRATED, "--draws", "2", "--out", "table").out.splitlines()
    assert lines[0].split()[4:] == ["mean", "s.d.", "draws", "s.e.", "run", "ratio"]
    assert lines[1].split()[-2] == "40"
    # What was drawn stands in the run itself, which needs no draws any more.
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "again.yaml").write_bytes((tmp_path / "alone" / "scenario.yaml").read_bytes())
    again = json.loads(tocsin("run", "here/again.yaml", "--out", "again", "--json").out)
    assert again["files"] == alone["files"]
    # One draw is still several runs that happen to be one.
    assert list(json.loads(tocsin("run", CALIBRATED, "--draws", "1", "--json").out)) == ["figures", "draws"]


def test_figures_shows_those_of_the_scenario_or_any_other_window(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("run", CALIBRATED, "--out", "here")
    shown = tocsin("figures", "here")
    assert shown.code == 0
    assert ended.out.startswith(shown.out)
    lines = shown.out.splitlines()
    assert lines[0].split() == ["figure", "window", "role", "reported", "simulated", "ratio", "within"]
    assert lines[1].endswith("no ±3 s.e. (6%)")
    assert lines[2].endswith("90%: 5..15")
    manifest = json.loads((tmp_path / "here" / "run.json").read_text())
    assert json.loads(tocsin("figures", "here", "--json").out) == {"figures": manifest["figures"]}
    asked = ["calls_intercepted", "episodes@2022-01-31", "episodes_change@2022-02-01/2022-01-31"]
    rows = json.loads(tocsin("figures", "here", *asked, "--json").out)["figures"]
    assert [row["name"] for row in rows] == ["calls_intercepted", "episodes", "episodes_change"]
    assert rows[0]["simulated"] == manifest["totals"]["calls_intercepted"]
    assert rows[1]["window"] == ["2022-01-31", "2022-01-31"]
    first = rows[1]["simulated"]
    assert rows[2]["simulated"] == pytest.approx((manifest["totals"]["episodes"] - first) / first - 1)
    table = tocsin("figures", "here", *asked).out.splitlines()
    assert table[0].split() == ["figure", "window", "simulated"]
    assert table[3].split()[:2] == ["episodes_change", "2022-02-01..2022-02-01/2022-01-31..2022-01-31"]


def test_figures_that_cannot_be_are_a_line_each_and_code_2(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", CALIBRATED, "--out", "here", "--quiet")
    ended = tocsin("figures", "here", "calls", "losses@2022", "episodes")
    assert (ended.code, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert lines[0].startswith("tocsin figures: 'calls' is nothing that the model counts; ")
    assert "calls_intercepted" in lines[0]
    assert lines[1].endswith("is not inside the period of the run; days from 2022-01-31 to 2022-02-01")
    assert len(lines) == 2
    (tmp_path / "here" / "scenario.yaml").write_text("schema: [")
    ended = tocsin("figures", "here", "episodes")
    assert ended.code == 1
    assert ended.err.count("\n") == 1


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    tiny = ["tiny", "--engine", "reference", "--events", "all", "--set", "period.end=2022-01-26"]
    for name, hash_seed in (("one", "1"), ("two", "2")):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
        process = start("run", *tiny, "--out", name, "--quiet", folder=tmp_path, env=environment)
        process.communicate()
        assert process.returncode == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir() if path.name != "run.json")
    assert len(names) == 11
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "tocsin run: Missing argument 'SCENARIO'"),
        (["run", "china-2022", "--bogus"], "tocsin run: No such option: --bogus"),
        (["bogus"], "tocsin: No such command 'bogus'"),
        (["run", "china-2022", "--replicates", "0"], "tocsin run: Invalid value for '--replicates'"),
        (["run", "china-2022", "--set", "scale"], "--set scale: has no value"),
        (["run", "china-2022", "--events", "some"], "--events some: is none of them"),
        (["run", "china-2022", "--events", "2"], "--events:1:1: "),
        (["run", "china-2022", "--scale", "4"], "--scale:1:1: "),
        (["run", "china-2022", "--engine", "steam"], "--engine:1:1: "),
        (["run", "china-2022", "--out", "full"], "--out full: the folder is not empty"),
        (["run", "no-such-scenario"], "no-such-scenario:1:1: "),
        (["validate", "no-such-scenario"], "no-such-scenario:1:1: "),
        (["show", "no-such-scenario"], "no-such-scenario:1:1: "),
        (["check", "full"], "tocsin check: full: no run"),
        (["evidence", "full"], "tocsin evidence: full: no run"),
        (["figures", "full"], "tocsin figures: full: no run"),
        (["figures", "full", "losses"], "tocsin figures: full: no run"),
        (["run", "tiny", "--draw", "0"], "--draw:1:1: calibration.draws: no draws are stored with 'tiny'"),
        (["run", "tiny", "--draws", "2"], "--draw:1:1: calibration.draws: no draws are stored with 'tiny'"),
        (["show", "tiny", "--draw", "0"], "--draw:1:1: calibration.draws: no draws are stored with 'tiny'"),
        (["run", CALIBRATED, "--draw", "3"], "--draw:1:1: calibration.draws: there is no draw 3; 0 to 2"),
        (["run", CALIBRATED, "--draws", "4"], "--draw:1:1: calibration.draws: there is no draw 3; 0 to 2"),
        (["run", CALIBRATED, "--draw", "-1"], "tocsin run: Invalid value for '--draw'"),
        (["run", CALIBRATED, "--draws", "2", "--draw", "0"], "--draws: runs the first draws once each; neither"),
        (["run", CALIBRATED, "--draws", "2", "--replicates", "2"], "--draws: runs the first draws once each; neither"),
        (["runs", "nowhere"], "tocsin runs: nowhere: no such folder"),
    ],
)
def test_bad_usage_is_one_line_code_2_and_nothing_written(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    ended = tocsin(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(message)
    assert ended.err.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "file"]


def test_each_mistake_of_a_scenario_is_a_line(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: china-2022\nname: mine\nscale: 7\nfeedbak: on\n")
    for command in ("run", "validate", "show"):
        ended = tocsin(command, "mine.yaml")
        assert ended.code == 2
        lines = ended.err.splitlines()
        assert len(lines) == 2
        assert lines[0].startswith("mine.yaml:3:8: scale: ")
        assert lines[1].startswith("mine.yaml:4:1: feedbak: ")
    assert os.listdir(tmp_path) == ["mine.yaml"]


def test_validate_show_schema_and_scenarios_print_what_they_promise(tocsin: Tocsin) -> None:
    assert tocsin("validate", "china-2022").out.startswith("china-2022: no mistakes")
    shown = tocsin("show", "china-2022", "--set", "dens.slots=7", "--seed", "3").out.splitlines()
    assert any(line.startswith("seed: 3  # argument") for line in shown)
    assert any(line.startswith("scale: ") and "china-2022.yaml:" in line for line in shown)
    assert any("  # --set" in line for line in shown)
    assert "properties" in json.loads(tocsin("schema").out)
    listed = tocsin("scenarios").out.splitlines()
    assert any(re.match(r"china-2022 +\S", line) for line in listed)


def test_what_a_script_would_read_is_one_json_document(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", *SHORT, "--out", "here", "--quiet")
    (tmp_path / ".other.unfinished-1").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text('{"status": "finished"}')
    listed = json.loads(tocsin("runs", ".", "--json").out)["runs"]
    manifest = json.loads((tmp_path / "here" / "run.json").read_text())
    finished = [row for row in listed if row["status"] == "finished"]
    assert {row["path"]: row["status"] for row in listed if row not in finished} == {
        ".other.unfinished-1": "unfinished",
        "odd": "unreadable",
    }
    assert finished == [
        {
            "path": "here",
            "status": "finished",
            **{key: manifest[key] for key in ("name", "seed", "scale", "engine")},
            "wall_s": manifest["performance"]["wall_s"],
        }
    ]
    checked = json.loads(tocsin("check", "here", "--json").out)
    assert checked["passed"] is True
    assert len(checked["checks"]) == len(tocsin("check", "here").out.splitlines()) - 1
    shown = json.loads(tocsin("show", "tiny", "--set", "dens.slots=7", "--json").out)
    assert shown["given"]["dens.slots"] == "--set"
    assert shown["sha256"] != json.loads(tocsin("show", "tiny", "--json").out)["sha256"]
    assert shown["scenario"]["name"] == "tiny"
    named = json.loads(tocsin("scenarios", "--json").out)["scenarios"]
    assert [row["name"] for row in named] == [line.split()[0] for line in tocsin("scenarios").out.splitlines()]
    (tmp_path / "here" / "alerts.parquet").write_bytes(b"")
    ended = tocsin("check", "here", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["passed"] is False


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tocsin comp", ["compare"]),
        ("tocsin run no-", ["no-campaigns", "no-local", "no-warning"]),
        ("tocsin compare tiny dou", ["double-visits"]),
        ("tocsin run mine", []),
        ("tocsin report --o", ["--out"]),
    ],
)
def test_the_shell_completes_commands_options_and_bundled_names(typed: str, offered: list[str], tmp_path: Path) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    environment = {**os.environ, **words, "_TOCSIN_COMPLETE": "complete_bash"}
    program = [sys.executable, "-c", "from sim.cli import main; main()"]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == offered
    assert not done.stderr


def test_a_forged_run_fails_the_check(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("run", *SHORT, "--out", "here", "--quiet")
    path = tmp_path / "here" / "attempts.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    ended = tocsin("check", "here")
    assert ended.code == 1
    assert "FAIL files: attempts.parquet has its SHA-256" in ended.out


@pytest.mark.parametrize("engine", ["reference", "vector"])
def test_a_killed_run_leaves_only_what_is_called_unfinished(engine: str, tocsin: Tocsin, tmp_path: Path) -> None:
    command = ["run", *MONTHS, "--engine", engine, "--events", "all", "--out", "dead", "--quiet"]
    process = start(*command, folder=tmp_path)
    unfinished = wait_for(tmp_path, ".dead.unfinished-*/events.parquet", process).parent
    process.kill()
    process.communicate()
    # In the middle: the first month is being written, what is written last is not there.
    assert process.returncode == -signal.SIGKILL
    assert (unfinished / "attempts.parquet").exists()
    assert not (unfinished / "scenario.yaml").exists()
    assert os.listdir(tmp_path) == [unfinished.name]
    assert tocsin("runs", str(tmp_path)).out == f"{unfinished}  unfinished\n"
    with pytest.raises(FolderError, match="unfinished"):
        load_run(unfinished)
    ended = tocsin("check", str(unfinished))
    assert ended.code == 2
    assert "unfinished" in ended.err
    # Its name is free, and the same command gives what it gives where nothing was ever killed.
    assert tocsin(*command).code == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert start(*command, folder=elsewhere).wait() == 0
    again, undisturbed = load_run(tmp_path / "dead"), load_run(elsewhere / "dead")
    assert len(again.manifest["files"]) == 11
    assert again.manifest["files"] == undisturbed.manifest["files"]
    for name in again.manifest["files"]:
        assert (again.path / name).read_bytes() == (undisturbed.path / name).read_bytes(), name
    assert tocsin("check", "dead").code == 0


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    process = start("run", *LONG, "--out", "deep/dead", folder=tmp_path)
    wait_for(tmp_path, "deep/.dead.unfinished-*/attempts.parquet", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err == "tocsin run: interrupted; nothing of this run was kept for deep/dead\n"
    assert os.listdir(tmp_path) == []


def test_progress_shows_date_speed_and_time_left_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = start("run", *LONG, "--out", "dead", folder=tmp_path, stderr=theirs)
    os.close(theirs)
    seen = ""
    try:
        while not re.search(r"202\d-\d\d-\d\d .*days/s +[\d,]+ attempts/s +\d:\d\d:\d\d", seen):
            seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(ours, 4096).decode(errors="replace"))
            assert len(seen) < 1_000_000
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
