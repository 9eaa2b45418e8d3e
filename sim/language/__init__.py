"""Languages in which people are answered: texts, numbers and dates, in English unless another one is spoken.

A text is written in English where it is said, as ``said("{share} of them paid", share=percent(0.2))``, and the
catalogues of other languages (``catalogues/*.po``, GNU gettext) give its translation. Names of columns, keys and files
are the same in every language, and so is all that is stored.

A country's names of its money and channels and the names of a scenario are shown in the language that is spoken, too:
``tools.catalogues`` takes the words of the model from its enumerations, names from the bundled scenarios, and all other
labels from ``LABELS``. A name without a translation, such as that of a user's fraud type, is shown unchanged. Lines of
text break where the language allows: between words, and between Chinese characters.
"""

import gettext
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from io import BytesIO

ENGLISH = "en"
"""The language of the source, of everything that is stored, and of texts without a translation."""

LANGUAGES = {ENGLISH: "English", "zh": "中文", "fr": "français"}
"""The name of each language in itself, by its code (ISO 639-1)."""

CURRENCY = "{currency}"
"""Stands in texts for the currency."""

UNITS_OF_MONEY = "units of money"
"""Stands for an unknown currency."""


@dataclass(frozen=True)
class Terms:
    """A country's own terms.

    Attributes:
        currency: A unit of its money.
        channels: Its names of channels by those of the model: ``{"SMS": "text message"}``.
    """

    currency: str = UNITS_OF_MONEY
    channels: Mapping[str, str] = field(default_factory=dict)


_SPOKEN: ContextVar[str] = ContextVar("spoken", default=ENGLISH)
_TERMS: ContextVar[Terms] = ContextVar("terms", default=Terms())  # noqa: B039 - nothing changes it


def spoken() -> str:
    """Return the code of the language that is spoken."""
    return _SPOKEN.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language within the block.

    Args:
        language: Its code, one of ``LANGUAGES``.

    Yields:
        Nothing.

    Raises:
        ValueError: If there is no such language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language!r}; {', '.join(LANGUAGES)}")
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def currency() -> str:
    """Return the name of the currency in the language that is spoken."""
    return said(_TERMS.get().currency)


def tell_in(terms: Terms) -> None:
    """Use the terms of a country from here on, to the end of the innermost ``telling_in``."""
    _TERMS.set(terms)


@contextmanager
def telling_in(terms: Terms) -> Iterator[None]:
    """Use the terms of a country within the block.

    Args:
        terms: Its terms: ``ScenarioModel.terms``.

    Yields:
        Nothing.
    """
    before = _TERMS.set(terms)
    try:
        yield
    finally:
        _TERMS.reset(before)


def said(text: str, /, **values: object) -> str:
    """Return a text in the language that is spoken, its fields filled in.

    Args:
        text: The English text, a literal, so that it is found for the catalogues; fields are ``{named}``, so that a
            translation can reorder them. Its own braces are doubled if there are values. ``{currency}`` is filled in
            automatically, and the name of a channel becomes the country's name for it.
        **values: Values of the fields, formatted (``sim.base.rounding``, ``sim.language``).

    Returns:
        The text.
    """
    # The empty text is that under which a catalogue keeps what it says of itself.
    text = _TERMS.get().channels.get(text, text)
    told = _translations(spoken()).gettext(text) if text else text
    if CURRENCY in told:
        told = told.replace(CURRENCY, currency())
    return told.format(**values) if values else told


def counted(one: str, many: str, /, count: int, **values: object) -> str:
    """Return the text for one or for several, by the plural rules of the language that is spoken.

    Args:
        one: The English text for one.
        many: The English text for several, with the fields of ``one``; ``{count}`` is their number.
        count: How many there are.
        **values: Values of the other fields.

    Returns:
        The text.
    """
    return _translations(spoken()).ngettext(one, many, count).format(count=count, **values)


def marked(text: str, /) -> str:
    """Mark a text for the catalogues and return it; ``said`` translates it when it is shown."""
    return text


@cache
def _translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language; those of English are the texts themselves."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (files("sim.language") / "catalogues" / f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def month_named(month: date) -> str:
    """Return the month of a date: ``June 2022``, ``2022年6月``, ``juin 2022``."""
    if spoken() == ENGLISH:
        return f"{_MONTHS[month.month - 1]} {month.year}"
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", month, locale=spoken()))


def month_alone(number: int) -> str:
    """Return a month of any year by its number, from 1: ``June``, ``六月``, ``juin``."""
    if spoken() == ENGLISH:
        return _MONTHS[number - 1]
    from babel.dates import format_date

    return str(format_date(date(2000, number, 1), format="LLLL", locale=spoken()))


def day_named(day: date) -> str:
    """Return a date: ``1 June 2022``, ``2022年6月1日``, ``1 juin 2022``."""
    if spoken() == ENGLISH:
        return f"{day.day} {month_named(day)}"
    from babel.dates import format_date

    return str(format_date(day, format="long", locale=spoken()))


_SMS = "sms"
"""An abbreviation that is written in capitals."""


def named(label: object) -> str:
    """Return a label, or a name from a scenario: ``_`` as a space, SMS in capitals; not escaped."""
    return said(spelled(label))


def evidence_named(name: str) -> str:
    """Return a quantity of the evidence: ``share_of_cases.loan_credit`` as ``share of cases: loan credit``."""
    whole, _, part = name.partition(".")
    return said("{whole}: {part}", whole=named(whole), part=named(part)) if part else named(whole)


def spelled(label: object) -> str:
    """Return the English text of a label, which ``named`` translates."""
    return " ".join("SMS" if word == _SMS else word for word in str(label).replace("_", " ").split(" "))


def headed(name: object) -> str:
    """Return the name of a column, or a word in a table, translated as a whole or part by part."""
    text = " ".join("SMS" if word == _SMS else word for word in str(name).split(" "))
    whole = said(text)
    if whole != text:
        return whole
    for pattern, form in _COMPOUND.items():
        match = pattern.fullmatch(text)
        if match is not None:
            return said(form, **{part: headed(own) for part, own in match.groupdict().items()})
    return text


_COMPOUND = {
    re.compile(r"(?P<what>.+) per 100,000"): marked("{what} per 100,000"),
    re.compile(r"(?P<what>[^,]+), (?P<which>.+)"): marked("{what}, {which}"),
}
"""Patterns of composed names of columns, and their texts."""


LABELS = re.split(
    r";\s+",
    """reported; evidence; assumed; calibrated; input; fitted; predicted; context; averted; episodes; filed; stopped;
absent; country; other provinces; units of money; call desks; visit desks; false alarms by app; transfers delayed;
transfers held by mistake; calls by banks; ordinary calls stopped; ordinary SMS stopped; law in force; loss;
prevented; recovered; suspects arrested change; cases solved change; cases filed change; losses change;
funds stopped money; funds returned money; all; still; answering; unchanged; false alarms; false blocks;
staff hours; seed; scale; age band; fraud type; payment; replacement factor; deterrence; data sharing; count;
arrests; views; people; segments; dens; suspects; ramp; members; arrested; midpoint; width; floor; weekdays; start;
end; share; above; payee; ages; wait; second thoughts; bank call; after; stops; release; false share; quantity;
window; within; basis; month; figure; ratio; role; value; low prices; high prices; scenario; difference;
difference or ratio; where; seen; d'; tier; channel; deadline; waits; issued; alerts; attempts; hours; heard;
per 1,000 people; who; harmed; net; fate; age; sex; type; province; where it ended; key; origin; range; phase;
logit normal; triangular; flat; seconds; day; prepare; midnights; events; record; tables; figures; sync; contacts""",
)
"""Labels that no enumeration has: origins, roles, outcomes and pools; costs; quantities; stances, states and columns of
experiments; keys of measures, growth and shifts, which ``sim.scenario.levers`` shows; columns, which ``headed``
translates; phases of a run."""


_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60"
_PIECE = re.compile(rf"[（《“‘]*[{_WIDE}][，。；：、！？）》”’%]*|[^ {_WIDE}（《]+[，。；：、！？）》]*| +|[（《]")
"""What stays together: a wide character with its opening and closing signs, or a word."""


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Break text into lines of at most ``width`` columns; a longer word has its own line.

    Args:
        text: The text, without line breaks; no-break spaces hold words together.
        width: Columns; a wide character takes two.
        first: The indent of the first line.
        rest: The indent of the others.

    Returns:
        Lines, joined by line breaks.
    """
    from rich.cells import cell_len

    lines, line, empty, space = [], first, True, ""
    for piece in _PIECE.findall(text):
        if not piece.strip(" "):
            space = " "
            continue
        if not empty and cell_len(f"{line}{space}{piece}") > width:
            lines.append(line)
            line, space = rest, ""
        line += ("" if empty else space) + piece
        empty, space = False, ""
    return "\n".join([*lines, line])
