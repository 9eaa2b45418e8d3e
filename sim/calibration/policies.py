"""Policies over the draws: what each of them would have done instead, and what that answer hangs on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.calibration.answers import TOTALS, log_ratios
from sim.calibration.drivers import Sensitivity, sensitivities
from sim.calibration.emulator import emulator_of
from sim.calibration.evaluations import Evaluations
from sim.calibration.levels import Level
from sim.calibration.posterior import Posterior
from sim.reading.draw_intervals import TAILS
from sim.reading.outcomes import Outcome
from sim.reading.stored_answers import StoredAnswers, answered, policy_digests
from sim.scenario import Scenario

Array = npt.NDArray[np.float64]

Load = Callable[[str, int | None], Scenario]
"""Loads a scenario by its name, with its own values or those of a draw."""

TOLD = ("victims", "loss_money")
"""Totals whose change is told of each policy."""


@dataclass(frozen=True)
class Policy:
    """What a policy changes.

    Attributes:
        name: That of its scenario.
        draws: Of how many draws.
        own: By total, the change at the fit, as a share.
        intervals: By total, low end, middle and high end of the change over the draws.
        sensitivities: By total, what its change hangs on.
    """

    name: str
    draws: int
    own: dict[str, float]
    intervals: dict[str, tuple[float, float, float]]
    sensitivities: dict[str, Sensitivity]


def over_draws(
    names: Sequence[str], load: Load, evaluations: Evaluations, level: Level, draws: int, tell: Callable[[str], None]
) -> dict[str, list[Outcome]]:
    """Run scenarios with their own values, then with those of each draw, all with the level's first seed.

    Args:
        names: The scenarios.
        load: Loads one of them.
        evaluations: Makes the runs.
        level: That of all runs.
        draws: How many draws.
        tell: Called with a line for each scenario.

    Returns:
        By name, outcomes of its own values, then of the draws in their order.
    """
    seed = level.seeds[0]
    found = {}
    for name in names:
        tell(f"{name}: {draws} draws")
        scenarios = (level.scenario(load(name, draw), seed, {}) for draw in (None, *range(draws)))
        found[name] = evaluations.run(scenarios, draws + 1)
    return found


def stored_of(outcomes: dict[str, list[Outcome]], load: Load) -> dict[str, StoredAnswers]:
    """Return what is stored of scenarios that were run over draws, by ``policy_digests``."""
    stored = {}
    for name, rows in outcomes.items():
        own, *drawn = (answered(one["quantities"]) for one in rows)
        columns = {column: tuple(one[column] for one in drawn) for column in own}
        scenario = load(name, None)
        stored[policy_digests(scenario)] = StoredAnswers(scenario.name, len(drawn), own, columns)
    return stored


def compared(draws: Posterior, seed: int, base: str, outcomes: dict[str, list[Outcome]]) -> list[Policy]:
    """Say what each policy changes beside the base, and what that hangs on.

    Args:
        draws: The draws, which the first outcomes of each scenario are of.
        seed: That of what is drawn to find drivers.
        base: The name of the base.
        outcomes: As ``over_draws`` returns them.

    Returns:
        A row a policy.
    """
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
