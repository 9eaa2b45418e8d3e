"""Designs of sweeps: which values of which parameters are simulated together, point by point."""

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
from sim.experiments.parameters import Parameter, parameter_at
from sim.reading.outcomes import quantity_names
from sim.scenario import ScenarioError, changed
from sim.scenario.errors import choices
from sim.scenario.prefix import digest_of_results
from sim.scenario.schema.population import NO_POOL

if TYPE_CHECKING:
    from sim.scenario import Scenario

Array = npt.NDArray[np.float64]

KINDS = GRID, SOBOL, LATIN_HYPERCUBE = "grid", "sobol", "lhs"

Value = str | int | float | bool
MOST = 10_000_000
"""The largest number of points of a design."""

SWEEP_POINTS, SENSITIVITY_POINTS, BOOTSTRAP, POSTERIOR, COVERAGE, DRIVERS, _, PREDICTIONS = range(8)
"""Numbers of random generators: points of a sweep, points of a sensitivity, bootstrap samples of its outputs, draws of
a posterior, windows left out, drivers of answers, one that is never used again, and errors of predictions."""

POOL = "population.pool"

LISTED = 8
"""Names that an error lists; the nearest comes first."""


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
    """Points of a design, in order: a grid varies its last axis fastest."""

    kind: str
    axes: tuple[Axis, ...]
    samples: int
    seed: int

    def __len__(self) -> int:
        """Return the number of points."""
        return self.samples

    def points(self) -> Iterator[dict[str, Value]]:
        """Yield the values of each point by dotted key."""
        keys = [axis.key for axis in self.axes]
        if self.kind == GRID:
            for values in itertools.product(*(axis.choices for axis in self.axes)):
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


def idle(scenario: "Scenario", given: Mapping[str, Sequence[Value]]) -> dict[str, str]:
    """Return by key a message about each lever of which two values (of a range, its ends) give the same results.

    They must do so in the scenario, with the first values of all other levers, and with the last ones. Examples are a
    key that nothing reads in this scenario, provinces that are pooled, and a day after the period.
    """
    found = {}
    for key, values in given.items():
        others = [{one: given[one][at] for one in given if one != key and given[one]} for at in (0, -1)]
        made = [_digest(scenario, {key: value}) for value in values]
        pairs = zip(itertools.combinations(values, 2), itertools.combinations(made, 2), strict=True)
        for one, two in (pair for pair, (here, there) in pairs if here == there):
            if all(_digest(scenario, {**own, key: one}) == _digest(scenario, {**own, key: two}) for own in others):
                allowed = "use a lever that takes effect before the end of the period, or other values"
                if scenario.spec.population.pool != NO_POOL and key != POOL:
                    apart = {_digest(scenario, {key: value, POOL: NO_POOL}) for value in (one, two)}
                    allowed = "use --pool none, where they differ" if len(apart) > 1 else allowed
                found[key] = f"{key}: {one} and {two} make the same scenario; {allowed}"
                break
    return found


def _digest(scenario: "Scenario", values: Mapping[str, Value]) -> str:
    """Return the digest of all that a run of a scenario with some values reads; the values if they do not fit."""
    try:
        return digest_of_results(changed(scenario, values))
    except ScenarioError:
        return str(values)


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
    rates, dates) are the ends of a range, no values mean the parameter's own range, and other values are choices. A
    range whose ends are at least ten times apart is sampled evenly in the logarithm.

    Raises:
        DesignError: If it cannot be made.
    """
    if not vary:
        raise DesignError("no parameter is varied; use --vary key=value,value or set the scenario's sweep.vary")
    if kind not in KINDS:
        raise DesignError(f"design must be one of {', '.join(KINDS)}; got {kind}")
    axes = tuple(_axis(scenario, key, tuple(values), kind) for key, values in vary.items())
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
        return Axis(key, parameter=own)
    if len(values) == 2 and not any(isinstance(value, bool) for value in values):
        between = parameter_at(scenario, key, (values[0], values[1]))
        if between is not None:
            return Axis(key, parameter=replace(between, key=key))
    return Axis(key, values)
