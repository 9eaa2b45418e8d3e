"""Nodes, the values of a scenario's files each with its place, and the mistakes that are reported there.

Mistakes in scenarios: the line that reports one, and the exception with all mistakes of a scenario.

Nodes: the values of a scenario's files as a tree, each with its place; steps before pydantic change trees.
"""

import dataclasses
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sim.base.failures import RefusedError

ROOT_KEY = "scenario"
"""Takes the place of the dotted key in mistakes of the whole file."""

LONGEST_LIST = 24
"""Most allowed names that a message lists."""

LONGEST_TEXT, LONGEST_NUMBER = 40, 50
"""Most characters of a text, and of a number or quoted text, in a message; of longer ones it quotes the start."""

MOST_BITS = 10_000
"""Bits of the longest integer that a message shows: Python refuses to write one of more than 4300 digits."""

LONGEST_COMPARED = 80
"""Most characters of a word that are compared with the allowed names."""

LIKENESS = 0.6
"""Smallest likeness by ``difflib``, from 0 to 1, of a name to propose."""


@dataclass(frozen=True)
class Place:
    """Where a value or key was written; lines and columns count from 1.

    ``layer`` is ``file``, ``draw`` (a table of posterior draws), ``set`` (the command line) or ``argument`` (a call
    from Python); ``chain`` names the files that extend this one, the nearest first.
    """

    file: str
    line: int
    column: int
    layer: str = "file"
    chain: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return ``FILE:LINE:COL``, or the name of the option: what is typed there has one line."""
        return ascii_controls(self.file if self.layer == "set" else f"{self.file}:{self.line}:{self.column}")


@dataclass(frozen=True)
class Mistake:
    """One mistake: its place, the dotted key, what is wrong and what is allowed."""

    place: Place
    key: str
    message: str
    allowed: str

    def __str__(self) -> str:
        """Return the line ``FILE:LINE:COL: dotted.key: what is wrong; what is allowed``.

        The place of an argument of a call is its key.
        """
        chain = "".join(f" (extended by {name})" for name in self.place.chain)
        text = ascii_controls(f"{self.key}: {self.message}; {self.allowed}{chain}")
        return text if self.place.layer == "argument" else f"{self.place}: {text}"


class ScenarioError(RefusedError):
    """A scenario cannot be used; carries all its mistakes in order of place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        """Return one line for each mistake."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """One line per mistake."""
        return [str(mistake) for mistake in self.mistakes]

    @property
    def placed(self) -> bool:
        """Whether the lines begin with a place: they begin with file, line and column."""
        return True


def refused(place: Place, message: str, allowed: str, path: "KeyPath" = ()) -> ScenarioError:
    """Return the error for a single mistake."""
    return ScenarioError([Mistake(place, dotted(path), message, allowed)])


def dotted(path: Iterable[str | int]) -> str:
    """Return the dotted key of a path, ``ROOT_KEY`` for the empty one."""
    return ".".join(str(part) for part in path) or ROOT_KEY


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed word most like ``word``, or None; capitals only break ties."""
    words, word = list(allowed), word[:LONGEST_COMPARED]
    near = difflib.get_close_matches(word, words, n=1, cutoff=LIKENESS)
    if near:
        return near[0]
    lowered = {name.lower(): name for name in words}
    near = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=LIKENESS)
    return lowered[near[0]] if near else None


def choices(word: str, allowed: Iterable[str], most: int = LONGEST_LIST) -> str:
    """Return the name most like ``word``, if there is one, and the list of the allowed names, for a message."""
    words = list(allowed)
    if not words:
        return "nothing is allowed here"
    listed = ", ".join(words[:most]) + (", ..." if len(words) > most else "")
    near = nearest(word, words)
    return f"did you mean '{near}'? allowed: {listed}" if near else f"allowed: {listed}"


def entries(count: int) -> str:
    """Return a number of entries in words."""
    return "1 entry" if count == 1 else f"{count} entries"


def found(value: object) -> str:
    """Return a value as messages quote it: one short line, control characters escaped."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a map"
        case list() | tuple():
            return f"a list of {len(value)}"
        case int() if value.bit_length() > MOST_BITS:
            return "an integer of thousands of digits"
        case float() | int():
            text = repr(value)
        case _:
            text = f"'{_shortened(ascii_controls(str(value)), LONGEST_TEXT)}'"
    return _shortened(text, LONGEST_NUMBER)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def ascii_controls(text: str) -> str:
    """Return the text with every control, separator and surrogate character escaped, so that it stays one line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


Scalar = None | bool | int | float | str
KeyPath = tuple[str | int, ...]
"""The keys and indices that lead from the top of a scenario to a value."""


FULL_FORM = ("value", "origin", "range", "shape", "fixed", "target", "basis")
"""Keys of a value in full form: the value, and what is known of it."""


@dataclass(frozen=True)
class Parameter:
    """Origin, range, shape, basis, and target (the figure that fixed a calibrated value) of a value, as written.

    ``fixed`` says why it has no range.
    """

    origin: str | None
    range: "Node | None"
    shape: str | None
    target: str | None
    basis: str | None
    place: Place
    fixed: str | None = None


@dataclass(frozen=True)
class Node:
    """A scalar, a dict or a list of nodes, its place, the places of a dict's keys, and the rest of a full form.

    ``relative`` says that the value was computed from that of an extended file.
    """

    value: "Scalar | dict[str, Node] | list[Node]"
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    parameter: Parameter | None = None
    relative: bool = False

    def plain(self) -> Any:
        """Return the value without places, as pydantic takes it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def items(self) -> "list[tuple[str | int, Node]]":
        """Return the nodes directly below a map or list, each after its key or index."""
        if isinstance(self.value, dict):
            return list(self.value.items())
        return list(enumerate(self.value)) if isinstance(self.value, list) else []

    def mapped(self, change: "Callable[[str | int, Node], Node]") -> "Node":
        """Return a map or list with each node below it changed; other nodes stay."""
        if isinstance(self.value, dict):
            return dataclasses.replace(self, value={key: change(key, node) for key, node in self.value.items()})
        if isinstance(self.value, list):
            return dataclasses.replace(self, value=[change(at, node) for at, node in enumerate(self.value)])
        return self

    def child(self, part: str | int) -> "Node | None":
        """Return the node at a key or an index, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and 0 <= part < len(self.value):
            return self.value[part]
        return None

    def at(self, path: KeyPath) -> "Node | None":
        """Return the node at a path, or None."""
        node: Node | None = self
        for part in path:
            if node is None:
                return None
            node = node.child(part)
        return node

    def path_to(self, key: str) -> KeyPath:
        """Return the path that a dotted key means below this node; keys that contain dots come first."""
        path: list[str | int] = []
        here: Node | None = self
        parts = key.split(".")
        while parts:
            taken = 1
            if here is not None and isinstance(here.value, dict):
                taken = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in here.value), 1)
            name, parts = ".".join(parts[:taken]), parts[taken:]
            is_index = here is not None and isinstance(here.value, list) and name.isdecimal()
            path.append(int(name) if is_index else name)
            here = here.child(path[-1]) if here is not None else None
        return tuple(path)


def placed(node: Node, path: KeyPath, new: Node | None) -> Node:
    """Return a tree with another node at a path, or, without a new one, without the key there."""
    if not path:
        assert new is not None
        return new
    part, rest = path[0], path[1:]
    if isinstance(node.value, list):
        items = [placed(item, rest, new) if index == part else item for index, item in enumerate(node.value)]
        return dataclasses.replace(node, value=items)
    assert isinstance(node.value, dict)
    entries = dict(node.value)
    if new is None and not rest:
        entries.pop(str(part), None)
    else:
        entries[str(part)] = placed(entries[str(part)], rest, new) if rest else new  # type: ignore[assignment]
    return dataclasses.replace(node, value=entries)
