"""A timeline that plays: alerts by province and the work of the desks, day after day."""

from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount
from sim.base.words import DESKS, ContactChannel, End
from sim.language.spoken import marked, said
from sim.report.looks import PEOPLE, SCALE, country, finish, plain, provinces
from sim.report.pictures.place import lines_of, tiles
from sim.report.sums import by_day, days, months_of, sums

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

FRAME_DAYS = 7
"""Days of a frame in a notebook."""
DESK_NAMES = tuple(desk.label for desk in DESKS)
WAITING = {
    ContactChannel.CALL.label: marked("people waiting for a call"),
    ContactChannel.VISIT.label: marked("people waiting for a visit"),
}
WORK = {
    ContactChannel.CALL.label: marked("call desks at work"),
    ContactChannel.VISIT.label: marked("visit desks at work"),
}
LINES = {f"line_{desk}": text for desk, text in WAITING.items()}
"""Quantities of the state that are drawn, and how each is called."""
LONGEST = 7
"""Letters of a line of a name on a tile of the page."""
SHARE, COUNT = "share", "count"


def reel(run: "Run") -> dict[str, Any]:
    """Return what the timeline shows, in plain values: alerts per 100,000 people by day and province, and bars by day.

    Returns:
        The first day (``start``), the ``tiles`` with their ``rates`` by day, the ``unit`` of these and the highest of
        them (``most``), and ``bars``: each a label, a kind (``share`` of 1 or ``count`` of the country), its highest
        value and one a day.
    """
    placed, names = tiles(run), provinces(run)
    rates = _rates(run)
    return {
        "start": str(run.scenario.spec.period.start),
        "tiles": [
            {"name": names[code], "lines": lines_of(names[code], LONGEST), "column": column, "row": row}
            for code, (column, row) in placed.items()
        ],
        "unit": said("alerts per 100,000 people"),
        "most": _digits(float(rates.to_numpy().max(initial=0.0))),
        "rates": [[_digits(value) for value in row] for row in rates[list(placed)].to_numpy()],
        "bars": [
            {
                "label": said(label),
                "kind": kind,
                "most": 1 if kind == SHARE else _digits(float(values.max())) or 1,
                "values": [_digits(value) for value in values],
            }
            for label, (kind, values) in _bars(run).items()
        ],
    }


def film(run: "Run") -> "go.Figure":
    """Draw the timeline for a notebook: a frame is the mean of seven days; the page of a report plays single days."""
    import plotly.graph_objects as go

    rates = _rates(run)
    weekly = rates.groupby([at // FRAME_DAYS for at in range(len(rates))]).mean()
    first = [rates.index[at * FRAME_DAYS] for at in range(len(weekly))]
    top = float(weekly.to_numpy().max(initial=0.0)) or 1.0
    labels_of = [f"{day:%Y-%m-%d}" for day in first]

    def frame(at: int) -> go.Heatmap:
        return _heatmap(run, weekly.iloc[at], top)

    figure = go.Figure(
        data=[frame(0)],
        frames=[go.Frame(data=[frame(at)], name=name) for at, name in enumerate(labels_of)],
    )
    still = {"mode": "immediate", "frame": {"duration": 120, "redraw": True}, "transition": {"duration": 0}}
    buttons = [
        {"label": said("Play"), "method": "animate", "args": [None, {**still, "fromcurrent": True}]},
        {
            "label": said("Pause"),
            "method": "animate",
            "args": [[None], {**still, "frame": {"duration": 0, "redraw": False}}],
        },
    ]
    steps = [{"label": name, "method": "animate", "args": [[name], still]} for name in labels_of]
    finish(figure, 640, said("Alerts per 100,000 people and day, mean of {days} days", days=FRAME_DAYS))
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_layout(
        updatemenus=[{"type": "buttons", "direction": "left", "buttons": buttons, "x": 0, "y": 0, "yanchor": "top"}],
        sliders=[{"steps": steps, "currentvalue": {"prefix": said("week from ")}, "pad": {"t": 60}}],
    )
    return figure


def film_table(run: "Run") -> "pd.DataFrame":
    """Return the bars of the timeline as means of a month: shares of 1, and counts a day."""
    import pandas as pd

    bars = {label + (" (share)" if kind == SHARE else ""): values for label, (kind, values) in _bars(run).items()}
    frame = pd.DataFrame(bars)
    return frame.groupby(months_of(frame)).mean().rename_axis("month").reset_index()


def _bars(run: "Run") -> "dict[str, tuple[str, pd.Series[Any]]]":
    ends = by_day(run, "alerts", "end", End.labels())
    found: dict[str, tuple[str, pd.Series[Any]]] = {marked("alerts issued"): (COUNT, ends.sum(axis=1))}
    busy = _busy(run)
    found.update({WORK[channel]: (SHARE, busy[channel]) for channel in DESK_NAMES})
    state = run.state
    for quantity, label in LINES.items():
        line = state[state["quantity"] == quantity]
        if len(line):
            waiting = line.groupby("day")["value"].sum() * country(run)
            found[label] = (COUNT, waiting.reindex(days(run), fill_value=0.0))
    found[marked("alerts that expire later")] = (COUNT, ends[End.EXPIRED.label])
    return found


def _busy(run: "Run") -> "pd.DataFrame":
    """Return the share of staffed time at work by day and desk; the staffed time of a day is its weekday's mean."""
    import pandas as pd

    worked = sums(run, "contacts", ["day", "channel"], ["staff_ms"])
    at_work = worked.pivot_table(index="day", columns="channel", values="staff_ms", aggfunc="sum", fill_value=0.0)
    at_work = at_work.reindex(index=days(run), columns=list(DESK_NAMES), fill_value=0.0)
    hours = sums(run, "hours", ["month", "channel", "weekday"], ["staffed_ms"])
    index = days(run)
    keys = pd.DataFrame({"month": index.to_period("M").to_timestamp(), "weekday": index.day_of_week + 1}, index=index)
    number = keys.groupby(["month", "weekday"]).size()
    found = {}
    for channel in DESK_NAMES:
        own = hours[hours["channel"] == channel].set_index(["month", "weekday"])["staffed_ms"]
        a_day = {
            key: float(own.get(key, 0.0)) / count for key, count in zip(number.index, number.to_numpy(), strict=True)
        }
        staffed = pd.Series([a_day[key] for key in zip(keys["month"], keys["weekday"], strict=True)], index=index)
        found[channel] = (at_work[channel] / staffed.where(staffed > 0)).fillna(0.0).clip(upper=1.0)
    return pd.DataFrame(found)


def _rates(run: "Run") -> "pd.DataFrame":
    """Return alerts per 100,000 people by day of issue and province code."""
    import pandas as pd

    found = sums(run, "alerts", ["day", "province"])
    wide = found.pivot_table(index="day", columns="province", values="count", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(index=days(run), columns=list(provinces(run)), fill_value=0.0)
    people = pd.Series({row.code: row.population for row in run.scenario.spec.population.provinces}, dtype="float64")
    return (wide / people.where(people > 0) * PEOPLE).fillna(0.0)


def _heatmap(run: "Run", rates: "pd.Series[Any]", top: float) -> "go.Heatmap":
    import plotly.graph_objects as go

    placed, names = tiles(run), provinces(run)
    wide = max(column for column, _ in placed.values()) + 1
    high = max(row for _, row in placed.values()) + 1
    z: list[list[Any]] = [[None] * wide for _ in range(high)]
    text = [[""] * wide for _ in range(high)]
    told = [[""] * wide for _ in range(high)]
    for code, (column, row) in placed.items():
        z[row][column] = _digits(float(rates[code]))
        text[row][column] = "<br>".join(map(plain, lines_of(names[code])))
        told[row][column] = said(
            "{province}: {rate} alerts per 100,000 people",
            province=plain(names[code]), rate=amount(float(rates[code])),
        )  # fmt: skip
    return go.Heatmap(
        z=z,
        text=text,
        customdata=told,
        zmin=0,
        zmax=_digits(top),
        colorscale=SCALE,
        texttemplate="%{text}",
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        xgap=3,
        ygap=3,
        colorbar={"title": {"text": said("alerts per 100,000")}, "thickness": 12},
    )


def _digits(value: float) -> float:
    """Keep three significant digits: more cannot be seen, and would swell the file."""
    return float(f"{value:.3g}")
