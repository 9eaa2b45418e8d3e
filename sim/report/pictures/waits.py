"""Waiting: how long alerts wait against the deadline of their tier, which of them expire, how they end."""

from datetime import date
from math import log10
from typing import TYPE_CHECKING

from sim.days import MINUTE_MS
from sim.report.blank import blank
from sim.report.looks import INK, colours, country, dashes, day, hatches, symbols, words
from sim.report.panels import bars, framed, pick_mode, subtitles
from sim.report.tally import step, steps, tally
from sim.rounding import amount, percent, with_share
from sim.words import ContactChannel, End, Tier

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.results.run import Run

TIERS, CONTACT_CHANNELS, ENDS = Tier.labels(), ContactChannel.labels(), End.labels()
NO_ALERTS = "No alert was issued in this run."
STILL_OPEN = 0.05
"""Days or months of which a larger share of the alerts was open when the run ended are left out of ``expired``."""

TICKS = {1: "1 min", 10: "10 min", 60: "1 h", 360: "6 h", 1440: "1 day", 10080: "1 week"}
"""Ticks of the axis of waits, by minutes."""

WAITS, EXPIRED, ENDINGS = "Waiting times and deadlines", "Alerts that expired", "How alerts end"


def waits(run: "Run") -> "go.Figure":
    """Draw the share of waits that were at most so long, by tier and channel, beside the tier's deadline.

    A wait for a call or visit lasts from joining the line to the start of the service, each try by itself; one for
    an app message or SMS from issue to reading, of those that were read. The deadline counts from issue.

    Returns:
        A figure with a panel for each tier.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    curves = _curves(run)
    tiers = [tier for tier in TIERS if any(of == tier for of, _ in curves)]
    if not tiers:
        return blank(WAITS, "No alert waited for anything in this run.")
    deadlines = {tier: getattr(run.scenario.spec.warning.tiers, tier).deadline / MINUTE_MS for tier in tiers}
    figure = make_subplots(
        rows=len(tiers), cols=1, shared_xaxes=True, vertical_spacing=0.16 / len(tiers),
        subplot_titles=[f"{tier}: deadline {_span(deadlines[tier])}" for tier in tiers],
    )  # fmt: skip
    colour, dash, symbol = colours("contact"), dashes(CONTACT_CHANNELS), symbols(CONTACT_CHANNELS)
    listed: set[str] = set()
    for row, tier in enumerate(tiers, 1):
        for channel in CONTACT_CHANNELS:
            if (tier, channel) not in curves:
                continue
            edges, shares, counts = curves[tier, channel]
            figure.add_trace(
                go.Scatter(
                    x=edges,
                    y=shares,
                    mode="lines+markers",
                    name=words(channel),
                    legendgroup=channel,
                    legendrank=1000 + CONTACT_CHANNELS.index(channel),
                    showlegend=channel not in listed,
                    line={"color": colour[channel], "dash": dash[channel]},
                    marker={"symbol": symbol[channel], "size": 6},
                    text=[
                        f"{tier}, {channel}: {percent(share)} of {amount(sum(counts) * country(run))} waits "
                        f"lasted at most {_span(edge)}"
                        for edge, share in zip(edges, shares, strict=True)
                    ],
                    hovertemplate="%{text}<extra></extra>",
                ),
                row=row,
                col=1,
            )
            listed.add(channel)
        figure.add_vline(x=deadlines[tier], line={"color": INK, "dash": "dot", "width": 2}, row=row, col=1)
        figure.add_annotation(
            text="deadline", x=log10(deadlines[tier]), y=0.12, xanchor="right", showarrow=False, row=row, col=1
        )
    last = max(*deadlines.values(), *(max(edges) for edges, _, _ in curves.values()))
    framed(figure, 120 + 175 * len(tiers), WAITS)
    figure.update_xaxes(
        type="log", range=[-0.1, log10(1.5 * last)], tickvals=list(TICKS), ticktext=list(TICKS.values())
    )
    figure.update_xaxes(title_text="wait at most (log scale)", row=len(tiers), col=1)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.04], nticks=4)
    figure.update_yaxes(title_text="share", row=len(tiers), col=1)
    return subtitles(figure)


def waits_table(run: "Run") -> "pd.DataFrame":
    """Return how many waits of the country there were, by tier and channel, and how long they lasted.

    Returns:
        Columns tier, channel, deadline, waits, and shares of these: at most 1 min, at most 64 min, and up to the last
        bin that ends by the deadline.
    """
    import pandas as pd

    rows = []
    for (tier, channel), (edges, shares, counts) in _curves(run).items():
        deadline = getattr(run.scenario.spec.warning.tiers, tier).deadline / MINUTE_MS

        def until(limit: float, edges: list[float] = edges, shares: list[float] = shares) -> str:
            return percent(max((s for edge, s in zip(edges, shares, strict=True) if edge <= limit), default=0.0))

        rows.append(
            {
                "tier": tier,
                "channel": channel,
                "deadline": _span(deadline),
                "waits": amount(sum(counts) * country(run)),
                "at most 1 min": until(1),
                "at most 64 min": until(64),
                "within the deadline, at least": until(deadline),
            }
        )
    columns = ["tier", "channel", "deadline", "waits", "at most 1 min", "at most 64 min"]
    return pd.DataFrame(rows, columns=[*columns, "within the deadline, at least"], dtype=object)


def _curves(run: "Run") -> dict[tuple[str, str], tuple[list[float], list[float], list[int]]]:
    """Return (upper edges in minutes, shares of waits up to them, counts) by tier and channel, in their order."""
    counted = tally(run, "waits", ["tier", "channel", "bin"])
    found = {}
    for tier in TIERS:
        for channel in CONTACT_CHANNELS:
            rows = counted[(counted["tier"] == tier) & (counted["channel"] == channel)]
            if not len(rows):
                continue
            by_bin = dict(zip(rows["bin"].tolist(), rows["count"].tolist(), strict=True))
            # Bins between the first and the last that nobody fell into belong to the curve too.
            edges, edge = [], min(by_bin)
            while edge <= max(by_bin):
                edges.append(edge)
                edge *= 2
            counts = [by_bin.get(edge, 0) for edge in edges]
            total, shares, so_far = sum(counts), [], 0
            for count in counts:
                so_far += count
                shares.append(so_far / total)
            found[tier, channel] = ([edge / MINUTE_MS for edge in edges], shares, counts)
    return found


def _span(minutes: float) -> str:
    """Return a time span in days, hours or minutes, whichever suits it."""
    for size, unit in ((1440.0, "days"), (60.0, "h")):
        if minutes >= 2 * size or (unit == "h" and minutes >= size):
            return f"{amount(minutes / size)} {unit}"
    return f"{amount(minutes)} min"


def expired(run: "Run") -> "go.Figure":
    """Draw the alerts whose deadline came before they reached anybody: share and count a day, by tier and time.

    Returns:
        A figure without the days (or months) of which more than ``STILL_OPEN`` were open when the run ended.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = _expired(run)
    if not rows:
        return blank(EXPIRED, NO_ALERTS)
    by = step(run)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1,
        subplot_titles=["share of the alerts of the tier", "alerts of the country"],
    )  # fmt: skip
    colour, dash, symbol = colours("tier"), dashes(TIERS), symbols(TIERS)
    for tier in TIERS:
        points = [
            (when, issued, lost, days)
            for (of, when), (issued, lost, open_, days) in rows.items()
            if of == tier and open_ <= STILL_OPEN * issued
        ]
        if not points:
            continue
        hover = [
            f"{tier}, {day(when) if by == 'day' else f'{when:%B %Y}'}: {percent(lost / issued)} of "
            f"{amount(issued * country(run))} alerts expired, {amount(lost * country(run) / days)} a day"
            for when, issued, lost, days in points
        ]
        for place, values in enumerate(
            (
                [lost / issued for _, issued, lost, _ in points],
                [lost * country(run) / days for _, _, lost, days in points],
            ),
            1,
        ):
            figure.add_trace(
                go.Scatter(
                    x=[when.isoformat() for when, *_ in points],
                    y=values,
                    mode=pick_mode(len(steps(run))),
                    name=tier,
                    legendgroup=tier,
                    showlegend=place == 1,
                    line={"color": colour[tier], "dash": dash[tier]},
                    marker={"symbol": symbol[tier], "size": 6},
                    text=hover,
                    hovertemplate="%{text}<extra></extra>",
                ),
                row=place,
                col=1,
            )
    framed(figure, 470, EXPIRED)
    figure.update_yaxes(rangemode="tozero", nticks=5)
    figure.update_yaxes(tickformat=".1~%", title_text="share", row=1, col=1)
    figure.update_yaxes(title_text="alerts a day", row=2, col=1)
    figure.update_xaxes(nticks=6)
    figure.update_xaxes(title_text=f"{by} of issue", row=2, col=1)
    return subtitles(figure)


def expired_table(run: "Run") -> "pd.DataFrame":
    """Return alerts issued and expired (of the country) and the share, by tier over the whole period."""
    import pandas as pd

    found = []
    for tier in TIERS:
        mine = [counts for (of, _), counts in _expired(run).items() if of == tier]
        issued, lost = sum(row[0] for row in mine), sum(row[1] for row in mine)
        if issued:
            scale = country(run)
            found.append((tier, amount(issued * scale), amount(lost * scale), percent(lost / issued)))
    return pd.DataFrame(found, columns=["tier", "issued", "expired", "share"], dtype=object)


def _expired(run: "Run") -> dict[tuple[str, date], tuple[int, int, int, int]]:
    """Return (issued, expired, open, days) as simulated by tier and step of time, where alerts were issued."""
    by = step(run)
    counted = tally(run, "alerts", [by, "tier", "end"])
    days = steps(run)
    found: dict[tuple[str, date], tuple[int, int, int, int]] = {}
    for when, tier, end, count in counted.itertuples(index=False):
        issued, lost, open_, _ = found.get((tier, when), (0, 0, 0, 0))
        lost, open_ = lost + int(count) * (end == End.EXPIRED.label), open_ + int(count) * (end == End.OPEN.label)
        found[tier, when] = (issued + int(count), lost, open_, days[when])
    return found


def ends(run: "Run") -> "go.Figure":
    """Draw how the alerts of each tier ended, as shares of those issued."""
    return stacked(run, "end", ENDS, colours("end"), ENDINGS)


def ends_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country by tier and how they ended."""
    return stacked_table(run, "end", ENDS)


def stacked(run: "Run", column: str, names: tuple[str, ...], colour: dict[str, str], title: str) -> "go.Figure":
    """Draw a bar for each tier, divided by a column of the alerts; hover gives counts of the country."""
    import plotly.graph_objects as go

    counts = _by_tier(run, column)
    tiers = [tier for tier in TIERS if any(counts.get((tier, name)) for name in names)]
    if not tiers:
        return blank(title, NO_ALERTS)
    whole = {tier: sum(counts.get((tier, name), 0) for name in names) for tier in tiers}
    hatch = hatches(names)
    figure = go.Figure()
    for name in names:
        shares = [counts.get((tier, name), 0) / whole[tier] for tier in tiers]
        if not any(shares):
            continue
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=[f"{tier}<br>{amount(whole[tier] * country(run))}" for tier in tiers],
                x=shares,
                name=words(name),
                marker=bars(colour[name], hatch[name]),
                text=[
                    f"{tier}, {words(name)}: {amount(counts.get((tier, name), 0) * country(run))} alerts, "
                    f"{percent(share)}"
                    for tier, share in zip(tiers, shares, strict=True)
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 130 + 62 * len(tiers), title)
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_layout(legend={"traceorder": "normal"})
    figure.update_xaxes(tickformat=".0%", range=[0, 1], title_text="share of the alerts issued")
    figure.update_yaxes(autorange="reversed", title_text="tier and alerts issued")
    return figure


def stacked_table(run: "Run", column: str, names: tuple[str, ...]) -> "pd.DataFrame":
    """Return alerts of the country by tier and a column of the alerts, with their share of the tier."""
    import pandas as pd

    counts = _by_tier(run, column)
    rows = []
    for tier in TIERS:
        whole = sum(counts.get((tier, name), 0) for name in names)
        if whole:
            cells = {name: counts.get((tier, name), 0) for name in names}
            shown = {words(name): with_share(count * country(run), count / whole) for name, count in cells.items()}
            rows.append({"tier": tier, "alerts": amount(whole * country(run)), **shown})
    return pd.DataFrame(rows, columns=["tier", "alerts", *(words(name) for name in names)], dtype=object)


def _by_tier(run: "Run", column: str) -> dict[tuple[str, str], int]:
    counted = tally(run, "alerts", ["tier", column])
    return {(tier, name): int(count) for tier, name, count in counted.itertuples(index=False)}
