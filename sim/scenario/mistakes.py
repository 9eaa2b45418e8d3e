"""Turn pydantic's errors into mistakes with place, finding and allowed values, and merge others in order of place.

Check ranges of parameters: an assumed number that is not fixed has one, read like the value, with it inside.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from sim.base.words import DistributionKind
from sim.scenario.distributions import Distribution
from sim.scenario.errors import (
    KeyPath,
    Mistake,
    Node,
    Parameter,
    Place,
    choices,
    dotted,
    entries,
    found,
    must_be,
    or_else,
)
from sim.scenario.merging import FULL_FORM
from sim.scenario.schema.base import PATTERNS, rules_of
from sim.scenario.shapes import Shape

MOST_MISTAKES = 500
"""Most mistakes that are listed at once."""

MOST_ITEMS = 4 * MOST_MISTAKES
"""Most errors of pydantic that are read: several can belong to one mistake."""

ALLOWED_BY_TYPE = (
    ("string", "text"),
    ("bool", "true or false"),
    ("int", "a whole number"),
    ("float", "a number"),
    ("finite_number", "a finite number"),
    ("dict", "a map"),
    ("list", "a list"),
    ("tuple", "a list"),
    ("date", "a date such as 2022-11-30"),
    ("none", "null"),
)
"""Allowed values by the beginning of pydantic's error type."""

LAYERS = ("file", "draw", "set", "argument")
"""Layers of places in the order of their mistakes."""


def mistakes_of(error: ValidationError, root: Node, shape: Shape) -> list[Mistake]:
    """Return the mistakes that pydantic found."""
    kept: dict[tuple[Place, str], Mistake] = {}
    for item in error.errors(include_url=False)[:MOST_ITEMS]:
        for mistake in _mistakes_of_item(item, root, shape):
            first = kept.setdefault((mistake.place, mistake.key), mistake)
            if item["type"] != "rule" and mistake.allowed not in first.allowed:  # another alternative of a union
                both = or_else(first.allowed, mistake.allowed)
                kept[mistake.place, mistake.key] = Mistake(first.place, first.key, first.message, both)
    return list(kept.values())


def place_of(root: Node, path: KeyPath, by_key: bool = False) -> Place:
    """Return the place of the value at a path, or of its key; for a missing path that of its nearest parent."""
    node, place = root, root.place
    for index, part in enumerate(path):
        child = node.child(part)
        last = index == len(path) - 1
        if child is None:
            return place
        key = node.keys.get(str(part), child.place)
        place = child.place if last and not by_key else key
        node = child
    return place


def _locate(item: Any, root: Node, shape: Shape) -> tuple[KeyPath, Node, Shape | None]:
    """Return the path of pydantic's location without tags of unions, the deepest node and its shape."""
    path: list[str | int] = []
    node = root
    known: Shape | None = shape
    for index, part in enumerate(item["loc"]):
        child = node.child(part)
        if child is None:  # the tag of a union, a mark of pydantic such as [key], or a missing key
            if index == len(item["loc"]) - 1 and item["type"] == "missing":
                path.append(part)
            continue
        known = known.child(part, node) if known is not None else None
        node = child
        path.append(part)
    return tuple(path), node, known


def _mistakes_of_item(item: Any, root: Node, shape: Shape) -> list[Mistake]:
    path, node, known = _locate(item, root, shape)
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return [_unknown_key(path, root, shape)]
    if kind == "missing":
        return [_missing(path, root, shape)]
    if item["loc"] and item["loc"][-1] == "[key]":
        name = str(item["loc"][-2])
        place = place_of(root, path, by_key=True)
        if kind == "quantity":
            return [Mistake(place, dotted(path), f"key {context['what']}", context["allowed"])]
        return [Mistake(place, dotted(path), f"key {found(name)} is not a valid name", _pattern(context))]
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return [_wrong_tag(path, node, known, context, root, shape)]
    if kind == "rule":
        blamed = [(rule, (*path, *node.path_to(rule["key"]))) for rule in rules_of(context)]
        return [Mistake(place_of(root, at), dotted(at), rule["found"], rule["allowed"]) for rule, at in blamed]
    slips = _slips(node, known)
    if slips:
        return [Mistake(node.keys[key], dotted((*path, key)), "unknown key", choices(key, FULL_FORM)) for key in slips]
    message, allowed = _wording(kind, context, node, known, item["msg"])
    return [Mistake(place_of(root, path), dotted(path), message, allowed)]


def _slips(node: Node, known: Shape | None) -> list[str]:
    """Return the keys that do not belong to a full form, if a map can only mean one."""
    if not isinstance(node.value, dict) or "value" not in node.value:
        return []
    if known is not None and "value" in known.key_names():
        return []
    return [key for key in node.value if key not in FULL_FORM]


KIND = "kind"
"""The key that says what a measure is."""


def _stranger(path: KeyPath, root: Node, shape: Shape) -> Mistake | None:
    """Return the mistake if ``--set`` or a call names an entry that the files do not have."""
    _, holder = _at(root, shape, path[:-1])
    if not path or (holder is not None and str(path[-1]) in holder.key_names()):
        return None
    place, parent = place_of(root, path, by_key=True), root.at(path[:-1])
    if place.layer == "file" or parent is None:
        return None
    if (given := root.at(path)) is not None and given.child(KIND) is not None:
        return None  # it is meant as a new entry
    others = [name for name, at in parent.keys.items() if at.layer == "file"]
    return Mistake(place, dotted(path), "there is no such entry", choices(str(path[-1]), others)) if others else None


def _unknown_key(path: KeyPath, root: Node, shape: Shape) -> Mistake:
    parent, known = _at(root, shape, path[:-1])
    names = known.key_names(parent) if known is not None else []
    place = place_of(root, path, by_key=True)
    return Mistake(place, dotted(path), "unknown key", choices(str(path[-1]), names))


def _missing(path: KeyPath, root: Node, shape: Shape) -> Mistake:
    parent, known = _at(root, shape, path[:-1])
    name = str(path[-1])
    inner = known.child(name, parent) if known is not None else None
    wanted = must_be(inner.words_for_people() if inner is not None else "a value")
    place = place_of(root, path[:-1], by_key=True)
    if len(path) > 1 and isinstance(path[-2], int):
        place = parent.place
    if parent.place.file.endswith(".csv"):
        if parent.keys and name not in parent.keys:
            place = next(iter(parent.keys.values()))  # the whole column is missing: blame the first row
    elif name in parent.keys:
        return Mistake(parent.keys[name], dotted(path), "is removed but required", wanted)
    missing = Mistake(place, dotted(path), "is missing", wanted)
    return _stranger(path[:-1], root, shape) or missing


def _at(root: Node, shape: Shape, path: KeyPath) -> tuple[Node, Shape | None]:
    node, known = root, shape
    for part in path:
        known_child = known.child(part, node)
        child = node.child(part)
        if child is None or known_child is None:
            return child or node, None
        node, known = child, known_child
    return node, known


def _wrong_tag(path: KeyPath, node: Node, known: Shape | None, context: Any, root: Node, shape: Shape) -> Mistake:
    name = str(context.get("discriminator", "'kind'")).strip("'")
    models = known.models() if known is not None else []
    words = [word for model in models if (own := Shape(model, (model,)).child(name)) for word in own.words()]
    given = node.child(name)
    if given is None:
        place = place_of(root, path, by_key=True)
        missing = Mistake(place, dotted((*path, name)), "is missing", choices("", words))
        return _stranger(path, root, shape) or missing
    what = f"{found(given.plain())} is not allowed"
    return Mistake(given.place, dotted((*path, name)), what, choices(str(given.value), words))


def _pattern(context: Any) -> str:
    """Return what a text must be, from the context of pydantic's error."""
    if "pattern" in context:
        return PATTERNS.get(context["pattern"], f"must match {context['pattern']}")
    return f"must have at most {context['max_length']} characters" if "max_length" in context else "must be valid text"


def _wording(kind: str, context: Any, node: Node, known: Shape | None, text: str) -> tuple[str, str]:
    """Return what is wrong and what is allowed, for errors with only a place and a value."""
    value = found(node.plain())
    if kind == "quantity":
        return context["what"], context["allowed"]
    if kind == "literal_error":
        words = known.words() if known is not None else []
        either = (
            f", or a map with the key {', '.join(known.key_names())}" if known is not None and known.models() else ""
        )
        return f"{value} is not allowed", choices(str(node.value), words) + either if words else must_be(
            context["expected"]
        )
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length") if kind == "too_short" else context.get("max_length")
        wanted = "must have at least" if kind == "too_short" else "must have at most"
        length = len(node.value) if isinstance(node.value, dict | list) else context.get("actual_length")
        return f"has {entries(length)}", f"{wanted} {bound}"
    if kind in ("string_too_short", "string_too_long"):
        short = kind.endswith("short")
        if short and context["min_length"] == 1:
            return "is empty", "must have at least one character"
        wanted = f"at least {context['min_length']}" if short else f"at most {context['max_length']}"
        return f"{value} is too {'short' if short else 'long'}", f"must have {wanted} characters"
    if kind == "string_unicode":
        return "contains an unpaired surrogate", "must be valid text"
    if kind == "string_pattern_mismatch":
        return f"{value} is not allowed", _pattern(context)
    if kind in ("model_type", "model_attributes_type"):
        names = ", ".join(known.key_names()) if known is not None else ""
        return f"{value} is not a map", must_be(f"a map with the keys {names}" if names else "a map")
    for beginning, allowed in ALLOWED_BY_TYPE:
        if kind.startswith(beginning):
            return f"{value} is not {allowed}", must_be(allowed)
    if kind == "value_error":
        text = str(context.get("error", text))
    head, _, tail = text.partition("; ")
    return head, tail or "see the schema"


def merged(mistakes: list[Mistake]) -> list[Mistake]:
    """Return mistakes in order of place, the first of each place and key; a wrong column of a table counts once."""
    kept: dict[tuple[Place, str], Mistake] = {}
    for mistake in mistakes:
        key = mistake.key.rpartition(".")[2] if mistake.file.endswith(".csv") else mistake.key
        kept.setdefault((mistake.place, key), mistake)
    ordered = sorted(
        kept.values(),
        key=lambda m: (LAYERS.index(m.place.layer), len(m.place.chain), m.file, m.line, m.column, m.key),
    )
    if len(ordered) > MOST_MISTAKES:
        last = ordered[MOST_MISTAKES]
        what = f"{len(ordered) - MOST_MISTAKES} more mistakes follow"
        ordered[MOST_MISTAKES:] = [Mistake(last.place, last.key, what, f"at most {MOST_MISTAKES} are listed")]
    return ordered


def range_mistakes(root: Node, shape: Shape) -> list[Mistake]:
    """Return the mistakes in the ranges of all parameters of a scenario."""
    mistakes: list[Mistake] = []
    for path, node, parameter, expected in _parameters(root, shape):
        if parameter.range is not None:
            mistakes += _wrong_range(path, node, parameter.range, expected)
        elif parameter.origin == "assumed" and parameter.fixed is None and _needs_range(node, expected):
            key, allowed = dotted((*path, "range")), "add range: [low, high] around the value"
            mistakes.append(Mistake(parameter.place, key, "an assumed number must have a range", allowed))
    return mistakes


def outside(root: Node, stated: Node, shape: Shape) -> Iterator[tuple[KeyPath, Node, Node, Shape]]:
    """Find the plain values of a scenario that lie outside the range of the tree which states them.

    Args:
        root: The tree of the scenario.
        stated: The tree of the file that it extends, or of the scenario before its options.
        shape: The shape of both.

    Yields:
        The path, the value, its range, and what the schema expects there. A value with its own origin is left out.
    """
    for path, _, parameter, expected in _parameters(stated, shape):
        node, limits = root.at(path), parameter.range
        if limits is None or node is None or node.parameter is not None:
            continue
        if _wrong_range(path, node, limits, expected):
            yield path, node, limits, expected


def _parameters(node: Node, shape: Shape, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node, Parameter, Shape]]:
    """Find every parameter in full form below a node, with what the schema expects there."""
    if node.parameter is not None:
        yield path, node, node.parameter, shape
    children: list[tuple[str | int, Node]] = []
    if isinstance(node.value, dict):
        children = list(node.value.items())
    elif isinstance(node.value, list):
        children = list(enumerate(node.value))
    for part, child in children:
        inner = shape.child(part, node)
        if inner is not None:
            yield from _parameters(child, inner, (*path, part))


def _size(value: Any) -> float | None:
    """Return a number that orders values of one kind; None if they have no order."""
    if isinstance(value, Distribution):
        return value.a if value.kind == DistributionKind.CONSTANT else None
    if isinstance(value, dt.date):
        return float(value.toordinal())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


def _read(node: Node, expected: Shape) -> Any:
    """Return the value of a node as the schema reads it; raises ValidationError."""
    return expected.reader.validate_python(node.plain())


def _needs_range(node: Node, expected: Shape) -> bool:
    if isinstance(node.value, dict | list):
        return False
    try:
        value = _read(node, expected)
    except ValidationError:
        return False  # the value's own mistake is reported elsewhere
    return not isinstance(value, dt.date) and _size(value) is not None


def _wrong_range(path: KeyPath, node: Node, limits: Node, expected: Shape) -> list[Mistake]:
    if isinstance(node.value, dict | list):
        return []  # a range around a whole map or list is not checked
    assert isinstance(limits.value, list)
    ends, mistakes = [], []
    for index, end in enumerate(limits.value):
        try:
            ends.append(_size(_read(end, expected)))
        except ValidationError as error:
            context = error.errors(include_url=False)[0].get("ctx", {})
            message = context.get("what", f"{found(end.plain())} is not a value of this parameter")
            allowed = context.get("allowed", "must be [low, high] in the units of the value")
            mistakes.append(Mistake(end.place, dotted((*path, "range", index)), message, allowed))
    if mistakes:
        return mistakes
    key = dotted((*path, "range"))
    low, high = ends
    if low is None or high is None:
        return [Mistake(limits.place, key, "the values have no order", "remove the range")]
    shown = f"[{', '.join(_text(end) for end in limits.value)}]"
    if low > high:
        return [Mistake(limits.place, key, f"{shown} begins above its end", "low must be at most high")]
    try:
        value = _size(_read(node, expected))
    except ValidationError:
        return []
    if value is not None and not low <= value <= high:
        return [Mistake(node.place, dotted(path), f"{_text(node)} is outside its range", f"must be in {shown}")]
    return []


def _text(node: Node) -> str:
    return found(node.plain()).strip("'")
