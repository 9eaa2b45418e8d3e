"""Experiments: what a policy changed, at which gates, what it costs and whom it saved; attributions and sweeps."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, number_text, percent, short
from sim.base.words import Channel, EpisodeEnd, Fate
from sim.experiments.compare import distinct, is_few
from sim.experiments.pairing import ABSENT, HALTED, NOT_PRICED, OPEN, SPARED, interval_of_mean
from sim.experiments.parameters import Value
from sim.language import currency, marked, named, said, spelled
from sim.reading.quantities import COST, PARTS, TOTAL
from sim.report import drawing
from sim.report.money import UNKNOWN, unit_of
from sim.report.parts import country, counts, table_of
from sim.told.answers import ends_of, few_said
from sim.told.experiments import records
from sim.told.words import part_named

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

FATES = Fate.labels()
PEOPLE_AND_MONEY = marked("people and money")
GROUPS: dict[str, dict[str, str]] = {
    PEOPLE_AND_MONEY: {
        "cases_filed": marked("cases filed"),
        "filed_loss_money": marked("{currency} of losses filed"),
        "victims": marked("victims"),
        "loss_money": marked("{currency} lost"),
        "saved": marked("stopped before payment"),
        "averted": marked("victims averted"),
        "prevented_money": marked("{currency} prevented"),
        "recovered_money": marked("{currency} recovered"),
        "dropped_out": marked("dropped out"),
    },
    marked("warnings and desks"): {
        "alerts_central": marked("alerts, central"),
        "alerts_local": marked("alerts, local"),
        "alerts_by_end.reached": marked("alerts, reached"),
        "alerts_by_end.expired": marked("alerts, expired"),
        "staff_hours_call": marked("staff hours, calls"),
        "staff_hours_visit": marked("staff hours, visits"),
    },
    marked("filters and police"): {
        "attempts_by_fate.engaged": marked("people drawn in"),
        "calls_intercepted": marked("calls intercepted"),
        "sms_intercepted": marked("SMS intercepted"),
        "false_blocks": marked("false blocks"),
        "cards_eliminated": marked("cards eliminated"),
        "cases_solved": marked("cases solved"),
        "suspects_arrested": marked("suspects arrested"),
    },
}
"""Totals that are drawn, by panel and from the top down, and their names; each panel has its own axis."""
ENDS = {marked("attempts by where they end"): {f"attempts_by_fate.{fate}": spelled(fate) for fate in FATES}}
"""Totals of attempts by fate, and their names."""
QUANTITIES = {quantity: name for group in GROUPS.values() for quantity, name in group.items()}

COLUMNS, OVER = (marked("baseline"), marked("policy")), marked("95% interval")
"""Headings of the compared scenarios, and of the intervals of differences."""
UNCHANGED = marked("The policy changed nothing.")
TENFOLD = 10.0
PANEL = 62
"""Height of the room between the rows of two panels, in pixels."""
MOST_TICKS = 7

Row = tuple[str, str, float, float, tuple[float, float | None, float | None]]
"""Scenario, name, baseline, policy, and (difference, low, high) as shares of the baseline."""


def differences(frame: "pd.DataFrame") -> drawing.Drawn:
    """Draw the differences of a comparison (``sim.compare``) in percent of the baseline, by ``GROUPS``.

    Intervals are drawn if there are replicates. Quantities whose baseline is zero have no percentage; they are left
    out, as are those that differ in no scenario. A difference far beyond the others of its panel, with its interval,
    stands at the edge as an arrow. The table has every quantity.

    Returns:
        The picture.
    """
    title = said("Differences, in percent of the baseline")
    return drawing.Drawn(
        lambda: _differences(frame, GROUPS, title), _table(frame, QUANTITIES), _largest(frame, QUANTITIES)
    )


def effect(frame: "pd.DataFrame") -> drawing.Drawn:
    """Draw the differences for people and money alone; the caption of the table says which interval it has."""
    title = said("What the policy changed for people and money, in percent of the baseline")
    names = GROUPS[PEOPLE_AND_MONEY]
    table = _table(frame, names).rename(columns={OVER: "interval"})
    return drawing.Drawn(lambda: _differences(frame, {PEOPLE_AND_MONEY: names}, title), table, _largest(frame, names))


def fates(compared: "tuple[pd.DataFrame, Sequence[Run]]") -> drawing.Drawn:
    """Draw the differences by where attempts end; the table has the attempts of the country by fate and run."""
    frame, runs = compared
    title = said("Where attempts end: differences, in percent of the baseline")
    names = distinct([str(run.manifest["name"]) for run in runs])
    some = {name: counts(run, "attempts", ["fate"]) for name, run in zip(names, runs, strict=True)}
    table = table_of(
        {"fate": drawing.words(fate), **{name: amount(one[fate]) for name, one in some.items()}} for fate in FATES
    )
    (group,) = ENDS.values()
    return drawing.Drawn(lambda: _differences(frame, ENDS, title), table, _largest(frame, group))


def _rows(frame: "pd.DataFrame", names: dict[str, str]) -> list[Row]:
    """Return the rows of quantities with a percentage that differ in some scenario, in the order of the names."""
    found = [row for row in records(frame) if row["quantity"] in names and row["base"]]
    moved = {row["quantity"] for row in found if row["difference"]}
    order = list(names)
    rows: list[Row] = []
    for row in sorted(found, key=lambda row: order.index(row["quantity"])):
        if row["quantity"] in moved:
            base = float(row["base"])
            low, high = (None if row[end] is None else float(row[end]) / base for end in ("low", "high"))
            shares = (float(row["difference"]) / base, low, high)
            rows.append((str(row["scenario"]), said(names[row["quantity"]]), base, float(row["other"]), shares))
    return rows


def _table(frame: "pd.DataFrame", names: dict[str, str]) -> "pd.DataFrame":
    """Return baseline, policy, difference and, if there are replicates, its interval, of each quantity."""
    rows = []
    for row in records(frame):
        if row["quantity"] in names:
            share = row["difference"] / row["base"] if row["base"] else None
            own = ends_of(row, False)
            amounts = (amount(row["base"]), amount(row["other"]), own.number())
            rows.append((row["scenario"], said(names[row["quantity"]]), *amounts, percent(share), own.ends()))
    return table_of(rows, ["scenario", "quantity", *COLUMNS, "difference", marked("in percent"), OVER])


def _largest(frame: "pd.DataFrame", names: dict[str, str]) -> str:
    """Say how many changes have an interval without zero, and which of them is the largest share of the baseline."""
    rows = _rows(frame, names)
    if not rows:
        return said(UNCHANGED)
    few = next((few_said(row) for row in records(frame) if is_few(row)), "")
    known = [row for row in rows if None not in row[4]]
    sure = [row for row in known if row[4][1] > 0 or row[4][2] < 0]  # type: ignore[operator]
    far = max(sure or rows, key=lambda row: abs(row[4][0]))
    several = len({row[0] for row in rows}) > 1
    name = said("{what}, {scenario}", what=far[1], scenario=named(far[0])) if several else far[1]
    if not known:
        return few or said("The largest change: {quantity}, {share}.", quantity=name, share=signed(far[4][0]))
    if not sure:
        return said("The interval of every change includes zero.")
    return said(
        "The interval leaves out zero for {count} of {all} changes. The largest of these: {quantity}, {share}.",
        count=len(sure), all=len(known), quantity=name, share=signed(far[4][0]),
    )  # fmt: skip


def _differences(frame: "pd.DataFrame", groups: dict[str, dict[str, str]], title: str) -> "go.Figure":
    every = {group: rows for group, names in groups.items() if (rows := _rows(frame, names))}
    if not every:
        return drawing.blank(title, said(UNCHANGED))
    colours = drawing.colours_of(dict.fromkeys(row[0] for rows in every.values() for row in rows))
    heights = [drawing.lane_height(len(colours)) * len({row[1] for row in rows}) for rows in every.values()]
    drawn = sum(heights) + PANEL * (len(every) - 1)
    titles = [said(group) if len(groups) > 1 else "" for group in every]
    figure = drawing.panels(titles, PANEL / drawn if len(every) > 1 else 0, heights, shared=False)
    for at, rows in enumerate(every.values(), 1):
        edge = drawing.reach_of(share for *_, shares in rows for share in shares if share is not None)
        marks = [drawing.Mark(row[0], row[4][0], row[1], _told(row), *row[4][1:]) for row in rows]
        lanes = list(dict.fromkeys(row[1] for row in rows))
        drawing.draw(figure, "dots", marks, colours, row=at, lanes=lanes, cut=drawing.Cut(-edge, edge, signed))
        ends = [max(-edge, min(edge, share)) for *_, shares in rows for share in shares if share is not None]
        low, high = min(0.0, *ends), max(0.0, *ends)
        room, ticks = 0.06 * (high - low), round_numbers(low, high)
        texts = list(map(signed, ticks))
        axis = {"range": [low - room, high + room], "tickvals": ticks, "ticktext": texts, "tickangle": 0}
        figure.update_xaxes(axis, row=at, col=1)
        if len(ticks) > MOST_TICKS // 2 + 1:
            few = ticks[ticks.index(0.0) % 2 :: 2]
            axis = {"tickvals": few, "ticktext": list(map(signed, few))}
            drawing.on_phones(figure, {f"xaxis{at if at > 1 else ''}": axis})
    below = said("difference in percent of the baseline")
    return drawing.finish(figure, drawn + 150, title, below=below, showlegend=len(colours) > 1)


def _told(row: Row) -> str:
    scenario, name, base, other, (share, low, high) = row
    told = said(
        "{scenario}, {name}: {share}<br>{other}, baseline {base}, difference {difference}",
        scenario=drawing.words(scenario), name=name, share=signed(share), other=amount(other), base=amount(base),
        difference=amount(other - base),
    )  # fmt: skip
    if low is None or high is None:
        return told
    return "<br>".join([told, said("interval: {low} to {high}", low=signed(low), high=signed(high))])


def signed(share: float) -> str:
    """Return a share in percent with its sign; from ten times the baseline on, as a factor."""
    if share >= TENFOLD - 1:
        return said("{factor} times the baseline", factor=amount(1 + share))
    return ("+" if share > 0 else "") + percent(share)


def round_numbers(low: float, high: float) -> list[float]:
    """Return evenly spaced round numbers between two ends of an axis, 0 among them; at most ``MOST_TICKS``."""
    size = 10.0 ** floor(log10(high - low))
    tick = next(size * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / (size * part) < MOST_TICKS)
    return [tick * number for number in range(ceil(low / tick), floor(high / tick) + 1)]


SPARING = {
    "cost_per_victim_spared": marked("each victim spared"),
    "cost_per_money_spared": marked("each unit of net loss spared"),
}
"""Ratios of a comparison in words, of ``SPARED``."""
WHY = {NOT_PRICED: marked("not priced")}
"""What stands in place of a missing ratio, by reason."""


def cost_differences(frame: "pd.DataFrame") -> drawing.Drawn:
    """Draw how much more policies cost than the baseline (``sim.compare``), by part, with the range over prices.

    The table also has the cost of sparing one more.

    Returns:
        The picture.
    """
    every = records(frame)
    rows = [
        {**row, "part": row["quantity"].partition(".")[2]}
        for row in every
        if row["quantity"].startswith(f"{COST}.") and row["difference"]
    ]
    cells = []
    for row in [*rows, *(row for row in every if row["quantity"] in SPARED)]:
        told = [amount(None), amount(None)]
        if row["quantity"] in SPARED:
            why = WHY.get(row["withheld"])
            name, last = said(SPARING[row["quantity"]]), amount(row["ratio"]) if why is None else said(why)
        else:
            name, told, last = (
                part_named(row["part"]),
                [amount(row["base"]), amount(row["other"])],
                amount(row["difference"]),
            )
        ends = (between(row["price_low"], row["price_high"]), between(row["low"], row["high"]))
        cells.append((row["scenario"], name, *told, last, *ends))
    columns = ["scenario", currency(), *COLUMNS, "difference or ratio", marked("price range"), OVER]
    known = any(row["quantity"] == f"{COST}.{TOTAL}" for row in every)
    words_of = said("The policy costs the same as the baseline.") if known else said(UNKNOWN)
    title = said("Costs, compared with the baseline")
    if not rows:
        return drawing.Drawn(lambda: drawing.blank(title, words_of), table_of(cells, columns), words_of)
    if whole := next((row for row in rows if row["part"] == TOTAL), None):
        parts = [row for row in rows if row["part"] != TOTAL and row["scenario"] == whole["scenario"]]
        most = max(parts, key=lambda row: abs(row["difference"]), default=whole)
        text = (
            marked("{scenario} costs {money} {currency} more than the baseline, most of it for {part}.")
            if whole["difference"] > 0
            else marked("{scenario} costs {money} {currency} less than the baseline, most of it for {part}.")
        )
        money = amount(abs(whole["difference"]))
        words_of = said(text, scenario=named(whole["scenario"]), money=money, part=part_named(most["part"]))

    def view() -> "go.Figure":
        size, _, axis = unit_of(abs(row[key]) for row in rows for key in ("price_low", "price_high"))
        marks = []
        for row in rows:
            told = said(
                "{scenario}, {part}: {difference} {currency} more<br>{other}, baseline {base}<br>{price_low} to "
                "{price_high} over the ranges of prices",
                scenario=drawing.words(row["scenario"]), part=drawing.plain(part_named(row["part"])),
                **{key: amount(row[key]) for key in ("difference", "other", "base", "price_low", "price_high")},
            )  # fmt: skip
            value, low, high = (row[key] / size for key in ("difference", "price_low", "price_high"))
            marks.append(drawing.Mark(row["scenario"], value, drawing.plain(part_named(row["part"])), told, low, high))
        colours = drawing.colours_of(dict.fromkeys(row["scenario"] for row in rows))
        lanes = [
            drawing.plain(part_named(part)) for part in (*PARTS, TOTAL) if any(row["part"] == part for row in rows)
        ]
        figure = drawing.draw(drawing.panels(), "dots", marks, colours, lanes=lanes)
        height = 150 + len(lanes) * drawing.lane_height(len(colours))
        return drawing.finish(figure, height, title, {"title_text": said(axis), "nticks": 5})

    return drawing.Drawn(view, table_of(cells, columns), words_of)


SIDES = {"saved": -1, "harmed": 1}
"""Signs of the bars: people saved by the policy at the left, people harmed at the right."""
BY = {
    "age_band": (marked("age"), marked("Saved and harmed, by age")),
    "fraud_type": (marked("type of fraud"), marked("Saved and harmed, by type of fraud")),
    "province": (marked("province"), marked("Saved and harmed, by province")),
    "channel": (marked("channel"), marked("Saved and harmed, by channel")),
    "path": (marked("what stopped it"), marked("Saved and harmed, by what stopped it")),
}
"""Groupings of victims: columns of the changes, and ``path``, the fate under the policy that spares them; titles."""
CHANGED_BY = {"saved": marked("saved by the policy"), "harmed": marked("harmed by the policy")}
TOLD = {"saved": marked("{name}: {count} saved"), "harmed": marked("{name}: {count} harmed")}
PATHS = (
    HALTED,
    *(fate.label for fate in Fate if not fate.stopped and fate is not Fate.ENGAGED),
    *(end.label for end in EpisodeEnd if end is not EpisodeEnd.VICTIMS),
    *(OPEN, ABSENT),
)
"""How an attempt ends without a victim, in the order of the picture."""
AS_WRITTEN = ("age_band", "province")
"""Groupings whose names are shown as in the scenario."""


def whom(compared: "tuple[pd.DataFrame, Run]") -> drawing.Drawn:
    """Draw the people of the country whom the policy saved (left) and harmed (right).

    Its choice is ``by``, one of ``BY``; with ``path`` a bar shows what stopped the attempt under the policy that spared
    them. Compared are what ``sim.experiments.pairing.changes`` returns for two runs with events, and the baseline. If
    events of a share of the origins were recorded, the people are that share of those in the country.

    Returns:
        The picture.
    """
    changes, base = compared
    every = {by: _whom(changes, base, by) for by in BY}
    rows = [
        (said("{what}: {value}", what=said(BY[by][0]), value=name), amount(saved), amount(harmed),
         amount(saved - harmed))
        for by, groups in every.items() for name, (saved, harmed) in groups.items()
    ]  # fmt: skip
    saved, harmed = (sum(pair[place] for pair in every["channel"].values()) for place in range(len(SIDES)))
    none = said("The policy saved and harmed nobody.")
    told = none if not saved and not harmed else said(
        "The policy saved {saved} people and harmed {harmed}: net {net}; simulated {simulated} and {other}.",
        saved=amount(saved), harmed=amount(harmed), net=amount(saved - harmed),
        simulated=amount(saved / country(base)), other=amount(harmed / country(base)),
    )  # fmt: skip

    def view(by: str = "age_band") -> "go.Figure":
        groups, title = every[by], said(BY[by][1])
        if not groups:
            return drawing.blank(title, none)
        marks = [
            drawing.Mark(change, side * pair[place], drawing.plain(name),
                 said(TOLD[change], name=drawing.plain(name), count=amount(pair[place])))
            for place, (change, side) in enumerate(SIDES.items()) for name, pair in groups.items()
        ]  # fmt: skip
        shades = dict(zip(SIDES, (drawing.GREEN, drawing.VERMILLION), strict=True))
        figure = drawing.names_beside(
            drawing.draw(drawing.panels(), "bars across", marks, shades, CHANGED_BY),
            {drawing.plain(one): one for one in groups},
        )
        left, right = (max(pair[place] for pair in groups.values()) for place in range(len(SIDES)))
        room, tick = 0.08 * max(left, right), round_numbers(0.0, max(left, right))[-1]
        x = {
            "range": [-left - room, right + room], "tickvals": [-tick, 0.0, tick], "zerolinewidth": 2, "tickangle": 0,
            "ticktext": [short(tick), "0", short(tick)], "title_text": said("people (saved left, harmed right)"),
        }  # fmt: skip
        return drawing.finish(figure, 150 + 26 * len(groups), title, x, barmode="relative", bargap=0.25)

    return drawing.Drawn(view, table_of(rows, ["who", "saved", "harmed", "net"]), told)


def _whom(changes: "pd.DataFrame", base: "Run", by: str) -> dict[str, tuple[float, float]]:
    """Return (saved, harmed) people of the country by name of their group, in the order of the scenario."""
    spec, names = base.scenario.spec, drawing.provinces(base)
    orders: dict[str, list[Any]] = {
        "age_band": list(spec.population.band_names()),
        "fraud_type": list(spec.fraud.types),
        "province": list(names),
        "channel": list(Channel.labels()),
        "path": list(PATHS),
    }
    order = orders[by]
    found: dict[Any, list[float]] = {name: [0.0, 0.0] for name in order}
    for row in records(changes):
        if row["change"] in SIDES:
            path = row["other" if row["change"] == "saved" else "base"]
            found[path if by == "path" else row[by]][list(SIDES).index(row["change"])] += row["count"] * country(base)
    called = {
        name: names[name] if by == "province" else said(name) if by in AS_WRITTEN else named(name) for name in order
    }
    return {called[name]: (saved, harmed) for name, (saved, harmed) in found.items() if saved or harmed}


AVERAGE = "shapley"
MEASURES = {"alone": marked("alone"), "last": marked("last"), AVERAGE: marked("average")}
"""Columns of an attribution, and their names."""


def attributed(rows: Sequence[Mapping[str, Any]], names: Sequence[str], quantity: str, title: str) -> "go.Figure":
    """Draw the effect of layers on a quantity alone, last, and on average, averages with their intervals.

    Args:
        rows: The rows of the layers, see ``sim.experiments.attribute.Attribution.layers``.
        names: The label of each row.
        quantity: The quantity in words, for the axis.
        title: The title.

    Returns:
        A figure with a row for each layer.
    """
    marks, known = [], all(row["low"] is not None for row in rows)
    for measure, name in MEASURES.items():
        for one, row in zip(map(drawing.plain, names), rows, strict=True):
            value, low, high = (
                (row[measure], row["low"], row["high"]) if known and measure == AVERAGE else (row[measure], None, None)
            )
            ends = "" if low is None else f" ({between(low, high)})"
            marks.append(drawing.Mark(measure, value, one, f"{said(name)}, {one}: {amount(value)}{ends}", low, high))
    figure = drawing.draw(
        drawing.panels(), "dots", marks, drawing.colours_of(MEASURES), MEASURES, lanes=list(map(drawing.plain, names))
    )
    return drawing.finish(
        figure,
        150 + drawing.lane_height(len(MEASURES)) * len(rows),
        drawing.plain(title),
        {"title_text": drawing.plain(quantity)},
    )


MOST_LINES = 8
"""The most lines of a picture; with more combinations of the other parameters, points have no lines."""


def swept(frame: "pd.DataFrame", y: str, name: str, keys: Sequence[str], names: Sequence[str]) -> "go.Figure":
    """Draw a quantity by the first of the keys, with a line for each combination of the others.

    Points are means over replicates, with 95% intervals of the mean; failed runs are left out.

    Args:
        frame: A row for each run, with columns ``point``, the keys and the quantity.
        y: The column of the quantity.
        name: The quantity in words.
        keys: Columns of parameters, the first along the axis.
        names: The parameters in words, in the same order.

    Returns:
        A figure.
    """
    x, *others = keys
    there = frame.dropna(subset=[y])
    groups = {
        ", ".join(f"{one} {number_text(value)}" for one, value in zip(names[1:], values, strict=True)): rows
        for values, rows in _split(there, others)
    }
    joined = len(groups) <= MOST_LINES
    marks = []
    for group, rows in groups.items() if joined else [("", there)]:
        points = [(one[x].iloc[0], list(map(float, one[y]))) for _, one in rows.groupby("point", sort=True)]
        points.sort(key=lambda point: point[0]) if joined else None
        known = [_interval(values) for _, values in points]
        for (value, values), ends in zip(points, known, strict=True):
            text = f"{group}, {number_text(value)}" if group else number_text(value)
            told = drawing.plain(f"{text}: {amount(fmean(values))}" + (f" ({between(*ends)})" if ends else ""))
            low, high = ends if ends is not None and None not in known else (None, None)
            marks.append(drawing.Mark(group, value, fmean(values), told, low, high))
    colours = drawing.colours_of(dict.fromkeys(mark.of for mark in marks))
    kind = "line" if joined else "dots upright"
    figure = drawing.draw(drawing.panels(), kind, marks, colours, {one: drawing.plain(one) for one in colours})
    several = any(mark.low is not None for mark in marks)
    note = said("95% intervals over replicates") if several else said("one run a point: run-to-run noise unknown")
    title, x_title, y_title = (
        drawing.plain(f"{drawing.capital(name)} ({note})"),
        {"title_text": drawing.plain(names[0])},
        {"title_text": drawing.plain(name)},
    )
    return drawing.finish(figure, 440, title, x_title, y_title, showlegend=len(groups) > 1 and joined)


def _split(frame: "pd.DataFrame", keys: Sequence[str]) -> "Iterator[tuple[tuple[Value, ...], pd.DataFrame]]":
    """Yield the rows of each combination of some keys, in the order of the design."""
    if not keys:
        yield (), frame
    else:
        for values, rows in frame.groupby(list(keys), sort=False):
            yield tuple(values), rows  # type: ignore[arg-type]


def _interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the interval of a mean, which ends at 0 where no value is below it."""
    found = interval_of_mean(values)
    return found if found is None or min(values) < 0 else (max(0.0, found[0]), found[1])
