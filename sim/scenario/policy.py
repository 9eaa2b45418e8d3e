"""Policies: scenarios that change what another one says, and so cannot be held to what was reported of that one."""

from pydantic import ValidationError

from sim.days import day_number
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT, effects
from sim.scenario.nodes import Node, merge
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import written


def policy_of(figured: Node, root: Node, spec: ScenarioModel) -> str | None:
    """Return the name of the scenario of which one is a policy.

    Figures are of the file that says them. A file that extends it, or an option, makes a policy of it where that
    changes anything before the end of both periods: what goes on longer, with measures that begin later, is none.

    Args:
        figured: The tree of the file that says its figures, with all that it extends.
        root: Its tree, options included.
        spec: Its model.

    Returns:
        The name; None where the scenario is held to its own figures, or what it extends could not be run like it.
    """
    figures = root.child("figures")
    if spec.policy_of is not None or (figures is not None and figures.place.layer != "file"):
        return spec.policy_of
    reference = merge(figured, _how(root))
    if _effects(reference) == _effects(root):
        return None
    try:
        before = ScenarioModel.model_validate(reference.plain())
        own = ScenarioModel.model_validate(figured.plain())
    except ValidationError:
        return None
    day = day_number(min(own.period.end, spec.period.end)) + 1
    return None if _before(before, day) == _before(spec, day) else own.name


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


def _before(spec: ScenarioModel, day: int) -> dict[str, object]:
    """Return the plain values of a model that have an effect before a day number."""
    return effects(written(ScenarioModel, spec), spec, day)


def _effects(root: Node) -> dict[str, object]:
    """Return the plain values of a tree but those that no day depends on."""
    assert isinstance(root.value, dict)
    return {key: node.plain() for key, node in root.value.items() if key not in NO_EFFECT}
