"""Every list of words of the model is complete: a new fate, measure or channel turns a test red, not an answer wrong.

What can be derived from ``sim/base/words.py`` or from the schema is derived there. What somebody has to say of each
word, a cause, a colour, a price, an expectation, stands in a list somewhere; each such list has a row here, with the
words that it leaves out and why. The test of a row that lacks a word says which list it is, and where.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from sim.base import words
from sim.base.words import (
    DESK_LABELS,
    DESKS,
    EVENT_RESULTS,
    SHIELD,
    STOPPED,
    WRITTEN,
    Channel,
    ContactChannel,
    ContactResult,
    Detector,
    EpisodeEnd,
    Fate,
    Outcome,
    Stage,
    Tier,
    Word,
)
from sim.cli.extract import extracted
from sim.engines.vector import episodes as vector_episodes
from sim.engines.vector.log import EPISODE_END_CODES
from sim.episode import stages
from sim.experiments import layers
from sim.language.labels import named
from sim.reading import costs, desk_findings, headline, outcomes, quantities
from sim.reading import queue_findings as line_findings
from sim.reading.evidence import FORMULAS
from sim.report import looks
from sim.report.pictures import cascade, comparison, film, money, people, place
from sim.report.pictures import desks as desks_picture
from sim.scenario import effects, lever_words
from sim.scenario.schema import aftermath, gates, warning
from sim.scenario.schema import costs as prices
from sim.scenario.schema.base import PerChannel
from sim.scenario.schema.desks import Desks
from sim.scenario.schema.evidence import QUANTITIES
from sim.scenario.schema.measures import KINDS, REGULATED
from sim.scenario.schema.names import ChannelNames
from sim.shield import answering, interception, sites
from sim.shield.gate import of_gate
from sim.store import tables
from sim.told import costs as told_costs
from sim.told import effect, vocabulary
from sim.verify import streams
from sim.warning import detectors

ROOT = Path(__file__).resolve().parents[1]
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
SPREAD = "counts are spread over all days of its window"


@dataclass(frozen=True)
class Listed:
    """A list that has something for each word.

    Attributes:
        has: The words that it has.
        of: All words.
        but: Words that it leaves out, with the reason of each.
    """

    has: Callable[[], Collection[str]]
    of: Callable[[], Collection[str]]
    but: Mapping[str, str] = field(default_factory=dict)


def keys(model: Any) -> Callable[[], Collection[str]]:
    """Return what finds the keys of a part of a scenario."""
    return lambda: model.model_fields


def labels(some: Collection[Word]) -> set[str]:
    """Return the labels of words."""
    return {word.label for word in some}


def choices(kind: str, key: str) -> tuple[str, ...]:
    """Return what a key of a kind of measure may be."""
    return get_args(KINDS[kind].model_fields[key].annotation)


def with_a_row(heading: str) -> set[str]:
    """Return what stands in backticks at the beginning of the rows of a table of docs/model.md."""
    rows = MODEL[MODEL.index(heading) :].partition("\n\n")[0].splitlines()
    return {name for row in rows for name in re.findall(r"^\| `(\w+)`", row)}


@cache
def translated() -> set[str]:
    """Return all texts of the catalogues."""
    return {message.id if isinstance(message.id, str) else message.id[0] for message in extracted() if message.id}


def said_of(names: Collection[str]) -> set[str]:
    """Return the names whose label is a text of the catalogues."""
    known = translated()
    return {name for name in names if named(name) in known}


def lists_of_words() -> dict[str, type[Word]]:
    """Return all lists of words, by the names of their classes."""
    return {name: kind for name, kind in vars(words).items() if isinstance(kind, type) and issubclass(kind, Word)}


def is_seen(kind: type[Word]) -> bool:
    """Return whether people see the labels of a list of words."""
    return len(kind) > 0 and not issubclass(kind, words.Code)


def words_seen() -> set[str]:
    """Return the labels of all words that people see."""
    return {label for kind in lists_of_words().values() if is_seen(kind) for label in kind.labels()}


def choices_of_measures() -> set[str]:
    """Return all words that keys of measures choose from: kinds, targets, channels, detectors, modes."""
    fields = [field for model in KINDS.values() for field in model.model_fields.values()]
    return {word for one in fields if get_origin(one.annotation) is Literal for word in get_args(one.annotation)}


COLOURLESS = {
    **{name: "is a list that no text shows" for name, kind in lists_of_words().items() if not is_seen(kind)},
    "ContactResult": "stands in tables alone",
    "Discipline": "is a choice of a scenario, of which no picture shows two",
    "EpisodeEnd": "has the colours of `outcome`",
    "Stage": "has the colours of what detectors see, `KINDS` of sim/report/pictures/detectors.py",
}
"""Lists of words of which no picture tells one from another, and why."""

CENTS = {one.label for one in Outcome if one.label.endswith(quantities.CENTS)}

LISTS: dict[str, Listed] = {
    # Gates.
    "gates: SHIELD of sim/base/words.py": Listed(
        lambda: labels([gate.fate for gate in SHIELD]), Fate.labels, {"engaged": "is what all gates leave"}
    ),
    "causes: SHIELD of sim/base/words.py": Listed(
        lambda: [gate.fate.label for gate in SHIELD if gate.cause],
        Fate.labels,
        {
            **dict.fromkeys(("unanswered", "ignored"), "ends with the person, and nothing stopped it before"),
            "engaged": "is the start of an episode",
        },
    ),
    "theory of each gate: files of sim/shield": Listed(
        lambda: [gate.file for gate in SHIELD if of_gate(gate, "theory")], lambda: [gate.file for gate in SHIELD]
    ),
    "layers of gates, switched off by a key or a measure: files of sim/shield": Listed(
        lambda: (
            {
                *(gate.layer for gate in SHIELD if of_gate(gate, "off")),
                *(schema.row.layer for schema in KINDS.values()),
            }
            & set(layers.LAYERS)
        ),
        lambda: layers.LAYERS,
        dict.fromkeys(layers.WARNING, "is switched off by its thresholds, in sim/experiments/layers.py"),
    ),
    "fates of the model: docs/model.md": Listed(
        lambda: {fate for fate in Fate.labels() if f"`{fate}`" in MODEL}, Fate.labels
    ),
    # Kinds of measures.
    "kinds of measures with a row of their own: sim/scenario/schema/measures.py": Listed(
        lambda: [kind for kind, schema in KINDS.items() if "row" in vars(schema)], lambda: KINDS
    ),
    "layers of kinds of measures: sim/scenario/schema/measures.py": Listed(
        lambda: [kind for kind, schema in KINDS.items() if schema.row.layer in layers.LAYERS],
        lambda: KINDS,
        {kind: schema.row.stays for kind, schema in KINDS.items() if not schema.row.layer},
    ),
    "prices of kinds of measures: sim/scenario/schema/measures.py": Listed(
        lambda: [kind for kind, schema in KINDS.items() if schema.row.price], lambda: KINDS
    ),
    "kinds of measures: docs/model.md, section 6": Listed(lambda: with_a_row("| kind | does"), lambda: KINDS),
    "measures that no day before another depends on: SEEN_BY_DAY of sim/scenario/effects.py": Listed(
        lambda: {kind for kind, model in KINDS.items() if issubclass(model, effects.SEEN_BY_DAY)},
        lambda: KINDS,
        {
            **dict.fromkeys(("cluster_campaign", "videos", "activities"), SPREAD),
            "outage": "instructions wait for the end of its window",
        },
    ),
    "what a measure is directed at: sim/scenario/schema/measures.py": Listed(
        lambda: {schema.row.about for schema in KINDS.values() if schema.row.about},
        lambda: {
            key
            for model in KINDS.values()
            for key, one in model.model_fields.items()
            if get_origin(one.annotation) is Literal or key == "region"
        },
        {
            "kind": "is what is directed",
            "payee": "is which transfers wait, wherever they go",
            "mode": "is what becomes of instructions, not what it is directed at",
        },
    ),
    "kinds of infrastructure: Sites of sim/scenario/schema/gates.py": Listed(
        keys(gates.Sites), lambda: choices("blocking", "target")
    ),
    "what blocking takes down: sim/shield/sites.py": Listed(
        lambda: {*sites.WEB_TARGETS, *sites.APP_TARGETS, *sites.ACCOUNT_TARGETS}, lambda: choices("blocking", "target")
    ),
    "what is regulated: REGULATED of sim/scenario/schema/measures.py": Listed(
        lambda: REGULATED, lambda: choices("source_regulation", "target")
    ),
    # Channels of attempts.
    "values by channel: PerChannel of sim/scenario/schema/base.py": Listed(keys(PerChannel), Channel.labels),
    "channels that are regulated: REGULATED of sim/scenario/schema/measures.py": Listed(
        lambda: labels(REGULATED.values()), Channel.labels
    ),
    **{
        f"channels of a gate: {gate.fate.label} in SHIELD of sim/base/words.py": Listed(
            lambda gate=gate: labels(gate.channels),  # type: ignore[misc]
            Channel.labels,
            {
                "card_eliminated": {"online": "needs no phone card"},
                "intercepted": {"online": "no filter reads chats, posts and advertisements"},
            }.get(gate.fate.label, {}),
        )
        for gate in SHIELD
    },
    "filters that a measure may change: sim/scenario/schema/measures.py": Listed(
        lambda: choices("filter", "channel"), lambda: interception.FILTERED
    ),
    "channels that only internet users meet: OVER_INTERNET of sim/shield/answering.py": Listed(
        lambda: labels(answering.OVER_INTERNET),
        Channel.labels,
        dict.fromkeys(("call", "sms"), "reaches everybody who has a phone"),
    ),
    **{
        f"filters of verify: {name} of sim/verify/streams.py": Listed(
            lambda by=by: by,  # type: ignore[misc]
            lambda: interception.FILTERED,
        )
        for name, by in (("D_PRIME", streams.D_PRIME), ("LIMIT", streams.LIMIT))
    },
    "levels of channels: NAMES of sim/told/vocabulary.py": Listed(
        lambda: vocabulary.NAMES,
        lambda: (
            {f"{what}_{channel}" for what in ("effort", "yield") for channel in Channel.labels()}
            | {f"false_blocks_{channel}" for channel in interception.FILTERED}
        ),
    ),
    # Tiers, detectors and what they see.
    "thresholds: Thresholds of sim/scenario/schema/warning.py": Listed(keys(warning.Thresholds), Tier.labels),
    "tiers: Tiers of sim/scenario/schema/warning.py": Listed(keys(warning.Tiers), Tier.labels),
    **{
        f"operating points of verify, {name}: POINTS of sim/verify/streams.py": Listed(
            lambda points=points: points,
            Tier.labels,  # type: ignore[misc]
        )
        for name, points in streams.POINTS.items()
    },
    "detectors of verify: COVERAGE of sim/verify/streams.py": Listed(lambda: streams.COVERAGE, Detector.labels),
    "what detectors see: SEEN of sim/warning/detectors.py": Listed(
        lambda: labels(detectors.SEEN),
        Fate.labels,
        dict.fromkeys(labels([fate for fate in Fate if fate.stopped]), "came to nobody, so nobody sees it"),
    ),
    "scores of contacts: ContactScores of sim/scenario/schema/warning.py": Listed(
        keys(warning.ContactScores), lambda: labels(detectors.SEEN)
    ),
    "levels and flows: STATE_QUANTITIES and FLOW_QUANTITIES of sim/store/tables.py": Listed(
        lambda: {one.name for one in (*tables.STATE_QUANTITIES, *tables.FLOW_QUANTITIES)},
        lambda: {
            *(f"coverage_{detector}" for detector in Detector.labels()),
            *(f"{what}_{channel}" for what in ("effort", "yield") for channel in Channel.labels()),
            *(f"{what}_{channel}" for what in ("d_prime", "false_blocks") for channel in interception.FILTERED),
            *(f"line_{desk}" for desk in DESK_LABELS),
            *(role.arrested for role in words.Role),
        },
    ),
    "roles of suspects: Roles of sim/scenario/schema/aftermath.py": Listed(keys(aftermath.Roles), words.Role.labels),
    "figures and totals: NAMES of sim/told/vocabulary.py": Listed(
        lambda: vocabulary.NAMES,
        lambda: {
            *(f"alerts_{detector}" for detector in Detector.labels()),
            *(f"staff_hours_{desk}" for desk in DESK_LABELS),
            *(vocabulary.SAME.get(name, name) for name in quantities.FIGURES),
        },
    ),
    "evidence: QUANTITIES of sim/scenario/schema/evidence.py": Listed(
        lambda: QUANTITIES,
        lambda: {
            *FORMULAS,
            *(f"{what}_{channel}" for what in ("recall", "false_blocks") for channel in interception.FILTERED),
            *(
                f"{what}_{desk}"
                for what in ("staff_on_duty", "utilisation", "utilisation_peak")
                for desk in DESK_LABELS
            ),
        },
    ),
    "waits of a sweep: NAMES of sim/told/vocabulary.py": Listed(lambda: vocabulary.NAMES, lambda: outcomes.WAITS),
    "effects: EFFECTS of sim/told/effect.py": Listed(
        lambda: effect.EFFECTS, lambda: headline.HEADLINE, {"episodes": "who is drawn in has not lost anything"}
    ),
    "layers: LAYERS of sim/told/costs.py": Listed(lambda: told_costs.LAYERS, lambda: layers.LAYERS),
    # Channels of contacts.
    "desks and messages: DESKS and WRITTEN of sim/base/words.py": Listed(
        lambda: labels((*DESKS, *WRITTEN)), ContactChannel.labels
    ),
    "desks: Desks of sim/scenario/schema/desks.py": Listed(keys(Desks), lambda: DESK_LABELS),
    "dissuasion: StopProbabilities of sim/scenario/schema/warning.py": Listed(
        keys(warning.StopProbabilities), ContactChannel.labels
    ),
    "messages: Warning of sim/scenario/schema/warning.py": Listed(
        lambda: set(warning.Warning.model_fields) & set(ContactChannel.labels()), lambda: labels(WRITTEN)
    ),
    "tries: Tries of sim/scenario/schema/warning.py": Listed(keys(warning.Tries), lambda: DESK_LABELS),
    "waits between tries: RetryWaits of sim/scenario/schema/warning.py": Listed(
        keys(warning.RetryWaits), lambda: DESK_LABELS
    ),
    "prices of false alarms: FalseAlarm of sim/scenario/schema/costs.py": Listed(
        keys(prices.FalseAlarm), ContactChannel.labels
    ),
    "wages: Wages of sim/scenario/schema/costs.py": Listed(keys(prices.Wages), lambda: DESK_LABELS),
    **{
        f"texts of desks: {name} of {file}": Listed(
            lambda by=by: by,  # type: ignore[misc]
            lambda: DESK_LABELS,
        )
        for name, file, by in (
            ("DESKS_OF", "sim/report/pictures/desks.py", desks_picture.DESKS_OF),
            ("LINES_OF", "sim/report/pictures/desks.py", desks_picture.LINES_OF),
            ("WAITING", "sim/report/pictures/desks.py", desks_picture.WAITING),
            ("WAITING", "sim/report/pictures/film.py", film.WAITING),
            ("WORK", "sim/report/pictures/film.py", film.WORK),
            ("BUSY", "sim/reading/desk_findings.py", desk_findings.BUSY),
            ("GROWS", "sim/reading/queue_findings.py", line_findings.GROWS),
            ("GROWS_OF", "sim/reading/queue_findings.py", line_findings.GROWS_OF),
        )
    },
    "what channels are called: ChannelNames of sim/scenario/schema/names.py": Listed(
        keys(ChannelNames), lambda: {*Channel.labels(), *ContactChannel.labels()}
    ),
    "contacts that somebody has heard: REACHING of sim/reading/costs.py": Listed(
        lambda: labels(costs.REACHING),
        ContactResult.labels,
        dict.fromkeys(("delivered", "unread", "no_answer", "not_met"), "nobody has heard it"),
    ),
    "parts of costs: PARTS of sim/told/vocabulary.py": Listed(
        lambda: vocabulary.PARTS, lambda: {*costs.PARTS, costs.TOTAL}
    ),
    # Ends and outcomes.
    "alerts that reached nobody: FAILURES of sim/reading/outcomes.py": Listed(
        lambda: outcomes.FAILURES,
        words.End.labels,
        {
            "reached": "is no failure",
            "superseded": "another alert of the episode goes on instead",
            "moot": "the episode was over, and the desk knew",
            "open": "had not ended when the run did",
        },
    ),
    "ends of episodes: ENDS of sim/report/pictures/cascade.py": Listed(lambda: cascade.ENDS, EpisodeEnd.labels),
    "ends of episodes: PATHS of sim/report/pictures/comparison.py": Listed(
        lambda: set(comparison.PATHS) & set(EpisodeEnd.labels()), EpisodeEnd.labels, {"victims": "was not spared"}
    ),
    "ends of episodes: OUTCOMES of sim/engines/vector/episodes.py": Listed(
        lambda: [Outcome(code).label for code in vector_episodes.OUTCOMES],
        EpisodeEnd.labels,
        {"victims": "is counted with the first payment"},
    ),
    "ends of episodes: EPISODE_END_CODES of sim/engines/vector/log.py": Listed(
        lambda: [EVENT_RESULTS[code].replace(STOPPED, EpisodeEnd.SAVED.label) for code in EPISODE_END_CODES],
        EpisodeEnd.labels,
        {"victims": "is logged as its payments"},
    ),
    "measures of outcomes: OUTCOME_MEANINGS of sim/store/tables.py": Listed(
        lambda: labels(tables.OUTCOME_MEANINGS), Outcome.labels
    ),
    "outcomes by name: NAMES of sim/told/vocabulary.py": Listed(
        lambda: {one for one in Outcome.labels() if vocabulary.SAME.get(one, one) in vocabulary.NAMES}, Outcome.labels
    ),
    "outcomes on the map: OUTCOMES of sim/report/pictures/place.py": Listed(
        lambda: {one.measure for one in place.OUTCOMES.values() if one.table == "outcomes"},
        Outcome.labels,
        {
            "filed_loss_cents": "is a part of the losses, which are there",
            **dict.fromkeys(("held", "held_cents"), "banks hold payments alike in all provinces unless a measure says"),
        },
    ),
    "money over time: AMOUNTS of sim/report/pictures/money.py": Listed(
        lambda: {column for column, _ in money.AMOUNTS.values()},
        lambda: CENTS,
        {"filed_loss_cents": "is a part of what was lost"},
    ),
    "who is drawn by age, sex and type: ENDS of sim/report/pictures/people.py": Listed(
        lambda: people.ENDS,
        EpisodeEnd.labels,
        {
            "dropped_out": "no warning did anything",
            "held": "a bank did it, whoever the person is",
            "saved": "holds those who would not have paid; averted, which it shows, does not",
        },
    ),
    "steps of an episode: STEPS of sim/episode/stages.py": Listed(
        lambda: stages.STEPS, Stage.labels, {"contact": "is where an episode begins, not a step of it"}
    ),
    "stages of an episode: StageScores of sim/scenario/schema/warning.py": Listed(
        keys(warning.StageScores),
        lambda: {stage.label.removeprefix("first_") for stage in Stage},
        {"contact": "is scored as a contact, by its channel"},
    ),
    # Colours and labels.
    "sexes: SEX of sim/report/pictures/people.py": Listed(lambda: people.SEX, words.Sex.labels),
    "lists of words with colours: _WORDS of sim/report/looks.py": Listed(
        lambda: {kind.__name__ for kind in looks._WORDS.values()}, lists_of_words, COLOURLESS
    ),
    "colours: outcome of _COLOURS in sim/report/looks.py": Listed(
        lambda: set(looks._COLOURS["outcome"]) & set(EpisodeEnd.labels()), EpisodeEnd.labels
    ),
    "words of the model, in all languages: sim/language/labels.py": Listed(lambda: said_of(words_seen()), words_seen),
    "words of measures, in all languages: sim/language/labels.py": Listed(
        lambda: said_of(choices_of_measures()), choices_of_measures
    ),
    "parts of measures: HOLDERS of sim/scenario/lever_words.py": Listed(
        lambda: {path[-1] for path, _ in lever_words.HOLDERS if path[:2] == ("warning", "detectors")}, Detector.labels
    ),
}
"""Every list that has something for each word of some kind, by what it says and where it stands."""


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_every_word_or_says_why_not(name: str) -> None:
    listed = LISTS[name]
    every, has, but = set(listed.of()), set(listed.has()), set(listed.but)
    lacks = sorted(every - has - but)
    assert not lacks, f"{name} lacks {', '.join(lacks)}: add what it says of it, or the reason why it says nothing"
    assert not but & has, "what is listed is no exception"
    assert but <= every, "what is no word is no exception"
    assert all(listed.but.values()), "an exception has a reason"
