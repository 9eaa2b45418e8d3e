"""Days, moments in ms from the start of the period, and growth with the calendar date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, YEAR_DAYS, day_number
from sim.draws.functions import exp
from sim.scenario.schema.measure_forms import Ramp
from sim.scenario.schema.period import Period

Days = Sequence[int]
"""Day numbers, (D,): a range, or a tuple of them."""

Values = NDArray[np.float64]
"""One value a day, (D,)."""


def days_since(days: Days, reference: date) -> NDArray[np.int64]:
    """Return the days from ``reference`` to each of the days, (D,), negative before it."""
    return np.array(days, dtype=np.int64) - day_number(reference)


def years_between(days: Days, reference: date) -> Values:
    """Return the years from ``reference`` to each of the days, (D,), negative before it."""
    return days_since(days, reference) / YEAR_DAYS


def exps(exponents: Values) -> Values:
    """Return ``sim.draws.functions.exp`` of each exponent, (D,); numpy's differs in the last bit."""
    return np.array([exp(exponent) for exponent in exponents.tolist()])


def growth(
    per_year: float, days: Days, reference: date, ceiling: float | None = None, until: date | None = None
) -> Values:
    """Return the growth factor on each day, (D,): 1 on ``reference``, growing by ``per_year`` in log units.

    Without a ceiling it is exp(g t). With a ceiling K > 1 it saturates: K / (1 + (K - 1) exp(-g t K / (K - 1))). After
    the day ``until`` it stays as it is on that day.
    """
    grows = days if until is None else [min(day, day_number(until)) for day in days]
    years = years_between(grows, reference)
    if ceiling is None:
        return exps(per_year * years)
    room = ceiling - 1.0
    return ceiling / (1.0 + room * exps(-per_year * years * ceiling / room))


def logistic(since: NDArray[np.int64], width_days: float) -> Values:
    """Return 1 / (1 + exp(-since / width)), the logistic curve, at each number of days, (D,)."""
    return 1.0 / (1.0 + exps(-since / width_days))


def ramped(days: Days, ramp: Ramp | None) -> Values:
    """Return the multiplier of an intensity on each day, (D,): logistic from the ramp's floor to 1; 1 without one."""
    if ramp is None:
        return np.ones(len(days))
    return ramp.floor + (1.0 - ramp.floor) * logistic(days_since(days, ramp.midpoint), ramp.width / DAY_MS)


def dated(days: Days, values: Mapping[date, float]) -> Values:
    """Return the value on each day, (D,), linear between dated values (in order); beyond them the first or the last."""
    found = np.empty(len(days))
    numbers = np.array(days, dtype=np.int64)
    (first, before), *others = ((day_number(day), value) for day, value in values.items())
    found[:] = before
    for day, value in others:
        between = (first <= numbers) & (numbers < day)
        found[between] = before + (value - before) * ((numbers[between] - first) / (day - first))
        found[day <= numbers] = value
        first, before = day, value
    return found


@dataclass(frozen=True)
class Calendar:
    """Day numbers of a run: ``first`` day of the warm-up, ``start`` and ``last`` day of the period."""

    first: int
    start: int
    last: int

    @classmethod
    def of(cls, period: Period) -> "Calendar":
        """Return the calendar of a period."""
        start = day_number(period.start)
        return cls(start - period.warmup // DAY_MS, start, day_number(period.end))

    @property
    def days(self) -> range:
        """The numbers of all days, warm-up included."""
        return range(self.first, self.last + 1)

    def midnight(self, number: int) -> int:
        """Return the moment at which a day begins, in ms from the start of the period."""
        return (number - self.start) * DAY_MS

    def day_of(self, moment: int) -> int:
        """Return the day number of a moment."""
        return self.start + moment // DAY_MS
