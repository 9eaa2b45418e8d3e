"""Evidence on the terminal, laid out as a table of text: what is known of the model's inside, what the run gave."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.base.rounding import number_text
from sim.reading.figures import yes_or_no
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = ("quantity", "window", "range", "simulated", "within")
BASIS_WIDTH = 40
"""Where no more columns than these are left for the basis, it becomes a paragraph of its own."""


def evidence_table(rows: Sequence[dict[str, Any]], width: int) -> "RenderableType":
    """Lay out the evidence of one run for a terminal of so many columns, the basis beside or below each row."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    lines = [_cells(row) for row in rows]
    bases = [ascii_controls(row["basis"]) for row in rows]
    widths = [max(len(cells[place]) for cells in [COLUMNS, *lines]) for place in range(len(COLUMNS))]
    if sum(widths) + len(widths) + BASIS_WIDTH <= width:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        for name in COLUMNS:
            table.add_column(name, justify="left" if name in ("quantity", "window") else "right", no_wrap=True)
        table.add_column("basis")
        for basis, cells in zip(bases, lines, strict=True):
            table.add_row(*(Text(cell) for cell in (*cells, basis)))
        return table
    parts: list[RenderableType] = []
    for window in dict.fromkeys(cells[1] for cells in lines):
        parts.append(Text(window, style="bold"))
        for basis, cells in zip(bases, lines, strict=True):
            if cells[1] == window:
                name, _, limits, simulated, within = cells
                parts.append(Text(f"{name}: {simulated} in {limits}{f', {within}' if within else ''}"))
                parts.append(Padding(Text(basis, style="dim"), (0, 0, 0, 4)))
    return Group(*parts)


def with_months(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence with a row for each month of what is known by month, in place of that of the worst one."""
    found = []
    for row in rows:
        if "months" not in row:
            found.append(row)
            continue
        whole = {key: part for key, part in row.items() if key not in ("month", "months")}
        found += [{**whole, **month, "month": None} for month in row["months"]]
    return found


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    limits = f"{number_text(row['low'])} to {number_text(row['high'])}"
    worst = f" ({row['month']})" if row.get("month") else ""
    return (
        ascii_controls(row["name"]),
        "..".join(row["window"]),
        limits,
        f"{number_text(row['simulated'])}{worst}",
        yes_or_no(row["within"]),
    )
