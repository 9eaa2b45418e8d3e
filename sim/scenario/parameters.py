"""Unwrap parameters in full form: ``{value, origin, ...}`` becomes a value that carries the rest of ``FULL_FORM``."""

from dataclasses import replace

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


def _unwrap_parameter(node: Node, full: dict[str, Node], mistakes: list[Mistake], path: KeyPath) -> Node:
    def wrong(at: Node, key: str, message: str, allowed: str) -> None:
        mistakes.append(Mistake(at.place, dotted((*path, key)), message, allowed))

    origin, limits, shape, fixed, target, basis = (full.get(key) for key in FULL_FORM[1:])
    value = unwrap(full["value"], mistakes, path)
    if value.parameter is not None:
        wrong(full["value"], "value", "a parameter inside a parameter", "must be one value with one origin")
    if origin is not None and origin.value not in ORIGINS:
        allowed = choices(str(origin.value), ORIGINS)
        wrong(origin, "origin", f"{found(origin.plain())} is not an origin", allowed)
        origin = None
    if shape is not None and shape.value not in SHAPES:
        wrong(shape, "shape", f"{found(shape.plain())} is not a shape", choices(str(shape.value), SHAPES))
        shape = None
    if shape is not None and limits is None:
        wrong(shape, "shape", "a shape needs a range", "add range: [low, high], or leave the shape out")
    if basis is not None and not isinstance(basis.value, str):
        wrong(basis, "basis", f"{found(basis.plain())} is not text", "must be text: where the value comes from")
        basis = None
    if target is not None and not isinstance(target.value, str):
        wrong(target, "target", f"{found(target.plain())} is not text", "must be text: the figure that fixed the value")
        target = None
    if limits is not None and not (isinstance(limits.value, list) and len(limits.value) == 2):
        wrong(
            limits, "range", f"{found(limits.plain())} is not a range", "must be [low, high] in the units of the value"
        )
        limits = None
    if fixed is not None and not (isinstance(fixed.value, str) and fixed.value):
        wrong(fixed, "fixed", f"{found(fixed.plain())} is not text", "must be text: why the value has no range")
        fixed = None
    elif fixed is not None and limits is not None:
        wrong(fixed, "fixed", "a value with a range is not fixed", "use range or fixed, not both")
        fixed = None
    known = Parameter(_text(origin), limits, _text(shape), _text(target), _text(basis), node.place, _text(fixed))
    return replace(value, parameter=known)


def _text(node: Node | None) -> str | None:
    return None if node is None else str(node.value)
