"""Limits of a process that are too low for anything to be computed: one line says which, and what is needed."""

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sim.base.limits import ROOM, THREADS, demand_room

ROOT = Path(__file__).parents[2]


def limited(megabytes: int, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with so many megabytes of addresses."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 10**6,) * 2)

    return subprocess.run(
        [sys.executable, "-m", "sim", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("megabytes", [400, 700, 1499])
def test_a_run_with_too_few_addresses_says_so_in_one_line_and_writes_nothing(megabytes: int, tmp_path: Path) -> None:
    done = limited(megabytes, "run", "tiny", "--quiet", "--out", "here", folder=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"is {megabytes:,} MB, but the program needs {ROOM // 10**6:,} MB: raise the limit (ulimit -v)" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("allowed", [0, 1, THREADS - 1])
def test_too_few_threads_are_told_too(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    start = threading.Thread.start
    started = 0

    def start_some(thread: threading.Thread) -> None:
        nonlocal started
        if started == allowed:
            raise RuntimeError("can't start new thread")
        started += 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_some)
    with pytest.raises(
        OSError, match=rf"^only {allowed} threads can start, but the program needs {THREADS}: .*ulimit -u"
    ):
        demand_room()
    assert threading.active_count() == before
