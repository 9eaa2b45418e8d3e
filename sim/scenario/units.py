"""Units of time: `45 min` becomes 2,700,000 ms and `120 per day` becomes 120.0 a day, exactly.

The conversion is pint's, over a registry of the seven units that scenarios may use and in exact fractions;
the text is matched by a strict pattern first, so that no expression of a file's author reaches pint.
"""

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

DURATION_UNITS = ("ms", "s", "min", "h", "d", "week")
RATE_UNITS = ("s", "min", "h", "day", "d", "week", "year")

NUMBER = r"[+-]?[0-9](?:[0-9_]{0,17}[0-9])?(?:\.[0-9]{1,25})?(?:[eE][+-]?[0-9]{1,2})?"
DURATION = re.compile(rf"({NUMBER}) ?([A-Za-zµ]{{1,12}})", re.ASCII)
RATE = re.compile(rf"({NUMBER}) ?per ([A-Za-z]{{1,12}})", re.ASCII)

MS_PER_DAY = 86_400_000

_DEFINITIONS = (
    "second = [time] = s",
    "millisecond = second / 1000 = ms",
    "minute = 60 * second = min",
    "hour = 60 * minute = h",
    "day = 24 * hour = d",
    "week = 7 * day",
    "year = 365.25 * day",  # the Julian year
)


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Pint's registry with the units of scenarios and no others, counting in fractions."""
    import pint  # slow to import, and not needed until a unit is met

    registry: Any = pint.UnitRegistry(None, non_int_type=Fraction)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


@lru_cache(maxsize=32)
def _factor(unit: str, other: str) -> Fraction:
    """How many of `other` one `unit` is; both are names that this module lists."""
    return Fraction(_registry().Quantity(Fraction(1), unit).to(other).magnitude)


def exact(number: str) -> Fraction:
    """The number that a text matched by NUMBER stands for."""
    return Fraction(Decimal(number.replace("_", "")))


def milliseconds(number: Fraction, unit: str) -> Fraction:
    """A duration in ms; `unit` is one of DURATION_UNITS."""
    return number * _factor(unit, "ms")


def per_day(number: Fraction, unit: str) -> Fraction:
    """A rate per day; `unit` is one of RATE_UNITS."""
    return number / _factor(unit, "d")


def duration_text(ms: int) -> str:
    """A duration in the largest unit that divides it: 2,700,000 is `45 min`; reading it gives `ms` again."""
    if ms == 0:
        return "0 s"
    for unit in ("d", "h", "min", "s"):
        size = int(_factor(unit, "ms"))
        if ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


def rate_text(rate: float) -> str:
    """A whole rate as `N per day`; else the shortest of `N per day`, `N per year`, `N per h`.

    Each reads back as exactly `rate`.
    """
    if rate.is_integer() and rate < 1e9:
        return f"{int(rate)} per day"
    texts = []
    for unit in ("day", "year", "h"):
        number = float(Fraction(rate) * _factor(unit, "d"))
        for digits in (6, 9, 12, 15, 16, 17):  # 17 always suffice for a day, whose factor is 1
            text = str(int(number)) if number.is_integer() and number < 1e9 else f"{number:.{digits}g}"
            if float(per_day(exact(text), unit)) == rate:
                texts.append(f"{text.replace('e+', 'e')} per {unit}")
                break
    return min(texts, key=len)  # the first of equals
