"""Read CSV files next to a scenario into nodes: a list of rows, each cell with its place."""

import csv
import io
import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sim.scenario.bundled import READABLE, no_file, read_bytes
from sim.scenario.errors import KeyPath, Mistake, Node, Place, Scalar, ScenarioError, dotted, found
from sim.scenario.reading import MAX_NODES, decode, plain_scalar

MAX_COLUMNS = 400


OUTSIDE = "is outside the scenario's folder"


def inside(folder: Path, name: str) -> Path | str:
    """Return the path of a name in a folder, or what is wrong with the name."""
    if not name or name.startswith(("/", "\\", "~")) or "\\" in name or ":" in name or "\0" in name:
        return OUTSIDE
    if ".." in Path(name).parts:
        return OUTSIDE
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError):  # the latter up to Python 3.12
        return "is a circle of links"
    except ValueError:
        return "is not a valid file name"
    return path if path.is_relative_to(folder.resolve()) else OUTSIDE


@dataclass(frozen=True)
class Table:
    """A CSV file: where it is named, its columns with their places, and its rows as texts, each with its line."""

    place: Place
    top: Place
    columns: dict[str, Place]
    rows: list[tuple[int, list[str], str]]

    def row(self, number: int) -> Node:
        """Return a row as a map by column, with numbers as in YAML; an empty cell has no key."""
        line, cells, text = self.rows[number]
        starts = _columns(text, len(cells))
        entries = {
            name: Node(read_cell(cell), replace(self.top, line=line, column=start))
            for name, cell, start in zip(self.columns, cells, starts, strict=True)
            if cell.strip()
        }
        return Node(entries, self.line(number), self.columns)

    def line(self, number: int) -> Place:
        """Return the place of a row."""
        return replace(self.top, line=self.rows[number][0])


def read_table(node: Node, folder: Path, key: KeyPath) -> Node:
    """Return the rows of a CSV file as maps by column, with numbers as in YAML; an empty cell has no key."""
    table = open_table(node, folder, key)
    return Node([table.row(number) for number in range(len(table.rows))], node.place)


def open_table(node: Node, folder: Path, key: KeyPath) -> Table:
    """Return the table that a node names, its cells not yet read; raises ScenarioError for an unusable file."""
    name = str(node.value)
    path = inside(folder, name)
    if isinstance(path, str):
        what = f"{found(name)} {path}"
        raise ScenarioError([Mistake(node.place, dotted(key), what, "use a CSV file in that folder or below it")])
    problem = no_file(path)
    if problem is not None:
        raise ScenarioError([Mistake(node.place, dotted(key), f"{found(path.name)} {problem}", READABLE)])
    shown = os.path.join(os.path.dirname(node.place.file), name)
    top = Place(shown, 1, 1, "file", node.place.chain)
    text = decode(read_bytes(path, top), top)
    return Table(node.place, top, *_split(text, top, key))


@lru_cache(maxsize=16)
def _split(text: str, top: Place, key: KeyPath) -> tuple[dict[str, Place], list[tuple[int, list[str], str]]]:
    """Return columns and rows of a text; the last results are kept in memory, so callers must not change them."""

    def refuse(line: int, message: str, allowed: str) -> ScenarioError:
        return ScenarioError([Mistake(replace(top, line=max(line, 1)), dotted(key), message, allowed)])

    lines = re.split("\r\n|\r|\n", text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str], str]] = []
    columns: dict[str, Place] | None = None
    count = 0
    try:
        for cells in reader:
            line = reader.line_num
            if not cells:
                continue
            written = lines[line - 1] if line <= len(lines) else ""
            if columns is None:
                names = [cell.strip() for cell in cells]
                problem = _wrong_header(names)
                if problem is not None:
                    raise refuse(line, *problem)
                starts = _columns(written, len(cells))
                columns = {name: replace(top, line=line, column=at) for name, at in zip(names, starts, strict=True)}
                continue
            if len(cells) != len(columns):
                raise refuse(line, f"the row has {len(cells)} cells", f"must have {len(columns)}, like the first row")
            count += len(cells)
            if count > MAX_NODES:
                raise refuse(line, "the table is too large", f"must have at most {MAX_NODES:,} cells")
            rows.append((line, cells, written))
    except csv.Error as error:
        raise refuse(reader.line_num, f"{error}", "must be a valid CSV file") from None
    if columns is None:
        raise refuse(1, "the table is empty", "must have a first row that names the columns")
    return columns, rows


def _wrong_header(names: list[str]) -> tuple[str, str] | None:
    """Return what is wrong with the column names and what is allowed; None if nothing is."""
    if len(names) > MAX_COLUMNS:
        return f"the table has {len(names)} columns", f"must have at most {MAX_COLUMNS}"
    if "" in names:
        return "a column has no name", "the first row must name every column"
    twice = [name for name in names if names.count(name) > 1]
    return (f"column {found(twice[0])} is given twice", "use each column once") if twice else None


def _columns(line: str, cells: int) -> list[int]:
    """Return the text column at which each cell begins, from 1; all 1 if the line has quotes."""
    parts = line.split(",")
    if len(parts) != cells or '"' in line:
        return [1] * cells
    starts = [1]
    for part in parts[:-1]:
        starts.append(starts[-1] + len(part) + 1)
    return starts


def read_cell(text: str) -> Scalar:
    """Return the value of a cell: a number, else a text."""
    value = plain_scalar(text.strip())
    return text.strip() if value is None or isinstance(value, bool) else value
