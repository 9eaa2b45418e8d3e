"""Units of time: ``45 min`` is 2,700,000 ms and ``120 per day`` is 120.0 a day, exactly, and back to text.

Seven integer factors need no library of units. A strict pattern matches the text, and fractions keep the result exact
until it is rounded once. ``sim.scenario.scalars`` makes pydantic types of them.
"""

import re
from fractions import Fraction
from functools import lru_cache

from sim.base.days import DAY_MS, HOUR_MS, MINUTE_MS, YEAR_DAYS

UNIT_MS = {
    "ms": 1,
    "s": 1000,
    "min": MINUTE_MS,
    "h": HOUR_MS,
    "d": DAY_MS,
    "day": DAY_MS,
    "week": 7 * DAY_MS,
    "year": int(YEAR_DAYS * DAY_MS),
}
"""Milliseconds of each unit; a day has two names."""

DURATION_UNITS = ("ms", "s", "min", "h", "d", "week")
RATE_UNITS = ("s", "min", "h", "day", "d", "week", "year")

NUMBER = r"[+-]?[0-9](?:[0-9_]{0,17}[0-9])?(?:\.[0-9]{1,25})?(?:[eE][+-]?[0-9]{1,2})?"
DURATION = re.compile(rf"({NUMBER}) ?([A-Za-zµ]{{1,12}})", re.ASCII)
RATE = re.compile(rf"({NUMBER}) ?per ([A-Za-z]{{1,12}})", re.ASCII)

LARGEST_WHOLE = 1e9
"""Whole numbers below it are written in full."""

DIGITS = (6, 9, 12, 15, 16, 17)
"""Significant digits tried for a rate; 17 distinguish any two doubles."""


def exact(number: str) -> Fraction:
    """Return the number of a text that matches ``NUMBER``."""
    return Fraction(number.replace("_", ""))


def milliseconds(number: Fraction, unit: str) -> Fraction:
    """Return a duration in ms; ``unit`` is one of ``DURATION_UNITS``."""
    return number * UNIT_MS[unit]


def per_day(number: Fraction, unit: str) -> Fraction:
    """Return a rate per day; ``unit`` is one of ``RATE_UNITS``."""
    return number * DAY_MS / UNIT_MS[unit]


def duration_text(ms: int) -> str:
    """Return a duration in the largest unit, up to days, that divides it: 2,700,000 is ``45 min``."""
    if ms == 0:
        return "0 s"
    unit = next(unit for unit in ("d", "h", "min", "s", "ms") if ms % UNIT_MS[unit] == 0)
    return f"{ms // UNIT_MS[unit]} {unit}"


@lru_cache(maxsize=4096)
def rate_text(rate: float) -> str:
    """Return a rate a day as text that reads back the same, whole rates ``per day``, others as short as possible."""
    if rate.is_integer() and rate < LARGEST_WHOLE:
        return f"{int(rate)} per day"
    texts = []
    for unit in ("day", "year", "h"):
        number = float(Fraction(rate) * UNIT_MS[unit] / DAY_MS)
        is_whole = number.is_integer() and number < LARGEST_WHOLE
        for digits in DIGITS:
            text = str(int(number)) if is_whole else f"{number:.{digits}g}"
            if float(per_day(exact(text), unit)) == rate:
                texts.append(f"{text.replace('e+', 'e')} per {unit}")
                break
    return min(texts, key=len)  # the first of equals; per day there is always one
