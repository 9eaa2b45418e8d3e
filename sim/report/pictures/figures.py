"""Reported against simulated figures: a dot for the ratio of each."""

from math import inf
from typing import TYPE_CHECKING, Any

from sim.base.rounding import Written, amount, fixed, percent, written
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.reading.figures import CHANGE
from sim.report.blank import blank
from sim.report.looks import AXIS, SYMBOLS, colours, plain, words
from sim.report.panels import framed
from sim.report.reach import reach

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

Row = dict[str, Any]

SIMULATED, NONE = marked("simulated"), marked("none")
RATIOS = marked("How near is each figure to what was reported?")
ROLES = {"input": marked("put in"), "fitted": marked("fitted"), "predicted": marked("predicted")}
WITHIN = {None: "", True: marked("yes"), False: marked("no")}


def ratios(run: "Run") -> "go.Figure":
    """Draw simulated over reported for each figure that has both, and the intervals of predictions.

    For a change it is the ratio of the levels that it leads to, (1 + simulated) / (1 + reported): a change near zero
    has no ratio that would mean anything.

    Returns:
        A figure with a row for each such figure.
    """
    import plotly.graph_objects as go

    rows = [row for row in run.manifest["figures"] if comparable(row)]
    if not rows:
        return blank(said(RATIOS), said("No figure of this scenario lies in the period of the run."))
    figure = go.Figure()
    shades = colours("role")
    marks = dict(zip(shades, SYMBOLS, strict=False))
    ratio_of = [level(row, row["simulated"]) for row in rows]
    # A few that are far off would squeeze all others into one line: they stand at the edge, with their number.
    ends = [end for row in rows if row["interval"] for end in _ends(row)]
    edge = reach(one - 1 for one in (*ends, *ratio_of)) or inf
    lanes = [f"{words(row['name'])}, {_window(row)}" for row in rows]
    for role, colour in shades.items():
        own = [(lane, row) for lane, row in zip(lanes, rows, strict=True) if row["role"] == role]
        if not own:
            continue
        figure.add_scatter(
            x=[_within(level(row, row["simulated"]), edge) for _, row in own],
            y=[lane for lane, _ in own],
            mode="markers",
            name=said(ROLES[role]),
            marker={
                "color": colour,
                "size": 11,
                "symbol": [_symbol(level(row, row["simulated"]), edge, marks[role]) for _, row in own],
            },
            customdata=[
                [value_text(row, row["reported"]), value_text(row, row["simulated"]), _ratio(row)] for _, row in own
            ],
            hovertemplate=said(
                "{figure}<br>reported {reported}<br>simulated {simulated}<br>ratio {ratio}",
                figure="%{y}",
                reported="%{customdata[0]}",
                simulated="%{customdata[1]}",
                ratio="%{customdata[2]}",
            )
            + "<extra></extra>",
        )
    known = [
        (lane, _within(_ends(row)[0], edge), _within(_ends(row)[1], edge))
        for lane, row in zip(lanes, rows, strict=True)
        if row["interval"]
    ]
    if known:
        # The interval is that of the calibrated scenario: the value of another policy's run need not lie in it.
        figure.add_scatter(
            x=[(low + high) / 2 for _, low, high in known],
            y=[lane for lane, _, _ in known],
            mode="markers",
            name=said("90% of predictions"),
            marker={"symbol": "line-ns-open", "color": shades["predicted"], "size": 1},
            error_x={
                "array": [(high - low) / 2 for _, low, high in known],
                "color": shades["predicted"],
                "thickness": 1.5,
                "width": 4,
            },
            hoverinfo="skip",
            showlegend=False,
        )
    for lane, ratio in zip(lanes, ratio_of, strict=True):
        if abs(ratio - 1) > edge:
            figure.add_annotation(
                text=fixed(ratio, 2), x=_within(ratio, edge), y=lane, showarrow=False,
                xanchor="right" if ratio > 1 else "left", xshift=-9 if ratio > 1 else 9,
            )  # fmt: skip
    figure.add_vline(x=1.0, line={"color": AXIS, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(title=said("simulated / reported (1: as reported)"))
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=lanes, tickfont={"size": 11})
    framed(figure, 150 + 24 * max(3, len(rows)), said(RATIOS))
    short = [
        f"{plain(named(row['name'])[:17])} {'/'.join(str(day)[2:7] for day in row['window'] if day)}" for row in rows
    ]
    narrow = {
        "yaxis": {"tickvals": lanes, "ticktext": short, "tickfont": {"size": 9.5}},
        "xaxis": {"title": {"text": said("simulated / reported")}},
    }
    figure.update_layout(meta={"narrow": {"layout": narrow}})
    return figure


def _within(ratio: float, edge: float) -> float:
    """Return a ratio, or the edge if it is beyond it: so far from 1 to either side."""
    return max(1 - edge, min(1 + edge, ratio))


def _symbol(ratio: float, edge: float, mark: str) -> str:
    """Return the mark of a ratio: an arrow where it is beyond the edge."""
    if abs(ratio - 1) <= edge:
        return mark
    return "triangle-right" if ratio > 1 else "triangle-left"


def ratios_table(run: "Run") -> "pd.DataFrame":
    """Return every figure of the scenario: reported, simulated, ratio, role, whether it is within its allowance."""
    import pandas as pd

    rows = []
    for row in run.manifest["figures"]:
        rows.append(
            {
                "figure": named(row["name"]),
                "window": _window(row),
                "reported": value_text(row, row["reported"]),
                SIMULATED: value_text(row, row["simulated"]),
                "ratio": _ratio(row),
                "role": said(ROLES[row["role"]]),
                "within": said(WITHIN[row["within"]]),
            }
        )
    columns = ["figure", "window", "reported", SIMULATED, "ratio", "role", "within"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def comparable(row: Row) -> bool:
    """Tell whether a figure has a reported and a simulated value whose ratio is defined."""
    reported = row["reported"]
    if row["simulated"] is None or not isinstance(reported, int | float):
        return False
    return reported > -1 if row["name"].endswith(CHANGE) else bool(reported)


def _ends(row: Row) -> tuple[float, float]:
    """Return the ends of the interval of a prediction, each as ``level`` has it."""
    low, high = row["interval"]
    return level(row, low), level(row, high)


def level(row: Row, value: float) -> float:
    """Return a value over what was reported; for changes, the ratio of the levels that they lead to."""
    reported = row["reported"]
    return float((1 + value) / (1 + reported) if row["name"].endswith(CHANGE) else value / reported)


def value_text(row: Row, value: Any) -> Written:
    """Return a value of a figure as people read it: changes in percent."""
    if value is None or isinstance(value, str):
        return Written(value or said(NONE))
    if row["name"].endswith(CHANGE):
        return Written(f"{'+' if value > 0 else ''}{percent(value)}", value)
    return amount(value, 4)


def _ratio(row: Row) -> Written:
    if not comparable(row):
        return Written("")
    if row["name"].endswith(CHANGE):
        points = 100 * (row["simulated"] - row["reported"])
        return Written(said("{change} points", change=written(f"{points:+.1f}")), None, {said("points"): points})
    return fixed(level(row, row["simulated"]), 3)


def _window(row: Row) -> str:
    start, end = row["window"]
    return said("{low} to {high}", low=start, high=end) if end else f"{start}"
