"""Tables of text that fit a terminal: whole where there is room, else with short numbers, at last in blocks.

No name, number or window is ever broken in its midst. Where not even short numbers leave room, the name of a row stands
above its cells, and where these are too wide too, each of them has a line with what its column is called.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.base.rounding import short
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

LONG = re.compile(r"([+-]?)([1-9]\d{0,2}(?:[,\N{NARROW NO-BREAK SPACE}]\d{3})+(?:\.\d+)?)")
"""A number of four digits or more, with separators, English or French: its sign and the rest. The comma of a French
decimal fraction, as in 0,123, comes after a zero, or before fewer digits."""

BETWEEN = (2, 1)
"""Spaces between two columns, and where there is too little room."""
BELOW = 2
"""Spaces before what stands below a name, or below the title of its group."""


def printable(text: str) -> str:
    """Return a cell as a terminal shows it: spaces that do not break as others, controls escaped."""
    return ascii_controls(re.sub("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", text))


@dataclass
class Lines:
    """A table of cells that fits its terminal.

    Attributes:
        names: What its columns are called.
        left: Columns of text; all others have numbers, at the right.
        rows: Its cells. A row of a single cell is the title of the rows after it, which are indented.
        caption: What stands below it.
    """

    names: Sequence[str]
    left: Collection[str] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    caption: str | None = None

    def add_row(self, *cells: str) -> None:
        """Append a row."""
        self.rows.append(cells)

    def fitted(self, console: "Console") -> "RenderableType":
        """Return what is printed on a terminal."""
        from rich.console import Group
        from rich.text import Text

        lines = self.lines(console.width)
        caption = [] if self.caption is None else [Text(self.caption, style="italic")]
        return Group(*lines, *caption)

    def lines(self, width: int) -> "list[Text]":
        """Return the lines of the table, none of them wider than so many columns where its cells allow."""
        rows = [tuple(printable(cell) for cell in row) for row in self.rows]
        brief = [tuple(printable(_shortened(cell)) for cell in row) for row in self.rows]
        heads, stacked = [[name] for name in self.names], [name.split(" ") for name in self.names]
        for above, cells in ((heads, rows), (heads, brief), (stacked, brief)):
            for between in BETWEEN:
                if self._width(above, cells, between) <= width:
                    return self._laid(above, cells, between)
        return self._blocks(stacked, brief, width)

    def _widths(self, heads: Sequence[Sequence[str]], rows: Sequence[tuple[str, ...]]) -> list[int]:
        from rich.cells import cell_len

        full = [row for row in rows if len(row) > 1 or len(self.names) == 1]
        indent = BELOW if len(full) < len(rows) else 0
        return [
            max(
                *(cell_len(word) for word in head), *(cell_len(row[at]) + (indent if at == 0 else 0) for row in full), 0
            )
            for at, head in enumerate(heads)
        ]

    def _width(self, heads: Sequence[Sequence[str]], rows: Sequence[tuple[str, ...]], between: int) -> int:
        return sum(self._widths(heads, rows)) + between * (len(heads) - 1)

    def _laid(self, heads: Sequence[Sequence[str]], rows: Sequence[tuple[str, ...]], between: int) -> "list[Text]":
        """Lay out rows one line each, with so many spaces between columns."""
        from rich.text import Text

        widths = self._widths(heads, rows)
        depth = max(map(len, heads))
        above = [[*[""] * (depth - len(head)), *head] for head in heads]
        found = [Text(self._line([head[at] for head in above], widths, between), style="bold") for at in range(depth)]
        titled = any(len(row) == 1 < len(self.names) for row in rows)
        for row in rows:
            if len(row) == 1 < len(self.names):
                found.append(Text(row[0], style="bold", no_wrap=True, overflow="ignore"))
            else:
                cells = [f"{' ' * BELOW}{row[0]}", *row[1:]] if titled else row
                found.append(Text(self._line(cells, widths, between), no_wrap=True, overflow="ignore"))
        return found

    def _line(self, cells: Sequence[str], widths: Sequence[int], between: int) -> str:
        from rich.cells import cell_len

        padded = []
        for name, cell, width in zip(self.names, cells, widths, strict=True):
            room = " " * (width - cell_len(cell))
            padded.append(f"{cell}{room}" if name in self.left else f"{room}{cell}")
        return (" " * between).join(padded).rstrip()

    def _blocks(self, heads: Sequence[Sequence[str]], rows: Sequence[tuple[str, ...]], width: int) -> "list[Text]":
        """Lay out each row as its name and, below it, its cells."""
        from rich.text import Text

        rest = Lines(self.names[1:], self.left, [row[1:] for row in rows if len(row) > 1])
        tight = BETWEEN[-1]
        together = rest._width(heads[1:], rest.rows, tight) + BELOW <= width
        widths = rest._widths(heads[1:], rest.rows)
        found = []
        if together:
            depth = max(map(len, heads[1:]))
            above = [[*[""] * (depth - len(head)), *head] for head in heads[1:]]
            found += [
                Text(f"{' ' * BELOW}{rest._line([head[at] for head in above], widths, tight)}", style="bold")
                for at in range(depth)
            ]
        for row in rows:
            title = len(row) == 1
            found.append(Text(row[0], style="bold" if title else "", no_wrap=True, overflow="ignore"))
            if title:
                continue
            if together:
                below = [rest._line(row[1:], widths, tight)]
            else:
                below = [f"{name}: {cell}" for name, cell in zip(self.names[1:], row[1:], strict=True) if cell]
            found += [Text(f"{' ' * BELOW}{line}", no_wrap=True, overflow="ignore") for line in below]
        return found


def show(console: "Console", parts: "Iterable[Lines | RenderableType]") -> None:
    """Print tables and what stands between them."""
    for part in parts:
        console.print(part.fitted(console) if isinstance(part, Lines) else part, crop=False)


def _shortened(cell: str) -> str:
    """Return a cell with three digits of each long number."""
    return LONG.sub(lambda match: f"{match[1]}{short(float(re.sub('[^0-9.]', '', match[2])))}", cell)
