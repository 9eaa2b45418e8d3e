"""Posterior draws: a table next to a scenario; each row has values for some of its parameters.

The first column, ``draw``, counts the rows from 0. Every other column is the dotted key of a parameter, with cells as
in a scenario file. A draw is applied to the file that names the table, after its own values and before files that
extend it: a variant has the same draw, except for the values that it changes.
"""

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.csv_files import Table, read_cell
from sim.scenario.errors import Mistake, Node, Place, ScenarioError, choices, dotted, found, placed
from sim.scenario.provinces import Names, coded_key, names_in

if TYPE_CHECKING:
    import pandas as pd

KEY = ("calibration", "draws")
NUMBER = "draw"
SUFFIX = "-draws.csv"
"""The end of the name of a table of draws that a calibration stores."""


def split_off_draws(root: Node) -> tuple[Node, Node | None]:
    """Split the name of the table of draws off the tree of a scenario; a null node removes one, None says nothing."""
    name = root.at(KEY)
    if name is None or not (name.value is None or _is_csv(name)):
        return root, None
    return placed(root, KEY, None), name


def _is_csv(node: Node) -> bool:
    return isinstance(node.value, str) and node.value.endswith(".csv")


def table_mistakes(table: Table, root: Node) -> Iterator[Mistake]:
    """Find mistakes in the columns, numbers and empty cells of the table of draws of a scenario."""
    if not table.rows:
        yield Mistake(table.place, dotted(KEY), "the table has no rows", "must have one row per draw")
        return
    columns = table.columns
    first, *others = columns
    if first != NUMBER:
        yield Mistake(
            columns[first], dotted(KEY), f"the first column is {found(first)}", f"must be '{NUMBER}', counting from 0"
        )
        return
    names = names_in(root)
    for key in others:
        yield from _key_mistakes(root, key, columns[key], names)
    for count, (_, cells, _) in enumerate(table.rows):
        place = table.line(count)
        given = read_cell(cells[0])
        if given != count:
            shown = f"the number {found(given)}" if cells[0].strip() else "no number"
            yield Mistake(place, dotted(KEY), f"the row has {shown}", f"must have {count}: draws count from 0")
        for key, cell in zip(others, cells[1:], strict=True):
            if not cell.strip():
                yield Mistake(place, key, f"draw {count} has no value", "every cell must have a value")


def with_draw(root: Node, table: Table, number: int) -> Node:
    """Return a scenario with the values of a draw, keeping origins and ranges; ScenarioError if there is none."""
    if not 0 <= number < len(table.rows):
        raise ScenarioError([no_draw(f"there is no draw {number}", f"must be 0 to {len(table.rows) - 1}")])
    names, row = names_in(root), table.row(number)
    for key in list(row.keys)[1:]:
        path, cell = root.path_to(coded_key(key, names)), row.child(key)
        old = root.at(path)
        assert cell is not None
        assert old is not None
        place = dataclasses.replace(cell.place, layer="draw")
        root = placed(root, path, dataclasses.replace(old, value=cell.value, place=place))
    return root


def no_draw(message: str, allowed: str) -> Mistake:
    """Return the mistake of a draw that does not exist."""
    return Mistake(Place("draw=", 1, 1, "argument"), dotted(KEY), message, allowed)


def frame(table: Table) -> "pd.DataFrame":
    """Return the draws as in the file: one row per draw, one column per dotted key, numbers or texts."""
    import pandas as pd

    rows = [table.row(number).plain() for number in range(len(table.rows))]
    return pd.DataFrame(rows).set_index(NUMBER)


def _key_mistakes(root: Node, key: str, place: Place, provinces: Names) -> Iterator[Mistake]:
    """Find why a dotted key is not the key of a parameter with a single value."""
    node, claimed = root, False
    for part in root.path_to(coded_key(key, provinces)):
        child = node.child(part)
        if child is None:
            names = [str(name) for name in node.value] if isinstance(node.value, dict) else []
            yield Mistake(place, key, f"there is no key {found(str(part))}", choices(str(part), names))
            return
        node, claimed = child, claimed or child.parameter is not None
    if isinstance(node.value, dict | list):
        yield Mistake(place, key, f"is {found(node.plain())}", "use the key of a single value")
    elif not claimed:
        yield Mistake(place, key, "is not a parameter", "use a value with an origin, for example a calibrated one")
