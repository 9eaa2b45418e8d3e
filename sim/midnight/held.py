"""What components have changed: values that hold, each in the place of what the scenario says, until changed again."""

import numpy as np
from numpy.typing import NDArray

from sim.midnight.totals import DayTotals

Values = NDArray[np.float64]


class Held:
    """Values by name, NaN where the scenario's own holds; nothing is kept of a name that nobody has changed."""

    name = "changes"

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}

    def __bool__(self) -> bool:
        """Return whether anything is changed."""
        return bool(self._values)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Hold what is held."""

    def of(self, name: str) -> Values | None:
        """Return what is held in the place of some values; None where nothing is."""
        return self._values.get(name)

    def over(self, name: str, values: Values) -> Values:
        """Return values with those that are held in their place; the same array where none is."""
        held = self._values.get(name)
        return values if held is None else np.where(np.isnan(held), values, held)

    def hold(self, name: str, values: Values, where: NDArray[np.bool_]) -> None:
        """Hold values where they have changed."""
        if where.any():
            held = self._values.setdefault(name, np.full(values.shape, np.nan))
            held[where] = values[where]

    def snapshot(self) -> dict[str, Values]:
        """Return what is held."""
        return {name: values.copy() for name, values in self._values.items()}

    def resume(self, snapshot: dict[str, Values]) -> None:
        """Hold what another run held."""
        self._values = snapshot
