"""Simulation-based calibration: is the truth inside the posterior as often as the posterior says?

Parameters are drawn from their ranges, the model makes data of them, the posterior is taken from these data as from
reported ones, and the rank of the true parameters among its members is noted. Where all is right, ranks are even
(Talts, Betancourt, Simpson, Vehtari and Gelman, arXiv:1804.06788, 2018).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sim.calibration.data import Data
from sim.calibration.evaluations import Evaluations, Task
from sim.calibration.fit import values_at
from sim.calibration.levels import Level
from sim.calibration.parameters import ranged
from sim.calibration.posterior import STEPS, posterior, prior
from sim.draws.functions import normal_quantile
from sim.draws.philox import draw4, uniform32
from sim.draws.purposes import MEMBER
from sim.results.scope import Scope
from sim.scenario import Scenario

TRUTHS = 1 << 32
"""The seed of the true parameters is so far from that of the ensemble."""


def ranks(
    scenario: Scenario,
    evaluations: Evaluations,
    level: Level,
    datasets: int,
    members: int,
    steps: int = STEPS,
    tell: Callable[[str], None] = lambda line: None,
) -> npt.NDArray[np.float64]:
    """Give the rank of the truth in the posterior, from 0 to 1: (datasets, parameters).

    Each data set has parameters and random numbers of its own, and errors as large as the tolerances. What is known
    of chance, and of what the ensemble's seed does, comes from the scenario's own values, as in a calibration.
    """
    parameters = ranged(scenario)
    own = evaluations.run([Task(level, seed, {}) for seed in level.seeds])
    data = Data(Scope.of(scenario), (), own, own[0])
    simulate = data.simulator(evaluations, level, parameters)
    seed = scenario.spec.seed
    truths = prior(seed + TRUTHS, datasets, len(parameters))
    made = evaluations.run(
        [Task(level, seed + TRUTHS + number, values_at(parameters, truth)) for number, truth in enumerate(truths)]
    )
    found = np.empty(truths.shape)
    for number, (truth, outcome) in enumerate(zip(truths, made, strict=True)):
        noise = np.zeros(len(data.observed))
        for place in range(len(data.observed)):
            noise[place] = normal_quantile(uniform32(draw4(seed + TRUTHS, number + 1, MEMBER, place)[2]))
        observed = data.of(outcome) + noise
        after = posterior(parameters, simulate, observed, data.error, seed, members, steps)
        found[number] = (after.places < truth).mean(axis=0)
        tell(f"data set {number + 1} of {datasets}")
    return found
