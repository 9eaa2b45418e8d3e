"""Find out whether a scenario is a policy: a change of another one, not comparable with its reported figures."""

import json
import pickle
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import ValidationError

from sim.base.days import day_number
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT, effects
from sim.scenario.merging import merge
from sim.scenario.nodes import Node
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import written

SEED = "seed"


class Reference(NamedTuple):
    """The file that states the figures, run in the same way as a scenario that extends it.

    ``end`` is the day number after the last common day; ``values`` have an effect up to then, the shared seed excepted.
    """

    name: str
    end: int
    values: dict[str, Any]


class Tree:
    """The tree of a scenario as written by files, options and arguments, and that of the file whose figures apply.

    Levers change this tree. Pooling, rounding and other derived values come later, so a value means the same whether a
    file, ``--set`` or a sweep gives it. Many processes receive a scenario and few change it: nodes travel as bytes and
    are unpacked on first use. ``references`` is a cache for ``policy_of``.
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


def policy_of(tree: Tree, root: Node, spec: ScenarioModel, values: dict[str, Any]) -> str | None:
    """Return the name of the scenario that this one changes as a policy.

    There is no name if the scenario is compared with its own figures, or if the extended file cannot be run like it.
    Figures belong to the file that states them. A file that extends it, or an option, makes a policy of it if it
    changes anything before the end of both periods. A longer period with measures that begin later is not a policy.
    """
    figures = root.child("figures")
    if spec.policy_of is not None or (figures is not None and figures.place.layer != "file"):
        return spec.policy_of
    how = how_run(root)
    if _of_days(merge(tree.figured, how)) == _of_days(root):
        return None
    asked = json.dumps({key: value for key, value in how.plain().items() if key != SEED}, default=str)
    if asked not in tree.references:
        tree.references[asked] = _reference(tree.figured, how, spec)
    reference = tree.references[asked]
    if reference is None or reference.values == _before(values, spec, reference.end):
        return None
    return reference.name


def _reference(figured: Node, how: Node, spec: ScenarioModel) -> Reference | None:
    """Return a file run in the same way as a scenario; None if it cannot be."""
    try:
        before = ScenarioModel.model_validate(merge(figured, how).plain())
        own = ScenarioModel.model_validate(figured.plain())
    except ValidationError:
        return None
    day = day_number(min(own.period.end, spec.period.end)) + 1
    return Reference(own.name, day, _before(written(ScenarioModel, before), before, day))


def how_run(root: Node) -> Node:
    """Return a tree with only the keys of how a scenario is run."""
    tree = Node({}, root.place)
    for path in HOW_IT_IS_RUN:
        here = root.at(path)
        if here is not None:
            for part in reversed(path):
                here = Node({str(part): here}, root.place)
            tree = merge(tree, here)
    return tree


def _before(values: dict[str, Any], spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the plain values of a model that have an effect before a day number, except the seed."""
    return {key: value for key, value in effects(values, spec, day).items() if key != SEED}


def _of_days(root: Node) -> dict[str, Any]:
    """Return the plain values of a tree that a day can depend on."""
    return {key: value for key, value in root.plain().items() if key not in NO_EFFECT}
