"""Money: what victims lost, and what was prevented, held and recovered, over time."""

from typing import TYPE_CHECKING

from sim.base.money import CENTS_PER_UNIT
from sim.base.rounding import amount, percent
from sim.base.words import Outcome
from sim.language.dates import day_named, month_named
from sim.language.spoken import counted, marked, said
from sim.report.drawing import add, bare, blank, framed, line
from sim.report.looks import BLUE, GREEN, SKY, VERMILLION, country, dashes, symbols
from sim.report.tally import step, step_named, steps, table_of, tally

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

AMOUNTS = {
    marked("lost"): (Outcome.LOSS_CENTS.label, VERMILLION),
    marked("prevented"): (Outcome.PREVENTED_CENTS.label, GREEN),
    marked("held"): (Outcome.HELD_CENTS.label, SKY),
    marked("recovered"): (Outcome.RECOVERED_CENTS.label, BLUE),
}
"""Name, column of the outcomes and colour: ``lost`` of all victims, ``prevented`` by warnings, ``held`` by banks."""

UNITS = (
    (1e9, {"day": marked("billion {currency} a day"), "month": marked("billion {currency} a month")}),
    (1e6, {"day": marked("million {currency} a day"), "month": marked("million {currency} a month")}),
    (1.0, {"day": marked("{currency} a day"), "month": marked("{currency} a month")}),
)
MONEY = marked("Money lost and saved")
TOLD = {
    "lost": marked("{when}: {money} {currency} lost"),
    "prevented": marked("{when}: {money} {currency} prevented"),
    "held": marked("{when}: {money} {currency} held"),
    "recovered": marked("{when}: {money} {currency} recovered"),
}


def money(run: "Run") -> "go.Figure":
    """Draw each of ``AMOUNTS`` of the country by month (by day if short); a month counts its days in the period."""
    values = {name: some for name, some in _money(run).items() if any(some.values())}
    if not values:
        return blank(said(MONEY), said("No money was lost, prevented or recovered in this run."))
    by, days = step(run), steps(run)
    most = max(max(some.values()) for some in values.values())
    size, unit = next(row for row in UNITS if most >= row[0] or row[0] == 1)
    dash, symbol = dashes(AMOUNTS), symbols(AMOUNTS)
    figure = bare()
    for name, some in values.items():
        hover = [
            said(TOLD[name], when=_when(when, by, days[when]), money=amount(value)) for when, value in some.items()
        ]
        look = line(len(days), symbol[name], color=AMOUNTS[name][1], dash=dash[name])
        add(figure, said(name), some, [value / size for value in some.values()], hover, **look)
    framed(figure, 380, said(MONEY))
    figure.update_yaxes(title_text=said(unit[by]), rangemode="tozero", nticks=6, tickformat=",.4~g")
    return figure.update_xaxes(title_text=said("day") if by == "day" else said("month"), nticks=6)


def money_table(run: "Run") -> "pd.DataFrame":
    """Return the money of the country by month and over the whole period; for short runs over the period alone."""
    values = _money(run)
    rows = []
    if step(run) == "month":
        rows = [(f"{when:%Y-%m}", *(amount(values[name][when]) for name in AMOUNTS)) for when in steps(run)]
    rows.append((said("whole period"), *(amount(sum(values[name].values())) for name in AMOUNTS)))
    return table_of(rows, ["month", *AMOUNTS])


def money_words(run: "Run") -> str:
    """Say when victims lost most, and how much warnings prevented for it."""
    values = _money(run)
    lost, prevented = values["lost"], values["prevented"]
    if not any(lost.values()):
        return ""
    worst = max(lost, key=lambda when: (lost[when], when))
    return said(
        "Victims lost most in {when}: {money} {currency}. Over the period warnings prevented {share} as much as was "
        "lost.",
        when=step_named(run, worst), money=amount(lost[worst]),
        share=percent(sum(prevented.values()) / sum(lost.values())),
    )  # fmt: skip


def _when(when: "date", by: str, days: int) -> str:
    """Return a day, or a month and how many of its days lie in the period."""
    if by == "day":
        return day_named(when)
    return counted("{month} ({count} days)", "{month} ({count} days)", count=days, month=month_named(when))


def _money(run: "Run") -> "dict[str, dict[date, float]]":
    """Return money of the country by name and step of time, zeros included."""
    columns = [column for column, _ in AMOUNTS.values()]
    stored = {row[0]: row[1:] for row in tally(run, "outcomes", [step(run)], columns).itertuples(index=False)}
    nothing = (0,) * len(columns)
    return {
        name: {when: float(stored.get(when, nothing)[place]) / CENTS_PER_UNIT * country(run) for when in steps(run)}
        for place, name in enumerate(AMOUNTS)
    }
