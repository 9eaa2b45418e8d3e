"""Indices of sensitivity from the draws' own runs, without an emulator.

**First-order**: the share of an answer's variance that would vanish if a parameter were known, Var(E(answer |
parameter)) / Var(answer), from the means of the answer in classes of equal size of the parameter's rank (Plischke,
Borgonovo and Smith, European Journal of Operational Research 226, 2013). Classes explain something even
where nothing depends on the parameter; what is expected then, (classes - 1) / (draws - 1) of the variance, is taken
out.

**Total**: the share of the variance that would be left if all other parameters were known, from runs in which one
parameter has the value of another draw (Jansen, Computer Physics Communications 117, 1999).

Noise from run to run, known from runs of the same draws with another seed, counts neither as an effect nor as variance.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.experiments.design import DRIVERS, generator_of

Array = npt.NDArray[np.float64]

CLASSES = 12
"""The most classes of equal size into which draws are divided."""

FEWEST = 4
"""The fewest draws of a class."""

PERMUTATIONS = 1000
"""How many times the answers are permuted over the draws."""

CHANCE = 0.05
"""The probability that any parameter at all is called a driver where none is."""


@dataclass(frozen=True)
class FirstOrder:
    """First-order indices of all parameters for one answer.

    Attributes:
        index: (parameters,) The indices; noise makes those near 0 negative, too.
        error: (parameters,) Their standard errors.
        bound: What the largest of all indices exceeds with probability ``CHANCE`` if the answer depends on nothing.
    """

    index: Array
    error: Array
    bound: float

    def found(self) -> npt.NDArray[np.intp]:
        """Return the numbers of the parameters whose index chance does not explain, the largest index first."""
        order = np.argsort(-self.index, kind="stable")
        return order[self.index[order] > self.bound]


def noise_of(runs: Array) -> float:
    """Return the variance of noise in the mean of the runs of a draw, from runs (draws, seeds); 0 with one seed.

    A difference that all draws share does not count: it does not change how they differ.
    """
    seeds = runs.shape[1]
    return float(np.mean(np.var(runs - runs.mean(axis=0), axis=1, ddof=1)) / seeds) if seeds > 1 else 0.0


def first_order_by_runs(scores: Array, runs: Array, seed: int) -> FirstOrder:
    """Return the first-order index of each parameter for an answer.

    Args:
        scores: (draws, parameters) Any increasing function of each parameter.
        runs: (draws, seeds) The answer of the runs of each draw, which differ in their seeds.
        seed: The seed of permutations.

    Returns:
        The indices. They are 0, and none is above the bound, where the answer varies by no more than noise.

    Source:
        Errors: the variance of a squared multiple correlation (Olkin and Finn, Psychological Bulletin 118, 1995), and
        of the F statistic where it is 0. Bound: the largest index over all parameters after permutations of the
        answer (Westfall and Young, Resampling-Based Multiple Testing, 1993).
    """
    draws, parameters = scores.shape
    answer = runs.mean(axis=1) - runs.mean()
    classes = min(CLASSES, draws // FEWEST)
    squares = float(answer @ answer)
    signal = 1.0 - noise_of(runs) * (draws - 1) / squares if squares else 0.0
    if classes < 2 or signal <= 0.0:
        return FirstOrder(np.zeros(parameters), np.zeros(parameters), 0.0)
    members = _classes(scores, classes)
    by_chance = (classes - 1) / (draws - 1)

    def explained(rows: Array) -> Array:
        """Return the indices, with noise in the variance, of answers (rows, draws): (rows, parameters)."""
        between = ((rows @ members) ** 2).reshape(len(rows), parameters, classes).sum(axis=2)
        return np.asarray((between / squares - by_chance) / (1.0 - by_chance))

    (share,) = explained(answer[None, :])
    permuted = generator_of(seed, DRIVERS).permuted(np.tile(answer, (PERMUTATIONS, 1)), axis=1)
    bound = float(np.quantile(explained(permuted).max(axis=1), 1.0 - CHANCE))
    inside = np.clip(share, 0.0, 1.0)
    variance = (4.0 * inside / draws + 2.0 * (classes - 1) / (draws - classes) ** 2) * (1.0 - inside) ** 2
    return FirstOrder(share / signal, np.sqrt(variance) / signal, bound / signal)


def total_by_runs(runs: Array, changed: Array) -> tuple[float, float]:
    """Return the total index of a parameter for an answer, and its standard error.

    Runs with the changed parameter have the second seed and are compared with those of the first one, so that the noise
    of a difference is that of two seeds, which the draws' own runs show.

    Args:
        runs: (draws, 2) The answer of the runs of each draw with two seeds.
        changed: (first draws,) The answer where the parameter has the value of another draw, with the second seed; NaN
            where there is no run.
    """
    shift = runs[:, 1].mean() - runs[:, 0].mean()
    differences = changed - runs[: len(changed), 0] - shift
    squares = differences[np.isfinite(differences)] ** 2
    variance = float(np.cov(runs.T)[0, 1])
    if variance <= 0.0 or len(squares) < 2:
        return 0.0, 0.0
    noise = float(np.var(runs[:, 1] - runs[:, 0], ddof=1))
    error = float(squares.std(ddof=1)) / len(squares) ** 0.5
    return (float(squares.mean()) - noise) / 2.0 / variance, error / 2.0 / variance


def _classes(scores: Array, classes: int) -> Array:
    """Return classes of equal size by rank, (draws, parameters x classes).

    The product of an answer with them, squared, is the sum of squares that each class explains.
    """
    draws, parameters = scores.shape
    ranks = np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0, kind="stable")
    number = ranks * classes // draws
    members = (number[:, :, None] == np.arange(classes)).astype(np.float64)
    return np.asarray(members / np.sqrt(members.sum(axis=0))).reshape(draws, parameters * classes)
