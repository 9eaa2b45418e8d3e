"""Policies over the posterior draws: what each changes, and the parameters that this depends on.

The **first-order index** of a parameter is the share of an answer's variance that would vanish if the parameter were
known, Var(E(answer | parameter)) / Var(answer). It comes from the draws' own runs: from the means of the answer in
classes of equal size of the parameter's rank (Plischke, Borgonovo and Smith, European Journal of Operational Research
226, 2013). Classes explain something even where nothing depends on the parameter; what is expected then, (classes - 1)
/ (draws - 1) of the variance, is taken out. Noise from run to run, known from runs of the same draws with another seed,
counts neither as an effect nor as variance. Parameters of a posterior are correlated, so indices need not add up to 1.

The **worth** of knowing a driver: by how much the intervals of answers would be narrower. It is the expected value of
perfect information about one parameter, for the width of an interval (Oakley, Brennan, Tappenden and Chilcott, Journal
of Health Economics 29, 2010, for decisions). Widths go with the root of a variance.

A policy is a scenario that extends the calibrated file, or a lever: ``KEY=VALUE`` changes the file itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.fit import Evaluations, FitError, Level, Model
from sim.calibration.posterior import Posterior
from sim.calibration.prior import Array
from sim.experiments.parameters import DRIVERS, generator_of, parameter_at, plain_decimal
from sim.reading.intervals import TAILS, StoredAnswers, answered, policy_digests
from sim.reading.quantities import LEVELS
from sim.reading.run import Outcome
from sim.scenario import Scenario, load_scenario
from sim.scenario.guide import LEVERS, examples
from sim.scenario.load import files_of
from sim.scenario.reading import bundled_names, is_path

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


Load = Callable[[str, int | None], Scenario]
"""Loads a scenario by its name, with its own values or those of a draw."""

TOTALS = ("cases_filed", "filed_loss_money", *LEVELS, "saved", "prevented_money")
"""Reported totals, compared by their logarithm; those that data know come first."""

LEAST = 1.0
"""The smallest total, so that every one has a logarithm."""

TOLD = LEVELS
"""Totals whose change by each policy is reported."""

EVERY, OF_LEVERS = "all", "levers"
"""Names for many policies: all bundled ones of a file, and the levers that ``tocsin new`` lists."""


def totals_over(draws: Posterior, base: Outcome, unseen: Model, seed: int) -> dict[str, list[dict[str, Any]]]:
    """Return the drivers of each reported total; ``unseen`` is the model with another seed.

    The runs of the draws with that seed are those by which members were accepted.
    """
    again = [one for one in unseen.outcomes(draws.coordinates) if one is not None]
    runs = np.stack([log_ratios(outcomes, [base]) for outcomes in (draws.outcomes, again)], axis=1)
    return drivers_of(draws, seed, {name: runs[:, :, number] for number, name in enumerate(TOTALS)})


def expanded(policies: Sequence[str], scenario: Scenario, file: Path | None) -> list[str]:
    """Return the names of policies, with those that ``all`` and ``levers`` stand for, each once.

    ``all`` is every bundled policy of the scenario that extends the file. ``levers`` are those that ``tocsin new``
    lists: numbers at the end of their range that is further from their value, and its examples of what the scenario has
    not.

    Raises:
        FitError: If there is a policy but no file that it could extend, or the scenario has no posterior draws, or if
            a name is not a policy of the file.
    """
    if not policies:
        return []
    if file is None:
        raise FitError(
            f"{scenario.name} is bundled, and policies need draws stored next to a scenario's file; give a file"
        )
    if not scenario.spec.calibration.members:
        raise FitError("policies need posterior draws, but calibration.members is 0; set calibration.members")
    many = {EVERY: lambda: _bundled_policies(scenario, file), OF_LEVERS: lambda: _levers(scenario)}
    found = []
    load = loader(file)
    for name in policies:
        if name in many:
            found += many[name]()
        elif load(name, None).spec.policy_of is None or not (_is_lever(name) or file.resolve() in files_of(name)):
            raise FitError(
                f"{name} is not a policy of {file}; give a scenario that extends this file and changes a lever of it, "
                "or KEY=VALUE"
            )
        else:
            found.append(name)
    return list(dict.fromkeys(found))


def loader(file: Path) -> Load:
    """Return a function that loads policies of a file, and the file itself by its path."""

    def load(name: str, draw: int | None) -> Scenario:
        if _is_lever(name):
            key, _, value = name.partition("=")
            return load_scenario(str(file), {key: value}, draw=draw)
        return load_scenario(name, draw=draw)

    return load


def stored_name(name: str, scenario: Scenario) -> str:
    """Return the name under which a policy's answers are stored: a lever's is ``KEY=VALUE``."""
    return name if _is_lever(name) else scenario.name


def _is_lever(name: str) -> bool:
    return "=" in name and not is_path(name)


def _bundled_policies(scenario: Scenario, file: Path) -> list[str]:
    """Return the names of the bundled policies of a scenario that extend its file; raises FitError without any."""
    # A policy of another scenario that extends the file, one that goes on for years, is not comparable with this one.
    found = [
        name
        for name in bundled_names()
        if file.resolve() in files_of(name) and load_scenario(name).spec.policy_of == scenario.name
    ]
    if not found:
        raise FitError(f"no bundled scenario is a policy of {file}; name scenarios that extend it")
    return found


def _levers(scenario: Scenario) -> list[str]:
    """Return the levers that ``tocsin new`` lists, each as ``KEY=VALUE`` with the value that is tried."""
    found = []
    for key in LEVERS:
        try:
            one = parameter_at(scenario, key)
        except KeyError:
            continue
        if one is not None:
            end = one.value(0.0 if one.coordinate(one.start) > 0.5 else 1.0)
            found.append(f"{key}={plain_decimal(end) if isinstance(end, float) else end}")
    return [*found, *(f"{key}={value}" for key, value in examples(scenario).items())]


def over_draws(
    names: Sequence[str],
    load: Load,
    evaluations: Evaluations,
    level: Level,
    draws: int,
    tell: Callable[[str], None],
    start: int = 0,
) -> dict[str, list[Outcome]]:
    """Run scenarios with their own values, then with those of each draw from ``start`` on.

    Returns:
        Outcomes by name, all with the first seed.
    """
    seed = level.seeds[0]
    found = {}
    for name in names:
        rows = (None, *range(start, draws))
        tell(f"{name}: {len(rows) - 1} draws")
        found[name] = evaluations.run((level.scenario(load(name, draw), seed, {}) for draw in rows), len(rows))
    return found


def stored_of(outcomes: dict[str, list[Outcome]], load: Load) -> dict[str, StoredAnswers]:
    """Return the stored answers of scenarios that were run over draws, by ``policy_digests``."""
    stored = {}
    for name, rows in outcomes.items():
        own, *drawn = (answered(one["quantities"]) for one in rows)
        columns = {column: tuple(one[column] for one in drawn) for column in own}
        scenario = load(name, None)
        stored[policy_digests(scenario)] = StoredAnswers(stored_name(name, scenario), len(drawn), own, columns)
    return stored


def compared(draws: Posterior, seed: int, base: str, outcomes: dict[str, list[Outcome]]) -> list[dict[str, Any]]:
    """Return the changes by policies over the first draws, and their drivers.

    Returns:
        For each ``policy`` the number of its ``draws`` and, by total, its ``own`` change at the fit, as a share, the
        ``intervals`` over the draws (low end, median, high end), and the drivers of the change as ``answers``.
    """
    found = []
    for name, rows in outcomes.items():
        if name == base:
            continue
        changes = log_ratios(rows, outcomes[base][: len(rows)])
        by_total = {total: changes[:, TOTALS.index(total)] for total in TOLD}
        found.append(
            {
                "policy": name,
                "draws": len(rows) - 1,
                "own": {total: float(np.expm1(one[0])) for total, one in by_total.items()},
                "intervals": {
                    total: np.expm1(np.quantile(one[1:], [TAILS[0], 0.5, TAILS[1]])).tolist()
                    for total, one in by_total.items()
                },
                "answers": drivers_of(draws, seed, {total: one[1:, None] for total, one in by_total.items()}),
            }
        )
    return found


def log_ratios(outcomes: Sequence[Outcome], base: Sequence[Outcome]) -> Array:
    """Return the logarithms of ratios of ``TOTALS`` to those of the baseline, one or as many runs, (runs, totals)."""
    own, other = (
        np.log(np.maximum([[one["quantities"][name] for name in TOTALS] for one in rows], LEAST))
        for rows in (outcomes, base)
    )
    return np.asarray(own - other)
