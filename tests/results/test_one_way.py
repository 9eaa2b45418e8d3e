"""Within ``sim/results`` data flows one way: no file needs another that needs it back."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import sim.results

ROOM = Path(sim.results.__file__).parent


def needed(path: Path) -> set[str]:
    """Return the modules of the room that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            whole, _, module = node.module.rpartition(".")
            if whole == "sim.results":
                found.add(module)
            elif node.module == "sim.results":
                found |= {alias.name for alias in node.names}
    return found


def test_no_file_needs_another_that_needs_it_back() -> None:
    graph = {path.stem: needed(path) for path in ROOM.glob("*.py")}
    assert len(graph) > 10
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle
    for declared, *others in (("tables", "encoding", "recorder", "query"), ("query", "figures", "check", "run")):
        assert all(order.index(declared) < order.index(other) for other in others)
