"""Check ranges of parameters: an assumed number that is not fixed has one, read like the value, with it inside."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from sim.base.words import DistributionKind
from sim.scenario.distributions import Distribution
from sim.scenario.errors import Mistake, dotted, found
from sim.scenario.nodes import KeyPath, Node, Parameter
from sim.scenario.shapes import Shape


def range_mistakes(root: Node, shape: Shape) -> list[Mistake]:
    """Return the mistakes in the ranges of all parameters of a scenario."""
    mistakes: list[Mistake] = []
    for path, node, parameter, expected in _parameters(root, shape):
        if parameter.range is not None:
            mistakes += _wrong_range(path, node, parameter.range, expected)
        elif parameter.origin == "assumed" and parameter.fixed is None and _needs_range(node, expected):
            key, allowed = dotted((*path, "range")), "add range: [low, high] around the value"
            mistakes.append(Mistake(parameter.place, key, "an assumed number must have a range", allowed))
    return mistakes


def outside(root: Node, stated: Node, shape: Shape) -> Iterator[tuple[KeyPath, Node, Node, Shape]]:
    """Find the plain values of a scenario that lie outside the range of the tree which states them.

    Args:
        root: The tree of the scenario.
        stated: The tree of the file that it extends, or of the scenario before its options.
        shape: The shape of both.

    Yields:
        The path, the value, its range, and what the schema expects there. A value with its own origin is left out.
    """
    for path, _, parameter, expected in _parameters(stated, shape):
        node, limits = root.at(path), parameter.range
        if limits is None or node is None or node.parameter is not None:
            continue
        if _wrong_range(path, node, limits, expected):
            yield path, node, limits, expected


def _parameters(node: Node, shape: Shape, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node, Parameter, Shape]]:
    """Find every parameter in full form below a node, with what the schema expects there."""
    if node.parameter is not None:
        yield path, node, node.parameter, shape
    children: list[tuple[str | int, Node]] = []
    if isinstance(node.value, dict):
        children = list(node.value.items())
    elif isinstance(node.value, list):
        children = list(enumerate(node.value))
    for part, child in children:
        inner = shape.child(part, node)
        if inner is not None:
            yield from _parameters(child, inner, (*path, part))


def _size(value: Any) -> float | None:
    """Return a number that orders values of one kind; None if they have no order."""
    if isinstance(value, Distribution):
        return value.a if value.kind == DistributionKind.CONSTANT else None
    if isinstance(value, dt.date):
        return float(value.toordinal())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


def _read(node: Node, expected: Shape) -> Any:
    """Return the value of a node as the schema reads it; raises ValidationError."""
    return expected.reader.validate_python(node.plain())


def _needs_range(node: Node, expected: Shape) -> bool:
    if isinstance(node.value, dict | list):
        return False
    try:
        value = _read(node, expected)
    except ValidationError:
        return False  # the value's own mistake is reported elsewhere
    return not isinstance(value, dt.date) and _size(value) is not None


def _wrong_range(path: KeyPath, node: Node, limits: Node, expected: Shape) -> list[Mistake]:
    if isinstance(node.value, dict | list):
        return []  # a range around a whole map or list is not checked
    assert isinstance(limits.value, list)
    ends, mistakes = [], []
    for index, end in enumerate(limits.value):
        try:
            ends.append(_size(_read(end, expected)))
        except ValidationError as error:
            context = error.errors(include_url=False)[0].get("ctx", {})
            message = context.get("what", f"{found(end.plain())} is not a value of this parameter")
            allowed = context.get("allowed", "must be [low, high] in the units of the value")
            mistakes.append(Mistake(end.place, dotted((*path, "range", index)), message, allowed))
    if mistakes:
        return mistakes
    key = dotted((*path, "range"))
    low, high = ends
    if low is None or high is None:
        return [Mistake(limits.place, key, "the values have no order", "remove the range")]
    shown = f"[{', '.join(_text(end) for end in limits.value)}]"
    if low > high:
        return [Mistake(limits.place, key, f"{shown} begins above its end", "low must be at most high")]
    try:
        value = _size(_read(node, expected))
    except ValidationError:
        return []
    if value is not None and not low <= value <= high:
        return [Mistake(node.place, dotted(path), f"{_text(node)} is outside its range", f"must be in {shown}")]
    return []


def _text(node: Node) -> str:
    return found(node.plain()).strip("'")
