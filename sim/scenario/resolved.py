"""The resolved scenario: complete, with defaults and inline tables, and the source of each value."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sim.scenario.errors import KeyPath, Node, dotted
from sim.scenario.merging import FULL_FORM, is_full_form
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
    if node.parameter is None:
        return value
    known = {key: getattr(node.parameter, key) for key in FULL_FORM[1:]}
    if known["range"] is not None:
        known["range"] = _limits(known["range"], shape)
    given = {key: text for key, text in known.items() if text is not None}
    return {"value": value, **given} if given else value


def _resolved_child(value: Any, node: Node, shape: Shape | None, part: str | int) -> Any:
    child = node.child(part)
    if child is None or (child.parameter is None and not isinstance(child.value, dict | list)):
        return value  # nothing below it is a parameter
    return resolve(value, child, None if shape is None else shape.child(part, node))


def _limits(range_: Node, shape: Shape | None) -> list[Any]:
    """Return both ends of a range, written like values."""
    ends = range_.plain()
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


def _leaves(
    value: Any, node: Node | None, path: KeyPath = (), claim: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[tuple[KeyPath, Source]]:
    """Find path and source of each leaf of a resolved value; ``claim`` is what the parameter that contains it says."""
    if node is not None and node.parameter is not None:
        claim = {}
        if is_full_form(value):
            claim = {key: tuple(text) if key == "range" else text for key, text in value.items() if key != "value"}
            value = value["value"]
    if isinstance(value, dict) and value:
        items: Iterable[tuple[str | int, Any]] = value.items()
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = enumerate(value)
    else:
        at = node.place if node is not None else None
        written = () if at is None else (at.file, at.line, at.column)
        yield path, Source("default" if at is None else at.layer, *written, **claim)
        return
    for part, inner in items:
        child = node.child(part) if node is not None else None
        if child is None and node is not None and not isinstance(node.value, dict):
            child = Node(None, node.place)  # a short form, written in one place
        yield from _leaves(inner, child, (*path, part), claim)
