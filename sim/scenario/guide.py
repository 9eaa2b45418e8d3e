"""The keys of scenarios for editors and writers: a JSON Schema, a scenario to start from, a search.

The JSON Schema of scenario files, for editors: pydantic's own, made to fit files that extend others.

A scenario to start from has the most used levers commented out. Each stands in its section with its meaning, unit,
effect, allowed values and current value, so removing comment marks changes nothing until a value is edited; what the
scenario lacks, and measures, are examples. Prose is commented twice: it stays a comment when a section is uncommented.

``tocsin explain`` searches keys, kinds of measures and bundled policies by the text about them. An entry fits a text as
far as it has the text's words: each counts by how few entries have it (its inverse document frequency), and twice where
it stands in the entry's name. Ties go to the first by name.
"""

import math
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from pydantic import BaseModel

from sim.base.words import DistributionKind
from sim.scenario.errors import FULL_FORM
from sim.scenario.keys import NAMED, NO_UNIT, allowed, every_key, fields, keys_at, meaning, models, purpose
from sim.scenario.load import Scenario, value_at
from sim.scenario.merging import CHANGES, ORIGINS, SHAPES, is_full_form
from sim.scenario.reading import as_typed, bundled_scenarios, flow_text, read_plain, scalar_text
from sim.scenario.resolved import plain
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import KINDS

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
    for model in models():
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
        told = _prose(model, name, inner.get("description"))
        if said.example is not None:
            told += f" Example: {said.example}"
            inner["examples"] = [read_plain(said.example)]
        inner["description"] = told


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
    value, origin, limits, shape, *texts = FULL_FORM
    full = {
        "type": "object",
        "properties": {
            value: {"anyOf": [nested, *relative]} if relative else nested,
            origin: {"enum": list(ORIGINS)},
            limits: {"type": "array", "minItems": 2, "maxItems": 2},
            shape: {"enum": list(SHAPES)},
            **{text: {"type": "string"} for text in texts},
        },
        "required": [value],
        "additionalProperties": False,
    }
    return {**kept, "anyOf": [nested, full, *relative, {"type": "null"}]}


COLUMNS = 100
"""Columns of the text."""

COMMENT = "# "

LEVERS = (
    "desks.visit.staff",
    "desks.visit.by_province",
    "desks.visit.lends",
    "desks.call.staff",
    "warning.tiers.red.first",
    "warning.tiers.red.deadline",
    "warning.tiers.red.tries.visit",
    "warning.tiers.red.again",
    "warning.tiers.orange.first",
    "warning.tiers.orange.deadline",
    "warning.tiers.yellow.escalate.unread",
    "warning.tiers.blue.by_age",
    "warning.detectors.central.thresholds",
    "warning.detectors.local.thresholds",
    "warning.quiet",
    "warning.signs",
    "interception.call.d_prime",
    "interception.sms.d_prime",
)
"""Keys that policies change most, by section."""

EXAMPLES: dict[str, Any] = {
    "warning.tiers.red.again": {"after": {"lognormal": {"median": "3 h", "sigma": 0.5}}},
    "warning.tiers.blue.by_age": [{"ages": [60, None], "first": "call"}],
    "warning.quiet": "24 h",
    "warning.signs": {
        "transfer": {
            "episode": {"contact": 0.01, "engaged": 0.03, "opened": 0.1, "payment": 0.7},
            **{"ignored": 0.01, "unanswered": 0.005, "legitimate": 0.02, "delay": "5 min", "lifts": 1},
        }
    },
}
"""Values of levers that most scenarios do not have; their numbers are only examples."""

MEASURES: dict[str, dict[str, Any]] = {
    "my-sms-filter": {"kind": "filter", "channel": "sms", "intensity": -1.0},
    "my-bank-holds": {"kind": "bank_hold", "intensity": 0.1},
    "my-payment-delay": {"kind": "payment_delay", "intensity": 1.0, "above": 50000.0, "payee": "new", "wait": "24 h"},
    "my-account-freeze": {"kind": "account_freeze", "share": 0.33, "after": "1 h"},
    "my-campaign": {"kind": "den_campaign", "intensity": 1.0},
    "my-blocking": {"kind": "blocking", "target": "site", "intensity": 0.5},
}
"""Measures that a policy may add, without window and region of dens. Their numbers are only examples."""

HEAD = """\
# yaml-language-server: $schema={schema}
## The line above is for editors: with it they complete keys, explain them and mark mistakes.
##
## This scenario is {base} with the changes below; every other value is the one of {base}.
## To use a lever, remove the first "# " of its line and of the section lines above it, then edit the value.
## Lines with a second # only explain: leave them, or uncomment them with the rest.
## A number may be relative to {base}: {{times: 2}} doubles it, {{plus: 0.1}} adds 0.1, in each posterior draw, too.
##
## tocsin validate {file}    lists every mistake
## tocsin show {base}    lists all values
## tocsin explain KEY    explains a key
## tocsin provinces    lists provinces; use their names or codes
schema: 1
name: {name}
title: {title}
extends: {base}
"""

SMALL = """
## For a first look use a small sample: --scale 0.005 --pool country takes seconds and, with all provinces pooled, keeps
## desks large. For questions about one province add --apart NAME: it stays separate, and its own settings hold.
# # {scale}
# scale: 0.005
"""


Lever = tuple[tuple[str, ...], str, str]
"""A lever: its path, the text of its value, and its explanation."""


def starter_text(name: str, base: str, scenario: Scenario, schema: str) -> str:
    """Return the text of a scenario that extends ``base`` and changes nothing; ``schema`` is a file's name."""
    title = f"What changes relative to {scenario.name}?"
    head = HEAD.format(schema=schema, base=base, name=name, title=scalar_text(title), file=f"{name}.yaml")
    levers = [*(_of_key(key, scenario) for key in LEVERS), *_measures(scenario)]
    return head + SMALL.format(scale=meaning(ScenarioModel, "scale").text) + "\n".join([*_written(levers), ""])


def examples(scenario: Scenario) -> dict[str, str]:
    """Return the levers that a scenario has not, by dotted key, each with the text of its example."""
    lacking = [_of_key(key, scenario) for key in EXAMPLES if _value(scenario, key) is None]
    return {".".join(path): value for path, value, _ in (*lacking, *_measures(scenario))}


def _value(scenario: Scenario, key: str) -> Any:
    """Return the value of a lever, in full form if it has one; None if the scenario has none."""
    try:
        return value_at(scenario.resolved, key)
    except KeyError:
        return None


def _written(levers: list[Lever]) -> Iterator[str]:
    """Yield the commented lines of levers, each under its parent keys, which are written once."""
    above: tuple[str, ...] = ()
    for path, value, prose in levers:
        *holders, key = path
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(holders, above, strict=False)))
        if shared == 0:
            yield ""
        for depth in range(shared, len(holders)):
            yield f"{COMMENT}{'  ' * depth}{scalar_text(holders[depth])}:"
        indent = COMMENT + "  " * len(holders)
        yield from (
            f"{indent}# {line}" for line in textwrap.wrap(prose, COLUMNS - len(indent) - 2, break_on_hyphens=False)
        )
        yield f"{indent}{scalar_text(key)}: {value}"
        above = tuple(holders)


def _of_key(text: str, scenario: Scenario) -> Lever:
    """Return the lever at a dotted key with the scenario's value, or an example of one."""
    (key,) = keys_at(text)
    path, found = tuple(text.split(".")), _value(scenario, text)
    value = plain(found)
    if found is None:
        value, present = EXAMPLES[text], f"{scenario.name} has none; the value is only an example"
    elif text.endswith("by_province"):
        path, value, present = _of_province(path, scenario)
    else:
        shown = "this" if isinstance(value, dict) else flow_text(as_typed(value))
        present = f"{scenario.name} has {shown}{_range(found)}"
    return path, flow_text(as_typed(value)), f"{_prose(key.owner, key.field, allowed(key.shape))} {present}."


def _of_province(path: tuple[str, ...], scenario: Scenario) -> tuple[tuple[str, ...], Any, str]:
    """Return path, value and current staff of the most populous province."""
    population, (_, desk, _) = scenario.spec.population, path
    largest = max(population.provinces, key=lambda row: row.population)
    own = plain(value_at(scenario.resolved, ".".join(path)))
    if str(largest.code) in own:
        return (*path, largest.name), own[str(largest.code)], f"{scenario.name} has this for {largest.name}"
    staff = scenario.spec.desks.parts(desk, population.people)[largest.code]
    what = f"The share of {largest.name} in {scenario.name} is {staff:.0f}"
    return (*path, largest.name), {"staff": round(staff)}, what


def _measures(scenario: Scenario) -> Iterator[Lever]:
    """Yield example measures that begin with the month in the middle of the period, or with the period."""
    period, taken = scenario.spec.period, set(scenario.spec.measures)
    middle = period.start + (period.end - period.start) / 2
    start = max(period.start, middle.replace(day=1)).isoformat()
    for name, says in MEASURES.items():
        if says["kind"] == "account_freeze" and scenario.spec.accounts is None:
            continue
        (kind,) = keys_at(f"measures[{says['kind']}]")
        fields = {one.field: one for one in kind.below()}
        region = {"region": next(iter(scenario.spec.dens.regions))} if "region" in fields else {}
        rest = {key: inner for key, inner in says.items() if key != "kind"}
        value = {"kind": says["kind"], "window": [start, None], **region, **rest}
        own = next(f"{name}{tail}" for tail in ("", *(f"-{n}" for n in range(2, 1000))) if f"{name}{tail}" not in taken)
        some = f"Limit it to some provinces with provinces: [{scenario.spec.population.provinces[0].name}]."
        key = fields.get("intensity") or fields["share"]
        strength = _prose(key.owner, key.field, allowed(key.shape))
        prose = f"An example measure. Intensity: {strength} The number is only an example."
        yield ("measures", own), flow_text(value), f"{prose} {some}" if "provinces" in fields else prose


def _prose(model: type[BaseModel], name: str, words: str | None) -> str:
    """Return the meaning, unit and effect of a key, and its allowed values if there are words for them."""
    said = meaning(model, name)
    unit = f"Unit: {said.unit}." if said.unit != NO_UNIT else None
    bounds = f"Allowed: {words}." if words else None
    return " ".join(part for part in (said.text, unit, said.direction, bounds) if part)


def _range(found: Any) -> str:
    if not is_full_form(found) or "range" not in found:
        return ""
    low, high = (flow_text(as_typed(end)) for end in found["range"])
    return f" (range {low} to {high})"


NAME_WEIGHT = 2.0
"""How much more a word counts in the name of an entry than in the text about it."""

ENOUGH = 0.6
"""Least share of a text's words, by their weight, that an entry must have to be found."""

SHORTEST = 4
"""Least letters of a word that also finds the longer ones that begin with it."""

ENDING = re.compile(r"(?<=\w{3})(ing|ed|es|s|e)$")
STOP = "a an and are at by did do does for from had how if in is it of on or that the to was were what"
"""Words that say nothing of a key."""

OF_ALL_KINDS = frozenset(("kind", "window", "provinces", "ramp", "steps", "classes"))
"""Keys of measures of many kinds, which are found with their kinds."""

FORMS = frozenset(DistributionKind.labels())
"""Parts of a distribution, which are found with its key."""


def search(text: str, most: int) -> list[tuple[str, str]]:
    """Find the entries that have the words of a text in their name or in the text about them, the best first.

    Args:
        text: English words.
        most: How many are returned at most.

    Returns:
        Dotted keys, ``measures[KIND]`` and names of bundled scenarios, each with the text about it.
    """
    texts = dict(_entries())
    names = {name: _words(name) for name in texts}
    abouts = {name: _words(about) for name, about in texts.items()}
    scores, shares, whole = defaultdict[str, float](float), defaultdict[str, float](float), 0.0
    for word, stem in _words(text).items():
        if word in STOP.split():
            continue
        named, told = ({name for name, words in some.items() if _has(words, word, stem)} for some in (names, abouts))
        rarity = math.log(1.0 + len(texts) / max(1, len(named | told)))
        whole += rarity
        for name in named | told:
            shares[name] += rarity
            scores[name] += rarity * (NAME_WEIGHT if name in named else 1.0)
    found = [name for name, share in shares.items() if share >= ENOUGH * whole]
    best = sorted(found, key=lambda name: (-scores[name], name.count("."), name))
    return [(name, texts[name]) for name in best[:most]]


def _entries() -> Iterator[tuple[str, str]]:
    """Yield everything that can be found: kinds of measures, keys, and bundled scenarios with their questions."""
    for kind, model in KINDS.items():
        yield f"measures[{kind}]", purpose(model)
    for path, key in every_key().items():
        parts = set(path.split("."))
        if not parts & FORMS and not (path.startswith("measures[") and parts & OF_ALL_KINDS):
            yield path, meaning(key.owner, key.field).text
    yield from bundled_scenarios()


def _words(text: str) -> dict[str, str]:
    """Return the words of a text with their stems."""
    return {word: ENDING.sub("", re.sub("ies$", "y", word)) for word in re.findall(r"[^\W_]+", text.lower())}


def _has(words: Mapping[str, str], word: str, stem: str) -> bool:
    return stem in words.values() or (len(word) >= SHORTEST and any(one.startswith(word) for one in words))
