"""Drivers: which parameters an answer depends on, over the posterior, and the effect of a wider prior.

The first-order index of a parameter is the share of the answer's variance that would vanish if the parameter were
known: Var(E(answer | parameter)) / Var(answer) (Sobol, Mathematics and Computers in Simulation 55, 2001). Parameters of
a posterior are correlated, so indices need not add up to 1. They are computed twice: from the draws' own runs
(``indices``), and over many more draws by an emulator of these runs. Runs have the last word: where an emulator
explains little of an answer, its indices are those of the little that it explains.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.calibration.data import Model
from sim.calibration.emulator import Emulator, emulated_draws
from sim.calibration.indices import first_order_by_runs, total_by_runs
from sim.calibration.posterior import Posterior
from sim.experiments.design import DRIVERS, generator_of
from sim.reading.draw_intervals import TAILS
from sim.reading.outcomes import Outcome

Array = npt.NDArray[np.float64]

CLASSES = 40
"""Classes of equal probability into which an emulator's draws of a parameter are divided."""

DRAWS = 2000
"""Draws by the emulator for indices."""

WIDE_DRAWS = 600
"""Draws with a wider prior."""

SHOWN = 5
"""Parameters with the largest indices of the emulator that are reported of an answer."""

MOST = 10
"""The most drivers that have total indices, of all answers together."""

INDEX_RUNS = 480
"""The most runs for total indices, unless the caller gives a number."""

WIDER = 2.0
"""The factor of a wider prior."""


Measured = Callable[[Sequence[Outcome]], Array]
"""Returns answers (runs, answers) from outcomes of runs."""


@dataclass(frozen=True)
class Driver:
    """A parameter that an answer depends on.

    Attributes:
        first: The first-order index by runs.
        first_error: Its standard error.
        found: Whether chance does not explain it.
        index: The first-order index of the emulator; this and what follows are 0 where it explains nothing.
        slope: The change of the answer for one posterior standard deviation of the parameter, in the answer's unit.
        width_ratio: The width of the answer's interval if the parameter's prior is twice as wide, over its width.
        total: The total index by runs, None where no run was made for it.
        total_error: Its standard error.
    """

    key: str
    first: float
    first_error: float
    found: bool
    index: float
    slope: float
    width_ratio: float
    total: float | None = None
    total_error: float | None = None


@dataclass(frozen=True)
class Sensitivity:
    """The parameters that an answer depends on.

    Attributes:
        explained: The share of the answer's variance over runs that its emulator explains, 0 where it predicts worse
            than their mean.
        bound: The first-order index by runs that chance explains.
        drivers: The parameters that runs or the emulator find, the largest first-order index by runs first.
    """

    explained: float
    bound: float
    drivers: tuple[Driver, ...]


@dataclass(frozen=True)
class Answer:
    """An answer over the draws: an emulator of it, and the runs of each draw, (draws, seeds)."""

    emulator: Emulator
    runs: Array


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


def sensitivities(posterior: Posterior, seed: int, answers: Mapping[str, Answer]) -> dict[str, Sensitivity]:
    """Find the parameters that answers depend on; answers may be of the first draws only.

    Args:
        posterior: The draws.
        seed: That of the emulator's draws and of permutations.
        answers: The answers by name.

    Returns:
        By name, without total indices.
    """
    scores = _drawn(posterior.emulator, seed, DRAWS)
    found = {}
    wide: dict[int, Array] = {}
    for name, answer in answers.items():
        own = first_order_by_runs(posterior.scores[: len(answer.runs)], answer.runs, seed)
        variance = float(answer.runs[:, 0].var())
        explained = max(1.0 - float(answer.emulator.error[0]) ** 2 / variance, 0.0) if variance else 0.0
        values = answer.emulator.predicted(scores)[:, 0] if explained else np.zeros(DRAWS)
        share = first_order(scores, values)
        shown = set(own.found()) | set(np.argsort(-share, kind="stable")[: SHOWN if explained else 0])
        width = np.ptp(np.quantile(values, TAILS))
        drivers = []
        for number in sorted(shown, key=lambda one: (-own.index[one], one)):
            slope, ratio = 0.0, 1.0
            if width:
                if number not in wide:
                    wide[number] = _wide(posterior.emulator, seed, int(number))
                column = scores[:, number]
                slope = float(np.cov(column, values)[0, 1] / column.std())
                ratio = float(np.ptp(np.quantile(answer.emulator.predicted(wide[number])[:, 0], TAILS)) / width)
            first, error = float(own.index[number]), float(own.error[number])
            key, above = posterior.parameters[number].key, bool(own.index[number] > own.bound)
            drivers.append(Driver(key, first, error, above, float(share[number]), slope, ratio))
        found[name] = Sensitivity(explained, own.bound, tuple(drivers))
    return found


def with_totals(
    sensitivities: Mapping[str, Sensitivity],
    posterior: Posterior,
    answers: Mapping[str, Answer],
    unseen: Model,
    measured: Measured,
    runs: int = INDEX_RUNS,
) -> dict[str, Sensitivity]:
    """Return sensitivities with the total indices of the drivers that runs found, ``MOST`` at most.

    Each of the first draws is run once more for each driver, which then has its value in the next draw. This breaks the
    dependence of the driver on other parameters that the data have made: the index says what the driver does where it
    is unknown, all others known, and may exceed 1 where others compensate for it in the posterior. A draw whose changed
    values break an order of the prior, or make no scenario, is left out.

    Args:
        sensitivities: Those of ``sensitivities``.
        posterior: The draws.
        answers: The answers that ``sensitivities`` had, each with two seeds.
        unseen: The model with the second seed.
        measured: Returns answers (runs, answers), in the order of ``answers``, from outcomes.
        runs: The most runs; each driver has an equal part of them, at most one for each draw.
    """
    drivers = ranked(sensitivities)[:MOST]
    keys = [one.key for one in posterior.parameters]
    draws = min(len(posterior.coordinates), runs // max(len(drivers), 1))
    if draws < 2:
        return dict(sensitivities)
    points = np.tile(posterior.coordinates[:draws], (len(drivers), 1, 1))
    for place, key in enumerate(drivers):
        number = keys.index(key)
        points[place, :, number] = np.roll(posterior.coordinates[:, number], -1)[:draws]
    flat = points.reshape(-1, points.shape[2])
    scores = posterior.prior.scores(flat)
    kept = np.flatnonzero((posterior.prior.ordered(scores) == scores).all(axis=1))
    outcomes = dict(zip(kept, unseen.outcomes(flat[kept]), strict=True))
    made = [number for number, one in outcomes.items() if one is not None]
    changed = np.full((len(flat), len(answers)), np.nan)
    if made:
        changed[made] = measured([one for one in outcomes.values() if one is not None])
    by_driver = changed.reshape(len(drivers), draws, len(answers))
    totals = {
        (name, key): total_by_runs(answer.runs, by_driver[place, :, column])
        for column, (name, answer) in enumerate(answers.items())
        for place, key in enumerate(drivers)
    }
    return {
        name: replace(one, drivers=tuple(_with_total(driver, totals.get((name, driver.key))) for driver in one.drivers))
        for name, one in sensitivities.items()
    }


def ranked(sensitivities: Mapping[str, Sensitivity]) -> list[str]:
    """Return the drivers of any answer that runs found, the largest first-order index first."""
    largest: dict[str, float] = {}
    for one in sensitivities.values():
        for driver in one.drivers:
            if driver.found:
                largest[driver.key] = max(driver.first, largest.get(driver.key, 0.0))
    return sorted(largest, key=lambda key: (-largest[key], key))


def _with_total(driver: Driver, total: tuple[float, float] | None) -> Driver:
    return driver if total is None else replace(driver, total=total[0], total_error=total[1])


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
