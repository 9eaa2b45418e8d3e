"""Numbers and dates are written as each language writes them."""

from datetime import date

import pytest

from sim.base.rounding import amount, between, percent, short
from sim.language import LANGUAGES, day_named, month_named, said, speaking, spoken

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["12.3 billion", "4.56 million", "78,912", "3.2", "3.4%", "79k", "4.56m"]),
        ("zh", ["123亿", "456万", "7.89万", "3.2", "3.4%", "7.9万", "456万"]),
        ("fr", ["12,3 milliards", "4,56 millions", "78 912", "3,2", "3,4 %", "79 k", "4,56 M"]),
    ],
)
def test_numbers(language: str, shown: list[str]) -> None:
    with speaking(language):
        told = [
            amount(12.34e9),
            amount(4.56e6),
            amount(78_912),
            amount(3.2),
            percent(0.034),
            short(79_000),
            short(4.56e6),
        ]
    assert [text.replace(SPACE, " ").replace("\N{NARROW NO-BREAK SPACE}", " ") for text in told] == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["5.48 to 13.7 million", "950,000 to 1.2 million", "1,000 to 2,000", "3.4% to 12.5%", "none"]),
        ("zh", ["548万至1,370万", "95万至120万", "1,000至2,000", "3.4%至12.5%", "无"]),
        ("fr", ["5,48 à 13,7 millions", "950 000 à 1,2 million", "1 000 à 2 000", "3,4 à 12,5 %", "aucun"]),
    ],
)
def test_a_word_that_both_ends_of_an_interval_have_stands_once(language: str, shown: list[str]) -> None:
    with speaking(language):
        told = [
            between(5.48e6, 13.7e6),
            between(950_000, 1.2e6),
            between(1000, 2000),
            between(0.034, 0.125, percent),
            between(None, 2.0),
        ]
    assert [text.replace(SPACE, " ").replace("\N{NARROW NO-BREAK SPACE}", " ") for text in told] == shown


def test_dates() -> None:
    day = date(2022, 6, 1)
    shown = {}
    for language in LANGUAGES:
        with speaking(language):
            shown[language] = (month_named(day), day_named(day))
    assert shown == {
        "en": ("June 2022", "1 June 2022"),
        "zh": ("2022年6月", "2022年6月1日"),
        "fr": ("juin 2022", "1 juin 2022"),
    }


def test_a_language_is_spoken_within_its_block_alone() -> None:
    with speaking("zh"):
        assert spoken() == "zh"
    assert spoken() == "en"


def test_no_other_language_is_spoken() -> None:
    with pytest.raises(ValueError, match="no such language: 'de'; en, zh, fr"), speaking("de"):
        pass


def test_fields_of_a_text_are_filled_in() -> None:
    assert said("{count} of 100%", count="3") == "3 of 100%"
    assert said("{braces}") == "{braces}"
