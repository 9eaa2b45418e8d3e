"""Texts about keys of scenarios in the language that is spoken, and the search in them, for ``tocsin explain``.

An entry fits a text as far as it has the text's words: each counts by how few entries have it (its inverse document
frequency), and twice where it stands in the entry's name. Ties go to the first by name.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sim.base.words import DistributionKind
from sim.language.spoken import marked, said
from sim.scenario.bundled import bundled_scenarios
from sim.scenario.keys import every_key
from sim.scenario.meanings import meaning, purpose
from sim.scenario.schema.measures import KINDS

_PATTERNS = {
    re.compile(r"An entry of (?P<field>\w+)\."): marked("An entry of {field}."),
    re.compile(r"0 or (?P<inner>.+)"): marked("0 or {inner}"),
    re.compile(r"(?P<inner>.+), for example (?P<example>'.+')"): marked("{inner}, for example {example}"),
    re.compile(r"a number from (?P<low>\S+) to (?P<high>\S+)"): marked("a number from {low} to {high}"),
    re.compile(r"a whole number from (?P<low>\S+) to (?P<high>\S+)"): marked("a whole number from {low} to {high}"),
    re.compile(r"a rate from (?P<low>\S+) to (?P<high>\S+) per day"): marked("a rate from {low} to {high} per day"),
    re.compile(r"one of (?P<words>.+), or a map with the keys? (?P<keys>.+)"): marked(
        "one of {words}, or a map with the keys {keys}"
    ),
    re.compile(r"one of (?P<words>.+)"): marked("one of {words}"),
    re.compile(r"a map with the keys? (?P<keys>.+)"): marked("a map with the keys {keys}"),
}
"""Patterns of composed texts, and their texts; ``inner`` is another text, the other fields are typed as shown."""


def key_said(text: str) -> str:
    """Return a meaning, a unit, an effect or the allowed values of a key, translated."""
    for pattern, form in _PATTERNS.items():
        match = pattern.fullmatch(text)
        if match is not None:
            return said(
                form, **{name: key_said(own) if name == "inner" else own for name, own in match.groupdict().items()}
            )
    return said(text)


def key_texts() -> Iterator[str]:
    """Yield every text about a key of the schema that ``key_said`` translates as a whole."""
    from sim.scenario.keys import allowed, models
    from sim.scenario.schema import ScenarioModel
    from sim.scenario.shapes import fields

    for model in models(ScenarioModel):
        yield purpose(model)
        for name in fields(model):
            key = meaning(model, name)
            yield from (key.text, key.unit, effect(key.direction)[1])
    for one in every_key().values():
        yield _innermost(allowed(one.shape))


def effect(direction: str | None) -> tuple[bool, str]:
    """Return whether an effect (``Meaning.direction``) is that of a later day, and its text without the label."""
    label, _, text = (direction or "").partition(": ")
    return label == "Later", text


def _innermost(text: str) -> str:
    """Return the part of a text that no pattern covers; empty if there is none."""
    for pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            return _innermost(match.groupdict().get("inner", ""))
    return text


NAME_WEIGHT = 2.0
"""How much more a word counts in the name of an entry than in the text about it."""

ENOUGH = 0.6
"""Least share of a text's words, by their weight, that an entry must have to be found."""

SHORTEST = 4
"""Least letters of a word that also finds the longer ones that begin with it."""

CHINESE = re.compile(r"[\u3400-\u9fff]+")
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
        text: Words in English or in the language that is spoken.
        most: How many are returned at most.

    Returns:
        Dotted keys, ``measures[KIND]`` and names of bundled scenarios, each with the text about it.
    """
    texts = dict(_entries())
    names = {name: _words(name) for name in texts}
    abouts = {name: _words(f"{about} {key_said(about)}") for name, about in texts.items()}
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
    """Return the words of a text with their stems; of Chinese pairs of neighbouring characters."""
    words = re.findall(r"[^\W_]+", CHINESE.sub(" ", text.lower()))
    pairs = (run[at : at + 2] for run in CHINESE.findall(text) for at in range(max(1, len(run) - 1)))
    return {**{word: ENDING.sub("", re.sub("ies$", "y", word)) for word in words}, **{pair: pair for pair in pairs}}


def _has(words: Mapping[str, str], word: str, stem: str) -> bool:
    return stem in words.values() or (len(word) >= SHORTEST and any(one.startswith(word) for one in words))
