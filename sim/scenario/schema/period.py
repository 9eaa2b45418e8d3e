"""The days that are simulated and counted."""

from datetime import date

from sim.base.days import DAY_MS, YEAR_DAYS
from sim.scenario.scalars import Day, DurationOrZero
from sim.scenario.schema.base import Mistakes, Part, mistake

FIRST_DAY, LAST_DAY = date(2000, 2, 1), date(2080, 12, 31)
"""Days that identities can hold (days since 2000-01-01), with room for the day before the first."""

MOST_DAYS = 20_000
"""Most simulated days, warm-up included."""


class Period(Part):
    """The days that figures cover, both included, and the warm-up simulated before them."""

    start: Day
    """First day that figures cover. An earlier start makes the run longer. Later: a shorter period. Example:
    `2021-01-01`"""
    end: Day
    """Last day that figures cover, included. Later: a longer period. Example: `2022-11-30`"""
    warmup: DurationOrZero
    """Days simulated before the start and not counted, so that queues, cards and dens are under way when counting
    begins. More: a steadier start, and a longer run. Example: `92 d`"""

    def _wrong(self) -> Mistakes:
        if self.warmup % DAY_MS:
            yield mistake("warmup", "is not a whole number of days", "must be whole days, for example 92 d")
        if self.end < self.start:
            yield mistake("end", f"{self.end} is before the start", f"must be {self.start} or later")
            return
        first = self.start.toordinal() - self.warmup // DAY_MS
        if first < FIRST_DAY.toordinal() or self.end > LAST_DAY:
            yield mistake(
                "start",
                f"{self.start} minus the warm-up, to {self.end}, is out of range",
                f"must lie between {FIRST_DAY} and {LAST_DAY}, warm-up included",
            )
        elif (self.end - self.start).days + self.warmup // DAY_MS > MOST_DAYS:
            allowed = f"must be at most {MOST_DAYS:,} days, warm-up included"
            yield mistake("end", f"{self.end} is too far from the start", allowed)

    def years_since(self, reference: date) -> tuple[float, float]:
        """Return the years from a reference date to the first simulated day and to the last, negative before it."""
        first = (self.start - reference).days - self.warmup // DAY_MS
        return first / YEAR_DAYS, (self.end - reference).days / YEAR_DAYS
