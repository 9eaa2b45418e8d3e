"""Measures on a day: which are in force, and how strongly."""

from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.base.days import day_number
from sim.country.calendar import Days, Values, dated, ramped
from sim.scenario.schema.measure_forms import MeasureBase, Somewhere, Varying
from sim.scenario.schema.measures import WarningCoverage

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


def in_window(window: tuple[date, date | None], day: date) -> bool:
    """Return whether a day lies in a window; both ends are included, and an open end has no date."""
    return window[0] <= day and (window[1] is None or day <= window[1])


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
