"""Unwrap parameters in full form: ``{value, origin, ...}`` becomes a value that carries the rest of ``FULL_FORM``."""

from dataclasses import replace
from typing import Any

from sim.scenario.errors import Mistake, choices, dotted, found
from sim.scenario.nodes import KeyPath, Node, Parameter

ORIGINS = ("reported", "evidence", "assumed", "calibrated")
SHAPES = LOGIT_NORMAL, TRIANGULAR, FLAT = "logit_normal", "triangular", "flat"
"""Shapes of a prior over a range, see ``sim.calibration.prior``."""
FULL_FORM = ("value", "origin", "range", "shape", "fixed", "target", "basis")


def is_full_form(value: object) -> bool:
    """Return whether a plain value is a parameter in full form, as a resolved scenario has it."""
    return isinstance(value, dict) and "value" in value and set(value) <= set(FULL_FORM)


def unwrap(node: Node, mistakes: list[Mistake], path: KeyPath = ()) -> Node:
    """Return a node with each full form (a map with ``value`` and only keys of ``FULL_FORM``) replaced by its value."""
    if isinstance(node.value, list):
        items = [unwrap(item, mistakes, (*path, index)) for index, item in enumerate(node.value)]
        return replace(node, value=items)
    if not isinstance(node.value, dict):
        return node
    if "value" in node.value and all(key in FULL_FORM for key in node.value):
        return _unwrap_parameter(node, node.value, mistakes, path)
    return replace(node, value={key: unwrap(value, mistakes, (*path, key)) for key, value in node.value.items()})


def unwrap_all(root: Node, mistakes: list[Mistake]) -> Node:
    """Return the map at the top of a scenario, which is not a parameter itself, with everything below it unwrapped."""
    assert isinstance(root.value, dict)
    return replace(root, value={key: unwrap(value, mistakes, (key,)) for key, value in root.value.items()})


TEXTS = {
    "basis": "where the value comes from",
    "target": "the figure that fixed the value",
    "fixed": "why the value has no range",
}
"""What the texts of a full form say."""


def _unwrap_parameter(node: Node, full: dict[str, Node], mistakes: list[Mistake], path: KeyPath) -> Node:
    known: dict[str, Any] = dict.fromkeys(FULL_FORM[1:])

    def wrong(key: str, message: str, allowed: str) -> None:
        mistakes.append(Mistake(full[key].place, dotted((*path, key)), message, allowed))

    value = unwrap(full["value"], mistakes, path)
    if value.parameter is not None:
        wrong("value", "a parameter inside a parameter", "must be one value with one origin")
    for key, allowed, what in (("origin", ORIGINS, "an origin"), ("shape", SHAPES, "a shape")):
        if key in full and full[key].value in allowed:
            known[key] = full[key].value
        elif key in full:
            wrong(key, f"{found(full[key].plain())} is not {what}", choices(str(full[key].value), allowed))
    for key, meaning in TEXTS.items():
        text = full[key].value if key in full else None
        if isinstance(text, str) and (text or key != "fixed"):
            known[key] = text
        elif key in full:
            wrong(key, f"{found(full[key].plain())} is not text", f"must be text: {meaning}")
    if "range" in full:
        known["range"] = full["range"]
        if not (isinstance(full["range"].value, list) and len(full["range"].value) == 2):
            what = f"{found(full['range'].plain())} is not a range"
            wrong("range", what, "must be [low, high] in the units of the value")
            known["range"] = None
        elif known["fixed"] is not None:
            wrong("fixed", "a value with a range is not fixed", "use range or fixed, not both")
            known["fixed"] = None
    elif known["shape"] is not None:
        wrong("shape", "a shape needs a range", "add range: [low, high], or leave the shape out")
    return replace(value, parameter=Parameter(**known, place=node.place))
