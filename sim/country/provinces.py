"""Provinces as arrays: codes, people at simulated scale, and shares of national totals."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.scenario.schema import ScenarioModel

Spread = Callable[[Callable[[slice], None], int], None]
"""Calls a function for slices that cover all provinces, in any order or in parallel; returns when all are done."""


def at_once(work: Callable[[slice], None], provinces: int) -> None:
    """Call a function for all provinces at once: the ``Spread`` without threads."""
    work(slice(0, provinces))


def shares(weights: Sequence[float]) -> list[float]:
    """Return ``weights`` over their sum; the sum is rounded once, so that their order has no effect."""
    total = math.fsum(weights)
    return [weight / total for weight in weights]


@dataclass(frozen=True)
class Provinces:
    """The provinces in the order of the scenario's table, each field (P,).

    ``people`` at simulated scale, of whom the first ``high`` are the high exposure class; ``share`` of the nation's
    people; ``attempts`` and ``staff``: shares of the nation's potential attempts and desk staff.
    """

    codes: tuple[int, ...]
    names: tuple[str, ...]
    people: NDArray[np.int64]
    high: NDArray[np.int64]
    share: list[float]
    attempts: list[float]
    staff: list[float]

    @classmethod
    def of(cls, spec: ScenarioModel) -> "Provinces":
        """Return the provinces of a scenario; a sampled province keeps at least two people."""
        rows = spec.population.provinces
        people = [max(2, math.floor(row.population * spec.scale + 0.5)) for row in rows]
        high_share = spec.population.exposure.high_share
        high = [min(n - 1, max(1, math.floor(n * high_share + 0.5))) for n in people]
        share = shares([float(row.population) for row in rows])
        codes = tuple(row.code for row in rows)

        def weighted(weights: Mapping[str, float]) -> list[float]:
            factors = {int(code): factor for code, factor in weights.items()}
            return shares([part * factors.get(code, 1.0) for part, code in zip(share, codes, strict=True)])

        return cls(
            codes=codes,
            names=tuple(row.name for row in rows),
            people=np.array(people, dtype=np.int64),
            high=np.array(high, dtype=np.int64),
            share=share,
            attempts=weighted(spec.fraud.province_weights),
            staff=weighted(spec.desks.province_weights),
        )

    def __len__(self) -> int:
        """Return the number of provinces."""
        return len(self.codes)
