"""The language that is spoken, what a country calls its money and channels, and texts in both."""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from io import BytesIO

ENGLISH = "en"
"""The language of the source, of everything that is stored, and of all that has no translation."""

LANGUAGES = {ENGLISH: "English", "zh": "中文", "fr": "français"}
"""What each language is called by those who speak it, by its code (ISO 639-1)."""

CURRENCY = "{currency}"
"""Stands in texts for the currency."""

UNITS_OF_MONEY = "units of money"
"""What money is told in where no currency is known."""


@dataclass(frozen=True)
class Terms:
    """What a country calls things.

    Attributes:
        currency: A unit of its money.
        channels: Its name of a channel by that of the model, as people read it: ``{"SMS": "text message"}``.
    """

    currency: str = UNITS_OF_MONEY
    channels: Mapping[str, str] = field(default_factory=dict)


_SPOKEN: ContextVar[str] = ContextVar("spoken", default=ENGLISH)
_TERMS: ContextVar[Terms] = ContextVar("terms", default=Terms())  # noqa: B039 - nothing changes it


def spoken() -> str:
    """Return the code of the language that is spoken here."""
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
    """Return the name of the currency in which money is told here, in the language that is spoken."""
    return said(_TERMS.get().currency)


def tell_in(terms: Terms) -> None:
    """Use the terms of a country from here on, to the end of the innermost ``telling_in``."""
    _TERMS.set(terms)


@contextmanager
def telling_in(terms: Terms) -> Iterator[None]:
    """Use the terms of a country within the block.

    Args:
        terms: What it calls things, as its scenarios say it: ``ScenarioModel.terms``.

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
            translation can order them otherwise. Braces of its own are doubled where there are values. ``{currency}``
            is filled in by itself, and a text that is the name of a channel gives what the country calls it.
        **values: What to fill in, already as people read it (``sim.base.rounding``, ``sim.language.dates``).

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
    """Return the text for one or for several of something, as the language that is spoken tells them apart.

    Args:
        one: The English text for one.
        many: The English text for several, with the fields of ``one``; ``{count}`` is their number.
        count: How many there are.
        **values: What else to fill in.

    Returns:
        The text.
    """
    return _translations(spoken()).ngettext(one, many, count).format(count=count, **values)


def marked(text: str, /) -> str:
    """Return a text as it is, marked for the catalogues: ``said`` translates it where it is shown."""
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
