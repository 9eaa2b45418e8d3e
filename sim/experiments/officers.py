"""Provinces with their people, officers on duty and, for a finished run, alerts a day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.base.words import DESK_LABELS
from sim.country.calendar import Calendar
from sim.country.provinces import Provinces, Schedule
from sim.store.query import sums

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import ScenarioModel

WEEK = 7
"""Days averaged at either end of the period: every weekday once."""


@dataclass(frozen=True)
class ProvinceOfficers:
    """A province of a scenario, or a pool of them.

    ``first`` and ``last`` are mean officers on duty by desk in the first and last week of the period, day and night, at
    scale 1. ``alerts_per_day`` are mean alerts issued in a run's period, scaled up to the country; None without a run.
    """

    code: int
    name: str
    people: int
    first: dict[str, float]
    last: dict[str, float]
    alerts_per_day: float | None = None


def officers(spec: "ScenarioModel", run: "Run | None" = None) -> list[ProvinceOfficers]:
    """Return the provinces of a scenario, in the order of their codes; alerts come from a finished run of it."""
    calendar = Calendar.of(spec.period)
    days = range(calendar.start, calendar.last + 1)
    schedule = Schedule(spec, Provinces.of(spec))
    first, last = (_mean_on_duty(schedule, some) for some in (days[:WEEK], days[-WEEK:]))
    alerts = None if run is None else _alerts(run)
    scale = spec.scale * len(days)
    return [
        ProvinceOfficers(
            row.code,
            row.name,
            row.population,
            first[place],
            last[place],
            None if alerts is None else alerts[row.code] / scale,
        )
        for place, row in enumerate(spec.population.provinces)
    ]


def _mean_on_duty(schedule: Schedule, days: Sequence[int]) -> list[dict[str, float]]:
    """Return the mean staff on duty by desk, for each province."""
    means = schedule.on_duty(days).mean(axis=(0, 3))
    return [dict(zip(DESK_LABELS, map(float, row), strict=True)) for row in means]


def _alerts(run: "Run") -> Counter[int]:
    rows = sums(run.path, "alerts", ["province"], ["count"]).to_pylist()
    return Counter({row["province"]: row["count"] for row in rows})
