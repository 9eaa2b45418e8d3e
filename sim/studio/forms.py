"""The forms of a page, from the schema: levers in five groups and kinds of measures, with what ``explain`` says.

Names are translated, what ``explain`` says is English. Each field is a text of YAML, as ``--set KEY=VALUE`` takes it.
"""

from collections.abc import Iterator
from typing import Any

from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.scenario.explained import Explained, explained
from sim.scenario.keys import Key, keys_at
from sim.scenario.lever_words import WORDS, gist, key_name
from sim.scenario.load import Scenario
from sim.scenario.meanings import NO_UNIT
from sim.scenario.reading import read_plain
from sim.scenario.resolved import plain
from sim.scenario.starter import LEVERS, MEASURES, examples
from sim.scenario.writing import as_typed, flow_text

GROUPS = {
    "warn": marked("Warn"),
    "staff": marked("Staff"),
    "filter": marked("Filter"),
    "campaigns": marked("Campaigns"),
    "banks": marked("Banks"),
}
"""The groups of levers, in the order of the page."""

OF_SECTION = {"warning": "warn", "desks": "staff", "interception": "filter"}
"""The group of a lever, by the section of its key."""

KINDS = {
    "warning": "warn",
    "outage": "warn",
    "videos": "warn",
    "activities": "warn",
    "filter": "filter",
    "blocking": "filter",
    "source_regulation": "filter",
    "label": "filter",
    "card_purge": "filter",
    "real_name": "filter",
    "den_campaign": "campaigns",
    "cluster_campaign": "campaigns",
    "repatriation": "campaigns",
    "returns": "campaigns",
    "law": "campaigns",
    "bank_hold": "banks",
    "payment_delay": "banks",
    "account_freeze": "banks",
    "account_purge": "banks",
}
"""The group of each kind of measure."""

BY_PROVINCE = "by_province"

Plain = dict[str, Any]


def forms(scenario: Scenario) -> list[Plain]:
    """Return the groups of a page for a scenario: levers, measures of the scenario, and kinds that can be added."""
    levers = [lever for key in LEVERS if not key.endswith(BY_PROVINCE) for lever in _levers(key, scenario)]
    return [
        {
            "id": group,
            "name": said(name),
            "levers": [one for one in levers if OF_SECTION[one["key"].partition(".")[0]] == group],
            "measures": list(_measures(scenario, group)),
            "kinds": [_kind(kind, scenario) for kind, own in KINDS.items() if own == group],
        }
        for group, name in GROUPS.items()
    ]


def provinces(scenario: Scenario) -> list[Plain]:
    """Return the provinces in the order of their codes, each with the officers it has at each desk, as staff states."""
    population = scenario.spec.population
    by_desk = {desk: scenario.spec.desks.parts(desk, population.people) for desk in ("call", "visit")}
    return [
        {
            "name": row.name,
            "said": named(row.name),
            "staff": {desk: round(parts[row.code]) for desk, parts in by_desk.items()},
        }
        for row in population.provinces
    ]


def _levers(text: str, scenario: Scenario) -> Iterator[Plain]:
    """Yield the field of a lever with its value in the scenario."""
    (one,), (key,) = explained(text, scenario), keys_at(text)
    shown = examples(scenario).get(text, one.example)
    yield {
        **_field(one, key),
        "name": key_name(text, scenario.spec),
        "value": one.value,
        "example": shown,
        **_origin(one),
    }


def _origin(one: Explained) -> Plain:
    """Return where a value comes from and its range, in words."""
    source = one.source
    limits = [] if source is None or source.range is None else [flow_text(as_typed(end)) for end in source.range]
    return {
        "origin": "" if source is None or not source.origin else named(source.origin),
        "range": said("{low} to {high}", low=limits[0], high=limits[1]) if limits else "",
    }


def _field(one: Explained, key: Key) -> Plain:
    """Return a field: its key, its meaning, and the words among which to choose, if there are only these."""
    words = [] if key.shape.models() else key.shape.words()
    if not words and one.allowed == "on or off":
        words = ["on", "off"]
    return {
        "key": one.key,
        "text": one.text,
        "unit": "" if one.unit == NO_UNIT else one.unit,
        "more": one.more or "",
        "allowed": one.allowed or "",
        "choices": [{"value": word, "said": named(word)} for word in words],
    }


def _measures(scenario: Scenario, group: str) -> Iterator[Plain]:
    """Yield the measures of the scenario that belong to a group; a policy can take them out."""
    names = {row.code: named(row.name) for row in scenario.spec.population.provinces}
    for name, value in plain(scenario.levers["measures"]).items():
        if KINDS.get(value["kind"]) == group:
            yield {"key": f"measures.{name}", "name": name, "text": gist(value, names)}


def _kind(kind: str, scenario: Scenario) -> Plain:
    """Return a kind of measure: its purpose, and a field for each of its keys; those of an example are filled in."""
    (one,) = explained(f"measures[{kind}]")
    (top,) = keys_at(f"measures[{kind}]")
    given = _examples(scenario).get(kind, {})
    fields = []
    for key in top.below():
        if key.field == "kind":
            continue
        (about,) = (row for row in explained(key.path) if row.kind in (kind, None))
        required = key.owner.model_fields[key.field].is_required()
        start = flow_text(as_typed(given[key.field])) if key.field in given else ""
        if required and not start:
            start = _first_day(scenario) if key.field == "window" else (about.example or "")
        fields.append(
            {**_field(about, key), "key": key.field, "name": _word(key.field), "value": start, "required": required}
            | {"example": about.example or ""}
        )
    fields.sort(key=lambda row: not row["required"])
    return {"kind": kind, "name": named(kind), "text": one.text, "fields": fields}


def _word(key: str) -> str:
    return said(WORDS[key]) if key in WORDS else named(key)


def _first_day(scenario: Scenario) -> str:
    """Return a window from the middle of the period on, as the examples have it."""
    shown = next((one["window"] for one in _examples(scenario).values() if "window" in one), None)
    return flow_text(shown or [scenario.spec.period.start.isoformat(), None])


def _examples(scenario: Scenario) -> dict[str, Plain]:
    """Return the example measures of ``tocsin new``, by kind."""
    every = examples(scenario)
    texts = (every.get(f"measures.{name}") for name in MEASURES)
    return {found["kind"]: found for found in (read_plain(text) for text in texts if text is not None)}
