"""Drivers: which parameters an answer depends on, over the posterior, and the effect of a wider prior.

The first-order index of a parameter is the share of the answer's variance that would vanish if the parameter were
known: Var(E(answer | parameter)) / Var(answer) (Sobol, Mathematics and Computers in Simulation 55, 2001). Parameters of
a posterior are correlated, so indices need not add up to 1. They are computed from the draws, as means of the answer in
classes of the parameter (Plischke, Borgonovo and Smith, European Journal of Operational Research 226, 2013).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.calibration.emulator import Emulator, emulated_draws
from sim.calibration.posterior import Posterior
from sim.experiments.design import DRIVERS, generator_of
from sim.reading.draw_intervals import TAILS

Array = npt.NDArray[np.float64]

CLASSES = 40
"""Classes of equal probability into which a parameter's draws are divided."""

DRAWS = 2000
"""Draws by the emulator for indices."""

WIDE_DRAWS = 600
"""Draws with a wider prior."""

SHOWN = 5
"""Reported parameters of an answer."""

WIDER = 2.0
"""The factor of a wider prior."""


@dataclass(frozen=True)
class Driver:
    """A parameter that an answer depends on.

    Attributes:
        index: The share of the answer's variance that would vanish if it were known.
        slope: The change of the answer for one posterior standard deviation of the parameter, in the answer's unit.
        width_ratio: The width of the answer's interval if the parameter's prior is twice as wide, over its width.
    """

    key: str
    index: float
    slope: float
    width_ratio: float


@dataclass(frozen=True)
class Sensitivity:
    """The parameters that an answer depends on, the largest ``drivers`` first; none where nothing is explained.

    ``explained`` is the share of the answer's variance over runs that its emulator explains, 0 where it predicts worse
    than their mean; the rest has no driver.
    """

    explained: float
    drivers: tuple[Driver, ...]


def first_order(scores: Array, answer: Array) -> Array:
    """Return the first-order index of each parameter for an answer (draws,), from scores (draws, parameters).

    Corrected for the value that noise would give with this number of draws and classes.
    """
    size = len(answer) // CLASSES
    about = (answer - answer.mean())[: size * CLASSES]
    total = float(np.mean(about**2))
    if total == 0.0:
        return np.zeros(scores.shape[1])
    order = np.argsort(scores[: size * CLASSES], axis=0, kind="stable")
    means = about[order].reshape(CLASSES, size, -1).mean(axis=1)
    share = np.mean(means**2, axis=0) / total
    by_chance = (CLASSES - 1) / (size * CLASSES - 1)
    return np.asarray(np.maximum((share - by_chance) / (1.0 - by_chance), 0.0))


def sensitivities(
    posterior: Posterior, seed: int, answers: Mapping[str, tuple[Emulator, float]]
) -> dict[str, Sensitivity]:
    """Find the parameters that answers depend on; each is an emulator of one quantity and its variance over runs."""
    scores = _drawn(posterior.emulator, seed, DRAWS)
    found = {}
    wide: dict[int, Array] = {}
    for name, (emulator, variance) in answers.items():
        explained = max(1.0 - float(emulator.error[0]) ** 2 / variance, 0.0) if variance else 0.0
        if not explained:
            found[name] = Sensitivity(0.0, ())
            continue
        values = emulator.predicted(scores)[:, 0]
        share = first_order(scores, values)
        width = np.ptp(np.quantile(values, TAILS))
        drivers = []
        for number in np.argsort(-share, kind="stable")[:SHOWN]:
            if number not in wide:
                wide[number] = _wide(posterior.emulator, seed, int(number))
            values_wide = emulator.predicted(wide[number])[:, 0]
            column = scores[:, number]
            slope = float(np.cov(column, values)[0, 1] / column.std())
            ratio = float(np.ptp(np.quantile(values_wide, TAILS)) / width) if width else 1.0
            drivers.append(Driver(posterior.parameters[number].key, float(share[number]), slope, ratio))
        found[name] = Sensitivity(explained, tuple(drivers))
    return found


def _drawn(emulator: Emulator, seed: int, members: int) -> Array:
    """Draw scores from the posterior of an emulator of compressed residuals, (draws, parameters)."""
    nothing = np.zeros(len(emulator.error))
    widened = np.hypot(1.0, emulator.error)
    return emulated_draws(emulator, nothing, widened, members, generator_of(seed, DRIVERS))[0]


def _wide(emulator: Emulator, seed: int, number: int) -> Array:
    """Draw scores where one parameter's prior is wider; the emulator is extrapolated beyond the range."""
    slopes, products = emulator.slopes.copy(), emulator.products.copy()
    slopes[:, number] *= WIDER
    place = emulator.curved == number
    products[:, place, :] *= WIDER
    products[:, :, place] *= WIDER
    scores = _drawn(replace(emulator, slopes=slopes, products=products), seed + 1 + number, WIDE_DRAWS)
    scores[:, number] *= WIDER
    return scores
