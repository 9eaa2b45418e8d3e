"""Tables of text that fit a terminal: whole if there is room, else with short numbers, else in blocks.

No name, number or window is broken in its midst. Where even short numbers leave too little room, the name of a row
stands above its cells; where these are too wide as well, each of them has its own line.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from textwrap import wrap
from typing import TYPE_CHECKING

from sim.base.rounding import short
from sim.language.spoken import said
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

UNBOUNDED = 10_000
"""Columns in which a table is laid out before its width is known."""


def printable(text: str) -> str:
    """Return a cell as a terminal shows it: with ordinary spaces, controls escaped."""
    return ascii_controls(re.sub("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", text))


@dataclass
class TextTable:
    """A table of cells that fits its terminal.

    Attributes:
        names: The heads of its columns.
        left: Places of columns that are aligned left, counted from 0; numbers are aligned right.
        rows: Its cells. A row of a single cell is the title of the rows after it, which are indented.
        caption: A line below it.
        stacked: Whether the words of heads stand above each other even if there is room.
        verdicts: Whether yes and no, where a last cell begins with them, are coloured: green and red.
    """

    names: Sequence[str]
    left: Collection[int] = (0,)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    caption: str | None = None
    stacked: bool = False
    verdicts: bool = False

    def add_row(self, *cells: str) -> None:
        """Append a row."""
        self.rows.append(cells)

    def first(self, rows: int, caption: str) -> "TextTable":
        """Return the table with so many rows only, and a caption that says so."""
        return replace(self, rows=self.rows[:rows], caption=caption)

    def fitted(self, width: int) -> "RenderableType":
        """Return what is printed on a terminal of a number of columns: the table and its caption."""
        from rich.console import Group
        from rich.text import Text

        caption = [] if self.caption is None else [Text(printable(self.caption), style="italic")]
        lines = self.lines(width)
        if self.verdicts:
            for line, (word, style) in product(lines, ((said("yes"), "green"), (said("no"), "bold red"))):
                line.highlight_regex(rf"(?<=\s\s|: ){re.escape(word)}(?=$|[ ,])", style)
        return Group(*lines, *caption)

    def lines(self, width: int) -> "list[Text]":
        """Return the lines of the table, at most so wide if its cells allow it."""
        names = [printable(name) for name in self.names]
        titled = any(self._is_title(row) for row in self.rows)
        rows = [self._printable(row, titled) for row in self.rows]
        brief = [self._printable(tuple(_shortened(cell) for cell in row), titled) for row in self.rows]
        stacked = [_stacked(name) for name in names]
        if self.stacked:
            names = stacked
        for heads, cells in ((names, rows), (names, brief), (stacked, brief)):
            for between in BETWEEN:
                found = _laid(heads, cells, self.left, between)
                if _widest(found) <= width:
                    return found
        return _below([printable(name) for name in self.names], brief, self.left, width)

    def _is_title(self, row: Sequence[str]) -> bool:
        return len(row) == 1 < len(self.names)

    def _printable(self, row: tuple[str, ...], titled: bool) -> tuple[str, ...]:
        first, *rest = map(printable, row)
        return (f"{' ' * BELOW}{first}" if titled and not self._is_title(row) else first, *rest)


def show(console: "Console", parts: "Iterable[TextTable | RenderableType]") -> None:
    """Print tables and what stands between them."""
    for part in parts:
        console.print(part.fitted(console.width) if isinstance(part, TextTable) else part, crop=False)


def _laid(heads: Sequence[str], rows: Sequence[tuple[str, ...]], left: Collection[int], between: int) -> "list[Text]":
    """Lay out heads and rows, one row a line, with a number of spaces between columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, between, 0, 0))
    for at, head in enumerate(heads):
        table.add_column(Text(head), justify="left" if at in left else "right", no_wrap=True, vertical="bottom")
    full = [row for row in rows if not len(row) == 1 < len(heads)]
    for row in full:
        table.add_row(*map(Text, row))
    lines = Console(width=UNBOUNDED).render_lines(table, pad=False)
    texts = ["".join(part.text for part in line) for line in lines]
    above, body = texts[: len(texts) - len(full)], iter(texts[len(texts) - len(full) :])
    found = [_line(text, True) for text in above]
    return found + [_line(row[0], True) if len(row) == 1 < len(heads) else _line(next(body), False) for row in rows]


def _below(names: Sequence[str], rows: Sequence[tuple[str, ...]], left: Collection[int], width: int) -> "list[Text]":
    """Lay out each row as its name and, below it, its cells: in one line if they fit, else a line each."""
    full = [row[1:] for row in rows if len(row) > 1]
    heads = [_stacked(name) for name in names[1:]]
    cells = _laid(heads, full, {at - 1 for at in left}, BETWEEN[-1])
    together = _widest(cells) + BELOW <= width
    found = [_line(f"{' ' * BELOW}{head.plain}", True) for head in cells[: len(cells) - len(full)] if together]
    lines = iter(cells[len(cells) - len(full) :])
    for row in rows:
        found.append(_line(row[0].strip(), len(row) == 1))
        if len(row) == 1:
            continue
        own = next(lines).plain
        each = [f"{name}: {cell}" for name, cell in zip(names[1:], row[1:], strict=True) if cell]
        found += [_line(f"{' ' * BELOW}{line}", False) for line in ([own] if together else each)]
    return found


def _stacked(head: str) -> str:
    """Return a head in as few lines as fit above its longest word."""
    words = head.split(" ")
    return "\n".join(wrap(head, max(map(len, words)), break_long_words=False, break_on_hyphens=False)) if head else ""


def _line(text: str, bold: bool) -> "Text":
    from rich.text import Text

    return Text(text.rstrip(), style="bold" if bold else "", no_wrap=True, overflow="ignore")


def _widest(lines: "Sequence[Text]") -> int:
    return max((line.cell_len for line in lines), default=0)


def _shortened(cell: str) -> str:
    """Return a cell with three digits of each long number."""
    return LONG.sub(lambda match: f"{match[1]}{short(float(re.sub('[^0-9.]', '', match[2])))}", cell)
