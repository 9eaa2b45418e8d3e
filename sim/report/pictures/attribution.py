"""An attribution (``sim.attribute``): what each layer prevents or causes alone, last, and on average."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between
from sim.language.spoken import marked, said
from sim.report import drawing as draw
from sim.report.looks import colours_of, plain, symbols

if TYPE_CHECKING:
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
