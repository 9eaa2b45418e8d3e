"""Write a scenario to start from, with the most used levers commented out.

Each lever stands in its section with its meaning, unit, effect, allowed values and current value, so removing comment
marks changes nothing until a value is edited; what the scenario lacks, and measures, are examples. Prose is commented
twice: it stays a comment when a whole section is uncommented.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.scenario.keys import NO_UNIT, Key, allowed, keys_at, meaning
from sim.scenario.load import Scenario, value_at
from sim.scenario.merging import is_full_form
from sim.scenario.reading import as_typed, flow_text, scalar_text
from sim.scenario.resolved import plain
from sim.scenario.schema.base import Period

WIDTH = 100
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


@dataclass(frozen=True)
class _Lever:
    """A lever: its path, the text of its value, and its explanation."""

    path: tuple[str, ...]
    value: str
    prose: str


def starter_text(name: str, base: str, scenario: Scenario, schema: str) -> str:
    """Return the text of a scenario that extends ``base`` and changes nothing; ``schema`` is a file's name."""
    title = f"What changes relative to {scenario.name}?"
    head = HEAD.format(schema=schema, base=base, name=name, title=scalar_text(title), file=f"{name}.yaml")
    levers = [*(lever for key in LEVERS for lever in _of_key(key, scenario)), *_measures(scenario)]
    (key,) = keys_at("scale")
    small = SMALL.format(scale=meaning(key.owner, key.field).text)
    return head + small + "\n".join([*_written(levers), ""])


def examples(scenario: Scenario) -> dict[str, str]:
    """Return the levers that a scenario has not, by dotted key, each with the text of its example."""
    lacking = [lever for key in EXAMPLES if not _has(scenario, key) for lever in _of_key(key, scenario)]
    return {".".join(lever.path): lever.value for lever in (*lacking, *_measures(scenario))}


def _has(scenario: Scenario, key: str) -> bool:
    try:
        value_at(scenario.resolved, key)
    except KeyError:
        return False
    return True


def _written(levers: list[_Lever]) -> Iterator[str]:
    """Yield the commented lines of levers, each under its parent keys, which are written once."""
    above: tuple[str, ...] = ()
    for lever in levers:
        *holders, key = lever.path
        shared = next((n for n, pair in enumerate(zip(holders, above, strict=False)) if pair[0] != pair[1]), None)
        shared = min(len(holders), len(above)) if shared is None else shared
        if shared == 0:
            yield ""
        for depth in range(shared, len(holders)):
            yield f"{COMMENT}{'  ' * depth}{scalar_text(holders[depth])}:"
        indent = "  " * len(holders)
        yield from (
            f"{COMMENT}{indent}# {line}"
            for line in textwrap.wrap(lever.prose, WIDTH - len(indent) - 4, break_on_hyphens=False)
        )
        yield f"{COMMENT}{indent}{scalar_text(key)}: {lever.value}"
        above = tuple(holders)


def _of_key(text: str, scenario: Scenario) -> Iterator[_Lever]:
    """Yield the lever at a dotted key with the scenario's value."""
    (key,) = keys_at(text)
    path = tuple(text.split("."))
    try:
        found = value_at(scenario.resolved, text)
    except KeyError:
        example = flow_text(as_typed(EXAMPLES[text]))
        yield _Lever(path, example, f"{_prose(key)} {scenario.name} has none; the value is only an example.")
        return
    value = plain(found)
    if text.endswith("by_province"):
        path, value, present = _of_province(path, scenario)
    else:
        shown = "this" if isinstance(value, dict) else flow_text(as_typed(value))
        present = f"{scenario.name} has {shown}{_range(found)}"
    yield _Lever(path, flow_text(as_typed(value)), f"{_prose(key)} {present}.")


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


def middle_month(period: Period) -> date:
    """Return the first day of the month in the middle of a period, or the period's first day if it is later."""
    middle = period.start + (period.end - period.start) / 2
    return max(period.start, date(middle.year, middle.month, 1))


def _measures(scenario: Scenario) -> Iterator[_Lever]:
    """Yield example measures that begin in the middle of the period."""
    start = middle_month(scenario.spec.period).isoformat()
    taken = set(scenario.spec.measures)
    for name, says in MEASURES.items():
        if says["kind"] == "account_freeze" and scenario.spec.accounts is None:
            continue
        (kind,) = keys_at(f"measures[{says['kind']}]")
        lever = next(one for one in kind.below() if one.field in ("intensity", "share"))
        fields = {one.field for one in kind.below()}
        region = {"region": next(iter(scenario.spec.dens.regions))} if "region" in fields else {}
        rest = {key: inner for key, inner in says.items() if key != "kind"}
        value = {"kind": says["kind"], "window": [start, None], **region, **rest}
        own = next(f"{name}{tail}" for tail in ("", *(f"-{n}" for n in range(2, 1000))) if f"{name}{tail}" not in taken)
        some = f"Limit it to some provinces with provinces: [{scenario.spec.population.provinces[0].name}]."
        where = some if "provinces" in fields else ""
        prose = f"An example measure. Intensity: {_prose(lever)} The number is only an example. {where}"
        yield _Lever(("measures", own), flow_text(value), prose.strip())


def _prose(key: Key) -> str:
    """Return the meaning, unit, effect and allowed values of a lever."""
    said = meaning(key.owner, key.field)
    unit = f"Unit: {said.unit}." if said.unit != NO_UNIT else None
    words = allowed(key.shape)
    bounds = f"Allowed: {words}." if words else None
    return " ".join(part for part in (said.text, unit, said.direction, bounds) if part)


def _range(found: Any) -> str:
    if not is_full_form(found) or "range" not in found:
        return ""
    low, high = (flow_text(as_typed(end)) for end in found["range"])
    return f" (range {low} to {high})"
