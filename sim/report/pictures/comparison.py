"""Comparison: what another policy changed, at which gates, and whom it saved and harmed.

``differences`` and ``fates`` draw what ``sim.compare`` returns, ``whom`` what ``sim.experiments.fates.changes`` returns
of two runs with events.
"""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from sim.experiments.fates import ABSENT, HALTED, OPEN, SAVED
from sim.experiments.table import records
from sim.report.blank import blank
from sim.report.looks import (
    AXIS,
    GREEN,
    VERMILLION,
    colours_of,
    country,
    hatches,
    named,
    plain,
    provinces,
    symbols,
    words,
)
from sim.report.panels import bars, framed, names_beside
from sim.report.tally import tally
from sim.rounding import amount, between, percent, short
from sim.words import Channel, Fate, Outcome

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.results.run import Run

FATES = Fate.labels()

QUANTITIES = {
    "attempts_by_fate.engaged": "attempts that engage",
    "calls_intercepted": "calls intercepted",
    "sms_intercepted": "SMS intercepted",
    "alerts_central": "alerts, central",
    "alerts_local": "alerts, local",
    "alerts_by_end.reached": "alerts that reach",
    "alerts_by_end.expired": "alerts that expire",
    "staff_hours_call": "staff hours, calls",
    "staff_hours_visit": "staff hours, visits",
    "saved": "saved",
    "dropped_out": "dropped out",
    "victims": "victims",
    "loss_yuan": "yuan lost",
    "prevented_yuan": "yuan prevented",
    "recovered_yuan": "yuan recovered",
    "cases_filed": "cases filed",
    "cases_solved": "cases solved",
    "suspects_arrested": "suspects arrested",
    "cards_eliminated": "cards eliminated",
    "false_blocks": "false blocks",
}
"""Totals that are drawn, from the top down, and their names."""

FURTHEST = 2.0
"""Differences of more than so many times the base are drawn as arrows at the edge."""

SIDES = {"saved": -1, "harmed": 1}
"""Signs of the bars: whom the other policy saved stands at the left, whom it harmed at the right."""

BY = {
    "age_band": "age",
    "fraud_type": "type of fraud",
    "province": "province",
    "channel": "channel",
    "path": "what stopped it",
}
"""What victims can be told apart by: columns of the changes, and ``path``, the fate under the policy that spares."""

AS_WRITTEN = ("age_band", "province")
"""Groupings whose names are shown as the scenario writes them."""

DIFFERENCES, GATES = "What changes, in percent of the base", "Where attempts end: what changes, in percent of the base"
UNCHANGED = "The other policy changed nothing."
ENDS = {f"attempts_by_fate.{fate}": named(fate) for fate in FATES}
"""Totals of attempts by fate, and how each is called."""
MOST_TICKS = 7


def differences(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences of a comparison in percent of the base, with their intervals where there are replicates.

    Args:
        frame: What ``sim.compare`` returns. Quantities whose base is zero have no percentage and are left out.

    Returns:
        A figure with a row for each quantity of ``QUANTITIES``.
    """
    return _differences(frame, QUANTITIES, DIFFERENCES)


def fates(frame: "pd.DataFrame") -> "go.Figure":
    """Draw the differences of a comparison in where attempts end, in percent of the base; as ``differences``."""
    return _differences(frame, ENDS, GATES)


def _differences(frame: "pd.DataFrame", names: dict[str, str], title: str) -> "go.Figure":
    import plotly.graph_objects as go

    rows = _rows(frame, names)
    if not rows:
        return blank(title, UNCHANGED)
    scenarios = list(dict.fromkeys(scenario for scenario, *_ in rows))
    shown = [name for name in names.values() if any(row[1] == name for row in rows)]
    colour, symbol = colours_of(scenarios), symbols(scenarios)
    ends = [max(-FURTHEST, min(FURTHEST, value)) for *_, shares in rows for value in shares if value is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    figure = go.Figure()
    for place, scenario in enumerate(scenarios):
        mine = [row for row in rows if row[0] == scenario]
        shares = [max(-FURTHEST, min(FURTHEST, row[4][0])) for row in mine]
        beyond = [abs(row[4][0]) > FURTHEST for row in mine]
        # Scenarios stand beside each other within the room of their quantity.
        shift = (place - (len(scenarios) - 1) / 2) * min(0.22, 0.7 / len(scenarios))
        bounds = [row[4][1:] for row in mine]
        figure.add_trace(
            go.Scatter(
                x=shares,
                y=[shown.index(row[1]) + shift for row in mine],
                mode="markers",
                name=words(scenario),
                error_x=_bars(shares, bounds),
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
            )
        )
    framed(figure, 140 + 26 * len(shown) * max(1, (len(scenarios) + 1) // 2), title)
    figure.add_vline(x=0, line={"color": AXIS, "width": 1.5})
    figure.update_layout(showlegend=True)
    room = 0.06 * (high - low)
    figure.update_xaxes(range=[low - room, high + room], title_text="difference in percent of the base")
    ticks = round_numbers(low, high)
    figure.update_xaxes(tickvals=ticks, ticktext=[signed(tick) for tick in ticks], tickangle=0)
    few = [tick for number, tick in enumerate(ticks) if (number - ticks.index(0.0)) % 2 == 0]
    sparse = {"tickvals": few, "ticktext": [signed(tick) for tick in few]}
    figure.update_layout(meta={"narrow": {"layout": {"xaxis": sparse if len(ticks) > MOST_TICKS // 2 + 1 else {}}}})
    figure.update_yaxes(
        tickvals=list(range(len(shown))), ticktext=shown, range=[len(shown) - 0.4, -0.6], zeroline=False
    )
    return figure


def _bars(shares: list[float], bounds: list[tuple[float | None, float | None]]) -> dict[str, object] | None:
    """Return the bars of intervals, cut at the edge; None where there are none."""
    up, down = [], []
    for share, (low, high) in zip(shares, bounds, strict=True):
        if low is None or high is None:
            return None
        up.append(max(0.0, min(FURTHEST, high) - share))
        down.append(max(0.0, share - max(-FURTHEST, low)))
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
                "quantity": QUANTITIES[row["quantity"]],
                "base": amount(row["base"]),
                "other": amount(row["other"]),
                "difference": amount(row["difference"]),
                "by base": percent(share),
                "interval": between(row["low"], row["high"]),
            }
        )
    columns = ["scenario", "quantity", "base", "other", "difference", "by base", "interval"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


Row = tuple[str, str, float, float, tuple[float, float | None, float | None]]
"""Scenario, name, base, other, and (difference, low, high) as shares of the base."""


def _rows(frame: "pd.DataFrame", names: dict[str, str]) -> list[Row]:
    rows: list[Row] = []
    for row in records(frame):
        if row["quantity"] not in names or not row["base"]:
            continue
        base, other = float(row["base"]), float(row["other"])
        low, high = (None if row[end] is None else float(row[end]) / base for end in ("low", "high"))
        name = names[row["quantity"]]
        rows.append((str(row["scenario"]), name, base, other, (float(row["difference"]) / base, low, high)))
    return rows if any(share for *_, shares in rows for share in shares if share) else []


def _told(row: Row) -> str:
    scenario, name, base, other, (share, low, high) = row
    interval = "" if low is None or high is None else f"<br>interval {signed(low)} to {signed(high)}"
    return (
        f"{words(scenario)}, {name}: {signed(share)}<br>"
        f"{amount(other)} beside {amount(base)}, {amount(other - base)} in all{interval}"
    )


def signed(share: float) -> str:
    """Return a share in percent with its sign."""
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

    title = f"Saved and harmed, by {BY[by]}"
    groups = _whom(changes, base, by)
    if not groups:
        return blank(title, "The other policy saved and harmed nobody.")
    figure = go.Figure()
    hatch = hatches(SIDES)
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
                name=f"{change} by the other policy",
                showlegend=True,
                marker=bars((GREEN, VERMILLION)[place], hatch[change]),
                text=[f"{plain(name)}: {amount(pair[place])} {change}" for name, pair in groups.items()],
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
        title_text="people (saved left, harmed right)",
        zerolinewidth=2,
    )
    figure.update_yaxes(autorange="reversed")
    return names_beside(figure, {plain(name): name if by in AS_WRITTEN else named(name) for name in groups})


def whom_table(changes: "pd.DataFrame", base: "Run") -> "pd.DataFrame":
    """Count the people of the country whom the other policy saved and harmed, by each of ``BY``.

    Returns:
        Columns who, saved, harmed and net: how many more it saved than harmed.
    """
    import pandas as pd

    rows = [
        (
            f"{BY[by]}: {name if by in AS_WRITTEN else named(name)}",
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
        "path": (HALTED, Fate.IGNORED.label, SAVED, Outcome.HELD.label, Outcome.DROPPED_OUT.label, OPEN, ABSENT),
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
