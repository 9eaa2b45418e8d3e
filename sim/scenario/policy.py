"""Policies: scenarios that change what another one says, and so cannot be held to what was reported of that one."""

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sim.base.days import day_number
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT, effects
from sim.scenario.nodes import Node, merge
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import written

SEED = "seed"


@dataclass(frozen=True)
class Reference:
    """The file that says the figures, run as a scenario that extends it is run.

    Attributes:
        name: What it is called.
        end: The day number after the last day that both have.
        values: Its plain values that have an effect up to then, but for the seed, which they share.
    """

    name: str
    end: int
    values: dict[str, Any] = field(repr=False)


def policy_of(
    figured: Node, root: Node, spec: ScenarioModel, known: dict[str, Reference | None] | None = None
) -> str | None:
    """Return the name of the scenario of which one is a policy.

    Figures are of the file that says them. A file that extends it, or an option, makes a policy of it where that
    changes anything before the end of both periods: what goes on longer, with measures that begin later, is none.

    Args:
        figured: The tree of the file that says its figures, with all that it extends.
        root: Its tree, options included.
        spec: Its model.
        known: References to this file by how they are run, of calls before; a new one is added.

    Returns:
        The name; None where the scenario is held to its own figures, or what it extends could not be run like it.
    """
    figures = root.child("figures")
    if spec.policy_of is not None or (figures is not None and figures.place.layer != "file"):
        return spec.policy_of
    how = _how(root)
    if _effects(merge(figured, how)) == _effects(root):
        return None
    known = {} if known is None else known
    asked = json.dumps({key: value for key, value in how.plain().items() if key != SEED}, default=str)
    if asked not in known:
        known[asked] = _reference(figured, how, spec)
    reference = known[asked]
    if reference is None or reference.values == _before(spec, reference.end):
        return None
    return reference.name


def _reference(figured: Node, how: Node, spec: ScenarioModel) -> Reference | None:
    """Return a file run as a scenario is run; None where it cannot be."""
    try:
        before = ScenarioModel.model_validate(merge(figured, how).plain())
        own = ScenarioModel.model_validate(figured.plain())
    except ValidationError:
        return None
    day = day_number(min(own.period.end, spec.period.end)) + 1
    return Reference(own.name, day, _before(before, day))


def _how(root: Node) -> Node:
    """Return a tree that says only how a scenario is run."""
    found = Node({}, root.place)
    for path in HOW_IT_IS_RUN:
        here: Node | None = root.at(path)
        if here is not None:
            for part in reversed(path):
                here = Node({str(part): here}, root.place)
            found = merge(found, here)
    return found


def _before(spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the plain values of a model that have an effect before a day number, but for the seed."""
    found = effects(written(ScenarioModel, spec), spec, day)
    return {key: value for key, value in found.items() if key != SEED}


def _effects(root: Node) -> dict[str, object]:
    """Return the plain values of a tree but those that no day depends on."""
    assert isinstance(root.value, dict)
    return {key: node.plain() for key, node in root.value.items() if key not in NO_EFFECT}
