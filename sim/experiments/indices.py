"""Indices of sensitivity: the points at which a model is evaluated, and indices of its parameters from its outputs.

Points come in complete blocks: for Morris a trajectory, along which every parameter moves once (D + 1 points); for
Sobol two points and those between them (D + 2 points). SALib chooses the points and computes the indices.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.experiments.design import DesignError
from sim.experiments.intervals import LEVEL

METHODS = MORRIS, SOBOL = "morris", "sobol"

SAMPLES = {MORRIS: 10, SOBOL: 256}
"""Default number of blocks."""

BLOCKS = {MORRIS: "trajectories", SOBOL: "base samples"}

COLUMNS = {
    MORRIS: ("mu_star", "mu_star_low", "mu_star_high", "mu", "sigma"),
    SOBOL: ("total", "total_low", "total_high", "first", "first_low", "first_high"),
}
"""Indices by method; the first one says how much a parameter matters."""

FEWEST = 2
"""The fewest blocks: a single one has no spread."""

GRID_LEVELS = 4
"""Values of a parameter along Morris' trajectories: the ends of its range, and two evenly between them."""

RESAMPLES = 500
"""Bootstrap samples of an interval; the standard error of its width is then 3 %."""

Array = npt.NDArray[np.float64]


def demand_salib() -> None:
    """Raise DesignError where SALib is not installed."""
    try:
        import SALib  # noqa: F401
    except ImportError:
        raise DesignError("SALib is not installed; run pip install '.[sensitivity]' in the checkout") from None


def block(method: str, dimensions: int) -> int:
    """Return the number of points in a block."""
    return dimensions + (1 if method == MORRIS else 2)


def sample_points(method: str, dimensions: int, samples: int, generator: np.random.Generator) -> Array:
    """Return the points of some blocks: unit-cube coordinates, (samples x block, parameters).

    Those of Sobol (Saltelli et al. 2010) are scrambled, and balanced if ``samples``, the number of blocks, is a power
    of two; those of Morris (1991) lie on a grid of four levels.
    """
    problem = _problem(dimensions)
    if method == MORRIS:
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, samples, num_levels=GRID_LEVELS, seed=generator), dtype=np.float64)
    from SALib.sample import sobol

    return np.asarray(sobol.sample(problem, samples, calc_second_order=False, seed=generator), dtype=np.float64)


def whole_blocks(method: str, points: Array, outputs: Array) -> tuple[Array, Array]:
    """Return points and their outputs without the blocks in which an output is missing (NaN)."""
    size = block(method, points.shape[1])
    kept = np.repeat(np.isfinite(outputs.reshape(-1, size)).all(axis=1), size)
    return points[kept], outputs[kept]


def indices(method: str, points: Array, outputs: Array, generator: np.random.Generator) -> dict[str, Array]:
    """Compute the indices of one output (points,) from its values at whole blocks of points (points, parameters).

    Morris: ``mu`` is the mean elementary effect, ``mu_star`` the mean of its size and ``sigma`` its standard deviation,
    each as a change of the output over the whole range of the parameter. Sobol: ``first`` is the share of the output's
    variance that a parameter causes alone, ``total`` with all its interactions; both are 0 where the output does not
    vary. ``_low`` and ``_high`` lie 1.96 bootstrap standard deviations from the index, and not below 0 where it cannot
    be.

    Returns:
        By name, one number for each parameter.

    Source:
        Morris: Campolongo, Cariboni and Saltelli (2007). Sobol: Saltelli et al. (2010).
    """
    dimensions = points.shape[1]
    problem = _problem(dimensions)
    if method == MORRIS:
        from SALib.analyze import morris

        result = morris.analyze(
            problem, points, outputs, num_resamples=RESAMPLES, conf_level=LEVEL, num_levels=GRID_LEVELS, seed=generator
        )
        star = _interval("mu_star", result["mu_star"], result["mu_star_conf"], floor=0.0)
        return {**star, "mu": np.asarray(result["mu"]), "sigma": np.asarray(result["sigma"])}
    if np.ptp(outputs) == 0.0:
        return {name: np.zeros(dimensions) for name in COLUMNS[SOBOL]}
    from SALib.analyze import sobol

    with warnings.catch_warnings():  # about resamples in which nothing varies, which add nothing to the spread
        warnings.filterwarnings("ignore", "Constant values encountered")
        result = sobol.analyze(
            problem,
            outputs,
            calc_second_order=False,
            num_resamples=RESAMPLES,
            conf_level=LEVEL,
            seed=generator,
        )
    total = _interval("total", result["ST"], result["ST_conf"], floor=0.0)
    return {**total, **_interval("first", result["S1"], result["S1_conf"], floor=-np.inf)}


def _interval(name: str, index: Any, half_width: Any, floor: float) -> Mapping[str, Array]:
    middle, half = np.asarray(index, dtype=np.float64), np.asarray(half_width, dtype=np.float64)
    return {name: middle, f"{name}_low": np.maximum(middle - half, floor), f"{name}_high": middle + half}


def _problem(dimensions: int) -> dict[str, Any]:
    """Return the unit cube as SALib describes it."""
    return {
        "num_vars": dimensions,
        "names": [f"x{number}" for number in range(dimensions)],
        "bounds": [[0.0, 1.0]] * dimensions,
    }
