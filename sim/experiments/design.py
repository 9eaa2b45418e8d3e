"""Designs: which values of which parameters are simulated together, point by point."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.calibration.parameters import Parameter, parameter_at
from sim.draws.philox import draw4
from sim.draws.purposes import DESIGN

if TYPE_CHECKING:
    from sim.scenario import Scenario

KINDS = GRID, SOBOL, LHS = "grid", "sobol", "lhs"

Value = str | int | float | bool
MOST = 10_000_000
"""Points that a design may have."""

POINTS, PLACES, RESAMPLES = range(3)
"""Numbers of generators: of a sweep's points, of a sensitivity's places, of what is drawn from its outputs again."""


class DesignError(ValueError):
    """A design that cannot be made: what is wrong with it; what is allowed, in one line."""


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
        """The one kind of all its values."""
        kinds = {type(value) for value in self.given}
        if len(kinds) == 1:
            return kinds.pop()
        return float if kinds == {int, float} else str

    def value(self, place: float) -> Value:
        """Give the value at a place from 0 to 1."""
        if self.parameter is not None:
            return self.parameter.value(place)
        return self.choices[min(int(place * len(self.choices)), len(self.choices) - 1)]


@dataclass(frozen=True)
class Design:
    """Points of a design, in its order: a grid counts its last axis first, the others follow their sequence."""

    kind: str
    axes: tuple[Axis, ...]
    samples: int
    seed: int

    def __len__(self) -> int:
        """Return the number of points."""
        return self.samples

    def points(self) -> Iterator[dict[str, Value]]:
        """Give the values of each point by dotted key."""
        keys = [axis.key for axis in self.axes]
        if self.kind == GRID:
            for values in itertools.product(*(axis.choices for axis in self.axes)):
                yield dict(zip(keys, values, strict=True))
            return
        for row in self._places():
            yield {axis.key: axis.value(float(place)) for axis, place in zip(self.axes, row, strict=True)}

    def _places(self) -> npt.NDArray[np.float64]:
        from scipy.stats import qmc

        generator = generator_of(self.seed, POINTS)
        if self.kind == SOBOL:
            sampler = qmc.Sobol(len(self.axes), scramble=True, rng=generator)
        else:
            sampler = qmc.LatinHypercube(len(self.axes), rng=generator)
        return np.asarray(sampler.random(self.samples), dtype=np.float64)


def generator_of(seed: int, number: int) -> np.random.Generator:
    """Give a source of a design's randomness: numpy's generator, seeded by words of the identity-keyed one."""
    return np.random.default_rng([int(word) for word in draw4(seed, 0, DESIGN, number)])


def design(
    scenario: "Scenario", vary: Mapping[str, Sequence[Value]], kind: str = GRID, samples: int | None = None
) -> Design:
    """Make the design of a scenario over the parameters at dotted keys.

    In a grid every value meets every other one; ``samples`` is None. A Sobol or Latin hypercube design has ``samples``
    points: two numbers (durations, rates, days) are the ends of a range, no values stand for the parameter's own range,
    and other values are choices. Ranges whose ends are ten times apart are even in the logarithm.

    Raises DesignError.
    """
    if not vary:
        raise DesignError("nothing is varied; --vary key=value,value or the scenario's sweep.vary")
    if kind not in KINDS:
        raise DesignError(f"design {kind} is none of them; {', '.join(KINDS)}")
    axes = tuple(_axis(scenario, key, tuple(values), kind) for key, values in vary.items())
    if kind == GRID:
        if samples is not None:
            raise DesignError(f"a grid has as many points as its values make, not {samples}; no samples, or sobol, lhs")
        samples = prod(len(axis.choices) for axis in axes)
    elif samples is None or samples < 1:
        raise DesignError(
            f"a {kind} design has no number of points; samples, such as {'64' if kind == 'sobol' else '50'}"
        )
    if kind == SOBOL and samples & (samples - 1):
        raise DesignError(f"{samples} points of a Sobol sequence are out of balance; a power of two")
    if samples > MOST:
        raise DesignError(f"{samples:,} points are too many; at most {MOST:,}")
    return Design(kind, axes, samples, scenario.spec.seed)


def _axis(scenario: "Scenario", key: str, values: tuple[Value, ...], kind: str) -> Axis:
    own = parameter_at(scenario, key)
    if kind == GRID:
        if not values:
            raise DesignError(f"{key} has no values; --vary {key}=value,value")
        return Axis(key, values)
    if not values:
        if own is None:
            raise DesignError(f"{key} has no range of its own; --vary {key}=low,high")
        return Axis(key, parameter=own)
    if len(values) == 2 and not any(isinstance(value, bool) for value in values):
        found = parameter_at(scenario, key, (values[0], values[1]))
        if found is not None:
            return Axis(key, parameter=replace(found, key=key))
    return Axis(key, values)
