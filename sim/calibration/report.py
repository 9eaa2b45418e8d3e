"""Windows left out: each reported figure is predicted from all others, and the model's discrepancy is learnt from that.

A model that is taken as exact gives intervals that are too narrow, and parameters that compensate for what it lacks
(Kennedy and O'Hagan, Journal of the Royal Statistical Society B 63, 2001; Brynjarsdottir and O'Hagan, Inverse Problems
30, 2014). Each family of figures has its own standard deviation, a share of the level. It is the one with which each
window is predicted best from all others: the sum of the log densities of left-out windows is largest (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2). Data are taken as linear in the scores, as they
are near the posterior's mode; then predictions of left-out windows have a closed form.

Windows of one series that overlap count the same days, so they say the same thing twice, and each is predicted too well
by the other. Only windows that do not overlap are scored.

The report of a calibration: a document for programs (``fit.json``), and the same as text for people (``fit.md``).

The keys of the document are stored names: ``off`` is the relative residual of a figure, or residuals of runs (r.m.s.,
in standard errors); ``left`` is the share of the prior spread that the data leave.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.base.rounding import number_text
from sim.calibration.fit import SINGULAR_CUTOFF, Data, Fit, Level, Model, family_of
from sim.calibration.policies import TOTALS, indices_in, log_ratios, worth_rows
from sim.calibration.posterior import Posterior, chi_square, compressed, expanded
from sim.calibration.prior import Array
from sim.experiments.parameters import COVERAGE, generator_of
from sim.reading.figures import CHANGE, distance, yes_or_no
from sim.reading.intervals import TAILS
from sim.reading.run import Outcome
from sim.scenario import Scenario

Document = dict[str, Any]

SHARES = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)
"""Discrepancies that are tried, as shares of a level."""

BEGUN = 0.02
"""The start of each family's search."""

ROUNDS = 6
"""The most passes over all families."""


@dataclass(frozen=True)
class Linear:
    """Data as a linear model of standard normal scores.

    Attributes:
        off: (windows,) Observed minus expected with all scores at 0, in units of the windows.
        covariance: (windows, windows) Of the expected values, over the prior.
        errors: Returns the standard errors (windows,) with discrepancies by family.
        conditioned: (windows,) Which windows the parameters are conditioned on; the others are always left out.
        scored: (windows,) Which windows are used to learn discrepancies.
    """

    off: Array
    covariance: Array
    errors: Callable[[Mapping[str, float]], Array]
    conditioned: npt.NDArray[np.bool_]
    scored: npt.NDArray[np.bool_]

    def left_out(self, discrepancy: Mapping[str, float]) -> tuple[Array, Array]:
        """Return the distance (windows,) of each value from its prediction by the other windows, and its deviation."""
        total = self.covariance + np.diag(self.errors(discrepancy) ** 2)
        inside = np.flatnonzero(self.conditioned)
        precision = np.linalg.inv(total[np.ix_(inside, inside)])
        variance = np.empty(len(self.off))
        off = np.empty(len(self.off))
        variance[inside] = 1.0 / np.diag(precision)
        off[inside] = variance[inside] * (precision @ self.off[inside])
        for number in np.flatnonzero(~self.conditioned):
            gain = total[number, inside] @ precision
            variance[number] = total[number, number] - gain @ total[inside, number]
            off[number] = self.off[number] - gain @ self.off[inside]
        return off, np.sqrt(variance)

    def score(self, discrepancy: Mapping[str, float]) -> float:
        """Return the sum of the log densities of the scored windows, each left out."""
        off, spread = self.left_out(discrepancy)
        return float(-np.sum((np.log(spread) + 0.5 * (off / spread) ** 2)[self.scored]))

    def without(self, number: int) -> "Linear":
        """Return the same without a window: neither parameters nor discrepancies use it."""
        conditioned, scored = self.conditioned.copy(), self.scored.copy()
        conditioned[number] = scored[number] = False
        return Linear(self.off, self.covariance, self.errors, conditioned, scored)


def apart(series: Sequence[str], windows: Sequence[Sequence[tuple[date, date]]], first: Sequence[bool]) -> list[bool]:
    """Choose windows that do not overlap within a series: as many as possible of the first ones, then of the others.

    The window that ends earliest is taken first, then the next one that begins after it; equal ones are taken in the
    order given.

    Args:
        series: The series of each figure.
        windows: The first and last days that each figure counts: one window, or the two of a change.
        first: Which figures have precedence.

    Returns:
        Whether each figure is chosen.
    """
    chosen: list[int] = []
    order = sorted(range(len(series)), key=lambda one: (not first[one], max(end for _, end in windows[one])))
    for one in order:
        taken = [window for other in chosen if series[other] == series[one] for window in windows[other]]
        if not any(start <= last and begin <= end for start, end in windows[one] for begin, last in taken):
            chosen.append(one)
    return [one in chosen for one in range(len(series))]


def learnt(linear: Linear, families: Sequence[str]) -> dict[str, float]:
    """Return the discrepancy of each family, one of ``SHARES``, with which left-out windows are predicted best."""
    found = dict.fromkeys(families, BEGUN)
    best = linear.score(found)
    for _ in range(ROUNDS):
        before = best
        for family in families:
            tried = [linear.score({**found, family: share}) for share in SHARES]
            found[family] = SHARES[int(np.argmax(tried))]
            best = max(tried)
        if best <= before:
            break
    return found


class Windows:
    """Every reported figure as a window that can be left out.

    Rows are the data of the posterior, then the predicted figures, in units of standard errors; those of predicted
    figures exclude discrepancy. ``linear`` is a linear model of the rows about the mean of the draws; ``numbers`` are
    those of fitted figures, then of predicted ones, and ``scored`` says which of these teach discrepancies: no two of
    one series overlap.
    """

    def __init__(self, draws: Posterior, data: Data, model: Model, errors: Array) -> None:
        """Take the windows of accepted draws, which were conditioned with these errors (data,)."""
        self._draws, self._data, self._given = draws, data, errors
        fitted, predicted = list(data.targets.fitted), list(data.predicted)
        self.numbers = [*fitted, *predicted]
        names = {family_of(data.targets.rows[number].name) for number in self.numbers}
        self.families: list[str] = sorted(name for name in names if name is not None)
        self._unit = data.figure_errors(predicted, {})
        columns = [data.counted.index(number) for number in predicted]
        reported = np.array([self._reported(number) for number in predicted])

        def beyond(outcomes: Sequence[Outcome]) -> Array:
            return compressed((model.figures(outcomes)[:, columns] - reported) / self._unit)

        shown = beyond([model.base, *draws.runs.outcomes])
        self._emulators = draws.emulator, draws.runs.emulate(shown)
        runs = np.hstack([draws.runs.data, shown])
        self._shown = runs.min(axis=0), runs.max(axis=0)
        self._simulated = np.hstack([compressed(draws.residuals), beyond(draws.outcomes)])
        middle = draws.scores.mean(axis=0)
        slopes = self._slopes(middle)
        inside = np.arange(len(slopes)) < len(errors)
        self.scored = apart(*self._windows(), [place < len(fitted) for place in range(len(self.numbers))])
        scored = np.zeros(len(slopes), dtype=np.bool_)
        scored[: len(fitted)] = self.scored[: len(fitted)]
        scored[~inside] = self.scored[len(fitted) :]
        off = slopes @ middle - self._simulated.mean(axis=0)
        self.linear = Linear(off, slopes @ slopes.T, self._errors, inside, scored)

    def learnt(self) -> dict[str, float]:
        """Return the discrepancy of each family of left-out windows."""
        return learnt(self.linear, self.families)

    def left_out(self, seed: int) -> list[Document]:
        """Predict each window from the other fitted figures and the evidence, with discrepancies learnt without it.

        Every draw is moved to where it would be without the window, by one step of the descent; an emulator predicts
        the window there, as a difference from the draw's own run. The seed is that of the errors of predictions.

        Returns:
            One row for each window, the fitted figures, then the predicted ones: the ``figure``; whether the posterior
            is conditioned on it when it is not left out (``fitted``), and whether it teaches discrepancies
            (``scored``); the ``reported`` number; median (``middle``) and 90% ``interval`` of its prediction, in the
            figure's unit; and whether the reported number lies inside (``held``).
        """
        slopes = np.array([self._slopes(one) for one in self._draws.scores])
        noise = generator_of(seed, COVERAGE).standard_normal(self._simulated.shape)
        noise[:, : len(self._given)] = self._draws.observations
        rows = []
        for place, number in enumerate(self.numbers):
            fitted = place < len(self._data.targets.fitted)
            row = place if fitted else len(self._given) + place - len(self._data.targets.fitted)
            errors = self._errors(learnt(self.linear.without(row), self.families))
            kept = np.array([one for one in range(len(self._given)) if one != row])
            moved = self._without(kept, errors, slopes, noise)
            there = self._simulated[:, row] + self._predicted(moved, row) - self._predicted(self._draws.scores, row)
            # Emulators do not extrapolate beyond all runs.
            there = np.clip(there, self._shown[0][row], self._shown[1][row])
            found = expanded(there) + errors[row] * noise[:, row]
            ends = np.quantile(found, [TAILS[0], 0.5, TAILS[1]])
            unit = np.concatenate([self._given, self._unit])[row]
            low, middle, high = (
                float(self._data.targets.unscale(number, self._reported(number) + unit * end)) for end in ends
            )
            rows.append(
                {
                    "figure": self._data.targets.label(number),
                    "fitted": fitted,
                    "scored": self.scored[place],
                    "reported": self._data.targets.rows[number].value,
                    "middle": middle,
                    "interval": [low, high],
                    "held": bool(ends[0] <= 0.0 <= ends[2]),
                }
            )
        return rows

    def _windows(self) -> tuple[list[str], list[list[tuple[date, date]]]]:
        """Return the series of each figure and the windows that it counts; a change counts both of its windows."""
        rows = [self._data.targets.rows[number] for number in self.numbers]
        windows = [[one.window, *([one.base] if one.base else [])] for one in rows]
        days = [[(start, end or start) for start, end in each] for each in windows]
        return [one.name.removesuffix(CHANGE) for one in rows], days

    def _without(self, kept: npt.NDArray[np.intp], errors: Array, slopes: Array, noise: Array) -> Array:
        """Return where the draws would be, (draws, parameters), if conditioned on some of the rows only."""
        anchors, rest = self._draws.anchors, self._draws.rest[kept] * errors[kept]
        jacobians = slopes[:, kept]
        transposed = np.swapaxes(jacobians, 1, 2)
        curvature = jacobians @ transposed + np.diag(rest**2)
        away = (jacobians @ (self._draws.scores - anchors)[:, :, None])[:, :, 0]
        ahead = rest * noise[:, kept] - self._simulated[:, kept] + away
        return np.asarray(anchors + (transposed @ np.linalg.solve(curvature, ahead[:, :, None]))[:, :, 0])

    def _errors(self, discrepancy: Mapping[str, float]) -> Array:
        """Return the standard errors of the rows, in their units."""
        own = self._data.errors(discrepancy) / self._given
        beyond = self._data.figure_errors(self._data.predicted, discrepancy) / self._unit
        return np.concatenate([own, beyond])

    def _slopes(self, scores: Array) -> Array:
        """Return the derivatives of the rows at one point."""
        return np.vstack([one.derivatives(scores) for one in self._emulators])

    def _predicted(self, scores: Array, row: int) -> Array:
        """Return the predictions of a row at normal scores."""
        data = len(self._given)
        emulator, column = (self._emulators[0], row) if row < data else (self._emulators[1], row - data)
        return emulator.of(np.array([column])).predicted(scores)[:, 0]

    def _reported(self, number: int) -> float:
        """Return the reported number of a figure in tolerances."""
        return float(self._data.targets.scale(number, float(str(self._data.targets.rows[number].value))))


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Reported quantiles of residuals."""


def fixed_by(fit: Fit) -> dict[str, str]:
    """Return for each parameter, by key, the label of the figure that fixed it: that with the largest relative gain.

    The relative gain (Bristol, IEEE Transactions on Automatic Control 11, 1966) of a parameter and a figure is the
    slope between them times the same entry of the inverse: how much of one is determined by the other when all figures
    are met. The gains of a parameter add up to 1.
    """
    gains = fit.jacobian * np.linalg.pinv(fit.jacobian, rcond=SINGULAR_CUTOFF).T
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
    left_out = windows.left_out(seed)
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


def to_markdown(document: Document) -> str:
    """Return the report as Markdown."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda found: "" if found is None else found,
    )
    environment.filters["cell"] = lambda text: text.replace("|", "\\|")
    environment.globals |= {
        "number": number_text,
        "between": lambda ends: " to ".join(number_text(end) for end in ends),
        "distance": distance,
        "yes_or_no": yes_or_no,
        "change": f"{CHANGE}@",
        "coarser": ", ".join(f"{scale:g}" for scale in document["scales"][:-1]),
        "worth": worth_rows(indices_in(document["posterior"])) if "answers" in document.get("posterior", {}) else None,
    }
    return environment.get_template("fit.md.jinja").render(document)
