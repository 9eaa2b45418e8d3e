"""The page of a studio: its forms and texts, filled in on the server, and answers as it shows them.

Forms come from the schema: levers in five groups and kinds of measures, with what ``explain`` says. Names are
translated, what ``explain`` says is English. Each field is a text of YAML, as ``--set KEY=VALUE`` takes it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.base.rounding import amount, between, percent, significant
from sim.experiments.paired import PAIRS
from sim.experiments.pairing import half_width
from sim.language import LANGUAGES, marked, named, said, spoken
from sim.reading.findings import shortened
from sim.reading.quantities import MONEY
from sim.report.parts import filled, in_script
from sim.scenario.guide import LEVERS, MEASURES, examples
from sim.scenario.keys import NO_UNIT, Key, keys_at
from sim.scenario.levers import WORDS, Explained, explained, gist, key_name
from sim.scenario.load import Scenario
from sim.scenario.reading import as_typed, flow_text, read_plain
from sim.scenario.resolved import plain
from sim.studio.policies import DRAFT, MOST_PAIRS, MOST_POLICIES, POOLS, WHOLE, Policies, RunSize, draws_of
from sim.told.answers import Answer, effect_lines, of_comparison
from sim.told.words import quantity_named, value_said

POOL_NAMES = {
    "country": marked("the whole country as one"),
    "regions": marked("each region as one"),
    "none": marked("every province by itself"),
}
"""What the values of ``--pool`` mean."""


FURTHER = {
    "draws": (
        marked("Over {draws} posterior draws"),
        marked(
            "Their intervals include parameter uncertainty. The baseline is another one then: the mean of the draws."
        ),
    ),
    "people": (
        marked("Watch one person"),
        marked(
            "One pair of runs that records every event: what happens to a person whom the policy saved, and to one it "
            "harmed."
        ),
    ),
    "whole": (
        marked("The whole country, one to one"),
        marked("One pair of runs with the whole population, each province by itself."),
    ),
}
"""What a page can ask further about a policy: the text of its button, and what it adds."""


def words() -> dict[str, str]:
    """Return every text of the script, by use; the script fills in the ``{fields}``."""
    return {
        "running": said("{done} of {of} pairs of runs are there", done="{done}", of="{of}"),
        "starting": said("The first pair of runs is being made"),
        "done": said("All pairs of runs are there: {of}", of="{of}"),
        "stopped": said("Stopped. Finished runs are kept; press Run to continue"),
        "failed": said("Failed: {why}", why="{why}"),
        "lost": said("No connection to the studio. If it was closed, start it again: tocsin studio"),
        "saved": said("Saved: {file}", file="{file}"),
        "copied": said("Copied"),
        "checking": said("The policy is being checked."),
        "busy": said("Wait for the runs in progress, or stop them."),
        "gone": said("This answer is no longer kept. Run it again."),
        "part": said("{percent}% of all days", percent="{percent}"),
        "left": said("about {time} left", time="{time}"),
        "cleaned": said("Kept as {file}", file="{file}"),
        "choose": said("Choose a province and a number of officers."),
        "remove": said("Remove: {what}", what="{what}"),
        "removed": said("taken out"),
        "apart": said("Simulate {province} by itself", province="{province}"),
        "now": said("now {value}", value="{value}"),
        "power": said("Known after two pairs of runs."),
        "nothing": said("Nothing is changed yet. Open a group and change a lever, or add a measure."),
        "differs": said("This link was made for another baseline or version: {base}", base="{base}"),
        "picture": said(
            "Differences from the baseline in percent, with their intervals. The table below has the numbers."
        ),
        "figure": said("Figure"),
        "baseline": said("Baseline"),
        "policy": said("Policy"),
        "difference": said("Difference and interval"),
        "numbers": said("Numbers: {policy}", policy="{policy}"),
        "people": said("One person, from the attempt to the end"),
        "nobody": said(
            "The policy saved and harmed nobody in this sample. A larger share of the population shows more."
        ),
    }


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


FIGURES = ("cases_filed", "victims", "loss_money", "averted", "recovered_money")
"""The quantities that a page draws, in this order."""

POWERED = ("victims", "loss_money")
"""The quantities whose smallest visible difference is shown."""

TIMES = 4
"""How many times as many pairs the page compares with: the interval is about half as wide."""

KEPT = ("base", "other", "difference", "low", "high")
"""Columns of a figure that the page holds unrounded."""

Row = Mapping[str, Any]


def told(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a comparison (``sim.experiments.paired.compare_groups``), in the current language."""
    return {
        "policies": [_policy(document, answer) for answer in of_comparison(dict(document))],
        "warnings": document["warnings"],
    }


def _policy(document: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """Return the answer of one policy: its sentences, which of them are uncertain, figures, and what is missing."""
    rows = [row for row in document["rows"] if row["scenario"] == answer.name]
    by_name = {row["quantity"]: row for row in rows}

    def found(key: str) -> list[str]:
        return shortened([row for row in document["findings"] if row[key] == answer.name])

    return {
        "name": answer.name,
        "lines": [answer.headline, *_over_draws(rows[0]), *answer.sentences, *answer.costs],
        "unsure": [line for row in rows if _unsure(row) for line in effect_lines([row])],
        "kind": answer.intervals,
        "findings": [*found("scenario"), *(said("no longer: {finding}", finding=one) for one in found("beside"))],
        "figures": [_figure(by_name[quantity]) for quantity in FIGURES if quantity in by_name],
        "power": [line for quantity in POWERED if quantity in by_name for line in power_lines(by_name[quantity])],
        "unpriced": [answer.not_priced] if answer.not_priced else [],
    }


def _over_draws(row: Row) -> list[str]:
    """Return that the baseline is another one than without draws, over draws."""
    if row["draws"] == 1:
        return []
    text = marked("Over {draws} draws the baseline changes, too: it is the mean of {draws} sets of values.")
    return [said(text, draws=str(row["draws"]))]


def _figure(row: Row) -> dict[str, Any]:
    """Return a figure: its numbers, their texts, and in words whether its direction is uncertain."""
    name, low, high = row["quantity"], row["low"], row["high"]
    share = row["difference"] / row["base"] if row["base"] else None
    return {
        **{key: row[key] for key in KEPT},
        "quantity": name,
        "name": quantity_named(name),
        "said": {key: _said(name, row[key]) for key in ("base", "other", "difference")},
        "share": "" if share is None else f"{'+' if share > 0 else ''}{percent(share)}",
        "ends": "" if low is None else between(significant(low), significant(high)),
        "unsure": _unsure(row),
    }


def _said(name: str, value: float) -> str:
    """Return a number as sentences tell it, three digits of money, to fit a table on a phone."""
    if not name.endswith(MONEY):
        return value_said(name, value)
    return f"{'-' if value < 0 else ''}{amount(abs(significant(value)))}"


def _unsure(row: Row) -> str:
    """Return in words that the interval of a difference contains 0; else nothing."""
    if row["low"] is None or not row["low"] <= 0 <= row["high"]:
        return ""
    return said("the direction is uncertain") if row["draws"] > 1 else said("within run-to-run noise")


def power_lines(row: Row) -> list[str]:
    """Return the smallest difference that the pairs so far could show, and that of four times as many; or nothing.

    A difference is seen where the 95% interval leaves out 0: from half its width on.
    """
    pairs, deviation = row["replicates"], row["chance"]
    if pairs < 2 or not deviation:
        return []
    now, later = half_width(deviation, pairs), half_width(deviation, TIMES * pairs)
    text = marked(
        "{quantity}: a difference under {size}{share} cannot be seen with {pairs} pairs; with {more}, {less}."
    )
    name = row["quantity"]
    share = f" ({percent(now / row['base'])})" if row["base"] else ""
    sizes = (amount(significant(one)) for one in (now, later))
    size, less = sizes
    return [
        said(text, quantity=quantity_named(name), size=size, share=share, pairs=pairs, more=TIMES * pairs, less=less)
    ]


FOLDER = Path(__file__).parent
TEMPLATE = "studio.html.jinja"


def _further(size: RunSize, draws: int) -> Iterator[dict[str, str]]:
    """Yield what can be asked further: not draws where none are stored, nor everybody where quick runs have them."""
    for ask, (name, text) in FURTHER.items():
        if (ask != "draws" or draws > 1) and (ask != "whole" or size != WHOLE):
            yield {"ask": ask, "name": said(name, draws=str(draws)), "text": said(text)}


def page(policies: Policies) -> str:
    """Return the HTML of the page."""
    scenario = policies.scenario
    rows = provinces(scenario)
    size, draws = RunSize.quick(scenario), draws_of(policies)
    data: dict[str, Any] = {
        "words": words(),
        "base": policies.base,
        "folder": f"{policies.folder}/",
        "fingerprint": policies.fingerprint(),
        "draft": DRAFT,
        "size": {"scale": size.scale, "pool": size.pool, "apart": [], "replicates": PAIRS},
        "whole": {"scale": WHOLE.scale, "pool": WHOLE.pool, "apart": []},
        "most": MOST_POLICIES,
        "draws": draws,
        "language": spoken(),
        "staff": {row["name"]: row["staff"] for row in rows},
    }
    return filled(
        TEMPLATE,
        FOLDER,
        languages=LANGUAGES,
        base=policies.base,
        question=scenario.spec.title,
        bundled=policies.bundled,
        groups=forms(scenario),
        provinces=rows,
        size=size,
        pools={pool: said(POOL_NAMES[pool]) for pool in POOLS},
        pairs=PAIRS,
        most_pairs=MOST_PAIRS,
        most_others=str(MOST_POLICIES - 1),
        draft=DRAFT,
        further=list(_further(size, draws)),
        data=in_script(data),
    )
