"""Search the keys, the kinds of measures and the bundled policies by the text about them.

An entry fits a text as far as it has the text's words: each counts by how few entries have it (its inverse document
frequency), and twice where it stands in the entry's name. Ties go to the first by name.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sim.asking.words import folded, languages_of, stems
from sim.base.words import DistributionKind
from sim.language.spoken import ENGLISH, speaking
from sim.scenario.bundled import bundled_scenarios
from sim.scenario.keys import every_key, keys_at
from sim.scenario.meanings import meaning, purpose
from sim.scenario.schema.measures import KINDS
from sim.told.keys import key_said

NAME_WEIGHT = 2.0
"""How much more a word counts in the name of an entry than in the text about it."""

ENOUGH = 0.6
"""Least share of a text's words, by their weight, that an entry must have to be found."""


@dataclass(frozen=True)
class Entry:
    """Something to be found: a dotted key, ``measures[KIND]`` or the name of a bundled scenario, and what it is."""

    name: str
    text: str


@dataclass(frozen=True)
class Found:
    """An entry, how well it fits (its weight), the share of the text's words that it has by weight, and how many."""

    entry: Entry
    score: float
    share: float
    words: int


def search(text: str, most: int = 12, least: float = ENOUGH, language: str | None = None) -> list[Found]:
    """Find the entries that have the words of a text, the best first.

    Args:
        text: Words in any language that the catalogues have.
        most: How many are returned at most.
        least: The least share of the words, by weight, that an entry must have.
        language: Its language; None tries those that it may be in.

    Returns:
        The entries, in the language in which most was found.
    """
    best: list[Found] = []
    for spoken in languages_of(text) if language is None else (language,):
        found = _index(spoken).search(text, spoken, least)
        if found and (not best or found[0].share > best[0].share):
            best = found
    return best[:most]


class _Index:
    """The stems of every entry, and how rare each stem is."""

    def __init__(self, entries: Sequence[Entry], language: str) -> None:
        with speaking(language):
            said = [Entry(one.name, key_said(one.text)) for one in entries]
        self.entries = said
        self.names = [_named(one.name, language) for one in entries]
        self.texts = [frozenset(stems(one.text, language)) for one in said]
        seen = Counter(stem for name, text in zip(self.names, self.texts, strict=True) for stem in name | text)
        self.rarity = {stem: math.log(1.0 + len(entries) / number) for stem, number in seen.items()}
        self.unknown = math.log(1.0 + len(entries))

    def search(self, text: str, language: str, least: float) -> list[Found]:
        wanted = sorted(set(stems(text, language)) - stop_words(language))
        whole = math.fsum(self.rarity.get(stem, self.unknown) for stem in wanted)
        if not whole:
            return []
        found = []
        for entry, name, about in zip(self.entries, self.names, self.texts, strict=True):
            has = [stem for stem in wanted if stem in name or stem in about]
            share = math.fsum(self.rarity[stem] for stem in has) / whole
            score = math.fsum(self.rarity[stem] * (NAME_WEIGHT if stem in name else 1.0) for stem in has)
            if has and share >= least:
                found.append(Found(entry, score, share, len(has)))
        return sorted(found, key=lambda one: (-one.score, one.entry.name.count("."), one.entry.name))


STOP = (
    "a an the of in on at to for from by with and or if what would will were was is are be been have has had do "
    "does did how much many there their they them we us our you i it its that this these those which who whom whose "
    "than then as so such can could should may might must not but into out up about per each only just one ones "
    "become got get happen happens mean effect effects impact help helps matter difference make makes made use used "
    "using un une le la les l de du des d au aux en et ou si que qu quoi quel quelle quels se s ce cette ces il "
    "elle ils nous vous par pour avec dans sur plus etait etaient serait aurait est sont y ne pas"
)
"""Words that say nothing of a lever."""


OF_ALL_KINDS = frozenset(("kind", "window", "provinces", "ramp", "steps", "classes"))
"""Keys of measures of many kinds, which are found with their kinds."""

MEDIAN = ".lognormal.median"
"""The part of a distribution of times that is a lever: how long it takes."""

FORMS = tuple(f".{form}" for form in DistributionKind.labels())


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the stems of words that say nothing of a lever."""
    return frozenset(stems(STOP, language))


@cache
def entries() -> tuple[Entry, ...]:
    """Return everything that can be found: kinds of measures, keys, and bundled scenarios with their questions."""
    kinds = [Entry(f"measures[{kind}]", purpose(model)) for kind, model in KINDS.items()]
    keys = [
        Entry(path, meaning(key.owner, key.field).text)
        for path, key in every_key().items()
        if not _is_form(path) and not (path.startswith("measures[") and OF_ALL_KINDS & set(path.split(".")))
    ]
    policies = [Entry(name, title) for name, title in bundled_scenarios()]
    return (*kinds, *keys, *policies)


def described(name: str) -> Entry:
    """Return the entry of a name: a key, a kind of measure or a bundled scenario."""
    whole = name.removesuffix(MEDIAN)
    known = next((one for one in entries() if one.name == whole), None)
    if known is not None:
        return Entry(name, known.text)
    key = keys_at(whole)[0]
    return Entry(name, meaning(key.owner, key.field).text)


def _is_form(path: str) -> bool:
    """Return whether a key is a part of a distribution, not a lever."""
    return any(form in path for form in FORMS)


def _named(name: str, language: str) -> frozenset[str]:
    """Return the stems of a name, of the language and of English, in which names are."""
    parts = folded(name.replace("_", " ").replace(".", " ").replace("[", " "))
    return frozenset({*stems(parts, ENGLISH), *stems(parts, language)})


@cache
def _index(language: str) -> _Index:
    return _Index(entries(), language)
