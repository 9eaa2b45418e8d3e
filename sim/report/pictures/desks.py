"""Desks: utilisation by month, weekday and time of day, and the length of their queues."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.base.days import HALF_HOUR_MS, HALF_HOURS, calendar_date, day_number, weekday
from sim.base.rounding import amount, percent
from sim.base.words import DESKS, ContactChannel
from sim.language.spoken import day_named, marked, month_named, said
from sim.report.drawing import add, bare, blank, framed, line, note, panels
from sim.report.looks import AXIS, INK, SCALE, WEEKDAYS, WHOLE_WEEKDAYS, colours, country, dashes, symbols
from sim.report.tables import WHOLE_PERIOD, days_of, months, step, table_of, tally
from sim.scenario.scalars import clock_text

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

DESK_NAMES = tuple(desk.label for desk in DESKS)
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

Share = tuple[int, int]
"""Busy and staffed ms."""


def load(run: "Run") -> "go.Figure":
    """Draw the utilisation of each staffed desk by month, busy over staffed time, and a line at 1, the capacity."""
    by_desk = _by_desk(run)
    if not by_desk:
        return blank(said(LOAD), said(NOBODY))
    colour, dash, symbol = colours("contact"), dashes(DESK_NAMES), symbols(DESK_NAMES)
    figure = bare()
    for desk, shares in by_desk.items():
        hover = [
            said(
                "{desks}, {month}: utilisation {share}",
                desks=said(DESKS_OF[desk]), month=month_named(when), share=percent(share),
            )
            for when, share in shares.items()
        ]  # fmt: skip
        look = line(len(shares), symbol[desk], 8, color=colour[desk], dash=dash[desk])
        add(figure, said(DESKS_OF[desk]), shares, shares.values(), hover, **look)
    framed(figure, 330, said(LOAD)).add_hline(y=1.0, line={"color": INK, "width": 2})
    note(figure, said("capacity of the staff on duty"), 0, 1.0, xref="paper", xanchor="left", yanchor="bottom")
    most = max(max(shares.values()) for shares in by_desk.values())
    figure.update_yaxes(range=[0, max(1.15, 1.05 * most)], tickformat=".0%", nticks=6, title_text=said("utilisation"))
    return figure.update_xaxes(title_text=said("month"), nticks=6, type="date")


def load_table(run: "Run") -> "pd.DataFrame":
    """Return the utilisation by month and desk; ``none`` without staff."""
    by_desk = _by_desk(run)
    every = sorted({when for shares in by_desk.values() for when in shares})
    rows = [(f"{when:%Y-%m}", *(percent(by_desk.get(desk, {}).get(when)) for desk in DESK_NAMES)) for when in every]
    return table_of(rows, ["month", *DESK_NAMES])


def load_words(run: "Run") -> str:
    """Say in which month each desk was busiest, and its utilisation then."""
    told = []
    for desk, shares in _by_desk(run).items():
        worst = max(shares, key=lambda when: (shares[when], when))
        told.append(
            said(
                "{desks} were busiest in {month}: utilisation {share}.",
                desks=said(DESKS_OF[desk]), month=month_named(worst), share=percent(shares[worst]),
            )
        )  # fmt: skip
    return " ".join(told)


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


def utilisation(run: "Run", month: str = WHOLE_PERIOD) -> "go.Figure":
    """Draw the share of staffed time spent in services, by desk, weekday and half hour of the day.

    Cells without staff are empty. A service that outlasts its shift adds busy time without staffed time, so a share can
    exceed 1.

    Args:
        run: The run.
        month: ``all``, the whole period, or one of its months, such as ``2022-05``.

    Returns:
        A figure with a panel for each desk that has staff in some month.
    """
    by_desk = _by_desk(run)
    if not by_desk:
        return blank(said(BUSY), said(NOBODY))
    figure = panels([_how_busy(desk, shares, month) for desk, shares in by_desk.items()], 0.13)
    for row, (values, hover) in enumerate(_grids(run, by_desk, month), 1):
        figure.add_heatmap(
            z=values, x=[half_hour / 2 + 0.25 for half_hour in range(HALF_HOURS)], y=list(map(said, WEEKDAYS)),
            text=hover, hovertemplate="%{text}<extra></extra>", coloraxis="coloraxis", xgap=0.5, ygap=1, row=row, col=1,
        )  # fmt: skip
    bar = {
        "orientation": "h", "tickformat": ".0%", "thickness": 12, "yref": "container", "y": 0, "yanchor": "bottom",
        "x": 0.5, "outlinewidth": 0,
    }  # fmt: skip
    scale = {"colorscale": SCALE, "cmin": 0.0, "cmax": 1.0, "colorbar": bar}
    framed(figure, 170 + 190 * len(by_desk), _utilisation_title(run, month), coloraxis=scale)
    figure.update_xaxes(range=[0, 24], tickvals=[0, 6, 12, 18], ticktext=["0:00", "6:00", "12:00", "18:00"])
    figure.update_xaxes(showgrid=False, title_text=said("time of day"), row=len(by_desk), col=1)
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def utilisation_views(run: "Run", chosen: Sequence[str]) -> "dict[tuple[str, ...], go.Figure]":
    """Draw several months: the first, and copies of it with the values of the others; see ``utilisation``."""
    first, *others = chosen
    found: dict[tuple[str, ...], go.Figure] = {(first,): utilisation(run, first)}
    by_desk, empty = _by_desk(run), copy.deepcopy(found[first,]).update_traces(z=[], text=[])
    for month in others:
        found[month,] = view = copy.deepcopy(empty)  # drawing it again takes several times as long
        if not by_desk:
            continue
        view.layout.title.text = _utilisation_title(run, month)
        for heading, desk in zip(view.layout.annotations, by_desk, strict=True):
            heading.text = _how_busy(desk, by_desk[desk], month)
        for panel, (values, hover) in zip(view.data, _grids(run, by_desk, month), strict=True):
            panel.update(z=values, text=hover)
    return found


def _utilisation_title(run: "Run", month: str) -> str:
    return said("{title}, {month}", title=said(BUSY), month=months(run)[month])


def _grids(run: "Run", desks: Iterable[str], month: str) -> Iterator[tuple[list[list[float | None]], list[list[str]]]]:
    """Yield of each desk utilisation, and what the pointer shows, by weekday and half hour."""
    cells, days = _cells(run, month), _weekdays(run, month)
    for desk in desks:
        yield _grid(run, {key[1:]: cell for key, cell in cells.items() if key[0] == desk}, days)


def _grid(
    run: "Run", cells: dict[tuple[int, int], Share], days: dict[int, int]
) -> tuple[list[list[float | None]], list[list[str]]]:
    """Return what ``_grids`` yields of one desk."""
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


def utilisation_table(run: "Run") -> "pd.DataFrame":
    """Return the utilisation of each desk in percent, by two hours of the day, on weekdays and at the weekend."""
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
    return table_of(rows)


def utilisation_words(run: "Run") -> str:
    """Say when each desk does most work, in the month that is shown first, and its utilisation then.

    The largest utilisation is often that of a shift's end: services outlast it while next to nobody is on duty.

    Returns:
        A sentence for each desk.
    """
    cells = _cells(run, busiest([run])["month"])
    told = []
    for desk in DESK_NAMES:
        own = {key[1:]: cell for key, cell in cells.items() if key[0] == desk}
        if own:
            (of_week, half), (busy, staffed) = max(own.items(), key=lambda one: one[1])
            told.append(
                said(
                    "{desks} are busiest on {weekday} at {time}: utilisation {share}.",
                    desks=said(DESKS_OF[desk]), weekday=said(WHOLE_WEEKDAYS[WEEKDAYS[of_week - 1]]),
                    time=clock_text(30 * half), share=percent(busy / staffed),
                )
            )  # fmt: skip
    return " ".join(told)


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
    counts = dict.fromkeys(range(1, 8), 0)
    for number in range(first, first + days_of(run)):
        if month in (WHOLE_PERIOD, f"{calendar_date(number):%Y-%m}"):
            counts[weekday(number)] += 1
    return {of_week: max(count, 1) for of_week, count in counts.items()}


def queues(run: "Run") -> "go.Figure":
    """Draw the alerts of the country that wait at each desk, as daily means; blank for runs without recorded queues."""
    lines = _lines(run)
    if not lines:
        return blank(said(LINES), said("This run did not record its queues. Run it again."))
    figure = panels([said(LINES_OF[desk]) for desk in DESK_NAMES])
    for row, desk in enumerate(DESK_NAMES, 1):
        values = lines[desk]
        hover = [said(WAITING[desk], day=day_named(when), count=amount(value)) for when, value in values.items()]
        look = line(len(values), color=colours("contact")[desk], width=1.5)
        add(figure, said(desk), values, values.values(), hover, row=row, **look)
    framed(figure, 430, said(LINES), showlegend=False)
    figure.update_yaxes(rangemode="tozero", nticks=5, title_text=said("alerts, daily mean"), linecolor=AXIS)
    return figure.update_xaxes(nticks=6).update_xaxes(title_text=said("day"), row=2, col=1)


def queues_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country in queues by desk, as means of each month (each week for short runs)."""
    start = run.scenario.spec.period.start
    values: dict[date, dict[str, list[float]]] = {}
    for desk, by_day in _lines(run).items():
        for when, value in by_day.items():
            weeks = timedelta(days=(when - start).days // 7 * 7)
            first = start + weeks if step(run) == "day" else max(when.replace(day=1), start)
            values.setdefault(first, {}).setdefault(desk, []).append(value)
    rows = [
        (first.isoformat(), *(amount(sum(some[desk]) / len(some[desk])) for desk in DESK_NAMES))
        for first, some in sorted(values.items())
    ]
    return table_of(rows, [marked("first day"), *DESK_NAMES])


def queues_words(run: "Run") -> str:
    """Say on which day each queue was longest."""
    told = []
    for desk, values in _lines(run).items():
        worst = max(values, key=lambda when: (values[when], when))
        if values[worst]:
            told.append(said(LONGEST[desk], day=day_named(worst), count=amount(values[worst])))
    return " ".join(told) or (said("No alert waited for a desk.") if _lines(run) else "")


def _lines(run: "Run") -> "dict[str, dict[date, float]]":
    """Return the mean queue of the country by desk and day; empty if the run did not record it."""
    names = {f"line_{desk}": desk for desk in DESK_NAMES}
    noted = tally(run, "state", ["quantity", "day"], ["value"], {"quantity": names})
    found: dict[str, dict[date, float]] = {}
    for quantity, when, value in noted.itertuples(index=False):
        found.setdefault(names[quantity], {})[when] = float(value) * country(run)
    return found
