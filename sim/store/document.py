"""The site's page of tables, written from their declaration: ``python -m sim.store.document``."""

from collections.abc import Sequence

from sim.store.columns import Column, StoredTable
from sim.store.tables import FLOW_QUANTITIES, SCENARIO_LISTS, STATE_QUANTITIES, TABLES, Quantity

HEAD = """\
# The tables of a run

For people who analyse runs: every table with its columns, types, units and values.

`python -m sim.store.document` prints this page, from the declarations in `sim/store/tables.py`.

Each table is a Parquet file in the folder of a run, and a DataFrame of `sim.Run` with the same name. All tables except
the log hold sums: one row for each combination of keys that occurs, sorted by the keys in the order of the columns,
null first. Days are those of the period, without the warm-up. Section 9 of `docs/model.md` says what each number means
in the model.

**A run of a sample has the counts of the sample.** At `--scale 0.005` a sum over a table is that of one person in 200:
multiply it by 1 / scale to get the country's, except for quantities marked as whole. `attrs["scale"]` and
`attrs["unit"]` of each DataFrame say so. `run.to_frame("victims", by="month")`, `run.figure`, `run.totals` and
`run.figures` are scaled up to the country.
"""


def document() -> str:
    """Return the page, in Markdown."""
    return "\n".join([HEAD, *(part for table in TABLES.values() for part in _of_table(table))])


def _of_table(table: StoredTable) -> list[str]:
    """Return the paragraphs of a table."""
    columns = [
        (
            f"`{column.name}`",
            "yes" if column.key else "",
            column.arrow,
            "yes" if column.nullable else "",
            column.unit,
            " ".join([column.meaning, *_values(column)]),
        )
        for column in table.columns
    ]
    parts = [
        f"## `{table.name}`\n",
        f"{table.meaning} {_order(table)}\n",
        _grid(("column", "key", "type", "null", "unit", "meaning and values"), columns),
    ]
    quantities: dict[str, tuple[Quantity, ...]] = {"flows": FLOW_QUANTITIES, "state": STATE_QUANTITIES}
    if table.name in quantities:
        rows = [
            (
                f"`{one.name}`",
                one.of,
                one.unit,
                "yes" if one.whole else "",
                f"{one.meaning[0].upper()}{one.meaning[1:]}.",
            )
            for one in quantities[table.name]
        ]
        parts.append(_grid(("quantity", "of", "unit", "whole", "meaning"), rows))
    return parts


def _order(table: StoredTable) -> str:
    """Return how rows are sorted and when those of a day are final."""
    if table.is_log:
        return f"Sorted by {', '.join(table.sorted_by)}."
    if table.late is None:
        return "Rows of a day are final when no alert of that day is alive."
    months = {0: "with the month", 1: "a month after their month"}[table.late]
    return f"Rows are final {months}."


def _values(column: Column) -> list[str]:
    """Return a sentence about the values of a column, where they are listed somewhere."""
    if isinstance(column.labels, str):
        return [f"Values: {SCENARIO_LISTS[column.labels]}."]
    if column.kind == "text":
        return ["Values: below."]
    if column.kind == "label":
        shown = [label for code, label in enumerate(column.labels) if column.codes is None or code in column.codes]
        return [f"Values: {', '.join(f'`{label}`' for label in shown)}."]
    if column.bins is not None and column.bins.open_ended:
        return [f"Values: {', '.join(f'{edge:,}' for edge in column.bins.edges)} and null."]
    if column.bins is not None:
        return [f"Values: {column.bins.edges[0]:,} and its doubles."]
    return []


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
