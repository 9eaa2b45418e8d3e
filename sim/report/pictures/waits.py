"""Pictures of alerts: waits against deadlines, how alerts end, and what detectors can separate.

Waiting: how long alerts wait compared with the deadline of their tier, which expire, and how they end.

Detectors: what their scores can separate, and how often alerts of a tier are right.
"""

from datetime import date
from itertools import accumulate, cycle
from math import erfc, inf, log10, sqrt
from typing import TYPE_CHECKING

from sim.base.days import MINUTE_MS
from sim.base.rounding import amount, fixed, percent, with_share
from sim.base.words import DESK_LABELS, Channel, ContactChannel, Detector, End, Fate, Tier, Truth
from sim.language.spoken import marked, named, said, spelled
from sim.report.drawing import add, bar_across, bare, blank, framed, line, note, on_phones, panels
from sim.report.looks import INK, capital, colours, country, dashes, hatches, symbols, words
from sim.report.tables import step, step_named, steps, table_of, tally

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

TIERS, CONTACT_CHANNELS, ENDS = Tier.labels(), ContactChannel.labels(), End.labels()
NO_ALERTS = marked("This run issued no alerts.")
STILL_OPEN = 0.05
"""``expired`` leaves out days or months if a larger share of their alerts was open when the run ended."""

TICKS = (1, 10, 60, 360, 1440, 10080)
"""Ticks of the axis of waits, in minutes."""
BAND = "rgba(128,128,128,0.5)"
"""Colour of the wide line of all waits for desks; the lines of channels are drawn over it."""
ROOM, BESIDE = 2.2, 1.7
"""Ends of the axis of waits, over the last deadline, and of the mark of expired alerts, over its own deadline."""

WAITS, EXPIRED, ENDINGS = marked("Waiting times and deadlines"), marked("Alerts that expired"), marked("How alerts end")

Curves = dict[tuple[str, str], tuple[list[float], list[float], list[int]]]
"""Upper edges of bins in minutes, shares of waits up to them, and counts, by tier and channel."""
Met = tuple[list[float], list[float], float]
"""Upper edges of bins in minutes, shares served up to them, and the share that expired."""


def waits(run: "Run") -> "go.Figure":
    """Draw the share of waits up to each duration, by tier and channel, up to the tier's deadline.

    A wait for a call or visit lasts from joining the queue to the start of the service, for each try; a wait for an app
    message or SMS lasts from issue to reading, if it was read. The deadline counts from issue.

    Waits are counted in bins, so the share is known only at upper edges: curves are steps, each at the latest time at
    which its share was reached. No channel's curve holds alerts that waited for a desk until the deadline. One more
    curve, of all waits for desks, holds them, and ends below 100% by their share.

    Returns:
        A figure with a panel for each tier.
    """
    curves = _curves(run)
    tiers = [tier for tier in TIERS if any(of == tier for of, _ in curves)]
    if not tiers:
        return blank(said(WAITS), said("No alert waited in this run."))
    deadlines = _deadlines(run)
    last = max(*(deadlines[tier] for tier in tiers), *(max(edges) for edges, _, _ in curves.values()))
    titles = [said("{tier}: deadline {span}", tier=said(of), span=_span(deadlines[of])) for of in tiers]
    figure = panels(titles, 0.16 / len(tiers))
    for row, tier in enumerate(tiers, 1):
        met = _met(run, curves, tier)
        if met is not None:
            # First, so that the lines of channels lie over it.
            _all_desks(figure, row, tier, met, deadlines[tier])
        for channel in CONTACT_CHANNELS:
            if (tier, channel) in curves:
                _channel(figure, row, run, curves, tier, channel)
        figure.add_vline(x=deadlines[tier], line={"color": INK, "width": 2}, row=row, col=1)
        expired = met is not None and met[2]
        text = said("deadline: {share} expired", share=percent(expired)) if expired else said("deadline")
        note(figure, text, log10(deadlines[tier]), 0.12, row, xanchor="right")
    framed(figure, 140 + 175 * len(tiers), said(WAITS))
    figure.update_xaxes(
        type="log", range=[-0.1, log10(ROOM * last)], tickvals=list(TICKS), ticktext=[_span(at) for at in TICKS]
    )
    figure.update_xaxes(title_text=said("wait up to (log scale)"), row=len(tiers), col=1)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.04], nticks=4)
    return figure.update_yaxes(title_text=said("share"), row=len(tiers), col=1)


def _all_desks(figure: "go.Figure", row: int, tier: str, met: Met, deadline: float) -> None:
    """Draw the wide line of all waits for desks and, at the deadline, a bar of the alerts that no desk served."""
    edges, shares, _ = met
    hover = [
        said(
            "{tier}: {share} of the alerts that waited for a desk were served within {span}",
            tier=said(tier), share=percent(share), span=_span(edge),
        )
        for edge, share in zip(edges, shares, strict=True)
    ]  # fmt: skip
    look = {**line(len(edges), color=BAND, width=8, shape="hv"), "legendrank": 1100}
    name = said("any desk, including expired alerts")
    # The first step begins at zero.
    add(figure, name, [edges[0], *edges], [0.0, *shares], [hover[0], *hover], row=row, group="any", **look)
    if shares[-1] < 1:
        figure.add_shape(
            type="rect", x0=deadline, x1=deadline * BESIDE, y0=shares[-1], y1=1.0, row=row, col=1,
            fillcolor=colours("end")[End.EXPIRED.label], opacity=0.75, line={"width": 0},
        )  # fmt: skip


def _channel(figure: "go.Figure", row: int, run: "Run", curves: Curves, tier: str, channel: str) -> None:
    """Draw the waits of a tier for one channel."""
    edges, shares, counts = curves[tier, channel]
    total = amount(sum(counts) * country(run))
    hover = [
        said(
            "{tier}, {channel}: {share} of {count} waits lasted at most {span}",
            tier=said(tier), channel=words(channel), share=percent(share), count=total, span=_span(edge),
        )
        for edge, share in zip(edges, shares, strict=True)
    ]  # fmt: skip
    look = line(len(edges), color=colours("contact")[channel], dash=dashes(CONTACT_CHANNELS)[channel], shape="hv")
    look["legendrank"] = 1000 + CONTACT_CHANNELS.index(channel)
    add(figure, words(channel), [edges[0], *edges], [0.0, *shares], [hover[0], *hover], row=row, group=channel, **look)


def waits_table(run: "Run") -> "pd.DataFrame":
    """Return the country's waits by tier and channel, and their shares up to 1 min, 64 min and the deadline."""
    rows = []
    for (tier, channel), (edges, shares, counts) in _curves(run).items():
        deadline = _deadlines(run)[tier]
        until = [
            percent(max((share for edge, share in zip(edges, shares, strict=True) if edge <= limit), default=0.0))
            for limit in (1, 64, deadline)
        ]
        rows.append((tier, channel, _span(deadline), amount(sum(counts) * country(run)), *until))
    shown = (marked("at most 1 min"), marked("at most 64 min"), marked("within the deadline, at least"))
    return table_of(rows, ["tier", "channel", "deadline", "waits", *shown])


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
            # Empty bins between the first and the last belong to the curve too.
            edges, edge = [], min(by_bin)
            while edge <= max(by_bin):
                edges.append(edge)
                edge *= 2
            counts = [by_bin.get(edge, 0) for edge in edges]
            shares = [so_far / sum(counts) for so_far in accumulate(counts)]
            # No wait for a desk outlasts the deadline, which counts from before the alert joined the queue.
            most = deadlines[tier] if channel in DESK_LABELS else inf
            found[tier, channel] = ([min(edge / MINUTE_MS, most) for edge in edges], shares, counts)
    return found


def _met(run: "Run", curves: Curves, tier: str) -> Met | None:
    """Return how the waits of a tier for any desk ended; None if no alert waited for a desk."""
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
    """Return a duration in days, hours or minutes, whichever suits it."""
    if minutes >= 2 * 1440:
        return said("{days} days", days=amount(minutes / 1440))
    if minutes >= 60:
        return said("{hours} h", hours=amount(minutes / 60))
    return said("{minutes} min", minutes=amount(minutes))


def expired(run: "Run") -> "go.Figure":
    """Draw the alerts that expired before they reached anybody: share and count a day, by tier and time."""
    rows = _expired(run)
    if not any(lost for _, lost, _, _ in rows.values()):
        return blank(said(EXPIRED), said("No alert expired.") if rows else said(NO_ALERTS))
    figure = panels([said("share of the alerts of the tier"), said("alerts of the country")], 0.1)
    colour, dash, symbol = colours("tier"), dashes(TIERS), symbols(TIERS)
    for tier in TIERS:
        points = {
            when: (lost / issued, lost * country(run) / days, issued * country(run))
            for (of, when), (issued, lost, open_, days) in rows.items()
            if of == tier and open_ <= STILL_OPEN * issued
        }
        hover = [
            said(
                "{tier}, {when}: {share} of {count} alerts expired, {daily} a day",
                tier=said(tier), when=step_named(run, when), share=percent(share), count=amount(issued),
                daily=amount(daily),
            )
            for when, (share, daily, issued) in points.items()
        ]  # fmt: skip
        look = line(len(steps(run)), symbol[tier], color=colour[tier], dash=dash[tier])
        for at in (0, 1) if points else ():
            add(figure, said(tier), points, [row[at] for row in points.values()], hover, row=at + 1, group=tier, **look)
    framed(figure, 470, said(EXPIRED))
    figure.update_yaxes(rangemode="tozero", nticks=5)
    # Significant digits, not decimals: shares of a thousandth would all be 0%.
    figure.update_yaxes(tickformat=".3~p", title_text=said("share"), row=1, col=1)
    figure.update_yaxes(title_text=said("alerts a day"), row=2, col=1)
    title = said("day of issue") if step(run) == "day" else said("month of issue")
    return figure.update_xaxes(nticks=6).update_xaxes(title_text=title, row=2, col=1)


def expired_table(run: "Run") -> "pd.DataFrame":
    """Return alerts issued and expired (of the country) and the share, by tier over the whole period."""
    found = []
    for tier in TIERS:
        mine = [counts for (of, _), counts in _expired(run).items() if of == tier]
        issued, lost = sum(row[0] for row in mine), sum(row[1] for row in mine)
        if issued:
            scale = country(run)
            found.append((tier, amount(issued * scale), amount(lost * scale), percent(lost / issued)))
    return table_of(found, ["tier", "issued", "expired", "share"])


def _expired(run: "Run") -> dict[tuple[str, date], tuple[int, int, int, int]]:
    """Return (issued, expired, open, days) as simulated by tier and step of time with alerts."""
    counted = tally(run, "alerts", [step(run), "tier", "end"])
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
    """Return the alerts of the country by tier and end."""
    return stacked_table(run, "end", ENDS)


def stacked(run: "Run", column: str, names: tuple[str, ...], colour: dict[str, str], title: str) -> "go.Figure":
    """Draw a bar for each tier, divided by a column of the alerts; the pointer shows counts of the country."""
    counts = _by_tier(run, column)
    whole = {tier: sum(counts.get((tier, name), 0) for name in names) for tier in TIERS}
    tiers = [tier for tier in TIERS if whole[tier]]
    if not tiers:
        return blank(title, said(NO_ALERTS))
    hatch = hatches(names)
    lanes = [f"{said(tier)}<br>{amount(whole[tier] * country(run))}" for tier in tiers]
    figure = bare()
    for name in names:
        some = [counts.get((tier, name), 0) for tier in tiers]
        shares = [count / whole[tier] for tier, count in zip(tiers, some, strict=True)]
        hover = [
            said(
                "{tier}, {what}: {count} alerts, {share}",
                tier=said(tier), what=words(name), share=percent(share), count=amount(count * country(run)),
            )
            for tier, share, count in zip(tiers, shares, some, strict=True)
        ]  # fmt: skip
        if any(some):
            add(figure, words(name), shares, lanes, hover, **bar_across(colour[name], hatch[name]))
    framed(figure, 130 + 62 * len(tiers), title, barmode="stack", bargap=0.3, legend_traceorder="normal")
    figure.update_xaxes(tickformat=".0%", range=[0, 1], title_text=said("share of the alerts issued"))
    return figure.update_yaxes(autorange="reversed", title_text=said("tier and alerts issued"))


def stacked_table(run: "Run", column: str, names: tuple[str, ...]) -> "pd.DataFrame":
    """Return alerts of the country by tier and a column of the alerts, with their share of the tier."""
    counts = _by_tier(run, column)
    rows = []
    for tier in TIERS:
        some = {name: counts.get((tier, name), 0) for name in names}
        whole = sum(some.values())
        if whole:
            shown = {spelled(name): with_share(count * country(run), count / whole) for name, count in some.items()}
            rows.append({"tier": tier, "alerts": amount(whole * country(run)), **shown})
    return table_of(rows, ["tier", "alerts", *(spelled(name) for name in names)])


def waits_words(run: "Run") -> str:
    """Say of which tier desks served the smallest share in time, and how long half of its alerts waited."""
    curves = _curves(run)
    met = {tier: found for tier in TIERS if (found := _met(run, curves, tier)) is not None}
    if not met:
        return ""
    tier = min(met, key=lambda one: met[one][1][-1])
    edges, shares, lost = met[tier]
    if not lost:
        return said("Desks served every alert that waited for them before its deadline.")
    half = next((edge for edge, share in zip(edges, shares, strict=True) if share >= 0.5), None)  # the median
    words_of = {"tier": said(tier), "share": percent(shares[-1]), "deadline": _span(_deadlines(run)[tier])}
    if half is None:
        return said("Desks served {share} of the {tier} alerts before the deadline of {deadline}.", **words_of)
    return said(
        "Desks served {share} of the {tier} alerts before the deadline of {deadline}, half of them within {half}.",
        **words_of, half=_span(half),
    )  # fmt: skip


def ends_words(run: "Run") -> str:
    """Say which tier reaches people most often, and which least."""
    return _extremes(
        run,
        "end",
        End.REACHED.label,
        marked("{most} of {first} alerts reached their person, but {least} of {last} alerts."),
    )


def _extremes(run: "Run", column: str, name: str, text: str) -> str:
    """Fill a sentence with the tiers whose share of one value of a column is highest and lowest."""
    counts = _by_tier(run, column)
    whole: dict[str, int] = {}
    for (tier, _), count in counts.items():
        whole[tier] = whole.get(tier, 0) + count
    shares = {tier: counts.get((tier, name), 0) / whole[tier] for tier in TIERS if whole.get(tier)}
    if len(shares) == 1 or not shares:
        return ""
    first, last = max(shares, key=lambda tier: shares[tier]), min(shares, key=lambda tier: shares[tier])
    return said(text, first=said(first), last=said(last), most=percent(shares[first]), least=percent(shares[last]))


def precision_words(run: "Run") -> str:
    """Say which tier is about episodes most often, and which least."""
    return _extremes(
        run,
        "truth",
        Truth.EPISODE.label,
        marked("{most} of {first} alerts were about an episode, but {least} of {last} alerts."),
    )


def expired_words(run: "Run") -> str:
    """Say which tier expired most often, and when."""
    rows = _expired(run)
    lost: dict[str, list[int]] = {}
    for (tier, _), (issued, gone, _, _) in rows.items():
        before = lost.setdefault(tier, [0, 0])
        before[0], before[1] = before[0] + issued, before[1] + gone
    if not any(gone for _, gone in lost.values()):
        return said("No alert expired.") if rows else ""
    tier = max(lost, key=lambda one: lost[one][1] / max(1, lost[one][0]))
    own = {when: (gone, issued) for (of, when), (issued, gone, _, _) in rows.items() if of == tier}
    worst = max(own, key=lambda when: own[when][0] / max(1, own[when][1]))
    return said(
        "{tier} alerts expired most often: {share} over the period, {most} of those issued in {when}.",
        tier=capital(said(tier)), share=percent(lost[tier][1] / lost[tier][0]),
        most=percent(own[worst][0] / own[worst][1]), when=step_named(run, worst),
    )  # fmt: skip


def _by_tier(run: "Run", column: str) -> dict[tuple[str, str], int]:
    counted = tally(run, "alerts", ["tier", column])
    return {(tier, name): int(count) for tier, name, count in counted.itertuples(index=False)}


CHANNELS, DETECTED_TIERS = Channel.labels(), Tier.labels()
SOURCES, TRUTHS = Detector.labels(), Truth.labels()
SEEN = tuple(fate.label for fate in Fate if not fate.stopped)
"""The fates of attempts that a detector sees: those of delivered attempts."""
STAGES = ("engaged", "opened", "payment")
"""The stages of episodes that it sees, by the names that scenarios use."""
MARKS = dict(zip(DETECTED_TIERS, cycle(("circle", "square", "diamond", "hexagon")), strict=False))
"""Markers of thresholds: shapes that a letter fits into."""
LANE, BETWEEN = 24, 70
"""Height of the lane of a bar, and of the room between two panels, in pixels."""

DETECTION = marked("How much the detectors find, and how often they are wrong")
PRECISION = marked("What the alerts were about")

Rule = tuple[float, dict[str, float]]
"""A detector's shift and its thresholds by tier; or d', with the shift added, and these thresholds."""


def false_alarms(threshold: float) -> float:
    """Return the share of legitimate contacts, N(0, 1), that score ``threshold`` or more."""
    return 0.5 * erfc(threshold / sqrt(2.0))


def detections(threshold: float, d_prime: float) -> float:
    """Return the share of fraudulent contacts, N(d', 1), that score ``threshold`` or more."""
    return false_alarms(threshold - d_prime)


def detection(run: "Run") -> "go.Figure":
    """Draw the share of contacts that raise an alert of each tier: of fraud as bars, of legitimate ones as points.

    In closed form from the scenario: fraud scores N(d', 1), legitimate contacts N(0, 1). The shares are of contacts
    that the detector covers, without what a law on data sharing adds to d'.

    Returns:
        A figure whose bars are divided by the tier that a score reaches. The points have a log scale, because false
        alarms are rare.
    """
    lanes, rules = _lanes(run), _rules(run)
    heights = (LANE * len(lanes), LANE * (len(rules) + 1))
    titles = [said("fraud seen that raises an alert"), said("false alarms (log scale)")]
    figure = panels(titles, BETWEEN / (sum(heights) + BETWEEN), heights, shared=False)
    colour, hatch = colours("tier"), hatches(DETECTED_TIERS)
    every: list[float] = []
    for tier, above in zip(DETECTED_TIERS, (None, *DETECTED_TIERS), strict=False):
        shares = [
            detections(tiers[tier], d) - (detections(tiers[above], d) if above else 0) for d, tiers in lanes.values()
        ]
        hover = [
            said("{seen}: {share} raise an alert that is {tier}", seen=lane, share=percent(share), tier=said(tier))
            for lane, share in zip(lanes, shares, strict=True)
        ]
        add(figure, said(tier), shares, lanes, hover, row=1, group=tier, **bar_across(colour[tier], hatch[tier]))
        false = {name: false_alarms(tiers[tier]) for name, (_, tiers) in rules.items()}
        every += false.values()
        hover = [
            said(
                "{share} of legitimate contacts raise an alert that is {tier} or graver",
                share=percent(share), tier=said(tier),
            )
            for share in false.values()
        ]  # fmt: skip
        marker = {"symbol": MARKS[tier], "color": colour[tier], "size": 13}
        look = {"mode": "markers", "cliponaxis": False, "marker": marker}
        add(figure, said(tier), false.values(), false, hover, row=2, group=tier, **look)
    framed(figure, sum(heights) + BETWEEN + 150, said(DETECTION), barmode="stack", bargap=0.25)
    figure.update_layout(legend_traceorder="normal")
    figure.update_xaxes(range=[0, 1], tickformat=".0%", row=1, col=1)
    lowest, highest = max(min(1.0, *every) / 3.0, 1e-12), 3 * max(every)
    powers = {10.0**power: percent(10.0**power) for power in range(-12, 0) if lowest <= 10.0**power <= highest}
    figure.update_xaxes(
        type="log", range=[log10(lowest), log10(highest)], tickvals=list(powers), ticktext=list(powers.values()),
        title_text=said("share of legitimate contacts"), row=2, col=1,
    )  # fmt: skip
    few = list(powers)[::2]
    on_phones(figure, {"xaxis2": {"tickvals": few, "ticktext": [powers[power] for power in few], "tickangle": 0}})
    return figure.update_yaxes(autorange="reversed", type="category")


def detection_words(run: "Run") -> str:
    """Say how much fraud that draws people in raises an alert of each detector, and the rate of false alarms."""
    told = []
    weakest = DETECTED_TIERS[-1]
    for name, (shift, tiers) in _rules(run).items():
        least = min(getattr(run.scenario.spec.warning.detectors.contact, one).engaged for one in CHANNELS) + shift
        told.append(
            said(
                "{detector}: at least {found} of attempts that draw somebody in raise an alert; so does one in "
                "{false} legitimate contacts.",
                detector=name, found=percent(detections(tiers[weakest], least)),
                false=amount(1 / false_alarms(tiers[weakest])),
            )
        )  # fmt: skip
    return " ".join(told)


def _rules(run: "Run") -> dict[str, Rule]:
    """Return each detector's shift and thresholds, by its name; one entry if both detectors are alike."""
    settings = run.scenario.spec.warning.detectors
    rules = {
        source: (float(one.shift), {tier: float(getattr(one.thresholds, tier)) for tier in DETECTED_TIERS})
        for source, one in ((source, getattr(settings, source)) for source in SOURCES)
    }
    if len({repr(rule) for rule in rules.values()}) == 1:
        return {said("Both detectors"): next(iter(rules.values()))}
    called = {Detector.CENTRAL.label: said("Central detector"), Detector.LOCAL.label: said("Local detector")}
    return {called[source]: rule for source, rule in rules.items()}


def _lanes(run: "Run") -> dict[str, Rule]:
    """Return d' with the detector's shift, and its thresholds, by what it sees; equal detectors share a lane."""
    settings = run.scenario.spec.warning.detectors
    contacts = [(f"{words(channel)}, {words(kind)}", getattr(getattr(settings.contact, channel), kind))
                for kind in reversed(SEEN) for channel in CHANNELS]  # fmt: skip
    stages = [(said("later stage, {stage}", stage=words(stage)), getattr(settings.stages, stage)) for stage in STAGES]
    rules = _rules(run)
    found = {}
    for seen, d_prime in (*stages, *contacts):
        for name, (shift, tiers) in rules.items():
            lane = seen if len(rules) == 1 else said("{seen}: {detector}", seen=seen, detector=name)
            found[lane] = (float(d_prime) + shift, tiers)
    return found


def detection_table(run: "Run") -> "pd.DataFrame":
    """Return the shares that score a tier or a graver one, of what is seen of fraud and of legitimate contacts."""
    rules = _rules(run)
    rows = [
        (lane, fixed(d_prime, 2), *(percent(detections(score, d_prime)) for score in tiers.values()))
        for lane, (d_prime, tiers) in _lanes(run).items()
    ]
    for name, (_, tiers) in rules.items():
        seen = named(Truth.LEGITIMATE.label)
        lane = seen if len(rules) == 1 else said("{seen}: {detector}", seen=seen, detector=name)
        rows.append((lane, amount(0), *(percent(false_alarms(score)) for score in tiers.values())))
    return table_of(rows, ["seen", "d'", *DETECTED_TIERS])


def precision(run: "Run") -> "go.Figure":
    """Draw what the alerts of each tier were about: an episode, an attempt without one, or a legitimate contact."""
    return stacked(run, "truth", TRUTHS, colours("truth"), said(PRECISION))


def precision_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country by tier and what they were about."""
    return stacked_table(run, "truth", TRUTHS)
