"""Detectors: what their scores can separate, and how often alerts of a tier are right."""

from itertools import cycle
from math import erfc, log10, sqrt
from typing import TYPE_CHECKING

from sim.base.rounding import amount, fixed, percent
from sim.base.words import Channel, Detector, Fate, Tier, Truth
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.report.drawing import add, bar_across, framed, on_phones, panels
from sim.report.looks import colours, hatches, words
from sim.report.pictures.waits import stacked, stacked_table
from sim.report.tally import table_of

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

CHANNELS, TIERS = Channel.labels(), Tier.labels()
SOURCES, TRUTHS = Detector.labels(), Truth.labels()
SEEN = tuple(fate.label for fate in Fate if not fate.stopped)
"""The fates of attempts that a detector sees: those of delivered attempts."""
STAGES = ("engaged", "opened", "payment")
"""The stages of episodes that it sees, by the names that scenarios use."""
MARKS = dict(zip(TIERS, cycle(("circle", "square", "diamond", "hexagon")), strict=False))
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
    return table_of(rows, ["seen", "d'", *TIERS])


def precision(run: "Run") -> "go.Figure":
    """Draw what the alerts of each tier were about: an episode, an attempt without one, or a legitimate contact."""
    return stacked(run, "truth", TRUTHS, colours("truth"), said(PRECISION))


def precision_table(run: "Run") -> "pd.DataFrame":
    """Return the alerts of the country by tier and what they were about."""
    return stacked_table(run, "truth", TRUTHS)
