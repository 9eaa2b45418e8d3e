"""Day numbers, the calendar of engines: days since 2000-01-01."""

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DayNumbers = TypeVar("DayNumbers", int, "npt.NDArray[np.int64]")
"""One day number, or an array of them."""

ORIGIN = date(2000, 1, 1)
"""Day number 0."""

SATURDAY = 5
"""Day number 0 was a Saturday, five days after a Monday."""

UNIX_DAYS = (ORIGIN - date(1970, 1, 1)).days
"""Day number 0 in Arrow's date32, which counts from 1970."""

DAY_MS = 86_400_000
"""Milliseconds in a day."""

MINUTE_MS = 60_000
"""Milliseconds in a minute."""

HALF_HOURS = 48
HALF_HOUR_MS = DAY_MS // HALF_HOURS
"""Half hours of a day (the unit of profiles and shifts), and milliseconds in one."""

HOUR_MS = 2 * HALF_HOUR_MS
"""Milliseconds in an hour."""

YEAR_DAYS = 365.25
"""Days in a (Julian) year."""


def day_number(day: date) -> int:
    """Return the number of a calendar date."""
    return (day - ORIGIN).days


@lru_cache(maxsize=4096)
def calendar_date(number: int) -> date:
    """Return the calendar date of a day number."""
    return ORIGIN + timedelta(days=number)


def month_start(number: int) -> int:
    """Return the day number of the first day of the month that holds this day."""
    return number - calendar_date(number).day + 1


def next_month(number: int) -> int:
    """Return the day number of the first day of the month after the one that holds this day."""
    return month_start(month_start(number) + 31)


def weekday(number: DayNumbers) -> DayNumbers:
    """Return the day of the week, Monday 1 to Sunday 7."""
    return (number + SATURDAY) % 7 + 1
