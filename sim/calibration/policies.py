"""Policies over the posterior draws: what each of them changes, and the parameters that this depends on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.calibration.drivers import Sensitivity, sensitivities
from sim.calibration.emulator import emulator_of
from sim.calibration.evaluations import Evaluations, Level
from sim.calibration.posterior import Posterior
from sim.reading.draw_intervals import TAILS
from sim.reading.outcomes import Outcome
from sim.reading.stored_answers import StoredAnswers, answered, policy_digests
from sim.scenario import Scenario

Array = npt.NDArray[np.float64]

Load = Callable[[str, int | None], Scenario]
"""Loads a scenario by its name, with its own values or those of a draw."""

TOTALS = ("victims", "loss_money", "saved", "prevented_money", "cases_filed")
"""Reported totals, compared by their logarithm."""

LEAST = 1.0
"""The smallest total, so that every one has a logarithm."""

TOLD = ("victims", "loss_money")
"""Totals whose change by each policy is reported."""


@dataclass(frozen=True)
class Policy:
    """The changes by a policy, by total.

    ``own`` is the change at the fit, as a share; ``intervals`` are low end, median and high end over the draws;
    ``sensitivities`` are the parameters that a change depends on.
    """

    name: str
    draws: int
    own: dict[str, float]
    intervals: dict[str, tuple[float, float, float]]
    sensitivities: dict[str, Sensitivity]


def over_draws(
    names: Sequence[str], load: Load, evaluations: Evaluations, level: Level, draws: int, tell: Callable[[str], None]
) -> dict[str, list[Outcome]]:
    """Run scenarios with their own values, then with those of each draw; outcomes by name, all with the first seed."""
    seed = level.seeds[0]
    found = {}
    for name in names:
        tell(f"{name}: {draws} draws")
        scenarios = (level.scenario(load(name, draw), seed, {}) for draw in (None, *range(draws)))
        found[name] = evaluations.run(scenarios, draws + 1)
    return found


def stored_of(outcomes: dict[str, list[Outcome]], load: Load) -> dict[str, StoredAnswers]:
    """Return the stored answers of scenarios that were run over draws, by ``policy_digests``."""
    stored = {}
    for name, rows in outcomes.items():
        own, *drawn = (answered(one["quantities"]) for one in rows)
        columns = {column: tuple(one[column] for one in drawn) for column in own}
        scenario = load(name, None)
        stored[policy_digests(scenario)] = StoredAnswers(scenario.name, len(drawn), own, columns)
    return stored


def compared(draws: Posterior, seed: int, base: str, outcomes: dict[str, list[Outcome]]) -> list[Policy]:
    """Return the change by each policy, of the first draws, and the parameters that it depends on."""
    found = []
    for name, rows in outcomes.items():
        if name == base:
            continue
        changes = log_ratios(rows, outcomes[base][: len(rows)])
        own, drawn = changes[0], changes[1:]
        scores = draws.scores[: len(drawn)]
        columns = {total: drawn[:, TOTALS.index(total)] for total in TOLD}
        answers = {
            total: (emulator_of(scores, column[:, None]), float(column.var())) for total, column in columns.items()
        }
        ends = {total: np.expm1(np.quantile(column, [TAILS[0], 0.5, TAILS[1]])) for total, column in columns.items()}
        found.append(
            Policy(
                name,
                len(drawn),
                {total: float(np.expm1(own[TOTALS.index(total)])) for total in TOLD},
                {total: (float(low), float(middle), float(high)) for total, (low, middle, high) in ends.items()},
                sensitivities(draws, seed, answers),
            )
        )
    return found


def log_ratios(outcomes: Sequence[Outcome], base: Sequence[Outcome]) -> Array:
    """Return the logarithms of ratios of ``TOTALS`` to those of the baseline, one or as many runs, (runs, totals)."""
    return np.asarray(_logarithms(outcomes) - _logarithms(base))


def _logarithms(outcomes: Sequence[Outcome]) -> Array:
    rows: list[Mapping[str, float]] = [one["quantities"] for one in outcomes]
    return np.log(np.maximum([[row[name] for name in TOTALS] for row in rows], LEAST))
