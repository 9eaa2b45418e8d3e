"""No country is meant in code, labels, schema or templates: what belongs to one stands in scenarios."""

import re
from functools import cache
from pathlib import Path

import pytest

import sim
from sim.scenario.bundled import bundled_folder

PACKAGE = Path(sim.__file__).parent
SOURCES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for kind in ("*.py", "*.jinja", "*.js", "*.css")
    for path in PACKAGE.rglob(kind)
    if bundled_folder() not in path.parents
)
WORDS = ("china", "chinese", "yuan", "fen", "renminbi", "rmb", "cny")
SCENARIO = re.compile(r"china-20\d\d[a-z-]*(\.csv)?")
"""Bundled scenarios by their names, as examples, questions and the starter have them."""

MAY = {
    "language/wrapping.py": {"chinese"},
    "told/search.py": {"chinese"},
    "report/save.js": {"chinese"},
    "store/run_json.py": {"yuan"},
}
"""Where a word means something else: a language, and how quantities were called
until version 0.2."""


@cache
def pattern() -> re.Pattern[str]:
    """Return what finds words of a country."""
    places = [row.name.lower() for row in sim.load_scenario("china-2022").spec.population.provinces]
    return re.compile(rf"(?<![a-z])({'|'.join([*WORDS, *places])})(?![a-z])")


def told(text: str) -> set[str]:
    """Give the words of a country that a text has, apart from names of bundled scenarios."""
    return set(pattern().findall(SCENARIO.sub("", text.lower())))


@pytest.mark.parametrize("source", SOURCES)
def test_no_country_is_meant(source: str) -> None:
    assert told((PACKAGE / source).read_text(encoding="utf-8")) - MAY.get(source, set()) == set()


def test_a_word_of_a_country_is_found() -> None:
    assert told("3 yuan in Inner Mongolia, loss_fen, CHINA: china-2022, fender") == {
        "yuan",
        "inner mongolia",
        "fen",
        "china",
    }


def test_exceptions_are_needed() -> None:
    for source, words in MAY.items():
        assert told((PACKAGE / source).read_text(encoding="utf-8")) == words, source
