"""The page of a calibration: its report as text for people (``fit.md``), with its pictures."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sim.base.rounding import number_text
from sim.calibration.pictures import PICTURE, SHOWN_PARAMETERS
from sim.calibration.report import MOVED, QUANTILES, UNEVEN, Document
from sim.calibration.worth import indices_in, worth_rows
from sim.reading.figures import CHANGE, distance, yes_or_no

DRIVERS = (
    *("answer", "parameter", "first-order by runs", "total by runs", "first-order of the emulator", "explained by it"),
    *("change for one s.d.", "width if the prior is twice as wide"),
)
"""Columns of the table of parameters that answers depend on."""


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
        *_context(document),
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


def _context(document: Document) -> list[str]:
    """Return the section of figures that are only context; nothing without any."""
    if not any(row["role"] == "context" for row in document["figures"]):
        return []
    return ["## Context: other definitions or unknown days", "", *_figures(document, "context", PREDICTED), ""]


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
    answers = [*_answers(part), *_policies(part.get("policies", [])), *_worth(part)]
    return [*lines, *_trust(part), *answers, *_parameters_of(part)]


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
        "draws, and the value with which windows are predicted best by all others. Of windows of one series that "
        f"overlap only one is scored: {sum(row['scored'] for row in part['left_out'])} of {len(part['left_out'])}.",
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
            ("figure", "conditioned on", "scored", "reported", "predicted", "90 % interval", "inside"),
            [
                (
                    row["figure"],
                    yes_or_no(row["fitted"]),
                    yes_or_no(row["scored"]),
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
        *_truths(part["truths"]),
        *_picture("ranks", "Ranks of the true value among the draws: by the emulator and by the model"),
    ]


def _truths(part: Document) -> list[str]:
    """Return what ranks of truths by the model itself say."""
    rows = part["parameters"]
    if not rows:
        return []
    worst = min(rows, key=lambda one: one["coverage"])
    return [
        f"The model itself: each of {part['sets']} draws was the truth once, its data those of its own run with "
        "another seed, and all other draws were conditioned on these data, too.",
        f"Of the {len(rows)} parameters that matter (at least 5 % of the spread learnt, or a driver) the 90% intervals "
        f"contain the true value in {part['coverage']:.1%} of all cases, of `{worst['key']}` in "
        f"{worst['coverage']:.1%}, the fewest.",
        f"The ranks of {part['uneven']} are uneven at the {UNEVEN:.0%} level. All truths share the same draws, so "
        "some 15 % of those that data move would be uneven even if conditioning were exact.",
        "This tests the procedure near the posterior, not whether the draws lie where the data put them.",
        "",
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
        "For each total of the scenario: its 90% interval over the draws, as a ratio to its value at the fit, and "
        "whether this value lies inside.",
        "",
        *table(("total", "at the fit", "5 %", "95 %", "inside"), totals),
        "",
        "The parameters that each total depends on:",
        "",
        "- **First-order**: the share of the total's variance that would vanish if the parameter were known; by runs, "
        "from the draws' own runs, without what chance and run-to-run noise explain, and its standard error.",
        "- **Total by runs**: each draw was run once more with this parameter taken from another draw. That breaks its "
        "dependence on other parameters in the posterior; the share can exceed 1 where others compensate for it.",
        "- **Of the emulator**: of the part of the total that an emulator explains.",
        "",
        *table(DRIVERS, [row for name, one in part["answers"].items() for row in _drivers(name, one)]),
        "",
        *(
            _picture("first-drivers", "Each total over the draws, and its first driver")
            if part["first_drivers"]
            else []
        ),
        *_picture("drivers", "First-order indices of the parameters that answers depend on"),
    ]


def _worth(part: Document) -> list[str]:
    """Return the section about what it would be worth to know each driver."""
    names, rows = worth_rows(indices_in(part))
    if not rows:
        return []
    return [
        "## What knowing a driver would be worth",
        "",
        "By how much the 90% interval of an answer would be narrower if the parameter were known (expected value of "
        "perfect information about it, from first-order indices by runs); empty where chance explains the index.",
        "",
        *table(names, rows),
        "",
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
        "deviation of a parameter. A draw has one run of each policy, so noise of that pair is in the variance, and "
        "indices by runs are rather too small.",
        "",
        *table(DRIVERS, drivers),
        "",
    ]


def _drivers(name: str, one: Document) -> list[tuple[str, ...]]:
    """Return rows for the parameters that an answer depends on; one row if its runs cannot show them."""
    explained = f"{one['explained']:.0%}"
    if not one["drivers"]:
        return [(name, "not shown by these runs", "", "", "", explained, "", "")]
    return [
        (
            name if not number else "",
            f"`{row['key']}`",
            f"{row['first']:.2f} ± {row['first_error']:.2f}" if row["found"] else "no more than chance",
            "" if row["total"] is None else f"{row['total']:.2f} ± {row['total_error']:.2f}",
            f"{row['index']:.2f}" if one["explained"] else "",
            explained if not number else "",
            f"{math.expm1(row['slope']):+.1%}" if one["explained"] else "",
            f"{row['width_ratio']:.2f}" if one["explained"] else "",
        )
        for number, row in enumerate(one["drivers"])
    ]


def _picture(name: str, title: str) -> list[str]:
    return [f"![{title}]({PICTURE.format(name=name)})", ""]


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with these names above its columns."""
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]
