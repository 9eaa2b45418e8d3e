"""The language that is spoken, a country's names of its money and channels, and texts in both."""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
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
        **values: Values of the fields, formatted (``sim.base.rounding``, ``sim.language.dates``).

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
