"""Investigation: at midnight each province takes cases from its backlog, oldest first, and solves or closes them."""

from collections import deque
from dataclasses import dataclass

from sim.country.calendar import growth
from sim.country.provinces import Provinces
from sim.draws.distributions import threshold
from sim.draws.identity import backlog_id
from sim.draws.philox import draw4
from sim.draws.purposes import CASE_SOLVED
from sim.draws.remainders import Remainders, fixed
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.aftermath import Investigation


@dataclass(frozen=True)
class Finished:
    """Cases that a province finished at a midnight."""

    solved: list[int]
    closed: list[int]


class CaseBook:
    """The backlog of each province: case numbers in the order of their filing.

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
        self._waiting: list[deque[int]] = []
        for p, share in enumerate(provinces.share):
            count = remainders.whole(p, "backlog", fixed(self._settings.backlog * share * spec.scale))
            self._waiting.append(deque(backlog_id(p, number) for number in range(count)))
        self.at_start = self.waiting
        self.filed = self.solved = self.closed = 0

    @property
    def waiting(self) -> int:
        """Cases waiting in all provinces."""
        return sum(len(cases) for cases in self._waiting)

    def backlog(self, province: int) -> int:
        """Return the cases waiting in a province."""
        return len(self._waiting[province])

    def expected_solved(self, day: int) -> float:
        """Return the cases of the whole country that a day's capacity would solve, were the backlog endless."""
        return self._capacity(day) * self._settings.solved

    def _capacity(self, day: int) -> float:
        return self._settings.capacity * growth(self._settings.growth, day, self._settings.reference)

    def investigate(self, day: int, province: int, filed: list[tuple[int, int]]) -> Finished:
        """Add yesterday's filed cases (moment, attempt) of a province, then finish what its capacity allows."""
        waiting = self._waiting[province]
        waiting.extend(case for _, case in sorted(filed))
        self.filed += len(filed)
        capacity = self._capacity(day) * self._provinces.share[province] * self._scale
        finished = Finished([], [])
        for _ in range(min(len(waiting), self._remainders.whole(province, "capacity", fixed(capacity)))):
            case = waiting.popleft()
            solved = draw4(self._seed, case, CASE_SOLVED, 0)[0] < self._solved_below
            (finished.solved if solved else finished.closed).append(case)
        self.solved += len(finished.solved)
        self.closed += len(finished.closed)
        return finished
