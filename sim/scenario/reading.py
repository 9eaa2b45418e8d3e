"""Read YAML text into nodes with the place of each key and value, and write plain values as YAML.

PyYAML parses, and this module makes nodes of its events, which carry places. Scalars follow the core schema of YAML 1.2
(section 10.3.2), with underscores in numbers: ``2022-11-30``, ``on`` and ``_1`` are text. A scenario lists all its
mistakes, and repeated aliases are limited, so nothing of a text is made into values before it is counted. Unneeded
features are refused: tags, merge keys, keys that are not text, several documents.

What is written reads back the same: maps as blocks, lists of scalars and rows in one line.

No library writes: only this module knows which texts need quotes, and the scenario in a run folder has a hash that must
not change with the version of a library.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
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

from sim.scenario.errors import KeyPath, Mistake, Node, Place, Scalar, ScenarioError, dotted, found

MAX_BYTES = 2**20

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


def decode(data: bytes, place: Place) -> str:
    """Return the text of a file, without a byte order mark; ScenarioError if it is too long or not text for YAML."""
    if len(data) > MAX_BYTES:
        raise _wrong(place, "the file is too large", f"must have at most {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _after(data[: error.start].decode("utf-8", "replace"), place)
        raise _wrong(at, f"byte 0x{data[error.start]:02x} is not valid UTF-8", "must be a UTF-8 text file") from None
    if bad := UNPRINTABLE.search(text):
        what = f"contains the control character U+{ord(bad[0]):04X}"
        raise _wrong(_after(text[: bad.start()], place), what, "use only printable text, line breaks and tabs")
    return text


def _wrong(place: Place, message: str, allowed: str) -> ScenarioError:
    return ScenarioError([Mistake(place, dotted(()), message, allowed)])


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
        except MarkedYAMLError as error:
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
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    what = "a second document begins"
                    raise self.stop(self.place(event.start_mark), (), what, "use one document per file")
            elif isinstance(event, NodeEvent):
                root = self.value(event, ())
        return root

    def next(self, path: KeyPath) -> Any:
        """Return the next event, of the value at a path."""
        self.path = path
        return next(self.events)

    def value(self, event: Any, path: KeyPath) -> Node:
        """Return the node of the value that begins with an event; takes its other events."""
        place, before = self.place(event.start_mark), self.total
        if isinstance(event, AliasEvent):
            known = self.anchors.get(event.anchor)
            if known is None:
                what = "refers to itself" if event.anchor in self.anchors else "has no anchor before it"
                allowed = "the anchor must end before its first alias"
                raise self.stop(place, path, f"alias '*{event.anchor}' {what}", allowed)
            self.count(known[1], place, path)  # as if written out
            return known[0]
        has_tag = self.begin(event, place, path)
        if isinstance(event, ScalarEvent):
            value = event.value if event.style or has_tag else plain_scalar(event.value)
            if isinstance(value, float) and not math.isfinite(value):
                self.wrong(place, path, f"{found(event.value)} is not finite", "must be a finite number")
            node = Node(value, place)
        elif len(path) >= MAX_DEPTH:
            raise self.stop(place, path, "maps and lists are nested too deep", f"use at most {MAX_DEPTH} levels")
        else:
            self.anchors.setdefault(event.anchor, None)
            node = self.sequence(place, path) if isinstance(event, SequenceStartEvent) else self.mapping(place, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = node, self.total - before
        return node

    def sequence(self, place: Place, path: KeyPath) -> Node:
        """Return the node of a list whose first event is taken."""
        items: list[Node] = []
        while not isinstance(event := self.next((*path, len(items))), SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return Node(items, place)

    def mapping(self, place: Place, path: KeyPath) -> Node:
        """Return the node of a map whose first event is taken, without the values of keys that are mistakes."""
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := self.next(path), MappingEndEvent):
            at = self.place(event.start_mark)
            if isinstance(event, AliasEvent):
                raise self.stop(at, path, f"alias '*{event.anchor}' cannot be a key", "keys must be text")
            has_tag = self.begin(event, at, path)
            if not isinstance(event, ScalarEvent):
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
