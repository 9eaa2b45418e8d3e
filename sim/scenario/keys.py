"""Find a dotted key in the schema, and the keys below it.

A key may contain names of the scenario's choice (``measures.banks.intensity``, ``fraud.types.loan_credit.engage``), or
name a kind of measure: ``measures[bank_hold].intensity``.
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
"""Placeholders for any name in a map, and for the position of a row in a list."""

SAYS_NOTHING = ("a list", "a map", "text", "a value")
"""Words for allowed values that explain nothing."""

MOST_OFFERED = 5
"""Most keys that are offered in place of an unknown one."""


class UnknownKeyError(RefusedError, ValueError):
    """No scenario has this dotted key; the message says what is wrong and what is allowed."""


@dataclass(frozen=True)
class Key:
    """A key of the schema: a field of its owner, or an ``entry`` of a field that is a map or a list."""

    path: str
    owner: type[BaseModel]
    field: str
    shape: Shape
    entry: bool = False

    def below(self, node: Node | None = None) -> "list[Key]":
        """Return the keys directly below; entries of maps are those of a scenario's node, or a placeholder."""
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
        """Return the keys for the next part of a dotted key: several if measures of several kinds have it."""
        keys = [
            _field(self.path, model, part if part in fields(model) else NAMED, part)
            for model in self.shape.models(node)
            if part in fields(model) or NAMED in fields(model)
        ]
        entry = self._entry(part)
        return keys if entry is None else [*keys, entry]

    def _entry(self, part: str) -> "Key | None":
        """Return the key of an entry of a map or list; None if no entry has this name, number or kind."""
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
    """Return the keys that a dotted key means, several if kinds of measures share it; or raise UnknownKeyError."""
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
    """Return the kind of a model of a measure; None for other models."""
    info = fields(model).get("kind")
    return get_args(info.annotation)[0] if info is not None and get_origin(info.annotation) is Literal else None


def allowed(expected: Shape) -> str:
    """Return the allowed values of a key in words; empty for keys with keys below, or if words explain nothing."""
    words = "" if expected.models() and not expected.words() else expected.words_for_people()
    return "" if words in SAYS_NOTHING else words


@cache
def every_key() -> dict[str, Key]:
    """Return every key of the schema with its own field, in file order; ``NAME`` stands for any name."""
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
    """Return a model of the schema and all models of its fields, each once, in file order."""
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
    """Return the message for a dotted key with an unknown part below a path."""
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
