"""Time: daily series above the measures in force."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.base.days import DAY_MS
from sim.base.rounding import amount, significant
from sim.base.words import Channel, Detector, Fate, Tier
from sim.language.spoken import counted, day_named, marked, named, said, spelled
from sim.report.drawing import Looks, line
from sim.report.looks import (
    AXIS,
    GREY,
    VERMILLION,
    capital,
    colours,
    dashes,
    finish,
    words,
)
from sim.report.scripts import day_pattern
from sim.report.tables import by_day, days, months_of

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run
    from sim.scenario.schema.measures import MeasureBase

SERIES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "channel": ("attempts", "channel", Channel.labels(), marked("attempts a day")),
    "fate": ("attempts", "fate", Fate.labels(), marked("attempts a day")),
    "tier": ("alerts", "tier", Tier.labels(), marked("alerts a day")),
    "source": ("alerts", "source", Detector.labels(), marked("alerts a day")),
}
"""Daily series: table, column, labels, unit."""
BY = {
    "channel": marked("attempts by channel"),
    "fate": marked("attempts by fate"),
    "tier": marked("alerts by tier"),
    "source": marked("alerts by source"),
}
SMOOTH = {"week": marked("mean of 7 days"), "day": marked("single days")}
FAR_APART = 300.0
"""Series whose means differ by more than this factor get a log scale."""
SHORT = 60
"""The longest period, in days, that shows single days first."""
LANE = 22
"""Height of the lane of a measure, in pixels."""

BELOW: Looks = {"xref": "x2", "yref": "y2"}
"""The panel of the measures, as shapes and texts name it."""

Lane = tuple[str, date, date, str]
"""Text, first and last day within the period, colour."""


def daily(run: "Run", by: str = "channel", smooth: str = "week") -> "go.Figure":
    """Draw attempts or alerts of the country by day, and below them the measures in force.

    On a log scale a day without a count has no point.

    Args:
        run: The run.
        by: One of ``BY``: attempts by ``channel`` or ``fate``, alerts by ``tier`` or ``source``.
        smooth: ``day``, or ``week``: the mean of the seven days around each.

    Returns:
        A figure of two panels that share their axis of days.
    """
    from plotly.subplots import make_subplots

    table, column, names, unit = SERIES[by]
    wide = by_day(run, table, column, names)
    if smooth == "week":
        wide = wide.rolling(7, center=True, min_periods=1).mean()
    lanes = list(_lanes(run))
    period = run.scenario.spec.period
    heights = [380, LANE * max(1, len(lanes)) + 20]
    figure: go.Figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.03, row_heights=heights)
    apart = _far_apart(wide)
    for name in names:
        values = [None if apart and value <= 0 else significant(value, 4) for value in wide[name]]
        if wide[name].any():
            figure.add_scatter(
                x0=str(period.start), dx=DAY_MS, y=values, name=words(name), row=1, col=1,
                hovertemplate="%{x|" + day_pattern() + "}: %{y:,.4~g}<extra>" + words(name) + "</extra>",
                **line(len(values), color=colours(by)[name], dash=dashes(names)[name], width=2),
            )  # fmt: skip
    _measures(figure, run, lanes)
    title = said("{series}, {smoothing}", series=capital(said(BY[by])), smoothing=said(SMOOTH[smooth]))
    finish(figure, sum(heights) + 130, title)
    if apart:
        figure.update_yaxes(type="log", dtick=1, title=said("{unit} (log scale)", unit=said(unit)), row=1, col=1)
    else:
        figure.update_yaxes(type="linear", rangemode="tozero", title=said(unit), row=1, col=1)
    # Of a panel without lines plotly would not know that its axis has days.
    figure.update_xaxes(
        type="date", range=[str(period.start), str(period.end + timedelta(days=1))], hoverformat=day_pattern()
    )
    figure.update_xaxes(title=said("day"), row=2, col=1)
    legend = {"y": 1.0, "yanchor": "bottom", "yref": "paper"}
    return figure.update_layout(legend=legend, hovermode="closest", margin={"t": 96})


def daily_table(run: "Run") -> "pd.DataFrame":
    """Return attempts of the country by channel, and alerts by source, by month."""
    import pandas as pd

    attempts = by_day(run, "attempts", "channel", Channel.labels()).rename(columns=spelled).add_prefix("attempts, ")
    alerts = by_day(run, "alerts", "source", Detector.labels()).add_prefix("alerts, ")
    both = pd.concat([attempts, alerts], axis=1)
    months = both.groupby(months_of(both)).sum()
    return months.rename_axis("month").reset_index()


def measures(run: "Run") -> "list[tuple[str, MeasureBase]]":
    """Return the measures of a scenario by first day, then by name."""
    return sorted(run.scenario.spec.measures.items(), key=lambda one: (one[1].window[0], one[0]))


def after(run: "Run") -> list[str]:
    """Return the measures that begin after the period, with their first days; no picture shows them."""
    end = run.scenario.spec.period.end
    return [
        said("{measure}, from {day}", measure=named(name.replace("-", "_")), day=day_named(measure.window[0]))
        for name, measure in measures(run)
        if measure.window[0] > end
    ]


def _lanes(run: "Run") -> Iterator[Lane]:
    """Yield a lane for each measure that begins, ends or grows in the period, a law first; then one for the others."""
    period = run.scenario.spec.period
    always = 0
    changing: list[tuple[bool, Lane]] = []
    for name, measure in measures(run):
        first, last = measure.window[0], measure.window[1] or period.end
        if last < period.start or first > period.end:
            continue
        ramp = getattr(measure, "ramp", None)
        steps = getattr(measure, "steps", None)
        if first <= period.start and last >= period.end and ramp is None and steps is None:
            always += 1
            continue
        law = measure.kind == "law" if hasattr(measure, "kind") else False
        text = words(name.replace("-", "_"))
        if ramp is not None:
            text = said("{measure}, half-way on {day}", measure=text, day=ramp.midpoint)
        shade = VERMILLION if law else GREY
        changing.append((not law, (text, max(first, period.start), min(last, period.end), shade)))
    for _, lane in sorted(changing, key=lambda one: (one[0], one[1][1], one[1][0])):
        yield lane
    if always:
        text = counted("{count} more, in force throughout", "{count} more, in force throughout", count=always)
        yield (text, period.start, period.end, GREY)


def _measures(figure: "go.Figure", run: "Run", lanes: list[Lane]) -> None:
    """Draw a labelled bar for each lane below the series."""
    period = run.scenario.spec.period
    middle = period.start + (period.end - period.start) // 2
    # All at once: plotly checks the whole layout again for each shape and text that is added.
    shapes: list[Looks] = []
    texts: list[Looks] = []
    for number, (text, first, last, shade) in enumerate(lanes):
        # The day after the last one, so that a measure of a single day has a width.
        ends = {"x0": str(first), "x1": str(last + timedelta(days=1)), "y0": number - 0.42, "y1": number + 0.42}
        shapes.append({"type": "rect", **BELOW, **ends, "fillcolor": shade, "opacity": 0.3, "line": {"width": 0}})
        at, side = (last, "right") if first > middle else (first, "left")
        texts.append({"text": text, "x": str(at), "y": number, "xanchor": side, "font": {"size": 11}})
        if first > period.start:
            begins = {"x0": str(first), "x1": str(first), "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
            shapes.append({"type": "line", **begins, "line": {"color": AXIS, "width": 1, "dash": "dot"}})
    if not lanes:
        texts.append({"text": said("no measure in force"), "x": str(period.start), "y": 0, "xanchor": "left"})
    figure.update_layout(shapes=shapes, annotations=[{**BELOW, "showarrow": False, **one} for one in texts])
    # plotly draws no axis without a trace.
    figure.add_scatter(
        x=[str(period.start)], y=[0], mode="markers", opacity=0, showlegend=False, hoverinfo="skip", row=2, col=1
    )
    ends_at = [max(1, len(lanes)) - 0.4, -0.6]
    figure.update_yaxes(
        range=ends_at, showticklabels=False, showgrid=False, zeroline=False, title=said("measures"), row=2, col=1
    )


def _far_apart(wide: "pd.DataFrame") -> bool:
    means = wide.mean()
    means = means[means > 0]
    return len(means) > 1 and float(means.max() / means.min()) > FAR_APART


def daily_words(run: "Run") -> str:
    """Say when most attempts came, and which measures, such as a law, begin after the period."""
    whole = by_day(run, "attempts", "channel", Channel.labels()).sum(axis=1)
    told = []
    if whole.any():
        told.append(
            said(
                "The busiest day is {day}: {count} attempts, {factor} times the mean day.",
                day=day_named(whole.index[int(whole.argmax())].date()), count=amount(whole.max()),
                factor=amount(whole.max() / whole.mean(), 2),
            )
        )  # fmt: skip
    late = after(run)
    if late:
        told.append(said("Not shown, because they begin after the period: {measures}.", measures="; ".join(late)))
    return " ".join(told)


def daily_first(runs: "Sequence[Run]") -> dict[str, str]:
    """Return the choices to show first: single days of a short period, else means of seven days."""
    return {"smooth": "week" if len(days(runs[0])) > SHORT else "day"}
