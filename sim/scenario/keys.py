"""The keys of a scenario: the models of the schema, the fields that a dotted key means, and what stands below them."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel


@cache
def models(top: type[BaseModel]) -> list[type[BaseModel]]:
    """Return a model of the schema and all that its fields consist of, each once, in the order of the file."""
    found: dict[type[BaseModel], None] = {}
    _add(top, found)
    return list(found)


def _add(model: type[BaseModel], found: dict[type[BaseModel], None]) -> None:
    if model not in found:
        found[model] = None
        for info in model.model_fields.values():
            for below in _models_of(info.annotation):
                _add(below, found)


def _models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for option in get_args(annotation):
            yield from _models_of(option)
