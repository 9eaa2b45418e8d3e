"""Read the meaning of each key: what it is, its unit, the effect of a larger value, an example.

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
from typing import Any, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from sim.scenario import bounds, scalars
from sim.scenario.bounds import Within, bounds_of
from sim.scenario.distributions import Distribution
from sim.scenario.schema.base import Naming
from sim.scenario.shapes import NAMED, fields, shape
from sim.scenario.writing import flow_text

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
