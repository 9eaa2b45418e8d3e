"""Days, money and bins: the integers that engines count, and what tables and figures make of them.

Day numbers, the calendar of engines: days since 2000-01-01.

Money: tables and engines count cents, hundredths of the currency's unit; figures count units.

Bins of waits, report delays and losses: an engine counts by position, a table stores the upper edge.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
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


CENTS_PER_UNIT = 100


DOUBLINGS = 48
"""Bins of waits and of losses; the largest edge, 2**47 minutes in ms, still fits 63 bits."""

REPORT_DELAYS_MS = (HOUR_MS, 12 * HOUR_MS, DAY_MS)
"""Upper edges in ms of the bins of report delays; one more bin holds the longer ones."""


@dataclass(frozen=True)
class Bins:
    """Bins by their upper edges, included and ascending; ``open_ended`` if one more bin follows the last edge."""

    edges: tuple[int, ...]
    open_ended: bool = False

    @classmethod
    def doubling(cls, first: int) -> Self:
        """Return bins with edges that double, starting with ``first``."""
        return cls(tuple(first << code for code in range(DOUBLINGS)))

    def __len__(self) -> int:
        return len(self.edges) + self.open_ended

    def upper(self, codes: NDArray[np.int64], without: int) -> NDArray[np.int64]:
        """Return the upper edges of bins by their codes, ``without`` for the open bin."""
        return np.array([*self.edges, *([without] if self.open_ended else [])], dtype=np.int64)[codes]


WAIT_BINS = Bins.doubling(MINUTE_MS)
"""Bins of waits: powers of two of a minute, in ms."""

DELAY_BINS = Bins(REPORT_DELAYS_MS, open_ended=True)
"""Bins of the delays from the end of an episode to its report, in ms."""

LOSS_BINS = Bins.doubling(CENTS_PER_UNIT)
"""Bins of the losses of cases: powers of two of a unit of money, in cents."""
