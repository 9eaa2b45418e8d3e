"""Money: costs of a run and their differences, and what victims lost, and what was prevented, held and recovered."""

from typing import TYPE_CHECKING, Any

from sim.base.days import CENTS_PER_UNIT
from sim.base.rounding import amount, between, percent
from sim.base.words import Outcome
from sim.experiments.pairing import NOT_PRICED, SPARED
from sim.language.spoken import counted, currency, day_named, marked, month_named, named, said
from sim.reading.costs import COST, COST_HIGH, COST_LOW, EDUCATION, OTHER, PARTS, TOTAL, WARNING
from sim.report import drawing as draw
from sim.report.drawing import add, bare, blank, framed, line
from sim.report.looks import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    colours_of,
    country,
    dashes,
    hatches,
    plain,
    symbols,
    words,
)
from sim.report.tables import step, step_named, steps, table_of, tally
from sim.told.answers import cost_rows, each_ends, over_prices_said
from sim.told.experiments import records
from sim.told.words import part_named

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run
from sim.report.pictures.comparison import COLUMNS, OVER

COSTS, DIFFERENCES = marked("Costs"), marked("Costs, compared with the baseline")


UNKNOWN = marked("The scenario has no prices.")


NOTHING = marked("Nothing that has a price was spent.")


SPENT_ON = {
    WARNING: (marked("warnings"), ORANGE),
    EDUCATION: (marked("education"), GREEN),
    OTHER: (marked("other measures"), PURPLE),
}
"""What each part is spent on: its name and colour."""


EACH_SAID = {
    "cost_per_averted": marked("Warnings cost {money} {currency} per victim averted ({kind}: {interval})."),
    "cost_per_prevented_money": marked("Per unit of losses prevented, they cost {money} ({kind}: {interval})."),
}


SPARING = {
    "cost_per_victim_spared": marked("each victim spared"),
    "cost_per_money_spared": marked("each unit of net loss spared"),
}
"""Ratios of a comparison in words, of ``SPARED``."""


WHY = {NOT_PRICED: marked("not priced")}
"""What stands in place of a missing ratio, by reason."""


UNITS = (
    (
        1e9,
        marked("billion {currency}, whole period"),
        marked("billion {currency} above the baseline, whole period"),
    ),
    (
        1e6,
        marked("million {currency}, whole period"),
        marked("million {currency} above the baseline, whole period"),
    ),
    (1.0, marked("{currency}, whole period"), marked("{currency} above the baseline, whole period")),
)
"""Sizes of units, and titles of an axis in them: of costs, and of differences in costs."""


def costs(run: "Run") -> "go.Figure":
    """Draw the costs of a run by part, with the range over all prices; blank if the scenario has no prices."""
    totals = run.manifest["totals"]
    if COST not in totals:
        return draw.blank(said(COSTS), said(UNKNOWN))
    if not totals[COST_HIGH][TOTAL]:
        return draw.blank(said(COSTS), said(NOTHING))
    priced = [part for part in PARTS if totals[COST_HIGH].get(part)]
    size, axis, _ = _unit(totals[COST_HIGH][part] for part in priced)
    figure = draw.bare()
    hatch = hatches(SPENT_ON)
    for on, (name, colour) in SPENT_ON.items():
        parts = [part for part in priced if PARTS[part].of == on]
        values, lows, highs = ([totals[key][part] / size for part in parts] for key in (COST, COST_LOW, COST_HIGH))
        if any(highs):
            look = {**draw.bar_across(colour, hatch[on]), "error_x": draw.whiskers(values, lows, highs, INK)}
            draw.add(figure, said(name), values, [part_named(part) for part in parts],
                [_told(totals, part) for part in parts], **look)  # fmt: skip
    draw.framed(figure, 150 + 30 * len(priced), said(COSTS), barmode="overlay", bargap=0.25)
    figure.update_xaxes(title_text=said(axis), rangemode="tozero", nticks=5)
    figure.update_yaxes(autorange="reversed")
    return draw.names_beside(figure, {part_named(part): part_named(part) for part in priced})


def costs_table(run: "Run") -> "pd.DataFrame":
    """Return the costs by part, in total and as ratios, each also at the lowest and highest prices."""
    heads, *rows = cost_rows(run) or [[currency(), said("value")], [said("total"), said("not known")]]
    return table_of(rows, heads)


def costs_words(run: "Run") -> str:
    """Say what the run cost, and what the warnings cost per victim averted."""
    totals = run.manifest["totals"]
    if COST not in totals:
        return said(UNKNOWN)
    whole, low, high = (amount(totals[key][TOTAL]) for key in (COST, COST_LOW, COST_HIGH))
    told = [said("Total cost: {money} {currency} ({low} to {high} over the ranges of prices).", money=whole, low=low,
                 high=high)]  # fmt: skip
    if totals.get("cost_per_averted") is None:
        return " ".join([*told, said("No warning averted a victim.")])
    for key, text in EACH_SAID.items():
        if totals.get(key) is not None:
            ends, prices = each_ends(run, key), [totals[key][end] for end in ("low", "high")]
            kind = over_prices_said(run) if ends else said("prices")
            told.append(
                said(
                    text,
                    money=amount(totals[key]["value"]),
                    kind=kind,
                    interval=between(*ends or prices),
                )
            )
    return " ".join(told)


def cost_differences(frame: "pd.DataFrame") -> "go.Figure":
    """Draw how much more policies cost than the baseline (``sim.compare``), by part, with the range over prices."""
    rows = _differing(frame)
    if not rows:
        return draw.blank(said(DIFFERENCES), _why_none(frame))
    shown = [part for part in (*PARTS, TOTAL) if any(row["quantity"] == f"{COST}.{part}" for row in rows)]
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    colour, symbol = colours_of(scenarios), symbols(scenarios)
    size, _, axis = _unit(abs(row[key]) for row in rows for key in ("price_low", "price_high"))
    figure = draw.bare()
    for place, scenario in enumerate(scenarios):
        mine = [row for row in rows if row["scenario"] == scenario]
        values, lows, highs = ([row[key] / size for row in mine] for key in ("difference", "price_low", "price_high"))
        spots = [shown.index(_part(row)) + draw.shift(place, len(scenarios)) for row in mine]
        marker = {"symbol": symbol[scenario], "color": colour[scenario], "size": 10}
        look: draw.Looks = {"mode": "markers", "marker": marker, "error_x": draw.whiskers(values, lows, highs)}
        draw.add(figure, words(scenario), values, spots, map(_more, mine), **look)
    draw.framed(figure, 150 + len(shown) * draw.lane_height(len(scenarios)), said(DIFFERENCES))
    draw.lanes(figure, [plain(part_named(part)) for part in shown])
    return figure.update_xaxes(title_text=said(axis), nticks=5)


def cost_differences_words(frame: "pd.DataFrame") -> str:
    """Say how much more or less the first policy that differs costs, and for what most."""
    rows = _differing(frame)
    totals = [row for row in rows if _part(row) == TOTAL]
    if not totals:
        return _why_none(frame)
    whole = totals[0]
    parts = [row for row in rows if _part(row) != TOTAL and row["scenario"] == whole["scenario"]]
    most = max(parts, key=lambda row: abs(row["difference"]), default=whole)
    text = (
        marked("{scenario} costs {money} {currency} more than the baseline, most of it for {part}.")
        if whole["difference"] > 0
        else marked("{scenario} costs {money} {currency} less than the baseline, most of it for {part}.")
    )
    return said(
        text, scenario=named(whole["scenario"]), money=amount(abs(whole["difference"])), part=part_named(_part(most))
    )


def cost_differences_table(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return baseline, policy and difference of each part that differs, and the cost of sparing one more."""
    rows = []
    for row in [*_differing(frame), *(row for row in records(frame) if row["quantity"] in SPARED)]:
        told: tuple[str, ...]
        if row["quantity"] in SPARED:
            why = WHY.get(row["withheld"])
            ratio = amount(row["ratio"]) if why is None else said(why)
            told = (said(SPARING[row["quantity"]]), amount(None), amount(None), ratio)
        else:
            told = (part_named(_part(row)), *(amount(row[key]) for key in ("base", "other", "difference")))
        ends = (between(row["price_low"], row["price_high"]), between(row["low"], row["high"]))
        rows.append((row["scenario"], *told, *ends))
    columns = ["scenario", currency(), *COLUMNS, "difference or ratio", marked("price range"), OVER]
    return table_of(rows, columns)


def _why_none(frame: "pd.DataFrame") -> str:
    """Say why no cost differs: costs are the same, or unknown."""
    known = bool((frame["quantity"] == f"{COST}.{TOTAL}").any())
    return said("The policy costs the same as the baseline.") if known else said(UNKNOWN)


def _differing(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the costs that differ."""
    return [row for row in records(frame) if row["quantity"].startswith(f"{COST}.") and row["difference"]]


def _part(row: dict[str, Any]) -> str:
    return str(row["quantity"]).partition(".")[2]


def _more(row: dict[str, Any]) -> str:
    amounts = {key: amount(row[key]) for key in ("difference", "other", "base", "price_low", "price_high")}
    return said(
        "{scenario}, {part}: {difference} {currency} more<br>{other}, baseline {base}<br>{price_low} to {price_high} "
        "over the ranges of prices",
        scenario=words(row["scenario"]), part=plain(part_named(_part(row))), **amounts,
    )  # fmt: skip


def _told(totals: dict[str, Any], part: str) -> str:
    money, low, high = (amount(totals[key][part]) for key in (COST, COST_LOW, COST_HIGH))
    return said(
        "{part}: {money} {currency} ({low} to {high} over the ranges of prices)",
        part=plain(part_named(part)), money=money, low=low, high=high,
    )  # fmt: skip


def _unit(values: Any) -> tuple[float, str, str]:
    """Return the row of ``UNITS`` that suits the largest of some amounts of money."""
    most = max(values)
    return next(row for row in UNITS if most >= row[0] or row[0] == 1)


AMOUNTS = {
    marked("lost"): (Outcome.LOSS_CENTS.label, VERMILLION),
    marked("prevented"): (Outcome.PREVENTED_CENTS.label, GREEN),
    marked("held"): (Outcome.HELD_CENTS.label, SKY),
    marked("recovered"): (Outcome.RECOVERED_CENTS.label, BLUE),
}
"""Name, column of the outcomes and colour: ``lost`` of all victims, ``prevented`` by warnings, ``held`` by banks."""


MONEY_UNITS = (
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
    size, unit = next(row for row in MONEY_UNITS if most >= row[0] or row[0] == 1)
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
