"""Nodes: the values of a scenario's files as a tree, each with its place; steps before pydantic change trees."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from sim.scenario.errors import Place

Scalar = None | bool | int | float | str
KeyPath = tuple[str | int, ...]
"""The keys and indices that lead from the top of a scenario to a value."""


@dataclass(frozen=True)
class Parameter:
    """Origin, range, shape, basis, and target (the figure that fixed a calibrated value) of a value, as written.

    ``fixed`` says why it has no range.
    """

    origin: str | None
    range: "Node | None"
    shape: str | None
    target: str | None
    basis: str | None
    place: Place
    fixed: str | None = None


@dataclass(frozen=True)
class Node:
    """A scalar, a dict or a list of nodes, its place, the places of a dict's keys, and the rest of a full form.

    ``relative`` says that the value was computed from that of an extended file.
    """

    value: "Scalar | dict[str, Node] | list[Node]"
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    parameter: Parameter | None = None
    relative: bool = False

    def plain(self) -> Any:
        """Return the value without places, as pydantic takes it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, part: str | int) -> "Node | None":
        """Return the node at a key or an index, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and 0 <= part < len(self.value):
            return self.value[part]
        return None

    def at(self, path: KeyPath) -> "Node | None":
        """Return the node at a path, or None."""
        node: Node | None = self
        for part in path:
            if node is None:
                return None
            node = node.child(part)
        return node

    def path_to(self, key: str) -> KeyPath:
        """Return the path that a dotted key means below this node; keys that contain dots come first."""
        path: list[str | int] = []
        here: Node | None = self
        parts = key.split(".")
        while parts:
            taken = 1
            if here is not None and isinstance(here.value, dict):
                taken = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in here.value), 1)
            name, parts = ".".join(parts[:taken]), parts[taken:]
            is_index = here is not None and isinstance(here.value, list) and name.isdecimal()
            path.append(int(name) if is_index else name)
            here = here.child(path[-1]) if here is not None else None
        return tuple(path)


def placed(node: Node, path: KeyPath, new: Node | None) -> Node:
    """Return a tree with another node at a path, or, without a new one, without the key there."""
    if not path:
        assert new is not None
        return new
    part, rest = path[0], path[1:]
    if isinstance(node.value, list):
        items = [placed(item, rest, new) if index == part else item for index, item in enumerate(node.value)]
        return dataclasses.replace(node, value=items)
    assert isinstance(node.value, dict)
    entries = dict(node.value)
    if new is None and not rest:
        entries.pop(str(part), None)
    else:
        entries[str(part)] = placed(entries[str(part)], rest, new) if rest else new  # type: ignore[assignment]
    return dataclasses.replace(node, value=entries)


def without(node: Node, key: str) -> Node:
    """Return a map without one of its keys."""
    return placed(node, (key,), None)
