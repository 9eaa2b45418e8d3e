"""What pictures of several panels, and those of bars, have in common."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go


def subtitles(figure: "go.Figure") -> "go.Figure":
    """Put the headings that ``make_subplots`` centres above its panels at their left; hand the picture back."""
    for note in figure.layout.annotations:
        # The headings alone belong to no axis.
        if note.xref == "paper" and note.yanchor == "bottom":
            note.update(x=0, xanchor="left", font={"size": 13})
    return figure


def bars(colour: str, hatch: str) -> dict[str, Any]:
    """Give the marker of bars of a colour with a white pattern over it, so that nothing is told by colour alone."""
    pattern = {"shape": hatch, "fillmode": "overlay", "size": 7, "solidity": 0.25, "fgcolor": "white"}
    return {"color": colour, "pattern": pattern, "line": {"width": 1, "color": "rgba(128,128,128,0.6)"}}
