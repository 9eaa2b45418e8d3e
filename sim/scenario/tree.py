"""The tree of a scenario before anything is derived from it: what its files, options and arguments say.

Levers change this tree. Pools, rounding and all else that is derived come after them, so that a value means the same
whether a file, ``--set`` or a sweep gives it.
"""

import pickle
from functools import cached_property
from typing import Any

from sim.scenario.nodes import Node
from sim.scenario.policy import Reference


class Tree:
    """The tree of a scenario as it was written, and that of the file whose figures hold.

    A scenario goes to many processes, few of which change it again: nodes travel as bytes, packed once, and are
    unpacked when somebody asks for them.

    Attributes:
        references: That file as it was run beside the scenario, for ``policy_of``.
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
        """The file that says the figures, with all that it extends."""
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
