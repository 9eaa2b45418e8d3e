"""Seats of the desks, read off the stored tables: which desks of a thinned run are too small to be the country's."""

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from sim.days import HALF_HOUR_MS, weekday
from sim.results.query import sums
from sim.results.scope import Scope
from sim.results.stretches import months_of

FEW_SEATS = 5
"""Seats at the busiest half hour of a month below which a thinned desk is too small: as in ``sim.warning.schedule``."""


class Seats:
    """The most seats of each desk in each month, and how much of its country's staff time a desk is."""

    def __init__(self, scope: Scope, rows: Iterable[dict[str, Any]]) -> None:
        """Take rows of the table ``hours`` by month, province, channel, weekday and half hour."""
        self._most: dict[tuple[str, int, date], float] = {}
        self._staffed: dict[tuple[str, int, date], int] = {}
        days = {
            (month, of_week): sum(weekday(day) == of_week for day in range(first, last + 1))
            for month, (first, last) in months_of(scope.first_day, scope.last_day).items()
            for of_week in range(1, 8)
        }
        for row in rows:
            key = row["channel"], row["province"], row["month"]
            seats = row["staffed_ms"] / (HALF_HOUR_MS * days[row["month"], row["weekday"]])
            self._most[key] = max(seats, self._most.get(key, 0.0))
            self._staffed[key] = row["staffed_ms"] + self._staffed.get(key, 0)

    @classmethod
    def read(cls, folder: Path, scope: Scope) -> "Seats":
        """Read the seats of a run; nothing is read of one that is not thinned."""
        if scope.scale >= 1:
            return cls(scope, [])
        keys = ["month", "province", "channel", "weekday", "half_hour"]
        return cls(scope, sums(folder, "hours", keys, ["staffed_ms"]).to_pylist())

    def few(self, desks: Collection[str], provinces: Collection[int], months: Collection[date]) -> bool:
        """Tell whether more than half of the staff time of one of these desks is that of desks with few seats.

        Args:
            desks: Channels.
            provinces: Codes of provinces; all of them where there is none.
            months: First days of months.

        Returns:
            Whether what happens at these desks is due to the scale; never of a run that is not thinned.
        """
        for desk in desks:
            chosen = [
                key
                for key in self._staffed
                if key[0] == desk and (not provinces or key[1] in provinces) and key[2] in months
            ]
            few = sum(self._staffed[key] for key in chosen if self._most[key] < FEW_SEATS)
            if 2 * few > sum(self._staffed[key] for key in chosen):
                return True
        return False
