"""How many runs an experiment makes: exactly or, where runs depend on earlier ones, fewest, typical and most."""

from typing import NamedTuple


class Counts(NamedTuple):
    """Numbers of runs."""

    least: int
    typical: int
    most: int

    @classmethod
    def exactly(cls, number: int) -> "Counts":
        """Return a known number."""
        return cls(number, number, number)

    @property
    def is_known(self) -> bool:
        """Whether the number is known exactly."""
        return self.least == self.most

    def times(self, factor: int) -> "Counts":
        """Return the counts multiplied by a factor."""
        return Counts(*(one * factor for one in self))

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum of both."""
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))
