"""Tables and lines of text that fit a terminal: whole if there is room, else with short numbers, else in blocks.

No name, number or window is broken in its midst. Where even short numbers leave too little room, the name of a row
stands above its cells; where these are too wide as well, each of them has its own line.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from sim.base.rounding import short
from sim.language import counted, currency, said, wrapped
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

NO_BREAK = "\N{NO-BREAK SPACE}"
NO_BREAKS = "[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]"
DAY = r"\d\d\d\d-\d\d-\d\d"
WHOLE = (
    r"(?<=\d) (?=million|billion|trillion|people|times|d'|per |(?:d|h|min|s|ms|pts)\b)|(?<=\d per) (?=\w)"
    rf"|(?<={DAY}) (?=to {DAY})|(?<={DAY} to) (?={DAY})"
)
"""Spaces within a number with its unit, or within a window. A number with the currency is kept together, too."""

Row = Mapping[str, Any]
Column = tuple[str, Callable[[Any], str]]
"""The head of a column, and the text of its cell in a row."""


def printable(text: str) -> str:
    """Return a cell as a terminal shows it: with ordinary spaces, controls escaped."""
    return ascii_controls(re.sub(NO_BREAKS, " ", text))


@dataclass(frozen=True)
class Line:
    """A paragraph, broken between words only, never within a number or date.

    ``indent`` spaces stand before it, and ``hang`` further ones before every line after the first.
    """

    text: str
    indent: int = 0
    hang: int = 0
    style: str = ""

    def lines(self, width: int) -> "list[Text]":
        """Return its lines of at most so many columns."""
        kept = re.sub(rf"{WHOLE}|(?:(?<=\d)|(?<=illion)) (?={re.escape(currency())}(?!\w))", NO_BREAK, self.text)
        whole = NO_BREAK.join(ascii_controls(word) for word in re.split(NO_BREAKS, kept))
        broken = wrapped(whole, width, " " * self.indent, " " * (self.indent + self.hang)).replace(NO_BREAK, " ")
        return [_line(line, self.style) for line in broken.split("\n")]


def heading(text: str, intervals: str = "") -> Line:
    """Return a heading, and behind it the kind of intervals of what follows."""
    return Line(f"{text}{3 * NO_BREAK}{intervals}" if intervals else text, style="bold")


def listed(lines: Iterable[str], title: str = "", mark: str = "") -> Iterator[Line]:
    """Yield lines below a title, each after a mark; nothing without lines."""
    for at, line in enumerate(lines):
        if title and not at:
            yield heading(title)
        yield Line(f"{mark}{line}", BELOW, BELOW)


def warned(lines: Iterable[str]) -> Iterator[Line]:
    """Yield warnings, a paragraph each; repeated ones once."""
    for line in dict.fromkeys(lines):
        yield Line(said("warning: {line}", line=line), 0, BELOW, "bold")


def more_said(number: int) -> str:
    """Say how many lines are not shown."""
    return counted("{count} more is not shown; use --full", "{count} more are not shown; use --full", count=number)


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

    @classmethod
    def of(
        cls,
        rows: Iterable[Any],
        columns: Sequence[Column | None],
        left: Collection[int] = (0,),
        by: Callable[[Any], str] | None = None,
        **looks: Any,
    ) -> "TextTable":
        """Return the table of some columns of rows, below the titles ``by`` which they are grouped.

        ``None`` in place of a column leaves it out. Further arguments are attributes.
        """
        shown = [column for column in columns if column is not None]
        table = cls([head for head, _ in shown], left, **looks)
        groups: dict[str | None, list[tuple[str, ...]]] = {}
        for row in rows:
            groups.setdefault(by and by(row), []).append(tuple(cell(row) for _, cell in shown))
        for title, cells in groups.items():
            table.rows += cells if title is None else [(title,), *cells]
        return table

    def add_row(self, *cells: str) -> None:
        """Append a row."""
        self.rows.append(cells)

    def first(self, most: int) -> "TextTable":
        """Return the table with so many rows at most, and a caption that counts the others."""
        hidden = len(self.rows) - most
        return replace(self, rows=self.rows[:most], caption=more_said(hidden)) if hidden > 0 else self

    def lines(self, width: int) -> "list[Text]":
        """Return the lines of the table and its caption, at most so wide if its cells allow it."""
        lines = self._fitting(width)
        for line, (word, style) in product(lines, ((said("yes"), "green"), (said("no"), "bold red"))):
            if self.verdicts:
                line.highlight_regex(rf"(?<=\s\s|: ){re.escape(word)}(?=$|[ ,])", style)
        return lines if self.caption is None else [*lines, _line(printable(self.caption), "italic")]

    def _fitting(self, width: int) -> "list[Text]":
        names = [printable(name) for name in self.names]
        titled = any(self._is_title(row) for row in self.rows)
        rows = [self._printable(row, titled) for row in self.rows]
        brief = [self._printable(tuple(map(_shortened, row)), titled) for row in self.rows]
        stacked = list(map(_stacked, names))
        first = stacked if self.stacked else names
        for (heads, cells), between in product(((first, rows), (first, brief), (stacked, brief)), BETWEEN):
            found = _laid(heads, cells, self.left, between)
            if _widest(found) <= width:
                return found
        return _below(names, brief, self.left, width)

    def _is_title(self, row: Sequence[str]) -> bool:
        return len(row) == 1 < len(self.names)

    def _printable(self, row: tuple[str, ...], titled: bool) -> tuple[str, ...]:
        first, *rest = map(printable, row)
        return (f"{' ' * BELOW}{first}" if titled and not self._is_title(row) else first, *rest)


Part = TextTable | Line | str
"""What a terminal shows: a table, a line, or a text, which is a line."""


def lines_of(part: Part, width: int) -> "list[Text]":
    """Return the lines of a part on a terminal of so many columns."""
    return (Line(part) if isinstance(part, str) else part).lines(width)


def show(console: "Console", parts: "Iterable[Part | RenderableType]") -> None:
    """Print tables and what stands between them."""
    for part in parts:
        for line in lines_of(part, console.width) if isinstance(part, Part) else [part]:
            console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _laid(heads: Sequence[str], rows: Sequence[tuple[str, ...]], left: Collection[int], between: int) -> "list[Text]":
    """Lay out heads and rows, one row a line, with a number of spaces between columns."""
    from rich.cells import cell_len

    parts = [head.split("\n") for head in heads]
    depth = max(map(len, parts))
    above = list(zip(*([""] * (depth - len(part)) + part for part in parts), strict=True))
    full = [row for row in rows if not len(row) == 1 < len(heads)]
    widths = [max(map(cell_len, column)) for column in zip(*above, *full, strict=True)]

    def line(row: Sequence[str], style: str) -> "Text":
        if len(row) < len(heads):
            return _line(row[0], "bold")
        cells = []
        for at, (cell, wide) in enumerate(zip(row, widths, strict=True)):
            room = " " * (wide - cell_len(cell))
            cells.append(f"{cell}{room}" if at in left else f"{room}{cell}")
        return _line((" " * between).join(cells), style)

    return [*(line(row, "bold") for row in above), *(line(row, "") for row in rows)]


def _below(names: Sequence[str], rows: Sequence[tuple[str, ...]], left: Collection[int], width: int) -> "list[Text]":
    """Lay out each row as its name and, below it, its cells: in one line if they fit, else a line each."""
    full = [row[1:] for row in rows if len(row) > 1]
    cells = _laid([_stacked(name) for name in names[1:]], full, {at - 1 for at in left}, BETWEEN[-1])
    together = _widest(cells) + BELOW <= width
    heads, lines = cells[: len(cells) - len(full)], iter(cells[len(cells) - len(full) :])
    found = [_line(f"{' ' * BELOW}{head.plain}", "bold") for head in heads if together]
    for row in rows:
        found.append(_line(row[0].strip(), "bold" if len(row) == 1 else ""))
        if len(row) > 1:
            own = next(lines).plain
            each = [f"{name}: {cell}" for name, cell in zip(names[1:], row[1:], strict=True) if cell]
            found += [_line(f"{' ' * BELOW}{line}") for line in ([own] if together else each)]
    return found


def _stacked(head: str) -> str:
    """Return a head in as few lines as fit above its longest word."""
    words = head.split(" ")
    return "\n".join(wrap(head, max(map(len, words)), break_long_words=False, break_on_hyphens=False)) if head else ""


def _line(text: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text(text.rstrip(), style=style, no_wrap=True, overflow="ignore")


def _widest(lines: "Sequence[Text]") -> int:
    return max((line.cell_len for line in lines), default=0)


def _shortened(cell: str) -> str:
    """Return a cell with three digits of each long number."""
    return LONG.sub(lambda match: f"{match[1]}{short(float(re.sub('[^0-9.]', '', match[2])))}", cell)
