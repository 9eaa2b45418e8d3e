"""An emulator: what the model would say of parameters that it was not run with, and how far that may be off.

Each datum is taken for a sum of terms linear in all normal scores, of squares and products of the scores that matter
most, and of an error. Coefficients are found by the lasso (Tibshirani, Journal of the Royal Statistical Society B 58,
1996), since most parameters move few data. The error is that of predictions in cross-validation: it has what the terms
leave out, and what chance does to a single run.
"""

from dataclasses import dataclass, replace

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


def emulator_of(scores: Array, data: Array, weights: Array | None = None) -> Emulator:
    """Fit an emulator to runs; equal arguments give equal results.

    Args:
        scores: (runs, parameters) Normal scores of the parameters of each run.
        data: (runs, data) What came of each, in units in which the data are equally important, such as standard errors.
        weights: (runs,) How much each run counts, in the coefficients and in the error; all the same if not given.

    Returns:
        The emulator.
    """
    heavy = np.ones(len(scores)) if weights is None else weights / weights.mean()
    first = np.array([_lasso(scores, column, heavy)[1] for column in data.T])
    curved = np.argsort(-np.sum(first**2, axis=0), kind="stable")[:MOST_CURVED]
    one, two = np.triu_indices(len(curved))
    some = scores[:, curved]
    terms = np.hstack([scores, some[:, one] * some[:, two]])
    constants, slopes, products, errors = [], [], [], []
    for column in data.T:
        constant, coefficients, error = _lasso(terms, column, heavy)
        square = np.zeros((len(curved), len(curved)))
        square[one, two] = coefficients[scores.shape[1] :]
        constants.append(constant)
        slopes.append(coefficients[: scores.shape[1]])
        products.append((square + square.T) / 2.0)
        errors.append(error)
    return Emulator(np.array(constants), np.array(slopes), curved, np.array(products), np.array(errors))


def _lasso(terms: Array, values: Array, weights: Array) -> tuple[float, Array, float]:
    """Return constant and coefficients (terms,) of values (runs,), and the standard error of predictions."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LassoCV

    about = weights * (values - np.average(values, weights=weights))
    middle = np.average(terms, axis=0, weights=weights)
    least = float(np.abs((terms - middle).T @ about).max()) / len(values)
    if least == 0.0:
        return float(values[0]), np.zeros(terms.shape[1]), 0.0
    part = np.arange(len(values)) % FOLDS
    folds = [(np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(FOLDS)]
    with warnings.catch_warnings():
        # The least penalties have not converged when their time is up; cross-validation judges what they predict.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LassoCV(alphas=least * PENALTIES, cv=folds, tol=TOLERANCE).fit(terms, values, sample_weight=weights)
    of_folds = [weights[test].sum() for _, test in folds]
    error = float(np.average(fitted.mse_path_, axis=1, weights=of_folds).min()) ** 0.5
    return float(fitted.intercept_), np.asarray(fitted.coef_), error
