"""Coverage: do intervals contain the true value as often as they claim?

Three tests. **Left out**: each reported figure is predicted from all others, with discrepancies learnt without it.
**Ranks**: parameters are drawn from their ranges, data are simulated from them, the posterior of these data is computed
as for reported ones, and the rank of the true parameters among its draws is recorded; if all is right, ranks are even
(simulation-based calibration: Talts, Betancourt, Simpson, Vehtari and Gelman, arXiv:1804.06788, 2018); there an
emulator makes the data. **Truths** (``truths``): the same near the posterior, with data that the model itself makes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.calibration.data import Data, Model
from sim.calibration.discrepancy import Linear, apart, learnt
from sim.calibration.emulator import Emulator, emulated_draws
from sim.calibration.posterior import CONSISTENT, Posterior, chi_square, compressed, expanded
from sim.calibration.targets import family_of
from sim.experiments.design import COVERAGE, generator_of
from sim.reading.draw_intervals import TAILS
from sim.reading.figures import CHANGE
from sim.reading.outcomes import Outcome

Array = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.intp]

RANKED = 39
"""Draws of each posterior among which a true value is ranked."""

SPARE = 48
"""Draws made for each posterior: some are rejected."""

SETS = 200
"""Default number of data sets."""


@dataclass(frozen=True)
class LeftOut:
    """A reported figure, and its prediction from the others: median and 90% interval, in the figure's unit.

    ``fitted`` says whether the posterior is conditioned on it when it is not left out, ``scored`` whether it teaches
    discrepancies, ``held`` whether the reported number lies inside.
    """

    number: int
    fitted: bool
    scored: bool
    interval: tuple[float, float]
    middle: float
    held: bool


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

    def left_out(self, seed: int) -> list[LeftOut]:
        """Predict each window from the other fitted figures and the evidence, with discrepancies learnt without it.

        Every draw is moved to where it would be without the window, by one step of the descent; an emulator predicts
        the window there, as a difference from the draw's own run. The seed is that of the errors of predictions.

        Returns:
            One row for each window: the fitted figures, then the predicted ones.
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
            held = bool(ends[0] <= 0.0 <= ends[2])
            rows.append(LeftOut(number, fitted, self.scored[place], (low, high), middle, held))
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


def ranks(emulator: Emulator, seed: int, sets: int = SETS) -> Ranks:
    """Return the ranks of true values in posteriors of data sets that an emulator makes, (data sets, parameters).

    The emulator's data are in standard errors. Ranks go from 0 to ``RANKED``; data sets with fewer accepted draws are
    left out, so the number of rows is part of the result.
    """
    generator = generator_of(seed, COVERAGE)
    errors = np.ones(len(emulator.constant))
    rows = []
    for _ in range(sets):
        truth = generator.standard_normal((1, emulator.slopes.shape[1]))
        observed = emulator.predicted(truth)[0] + generator.standard_normal(len(errors))
        drawn, residuals = emulated_draws(emulator, observed, errors, SPARE, generator)
        accepted = np.flatnonzero(np.sum(residuals**2, axis=1) <= chi_square(len(errors), CONSISTENT))[:RANKED]
        if len(accepted) == RANKED:
            rows.append((drawn[accepted] < truth).sum(axis=0))
    return np.array(rows, dtype=np.intp).reshape(len(rows), emulator.slopes.shape[1])


def uniformity(rows: Ranks, ranked: int = RANKED, bins: int = 10) -> Array:
    """Return p-values (parameters,) of chi-square tests that ranks (data sets, parameters) are even; 0 without any.

    Ranks are those among ``ranked`` draws.
    """
    from scipy.stats import chisquare

    if not len(rows):
        return np.zeros(rows.shape[1])
    even = counted(np.arange(ranked + 1), ranked, bins) * len(rows) / (ranked + 1)
    return np.array([chisquare(counted(column, ranked, bins), even).pvalue for column in rows.T])


def counted(ranks: Ranks, ranked: int = RANKED, bins: int = 10) -> npt.NDArray[np.intp]:
    """Return how many ranks among ``ranked`` draws fall into each of some classes."""
    return np.histogram(ranks, bins=bins, range=(-0.5, ranked + 0.5))[0]


def covered(rows: Ranks, ranked: int = RANKED) -> float:
    """Return the share of ranks (data sets, parameters) whose value lies inside the 90% interval; 0 without any."""
    if not rows.size:
        return 0.0
    return float(np.mean((rows >= (ranked + 1) * TAILS[0]) & (rows < (ranked + 1) * TAILS[1])))
