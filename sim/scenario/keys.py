"""The keys of a scenario: how a dotted key is found in the schema, and what it means.

Find a dotted key in the schema, and the keys below it.

A key may contain names of the scenario's choice (``measures.banks.intensity``, ``fraud.types.loan_credit.engage``), or
name a kind of measure: ``measures[bank_hold].intensity``.

Read the meaning of each key: what it is, its unit, the effect of a larger value, an example.

The text is the docstring below each field of the schema. Only its first sentence is required:
``Officers of the whole country at this desk. Unit: officers. More: shorter waits. Example: `5700` ``.

Dates use ``Later`` in place of ``More``. The example is YAML, as in a file. The texts are read from the source of the
schema when they are first needed; the unit of a type is added.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from sim.base.failures import RefusedError
from sim.scenario import bounds, scalars
from sim.scenario.bounds import Within, bounds_of
from sim.scenario.distributions import Distribution
from sim.scenario.errors import Node, choices, dotted, found, nearest
from sim.scenario.reading import flow_text
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import Naming
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


NO_UNIT = "no unit"
"""Stands for the unit of values without one."""

A_TIME, A_RATE = "a time: ms, s, min, h, d or week", "a rate: a number per s, min, h, day, week or year"

LABELS = re.compile(r"(?:^|\s)(Unit|More|Later|Example): ")


@dataclass(frozen=True)
class Meaning:
    """The meaning of a key, its unit, the effect of a larger value (or a later day), and an example as YAML.

    ``text`` is empty if the source of the schema cannot be read. Only numbers have ``more``. Parts whose keys have
    their own examples have none.
    """

    text: str
    unit: str
    more: str | None
    later: bool
    example: str | None

    @property
    def direction(self) -> str | None:
        """Effect of a larger value, as a sentence; None if it is not a number."""
        return None if self.more is None else f"{'Later' if self.later else 'More of it'}: {self.more}."


def meaning(model: type[BaseModel], name: str) -> Meaning:
    """Return the meaning of a key of a model of the schema."""
    info = fields(model)[name]
    attribute = next((own for own, other in model.model_fields.items() if other is info), NAMED)
    text, *parts = LABELS.split(_text(model, attribute))
    said = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    example = said.get("Example")
    more = said.get("More", said.get("Later"))
    return Meaning(
        text.strip(),
        _sentence(said.get("Unit", _unit(info))) or NO_UNIT,
        _sentence(more),
        "Later" in said,
        example.strip("`") if example is not None else None,
    )


def purpose(model: type[BaseModel]) -> str:
    """Return the purpose of a part in one sentence; empty if the source of the schema cannot be read."""
    return _texts(model.__module__).get((model.__name__, ""), "")


def example(model: type[BaseModel], name: str) -> str:
    """Return an example of a key, as YAML; for a part it is made of the required keys."""
    own = meaning(model, name).example
    return own if own is not None else _example(fields(model)[name].annotation)


def is_measured(annotation: Any, marks: Sequence[Any] = ()) -> bool:
    """Return whether values of an annotation are numbers, times, rates or dates, or consist only of these."""
    marks = (*marks, *getattr(annotation, "__metadata__", ()))
    if any(isinstance(mark, Naming) for mark in marks):
        return False
    if any(isinstance(mark, Within) for mark in marks) or _described(marks) in _UNITS_BY_DESCRIPTION:
        return True
    if annotation is Distribution:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return False
    origin, options = get_origin(annotation), [one for one in get_args(annotation) if one is not type(None)]
    if origin is dict:
        return is_measured(options[1])
    return any(is_measured(option) for option in options)


def _text(model: type[BaseModel], attribute: str) -> str:
    """Return the text below a field in the nearest class that declares it."""
    for owner in model.__mro__:  # includes the class that a generic model was written as
        found = _texts(owner.__module__).get((owner.__name__, attribute))
        if found is not None:
            return found
    return ""


@cache
def _texts(module: str) -> dict[tuple[str, str], str]:
    """Return the texts below the fields of a module's classes by class and field; a class itself has field ""."""
    try:
        tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    except (OSError, TypeError):  # there is no source, only bytecode
        return {}
    found = {}
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            about, _, _ = (ast.get_docstring(owner) or "").partition("\n")
            found[owner.name, ""] = about.replace("``", "")
            found |= {(owner.name, name): " ".join(text.split()) for name, text in _below_fields(owner)}
    return found


def _below_fields(owner: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for declared, below in zip(owner.body, owner.body[1:], strict=False):
        match declared, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                yield name, text


def _sentence(text: str | None) -> str | None:
    """Return the text of a label without its full stop; None for ``none``."""
    return None if text is None or text == "none." else text.rstrip(".")


def _unit(info: FieldInfo) -> str:
    """Return the unit of a field's type."""
    return next(_units(info.annotation, info.metadata), NO_UNIT)


def _units(annotation: Any, marks: Sequence[Any] = ()) -> Iterator[str]:
    marks = (*marks, *getattr(annotation, "__metadata__", ()))
    for mark in marks:
        if isinstance(mark, Within) and mark in _UNITS_BY_BOUND:
            yield _UNITS_BY_BOUND[mark]
    described = _described(marks)
    if described in _UNITS_BY_DESCRIPTION:
        yield _UNITS_BY_DESCRIPTION[described]
    elif annotation is Distribution:
        yield f"{A_TIME}, or a distribution of times"
    elif get_origin(annotation) is not None:
        for option in get_args(annotation):
            yield from _units(option)


def _described(marks: Sequence[Any]) -> str | None:
    """Return the description of a scalar that is read from text."""
    stated = next((mark.json_schema for mark in marks if isinstance(mark, WithJsonSchema)), None) or {}
    return stated.get("description")


def _description(annotation: Any) -> str:
    """Return the description of a scalar of ``sim.scenario.scalars``."""
    return str(_described(annotation.__metadata__))


_UNITS_BY_BOUND = {
    bounds_of(annotation): unit
    for unit, annotations in {
        "share, 0 to 1": (bounds.Probability, bounds.SomePeople),
        "per cent": (bounds.Percent,),
        "weight": (bounds.Weight,),
        "log units a year": (bounds.Growth,),
        "log units": (bounds.Sigma,),
        "standard deviations": (bounds.Score, bounds.Step, bounds.Drift),
        "years": (bounds.Age,),
        "money": (bounds.Money,),
        A_RATE: (bounds.Contacts, bounds.UsualContacts, bounds.Cases, bounds.HazardRate),
    }.items()
    for annotation in annotations
}
_UNITS_BY_DESCRIPTION = {
    _description(annotation): unit
    for annotation, unit in (
        (scalars.Duration, A_TIME),
        (scalars.Day, "a date: YYYY-MM-DD"),
        (scalars.Clock, "a time of day: HH:MM"),
        (scalars.HalfHour, "a time of day: HH:MM"),
    )
}


def _example(annotation: Any) -> str:
    """Return an example of a part of the schema, made of examples of its required keys."""
    for option in shape(annotation).options:
        if isinstance(option, type) and issubclass(option, BaseModel):
            parts = [
                f"{flow_text('my-own' if name == NAMED else name)}: {example(option, name)}"
                for name, info in fields(option).items()
                if info.is_required()
            ]
            return "{" + ", ".join(parts) + "}"
        if get_origin(option) is dict:
            return "{my-own: " + _example(get_args(option)[1]) + "}"
    raise TypeError(f"{annotation} has no example")
