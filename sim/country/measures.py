"""Measures on a day: which are in force, and how strongly."""

from collections.abc import Iterator
from datetime import date
from typing import TypeVar

from sim.country.calendar import ramped
from sim.days import calendar_date, day_number
from sim.scenario.schema.measures import MeasureBase, Somewhere

M = TypeVar("M", bound=MeasureBase)


class Measures:
    """The measures of a scenario by name; their order is that of their names, so that no file order matters."""

    def __init__(self, measures: dict[str, MeasureBase]) -> None:
        self._measures = [measures[name] for name in sorted(measures)]

    def on(self, day: int, kind: type[M], code: int | None = None) -> Iterator[tuple[M, float]]:
        """Yield each measure of a kind in force on a day, with the multiplier of its intensity (its ramp, or 1).

        With the ``code`` of a province only those that are in force there.
        """
        today = calendar_date(day)
        for measure in self._measures:
            if isinstance(measure, kind) and in_window(measure.window, today):
                places = measure.provinces if isinstance(measure, Somewhere) else None
                if code is None or places is None or code in places:
                    yield measure, ramped(day, getattr(measure, "ramp", None))


def in_window(window: tuple[date, date | None], day: date) -> bool:
    """Return whether a day lies in a window; both ends are included, an open end is None."""
    return window[0] <= day and (window[1] is None or day <= window[1])


def positions(measure: Somewhere, codes: tuple[int, ...]) -> list[int]:
    """Return the positions of the provinces that a measure is in force in."""
    return [p for p, code in enumerate(codes) if measure.provinces is None or code in measure.provinces]


def days_of(window: tuple[date, date | None]) -> int:
    """Return the number of days of a window that ends."""
    assert window[1] is not None, "the schema asks for an end where counts are spread over days"
    return (window[1] - window[0]).days + 1


def first_day(window: tuple[date, date | None]) -> int:
    """Return the day number on which a window begins."""
    return day_number(window[0])
