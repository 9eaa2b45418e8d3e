"""Tables of text that fit a terminal: whole where there is room, else with short numbers, at last with broken names."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.rounding import short

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

UNBOUND = 10_000
"""More columns than any table has."""

LONG = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+(?:\.\d+)?)")
"""A number of four digits or more, with separators: its sign and the rest."""

PARTS = re.compile(r"(?<=[a-z_])([.@])(?=[a-z0-9_])")
"""Where a name has a second part."""


@dataclass
class Lines:
    """A table of cells that fits its terminal: where it is too narrow, long numbers are shortened and names broken."""

    names: Sequence[str]
    left: Collection[str] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    caption: str | None = None

    def add_row(self, *cells: str) -> None:
        """Append a row."""
        self.rows.append(cells)

    def fitted(self, console: "Console") -> "Table":
        """Return the table of rich that fits a terminal."""
        rows, names = self.rows, list(self.names)
        table = _table(names, rows, self)
        unbounded = console.options.update_width(UNBOUND)
        for narrower in (_shortened, _broken):
            if console.measure(table, options=unbounded).maximum <= console.width:
                break
            rows = [tuple(narrower(cell) for cell in row) for row in rows]
            table = _table([name.replace(" ", "\n") for name in names], rows, self)
        return table


def show(console: "Console", parts: "Iterable[Lines | str]") -> None:
    """Print tables and the lines between them."""
    for part in parts:
        console.print(part if isinstance(part, str) else part.fitted(console))


def _table(names: Sequence[str], rows: Sequence[tuple[str, ...]], of: Lines) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", caption_justify="left")
    table.caption = of.caption
    for name, full in zip(names, of.names, strict=True):
        table.add_column(name, justify="left" if full in of.left else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _shortened(cell: str) -> str:
    """Return a cell with three digits of each long number."""
    return LONG.sub(lambda match: f"{match[1] or ''}{short(float(match[2].replace(',', '')))}", cell)


def _broken(cell: str) -> str:
    """Return a cell whose name is broken into a line for each part."""
    return PARTS.sub(r"\n\1", cell)
