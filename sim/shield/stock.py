"""A stock by province in units of 10**-9: at work, or taken from the gangs and not yet replaced."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sim.country.calendar import Values, exps
from sim.draws.remainders import ONE, fixed


@dataclass
class Stock:
    """What gangs have in each province at simulated scale, in 10**-9: in use, and eliminated but not yet replaced.

    Their sum never changes.
    """

    active: list[int]
    waiting: list[int]

    @classmethod
    def full(cls, numbers: Iterable[float]) -> Self:
        """Return a stock of these numbers by province, all in use."""
        active = [fixed(number) for number in numbers]
        return cls(active, [0] * len(active))

    def dead_share(self, province: int) -> float:
        """Return the share of a province's stock that waits for replacement."""
        return self.waiting[province] / max(1, self.active[province] + self.waiting[province])

    def move(self, province: int, lost: int, replaced: float) -> int:
        """Take ``lost`` of those in use; replace a share of those that waited before, and return how many."""
        renewed = min(self.waiting[province], fixed(self.waiting[province] / ONE * replaced))
        self.active[province] += renewed - lost
        self.waiting[province] += lost - renewed
        return renewed


def replaced_share(delay: Values) -> Values:
    """Return the share of those waiting that are replaced on a day, (D,), at mean delays in days (D,)."""
    return 1.0 - exps(-1.0 / delay)
