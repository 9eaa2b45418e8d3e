"""However a command ends: one line, the right exit code, and nothing that looks finished."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.base.failures import FailedError, RefusedError, Terminated, UsageError
from sim.cli import told
from sim.store.folder import RUN_JSON
from tests.cli.commands import ROOT, Tocsin, start, wait_for

LONG = ["china-2022", "--scale", "0.00001"]
"""Two years: longer than any test waits before it ends the run."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run."""
    period = {"start": "2022-11-28", "end": "2022-11-30", "warmup": "0 d"}
    scenario = sim.load_scenario("china-2022", period=period, scale=0.000003)
    return sim.run(scenario, tmp_path_factory.mktemp("runs") / "here").path


@pytest.mark.parametrize(
    ("error", "lines", "code"),
    [
        (RefusedError("x: is not; y"), ["tocsin run: x: is not; y"], 2),
        (UsageError("--a: is not; b", "--c: is not; d"), ["--a: is not; b", "--c: is not; d"], 2),
        (FailedError("sums differ"), ["tocsin run: failed: sums differ"], 1),
        (MemoryError(), ["tocsin run: failed: MemoryError"], 1),
        (OverflowError("too\nmuch"), ["tocsin run: failed: too much"], 1),
        (OSError(28, "No space left on device"), ["tocsin run: failed: [Errno 28] No space left on device"], 1),
        (RuntimeError("can't start new thread"), ["tocsin run: failed: can't start new thread"], 1),
        (KeyboardInterrupt(), ["tocsin run: interrupted"], 1),
        (Terminated("SIGTERM"), ["tocsin run: ended by SIGTERM"], 1),
        (KeyError("x"), ["tocsin run: internal error: KeyError: 'x'; please report it"], 1),
    ],
)
def test_every_error_is_told_in_a_line_and_has_its_code(error: BaseException, lines: list[str], code: int) -> None:
    assert told(error, ["--verbose", "run", "tiny"]) == (lines, code)


def test_what_was_kept_is_told_and_a_fault_names_its_line() -> None:
    try:
        cli.main.nothing  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        error.add_note("kept in x")
        (line,), code = told(error, ["nowhere"])
    assert code == 1
    assert line.startswith("tocsin: internal error: AttributeError: ")
    assert line.endswith("; kept in x; please report it")


def test_verbose_shows_where(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.scenario.load_scenario", lambda *a, **b: {}["x"])  # type: ignore[index]
    plain, verbose = tocsin("validate", "tiny"), tocsin("--verbose", "validate", "tiny")
    assert (plain.code, plain.err.count("\n")) == (1, 1)
    assert "sim/cli/options.py:" in plain.err
    assert verbose.code == 1
    assert "Traceback" in verbose.err


def test_output_that_cannot_be_written_is_a_failure_in_one_line(finished: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -m sim figures {finished} > /dev/full"
    ended = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("tocsin figures: failed: ")
    assert ended.stderr.count("\n") == 1


def test_who_has_read_enough_is_told_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sim", "show", "china-2022"]  # more than a pipe holds
    writing = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writing.stdout is not None
    assert writing.stderr is not None
    writing.stdout.readline()
    writing.stdout.close()
    with writing.stderr:
        assert writing.stderr.read() == ""
    assert writing.wait() == 1


def raw(text: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / RUN_JSON).write_text(text)

    return damage


def cut_table(folder: Path) -> None:
    path = folder / "outcomes.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def edited_total(folder: Path) -> None:
    document = json.loads((folder / RUN_JSON).read_text())
    document["totals"]["victims"] += 1
    (folder / RUN_JSON).write_text(json.dumps(document))


DAMAGES = {
    "no JSON": raw("{"),
    "only finished": raw('{"status": "finished"}'),
    "edited total": edited_total,
    "cut table": cut_table,
    "other scenario": lambda folder: (folder / "scenario.yaml").write_text("schema: ["),
}
READERS = ["figures", "evidence", "check", "report", "rerun", "compare", "runs"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_command_trusts_a_damaged_run_or_fails_without_a_line(
    damage: str, finished: Path, tmp_path: Path, tocsin: Tocsin
) -> None:
    shutil.copytree(finished, tmp_path / "bad")
    DAMAGES[damage](tmp_path / "bad")
    before = sorted(os.listdir(tmp_path / "bad"))
    for command in READERS:
        arguments = {"compare": ["bad", str(finished)], "runs": ["."]}.get(command, ["bad"])
        ended = tocsin(command, *arguments)
        told_in = ended.out if command in ("check", "rerun", "runs") else ended.err
        assert "Traceback" not in ended.out + ended.err, command
        assert "internal error" not in ended.err, (command, ended.err)
        if command == "runs":
            assert ended.code == 0
            assert ended.out.count("\n") == 1
        elif command == "evidence" and ended.code == 0:
            assert "table" in damage or "scenario" in damage
        elif command in ("check", "rerun") and ended.code == 1:
            assert "FAIL" in told_in
        else:
            assert ended.code == 2, (command, ended)
            assert ended.err.count("\n") == 1, (command, ended.err)
    assert sorted(os.listdir(tmp_path / "bad")) == before


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_leaves_nothing(sent: signal.Signals, tmp_path: Path) -> None:
    process = start("run", *LONG, "--out", "deep/dead", folder=tmp_path)
    wait_for(tmp_path, "deep/.dead.unfinished-*/attempts.parquet", process)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    how = "interrupted" if sent == signal.SIGINT else f"ended by {sent.name}"
    assert err == f"tocsin run: {how}; nothing of this run was kept in deep/dead\n"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("module", ["typer", "numba"])
def test_an_interrupt_while_the_program_is_loaded_is_told_in_one_line(module: str, tmp_path: Path) -> None:
    # The installed command begins with Python's own start; from then on it is ours.
    program = f"""
import signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
awaited = [{module!r}]

def interrupt(event, arguments):
    if event == "import" and arguments[0] in awaited:
        awaited.clear()
        signal.raise_signal(signal.SIGINT)

sys.addaudithook(interrupt)
from sim.__main__ import main
main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program, "run", *LONG, "--out", "dead"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("tocsin")
    assert "interrupted" in err
    assert err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "tiny", "--replicates", "1000000000"], "--replicates"),
        (["run", "tiny", "--draws", "1000000000"], "--draws"),
        (["run", "tiny", "--seed", str(2**63 - 1), "--replicates", "2"], "--seed"),
        (["sweep", "tiny", "--vary", "warning.*"], "warning.*"),
        (["run", "tiny", "--out", "x" * 300], "File name too long"),
    ],
)
def test_what_cannot_be_is_refused_at_once(arguments: list[str], said: str, tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert os.listdir(tmp_path) == []
