"""Drivers: which parameters an answer hangs on, over the posterior, and what a wider prior would do to it.

The first-order index of a parameter is the share of the answer's variance that would go if the parameter were known:
Var(E(answer | parameter)) / Var(answer) (Sobol, Mathematics and Computers in Simulation 55, 2001). Over a posterior
parameters depend on each other, and indices need not add up to 1; they are computed from the draws as they are, by the
means of the answer in classes of the parameter (Plischke, Borgonovo and Smith, European Journal of Operational Research
226, 2013).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.calibration.emulated import emulated_draws
from sim.calibration.emulator import Emulator
from sim.calibration.posterior import Posterior
from sim.experiments.design import DRIVERS, generator_of
from sim.reading.draw_intervals import TAILS

Array = npt.NDArray[np.float64]

CLASSES = 40
"""Classes of equal probability into which a parameter's draws are parted."""

DRAWS = 2000
"""Draws by the emulator from which indices are computed."""

WIDE_DRAWS = 600
"""Draws with a wider prior."""

SHOWN = 5
"""Parameters that are told of an answer."""

WIDER = 2.0
"""By how much the prior of a parameter is made wider."""


@dataclass(frozen=True)
class Driver:
    """A parameter that an answer hangs on.

    Attributes:
        key: Its dotted key.
        index: The share of the answer's variance that would go if it were known.
        slope: By how much the answer moves where the parameter moves by a posterior standard deviation, in the answer's
            unit.
        width_ratio: How many times as wide the answer's interval is where the parameter's prior is twice as wide.
    """

    key: str
    index: float
    slope: float
    width_ratio: float


@dataclass(frozen=True)
class Sensitivity:
    """What an answer hangs on.

    Attributes:
        explained: The share of the answer's variance over runs that its emulator explains, 0 where it is further off
            than their mean; the rest has no driver.
        drivers: The parameters that matter most, the first the most; none where nothing is explained.
    """

    explained: float
    drivers: tuple[Driver, ...]


def first_order(scores: Array, answer: Array) -> Array:
    """Return the first-order index of each parameter from draws, (parameters,).

    What chance alone gives with so many draws and classes is taken off.

    Args:
        scores: (draws, parameters) The parameters.
        answer: (draws,) The answer.
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
    """Say what each of some answers hangs on.

    Args:
        posterior: The posterior, whose emulator makes draws of its own: as many as indices need.
        seed: That of the draws.
        answers: By name an emulator of one quantity, and how much the quantity varies over runs, as a variance.

    Returns:
        By the same names.
    """
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
    """Draw scores where one parameter's prior is wider, by the same emulator carried on beyond the range."""
    slopes, products = emulator.slopes.copy(), emulator.products.copy()
    slopes[:, number] *= WIDER
    place = emulator.curved == number
    products[:, place, :] *= WIDER
    products[:, :, place] *= WIDER
    scores = _drawn(replace(emulator, slopes=slopes, products=products), seed + 1 + number, WIDE_DRAWS)
    scores[:, number] *= WIDER
    return scores
