"""How functions are compiled: what is asked once, and what is a part."""

import math
import os
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grimp
import numba
import pytest
from llvmlite.binding import parse_bitcode
from numba.core import types

from sim.base.caches import NO_RESULT, PACKAGE, sources
from sim.draws import compiled as compiling
from sim.draws.compiled import UNCOMPILED, compiled, internal
from sim.draws.distributions import no_event


@internal
def furthest(numbers: Any) -> int:
    return int(max(numbers[0], numbers[1], numbers[2]))


def doubled(number: int) -> int:
    return 2 * number


def test_what_numba_compiles_for_a_part_is_a_part_too() -> None:
    furthest.compile((types.Array(types.int16, 1, "C"),))
    library = furthest.overloads[(types.Array(types.int16, 1, "C"),)].library
    parts_of_it = [other.name for other in library._linking_libraries if isinstance(other, compiling.PartLibrary)]
    assert any(name.startswith("ol_max") for name in parts_of_it)
    assert any(name.startswith("ol_int") for name in parts_of_it)


def test_of_an_entry_no_code_is_stored_beside_its_machine_code() -> None:
    entry: Any = numba.njit(pipeline_class=compiling.EntryCompiler, no_cfunc_wrapper=True, _nrt=False)(no_event.py_func)
    assert entry(1.0)[0] == pytest.approx(math.exp(-1.0))
    library = next(iter(entry.overloads.values())).library
    _, kind, (machine_code, names) = library.serialize_using_object_code()
    assert kind == "object"
    module = parse_bitcode(names)
    defined = [function for function in module.functions if not function.is_declaration]
    assert any("no_event" in function.name for function in defined)
    assert all(len(list(block.instructions)) == 1 for function in defined for block in function.blocks)
    assert len(machine_code) > 500


@pytest.mark.slow
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


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "noise": lambda data: random.Random(1).randbytes(len(data)),
    "noise for the same key": lambda data: data[:-200] + random.Random(1).randbytes(200),
    "one bit": lambda data: data[:-90] + bytes([data[-90] ^ 4]) + data[-89:],
    "cut": lambda data: data[: len(data) // 2],
    "another program's": lambda data: pickle.dumps(("0.1", {})),
}


@pytest.mark.parametrize(("damage", "suffix"), [*((name, ".nbc") for name in DAMAGES), ("cut", ".nbi")])
def test_no_damaged_machine_code_is_run(
    suffix: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "machine_code_folder", lambda: str(tmp_path))
    assert compiled(doubled)(3) == 6
    (file,) = tmp_path.rglob(f"*{suffix}")
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    again, after = compiled(doubled), compiled(doubled)
    assert again(3) == 6
    assert not again.stats.cache_hits  # type: ignore[attr-defined]
    assert after(3) == 6
    assert sum(after.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]


def test_machine_code_of_another_key_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "machine_code_folder", lambda: str(tmp_path))
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
    monkeypatch.setattr(compiling, "machine_code_folder", lambda: str(tmp_path))
    if made_before:
        assert compiled(doubled)(3) == 6
    before = sorted(tmp_path.rglob("*"))

    def refused(*_: Any) -> None:
        raise PermissionError("for the test")

    # Whoever runs the tests may write everywhere, so the machine is made to refuse.
    monkeypatch.setattr(compiling._CacheLocator, "ensure_cache_path", refused)
    monkeypatch.setattr(compiling.WholeFiles, "_open_for_write", refused)
    entry = compiled(doubled)
    assert entry(3) == 6
    assert sum(entry.stats.cache_hits.values()) == made_before  # type: ignore[attr-defined]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("chosen", ["made", "there", "file", "file/below"])
def test_a_chosen_folder_is_taken_where_it_can_be(chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / chosen))
    folder = compiling.machine_code_folder.__wrapped__()
    assert (folder == str(tmp_path / chosen)) is not chosen.startswith("file")
    assert Path(folder).is_dir()


def test_nothing_that_a_result_or_machine_code_depends_on_is_left_out_of_the_keys_of_caches() -> None:
    """A stale key would give the bytes of another version."""
    graph = grimp.build_graph("sim", cache_dir=None)

    def texts(left_out: frozenset[str]) -> dict[str, str]:
        paths = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in sources(left_out)}
        return {name.removesuffix(".__init__"): path.read_text(encoding="utf-8") for name, path in paths.items()}

    def with_(pattern: str) -> set[str]:
        return {name for name, text in texts(frozenset()).items() if re.search(pattern, text, re.M)}

    for left_out, roots in (
        (UNCOMPILED, with_(r"^@(compiled|compiled_with_arrays|inlined)\b")),
        (NO_RESULT, {"sim.running"} | with_(r'^def \w+\(run: "Run".*\) -> Outcome:')),
    ):
        assert roots.union(*map(graph.find_upstream_modules, roots)) <= set(texts(left_out))
