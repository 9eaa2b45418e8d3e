"""The report of a calibration as a document for programs (``fit.json``); ``page`` presents it to people.

The keys of the document are stored names: ``off`` is the relative residual of a figure, or residuals of runs (r.m.s.,
in standard errors); ``left`` is the share of the prior spread that the data leave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.coverage import SETS, LeftOut, Ranks, counted, covered, uniformity
from sim.calibration.data import Data, Model
from sim.calibration.drivers import Sensitivity
from sim.calibration.evaluations import Level
from sim.calibration.fit import Fit
from sim.calibration.policies import TOTALS, Policy, log_ratios
from sim.calibration.posterior import Posterior, chi_square
from sim.calibration.truths import Truths
from sim.reading.draw_intervals import TAILS
from sim.reading.figures import CHANGE
from sim.scenario import Scenario

Array = npt.NDArray[np.float64]
Document = dict[str, Any]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Reported quantiles of residuals."""

MOVED = 30
"""The parameters that the data moved most: unlike those of the others, their ranks test more than the prior."""

UNEVEN = 0.05
"""A parameter's ranks are called uneven if their p-value is below this."""


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


@dataclass(frozen=True)
class Known:
    """Tests and results of a posterior, in addition to its draws.

    The discrepancies of each family are ``stated``, as it was conditioned, and ``learnt`` from left-out windows.
    ``ranks`` of the true values are (data sets, parameters), those of ``truths`` by the model itself. ``answers`` are
    the parameters that each answer depends on.
    """

    stated: Mapping[str, float]
    learnt: Mapping[str, float]
    left_out: Sequence[LeftOut]
    ranks: Ranks
    truths: Truths
    answers: Mapping[str, Sensitivity]


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


def add_known(document: Document, draws: Posterior, data: Data, model: Model, known: Known) -> None:
    """Add the results of the accepted draws to a report, and the tests of whether they can be trusted."""
    document["posterior"] |= {
        "discrepancy": [
            {"family": family, "stated": known.stated.get(family, 0.0), "learnt": share}
            for family, share in known.learnt.items()
        ],
        "residuals": [
            {"datum": name, "quantiles": _quantiles(column), "emulator_error": float(error)}
            for name, column, error in zip(data.names, draws.residuals.T, draws.emulator.error, strict=True)
        ],
        "left_out": [
            {
                "figure": data.targets.label(one.number),
                "fitted": one.fitted,
                "scored": one.scored,
                "reported": data.targets.rows[one.number].value,
                "middle": one.middle,
                "interval": list(one.interval),
                "held": one.held,
            }
            for one in known.left_out
        ],
        "ranks": _ranks(draws, known.ranks),
        "truths": _truths(draws, known.truths),
        "marginals": _parameters(draws),
        "answers": _sensitivities(known.answers),
        "totals": _totals(draws, model),
        "first_drivers": _first_drivers(draws, known.answers),
    }
    simulated = model.figures(draws.outcomes)
    intervals = {
        data.targets.label(number): [float(data.targets.unscale(number, end)) for end in np.quantile(column, TAILS)]
        for number, column in zip(data.counted, simulated.T, strict=True)
    }
    beyond = {row["figure"]: row["interval"] for row in document["posterior"]["left_out"] if not row["fitted"]}
    for row in document["figures"]:
        row["interval"] = beyond.get(row["figure"], intervals.get(row["figure"]))


def add_policies(document: Document, policies: Sequence[Policy]) -> None:
    """Add to a report the changes by policies over the draws, and what they depend on; nothing without policies."""
    if not policies:
        return
    document["posterior"]["policies"] = [
        {
            "policy": one.name,
            "draws": one.draws,
            "own": one.own,
            "intervals": {name: list(ends) for name, ends in one.intervals.items()},
            "answers": _sensitivities(one.sensitivities),
        }
        for one in policies
    ]


def _sensitivities(answers: Mapping[str, Sensitivity]) -> Document:
    """Return the parameters that answers depend on, by their names."""
    return {
        name: {"explained": one.explained, "bound": one.bound, "drivers": [asdict(driver) for driver in one.drivers]}
        for name, one in answers.items()
    }


def _quantiles(values: Array) -> list[float]:
    return [float(value) for value in np.quantile(values, QUANTILES)]


def _ranks(draws: Posterior, even: Ranks) -> Document:
    """Return how even the ranks of true values are: of all parameters, and of those that the data moved most."""
    moved = even[:, np.argsort(draws.spread_left(), kind="stable")[:MOVED]]
    uneven = uniformity(even)

    return {
        "sets": len(even),
        "asked": SETS,
        "counts": counted(even).tolist(),
        "counts_of_moved": counted(moved).tolist(),
        "coverage": covered(even),
        "coverage_of_moved": covered(moved),
        "least_probability": float(uneven.min()),
        "uneven": int((uneven < UNEVEN).sum()),
    }


def _truths(draws: Posterior, truths: Truths) -> Document:
    """Return how even the ranks of draws as truths are, of the parameters that matter."""
    ranked = len(truths.rows) - 1
    uneven = uniformity(truths.rows, ranked)
    return {
        "sets": len(truths.rows),
        "counts": counted(truths.rows, ranked).tolist(),
        "coverage": covered(truths.rows, ranked),
        "uneven": int((uneven < UNEVEN).sum()),
        "parameters": [
            {"key": draws.parameters[number].key, "coverage": covered(column, ranked), "probability": float(even)}
            for number, column, even in zip(truths.numbers, truths.rows.T, uneven, strict=True)
        ],
    }


def _first_drivers(draws: Posterior, answers: Mapping[str, Sensitivity]) -> list[Document]:
    """Return each reported total of each draw, with the value of its first driver there."""
    rows = []
    keys = [one.key for one in draws.parameters]
    for name, one in answers.items():
        if not one.drivers:
            continue
        first = one.drivers[0]
        number = keys.index(first.key)
        parameter = draws.parameters[number]
        rows.append(
            {
                "total": name,
                "key": first.key,
                "index": first.first,
                "found": first.found,
                "unit": parameter.unit,
                "logarithmic": parameter.low > 0.0 and parameter.kind is not date,
                "values": [parameter.number(float(place)) for place in draws.coordinates[:, number]],
                "totals": [outcome["quantities"][name] for outcome in draws.outcomes],
            }
        )
    return rows


def _parameters(draws: Posterior) -> list[Document]:
    """Return prior and posterior of each parameter; ``coordinates`` are those of the interval within the range."""
    low, high = np.quantile(draws.coordinates, TAILS, axis=0)
    left = draws.spread_left()
    return [
        {
            "key": one.key,
            "origin": one.origin,
            "range": [one.value(0.0), one.value(1.0)],
            "own": one.value(one.coordinate(one.start)),
            "interval": [one.value(float(low[number])), one.value(float(high[number]))],
            "coordinates": [float(low[number]), float(high[number])],
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
