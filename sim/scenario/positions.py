"""YAML text becomes nodes that know where each key and value was written.

The parser is ruamel's, read event by event, so that depth and size are bounded before anything is built;
scalars are resolved by the core schema of YAML 1.2 (section 10.3.2), with underscores in numbers. What
scenarios do not need is refused: tags, merge keys, keys that are no text, several documents.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.scenario.errors import Mistake, Place, ScenarioError, dotted
from sim.scenario.scalars import found

MAX_BYTES = 2**20
MAX_DEPTH = 32
MAX_NODES = 100_000
LONGEST_KEY = 200

Scalar = None | bool | int | float | str
Path = tuple[str | int, ...]

# YAML 1.2, 5.1: all but the printable characters
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
INTEGER = re.compile(r"[-+]?[0-9](?:[0-9_]*[0-9])?", re.ASCII)
BASED = re.compile(r"0o[0-7]{1,22}|0x[0-9a-fA-F]{1,16}", re.ASCII)
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9](?:[0-9_]*[0-9])?(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True)
class Parameter:
    """What a scenario says of a value beside the value, as it was written.

    `target` is the figure that fixed a calibrated value.
    """

    origin: str | None
    range: "Node | None"
    target: str | None
    basis: str | None
    place: Place


@dataclass(frozen=True)
class Node:
    """A value of a scenario: a scalar, a dict of nodes or a list of nodes, and the place where it begins.

    `keys` holds the place of each key of a dict; `parameter` what the full form of a parameter adds.
    """

    value: "Scalar | dict[str, Node] | list[Node]"
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    parameter: Parameter | None = None

    def plain(self) -> Any:
        """The value without places, as pydantic takes it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, part: str | int) -> "Node | None":
        """The node at a key or an index, None where there is none."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and 0 <= part < len(self.value):
            return self.value[part]
        return None

    def at(self, path: Path) -> "Node | None":
        """The node at a path, None where there is none."""
        node: Node | None = self
        for part in path:
            if node is None:
                return None
            node = node.child(part)
        return node


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar by the core schema: null, true, false, a number, else the text."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if len(text) <= 320:  # longer ones are no numbers that a scenario could mean
        if INTEGER.fullmatch(text):
            return int(text.replace("_", ""))
        if BASED.fullmatch(text):
            return int(text, 0)
        if FLOAT.fullmatch(text):
            return float(text.replace("_", ""))
        if SPECIAL.fullmatch(text):
            return float(text.replace(".", "", 1))
    return text


def decode(data: bytes, place: Place) -> str:
    """The text of a file; raises ScenarioError where the bytes are no text that YAML allows."""

    def refuse(before: str, message: str, allowed: str) -> ScenarioError:
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        at = Place(place.file, line, column, place.layer, place.chain)
        return ScenarioError([Mistake(at, dotted(()), message, allowed)])

    if len(data) > MAX_BYTES:
        raise refuse("", "the file is too large", f"at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse(
            data[: error.start].decode("utf-8", "replace"),
            f"byte 0x{data[error.start]:02x} is no UTF-8 text",
            "a text file in UTF-8",
        ) from None
    bad = UNPRINTABLE.search(text)
    if bad:
        what = f"control character U+{ord(bad[0]):04X}"
        raise refuse(text[: bad.start()], what, "printable text, line breaks and tabs")
    return text


@dataclass
class _Open:
    """A map or list whose end has not come yet."""

    place: Place
    anchor: str | None
    items: list[Node] | None  # of a list
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    key: str | None = None  # the key whose value comes next
    keep: bool = True  # whether that value is kept: not under a key that is a mistake
    size: int = 1


class _Builder:
    """Builds the nodes of one text from the parser's events, without recursion."""

    def __init__(self, place: Place) -> None:
        self.origin = place
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.root: Node | None = None
        self.documents = 0
        self.total = 0  # nodes so far, aliases expanded
        self.mistakes: list[Mistake] = []

    def place(self, mark: Any) -> Place:
        return Place(self.origin.file, mark.line + 1, mark.column + 1, self.origin.layer, self.origin.chain)

    def path(self) -> Path:
        parts: list[str | int] = []
        for open_ in self.open:
            if open_.items is not None:
                parts.append(len(open_.items))
            elif open_.key is not None:
                parts.append(open_.key)
        return tuple(parts)

    def wrong(self, place: Place, message: str, allowed: str) -> None:
        self.mistakes.append(Mistake(place, dotted(self.path()), message, allowed))

    def stop(self, place: Place, message: str, allowed: str) -> ScenarioError:
        self.wrong(place, message, allowed)
        return ScenarioError(self.mistakes)

    def take(self, event: Any) -> None:
        """Take one event of the parser; raises ScenarioError where going on makes no sense."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self.scalar(event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.begin(event, kind == "SequenceStartEvent")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.end()
        elif kind == "AliasEvent":
            self.alias(event)
        elif kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.stop(self.place(event.start_mark), "a second document begins", "one document a file")

    def scalar(self, event: Any) -> None:
        place = self.place(event.start_mark)
        self.grow(place, 1)
        tagged = self.tag(event, place)
        text = event.value
        plain = event.style is None and not tagged
        value = plain_scalar(text) if plain else text
        if self.expects_key():
            self.key(place, text, value)
            return
        if isinstance(value, float) and value - value != 0:  # infinite or NaN
            self.wrong(place, f"{found(text)} is not finite", "a finite number")
        self.put(Node(value, place), 1, event.anchor)

    def expects_key(self) -> bool:
        return bool(self.open) and self.open[-1].items is None and self.open[-1].key is None

    def key(self, place: Place, text: str, value: Scalar) -> None:
        top = self.open[-1]
        top.key, top.keep = text if len(text) <= LONGEST_KEY else f"{text[:40]}...", False
        if value is None or isinstance(value, bool | float):
            self.wrong(place, f"key {found(value)} is not text", "keys are text (quote it)")
        elif text == "<<":
            self.wrong(place, "'<<' merges no maps in YAML 1.2", "use extends, or write the keys out")
        elif len(text) > LONGEST_KEY or "\n" in text:
            self.wrong(
                place,
                f"key {found(text)} is no name",
                f"keys of one line and at most {LONGEST_KEY} characters",
            )
        elif text in top.keys:
            first = top.keys[text]
            self.wrong(place, "the key is given twice", f"each key once (first in line {first.line})")
        else:
            top.keys[text] = place
            top.keep = True

    def begin(self, event: Any, is_list: bool) -> None:
        place = self.place(event.start_mark)
        self.grow(place, 1)
        self.tag(event, place)
        if self.expects_key():
            raise self.stop(place, "a map or list stands where a key belongs", "keys are text")
        if len(self.open) >= MAX_DEPTH:
            raise self.stop(place, "maps and lists are nested too deep", f"at most {MAX_DEPTH} levels")
        self.open.append(_Open(place, event.anchor, [] if is_list else None))

    def end(self) -> None:
        top = self.open.pop()
        value: list[Node] | dict[str, Node]
        value = top.items if top.items is not None else top.entries
        self.put(Node(value, top.place, top.keys), top.size, top.anchor)

    def alias(self, event: Any) -> None:
        place = self.place(event.start_mark)
        if self.expects_key():
            raise self.stop(place, f"alias '*{event.anchor}' stands where a key belongs", "keys are text")
        if event.anchor not in self.anchors:
            inside = any(open_.anchor == event.anchor for open_ in self.open)
            what = "stands inside itself" if inside else "has no anchor before it"
            raise self.stop(place, f"alias '*{event.anchor}' {what}", "an anchor that is complete")
        node, size = self.anchors[event.anchor]
        self.grow(place, size)
        self.put(node, size, None)

    def grow(self, place: Place, size: int) -> None:
        self.total += size
        if self.total > MAX_NODES:
            raise self.stop(place, "the file holds too many values, aliases expanded", f"at most {MAX_NODES}")

    def put(self, node: Node, size: int, anchor: str | None) -> None:
        """Hang a complete node where it belongs; `size` counts it and all below it, aliases expanded."""
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if not self.open:
            self.root = node
            return
        top = self.open[-1]
        top.size += size
        if top.items is not None:
            top.items.append(node)
        elif top.key is not None:
            if top.keep:
                top.entries[top.key] = node
            top.key = None

    def tag(self, event: Any, place: Place) -> bool:
        """Note a tag, which is a mistake wherever it stands; whether there is one."""
        tag = event.tag
        if tag is None:
            return False
        self.wrong(place, f"tag {found(tag)} asks for a type or code", "plain values without tags")
        return True


def _events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML  # here, so that importing this module stays light

    return iter(YAML(typ="safe", pure=True).parse(text))


def read_nodes(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    """The nodes of a YAML text and the mistakes on the way; the node is None where they cannot be used.

    `place` gives file, layer and chain; the positions are those of the text.
    """
    from ruamel.yaml.error import MarkedYAMLError

    builder = _Builder(place)
    try:
        for event in _events(text):
            builder.take(event)
    except ScenarioError as error:
        return None, error.mistakes
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = place if mark is None else builder.place(mark)
        problem = " ".join(str(error.problem or error.context or "syntax error").split())
        builder.wrong(at, problem, "YAML 1.2")
        return None, builder.mistakes
    except Exception as error:
        # the parser is known to fail in other ways on malformed text; for the user it is the same mistake
        builder.wrong(place, f"the text cannot be parsed ({type(error).__name__})", "YAML 1.2")
        return None, builder.mistakes
    return builder.root, builder.mistakes


def top_map(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    """As read_nodes, for a text that must be a map with something in it."""
    node, mistakes = read_nodes(text, place)
    if node is None:
        if not mistakes:
            mistakes = [Mistake(place, dotted(()), "the file is empty", "a map of the keys of a scenario")]
        return None, mistakes
    if node.value is None or node.value == {}:
        return None, [Mistake(node.place, dotted(()), "the file is empty", "a map of the keys of a scenario")]
    if not isinstance(node.value, dict):
        kind = "a list" if isinstance(node.value, list) else found(node.value)
        what = f"the file holds {kind}"
        return None, [*mistakes, Mistake(node.place, dotted(()), what, "a map of the keys of a scenario")]
    return node, mistakes
