"""Arrays that are read and written by names."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ByName(Mapping[Any, NDArray[Any]]):
    """Arrays by name: ``officers["call"]`` is an array over provinces, which may be changed where that is allowed.

    Attributes:
        array: All of them, one row per name, in order; tuples of names have several axes.
    """

    def __init__(self, what: str, names: tuple[tuple[str, ...], ...], values: NDArray[Any]) -> None:
        self._what = what
        self._names = names
        self.array = values

    def __getitem__(self, name: Any) -> NDArray[Any]:
        """Return the array of a name, or of a tuple of names; raises KeyError for another name."""
        found: NDArray[Any] = self.array[self._place(name)]
        return found

    def __setitem__(self, name: Any, value: Any) -> None:
        """Set the array of a name to a number or an array."""
        self.array[self._place(name)] = value

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the names; tuples where there are several axes."""
        yield from self._names[0] if len(self._names) == 1 else product(*self._names)

    def __len__(self) -> int:
        """Return the number of arrays."""
        return int(np.prod([len(names) for names in self._names]))

    def __repr__(self) -> str:
        """Return the names and the shape of each array."""
        return f"<{self._what} by {' and '.join(', '.join(names) for names in self._names)}>"

    def _place(self, name: Any) -> tuple[int, ...]:
        given = name if isinstance(name, tuple) else (name,)
        # More names than axes are as wrong as unknown ones.
        if len(given) != len(self._names) or any(one not in self._names[at] for at, one in enumerate(given)):
            allowed = " and one of ".join(", ".join(map(repr, names)) for names in self._names)
            raise KeyError(f"{self._what}[{name!r}]: use one of {allowed}")
        return tuple(names.index(one) for one, names in zip(given, self._names, strict=True))
