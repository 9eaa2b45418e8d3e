"""Detectors: what their scores can tell apart, how often alerts of a tier are right, and what repeating them costs."""

from itertools import cycle
from math import erfc, log10, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from sim.base.rounding import amount, fixed, percent
from sim.base.words import Channel, ContactChannel, Detector, End, Fate, Tier, Truth
from sim.language.dates import day_named, month_named
from sim.language.spoken import marked, said
from sim.report.blank import blank
from sim.report.looks import BLUE, GREEN, colours, colours_of, country, dashes, hatches, symbols, words
from sim.report.panels import bars, framed, subtitles
from sim.report.pictures.waits import NO_ALERTS, stacked, stacked_table
from sim.report.tally import step, steps, tally

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

CHANNELS, CONTACT_CHANNELS, TIERS = Channel.labels(), ContactChannel.labels(), Tier.labels()
SOURCES, TRUTHS = Detector.labels(), Truth.labels()
SEEN = tuple(fate.label for fate in Fate if not fate.stopped)
"""What a detector can see of attempts: those that were delivered, by what became of them."""
STAGES = ("engaged", "opened", "payment")
"""What it can see of episodes, by the names that scenarios give."""
KINDS = tuple(dict.fromkeys((*SEEN, *STAGES)))
MARKS = dict(zip(TIERS, cycle(("circle", "square", "diamond", "hexagon")), strict=False))
"""Markers of thresholds: shapes that a letter fits into."""
POINTS = 80
"""Points of a curve, evenly spaced in the threshold."""
MOST_SHOWN = 0.1
"""The largest rate of false alarms that is drawn: beyond it everybody would be warned."""
HEARD_SHOWN = 20
"""Alerts heard, up to which fatigue is drawn; the model counts on to 127."""

LANE, BETWEEN = 24, 70
"""Height of the lane of a bar, and of the room between two panels, in pixels."""

DETECTION = marked("How much the detectors find, and how often they are wrong")
ROC, PRECISION = marked("What the detectors can tell apart"), marked("What alerts were about")
FATIGUE, HEARD = marked("What repeated alerts do"), marked("Alerts that people heard")

Panels = dict[str, dict[str, tuple[float, dict[str, float]]]]
"""By heading of the panel and what is seen: d' with the detector's shift added, and each tier's threshold."""


def false_alarms(threshold: float) -> float:
    """Return the share of legitimate contacts, N(0, 1), with a score from ``threshold`` up."""
    return 0.5 * erfc(threshold / sqrt(2.0))


def detections(threshold: float, d_prime: float) -> float:
    """Return the share of fraudulent contacts, N(d', 1), with a score from ``threshold`` up."""
    return false_alarms(threshold - d_prime)


def detection(run: "Run") -> "go.Figure":
    """Draw how much of what is seen raises an alert of each tier: of fraud as bars, of what is legitimate as points.

    In closed form from the scenario: scores of fraud are N(d', 1), those of legitimate contacts N(0, 1). Of contacts
    which the detector's coverage reaches, before what a law's data sharing adds to d'.

    Returns:
        A figure whose bars are divided by the tier that a score reaches; the points stand on a scale of powers of ten,
        since false alarms are rare.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    lanes, rules = _lanes(run), _rules(run)
    seen = len(lanes)
    height = (LANE * seen, LANE * (len(rules) + 1))
    figure = make_subplots(
        rows=2, cols=1, vertical_spacing=BETWEEN / (sum(height) + BETWEEN), row_heights=list(height),
        subplot_titles=[said("fraud seen that raises an alert"),
                        said("false alarms (log scale)")],
    )  # fmt: skip
    colour, hatch = colours("tier"), hatches(TIERS)
    least, most = 1.0, 0.0
    for tier, above in zip(TIERS, (None, *TIERS), strict=False):
        shares = [
            detections(tiers[tier], d) - (detections(tiers[above], d) if above else 0) for d, tiers in lanes.values()
        ]
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=list(lanes),
                x=shares,
                name=said(tier),
                legendgroup=tier,
                marker=bars(colour[tier], hatch[tier]),
                text=[
                    said(
                        "{seen}: {share} raise an alert that is {tier}",
                        seen=lane,
                        share=percent(share),
                        tier=said(tier),
                    )
                    for lane, share in zip(lanes, shares, strict=True)
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            ),
            row=1,
            col=1,
        )
        false = {name: false_alarms(tiers[tier]) for name, (_, tiers) in rules.items()}
        least, most = min(least, *false.values()), max(most, *false.values())
        figure.add_trace(
            go.Scatter(
                x=list(false.values()),
                y=list(false),
                mode="markers",
                name=said(tier),
                legendgroup=tier,
                showlegend=False,
                cliponaxis=False,
                marker={"symbol": MARKS[tier], "color": colour[tier], "size": 13},
                text=[
                    said(
                        "{share} of legitimate contacts raise an alert that is {tier} or graver",
                        share=percent(share), tier=said(tier),
                    )
                    for share in false.values()
                ],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=2,
            col=1,
        )  # fmt: skip
    framed(figure, sum(height) + BETWEEN + 150, said(DETECTION))
    figure.update_layout(barmode="stack", bargap=0.25, legend={"traceorder": "normal"})
    figure.update_xaxes(range=[0, 1], tickformat=".0%", row=1, col=1)
    lowest = max(least / 3.0, 1e-12)
    powers = {10.0**power: percent(10.0**power) for power in range(-12, 0) if lowest <= 10.0**power <= 3 * most}
    figure.update_xaxes(
        type="log", range=[log10(lowest), log10(3 * most)], tickvals=list(powers), ticktext=list(powers.values()),
        title_text=said("share of legitimate contacts"), row=2, col=1,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category")
    few = list(powers)[::2]
    sparse = {"tickvals": few, "ticktext": [powers[power] for power in few], "tickangle": 0}
    figure.update_layout(meta={"narrow": {"layout": {"xaxis2": sparse}}})
    return subtitles(figure)


def detection_words(run: "Run") -> str:
    """Say how much of the fraud that people fell for raises an alert of each detector, and for how many false ones."""
    told = []
    weakest = TIERS[-1]
    for name, (shift, tiers) in _rules(run).items():
        least = min(getattr(run.scenario.spec.warning.detectors.contact, one).engaged for one in CHANNELS) + shift
        told.append(
            said(
                "{detector}: at least {found} of attempts that draw somebody in raise an alert, and so does one in "
                "{false} legitimate contacts.",
                detector=name,
                found=percent(detections(tiers[weakest], least)),
                false=amount(1 / false_alarms(tiers[weakest])),
            )
        )
    return " ".join(told)


def _rules(run: "Run") -> dict[str, tuple[float, dict[str, float]]]:
    """Return each detector's shift and thresholds by tier, by what it is called; both in one if they are alike."""
    settings = run.scenario.spec.warning.detectors
    both = {source: getattr(settings, source) for source in SOURCES}
    rules = {
        source: (float(one.shift), {tier: float(getattr(one.thresholds, tier)) for tier in TIERS})
        for source, one in both.items()
    }
    if len({repr(rule) for rule in rules.values()}) == 1:
        return {said("Both detectors"): next(iter(rules.values()))}
    called = {Detector.CENTRAL.label: said("Central detector"), Detector.LOCAL.label: said("Local detector")}
    return {called[source]: rule for source, rule in rules.items()}


def _lanes(run: "Run") -> dict[str, tuple[float, dict[str, float]]]:
    """Return d' with the detector's shift, and its thresholds, by what is seen; what has the same is named once."""
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


def roc(run: "Run") -> "go.Figure":
    """Draw the share of fraud found against that of false alarms, by what is seen of it, with the tiers' thresholds.

    In closed form from the scenario: scores of fraud are N(d', 1), those of legitimate contacts N(0, 1). A curve is
    that of contacts which the detector's coverage reaches, before what a law's data sharing adds to d'.

    Returns:
        A figure with a panel for each channel, and for the later stages, of each detector; detectors with equal
        thresholds and shifts share panels.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    panels = _panels(run)
    figure = make_subplots(
        rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.16 / len(panels), subplot_titles=list(panels)
    )
    truth = colours("truth")
    colour = {**colours_of(KINDS), **truth, "engaged": truth["episode"], "opened": GREEN, "payment": BLUE}
    dash, tier_colour = dashes(KINDS), colours("tier")
    listed: set[str] = set()
    least = min(false_alarms(t) for curves in panels.values() for _, tiers in curves.values() for t in tiers.values())
    # Low enough to show the highest threshold, but no more than 12 powers of ten, so that the axis stays legible.
    lowest = max(least / 3.0, 1e-12)
    highest_score = NormalDist().inv_cdf(1.0 - lowest) if lowest > 1e-15 else 8.0
    lowest_score = NormalDist().inv_cdf(1.0 - MOST_SHOWN)
    for row, curves in enumerate(panels.values(), 1):
        for kind, (d_prime, _) in curves.items():
            scores = [lowest_score + (highest_score - lowest_score) * k / (POINTS - 1) for k in range(POINTS)]
            figure.add_trace(
                go.Scatter(
                    x=[false_alarms(score) for score in scores],
                    y=[detections(score, d_prime) for score in scores],
                    mode="lines",
                    name=words(kind),
                    legendgroup=kind,
                    legendrank=1000 + KINDS.index(kind),
                    showlegend=kind not in listed,
                    line={"color": colour[kind], "dash": dash[kind], "width": 2},
                    hoverinfo="skip",
                ),
                row=row,
                col=1,
            )
            listed.add(kind)
        for tier in TIERS:
            points = [(kind, d_prime, tiers[tier]) for kind, (d_prime, tiers) in curves.items()]
            figure.add_trace(
                go.Scatter(
                    x=[false_alarms(score) for _, _, score in points],
                    y=[detections(score, d_prime) for _, d_prime, score in points],
                    mode="markers+text",
                    name=said("{letter}: {tier}", letter=_letter(tier), tier=said(tier)),
                    legendgroup=tier,
                    legendrank=1100 + TIERS.index(tier),
                    showlegend=row == 1,
                    cliponaxis=False,
                    text=[_letter(tier)] * len(points),
                    textfont={"color": "white", "size": 10, "weight": "bold"},
                    marker={
                        "symbol": MARKS[tier],
                        "color": tier_colour[tier],
                        "size": 17,
                        "line": {"width": 1, "color": "white"},
                    },
                    hovertext=[
                        said(
                            "{kind} (d' {distance}): {share} score {tier} or higher,<br>with {false} of legitimate "
                            "contacts",
                            kind=words(kind),
                            distance=fixed(d_prime, 2),
                            share=percent(detections(score, d_prime)),
                            tier=said(tier),
                            false=percent(false_alarms(score)),
                        )
                        for kind, d_prime, score in points
                    ],
                    hovertemplate="%{hovertext}<extra></extra>",
                ),
                row=row,
                col=1,
            )
    framed(figure, 190 + 195 * len(panels), said(ROC))
    powers = range(-12, 0)
    shown = {10.0**power: percent(10.0**power) for power in powers if 2 * lowest <= 10.0**power <= MOST_SHOWN}
    figure.update_xaxes(type="log", range=[log10(lowest), log10(MOST_SHOWN)], tickvals=list(shown))
    figure.update_xaxes(ticktext=list(shown.values()))
    figure.update_xaxes(title_text=said("legitimate contacts alerted (log scale)"), row=len(panels), col=1)
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%", nticks=5)
    figure.update_yaxes(title_text=said("fraud found"), row=len(panels), col=1)
    return subtitles(figure)


def roc_table(run: "Run") -> "pd.DataFrame":
    """Return the shares that score a tier or a higher one, of legitimate contacts and of fraud by what is seen."""
    import pandas as pd

    rows = []
    for panel, curves in _panels(run).items():
        for kind, (d_prime, tiers) in curves.items():
            found = {tier: percent(detections(t, d_prime)) for tier, t in tiers.items()}
            rows.append({"where": panel, "seen": kind, "d'": fixed(d_prime, 2), **found})
        false = {tier: percent(false_alarms(t)) for tier, t in tiers.items()}
        rows.append({"where": panel, "seen": "legitimate", "d'": amount(0), **false})
    return pd.DataFrame(rows, columns=["where", "seen", "d'", *TIERS], dtype=object)


def _panels(run: "Run") -> Panels:
    """Return the curves to draw: a panel for each channel, and the later stages, of a detector, or of both if alike."""
    settings = run.scenario.spec.warning.detectors
    both = {source: getattr(settings, source) for source in SOURCES}
    rules = {
        source: (one.shift, {tier: float(getattr(one.thresholds, tier)) for tier in TIERS})
        for source, one in both.items()
    }
    alike = len({repr(rule) for rule in rules.values()}) == 1
    found: Panels = {}
    for source, (shift, tiers) in rules.items():
        for channel in CHANNELS:
            scores = getattr(settings.contact, channel)
            place = words(channel) if alike else f"{words(channel)}, {words(source)}"
            found[place] = {kind: (getattr(scores, kind) + shift, tiers) for kind in SEEN}
        later = said("later stages")
        place = later if alike else f"{later}, {words(source)}"
        found[place] = {kind: (getattr(settings.stages, kind) + shift, tiers) for kind in STAGES}
    return found


def precision(run: "Run") -> "go.Figure":
    """Draw what the alerts of each tier were about: an episode, an attempt that came to nothing, or nothing wrong."""
    return stacked(run, "truth", TRUTHS, colours("truth"), said(PRECISION))


def precision_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country by tier and what they were about."""
    return stacked_table(run, "truth", TRUTHS)


def fatigue(run: "Run") -> "go.Figure":
    """Draw the probability that a person in an episode who is reached stops, by alerts heard before and channel.

    In closed form from the scenario, without what awareness adds: ``stop`` of the channel times ``fatigue`` for each
    alert heard, and times ``wrong_class`` where the alert took the fraud for another type.

    Returns:
        A figure of two panels: alerts that name the right type of fraud, and those that name a wrong one.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12,
        subplot_titles=[said("the alert names the right type of fraud"), said("it names a wrong one")],
    )  # fmt: skip
    colour, dash, symbol = colours("contact"), dashes(CONTACT_CHANNELS), symbols(CONTACT_CHANNELS)
    heard = list(range(HEARD_SHOWN + 1))
    for row, right in enumerate((True, False), 1):
        for channel in CONTACT_CHANNELS:
            chances = [stops(run, channel, count, right) for count in heard]
            figure.add_trace(
                go.Scatter(
                    x=heard,
                    y=chances,
                    mode="lines+markers",
                    name=words(channel),
                    legendgroup=channel,
                    showlegend=right,
                    line={"color": colour[channel], "dash": dash[channel]},
                    marker={"symbol": symbol[channel], "size": 6},
                    text=[
                        said(
                            "{channel}, {count} heard before: {share} stop",
                            channel=words(channel),
                            count=count,
                            share=percent(chance),
                        )
                        for count, chance in zip(heard, chances, strict=True)
                    ],
                    hovertemplate="%{text}<extra></extra>",
                ),
                row=row,
                col=1,
            )
    framed(figure, 450, said(FATIGUE))
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", nticks=5, title_text=said("probability to stop"))
    figure.update_xaxes(title_text=said("alerts heard before"), row=2, col=1)
    return subtitles(figure)


def fatigue_table(run: "Run") -> "pd.DataFrame":
    """Return the probability to stop by alerts heard before, channel and whether the alert names the right type."""
    import pandas as pd

    rows = []
    for count in (0, 1, 2, 3, 5, 10, 20):
        row: dict[str, object] = {marked("heard before"): count}
        for right, name in ((True, marked("right type")), (False, marked("wrong type"))):
            for channel in CONTACT_CHANNELS:
                row[f"{channel}, {name}"] = percent(stops(run, channel, count, right))
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def stops(run: "Run", channel: str, heard: int, right: bool) -> float:
    """Return the probability that a person without awareness stops when an alert reaches them by a channel."""
    settings = run.scenario.spec.warning.dissuasion
    chance = float(getattr(settings.stop, channel)) * float(settings.fatigue) ** heard
    return chance if right else chance * float(settings.wrong_class)


def heard(run: "Run") -> "go.Figure":
    """Draw how many alerts reached their person for 1,000 people of the country, by time and tier of issue."""
    import plotly.graph_objects as go

    rows = _heard(run)
    if not rows:
        return blank(said(HEARD), said(NO_ALERTS))
    by = step(run)
    colour, hatch = colours("tier"), hatches(TIERS)
    figure = go.Figure()
    for tier in TIERS:
        points = {when: rate for (of, when), rate in rows.items() if of == tier}
        if not points:
            continue
        figure.add_trace(
            go.Bar(
                x=[when.isoformat() for when in points],
                y=list(points.values()),
                name=said(tier),
                marker=bars(colour[tier], hatch[tier]),
                text=[
                    said(
                        "{tier}, {when}: {count} heard for 1,000 people",
                        tier=said(tier),
                        count=amount(rate),
                        when=day_named(when) if by == "day" else month_named(when),
                    )
                    for when, rate in points.items()
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 330, said(HEARD))
    figure.update_layout(barmode="stack", bargap=0.1, legend={"traceorder": "normal"})
    figure.update_yaxes(title_text=said("alerts heard per 1,000 people"), nticks=5)
    figure.update_xaxes(title_text=said("day of issue") if by == "day" else said("month of issue"), nticks=6)
    return figure


def heard_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country that reached their person, by tier, in all and for 1,000 people."""
    import pandas as pd

    counted = tally(run, "alerts", ["tier", "end"])
    reached = {tier: int(n) for tier, end, n in counted.itertuples(index=False) if end == End.REACHED.label}
    rows = [
        {
            "tier": tier,
            "heard": amount(reached[tier] * country(run)),
            "per 1,000 people": amount(reached[tier] * country(run) / _population(run) * 1000),
        }
        for tier in TIERS
        if tier in reached
    ]
    return pd.DataFrame(rows, columns=["tier", "heard", "per 1,000 people"], dtype=object)


def _heard(run: "Run") -> "dict[tuple[str, date], float]":
    """Return the alerts that reached their person for 1,000 people, by tier and step of time; empty without alerts."""
    by = step(run)
    counted = tally(run, "alerts", [by, "tier", "end"])
    reached = {
        (tier, when): int(count)
        for when, tier, end, count in counted.itertuples(index=False)
        if end == End.REACHED.label
    }
    tiers = [tier for tier in TIERS if any(of == tier for of, _ in reached)]
    scale = country(run) / _population(run) * 1000
    return {(tier, when): reached.get((tier, when), 0) * scale for tier in tiers for when in steps(run)}


def _letter(tier: str) -> str:
    """Return the letter that stands on the markers of a tier: the first of what it is called."""
    return said(tier)[:1].upper()


def _population(run: "Run") -> int:
    return sum(row.population for row in run.scenario.spec.population.provinces)
