"""The report of a calibration: one document for programs (``fit.json``), the same as text for people (``fit.md``).

Keys of the document are stored, and so are their names: ``off`` is a relative residual of a figure, or the median
residual of the draws (r.m.s., in standard errors); ``left`` the share of spread or variance that the data leave.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.calibration.fit import Fit
from sim.calibration.levels import Level
from sim.calibration.posterior import ACCEPTANCE, FIXED, Posterior
from sim.results.figures import CHANGE
from sim.results.terminal import amount, distance, yes_or_no
from sim.scenario import Scenario

Document = dict[str, Any]

SHOWN_WEIGHTS = 5
"""Weights of a direction in the document."""

TAILS = (0.05, 0.95)
"""Quantiles at the ends of an interval."""


def fixed_by(fit: Fit) -> dict[str, str]:
    """Name for each parameter the figure that fixed it: the largest of its relative gains.

    The relative gain of a parameter and a figure is the slope between them times the same entry of the inverse: how
    much of the one is determined by the other when all figures are met. The gains of a parameter add up to 1.

    Args:
        fit: The result of a fit.

    Returns:
        The label of the figure by the key of the parameter.

    Source:
        Bristol, IEEE Transactions on Automatic Control 11, 1966.
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


def add_posterior(
    document: Document, ensemble: Posterior, draws: Posterior, predicted: dict[str, tuple[float, float]]
) -> None:
    """Add what the posterior says to a report: which directions the data fix, and which they leave open.

    Args:
        document: The report.
        ensemble: All members.
        draws: Those that are accepted.
        predicted: The interval of each figure, by its label.
    """
    shown = draws if len(draws.coordinates) > 1 else ensemble
    spread_left = shown.spread_left()
    low, high = np.quantile(shown.coordinates, TAILS, axis=0)
    document["posterior"] = {
        "members": len(ensemble.coordinates),
        "draws": len(draws.coordinates),
        "off": float(np.median(draws.residuals)) if len(draws.residuals) else None,
        "parameters": [
            {
                "key": one.key,
                "origin": one.origin,
                "range": [one.value(0.0), one.value(1.0)],
                "interval": [one.value(float(low[number])), one.value(float(high[number]))],
                "left": float(spread_left[number]),
                "depends": bool(ensemble.active[number]),
            }
            for number, one in enumerate(ensemble.parameters)
        ],
        "directions": [
            {
                "left": one.variance_left,
                "fixed": one.variance_left < FIXED,
                "weights": [list(pair) for pair in one.weights[:SHOWN_WEIGHTS]],
            }
            for one in ensemble.directions()
        ],
    }
    for row in document["figures"]:
        row["interval"] = list(predicted[row["figure"]]) if row["figure"] in predicted else None


def to_markdown(document: Document) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# Fit of {document['name']}",
        "",
        f"Made by `tocsin calibrate`; {document['simulated']:,} runs simulated; expectations over "
        f"{len(document['seeds'])} seeds, {document['seeds'][0]} to {document['seeds'][-1]}, at scale "
        f"{document['scales'][-1]:g}; coarser scales on the way: "
        f"{', '.join(f'{scale:g}' for scale in document['scales'][:-1]) or 'none'}.",
        "",
        "## Fitted figures, in expectation",
        "",
        *_table(
            ("figure", "reported", "expected", "s.e. of expected", "off", "tolerance", "within", "s.d. of a run"),
            [
                (
                    row["figure"],
                    amount(row["reported"]),
                    amount(row["expected"]),
                    amount(row["standard_error_of_expected"]),
                    distance(row),
                    _tolerance(row),
                    yes_or_no(row["within"]),
                    amount(row["standard_error"]),
                )
                for row in document["figures"]
                if row["role"] == "fitted"
            ],
        ),
        "",
        "## Predictions",
        "",
        *_table(
            ("figure", "reported", "expected", "off", "90 % interval"),
            [
                (
                    row["figure"],
                    amount(row["reported"]),
                    amount(row["expected"]),
                    distance(row),
                    " to ".join(amount(end) for end in row["interval"]) if row.get("interval") else "",
                )
                for row in document["figures"]
                if row["role"] == "predicted"
            ],
        ),
        "",
        "## Calibrated parameters",
        "",
        *_table(
            ("parameter", "range", "start", "value", "fixed by"),
            [
                (f"`{one['key']}`", _range(one["range"]), str(one["start"]), str(one["value"]), one["target"])
                for one in document["parameters"]
            ],
        ),
    ]
    if document["evidence"]:
        lines += ["", "## Inside, beside published evidence", "", *_evidence(document["evidence"])]
    if "posterior" in document:
        lines += ["", *_posterior(document["posterior"])]
    return "\n".join(lines) + "\n"


def _evidence(rows: Sequence[Document]) -> list[str]:
    cells = [
        (
            row["name"],
            f"{amount(row['low'])} to {amount(row['high'])}",
            amount(row["simulated"]),
            yes_or_no(row["within"]),
            row["basis"],
        )
        for row in rows
    ]
    return _table(("quantity", "range", "simulated", "within", "basis"), cells)


def _posterior(part: Document) -> list[str]:
    directions = part["directions"]
    fixed = [one for one in directions if one["fixed"]]
    touched = [one for one in part["parameters"] if one["depends"]]
    touched.sort(key=lambda one: one["left"])
    half = "" if part["off"] is None else f", half of them within {part['off']:.2f}"
    return [
        "## Posterior",
        "",
        f"An ensemble of {part['members']} drawn from the ranges of {len(part['parameters'])} parameters, of which "
        f"some datum depends on {len(touched)}. Of as many directions {len(directions)} data fix {len(fixed)} "
        f"(less than {FIXED:.0%} of the variance is left) and leave {len(touched) - len(fixed)} open. "
        f"{part['draws']} members come within {ACCEPTANCE:g} errors of the data (r.m.s.{half}): they are the draws.",
        "",
        "What the data fix, the firmest first; a weight is the entry of its unit vector, in normal scores:",
        "",
        *_table(
            ("variance left", "made of"),
            [
                (f"{one['left']:.4f}", ", ".join(f"`{key}` {weight:+.2f}" for key, weight in one["weights"]))
                for one in fixed
            ],
        ),
        "",
        "Parameters by what is left of the spread of their range:",
        "",
        *_table(
            ("parameter", "origin", "range", "90 % interval", "spread left"),
            [
                (f"`{one['key']}`", one["origin"], _range(one["range"]), _range(one["interval"]), f"{one['left']:.2f}")
                for one in touched
            ],
        ),
    ]


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]


def _range(ends: Sequence[Any]) -> str:
    return f"{ends[0]} to {ends[1]}"


def _tolerance(row: Document) -> str:
    return f"{row['tolerance']:g}" if CHANGE + "@" in row["figure"] else f"{100 * row['tolerance']:g} %"
