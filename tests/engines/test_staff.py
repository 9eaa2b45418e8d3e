"""Staff that grows, in whole runs: the time on duty summed by hand, and servers whom a midnight finds busy."""

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

import sim
from sim.base.days import DAY_MS, HALF_HOUR_MS
from tests.engines.small import NO_LEGITIMATE, fewer, run_tiny

PERIOD = {"start": "2022-01-27", "end": "2022-03-03", "warmup": "2 d"}
STEPS = [("2022-02-02", 0.5), ("2022-02-09", 1.25), ("2022-02-24", 0.0), ("2022-03-02", 3.0)]
"""Wednesdays and a Thursday: a weekday of a month has days of up to three staffs."""
MIDPOINT, WIDTH, FLOOR = date(2022, 2, 15), 6.0, 0.1
NIGHTS = [{"weekdays": [3, 4], "start": "22:00", "end": "24:00", "share": 0.5}]
STAFF: dict[str, Any] = {
    **fewer(0.003),
    "desks.call.growth": {"steps": [{"from": day, "factor": factor} for day, factor in STEPS]},
    "desks.call.by_province": {"65": {"staff": 6, "shifts": NIGHTS}},
    "desks.visit.growth": {"ramp": {"midpoint": MIDPOINT.isoformat(), "width": f"{WIDTH:g} d", "floor": FLOOR}},
    "desks.visit.by_province": {"11": {"staff": 9, "growth": {"steps": [{"from": "2022-02-01", "factor": 2.0}]}}},
}
PEOPLE = {11: 6, 44: 12, 65: 3}
"""Of 21 parts."""


def expected() -> dict[tuple[date, int, str, int, int], int]:
    """Return the ms on duty by month, province, channel, weekday and half hour, day by day."""
    sums: dict[tuple[date, int, str, int, int], int] = {}
    day, end = date.fromisoformat(PERIOD["start"]), date.fromisoformat(PERIOD["end"])
    while day <= end:
        by_steps = next((factor for since, factor in reversed(STEPS) if since <= day.isoformat()), STEPS[0][1])
        by_ramp = FLOOR + (1 - FLOOR) / (1 + math.exp(-(day - MIDPOINT).days / WIDTH))
        for province, people in PEOPLE.items():
            for half_hour in range(48):
                hour = half_hour / 2
                if province == 65:
                    calls = 6 * 0.5 * by_steps if day.isoweekday() in (3, 4) and hour >= 22 else 0.0
                else:
                    calls = 10 * people / 21 * by_steps * (1.0 if 8.5 <= hour < 22.5 else 0.1)
                opens, closes, share = (7.5, 23.5, 1.0) if day.isoweekday() < 6 else (9.0, 21.0, 0.6)
                visits = 9 * 2.0 if province == 11 else 26 * people / 21 * by_ramp
                visits *= share if opens <= hour < closes else 0.0
                for channel, staff in (("call", calls), ("visit", visits)):
                    if staff > 0:
                        key = (day.replace(day=1), province, channel, day.isoweekday(), half_hour)
                        sums[key] = sums.get(key, 0) + math.floor(staff * HALF_HOUR_MS + 0.5)
        day += timedelta(days=1)
    return sums


def test_time_on_duty_is_the_sum_over_the_days_of_a_month_with_their_weekday(tmp_path: Path) -> None:
    hours = run_tiny(tmp_path / "run", events="none", period=PERIOD, **STAFF).hours
    columns = ["month", "province", "channel", "weekday", "half_hour", "staffed_ms"]
    found = {
        (pd.Timestamp(month).date(), int(province), str(channel), int(weekday), int(half_hour)): int(staffed)
        for month, province, channel, weekday, half_hour, staffed in hours[columns].itertuples(index=False)
        if staffed
    }
    assert found == expected()


BY_DAY = {11: (6, 2, 4), 44: (12, 4, 8), 65: (3, 1, 2)}
"""Servers of three days."""


def test_a_midnight_at_which_staff_changes_finds_servers_busy(tmp_path: Path) -> None:
    """Whoever is at work finishes, and counts among the fewer of the next day; where more come, they begin at once."""
    values = {
        **fewer(0.4),
        **NO_LEGITIMATE,
        **{f"warning.tiers.{tier}.first": "call" for tier in ("red", "orange", "yellow", "blue")},
        **{f"warning.tiers.{tier}.deadline": "2 d" for tier in ("red", "orange", "yellow", "blue")},
        "desks.call.staff": 21,
        "desks.call.shifts": [{"weekdays": [1, 2, 3], "start": "00:00", "end": "24:00", "share": 1.0}],
        "desks.call.growth": {
            "steps": [
                {"from": "2022-01-31", "factor": 1.0},
                {"from": "2022-02-01", "factor": 1 / 3},
                {"from": "2022-02-02", "factor": 2 / 3},
            ]
        },
        **{f"desks.call.{kind}": "307 min" for kind in ("no_answer", "short", "hard")},
    }
    period = {"start": "2022-01-31", "end": "2022-02-02", "warmup": "0 d"}
    run = run_tiny(tmp_path / "run", period=period, **values)
    for province, servers in BY_DAY.items():
        under_way = at_work(run, province)
        # All are busy before the first midnight; nobody is taken while more are at work than are on duty.
        assert max(number for moment, number, _ in under_way if moment < DAY_MS) == servers[0]
        assert [number for moment, number, _ in under_way if moment < DAY_MS][-1] == servers[0]
        for moment, number, begun in under_way:
            assert not begun or number <= servers[moment // DAY_MS], (province, moment)
        # Of the second day all are busy at last, and those who come with the third begin in its first tick.
        (at_midnight,) = [(number, begun) for moment, number, begun in under_way if moment == 2 * DAY_MS]
        assert at_midnight == (servers[2], servers[2] - servers[1])


def at_work(run: sim.Run, province: int) -> list[tuple[int, int, int]]:
    """Return of each moment at which calls begin or end how many are under way after it, and how many have begun."""
    events = run.events
    own = events[(events["province"] == province) & (events["channel"] == "call")]
    starts = own.loc[own["event"] == "service_start", "moment"].value_counts()
    ends = own.loc[own["event"] == "service_end", "moment"].value_counts()
    number, found = 0, []
    for moment in sorted({*starts.index, *ends.index}):
        number += int(starts.get(moment, 0)) - int(ends.get(moment, 0))
        found.append((int(moment), number, int(starts.get(moment, 0))))
    return found
