"""What another process has compiled is read, and whatever becomes of that process, a run goes on."""

from contextlib import closing
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from sim.draws import compile_process as beside
from sim.draws import compiled as compiling
from sim.draws.compile_process import Beside
from sim.draws.compiled import compiled
from tests.draws import tripling

TRIPLED: Any = tripling.tripled


def process_of(besides: Beside) -> "Popen[bytes]":
    process = besides._process
    assert process is not None
    return process


def test_what_the_process_has_compiled_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))  # of the process
    monkeypatch.setattr(compiling, "machine_code_folder", lambda: str(tmp_path))
    with closing(Beside(TRIPLED, wanted=True)) as process:
        process.compile(14)
        process.wait()
    assert len(list(tmp_path.glob("*/tripling.tripled-*.nbc"))) == 1
    again: Any = compiled(TRIPLED.py_func)
    assert again(14) == 42
    assert sum(again.stats.cache_hits.values()) == 1


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
