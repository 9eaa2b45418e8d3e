"""Turn values of ``--set dotted.key=value`` and of Python calls into trees to merge."""

import datetime as dt
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.scenario.errors import Mistake, Place, ScenarioError, dotted, found
from sim.scenario.merging import merge
from sim.scenario.nodes import KeyPath, Node
from sim.scenario.parameters import unwrap
from sim.scenario.provinces import coded_parts, names_in
from sim.scenario.reading import MAX_DEPTH, decode, read_nodes

LONGEST_DOTTED = 400
"""Most characters of a dotted key."""

PLAIN = "use plain values, as in a scenario file"


@dataclass(frozen=True)
class Setting:
    """A value, its path in a scenario (provinces by code), and the column of each part of the path, as typed."""

    path: KeyPath
    value: Node
    columns: tuple[int, ...]


def set_values(root: Node, given: Mapping[str, Any], mistakes: list[Mistake]) -> list[Setting]:
    """Return the setting of each ``--set``, with the number of the option as its line; mistakes are collected.

    Texts are read as YAML; values of other types, which only Python gives, are plain values.
    """
    values = []
    start = Place("--set", 1, 1, "set")
    if not isinstance(given, Mapping):
        what, allowed = f"{found(given)} is not a map", 'must be values by dotted key: {"desks.visit.staff": 9600}'
        mistakes.append(Mistake(Place("set=", 1, 1, "argument"), "set", what, allowed))
        return []
    for number, (key, value) in enumerate(given.items()):
        if not _is_key(key):
            at = _shifted(start, number, 0)
            mistakes.append(Mistake(at, dotted(()), f"{found(key)} is not a dotted key", "use dotted.key=value"))
            continue
        path, columns = _path_to(root, key)
        shift = (number, len(key) + 1)
        node, more = _read(value, start)
        mistakes += [Mistake(_shifted(m.place, *shift), dotted(path), m.message, m.allowed) for m in more]
        if node is None and not more:
            node = Node(None, start)  # `key=` is null, as in YAML
        if node is not None:
            values.append(Setting(path, unwrap(_moved(node, *shift), mistakes, path), columns))
    return values


def _read(value: Any, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the node of a text as YAML, or of a plain value, and what is wrong with it."""
    try:
        if isinstance(value, str):
            return read_nodes(decode(value.encode(errors="surrogatepass"), place), place)
        return node_of(value, place), []
    except ScenarioError as error:
        return None, error.mistakes
    except TypeError as error:
        return None, [Mistake(place, dotted(()), str(error), PLAIN)]


def plain_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that ``set_values`` accepted, with those that were texts as plain values."""
    read = {key: _read(value, Place("--set", 1, 1, "set"))[0] for key, value in given.items()}
    return {key: None if node is None else node.plain() for key, node in read.items()}


def argument_values(root: Node, values: Mapping[str, Any], mistakes: list[Mistake]) -> list[Setting]:
    """Return the setting of each keyword argument; mistakes are collected."""
    pairs = []
    for key, value in values.items():
        place = Place(f"{key}=", 1, 1, "argument")
        path, columns = _path_to(root, key)
        try:
            pairs.append(Setting(path, unwrap(node_of(value, place), mistakes, path), columns))
        except TypeError as error:
            mistakes.append(Mistake(place, dotted(path), str(error), PLAIN))
    return pairs


def with_value(root: Node, setting: Setting, mistakes: list[Mistake]) -> Node:
    """Return a tree with one value, so that merging changes only that; below a list it has the whole list."""
    return _with_value(root, setting, 0, mistakes)


def _with_value(node: Node | None, setting: Setting, depth: int, mistakes: list[Mistake]) -> Node:
    """Return the tree for the part of a path from ``depth`` on, which begins at ``node``."""
    path, value = setting.path, setting.value
    if depth == len(path):
        return value
    part = path[depth]
    child = node.child(part) if node is not None else None
    if node is None or not isinstance(node.value, list):
        inner = _with_value(child, setting, depth + 1, mistakes)
        return Node({str(part): inner}, value.place, {str(part): _key_place(setting, depth)})
    if child is None or not isinstance(part, int):
        allowed = f"must be 0 to {len(node.value) - 1}" if node.value else "the list is empty"
        mistakes.append(Mistake(value.place, dotted(path), f"{found(str(part))} is not an index", allowed))
        return node
    changed = merge(child, _with_value(child, setting, depth + 1, mistakes))
    items = [changed if index == part else item for index, item in enumerate(node.value)]
    return Node(items, node.place)


def _key_place(setting: Setting, depth: int) -> Place:
    """Return the place of a part of a dotted key in ``dotted.key=value``."""
    place = setting.value.place
    return place if place.layer != "set" else replace(place, column=setting.columns[depth])


def _path_to(root: Node, key: str) -> tuple[KeyPath, tuple[int, ...]]:
    """Return the path that a dotted key means below a tree, provinces by their codes, and the column of each part."""
    typed = coded_parts(key, names_in(root))
    path = root.path_to(".".join(part for part, _ in typed))
    columns, column = [], 1
    for part in path:
        columns.append(column)
        count = str(part).count(".") + 1
        column += sum(width + 1 for _, width in typed[:count])
        typed = typed[count:]
    return path, tuple(columns)


def _is_key(key: str) -> bool:
    return bool(key) and len(key) <= LONGEST_DOTTED and all(key.split(".")) and key.count(".") < MAX_DEPTH


def _shifted(place: Place, lines: int, columns: int) -> Place:
    column = place.column + columns if place.line == 1 else place.column
    return Place(place.file, place.line + lines, column, place.layer)


def _moved(node: Node, lines: int, columns: int) -> Node:
    """Return the node with its places counted from the beginning of ``dotted.key=value``."""
    place = _shifted(node.place, lines, columns)
    keys = {name: _shifted(at, lines, columns) for name, at in node.keys.items()}
    value = node.value
    if isinstance(value, dict):
        value = {name: _moved(child, lines, columns) for name, child in value.items()}
    elif isinstance(value, list):
        value = [_moved(child, lines, columns) for child in value]
    return Node(value, place, keys)


def node_of(value: Any, place: Place) -> Node:
    """Return the tree of a plain value, all at one place; raises TypeError for values that no scenario can hold."""
    match value:
        case None | bool() | int() | float() | str():
            return Node(value, place)
        case dt.date():
            return Node(value.isoformat(), place)
        case numbers.Integral():  # numpy's numbers
            return Node(int(value), place)
        case numbers.Real():
            return Node(float(value), place)
        case Mapping():
            entries = {str(key): node_of(child, place) for key, child in value.items()}
            return Node(entries, place, dict.fromkeys(entries, place))
        case list() | tuple():
            return Node([node_of(child, place) for child in value], place)
    raise TypeError(f"a {type(value).__name__} cannot be a scenario value")
