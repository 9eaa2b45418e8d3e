"""Measures on a day: which are in force, and how strongly."""

from collections.abc import Iterator
from datetime import date
from typing import TypeVar

from sim.country.calendar import ramped
from sim.days import calendar_date, day_number
from sim.scenario.schema.measures import MeasureBase

M = TypeVar("M", bound=MeasureBase)


class Measures:
    """The measures of a scenario by name; their order is that of their names, so that no file order matters."""

    def __init__(self, measures: dict[str, MeasureBase]) -> None:
        self._measures = [measures[name] for name in sorted(measures)]

    def on(self, day: int, kind: type[M]) -> Iterator[tuple[M, float]]:
        """Yield each measure of a kind in force on a day, with the multiplier of its intensity (its ramp)."""
        today = calendar_date(day)
        for measure in self._measures:
            if isinstance(measure, kind) and in_window(measure.window, today):
                yield measure, ramped(day, measure.ramp)


def in_window(window: tuple[date, date | None], day: date) -> bool:
    """Return whether a day lies in a window; both ends are included, an open end is None."""
    return window[0] <= day and (window[1] is None or day <= window[1])


def days_of(window: tuple[date, date | None]) -> int:
    """Return the number of days of a window; an open one is counted as a year."""
    return (window[1] - window[0]).days + 1 if window[1] is not None else 365


def first_day(window: tuple[date, date | None]) -> int:
    """Return the day number on which a window begins."""
    return day_number(window[0])
