"""What another process has compiled is read, and whatever becomes of that process, a run goes on."""

import os
import pickle
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from subprocess import Popen
from typing import Any

import numba
import pytest

import sim
from sim.draws import compile_process as beside
from sim.draws import machine_code
from sim.draws.compile_process import Beside
from sim.draws.compiled import compiled
from sim.engines.vector import engine
from sim.engines.vector.steps import run_all_events
from tests.draws import tripling

TRIPLED: Any = tripling.tripled


def process_of(besides: Beside) -> "Popen[bytes]":
    process = besides._process
    assert process is not None
    return process


def test_what_the_process_has_compiled_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))  # of the process
    monkeypatch.setattr(machine_code, "machine_code_folder", lambda: str(tmp_path))
    with closing(Beside(TRIPLED, wanted=True)) as process:
        process.compile(14)
        process.wait()
    assert len(list(tmp_path.glob("*/tripling.tripled-*.nbc"))) == 1
    again: Any = compiled(TRIPLED.py_func)
    assert again(14) == 42
    assert sum(again.stats.cache_hits.values()) == 1


def test_its_end_searches_for_no_cycles(tmp_path: Path) -> None:
    program = (
        "import atexit, gc, sys; atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"
        "from sim.draws.compile_process import main; sys.argv = ['', 'tests.draws.tripling', 'tripled']; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        input=pickle.dumps((numba.int64,)),
        capture_output=True,
        check=True,
    )
    assert ended.stdout == b"True\n"


def test_a_process_that_fails_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    with closing(Beside(TRIPLED, wanted=True)) as process:
        failed = process_of(process)
        process.compile((1, 2.0))  # which cannot be tripled
        process.wait()
    assert failed.returncode == 1
    monkeypatch.setattr(beside.sys, "executable", str(tmp_path / "missing"))
    with closing(Beside(TRIPLED, wanted=True)) as process:
        process.compile(14)
        process.wait()
    assert not list(tmp_path.glob("*/*.nbc"))


def test_it_ends_with_a_run_that_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    begun = Beside(TRIPLED, wanted=True)
    ended = process_of(begun)
    with pytest.raises(RuntimeError), closing(begun):
        raise RuntimeError
    assert ended.returncode is not None
    with closing(Beside(TRIPLED, wanted=False)) as process:
        assert process._process is None


@pytest.mark.parametrize(("workers", "wanted"), [(1, False), (2, True)])
def test_a_run_has_its_events_compiled_for_the_types_that_they_have(
    workers: int, wanted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    class Recorded(Beside):
        def __init__(self, function: Any, wanted: bool) -> None:
            super().__init__(function, wanted=False)
            told.append((function, wanted))

        @property
        def is_wanted(self) -> bool:
            return True

        def compile(self, *arguments: Any) -> None:
            typeof: Any = numba.typeof
            told.append(tuple(typeof(one) for one in arguments))

        def wait(self) -> None:
            if "waited" not in told:
                told.append("waited")

    monkeypatch.setattr(engine, "Beside", Recorded)
    monkeypatch.setattr(engine, "is_compiled", lambda _engine: False)
    sim.run("tiny", tmp_path / "run", workers=workers)
    events: Any = run_all_events
    assert told == [(events, wanted), told[1], "waited"]
    assert told[1] in events.overloads
