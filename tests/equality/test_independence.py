"""The vector engine does its own work: it runs where neither SimPy nor the reference engine can be imported."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from tests.engines.small import TWO_DAYS, fewer, run_tiny
from tests.equality.both import assert_equal

ROOT = Path(__file__).resolve().parents[2]
FEW: dict[str, Any] = {**fewer(0.25)}
FORBIDDEN = {"vector": ("simpy", "sim.engines.reference"), "reference": ("sim.engines.vector",)}
"""What each engine must not touch; the shared layers below them are no engine's."""

PROGRAM = f"""
import sys
from pathlib import Path

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if any(name == forbidden or name.startswith(forbidden + ".") for forbidden in {FORBIDDEN["vector"]}):
            raise ImportError(name + " is not to be had")

sys.meta_path.insert(0, Refuse())
import sim
scenario = sim.load_scenario("tiny", engine=sys.argv[1], period={TWO_DAYS!r}, **{FEW!r})
sim.run(scenario, Path(sys.argv[2]), events="all")
"""


def run_alone(engine: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a small scenario in a process in which importing SimPy or the reference engine fails."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, engine, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def test_the_vector_engine_runs_without_simpy_and_without_the_reference_engine(tmp_path: Path) -> None:
    done = run_alone("vector", tmp_path / "vector")
    assert done.returncode == 0, done.stderr
    reference = run_tiny(tmp_path / "reference", engine="reference", **FEW)
    assert_equal(reference, sim.load_run(tmp_path / "vector"))


def test_what_is_refused_is_what_the_reference_engine_needs(tmp_path: Path) -> None:
    done = run_alone("reference", tmp_path / "reference")
    assert done.returncode != 0
    assert "is not to be had" in done.stderr
    assert not (tmp_path / "reference").exists()


@pytest.mark.parametrize("engine", sorted(FORBIDDEN))
def test_no_module_of_an_engine_imports_what_is_the_other_one_s(engine: str) -> None:
    sources = sorted((ROOT / "sim" / "engines" / engine).rglob("*.py"))
    assert sources
    for source in sources:
        # Imports within functions too, which a single run might not reach.
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{source.name} imports relatively"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                refused = [part for part in FORBIDDEN[engine] if f"{name}.".startswith(f"{part}.")]
                assert not refused, f"{source.name} imports {name}"
