"""Settings: values of ``--set dotted.key=value`` and of Python calls, which change the tree of a scenario."""

import datetime as dt
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sim.scenario.errors import Mistake, Place, dotted, found
from sim.scenario.merging import merge
from sim.scenario.nodes import KeyPath, Node
from sim.scenario.parameters import unwrap_all
from sim.scenario.provinces import coded_key, names_in, with_codes
from sim.scenario.reading import MAX_DEPTH, read_nodes

LONGEST_DOTTED = 400
"""Most characters of a dotted key."""

Setting = tuple[KeyPath, Node]
"""A value and its path in a scenario (provinces by code)."""


def settings_of(root: Node, given: Mapping[str, Any], mistakes: list[Mistake], as_set: bool = False) -> list[Setting]:
    """Return the setting of each value by dotted key; mistakes are collected.

    With ``as_set`` texts are read as YAML, and mistakes are placed at ``--set``, with the number of the option as their
    line. Values of other types are plain values.
    """
    if not isinstance(given, Mapping):
        what, allowed = f"{found(given)} is not a map", 'must be values by dotted key: {"desks.visit.staff": 9600}'
        mistakes.append(Mistake(Place("set=", 1, 1, "argument"), "set", what, allowed))
        return []
    settings = []
    for number, (key, value) in enumerate(given.items(), 1):
        place = Place("--set", number, 1, "set") if as_set else Place(f"{key}=", 1, 1, "argument")
        if not _is_key(key):
            mistakes.append(Mistake(place, dotted(()), f"{found(key)} is not a dotted key", "use dotted.key=value"))
            continue
        path = root.path_to(coded_key(key, names_in(root)))
        node: Node | None = None
        if as_set and isinstance(value, str):
            node, wrong = read_nodes(value.encode(errors="surrogatepass"), place)
            mistakes += [replace(one, key=dotted(path)) for one in wrong]
            if node is None and not wrong:
                node = Node(None, place)  # `key=` is null, as in YAML
        else:
            try:
                node = node_of(value, place)
            except TypeError as error:
                mistakes.append(Mistake(place, dotted(path), str(error), "use plain values, as in a scenario file"))
        if node is not None:
            settings.append((path, node))
    return settings


def with_settings(root: Node, settings: Iterable[Setting], mistakes: list[Mistake]) -> Node:
    """Return a tree with settings, one after the other."""
    for path, value in settings:
        over = unwrap_all(_with_value(root, path, 0, value, mistakes), mistakes)
        root = merge(root, with_codes(over, names_in(over, root), mistakes))
    return root


def _with_value(node: Node | None, path: KeyPath, depth: int, value: Node, mistakes: list[Mistake]) -> Node:
    """Return a tree with one value, for the part of its path from ``depth`` on; below a list it has the whole list."""
    if depth == len(path):
        return value
    part = path[depth]
    child = node.child(part) if node is not None else None
    if node is None or not isinstance(node.value, list):
        return Node({str(part): _with_value(child, path, depth + 1, value, mistakes)}, value.place)
    if child is None or not isinstance(part, int):
        allowed = f"must be 0 to {len(node.value) - 1}" if node.value else "the list is empty"
        mistakes.append(Mistake(value.place, dotted(path), f"{found(str(part))} is not an index", allowed))
        return node
    changed = merge(child, _with_value(child, path, depth + 1, value, mistakes))
    return Node([changed if index == part else item for index, item in enumerate(node.value)], node.place)


def _is_key(key: object) -> bool:
    if not isinstance(key, str) or len(key) > LONGEST_DOTTED:
        return False
    return all(key.split(".")) and key.count(".") < MAX_DEPTH


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
