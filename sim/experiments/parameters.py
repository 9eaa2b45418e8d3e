"""Parameters: the numbers of a scenario that have a range, and their unit-cube coordinates.

A coordinate is the place of a number in its range: 0 at the lower end, 1 at the upper one. Designs, sensitivities and
calibrations choose coordinates; a parameter converts them into values as a scenario file has them, and back.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sim.scenario import Scenario
from sim.scenario.load import value_at
from sim.scenario.parameters import FLAT, LOGIT_NORMAL, TRIANGULAR, is_full_form
from sim.scenario.units import DURATION, RATE, exact, milliseconds, per_day

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
        shape: The shape of the prior over the range, see ``sim.calibration.prior``.
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
    one = exact("1")
    if unit.startswith("per "):
        return float(per_day(one, unit[4:]) / per_day(one, other[4:]))
    return float(milliseconds(one, unit) / milliseconds(one, other))
