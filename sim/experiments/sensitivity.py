"""Sensitivity: how much each number with a range matters when all of them move over their ranges together.

Points come in complete blocks: for Morris a trajectory, along which every parameter moves once (D + 1 points); for
Sobol two points and those between them (D + 2 points). SALib chooses the points and computes the indices.

The folder of a sensitivity holds ``sensitivity.json`` (the request), ``scenario.yaml`` (the scenario whose numbers
move) and, once complete, ``indices.parquet``. Until then ``outcomes`` holds the finished runs.
"""

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt

from sim.experiments.pairing import LEVEL
from sim.experiments.parameters import (
    BOOTSTRAP,
    SENSITIVITY_POINTS,
    DesignError,
    Parameter,
    Value,
    demand_balance,
    demand_quantities,
    free_parameters,
    generator_of,
    idle,
    ranged_parameters,
)
from sim.experiments.simulations import (
    FAILED,
    Asking,
    Outcomes,
    SimulationError,
    Simulations,
    asked,
    make_tables,
    scenario_or_failure,
)
from sim.experiments.store import claim, read_frame
from sim.language import ENGLISH, speaking
from sim.midnight.component import Component, with_components
from sim.reading.run import Outcome, quantity_names
from sim.reading.run import quantities as all_quantities
from sim.scenario import Scenario, changed
from sim.scenario.errors import choices
from sim.scenario.load import ScenarioLike
from sim.scenario.provinces import coded_key
from sim.store.folder import whole
from sim.warning.size import of_varied

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

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
            problem, outputs, calc_second_order=False, num_resamples=RESAMPLES, conf_level=LEVEL, seed=generator
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


KIND = "sensitivity"
INDICES = "indices.parquet"

QUANTITIES = ("victims", "loss_money")
"""Quantities whose sensitivity is returned by default."""

ABOUT = b"tocsin"
"""Metadata key of the stored table: a JSON document about it."""

MOST = 1_000_000
"""The largest number of runs of a sensitivity."""


@dataclass(frozen=True)
class Screening:
    """Parameters and blocks of points; ``idle`` keys change nothing before the end of the period and are left out."""

    method: str
    parameters: tuple[Parameter, ...]
    samples: int
    seed: int
    idle: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of runs."""
        return self.samples * self.block

    @property
    def block(self) -> int:
        """Points in a block."""
        return block(self.method, len(self.parameters))

    def points(self) -> Array:
        """Return the unit-cube coordinates of each run, (runs, parameters)."""
        generator = generator_of(self.seed, SENSITIVITY_POINTS)
        return sample_points(self.method, len(self.parameters), self.samples, generator)

    def values(self, point: Sequence[float]) -> dict[str, Value]:
        """Return the values at a point by dotted key."""
        return {one.key: one.value(float(part)) for one, part in zip(self.parameters, point, strict=True)}


def sensitivity(
    scenario: ScenarioLike,
    keys: Sequence[str] | None = None,
    method: str = MORRIS,
    samples: int | None = None,
    quantities: Sequence[str] = QUANTITIES,
    folder: str | Path | None = None,
    components: Sequence[Component] = (),
    **asking: Unpack[Asking],
) -> "pd.DataFrame":
    """Compute how much the parameters of a scenario matter to its quantities, by Morris' or Sobol's indices.

    Each parameter moves evenly over its own range, in the logarithm where the ends are at least ten times apart. All
    runs have the scenario's seed and so meet the same attempts and people: outputs are a function of the parameters
    only, and indices contain no run-to-run noise between runs.

    Where a run fails, or its values make no scenario, its whole trajectory (or its D + 2 runs) is dropped. Indices of
    all quantities are kept in the folder. An interrupted sensitivity is resumed, a finished one is read; neither
    workers nor interruptions change its bytes. An impossible request raises a DesignError; a folder that holds
    something else, a FolderError; lost workers, or fewer than two trajectories (or base samples) without a failed run,
    a SimulationError.

    Args:
        scenario: The scenario whose numbers move, or the name or path of one.
        keys: Dotted keys of numbers that have a range, or patterns such as ``warning.*``. By default those that the
            scenario's ``calibration.parameters`` lists; if it lists none, all.
        method: ``morris`` or ``sobol``.
        samples: For Morris the number of trajectories, each of D + 1 runs for D parameters, by default 10; for Sobol a
            power of two, each of D + 2 runs, by default 256.
        quantities: Totals, scaled up to the country, and figures, ``NAME@START..END``.
        folder: Where it is kept, by default ``results/sensitivities/NAME-HASH``.
        components: Components of every run, as ``sim.run`` takes them.
        **asking: ``workers``, ``executor`` and ``progress``, see ``Computing``; changes of the scenario, see
            ``Options``.

    Returns:
        One row for each quantity and parameter, in the order of ``quantities`` and of the scenario, with the number of
        ``samples`` used, and

        - Morris: ``mu_star``, the mean size of the change of the quantity across the whole range of the parameter, in
          the quantity's unit, with its 95 % interval (``mu_star_low``, ``mu_star_high``); ``mu``, the mean change with
          its sign; ``sigma``, its standard deviation over points: large where the effect is not linear, or depends on
          other parameters. It is the change of a step of two thirds of the range, times 3/2; steps of a parameter of
          few whole numbers are rounded to them.
        - Sobol: ``total``, the share of the quantity's variance that would vanish if the parameter did not move, and
          ``first``, the share that it causes alone, each with its 95 % interval (``_low``, ``_high``). Both are
          estimates: a small share can be below 0, the sum of first ones above 1.

        ``attrs["dropped"]`` counts the dropped blocks, ``attrs["message"]`` says why the first run failed,
        ``attrs["runs"]`` counts all runs, ``attrs["warnings"]`` says what runs of this size cannot show, and
        ``attrs["idle"]`` lists the parameters that were left out because they change nothing before the end of the
        period. One that ``keys`` names is refused.
    """
    found, computing = asked("sensitivity", scenario, asking)
    found = with_components(found, components)
    screening = planned(found, keys, method, samples, quantities)
    request = {
        "method": screening.method,
        "samples": screening.samples,
        "runs": len(screening),
        "vary": {one.key: list(one.ends) for one in screening.parameters},
    }

    path = claim(KIND, found, request, folder)

    def make(simulations: Simulations) -> None:
        points = screening.points()
        outcomes = simulations.each(_scenarios(found, screening, points), len(screening))
        _write(path / INDICES, screening, quantity_names(found), points, outcomes)

    with speaking(ENGLISH):  # as it is stored
        warnings = of_varied(found, {one.key: one.ends for one in screening.parameters})
    make_tables(path, KIND, all_quantities, [INDICES], make, warnings, computing)
    return _read(path, quantities)


def planned(
    scenario: Scenario, keys: Sequence[str] | None, method: str, samples: int | None, quantities: Sequence[str]
) -> Screening:
    """Return what ``sensitivity`` simulates for these arguments; raises DesignError for an impossible request."""
    demand_salib()
    if method not in METHODS:
        raise DesignError(f"method must be one of {', '.join(METHODS)}; got {method}")
    samples = SAMPLES[method] if samples is None else samples
    if samples < FEWEST:
        raise DesignError(f"samples must be at least {FEWEST} {BLOCKS[method]}; got {samples}")
    if method == SOBOL:
        demand_balance(samples)
    parameters = _chosen(scenario, keys)
    if not quantities:
        raise DesignError("no quantity is given; name at least one, for example victims")
    demand_quantities(scenario, quantities)
    screening = Screening(method, parameters, samples, scenario.spec.seed)
    if len(screening) > MOST:
        raise DesignError(f"{len(screening):,} runs are too many; at most {MOST:,}, so use fewer samples or parameters")
    unmoved = idle(scenario, {parameter.key: parameter.ends for parameter in parameters})
    for key in keys or ():
        if (told := unmoved.get(coded_key(key, scenario.spec.population.names))) is not None:
            raise DesignError(told)
    moving = tuple(one for one in parameters if one.key not in unmoved)
    if not moving:
        raise DesignError(next(iter(unmoved.values())))
    return replace(screening, parameters=moving, idle=tuple(unmoved))


def _chosen(scenario: Scenario, keys: Sequence[str] | None) -> tuple[Parameter, ...]:
    """Return the parameters that move, in the order of the scenario."""
    if keys is None:
        free = free_parameters(scenario)
        if not free:
            raise DesignError("no number of the scenario has a range; give one: {value, origin, range, basis}")
        return tuple(free)
    keys = [coded_key(key, scenario.spec.population.names) for key in keys]
    parameters = ranged_parameters(scenario)
    allowed = [one.key for one in parameters]
    sections = list(dict.fromkeys(f"{key.partition('.')[0]}.*" for key in allowed))
    for pattern in keys:
        if not any(fnmatchcase(key, pattern) for key in allowed):
            near = choices(pattern, [*sections, *allowed], len(sections))
            raise DesignError(f"{pattern} matches no number with a range; {near}")
    chosen = tuple(one for one in parameters if any(fnmatchcase(one.key, pattern) for pattern in keys))
    if not chosen:
        raise DesignError("no parameter is varied; give keys of numbers with a range, or patterns such as warning.*")
    return chosen


def _scenarios(scenario: Scenario, screening: Screening, points: Array) -> Iterator[Scenario | Outcome]:
    for point in points:
        yield scenario_or_failure(lambda point=point: changed(scenario, screening.values(point)))  # type: ignore[misc]


def _write(path: Path, screening: Screening, names: Sequence[str], points: Array, outcomes: Outcomes) -> None:
    """Compute the indices of each quantity, and write them; raises SimulationError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    failures = [outcome.get(FAILED) for outcome in outcomes]
    failed = np.array([one is not None for one in failures])
    dropped = int(failed.reshape(-1, screening.block).any(axis=1).sum())
    message = next((one for one in failures if one is not None), None)
    if screening.samples - dropped < FEWEST:
        many = f"{dropped} of {screening.samples} {BLOCKS[screening.method]} have a failed run"
        raise SimulationError(f"{many}, and indices need at least {FEWEST} without one; the first: {message}")
    about = {
        "method": screening.method,
        "samples": screening.samples,
        "runs": len(screening),
        "dropped": dropped,
        "message": message,
        "idle": list(screening.idle),
    }
    outputs = np.full((len(screening), len(names)), np.nan)
    for number, outcome in enumerate(outcomes):
        if FAILED not in outcome:
            outputs[number] = [outcome.get(name, np.nan) for name in names]
    schema = _schema(screening.method).with_metadata({ABOUT: json.dumps(about)})
    rows = [
        row for name, column in zip(names, outputs.T, strict=True) for row in _rows(name, screening, points, column)
    ]
    with whole(path) as unfinished:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), unfinished, compression="zstd")


def _rows(quantity: str, screening: Screening, points: Array, outputs: Array) -> Iterator[dict[str, Any]]:
    """Yield the rows of one quantity; without indices where too many runs lack it."""
    kept, values = whole_blocks(screening.method, points, outputs)
    samples = len(kept) // screening.block
    computed: dict[str, Array] = {}
    if samples >= FEWEST:
        # The same bootstrap samples for each quantity, so that its indices do not depend on the other quantities.
        computed = indices(screening.method, kept, values, generator_of(screening.seed, BOOTSTRAP))
    for number, parameter in enumerate(screening.parameters):
        yield {
            "quantity": quantity,
            "parameter": parameter.key,
            "samples": samples,
            **{name: float(index[number]) for name, index in computed.items()},
        }


def _schema(method: str) -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            ("quantity", pa.string()),
            ("parameter", pa.string()),
            ("samples", pa.int64()),
            *((name, pa.float64()) for name in COLUMNS[method]),
        ]
    )


def _read(folder: Path, quantities: Sequence[str]) -> "pd.DataFrame":
    """Read the indices of some quantities, in the requested order."""
    import pandas as pd
    import pyarrow.parquet as pq

    stored = read_frame(folder, KIND, INDICES)
    frame = pd.concat([stored[stored["quantity"] == name] for name in dict.fromkeys(quantities)], ignore_index=True)
    frame.attrs |= stored.attrs
    frame.attrs.update(json.loads(pq.read_schema(folder / INDICES).metadata[ABOUT]))
    return frame
