"""Investigation: at midnight each province takes cases from its backlog and solves or closes them.

A share of the capacity takes the newest cases, the rest the oldest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.days import DAY_MS
from sim.base.words import OriginKind
from sim.country.calendar import Days, Values, growth
from sim.country.provinces import Provinces
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import threshold
from sim.draws.functions import fsum, left_after
from sim.draws.identity import DAY_MASK, DAY_SHIFT, KIND_SHIFT, backlog_id
from sim.draws.philox import draw4
from sim.draws.purposes import CASE_SOLVED
from sim.draws.remainders import Remainders, fixed
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.aftermath import Investigation


@dataclass(frozen=True)
class Finished:
    """The cases that all provinces finished at a midnight, by province and within it in the order of filing.

    ``cases`` (n,) their numbers; ``solved`` (n,) which of them are solved, the others being closed unsolved; ``taken``
    (P,) the number of cases of each province.
    """

    cases: NDArray[np.int64]
    solved: NDArray[np.bool_]
    taken: NDArray[np.int64]

    @property
    def solved_by_province(self) -> NDArray[np.int64]:
        """Return the number of solved cases in each province, (P,)."""
        provinces = np.repeat(np.arange(len(self.taken)), self.taken)
        return np.bincount(provinces[self.solved], minlength=len(self.taken))

    def by_province(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the solved and the closed cases of each province."""
        ends = np.cumsum(self.taken)[:-1]
        for cases, solved in zip(np.split(self.cases, ends), np.split(self.solved, ends), strict=True):
            yield cases[solved], cases[~solved]


class Backlog:
    """The cases that wait in a province, in the order of filing: an array with free room at its end."""

    def __init__(self, cases: NDArray[np.int64]) -> None:
        self._cases = cases
        self._first = 0
        self._end = len(cases)

    def __len__(self) -> int:
        """Return the number of waiting cases."""
        return self._end - self._first

    def file(self, cases: NDArray[np.int64]) -> None:
        """Add cases at the end."""
        end = self._end + len(cases)
        if end > len(self._cases):
            waiting = self._cases[self._first : self._end]
            end = len(waiting) + len(cases)
            self._cases = np.empty(2 * end, dtype=np.int64)
            self._cases[: len(waiting)] = waiting
            self._first = 0
        self._cases[end - len(cases) : end] = cases
        self._end = end

    def waiting(self) -> NDArray[np.int64]:
        """Return a copy of the waiting cases, oldest first."""
        return self._cases[self._first : self._end].copy()

    def take(self, count: int) -> NDArray[np.int64]:
        """Remove and return the ``count`` oldest cases, oldest first, or all if there are fewer."""
        first, self._first = self._first, min(self._end, self._first + count)
        return self._cases[first : self._first]

    def take_newest(self, count: int) -> NDArray[np.int64]:
        """Remove and return the ``count`` newest cases, oldest first, or all if there are fewer."""
        end, self._end = self._end, max(self._first, self._end - count)
        return self._cases[self._end : end].copy()  # the next cases overwrite them


class CaseBook:
    """The backlog of each province: case numbers in the order of filing.

    ``at_start`` counts the cases that were waiting when the simulation began, ``filed``, ``solved`` and ``closed``
    those since: at_start + filed = solved + closed + waiting, at every midnight.
    """

    def __init__(self, spec: ScenarioModel, provinces: Provinces, remainders: Remainders) -> None:
        self._seed = spec.seed
        self._scale = spec.scale
        self._settings: Investigation = spec.aftermath.investigation
        self._solved_below = threshold(self._settings.solved)
        self._provinces = provinces
        self._remainders = remainders
        self._waiting: list[Backlog] = []
        for p, share in enumerate(provinces.share):
            count = remainders.whole(p, "backlog", fixed(self._settings.backlog * share * spec.scale))
            self._waiting.append(Backlog(backlog_ids(p, count)))
        self.at_start = self.waiting
        self.filed = self.solved = self.closed = 0

    @property
    def waiting(self) -> int:
        """Cases waiting in all provinces."""
        return sum(len(cases) for cases in self._waiting)

    def backlogs(self) -> NDArray[np.float64]:
        """Return the cases waiting in each province, (P,)."""
        return np.array([len(cases) for cases in self._waiting], dtype=np.float64)

    def investigate(self, capacity: float, filed: Sequence[Sequence[tuple[int, int]] | NDArray[np.int64]]) -> Finished:
        """Add yesterday's filed cases (moment, attempt) of each province; finish ``capacity`` of the country's."""
        for waiting, cases in zip(self._waiting, filed, strict=True):
            if len(cases):
                waiting.file(in_order(cases))
                self.filed += len(cases)
        capacities = [fixed(capacity * share * self._scale) for share in self._provinces.share]
        counts = self._remainders.wholes("capacity", capacities)
        share = self._settings.fresh_share or 0.0
        fresh = self._remainders.wholes("fresh_cases", [fixed(count * share) for count in counts])
        taken = [
            np.concatenate((waiting.take(count - newest), waiting.take_newest(newest)))
            for waiting, count, newest in zip(self._waiting, counts, fresh, strict=True)
        ]
        cases = np.concatenate(taken)
        finished = Finished(
            cases, are_solved(self._seed, cases, self._solved_below), np.array([len(some) for some in taken])
        )
        solved = int(finished.solved.sum())
        self.solved += solved
        self.closed += len(cases) - solved
        return finished


def capacities(settings: Investigation, days: Days) -> Values:
    """Return the cases of the whole country that investigation can finish on each day, (D,)."""
    return settings.capacity * growth(settings.growth, days, settings.reference)


def in_order(filed: ArrayLike) -> NDArray[np.int64]:
    """Return the cases of rows (moment, case), (n, 2), in the order of filing; ties go to the lower number."""
    rows = np.asarray(filed, dtype=np.int64).reshape(-1, 2)
    cases: NDArray[np.int64] = rows[np.lexsort((rows[:, 1], rows[:, 0])), 1]
    return cases


@compiled_with_arrays
def backlog_ids(province: int, count: int) -> NDArray[np.int64]:
    """Return the numbers of the first ``count`` cases of a province that are older than the simulation."""
    cases = np.empty(count, dtype=np.int64)
    for number in range(count):
        cases[number] = backlog_id(province, number)
    return cases


@compiled_with_arrays
def are_solved(seed: int, cases: NDArray[np.int64], solved_below: int) -> NDArray[np.bool_]:
    """Return which of the taken cases are solved; the others are closed unsolved."""
    solved = np.empty(len(cases), dtype=np.bool_)
    for k in range(len(cases)):
        solved[k] = draw4(seed, cases[k], CASE_SOLVED, 0)[0] < solved_below
    return solved


@compiled_with_arrays
def freshness(solved: NDArray[np.int64], day: int, half_life: float) -> float:
    """Return the number of new cases that would give as many leads as these, solved at the midnight before ``day``.

    It is the sum of 2**(-age / half_life), ages in whole days; half of the leads of a case are lost within
    ``half_life`` ms. Cases older than the simulation give none.
    """
    oldest = 0
    for case in solved:
        if case >> KIND_SHIFT == OriginKind.ATTEMPT:
            oldest = max(oldest, day - (case >> DAY_SHIFT & DAY_MASK))
    by_age = np.zeros(oldest + 1)
    for case in solved:
        if case >> KIND_SHIFT == OriginKind.ATTEMPT:
            by_age[day - (case >> DAY_SHIFT & DAY_MASK)] += 1.0
    for age in range(oldest + 1):
        if by_age[age] > 0.0:
            by_age[age] *= left_after(age * DAY_MS, half_life)
    return fsum(by_age)
