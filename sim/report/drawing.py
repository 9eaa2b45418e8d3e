"""The grammar of the pictures: a picture is marks (lines, bars, dots), each of a series, at a place, with its words.

Series have colours by their meaning and, so that nothing depends on colour alone, dashes, symbols or patterns by their
order. What all pictures share: labels, and a layout that suits dark and light pages.
"""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.base.rounding import amount
from sim.base.words import SHIELD, Fate
from sim.language import named, said

if TYPE_CHECKING:
    import pandas as pd
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
TOP = {"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 8}}
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

COLOURS: dict[str, dict[str, str]] = {
    "fate": {**{gate.fate.label: NAMED[gate.colour] for gate in SHIELD}, Fate.ENGAGED.label: VERMILLION},
    "channel": {"call": BLUE, "sms": ORANGE, "online": GREEN},
    "source": {"central": BLUE, "local": ORANGE},
    "tier": {"red": VERMILLION, "orange": ORANGE, "yellow": YELLOW, "blue": BLUE},
    "contact": {"app": SKY, "sms": ORANGE, "call": BLUE, "visit": VERMILLION},
    "end": {
        **{"reached": GREEN, "unread": SKY, "unanswered": YELLOW, "expired": VERMILLION},
        **{"superseded": PURPLE, "moot": GREY, "open": ORANGE},
    },
    "truth": {"episode": VERMILLION, "ignored": SKY, "unanswered": YELLOW, "legitimate": GREY},
    "outcome": {"victims": VERMILLION, "saved": GREEN, "held": SKY, "dropped_out": GREY},
    "role": {"input": GREY, "fitted": BLUE, "predicted": VERMILLION, "context": PURPLE},
    "sex": {"f": PURPLE, "m": BLUE},
}
"""Colours of words by their kind and meaning, in the order of the words."""

SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, GREY)
"""Colours, in order, of what has none by its meaning, such as runs; ``DASHES`` and ``SYMBOLS`` go with them."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star")
HATCHES = ("", "/", "x", ".", "\\", "-", "+", "|")

Looks = dict[str, Any]
"""Attributes of a trace, of the layout or of an axis, as plotly names them."""

MOST_MARKERS = 62
"""The most points of a line of which each has a marker; more would overlap on a phone."""
LONG, ROOM = 20.0, 1.3
"""Bars this many times longer than usual are cut; the axis then reaches this many times the longest of the others."""
ARROW = "\N{RIGHTWARDS ARROW}"
LONGEST = 30
"""The most characters of a name next to a bar; more would leave no room for the bar on a phone."""
LANE = 26
"""Height of a row of dots or bars, in pixels."""
OUTLYING = 4.0
"""A value is far out if it is this many times larger than three quarters of the values."""
CLOSE = 1.5
"""A value is not far out if it is at most this many times the next smaller one."""
FEWEST = 3
"""The fewest values of which one can be far out."""
ARROWS = {True: "triangle-right", False: "triangle-left"}
GOES_ON = {True: "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}", False: "\N{BLACK LEFT-POINTING SMALL TRIANGLE}"}
"""Signs that a line goes on beyond the edge, to the right and to the left."""


@dataclass(frozen=True)
class Drawn:
    """A picture: ``view`` draws it for the choices of its readers; its numbers as a table, and in a sentence."""

    view: "Callable[..., go.Figure]"
    table: "pd.DataFrame"
    words: str = ""


class Mark(NamedTuple):
    """A mark of a picture: its series, its place, what the pointer shows, and the ends of its interval if it has one.

    Days are dates.
    """

    of: str
    x: Any
    y: Any
    told: str | None = None
    low: float | None = None
    high: float | None = None


class Cut(NamedTuple):
    """The ends of an axis beyond which values are cut, and how their numbers are written."""

    lowest: float
    highest: float
    number: Callable[[float], str]

    def to_axis(self, value: float) -> float:
        """Return a value, or the end of the axis if it lies beyond."""
        return max(self.lowest, min(self.highest, value))


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name that has none by its meaning (fraud types, runs); after the eighth, the first."""
    return {name: SERIES[place % len(SERIES)] for place, name in enumerate(names)}


def words(label: object) -> str:
    """Return a label, or a name from a scenario in the form of ``named``, escaped for plotly."""
    return plain(named(label))


def plain(text: object) -> str:
    """Escape a text for plotly, which reads some HTML in all its texts; ``%{`` would start one of its templates."""
    return html.escape(str(text), quote=False).replace("%{", "%&#123;")


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def provinces(run: "Run") -> dict[int, str]:
    """Return the names of provinces by code, in the order of the scenario, as people read them: not escaped."""
    return {row.code: said(row.name) for row in run.scenario.spec.population.provinces}


def panels(
    titles: Sequence[str] = (), gap: float = 0.12, heights: Sequence[float] | None = None, shared: bool = True
) -> "go.Figure":
    """Return a figure of panels one below another, each with its heading; ``gap`` is a share of the height."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    if not titles:
        return go.Figure()
    return make_subplots(
        rows=len(titles), cols=1, shared_xaxes=shared, vertical_spacing=gap, subplot_titles=titles,
        row_heights=None if heights is None else list(heights),
    )  # fmt: skip


def finish(
    figure: "go.Figure",
    height: int,
    title: str | None = None,
    x: Looks | None = None,
    y: Looks | None = None,
    below: str = "",
    **layout: Any,
) -> "go.Figure":
    """Give a figure the shared layout, a height in pixels, a title, its axes and further layout; return the figure.

    ``below`` is the title of the lowest x axis. All texts are escaped already.

    Returns:
        The figure.
    """
    figure.update_layout({"template": _template(), "autosize": True, "height": height, "showlegend": True, **layout})
    if title is not None:
        figure.update_layout(title_text=title)
    figure.update_xaxes(x).update_yaxes(y)
    for heading in figure.layout.annotations:
        # Only headings of panels belong to no axis.
        if heading.xref == "paper" and heading.yanchor == "bottom":
            heading.update(x=0, xanchor="left", font={"size": 13})
    if below:
        list(figure.select_xaxes())[-1].update(title_text=below)
    return figure


@cache
def _template() -> "go.layout.Template":
    import plotly.graph_objects as go

    return go.layout.Template(layout=LAYOUT)


def blank(title: str, why: str) -> "go.Figure":
    """Return an empty figure that gives the reason why nothing is drawn; both texts are escaped already."""
    figure = finish(panels(), 160, title, {"visible": False}, {"visible": False})
    return note(figure, why, 0, 0.6, xref="paper", yref="paper", xanchor="left")


def draw(
    figure: "go.Figure",
    kind: str,
    marks: Iterable[Mark],
    colours: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    *,
    row: int | None = None,
    lanes: Sequence[str] | None = None,
    cut: Cut | None = None,
    **looks: Any,
) -> "go.Figure":
    """Draw marks as a trace for each series; return the figure.

    Args:
        figure: The figure.
        kind: ``line``, ``steps`` that begin at zero, ``dots`` with intervals to their sides, ``dots upright`` with
            intervals above and below, ``bars``, or ``bars across`` from left to right.
        marks: The marks. Bars of a series that are all nothing are left out.
        colours: Colours of the series, in the order in which they are drawn and listed.
        names: Their names, to be translated; without any, ``words`` of the series.
        row: The panel. A series that is in several panels is switched in all of them at once.
        lanes: Names of rows from the top down, which ``y`` of marks names; in each, series stand a little apart.
        cut: The ends of the x axis. A mark beyond them becomes an arrow with its number; an interval is cut.
        **looks: Further attributes of each trace; of lines, of the line.

    Returns:
        The figure.
    """
    every, ends = list(marks), "y" if kind in ("line", "dots upright") else "x"
    for place, (of, colour) in enumerate(colours.items()):
        own = [mark for mark in every if mark.of == of]
        if not own or (kind.startswith("bars") and not any(mark.y if kind == "bars" else mark.x for mark in own)):
            continue
        look = _looks(kind, place, colour, len(own), looks)
        if kind == "steps":
            own.insert(0, own[0]._replace(y=0.0))
        if lanes is not None:
            apart = (place - (len(colours) - 1) / 2) * min(0.22, 0.7 / len(colours))
            own = [mark._replace(y=lanes.index(mark.y) + apart) for mark in own]
        if cut is not None:
            symbol = look["marker"]["symbol"]
            shapes = [symbol if cut.to_axis(mark.x) == mark.x else ARROWS[mark.x > 0] for mark in own]
            look["marker"] = {**look["marker"], "symbol": shapes}
            own = [_within(figure, mark, cut, row) for mark in own]
        if any(mark.low is not None for mark in own):
            values = [getattr(mark, ends) for mark in own]
            lows, highs = ([at if one is None else one for at, one in zip(values, some, strict=True)]
                           for some in ([mark.low for mark in own], [mark.high for mark in own]))  # fmt: skip
            look[f"error_{ends}"] = {
                **{"type": "data", "symmetric": False, "thickness": 1.5, "width": 4},
                "color": INK if kind.startswith("bars") else colour,
                # Rounding of doubles never turns one around.
                "array": [max(0.0, high - value) for value, high in zip(values, highs, strict=True)],
                "arrayminus": [max(0.0, value - low) for value, low in zip(values, lows, strict=True)],
            }
        if row is not None:
            look |= {
                "legendrank": 1000 + place,
                "legendgroup": of,
                "showlegend": all(one.legendgroup != of for one in figure.data),
            }
        figure.add_trace(
            {
                "type": "scatter",
                "name": words(of) if names is None else said(names[of]),
                "x": [mark.x.isoformat() if isinstance(mark.x, date) else mark.x for mark in own],
                "y": [mark.y for mark in own],
                "text": [mark.told for mark in own],
                "hovertemplate": "%{text}<extra></extra>",
                **look,
            },
            row=row,
            col=None if row is None else 1,
        )
    if lanes is not None:
        at: Looks = {} if row is None else {"row": row, "col": 1}
        figure.add_vline(x=0, line={"color": AXIS, "width": 1.5}, **at)
        ticks = {"tickvals": list(range(len(lanes))), "ticktext": list(lanes), "zeroline": False}
        figure.update_yaxes(ticks, range=[len(lanes) - 0.4, -0.6], **at)
    return figure


def _looks(kind: str, place: int, colour: str, points: int, further: Looks) -> Looks:
    """Return the attributes of a trace by the place of its series; lines have markers where there is room."""
    symbol: Looks = {"symbol": SYMBOLS[place % len(SYMBOLS)], "color": colour, "size": 10}
    if kind.startswith("dots"):
        return {"mode": "markers", **further, "marker": {**symbol, **further.get("marker", {})}}
    if kind in ("line", "steps"):
        shape = {"shape": "hv"} if kind == "steps" else {}
        line: Looks = {"color": colour, "dash": DASHES[place % len(DASHES)], **shape, **further}
        if kind == "steps" or points > MOST_MARKERS:
            return {"mode": "lines", "line": line}
        return {"mode": "lines+markers", "line": line, "marker": {**symbol, "size": 6}}
    # A white pattern over the colour.
    hatch = HATCHES[place % len(HATCHES)]
    pattern = {"shape": hatch, "fillmode": "overlay", "size": 7, "solidity": 0.25, "fgcolor": "white"}
    marker: Looks = {"color": colour, "pattern": pattern, "line": {"width": 1, "color": "rgba(128,128,128,0.6)"}}
    across = {"orientation": "h"} if kind == "bars across" else {}
    return {"type": "bar", "marker": marker, "textposition": "none", **across, **further}


def _within(figure: "go.Figure", mark: Mark, cut: Cut, row: int | None) -> Mark:
    """Return a mark moved to the end of its axis; write its number there, or that of an end of its interval."""
    x, (low, high) = cut.to_axis(mark.x), (None if end is None else cut.to_axis(end) for end in (mark.low, mark.high))
    if x != mark.x:
        right = x == cut.highest
        look = {"xanchor": "right" if right else "left", "xshift": -9 if right else 9}
        note(figure, cut.number(mark.x), x, mark.y, row, **look)
    else:
        for end, drawn in ((mark.low, low), (mark.high, high)):
            if end is not None and end != drawn:
                right = drawn == cut.highest
                text = f"{cut.number(end)} {GOES_ON[right]}" if right else f"{GOES_ON[right]} {cut.number(end)}"
                anchor = "right" if right else "left"
                note(figure, text, drawn, mark.y, row, xanchor=anchor, yshift=9, font={"size": 10})
    return mark._replace(x=x, low=low, high=high)


def note(figure: "go.Figure", text: str, x: Any, y: Any, row: int | None = None, **looks: Any) -> "go.Figure":
    """Write a text at a place of a figure, or of one of its panels, without an arrow; return the figure."""
    at = {} if row is None else {"row": row, "col": 1}
    return figure.add_annotation(text=text, x=x, y=y, showarrow=False, **looks, **at)


def lane_height(scenarios: int) -> int:
    """Return the height of a lane that holds one mark for each scenario."""
    return LANE * max(1, (scenarios + 1) // 2)


def on_phones(figure: "go.Figure", layout: Looks | None = None, traces: Looks | None = None) -> "go.Figure":
    """Set what a narrow page draws otherwise: attributes of the layout, and of all traces; return the figure."""
    before = (figure.layout.meta or {}).get("narrow", {})
    parts = {"layout": layout, "traces": traces}
    narrow = {part: {**before.get(part, {}), **(parts[part] or {})} for part in parts if parts[part] or part in before}
    return figure.update_layout(meta={"narrow": narrow})


def cut_bars(figure: "go.Figure", ends: dict[tuple[str, float], float]) -> None:
    """Cut horizontal bars so long that the others would be too short to see; an arrow and the number mark them.

    ``ends`` are the lengths of bars, by category and by pixels above the category's middle.
    """
    edge = reach_of(ends.values(), LONG)
    beyond = {place: value for place, value in ends.items() if value > edge}
    if beyond:
        figure.update_xaxes(range=[0, ROOM * edge])
    for (category, above), value in beyond.items():
        note(
            figure, f"// {amount(value)} {ARROW}", ROOM * edge, category, xanchor="right", yshift=above,
            bgcolor="white", font={"color": "#111"}, borderpad=1,
        )  # fmt: skip


def names_beside(figure: "go.Figure", names: Mapping[str, str]) -> "go.Figure":
    """Write names next to the bars from the top down, by category: escaped, and shortened; return the figure."""
    texts = [plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in names.values()]
    return figure.update_yaxes(autorange="reversed", type="category", tickvals=list(names), ticktext=texts)


def reach_of(values: Iterable[float], outlying: float = OUTLYING) -> float:
    """Return the size of the largest value that is not far out, so that few values do not squeeze the others.

    A value is far out if it is ``outlying`` times larger than three quarters of the values. Pictures mark larger values
    at the edge, with an arrow and the number.
    """
    sizes = sorted(abs(value) for value in values if value)
    if not sizes:
        return 0.0
    if len(sizes) < FEWEST:
        return sizes[-1]
    usual = sizes[3 * (len(sizes) - 1) // 4]
    edge = max(size for size in sizes if size <= outlying * usual)
    for size in sizes:
        if edge < size <= CLOSE * edge:
            edge = size
    return edge
