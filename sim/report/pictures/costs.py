"""What it costs: what one run paid for its warnings and for education, and what another policy costs beside it."""

from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between
from sim.experiments.sparing import NOT_PRICED, ROUNDED, SPARED
from sim.language.labels import spelled
from sim.language.spoken import currency, marked, said
from sim.reading.costs import COST, COST_HIGH, COST_LOW, EDUCATION, PARTS, TOTAL, WARNING
from sim.report.blank import blank
from sim.report.looks import AXIS, GREEN, INK, ORANGE, colours_of, hatches, symbols, words
from sim.report.panels import bars, framed, names_beside
from sim.report.pictures.comparison import OVER
from sim.store.withheld import run_withheld
from sim.told.experiments import records

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

COSTS, DIFFERENCES = marked("What it costs"), marked("What it costs beside the base")
UNKNOWN = marked("The scenario does not say what things cost.")
WITHHELD = marked("Withheld: rounding has changed the staff.")
NOTHING = marked("Nothing that has a price was spent.")
SPENT_ON = {WARNING: (marked("warnings"), ORANGE), EDUCATION: (marked("education"), GREEN)}
"""What each part is spent on: its name and colour."""

EACH = {
    "cost_per_saved": marked("each person stopped by a warning before any payment"),
    "cost_per_averted": marked("each victim averted by one"),
    "cost_per_prevented_money": marked("each unit of losses prevented by one"),
}
SPARING = {
    "cost_per_victim_spared": marked("each victim spared"),
    "cost_per_money_spared": marked("each unit of net loss spared"),
}
"""Ratios, in words; those of a comparison are of ``SPARED``."""

WHY = {ROUNDED: marked("withheld"), NOT_PRICED: marked("not priced")}
"""What stands in place of a ratio that is not told, by why."""

UNITS = (
    (1e9, marked("billion {currency}, whole period"), marked("billion {currency} more than the base, whole period")),
    (1e6, marked("million {currency}, whole period"), marked("million {currency} more than the base, whole period")),
    (1.0, marked("{currency}, whole period"), marked("{currency} more than the base, whole period")),
)
"""Sizes of units, and titles of an axis in them: of what is spent, and of what is spent more."""


def called(part: str) -> str:
    """Return what a part of the costs is called in English: ``false alarms by SMS``, ``call desks``."""
    kind, _, channel = part.rpartition("_")
    return {"desk": f"{spelled(channel)} desks", "false_alarm": f"false alarms by {spelled(channel)}"}.get(kind, part)


NAMES = {**{part: called(part) for part in PARTS}, TOTAL: marked("in all")}
"""What every part is called, and all of them."""


def costs(run: "Run") -> "go.Figure":
    """Draw what a run cost by part, in money of the country, with what it may be within the ranges of the prices.

    Returns:
        A figure with a bar for each part, blank where the scenario says no prices.
    """
    import plotly.graph_objects as go

    totals = run.manifest["totals"]
    if COST not in totals:
        return blank(said(COSTS), said(UNKNOWN))
    if totals[COST][TOTAL] is None:
        return blank(said(COSTS), said(WITHHELD))
    if not totals[COST_HIGH][TOTAL]:
        return blank(said(COSTS), said(NOTHING))
    size, axis, _ = _unit(totals[COST_HIGH][part] for part in PARTS)
    figure = go.Figure()
    hatch = hatches(SPENT_ON)
    for on, (name, colour) in SPENT_ON.items():
        parts = [part for part in PARTS if PARTS[part].of == on]
        if not any(totals[COST_HIGH][part] for part in parts):
            continue
        values, lows, highs = ([totals[key][part] / size for part in parts] for key in (COST, COST_LOW, COST_HIGH))
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=[said(NAMES[part]) for part in parts],
                x=values,
                name=said(name),
                showlegend=True,
                marker=bars(colour, hatch[on]),
                error_x=_whiskers(values, lows, highs, INK),
                text=[_told(totals, part) for part in parts],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 150 + 30 * len(PARTS), said(COSTS))
    figure.update_layout(barmode="overlay", bargap=0.25)
    figure.update_xaxes(title_text=said(axis), rangemode="tozero", nticks=5)
    figure.update_yaxes(autorange="reversed")
    return names_beside(figure, {said(NAMES[part]): said(NAMES[part]) for part in PARTS})


def costs_table(run: "Run") -> "pd.DataFrame":
    """Return what each part, all, each person stopped, victim averted and unit of money cost, with both ends."""
    import pandas as pd

    totals = run.manifest["totals"]
    columns = [currency(), "value", "low prices", "high prices"]
    if COST not in totals:
        return pd.DataFrame(
            [[said("in all"), *(said("not known") for _ in columns[1:])]], columns=columns, dtype=object
        )
    withheld = totals[COST][TOTAL] is None

    def told(value: float | None) -> str:
        return said("withheld") if value is None and withheld else amount(value)

    rows = [[said(NAMES[part]), *(told(totals[key][part]) for key in (COST, COST_LOW, COST_HIGH))] for part in NAMES]
    for key, name in EACH.items():
        ratio = totals.get(key) or {}
        rows.append([said(name), *(told(ratio.get(end)) for end in ("value", "low", "high"))])
    return pd.DataFrame(rows, columns=columns, dtype=object)


def costs_words(run: "Run") -> str:
    """Say in a sentence what the run cost, and what the warnings cost for each victim averted."""
    totals = run.manifest["totals"]
    if COST not in totals:
        return said(UNKNOWN)
    if totals[COST][TOTAL] is None:
        return run_withheld(run.scenario.spec)
    whole = {
        "money": amount(totals[COST][TOTAL]), "low": amount(totals[COST_LOW][TOTAL]),
        "high": amount(totals[COST_HIGH][TOTAL]),
    }  # fmt: skip
    ratio = totals.get("cost_per_averted")
    if ratio is None:
        return said(
            "In all it cost {money} {currency} ({low} to {high} within the ranges of prices); no warning averted a "
            "victim.",
            **whole,
        )
    all_of_it = said("In all it cost {money} {currency} ({low} to {high} within the ranges of prices).", **whole)
    money = totals["cost_per_prevented_money"]
    person = {"money": amount(ratio["value"]), "low": amount(ratio["low"]), "high": amount(ratio["high"])}
    if money is None:
        each = said("Warnings cost {money} {currency} ({low} to {high}) for each victim averted.", **person)
    else:
        each = said(
            "Warnings cost {money} {currency} ({low} to {high}) for each victim averted and {each} "
            "({least} to {most}) for each unit of losses that they prevented.",
            **person,
            each=amount(money["value"]),
            least=amount(money["low"]),
            most=amount(money["high"]),
        )
    return f"{all_of_it} {each}"


def cost_differences(frame: "pd.DataFrame") -> "go.Figure":
    """Draw how much more other policies cost than the base, by part, with what it may be within the ranges of prices.

    Args:
        frame: What ``sim.compare`` returns.

    Returns:
        A figure with a mark for each scenario and part that differs, blank where none does.
    """
    import plotly.graph_objects as go

    rows = _differing(frame)
    if not rows:
        return blank(said(DIFFERENCES), _why_none(frame))
    shown = [part for part in NAMES if any(row["quantity"] == f"{COST}.{part}" for row in rows)]
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    colour, symbol = colours_of(scenarios), symbols(scenarios)
    size, _, axis = _unit(abs(row[key]) for row in rows for key in ("price_low", "price_high"))
    figure = go.Figure()
    for place, scenario in enumerate(scenarios):
        mine = [row for row in rows if row["scenario"] == scenario]
        values, lows, highs = ([row[key] / size for row in mine] for key in ("difference", "price_low", "price_high"))
        shift = (place - (len(scenarios) - 1) / 2) * min(0.22, 0.7 / len(scenarios))
        figure.add_trace(
            go.Scatter(
                x=values,
                y=[shown.index(_part(row)) + shift for row in mine],
                mode="markers",
                name=words(scenario),
                error_x=_whiskers(values, lows, highs),
                marker={"symbol": symbol[scenario], "color": colour[scenario], "size": 10},
                text=[_more(row) for row in mine],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 150 + 26 * len(shown) * max(1, (len(scenarios) + 1) // 2), said(DIFFERENCES))
    figure.add_vline(x=0, line={"color": AXIS, "width": 1.5})
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title_text=said(axis), nticks=5)
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[words(NAMES[part]) for part in shown],
        range=[len(shown) - 0.4, -0.6],
        zeroline=False,
    )
    return figure


def cost_differences_table(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return base, other and difference of each part that differs, and what it costs to spare one more."""
    import pandas as pd

    rows = []
    for row in [*_differing(frame), *(row for row in records(frame) if row["quantity"] in SPARED)]:
        ends = (_interval(row, "price_low", "price_high"), _interval(row, "low", "high"))
        told: tuple[str, ...]
        if row["quantity"] in SPARED:
            why = WHY.get(row["withheld"])
            ratio = amount(row["ratio"]) if why is None else said(why)
            told = (said(SPARING[row["quantity"]]), amount(None), amount(None), ratio)
        else:
            told = (said(NAMES[_part(row)]), *(amount(row[key]) for key in ("base", "other", "difference")))
        rows.append((row["scenario"], *told, *ends))
    columns = ["scenario", currency(), "base", "other", "difference or ratio", "within prices", OVER]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _why_none(frame: "pd.DataFrame") -> str:
    """Say why there is no cost that differs: they are the same, withheld, or not known."""
    if ROUNDED in set(frame["withheld"]):
        return said(WITHHELD)
    known = bool((frame["quantity"] == f"{COST}.{TOTAL}").any())
    return said("The other policy costs the same.") if known else said(UNKNOWN)


def _differing(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the costs that differ, of scenarios whose staff is not rounded away."""
    rounded = set(frame.loc[frame["withheld"] == ROUNDED, "scenario"])
    return [
        row
        for row in records(frame)
        if row["quantity"].startswith(f"{COST}.") and row["difference"] and row["scenario"] not in rounded
    ]


def _part(row: dict[str, Any]) -> str:
    return str(row["quantity"]).partition(".")[2]


def _more(row: dict[str, Any]) -> str:
    return said(
        "{scenario}, {part}: {difference} {currency} more<br>{other} beside {base}<br>{low} to {high} within the "
        "ranges of prices",
        scenario=words(row["scenario"]),
        part=words(NAMES[_part(row)]),
        difference=amount(row["difference"]),
        other=amount(row["other"]),
        base=amount(row["base"]),
        low=amount(row["price_low"]),
        high=amount(row["price_high"]),
    )


def _interval(row: dict[str, Any], low: str, high: str) -> str:
    return between(row[low], row[high])


def _told(totals: dict[str, Any], part: str) -> str:
    return said(
        "{part}: {money} {currency} ({low} to {high} within the ranges of prices)",
        part=words(NAMES[part]),
        money=amount(totals[COST][part]),
        low=amount(totals[COST_LOW][part]),
        high=amount(totals[COST_HIGH][part]),
    )


def _whiskers(values: list[float], lows: list[float], highs: list[float], colour: str | None = None) -> dict[str, Any]:
    """Return the error bars from both ends of prices; rounding of doubles never turns one around."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, high - value) for value, high in zip(values, highs, strict=True)],
        "arrayminus": [max(0.0, value - low) for value, low in zip(values, lows, strict=True)],
        "thickness": 1.5,
        "width": 4,
        **({} if colour is None else {"color": colour}),
    }


def _unit(values: Any) -> tuple[float, str, str]:
    """Return the unit in which the largest of some money is drawn, as ``UNITS`` has it."""
    most = max(values)
    return next(row for row in UNITS if most >= row[0] or row[0] == 1)
