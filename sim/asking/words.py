"""The words of a text, as questions and the scenario's texts are compared: folded, and cut to their stems.

Words that a catalogue translates are looked up in each language that a question may be in. English and French words are
compared by their stems (Snowball), Chinese ones as parts of the text, since nothing stands between its words.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from sim.language.spoken import ENGLISH, LANGUAGES, said, speaking

STEMMERS = {ENGLISH: "english", "fr": "french"}
"""Names of the stemmers of languages whose words have spaces between them."""

CHINESE = re.compile(r"[\u3400-\u9fff]+")
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
LATIN_PER_CHINESE = 2
"""Characters of Chinese that weigh as much as a word of another language."""


def folded(text: str) -> str:
    """Return a text in small letters, without accents, with plain apostrophes, hyphens and spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(re.sub(r"[\u2010-\u2014-]", " ", plain.replace("\u2019", "'")).split())


def languages_of(text: str) -> tuple[str, ...]:
    """Return the languages that a question may be in, the likeliest first."""
    if CHINESE.search(text):
        return "zh", ENGLISH
    return tuple(language for language in LANGUAGES if language in STEMMERS)


def stems(text: str, language: str) -> list[str]:
    """Return the stems of the words of a text, in order; of Chinese each pair of neighbouring characters."""
    plain = folded(text)
    words = [word.removesuffix("'s") for word in WORD.findall(plain)]
    words = [part for word in words for part in word.split("'")]
    pairs = [run[at : at + 2] for run in CHINESE.findall(plain) for at in range(max(1, len(run) - 1))]
    return [*_stemmer(STEMMERS.get(language, STEMMERS[ENGLISH])).stemWords(words), *pairs]


def terms(words: str, language: str) -> list[str]:
    """Return the terms of a list with commas between them, in a language, folded."""
    with speaking(language):
        return [folded(one) for one in re.split(r"[,，、]\s*", said(words)) if one.strip()]


def weight(term: str, text: str, language: str) -> float:
    """Return how many words a term has if the text has all of them; otherwise 0.

    Args:
        term: One of ``terms``.
        text: A folded text.
        language: The language of both.
    """
    parts = CHINESE.findall(term)
    if parts:
        return sum(map(len, parts)) / LATIN_PER_CHINESE if all(part in text for part in parts) else 0.0
    wanted = _stemmed(term, language)
    return float(len(wanted)) if wanted and set(wanted) <= set(_stemmed(text, language)) else 0.0


def has(words: str, text: str, language: str) -> bool:
    """Return whether a folded text has a term of a list, word by word in a row."""
    return any(_in_a_row(term, text, language) for term in terms(words, language))


def unread(text: str, known: Iterator[str] | list[str], language: str) -> list[str]:
    """Return the words of a folded text whose stems are not among the known ones, as they are written."""
    if CHINESE.search(text):
        return []
    stemmer, heard = _stemmer(STEMMERS[language]), set(known)
    words = [part for word in WORD.findall(text) for part in word.removesuffix("'s").split("'")]
    return [word for word in dict.fromkeys(words) if len(word) > 1 and stemmer.stemWord(word) not in heard]


def _in_a_row(term: str, text: str, language: str) -> bool:
    if CHINESE.search(term):
        return term in text
    wanted, found = _stemmed(term, language), _stemmed(text, language)
    return bool(wanted) and any(found[at : at + len(wanted)] == wanted for at in range(len(found)))


@cache
def _stemmed(text: str, language: str) -> list[str]:
    return stems(text, language)


@cache
def _stemmer(name: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(name)
