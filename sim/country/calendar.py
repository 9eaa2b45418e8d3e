"""Days, moments in ms from the start of the period, and growth with the calendar date.

Measures on a day: which are in force, and how strongly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, YEAR_DAYS, day_number
from sim.draws.functions import exp
from sim.scenario.schema.base import Period
from sim.scenario.schema.measures import MeasureBase, Ramp, Somewhere, Varying, WarningCoverage

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


M = TypeVar("M", bound=MeasureBase)


class Measures:
    """The measures of a scenario, sorted by name, so that their order in the file has no effect."""

    def __init__(self, measures: dict[str, MeasureBase]) -> None:
        self._measures = [measures[name] for name in sorted(measures)]
        self._of_kind = cache(self._spans)
        # One list serves all provinces.
        self._over = lru_cache(maxsize=64)(self._find)

    def all(self, kind: type[M]) -> list[M]:
        """Return all measures of a kind."""
        return [measure for measure in self._measures if isinstance(measure, kind)]

    def on(self, day: int, kind: type[M], code: int | None = None) -> list[M]:
        """Return the measures of a kind in force on a day; with ``code``, only those in force in that province."""
        found = [measure for measure, first, last in self._of_kind(kind) if first <= day <= last]
        return found if code is None else [measure for measure in found if acts_in(measure, code)]

    def over(self, days: Days, kind: type[M], code: int | None = None) -> list[tuple[M, Values]]:
        """Return the measures of a kind in force on any of the days, with the multipliers of their intensities.

        A multiplier, (D,), is the value of the measure's ramp or dated values, 1 without them, and 0 on days on which
        the measure is not in force: 1 - share x multiplier and 1 + more x multiplier are exact on all days. With
        ``code``, only measures in force in that province are returned.
        """
        found = self._over(days, kind)
        return found if code is None else [one for one in found if acts_in(one[0], code)]

    def by_measure(self, days: Days, kind: type[M], codes: Sequence[int]) -> NDArray[np.float64]:
        """Return the multipliers of ``over`` of all measures of a kind, (D, P, M); 0 where one is not in force."""
        every = self.all(kind)
        found = np.zeros((len(days), len(codes), len(every)))
        for one, multipliers in self.over(days, kind):
            # By identity: two measures may be equal.
            at = next(m for m, measure in enumerate(every) if measure is one)
            for p, code in enumerate(codes):
                if acts_in(one, code):
                    found[:, p, at] = multipliers
        return found

    def alike(self, codes: Sequence[int]) -> tuple[list[int], NDArray[np.int64]]:
        """Return groups of provinces with the same measures and weights, so that one computation serves a group.

        Args:
            codes: (P,) codes of the provinces.

        Returns:
            The position of one province of each group; (P,) the group of each province.
        """
        groups: dict[tuple[float | None, ...], int] = {}
        of = [
            groups.setdefault(tuple(weight_in(measure, code) for measure in self._measures), p)
            for p, code in enumerate(codes)
        ]
        examples = list(groups.values())
        return examples, np.array([examples.index(p) for p in of], dtype=np.int64)

    def _find(self, days: Days, kind: type[M]) -> list[tuple[M, Values]]:
        numbers = np.array(days, dtype=np.int64)
        found = []
        for measure, first, last in self._of_kind(kind):
            in_force = (first <= numbers) & (numbers <= last)
            if in_force.any():
                found.append((measure, np.where(in_force, multiplier(days, measure), 0.0)))
        return found

    def _spans(self, kind: type[M]) -> list[tuple[M, int, int]]:
        """Return all measures of a kind, each with the day numbers of both ends of its window."""
        ends = [(measure, measure.window[1] or date.max) for measure in self.all(kind)]
        return [(one, first_day(one.window), day_number(end)) for one, end in ends]


def multiplier(days: Days, measure: MeasureBase) -> Values:
    """Return the share of a measure's intensity on each day, (D,), by its ramp or dated values; 1 without them."""
    if not isinstance(measure, Varying):
        return np.ones(len(days))
    return dated(days, measure.dated) if measure.steps else ramped(days, measure.ramp)


def acts_in(measure: MeasureBase, code: int) -> bool:
    """Return whether a measure, on its days, is in force in the province of this code."""
    return not isinstance(measure, Somewhere) or measure.provinces is None or code in measure.provinces


def weight_in(measure: MeasureBase, code: int) -> float | None:
    """Return the weight of a province (its code) in a measure: 1 by default, None if it is not in force there."""
    if not acts_in(measure, code):
        return None
    return measure.weights.get(code, 1.0) if isinstance(measure, WarningCoverage) else 1.0


def positions(measure: Somewhere, codes: tuple[int, ...]) -> list[int]:
    """Return the positions of the provinces in which a measure is in force."""
    return [p for p, code in enumerate(codes) if acts_in(measure, code)]


def days_of(window: tuple[date, date | None]) -> int:
    """Return the length in days of a window that ends."""
    assert window[1] is not None, "the schema asks for an end where counts are spread over days"
    return (window[1] - window[0]).days + 1


def first_day(window: tuple[date, date | None]) -> int:
    """Return the day number on which a window begins."""
    return day_number(window[0])
