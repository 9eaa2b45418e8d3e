"""How large the program is, and how many Python functions a run calls: a feature pays by what it deletes.

Lower a limit when less is reached. Whoever wants to raise one first looks for what can go (CONTRIBUTING.md).
"""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

import sim

PACKAGE = Path(sim.__file__).parent
CODE_LINES, FILES = 37_509, 184
CALLS = 326_000


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def code_lines(source: str) -> int:
    """Return the lines that are neither blank nor comments nor docstrings of modules, classes, fields and functions."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for text in filter(is_text, node.body if isinstance(node, ast.ClassDef) else node.body[:1]):
                told.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    lines = (line.strip() for number, line in enumerate(source.splitlines(), 1) if number not in told)
    return sum(bool(line) and not line.startswith("#") for line in lines)


def test_the_program_does_not_grow() -> None:
    sources = [source for source in PACKAGE.rglob("*.py") if "bundled" not in source.parts]
    assert sum(code_lines(source.read_text(encoding="utf-8")) for source in sources) <= CODE_LINES
    assert len(sources) <= FILES


@pytest.mark.slow
def test_a_warm_pooled_run_calls_no_more_python(tmp_path: Path) -> None:
    period = {"start": "2022-01-01", "end": "2022-03-31", "warmup": "0 d"}
    scenario = sim.load_scenario("china-2022", scale=0.005, pool="country", period=period)
    sim.run(scenario, tmp_path / "cold", workers=1)
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        sim.run(scenario, tmp_path / "warm", workers=1)
    finally:
        sys.setprofile(None)
    assert 0 < calls <= CALLS
