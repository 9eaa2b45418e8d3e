"""The legitimate contacts of a day, which detectors may mistake: how many come in each cell of scores."""

import numpy as np
from numpy.typing import NDArray

from sim.country.provinces import Provinces, Spread
from sim.country.traffic import cell_masses, drawn_cells, legitimate_counts, legitimate_rates, none_at
from sim.scenario.schema import ScenarioModel


class Legitimate:
    """What is fixed of them for a run; ``rates`` (P, 3) are expected a day, the same on all days."""

    def __init__(self, spec: ScenarioModel, provinces: Provinces) -> None:
        """Reckon which cells are drawn, by which detectors work, and from which uniforms on a cell is empty."""
        self._seed = spec.seed
        self.rates = legitimate_rates(spec, provinces)
        self._masses = cell_masses(spec.warning.detectors)
        self._cells = {
            (central, local): drawn_cells(spec.warning.detectors, (central, local))
            for central in (False, True)
            for local in (False, True)
        }
        self._none_at = {works: none_at(self.rates, self._masses, cells) for works, cells in self._cells.items()}

    def of_day(self, day: int, works: tuple[bool, bool], spread: Spread) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the cells that are drawn on a day, (n, 2), and the contacts in them, (P, 3, n).

        Args:
            day: Day number.
            works: Whether the central and the local detector see any contacts on the day.
            spread: Fills the provinces, perhaps several of them at once.
        """
        cells, none = self._cells[works], self._none_at[works]
        contacts = np.empty((*self.rates.shape, len(cells)), dtype=np.int64)

        def fill(some: slice) -> None:
            contacts[some] = legitimate_counts(self._seed, day, self.rates[some], self._masses, cells, none, some.start)

        spread(fill, len(self.rates))
        return cells, contacts
