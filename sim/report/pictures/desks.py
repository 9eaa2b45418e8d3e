"""Desks: how busy their staff is by weekday and time of day, and how long their lines are."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sim.days import HALF_HOUR_MS, HALF_HOURS, day_number, weekday
from sim.report.blank import blank
from sim.report.looks import AXIS, SCALE, WEEKDAYS, colours, country, day
from sim.report.panels import framed, subtitles
from sim.report.tally import days_of, step, tally
from sim.rounding import amount, percent
from sim.scenario.scalars import clock_text
from sim.words import DESKS

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import plotly.graph_objects as go

    from sim.results.run import Run

DESK_NAMES = tuple(desk.label for desk in DESKS)
BUSY, LINES = "How busy the desks are", "Alerts waiting in line"
NOBODY = "No desk was staffed in this run."


def utilisation(run: "Run") -> "go.Figure":
    """Draw the share of staffed time that is spent in services, by desk, weekday and half hour of the day.

    Cells without staff are left empty. A service that outlasts its shift is busy time without staffed time, so that
    a share can come out above 1.

    Returns:
        A figure with a panel for each desk.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    cells = _cells(run)
    desks = [desk for desk in DESK_NAMES if any(of == desk for of, _, _ in cells)]
    if not desks:
        return blank(BUSY, NOBODY)
    figure = make_subplots(
        rows=len(desks), cols=1, shared_xaxes=True, vertical_spacing=0.13,
        subplot_titles=[f"{desk} desks: busy {percent(_mean(cells, desk))} of the time" for desk in desks],
    )  # fmt: skip
    days = _weekdays(run)
    for row, desk in enumerate(desks, 1):
        values, hover = [], []
        for of_week, name in enumerate(WEEKDAYS, 1):
            shares: list[float | None] = []
            texts = []
            for half_hour in range(HALF_HOURS):
                busy, staffed = cells.get((desk, of_week, half_hour), (0, 0))
                when = f"{desk}, {name} {clock_text(30 * half_hour)} to {clock_text(30 * half_hour + 30)}"
                if staffed:
                    seats = staffed / HALF_HOUR_MS / days[of_week] * country(run)
                    shares.append(busy / staffed)
                    texts.append(f"{when}: {percent(busy / staffed)} busy of {amount(seats)} on duty")
                else:
                    shares.append(None)
                    texts.append(f"{when}: nobody on duty")
            values.append(shares)
            hover.append(texts)
        figure.add_trace(
            go.Heatmap(
                z=values,
                x=[half_hour / 2 + 0.25 for half_hour in range(HALF_HOURS)],
                y=list(WEEKDAYS),
                text=hover,
                hovertemplate="%{text}<extra></extra>",
                coloraxis="coloraxis",
                xgap=0.5,
                ygap=1,
            ),
            row=row,
            col=1,
        )
    framed(figure, 170 + 190 * len(desks), BUSY)
    figure.update_layout(
        coloraxis={
            "colorscale": SCALE,
            "cmin": 0.0,
            "cmax": 1.0,
            "colorbar": {
                "orientation": "h",
                "tickformat": ".0%",
                "thickness": 12,
                "yref": "container",
                "y": 0,
                "yanchor": "bottom",
                "x": 0.5,
                "outlinewidth": 0,
            },
        }
    )
    figure.update_xaxes(range=[0, 24], tickvals=[0, 6, 12, 18], ticktext=["0:00", "6:00", "12:00", "18:00"])
    figure.update_xaxes(showgrid=False, title_text="time of day", row=len(desks), col=1)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return subtitles(figure)


def utilisation_table(run: "Run") -> "pd.DataFrame":
    """Return the utilisation of the desks by two hours of the day, from Monday to Friday and at the weekend.

    Returns:
        Columns hours, and for each desk ``DESK, Mon to Fri`` and ``DESK, Sat and Sun``: shares in percent, ``none``
        where nobody is on duty.
    """
    import pandas as pd

    cells = _cells(run)
    rows = []
    for start in range(0, HALF_HOURS, 4):
        row = {"hours": f"{clock_text(30 * start)} to {clock_text(30 * start + 120)}"}
        for desk in DESK_NAMES:
            for name, days in (("Mon to Fri", range(1, 6)), ("Sat and Sun", range(6, 8))):
                some = [cells.get((desk, d, h), (0, 0)) for d in days for h in range(start, start + 4)]
                busy, staffed = sum(cell[0] for cell in some), sum(cell[1] for cell in some)
                row[f"{desk}, {name}"] = percent(busy / staffed if staffed else None)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def _cells(run: "Run") -> dict[tuple[str, int, int], tuple[int, int]]:
    """Return (busy, staffed) ms of the period by desk, weekday and half hour, where somebody is on duty."""
    counted = tally(run, "hours", ["channel", "weekday", "half_hour"], ["busy_ms", "staffed_ms"])
    return {
        (channel, int(of_week), int(half_hour)): (int(busy), int(staffed))
        for channel, of_week, half_hour, busy, staffed in counted.itertuples(index=False)
        if staffed
    }


def _mean(cells: dict[tuple[str, int, int], tuple[int, int]], desk: str) -> float:
    """Return the utilisation of a desk over all its cells."""
    mine = [cell for (of, _, _), cell in cells.items() if of == desk]
    return sum(busy for busy, _ in mine) / sum(staffed for _, staffed in mine)


def _weekdays(run: "Run") -> dict[int, int]:
    """Return how many of each weekday (Monday is 1) the period has; at least 1."""
    first = day_number(run.scenario.spec.period.start)
    counts = dict.fromkeys(range(1, 8), 0)
    for number in range(first, first + days_of(run)):
        counts[weekday(number)] += 1
    return {of_week: max(count, 1) for of_week, count in counts.items()}


def queues(run: "Run") -> "go.Figure":
    """Draw how many alerts of the country wait at the desks, in the mean of each day.

    Returns:
        A figure with a panel for each desk; without any for runs that were made before lines were recorded.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    lines = _lines(run)
    if not lines:
        return blank(LINES, "This run did not record its lines; run it again.")
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12,
        subplot_titles=[f"for a {desk}" for desk in DESK_NAMES],
    )  # fmt: skip
    colour = colours("contact")
    for row, desk in enumerate(DESK_NAMES, 1):
        figure.add_trace(
            go.Scatter(
                x=[when.isoformat() for when in lines[desk]],
                y=list(lines[desk].values()),
                mode="lines",
                name=desk,
                line={"color": colour[desk], "width": 1.5},
                text=[f"{day(when)}: {amount(value)} waiting for a {desk}" for when, value in lines[desk].items()],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=row,
            col=1,
        )
    framed(figure, 430, LINES)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(rangemode="tozero", nticks=5, title_text="alerts, mean of day", linecolor=AXIS)
    figure.update_xaxes(nticks=6)
    figure.update_xaxes(title_text="day", row=2, col=1)
    return subtitles(figure)


def queues_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country in line, in the mean of each month (of each week for short runs), by desk.

    Returns:
        Columns from (the first day of the month or week) and one for each desk: means over its days.
    """
    import pandas as pd

    lines = _lines(run)
    start = run.scenario.spec.period.start
    values: dict[date, dict[str, list[float]]] = {}
    for desk, by_day in lines.items():
        for when, value in by_day.items():
            weeks = timedelta(days=(when - start).days // 7 * 7)
            first = start + weeks if step(run) == "day" else max(when.replace(day=1), start)
            values.setdefault(first, {}).setdefault(desk, []).append(value)
    rows = [
        {"from": first.isoformat(), **{desk: amount(sum(some[desk]) / len(some[desk])) for desk in DESK_NAMES}}
        for first, some in sorted(values.items())
    ]
    return pd.DataFrame(rows, columns=["from", *DESK_NAMES], dtype=object)


def _lines(run: "Run") -> "dict[str, dict[date, float]]":
    """Return the mean line of the country by desk and day; empty if the run did not record it."""
    names = {f"line_{desk}": desk for desk in DESK_NAMES}
    noted = tally(run, "state", ["quantity", "day"], ["value"], {"quantity": names})
    found: dict[str, dict[date, float]] = {}
    for quantity, when, value in noted.itertuples(index=False):
        found.setdefault(names[quantity], {})[when] = float(value) * country(run)
    return found
