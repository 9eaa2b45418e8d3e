"""Parameters: the numbers of a scenario that have a range, and their unit-cube coordinates.

A coordinate is the place of a number in its range: 0 at the lower end, 1 at the upper one. Designs, sensitivities and
calibrations choose coordinates; a parameter converts them into values as a scenario file has them, and back.

A design says which values of which parameters are simulated together, point by point. ``Counts`` says how many runs an
experiment makes: exactly or, where runs depend on earlier ones, fewest, typical and most.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.base.failures import RefusedError
from sim.draws.philox import draw4
from sim.draws.purposes import DESIGN
from sim.reading.run import quantity_names
from sim.scenario import Scenario, ScenarioError, changed
from sim.scenario.bounds import DURATION, RATE, UNIT_MS, exact
from sim.scenario.errors import choices
from sim.scenario.load import digest_of_results, value_at
from sim.scenario.merging import FLAT, LOGIT_NORMAL, TRIANGULAR, is_full_form
from sim.scenario.schema.population import NO_POOL

LOGARITHMIC_FROM = 10.0
"""A positive range is even in the logarithm if its upper end is at least this multiple of the lower one."""

DIGITS = 6
"""Significant digits of a value without a unit, or with the unit of a rate."""

DECIMALS = {"week": 5, "d": 5, "h": 4, "min": 3, "s": 3, "ms": 0}
"""Decimals of a duration in a unit, so that it is a whole number of milliseconds."""


@dataclass(frozen=True)
class Parameter:
    """A number with a range.

    Attributes:
        key: Its dotted key.
        origin: The origin of its value, such as ``calibrated``.
        low: The lower end of the range: a plain number in ``unit``; for a date, days since year 1.
        high: The upper end, as ``low``.
        start: The scenario's own value, as ``low``.
        kind: ``float``, ``int`` or ``date``.
        unit: The unit of the upper end, such as ``d`` or ``per day``; empty without one.
        ends: The ends of the range, in the scenario's units.
        shape: The shape of the prior over the range, see ``sim.calibration.posterior``.
    """

    key: str
    origin: str
    low: float
    high: float
    start: float
    kind: type
    unit: str = ""
    ends: tuple[Any, Any] = (None, None)
    shape: str = FLAT

    @property
    def logarithmic(self) -> bool:
        """Whether coordinates are even in the logarithm of the value."""
        return self.low > 0.0 and self.high >= LOGARITHMIC_FROM * self.low

    def coordinate(self, number: float) -> float:
        """Return the coordinate of a number in ``unit``."""
        if self.logarithmic:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def number(self, coordinate: float) -> float:
        """Return the number at a coordinate, to the written digits; whole numbers and days are rounded."""
        number = self.unrounded(coordinate)
        if self.kind is not float or self.unit in DECIMALS:
            number = float(round(number, DECIMALS.get(self.unit, 0)))
        else:
            number = float(f"{number:.{DIGITS}g}")
        return min(max(number, self.low), self.high)

    def unrounded(self, coordinate: float) -> float:
        """Return the number at a coordinate."""
        if self.logarithmic:
            return float(self.low * (self.high / self.low) ** coordinate)
        return self.low + coordinate * (self.high - self.low)

    def value(self, coordinate: float) -> int | float | str:
        """Return the value at a coordinate as a scenario file has it."""
        return self.written(self.number(coordinate))

    def read(self, value: int | float | str) -> float:
        """Convert a value of a scenario file into a number in ``unit``; raises ValueError if it is not a number."""
        number, unit, _ = _number(value)
        return number * _factor(unit, self.unit)

    def written(self, number: float) -> int | float | str:
        """Convert a number in ``unit`` into a value of a scenario file."""
        for end, written in zip((self.low, self.high), self.ends, strict=True):
            if number == end and written is not None:
                return written  # type: ignore[no-any-return]
        if self.kind is date:
            return date.fromordinal(int(number)).isoformat()
        if self.kind is int:
            return int(number)
        if not self.unit:
            return number
        return f"{plain_decimal(number)} {self.unit}"


COSTS = "costs."


def plain_decimal(number: float) -> str:
    """Return a number without an exponent and without trailing zeros, as units are read."""
    text = f"{Decimal(repr(float(number))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def free_parameters(scenario: Scenario, origin: str | None = None) -> list[Parameter]:
    """Return the parameters that a calibration may move, in the order of the scenario.

    The scenario's ``calibration.parameters`` names them; if that is empty, all numbers with a range except ``costs``,
    on which no figure depends. With ``origin`` only those of this origin, such as ``calibrated``.
    """
    keys = scenario.spec.calibration.parameters
    ranged = ranged_parameters(scenario)
    free = [one for one in ranged if (one.key in keys if keys else not one.key.startswith(COSTS))]
    return [one for one in free if origin is None or one.origin == origin]


def ranged_parameters(scenario: Scenario) -> list[Parameter]:
    """Return all numbers of a scenario that have a range, in its order, whether or not a calibration may move them."""
    parameters = [_parameter(key, full) for key, full in full_forms(scenario.levers)]
    return [one for one in parameters if one is not None]


def parameter_at(scenario: Scenario, key: str, ends: tuple[Any, Any] | None = None) -> Parameter | None:
    """Return the number at a key as a parameter, with other ends if given; None without number or range."""
    resolved = value_at(scenario.levers, key)
    full = resolved if is_full_form(resolved) else {"value": resolved}
    try:
        return _parameter(key, full if ends is None else {**full, "range": list(ends)})
    except ValueError:
        return None


def out_of_range(scenario: Scenario, key: str, value: Any) -> tuple[Any, Any] | None:
    """Return the ends of the range of a scenario's number if another value lies outside it, else None."""
    try:
        one = parameter_at(scenario, key)
        number = None if one is None else one.read(value)
    except (KeyError, ValueError):
        return None
    return None if one is None or number is None or one.low <= number <= one.high else one.ends


def full_forms(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each value in full form (``{value, origin, ...}``) of a resolved scenario, by dotted key."""
    if is_full_form(value):
        yield ".".join(path), value
        value = value["value"]
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from full_forms(inner, (*path, str(key)))


def _parameter(key: str, full: dict[str, Any]) -> Parameter | None:
    """Return the parameter of a full form; None if it is not a number or has no range."""
    value, limits = full["value"], full.get("range")
    if limits is None or isinstance(value, dict | list | bool):
        return None
    kind, unit = _number(value)[2], _number(limits[1])[1]
    start, low, high = (number * _factor(own, unit) for number, own, _ in map(_number, (value, *limits)))
    if low >= high:
        return None
    shape = full.get("shape") or _usual_shape(full.get("origin", ""), low < start < high)
    return Parameter(key, full.get("origin", ""), low, high, start, kind, unit, (limits[0], limits[1]), shape)


def _usual_shape(origin: str, inside: bool) -> str:
    """Return the shape of a range that states none.

    Centred on the value; around a value at an end of its range a triangle whose top is there. That of a calibrated
    value is flat: the value comes from the data, which must not count twice.
    """
    if origin == "calibrated":
        return FLAT
    return LOGIT_NORMAL if inside else TRIANGULAR


def _number(value: int | float | str) -> tuple[float, str, type]:
    """Return the number, the unit and the kind of a resolved value."""
    if isinstance(value, int | float):
        return float(value), "", type(value)
    if rate := RATE.fullmatch(value):
        return float(exact(rate[1])), f"per {rate[2]}", float
    if duration := DURATION.fullmatch(value):
        return float(exact(duration[1])), duration[2], float
    return float(date.fromisoformat(value).toordinal()), "", date


def in_unit(one: Parameter, number: float, other: Parameter) -> float:
    """Return a number of one parameter in the unit of another; raises ValueError where units are of different kinds."""
    if _kind(one) != _kind(other):
        raise ValueError(f"{one.key} and {other.key} have no common unit")
    return number * _factor(one.unit, other.unit)


def _kind(one: Parameter) -> str:
    """Return the kind of a parameter's numbers: date, plain number, rate or duration."""
    if one.kind is date:
        return "date"
    if not one.unit:
        return "number"
    return "rate" if one.unit.startswith("per ") else "duration"


def _factor(unit: str, other: str) -> float:
    """Return how many of ``other`` make one ``unit``."""
    if unit == other:
        return 1.0
    own, others = (UNIT_MS[one.removeprefix("per ")] for one in (unit, other))
    return float(Fraction(others, own) if unit.startswith("per ") else Fraction(own, others))


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


class Counts(NamedTuple):
    """Numbers of runs."""

    least: int
    typical: int
    most: int

    @classmethod
    def exactly(cls, number: int) -> "Counts":
        """Return a known number."""
        return cls(number, number, number)

    @property
    def is_known(self) -> bool:
        """Whether the number is known exactly."""
        return self.least == self.most

    def times(self, factor: int) -> "Counts":
        """Return the counts multiplied by a factor."""
        return Counts(*(one * factor for one in self))

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum of both."""
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))
