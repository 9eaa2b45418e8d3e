"""What the schema expects at each place of a scenario, from the annotations of its pydantic models."""

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError

from sim.scenario.errors import Node
from sim.scenario.scalars import TableMarker

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
        if node is None or len(self._models) < 2:
            return self._models
        agreeing = [model for model in self._models if _agrees(model, node)]
        return agreeing or self._models

    @cached_property
    def reader(self) -> TypeAdapter[Any]:
        """Pydantic's reader for values here."""
        return adapter(self.annotation)

    @cached_property
    def _models(self) -> list[type[BaseModel]]:
        return [o for o in self.options if isinstance(o, type) and issubclass(o, BaseModel)]

    def child(self, part: str | int, node: Node | None = None) -> "Shape | None":
        """Return the shape at a key or index below; None if the schema has none."""
        for model in self.models(node):
            below = _shapes(model).get(str(part))
            if below is not None:
                return below
        for model in self.models(node):
            if NAMED in _shapes(model):
                return _shapes(model)[NAMED]
        for option in self.options:
            origin, args = get_origin(option), get_args(option)
            if origin is dict:
                return shape(args[1])
            if isinstance(part, int) and origin is tuple and Ellipsis not in args:
                return shape(args[part]) if part < len(args) else None
            if isinstance(part, int) and origin in (list, tuple, Sequence):
                return shape(args[0])
        return None

    def key_names(self, node: Node | None = None) -> list[str]:
        """Return the keys of the models here, in order."""
        return list(dict.fromkeys(name for model in self.models(node) for name in fields(model) if name != NAMED))

    def words_for_people(self) -> str:
        """Return the allowed values in words such as ``a duration, for example '45 min'``."""
        models, words = self.models(), self.words()
        if self.table:
            return "a list of rows or the name of a CSV file next to the scenario"
        if models:
            keys = self.key_names()
            a_map = (
                f"a map with the key{'s' if len(keys) > 1 else ''} {', '.join(keys)}" if len(models) == 1 else "a map"
            )
            return ", or ".join([*([f"one of {', '.join(words)}"] if words else []), a_map])
        if words:
            return f"one of {', '.join(words)}"
        stated = self.reader.json_schema()
        return _in_words(stated)

    def words(self) -> list[str]:
        """Return the allowed words of literal types."""
        literals = [option for option in self.options if get_origin(option) is Literal]
        return [str(word) for option in literals for word in get_args(option)]


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
    return written_by(adapter(annotation), value)


def written_by(reader: TypeAdapter[Any], value: Any) -> Any:
    """Return a value as a scenario writes it, by the reader of such values."""
    try:
        return reader.dump_python(value, mode="json", by_alias=True)
    except PydanticSerializationError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # an interrupt within a serialiser is not its mistake
            raise error.__cause__ from None
        raise


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
    return {name: shape(_annotation(info)) for name, info in fields(model).items()}


TYPES = {
    "array": "a list",
    "object": "a map",
    "string": "text",
}


def _in_words(stated: dict[str, Any]) -> str:
    """Return the JSON Schema of a value in words."""
    if "description" in stated:
        example = f", for example '{stated['examples'][0]}'" if "examples" in stated else ""
        return f"{stated['description']}{example}"
    if "oneOf" in stated:
        return ", or ".join(_in_words(option) for option in stated["oneOf"])
    return TYPES.get(stated.get("type", ""), "a value")


def _annotation(info: FieldInfo) -> Any:
    if not info.metadata:
        return info.annotation
    return Annotated[(info.annotation, *info.metadata)]


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
        if given is not None:
            if str(given.value) not in words:
                return False
            seen = True
    return seen


@lru_cache(maxsize=256)
def _literals(model: type[BaseModel]) -> dict[str, list[str]]:
    """Return the words of each literal key of a model."""
    literals = {name: info for name, info in fields(model).items() if get_origin(info.annotation) is Literal}
    return {name: shape(_annotation(info)).words() for name, info in literals.items()}
