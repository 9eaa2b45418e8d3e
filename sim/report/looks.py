"""What all pictures share: colours by meaning, labels, and a layout that suits dark and light pages."""

import html
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from sim.base.words import SHIELD, Channel, ContactChannel, Detector, End, Fate, Sex, Tier, Truth, Word
from sim.language.spoken import marked, named, said

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from sim.reading.run import Run

# Okabe and Ito's colours, told apart by colour-blind readers too; yellow is darkened to be seen on white, and their
# black is a grey that is seen on black.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#C4B000"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#8A8A8A"
BROWN, VIOLET = "#A65628", "#8F5BD6"
NAMED = {
    **{"orange": ORANGE, "sky": SKY, "green": GREEN, "yellow": YELLOW, "blue": BLUE, "vermillion": VERMILLION},
    **{"purple": PURPLE, "grey": GREY, "brown": BROWN, "violet": VIOLET},
}
"""Colours by the names that ``sim.base.words.SHIELD`` uses."""

TOP = {"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 8}}
"""Where titles stand: below the upper edge of the figure."""

INK = "#757575"
"""Colour of text, whose contrast is 4.5 to 1 on white and on black; the page of a report replaces it by its own."""

AXIS = "rgba(128,128,128,0.7)"
CLEAR = "rgba(0,0,0,0)"
AXIS_LINES = {
    "gridcolor": "rgba(128,128,128,0.28)",
    "zerolinecolor": AXIS,
    "linecolor": AXIS,
    "automargin": True,
    "title": {"font": {"size": 13}, "standoff": 10},
    # k, M, B for thousand, million, billion; not the G of the SI.
    "exponentformat": "B",
}
LAYOUT = {
    "paper_bgcolor": CLEAR,
    "plot_bgcolor": CLEAR,
    "font": {"family": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", "size": 13, "color": INK},
    "margin": {"l": 10, "r": 10, "t": 56, "b": 10},
    "title": {"x": 0, "xref": "container", "xanchor": "left", "font": {"size": 16}, **TOP},
    "legend": {
        **{"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0},
        **{"xref": "paper", "xanchor": "left", "x": 0, "bgcolor": CLEAR},
    },
    "hoverlabel": {"align": "left"},
    "xaxis": AXIS_LINES,
    "yaxis": AXIS_LINES,
}
"""The layout that all pictures share, as a template of plotly: clear background, faint grid, legend at the lower edge.

Texts take the colour ``INK``, which a page replaces by ``relayout({"font.color": ...})``.
"""
SCALE = [[0.0, "#F1F0E4"], [0.25, "#9CCFE4"], [0.5, "#4A9BC7"], [0.75, "#1F6AA5"], [1.0, "#0B2F5C"]]
"""Scale of colours from the lowest value, pale, to the highest, deep blue: lightness alone tells them apart."""

PEOPLE = 100_000
"""Number of people that a rate refers to."""

WEEKDAYS = (*(marked("Mon"), marked("Tue"), marked("Wed"), marked("Thu"), marked("Fri"), marked("Sat"), marked("Sun")),)
WHOLE_WEEKDAYS = dict(
    zip(
        WEEKDAYS,
        (
            *(marked("Mondays"), marked("Tuesdays"), marked("Wednesdays"), marked("Thursdays"), marked("Fridays")),
            *(marked("Saturdays"), marked("Sundays")),
        ),
        strict=True,
    )
)
"""Weekdays in sentences, by their short names."""

_COLOURS: dict[str, dict[str, str]] = {
    "fate": {**{gate.fate.label: NAMED[gate.colour] for gate in SHIELD}, Fate.ENGAGED.label: VERMILLION},
    "channel": {"call": BLUE, "sms": ORANGE, "online": GREEN},
    "source": {"central": BLUE, "local": ORANGE},
    "tier": {"red": VERMILLION, "orange": ORANGE, "yellow": YELLOW, "blue": BLUE},
    "contact": {"app": SKY, "sms": ORANGE, "call": BLUE, "visit": VERMILLION},
    "end": {
        "reached": GREEN,
        "unread": SKY,
        "unanswered": YELLOW,
        "expired": VERMILLION,
        "superseded": PURPLE,
        "moot": GREY,
        "open": ORANGE,
    },
    "truth": {"episode": VERMILLION, "ignored": SKY, "unanswered": YELLOW, "legitimate": GREY},
    "outcome": {
        "episodes": BLUE,
        "saved": GREEN,
        "averted": GREEN,
        "held": SKY,
        "dropped_out": GREY,
        "victims": VERMILLION,
        "loss": VERMILLION,
        "prevented": GREEN,
        "recovered": BLUE,
    },
    "role": {"input": GREY, "fitted": BLUE, "predicted": VERMILLION, "context": PURPLE},
    "sex": {"f": PURPLE, "m": BLUE},
}

_WORDS: dict[str, type[Word]] = {
    "fate": Fate,
    "channel": Channel,
    "source": Detector,
    "tier": Tier,
    "contact": ContactChannel,
    "end": End,
    "truth": Truth,
    "sex": Sex,
}
"""Kinds of colours whose labels are words of the model; those of the other kinds are the report's own."""

SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, GREY)
"""Colours, in order, of what has none by its meaning, such as runs; ``DASHES`` and ``SYMBOLS`` go with them."""
FURTHER = (BROWN, VIOLET)
"""Colours, in order, of words for which none of ``SERIES`` is left among those of their kind."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star")
HATCHES = ("", "/", "x", ".", "\\", "-", "+", "|")


class Judged(str):
    """The verdict of a comparison in words, and whether it ``holds``; None if nothing is judged."""

    holds: bool | None

    def __new__(cls, text: str, holds: bool | None) -> "Judged":
        """Make one of its words and its verdict."""
        found = super().__new__(cls, text)
        found.holds = holds
        return found


def colours(kind: str) -> dict[str, str]:
    """Return a colour for each label of a kind of ``_COLOURS``: by its meaning, else one that is left."""
    meant = _COLOURS[kind]
    labels = _WORDS[kind].labels() if kind in _WORDS else tuple(meant)
    left = (colour for colour in (*SERIES, *FURTHER) if colour not in meant.values())
    return {label: meant[label] if label in meant else next(left, GREY) for label in labels}


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name that has none by its meaning (fraud types, runs); after the eighth, the first."""
    return {name: SERIES[place % len(SERIES)] for place, name in enumerate(names)}


def dashes(names: Iterable[str]) -> dict[str, str]:
    """Return a dash of lines for each name, so that colour is not the only difference."""
    return {name: DASHES[place % len(DASHES)] for place, name in enumerate(names)}


def symbols(names: Iterable[str]) -> dict[str, str]:
    """Return a marker for each name."""
    return {name: SYMBOLS[place % len(SYMBOLS)] for place, name in enumerate(names)}


def hatches(names: Iterable[str]) -> dict[str, str]:
    """Return a pattern of bars for each name."""
    return {name: HATCHES[place % len(HATCHES)] for place, name in enumerate(names)}


def words(label: object) -> str:
    """Return a label, or a name from a scenario in the form of ``named``, escaped for plotly."""
    return plain(named(label))


def plain(text: object) -> str:
    """Escape a text for plotly, which reads some HTML in all its texts; ``%{`` would start one of its templates."""
    return html.escape(str(text), quote=False).replace("%{", "%&#123;")


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def country(run: "Run") -> float:
    """Return how many of the country one simulated count stands for: the inverse of the scale."""
    return float(1.0 / run.manifest["scale"])


def provinces(run: "Run") -> dict[int, str]:
    """Return the names of provinces by code, in the order of the scenario, as people read them: not escaped."""
    return {row.code: said(row.name) for row in run.scenario.spec.population.provinces}


def finish(figure: "go.Figure", height: int, title: str | None = None) -> "go.Figure":
    """Give a figure the shared layout, a height in pixels and a title, escaped already; return the figure."""
    figure.layout.template = _template()
    figure.update_layout(autosize=True, height=height)
    return figure if title is None else figure.update_layout(title_text=title)


@cache
def _template() -> "go.layout.Template":
    import plotly.graph_objects as go

    return go.layout.Template(layout=LAYOUT)
