"""Lists that say something of each word of the model have every word: a new one turns a test red, not an answer wrong.

What can be derived from ``sim/base/words.py`` or from the schema is derived there; these lists cannot.
"""

from collections.abc import Collection
from typing import Any, get_args

from sim import episode as stages
from sim.base import words as w
from sim.engines.vector import episodes as vector_episodes
from sim.engines.vector.state import EPISODE_END_CODES
from sim.experiments import attribute
from sim.reading import quantities, run
from sim.reading.evidence import FORMULAS
from sim.report import attempts
from sim.scenario import resolved
from sim.scenario.schema import layers, warning
from sim.scenario.schema.base import ChannelNames, PerChannel
from sim.scenario.schema.measures import KINDS, REGULATED
from sim.scenario.schema.population import QUANTITIES
from sim.scenario.schema.warning import Desks
from sim.shield import answering, interception, sites
from sim.store import tables
from sim.told import answers as told_costs
from sim.told import words
from sim.warning import detectors

NONE: frozenset[str] = frozenset()
EPISODE_ENDS = set(w.EpisodeEnd.labels())


def labels(some: Collection[w.Word]) -> set[str]:
    """Return the labels of words."""
    return {word.label for word in some}


def choices(kind: str, key: str) -> tuple[str, ...]:
    """Return what a key of a kind of measure may be."""
    return get_args(KINDS[kind].model_fields[key].annotation)


def keys(model: Any) -> set[str]:
    """Return the keys of a part of a scenario."""
    return set(model.model_fields)


def by(words: Collection[str], *whats: str) -> set[str]:
    """Return the names of quantities that there is one of for each word."""
    return {f"{what}_{word}" for what in whats for word in words}


TARGETS = choices("blocking", "target")
LISTS: dict[str, tuple[Collection[str], Collection[str], Collection[str]]] = {
    # Gates and measures.
    "gates: SHIELD": (labels([gate.fate for gate in w.SHIELD]), w.Fate.labels(), {"engaged"}),
    "layers": (
        {g.layer for g in w.SHIELD} | {m.row.layer for m in KINDS.values()},
        attribute.LAYERS,
        attribute.WARNING,
    ),
    "layers of measures": ([k for k, m in KINDS.items() if m.row.layer or m.row.stays], KINDS, NONE),
    # Counts of these are spread over all days of a window, or wait for its end.
    "measures: SEEN_BY_DAY": (
        [kind for kind, model in KINDS.items() if issubclass(model, resolved.SEEN_BY_DAY)],
        KINDS,
        {"cluster_campaign", "videos", "activities", "outage"},
    ),
    "blocking": ({*sites.WEB_TARGETS, *sites.APP_TARGETS, *sites.ACCOUNT_TARGETS}, TARGETS, NONE),
    "kinds of infrastructure: Sites": (keys(layers.Sites), TARGETS, NONE),
    "what is regulated: REGULATED": (REGULATED, choices("source_regulation", "target"), NONE),
    "channels that are regulated: REGULATED": (labels(REGULATED.values()), w.Channel.labels(), NONE),
    "filters that a measure may change": (choices("filter", "channel"), interception.FILTERED, NONE),
    # Everybody who has a phone gets calls and SMS.
    "channels of internet users: OVER_INTERNET": (labels(answering.OVER_INTERNET), w.Channel.labels(), {"call", "sms"}),
    # Keys by word.
    "PerChannel": (keys(PerChannel), w.Channel.labels(), NONE),
    "ChannelNames": (keys(ChannelNames), {*w.Channel.labels(), *w.ContactChannel.labels()}, NONE),
    "Thresholds": (keys(warning.Thresholds), w.Tier.labels(), NONE),
    "Tiers": (keys(warning.Tiers), w.Tier.labels(), NONE),
    "Roles": (keys(layers.Roles), w.Role.labels(), NONE),
    "Desks": (keys(Desks), w.DESK_LABELS, NONE),
    "Tries": (keys(warning.Tries), w.DESK_LABELS, NONE),
    "RetryWaits": (keys(warning.RetryWaits), w.DESK_LABELS, NONE),
    "Wages": (keys(layers.Wages), w.DESK_LABELS, NONE),
    "FalseAlarm": (keys(layers.FalseAlarm), w.ContactChannel.labels(), NONE),
    "StopProbabilities": (keys(warning.StopProbabilities), w.ContactChannel.labels(), NONE),
    "ContactScores": (keys(warning.ContactScores), labels(detectors.SEEN), NONE),
    "StageScores": (keys(warning.StageScores), {s.label.removeprefix("first_") for s in w.Stage}, {"contact"}),
    # What is counted.
    "desks and messages: DESKS and WRITTEN": (labels((*w.DESKS, *w.WRITTEN)), w.ContactChannel.labels(), NONE),
    "SEEN": (labels(detectors.SEEN), w.Fate.labels(), labels([fate for fate in w.Fate if fate.stopped])),
    "STATE_QUANTITIES and FLOW_QUANTITIES": (
        {one.name for one in (*tables.STATE_QUANTITIES, *tables.FLOW_QUANTITIES)},
        {
            *by(w.Detector.labels(), "coverage"),
            *by(w.Channel.labels(), "effort", "yield"),
            *by(interception.FILTERED, "d_prime", "false_blocks"),
            *by(w.DESK_LABELS, "line"),
            *(role.arrested for role in w.Role),
        },
        NONE,
    ),
    "contacts that somebody has heard: REACHING": (
        labels(quantities.REACHING),
        w.ContactResult.labels(),
        {"delivered", "unread", "no_answer", "not_met"},
    ),
    "FAILURES": (run.FAILURES, w.End.labels(), {"reached", "superseded", "moot", "open"}),
    "OUTCOME_MEANINGS": (labels(tables.OUTCOME_MEANINGS), w.Outcome.labels(), NONE),
    # Victims are counted and logged with their payments.
    "OUTCOMES of vector": ([w.Outcome(code).label for code in vector_episodes.OUTCOMES], EPISODE_ENDS, {"victims"}),
    "EPISODE_END_CODES of the vector engine": (
        [w.EVENT_RESULTS[code].replace(w.STOPPED, w.EpisodeEnd.SAVED.label) for code in EPISODE_END_CODES],
        EPISODE_ENDS,
        {"victims"},
    ),
    "steps of an episode: STEPS": (stages.STEPS, w.Stage.labels(), {"contact"}),
    "ends of episodes in the cascade: ENDS": (attempts.ENDS, EPISODE_ENDS, NONE),
    # Names of quantities.
    "evidence: QUANTITIES": (
        QUANTITIES,
        {
            *FORMULAS,
            *by(interception.FILTERED, "recall", "false_blocks"),
            *by(w.DESK_LABELS, "staff_on_duty", "utilisation", "utilisation_peak"),
        },
        NONE,
    ),
    "names of quantities: NAMES": (
        words.NAMES,
        {
            *by(w.Channel.labels(), "effort", "yield"),
            *by(interception.FILTERED, "false_blocks"),
            *by(w.Detector.labels(), "alerts"),
            *by(w.DESK_LABELS, "staff_hours"),
            *run.WAITS,
            *(words.SAME.get(name, name) for name in (*quantities.FIGURES, *w.Outcome.labels())),
        },
        NONE,
    ),
    "names of costs: PARTS": (words.PARTS, {*quantities.PARTS, quantities.TOTAL}, NONE),
    "names of layers: LAYERS": (told_costs.LAYERS, attribute.LAYERS, NONE),
}
"""What a list has, all words that there are, and those that it rightly leaves out."""


def test_every_list_has_every_word_but_those_that_it_rightly_leaves_out() -> None:
    lacking = {name: set(of) - set(has) - set(but) for name, (has, of, but) in LISTS.items()}
    assert {name: words for name, words in lacking.items() if words} == {}
    assert [name for name, (has, of, but) in LISTS.items() if set(but) & set(has) or not set(but) <= set(of)] == []
