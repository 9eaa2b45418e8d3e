"""The remainders of expected counts, which all components that count whole things carry from day to day."""

from collections.abc import Mapping, Sequence

from sim.draws.remainders import Remainders
from sim.midnight.totals import DayTotals


class Carried:
    """The remainders as a component: others change them, this one stores them."""

    name = "remainders"

    def __init__(self, remainders: Remainders) -> None:
        self._remainders = remainders

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Change nothing."""

    def snapshot(self) -> dict[str, list[tuple[int, int]]]:
        """Return the remainders."""
        return self._remainders.snapshot()

    def resume(self, snapshot: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Take over remainders."""
        self._remainders.resume(snapshot)
