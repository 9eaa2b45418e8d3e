"""The keys of a scenario: what a dotted key means in the schema, and which keys stand below it.

A key may name what a scenario calls as it likes (``measures.banks.intensity``, ``fraud.types.loan_credit.engage``), or
say which kind of measure is meant: ``measures[bank_hold].intensity``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from sim.base.failures import RefusedError
from sim.scenario.errors import choices, dotted, found, nearest
from sim.scenario.nodes import Node
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import NAMED, Shape, fields, shape

NAME, NUMBER = "NAME", "0"
"""What stands for any name in a map, and for the place of a row in a list."""

SAYS_NOTHING = ("a list", "a map", "text", "a value")
"""Words for what may stand somewhere that tell nothing."""

MOST_OFFERED = 5
"""Keys that are offered in place of one that is none."""


class UnknownKeyError(RefusedError, ValueError):
    """A dotted key that no scenario has: what is wrong; what is allowed, in one line."""


@dataclass(frozen=True)
class Key:
    """A key of the schema.

    Attributes:
        path: The dotted key.
        owner: The model that has the field.
        field: The field, as a file gives it.
        shape: What may stand at the key.
        entry: Whether the key is that of an entry of the field, which is a map or a list.
    """

    path: str
    owner: type[BaseModel]
    field: str
    shape: Shape
    entry: bool = False

    def below(self, node: Node | None = None) -> "list[Key]":
        """Return the keys right below, for entries of maps those of a scenario's node, or one that stands for any."""
        names = list(node.value) if node is not None and isinstance(node.value, dict) else []
        keys: list[Key] = []
        for model in self.shape.models(node):
            for field in fields(model):
                own = [name for name in names or [NAME] if name not in fields(model)] if field == NAMED else [field]
                keys += [_field(self.path, model, field, name) for name in own]
        entries = (self._entry(part) for part in names or [NAME if self._is_map else NUMBER])
        return [*keys, *(entry for entry in entries if entry is not None)]

    @property
    def _is_map(self) -> bool:
        return any(get_origin(option) is dict for option in self.shape.options)

    def at(self, part: str, node: Node | None) -> "list[Key]":
        """Return the keys that a further part of a dotted key means: several, where measures of several kinds have it.

        Args:
            part: The part, ``[KIND]`` for any measure of a kind.
            node: What a scenario has here, None where it has nothing or there is none.
        """
        keys = [
            _field(self.path, model, part if part in fields(model) else NAMED, part)
            for model in self.shape.models(node)
            if part in fields(model) or NAMED in fields(model)
        ]
        entry = self._entry(part)
        return keys if entry is None else [*keys, entry]

    def _entry(self, part: str) -> "Key | None":
        """Return the key of an entry of a map or list; None where there is none of this name, number or kind."""
        for option in self.shape.options:
            inner = get_args(option)
            if get_origin(option) is dict and not part.startswith("["):
                return Key(f"{self.path}.{part}", self.owner, self.field, shape(inner[1]), True)
            if get_origin(option) is dict:
                models = tuple(model for model in shape(inner[1]).models() if kind_of(model) == part.strip("[]"))
                return (
                    Key(f"{self.path}{part}", self.owner, self.field, Shape(inner[1], models), True) if models else None
                )
            if get_origin(option) in (list, tuple) and part.isdecimal() and (rows := shape(inner[0])).models():
                return Key(f"{self.path}.{part}", self.owner, self.field, rows, True)
        return None


def keys_at(text: str, root: Node | None = None) -> list[Key]:
    """Return what a dotted key means: several keys where it may be that of measures of several kinds.

    Args:
        text: The key; entries of maps by any name.
        root: The tree of a scenario, which tells the kinds of its measures.

    Raises:
        UnknownKeyError: If no scenario has such a key, with those most like it.
    """
    parts = text.replace("[", ".[").split(".") if root is None or "[" in text else map(str, root.path_to(text))
    keys, node, path = [TOP], root, ""
    for part in parts:
        below = [one for key in keys for one in key.at(part, node)]
        if not below:
            raise UnknownKeyError(_unknown(text, path, part, keys, node))
        node = None if node is None else node.child(int(part) if isinstance(node.value, list) else part)
        path = f"{path}{'' if part.startswith('[') or not path else '.'}{part}"
        keys = below
    return keys


def kind_of(model: type[BaseModel]) -> str | None:
    """Return the kind that a model of a measure is of."""
    info = fields(model).get("kind")
    return get_args(info.annotation)[0] if info is not None and get_origin(info.annotation) is Literal else None


def allowed(expected: Shape) -> str:
    """Return what may stand at a key, in words; empty for what has keys of its own, and where words tell nothing."""
    words = "" if expected.models() and not expected.words() else expected.words_for_people()
    return "" if words in SAYS_NOTHING else words


@cache
def every_key() -> dict[str, Key]:
    """Return each key of the schema that has a field of its own, in the order of a file; ``NAME`` for any name."""
    return {key.path: key for key in _all_below(TOP)}


def _all_below(key: Key) -> Iterator[Key]:
    kinds = [kind for model in key.shape.models() if (kind := kind_of(model)) is not None]
    if len(kinds) > 1:  # an entry of measures
        for kind in kinds:
            for one in keys_at(f"measures[{kind}]"):
                yield from _all_below(one)
        return
    for one in key.below():
        if not one.entry:
            yield one
        yield from _all_below(one)


@cache
def models(top: type[BaseModel]) -> list[type[BaseModel]]:
    """Return a model of the schema and all that its fields consist of, each once, in the order of the file."""
    found_models: dict[type[BaseModel], None] = {}
    _add(top, found_models)
    return list(found_models)


def _add(model: type[BaseModel], found_models: dict[type[BaseModel], None]) -> None:
    if model not in found_models:
        found_models[model] = None
        for info in model.model_fields.values():
            for below in _models_of(info.annotation):
                _add(below, found_models)


def _models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for option in get_args(annotation):
            yield from _models_of(option)


def _field(path: str, model: type[BaseModel], field: str, name: str) -> Key:
    """Return the key of a field of a model that is called ``name`` there."""
    inner = shape(model).child(field)
    assert inner is not None
    return Key(f"{path}.{name}".lstrip("."), model, field, inner)


def _unknown(text: str, path: str, part: str, keys: list[Key], node: Node | None) -> str:
    """Return what is told of a dotted key whose part, below a path, is none: those most like it."""
    where = f"{text}: {path} has no" if path else f"{text}: there is no"
    if part.startswith("["):
        models = [model for key in keys for one in key.below() for model in one.shape.models()]
        kinds = [kind for model in models if (kind := kind_of(model)) is not None]
        return f"{where} kind {found(part.strip('[]'))}; {choices(part.strip('[]'), kinds)}"
    known = list(dict.fromkeys(one.path.removeprefix(path).lstrip(".") for key in keys for one in key.below(node)))
    same = [key for key in every_key() if key.endswith(f".{text}") or key.endswith(f".{part}")]
    if same and nearest(part, known) is None:
        more = ", ..." if len(same) > MOST_OFFERED else ""
        return f"{where} key {found(part)}; keys with this name: {', '.join(same[:MOST_OFFERED])}{more}"
    return f"{where} key {found(part)}; {choices(part, known) if known else 'use the key above it'}"


TOP = Key("", ScenarioModel, dotted(()), shape(ScenarioModel))
"""The whole of a scenario."""
