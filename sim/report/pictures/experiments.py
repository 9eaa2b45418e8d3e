"""Pictures of experiments: of an attribution and of a sweep.

An attribution (``sim.attribute``): what each layer prevents or causes alone, last, and on average.

A sweep: a quantity by the values of a parameter, with intervals over the replicates of each point.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, number_text
from sim.experiments.pairing import interval_of_mean
from sim.experiments.parameters import Value
from sim.language.spoken import marked, said
from sim.report import drawing as draw
from sim.report.looks import capital, colours_of, dashes, plain, symbols

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

AVERAGE = "shapley"
MEASURES = {"alone": marked("alone"), "last": marked("last"), AVERAGE: marked("average")}
"""Columns of an attribution, and their names."""


def attributed(rows: Sequence[Mapping[str, Any]], names: Sequence[str], quantity: str, title: str) -> "go.Figure":
    """Draw the effect of layers on a quantity, averages with their intervals.

    Args:
        rows: The rows of the layers, see ``sim.experiments.attribute.Attribution.layers``.
        names: The label of each row.
        quantity: The quantity in words, for the axis.
        title: The title.

    Returns:
        A figure with a row for each layer.
    """
    figure = draw.bare()
    colour, symbol = colours_of(MEASURES), symbols(MEASURES)
    for place, (measure, name) in enumerate(MEASURES.items()):
        values = [float(row[measure]) for row in rows]
        spots = [lane + draw.shift(place, len(MEASURES)) for lane in range(len(rows))]
        looks: draw.Looks = {
            "mode": "markers",
            "marker": {"symbol": symbol[measure], "color": colour[measure], "size": 10},
        }
        hover = [f"{said(name)}, {plain(one)}: {amount(value)}" for one, value in zip(names, values, strict=True)]
        if measure == AVERAGE and all(row["low"] is not None for row in rows):
            lows, highs = ([float(row[end]) for row in rows] for end in ("low", "high"))
            looks["error_x"] = draw.whiskers(values, lows, highs)
            hover = [f"{told} ({between(low, high)})" for told, low, high in zip(hover, lows, highs, strict=True)]
        draw.add(figure, said(name), values, spots, hover, **looks)
    draw.lanes(figure, [plain(name) for name in names])
    draw.framed(figure, 150 + draw.lane_height(len(MEASURES)) * len(rows), plain(title))
    return figure.update_xaxes(title_text=plain(quantity))


MOST_LINES = 8
"""The most lines of a picture; with more combinations of the other parameters, points have no lines."""


def swept(frame: "pd.DataFrame", y: str, name: str, keys: Sequence[str], names: Sequence[str]) -> "go.Figure":
    """Draw a quantity by the first of the keys, with a line for each combination of the others.

    Points are means over replicates, with 95% intervals of the mean; failed runs are left out.

    Args:
        frame: A row for each run, with columns ``point``, the keys and the quantity.
        y: The column of the quantity.
        name: The quantity in words.
        keys: Columns of parameters, the first along the axis.
        names: The parameters in words, in the same order.

    Returns:
        A figure.
    """
    x, *others = keys
    there = frame.dropna(subset=[y])
    groups = {
        ", ".join(f"{one} {number_text(value)}" for one, value in zip(names[1:], values, strict=True)): rows
        for values, rows in _split(there, others)
    }
    joined = len(groups) <= MOST_LINES
    if not joined:
        groups = {"": there}
    figure, several = draw.bare(), False
    colour, dash, symbol = colours_of(groups), dashes(groups), symbols(groups)
    for group, rows in groups.items():
        points = [(one[x].iloc[0], [float(value) for value in one[y]]) for _, one in rows.groupby("point", sort=True)]
        points.sort(key=lambda point: point[0]) if joined else None
        means, known = [fmean(values) for _, values in points], [_interval(values) for _, values in points]
        look: draw.Looks = {"mode": "markers", "marker": {"color": colour[group], "symbol": symbol[group], "size": 9}}
        if joined:
            look |= {"mode": "lines+markers", "line": {"color": colour[group], "dash": dash[group]}}
        if all(one is not None for one in known):
            several = True
            look["error_y"] = draw.whiskers(means, *zip(*known, strict=True))
        hover = [_told(group, *point) for point in zip((value for value, _ in points), means, known, strict=True)]
        draw.add(figure, plain(group), [value for value, _ in points], means, hover, **look)
    note = said("95% intervals over replicates") if several else said("one run a point: run-to-run noise unknown")
    draw.framed(figure, 440, plain(f"{capital(name)} ({note})"), showlegend=len(groups) > 1)
    return figure.update_xaxes(title_text=plain(names[0])).update_yaxes(title_text=plain(name))


def _split(frame: "pd.DataFrame", keys: Sequence[str]) -> "Iterator[tuple[tuple[Value, ...], pd.DataFrame]]":
    """Yield the rows of each combination of some keys, in the order of the design."""
    if not keys:
        yield (), frame
    else:
        for values, rows in frame.groupby(list(keys), sort=False):
            yield tuple(values), rows  # type: ignore[arg-type]


def _told(group: str, value: Value, mean: float, known: tuple[float, float] | None) -> str:
    """Return what the pointer shows of a point."""
    place = f"{group}, {number_text(value)}" if group else number_text(value)
    return plain(f"{place}: {amount(mean)}" + (f" ({between(*known)})" if known else ""))


def _interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the interval of a mean, which ends at 0 where no value is below it."""
    found = interval_of_mean(values)
    return found if found is None or min(values) < 0 else (max(0.0, found[0]), found[1])
