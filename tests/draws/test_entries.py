"""How functions are compiled: what is asked once, and what is a part."""

import math
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from llvmlite.binding import parse_bitcode
from numba.core import types

from sim.draws import entries as parts
from sim.draws import machine_code
from sim.draws.compiled import compiled, internal
from sim.draws.distributions import no_event


@internal
def furthest(numbers: Any) -> int:
    return int(max(numbers[0], numbers[1], numbers[2]))


def doubled(number: int) -> int:
    return 2 * number


class Operator:
    typing_key = "addition"

    def __init__(self, key: str) -> None:
        self.key = key

    def get_impl_key(self, _signature: str) -> str:
        return self.key


def asked(key: str) -> int:
    """Return how often numba is asked for the types of two equal calls and a third, which numba implements so."""
    calls = []

    def ask(_function: Any, _context: Any, arguments: Any, _keywords: Any) -> str:
        calls.append(arguments)
        return f"of {arguments}"

    find = parts._remembering(ask)
    operator = Operator(key)
    found = [find(operator, None, arguments, {}) for arguments in [(1, 2), (1, 2), (3,)]]
    assert found == ["of (1, 2)", "of (1, 2)", "of (3,)"]
    return len(calls)


@pytest.mark.parametrize(
    ("key", "ours", "times"), [("addition", True, 2), ("compiled elsewhere", True, 3), ("addition", False, 3)]
)
def test_types_of_numbas_own_code_are_found_once_for_functions_of_ours(
    key: str, ours: bool, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was compiled under some flags, and what others compile, is asked for each time.
    monkeypatch.setattr(parts, "_compiles_ours", lambda: ours)
    assert asked(key) == times


def test_what_numba_compiles_for_a_part_is_a_part_too() -> None:
    furthest.compile((types.Array(types.int16, 1, "C"),))
    library = furthest.overloads[(types.Array(types.int16, 1, "C"),)].library
    parts_of_it = [other.name for other in library._linking_libraries if isinstance(other, parts.PartLibrary)]
    assert any(name.startswith("ol_max") for name in parts_of_it)
    assert any(name.startswith("ol_int") for name in parts_of_it)


def test_what_numba_compiles_for_others_is_none() -> None:
    compile_as = numba.njit(lambda number: int(number))
    assert compile_as(np.int16(3)) == 3
    overload = compile_as.overloads[(types.int16,)]
    assert not any(isinstance(other, parts.PartLibrary) for other in overload.library._linking_libraries)


def test_of_an_entry_no_code_is_stored_beside_its_machine_code() -> None:
    entry: Any = numba.njit(pipeline_class=parts.EntryCompiler, no_cfunc_wrapper=True, _nrt=False)(no_event.py_func)
    assert entry(1.0)[0] == pytest.approx(math.exp(-1.0))
    library = next(iter(entry.overloads.values())).library
    _, kind, (machine_code, names) = library.serialize_using_object_code()
    assert kind == "object"
    module = parse_bitcode(names)
    defined = [function for function in module.functions if not function.is_declaration]
    assert any("no_event" in function.name for function in defined)
    assert all(len(list(block.instructions)) == 1 for function in defined for block in function.blocks)
    assert len(machine_code) > 500


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2]], ids=["emptied", "cut"])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_damaged_machine_code_is_compiled_again(
    suffix: str, damage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "machine_code_folder", lambda: str(tmp_path))
    assert compiled(doubled)(3) == 6
    files = list(tmp_path.rglob(f"*{suffix}"))
    assert len(files) == 1
    before = files[0].read_bytes()
    files[0].write_bytes(damage(before))
    assert compiled(doubled)(3) == 6
    again = compiled(doubled)
    assert again(3) == 6
    assert sum(again.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]


def test_machine_code_loads_without_what_compiling_needs(tmp_path: Path) -> None:
    program = (
        "import sys; from tests.draws.tripling import tripled; tripled(14)\n"
        "print([name in sys.modules for name in ('numba.np.arraymath', 'scipy.linalg')])"
    )
    loaded = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in ("compiled", "loaded")
    ]
    assert loaded == ["[True, False]\n", "[False, False]\n"]


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_code, "machine_code_folder", lambda: "")
    entry = compiled(doubled)
    assert entry(3) == 6
    assert entry.stats.cache_path is None  # type: ignore[attr-defined]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "noise": lambda data: random.Random(1).randbytes(len(data)),
    "noise for the same key": lambda data: data[:-200] + random.Random(1).randbytes(200),
    "one bit": lambda data: data[:-90] + bytes([data[-90] ^ 4]) + data[-89:],
    "more than there was": lambda data: data + b"\0",
    "another program's": lambda data: pickle.dumps(("0.1", {})),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_no_damaged_machine_code_is_run(
    suffix: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "machine_code_folder", lambda: str(tmp_path))
    assert compiled(doubled)(3) == 6
    (file,) = tmp_path.rglob(f"*{suffix}")
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    again, after = compiled(doubled), compiled(doubled)
    assert again(3) == 6
    assert not again.stats.cache_hits  # type: ignore[attr-defined]
    assert after(3) == 6
    assert sum(after.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]


def test_machine_code_of_another_key_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_code, "machine_code_folder", lambda: str(tmp_path))
    entry = compiled(doubled)
    assert entry(3) == 6
    files = entry._cache._cache_file  # type: ignore[attr-defined]
    ((key, name),) = files._load_index().items()
    files._save_index({"another": name})
    assert files.load("another") is None
    files._save_index({key: name})
    assert files.load(key) is not None


@pytest.mark.parametrize("made_before", [True, False])
def test_a_folder_that_can_only_be_read_is_read(
    made_before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "machine_code_folder", lambda: str(tmp_path))
    if made_before:
        assert compiled(doubled)(3) == 6
    before = sorted(tmp_path.rglob("*"))

    def refused(*_: Any) -> None:
        raise PermissionError("for the test")

    # Whoever runs the tests may write everywhere, so the machine is made to refuse.
    monkeypatch.setattr(machine_code._CacheLocator, "ensure_cache_path", refused)
    monkeypatch.setattr(machine_code.WholeFiles, "_open_for_write", refused)
    entry = compiled(doubled)
    assert entry(3) == 6
    assert sum(entry.stats.cache_hits.values()) == made_before  # type: ignore[attr-defined]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("chosen", ["made", "there", "file", "file/below"])
def test_a_chosen_folder_is_taken_where_it_can_be(chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / chosen))
    folder = machine_code.machine_code_folder.__wrapped__()
    assert (folder == str(tmp_path / chosen)) is not chosen.startswith("file")
    assert Path(folder).is_dir()
