"""An emulator: what the model would say of parameters that it was not run with, and how far that may be off.

Each datum is taken for a sum of terms linear in all normal scores, of squares and products of the scores that matter
most, and of an error. Coefficients are found by the lasso (Tibshirani, Journal of the Royal Statistical Society B 58,
1996), since most parameters move few data.

Runs that were made on the way to the data are not spread by chance: whoever had more calls than the terms say was moved
to where there are fewer, so levels hide what moves them. From differences between both ends of each step that drops
out, as it does from panel data by first differences (Wooldridge, Econometric Analysis of Cross Section and Panel Data,
2010, chapter 10).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MOST_CURVED = 24
"""Scores of which squares and products are terms; of more there would be more terms than runs."""

FOLDS = 5
"""Parts of the runs, each of which is predicted by the others: every fifth run is in the same one."""

PENALTIES = np.logspace(0.0, -2.0, 14)
"""Penalties that are tried, as shares of the least with which all coefficients are 0."""

TOLERANCE = 1e-3
"""How near coefficients are to have converged: a tenth of that predicts no better, and takes ten times as long."""


@dataclass(frozen=True)
class Emulator:
    """Predictions of data by normal scores.

    Attributes:
        constant: (data,) What is predicted where all scores are 0.
        slopes: (data, parameters) Coefficients of the scores.
        curved: (curved,) The numbers of the parameters of which squares and products are terms.
        products: (data, curved, curved) Their coefficients, symmetric.
        error: (data,) The standard deviation of a run's data about what is predicted.
    """

    constant: Array
    slopes: Array
    curved: npt.NDArray[np.intp]
    products: Array
    error: Array

    def predicted(self, scores: Array) -> Array:
        """Return the data (points, data) that are predicted at normal scores (points, parameters)."""
        some = scores[:, self.curved]
        bent = np.einsum("nk,dkl,nl->nd", some, self.products, some, optimize=True)
        return np.asarray(self.constant + scores @ self.slopes.T + bent)

    def derivatives(self, scores: Array) -> Array:
        """Return the derivatives (data, parameters) of what is predicted at one point, (parameters,)."""
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
        data: (runs, data) What came of each, in units in which the data are equally important, such as standard errors.
        weights: (runs,) How much each run counts, in the coefficients and in the error; all the same if not given.
        before: Scores and data of the run from which a step led to each, shaped as these; coefficients are then learnt
            from differences.

    Returns:
        The emulator. Its error has what the terms leave out, and what chance does to a single run. It is that of
        predictions in cross-validation; where coefficients are learnt from differences, that of these runs, with as
        many degrees of freedom less as there are coefficients (Zou, Hastie and Tibshirani, Annals of Statistics 35,
        2007).
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


def one_thread_of_blas() -> AbstractContextManager[Any]:
    """Return what lets linear algebra have one thread meanwhile: emulators of several data are fitted side by side.

    With more, they wait for each other, two and a half times as long on two cores, and sums may be rounded by how many
    there are.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def _lassos(terms: Array, columns: Array, weights: Array, with_level: bool) -> list[tuple[Array, float]]:
    """Return what ``_lasso`` says of each of some columns, (runs, columns); they are fitted side by side."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as threads:
        # The least penalties have not converged when their time is up; cross-validation judges what they predict.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return list(threads.map(lambda column: _lasso(terms, column, weights, with_level), columns.T))


def _lasso(terms: Array, values: Array, weights: Array, with_level: bool) -> tuple[Array, float]:
    """Return coefficients (terms,) of values (runs,), and the standard error of predictions in cross-validation.

    Args:
        terms: (runs, terms) The terms.
        values: What came of the runs.
        weights: How much each run counts.
        with_level: Whether values have a level of their own, beside their terms.
    """
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
