"""Days, moments in ms from the start of the period, and growth with the calendar date."""

from dataclasses import dataclass
from datetime import date

from sim.base.days import DAY_MS, YEAR_DAYS, day_number
from sim.draws.functions import exp
from sim.scenario.schema.measures import Ramp
from sim.scenario.schema.period import Period


def years_between(number: int, reference: date) -> float:
    """Return the years from ``reference`` to a day, negative before it."""
    return (number - day_number(reference)) / YEAR_DAYS


def growth(per_year: float, number: int, reference: date, ceiling: float | None = None) -> float:
    """Return the growth factor on a day; on ``reference`` it is 1 and grows by ``per_year`` in log units.

    Without a ceiling it is exp(g t). With a ceiling K > 1 it saturates: K / (1 + (K - 1) exp(-g t K / (K - 1))).
    """
    years = years_between(number, reference)
    if ceiling is None:
        return exp(per_year * years)
    room = ceiling - 1.0
    return ceiling / (1.0 + room * exp(-per_year * years * ceiling / room))


def logistic(days: float, width_days: float) -> float:
    """Return 1 / (1 + exp(-days / width)), the logistic curve."""
    return 1.0 / (1.0 + exp(-days / width_days))


def ramped(number: int, ramp: Ramp | None) -> float:
    """Return the multiplier of an intensity on a day: logistic from the floor of the ramp to 1; 1 without a ramp."""
    if ramp is None:
        return 1.0
    days = float(number - day_number(ramp.midpoint))
    return ramp.floor + (1.0 - ramp.floor) * logistic(days, ramp.width / DAY_MS)


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

    def midnight(self, number: int) -> int:
        """Return the moment at which a day begins, in ms from the start of the period."""
        return (number - self.start) * DAY_MS

    def day_of(self, moment: int) -> int:
        """Return the day number of a moment."""
        return self.start + moment // DAY_MS
