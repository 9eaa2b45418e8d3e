"""Keep the places of values by province after ``schema.pooling`` computed those by pool, and drop their ranges."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from sim.base.words import DESK_LABELS
from sim.scenario.errors import Mistake, dotted, found
from sim.scenario.nodes import KeyPath, Node, placed
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import COUNTRY, Pool, finest, is_pool
from sim.scenario.shapes import adapter

POOL, TABLE = ("population", "pool"), ("population", "provinces")


def by_province(spec: ScenarioModel) -> Iterator[KeyPath]:
    """Yield the path of each table, list and map by province that a scenario can have."""
    yield TABLE
    yield "fraud", "province_weights"
    yield from (("fraud", "surges", name, "provinces") for name in spec.fraud.surges)
    yield "desks", "province_weights"
    yield from (("desks", name, "by_province") for name in DESK_LABELS)
    for name in spec.measures:
        yield "measures", name, "provinces"
        yield "measures", name, "province_weights"


def with_pools(root: Node, spec: ScenarioModel, plain: Any) -> Node:
    """Return the tree of a scenario with values by pool; a changed value keeps its place but has no range."""
    for path in by_province(spec):
        node = root.at(path)
        value = plain
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if node is not None and node.plain() != value:
            root = placed(root, path, _pooled(node, value))
    return root


def split_pool_mistakes(before: Node, after: Node) -> list[Mistake]:
    """Return the mistake of options that split pools into provinces again, for example ``--pool none`` for a run."""
    was, wanted, rows = before.at(POOL), after.at(POOL), before.at(TABLE)
    if was is None or wanted is None or rows is None or rows is not after.at(TABLE):
        return []
    if not isinstance(rows.value, list) or not any(_of_pool(row) for row in rows.value):
        return []
    try:
        one, other = (adapter(Pool).validate_python(node.plain()) for node in (was, wanted))
    except ValidationError:
        return []  # which is reported by itself
    if finest(one, other) == other:
        return []
    what = f"{found(str(other))} cannot split pools into provinces again: {rows.place.file} has only pools"
    return [Mistake(wanted.place, dotted(POOL), what, f"use {one}, {COUNTRY}, or the original scenario")]


def _of_pool(row: Node) -> bool:
    """Return whether a row has the name of its region: pools do, provinces do not."""
    name, region = row.child("name"), row.child("region")
    return name is not None and region is not None and is_pool(name.value, region.value)


def _pooled(node: Node, value: Any) -> Node:
    """Return a node with the value of a pool; equal parts stay as written."""
    if node.plain() == value:
        return node
    known = node.parameter and replace(node.parameter, range=None, shape=None)
    if isinstance(value, dict) and isinstance(node.value, dict):
        there = node.value
        entries = {key: _pooled(there.get(key, Node(None, node.place)), inner) for key, inner in value.items()}
        return Node(entries, node.place, {key: node.keys.get(key, node.place) for key in value}, known)
    if isinstance(value, list) and isinstance(node.value, list):
        rows = {row.value["code"].value: row for row in node.value if isinstance(row.value, dict)}
        olds = [rows[item["code"]] if isinstance(item, dict) else Node(None, node.place) for item in value]
        return Node([_pooled(old, item) for old, item in zip(olds, value, strict=True)], node.place, {}, known)
    return Node(value, node.place)
