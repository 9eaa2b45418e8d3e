"""Read YAML text and CSV files into nodes with the place of each key and value, and write plain values as YAML.

PyYAML parses, and this module makes nodes of its events, which carry places. Scalars follow the core schema of YAML 1.2
(section 10.3.2), with underscores in numbers: ``2022-11-30``, ``on`` and ``_1`` are text. A scenario lists all its
mistakes, and repeated aliases are limited, so nothing of a text is made into values before it is counted. Unneeded
features are refused: tags, merge keys, keys that are not text, several documents.

What is written reads back the same: maps as blocks, lists of scalars and rows in one line. No library writes: only this
module knows which texts need quotes, and the scenario in a run folder has a hash that must not change with the version
of a library.

A CSV file next to a scenario becomes a list of rows, each cell with its place.
"""

import csv
import io
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml

from sim.base.caches import PACKAGE, demand_folder
from sim.scenario.errors import KeyPath, Mistake, Node, Place, Scalar, ScenarioError, choices, dotted, found, refused

MAX_BYTES = 2**20
READABLE = "use a file that can be read"

FAST = getattr(yaml, "CSafeLoader", None)
"""The parser of libyaml, if PyYAML has it."""

# YAML 1.2, 5.1: all but the printable characters
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

MAX_DEPTH = 32
MAX_NODES = 100_000
LONGEST_KEY = 200
LONGEST_NUMBER = 320
"""Most characters of a number; longer ones stay text."""

INTEGER = re.compile(r"[-+]?[0-9](?:[0-9_]*[0-9])?", re.ASCII)
BASED = re.compile(r"0o[0-7]{1,22}|0x[0-9a-fA-F]{1,16}", re.ASCII)
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9](?:[0-9_]*[0-9])?(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

A_SCENARIO = "must be a map of scenario keys"


def plain_scalar(text: str) -> Scalar:
    """Return the value of an unquoted scalar by the core schema: null, true, false, a number, else the text."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if len(text) <= LONGEST_NUMBER:
        if INTEGER.fullmatch(text):
            return int(text.replace("_", ""))
        if BASED.fullmatch(text):
            return int(text, 0)
        if FLOAT.fullmatch(text):
            return float(text.replace("_", ""))
        if SPECIAL.fullmatch(text):
            return float(text.replace(".", "", 1))
    return text


def no_file(path: Path) -> str | None:
    """Return why a path is not a file; None if it is one."""
    try:
        if path.is_file():
            return None
        return "is a folder" if path.is_dir() else "does not exist"
    except (OSError, ValueError) as error:  # for example a long name, or a folder without permission
        return f"cannot be found: {getattr(error, 'strerror', None) or 'not a valid name'}"


def read_bytes(path: Path, place: Place) -> bytes:
    """Return the bytes of a file, at most one more than allowed; ScenarioError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise refused(place, f"cannot be read: {error.strerror or type(error).__name__}", READABLE) from None


def decode(data: bytes, place: Place) -> str:
    """Return the text of a file, without a byte order mark; ScenarioError if it is too long or not text for YAML."""
    if len(data) > MAX_BYTES:
        raise refused(place, "the file is too large", f"must have at most {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _after(data[: error.start].decode("utf-8", "replace"), place)
        raise refused(at, f"byte 0x{data[error.start]:02x} is not valid UTF-8", "must be a UTF-8 text file") from None
    if bad := UNPRINTABLE.search(text):
        what = f"contains the control character U+{ord(bad[0]):04X}"
        raise refused(_after(text[: bad.start()], place), what, "use only printable text, line breaks and tabs")
    return text


def _after(text: str, place: Place) -> Place:
    """Return the place after a text at the beginning of a file."""
    return replace(place, line=text.count("\n") + 1, column=len(text) - text.rfind("\n"))


def read_nodes(data: bytes, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the node of a file's bytes (None if empty or unusable), and mistakes.

    libyaml parses. Where it is missing or refuses a text, Python's parser reads it or says what is wrong.
    """
    composer, at, problem = _Composer(iter(()), place), place, ""
    for parser in filter(None, (FAST, yaml.SafeLoader)):
        try:
            composer = _Composer(yaml.parse(decode(data, place), parser), place)
            return composer.document(), composer.mistakes
        except ScenarioError as error:
            return None, error.mistakes
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = place if mark is None else composer.place(mark)
            problem = " ".join(str(error.problem or error.context or "syntax error").split())
        except Exception as error:
            # malformed text makes a parser fail in other ways too; for the user it is the same mistake
            at, problem = place, f"the text cannot be parsed ({type(error).__name__})"
    composer.wrong(at, composer.path, problem, "must be valid YAML")
    return None, composer.mistakes


def read_plain(text: str) -> Any:
    """Return the plain value of one of the program's own YAML texts; raises ScenarioError for mistakes."""
    node, mistakes = read_nodes(text.encode(), Place("text", 1, 1))
    if mistakes:
        raise ScenarioError(mistakes)
    return None if node is None else node.plain()


def top_map(data: bytes, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the nodes and mistakes of a file that must be a map with at least one key."""
    node, mistakes = read_nodes(data, place)
    if node is None or node.value is None or node.value == {}:
        at = place if node is None else node.place
        return None, mistakes or [Mistake(at, dotted(()), "the file is empty", A_SCENARIO)]
    if not isinstance(node.value, dict):
        # The file may be private, so the message names its kind and quotes nothing of it.
        kind = {list: "a list", str: "plain text", bool: "a switch"}.get(type(node.value), "a number")
        return None, [*mistakes, Mistake(node.place, dotted(()), f"the file is {kind}", A_SCENARIO)]
    return node, mistakes


class _Composer:
    """Makes nodes of the events of one text. The parser is lazy: text that nests too deep or is too large stops it."""

    def __init__(self, events: Iterator[Any], origin: Place) -> None:
        self.events, self.origin = events, origin
        self.mistakes: list[Mistake] = []
        self.path: KeyPath = ()  # of what is read next
        self.total = 0  # nodes so far, aliases expanded
        self.anchors: dict[str, tuple[Node, int] | None] = {}  # None: not complete yet

    def document(self) -> Node | None:
        """Return the node of the only document, or None."""
        root, documents = None, 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    what = "a second document begins"
                    raise self.stop(self.place(event.start_mark), (), what, "use one document per file")
            elif isinstance(event, yaml.NodeEvent):
                root = self.value(event, ())
        return root

    def next(self, path: KeyPath) -> Any:
        """Return the next event, of the value at a path."""
        self.path = path
        return next(self.events)

    def value(self, event: Any, path: KeyPath) -> Node:
        """Return the node of the value that begins with an event; takes its other events."""
        place, before = self.place(event.start_mark), self.total
        if isinstance(event, yaml.AliasEvent):
            known = self.anchors.get(event.anchor)
            if known is None:
                what = "refers to itself" if event.anchor in self.anchors else "has no anchor before it"
                allowed = "the anchor must end before its first alias"
                raise self.stop(place, path, f"alias '*{event.anchor}' {what}", allowed)
            self.count(known[1], place, path)  # as if written out
            return known[0]
        has_tag = self.begin(event, place, path)
        if isinstance(event, yaml.ScalarEvent):
            value = event.value if event.style or has_tag else plain_scalar(event.value)
            if isinstance(value, float) and not math.isfinite(value):
                self.wrong(place, path, f"{found(event.value)} is not finite", "must be a finite number")
            node = Node(value, place)
        elif len(path) >= MAX_DEPTH:
            raise self.stop(place, path, "maps and lists are nested too deep", f"use at most {MAX_DEPTH} levels")
        else:
            self.anchors.setdefault(event.anchor, None)
            read = self.sequence if isinstance(event, yaml.SequenceStartEvent) else self.mapping
            node = read(place, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = node, self.total - before
        return node

    def sequence(self, place: Place, path: KeyPath) -> Node:
        """Return the node of a list whose first event is taken."""
        items: list[Node] = []
        while not isinstance(event := self.next((*path, len(items))), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return Node(items, place)

    def mapping(self, place: Place, path: KeyPath) -> Node:
        """Return the node of a map whose first event is taken, without the values of keys that are mistakes."""
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := self.next(path), yaml.MappingEndEvent):
            at = self.place(event.start_mark)
            if isinstance(event, yaml.AliasEvent):
                raise self.stop(at, path, f"alias '*{event.anchor}' cannot be a key", "keys must be text")
            has_tag = self.begin(event, at, path)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.stop(at, path, "a map or list cannot be a key", "keys must be text")
            key = event.value
            inner = (*path, key if len(key) <= LONGEST_KEY else f"{key[:40]}...")
            problem = _wrong_key(key if event.style or has_tag else plain_scalar(key), key, keys)
            if problem is not None:
                self.wrong(at, inner, *problem)
            value = self.value(self.next(inner), inner)
            if problem is None:
                entries[key], keys[key] = value, at
        return Node(entries, place, keys)

    def begin(self, event: Any, place: Place, path: KeyPath) -> bool:
        """Count a node and report its tag as a mistake; return whether it has one."""
        self.count(1, place, path)
        if event.tag is not None:
            self.wrong(place, path, f"tag {found(event.tag)} is not allowed", "use plain values without tags")
        return event.tag is not None

    def count(self, nodes: int, place: Place, path: KeyPath) -> None:
        """Count nodes; raises ScenarioError if there are too many."""
        self.total += nodes
        if self.total > MAX_NODES:
            what = "the file holds too many values, aliases expanded"
            raise self.stop(place, path, what, f"must hold at most {MAX_NODES:,}")

    def place(self, mark: Any) -> Place:
        """Return the place of a mark of the parser, which counts from 0."""
        origin = self.origin
        return Place(origin.file, origin.line + mark.line, mark.column + 1, origin.layer, origin.chain)

    def wrong(self, place: Place, path: KeyPath, message: str, allowed: str) -> None:
        """Note a mistake after which reading continues."""
        self.mistakes.append(Mistake(place, dotted(path), message, allowed))

    def stop(self, place: Place, path: KeyPath, message: str, allowed: str) -> ScenarioError:
        """Return the error for a mistake that stops reading."""
        self.wrong(place, path, message, allowed)
        return ScenarioError(self.mistakes)


def _wrong_key(value: Scalar, text: str, keys: dict[str, Place]) -> tuple[str, str] | None:
    """Return what is wrong with a key of a map and what is allowed; None if nothing is."""
    if value is None or isinstance(value, bool | float):
        return f"key {found(value)} is not text", "keys must be text (quote it)"
    if text == "<<":
        return "the merge key '<<' is not supported", "use extends, or write the keys out"
    if len(text) > LONGEST_KEY or "\n" in text:
        allowed = f"keys must be one line of at most {LONGEST_KEY} characters"
        return f"key {found(text)} is not a valid name", allowed
    if text in keys:
        return "the key is given twice", f"use each key once (first on line {keys[text].line})"
    return None


PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+ -]*(?<! )", re.ASCII)
LONGEST_FLOW = 100
LARGEST_WHOLE = 1e15
"""Below it doubles represent every whole number exactly."""


def to_yaml(value: dict[str, Any]) -> str:
    """Return the YAML text of a map of plain values; reading it gives an equal map in the same order."""
    return "\n".join(_block(value, 0)) + "\n"


def scalar_text(value: Any) -> str:
    """Return a scalar as YAML, in quotes if it would otherwise read differently."""
    if isinstance(value, str):
        return _quoted(value)
    if type(value) is int:
        return str(value)  # the same as JSON, and faster
    return json.dumps(value, allow_nan=False)


@lru_cache(maxsize=16_384)
def _quoted(text: str) -> str:
    """Return a text, in quotes if needed; cached, because runs of an experiment write the same texts."""
    if PLAIN.fullmatch(text) and plain_scalar(text) == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def flow_text(value: Any) -> str:
    """Return a value in one line, in flow style."""
    if isinstance(value, dict):
        pairs = (f"{scalar_text(key)}: {flow_text(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(inner) for inner in value) + "]"
    return scalar_text(value)


def as_typed(value: Any) -> Any:
    """Return a value as people type it: whole numbers without a fraction, switches as on and off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        return int(value)
    if isinstance(value, dict):
        return {key: as_typed(inner) for key, inner in value.items()}
    return [as_typed(inner) for inner in value] if isinstance(value, list) else value


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _is_flat(value: Any) -> bool:
    """Return whether a value is written in one line: scalars, lists of scalars, small maps of scalars."""
    if isinstance(value, list):
        return not any(isinstance(inner, dict | list) for inner in value)
    if isinstance(value, dict) and value:
        scalars = not any(isinstance(inner, dict | list) for inner in value.values())
        return scalars and len(flow_text(value)) <= LONGEST_FLOW
    return True


def _block(value: dict[str, Any], indent: int) -> Iterator[str]:
    space = " " * indent
    for key, inner in value.items():
        name = f"{space}{scalar_text(key)}:"
        if _is_flat(inner):
            yield f"{name} {flow_text(inner)}"
        elif isinstance(inner, dict):
            yield name
            yield from _block(inner, indent + 2)
        else:
            yield name
            for item in inner:
                yield f"{space}  - {flow_text(item)}"


MAX_COLUMNS = 400


OUTSIDE = "is outside the scenario's folder"


def inside(folder: Path, name: str) -> Path | str:
    """Return the path of a name in a folder, or what is wrong with the name."""
    if not name or name.startswith(("/", "~")) or any(character in name for character in "\\:\0"):
        return OUTSIDE
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError):  # a circle of links, or a character that no name can have
        return "cannot be found"
    return path if ".." not in Path(name).parts and path.is_relative_to(folder.resolve()) else OUTSIDE


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
        raise refused(node.place, f"{found(name)} {path}", "use a CSV file in that folder or below it", key)
    problem = no_file(path)
    if problem is not None:
        raise refused(node.place, f"{found(path.name)} {problem}", READABLE, key)
    top = Place(os.path.join(os.path.dirname(node.place.file), name), 1, 1, "file", node.place.chain)
    return Table(node.place, top, *_split(decode(read_bytes(path, top), top), top, key))


@lru_cache(maxsize=16)
def _split(text: str, top: Place, key: KeyPath) -> tuple[dict[str, Place], list[tuple[int, list[str], str]]]:
    """Return columns and rows of a text; the last results are kept in memory, so callers must not change them."""

    def wrong(line: int, message: str, allowed: str) -> ScenarioError:
        return refused(replace(top, line=max(line, 1)), message, allowed, key)

    lines = re.split("\r\n|\r|\n", text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str], str]] = []
    columns: dict[str, Place] | None = None
    try:
        for cells in reader:
            line = reader.line_num
            if not cells:
                continue
            written = lines[line - 1] if line <= len(lines) else ""
            if columns is None:
                names = [cell.strip() for cell in cells]
                twice = [name for name in names if names.count(name) > 1]
                if len(names) > MAX_COLUMNS:
                    raise wrong(line, f"the table has {len(names)} columns", f"must have at most {MAX_COLUMNS}")
                if "" in names:
                    raise wrong(line, "a column has no name", "the first row must name every column")
                if twice:
                    raise wrong(line, f"column {found(twice[0])} is given twice", "use each column once")
                starts = _columns(written, len(cells))
                columns = {name: replace(top, line=line, column=at) for name, at in zip(names, starts, strict=True)}
                continue
            if len(cells) != len(columns):
                raise wrong(line, f"the row has {len(cells)} cells", f"must have {len(columns)}, like the first row")
            if (len(rows) + 1) * len(columns) > MAX_NODES:
                raise wrong(line, "the table is too large", f"must have at most {MAX_NODES:,} cells")
            rows.append((line, cells, written))
    except csv.Error as error:
        raise wrong(reader.line_num, f"{error}", "must be a valid CSV file") from None
    if columns is None:
        raise wrong(1, "the table is empty", "must have a first row that names the columns")
    return columns, rows


def _columns(line: str, cells: int) -> list[int]:
    """Return the text column at which each cell begins, from 1; all 1 if the line has quotes."""
    parts = line.split(",")
    if len(parts) != cells or '"' in line:
        return [1] * cells
    return list(accumulate((len(part) + 1 for part in parts[:-1]), initial=1))


def read_cell(text: str) -> Scalar:
    """Return the value of a cell: a number, else a text."""
    value = plain_scalar(text.strip())
    return text.strip() if value is None or isinstance(value, bool) else value


SUFFIXES = (".yaml", ".yml")


def bundled_folder() -> Path:
    """Return the folder of the bundled scenarios: inside the installed package, or `scenarios/` of a checkout."""
    demand_folder()
    installed = PACKAGE / "bundled"
    return installed if installed.is_dir() else PACKAGE.parent / "scenarios"


def bundled_names() -> list[str]:
    """Return the names of the bundled scenarios, sorted."""
    return sorted(path.stem for path in bundled_folder().glob("*.yaml"))


def is_path(name: str) -> bool:
    """Return whether a text can only be a file's path, not the name of a bundled scenario."""
    return name.endswith(SUFFIXES) or "/" in name or "\\" in name


def bundled_scenarios() -> list[tuple[str, str]]:
    """Return name and title (its question) of each bundled scenario, sorted by name."""
    rows = []
    for name in bundled_names():
        place = Place(f"{name}.yaml", 1, 1)
        node, _ = read_nodes((bundled_folder() / place.file).read_bytes(), place)
        title = node.child("title") if node is not None else None
        rows.append((name, str(title.value) if title is not None else ""))
    return rows


def find(name: str) -> tuple[Path, str]:
    """Return the file that a bundled scenario's name or a path means, and its shown name, or raise ScenarioError."""
    place, path = Place(name or "''", 1, 1), Path(name)
    problem = no_file(path)
    if problem is None:
        return path, name
    if is_path(name):
        raise refused(place, f"the file {problem}", READABLE)
    if name not in bundled_names():
        raise refused(place, "there is no such scenario and no such file", choices(name, bundled_names()))
    return bundled_folder() / f"{name}.yaml", f"{name}.yaml"
