"""Designs of sweeps: which values of which parameters are simulated together, point by point.

A design is only the list of points. ``sweep`` simulates them; a sensitivity has points of its own, see ``indices``.
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
from sim.experiments import box
from sim.experiments.parameters import Parameter, parameter_at, parameter_over
from sim.reading.costs import OF_STAFF
from sim.reading.outcomes import quantity_names
from sim.scenario.errors import choices
from sim.scenario.load import value_at
from sim.scenario.resolved import plain
from sim.store.withheld import run_withheld

if TYPE_CHECKING:
    from sim.scenario import Scenario

KINDS = GRID, SOBOL, LATIN_HYPERCUBE, BOX = "grid", "sobol", "lhs", "box"

Value = str | int | float | bool
MOST = 10_000_000
"""Points that a design may have."""

SWEEP_POINTS, SENSITIVITY_POINTS, BOOTSTRAP, POSTERIOR, COVERAGE, DRIVERS = range(6)
"""Numbers of generators: of a sweep's points, of a sensitivity's points, of the bootstrap samples of its outputs, of a
posterior's draws, of those that test it, and of those that say what an answer hangs on."""


LISTED = 8
"""Names that an error lists; the nearest comes first."""


class DesignError(RefusedError, ValueError):
    """A design that cannot be made: what is wrong with it; what is allowed, in one line."""


def demand_quantities(scenario: "Scenario", asked: Sequence[str], others: Sequence[str] = ()) -> None:
    """Raise DesignError unless runs of a scenario tell all that is asked for, or it is among the others."""
    withheld = run_withheld(scenario.spec) if set(asked) & set(OF_STAFF) else ""
    known = [*quantity_names(scenario), *others]
    for quantity in asked:
        if quantity not in known:
            raise DesignError(f"{quantity} is no quantity of {scenario.name}; {choices(quantity, known, LISTED)}")
        if withheld and quantity in OF_STAFF:
            raise DesignError(f"{quantity} has no value at this scale. {withheld}")


@dataclass(frozen=True)
class Axis:
    """What one parameter may be: one of ``choices``, or, where ``parameter`` is given, anything in its range."""

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
    """Points of a design, in its order: a grid counts its last axis first, the others follow their sequence.

    Those of a box are listed; its first is the scenario as it is.
    """

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

    def _coordinates(self) -> npt.NDArray[np.float64]:
        """Return the unit-cube coordinates of all points, (points, axes)."""
        from scipy.stats import qmc

        samplers = {SOBOL: qmc.Sobol, LATIN_HYPERCUBE: qmc.LatinHypercube}
        sampler = samplers[self.kind](len(self.axes), scramble=True, rng=generator_of(self.seed, SWEEP_POINTS))
        return np.asarray(sampler.random(self.samples), dtype=np.float64)


def generator_of(seed: int, number: int) -> np.random.Generator:
    """Return a source of a design's randomness: numpy's generator, seeded by words of the identity-keyed one."""
    return np.random.default_rng([int(word) for word in draw4(seed, 0, DESIGN, number)])


def demand_balance(samples: int) -> None:
    """Raise DesignError for a number of points of a Sobol sequence that is no power of two."""
    if samples & (samples - 1):
        raise DesignError(f"{samples} points of a Sobol sequence are out of balance; a power of two")


def design(
    scenario: "Scenario", vary: Mapping[str, Sequence[Value]], kind: str = GRID, samples: int | None = None
) -> Design:
    """Make the design of a scenario over the parameters at dotted keys.

    Ranges whose ends are ten times apart are even in the logarithm.

    Args:
        scenario: The scenario that is varied.
        vary: Values by dotted key. In a grid every value meets every other one. In a Sobol or Latin hypercube design
            two numbers (durations, rates, days) are the ends of a range, no values stand for the parameter's own range,
            and other values are choices.
        kind: ``grid``, ``sobol`` or ``lhs``; or ``box``, in which all values are ends of ranges, see ``box``.
        samples: The number of points; None in a grid. A box has at most as many, and a usual number if not given.

    Returns:
        The design.

    Raises:
        DesignError: If it cannot be made.
    """
    if not vary:
        raise DesignError("nothing is varied; --vary key=value,value or the scenario's sweep.vary")
    if kind not in KINDS:
        raise DesignError(f"design {kind} is none of them; {', '.join(KINDS)}")
    axes = tuple(_axis(scenario, key, tuple(values), kind) for key, values in vary.items())
    if kind == BOX:
        return _box(scenario, axes, box.usual(len(axes)) if samples is None else samples)
    if kind == GRID:
        if samples is not None:
            raise DesignError(f"a grid has as many points as its values make, not {samples}; no samples, or sobol, lhs")
        samples = prod(len(axis.choices) for axis in axes)
    elif samples is None or samples < 1:
        raise DesignError(f"a {kind} design has no number of points; samples, such as {64 if kind == SOBOL else 50}")
    if kind == SOBOL:
        demand_balance(samples)
    if samples > MOST:
        raise DesignError(f"{samples:,} points are too many; at most {MOST:,}")
    return Design(kind, axes, samples, scenario.spec.seed)


def _box(scenario: "Scenario", axes: tuple[Axis, ...], samples: int) -> Design:
    """Return the design of a box; points that whole steps make one are in it once."""
    if not box.least(len(axes)) <= samples <= MOST:
        least = box.least(len(axes))
        raise DesignError(f"{samples:,} points for {len(axes)} ranges are no box; {least} to {MOST:,}")
    parameters = [axis.parameter for axis in axes if axis.parameter is not None]
    start = np.array([_start(one) for one in parameters])
    present = tuple(plain(value_at(scenario.levers, one.key)) for one in parameters)
    rows = box.coordinates(start, samples, generator_of(scenario.spec.seed, SWEEP_POINTS))
    others = (tuple(one.value(float(at)) for one, at in zip(parameters, row, strict=True)) for row in rows[1:])
    numbers: dict[tuple[float, ...], tuple[Value, ...]] = {}
    for values in (present, *others):
        numbers.setdefault(tuple(one.read(value) for one, value in zip(parameters, values, strict=True)), values)
    listed = tuple(numbers.values())
    return Design(BOX, axes, len(listed), scenario.spec.seed, listed)


def _start(parameter: Parameter) -> float:
    """Return the coordinate of the scenario as it is; -1 or 2 where it lies below or above the range."""
    if parameter.low <= parameter.start <= parameter.high:
        return parameter.coordinate(parameter.start)
    return -1.0 if parameter.start < parameter.low else 2.0


def _axis(scenario: "Scenario", key: str, values: tuple[Value, ...], kind: str) -> Axis:
    if kind == GRID:
        if not values:
            raise DesignError(f"{key} has no values; --vary {key}=value,value")
        return Axis(key, values)
    try:
        own = parameter_at(scenario, key)
    except KeyError:
        what = "has no value in the scenario, from which a range could be told"
        raise DesignError(f"{key} {what}; --set {key}=value first, or a grid of values") from None
    if not values:
        if own is None:
            raise DesignError(f"{key} has no range of its own; --vary {key}=low,high")
        return Axis(key, parameter=own if kind != BOX else parameter_over(scenario, key, own.ends))
    if kind == BOX:
        return Axis(key, parameter=_range(scenario, key, values))
    if len(values) == 2 and not any(isinstance(value, bool) for value in values):
        between = parameter_at(scenario, key, (values[0], values[1]))
        if between is not None:
            return Axis(key, parameter=replace(between, key=key))
    return Axis(key, values)


def _range(scenario: "Scenario", key: str, values: tuple[Value, ...]) -> Parameter:
    """Return the parameter that moves between two values; DesignError where they are no two numbers."""
    shown = f"{key}={','.join(map(str, values))}"
    if len(values) != 2:
        raise DesignError(f"{shown}: is no range; two numbers, --vary {key}=low,high")
    found = parameter_over(scenario, key, values)
    if found is None:
        raise DesignError(f"{shown}: are no two different numbers; --vary {key}=low,high")
    return found
