"""Half hours: the rosters by province with which a desk keeps a promise, found from its load by half hour.

The load is the desk's busy time in a run in which no alert ever waits: the modified offered load of a queue with
varying arrivals (Jennings, Mandelbaum, Massey and Whitt 1996, doi:10.1287/mnsc.42.10.1383; Feldman, Mandelbaum, Massey
and Whitt 2008, doi:10.1287/mnsc.1070.0821). The search starts there; trials decide what a roster achieves.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS, weekday
from sim.country.calendar import Calendar
from sim.country.schedule import FEW_SERVERS, desks_of, grown, shares_on_duty
from sim.experiments.promise import urgent_only, with_staff
from sim.experiments.roster import (
    Found,
    Roster,
    Rosters,
    Shape,
    Start,
    Tried,
    Week,
    delayed,
    find_rosters,
    half_hour_text,
    levels,
)
from sim.experiments.store import nullable
from sim.experiments.trials import KEPT, UNSETTLED, Trial, Trials

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

SAFETY = 1.0
"""The quality of seats at the start of the search: the load plus its square root."""


class HalfHours:
    """The rosters of one search, starting from trials that have found a flat staff that keeps the promise."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._policy, self._promise = trials.policy, trials.promise
        self._codes = [code for code, seats in trials.smallest.items() if seats and code not in trials.unsettled]
        calendar = Calendar.of(self._policy.spec.period)
        self._days = range(calendar.start, calendar.last + 1)
        self._found = Found({}, frozenset())

    def search(self, trims: int) -> None:
        """Find the rosters; at most ``trims`` trials take seats out of single half hours."""
        trials = self._trials
        trials.tell("measuring the load by half hour")
        (self._loaded,) = trials.simulated([urgent_only(trials.staffed(trials.most), self._promise)])
        starts = {code: self._starts(code) for code in self._codes}
        if starts:
            self._found = find_rosters(self._tried, starts, trims, trials.tell)
        trials.tell("checking with the next seeds, which the search did not use")
        flat, rosters = trials.staffed(trials.smallest), self.scenario
        (self._final,) = trials.simulated([rosters])
        policies = [trials.staffed(trials.most), flat, rosters]
        self._next = trials.simulated(policies, later=trials.replicates)

    def staffed(self, rosters: Rosters) -> "Scenario":
        """Return the policy with rosters in some provinces, and the flat staff that was found in the others."""
        trials = self._trials
        flat = {code: seats for code, seats in trials.smallest.items() if code not in rosters}
        policy = trials.staffed(flat)
        desks = {code: roster.desk(trials.scale) for code, roster in rosters.items()}
        return with_staff(policy, self._promise.desk, desks) if desks else policy

    @property
    def scenario(self) -> "Scenario":
        """The policy with the rosters that were found."""
        return self.staffed(self._found.rosters)

    def frame(self) -> "pd.DataFrame":
        """Return the table of half hours, see ``Staffing.half_hours``."""
        import pandas as pd

        rows = []
        for code, roster in self._found.rosters.items():
            week = roster.week
            flat, load = week.flat(self._trials.smallest[code]), self._loads(code)
            for kind, weekdays in enumerate(week.kinds):
                rows += [
                    {
                        "province": code,
                        "name": self._name(code),
                        "weekdays": ",".join(str(one) for one in weekdays),
                        "start": half_hour_text(half_hour),
                        "load": float(load[kind, half_hour]) / self._trials.scale,
                        "staff": self._whole(roster, kind, half_hour),
                        "flat": self._whole(flat, kind, half_hour),
                    }
                    for half_hour in range(HALF_HOURS)
                ]
        names = ["province", "name", "weekdays", "start", "load", "staff", "flat"]
        return pd.DataFrame(rows, columns=names)

    def savings(self) -> "pd.DataFrame":
        """Return the table of savings, see ``Staffing.savings``."""
        import pandas as pd

        trials = self._trials
        rows: list[dict[str, Any]] = []
        most, next_flat, next_own = self._next
        for code, name in zip(trials.country.codes, trials.country.names, strict=True):
            (flat_duty, flat_over), (duty, over) = (
                map(self._hours, self._paid(trial, code)) for trial in (trials.final, self._final)
            )
            flat, own = flat_duty + flat_over, duty + over
            rows.append(
                {
                    "province": code,
                    "name": name,
                    "status": self._status(code),
                    "target": float(trials.targets[code]),
                    "share_flat": trials.final.share(code),
                    "share": self._final.share(code),
                    "target_next": float(self._promise.target(most.provinces[code]["reached"], most.ended(code))),
                    "share_next_flat": next_flat.share(code),
                    "share_next": next_own.share(code),
                    "hours_a_day_flat": float(flat_duty),
                    "overtime_a_day_flat": float(flat_over),
                    "hours_a_day": float(duty),
                    "overtime_a_day": float(over),
                    "saved": float(1 - own / flat) if flat else None,
                    "wages_a_day_flat": self._wages(code, flat),
                    "wages_a_day": self._wages(code, own),
                }
            )
        shares = ("share_flat", "share", "share_next_flat", "share_next", "saved")
        return nullable(pd.DataFrame(rows), (*shares, "wages_a_day_flat", "wages_a_day"))

    def _tried(self, sets: Sequence[Rosters]) -> list[Mapping[int, Tried]]:
        """Simulate some sets of rosters; return the result of each."""
        trials = self._trials.simulated([self.staffed(rosters) for rosters in sets])
        targets = self._trials.targets
        return [
            {code: Tried(trial.keeps(code, targets[code]), sum(self._paid(trial, code))) for code in rosters}
            for trial, rosters in zip(trials, sets, strict=True)
        ]

    def _paid(self, trial: Trial, code: int) -> tuple[int, int]:
        """Return the time of seats on duty and of overtime, in simulated ms, of all seeds.

        Overtime is busy time beyond the seats on duty, by weekday and half hour: services outlast their shift.
        """
        over = np.maximum(trial.busy[code] - trial.staffed[code], 0)
        return trial.provinces[code]["staffed_ms"], int(over.sum())

    def _starts(self, code: int) -> list[Start]:
        """Return the starting shapes of a province: its load, at once or delayed up to the deadline, and flat staff."""
        flat = self._weeks[code].flat(self._trials.smallest[code])
        load, longest = self._loads(code), min(self._promise.deadline // HALF_HOUR_MS, HALF_HOURS - 1)
        shapes = [Shape(flat, delayed(load, flat.week.staffed, later)) for later in (0, longest // 2, longest)]
        twice = Roster(flat.week, 2 * flat.seats)  # growth rounds: the flat staff itself may be a little short
        starts = [Start(shape, shape.at(SAFETY), shape.covering(twice)) for shape in shapes]
        shape = Shape(flat, flat.seats.astype(float))
        return [*starts, Start(shape, shape.covering(flat), shape.covering(twice))]

    def _loads(self, code: int) -> NDArray[np.float64]:
        """Return the mean load of a province before growth, in seats at simulated scale, (kinds, 48)."""
        week = self._weeks[code]
        growth = self._desks[code].growth
        on_duty = np.zeros((7, 1))
        for day, factor in zip(self._days, grown(self._days, growth).tolist(), strict=True):
            on_duty[weekday(day) - 1] += factor * HALF_HOUR_MS * self._trials.replicates
        time = week.summed(on_duty)
        load: NDArray[np.float64] = week.summed(self._loaded.busy[code]) / np.where(time > 0.0, time, 1.0)
        return load

    @cached_property
    def _desks(self) -> dict[int, Any]:
        table = desks_of(self._policy.spec, self._trials.country)[self._trials.desk]
        return dict(zip(self._trials.country.codes, table, strict=True))

    @cached_property
    def _weeks(self) -> dict[int, Week]:
        """The kinds of days of each province: weekdays differ where the scenario's shifts do, or the load does."""
        days = [0] * 7
        for day in self._days:
            days[weekday(day) - 1] += 1
        alike = levels(self._loaded.weekdays, [number * self._trials.replicates for number in days])
        return {code: Week.of(shares_on_duty(desk.shifts), alike, days) for code, desk in self._desks.items()}

    @cached_property
    def _wage(self) -> Fraction | None:
        costs = self._policy.spec.costs
        return None if costs is None else Fraction(str(getattr(costs.wage, self._promise.desk)))

    def _wages(self, code: int, hours: Fraction) -> float | None:
        """Return the cost of hours; None without a price, or where rounding a thinned desk may exceed a tenth of it."""
        few = self._trials.scale < 1.0 and self._trials.smallest.get(code, 0) < FEW_SERVERS
        return None if self._wage is None or few else float(hours * self._wage)

    def _hours(self, staffed_ms: int) -> Fraction:
        """Return the staffed hours a day, of the country."""
        whole = len(self._days) * self._trials.replicates * Fraction(str(self._trials.scale))
        return Fraction(staffed_ms, DAY_MS) * 24 / whole

    def _status(self, code: int) -> str:
        status = self._trials.status(code)
        return UNSETTLED if status == KEPT and code in self._found.unsettled else status

    def _whole(self, roster: Roster, kind: int, half_hour: int) -> int:
        return round(int(roster.seats[kind, half_hour]) / self._trials.scale)

    def _name(self, code: int) -> str:
        return self._trials.country.names[self._trials.country.codes.index(code)]
