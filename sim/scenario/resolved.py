"""The resolved scenario: complete, with defaults and inline tables, and the source of each value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.scenario.errors import dotted
from sim.scenario.nodes import KeyPath, Node, Parameter
from sim.scenario.parameters import is_full_form
from sim.scenario.shapes import Shape, written_by


@dataclass(frozen=True)
class Source:
    """Source of a value.

    ``layer`` is ``file``, ``draw`` (a table of posterior draws), ``set`` (the command line), ``argument`` (a call from
    Python) or ``default``; a default has no file, line or column. The rest belongs to the value's parameter.
    """

    layer: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    origin: str | None = None
    range: tuple[Any, Any] | None = None
    shape: str | None = None
    target: str | None = None
    basis: str | None = None
    fixed: str | None = None

    @property
    def where(self) -> str:
        """File and line, ``--set``, ``argument`` or ``default``, as ``tocsin show`` prints it."""
        if self.layer in ("file", "draw"):
            return f"{self.file}:{self.line}"
        return "--set" if self.layer == "set" else self.layer


def resolve(value: Any, node: Node | None, shape: Shape | None) -> Any:
    """Return a plain value with the full form of each parameter that has one; a default has no node."""
    if node is None:
        return value
    if isinstance(value, dict):
        value = {key: _resolved_child(inner, node, shape, key) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_resolved_child(inner, node, shape, index) for index, inner in enumerate(value)]
    parameter = node.parameter
    if parameter is None:
        return value
    more = {
        "origin": parameter.origin,
        "range": _limits(parameter, shape),
        "shape": parameter.shape,
        "fixed": parameter.fixed,
        "target": parameter.target,
        "basis": parameter.basis,
    }
    given = {key: text for key, text in more.items() if text is not None}
    return {"value": value, **given} if given else value


def _resolved_child(value: Any, node: Node, shape: Shape | None, part: str | int) -> Any:
    child = node.child(part)
    if child is None or (child.parameter is None and not isinstance(child.value, dict | list)):
        return value  # nothing below it is a parameter
    return resolve(value, child, None if shape is None else shape.child(part, node))


def _limits(parameter: Parameter, shape: Shape | None) -> list[Any] | None:
    """Return both ends of a range, written like values."""
    if parameter.range is None:
        return None
    ends = parameter.range.plain()
    if shape is None or any(isinstance(end, dict | list) for end in ends):
        return list(ends)
    return [_as_written(shape, end) for end in ends]


@lru_cache(maxsize=4096, typed=True)
def _as_written(shape: Shape, end: Any) -> Any:
    """Return one end of a range as the schema writes such a value."""
    return written_by(shape.reader, shape.reader.validate_python(end))


def plain(resolved: Any) -> Any:
    """Return a resolved value with parameters reduced to their values."""
    if is_full_form(resolved):
        return plain(resolved["value"])
    if isinstance(resolved, dict):
        return {key: plain(value) for key, value in resolved.items()}
    if isinstance(resolved, list):
        return [plain(value) for value in resolved]
    return resolved


def sources(resolved: Any, root: Node) -> dict[str, Source]:
    """Return the source of each leaf of a resolved scenario by dotted key; a list of scalars is one leaf."""
    return {dotted(path): source for path, source in _leaves(resolved, root)}


Claim = tuple[str | None, tuple[Any, Any] | None, str | None, str | None, str | None, str | None]
"""Origin, range, shape, target, basis and reason for no range of the parameter that contains a value."""

NO_CLAIM: Claim = (None, None, None, None, None, None)


def _leaves(
    value: Any, node: Node | None, path: KeyPath = (), claim: Claim = NO_CLAIM
) -> Iterator[tuple[KeyPath, Source]]:
    """Find path and source of each leaf of a resolved value that was read from ``node``."""
    if node is not None and node.parameter is not None:
        limits = None
        if is_full_form(value):
            limits = tuple(value["range"]) if "range" in value else None
            value = value["value"]
        known = node.parameter
        claim = (known.origin, limits, known.shape, known.target, known.basis, known.fixed)
    if isinstance(value, dict) and value:
        yield from _inner(value.items(), node, path, claim)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield from _inner(enumerate(value), node, path, claim)
    elif node is None:
        yield path, Source("default", None, None, None, *claim)
    else:
        place = node.place
        yield path, Source(place.layer, place.file, place.line, place.column, *claim)


def _inner(
    items: Iterable[tuple[str | int, Any]], node: Node | None, path: KeyPath, claim: Claim
) -> Iterator[tuple[KeyPath, Source]]:
    for part, inner in items:
        child = node.child(part) if node is not None else None
        if child is None and node is not None and not isinstance(node.value, dict):
            child = Node(None, node.place)  # a short form, written in one place
        yield from _leaves(inner, child, (*path, part), claim)
