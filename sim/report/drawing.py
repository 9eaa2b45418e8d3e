"""The vocabulary of the pictures: panels, marks with a text at the pointer, notes, and how far an axis reaches."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount
from sim.report.looks import AXIS, finish, plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

Looks = dict[str, Any]
"""Attributes of a trace, as plotly names them."""

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


def bare() -> "go.Figure":
    """Return a figure without panels."""
    import plotly.graph_objects as go

    return go.Figure()


def panels(
    titles: Sequence[str], gap: float = 0.12, heights: Sequence[float] | None = None, shared: bool = True
) -> "go.Figure":
    """Return a figure with one panel below another, each with its heading; ``gap`` is a share of the height."""
    from plotly.subplots import make_subplots

    return make_subplots(
        rows=len(titles), cols=1, shared_xaxes=shared, vertical_spacing=gap, subplot_titles=titles,
        row_heights=None if heights is None else list(heights),
    )  # fmt: skip


def framed(figure: "go.Figure", height: int, title: str, **layout: Any) -> "go.Figure":
    """Finish a figure: the shared layout, a legend, headings of panels at the left, and further layout."""
    finish(figure, height, title).update_layout({"showlegend": True, **layout})
    for note in figure.layout.annotations:
        # Only headings belong to no axis.
        if note.xref == "paper" and note.yanchor == "bottom":
            note.update(x=0, xanchor="left", font={"size": 13})
    return figure


def blank(title: str, why: str) -> "go.Figure":
    """Return an empty figure that gives the reason why nothing is drawn; both texts are escaped already."""
    figure = finish(bare(), 160, title).update_xaxes(visible=False).update_yaxes(visible=False)
    return note(figure, why, 0, 0.6, xref="paper", yref="paper", xanchor="left")


def add(
    figure: "go.Figure",
    name: str,
    x: Iterable[Any],
    y: Iterable[Any],
    hover: Iterable[str] | None = None,
    *,
    row: int | None = None,
    group: str | None = None,
    **looks: Any,
) -> None:
    """Add a trace, ``name`` in the legend, to panel ``row`` of a figure; days are ISO dates.

    Without texts in ``hover`` the pointer shows nothing. Traces of one group are switched together, and the legend
    lists the first of them. ``looks`` are further attributes, see ``line``, ``bar`` and ``bar_across``.
    """
    places = [one.isoformat() if isinstance(one, date) else one for one in x]
    trace: Looks = {"type": "scatter", "name": name, "x": places, "y": list(y)}
    at = "hovertext" if "text" in looks else "text"
    trace |= {"hoverinfo": "skip"} if hover is None else {at: list(hover), "hovertemplate": f"%{{{at}}}<extra></extra>"}
    if group is not None:
        trace |= {"legendgroup": group, "showlegend": all(one.legendgroup != group for one in figure.data)}
    figure.add_trace({**trace, **looks}, row=row, col=None if row is None else 1)


def line(points: int, symbol: str | None = None, size: int = 6, **look: Any) -> Looks:
    """Return the looks of a line by its number of points: colour, dash and width, and a marker where there is room."""
    if symbol is None or points > MOST_MARKERS:
        return {"mode": "lines", "line": look}
    return {"mode": "lines+markers", "line": look, "marker": {"symbol": symbol, "size": size}}


def bar(colour: str, hatch: str) -> Looks:
    """Return the looks of bars: a colour with a white pattern over it, so that nothing depends on colour alone."""
    pattern = {"shape": hatch, "fillmode": "overlay", "size": 7, "solidity": 0.25, "fgcolor": "white"}
    marker = {"color": colour, "pattern": pattern, "line": {"width": 1, "color": "rgba(128,128,128,0.6)"}}
    return {"type": "bar", "marker": marker, "textposition": "none"}


def bar_across(colour: str, hatch: str) -> Looks:
    """Return the looks of horizontal bars, as ``bar``."""
    return {**bar(colour, hatch), "orientation": "h"}


def whiskers(
    values: Iterable[float], lows: Iterable[float], highs: Iterable[float], colour: str | None = None
) -> Looks:
    """Return error bars from both ends of intervals; rounding of doubles never turns one around."""
    every = list(zip(values, lows, highs, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, high - value) for value, _, high in every],
        "arrayminus": [max(0.0, value - low) for value, low, _ in every],
        "thickness": 1.5,
        "width": 4,
        **({} if colour is None else {"color": colour}),
    }


def note(figure: "go.Figure", text: str, x: Any, y: Any, row: int | None = None, **looks: Any) -> "go.Figure":
    """Write a text at a place of a figure, or of one of its panels, without an arrow; return the figure."""
    at = {} if row is None else {"row": row, "col": 1}
    return figure.add_annotation(text=text, x=x, y=y, showarrow=False, **looks, **at)


def note_beyond(figure: "go.Figure", text: str, x: float, y: Any, above: bool, row: int | None = None) -> None:
    """Write the number of a mark that stands at the edge of its axis, above or below its range."""
    note(figure, text, x, y, row, xanchor="right" if above else "left", xshift=-9 if above else 9)


CUT = {True: "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}", False: "\N{BLACK LEFT-POINTING SMALL TRIANGLE}"}
"""Signs that a line goes on beyond the edge, to the right and to the left."""


def note_cut(figure: "go.Figure", text: str, x: float, y: Any, above: bool, row: int | None = None) -> None:
    """Write the end of an interval that reaches beyond the edge of its axis, above its line, with a sign."""
    told = f"{text} {CUT[above]}" if above else f"{CUT[above]} {text}"
    note(figure, told, x, y, row, xanchor="right" if above else "left", yshift=9, font={"size": 10})


def arrow(above: bool) -> str:
    """Return the symbol of a mark that stands at the edge of its axis."""
    return "triangle-right" if above else "triangle-left"


def lanes(figure: "go.Figure", names: Sequence[str], row: int | None = None) -> None:
    """Give each name its own row from the top down, at 0, 1, ... of the y axis, and draw the line at zero."""
    at: Looks = {} if row is None else {"row": row, "col": 1}
    figure.add_vline(x=0, line={"color": AXIS, "width": 1.5}, **at)
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=list(names), range=[len(names) - 0.4, -0.6], zeroline=False, **at
    )


def lane_height(scenarios: int) -> int:
    """Return the height of a lane that holds one mark for each scenario."""
    return LANE * max(1, (scenarios + 1) // 2)


def shift(place: int, scenarios: int) -> float:
    """Return how far a scenario's marks stand below the middle of their lane, so that none hides another."""
    return (place - (scenarios - 1) / 2) * min(0.22, 0.7 / scenarios)


def on_phones(figure: "go.Figure", layout: Looks | None = None, traces: Looks | None = None) -> None:
    """Set what a narrow page draws otherwise: attributes of the layout, and of all traces."""
    before = (figure.layout.meta or {}).get("narrow", {})
    parts = {"layout": layout, "traces": traces}
    narrow = {part: {**before.get(part, {}), **(parts[part] or {})} for part in parts if parts[part] or part in before}
    figure.update_layout(meta={"narrow": narrow})


def cut(figure: "go.Figure", ends: dict[tuple[str, float], float]) -> None:
    """Cut horizontal bars so long that the others would be too short to see; an arrow and the number mark them.

    ``ends`` are the lengths of bars, by category and by pixels above the category's middle.
    """
    edge = reach(ends.values(), LONG)
    beyond = {place: value for place, value in ends.items() if value > edge}
    if beyond:
        figure.update_xaxes(range=[0, ROOM * edge])
    for (category, above), value in beyond.items():
        note(
            figure, f"// {amount(value)} {ARROW}", ROOM * edge, category, xanchor="right", yshift=above,
            bgcolor="white", font={"color": "#111"}, borderpad=1,
        )  # fmt: skip


def names_beside(figure: "go.Figure", names: Mapping[str, str]) -> "go.Figure":
    """Write names next to the bars, by category: escaped, and shortened at the end; return the figure."""
    texts = [plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…") for name in names.values()]
    return figure.update_yaxes(type="category", tickvals=list(names), ticktext=texts)


def reach(values: Iterable[float], outlying: float = OUTLYING) -> float:
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
