"""Search the keys, the kinds of measures and the bundled policies by the text about them, for ``tocsin explain``.

An entry fits a text as far as it has the text's words: each counts by how few entries have it (its inverse document
frequency), and twice where it stands in the entry's name. Ties go to the first by name.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sim.base.words import DistributionKind
from sim.scenario.bundled import bundled_scenarios
from sim.scenario.keys import every_key, meaning, purpose
from sim.scenario.schema.measures import KINDS

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
