"""The page of a calibration: its report as text for people (``fit.md``), with its pictures."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.base.rounding import number_text
from sim.calibration.report import MOVED, QUANTILES, UNEVEN, Document
from sim.reading.figures import CHANGE, distance, yes_or_no
from sim.store.folder import whole

Axes = Any
"""Of matplotlib, which may not be installed."""

PICTURE = "fit-{name}.svg"
"""The file of a picture, next to the page."""

SHOWN_PARAMETERS = 40
"""Parameters in the picture of prior and posterior."""

DRIVERS = ("answer", "explained", "parameter", "index", "change for one s.d.", "width if the prior is twice as wide")
"""Columns of the table of parameters that answers depend on."""

ACROSS = 8.0
"""Width of a picture in inches."""

ROW = 0.2
"""Height of a row of a picture in inches."""

FROZEN: dict[Any, Any] = {"svg.hashsalt": "tocsin", "svg.fonttype": "none", "font.size": 8.0}
"""Settings with which equal numbers give equal files, and texts stay texts."""


def _range(ends: Sequence[Any]) -> str:
    return f"{ends[0]} to {ends[1]}"


def _tolerance(row: Document) -> str:
    return f"{row['tolerance']:g}" if CHANGE + "@" in row["figure"] else f"{100 * row['tolerance']:g} %"


KNOWN: dict[str, Callable[[Document], str]] = {
    "figure": lambda row: str(row["figure"]),
    "reported": lambda row: number_text(row["reported"]),
    "expected": lambda row: number_text(row["expected"]),
    "off": distance,
}
"""Columns of a table of figures."""

FITTED = {
    **KNOWN,
    "s.e. of expected": lambda row: number_text(row["standard_error_of_expected"]),
    "tolerance": _tolerance,
    "within": lambda row: yes_or_no(row["within"]),
    "s.d. of a run": lambda row: number_text(row["standard_error"]),
}
"""Columns of fitted figures."""

PREDICTED = {
    **KNOWN,
    "90 % interval": lambda row: _range([number_text(end) for end in row["interval"]]) if row.get("interval") else "",
}
"""Columns of predicted figures."""


def to_markdown(document: Document) -> str:
    """Return the report as Markdown."""
    seeds, scales = document["seeds"], document["scales"]
    coarser = ", ".join(f"{scale:g}" for scale in scales[:-1]) or "none"
    lines = [
        f"# Fit of {document['name']}",
        "",
        f"Written by `tocsin calibrate` from {document['simulated']:,} runs. Expected values are means over "
        f"{len(seeds)} seeds, {seeds[0]} to {seeds[-1]}, at scale {scales[-1]:g}. Coarser scales used in the "
        f"search: {coarser}.",
        "",
        *(f"**Warning**: {line}\n" for line in document.get("warnings", ())),
        "## Fitted figures, in expectation",
        "",
        *_figures(document, "fitted", FITTED),
        "",
        "## Predictions",
        "",
        *_figures(document, "predicted", PREDICTED),
        "",
        "## Calibrated parameters",
        "",
        *table(
            ("parameter", "range", "start", "value", "fixed by"),
            [
                (f"`{one['key']}`", _range(one["range"]), str(one["start"]), str(one["value"]), one["target"])
                for one in document["parameters"]
            ],
        ),
    ]
    if document["evidence"]:
        lines += ["", "## Internal quantities and published evidence", "", *_evidence(document["evidence"])]
    if "posterior" in document:
        lines += ["", *_posterior(document["posterior"])]
    return "\n".join(lines) + "\n"


def _figures(document: Document, role: str, columns: Mapping[str, Callable[[Document], str]]) -> list[str]:
    """Return the table of the figures with a role."""
    rows = [row for row in document["figures"] if row["role"] == role]
    return table(list(columns), [[cell(row) for cell in columns.values()] for row in rows])


def _evidence(rows: Sequence[Document]) -> list[str]:
    cells = [
        (
            row["name"],
            f"{number_text(row['low'])} to {number_text(row['high'])}",
            number_text(row["simulated"]),
            "claimed" if row.get("claimed") else yes_or_no(row["within"]),
            row["basis"],
        )
        for row in rows
    ]
    return table(("quantity", "range", "simulated", "within", "basis"), cells)


def _posterior(part: Document) -> list[str]:
    """Return the sections of the posterior."""
    rows = [("ensemble", "all members, at the end"), ("draws", "the draws"), ("right_model", "a correct model")]
    lines = [
        "## Draws",
        "",
        f"The ensemble has {part['members']} members, drawn from the ranges of {part['parameters']} parameters. Each "
        f"was moved until it reproduced its own version of the {part['data']} data. Because steps are accepted where "
        "noise helps, each member was then run with a seed that no step had used.\nWith that seed "
        f"{part['draws']} members are as close to the reported data as a correct model would be (their sum of squares "
        "is below the 99.5% quantile of chi-square). These are the posterior draws, independent of each other.",
        "",
        "Root mean square of the residuals of a member. Residuals are in standard errors of the data and of one run "
        f"together; the run-to-run noise is {part['chance']:.2f} (r.m.s.) of a datum's own standard error:",
        "",
        *table(
            ("members", *(f"{quantile:.0%}" for quantile in QUANTILES)),
            [(words, *(f"{value:.2f}" for value in part["off"][key])) for key, words in rows if part["off"][key]],
        ),
        "",
    ]
    if "marginals" not in part:
        return lines
    return [*lines, *_trust(part), *_answers(part), *_policies(part.get("policies", [])), *_parameters_of(part)]


def _trust(part: Document) -> list[str]:
    """Return the sections that show whether the draws can be trusted: discrepancy, left-out windows, ranks."""
    held = [sum(row["held"] for row in part["left_out"] if row["fitted"] == fitted) for fitted in (True, False)]
    count = [sum(row["fitted"] == fitted for row in part["left_out"]) for fitted in (True, False)]
    ranks = part["ranks"]
    return [
        *_picture("residuals", "Residuals of the draws in each datum: median and 90% interval, in standard errors"),
        "## Discrepancy",
        "",
        "The model discrepancy of each family of figures, as a standard deviation: the value used to condition the "
        "draws, and the value with which each window is predicted best by all others:",
        "",
        *table(
            ("family", "stated", "learnt from windows left out"),
            [(row["family"], f"{row['stated']:.1%}", f"{row['learnt']:.1%}") for row in part["discrepancy"]],
        ),
        "",
        "## Windows left out",
        "",
        "Each figure is predicted from all other fitted figures and the evidence, with a discrepancy learnt without "
        f"it. {held[0]} of {count[0]} fitted figures, and {held[1]} of {count[1]} figures that were never used to "
        "condition the draws, lie inside the 90% interval.",
        "",
        *table(
            ("figure", "conditioned on", "reported", "predicted", "90 % interval", "inside"),
            [
                (
                    row["figure"],
                    yes_or_no(row["fitted"]),
                    number_text(row["reported"]),
                    number_text(row["middle"]),
                    " to ".join(number_text(end) for end in row["interval"]),
                    yes_or_no(row["held"]),
                )
                for row in part["left_out"]
            ],
        ),
        "",
        *_picture("left-out", "Reported figures, and their predictions from all others: median and 90% interval"),
        "## Simulation-based calibration",
        "",
        f"An emulator of the model made {ranks['asked']} data sets from parameters drawn from the ranges; "
        f"{ranks['sets']} of them gave enough draws. The 90% intervals contain the true value in "
        f"{ranks['coverage']:.1%} of all cases, and in {ranks['coverage_of_moved']:.1%} of the cases of the {MOVED} "
        "parameters that the data moved "
        f"most. The ranks of {ranks['uneven']} of {part['parameters']} parameters are uneven at the {UNEVEN:.0%} "
        f"level; noise alone would give {UNEVEN * part['parameters']:.0f}. The smallest p-value is "
        f"{ranks['least_probability']:.2g}.",
        "",
        *_picture("ranks", "Ranks of the true value among the draws: all parameters, and those moved most"),
    ]


def _answers(part: Document) -> list[str]:
    """Return the section about totals over the draws, and the parameters that they depend on."""
    totals = []
    for row in part["totals"]:
        low, _, high = row["ratios"]
        totals.append(
            (row["total"], number_text(row["own"]), f"{low:.2f}", f"{high:.2f}", yes_or_no(low <= 1.0 <= high))
        )
    return [
        "## What answers depend on",
        "",
        "For each total of the scenario: its 90% interval over the draws, as a ratio to its value at the fit, whether "
        "this value lies inside, and the parameters that would reduce its variance most if they were known "
        "(first-order index).",
        "",
        *table(("total", "at the fit", "5 %", "95 %", "inside"), totals),
        "",
        *table(DRIVERS, [row for name, one in part["answers"].items() for row in _drivers(name, one)]),
        "",
        *_picture("drivers", "First-order indices of the parameters that answers depend on"),
    ]


def _parameters_of(part: Document) -> list[str]:
    """Return the section about the prior and posterior of each parameter."""
    return [
        "## Prior and posterior",
        "",
        "All free parameters, ordered by the share of their prior spread that the data leave (1: nothing was learnt).",
        "",
        *_picture("parameters", f"The {SHOWN_PARAMETERS} parameters with the smallest share left: range, 90% interval"),
        *table(
            ("parameter", "origin", "range", "at the fit", "90 % interval", "spread left"),
            [
                (
                    f"`{one['key']}`",
                    one["origin"],
                    _range(one["range"]),
                    str(one["own"]),
                    _range(one["interval"]),
                    f"{one['left']:.2f}",
                )
                for one in sorted(part["marginals"], key=lambda one: one["left"])
            ],
        ),
    ]


def _policies(policies: Sequence[Document]) -> list[str]:
    """Return the section about the changes by policies, and the parameters that they depend on."""
    if not policies:
        return []
    changes, drivers = [], []
    for one in policies:
        for name, ends in one["intervals"].items():
            own, low, high = one["own"][name], ends[0], ends[-1]
            numbers = (f"{100 * number:+.1f} %" for number in (own, low, high))
            inside = yes_or_no(low <= own <= high)
            changes.append((f"`{one['policy']}`", name, str(one["draws"]), *numbers, inside))
            drivers += _drivers(f"`{one['policy']}`: {name}", one["answers"][name])
    return [
        "## Policies",
        "",
        "Change of a total compared with the scenario itself, on the same attempts and people: at the values of the "
        "fit, and over the draws; whether the first lies inside the 90% interval of the second.",
        "",
        *table(("policy", "total", "draws", "at the fit", "5 %", "95 %", "inside"), changes),
        "",
        "The parameters that each change depends on, and the change of the ratio of both totals for one standard "
        "deviation of a parameter.",
        "",
        *table(DRIVERS, drivers),
        "",
    ]


def _drivers(name: str, one: Document) -> list[tuple[str, ...]]:
    """Return rows for the parameters that an answer depends on; one row if its runs cannot show them."""
    explained = f"{one['explained']:.0%}"
    if not one["drivers"]:
        return [(name, explained, "not shown by these runs", "", "", "")]
    return [
        (
            name if not number else "",
            explained if not number else "",
            f"`{row['key']}`",
            f"{row['index']:.2f}",
            f"{math.expm1(row['slope']):+.1%}",
            f"{row['width_ratio']:.2f}",
        )
        for number, row in enumerate(one["drivers"])
    ]


def _picture(name: str, title: str) -> list[str]:
    return [f"![{title}]({PICTURE.format(name=name)})", ""]


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with these names above its columns."""
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]


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
    _write(folder, "ranks", 12, lambda axes: _ranks(axes, part["ranks"]))
    moved = sorted(part["marginals"], key=lambda one: one["left"])[:SHOWN_PARAMETERS]
    _write(folder, "parameters", len(moved), lambda axes: _parameters(axes, moved))
    _write(
        folder,
        "drivers",
        sum(len(one["drivers"]) for one in part["answers"].values()),
        lambda axes: _indices(axes, part["answers"]),
    )


def _write(folder: Path, name: str, rows: int, draw: Callable[[Axes], None]) -> None:
    """Write one picture with a number of rows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(FROZEN), whole(folder / PICTURE.format(name=name)) as unfinished:
        figure = Figure(figsize=(ACROSS, 1.0 + ROW * rows), layout="constrained")
        draw(figure.subplots())
        figure.savefig(unfinished, format="svg", metadata={"Date": None})


def _ends(quantiles: Sequence[float]) -> tuple[float, float, float]:
    """Return the ends of the 90% interval and the median among ``QUANTILES``."""
    return quantiles[0], quantiles[2], quantiles[4]


def _intervals(axes: Axes, names: Sequence[str], ends: Sequence[tuple[float, float, float]], unit: str) -> None:
    """Draw medians and intervals, one row each, the first at the top, with a line at 0."""
    places = range(len(names), 0, -1)
    axes.axvline(0.0, color="0.7", linewidth=0.8)
    axes.hlines(places, [one[0] for one in ends], [one[2] for one in ends], color="#1f4e79", linewidth=1.5)
    axes.plot([one[1] for one in ends], list(places), "o", color="#1f4e79", markersize=3)
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


def _ranks(axes: Axes, ranks: Document) -> None:
    """Draw how often the true value had each rank, as a ratio to even ranks."""
    for key, name, colour in (("counts", "all", "0.6"), ("counts_of_moved", f"{MOVED} moved most", "#1f4e79")):
        counts = ranks[key]
        even = sum(counts) / len(counts)
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
    axes.hlines(places, low, high, color="#1f4e79", linewidth=1.5)
    axes.set_yticks(places, [one["key"] for one in parameters])
    axes.set_ylim(0.3, len(parameters) + 0.7)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("place in the range: 90% interval before (grey) and after")


def _indices(axes: Axes, answers: Document) -> None:
    """Draw the first-order indices of the parameters that each answer depends on."""
    rows = [(f"{name}: {row['key']}", row["index"]) for name, one in answers.items() for row in one["drivers"]]
    places = list(range(len(rows), 0, -1))
    axes.barh(places, [index for _, index in rows], color="#1f4e79", height=0.6)
    axes.set_yticks(places, [name for name, _ in rows])
    axes.set_ylim(0.3, len(rows) + 0.7)
    axes.set_xlabel("first-order index")
