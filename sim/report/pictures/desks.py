"""Desks: how busy their staff is by weekday and time of day, and how long their lines are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sim.base.days import HALF_HOUR_MS, HALF_HOURS, calendar_date, day_number, weekday
from sim.base.rounding import amount, percent
from sim.base.words import DESKS, ContactChannel
from sim.language.dates import day_named, month_named
from sim.language.spoken import marked, said
from sim.report.blank import blank
from sim.report.looks import AXIS, INK, SCALE, WEEKDAYS, colours, country, dashes, symbols
from sim.report.panels import framed, subtitles
from sim.report.tally import WHOLE_PERIOD, days_of, months, step, tally
from sim.scenario.scalars import clock_text

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

DESK_NAMES = tuple(desk.label for desk in DESKS)
DESKS_OF = {ContactChannel.CALL.label: marked("Call desks"), ContactChannel.VISIT.label: marked("Visit desks")}
"""What the desks of each kind are called."""
LOAD, BUSY = marked("How busy the desks are, month by month"), marked("How busy the desks are")
LINES = marked("Alerts waiting in line")
LINES_OF = {ContactChannel.CALL.label: marked("for a call"), ContactChannel.VISIT.label: marked("for a visit")}
WAITING = {
    ContactChannel.CALL.label: marked("{day}: {count} waiting for a call"),
    ContactChannel.VISIT.label: marked("{day}: {count} waiting for a visit"),
}
"""What is said of the line of each kind of desks."""
NOBODY = marked("No desk was staffed in this run.")


def load(run: "Run") -> "go.Figure":
    """Draw how busy the desks were month by month: busy time over staffed time, beside all that they can do.

    Returns:
        A figure with a line for each desk that was staffed, and one at 1.
    """
    import plotly.graph_objects as go

    by_month = _by_month(run)
    if not by_month:
        return blank(said(LOAD), said(NOBODY))
    desks = [desk for desk in DESK_NAMES if any(of == desk for of, _ in by_month)]
    colour, dash, symbol = colours("contact"), dashes(DESK_NAMES), symbols(DESK_NAMES)
    figure = go.Figure()
    for desk in desks:
        points = {when: busy / staffed for (of, when), (busy, staffed) in by_month.items() if of == desk}
        figure.add_scatter(
            x=[when.isoformat() for when in points],
            y=list(points.values()),
            mode="lines+markers",
            name=said(DESKS_OF[desk]),
            line={"color": colour[desk], "dash": dash[desk]},
            marker={"symbol": symbol[desk], "size": 8},
            text=[
                said(
                    "{desks}, {month}: busy {share} of the time",
                    desks=said(DESKS_OF[desk]), month=month_named(when), share=percent(share),
                )
                for when, share in points.items()
            ],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    framed(figure, 330, said(LOAD))
    figure.update_layout(showlegend=True)
    figure.add_hline(y=1.0, line={"color": INK, "width": 2})
    figure.add_annotation(
        text=said("all that the staff on duty can do"), x=0, xref="paper", xanchor="left", y=1.0, yanchor="bottom",
        showarrow=False,
    )  # fmt: skip
    most = max(busy / staffed for busy, staffed in by_month.values())
    figure.update_yaxes(range=[0, max(1.15, 1.05 * most)], tickformat=".0%", nticks=6)
    figure.update_yaxes(title_text=said("busy share of staffed time"))
    figure.update_xaxes(title_text=said("month"), nticks=6, type="date")
    return figure


def load_table(run: "Run") -> "pd.DataFrame":
    """Return the share of staffed time that was spent in services, by month and desk; ``none`` without staff."""
    import pandas as pd

    by_month = _by_month(run)
    rows = []
    for when in sorted({when for _, when in by_month}):
        cells = {desk: by_month.get((desk, when)) for desk in DESK_NAMES}
        rows.append(
            {
                "month": f"{when:%Y-%m}",
                **{desk: percent(None if cell is None else cell[0] / cell[1]) for desk, cell in cells.items()},
            }
        )
    return pd.DataFrame(rows, columns=["month", *DESK_NAMES], dtype=object)


def load_words(run: "Run") -> str:
    """Say in which month each desk was busiest, and how busy it was then."""
    by_month = _by_month(run)
    told = []
    for desk in DESK_NAMES:
        shares = {when: busy / staffed for (of, when), (busy, staffed) in by_month.items() if of == desk}
        if shares:
            worst = max(shares, key=lambda when: (shares[when], when))
            told.append(
                said(
                    "{desks} were busiest in {month}: {share} of their time.",
                    desks=said(DESKS_OF[desk]), month=month_named(worst), share=percent(shares[worst]),
                )
            )  # fmt: skip
    return " ".join(told)


def _by_month(run: "Run") -> "dict[tuple[str, date], tuple[int, int]]":
    """Return (busy, staffed) ms by desk and month in which somebody is on duty."""
    counted = tally(run, "hours", ["channel", "month"], ["busy_ms", "staffed_ms"])
    return {
        (channel, month): (int(busy), int(staffed))
        for channel, month, busy, staffed in counted.itertuples(index=False)
        if staffed
    }


def busiest(runs: "Sequence[Run]") -> dict[str, str]:
    """Return the month in which a desk of some run was busiest: a mean over all hides the one in which it collapses."""
    every = [(busy / staffed, f"{when:%Y-%m}") for run in runs for (_, when), (busy, staffed) in _by_month(run).items()]
    return {"month": max(every)[1] if every else WHOLE_PERIOD}


def utilisation(run: "Run", month: str = WHOLE_PERIOD) -> "go.Figure":
    """Draw the share of staffed time that is spent in services, by desk, weekday and half hour of the day.

    Cells without staff are left empty. A service that outlasts its shift is busy time without staffed time, so that
    a share can come out above 1.

    Args:
        run: The run.
        month: ``all``, the whole period, or one of its months, such as ``2022-05``.

    Returns:
        A figure with a panel for each desk that is staffed in some month.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    by_month = _by_month(run)
    desks = [desk for desk in DESK_NAMES if any(of == desk for of, _ in by_month)]
    if not desks:
        return blank(said(BUSY), said(NOBODY))
    cells = _cells(run, month)
    figure = make_subplots(
        rows=len(desks), cols=1, shared_xaxes=True, vertical_spacing=0.13,
        subplot_titles=[_how_busy(by_month, desk, month) for desk in desks],
    )  # fmt: skip
    days = _weekdays(run, month)
    for row, desk in enumerate(desks, 1):
        values, hover = [], []
        for of_week, name in enumerate(map(said, WEEKDAYS), 1):
            shares: list[float | None] = []
            texts = []
            for half_hour in range(HALF_HOURS):
                busy, staffed = cells.get((desk, of_week, half_hour), (0, 0))
                when = f"{name} {clock_text(30 * half_hour)}-{clock_text(30 * half_hour + 30)}"
                if staffed:
                    seats = staffed / HALF_HOUR_MS / days[of_week] * country(run)
                    shares.append(busy / staffed)
                    texts.append(
                        said("{when}: {share} busy of {seats} on duty", when=when, share=percent(busy / staffed),
                             seats=amount(seats))
                    )  # fmt: skip
                else:
                    shares.append(None)
                    texts.append(said("{when}: nobody on duty", when=when))
            values.append(shares)
            hover.append(texts)
        figure.add_trace(
            go.Heatmap(
                z=values,
                x=[half_hour / 2 + 0.25 for half_hour in range(HALF_HOURS)],
                y=[said(name) for name in WEEKDAYS],
                text=hover,
                hovertemplate="%{text}<extra></extra>",
                coloraxis="coloraxis",
                xgap=0.5,
                ygap=1,
            ),
            row=row,
            col=1,
        )
    framed(figure, 170 + 190 * len(desks), said("{title}, {month}", title=said(BUSY), month=months(run)[month]))
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
    figure.update_xaxes(showgrid=False, title_text=said("time of day"), row=len(desks), col=1)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return subtitles(figure)


def _how_busy(by_month: "dict[tuple[str, date], tuple[int, int]]", desk: str, month: str) -> str:
    """Return how busy a desk was in a month; over the whole period from the quietest month to the busiest."""
    shares = [
        busy / staffed
        for (of, when), (busy, staffed) in by_month.items()
        if of == desk and month in (WHOLE_PERIOD, f"{when:%Y-%m}")
    ]
    if not shares:
        return said("{desks}: nobody on duty", desks=said(DESKS_OF[desk]))
    if len(shares) == 1:
        return said("{desks}: busy {share} of the time", desks=said(DESKS_OF[desk]), share=percent(shares[0]))
    return said(
        "{desks}: busy {low} of the time in the quietest month, {high} in the busiest",
        desks=said(DESKS_OF[desk]), low=percent(min(shares)), high=percent(max(shares)),
    )  # fmt: skip


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
        row = {"hours": said("{low} to {high}", low=clock_text(30 * start), high=clock_text(30 * start + 120))}
        for desk in DESK_NAMES:
            for name, days in ((marked("Mon to Fri"), range(1, 6)), (marked("Sat and Sun"), range(6, 8))):
                some = [cells.get((desk, d, h), (0, 0)) for d in days for h in range(start, start + 4)]
                busy, staffed = sum(cell[0] for cell in some), sum(cell[1] for cell in some)
                row[f"{desk}, {name}"] = percent(busy / staffed if staffed else None)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def _cells(run: "Run", month: str = WHOLE_PERIOD) -> dict[tuple[str, int, int], tuple[int, int]]:
    """Return (busy, staffed) ms by desk, weekday and half hour, of one month or all, where somebody is on duty."""
    counted = tally(run, "hours", ["month", "channel", "weekday", "half_hour"], ["busy_ms", "staffed_ms"])
    found: dict[tuple[str, int, int], tuple[int, int]] = {}
    for of_month, channel, of_week, half_hour, busy, staffed in counted.itertuples(index=False):
        if staffed and month in (WHOLE_PERIOD, f"{of_month:%Y-%m}"):
            key = (channel, int(of_week), int(half_hour))
            before = found.get(key, (0, 0))
            found[key] = (before[0] + int(busy), before[1] + int(staffed))
    return found


def _weekdays(run: "Run", month: str) -> dict[int, int]:
    """Return how many of each weekday (Monday is 1) a month, or the period, has within the period; at least 1."""
    first = day_number(run.scenario.spec.period.start)
    counts = dict.fromkeys(range(1, 8), 0)
    for number in range(first, first + days_of(run)):
        if month in (WHOLE_PERIOD, f"{calendar_date(number):%Y-%m}"):
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
        return blank(said(LINES), said("This run did not record its lines; run it again."))
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12,
        subplot_titles=[said(LINES_OF[desk]) for desk in DESK_NAMES],
    )  # fmt: skip
    colour = colours("contact")
    for row, desk in enumerate(DESK_NAMES, 1):
        figure.add_trace(
            go.Scatter(
                x=[when.isoformat() for when in lines[desk]],
                y=list(lines[desk].values()),
                mode="lines",
                name=said(desk),
                line={"color": colour[desk], "width": 1.5},
                text=[
                    said(WAITING[desk], day=day_named(when), count=amount(value)) for when, value in lines[desk].items()
                ],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=row,
            col=1,
        )
    framed(figure, 430, said(LINES))
    figure.update_layout(showlegend=False)
    figure.update_yaxes(rangemode="tozero", nticks=5, title_text=said("alerts, mean of day"), linecolor=AXIS)
    figure.update_xaxes(nticks=6)
    figure.update_xaxes(title_text=said("day"), row=2, col=1)
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
