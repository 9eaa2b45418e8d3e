"""Comparison (``sim.compare``): what a policy changed, at which gates, and whom it saved and harmed."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from sim.base.rounding import amount, percent, short
from sim.base.words import Channel, EpisodeEnd, Fate
from sim.experiments.compare import is_few
from sim.experiments.pairing import ABSENT, HALTED, OPEN
from sim.language.spoken import marked, named, said, spelled
from sim.report import drawing as draw
from sim.report.looks import (
    GREEN,
    VERMILLION,
    colours_of,
    country,
    hatches,
    plain,
    provinces,
    symbols,
    words,
)
from sim.report.tables import table_of, tally
from sim.told.answers import ends_of, few_said
from sim.told.experiments import records

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

QUANTITIES = {quantity: name for group in GROUPS.values() for quantity, name in group.items()}

COLUMNS, OVER = (marked("baseline"), marked("policy")), marked("95% interval")
"""Headings of the compared scenarios, and of the intervals of differences."""

TENFOLD = 10.0
PANEL = 62
"""Height of the room between the rows of two panels, in pixels."""

SIDES = {"saved": -1, "harmed": 1}
"""Signs of the bars: people saved by the policy at the left, people harmed at the right."""

BY = {
    "age_band": marked("age"),
    "fraud_type": marked("type of fraud"),
    "province": marked("province"),
    "channel": marked("channel"),
    "path": marked("what stopped it"),
}
"""Groupings of victims: columns of the changes, and ``path``, the fate under the policy that spares them."""
TITLES = {
    "age_band": marked("Saved and harmed, by age"),
    "fraud_type": marked("Saved and harmed, by type of fraud"),
    "province": marked("Saved and harmed, by province"),
    "channel": marked("Saved and harmed, by channel"),
    "path": marked("Saved and harmed, by what stopped it"),
}
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

DIFFERENCES = marked("Differences, in percent of the baseline")
EFFECT = marked("What the policy changed for people and money, in percent of the baseline")
GATES = marked("Where attempts end: differences, in percent of the baseline")
UNCHANGED = marked("The policy changed nothing.")
ENDS = {marked("attempts by where they end"): {f"attempts_by_fate.{fate}": spelled(fate) for fate in FATES}}
"""Totals of attempts by fate, and their names."""
MOST_TICKS = 7


Row = tuple[str, str, float, float, tuple[float, float | None, float | None]]
"""Scenario, name, baseline, policy, and (difference, low, high) as shares of the baseline."""


def differences(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences of a comparison in percent of the baseline, with intervals if there are replicates.

    Quantities whose baseline is zero have no percentage; they are left out, as are those that differ in no scenario. A
    difference far beyond the others of its panel, with its interval, stands at the edge as an arrow.

    Args:
        frame: What ``sim.compare`` returns.

    Returns:
        A figure with a panel for each of ``GROUPS`` and a row for each of its quantities.
    """
    return _differences(frame, GROUPS, said(DIFFERENCES))


def effect(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences for people and money alone; as ``differences``."""
    return _differences(frame, {PEOPLE_AND_MONEY: GROUPS[PEOPLE_AND_MONEY]}, said(EFFECT))


def effect_table(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of ``differences_table`` for people and money; its caption says which interval it has."""
    return differences_table(frame[frame["quantity"].isin(GROUPS[PEOPLE_AND_MONEY])]).rename(columns={OVER: "interval"})


def differences_words(frame: "pd.DataFrame") -> str:
    """Say how many changes have an interval without zero, and which of them is the largest share of the baseline."""
    return _largest(frame, QUANTITIES)


def effect_words(frame: "pd.DataFrame") -> str:
    """As ``differences_words``, for people and money."""
    return _largest(frame, GROUPS[PEOPLE_AND_MONEY])


def fates_words(frame: "pd.DataFrame") -> str:
    """As ``differences_words``, for where attempts end."""
    return _largest(frame, next(iter(ENDS.values())))


def _largest(frame: "pd.DataFrame", names: dict[str, str]) -> str:
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


def fates(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences of a comparison by where attempts end, in percent of the baseline; as ``differences``."""
    return _differences(frame, ENDS, said(GATES))


def _differences(frame: "pd.DataFrame", groups: dict[str, dict[str, str]], title: str) -> "go.Figure":
    every = {group: rows for group, names in groups.items() if (rows := _rows(frame, names))}
    if not every:
        return draw.blank(title, said(UNCHANGED))
    scenarios = list(dict.fromkeys(row[0] for rows in every.values() for row in rows))
    heights = [draw.lane_height(len(scenarios)) * len({row[1] for row in rows}) for rows in every.values()]
    drawn = sum(heights) + PANEL * (len(every) - 1)
    titles = [said(group) if len(groups) > 1 else "" for group in every]
    figure = draw.panels(titles, PANEL / drawn if len(every) > 1 else 0, heights, shared=False)
    for at, rows in enumerate(every.values(), 1):
        _panel(figure, at, rows, scenarios)
    draw.framed(figure, drawn + 150, title, showlegend=len(scenarios) > 1)
    return figure.update_xaxes(title_text=said("difference in percent of the baseline"), row=len(every), col=1)


def _panel(figure: "go.Figure", at: int, rows: "list[Row]", scenarios: list[str]) -> None:
    """Draw the differences of a group of quantities in panel ``at``."""
    names = list(dict.fromkeys(row[1] for row in rows))
    colour, symbol = colours_of(scenarios), symbols(scenarios)
    edge = draw.reach(share for *_, shares in rows for share in shares if share is not None)

    def within(share: float) -> float:
        return max(-edge, min(edge, share))

    for place, scenario in enumerate(scenarios):
        mine = [row for row in rows if row[0] == scenario]
        shares = [row[4][0] for row in mine]
        spots = [names.index(row[1]) + draw.shift(place, len(scenarios)) for row in mine]
        marks = [draw.arrow(share > 0) if abs(share) > edge else symbol[scenario] for share in shares]
        lows = [within(share if low is None else low) for *_, (share, low, _) in mine]
        highs = [within(share if high is None else high) for *_, (share, _, high) in mine]
        looks: draw.Looks = {"mode": "markers", "marker": {"symbol": marks, "color": colour[scenario], "size": 10}}
        drawn = list(map(within, shares))
        if any(low is not None for *_, (_, low, _) in mine):
            looks["error_x"] = draw.whiskers(drawn, lows, highs)
        draw.add(figure, words(scenario), drawn, spots, map(_told, mine), row=at, group=scenario, **looks)
        for row, spot in zip(mine, spots, strict=True):
            share, *interval = row[4]
            if abs(share) > edge:
                draw.note_beyond(figure, signed(share), within(share), spot, share > 0, at)
                continue
            for end in interval:
                if end is not None and abs(end) > edge:
                    draw.note_cut(figure, signed(end), within(end), spot, end > 0, at)
    draw.lanes(figure, names, at)
    ends = [within(value) for *_, shares in rows for value in shares if value is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.06 * (high - low)
    ticks = round_numbers(low, high)
    axis = {"range": [low - room, high + room], "tickvals": ticks, "ticktext": list(map(signed, ticks)), "tickangle": 0}
    figure.update_xaxes(axis, row=at, col=1)
    if len(ticks) > MOST_TICKS // 2 + 1:
        few = [tick for number, tick in enumerate(ticks) if (number - ticks.index(0.0)) % 2 == 0]
        draw.on_phones(figure, {f"xaxis{at if at > 1 else ''}": {"tickvals": few, "ticktext": list(map(signed, few))}})


def differences_table(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return baseline, policy, difference and, if there are replicates, its interval, of each quantity drawn."""
    rows = []
    for row in records(frame):
        if row["quantity"] in QUANTITIES:
            share = row["difference"] / row["base"] if row["base"] else None
            own = ends_of(row, False)
            amounts = (amount(row["base"]), amount(row["other"]), own.number())
            interval = own.ends()
            rows.append((row["scenario"], said(QUANTITIES[row["quantity"]]), *amounts, percent(share), interval))
    columns = ["scenario", "quantity", *COLUMNS, "difference", marked("in percent"), OVER]
    return table_of(rows, columns)


def _rows(frame: "pd.DataFrame", names: dict[str, str]) -> list[Row]:
    """Return the rows of quantities with a percentage that differ in some scenario, in the order of the names."""
    found = [row for row in records(frame) if row["quantity"] in names and row["base"]]
    moved = {row["quantity"] for row in found if row["difference"]}
    order = list(names)
    rows: list[Row] = []
    for row in sorted(found, key=lambda row: order.index(row["quantity"])):
        if row["quantity"] not in moved:
            continue
        base, other = float(row["base"]), float(row["other"])
        low, high = (None if row[end] is None else float(row[end]) / base for end in ("low", "high"))
        name = said(names[row["quantity"]])
        rows.append((str(row["scenario"]), name, base, other, (float(row["difference"]) / base, low, high)))
    return rows


def _told(row: Row) -> str:
    scenario, name, base, other, (share, low, high) = row
    told = said(
        "{scenario}, {name}: {share}<br>{other}, baseline {base}, difference {difference}",
        scenario=words(scenario), name=name, share=signed(share), other=amount(other), base=amount(base),
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


def fates_table(base: "Run", others: "Sequence[Run]") -> "pd.DataFrame":
    """Return the attempts of the country by fate and run."""
    counts = _fates([base, *others])
    rows = [{"fate": words(fate), **{name: amount(some[fate]) for name, some in counts.items()}} for fate in FATES]
    return table_of(rows)


def _fates(runs: "Sequence[Run]") -> dict[str, dict[str, float]]:
    """Return attempts of the country by run, each with its own name, and by fate."""
    from sim.experiments.compare import distinct

    found = {}
    for name, run in zip(distinct([str(run.manifest["name"]) for run in runs]), runs, strict=True):
        counted = tally(run, "attempts", ["fate"])
        by_fate = dict(zip(counted["fate"].tolist(), counted["count"].tolist(), strict=True))
        found[name] = {fate: by_fate.get(fate, 0) * country(run) for fate in FATES}
    return found


def whom(changes: "pd.DataFrame", base: "Run", by: str) -> "go.Figure":
    """Draw the people of the country whom the policy saved (left) and harmed (right).

    KeyError is raised for a ``by`` that ``BY`` does not list.

    Args:
        changes: What ``sim.experiments.pairing.changes`` returns for two runs with events. If events of a share of the
            origins were recorded, the people are that share of those in the country.
        base: The baseline of the two.
        by: One of ``BY``. With ``path`` a bar shows what stopped the attempt under the policy that spared them.

    Returns:
        A figure with a pair of bars for each group.
    """
    groups = _whom(changes, base, by)
    if not groups:
        return draw.blank(said(TITLES[by]), said("The policy saved and harmed nobody."))
    names = {plain(name): said(name) if by in AS_WRITTEN else named(name) for name in groups}
    figure = draw.bare()
    hatch = hatches(SIDES)
    most = [max(pair[place] for pair in groups.values()) for place in range(len(SIDES))]
    for place, (change, side) in enumerate(SIDES.items()):
        some = [pair[place] for pair in groups.values()]
        hover = [
            said(TOLD[change], name=plain(name), count=amount(count))
            for name, count in zip(names.values(), some, strict=True)
        ]
        if any(some):
            look = draw.bar_across((GREEN, VERMILLION)[place], hatch[change])
            draw.add(figure, said(CHANGED_BY[change]), [side * count for count in some], names, hover, **look)
    draw.framed(figure, 150 + 26 * len(groups), said(TITLES[by]), barmode="relative", bargap=0.25)
    room, tick = 0.08 * max(most), round_numbers(0.0, max(most))[-1]
    figure.update_xaxes(
        range=[-most[0] - room, most[1] + room], tickvals=[-tick, 0.0, tick], ticktext=[short(tick), "0", short(tick)],
        tickangle=0, title_text=said("people (saved left, harmed right)"), zerolinewidth=2,
    )  # fmt: skip
    return draw.names_beside(figure.update_yaxes(autorange="reversed"), names)


def whom_words(changes: "pd.DataFrame", base: "Run") -> str:
    """Say how many people the policy saved and harmed."""
    pairs = _whom(changes, base, "channel").values()
    saved, harmed = (sum(pair[place] for pair in pairs) for place in range(len(SIDES)))
    if not saved and not harmed:
        return said("The policy saved and harmed nobody.")
    return said(
        "The policy saved {saved} people and harmed {harmed}: net {net}; simulated {simulated} and {other}.",
        saved=amount(saved), harmed=amount(harmed), net=amount(saved - harmed),
        simulated=amount(saved / country(base)), other=amount(harmed / country(base)),
    )  # fmt: skip


def whom_table(changes: "pd.DataFrame", base: "Run") -> "pd.DataFrame":
    """Count the people of the country whom the policy saved, harmed and (net) saved less harmed, by each of ``BY``."""
    rows = [
        (
            said("{what}: {value}", what=said(BY[by]), value=said(name) if by in AS_WRITTEN else named(name)),
            amount(saved),
            amount(harmed),
            amount(saved - harmed),
        )
        for by in BY
        for name, (saved, harmed) in _whom(changes, base, by).items()
    ]
    return table_of(rows, ["who", "saved", "harmed", "net"])


def _whom(changes: "pd.DataFrame", base: "Run", by: str) -> dict[str, tuple[float, float]]:
    """Return (saved, harmed) people of the country by name of their group, in the order of the scenario."""
    spec = base.scenario.spec
    names = provinces(base)
    order = {
        "age_band": spec.population.band_names(),
        "fraud_type": list(spec.fraud.types),
        "province": list(names.values()),
        "channel": Channel.labels(),
        "path": PATHS,
    }[by]
    counts: dict[str, list[float]] = {name: [0.0, 0.0] for name in order}
    for row in records(changes):
        if row["change"] not in SIDES:
            continue
        if by == "path":
            group = row["other"] if row["change"] == "saved" else row["base"]
        else:
            group = names[row["province"]] if by == "province" else row[by]
        counts[group][list(SIDES).index(row["change"])] += row["count"] * country(base)
    return {name: (saved, harmed) for name, (saved, harmed) in counts.items() if saved or harmed}


def round_numbers(low: float, high: float) -> list[float]:
    """Return evenly spaced round numbers between two ends of an axis, 0 among them; at most ``MOST_TICKS``."""
    size = 10.0 ** floor(log10(high - low))
    tick = next(size * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / (size * part) < MOST_TICKS)
    return [tick * number for number in range(ceil(low / tick), floor(high / tick) + 1)]
