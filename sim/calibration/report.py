"""The report of a calibration: a document for programs (``fit.json``), and the same as text for people (``fit.md``).

The keys of the document are stored names: ``off`` is the relative residual of a figure, or residuals of runs (r.m.s.,
in standard errors); ``left`` is the share of the prior spread that the data leave.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.base.rounding import number_text
from sim.calibration.coverage import Windows
from sim.calibration.data import Data, Model
from sim.calibration.drivers import indices_in, worth_rows
from sim.calibration.evaluations import Level
from sim.calibration.fit import Fit
from sim.calibration.policies import TOTALS, log_ratios
from sim.calibration.posterior import Posterior, chi_square
from sim.reading.chance import TAILS
from sim.reading.figures import CHANGE, distance, yes_or_no
from sim.scenario import Scenario

Array = npt.NDArray[np.float64]
Document = dict[str, Any]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Reported quantiles of residuals."""


def fixed_by(fit: Fit) -> dict[str, str]:
    """Return for each parameter, by key, the label of the figure that fixed it: that with the largest relative gain.

    The relative gain (Bristol, IEEE Transactions on Automatic Control 11, 1966) of a parameter and a figure is the
    slope between them times the same entry of the inverse: how much of one is determined by the other when all figures
    are met. The gains of a parameter add up to 1.
    """
    gains = fit.jacobian * fit.pseudo_inverse().T
    labels = [fit.targets.label(number) for number in fit.targets.fitted]
    return {one.key: labels[int(gain.argmax())] for one, gain in zip(fit.parameters, gains.T, strict=True)}


def compose(scenario: Scenario, fit: Fit, level: Level, evidence: Sequence[Document]) -> Document:
    """Return the report of a fit whose last level is ``level``: parameters, figures in expectation, evidence."""
    figures = fit.figures[level]
    fixed = fixed_by(fit)
    rows = []
    for number, row in enumerate(fit.targets.rows):
        if not isinstance(row.value, int | float | None) or np.isnan(figures[:, number]).any():
            continue
        mean, spread = float(figures[:, number].mean()), float(figures[:, number].std(ddof=1))
        residual = None
        if row.value is not None:
            residual = mean - row.value if row.name.endswith(CHANGE) else mean / row.value - 1.0
        rows.append(
            {
                "figure": fit.targets.label(number),
                "role": row.role,
                "reported": row.value,
                "expected": mean,
                "standard_error_of_expected": spread / len(figures) ** 0.5,
                "standard_error": spread,
                "off": residual,
                "tolerance": fit.targets.tolerance(number) if row.role == "fitted" else None,
                "within": abs(residual) <= fit.targets.tolerance(number)
                if row.role == "fitted" and residual is not None
                else None,
            }
        )
    return {
        "name": scenario.name,
        "scenario_sha256": scenario.sha256,
        "seeds": list(level.seeds),
        "scales": [one.scale for one in fit.figures],
        "parameters": [
            {
                "key": one.key,
                "range": [one.value(0.0), one.value(1.0)],
                "start": one.value(one.coordinate(one.start)),
                "value": one.value(float(coordinate)),
                "target": fixed[one.key],
            }
            for one, coordinate in zip(fit.parameters, fit.coordinates, strict=True)
        ],
        "figures": rows,
        "evidence": list(evidence),
    }


def add_ensemble(document: Document, ensemble: Posterior, draws: Posterior) -> None:
    """Add to a report how close the members of an ensemble, and the accepted ones, are to the data."""
    count = ensemble.residuals.shape[1]
    document["posterior"] = {
        "members": len(ensemble.coordinates),
        "draws": len(draws.coordinates),
        "data": count,
        "chance": float(np.sqrt(np.mean(ensemble.chance**2))) if len(ensemble.chance) else 0.0,
        "parameters": len(ensemble.parameters),
        "off": {
            "ensemble": _quantiles(ensemble.off()),
            "draws": _quantiles(draws.off()) if len(draws.coordinates) else None,
            "right_model": [(chi_square(count, one) / count) ** 0.5 for one in QUANTILES],
        },
    }


def add_known(
    document: Document, draws: Posterior, data: Data, model: Model, stated: Mapping[str, float], seed: int
) -> None:
    """Add the results of the accepted draws to a report: windows left out, parameters, and totals.

    Args:
        document: The report.
        draws: The accepted draws.
        data: What they were conditioned on.
        model: The model at the level of their runs.
        stated: The discrepancy of each family with which they were conditioned.
        seed: That of the errors of predictions.
    """
    windows = Windows(draws, data, model, data.errors(stated))
    left_out: list[Document] = [
        {
            "figure": data.targets.label(one.number),
            "fitted": one.fitted,
            "scored": one.scored,
            "reported": data.targets.rows[one.number].value,
            "middle": one.middle,
            "interval": list(one.interval),
            "held": one.held,
        }
        for one in windows.left_out(seed)
    ]
    document["posterior"] |= {
        "discrepancy": [
            {"family": family, "stated": stated.get(family, 0.0), "learnt": share}
            for family, share in windows.learnt().items()
        ],
        "left_out": left_out,
        "marginals": _parameters(draws),
        "totals": _totals(draws, model),
    }
    simulated = model.figures(draws.outcomes)
    intervals = {
        data.targets.label(number): [float(data.targets.unscale(number, end)) for end in np.quantile(column, TAILS)]
        for number, column in zip(data.counted, simulated.T, strict=True)
    }
    intervals |= {row["figure"]: row["interval"] for row in left_out if not row["fitted"]}
    for row in document["figures"]:
        row["interval"] = intervals.get(row["figure"])


def _parameters(draws: Posterior) -> list[Document]:
    """Return prior and posterior of each parameter."""
    low, high = np.quantile(draws.coordinates, TAILS, axis=0)
    left = draws.spread_left()
    return [
        {
            "key": one.key,
            "origin": one.origin,
            "range": [one.value(0.0), one.value(1.0)],
            "own": one.value(one.coordinate(one.start)),
            "interval": [one.value(float(low[number])), one.value(float(high[number]))],
            "left": float(left[number]),
        }
        for number, one in enumerate(draws.parameters)
    ]


def _totals(draws: Posterior, model: Model) -> list[Document]:
    """Return the interval over the draws of each reported total, as a ratio to its value at the fit."""
    ratios = np.exp(log_ratios(draws.outcomes, [model.base]))
    ends = np.quantile(ratios, [TAILS[0], 0.5, TAILS[1]], axis=0).T
    return [
        {"total": name, "own": model.base["quantities"][name], "ratios": [float(end) for end in row]}
        for name, row in zip(TOTALS, ends, strict=True)
    ]


def _quantiles(values: Array) -> list[float]:
    return [float(value) for value in np.quantile(values, QUANTILES)]


DRIVERS = ("answer", "parameter", "first-order index")
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
    return [
        *lines,
        *_trust(part),
        *_answers(part),
        *_policies(part.get("policies", [])),
        *_worth(part),
        *_parameters_of(part),
    ]


def _trust(part: Document) -> list[str]:
    """Return the sections that show whether the draws can be trusted: discrepancy, left-out windows."""
    held = [sum(row["held"] for row in part["left_out"] if row["fitted"] == fitted) for fitted in (True, False)]
    count = [sum(row["fitted"] == fitted for row in part["left_out"]) for fitted in (True, False)]
    return [
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
        "The parameters that each total depends on. The first-order index is the share of the total's variance that "
        "would vanish if the parameter were known, without what chance and run-to-run noise explain.",
        "",
        *table(DRIVERS, [row for name, one in part["answers"].items() for row in _drivers(name, one)]),
        "",
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
        "The parameters that each change depends on. A draw has one run of each policy, so noise of that pair is in "
        "the variance, and indices are rather too small.",
        "",
        *table(DRIVERS, drivers),
        "",
    ]


def _drivers(name: str, drivers: Sequence[Document]) -> list[tuple[str, str, str]]:
    """Return rows for the parameters that an answer depends on; one row if its runs cannot show them."""
    if not drivers:
        return [(name, "not shown by these runs", "")]
    return [
        ("" if number else name, f"`{row['key']}`", f"{row['first']:.2f} ± {row['first_error']:.2f}")
        for number, row in enumerate(drivers)
    ]


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with these names above its columns."""
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]
