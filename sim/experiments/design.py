"""Designs of sweeps: which values of which parameters are simulated together, point by point.

A ``box`` is made for a surface over a few levers. Its first point is the unchanged scenario. Then come the corners of
the box and the ends of each lever with the others unchanged, so that the surface never extrapolates. Points of a Sobol
sequence fill the rest evenly.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.base.failures import RefusedError
from sim.draws.philox import draw4
from sim.draws.purposes import DESIGN
from sim.experiments.parameters import Parameter, parameter_at, parameter_over
from sim.reading.outcomes import quantity_names
from sim.scenario.errors import choices
from sim.scenario.load import value_at
from sim.scenario.resolved import plain

if TYPE_CHECKING:
    from sim.scenario import Scenario

Array = npt.NDArray[np.float64]

KINDS = GRID, SOBOL, LATIN_HYPERCUBE, BOX = "grid", "sobol", "lhs", "box"

Value = str | int | float | bool
MOST = 10_000_000
"""The largest number of points of a design."""

SWEEP_POINTS, SENSITIVITY_POINTS, BOOTSTRAP, POSTERIOR, COVERAGE, DRIVERS, TRUTHS, PREDICTIONS = range(8)
"""Numbers of random generators: points of a sweep, points of a sensitivity, bootstrap samples of its outputs, draws of
a posterior, tests of a posterior, drivers of answers, known truths, and errors of predictions."""

LISTED = 8
"""Names that an error lists; the nearest comes first."""

POINTS_PER_COEFFICIENT = 4
"""Points of a box for each coefficient of a quadratic surface, unless the caller gives a number."""


class DesignError(RefusedError, ValueError):
    """A design that cannot be made: what is wrong and what is allowed, in one line."""


def demand_quantities(scenario: "Scenario", asked: Sequence[str], others: Sequence[str] = ()) -> None:
    """Raise DesignError unless runs of a scenario report all requested quantities, or ``others`` has them."""
    known = [*quantity_names(scenario), *others]
    for quantity in asked:
        if quantity not in known:
            raise DesignError(f"{quantity} is not a quantity of {scenario.name}; {choices(quantity, known, LISTED)}")


@dataclass(frozen=True)
class Axis:
    """The values of one parameter: one of ``choices``, or anything in the range of ``parameter`` if that is given."""

    key: str
    choices: tuple[Value, ...] = ()
    parameter: Parameter | None = None

    @property
    def given(self) -> tuple[Value, ...]:
        """The values that the axis was made of: choices, or the ends of its range."""
        return self.choices if self.parameter is None else (self.parameter.value(0.0), self.parameter.value(1.0))

    @property
    def kind(self) -> type[str | int | float | bool]:
        """The one type that holds all its values."""
        kinds = {type(value) for value in self.given}
        if len(kinds) == 1:
            return kinds.pop()
        return float if kinds == {int, float} else str

    def value(self, coordinate: float) -> Value:
        """Return the value at a unit-cube coordinate."""
        if self.parameter is not None:
            return self.parameter.value(coordinate)
        return self.choices[min(int(coordinate * len(self.choices)), len(self.choices) - 1)]


@dataclass(frozen=True)
class Design:
    """Points of a design, in order: a grid varies its last axis fastest; points of a box are ``listed``."""

    kind: str
    axes: tuple[Axis, ...]
    samples: int
    seed: int
    listed: tuple[tuple[Value, ...], ...] = ()

    def __len__(self) -> int:
        """Return the number of points."""
        return self.samples

    def points(self) -> Iterator[dict[str, Value]]:
        """Yield the values of each point by dotted key."""
        keys = [axis.key for axis in self.axes]
        if self.kind in (GRID, BOX):
            for values in self.listed or itertools.product(*(axis.choices for axis in self.axes)):
                yield dict(zip(keys, values, strict=True))
            return
        for row in self._coordinates():
            yield {axis.key: axis.value(float(one)) for axis, one in zip(self.axes, row, strict=True)}

    def _coordinates(self) -> Array:
        """Return the unit-cube coordinates of all points, (points, axes)."""
        from scipy.stats import qmc

        samplers = {SOBOL: qmc.Sobol, LATIN_HYPERCUBE: qmc.LatinHypercube}
        sampler = samplers[self.kind](len(self.axes), scramble=True, rng=generator_of(self.seed, SWEEP_POINTS))
        return np.asarray(sampler.random(self.samples), dtype=np.float64)


def generator_of(seed: int, number: int) -> np.random.Generator:
    """Return numpy's generator, seeded by words of the identity-keyed generator."""
    return np.random.default_rng([int(word) for word in draw4(seed, 0, DESIGN, number)])


def demand_balance(samples: int) -> None:
    """Raise DesignError unless the number of points of a Sobol sequence is a power of two."""
    if samples & (samples - 1):
        raise DesignError(f"samples of a Sobol sequence must be a power of two; got {samples}")


def design(
    scenario: "Scenario", vary: Mapping[str, Sequence[Value]], kind: str = GRID, samples: int | None = None
) -> Design:
    """Return the design of a scenario over the parameters at dotted keys.

    A grid combines every value with every other one. In a Sobol or Latin hypercube design two numbers (durations,
    rates, dates) are the ends of a range, no values mean the parameter's own range, and other values are choices. In a
    box all values are ends of ranges; it has at most ``samples`` points, by default ``usual_points``. A range whose
    ends are at least ten times apart is sampled evenly in the logarithm.

    Raises:
        DesignError: If it cannot be made.
    """
    if not vary:
        raise DesignError("no parameter is varied; use --vary key=value,value or set the scenario's sweep.vary")
    if kind not in KINDS:
        raise DesignError(f"design must be one of {', '.join(KINDS)}; got {kind}")
    axes = tuple(_axis(scenario, key, tuple(values), kind) for key, values in vary.items())
    if kind == BOX:
        return _box(scenario, axes, usual_points(len(axes)) if samples is None else samples)
    if kind == GRID:
        if samples is not None:
            raise DesignError(
                f"a grid has one point for each combination of values, so it takes no samples; got {samples}. "
                "Leave out samples, or use design sobol or lhs"
            )
        samples = prod(len(axis.choices) for axis in axes)
    elif samples is None or samples < 1:
        raise DesignError(
            f"a {kind} design needs a number of points; give samples, for example {64 if kind == SOBOL else 50}"
        )
    if kind == SOBOL:
        demand_balance(samples)
    if samples > MOST:
        raise DesignError(f"{samples:,} points are too many; at most {MOST:,}")
    return Design(kind, axes, samples, scenario.spec.seed)


def _axis(scenario: "Scenario", key: str, values: tuple[Value, ...], kind: str) -> Axis:
    if kind == GRID:
        if not values:
            raise DesignError(f"{key} has no values; use --vary {key}=value,value")
        return Axis(key, values)
    try:
        own = parameter_at(scenario, key)
    except KeyError:
        raise DesignError(
            f"{key} has no value in the scenario, so its range is unknown; use --set {key}=value, or a grid of values"
        ) from None
    if not values:
        if own is None:
            raise DesignError(f"{key} has no range in the scenario; use --vary {key}=low,high")
        return Axis(key, parameter=own if kind != BOX else parameter_over(scenario, key, own.ends))
    if kind == BOX:
        return Axis(key, parameter=_range(scenario, key, values))
    if len(values) == 2 and not any(isinstance(value, bool) for value in values):
        between = parameter_at(scenario, key, (values[0], values[1]))
        if between is not None:
            return Axis(key, parameter=replace(between, key=key))
    return Axis(key, values)


def _range(scenario: "Scenario", key: str, values: tuple[Value, ...]) -> Parameter:
    """Return the parameter that moves between two values; raises DesignError unless they are two numbers."""
    shown = f"{key}={','.join(map(str, values))}"
    if len(values) != 2:
        raise DesignError(f"{shown}: a range needs exactly two numbers; use --vary {key}=low,high")
    found = parameter_over(scenario, key, values)
    if found is None:
        raise DesignError(f"{shown}: the ends must be two different numbers; use --vary {key}=low,high")
    return found


def usual_points(levers: int) -> int:
    """Return the default number of points of a box, by its number of levers: 12, 24, 40, 60, 84, 112."""
    return POINTS_PER_COEFFICIENT * (levers + 1) * (levers + 2) // 2


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it needs one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def least_points(levers: int) -> int:
    """Return the fewest points that make a surface: a plane, both ends of each lever, and one to check it."""
    return 2 * levers + 3


def _box(scenario: "Scenario", axes: tuple[Axis, ...], samples: int) -> Design:
    """Return the design of a box; points that whole steps make equal are in it once."""
    least = least_points(len(axes))
    if not least <= samples <= MOST:
        raise DesignError(f"a box over {counted(len(axes), 'range')} needs {least} to {MOST:,} points; got {samples:,}")
    parameters = [axis.parameter for axis in axes if axis.parameter is not None]
    start = np.array([_start(one) for one in parameters])
    present = tuple(plain(value_at(scenario.levers, one.key)) for one in parameters)
    rows = box_coordinates(start, samples, generator_of(scenario.spec.seed, SWEEP_POINTS))
    others = (tuple(one.value(float(at)) for one, at in zip(parameters, row, strict=True)) for row in rows[1:])
    numbers: dict[tuple[float, ...], tuple[Value, ...]] = {}
    for values in (present, *others):
        numbers.setdefault(tuple(one.read(value) for one, value in zip(parameters, values, strict=True)), values)
    listed = tuple(numbers.values())
    return Design(BOX, axes, len(listed), scenario.spec.seed, listed)


def _start(parameter: Parameter) -> float:
    """Return the coordinate of the unchanged scenario; -1 or 2 where it lies below or above the range."""
    if parameter.low <= parameter.start <= parameter.high:
        return parameter.coordinate(parameter.start)
    return -1.0 if parameter.start < parameter.low else 2.0


def box_coordinates(start: Array, samples: int, generator: np.random.Generator) -> Array:
    """Return unit-cube coordinates of the points of a box, (samples, levers); the first row is the start.

    Coordinates of ``start`` (levers,) below 0 or above 1 are moved to the end of the box. The generator scrambles the
    Sobol sequence. There are at least ``least_points`` samples.
    """
    inside = np.clip(start, 0.0, 1.0)
    levers = len(inside)
    if levers == 1:
        rest = np.linspace(0.0, 1.0, samples - 1)
        if np.isclose(rest, start[0]).any():  # one of them is the scenario itself: keep the number of others
            rest = np.linspace(0.0, 1.0, samples)
            rest = np.delete(rest, np.abs(rest - start[0]).argmin())
        return np.concatenate([inside[None], rest[:, None]])
    rows = [inside[None], _corners(levers, samples), _ends(inside)]
    left = samples - sum(map(len, rows))
    return np.concatenate([*rows, _filling(levers, left, generator)])[:samples]


def _corners(levers: int, samples: int) -> Array:
    """Return all corners, or every second one where all would be more than half of the points, or none."""
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=levers)))
    if 2 * len(corners) > samples:
        corners = corners[corners.sum(axis=1) % 2 == 0]
    return corners if 2 * len(corners) <= samples else corners[:0]


def _ends(inside: Array) -> Array:
    """Return the ends of each lever with the others unchanged."""
    rows = np.repeat(inside[None], 2 * len(inside), axis=0)
    for lever in range(len(inside)):
        rows[2 * lever : 2 * lever + 2, lever] = 0.0, 1.0
    return rows


def _filling(levers: int, number: int, generator: np.random.Generator) -> Array:
    """Return the first points of a scrambled Sobol sequence."""
    from scipy.stats import qmc

    if number <= 0:
        return np.empty((0, levers))
    drawn = qmc.Sobol(levers, scramble=True, rng=generator).random_base2(int(number - 1).bit_length())
    return np.asarray(drawn[:number], dtype=np.float64)
