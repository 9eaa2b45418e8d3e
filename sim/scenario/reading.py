"""Read YAML text into nodes with the place of each key and value; ``sim.scenario.writing`` does the reverse.

PyYAML parses, and this module makes nodes of its events, which carry places. Scalars follow the core schema of YAML 1.2
(section 10.3.2), with underscores in numbers: ``2022-11-30``, ``on`` and ``_1`` are text. A scenario lists all its
mistakes, and repeated aliases are limited, so nothing of a text is made into values before it is counted. Unneeded
features are refused: tags, merge keys, keys that are not text, several documents.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from sim.scenario.errors import Mistake, Place, ScenarioError, dotted, found
from sim.scenario.nodes import Node, Scalar

MAX_BYTES = 2**20

FAST = getattr(yaml, "CSafeLoader", None)
"""The parser of libyaml, if PyYAML has it."""

# YAML 1.2, 5.1: all but the printable characters
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

MAX_DEPTH = 32
MAX_NODES = 100_000
TOO_MANY_NODES = ("the file holds too many values, aliases expanded", f"must hold at most {MAX_NODES:,}")
"""What is wrong with a text of more values, and what is allowed."""
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


def decode(data: bytes, place: Place) -> str:
    """Return the text of a file, without a byte order mark; ScenarioError if it is too long or not text for YAML."""
    if len(data) > MAX_BYTES:
        raise ScenarioError(
            [Mistake(place, dotted(()), "the file is too large", f"must have at most {MAX_BYTES:,} bytes")]
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _after(data[: error.start].decode("utf-8", "replace"), place)
        what = f"byte 0x{data[error.start]:02x} is not valid UTF-8"
        raise ScenarioError([Mistake(at, dotted(()), what, "must be a UTF-8 text file")]) from None
    bad = UNPRINTABLE.search(text)
    if bad:
        at = _after(text[: bad.start()], place)
        what = f"contains the control character U+{ord(bad[0]):04X}"
        raise ScenarioError([Mistake(at, dotted(()), what, "use only printable text, line breaks and tabs")])
    return text


def _after(text: str, place: Place) -> Place:
    """Return the place after a text at the beginning of a file."""
    return replace(place, line=text.count("\n") + 1, column=len(text) - text.rfind("\n"))


def read_nodes(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the node of a text from ``decode`` (None if empty or unusable), and mistakes.

    libyaml parses. Where it is missing or refuses a text, Python's parser reads it or says what is wrong.
    """
    for parser in filter(None, (FAST, yaml.SafeLoader)):
        composer = _Composer(yaml.parse(text, parser), place)
        try:
            return composer.document(), composer.mistakes
        except ScenarioError as error:
            return None, error.mistakes
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = place if mark is None else composer.place(mark)
            problem = " ".join(str(error.problem or error.context or "syntax error").split())
        except Exception as error:
            # malformed text makes a parser fail in other ways too; for the user it is the same mistake
            at, problem = place, f"the text cannot be parsed ({type(error).__name__})"
    composer.wrong(at, problem, "must be valid YAML")
    return None, composer.mistakes


def read_plain(text: str) -> Any:
    """Return the plain value of one of the program's own YAML texts; raises ScenarioError for mistakes."""
    node, mistakes = read_nodes(text, Place("text", 1, 1))
    if mistakes:
        raise ScenarioError(mistakes)
    return None if node is None else node.plain()


def top_map(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the nodes and mistakes of a text that must be a map with at least one key."""
    node, mistakes = read_nodes(text, place)
    if node is None:
        return None, mistakes or [Mistake(place, dotted(()), "the file is empty", A_SCENARIO)]
    if node.value is None or node.value == {}:
        return None, [Mistake(node.place, dotted(()), "the file is empty", A_SCENARIO)]
    if not isinstance(node.value, dict):
        # The file may be private, so the message names its kind and quotes nothing of it.
        kind = {list: "a list", str: "plain text", bool: "a switch"}.get(type(node.value), "a number")
        return None, [*mistakes, Mistake(node.place, dotted(()), f"the file is {kind}", A_SCENARIO)]
    return node, mistakes


@dataclass
class _Composer:
    """Makes nodes of the events of one text. The parser is lazy: text that nests too deep or is too large stops it."""

    events: Iterator[Any]
    origin: Place
    mistakes: list[Mistake] = field(default_factory=list)
    path: list[str | int] = field(default_factory=list)  # of the value that is being read
    total: int = 0  # nodes so far, aliases expanded
    anchors: dict[str, tuple[Node, int] | None] = field(default_factory=dict)  # None: not complete yet

    def document(self) -> Node | None:
        """Return the node of the only document, or None."""
        root, documents = None, 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.stop(
                        self.place(event.start_mark), "a second document begins", "use one document per file"
                    )
            elif isinstance(event, NodeEvent):
                root = self.value(event)
        return root

    def value(self, event: Any) -> Node:
        """Return the node of the value that begins with an event; takes its other events."""
        place = self.place(event.start_mark)
        if isinstance(event, AliasEvent):
            return self.alias(event.anchor, place)
        before = self.total
        has_tag = self.begin(event, place)
        if isinstance(event, ScalarEvent):
            node = self.scalar(event, place, has_tag)
        elif len(self.path) >= MAX_DEPTH:
            raise self.stop(place, "maps and lists are nested too deep", f"use at most {MAX_DEPTH} levels")
        else:
            if event.anchor is not None:
                self.anchors.setdefault(event.anchor, None)
            node = self.sequence(place) if isinstance(event, SequenceStartEvent) else self.mapping(place)
        if event.anchor is not None:
            self.anchors[event.anchor] = node, self.total - before
        return node

    def alias(self, anchor: str, place: Place) -> Node:
        """Return the node of an alias, which counts as if written out."""
        known = self.anchors.get(anchor)
        if known is None:
            what = "refers to itself" if anchor in self.anchors else "has no anchor before it"
            raise self.stop(place, f"alias '*{anchor}' {what}", "the anchor must end before its first alias")
        node, size = known
        self.grow(place, size)
        return node

    def scalar(self, event: Any, place: Place, has_tag: bool) -> Node:
        """Return the node of a scalar; it is text if it has quotes or a tag."""
        value = event.value if event.style or has_tag else plain_scalar(event.value)
        if isinstance(value, float) and not math.isfinite(value):
            self.wrong(place, f"{found(event.value)} is not finite", "must be a finite number")
        return Node(value, place)

    def sequence(self, place: Place) -> Node:
        """Return the node of a list whose first event is taken."""
        items: list[Node] = []
        self.path.append(0)
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self.value(event))
            self.path[-1] = len(items)
        self.path.pop()
        return Node(items, place)

    def mapping(self, place: Place) -> Node:
        """Return the node of a map whose first event is taken, without the values of keys that are mistakes."""
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            at = self.place(event.start_mark)
            key, problem = self.key(event, at, keys)
            self.path.append(key if len(key) <= LONGEST_KEY else f"{key[:40]}...")
            if problem is not None:
                self.wrong(at, *problem)
            value = self.value(next(self.events))
            self.path.pop()
            if problem is None:
                entries[key], keys[key] = value, at
        return Node(entries, place, keys)

    def key(self, event: Any, place: Place, keys: dict[str, Place]) -> tuple[str, tuple[str, str] | None]:
        """Return the text of a key, and None or its mistake: what is wrong, and what is allowed."""
        if isinstance(event, AliasEvent):
            raise self.stop(place, f"alias '*{event.anchor}' cannot be a key", "keys must be text")
        has_tag = self.begin(event, place)
        if not isinstance(event, ScalarEvent):
            raise self.stop(place, "a map or list cannot be a key", "keys must be text")
        text = event.value
        value = text if event.style or has_tag else plain_scalar(text)
        if value is None or isinstance(value, bool | float):
            return text, (f"key {found(value)} is not text", "keys must be text (quote it)")
        if text == "<<":
            return text, ("the merge key '<<' is not supported", "use extends, or write the keys out")
        if len(text) > LONGEST_KEY or "\n" in text:
            return text, (
                f"key {found(text)} is not a valid name",
                f"keys must be one line of at most {LONGEST_KEY} characters",
            )
        if text in keys:
            return text, ("the key is given twice", f"use each key once (first on line {keys[text].line})")
        return text, None

    def begin(self, event: Any, place: Place) -> bool:
        """Count a node and report its tag as a mistake; return whether it has one."""
        self.grow(place, 1)
        if event.tag is None:
            return False
        self.wrong(place, f"tag {found(event.tag)} is not allowed", "use plain values without tags")
        return True

    def grow(self, place: Place, size: int) -> None:
        """Count nodes; raises ScenarioError if there are too many."""
        self.total += size
        if self.total > MAX_NODES:
            raise self.stop(place, *TOO_MANY_NODES)

    def place(self, mark: Any) -> Place:
        """Return the place of a mark of the parser, which counts from 0."""
        return Place(self.origin.file, mark.line + 1, mark.column + 1, self.origin.layer, self.origin.chain)

    def wrong(self, place: Place, message: str, allowed: str) -> None:
        """Note a mistake after which reading continues."""
        self.mistakes.append(Mistake(place, dotted(self.path), message, allowed))

    def stop(self, place: Place, message: str, allowed: str) -> ScenarioError:
        """Return the error for a mistake that stops reading."""
        self.wrong(place, message, allowed)
        return ScenarioError(self.mistakes)
