"""Indices of sensitivity: at which places a model is looked at, and what its outputs there say of its parameters.

A place is a point of the unit cube, one coordinate a parameter. Places come in blocks, each complete in itself: for
Morris a trajectory, along which every parameter moves once (D + 1 places); for Sobol two points and what lies between
them (D + 2 places). SALib makes the places and computes the indices.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.experiments.design import DesignError

METHODS = MORRIS, SOBOL = "morris", "sobol"

SAMPLES = {MORRIS: 10, SOBOL: 256}
"""Blocks, where no other number is asked for."""

BLOCKS = {MORRIS: "trajectories", SOBOL: "base samples"}

COLUMNS = {
    MORRIS: ("mu_star", "mu_star_low", "mu_star_high", "mu", "sigma"),
    SOBOL: ("total", "total_low", "total_high", "first", "first_low", "first_high"),
}
"""Indices by method; the first of them says how much a parameter matters."""

FEWEST = 2
"""Blocks that indices take: of a single one there is no spread."""

LEVELS = 4
"""Values that a parameter has along Morris' trajectories: the ends of its range, and two evenly between them."""

LEVEL = 0.95
"""Level of the intervals."""

RESAMPLES = 500
"""Bootstrap samples of an interval: its width is then off by three per cent."""

Array = npt.NDArray[np.float64]


def demand_salib() -> None:
    """Raise DesignError where SALib is not installed."""
    try:
        import SALib  # noqa: F401
    except ImportError:
        raise DesignError("SALib is not installed; pip install 'tocsin[sensitivity]'") from None


def block(method: str, dimensions: int) -> int:
    """Give the number of places in a block."""
    return dimensions + (1 if method == MORRIS else 2)


def places(method: str, dimensions: int, samples: int, generator: np.random.Generator) -> Array:
    """Give the places of ``samples`` blocks, one after the other: (samples x block) rows, a column a parameter.

    Those of Sobol are scrambled and in balance where ``samples`` is a power of two (Saltelli et al., 2010); those of
    Morris lie on a grid of four levels (Morris, 1991).
    """
    problem = _problem(dimensions)
    if method == MORRIS:
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, samples, num_levels=LEVELS, seed=generator), dtype=np.float64)
    from SALib.sample import sobol

    return np.asarray(sobol.sample(problem, samples, calc_second_order=False, seed=generator), dtype=np.float64)


def whole_blocks(method: str, rows: Array, outputs: Array) -> tuple[Array, Array]:
    """Leave out each block of places (``rows``) with an output that is missing (nan)."""
    size = block(method, rows.shape[1])
    kept = np.repeat(np.isfinite(outputs.reshape(-1, size)).all(axis=1), size)
    return rows[kept], outputs[kept]


def indices(method: str, rows: Array, outputs: Array, generator: np.random.Generator) -> dict[str, Array]:
    """Compute the indices of one output from its values at whole blocks of places: by name, one number a parameter.

    Morris (Campolongo, Cariboni and Saltelli, 2007): ``mu`` is the mean elementary effect, ``mu_star`` that of its size
    and ``sigma`` its standard deviation, each as a change of the output over the whole range of the parameter. Sobol
    (Saltelli et al., 2010): ``first`` is the share of the output's variance that a parameter brings alone, ``total``
    with all its interactions; both are 0 where the output does not vary. ``low`` and ``high`` are 1.96 standard
    deviations of the bootstrap apart from the index, and not below 0 where it cannot be.
    """
    dimensions = rows.shape[1]
    problem = _problem(dimensions)
    if method == MORRIS:
        from SALib.analyze import morris

        found = morris.analyze(
            problem, rows, outputs, num_resamples=RESAMPLES, conf_level=LEVEL, num_levels=LEVELS, seed=generator
        )
        star = _interval("mu_star", found["mu_star"], found["mu_star_conf"], floor=0.0)
        return {**star, "mu": np.asarray(found["mu"]), "sigma": np.asarray(found["sigma"])}
    if np.ptp(outputs) == 0.0:
        return {name: np.zeros(dimensions) for name in COLUMNS[SOBOL]}
    from SALib.analyze import sobol

    with warnings.catch_warnings():  # of resamples in which nothing varies, which add nothing to the spread
        warnings.filterwarnings("ignore", "Constant values encountered")
        found = sobol.analyze(
            problem,
            outputs,
            calc_second_order=False,
            num_resamples=RESAMPLES,
            conf_level=LEVEL,
            seed=generator,
        )
    total = _interval("total", found["ST"], found["ST_conf"], floor=0.0)
    return {**total, **_interval("first", found["S1"], found["S1_conf"], floor=-np.inf)}


def _interval(name: str, index: Any, half: Any, floor: float) -> Mapping[str, Array]:
    middle, reach = np.asarray(index, dtype=np.float64), np.asarray(half, dtype=np.float64)
    return {name: middle, f"{name}_low": np.maximum(middle - reach, floor), f"{name}_high": middle + reach}


def _problem(dimensions: int) -> dict[str, Any]:
    """Give the unit cube as SALib describes it."""
    return {
        "num_vars": dimensions,
        "names": [f"x{number}" for number in range(dimensions)],
        "bounds": [[0.0, 1.0]] * dimensions,
    }
