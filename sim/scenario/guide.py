"""The keys of scenarios for editors and readers: a JSON Schema, and the site's page of keys.

The JSON Schema of scenario files, for editors: pydantic's own, made to fit files that extend others.

The site's page of keys, written from the schema: ``python -m sim.scenario.guide``.
"""

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from sim.scenario.distributions import Distribution
from sim.scenario.keys import NAME, NO_UNIT, allowed, every_key, kind_of, meaning, models, purpose
from sim.scenario.merging import CHANGES, FULL_FORM, ORIGINS, SHAPES
from sim.scenario.reading import read_plain
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import NAMED, fields, shape

EXTENDS = (
    "The scenario that this one changes: a path in this file's folder or the name of a bundled scenario. Maps merge, "
    "lists and values replace, null removes."
)
SAID = ("default", "title", "description", "examples")
"""Parts of a schema that describe a value and do not restrict it."""

RELATIVE = {
    "type": "object",
    "description": "A change of the number in the scenario that this one extends: a factor, or what is added.",
    "properties": {key: {"type": "number"} for key in CHANGES},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
"""The schema of a value that is relative to the scenario that a file extends."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file, full forms included; with ``extends`` no key is required."""
    schema = ScenarioModel.model_json_schema(by_alias=True, mode="validation")
    for model in models(ScenarioModel):
        _describe(schema if model is ScenarioModel else schema["$defs"][model.__name__], model)
    definitions = {name: _loosened(part) for name, part in schema.pop("$defs", {}).items()}
    required = schema.pop("required", [])
    top = _loosened(schema, top=True)
    top["properties"]["extends"] = {"type": "string", "description": EXTENDS, "examples": ["china-2022"]}
    return {
        "$schema": DIALECT,
        **top,
        "title": "Tocsin scenario",
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": required},
        "$defs": definitions,
    }


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Add the meaning of each key of a model, and the allowed values if the type states them."""
    parts = dict(schema["properties"])
    if NAMED in fields(model):
        parts[NAMED] = schema["additionalProperties"]
    for name, inner in parts.items():
        said = meaning(model, name)
        if not said.text:
            continue
        texts = [said.text, f"Unit: {said.unit}." if said.unit != NO_UNIT else "", said.direction]
        if "description" in inner:
            texts.append(f"Allowed: {inner['description']}.")
        if said.example is not None:
            texts.append(f"Example: {said.example}")
            inner["examples"] = [read_plain(said.example)]
        inner["description"] = " ".join(text for text in texts if text)


def _loosened(schema: dict[str, Any], top: bool = False) -> dict[str, Any]:
    """Return a schema of an object that allows full forms and null; only loading can tell which keys are missing."""
    loosened = {key: value for key, value in schema.items() if key != "required"}
    if "properties" in loosened:
        loosened["properties"] = {
            name: inner if top and name in ("schema", "name", "title") else _or_full(inner)
            for name, inner in loosened["properties"].items()
        }
    if isinstance(loosened.get("additionalProperties"), dict):
        loosened["additionalProperties"] = _or_full(loosened["additionalProperties"])
    if "patternProperties" in loosened:
        patterns = loosened["patternProperties"].items()
        loosened["patternProperties"] = {pattern: _or_full(inner) for pattern, inner in patterns}
    return loosened


def _or_full(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the value itself, its full form with origin, range and basis, or null to remove it."""
    inner = {key: value for key, value in schema.items() if key not in SAID}
    kept = {key: value for key, value in schema.items() if key in SAID}
    nested = _loosened(inner) if inner.get("type") == "object" else inner
    if "oneOf" in nested:  # a part of a measure, without its kind, agrees with several
        nested = {"anyOf": nested["oneOf"]}
    relative = [] if nested.get("type") in ("object", "array") else [RELATIVE]
    value, origin, limits, shape, fixed, target, basis = FULL_FORM
    full = {
        "type": "object",
        "properties": {
            value: {"anyOf": [nested, *relative]} if relative else nested,
            origin: {"enum": list(ORIGINS)},
            limits: {"type": "array", "minItems": 2, "maxItems": 2},
            shape: {"enum": list(SHAPES)},
            fixed: {"type": "string"},
            target: {"type": "string"},
            basis: {"type": "string"},
        },
        "required": [value],
        "additionalProperties": False,
    }
    return {**kept, "anyOf": [nested, full, *relative, {"type": "null"}]}


WIDTH = 120

LONGEST_EXAMPLE = 200
"""Most characters of an example; profiles of 48 half hours are longer and left out."""

MOST_PLACES = 4
"""Most places that are listed for a part that is used in many."""

HEAD = """\
# The keys of a scenario

For people who write scenarios: every key with its meaning, unit, effect, bounds and an example. `tocsin explain KEY
SCENARIO` prints the same for one key, with the value of a scenario and its source. How a scenario is written:
[scenario.md](../scenario.md). The reasons for the bounds: [bounds.md](bounds.md).

`NAME` stands for any name, `[KIND]` for a measure of that kind, `0` for the position of a row. *More of it* says what a
larger number does if nothing else changes.
"""


def document() -> str:
    """Return the page, in Markdown."""
    places = _places()
    parts = [model for model in models(ScenarioModel) if model in places]
    return "\n".join([HEAD, *(line for model in parts for line in _part(model, places[model]))]) + "\n"


def _places() -> dict[type[BaseModel], list[str]]:
    """Return the places of each part: the keys that hold it."""
    found: dict[type[BaseModel], list[str]] = {}
    for path, key in every_key().items():
        holder = path.rpartition(".")[0]
        holders = found.setdefault(key.owner, [])
        if holder not in holders:
            holders.append(holder)
    return found


def _part(model: type[BaseModel], places: list[str]) -> Iterator[str]:
    """Yield the lines about a part: its place, its purpose and its keys."""
    kind = kind_of(model)
    first = "The top" if not places[0] else f"`measures[{kind}]`" if kind else f"`{places[0]}`"
    yield f"## {first}"
    yield ""
    about = purpose(model)
    if any(model is one for one in models(Distribution)):
        about += " It may be used wherever a duration is drawn."
    elif len(places) > 1:
        others = [f"`{place}`" for place in places[1 : MOST_PLACES + 1]]
        more = len(places) - 1 - len(others)
        about += f" Also at {', '.join(others)}" + (f" and {more} more." if more else ".")
    yield _wrapped(about, "")
    yield ""
    for name in fields(model):
        yield _wrapped(f"- `{NAME if name == NAMED else name}`: {_said(model, name)}", "  ")
    yield ""


def _said(model: type[BaseModel], name: str) -> str:
    """Return the whole entry of a key."""
    said, expected = meaning(model, name), shape(model).child(name)
    assert expected is not None
    unit = f"*Unit:* {said.unit}." if said.unit != NO_UNIT else "No unit."
    label, _, effect = (said.direction or "").partition(":")
    direction = f"*{label}:*{effect}" if label else None
    words = allowed(expected)
    bounds = f"*Allowed:* {words}." if words else None
    shown = said.example is not None and len(said.example) <= LONGEST_EXAMPLE
    example = f"*Example:* `{said.example}`" if shown else None
    parts = (said.text, None if expected.models() and said.unit == NO_UNIT else unit, direction, bounds, example)
    return " ".join(part for part in parts if part)


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(document(), end="")
