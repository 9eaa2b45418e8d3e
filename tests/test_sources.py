"""Which sources are left out of the keys of caches: none that machine code is made of, none that changes an outcome."""

import re
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest

from sim.base.caches import NO_RESULT, PACKAGE, sources
from sim.draws.machine_code import UNCOMPILED
from sim.store.checkpoints import LEFT_OUT

COMPILED = re.compile(r"^@(?:compiled|compiled_with_arrays|inlined)\b", re.MULTILINE)
READER = re.compile(r"^def \w+\(run: \"Run\".*\) -> Outcome:", re.MULTILINE)
"""A function that an experiment hands to its workers, to read the outcome of a run."""


def module(source: Path) -> str:
    return ".".join(source.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def containing(pattern: re.Pattern[str]) -> set[str]:
    found = {module(source) for source in PACKAGE.rglob("*.py") if pattern.search(source.read_text(encoding="utf-8"))}
    assert found
    return found


def needed_by(modules: set[str]) -> set[str]:
    """Return these modules and all that they import, one by the other, within functions and for types too."""
    graph = grimp.build_graph("sim", cache_dir=None)
    return modules.union(*(graph.find_upstream_modules(name) for name in modules))


@pytest.mark.parametrize("left_out", [UNCOMPILED, NO_RESULT, LEFT_OUT])
def test_names_of_what_is_left_out_are_there(left_out: frozenset[str]) -> None:
    there = {part for source in sources(frozenset()) for part in source.relative_to(PACKAGE).parts}
    assert left_out <= there


def test_nothing_that_is_compiled_or_imported_by_it_is_left_out() -> None:
    counted = {module(source) for source in sources(UNCOMPILED)}
    needed = needed_by(containing(COMPILED))
    assert "sim.base.words" in needed
    assert needed <= counted


def test_nothing_that_a_run_or_a_reader_of_its_outcome_imports_is_left_out() -> None:
    counted = {module(source) for source in sources(NO_RESULT)}
    assert needed_by({"sim.running", *containing(READER)}) <= counted


@pytest.mark.parametrize(
    ("left_out", "from_here"),
    [(UNCOMPILED, lambda: containing(COMPILED)), (NO_RESULT, lambda: {"sim.running", *containing(READER)})],
    ids=["compiled", "results"],
)
def test_every_room_that_is_not_needed_is_left_out(left_out: frozenset[str], from_here: Callable[[], set[str]]) -> None:
    needed = {name.split(".")[1] for name in needed_by(from_here()) if "." in name}
    rooms = {source.relative_to(PACKAGE).parts[0] for source in sources(left_out)} - {"__init__.py"}
    assert {room.removesuffix(".py") for room in rooms} <= needed


def test_nothing_that_a_state_depends_on_is_left_out() -> None:
    counted = {module(source) for source in sources(LEFT_OUT)}
    assert needed_by({"sim.engines.vector.engine", "sim.store.checkpoints"}) <= counted


@pytest.mark.parametrize("script", sorted((PACKAGE.parent / ".ci").iterdir(), key=str), ids=lambda path: path.name)
def test_what_scripts_of_ci_name_is_there(script: Path) -> None:
    named = re.findall(r"\btests/[\w/.]+", script.read_text(encoding="utf-8"))
    assert [name for name in named if not (PACKAGE.parent / name).exists()] == []
