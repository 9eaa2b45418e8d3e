"""Desks: utilisation by month, weekday and time of day, and the length of their queues."""

import copy
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.base.days import HALF_HOUR_MS, HALF_HOURS, calendar_date, day_number, weekday
from sim.base.rounding import amount, percent
from sim.base.words import DESKS, ContactChannel
from sim.language import day_named, marked, month_named, said
from sim.report.drawing import AXIS, COLOURS, INK, SCALE, Drawn, Mark, blank, draw, finish, note, panels
from sim.report.parts import WHOLE_PERIOD, country, counts, days_of, months, step, table_of, tally
from sim.scenario.bounds import clock_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from sim.reading.run import Run

DESK_NAMES = tuple(desk.label for desk in DESKS)
SHADES = {desk: COLOURS["contact"][desk] for desk in DESK_NAMES}
DESKS_OF = {ContactChannel.CALL.label: marked("Call desks"), ContactChannel.VISIT.label: marked("Visit desks")}
"""Names of the desks of each kind."""
LOAD, BUSY = marked("Desk utilisation by month"), marked("Desk utilisation")
LINES = marked("Queues: alerts waiting")
LINES_OF = {ContactChannel.CALL.label: marked("for a call"), ContactChannel.VISIT.label: marked("for a visit")}
WAITING = {
    ContactChannel.CALL.label: marked("{day}: {count} waiting for a call"),
    ContactChannel.VISIT.label: marked("{day}: {count} waiting for a visit"),
}
"""What the pointer shows of the queue of each kind of desks."""
LONGEST = {
    ContactChannel.CALL.label: marked("Most alerts waited for a call on {day}: {count}."),
    ContactChannel.VISIT.label: marked("Most alerts waited for a visit on {day}: {count}."),
}
"""The longest queue of each kind of desks."""
NOBODY = marked("No desk was staffed in this run.")
WEEKDAYS = {
    marked("Mon"): marked("Mondays"),
    marked("Tue"): marked("Tuesdays"),
    marked("Wed"): marked("Wednesdays"),
    marked("Thu"): marked("Thursdays"),
    marked("Fri"): marked("Fridays"),
    marked("Sat"): marked("Saturdays"),
    marked("Sun"): marked("Sundays"),
}
"""Short names of weekdays, and their names in sentences."""

Share = tuple[int, int]
"""Busy and staffed ms."""


def load(run: "Run") -> Drawn:
    """Draw the utilisation of each staffed desk by month, busy over staffed time, and a line at 1, the capacity."""
    by_desk = _by_desk(run)
    every = sorted({when for shares in by_desk.values() for when in shares})
    rows = [(f"{when:%Y-%m}", *(percent(by_desk.get(desk, {}).get(when)) for desk in DESK_NAMES)) for when in every]
    told = []
    for desk, shares in by_desk.items():
        worst = max(shares, key=lambda when: (shares[when], when))
        told.append(
            said(
                "{desks} were busiest in {month}: utilisation {share}.",
                desks=said(DESKS_OF[desk]), month=month_named(worst), share=percent(shares[worst]),
            )
        )  # fmt: skip

    def view() -> "go.Figure":
        if not by_desk:
            return blank(said(LOAD), said(NOBODY))
        marks = [
            Mark(desk, when, share, said("{desks}, {month}: utilisation {share}", desks=said(DESKS_OF[desk]),
                                         month=month_named(when), share=percent(share)))
            for desk, shares in by_desk.items() for when, share in shares.items()
        ]  # fmt: skip
        figure = draw(panels(), "line", marks, SHADES, DESKS_OF).add_hline(y=1.0, line={"color": INK, "width": 2})
        text = said("capacity of the staff on duty")
        note(figure, text, 0, 1.0, xref="paper", xanchor="left", yanchor="bottom")
        most = max(1.15, *(1.05 * mark.y for mark in marks))
        y = {"range": [0, most], "tickformat": ".0%", "nticks": 6, "title_text": said("utilisation")}
        return finish(figure, 330, said(LOAD), {"nticks": 6, "type": "date"}, y, said("month"))

    return Drawn(view, table_of(rows, ["month", *DESK_NAMES]), " ".join(told))


def _by_desk(run: "Run") -> "dict[str, dict[date, float]]":
    """Return the utilisation of each staffed desk by month with staff on duty."""
    counted = tally(run, "hours", ["channel", "month"], ["busy_ms", "staffed_ms"])
    found: dict[str, dict[date, float]] = {}
    for desk, when, busy, staffed in counted.itertuples(index=False):
        if staffed:
            found.setdefault(desk, {})[when] = int(busy) / int(staffed)
    return {desk: found[desk] for desk in DESK_NAMES if desk in found}


def busiest(runs: "Sequence[Run]") -> dict[str, str]:
    """Return the month with the highest utilisation: a mean over all months would hide it."""
    every = [
        (share, f"{when:%Y-%m}") for run in runs for shares in _by_desk(run).values() for when, share in shares.items()
    ]
    return {"month": max(every)[1] if every else WHOLE_PERIOD}


def utilisation(run: "Run") -> Drawn:
    """Draw the share of staffed time spent in services, by desk, weekday and half hour of the day.

    Its choice is ``month``: ``all``, the whole period, or one of its months, such as ``2022-05``. Cells without staff
    are empty. A service that outlasts its shift adds busy time without staffed time, so a share can exceed 1. The words
    are of the month that is shown first; the largest utilisation is often that of a shift's end: services outlast it
    while next to nobody is on duty.

    Returns:
        The picture.
    """
    by_desk, cells = _by_desk(run), _cells(run)
    rows = []
    for start in range(0, HALF_HOURS, 4):
        row = {"hours": said("{low} to {high}", low=clock_text(30 * start), high=clock_text(30 * start + 120))}
        for desk in DESK_NAMES:
            for name, days in ((marked("Mon to Fri"), range(1, 6)), (marked("Sat and Sun"), range(6, 8))):
                some = [cells.get((desk, d, h), (0, 0)) for d in days for h in range(start, start + 4)]
                busy, staffed = sum(cell[0] for cell in some), sum(cell[1] for cell in some)
                row[f"{desk}, {name}"] = percent(busy / staffed if staffed else None)
        rows.append(row)
    told = []
    first = _cells(run, busiest([run])["month"])
    for desk in by_desk:
        own = {key: cell for key, cell in first.items() if key[0] == desk}
        if own:
            (_, of_week, half), (busy, staffed) = max(own.items(), key=lambda one: one[1])
            told.append(
                said(
                    "{desks} are busiest on {weekday} at {time}: utilisation {share}.",
                    desks=said(DESKS_OF[desk]), weekday=said(list(WEEKDAYS.values())[of_week - 1]),
                    time=clock_text(30 * half), share=percent(busy / staffed),
                )
            )  # fmt: skip
    bare = _bare(by_desk)

    def view(month: str = WHOLE_PERIOD) -> "go.Figure":
        if not by_desk:
            return blank(said(BUSY), said(NOBODY))
        figure = copy.deepcopy(bare)  # drawing it again takes several times as long
        own, days = _cells(run, month), _weekdays(run, month)
        for desk, heading, panel in zip(by_desk, figure.layout.annotations, figure.data, strict=True):
            heading.text = _how_busy(desk, by_desk[desk], month)
            values, texts = _grid(run, {key[1:]: cell for key, cell in own.items() if key[0] == desk}, days)
            panel.update(z=values, text=texts)
        title = said("{title}, {month}", title=said(BUSY), month=months(run)[month])
        return figure.update_layout(title_text=title)

    return Drawn(view, table_of(rows), " ".join(told))


def _bare(by_desk: "dict[str, dict[date, float]]") -> "go.Figure":
    """Draw a panel for each desk, without utilisation."""
    figure = panels(list(by_desk), 0.13)
    hours, names = [half_hour / 2 + 0.25 for half_hour in range(HALF_HOURS)], list(map(said, WEEKDAYS))
    for row in range(1, len(by_desk) + 1):
        figure.add_heatmap(
            x=hours, y=names, hovertemplate="%{text}<extra></extra>", coloraxis="coloraxis", xgap=0.5, ygap=1,
            row=row, col=1,
        )  # fmt: skip
    bar = {
        "orientation": "h", "tickformat": ".0%", "thickness": 12, "yref": "container", "y": 0, "yanchor": "bottom",
        "x": 0.5, "outlinewidth": 0,
    }  # fmt: skip
    scale = {"colorscale": SCALE, "cmin": 0.0, "cmax": 1.0, "colorbar": bar}
    ticks = {"tickvals": [0, 6, 12, 18], "ticktext": ["0:00", "6:00", "12:00", "18:00"]}
    x, y = {"range": [0, 24], **ticks, "showgrid": False}, {"autorange": "reversed", "showgrid": False}
    return finish(figure, 170 + 190 * len(by_desk), "", x, y, said("time of day"), coloraxis=scale)


def _grid(
    run: "Run", cells: dict[tuple[int, int], Share], days: dict[int, int]
) -> tuple[list[list[float | None]], list[list[str]]]:
    """Return the utilisation of a desk, and what the pointer shows, by weekday and half hour."""
    values: list[list[float | None]] = []
    hover = []
    for of_week, name in enumerate(map(said, WEEKDAYS), 1):
        some = [cells.get((of_week, half_hour), (0, 0)) for half_hour in range(HALF_HOURS)]
        values.append([busy / staffed if staffed else None for busy, staffed in some])
        texts = []
        for half_hour, (busy, staffed) in enumerate(some):
            when = f"{name} {clock_text(30 * half_hour)}-{clock_text(30 * half_hour + 30)}"
            seats = amount(staffed / HALF_HOUR_MS / days[of_week] * country(run))
            texts.append(
                said("{when}: utilisation {share}, {seats} on duty", when=when, share=percent(busy / staffed),
                     seats=seats)
                if staffed else said("{when}: nobody on duty", when=when)
            )  # fmt: skip
        hover.append(texts)
    return values, hover


def _how_busy(desk: str, by_month: "dict[date, float]", month: str) -> str:
    """Return the utilisation of a desk in a month; over the whole period from the quietest month to the busiest."""
    shares = [share for when, share in by_month.items() if month in (WHOLE_PERIOD, f"{when:%Y-%m}")]
    if not shares:
        return said("{desks}: nobody on duty", desks=said(DESKS_OF[desk]))
    if len(shares) == 1:
        return said("{desks}: utilisation {share}", desks=said(DESKS_OF[desk]), share=percent(shares[0]))
    return said(
        "{desks}: utilisation {low} in the quietest month, {high} in the busiest",
        desks=said(DESKS_OF[desk]), low=percent(min(shares)), high=percent(max(shares)),
    )  # fmt: skip


def _cells(run: "Run", month: str = WHOLE_PERIOD) -> dict[tuple[str, int, int], Share]:
    """Return (busy, staffed) ms by desk, weekday and half hour with staff on duty, of one month or all."""
    keys = ["channel", "weekday", "half_hour"]
    counted = tally(run, "hours", ["month", *keys], ["busy_ms", "staffed_ms"])
    counted = counted[counted["staffed_ms"] > 0]
    if month != WHOLE_PERIOD:
        counted = counted[counted["month"] == date.fromisoformat(f"{month}-01")]
    summed = counted.groupby(keys, observed=True)[["busy_ms", "staffed_ms"]].sum()
    return {
        (channel, int(of_week), int(half_hour)): (int(busy), int(staffed))
        for (channel, of_week, half_hour), busy, staffed in summed.itertuples(name=None)
    }


def _weekdays(run: "Run", month: str) -> dict[int, int]:
    """Return how many of each weekday (Monday is 1) lie in a month, or in the period; at least 1."""
    first = day_number(run.scenario.spec.period.start)
    found = dict.fromkeys(range(1, 8), 0)
    for number in range(first, first + days_of(run)):
        if month in (WHOLE_PERIOD, f"{calendar_date(number):%Y-%m}"):
            found[weekday(number)] += 1
    return {of_week: max(count, 1) for of_week, count in found.items()}


def queues(run: "Run") -> Drawn:
    """Draw the alerts of the country that wait at each desk, as daily means; blank for runs without recorded queues.

    The table has the means of each month, of short runs each week.

    Returns:
        The picture.
    """
    names = {f"line_{desk}": desk for desk in DESK_NAMES}
    noted = counts(run, "state", ["quantity", "day"], "value", {"quantity": names})
    lines = {desk: {when: value for (of, when), value in noted.items() if of == name} for name, desk in names.items()}
    start = run.scenario.spec.period.start
    values: dict[date, dict[str, list[float]]] = {}
    for desk, by_day in lines.items():
        for when, value in by_day.items():
            weeks = timedelta(days=(when - start).days // 7 * 7)
            first = start + weeks if step(run) == "day" else max(when.replace(day=1), start)
            values.setdefault(first, {}).setdefault(desk, []).append(value)
    rows = [
        (first.isoformat(), *(amount(sum(some[desk]) / len(some[desk])) for desk in DESK_NAMES))
        for first, some in sorted(values.items())
    ]
    told = []
    for desk, by_day in lines.items():
        if any(by_day.values()):
            worst = max(by_day, key=lambda when: (by_day[when], when))
            told.append(said(LONGEST[desk], day=day_named(worst), count=amount(by_day[worst])))

    def view() -> "go.Figure":
        if not noted:
            return blank(said(LINES), said("This run did not record its queues. Run it again."))
        figure = panels([said(LINES_OF[desk]) for desk in DESK_NAMES])
        for row, (desk, by_day) in enumerate(lines.items(), 1):
            marks = [
                Mark(desk, when, value, said(WAITING[desk], day=day_named(when), count=amount(value)))
                for when, value in by_day.items()
            ]
            draw(figure, "line", marks, {desk: SHADES[desk]}, row=row, width=1.5)
        y = {"rangemode": "tozero", "nticks": 5, "title_text": said("alerts, daily mean"), "linecolor": AXIS}
        return finish(figure, 430, said(LINES), {"nticks": 6}, y, said("day"), showlegend=False)

    none = said("No alert waited for a desk.") if noted else ""
    return Drawn(view, table_of(rows, [marked("first day"), *DESK_NAMES]), " ".join(told) or none)
