"""Read YAML text into nodes with the place of each key and value; ``sim.scenario.writing`` does the reverse.

Nodes of long texts are cached, and what parses the others, ``sim.scenario.composer``, is loaded when it is needed: it
takes longer to load than the flagship takes to read.
"""

import hashlib
import pickle
import re
from dataclasses import replace
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

from sim.base.caches import FileCache, cache_folder, room_digest
from sim.scenario.errors import Mistake, Place, ScenarioError, dotted
from sim.scenario.nodes import Node

MAX_BYTES = 2**20
LONG_TEXT = 2_000
"""Shortest text, in characters, whose nodes are cached."""
SEED = re.compile(r"^seed: ([1-9][0-9]{0,18}|0)$", re.MULTILINE)
"""A line with a seed as ``sim.scenario.writing`` writes it."""

# YAML 1.2, 5.1: all but the printable characters
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

A_SCENARIO = "must be a map of scenario keys"


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


@cache
def _read_before() -> FileCache:
    """Return the cache of nodes of long texts, shared with earlier processes."""
    return FileCache(cache_folder("texts", room_digest("scenario")))


def read_nodes(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    """Return the node of a text from ``decode`` (None if empty or unusable), and mistakes.

    Long texts are cached, those of replicates once: they differ in their seed only.
    """
    if len(text) < LONG_TEXT:
        return _composed(text, place)
    line = SEED.search(text)
    if line is not None and line[1] != "0":
        unseeded, mistakes = read_nodes(f"{text[: line.start(1)]}0{text[line.end(1) :]}", place)
        node = None if mistakes else _seeded(unseeded, int(line[1]), text.count("\n", 0, line.start()) + 1)
        if node is not None:
            return node, []
    key = hashlib.sha256(f"{version('ruamel.yaml')} {text}".encode()).hexdigest()
    kept = _read_before().get(key)
    if kept is not None:
        return _unpickled(kept, place), []
    node, mistakes = _composed(text, place)
    if node is not None and not mistakes:
        _read_before().put(key, pickle.dumps(_packed(node)))
    return node, mistakes


def _seeded(root: Node | None, seed: int, line: int) -> Node | None:
    """Return the nodes of a text with a seed in its line; None if the seed stands elsewhere."""
    if root is None or not isinstance(root.value, dict) or "seed" not in root.value:
        return None
    before = root.value["seed"]
    if (before.value, before.place.line, root.keys["seed"].line) != (0, line, line):
        return None
    return replace(root, value={**root.value, "seed": replace(before, value=seed)})


def _composed(text: str, place: Place) -> tuple[Node | None, list[Mistake]]:
    from sim.scenario.composer import composed

    return composed(text, place)


@lru_cache(maxsize=8)
def _unpickled(kept: bytes, origin: Place) -> Node:
    """Return the nodes of a cached text; the last ones are kept in memory, so callers must not change them."""
    return _unpacked(pickle.loads(kept), origin)


_Packed = tuple[Any, int, int, dict[str, tuple[int, int]]]
"""Value of a node with packed nodes, its line and column, and those of its keys."""


def _packed(node: Node) -> _Packed:
    """Return a node without its file."""
    value: Any = node.value
    if isinstance(value, dict):
        value = {key: _packed(inner) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_packed(inner) for inner in value]
    keys = {key: (place.line, place.column) for key, place in node.keys.items()}
    return value, node.place.line, node.place.column, keys


def _unpacked(packed: _Packed, origin: Place) -> Node:
    """Return a packed node as one in the file of a place."""
    value, line, column, keys = packed
    file, layer, chain = origin.file, origin.layer, origin.chain
    if isinstance(value, dict):
        value = {key: _unpacked(inner, origin) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_unpacked(inner, origin) for inner in value]
    places = {key: Place(file, *at, layer, chain) for key, at in keys.items()}
    return Node(value, Place(file, line, column, layer, chain), places)


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
