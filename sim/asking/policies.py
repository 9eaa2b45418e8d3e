"""Bundled policies as questions use them: which fit a base, and what their files say."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sim.scenario.bundled import bundled_folder, bundled_names
from sim.scenario.errors import Place
from sim.scenario.load import files_of
from sim.scenario.reading import decode, read_nodes

ABOUT = ("schema", "name", "title", "extends")
"""Keys of a file that are not what it changes."""


def body(name: str) -> dict[str, Any]:
    """Return what the file of a bundled scenario changes, as it is written."""
    return {key: value for key, value in _file(name).items() if key not in ABOUT}


def fitting(names: Sequence[str], base: str) -> str | None:
    """Return the first of some bundled policies that change the base or a scenario that the base extends."""
    chain = {path.stem for path in files_of(base)}
    return next((name for name in names if _file(name).get("extends") in chain), None)


def all_policies() -> tuple[str, ...]:
    """Return the names of the bundled scenarios that change another one."""
    return tuple(name for name in bundled_names() if "extends" in _file(name))


def measure_of(names: Sequence[str], kind: str, base: str) -> tuple[str, dict[str, Any]] | None:
    """Return a policy's name and its first measure of a kind: of those that fit the base, else of any."""
    fits = fitting(names, base)
    for name in ([fits] if fits else []) + list(names):
        for measure in body(name).get("measures", {}).values():
            if measure is not None and measure.get("kind") == kind:
                return name, measure
    return None


@cache
def _file(name: str) -> dict[str, Any]:
    place = Place(f"{name}.yaml", 1, 1)
    node, _ = read_nodes(decode((bundled_folder() / place.file).read_bytes(), place), place)
    return {} if node is None else dict(node.plain())
