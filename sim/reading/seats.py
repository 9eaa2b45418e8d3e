"""Seats of the desks, from the stored tables: which desks of a sampled run are too small to act as the country's."""

from collections.abc import Collection
from datetime import date
from functools import cached_property
from pathlib import Path

from sim.base.days import HALF_HOUR_MS, weekday
from sim.reading.stretches import months_of
from sim.store.query import sums
from sim.store.scope import Scope

FEW_SEATS = 5
"""Seats in the busiest half hour of a month below which a sampled desk is too small: as in ``sim.country.schedule``."""


class Seats:
    """The most seats of each desk in each month, and its staff time, read when first needed: at full scale never."""

    def __init__(self, folder: Path, scope: Scope) -> None:
        """Take the folder of a run and its scope."""
        self._folder = folder
        self._scope = scope

    @cached_property
    def _most_and_staffed(self) -> tuple[dict[tuple[str, int, date], float], dict[tuple[str, int, date], int]]:
        """The most seats, and the staff time in ms, by desk, code of the province and month."""
        scope = self._scope
        most: dict[tuple[str, int, date], float] = {}
        staffed: dict[tuple[str, int, date], int] = {}
        days = {
            (month, of_week): sum(weekday(day) == of_week for day in range(first, last + 1))
            for month, (first, last) in months_of(scope.first_day, scope.last_day).items()
            for of_week in range(1, 8)
        }
        keys = ["month", "province", "channel", "weekday", "half_hour"]
        for row in sums(self._folder, "hours", keys, ["staffed_ms"]).to_pylist():
            key = row["channel"], row["province"], row["month"]
            seats = row["staffed_ms"] / (HALF_HOUR_MS * days[row["month"], row["weekday"]])
            most[key] = max(seats, most.get(key, 0.0))
            staffed[key] = row["staffed_ms"] + staffed.get(key, 0)
        return most, staffed

    def few(self, desks: Collection[str], provinces: Collection[int], months: Collection[date]) -> bool:
        """Return whether few seats, so the scale, explain what happens at one of these desks; never at full scale.

        Desks with few seats must have more than half of the staff time of the channel. No provinces stand for all.
        """
        if self._scope.scale >= 1:
            return False
        most, staffed = self._most_and_staffed
        for desk in desks:
            chosen = [
                key for key in staffed if key[0] == desk and (not provinces or key[1] in provinces) and key[2] in months
            ]
            few = sum(staffed[key] for key in chosen if most[key] < FEW_SEATS)
            if 2 * few > sum(staffed[key] for key in chosen):
                return True
        return False
