"""Simulation-based calibration: is the truth inside the posterior as often as the posterior says?

Parameters are drawn from their ranges, the model makes data of them, the posterior is computed from these data as from
reported ones, and the rank of the true parameters among its members is noted. Where all is right, ranks are even
(Talts, Betancourt, Simpson, Vehtari and Gelman, arXiv:1804.06788, 2018).
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sim.calibration.data import Data, Model
from sim.calibration.evaluations import Evaluations, Task
from sim.calibration.fit import JACOBIAN_SEEDS, values_at
from sim.calibration.levels import Level
from sim.calibration.posterior import Start, draw_errors, draw_prior, jacobian_at, sample_posterior
from sim.experiments.parameters import free_parameters
from sim.results.scope import Scope
from sim.scenario import Scenario

TRUTH_SEEDS, ENSEMBLE_SEEDS = 1 << 32, 2 << 32
"""What is added to the scenario's seed for the true parameters, and for the ensembles: no seed is used twice."""


def ranks(
    scenario: Scenario,
    evaluations: Evaluations,
    levels: Sequence[Level],
    datasets: int,
    members: int,
    tell: Callable[[str], None] = lambda line: None,
) -> npt.NDArray[np.float64]:
    """Compute the rank of the truth in the posterior of each data set.

    Each data set has parameters and random numbers of its own, and errors as large as the tolerances. Standard
    deviations between seeds, and the Jacobian where ensembles start, are those of the scenario's own values.

    Args:
        scenario: The scenario whose free parameters are drawn.
        evaluations: Makes the runs.
        levels: The last one makes the data; the others are the models of the posterior, as in a calibration.
        datasets: Their number.
        members: The size of each ensemble.
        tell: Called with a line for each data set.

    Returns:
        Ranks from 0 to 1, (datasets, parameters); NaN for a data set none of whose members is accepted.
    """
    parameters = free_parameters(scenario)
    reference = evaluations.evaluate([Task(levels[-1], seed, {}) for seed in levels[-1].seeds])
    data = Data(Scope.of(scenario), (), reference)
    models = [Model(data, evaluations, level, parameters, {}) for level in levels[:-1]]
    own = np.array([one.coordinate(one.start) for one in parameters])
    jacobian = jacobian_at(own, models[0], levels[0].seeds[:JACOBIAN_SEEDS], data.errors)
    start, chain = Start(own, data.expected(), jacobian), [(model, model.seed_sd) for model in models]
    seed = scenario.spec.seed
    truths = draw_prior(seed + TRUTH_SEEDS, datasets, len(parameters))
    noise = draw_errors(seed + TRUTH_SEEDS, datasets, len(data.observed))
    outcomes = evaluations.evaluate(
        [
            Task(levels[-1], seed + TRUTH_SEEDS + number, values_at(parameters, truth))
            for number, truth in enumerate(truths)
        ]
    )
    rows = np.empty(truths.shape)
    for number, (truth, outcome) in enumerate(zip(truths, outcomes, strict=True)):
        observed = data.simulated(outcome) + noise[number]
        ensemble_seed = seed + ENSEMBLE_SEEDS + number * members
        accepted = sample_posterior(parameters, chain, start, observed, data.errors, ensemble_seed, members).accepted()
        below = accepted.coordinates < truth
        rows[number] = below.mean(axis=0) if len(below) else np.nan
        tell(f"data set {number + 1} of {datasets}: {len(below)} of {members} members accepted")
    return rows
