"""Values that components have changed: they replace the scenario's until they are changed again."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Held:
    """Changed values by name, NaN where the scenario's hold; names that nobody has changed are absent."""

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}

    def __bool__(self) -> bool:
        """Return whether anything is changed."""
        return bool(self._values)

    def of(self, name: str) -> Values | None:
        """Return the changed values of a name, None without any."""
        return self._values.get(name)

    def over(self, name: str, values: Values) -> Values:
        """Return values with the changed ones replaced; the same array without changes."""
        held = self._values.get(name)
        return values if held is None else np.where(np.isnan(held), values, held)

    def hold(self, name: str, values: Values, where: NDArray[np.bool_]) -> None:
        """Keep values where they have changed."""
        if where.any():
            held = self._values.setdefault(name, np.full(values.shape, np.nan))
            held[where] = values[where]
