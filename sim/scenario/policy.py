"""Find out whether a scenario is a policy: a change of another one, not comparable with its reported figures."""

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sim.base.days import day_number
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT, effects
from sim.scenario.merging import merge
from sim.scenario.nodes import Node
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import written

SEED = "seed"


@dataclass(frozen=True)
class Reference:
    """The file that states the figures, run in the same way as a scenario that extends it.

    ``end`` is the day number after the last common day; ``values`` have an effect up to then, the shared seed excepted.
    """

    name: str
    end: int
    values: dict[str, Any] = field(repr=False)


def policy_of(
    figured: Node, root: Node, spec: ScenarioModel, values: dict[str, Any], known: dict[str, Reference | None]
) -> str | None:
    """Return the name of the scenario that this one changes as a policy.

    There is no name if the scenario is compared with its own figures, or if the extended file cannot be run like it.
    Figures belong to the file that states them, with the tree ``figured``. A file that extends it, or an option, makes
    a policy of it if it changes anything before the end of both periods. A longer period with measures that begin later
    is not a policy. ``known`` has references to this file from earlier calls, by how they are run; a new one is added.
    """
    figures = root.child("figures")
    if spec.policy_of is not None or (figures is not None and figures.place.layer != "file"):
        return spec.policy_of
    how = how_run(root)
    if _same_effects(merge(figured, how), root):
        return None
    asked = json.dumps({key: value for key, value in how.plain().items() if key != SEED}, default=str)
    if asked not in known:
        known[asked] = _reference(figured, how, spec)
    reference = known[asked]
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
    found = Node({}, root.place)
    for path in HOW_IT_IS_RUN:
        here: Node | None = root.at(path)
        if here is not None:
            for part in reversed(path):
                here = Node({str(part): here}, root.place)
            found = merge(found, here)
    return found


def _before(values: dict[str, Any], spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the plain values of a model that have an effect before a day number, except the seed."""
    return {key: value for key, value in effects(values, spec, day).items() if key != SEED}


def _same_effects(one: Node, other: Node) -> bool:
    """Return whether two trees agree in all values that a day can depend on."""
    assert isinstance(one.value, dict)
    assert isinstance(other.value, dict)
    sides = [{key: node for key, node in side.items() if key not in NO_EFFECT} for side in (one.value, other.value)]
    return set(sides[0]) == set(sides[1]) and all(
        node is sides[1][key] or node.plain() == sides[1][key].plain() for key, node in sides[0].items()
    )
