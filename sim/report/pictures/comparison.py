"""Comparison: what another policy changed, at which gates, and whom it saved and harmed.

``differences`` and ``fates`` draw what ``sim.compare`` returns, ``whom`` what ``sim.experiments.fates.changes`` returns
of two runs with events.
"""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, percent, short
from sim.base.words import Channel, EpisodeEnd, Fate
from sim.experiments.fates import ABSENT, HALTED, OPEN
from sim.language.labels import named, spelled
from sim.language.spoken import marked, said
from sim.report.blank import blank
from sim.report.looks import AXIS, GREEN, VERMILLION, colours_of, country, hatches, plain, provinces, symbols, words
from sim.report.panels import bars, framed, names_beside, subtitles
from sim.report.reach import reach
from sim.report.tally import tally
from sim.told.experiments import records

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

FATES = Fate.labels()

GROUPS: dict[str, dict[str, str]] = {
    marked("people and money"): {
        "victims": marked("victims"),
        "loss_money": marked("{currency} lost"),
        "saved": marked("stopped before payment"),
        "averted": marked("victims averted"),
        "prevented_money": marked("{currency} prevented"),
        "recovered_money": marked("{currency} recovered"),
        "dropped_out": marked("dropped out"),
        "cases_filed": marked("cases filed"),
    },
    marked("warnings and desks"): {
        "alerts_central": marked("alerts, central"),
        "alerts_local": marked("alerts, local"),
        "alerts_by_end.reached": marked("alerts that reach"),
        "alerts_by_end.expired": marked("alerts that expire"),
        "staff_hours_call": marked("staff hours, calls"),
        "staff_hours_visit": marked("staff hours, visits"),
    },
    marked("filters and police"): {
        "attempts_by_fate.engaged": marked("attempts that engage"),
        "calls_intercepted": marked("calls intercepted"),
        "sms_intercepted": marked("SMS intercepted"),
        "false_blocks": marked("false blocks"),
        "cards_eliminated": marked("cards eliminated"),
        "cases_solved": marked("cases solved"),
        "suspects_arrested": marked("suspects arrested"),
    },
}
"""Totals that are drawn, by panel and from the top down, and their names: panels have axes of their own."""

QUANTITIES = {quantity: name for group in GROUPS.values() for quantity, name in group.items()}

OVER = "95%, replicates"
"""What intervals of differences are, as tables have it."""

TENFOLD = 10.0
LANE, PANEL = 26, 62
"""Height of a row, and of what stands above and below the rows of a panel, in pixels."""

SIDES = {"saved": -1, "harmed": 1}
"""Signs of the bars: whom the other policy saved stands at the left, whom it harmed at the right."""

BY = {
    "age_band": marked("age"),
    "fraud_type": marked("type of fraud"),
    "province": marked("province"),
    "channel": marked("channel"),
    "path": marked("what stopped it"),
}
"""What victims can be told apart by: columns of the changes, and ``path``, the fate under the policy that spares."""
TITLES = {
    "age_band": marked("Saved and harmed, by age"),
    "fraud_type": marked("Saved and harmed, by type of fraud"),
    "province": marked("Saved and harmed, by province"),
    "channel": marked("Saved and harmed, by channel"),
    "path": marked("Saved and harmed, by what stopped it"),
}
CHANGED_BY = {"saved": marked("saved by the other policy"), "harmed": marked("harmed by the other policy")}
TOLD = {"saved": marked("{name}: {count} saved"), "harmed": marked("{name}: {count} harmed")}

PATHS = (
    HALTED,
    *(fate.label for fate in Fate if not fate.stopped and fate is not Fate.ENGAGED),
    *(end.label for end in EpisodeEnd if end is not EpisodeEnd.VICTIMS),
    *(OPEN, ABSENT),
)
"""How an attempt ends without a victim, in the order in which it is drawn."""

AS_WRITTEN = ("age_band", "province")
"""Groupings whose names are shown as the scenario writes them."""

DIFFERENCES = marked("What changes, in percent of the base")
GATES = marked("Where attempts end: what changes, in percent of the base")
UNCHANGED = marked("The other policy changed nothing.")
ENDS = {marked("attempts by where they end"): {f"attempts_by_fate.{fate}": spelled(fate) for fate in FATES}}
"""Totals of attempts by fate, and how each is called."""
MOST_TICKS = 7


def differences(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences of a comparison in percent of the base, with their intervals where there are replicates.

    Quantities whose base is zero have no percentage, and those that differ in no scenario nothing to draw: they are
    left out. A difference far beyond the others of its panel, with its interval, stands at the edge as an arrow.

    Args:
        frame: What ``sim.compare`` returns.

    Returns:
        A figure with a panel for each of ``GROUPS`` and a row for each of its quantities.
    """
    return _differences(frame, GROUPS, said(DIFFERENCES))


def fates(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences of a comparison in where attempts end, in percent of the base; as ``differences``."""
    return _differences(frame, ENDS, said(GATES))


def _differences(frame: "pd.DataFrame", groups: dict[str, dict[str, str]], title: str) -> "go.Figure":
    from plotly.subplots import make_subplots

    panels = {group: rows for group, names in groups.items() if (rows := _rows(frame, names))}
    if not panels:
        return blank(title, said(UNCHANGED))
    scenarios = list(dict.fromkeys(row[0] for rows in panels.values() for row in rows))
    lanes = {group: list(dict.fromkeys(row[1] for row in rows)) for group, rows in panels.items()}
    lane = LANE * max(1, (len(scenarios) + 1) // 2)
    heights = [lane * len(names) for names in lanes.values()]
    drawn = sum(heights) + PANEL * (len(panels) - 1)
    figure: go.Figure = make_subplots(
        rows=len(panels), cols=1, vertical_spacing=PANEL / drawn if len(panels) > 1 else 0, row_heights=heights,
        subplot_titles=[said(group) for group in panels] if len(groups) > 1 else None,
    )  # fmt: skip
    for at, (group, rows) in enumerate(panels.items(), 1):
        _panel(figure, at, (rows, lanes[group], scenarios))
    framed(figure, drawn + 150, title)
    figure.update_layout(showlegend=len(scenarios) > 1)
    figure.update_xaxes(title_text=said("difference in percent of the base"), row=len(panels), col=1)
    return subtitles(figure)


def _panel(figure: "go.Figure", at: int, shown: "tuple[list[Row], list[str], list[str]]") -> None:
    """Draw the differences of a group of quantities.

    Args:
        figure: The figure.
        at: The number of the panel.
        shown: Its rows, the names of its lanes, and all scenarios.
    """
    import plotly.graph_objects as go

    rows, names, scenarios = shown
    colour, symbol = colours_of(scenarios), symbols(scenarios)
    edge = reach(share for *_, shares in rows for share in shares if share is not None)
    ends = [max(-edge, min(edge, value)) for *_, shares in rows for value in shares if value is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    for place, scenario in enumerate(scenarios):
        mine = [row for row in rows if row[0] == scenario]
        shares = [max(-edge, min(edge, row[4][0])) for row in mine]
        beyond = [abs(row[4][0]) > edge for row in mine]
        # Scenarios stand beside each other within the room of their quantity.
        shift = (place - (len(scenarios) - 1) / 2) * min(0.22, 0.7 / len(scenarios))
        bounds = [row[4][1:] for row in mine]
        figure.add_trace(
            go.Scatter(
                x=shares,
                y=[names.index(row[1]) + shift for row in mine],
                mode="markers",
                name=words(scenario),
                legendgroup=scenario,
                showlegend=at == 1,
                error_x=_bars(shares, bounds, edge),
                marker={
                    "symbol": [
                        ("triangle-right" if share > 0 else "triangle-left") if far else symbol[scenario]
                        for share, far in zip(shares, beyond, strict=True)
                    ],
                    "color": colour[scenario],
                    "size": 10,
                },
                text=[_told(row) for row in mine],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=at,
            col=1,
        )
        for row, share, far in zip(mine, shares, beyond, strict=True):
            if far:
                figure.add_annotation(
                    text=signed(row[4][0]), x=share, y=names.index(row[1]) + shift, showarrow=False,
                    xanchor="right" if share > 0 else "left", xshift=-9 if share > 0 else 9, row=at, col=1,
                )  # fmt: skip
    figure.add_vline(x=0, line={"color": AXIS, "width": 1.5}, row=at, col=1)
    room = 0.06 * (high - low)
    ticks = round_numbers(low, high)
    figure.update_xaxes(
        range=[low - room, high + room], tickvals=ticks, ticktext=[signed(tick) for tick in ticks], tickangle=0,
        row=at, col=1,
    )  # fmt: skip
    few = [tick for number, tick in enumerate(ticks) if (number - ticks.index(0.0)) % 2 == 0]
    if len(ticks) > MOST_TICKS // 2 + 1:
        sparse = {"tickvals": few, "ticktext": [signed(tick) for tick in few]}
        axis = "xaxis" if at == 1 else f"xaxis{at}"
        figure.update_layout(meta={"narrow": {"layout": {**_narrow(figure), axis: sparse}}})
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6], zeroline=False, row=at, col=1
    )


def _narrow(figure: "go.Figure") -> dict[str, Any]:
    """Return what the layout of a figure says of phones."""
    found: dict[str, Any] = ((figure.layout.meta or {}).get("narrow") or {}).get("layout") or {}
    return found


def _bars(
    shares: list[float], bounds: list[tuple[float | None, float | None]], edge: float
) -> dict[str, object] | None:
    """Return the bars of intervals, cut at the edge; None where there are none."""
    up, down = [], []
    for share, (low, high) in zip(shares, bounds, strict=True):
        if low is None or high is None:
            return None
        up.append(max(0.0, min(edge, high) - share))
        down.append(max(0.0, share - max(-edge, low)))
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.5, "width": 4}


def differences_table(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return base, other, difference and, where there are replicates, its interval, of each quantity drawn."""
    import pandas as pd

    rows = []
    for row in records(frame):
        if row["quantity"] not in QUANTITIES:
            continue
        share = row["difference"] / row["base"] if row["base"] else None
        rows.append(
            {
                "scenario": row["scenario"],
                "quantity": said(QUANTITIES[row["quantity"]]),
                "base": amount(row["base"]),
                "other": amount(row["other"]),
                "difference": amount(row["difference"]),
                "by base": percent(share),
                OVER: between(row["low"], row["high"]),
            }
        )
    columns = ["scenario", "quantity", "base", "other", "difference", "by base", OVER]
    return pd.DataFrame(rows, columns=columns, dtype=object)


Row = tuple[str, str, float, float, tuple[float, float | None, float | None]]
"""Scenario, name, base, other, and (difference, low, high) as shares of the base."""


def _rows(frame: "pd.DataFrame", names: dict[str, str]) -> list[Row]:
    """Return the rows of quantities that have a percentage and differ in some scenario, in the order of the names."""
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
    values = {
        "scenario": words(scenario), "name": name, "share": signed(share), "other": amount(other),
        "base": amount(base), "difference": amount(other - base),
    }  # fmt: skip
    if low is None or high is None:
        return said("{scenario}, {name}: {share}<br>{other} beside {base}, {difference} in all", **values)
    return said(
        "{scenario}, {name}: {share}<br>{other} beside {base}, {difference} in all<br>95%, replicates: {low} to {high}",
        **values, low=signed(low), high=signed(high),
    )  # fmt: skip


def signed(share: float) -> str:
    """Return a share in percent with its sign; what grew to ten times its base and more, as so many times it."""
    if share >= TENFOLD - 1:
        return said("{factor} times as many", factor=amount(1 + share))
    return ("+" if share > 0 else "") + percent(share)


def fates_table(base: "Run", others: "Sequence[Run]") -> "pd.DataFrame":
    """Return the attempts of the country by fate and run."""
    import pandas as pd

    counts = _fates([base, *others])
    rows = [{"fate": words(fate), **{name: amount(some[fate]) for name, some in counts.items()}} for fate in FATES]
    return pd.DataFrame(rows, dtype=object)


def _fates(runs: "Sequence[Run]") -> dict[str, dict[str, float]]:
    """Return attempts of the country by run, each under a name of its own, and by fate."""
    from sim.experiments.paired import distinct

    found = {}
    for name, run in zip(distinct([str(run.manifest["name"]) for run in runs]), runs, strict=True):
        counted = tally(run, "attempts", ["fate"])
        by_fate = dict(zip(counted["fate"].tolist(), counted["count"].tolist(), strict=True))
        found[name] = {fate: by_fate.get(fate, 0) * country(run) for fate in FATES}
    return found


def whom(changes: "pd.DataFrame", base: "Run", by: str) -> "go.Figure":
    """Draw whom the other policy saved (left) and harmed (right): people of the country.

    KeyError is raised for a ``by`` that ``BY`` does not list.

    Args:
        changes: What ``sim.experiments.fates.changes`` returns of two runs with events. Where events of a share of
            the origins were recorded, the people are that share of those in the country.
        base: The base of the two.
        by: One of ``BY``. With ``path`` a bar tells what stopped the attempt under the policy that spared them.

    Returns:
        A figure with a pair of bars for each group.
    """
    import plotly.graph_objects as go

    title = said(TITLES[by])
    groups = _whom(changes, base, by)
    if not groups:
        return blank(title, said("The other policy saved and harmed nobody."))
    figure = go.Figure()
    hatch = hatches(SIDES)

    def called(name: str) -> str:
        return said(name) if by in AS_WRITTEN else named(name)

    left, right = (max(pair[place] for pair in groups.values()) for place in range(len(SIDES)))
    tick = even(max(left, right))[-1]
    for place, (change, side) in enumerate(SIDES.items()):
        if not any(pair[place] for pair in groups.values()):
            continue
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=[plain(name) for name in groups],
                x=[side * pair[place] for pair in groups.values()],
                name=said(CHANGED_BY[change]),
                showlegend=True,
                marker=bars((GREEN, VERMILLION)[place], hatch[change]),
                text=[
                    said(TOLD[change], name=plain(called(name)), count=amount(pair[place]))
                    for name, pair in groups.items()
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 150 + 26 * len(groups), title)
    figure.update_layout(barmode="relative", bargap=0.25)
    room = 0.08 * max(left, right)
    figure.update_xaxes(
        range=[-left - room, right + room],
        tickvals=[-tick, 0.0, tick],
        ticktext=[short(tick), "0", short(tick)],
        tickangle=0,
        title_text=said("people (saved left, harmed right)"),
        zerolinewidth=2,
    )
    figure.update_yaxes(autorange="reversed")
    return names_beside(figure, {plain(name): called(name) for name in groups})


def whom_table(changes: "pd.DataFrame", base: "Run") -> "pd.DataFrame":
    """Count the people of the country whom the other policy saved and harmed, by each of ``BY``.

    Returns:
        Columns who, saved, harmed and net: how many more it saved than harmed.
    """
    import pandas as pd

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
    return pd.DataFrame(rows, columns=["who", "saved", "harmed", "net"], dtype=object)


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


def even(most: float) -> list[float]:
    """Return five evenly spaced ticks around 0 for an axis that reaches ``most`` on either side."""
    size = 10.0 ** floor(log10(most))
    tick = next(size * part for part in (8.0, 6.0, 4.0, 2.0, 1.0, 0.5) if size * part <= most)
    return [-tick, -tick / 2, 0.0, tick / 2, tick]
