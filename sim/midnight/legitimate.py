"""The legitimate contacts of a day, which detectors may mistake: counts in each cell of scores."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Detector, Tier
from sim.country.provinces import Provinces, Spread
from sim.country.traffic import cell_masses, drawn_cells, legitimate_counts, legitimate_rates, none_at
from sim.scenario.schema import ScenarioModel

Works = tuple[bool, bool]
"""Whether the central and the local detector see any contacts on a day."""


class Drawn(NamedTuple):
    """The ``cells`` (n, 2) drawn on a day, and for each the uniforms at which it is empty."""

    cells: NDArray[np.int64]
    none: tuple[NDArray[np.float64], NDArray[np.float64]]


class Legitimate:
    """Legitimate contacts of a run; ``rates`` (P, 3) are expected on each day."""

    def __init__(self, spec: ScenarioModel, provinces: Provinces) -> None:
        """Compute which cells are drawn, by the detectors that work."""
        detectors = spec.warning.detectors
        self._seed = spec.seed
        self._detectors = detectors
        self.rates = legitimate_rates(spec, provinces)
        self._masses = cell_masses(detectors)
        self._least = detectors.central.thresholds.blue, detectors.local.thresholds.blue
        self._drawn = {
            (central, local): self._of(self._least, (central, local))
            for central in (False, True)
            for local in (False, True)
        }

    def of_day(
        self, day: int, works: Works, scores: NDArray[np.float64], spread: Spread
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the cells that are drawn on a day, (n, 2), and the contacts in them, (P, 3, n).

        Args:
            day: Day number.
            works: Whether the central and the local detector see any contacts on the day.
            scores: (2, 4) The lowest score of each tier by detector.
            spread: Fills the provinces, perhaps in parallel.
        """
        least = float(scores[Detector.CENTRAL, Tier.BLUE]), float(scores[Detector.LOCAL, Tier.BLUE])
        if least != self._least:
            self._least = least
            self._drawn.clear()
        if works not in self._drawn:
            self._drawn[works] = self._of(least, works)
        cells, none = self._drawn[works]
        contacts = np.empty((*self.rates.shape, len(cells)), dtype=np.int64)

        def fill(some: slice) -> None:
            contacts[some] = legitimate_counts(self._seed, day, self.rates[some], self._masses, cells, none, some.start)

        spread(fill, len(self.rates))
        return cells, contacts

    def _of(self, least: tuple[float, float], works: Works) -> Drawn:
        """Return the cells to draw for these lowest thresholds of both detectors."""
        cells = drawn_cells(self._detectors, works, least)
        return Drawn(cells, none_at(self.rates, self._masses, cells))
