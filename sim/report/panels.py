"""What figures of several panels, and those of bars, have in common."""

from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount
from sim.report.looks import finish, plain
from sim.report.reach import reach

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_MARKERS = 62
"""Points of a line up to which each is marked."""
LONG, ROOM = 20.0, 1.3
"""Bars so many times the usual one are cut; the axis then reaches so many times the longest of the others."""
ARROW = "\N{RIGHTWARDS ARROW}"
LONGEST = 30
"""Characters of a name beside a bar: more would leave no room for the bar on a phone."""


def framed(figure: "go.Figure", height: int, title: str) -> "go.Figure":
    """Set the shared layout, with the legend at the lower edge however many lines it takes; return the figure."""
    return finish(figure, height, title, legend_xref="paper")


def subtitles(figure: "go.Figure") -> "go.Figure":
    """Move the headings that ``make_subplots`` centres above its panels to their left; return the figure."""
    for note in figure.layout.annotations:
        # The headings alone belong to no axis.
        if note.xref == "paper" and note.yanchor == "bottom":
            note.update(x=0, xanchor="left", font={"size": 13})
    return figure


def bars(colour: str, hatch: str) -> dict[str, Any]:
    """Return the marker of bars: a colour with a white pattern over it, so that nothing is told by colour alone."""
    pattern = {"shape": hatch, "fillmode": "overlay", "size": 7, "solidity": 0.25, "fgcolor": "white"}
    return {"color": colour, "pattern": pattern, "line": {"width": 1, "color": "rgba(128,128,128,0.6)"}}


def cut(figure: "go.Figure", ends: dict[tuple[str, float], float]) -> "go.Figure":
    """Cut bars that are so long that all others could not be seen, with an arrow and their number; return the figure.

    Bars that stand for parts of a whole are cut only where they are ``LONG`` times the usual one.

    Args:
        figure: A figure of horizontal bars that begin at 0.
        ends: The length of each bar by its category and how many pixels it lies above the middle of that.

    Returns:
        The same figure.
    """
    edge = reach(ends.values(), LONG)
    beyond = {place: value for place, value in ends.items() if value > edge}
    if beyond:
        figure.update_xaxes(range=[0, ROOM * edge])
    for (category, shift), value in beyond.items():
        figure.add_annotation(
            text=f"// {amount(value)} {ARROW}", x=ROOM * edge, y=category, xanchor="right", yshift=shift,
            showarrow=False, bgcolor="white", font={"color": "#111"}, borderpad=1,
        )  # fmt: skip
    return figure


def pick_mode(points: int) -> str:
    """Return the mode of a line over time: with markers unless they would overlap on a phone."""
    return "lines+markers" if points <= MOST_MARKERS else "lines"


def names_beside(figure: "go.Figure", names: dict[str, str]) -> "go.Figure":
    """Write names, by category, beside the bars; they are escaped here, and cut at the end if they are too long."""
    texts = [plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in names.values()]
    figure.update_yaxes(type="category", tickvals=list(names), ticktext=texts)
    return figure
