"""Drivers: which parameters an answer depends on over the posterior draws, and what it would be worth to know them.

The **first-order index** of a parameter is the share of an answer's variance that would vanish if the parameter were
known, Var(E(answer | parameter)) / Var(answer). It comes from the draws' own runs: from the means of the answer in
classes of equal size of the parameter's rank (Plischke, Borgonovo and Smith, European Journal of Operational Research
226, 2013). Classes explain something even where nothing depends on the parameter; what is expected then, (classes - 1)
/ (draws - 1) of the variance, is taken out. Noise from run to run, known from runs of the same draws with another seed,
counts neither as an effect nor as variance. Parameters of a posterior are correlated, so indices need not add up to 1.

The **worth** of knowing a driver: by how much the intervals of answers would be narrower. It is the expected value of
perfect information about one parameter, for the width of an interval (Oakley, Brennan, Tappenden and Chilcott, Journal
of Health Economics 29, 2010, for decisions). Widths go with the root of a variance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.posterior import Posterior
from sim.experiments.design import DRIVERS, generator_of

Array = npt.NDArray[np.float64]

MOST = 10
"""The most drivers that are shown of all answers together."""

Key = tuple[str, str]
"""An answer: a policy, empty for the scenario itself, and a total."""

Indices = Mapping[Key, Mapping[str, float]]
"""First-order indices by runs, by answer and parameter; those that chance explains are not there."""

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


def _classes(scores: Array, classes: int) -> Array:
    """Return classes of equal size by rank, (draws, parameters x classes).

    The product of an answer with them, squared, is the sum of squares that each class explains.
    """
    draws, parameters = scores.shape
    ranks = np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0, kind="stable")
    number = ranks * classes // draws
    members = (number[:, :, None] == np.arange(classes)).astype(np.float64)
    return np.asarray(members / np.sqrt(members.sum(axis=0))).reshape(draws, parameters * classes)


def drivers_of(posterior: Posterior, seed: int, answers: Mapping[str, Array]) -> dict[str, list[dict[str, Any]]]:
    """Find the parameters that answers depend on.

    Args:
        posterior: The draws.
        seed: That of permutations.
        answers: The runs (first draws, seeds) of each answer, by name.

    Returns:
        By name, for each parameter whose index chance does not explain, the largest index first: ``key``, its
        first-order index ``first``, and its standard error ``first_error``.
    """
    found = {}
    for name, runs in answers.items():
        own = first_order_by_runs(posterior.scores[: len(runs)], runs, seed)
        found[name] = [
            {"key": posterior.parameters[n].key, "first": float(own.index[n]), "first_error": float(own.error[n])}
            for n in own.found()
        ]
    return found


def narrower(first: float) -> float:
    """Return the share of an interval's width that vanishes if a parameter with this first-order index is known."""
    return 1.0 - float(max(1.0 - first, 0.0) ** 0.5)


def indices_in(part: Mapping[str, Any]) -> Indices:
    """Return the indices in the report of a posterior, of totals and of changes by policies."""
    answers = {("", name): rows for name, rows in part["answers"].items()}
    for policy in part.get("policies", ()):
        answers |= {(policy["policy"], name): rows for name, rows in policy["answers"].items()}
    return {key: {row["key"]: row["first"] for row in rows} for key, rows in answers.items()}


def worth_rows(indices: Indices) -> tuple[list[str], list[list[str]]]:
    """Return names of columns and rows of a table: by how much each answer is narrower if a driver is known.

    Drivers are at most ``MOST``, that with the largest index first: of the totals of the scenario, then of policies.
    """
    totals = [total for policy, total in indices if not policy]
    changes = list(dict.fromkeys(total for policy, total in indices if policy))
    largest: dict[str, tuple[float, float]] = {}
    for (policy, _), found in indices.items():
        for key, first in found.items():
            own, of_policies = largest.get(key, (0.0, 0.0))
            largest[key] = (own, max(first, of_policies)) if policy else (max(first, own), of_policies)
    drivers = sorted(largest, key=lambda key: (tuple(-one for one in largest[key]), key))[:MOST]
    rows = [
        [
            f"`{key}`",
            *(_share(indices["", total], key) for total in totals),
            *(_of_policies(indices, key, total) for total in changes),
        ]
        for key in drivers
    ]
    return ["driver", *totals, *(f"change of {total} by" for total in changes)], rows


def _share(found: Mapping[str, float], key: str) -> str:
    return f"{narrower(found[key]):.0%}" if key in found else ""


def _of_policies(indices: Indices, key: str, total: str) -> str:
    """Return the policies whose change of a total would have a narrower interval, and by how much, the most first."""
    found = {policy: one for (policy, name), one in indices.items() if policy and name == total and key in one}
    order: Sequence[str] = sorted(found, key=lambda policy: (-found[policy][key], policy))
    return ", ".join(f"`{policy.partition('=')[0]}` {_share(found[policy], key)}" for policy in order)
