"""An emulator: a prediction of the model's data for parameters that were not run, and its error.

Each datum is a sum of linear terms in all normal scores, of squares and products of the scores that matter most, and of
an error. Coefficients are found by the lasso (Tibshirani, Journal of the Royal Statistical Society B 58, 1996), since
most parameters move few data.

Runs on the way to the data are not spread at random: a run with more calls than the terms predict was moved to where
there are fewer, so levels hide the effect of what moved it. Differences between both ends of each step do not have this
bias, as first differences of panel data (Wooldridge, Econometric Analysis of Cross Section and Panel Data, 2010,
chapter 10).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.descent import Descent

Array = npt.NDArray[np.float64]

MOST_CURVED = 24
"""The most scores whose squares and products are terms; with more there would be more terms than runs."""

FOLDS = 5
"""Parts of the runs, each predicted from the others: every fifth run is in the same part."""

PENALTIES = np.logspace(0.0, -2.0, 14)
"""Penalties that are tried, as shares of the smallest with which all coefficients are 0."""

TOLERANCE = 1e-3
"""Convergence of coefficients: a tenth of it predicts no better, and takes ten times as long."""


DRAW_STEPS = 12
"""The most steps of draws by an emulator, which cost little."""

DRAW_CONVERGED = 0.1
"""A draw has converged when its next step is predicted to lower its objective by less than this: half a standard error
in one datum corresponds to 0.125. Draws of the flagship's 255 parameters, 16 long in normal scores, end 0.4 (median)
from where a twentieth of it leads."""


@dataclass(frozen=True)
class Emulator:
    """Predictions of data from normal scores.

    Attributes:
        constant: (data,) The prediction where all scores are 0.
        slopes: (data, parameters) Coefficients of the scores.
        curved: (curved,) The numbers of the parameters whose squares and products are terms.
        products: (data, curved, curved) Their coefficients, symmetric.
        error: (data,) The standard deviation of a run's data about the prediction.
    """

    constant: Array
    slopes: Array
    curved: npt.NDArray[np.intp]
    products: Array
    error: Array

    def predicted(self, scores: Array) -> Array:
        """Return predicted data (points, data) at normal scores (points, parameters)."""
        some = scores[:, self.curved]
        bent = np.einsum("nk,dkl,nl->nd", some, self.products, some, optimize=True)
        return np.asarray(self.constant + scores @ self.slopes.T + bent)

    def derivatives(self, scores: Array) -> Array:
        """Return the derivatives (data, parameters) of the prediction at one point, (parameters,)."""
        found = self.slopes.copy()
        found[:, self.curved] += 2.0 * self.products @ scores[self.curved]
        return found

    def in_units(self, units: Array) -> "Emulator":
        """Return the emulator of the same data in other units, (data,)."""
        return replace(
            self,
            constant=self.constant / units,
            slopes=self.slopes / units[:, None],
            products=self.products / units[:, None, None],
            error=self.error / units,
        )

    def of(self, data: npt.NDArray[np.intp]) -> "Emulator":
        """Return the emulator of some of the data, by their numbers."""
        return replace(
            self,
            constant=self.constant[data],
            slopes=self.slopes[data],
            products=self.products[data],
            error=self.error[data],
        )


def emulator_of(
    scores: Array, data: Array, weights: Array | None = None, before: tuple[Array, Array] | None = None
) -> Emulator:
    """Fit an emulator to runs; equal arguments give equal results.

    Args:
        scores: (runs, parameters) Normal scores of the parameters of each run.
        data: (runs, data) Data of each run, in units in which they are equally important, such as standard errors.
        weights: (runs,) The weight of each run, in the coefficients and in the error; by default equal.
        before: Scores and data of the run from which a step led to each, shaped as these; coefficients are then learnt
            from differences.

    Returns:
        The emulator. Its error includes what the terms leave out, and the noise of a single run. It is the error of
        predictions in cross-validation; where coefficients are learnt from differences, that of these runs, with one
        degree of freedom less for each coefficient (Zou, Hastie and Tibshirani, Annals of Statistics 35, 2007).
    """
    heavy = np.ones(len(scores)) if weights is None else weights / weights.mean()
    changes = data if before is None else data - before[1]
    linear = scores if before is None else scores - before[0]
    with_level = before is None
    first = np.array([slopes for slopes, _ in _lassos(linear, changes, heavy, with_level)])
    curved = np.argsort(-np.sum(first**2, axis=0), kind="stable")[:MOST_CURVED]
    one, two = np.triu_indices(len(curved))

    def terms_of(scores: Array) -> Array:
        some = scores[:, curved]
        return np.hstack([scores, some[:, one] * some[:, two]])

    terms = terms_of(scores)
    differences = terms if before is None else terms - terms_of(before[0])
    constants, slopes, products, errors = [], [], [], []
    for column, (coefficients, error) in zip(data.T, _lassos(differences, changes, heavy, with_level), strict=True):
        left = column - terms @ coefficients
        constants.append(float(np.average(left, weights=heavy)))
        if before is not None:
            free = max(len(left) - 1 - np.count_nonzero(coefficients), 1)
            error = float(np.sum(heavy * (left - constants[-1]) ** 2) / free) ** 0.5
        errors.append(error)
        square = np.zeros((len(curved), len(curved)))
        square[one, two] = coefficients[scores.shape[1] :]
        slopes.append(coefficients[: scores.shape[1]])
        products.append((square + square.T) / 2.0)
    return Emulator(np.array(constants), np.array(slopes), curved, np.array(products), np.array(errors))


def emulated_draws(
    emulator: Emulator, observed: Array, errors: Array, members: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Draw from an emulator's posterior as ``sample_posterior``: scores (members, parameters), residuals in errors."""
    start = np.zeros(emulator.slopes.shape[1])
    anchors = generator.standard_normal((members, len(start)))
    noise = generator.standard_normal((members, len(observed)))
    stretched = emulator.in_units(errors)

    def residuals(scores: Array) -> Array:
        return np.asarray(stretched.predicted(scores) - observed / errors)

    none = np.zeros(len(observed))
    simulated = residuals(start[None, :])[0]
    descent = Descent(start, anchors, noise, simulated, none, longest=1.0, converged=DRAW_CONVERGED)
    descent.run(lambda _, scores: residuals(scores), lambda: stretched, DRAW_STEPS, lambda line: None)
    return descent.iterates, descent.simulated


def one_thread_of_blas() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra has one thread: emulators of several data are fitted in parallel.

    With more threads they wait for each other, two and a half times as long on two cores, and the number of threads may
    change how sums are rounded.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def _lassos(terms: Array, columns: Array, weights: Array, with_level: bool) -> list[tuple[Array, float]]:
    """Apply ``_lasso`` to each of some columns, (runs, columns), in parallel."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as threads:
        # The smallest penalties do not converge in time; cross-validation judges their predictions.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return list(threads.map(lambda column: _lasso(terms, column, weights, with_level), columns.T))


def _lasso(terms: Array, values: Array, weights: Array, with_level: bool) -> tuple[Array, float]:
    """Return coefficients (terms,) of values (runs,), and the standard error of predictions in cross-validation."""
    from sklearn.linear_model import LassoCV

    level = np.average(values, weights=weights) if with_level else 0.0
    middle = np.average(terms, axis=0, weights=weights) if with_level else np.zeros(terms.shape[1])
    least = float(np.abs((terms - middle).T @ (weights * (values - level))).max()) / len(values)
    if least == 0.0:
        return np.zeros(terms.shape[1]), 0.0
    part = np.arange(len(values)) % FOLDS
    folds = [(np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(FOLDS)]
    fitted = LassoCV(alphas=least * PENALTIES, cv=folds, tol=TOLERANCE, fit_intercept=with_level).fit(
        terms, values, sample_weight=weights
    )
    of_folds = [weights[test].sum() for _, test in folds]
    error = float(np.average(fitted.mse_path_, axis=1, weights=of_folds).min()) ** 0.5
    return np.asarray(fitted.coef_), error
