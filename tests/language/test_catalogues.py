"""Catalogues have every text that is said, each with a translation that has the same fields."""

import re

import pytest
from babel.messages.catalog import Catalog

from sim.language import ENGLISH, LANGUAGES, counted, said, speaking
from tools.catalogues import catalogue, extracted, followed, untranslated

OTHERS = sorted(set(LANGUAGES) - {ENGLISH})
FIELD = re.compile(r"\{[^{}]*\}")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """Every text of the package."""
    return extracted()


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_untranslated_and_nothing_is_left_over(language: str, texts: Catalog) -> None:
    kept = catalogue(language)
    assert untranslated(followed(texts, language)) == []
    assert {message.id for message in kept} == {message.id for message in texts}, "python -m tools.catalogues"
    assert len(kept) > 800


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_fields_of_the_text(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        for string in strings:
            # What is told of one, or of some, may leave their number out.
            without = {"{count}"} if len(ids) > 1 else set()
            assert {*FIELD.findall(string)} - without == {*FIELD.findall(ids[-1])} - without, message.id


def test_a_text_without_a_translation_is_seen(texts: Catalog) -> None:
    found = followed(texts, "fr")
    found.add("a text that nobody has translated")
    found.add(("one text", "several texts"), ("un texte", "", "des textes"))
    assert untranslated(found) == ["a text that nobody has translated", "one text"]


def test_what_is_counted_is_told_as_the_language_counts() -> None:
    with speaking("fr"):
        assert said("victims") == "victimes"
    with speaking("zh"):
        assert said("victims") == "受害者"
    assert counted("{count} victim", "{count} victims", count=1) == "1 victim"
    assert counted("{count} victim", "{count} victims", count=2) == "2 victims"
