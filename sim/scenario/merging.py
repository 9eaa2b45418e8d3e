"""Merge a scenario's file with the file that it extends.

A value may be relative to that file: ``{times: 1.5}`` or ``{plus: 0.15}`` in place of a number. It is computed where
the files are merged. By then a posterior draw has replaced the values of the baseline, so that half as many officers
again are half as many again in every draw. The staff of a province without its own is relative to its share.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from sim.base.words import DESK_LABELS, DistributionKind
from sim.scenario.errors import Mistake, dotted, found
from sim.scenario.nodes import KeyPath, Node, placed
from sim.scenario.schema.desks import STAFF, parts_of
from sim.scenario.units import NUMBER

TIMES, PLUS = CHANGES = ("times", "plus")
"""Keys of a relative value: a factor, which keeps the unit, or a number that is added to a value without a unit."""

WITH_UNIT = re.compile(rf"({NUMBER})(\s*[^\s0-9.].*)?", re.ASCII)
"""A number as a scenario writes it, and its unit."""


def merge(base: Node, over: Node) -> Node:
    """Return the tree ``base`` with the changes of ``over``; each value has the place of its last change.

    Maps merge key by key, everything else is replaced; null removes a key of the base. A parameter in full form and a
    distribution of another kind replace the whole value of the base; a relative value changes its number.
    """
    return _merged(_with_parts(base, over), over)


def _merged(base: Node, over: Node) -> Node:
    if is_relative(over):
        return computed(base, over)
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    if over.parameter is not None or _other_distribution(base.value, over.value):
        return over
    entries, keys = dict(base.value), dict(base.keys)
    for name, node in over.value.items():
        keys[name] = over.keys.get(name, node.place)
        if node.value is None and node.parameter is None and name in entries:
            del entries[name]  # the key's place stays for the message that it is missing
        else:
            entries[name] = _merged(entries[name], node) if name in entries else node
    return Node(entries, over.place, keys)


def _other_distribution(base: dict[str, Node], over: dict[str, Node]) -> bool:
    kinds = DistributionKind.labels()
    return len(base) == len(over) == 1 and set(base) | set(over) <= set(kinds) and set(base) != set(over)


def _with_parts(base: Node, over: Node) -> Node:
    """Return the base with its staff stated for each province whose staff ``over`` changes by a relative value."""
    for desk in DESK_LABELS:
        path = ("desks", desk, STAFF)
        given = over.at(path)
        for code, one in given.value.items() if given is not None and isinstance(given.value, dict) else ():
            staff = one.child("staff")
            inside = staff is not None and is_relative(staff)
            if not inside and not is_relative(one):
                continue
            own = base.at((*path, code)) or _part(base, desk, code)
            if own is None or isinstance(own.value, dict):
                continue
            if base.at(path) is None:
                base = placed(base, path, Node({}, own.place))
            base = placed(base, (*path, code), Node({"staff": own}, own.place) if inside else own)
    return base


def _part(base: Node, desk: str, code: str) -> Node | None:
    """Return the share of a province of the country's staff at a desk; None where the base has no such numbers."""
    staff, rows = base.at(("desks", desk, "staff")), base.at(("population", "provinces"))
    given = base.at(("desks", "province_weights"))
    if staff is None or rows is None:
        return None
    try:
        people = {str(int(row["code"])): int(row["population"]) for row in rows.plain()}
        weights = {} if given is None else {key: float(weight) for key, weight in given.plain().items()}
        part = parts_of(float(staff.plain()), people, weights)[code]
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError):
        return None  # the base has a mistake, which is reported by itself
    return Node(part, staff.place)


def is_relative(node: Node) -> bool:
    """Return whether a node is a relative value that was not computed yet."""
    return isinstance(node.value, dict) and len(node.value) == 1 and next(iter(node.value)) in CHANGES


def computed(base: Node, over: Node) -> Node:
    """Return the value of the base with a relative change; the change itself where there is no such number."""
    assert isinstance(over.value, dict)
    ((kind, by),) = over.value.items()
    amount, unit = _number(base)
    step, unit_of_step = _number(by)
    if amount is None or step is None or unit_of_step or (unit and kind == PLUS):
        return over
    result = amount * step if kind == TIMES else amount + step
    whole = result == result.to_integral_value()
    value: int | float | str = int(result) if whole else float(result)
    return replace(over, value=f"{value}{unit}" if unit else value, keys={}, relative=True)


def _number(node: Node) -> tuple[Decimal | None, str]:
    """Return the number of a node, exactly as written, and its unit; None for anything else."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | float | str):
        return None, ""
    try:
        parts = WITH_UNIT.fullmatch(str(node.value))
    except ValueError:  # an integer of thousands of digits
        return None, ""
    return (None, "") if parts is None else (Decimal(parts[1]), parts[2] or "")


def not_computed(node: Node, path: KeyPath = ()) -> Iterator[Mistake]:
    """Yield the mistake of each relative value below a node that no number of an extended file took up."""
    if is_relative(node):
        ((kind, by),) = node.plain().items()
        yield Mistake(
            node.place,
            dotted(path),
            f"{kind}: {found(by)} changes no number",
            "times: N and plus: N change a number of the scenario that this file extends; plus one without a unit",
        )
    elif isinstance(node.value, dict):
        for part, child in node.value.items():
            yield from not_computed(child, (*path, part))
