"""Runs that are killed, interrupted or watched: what is left on disk, what a terminal shows."""

import os
import pty
import re
import signal
from pathlib import Path

import pytest

from sim import load_run
from sim.results.stored import FolderError
from tests.cli.commands import Tocsin, start, wait_for

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
    assert len(again.manifest["files"]) == 12
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
