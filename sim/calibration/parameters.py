"""The parameters that a calibration moves: key, range, and the way between a value and its place in the range."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.scenario import Scenario
from sim.scenario.load import value_at
from sim.scenario.parameters import is_full_form
from sim.scenario.units import DURATION, RATE, exact, milliseconds, per_day

WIDE = 10.0
"""A range whose ends are so many times apart, and both above 0, is even in the logarithm."""

DIGITS = 6

DECIMALS = {"week": 5, "d": 5, "h": 4, "min": 3, "s": 3, "ms": 0}
"""Decimals of a duration in a unit: so many make a whole number of milliseconds."""


@dataclass(frozen=True)
class Parameter:
    """A number with a range.

    ``low``, ``high`` and ``start`` are plain numbers in ``unit``, that of the top of the range (``per day``,
    ``d``; days since year 1 for a date), ``ends`` the ends of the range as the scenario has them; a place in the range
    is from 0 at ``low`` to 1 at ``high``, in the logarithm where the range is wide.
    """

    key: str
    origin: str
    low: float
    high: float
    start: float
    kind: type
    unit: str = ""
    ends: tuple[Any, Any] = (None, None)

    @property
    def logarithmic(self) -> bool:
        """Whether places are even in the logarithm of the value."""
        return self.low > 0.0 and self.high >= WIDE * self.low

    def place(self, number: float) -> float:
        """Give the place of a number in the range."""
        if self.logarithmic:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def number(self, place: float) -> float:
        """Give the number at a place, to so many digits as are written; whole numbers and days are rounded."""
        if self.logarithmic:
            number = self.low * (self.high / self.low) ** place
        else:
            number = self.low + place * (self.high - self.low)
        if self.kind is not float or self.unit in DECIMALS:
            number = float(round(number, DECIMALS.get(self.unit, 0)))
        else:
            number = float(f"{number:.{DIGITS}g}")
        return min(max(number, self.low), self.high)

    def value(self, place: float) -> int | float | str:
        """Give the value at a place as a scenario file has it."""
        number = self.number(place)
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


def plain_decimal(number: float) -> str:
    """Give a number without an exponent and without zeros at its end: units are read from such."""
    text = f"{number:.12f}" if abs(number) < 1e15 else f"{number:.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ranged(scenario: Scenario, origin: str | None = None) -> list[Parameter]:
    """List the numbers of a scenario that have a range and may move, in its order; those of one origin, or of all."""
    chosen = scenario.spec.calibration.parameters
    found = [one for one in all_ranged(scenario) if not chosen or one.key in chosen]
    return [one for one in found if origin is None or one.origin == origin]


def all_ranged(scenario: Scenario) -> list[Parameter]:
    """List all numbers of a scenario that have a range, in its order, whether a calibration may move them or not."""
    found = [_parameter(key, full) for key, full in full_forms(scenario.resolved)]
    return [one for one in found if one is not None]


def parameter_at(scenario: Scenario, key: str, ends: tuple[Any, Any] | None = None) -> Parameter | None:
    """Give the number at a dotted key, in its own range or between two ends; None where there is no such number.

    Raises KeyError for a key that is not there.
    """
    found = value_at(scenario.resolved, key)
    full = found if is_full_form(found) else {"value": found}
    try:
        return _parameter(key, full if ends is None else {**full, "range": list(ends)})
    except ValueError:
        return None


def out_of_range(scenario: Scenario, key: str) -> tuple[Any, Any] | None:
    """Give the ends of the range that the number at a dotted key lies outside of; None where it lies inside."""
    one = parameter_at(scenario, key)
    return None if one is None or one.low <= one.start <= one.high else one.ends


def full_forms(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each parameter in full form of a resolved scenario, by its dotted key."""
    if is_full_form(value):
        yield ".".join(path), value
        value = value["value"]
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from full_forms(inner, (*path, str(key)))


def _parameter(key: str, full: dict[str, Any]) -> Parameter | None:
    """Give the parameter of a full form; None where it is no number or has no range to move in."""
    value, limits = full["value"], full.get("range")
    if limits is None or isinstance(value, dict | list | bool):
        return None
    kind, unit = _number(value)[2], _number(limits[1])[1]
    start, low, high = (number * _factor(found, unit) for number, found, _ in map(_number, (value, *limits)))
    if low >= high:
        return None
    return Parameter(key, full.get("origin", ""), low, high, start, kind, unit, (limits[0], limits[1]))


def _number(value: int | float | str) -> tuple[float, str, type]:
    """Read a resolved value: number, unit, kind."""
    if isinstance(value, int | float):
        return float(value), "", type(value)
    if rate := RATE.fullmatch(value):
        return float(exact(rate[1])), f"per {rate[2]}", float
    if duration := DURATION.fullmatch(value):
        return float(exact(duration[1])), duration[2], float
    return float(date.fromisoformat(value).toordinal()), "", date


def _factor(unit: str, other: str) -> float:
    """How many of ``other`` one ``unit`` is."""
    if unit == other:
        return 1.0
    one = exact("1")
    if unit.startswith("per "):
        return float(per_day(one, unit[4:]) / per_day(one, other[4:]))
    return float(milliseconds(one, unit) / milliseconds(one, other))
