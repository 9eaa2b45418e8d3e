"""The tree of a scenario as written by files, options and arguments, before anything is derived.

Levers change this tree. Pooling, rounding and other derived values come later, so a value means the same whether a
file, ``--set`` or a sweep gives it.
"""

import pickle
from functools import cached_property
from typing import Any

from sim.scenario.nodes import Node
from sim.scenario.policy import Reference


class Tree:
    """The tree of a scenario as written, and the tree of the file whose figures apply.

    Many processes receive a scenario and few change it: nodes travel as bytes and are unpacked on first use.
    ``references`` is a cache for ``policy_of``.
    """

    def __init__(self, root: Node, figured: Node) -> None:
        self._nodes = root, figured
        self.references: dict[str, Reference | None] = {}

    @property
    def root(self) -> Node:
        """The scenario: tables inline, provinces by their codes."""
        return self._unpacked[0]

    @property
    def figured(self) -> Node:
        """The file that states the figures, with everything that it extends."""
        return self._unpacked[1]

    @cached_property
    def _unpacked(self) -> tuple[Node, Node]:
        nodes: tuple[Node, Node] | None = self.__dict__.pop("_nodes", None)
        return nodes or pickle.loads(self._packed)

    @cached_property
    def _packed(self) -> bytes:
        return pickle.dumps(self._unpacked, pickle.HIGHEST_PROTOCOL)

    def __getstate__(self) -> dict[str, Any]:
        return {"_packed": self._packed, "references": {}}
