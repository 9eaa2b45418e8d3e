"""Totals and policies over the posterior draws: what each policy changes, and the parameters that this depends on.

A policy is a scenario that extends the calibrated file, or a lever: ``KEY=VALUE`` changes the file itself.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.calibration.data import Model
from sim.calibration.drivers import drivers_of
from sim.calibration.evaluations import Evaluations, Level
from sim.calibration.fit import FitError
from sim.calibration.posterior import Posterior
from sim.experiments.parameters import parameter_at, plain_decimal
from sim.reading.chance import TAILS
from sim.reading.outcomes import Outcome
from sim.reading.quantities import LEVELS
from sim.reading.stored_answers import StoredAnswers, answered, policy_digests
from sim.scenario import Scenario, load_scenario
from sim.scenario.bundled import bundled_names, is_path
from sim.scenario.load import files_of
from sim.scenario.starter import LEVERS, examples

Array = npt.NDArray[np.float64]

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
