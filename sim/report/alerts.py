"""Alerts: waits against deadlines, how alerts end and which expire, and what detectors can separate."""

from itertools import accumulate
from math import erfc, inf, log10, sqrt
from typing import TYPE_CHECKING

from sim.base.days import MINUTE_MS
from sim.base.rounding import amount, fixed, percent, with_share
from sim.base.words import DESK_LABELS, Channel, ContactChannel, Detector, End, Fate, Tier, Truth
from sim.language import marked, named, said, spelled
from sim.report.drawing import COLOURS, INK, Drawn, Mark, blank, capital, draw, finish, note, on_phones, panels, words
from sim.report.parts import country, counts, step, step_named, steps, table_of, tally

if TYPE_CHECKING:
    from datetime import date

    import plotly.graph_objects as go

    from sim.reading.run import Run

TIERS, CONTACT_CHANNELS = Tier.labels(), ContactChannel.labels()
NO_ALERTS = marked("This run issued no alerts.")
STILL_OPEN = 0.05
"""``expired`` leaves out days or months if a larger share of their alerts was open when the run ended."""

TICKS = (1, 10, 60, 360, 1440, 10080)
"""Ticks of the axis of waits, in minutes."""
BAND = "rgba(128,128,128,0.5)"
"""Colour of the wide line of all waits for desks; the lines of channels are drawn over it."""
ROOM, BESIDE = 2.2, 1.7
"""Ends of the axis of waits, over the last deadline, and of the mark of expired alerts, over its own deadline."""

WAITS, EXPIRED = marked("Waiting times and deadlines"), marked("Alerts that expired")
ENDINGS, PRECISION = marked("How alerts end"), marked("What the alerts were about")
ALERTS_OF_TIER = {
    "end": (ENDINGS, End.REACHED.label, marked("{most} of {first} alerts reached their person, but {least} of {last} "
                                               "alerts.")),
    "truth": (PRECISION, Truth.EPISODE.label, marked("{most} of {first} alerts were about an episode, but {least} of "
                                                     "{last} alerts.")),
}  # fmt: skip
"""Columns of the alerts that divide them: title of the picture, the value whose share is told, and in which words."""

ANY_DESK = "any"
"""The series of all waits for desks."""
Curves = dict[tuple[str, str], tuple[list[float], list[float], list[int]]]
"""Upper edges of bins in minutes, shares of waits up to them, and counts, by tier and channel."""
Met = tuple[list[float], list[float], float]
"""Upper edges of bins in minutes, shares served up to them, and the share that expired."""


def waits(run: "Run") -> Drawn:
    """Draw the share of waits up to each duration, by tier and channel, up to the tier's deadline.

    A wait for a call or visit lasts from joining the queue to the start of the service, for each try; a wait for an app
    message or SMS lasts from issue to reading, if it was read. The deadline counts from issue.

    Waits are counted in bins, so the share is known only at upper edges: curves are steps, each at the latest time at
    which its share was reached. No channel's curve holds alerts that waited for a desk until the deadline. One more
    curve, of all waits for desks, holds them, and ends below 100% by their share.

    Returns:
        The picture.
    """
    deadlines, scale = _deadlines(run), country(run)
    curves = _curves(run, deadlines)
    met = {tier: found for tier in TIERS if (found := _met(run, curves, tier, deadlines[tier])) is not None}
    rows = [
        (
            tier, channel, _span(deadlines[tier]), amount(sum(count) * scale),
            *(percent(_up_to(edges, shares, limit)) for limit in (1, 64, deadlines[tier])),
        )
        for (tier, channel), (edges, shares, count) in curves.items()
    ]  # fmt: skip
    within = (marked("at most 1 min"), marked("at most 64 min"), marked("within the deadline, at least"))
    table = table_of(rows, ["tier", "channel", "deadline", "waits", *within])
    return Drawn(lambda: _waits(run, curves, met, deadlines), table, _waits_words(met, deadlines))


def _waits(run: "Run", curves: Curves, met: dict[str, Met], deadlines: dict[str, float]) -> "go.Figure":
    tiers = [tier for tier in TIERS if any(of == tier for of, _ in curves)]
    if not tiers:
        return blank(said(WAITS), said("No alert waited in this run."))
    last = max(*(deadlines[tier] for tier in tiers), *(max(edges) for edges, _, _ in curves.values()))
    titles = [said("{tier}: deadline {span}", tier=said(of), span=_span(deadlines[of])) for of in tiers]
    figure = panels(titles, 0.16 / len(tiers))
    any_desk, shades = {ANY_DESK: marked("any desk, including expired alerts")}, {**COLOURS["contact"], ANY_DESK: BAND}
    for row, tier in enumerate(tiers, 1):
        edges, shares, lost = met.get(tier, ([], [], 0.0))
        band = [
            Mark(ANY_DESK, edge, share, said(
                "{tier}: {share} of the alerts that waited for a desk were served within {span}",
                tier=said(tier), share=percent(share), span=_span(edge),
            ))
            for edge, share in zip(edges, shares, strict=True)
        ]  # fmt: skip
        # First, so that the lines of channels lie over it.
        draw(figure, "steps", band, shades, any_desk, row=row, width=8, dash="solid")
        if lost:
            figure.add_shape(
                type="rect", x0=deadlines[tier], x1=deadlines[tier] * BESIDE, y0=shares[-1], y1=1.0, row=row, col=1,
                fillcolor=COLOURS["end"][End.EXPIRED.label], opacity=0.75, line={"width": 0},
            )  # fmt: skip
        marks = [
            Mark(channel, edge, share, said(
                "{tier}, {channel}: {share} of {count} waits lasted at most {span}",
                tier=said(tier), channel=words(channel), share=percent(share), span=_span(edge),
                count=amount(sum(count) * country(run)),
            ))
            for (of, channel), (edges, shares, count) in curves.items() if of == tier
            for edge, share in zip(edges, shares, strict=True)
        ]  # fmt: skip
        draw(figure, "steps", marks, shades, row=row)
        figure.add_vline(x=deadlines[tier], line={"color": INK, "width": 2}, row=row, col=1)
        text = said("deadline: {share} expired", share=percent(lost)) if lost else said("deadline")
        note(figure, text, log10(deadlines[tier]), 0.12, row, xanchor="right")
    x = {
        "type": "log", "range": [-0.1, log10(ROOM * last)], "tickvals": list(TICKS), "ticktext": list(map(_span, TICKS))
    }  # fmt: skip
    y = {"tickformat": ".0%", "range": [0, 1.04], "nticks": 4}
    finish(figure, 140 + 175 * len(tiers), said(WAITS), x, y, said("wait up to (log scale)"))
    return figure.update_yaxes(title_text=said("share"), row=len(tiers), col=1)


def _waits_words(met: dict[str, Met], deadlines: dict[str, float]) -> str:
    """Say of which tier desks served the smallest share in time, and how long half of its alerts waited."""
    if not met:
        return ""
    tier = min(met, key=lambda one: met[one][1][-1])
    edges, shares, lost = met[tier]
    if not lost:
        return said("Desks served every alert that waited for them before its deadline.")
    half = next((edge for edge, share in zip(edges, shares, strict=True) if share >= 0.5), None)  # the median
    words_of = {"tier": said(tier), "share": percent(shares[-1]), "deadline": _span(deadlines[tier])}
    if half is None:
        return said("Desks served {share} of the {tier} alerts before the deadline of {deadline}.", **words_of)
    return said(
        "Desks served {share} of the {tier} alerts before the deadline of {deadline}, half of them within {half}.",
        **words_of, half=_span(half),
    )  # fmt: skip


def _up_to(edges: list[float], shares: list[float], limit: float) -> float:
    return max((share for edge, share in zip(edges, shares, strict=True) if edge <= limit), default=0.0)


def _deadlines(run: "Run") -> dict[str, float]:
    """Return the deadline of each tier in minutes."""
    return {tier: getattr(run.scenario.spec.warning.tiers, tier).deadline / MINUTE_MS for tier in TIERS}


def _curves(run: "Run", deadlines: dict[str, float]) -> Curves:
    """Return (upper edges in minutes, shares of waits up to them, counts) by tier and channel, in their order."""
    counted = tally(run, "waits", ["tier", "channel", "bin"])
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
            some = [by_bin.get(edge, 0) for edge in edges]
            shares = [so_far / sum(some) for so_far in accumulate(some)]
            # No wait for a desk outlasts the deadline, which counts from before the alert joined the queue.
            most = deadlines[tier] if channel in DESK_LABELS else inf
            found[tier, channel] = ([min(edge / MINUTE_MS, most) for edge in edges], shares, some)
    return found


def _met(run: "Run", curves: Curves, tier: str, deadline: float) -> Met | None:
    """Return how the waits of a tier for any desk ended; None if no alert waited for a desk."""
    served: dict[float, int] = {}
    for (of, channel), (edges, _, some) in curves.items():
        if of == tier and channel in DESK_LABELS:
            for edge, count in zip(edges, some, strict=True):
                served[edge] = served.get(edge, 0) + count
    if not served:
        return None
    lost = counts(run, "alerts", ["tier", "end"])[tier, End.EXPIRED.label] / country(run)
    waited = sum(served.values()) + lost
    edges = sorted(served)
    so_far = list(accumulate(served[edge] for edge in edges))
    return [*edges, deadline], [count / waited for count in (*so_far, so_far[-1])], lost / waited


def _span(minutes: float) -> str:
    """Return a duration in days, hours or minutes, whichever suits it."""
    if minutes >= 2 * 1440:
        return said("{days} days", days=amount(minutes / 1440))
    if minutes >= 60:
        return said("{hours} h", hours=amount(minutes / 60))
    return said("{minutes} min", minutes=amount(minutes))


def expired(run: "Run") -> Drawn:
    """Draw the alerts that expired before they reached anybody: share and count a day, by tier and time."""
    count, days = counts(run, "alerts", [step(run), "tier", "end"]), steps(run)
    by_tier: dict[str, dict[date, tuple[float, float, float]]] = {tier: {} for tier in TIERS}
    for when, tier in dict.fromkeys(key[:2] for key in count):
        issued = sum(count[when, tier, end] for end in End.labels())
        by_tier[tier][when] = (issued, count[when, tier, End.EXPIRED.label], count[when, tier, End.OPEN.label])
    whole = {tier: [sum(row[at] for row in some.values()) for at in (0, 1)] for tier, some in by_tier.items() if some}
    rows = [(tier, amount(issued), amount(lost), percent(lost / issued)) for tier, (issued, lost) in whole.items()]
    none = not any(lost for _, lost in whole.values())
    told = said("No alert expired.") if rows else ""
    if not none:
        tier = max(whole, key=lambda one: whole[one][1] / whole[one][0])
        own = by_tier[tier]
        worst = max(own, key=lambda when: own[when][1] / own[when][0])
        told = said(
            "{tier} alerts expired most often: {share} over the period, {most} of those issued in {when}.",
            tier=capital(said(tier)), share=percent(whole[tier][1] / whole[tier][0]),
            most=percent(own[worst][1] / own[worst][0]), when=step_named(run, worst),
        )  # fmt: skip

    def view() -> "go.Figure":
        if none:
            return blank(said(EXPIRED), said("No alert expired.") if rows else said(NO_ALERTS))
        figure = panels([said("share of the alerts of the tier"), said("alerts of the country")], 0.1)
        marks = []
        for tier, some in by_tier.items():
            for when, (issued, lost, still_open) in some.items():
                if still_open <= STILL_OPEN * issued:
                    daily = lost / days[when]
                    text = said(
                        "{tier}, {when}: {share} of {count} alerts expired, {daily} a day",
                        tier=said(tier), when=step_named(run, when), share=percent(lost / issued),
                        count=amount(issued), daily=amount(daily),
                    )  # fmt: skip
                    marks.append((Mark(tier, when, lost / issued, text), Mark(tier, when, daily, text)))
        for row, own in enumerate(zip(*marks, strict=True), 1):
            draw(figure, "line", own, COLOURS["tier"], row=row)
        title = said("day of issue") if step(run) == "day" else said("month of issue")
        finish(figure, 470, said(EXPIRED), {"nticks": 6}, {"rangemode": "tozero", "nticks": 5}, title)
        # Significant digits, not decimals: shares of a thousandth would all be 0%.
        figure.update_yaxes(tickformat=".3~p", title_text=said("share"), row=1, col=1)
        return figure.update_yaxes(title_text=said("alerts a day"), row=2, col=1)

    return Drawn(view, table_of(rows, ["tier", "issued", "expired", "share"]), told)


def ends(run: "Run") -> Drawn:
    """Draw how the alerts of each tier ended, as shares of those issued."""
    return _divided(run, "end")


def precision(run: "Run") -> Drawn:
    """Draw what the alerts of each tier were about: an episode, an attempt without one, or a legitimate contact."""
    return _divided(run, "truth")


def _divided(run: "Run", column: str) -> Drawn:
    """Draw a bar for each tier, divided by a column of the alerts; the pointer shows counts of the country."""
    title, foremost, text = ALERTS_OF_TIER[column]
    count, names = counts(run, "alerts", ["tier", column]), COLOURS[column]
    whole = {tier: number for tier in TIERS if (number := sum(count[tier, name] for name in names))}
    rows = [
        {
            "tier": tier, "alerts": amount(number),
            **{spelled(name): with_share(count[tier, name], count[tier, name] / number) for name in names},
        }
        for tier, number in whole.items()
    ]  # fmt: skip
    table = table_of(rows, ["tier", "alerts", *map(spelled, names)])
    shares = {tier: count[tier, foremost] / number for tier, number in whole.items()}
    told = ""
    if len(shares) > 1:
        first, last = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
        most, least = percent(shares[first]), percent(shares[last])
        told = said(text, first=said(first), last=said(last), most=most, least=least)

    def view() -> "go.Figure":
        if not whole:
            return blank(said(title), said(NO_ALERTS))
        marks = []
        for tier, number in whole.items():
            for name in names:
                share = count[tier, name] / number
                hover = said(
                    "{tier}, {what}: {count} alerts, {share}",
                    tier=said(tier), what=words(name), share=percent(share), count=amount(count[tier, name]),
                )  # fmt: skip
                marks.append(Mark(name, share, f"{said(tier)}<br>{amount(number)}", hover))
        figure = draw(panels(), "bars across", marks, names)
        x = {"tickformat": ".0%", "range": [0, 1], "title_text": said("share of the alerts issued")}
        y = {"autorange": "reversed", "title_text": said("tier and alerts issued")}
        figure.update_layout(barmode="stack", bargap=0.3, legend_traceorder="normal")
        return finish(figure, 130 + 62 * len(whole), said(title), x, y)

    return Drawn(view, table, told)


CHANNELS, SOURCES = Channel.labels(), Detector.labels()
SEEN = tuple(fate.label for fate in Fate if not fate.stopped)
"""The fates of attempts that a detector sees: those of delivered attempts."""
STAGES = ("engaged", "opened", "payment")
"""The stages of episodes that it sees, by the names that scenarios use."""
LANE, BETWEEN = 24, 70
"""Height of the lane of a bar, and of the room between two panels, in pixels."""

DETECTION = marked("How much the detectors find, and how often they are wrong")

Rule = tuple[float, dict[str, float]]
"""A detector's shift and its thresholds by tier; or d', with the shift added, and these thresholds."""


def false_alarms(threshold: float) -> float:
    """Return the share of legitimate contacts, N(0, 1), that score ``threshold`` or more."""
    return 0.5 * erfc(threshold / sqrt(2.0))


def detections(threshold: float, d_prime: float) -> float:
    """Return the share of fraudulent contacts, N(d', 1), that score ``threshold`` or more."""
    return false_alarms(threshold - d_prime)


def detection(run: "Run") -> Drawn:
    """Draw the share of contacts that raise an alert of each tier: of fraud as bars, of legitimate ones as points.

    In closed form from the scenario: fraud scores N(d', 1), legitimate contacts N(0, 1). The shares are of contacts
    that the detector covers, without what a law on data sharing adds to d'. Bars are divided by the tier that a score
    reaches. The points have a log scale, because false alarms are rare.

    Returns:
        The picture.
    """
    rules = _rules(run)
    lanes = _lanes(run, rules)
    rows = [
        (lane, fixed(d_prime, 2), *(percent(detections(score, d_prime)) for score in tiers.values()))
        for lane, (d_prime, tiers) in lanes.items()
    ]
    told = []
    for name, (shift, tiers) in rules.items():
        shares = (percent(false_alarms(score)) for score in tiers.values())
        rows.append((_of_detector(named(Truth.LEGITIMATE.label), name, rules), amount(0), *shares))
        least = min(getattr(run.scenario.spec.warning.detectors.contact, one).engaged for one in CHANNELS) + shift
        told.append(
            said(
                "{detector}: at least {found} of attempts that draw somebody in raise an alert; so does one in "
                "{false} legitimate contacts.",
                detector=name, found=percent(detections(tiers[TIERS[-1]], least)),
                false=amount(1 / false_alarms(tiers[TIERS[-1]])),
            )
        )  # fmt: skip
    return Drawn(lambda: _detection(lanes, rules), table_of(rows, ["seen", "d'", *TIERS]), " ".join(told))


def _detection(lanes: dict[str, Rule], rules: dict[str, Rule]) -> "go.Figure":
    heights = (LANE * len(lanes), LANE * (len(rules) + 1))
    titles = [said("fraud seen that raises an alert"), said("false alarms (log scale)")]
    figure = panels(titles, BETWEEN / (sum(heights) + BETWEEN), heights, shared=False)
    bars, dots = [], []
    for tier, above in zip(TIERS, (None, *TIERS), strict=False):
        for lane, (d, tiers) in lanes.items():
            share = detections(tiers[tier], d) - (detections(tiers[above], d) if above else 0)
            text = said("{seen}: {share} raise an alert that is {tier}", seen=lane, share=percent(share),
                        tier=said(tier))  # fmt: skip
            bars.append(Mark(tier, share, lane, text))
        for name, (_, tiers) in rules.items():
            share = false_alarms(tiers[tier])
            text = said(
                "{share} of legitimate contacts raise an alert that is {tier} or graver",
                share=percent(share), tier=said(tier),
            )  # fmt: skip
            dots.append(Mark(tier, share, name, text))
    draw(figure, "bars across", bars, COLOURS["tier"], row=1)
    draw(figure, "dots", dots, COLOURS["tier"], row=2, cliponaxis=False)
    every = [dot.x for dot in dots]
    lowest, highest = max(min(1.0, *every) / 3.0, 1e-12), 3 * max(every)
    powers = {10.0**power: percent(10.0**power) for power in range(-12, 0) if lowest <= 10.0**power <= highest}
    y = {"autorange": "reversed", "type": "category"}
    figure.update_layout(barmode="stack", bargap=0.25, legend_traceorder="normal")
    finish(figure, sum(heights) + BETWEEN + 150, said(DETECTION), y=y)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", row=1, col=1)
    figure.update_xaxes(
        type="log", range=[log10(lowest), log10(highest)], tickvals=list(powers), ticktext=list(powers.values()),
        title_text=said("share of legitimate contacts"), row=2, col=1,
    )  # fmt: skip
    few = list(powers)[::2]
    ticks = {"tickvals": few, "ticktext": [powers[power] for power in few], "tickangle": 0}
    return on_phones(figure, {"xaxis2": ticks})


def _rules(run: "Run") -> dict[str, Rule]:
    """Return each detector's shift and thresholds, by its name; one entry if both detectors are alike."""
    called = {Detector.CENTRAL.label: said("Central detector"), Detector.LOCAL.label: said("Local detector")}
    rules = {}
    for source in SOURCES:
        one = getattr(run.scenario.spec.warning.detectors, source)
        rules[called[source]] = (float(one.shift), {tier: float(getattr(one.thresholds, tier)) for tier in TIERS})
    first, *others = rules.values()
    return {said("Both detectors"): first} if all(rule == first for rule in others) else rules


def _lanes(run: "Run", rules: dict[str, Rule]) -> dict[str, Rule]:
    """Return d' with the detector's shift, and its thresholds, by what it sees; equal detectors share a lane."""
    settings = run.scenario.spec.warning.detectors
    contacts = [(f"{words(channel)}, {words(kind)}", getattr(getattr(settings.contact, channel), kind))
                for kind in reversed(SEEN) for channel in CHANNELS]  # fmt: skip
    stages = [(said("later stage, {stage}", stage=words(stage)), getattr(settings.stages, stage)) for stage in STAGES]
    return {
        _of_detector(seen, name, rules): (float(d_prime) + shift, tiers)
        for seen, d_prime in (*stages, *contacts)
        for name, (shift, tiers) in rules.items()
    }


def _of_detector(seen: str, name: str, rules: dict[str, Rule]) -> str:
    return seen if len(rules) == 1 else said("{seen}: {detector}", seen=seen, detector=name)
