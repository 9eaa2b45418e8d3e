"""Parse YAML text into nodes with the place of each key and value.

ruamel parses, and this module makes nodes of its events, which carry places. ruamel's own composer and round-trip
loader also know places and resolve anchors, but they take 1.1 and 1.6 times as long for the flagship's file, do not
limit what aliases repeat, and stop at the first duplicate key, while a scenario lists all its mistakes. Scalars follow
``sim.scenario.core_schema``: ruamel would also read ``2022-11-30`` as a date, and ``_1`` and ``0b1`` as numbers.
Unneeded features are refused: tags, merge keys, keys that are not text, several documents.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from sim.scenario.core_schema import LONGEST_KEY, MAX_DEPTH, MAX_NODES, TOO_MANY_NODES, plain_scalar
from sim.scenario.errors import Mistake, Place, ScenarioError, dotted, found
from sim.scenario.nodes import Node


def composed(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the node of a text, None if it is empty or unusable, and its mistakes."""
    composer = _Composer(iter(YAML(typ="safe", pure=True).parse(text)), place)
    try:
        return composer.document(), composer.mistakes
    except ScenarioError as error:
        return None, error.mistakes
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = place if mark is None else composer.place(mark)
        problem = " ".join(str(error.problem or error.context or "syntax error").split())
    except Exception as error:
        # malformed text makes the parser fail in other ways too; for the user it is the same mistake
        at, problem = place, f"the text cannot be parsed ({type(error).__name__})"
    composer.wrong(at, problem, "must be valid YAML")
    return None, composer.mistakes


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
