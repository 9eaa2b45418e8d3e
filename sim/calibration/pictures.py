"""The pictures of a calibration, next to its page: SVG files of residuals, windows, ranks, parameters and drivers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.base.rounding import number_text
from sim.calibration.report import MOVED, Document
from sim.reading.figures import CHANGE
from sim.store.folder import whole

Axes = Any
"""Of matplotlib, which may not be installed."""

PICTURE = "fit-{name}.svg"
"""The file of a picture, next to the page."""

SHOWN_PARAMETERS = 40
"""Parameters in the picture of prior and posterior."""

ACROSS = 8.0
"""Width of a picture in inches."""

ROW = 0.2
"""Height of a row of a picture in inches."""

IN_A_ROW, TALL = 2, 2.6
"""Pictures of first drivers in a row, and the height of each in inches."""

FROZEN: dict[Any, Any] = {"svg.hashsalt": "tocsin", "svg.fonttype": "none", "font.size": 8.0}
"""Settings with which equal numbers give equal files, and texts stay texts."""

COLOUR = "#1f4e79"


def write_pictures(document: Document, folder: Path) -> None:
    """Write the pictures of a report that has a posterior, each an SVG file next to the page."""
    part = document["posterior"]
    rows = part["residuals"]
    _write(
        folder,
        "residuals",
        len(rows),
        lambda axes: _intervals(
            axes, [r["datum"] for r in rows], [_ends(r["quantiles"]) for r in rows], "standard errors from the data"
        ),
    )
    windows = part["left_out"]
    _write(folder, "left-out", len(windows), lambda axes: _windows(axes, windows))
    _write(folder, "ranks", 12, lambda axes: _ranks(axes, part))
    moved = sorted(part["marginals"], key=lambda one: one["left"])[:SHOWN_PARAMETERS]
    _write(folder, "parameters", len(moved), lambda axes: _parameters(axes, moved))
    first = part["first_drivers"]
    if first:
        _save(folder, "first-drivers", TALL * -(-len(first) // IN_A_ROW), lambda figure: _first_drivers(figure, first))
    _write(
        folder,
        "drivers",
        sum(len(one["drivers"]) for one in part["answers"].values()),
        lambda axes: _indices(axes, part["answers"]),
    )


def _write(folder: Path, name: str, rows: int, draw: Callable[[Axes], None]) -> None:
    """Write one picture with a number of rows."""
    _save(folder, name, 1.0 + ROW * rows, lambda figure: draw(figure.subplots()))


def _save(folder: Path, name: str, height: float, draw: Callable[[Any], None]) -> None:
    """Write one figure of matplotlib with a height in inches."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(FROZEN), whole(folder / PICTURE.format(name=name)) as unfinished:
        figure = Figure(figsize=(ACROSS, height), layout="constrained")
        draw(figure)
        figure.savefig(unfinished, format="svg", metadata={"Date": None})


def _ends(quantiles: Sequence[float]) -> tuple[float, float, float]:
    """Return the ends of the 90% interval and the median among ``QUANTILES``."""
    return quantiles[0], quantiles[2], quantiles[4]


def _intervals(axes: Axes, names: Sequence[str], ends: Sequence[tuple[float, float, float]], unit: str) -> None:
    """Draw medians and intervals, one row each, the first at the top, with a line at 0."""
    places = range(len(names), 0, -1)
    axes.axvline(0.0, color="0.7", linewidth=0.8)
    axes.hlines(places, [one[0] for one in ends], [one[2] for one in ends], color=COLOUR, linewidth=1.5)
    axes.plot([one[1] for one in ends], list(places), "o", color=COLOUR, markersize=3)
    axes.set_yticks(list(places), list(names))
    axes.set_ylim(0.3, len(names) + 0.7)
    axes.set_xlabel(unit)


def _windows(axes: Axes, windows: Sequence[Document]) -> None:
    """Draw predictions of windows as ratios to the reported figures; of changes as differences."""
    ends = []
    for row in windows:
        three = (row["interval"][0], row["middle"], row["interval"][1])
        change = CHANGE + "@" in row["figure"]
        low, middle, high = (one - row["reported"] if change else one / row["reported"] - 1.0 for one in three)
        ends.append((100.0 * low, 100.0 * middle, 100.0 * high))
    names = [row["figure"] + ("" if row["fitted"] else " (predicted)") for row in windows]
    _intervals(axes, names, ends, "per cent from the reported figure; for changes, hundredths")
    axes.set_xlim(max(min(one[0] for one in ends), -100.0) - 5.0, min(max(one[2] for one in ends), 150.0) + 5.0)


def _ranks(axes: Axes, part: Document) -> None:
    """Draw how often the true value had each rank, as a ratio to even ranks."""
    rows = (
        (part["ranks"]["counts"], "emulator's data: all", "0.6"),
        (part["ranks"]["counts_of_moved"], f"emulator's data: {MOVED} moved most", COLOUR),
        (part["truths"]["counts"], f"the model's data: {len(part['truths']['parameters'])} that matter", "#b5651d"),
    )
    for counts, name, colour in rows:
        even = max(sum(counts), 1) / len(counts)
        axes.stairs([count / even for count in counts], color=colour, label=name, linewidth=1.5)
    axes.axhline(1.0, color="0.7", linewidth=0.8)
    axes.set_ylim(0.0, 2.0)
    axes.set_xlabel("rank of the true value among the draws, in tenths")
    axes.set_ylabel("ratio to even ranks")
    axes.legend(frameon=False)


def _parameters(axes: Axes, parameters: Sequence[Document]) -> None:
    """Draw where in its range each parameter's posterior interval lies."""
    places = list(range(len(parameters), 0, -1))
    axes.hlines(places, 0.05, 0.95, color="0.85", linewidth=4.0)
    low, high = ([one["coordinates"][end] for one in parameters] for end in (0, 1))
    axes.hlines(places, low, high, color=COLOUR, linewidth=1.5)
    axes.set_yticks(places, [one["key"] for one in parameters])
    axes.set_ylim(0.3, len(parameters) + 0.7)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("place in the range: 90% interval before (grey) and after")


def _first_drivers(figure: Any, rows: Sequence[Document]) -> None:
    """Draw each total of the draws over its first driver."""
    grid = figure.subplots(-(-len(rows) // IN_A_ROW), IN_A_ROW, squeeze=False).ravel()
    for axes, row in zip(grid, rows, strict=False):
        axes.plot(row["values"], row["totals"], "o", color=COLOUR, markersize=2.5)
        index = f"first-order index {row['index']:.2f}" if row["found"] else "no driver beyond chance"
        axes.set_title(f"{row['total']}: {index}")
        axes.set_xlabel(f"{row['key']} ({row['unit']})" if row["unit"] else row["key"])
        if row["logarithmic"]:
            axes.set_xscale("log")
            axes.set_xticks(*_ticks(row["values"]))
            axes.set_xticks([], minor=True)
        if min(row["totals"]) > 0:
            axes.set_yscale("log")
            axes.set_yticks(*_ticks(row["totals"]))
            axes.set_yticks([], minor=True)
    for axes in grid[len(rows) :]:
        axes.set_axis_off()


def _ticks(values: Sequence[float]) -> tuple[list[float], list[str]]:
    """Return ends and middle of a logarithmic axis, with their texts."""
    low, high = min(values), max(values)
    places = [low, (low * high) ** 0.5, high] if low < high else [low]
    return places, [number_text(float(f"{place:.3g}")) for place in places]


def _indices(axes: Axes, answers: Document) -> None:
    """Draw the first-order indices by runs and of the emulator of the parameters that each answer depends on."""
    rows = [(f"{name}: {row['key']}", row) for name, one in answers.items() for row in one["drivers"]]
    places = list(range(len(rows), 0, -1))
    axes.barh(places, [row["index"] for _, row in rows], color="0.8", height=0.6, label="of the emulator")
    axes.errorbar(
        [row["first"] for _, row in rows],
        places,
        xerr=[row["first_error"] for _, row in rows],
        fmt="o",
        color=COLOUR,
        markersize=3,
        label="by runs, with its standard error",
    )
    axes.set_yticks(places, [name for name, _ in rows])
    axes.set_ylim(0.3, len(rows) + 0.7)
    axes.set_xlabel("first-order index")
    if rows:
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
