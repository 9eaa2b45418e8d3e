"""Waiting: how long alerts wait against the deadline of their tier, which of them expire, how they end."""

from datetime import date
from itertools import accumulate
from math import inf, log10
from typing import TYPE_CHECKING, Any

from sim.base.days import MINUTE_MS
from sim.base.rounding import amount, percent, with_share
from sim.base.words import DESK_LABELS, ContactChannel, End, Tier
from sim.language.dates import day_named, month_named
from sim.language.labels import spelled
from sim.language.spoken import marked, said
from sim.report.blank import blank
from sim.report.looks import INK, colours, country, dashes, hatches, symbols, words
from sim.report.panels import bars, framed, pick_mode, subtitles
from sim.report.tally import step, steps, tally

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

TIERS, CONTACT_CHANNELS, ENDS = Tier.labels(), ContactChannel.labels(), End.labels()
NO_ALERTS = marked("No alert was issued in this run.")
STILL_OPEN = 0.05
"""Days or months of which a larger share of the alerts was open when the run ended are left out of ``expired``."""

TICKS = (1, 10, 60, 360, 1440, 10080)
"""Ticks of the axis of waits, in minutes."""
BAND = "rgba(128,128,128,0.5)"
"""Colour of the broad line of all waits for desks, on which those of channels are seen."""
ROOM, BESIDE = 2.2, 1.7
"""So many times the last deadline the axis of waits reaches, and so many times its tier's the mark of what expired."""

WAITS, EXPIRED, ENDINGS = marked("Waiting times and deadlines"), marked("Alerts that expired"), marked("How alerts end")

Steps = tuple[list[float], list[float]]
"""Upper edges of bins in minutes, and the share of waits up to each."""
Curves = dict[tuple[str, str], tuple[list[float], list[float], list[int]]]
"""Upper edges of bins in minutes, shares of waits up to them, and counts, by tier and channel."""


def waits(run: "Run") -> "go.Figure":
    """Draw the share of waits that were at most so long, by tier and channel, up to the tier's deadline.

    A wait for a call or visit lasts from joining the line to the start of the service, each try by itself; one for
    an app message or SMS from issue to reading, of those that were read. The deadline counts from issue.

    Waits are counted in bins, of which the share is known at the upper edge alone: curves are steps, each at the
    latest at which its share was reached. Who waited for a desk until the deadline is in no channel's curve: one more
    curve is of all waits for desks, with those that expired, and ends as far below 100% as these are many.

    Returns:
        A figure with a panel for each tier.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    curves = _curves(run)
    tiers = [tier for tier in TIERS if any(of == tier for of, _ in curves)]
    if not tiers:
        return blank(said(WAITS), said("No alert waited for anything in this run."))
    deadlines = _deadlines(run)
    last = max(*(deadlines[tier] for tier in tiers), *(max(edges) for edges, _, _ in curves.values()))
    figure = make_subplots(
        rows=len(tiers), cols=1, shared_xaxes=True, vertical_spacing=0.16 / len(tiers),
        subplot_titles=[said("{tier}: deadline {span}", tier=said(of), span=_span(deadlines[of])) for of in tiers],
    )  # fmt: skip
    colour, dash = colours("contact"), dashes(CONTACT_CHANNELS)
    listed: set[str] = set()

    def draw(row: int, name: str, curve: Steps, hover: list[str], **looks: Any) -> None:
        edges, shares = curve
        figure.add_trace(
            go.Scatter(
                # The first step begins at the ground.
                x=[edges[0], *edges],
                y=[0.0, *shares],
                mode="lines",
                name=name,
                legendgroup=name,
                showlegend=name not in listed,
                text=[hover[0], *hover],
                hovertemplate="%{text}<extra></extra>",
                **looks,
            ),
            row=row,
            col=1,
        )
        listed.add(name)

    for row, tier in enumerate(tiers, 1):
        # Below the channels, of which it may be the only one.
        met = _met(run, curves, tier)
        if met is not None:
            edges, shares, _ = met
            hover = [
                said(
                    "{tier}: of all that waited for a desk, {share} were served within {span}",
                    tier=said(tier), share=percent(share), span=_span(edge),
                )
                for edge, share in zip(edges, shares, strict=True)
            ]  # fmt: skip
            look: dict[str, Any] = {"color": BAND, "width": 8, "shape": "hv"}
            draw(row, said("any desk, with those that expired"), (edges, shares), hover, line=look, legendrank=1100)
            _expiries(figure, row, (deadlines[tier], shares[-1]))
        for place, channel in enumerate(CONTACT_CHANNELS):
            if (tier, channel) not in curves:
                continue
            edges, shares, counts = curves[tier, channel]
            total = amount(sum(counts) * country(run))
            hover = [
                said(
                    "{tier}, {channel}: {share} of {count} waits lasted at most {span}",
                    tier=said(tier), channel=words(channel), share=percent(share), count=total, span=_span(edge),
                )
                for edge, share in zip(edges, shares, strict=True)
            ]  # fmt: skip
            look = {"color": colour[channel], "dash": dash[channel], "shape": "hv"}
            draw(row, words(channel), (edges, shares), hover, line=look, legendrank=1000 + place)
        figure.add_vline(x=deadlines[tier], line={"color": INK, "width": 2}, row=row, col=1)
        figure.add_annotation(
            text=said("deadline")
            if met is None or not met[2]
            else said("deadline: {share} expired", share=percent(met[2])),
            x=log10(deadlines[tier]),
            y=0.12,
            xanchor="right",
            showarrow=False,
            row=row,
            col=1,
        )
    framed(figure, 140 + 175 * len(tiers), said(WAITS))
    figure.update_xaxes(
        type="log", range=[-0.1, log10(ROOM * last)], tickvals=list(TICKS), ticktext=[_span(at) for at in TICKS]
    )
    figure.update_xaxes(title_text=said("wait at most (log scale)"), row=len(tiers), col=1)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.04], nticks=4)
    figure.update_yaxes(title_text=said("share"), row=len(tiers), col=1)
    return subtitles(figure)


def _expiries(figure: "go.Figure", row: int, end: tuple[float, float]) -> None:
    """Mark, at the deadline, what of the waits for desks was never served.

    Args:
        figure: The figure of waits.
        row: The panel.
        end: The deadline in minutes, and the share served until then.
    """
    deadline, served = end
    if served == 1:
        return
    figure.add_shape(
        type="rect", x0=deadline, x1=deadline * BESIDE, y0=served, y1=1.0, row=row, col=1,
        fillcolor=colours("end")[End.EXPIRED.label], opacity=0.75, line={"width": 0},
    )  # fmt: skip


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
                marked("at most 1 min"): until(1),
                marked("at most 64 min"): until(64),
                marked("within the deadline, at least"): until(deadline),
            }
        )
    columns = ["tier", "channel", "deadline", "waits", "at most 1 min", "at most 64 min"]
    return pd.DataFrame(rows, columns=[*columns, "within the deadline, at least"], dtype=object)


def _deadlines(run: "Run") -> dict[str, float]:
    """Return the deadline of each tier in minutes."""
    return {tier: getattr(run.scenario.spec.warning.tiers, tier).deadline / MINUTE_MS for tier in TIERS}


def _curves(run: "Run") -> Curves:
    """Return (upper edges in minutes, shares of waits up to them, counts) by tier and channel, in their order."""
    counted = tally(run, "waits", ["tier", "channel", "bin"])
    deadlines = _deadlines(run)
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
            # Nobody waits for a desk beyond the deadline, which counts from before they joined the line.
            most = deadlines[tier] if channel in DESK_LABELS else inf
            found[tier, channel] = ([min(edge / MINUTE_MS, most) for edge in edges], shares, counts)
    return found


def _met(run: "Run", curves: Curves, tier: str) -> tuple[list[float], list[float], float] | None:
    """Return how the waits of a tier for any desk ended.

    Args:
        run: The run.
        curves: What ``_curves`` returns.
        tier: The tier.

    Returns:
        Upper edges in minutes, shares served up to them of all that waited, and the share that expired; None where
        nobody waited for a desk.
    """
    lost = _by_tier(run, "end").get((tier, End.EXPIRED.label), 0)
    served: dict[float, int] = {}
    for (of, channel), (edges, _, counts) in curves.items():
        if of == tier and channel in DESK_LABELS:
            for edge, count in zip(edges, counts, strict=True):
                served[edge] = served.get(edge, 0) + count
    if not served:
        return None
    waited = sum(served.values()) + lost
    edges = sorted(served)
    so_far = list(accumulate(served[edge] for edge in edges))
    return [*edges, _deadlines(run)[tier]], [count / waited for count in (*so_far, so_far[-1])], lost / waited


def _span(minutes: float) -> str:
    """Return a time span in days, hours or minutes, whichever suits it."""
    if minutes >= 2 * 1440:
        return said("{days} days", days=amount(minutes / 1440))
    if minutes >= 60:
        return said("{hours} h", hours=amount(minutes / 60))
    return said("{minutes} min", minutes=amount(minutes))


def expired(run: "Run") -> "go.Figure":
    """Draw the alerts whose deadline came before they reached anybody: share and count a day, by tier and time.

    Returns:
        A figure without the days (or months) of which more than ``STILL_OPEN`` were open when the run ended.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = _expired(run)
    if not rows:
        return blank(said(EXPIRED), said(NO_ALERTS))
    by = step(run)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1,
        subplot_titles=[said("share of the alerts of the tier"), said("alerts of the country")],
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
            said(
                "{tier}, {when}: {share} of {count} alerts expired, {daily} a day",
                tier=said(tier),
                when=day_named(when) if by == "day" else month_named(when),
                share=percent(lost / issued),
                count=amount(issued * country(run)),
                daily=amount(lost * country(run) / days),
            )
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
                    name=said(tier),
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
    framed(figure, 470, said(EXPIRED))
    figure.update_yaxes(rangemode="tozero", nticks=5)
    figure.update_yaxes(tickformat=".1~%", title_text=said("share"), row=1, col=1)
    figure.update_yaxes(title_text=said("alerts a day"), row=2, col=1)
    figure.update_xaxes(nticks=6)
    figure.update_xaxes(title_text=said("day of issue") if by == "day" else said("month of issue"), row=2, col=1)
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
    return stacked(run, "end", ENDS, colours("end"), said(ENDINGS))


def ends_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country by tier and how they ended."""
    return stacked_table(run, "end", ENDS)


def stacked(run: "Run", column: str, names: tuple[str, ...], colour: dict[str, str], title: str) -> "go.Figure":
    """Draw a bar for each tier, divided by a column of the alerts; hover gives counts of the country."""
    import plotly.graph_objects as go

    counts = _by_tier(run, column)
    tiers = [tier for tier in TIERS if any(counts.get((tier, name)) for name in names)]
    if not tiers:
        return blank(title, said(NO_ALERTS))
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
                y=[f"{said(tier)}<br>{amount(whole[tier] * country(run))}" for tier in tiers],
                x=shares,
                name=words(name),
                marker=bars(colour[name], hatch[name]),
                text=[
                    said(
                        "{tier}, {what}: {count} alerts, {share}",
                        tier=said(tier),
                        what=words(name),
                        share=percent(share),
                        count=amount(counts.get((tier, name), 0) * country(run)),
                    )
                    for tier, share in zip(tiers, shares, strict=True)
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 130 + 62 * len(tiers), title)
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_layout(legend={"traceorder": "normal"})
    figure.update_xaxes(tickformat=".0%", range=[0, 1], title_text=said("share of the alerts issued"))
    figure.update_yaxes(autorange="reversed", title_text=said("tier and alerts issued"))
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
            shown = {spelled(name): with_share(count * country(run), count / whole) for name, count in cells.items()}
            rows.append({"tier": tier, "alerts": amount(whole * country(run)), **shown})
    return pd.DataFrame(rows, columns=["tier", "alerts", *(spelled(name) for name in names)], dtype=object)


def _by_tier(run: "Run", column: str) -> dict[tuple[str, str], int]:
    counted = tally(run, "alerts", ["tier", column])
    return {(tier, name): int(count) for tier, name, count in counted.itertuples(index=False)}
