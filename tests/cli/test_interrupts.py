"""Runs that are killed, interrupted or watched: what is left on disk, what a terminal shows."""

import json
import os
import pty
import re
import signal
from pathlib import Path

import pytest

from sim import load_run
from sim.store.folder import FolderError
from tests.cli.commands import Tocsin, start, wait_for

MONTHS_END = ["china-2022", "--set", "period={start: 2022-01-31, end: 2022-02-01, warmup: 0 d}", "--scale", "0.000003"]
"""Two days of two months."""

KILLED = """
import os, signal
from sim.store.writer import TableWriter
write = TableWriter._write_groups

def write_and_die(writer, table, ends):
    write(writer, table, ends)
    if table.name == "alerts":
        os.kill(os.getpid(), signal.SIGKILL)

TableWriter._write_groups = write_and_die
"""
"""A process that is killed when it has written its alerts, whatever else goes on meanwhile."""

LONG = ["china-2022", "--scale", "0.0001"]
"""Two years: longer than any test waits before it ends the run."""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["reference", "vector"])
def test_a_killed_run_leaves_only_what_is_called_unfinished(engine: str, tocsin: Tocsin, tmp_path: Path) -> None:
    command = ["run", *MONTHS_END, "--engine", engine, "--events", "all", "--quiet"]
    process = start(*command, "--out", "dead", folder=tmp_path, before=KILLED)
    assert process.communicate() == ("", "")
    # In the middle: tables are being written, what is written last is not there.
    assert process.returncode == -signal.SIGKILL
    (unfinished,) = tmp_path.iterdir()
    assert unfinished.name.startswith(".dead.unfinished-")
    assert (unfinished / "attempts.parquet").exists()
    assert not (unfinished / "events.parquet").exists()
    assert not (unfinished / "scenario.yaml").exists()
    assert tocsin("runs", str(tmp_path)).out == f"{unfinished}  unfinished\n"
    with pytest.raises(FolderError, match="unfinished"):
        load_run(unfinished)
    ended = tocsin("check", str(unfinished))
    assert ended.code == 2
    assert "unfinished" in ended.err
    # Its name is free, and the same command gives what it gives where nothing was ever killed.
    assert tocsin(*command, "--out", "dead").code == 0
    assert tocsin(*command, "--out", "elsewhere/dead").code == 0
    again, undisturbed = load_run(tmp_path / "dead"), load_run(tmp_path / "elsewhere" / "dead")
    assert len(again.manifest["files"]) == 13
    assert again.manifest["files"] == undisturbed.manifest["files"]
    for name in again.manifest["files"]:
        assert (again.path / name).read_bytes() == (undisturbed.path / name).read_bytes(), name
    assert tocsin("check", "dead").code == 0


@pytest.mark.slow
def test_runs_offers_to_remove_what_killed_runs_have_left_and_nothing_else(tocsin: Tocsin, tmp_path: Path) -> None:
    processes, folders = [], []
    try:
        for name in ("killed", "alive"):
            processes.append(start("run", *LONG, "--out", f"a b/{name}", folder=tmp_path))
            found = wait_for(tmp_path, f"a b/.{name}.unfinished-*/attempts.parquet", processes[-1])
            folders.append(found.parent.relative_to(tmp_path))
            processes[-1].send_signal(signal.SIGSTOP)  # it lives, and goes on no further
        (killed, alive), (left, making) = processes, folders
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        listed = tocsin("runs", "a b")
        at_work = f"process {alive.pid} is working on it\n"
        assert listed.out == f"{making}  unfinished  {at_work}{left}  unfinished\n"
        offer = "1 run is unfinished, and no process is working on it; remove it with: tocsin runs 'a b' --clean\n"
        assert listed.err == offer
        documents = {row["path"]: row for row in json.loads(tocsin("runs", "a b", "--json").out)["runs"]}
        assert documents[str(making)] == {"path": str(making), "status": "unfinished", "process": alive.pid}
        assert documents[str(left)] == {"path": str(left), "status": "unfinished"}
        cleaned = tocsin("runs", "a b", "--clean")
        assert (cleaned.code, cleaned.err) == (0, "")
        assert cleaned.out == f"{making}  kept: {at_work}{left}  removed\n"
        assert os.listdir(tmp_path / "a b") == [making.name]
        assert json.loads(tocsin("runs", "a b", "--clean", "--json").out)["runs"] == [
            {"path": str(making), "status": "kept", "process": alive.pid}
        ]
        assert alive.poll() is None
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert tocsin("runs", "a b", "--clean").out == f"{making}  removed\n"
    assert tocsin("runs", "a b").out == ""


@pytest.mark.slow
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
