"""Simulation-based calibration: is the truth inside the posterior as often as the posterior says?

Parameters are drawn from their ranges, the model makes data of them, the posterior is taken from these data as from
reported ones, and the rank of the true parameters among its members is noted. Where all is right, ranks are even
(Talts, Betancourt, Simpson, Vehtari and Gelman, arXiv:1804.06788, 2018).
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sim.calibration.data import Data, Model
from sim.calibration.evaluations import Evaluations, Task
from sim.calibration.fit import SLOPE_SEEDS, values_at
from sim.calibration.levels import Level
from sim.calibration.parameters import ranged
from sim.calibration.posterior import errors, posterior, prior, slopes_at
from sim.results.scope import Scope
from sim.scenario import Scenario

TRUTHS, ENSEMBLES = 1 << 32, 2 << 32
"""The seeds of the true parameters, and of the ensembles that look for them, are so far from those of the model."""


def ranks(
    scenario: Scenario,
    evaluations: Evaluations,
    levels: Sequence[Level],
    datasets: int,
    members: int,
    tell: Callable[[str], None] = lambda line: None,
) -> npt.NDArray[np.float64]:
    """Give the rank of the truth in the posterior, from 0 to 1: (datasets, parameters).

    Each data set has parameters and random numbers of its own, and errors as large as the tolerances; it is made at the
    last of ``levels``, and its posterior is taken with the ones before, as a calibration does it. What is known of
    chance, and of what the ensemble's seed does, comes from the scenario's own values. A data set none of whose members
    is accepted has no rank (NaN).
    """
    parameters = ranged(scenario)
    data = Data(Scope.of(scenario), (), evaluations.run([Task(levels[-1], seed, {}) for seed in levels[-1].seeds]))
    models = [Model(data, evaluations, level, parameters, {}) for level in levels[:-1]]
    place = np.array([one.place(one.start) for one in parameters])
    slopes = slopes_at(place, models[0], levels[0].seeds[:SLOPE_SEEDS], data.error)
    start, chain = (place, data.expected(), slopes), [(model, model.chance) for model in models]
    seed = scenario.spec.seed
    truths = prior(seed + TRUTHS, datasets, len(parameters))
    noise = errors(seed + TRUTHS, datasets, len(data.observed))
    made = evaluations.run(
        [Task(levels[-1], seed + TRUTHS + number, values_at(parameters, truth)) for number, truth in enumerate(truths)]
    )
    found = np.empty(truths.shape)
    for number, (truth, outcome) in enumerate(zip(truths, made, strict=True)):
        observed = data.of(outcome) + noise[number]
        own = seed + ENSEMBLES + number * members
        after = posterior(parameters, chain, start, observed, data.error, own, members).accepted()
        found[number] = (after.places < truth).mean(axis=0) if len(after.places) else np.nan
        tell(f"data set {number + 1} of {datasets}: {len(after.places)} of {members} members accepted")
    return found
