"""The JSON Schema of scenario files, for editors: pydantic's own, made to fit files that extend others."""

from typing import Any

from pydantic import BaseModel

from sim.scenario.keys import models
from sim.scenario.meanings import NO_UNIT, meaning
from sim.scenario.merging import CHANGES
from sim.scenario.parameters import FULL_FORM, ORIGINS, SHAPES
from sim.scenario.reading import read_plain
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import NAMED, fields

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
