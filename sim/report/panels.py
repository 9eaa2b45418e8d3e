"""What figures of several panels, and those of bars, have in common."""

from typing import TYPE_CHECKING, Any

from sim.report.looks import finish, plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_MARKERS = 62
"""Points of a line up to which each is marked."""
LONGEST = 30
"""Characters of a name beside a bar: more would leave no room for the bar on a phone."""


def framed(figure: "go.Figure", height: int, title: str) -> "go.Figure":
    """Set the shared layout, with the legend at the lower edge however many lines it takes; return the figure."""
    finish(figure, height, title)
    figure.update_layout(legend={"yref": "container", "yanchor": "bottom", "y": 0, "xref": "paper", "x": 0})
    figure.update_xaxes(title_font_size=13)
    figure.update_yaxes(title_font_size=13)
    return figure


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


def pick_mode(points: int) -> str:
    """Return the mode of a line over time: with markers unless they would overlap on a phone."""
    return "lines+markers" if points <= MOST_MARKERS else "lines"


def names_beside(figure: "go.Figure", names: dict[str, str]) -> "go.Figure":
    """Write names, by category, beside the bars; they are escaped here, and cut at the end if they are too long."""
    texts = [plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in names.values()]
    figure.update_yaxes(type="category", tickvals=list(names), ticktext=texts)
    return figure
