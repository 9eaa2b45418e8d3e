"""Detectors: what their scores can separate, how often alerts of a tier are right, and the cost of repeated alerts."""

from itertools import cycle
from math import erfc, log10, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from sim.base.rounding import amount, fixed, percent
from sim.base.words import Channel, ContactChannel, Detector, End, Fate, Tier, Truth
from sim.language.spoken import marked, said
from sim.report.drawing import add, bar, bar_across, bare, blank, framed, line, on_phones, panels
from sim.report.looks import BLUE, GREEN, colours, colours_of, country, dashes, hatches, symbols, words
from sim.report.pictures.waits import NO_ALERTS, stacked, stacked_table
from sim.report.tally import step, step_named, steps, table_of, tally

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

CHANNELS, CONTACT_CHANNELS, TIERS = Channel.labels(), ContactChannel.labels(), Tier.labels()
SOURCES, TRUTHS = Detector.labels(), Truth.labels()
SEEN = tuple(fate.label for fate in Fate if not fate.stopped)
"""The fates of attempts that a detector sees: those of delivered attempts."""
STAGES = ("engaged", "opened", "payment")
"""The stages of episodes that it sees, by the names that scenarios use."""
KINDS = tuple(dict.fromkeys((*SEEN, *STAGES)))
MARKS = dict(zip(TIERS, cycle(("circle", "square", "diamond", "hexagon")), strict=False))
"""Markers of thresholds: shapes that a letter fits into."""
POINTS = 80
"""Points of a curve, evenly spaced in the threshold."""
MOST_SHOWN = 0.1
"""The largest rate of false alarms that is drawn; a higher one would warn everybody."""
MANY = 10
"""Alerts heard before, in the sentence on fatigue."""
HEARD_SHOWN = 20
"""The most alerts heard for which fatigue is drawn; the model counts to 127."""

LANE, BETWEEN = 24, 70
"""Height of the lane of a bar, and of the room between two panels, in pixels."""

DETECTION = marked("How much the detectors find, and how often they are wrong")
ROC, PRECISION = marked("What the detectors can tell apart"), marked("What the alerts were about")
FATIGUE, HEARD = marked("The effect of repeated alerts"), marked("Alerts that people heard")

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
    colour, hatch = colours("tier"), hatches(TIERS)
    every: list[float] = []
    for tier, above in zip(TIERS, (None, *TIERS), strict=False):
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
    weakest = TIERS[-1]
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
        source: (float(one.shift), {tier: float(getattr(one.thresholds, tier)) for tier in TIERS})
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


def roc(run: "Run") -> "go.Figure":
    """Draw the share of fraud found against that of false alarms, by what the detector sees, with its thresholds.

    In closed form from the scenario: fraud scores N(d', 1), legitimate contacts N(0, 1). A curve is of contacts that
    the detector covers, without what a law on data sharing adds to d'.

    Returns:
        A figure with a panel for each channel, and for the later stages, of each detector; detectors with equal
        thresholds and shifts share panels.
    """
    every = _panels(run)
    figure = panels(list(every), 0.16 / len(every))
    least = min(false_alarms(t) for curves in every.values() for _, tiers in curves.values() for t in tiers.values())
    # Low enough to show the highest threshold, but at most 12 powers of ten, so that the axis stays legible.
    lowest = max(least / 3.0, 1e-12)
    for row, curves in enumerate(every.values(), 1):
        _curves(figure, row, curves, lowest)
        for tier in TIERS:
            _thresholds(figure, row, curves, tier)
    framed(figure, 190 + 195 * len(every), said(ROC))
    shown = {10.0**power: percent(10.0**power) for power in range(-12, 0) if 2 * lowest <= 10.0**power <= MOST_SHOWN}
    figure.update_xaxes(
        type="log", range=[log10(lowest), log10(MOST_SHOWN)], tickvals=list(shown), ticktext=list(shown.values())
    )
    figure.update_xaxes(title_text=said("legitimate contacts alerted (log scale)"), row=len(every), col=1)
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%", nticks=5)
    return figure.update_yaxes(title_text=said("fraud found"), row=len(every), col=1)


def _curves(figure: "go.Figure", row: int, curves: dict[str, Rule], lowest: float) -> None:
    """Draw the curves of a panel, from ``MOST_SHOWN`` down to the lowest rate of false alarms."""
    truth = colours("truth")
    colour = {**colours_of(KINDS), **truth, "engaged": truth["episode"], "opened": GREEN, "payment": BLUE}
    low, high = NormalDist().inv_cdf(1.0 - MOST_SHOWN), NormalDist().inv_cdf(1.0 - lowest)
    scores = [low + (high - low) * at / (POINTS - 1) for at in range(POINTS)]
    for kind, (d_prime, _) in curves.items():
        look = line(POINTS, color=colour[kind], dash=dashes(KINDS)[kind], width=2)
        found = [detections(score, d_prime) for score in scores]
        rank = 1000 + KINDS.index(kind)
        add(figure, words(kind), map(false_alarms, scores), found, row=row, group=kind, legendrank=rank, **look)


def _thresholds(figure: "go.Figure", row: int, curves: dict[str, Rule], tier: str) -> None:
    """Mark the threshold of a tier on each curve of a panel, with the tier's letter."""
    points = [(kind, d_prime, tiers[tier]) for kind, (d_prime, tiers) in curves.items()]
    hover = [
        said(
            "{kind} (d' {distance}): {share} score {tier} or higher,<br>with {false} of legitimate contacts",
            kind=words(kind), distance=fixed(d_prime, 2), share=percent(detections(score, d_prime)), tier=said(tier),
            false=percent(false_alarms(score)),
        )
        for kind, d_prime, score in points
    ]  # fmt: skip
    letter = said(tier)[:1].upper()
    edge = {"width": 1, "color": "white"}
    add(
        figure,
        said("{letter}: {tier}", letter=letter, tier=said(tier)),
        [false_alarms(score) for _, _, score in points],
        [detections(score, d_prime) for _, d_prime, score in points],
        hover,
        row=row,
        group=tier,
        mode="markers+text",
        legendrank=1100 + TIERS.index(tier),
        cliponaxis=False,
        text=[letter] * len(points),
        textfont={"color": "white", "size": 10, "weight": "bold"},
        marker={"symbol": MARKS[tier], "color": colours("tier")[tier], "size": 17, "line": edge},
    )


def roc_table(run: "Run") -> "pd.DataFrame":
    """Return the shares that score a tier or a higher one, of legitimate contacts and of fraud by kind."""
    rows = []
    for panel, curves in _panels(run).items():
        for kind, (d_prime, tiers) in curves.items():
            rows.append((panel, kind, fixed(d_prime, 2), *(percent(detections(t, d_prime)) for t in tiers.values())))
        rows.append((panel, "legitimate", amount(0), *(percent(false_alarms(t)) for t in tiers.values())))
    return table_of(rows, ["where", "seen", "d'", *TIERS])


def _panels(run: "Run") -> dict[str, dict[str, Rule]]:
    """Return the curves by kind of fraud for each panel: a channel, or the later stages, of a detector."""
    settings = run.scenario.spec.warning.detectors
    rules = _rules(run)
    places = {words(channel): (getattr(settings.contact, channel), SEEN) for channel in CHANNELS}
    places[said("later stages")] = (settings.stages, STAGES)
    return {
        place if len(rules) == 1 else said("{seen}: {detector}", seen=place, detector=name): {
            kind: (getattr(scores, kind) + shift, tiers) for kind in kinds
        }
        for name, (shift, tiers) in rules.items()
        for place, (scores, kinds) in places.items()
    }


def precision(run: "Run") -> "go.Figure":
    """Draw what the alerts of each tier were about: an episode, an attempt without one, or a legitimate contact."""
    return stacked(run, "truth", TRUTHS, colours("truth"), said(PRECISION))


def precision_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country by tier and what they were about."""
    return stacked_table(run, "truth", TRUTHS)


def fatigue(run: "Run") -> "go.Figure":
    """Draw the probability that an alert stops a person in an episode, by alerts heard before and channel.

    In closed form from the scenario, without the effect of awareness: ``stop`` of the channel times ``fatigue`` for
    each alert heard, and times ``wrong_class`` if the alert names another type of fraud.

    Returns:
        A figure of two panels: alerts that name the right type of fraud, and alerts that name a wrong one.
    """
    figure = panels([said("the alert names the right type of fraud"), said("the alert names a wrong type")])
    colour, dash, symbol = colours("contact"), dashes(CONTACT_CHANNELS), symbols(CONTACT_CHANNELS)
    heard = list(range(HEARD_SHOWN + 1))
    for row, right in enumerate((True, False), 1):
        for channel in CONTACT_CHANNELS:
            chances = [stops(run, channel, count, right) for count in heard]
            hover = [
                said(
                    "{channel}, {count} heard before: {share} stop",
                    channel=words(channel), count=count, share=percent(chance),
                )
                for count, chance in zip(heard, chances, strict=True)
            ]  # fmt: skip
            look = line(len(heard), symbol[channel], color=colour[channel], dash=dash[channel])
            add(figure, words(channel), heard, chances, hover, row=row, group=channel, **look)
    framed(figure, 450, said(FATIGUE))
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", nticks=5, title_text=said("probability to stop"))
    return figure.update_xaxes(title_text=said("alerts heard before"), row=2, col=1)


def fatigue_table(run: "Run") -> "pd.DataFrame":
    """Return the probability to stop by alerts heard before, channel and whether the alert names the right type."""
    rows = []
    for count in (0, 1, 2, 3, 5, 10, 20):
        row: dict[str, object] = {marked("heard before"): count}
        for right, name in ((True, marked("right type")), (False, marked("wrong type"))):
            for channel in CONTACT_CHANNELS:
                row[f"{channel}, {name}"] = percent(stops(run, channel, count, right))
        rows.append(row)
    return table_of(rows)


def fatigue_words(run: "Run") -> str:
    """Say how much weaker the strongest channel is after many alerts."""
    channel = max(CONTACT_CHANNELS, key=lambda one: stops(run, one, 0, right=True))
    return said(
        "The strongest warning, by {channel}, stops {first} of those who hear their first alert, and {later} of those "
        "who heard {count} before.",
        channel=words(channel), first=percent(stops(run, channel, 0, right=True)),
        later=percent(stops(run, channel, MANY, right=True)), count=MANY,
    )  # fmt: skip


def stops(run: "Run", channel: str, heard: int, right: bool) -> float:
    """Return the probability that a person without awareness stops when an alert reaches them by a channel."""
    settings = run.scenario.spec.warning.dissuasion
    chance = float(getattr(settings.stop, channel)) * float(settings.fatigue) ** heard
    return chance if right else chance * float(settings.wrong_class)


def heard(run: "Run") -> "go.Figure":
    """Draw how many alerts reached their person, per 1,000 people of the country, by time and tier of issue."""
    rows = _heard(run)
    if not rows:
        return blank(said(HEARD), said(NO_ALERTS))
    colour, hatch = colours("tier"), hatches(TIERS)
    figure = bare()
    for tier in TIERS:
        points = {when: rate for (of, when), rate in rows.items() if of == tier}
        hover = [
            said(
                "{tier}, {when}: {count} heard per 1,000 people",
                tier=said(tier), count=amount(rate), when=step_named(run, when),
            )
            for when, rate in points.items()
        ]  # fmt: skip
        if points:
            add(figure, said(tier), points, points.values(), hover, **bar(colour[tier], hatch[tier]))
    framed(figure, 330, said(HEARD), barmode="stack", bargap=0.1, legend_traceorder="normal")
    figure.update_yaxes(title_text=said("alerts heard per 1,000 people"), nticks=5)
    title = said("day of issue") if step(run) == "day" else said("month of issue")
    return figure.update_xaxes(title_text=title, nticks=6)


def heard_words(run: "Run") -> str:
    """Say how many alerts people heard in all, and when most."""
    rows = _heard(run)
    if not rows:
        return ""
    by_time: dict[date, float] = {}
    for (_, when), rate in rows.items():
        by_time[when] = by_time.get(when, 0.0) + rate
    busiest = max(by_time, key=lambda when: (by_time[when], when))
    return said(
        "People heard {count} alerts per 1,000 over the period, most in {when}: {most}.",
        count=amount(sum(by_time.values())), when=step_named(run, busiest), most=amount(by_time[busiest]),
    )  # fmt: skip


def heard_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country that reached their person, by tier, in total and per 1,000 people."""
    reached: dict[str, float] = {}
    for (tier, _), count in _reached(run, "month").items():
        reached[tier] = reached.get(tier, 0.0) + count
    rows = [
        (tier, amount(reached[tier]), amount(reached[tier] / _population(run) * 1000))
        for tier in TIERS
        if tier in reached
    ]
    return table_of(rows, ["tier", "heard", "per 1,000 people"])


def _heard(run: "Run") -> "dict[tuple[str, date], float]":
    """Return the alerts that reached their person, per 1,000 people, by tier and step of time; empty without alerts."""
    reached = _reached(run, step(run))
    tiers = [tier for tier in TIERS if any(of == tier for of, _ in reached)]
    people = _population(run) / 1000
    return {(tier, when): reached.get((tier, when), 0.0) / people for tier in tiers for when in steps(run)}


def _reached(run: "Run", by: str) -> "dict[tuple[str, date], float]":
    """Return the alerts of the country that reached their person, by tier and day or month."""
    counted = tally(run, "alerts", [by, "tier", "end"], where={"end": (End.REACHED.label,)})
    return {(tier, when): int(count) * country(run) for when, tier, _, count in counted.itertuples(index=False)}


def _population(run: "Run") -> int:
    return sum(row.population for row in run.scenario.spec.population.provinces)
