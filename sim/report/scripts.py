"""Texts for the scripts of a page in the language in use: words, separators, months and sources."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.base.rounding import written
from sim.base.version import __version__
from sim.language.spoken import ENGLISH, said, spoken

if TYPE_CHECKING:
    from sim.reading.run import Run

MOST_NAMED = 3
"""The most runs that a line of sources names."""

_FIELDS = {"y": "%Y", "MMM": "%b", "M": "%-m", "d": "%-d"}
_FIELD = re.compile(r"'([^']*)'|([a-zA-Z])\2*")
_UNFIT = re.compile(r"[^\w.-]+")


def script_words() -> dict[str, Any]:
    """Return every text that a script of the page shows, by use; the script fills in the fields."""
    return {
        "tooOld": said("This browser is too old for pictures. The numbers are in the tables."),
        "numbersBelow": said("{picture}. The numbers are in the table below.", picture="{picture}"),
        "dark": said("Dark"),
        "light": said("Light"),
        "darkColours": said("Dark colours"),
        "lightColours": said("Light colours"),
        "shown": said("{count} shown", count="{count}"),
        "save": said("Save"),
        "saveThis": said("Save: {what}", what="{what}"),
        "pictureAs": said("Picture as {kind}", kind="{kind}"),
        "tableAs": said("Table as {kind}", kind="{kind}"),
        "table": said("Table"),
        "source": said("Source"),
    }


def source_of(runs: "Sequence[Run]") -> str:
    """Return the line under a saved picture or table: scenarios, seed and scale of the runs, and Tocsin's version."""
    first = runs[0].manifest
    names = list(dict.fromkeys(str(run.manifest["name"]) for run in runs))
    values = {"seed": first["seed"], "scale": written(f"{first['scale']:g}"), "version": __version__}
    if len(names) == 1:
        return said("Scenario {name}, seed {seed}, scale {scale}; Tocsin {version}", name=names[0], **values)
    shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
    return said("Scenarios {names}, seed {seed}, scale {scale}; Tocsin {version}", names=shown, **values)


def file_name(runs: "Sequence[Run]") -> str:
    """Return the beginning of the names of saved files."""
    return _UNFIT.sub("-", "-".join(dict.fromkeys(str(run.manifest["name"]) for run in runs[:MOST_NAMED]))).strip("-.")


def axes_locale() -> dict[str, Any] | None:
    """Return months, days and number formats for axes, as a locale of plotly; None for English, its default."""
    language = spoken()
    if language == ENGLISH:
        return None
    from babel import Locale

    known = Locale(language)
    months, days = known.months["format"], known.days["format"]
    symbols, patterns = known.number_symbols["latn"], known.datetime_skeletons
    # Babel's week begins on Monday, plotly's on Sunday.
    week = (6, 0, 1, 2, 3, 4, 5)
    form = {
        "months": [months["wide"][month] for month in range(1, 13)],
        "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
        "days": [days["wide"][day] for day in week],
        "shortDays": [days["abbreviated"][day] for day in week],
        "year": _pattern("y"),
        "month": _pattern(str(patterns["yMMM"])),
        "dayMonth": _pattern(str(patterns["MMMd"])),
        "dayMonthYear": _pattern(str(patterns["yMMMd"])),
        "date": _pattern(str(patterns["yMMMd"])),
        "decimal": symbols["decimal"],
        "thousands": symbols["group"],
    }
    return {"moduleType": "locale", "name": language, "dictionary": {}, "format": form}


def day_pattern() -> str:
    """Return the d3 format of a day at the pointer: ``1 Jun 2022`` in English."""
    locale = axes_locale()
    return "%e %b %Y" if locale is None else str(locale["format"]["dayMonthYear"])


def _pattern(pattern: str) -> str:
    """Translate a pattern of the Unicode locale data, ``d MMM y``, to d3: ``%-d %b %Y``."""
    return _FIELD.sub(lambda found: found[1] if found[1] is not None else _FIELDS[found[0]], pattern)
