"""How many runs an experiment makes: exactly, or, where runs ask for others, the fewest, a typical number, the most."""

from typing import NamedTuple


class Counts(NamedTuple):
    """Numbers of runs."""

    least: int
    typical: int
    most: int

    @classmethod
    def exactly(cls, number: int) -> "Counts":
        """Return a number that is known."""
        return cls(number, number, number)

    @property
    def is_known(self) -> bool:
        """Whether there is nothing to be found out."""
        return self.least == self.most

    def times(self, factor: int) -> "Counts":
        """Return as many times the runs."""
        return Counts(*(one * factor for one in self))

    def plus(self, other: "Counts") -> "Counts":
        """Return the runs of both."""
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))
