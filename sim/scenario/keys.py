"""The keys of a scenario: what the schema expects at each place, how a dotted key is found, and what it means.

A ``Shape`` is what the annotations of the pydantic models allow at a place.

A key may contain names of the scenario's choice (``measures.banks.intensity``, ``fraud.types.loan_credit.engage``), or
name a kind of measure: ``measures[bank_hold].intensity``.

The meaning of a key is the docstring below its field in the schema. Only its first sentence is required:
``Officers of the whole country at this desk. Unit: officers. More: shorter waits. Example: `5700` ``.

Dates use ``Later`` in place of ``More``. The example is YAML, as in a file. The texts are read from the source of the
schema when they are first needed; the unit of a type is added.
"""

import ast
import importlib
import inspect
import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, WithJsonSchema
from pydantic.fields import FieldInfo

from sim.base.failures import ENDING, RefusedError, put_off
from sim.scenario import bounds
from sim.scenario.bounds import TableMarker, Within
from sim.scenario.errors import Node, choices, dotted, found, nearest
from sim.scenario.reading import flow_text
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import Distribution

NAMED = "__pydantic_extra__"
"""The field of a model for keys of the scenario's choice, in addition to the declared ones."""


@dataclass(frozen=True)
class Shape:
    """What is allowed at one place: the annotation, its alternatives, whether it is a table, and its marks."""

    annotation: Any
    options: tuple[Any, ...]
    table: bool = False
    marks: tuple[Any, ...] = ()

    def models(self, node: Node | None = None) -> list[type[BaseModel]]:
        """Return the allowed models; with a node, those whose literal keys agree with it, if any do."""
        models = self._models
        agreeing = [] if node is None or len(models) < 2 else [model for model in models if _agrees(model, node)]
        return agreeing or models

    @cached_property
    def reader(self) -> TypeAdapter[Any]:
        """Pydantic's reader for values here."""
        return adapter(self.annotation)

    @cached_property
    def _models(self) -> list[type[BaseModel]]:
        return [o for o in self.options if isinstance(o, type) and issubclass(o, BaseModel)]

    def leaves(self, within: tuple[type, ...] = (dict, list, tuple)) -> "Iterator[tuple[Any, tuple[Any, ...]]]":
        """Yield each annotation here, and within maps and lists, and its marks."""
        for option, marks in _flatten(self.annotation):
            yield option, marks
            if get_origin(option) in within:
                yield from (leaf for inner in get_args(option) for leaf in shape(inner).leaves(within))

    def child(self, part: str | int, node: Node | None = None) -> "Shape":
        """Return the shape at a key or index below; ``NOTHING`` if the schema has none."""
        models = self.models(node)
        for name in (str(part), NAMED):
            for model in models:
                if name in _shapes(model):
                    return _shapes(model)[name]
        for option in self.options:
            origin, args = get_origin(option), get_args(option)
            if origin is dict:
                return shape(args[1])
            if isinstance(part, int) and origin is tuple and Ellipsis not in args:
                return shape(args[part]) if part < len(args) else NOTHING
            if isinstance(part, int) and origin in (list, tuple, Sequence):
                return shape(args[0])
        return NOTHING

    def key_names(self, node: Node | None = None) -> list[str]:
        """Return the keys of the models here, in order."""
        return list(dict.fromkeys(name for model in self.models(node) for name in fields(model) if name != NAMED))

    def words_for_people(self) -> str:
        """Return the allowed values in words such as ``a duration, for example '45 min'``."""
        models, words = self.models(), self.words()
        if self.table:
            return "a list of rows or the name of a CSV file next to the scenario"
        if not models and not words:
            return _in_words(self.reader.json_schema())
        texts = [f"one of {', '.join(words)}"] if words else []
        if models:
            keys = self.key_names()
            named = f" with the key{'s' if len(keys) > 1 else ''} {', '.join(keys)}" if len(models) == 1 else ""
            texts.append(f"a map{named}")
        return ", or ".join(texts)

    def words(self) -> list[str]:
        """Return the allowed words of literal types."""
        literals = [option for option in self.options if get_origin(option) is Literal]
        return [str(word) for option in literals for word in get_args(option)]


NOTHING = Shape(Any, ())
"""The shape of a place of which the schema says nothing."""


@lru_cache(maxsize=1024)
def shape(annotation: Any) -> Shape:
    """Return the shape of an annotation: unions and Annotated taken apart, None left out."""
    found = list(_flatten(annotation))
    marks = tuple(mark for _, own in found for mark in own)
    table = any(isinstance(mark, TableMarker) for mark in marks)
    return Shape(annotation, tuple(option for option, _ in found), table, marks)


@lru_cache(maxsize=256)
def adapter(annotation: Any) -> TypeAdapter[Any]:
    """Return pydantic's reader for one annotation."""
    return TypeAdapter(annotation)


def written(annotation: Any, value: Any) -> Any:
    """Return a value as a scenario writes it: text, numbers, lists and maps."""
    with put_off(*ENDING):  # pydantic takes an interrupt within a serialiser for the serialiser's mistake
        return adapter(annotation).dump_python(value, mode="json", by_alias=True)


@lru_cache(maxsize=256)
def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by their keys in files; ``NAMED`` for keys of the scenario's choice."""
    found = {info.alias or name: info for name, info in model.model_fields.items()}
    if model.model_config.get("extra") == "allow":
        found = {NAMED: FieldInfo.from_annotation(get_args(model.__annotations__[NAMED])[1]), **found}
    return found


@lru_cache(maxsize=256)
def _shapes(model: type[BaseModel]) -> dict[str, Shape]:
    """Return the shapes of the fields of a model by their keys in files."""
    marked: dict[str, Any] = {
        name: Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        for name, info in fields(model).items()
    }
    return {name: shape(annotation) for name, annotation in marked.items()}


TYPES = {"array": "a list", "object": "a map", "string": "text"}


def _in_words(stated: dict[str, Any]) -> str:
    """Return the JSON Schema of a value in words."""
    if "description" in stated:
        example = f", for example '{stated['examples'][0]}'" if "examples" in stated else ""
        return f"{stated['description']}{example}"
    if "oneOf" in stated:
        return ", or ".join(_in_words(option) for option in stated["oneOf"])
    return TYPES.get(stated.get("type", ""), "a value")


def _flatten(annotation: Any, marks: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _flatten(inner, (*marks, *more))
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _flatten(option, marks)
    elif annotation is not type(None):
        yield annotation, marks


def _agrees(model: type[BaseModel], node: Node) -> bool:
    """Return whether the node has a literal key of the model, and every such key has one of the model's words."""
    seen = False
    for name, words in _literals(model).items():
        given = node.child(name)
        if given is not None and str(given.value) not in words:
            return False
        seen = seen or given is not None
    return seen


@lru_cache(maxsize=256)
def _literals(model: type[BaseModel]) -> dict[str, list[str]]:
    """Return the words of each literal key of a model."""
    literals = [name for name, info in fields(model).items() if get_origin(info.annotation) is Literal]
    return {name: _shapes(model)[name].words() for name in literals}


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

    def below(self, node: Node | None = None, part: str | None = None) -> "list[Key]":
        """Return the keys directly below, or only those that a part of a dotted key means.

        Entries of maps are those of a scenario's node, or a placeholder. Several kinds of measures may have a part.
        """
        names = [part] if part is not None else list(node.value) if node and isinstance(node.value, dict) else []
        keys: list[Key] = []
        for model in self.shape.models(node):
            for field in fields(model):
                own = [name for name in names or [NAME] if name not in fields(model)] if field == NAMED else [field]
                keys += [_field(self.path, model, field, name) for name in own if part in (None, name)]
        is_map = any(get_origin(option) is dict for option in self.shape.options)
        entries = (self._entry(name) for name in names or [NAME if is_map else NUMBER])
        return [*keys, *(entry for entry in entries if entry is not None)]

    def _entry(self, part: str) -> "Key | None":
        """Return the key of an entry of a map or list; None if no entry has this name, number or kind."""
        for option in self.shape.options:
            origin, inner = get_origin(option), get_args(option)
            if origin not in (dict, list, tuple):
                continue
            below, path = shape(inner[1] if origin is dict else inner[0]), f"{self.path}.{part}"
            if part.startswith("["):
                models = tuple(model for model in below.models() if kind_of(model) == part.strip("[]"))
                below, path = Shape(below.annotation, models), f"{self.path}{part}"
            is_name = origin is dict and not part.startswith("[")
            if is_name or (below.models() and (part.isdecimal() or part.startswith("["))):
                return Key(path, self.owner, self.field, below, True)
        return None


def keys_at(text: str, root: Node | None = None) -> list[Key]:
    """Return the keys that a dotted key means, several if kinds of measures share it; or raise UnknownKeyError."""
    parts = text.replace("[", ".[").split(".") if root is None or "[" in text else map(str, root.path_to(text))
    keys, node, path = [TOP], root, ""
    for part in parts:
        below = [one for key in keys for one in key.below(node, part)]
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
    return {key.path: key for key in all_below(TOP) if not key.entry}


def all_below(key: Key) -> Iterator[Key]:
    """Yield all keys below a key, entries of maps and lists too."""
    kinds = [kind for model in key.shape.models() if (kind := kind_of(model)) is not None]
    if len(kinds) > 1:  # an entry of measures
        for kind in kinds:
            yield from all_below(keys_at(f"measures[{kind}]")[0])
        return
    for one in key.below():
        yield one
        yield from all_below(one)


def models() -> list[type[BaseModel]]:
    """Return all models of the schema, each once, in file order."""
    return list(dict.fromkeys(key.owner for key in every_key().values()))


def _field(path: str, model: type[BaseModel], field: str, name: str) -> Key:
    """Return the key of a field of a model that is called ``name`` there."""
    return Key(f"{path}.{name}".lstrip("."), model, field, shape(model).child(field))


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
    # The nearest class that declares it has the text, also the class that a generic model was written as.
    found = (_texts(owner.__module__).get((owner.__name__, attribute)) for owner in model.__mro__)
    text, *parts = LABELS.split(next(filter(None, found), ""))
    said = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    example = said.get("Example")
    more = said.get("More", said.get("Later"))
    return Meaning(
        text.strip(),
        _sentence(said.get("Unit", _unit(shape(model).child(name)))) or NO_UNIT,
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


def _unit(expected: Shape) -> str:
    """Return the unit of a type."""
    for option, marks in expected.leaves():
        for mark in marks:
            if (own := _known_by(mark)) in _UNITS:
                return _UNITS[own]
        if option is Distribution:
            return f"{A_TIME}, or a distribution of times"
    return NO_UNIT


def _known_by(mark: Any) -> Within | str | None:
    """Return what a unit is found by: bounds, or the description of a scalar that is read from text."""
    if isinstance(mark, WithJsonSchema):
        return str((mark.json_schema or {}).get("description"))
    return mark if isinstance(mark, Within) else None


_UNITS = {
    _known_by(mark): unit
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
        A_TIME: (bounds.Duration,),
        "a date: YYYY-MM-DD": (bounds.Day,),
        "a time of day: HH:MM": (bounds.HalfHour,),
    }.items()
    for annotation in annotations
    for mark in get_args(annotation)[1:]
    if _known_by(mark) is not None
}
"""Units of types that say their unit by themselves."""


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
