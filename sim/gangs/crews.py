"""Crews of the den slots, for gate 2: recruiting renews them, raids and arrests reduce them, and they make attempts.

A slot with half of a full crew makes half of its attempts. The number of attempts of a type follows from all crews,
including those of raided slots as they were at the raid: gate 2 stops the attempts of these.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled, compiled_with_arrays
from sim.draws.distributions import CERTAIN, threshold
from sim.draws.functions import exp, fsum
from sim.scenario.schema import ScenarioModel
from sim.shield.dens import DenState, Slots


class Crews:
    """The share of a full crew of each slot, (S,), changed at midnights.

    ``slower`` multiplies the time that a den without its ringleader stays closed.
    """

    def __init__(self, spec: ScenarioModel, slots: Slots) -> None:
        """Begin before the first midnight; the scenario has ``gangs``."""
        own = spec.gangs
        assert own is not None
        assert own.start is not None
        assert own.recruiting is not None
        assert own.reopens_with is not None
        assert own.crew_share is not None
        assert own.slower is not None
        self._slots = slots
        self._weights = fsum(slots.weight)
        self._parts = np.ascontiguousarray(slots.share.T, dtype=np.float64)
        self._full = spec.dens.crew
        self._crew_share = own.crew_share
        self.slower = own.slower
        self._growth = exp(own.recruiting)
        self._reopens_with = own.reopens_with
        self.share = np.full(len(slots.weight), own.start)

    @classmethod
    def of(cls, spec: ScenarioModel, slots: Slots) -> Self | None:
        """Return the crews of a scenario; None if it has no gangs or no feedback, so that crews are always full."""
        return cls(spec, slots) if spec.gangs is not None and spec.feedback else None

    def members(self, slots: NDArray[np.int64]) -> float:
        """Return the number of people in the crews of some slots."""
        return fsum(self._slots.weight[slots] * self.share[slots]) * self._full

    def thin(self, suspects: float, dens: DenState) -> None:
        """Remove crew members among these suspects of the country: the same share of every crew at work."""
        arrested = suspects * self._crew_share
        working = dens.raided == 0
        members = fsum(self._slots.weight * self.share * working) * self._full
        if arrested > 0.0 and members > 0.0:
            self.share[working] *= max(0.0, 1.0 - arrested / members)

    def recruit(self, dens: DenState) -> None:
        """Grow the crews at work by a day, except those without their ringleader."""
        _recruit(self.share, self._growth, dens)

    def reopen(self, opened: NDArray[np.bool_]) -> None:
        """Give reopened dens their first crew."""
        self.share[opened] = self._reopens_with

    @property
    def mean(self) -> float:
        """The mean share of all slots, by their weight."""
        return fsum(self._slots.weight * self.share) / self._weights

    def made(self, dens: DenState) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the share of the stated attempts that crews make, (T,), and its raided part as thresholds, (T,).

        The raided part are the attempts of raided slots, which gate 2 stops; it is 0 without raided slots.
        """
        made, stopped = _made(self._parts, self.share, dens.raided)
        shares = [threshold(raided / whole) if whole > 0.0 else 0 for raided, whole in zip(stopped, made, strict=True)]
        return made / CERTAIN, np.array(shares, dtype=np.int64)


@compiled
def grown(share: float, factor: float) -> float:
    """Return the share of a full crew after logistic growth: ``factor`` is exp(rate x time)."""
    more = share * factor
    return more / (1.0 - share + more)


@compiled
def _recruit(share: NDArray[np.float64], factor: float, dens: DenState) -> None:
    """Grow the crews at work that have their ringleader, in place."""
    for slot in range(len(share)):
        if not dens.raided[slot] and not dens.leaderless[slot]:
            share[slot] = grown(share[slot], factor)


@compiled_with_arrays
def _made(
    parts: NDArray[np.float64], share: NDArray[np.float64], raided: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the attempts of each type that all crews make, and those of raided ones, (T,) each, in thresholds.

    ``parts`` (S, T) are the attempts of a type that come from each slot, as thresholds; ``share`` (S,) of a full crew.
    """
    made = np.zeros(parts.shape[1])
    stopped = np.zeros(parts.shape[1])
    for slot in range(parts.shape[0]):
        for t in range(parts.shape[1]):
            made[t] += parts[slot, t] * share[slot]
        if raided[slot]:
            for t in range(parts.shape[1]):
                stopped[t] += parts[slot, t] * share[slot]
    return made, stopped
