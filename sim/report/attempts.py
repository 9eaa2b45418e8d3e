"""Attempts: the flow from potential attempts through the gates to victims, and daily series above measures in force."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sim.base.days import DAY_MS
from sim.base.rounding import amount, percent, short, significant
from sim.base.words import Channel, Detector, Fate, Outcome, Tier
from sim.language import counted, day_named, marked, named, said, spelled
from sim.report import drawing
from sim.report.parts import counts, day_pattern, days_of, table_of, wide

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

CHANNELS, FATES = Channel.labels(), Fate.labels()
STOPPED = tuple(fate.label for fate in Fate if fate.stopped)
DELIVERED = tuple(fate.label for fate in Fate if not fate.stopped)
ENGAGED = Fate.ENGAGED.label
ENDS = {
    Outcome.VICTIMS.label: marked("victims"),
    Outcome.SAVED.label: marked("stopped before payment"),
    Outcome.HELD.label: marked("held by a bank"),
    Outcome.DROPPED_OUT.label: marked("dropped out"),
}
"""How episodes end: totals of the run, and their names."""
NOT_OVER = marked("not over yet")
SHADES = {
    **drawing.COLOURS["channel"],
    **drawing.COLOURS["fate"],
    **{title: drawing.COLOURS["outcome"][name] for name, title in ENDS.items()},
    **{"delivered": drawing.SKY, NOT_OVER: drawing.GREY},
}
PARTS = {"all": marked("all attempts"), "delivered": marked("delivered attempts"), ENGAGED: marked("people drawn in")}
"""Parts of the flow, each drawn alone: next to billions of attempts, victims are too few to see."""
ANY = "all"
CHANNEL = {
    ANY: marked("all"),
    **{name: marked("calls") if name == Channel.CALL.label else spelled(name) for name in CHANNELS},
}
"""Choices of a channel, and their names."""
HEIGHT, PAD = 540, 15
"""Height of the figure, and space between two nodes, in pixels."""
ROOM = 66
"""Pixels of the height that margins take."""
COLUMNS = {"delivered": 0.36, ENGAGED: 0.52}
"""Where nodes in the middle stand, from 0 (left) to 1 (right)."""

Flow = tuple[str, str, float, str]
"""From, to, count and colour."""


def cascade(run: "Run") -> drawing.Drawn:
    """Draw the flow of attempts of the country through the gates to the ends of episodes, in bands.

    Its choices are ``channel``, one of ``CHANNEL``, and ``part``, one of ``PARTS``. Ends of episodes are not stored by
    channel: the flow of a single channel ends with those who engaged.

    Returns:
        The picture.
    """
    count, ends, totals = counts(run, "attempts", ["channel", "fate"]), _ends(run), run.manifest["totals"]
    whole = {fate: sum(count[channel, fate] for channel in CHANNELS) for fate in FATES}
    rows = [
        {"where it ended": named(fate), **{channel: count[channel, fate] for channel in CHANNELS}, "all": whole[fate]}
        for fate in FATES
    ]
    rows += [{"where it ended": said("of those engaged: {end}", end=said(end)), "all": n} for end, n in ends.items()]
    total, stopped, victims = sum(whole.values()), sum(whole[fate] for fate in STOPPED), totals["victims"]
    told = [said("There were no attempts.")]
    if total:
        told = [said(
            "{stopped} of {total} potential attempts ({share}) were stopped before reaching anyone. {delivered} were "
            "delivered, {engaged} drew somebody in, and {victims} ended in a payment.",
            total=amount(total), stopped=amount(stopped), share=percent(stopped / total), victims=amount(victims),
            delivered=amount(total - stopped), engaged=amount(whole[ENGAGED]),
        )]  # fmt: skip
    if total and victims:
        told.append(said("That is one payment in {ratio} attempts.", ratio=amount(total / victims)))

    def view(channel: str = ANY, part: str = "all") -> "go.Figure":
        flows = [flow for flow in _flows(count, ends, channel, part) if flow[2] > 0]
        which = said("all channels") if channel == ANY else said(CHANNEL[channel])
        title = said("Number of attempts, {channel}: {part}", channel=which, part=said(PARTS[part]))
        return _bands(flows, title, part) if flows else drawing.blank(title, said("There were none."))

    return drawing.Drawn(view, table_of(rows, ["where it ended", *CHANNELS, "all"]), " ".join(told))


def _ends(run: "Run") -> dict[str, float]:
    """Return how many episodes of the period ended in each way; the others were open when the run ended."""
    totals = run.manifest["totals"]
    ended = {title: float(totals.get(name, 0)) for name, title in ENDS.items()}
    # Episodes of the warm-up end in the period too, so ends may slightly outnumber beginnings.
    return {**ended, NOT_OVER: max(0.0, float(totals["attempts_by_fate"][ENGAGED]) - sum(ended.values()))}


def _flows(count: dict[Any, float], ends: dict[str, float], channel: str, part: str) -> Iterator[Flow]:
    """Yield the flows of a part of the cascade."""
    chosen = [name for name in CHANNELS if channel in (ANY, name)]
    for name in chosen if part == "all" else ():
        for fate in STOPPED:
            yield name, fate, count[name, fate], SHADES[name]
        yield name, "delivered", sum(count[name, fate] for fate in DELIVERED), SHADES[name]
    for fate in DELIVERED:
        if part == "all":
            yield "delivered", fate, sum(count[name, fate] for name in chosen), drawing.SKY
        elif part == "delivered" or fate == ENGAGED:
            for name in chosen:
                yield name, fate, count[name, fate], SHADES[name]
    # If nobody is drawn in, the ends are those of earlier episodes, and the picture shows no origin for them.
    if channel == ANY and any(count[name, ENGAGED] for name in chosen):
        for end, number in ends.items():
            yield ENGAGED, end, number, SHADES[end]


def _bands(flows: list[Flow], title: str, part: str) -> "go.Figure":
    """Draw flows as bands between nodes."""
    met = {name for flow in flows for name in flow[:2]}
    names = [name for name in (*CHANNELS, "delivered", *FATES, *ENDS.values(), NOT_OVER) if name in met]
    # The size of a node is the flow that leaves it or, at an end, the flow that arrives.
    sizes = {
        name: sum(flow[2] for flow in flows if flow[0] == name) or sum(flow[2] for flow in flows if flow[1] == name)
        for name in names
    }
    texts = [f"{drawing.words(name)} {short(sizes[name])}" for name in names]
    route = said("{origin} to {end}: {count}", origin="%{source.label}", end="%{target.label}", count="%{customdata}")
    shares = [
        said("{amount} ({share})", amount=amount(size, 4), share=percent(size / sizes[origin]))
        for origin, _, size, _ in flows
    ]
    figure = drawing.panels().add_sankey(
        arrangement="fixed",
        node={
            "label": texts,
            "color": [SHADES[name] for name in names],
            "customdata": [amount(sizes[name], 4) for name in names],
            "hovertemplate": "%{label}: %{customdata}<extra></extra>",
            **_positions(names, sizes),
            "pad": PAD,
            "thickness": 14,
            "line": {"width": 0},
        },
        link={
            "source": [names.index(flow[0]) for flow in flows],
            "target": [names.index(flow[1]) for flow in flows],
            "value": [flow[2] for flow in flows],
            "color": [_pale(flow[3]) for flow in flows],
            "customdata": shares,
            "hovertemplate": f"{route}<extra></extra>",
        },
        textfont={"size": 12},
    )
    # A phone has no room for a label between two columns; the sentence next to the figure gives this number.
    labels = ["" if name == ENGAGED and part == "all" else label for name, label in zip(names, texts, strict=True)]
    narrow = {"textfont": {"size": 9.5}, "node": {"label": labels}}
    return drawing.on_phones(drawing.finish(figure, HEIGHT, title), traces=narrow)


def _positions(names: list[str], sizes: dict[str, float]) -> dict[str, list[float]]:
    """Place the nodes: sources left, ends right, from the first gate down to the payment."""
    ending = [name for name in names if name not in CHANNELS and name not in COLUMNS]
    if ENGAGED not in names or not any(name in names for name in (*ENDS.values(), NOT_OVER)):
        ending = [name for name in names if name not in CHANNELS and name != "delivered"]
    sources = [name for name in names if name in CHANNELS]
    most = max(len(ending), len(sources))
    # The space between two nodes and one attempt, as shares of the height.
    gap = PAD / (HEIGHT - ROOM)
    one = (1.0 - gap * (most - 1)) / sum(sizes[name] for name in sources)
    middle: dict[str, float] = {}
    for column in (sources, ending):
        # Columns with fewer nodes have wider gaps, so that all are equally high.
        own = (1.0 - one * sum(sizes[name] for name in column)) / max(1, len(column) - 1)
        at = 0.0
        for name in column:
            middle[name] = at + one * sizes[name] / 2
            at += one * sizes[name] + own
    for name, after in ((ENGAGED, ENDS.values()), ("delivered", DELIVERED)):
        if name in names and name not in middle:
            below = [middle[one_of] for one_of in (*after, NOT_OVER) if one_of in middle]
            half = one * sizes[name] / 2
            middle[name] = min(1.0 - half, max(half, sum(below) / len(below) if below else 0.5))
    column_of = {**COLUMNS, **dict.fromkeys(sources, 0.001), **dict.fromkeys(ending, 0.999)}
    return {"x": [column_of[name] for name in names], "y": [min(0.999, max(0.001, middle[name])) for name in names]}


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.42)"


SERIES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "channel": ("attempts", marked("attempts by channel"), CHANNELS, marked("attempts a day")),
    "fate": ("attempts", marked("attempts by fate"), FATES, marked("attempts a day")),
    "tier": ("alerts", marked("alerts by tier"), Tier.labels(), marked("alerts a day")),
    "source": ("alerts", marked("alerts by source"), Detector.labels(), marked("alerts a day")),
}
"""Daily series by column: table, name, labels, unit."""
BY = {column: name for column, (_, name, *_) in SERIES.items()}
SMOOTH = {"week": marked("mean of 7 days"), "day": marked("single days")}
FAR_APART = 300.0
"""Series whose means differ by more than this factor get a log scale."""
SHORT = 60
"""The longest period, in days, that shows single days first."""
LANE = 22
"""Height of the lane of a measure, in pixels."""

BELOW: drawing.Looks = {"xref": "x2", "yref": "y2"}
"""The panel of the measures, as shapes and texts name it."""

Lane = tuple[str, date, date, str]
"""Text, first and last day within the period, colour."""


def daily(run: "Run") -> drawing.Drawn:
    """Draw attempts or alerts of the country by day, and below them the measures in force.

    Its choices are ``by``, one of ``BY``, and ``smooth``, one of ``SMOOTH``; a week is the seven days around each. On a
    log scale a day without a count has no point.

    Returns:
        The picture.
    """
    import pandas as pd

    period, lanes = run.scenario.spec.period, list(_lanes(run))
    days = pd.date_range(period.start, period.end, freq="D", name="day")
    series = {
        by: wide(run, table, ["day", by]).reindex(index=days, columns=list(labels), fill_value=0.0)
        for by, (table, _, labels, _) in SERIES.items()
    }
    attempts = series["channel"].rename(columns=spelled).add_prefix("attempts, ")
    both = pd.concat([attempts, series["source"].add_prefix("alerts, ")], axis=1)
    table = both.groupby(both.index.map(lambda day: f"{day:%Y-%m}")).sum().rename_axis("month").reset_index()

    whole, told = series["channel"].sum(axis=1), []
    if whole.any():
        told.append(
            said(
                "The busiest day is {day}: {count} attempts, {factor} times the mean day.",
                day=day_named(whole.index[int(whole.argmax())].date()), count=amount(whole.max()),
                factor=amount(whole.max() / whole.mean(), 2),
            )
        )  # fmt: skip
    if late := after(run):
        told.append(said("Not shown, because they begin after the period: {measures}.", measures="; ".join(late)))

    def view(by: str = "channel", smooth: str = "week") -> "go.Figure":
        shown = series[by] if smooth == "day" else series[by].rolling(7, center=True, min_periods=1).mean()
        return _series(run, by, smooth, shown, lanes)

    return drawing.Drawn(view, table, " ".join(told))


def _series(run: "Run", by: str, smooth: str, shown: "pd.DataFrame", lanes: list[Lane]) -> "go.Figure":
    """Draw a column of ``shown`` for each label, and the measures."""
    period = run.scenario.spec.period
    heights = [380, LANE * max(1, len(lanes)) + 20]
    figure = drawing.panels(["", ""], 0.03, heights)
    means = shown.mean()[lambda mean: mean > 0]
    apart = len(means) > 1 and float(means.max() / means.min()) > FAR_APART
    for place, (label, colour) in enumerate(drawing.COLOURS[by].items()):
        if shown[label].any():
            name = drawing.words(label)
            values = [None if apart and value <= 0 else significant(value, 4) for value in shown[label]]
            # One template for the pointer instead of a text for each of so many days.
            figure.add_scatter(
                x0=str(period.start), dx=DAY_MS, y=values, name=name, row=1, col=1, mode="lines",
                hovertemplate="%{x|" + day_pattern() + "}: %{y:,.4~g}<extra>" + name + "</extra>",
                line={"color": colour, "dash": drawing.DASHES[place % len(drawing.DASHES)], "width": 2},
            )  # fmt: skip
    _measures(figure, run, lanes)
    _, series, _, unit = SERIES[by]
    # Of a panel without lines plotly would not know that its axis has days.
    days = {
        "type": "date", "range": [str(period.start), str(period.end + timedelta(days=1))], "hoverformat": day_pattern()
    }  # fmt: skip
    title = said("{series}, {smoothing}", series=drawing.capital(said(series)), smoothing=said(SMOOTH[smooth]))
    legend = {"y": 1.0, "yanchor": "bottom", "yref": "paper"}
    drawing.finish(figure, sum(heights) + 130, title, days, below=said("day"), legend=legend, hovermode="closest")
    logs = {"type": "log", "dtick": 1, "title": said("{unit} (log scale)", unit=said(unit))}
    plain = {"type": "linear", "rangemode": "tozero", "title": said(unit)}
    return figure.update_yaxes(logs if apart else plain, row=1, col=1).update_layout(margin={"t": 96})


def daily_first(runs: "Sequence[Run]") -> dict[str, str]:
    """Return the choices to show first: single days of a short period, else means of seven days."""
    return {"smooth": "week" if days_of(runs[0]) > SHORT else "day"}


def after(run: "Run") -> list[str]:
    """Return the measures that begin after the period, with their first days; no picture shows them."""
    begins = sorted((measure.window[0], name) for name, measure in run.scenario.spec.measures.items())
    return [
        said("{measure}, from {day}", measure=named(name.replace("-", "_")), day=day_named(first))
        for first, name in begins
        if first > run.scenario.spec.period.end
    ]


def _lanes(run: "Run") -> Iterator[Lane]:
    """Yield a lane for each measure that begins, ends or grows in the period, a law first; then one for the others."""
    period, always = run.scenario.spec.period, 0
    changing: list[tuple[bool, date, str, Lane]] = []
    for name, measure in run.scenario.spec.measures.items():
        first, last = measure.window[0], measure.window[1] or period.end
        if last < period.start or first > period.end:
            continue
        ramp = getattr(measure, "ramp", None)
        whole = first <= period.start and last >= period.end
        if whole and ramp is None and getattr(measure, "steps", None) is None:
            always += 1
            continue
        is_law = getattr(measure, "kind", "") == "law"
        text = drawing.words(name.replace("-", "_"))
        if ramp is not None:
            text = said("{measure}, half-way on {day}", measure=text, day=ramp.midpoint)
        begin = max(first, period.start)
        lane = (text, begin, min(last, period.end), drawing.VERMILLION if is_law else drawing.GREY)
        changing.append((not is_law, begin, text, lane))
    for *_, lane in sorted(changing):
        yield lane
    if always:
        text = counted("{count} more, in force throughout", "{count} more, in force throughout", count=always)
        yield (text, period.start, period.end, drawing.GREY)


def _measures(figure: "go.Figure", run: "Run", lanes: list[Lane]) -> None:
    """Draw a labelled bar for each lane below the series."""
    period = run.scenario.spec.period
    middle = period.start + (period.end - period.start) // 2
    # All at once: plotly checks the whole layout again for each shape and text that is added.
    shapes: list[drawing.Looks] = []
    texts: list[drawing.Looks] = []
    for number, (text, first, last, shade) in enumerate(lanes):
        # The day after the last one, so that a measure of a single day has a width.
        ends = {"x0": str(first), "x1": str(last + timedelta(days=1)), "y0": number - 0.42, "y1": number + 0.42}
        shapes.append({"type": "rect", **BELOW, **ends, "fillcolor": shade, "opacity": 0.3, "line": {"width": 0}})
        at, side = (last, "right") if first > middle else (first, "left")
        texts.append({"text": text, "x": str(at), "y": number, "xanchor": side, "font": {"size": 11}})
        if first > period.start:
            begins = {"x0": str(first), "x1": str(first), "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
            shapes.append({"type": "line", **begins, "line": {"color": drawing.AXIS, "width": 1, "dash": "dot"}})
    if not lanes:
        texts.append({"text": said("no measure in force"), "x": str(period.start), "y": 0, "xanchor": "left"})
    figure.update_layout(shapes=shapes, annotations=[{**BELOW, "showarrow": False, **one} for one in texts])
    # plotly draws no axis without a trace.
    figure.add_scatter(
        x=[str(period.start)], y=[0], mode="markers", opacity=0, showlegend=False, hoverinfo="skip", row=2, col=1
    )
    axis = {"range": [max(1, len(lanes)) - 0.4, -0.6], "title": said("measures")}
    figure.update_yaxes(axis, showticklabels=False, showgrid=False, zeroline=False, row=2, col=1)
