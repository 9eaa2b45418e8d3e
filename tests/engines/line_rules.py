"""The rules of the desks: who is served next, by whose servers, and that nobody waits while a server is free."""

import datetime as dt
import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.draws.identity import alert_id
from tests.engines.alert_rules import AlertRules
from tests.engines.log import DAY, DESKS, Life, rank, rows_of
from tests.engines.places import EQUAL, Key, Places

HALF_HOUR = 1_800_000
HOURS = ("month", "province", "channel", "weekday", "half_hour")
"""Keys of the table of hours."""
Ranked = tuple[int, Key, int]
"""Tier, what the discipline sorts by, identity."""


def stands_before(one: Ranked, other: Ranked) -> bool:
    """Return whether one alert surely stands before another in a line."""
    if one[0] == other[0] and one[1] != other[1] and abs(one[1][0] - other[1][0]) <= EQUAL:
        # Slacks that differ by rounding alone may come out either way.
        return len(one[1]) > 1 and one < other
    return one < other


@dataclass
class Served:
    """A service: of whom, at which desk, when, where they stood in line, and at whose ``seat``."""

    life: Life
    channel: str
    starts: int
    ends: int
    ranked: Ranked
    seat: str = ""


@dataclass
class Province:
    """What the log tells of both desks of a province, by desk.

    ``waiting`` who surely waits: when they join, when at the earliest they leave, and where they stand.
    """

    services: list[Served] = field(default_factory=list)
    waiting: dict[str, list[tuple[int, int, Ranked]]] = field(default_factory=lambda: {desk: [] for desk in DESKS})


class LineRules(AlertRules):
    """The rules that the desks of a province obey."""

    def check_lines(self) -> None:
        """Check order, seats and free servers of all desks, and what their work adds up to."""
        self.places = Places(self)
        provinces: dict[Any, Province] = defaultdict(Province)
        for life in self.lives.values():
            self.note(life, provinces[life.issue["province"]])
        for code, province in provinces.items():
            for desk in DESKS:
                self.check_order(desk, province)
            self.seat(code, province)
            for desk in DESKS:
                self.check_free(code, desk, province)
        self.check_hours(provinces)

    def note(self, life: Life, province: Province) -> None:
        """Note the services of an alert, and when it surely waits: from its issue, on tracks that begin with a desk."""
        end_of_run = self.days * DAY
        for channel in DESKS:
            events = [e for e in life.rest if e["channel"] == channel]
            starts = [e for e in events if e["event"] == "service_start"]
            ends = [e["moment"] for e in events if e["event"] == "service_end"]
            for start, end in itertools.zip_longest(starts, ends, fillvalue=end_of_run):
                assert isinstance(start, dict)
                ranked = self.ranked(life, channel, start["number"])
                province.services.append(Served(life, channel, start["moment"], end, ranked))
            if channel in self.tier(life).first:
                leaves = [self.deadline(life), self.left(life)[1][0], end_of_run]
                leaves += [start["moment"] for start in starts[:1]]
                leaves += [life.end["moment"]] if life.end is not None else []
                if min(leaves) > life.issued:
                    province.waiting[channel].append((life.issued, min(leaves), self.ranked(life, channel, 0)))

    def ranked(self, life: Life, channel: str, number: int) -> Ranked:
        """Return where an alert stands in line for a try."""
        identity = alert_id(life.origin, life.detector, life.stage)
        return rank(life), self.places.of(life, channel, number), identity

    def check_order(self, desk: str, province: Province) -> None:
        """Anybody who is served must come before all who surely wait on in that line."""
        waiting = sorted(province.waiting[desk], key=lambda one: one[2])
        joins = np.array([one[0] for one in waiting], dtype=np.int64)
        leaves = np.array([one[1] for one in waiting], dtype=np.int64)
        services = sorted((s for s in province.services if s.channel == desk), key=lambda s: s.starts)
        for moment, same in itertools.groupby(services, key=lambda service: service.starts):
            still = np.flatnonzero((joins <= moment) & (leaves > moment))
            if len(still):
                last = max(service.ranked for service in same)
                assert not stands_before(waiting[still[0]][2], last)

    def seat(self, code: Any, province: Province) -> None:
        """Give each service a seat: the first in line at their own desk while it has any, the others at one that lends.

        Whenever a service begins there must be a free server for it.
        """
        busy: dict[str, list[int]] = {desk: [] for desk in DESKS}
        lends = {desk: getattr(self.spec.desks, desk).lends for desk in DESKS}
        services = sorted(province.services, key=lambda service: (service.starts, service.ranked))
        for moment, group in itertools.groupby(services, key=lambda service: service.starts):
            starting = list(group)
            for desk in DESKS:
                busy[desk] = [end for end in busy[desk] if end > moment]
            left = []
            for service in starting:
                if len(busy[service.channel]) < self.seats(code, service.channel, moment):
                    service.seat = service.channel
                    busy[service.seat].append(service.ends)
                else:
                    left.append(service)
            for service in left:
                service.seat = DESKS[1 - DESKS.index(service.channel)]
                assert lends[service.seat], "no server is free"
                assert len(busy[service.seat]) < self.seats(code, service.seat, moment), "no server is free"
                busy[service.seat].append(service.ends)

    def check_free(self, code: Any, desk: str, province: Province) -> None:
        """Nobody waits in a line while a server of the desk is free, or one that is lent to it."""
        waiting = province.waiting[desk]
        if not waiting:
            return
        other = DESKS[1 - DESKS.index(desk)]
        serving = [desk, *([other] if getattr(self.spec.desks, other).lends else [])]
        joins = np.array([one[0] for one in waiting])
        leaves = np.array([one[1] for one in waiting])
        ends = np.array([s.ends for s in province.services if s.seat in serving and s.ends < self.days * DAY])
        for seat in serving:
            services = [s for s in province.services if s.seat == seat]
            begun = np.array([s.starts for s in services])
            ended = np.array([s.ends for s in services])
            for moment in np.unique(np.concatenate([joins, ends])).astype(np.int64).tolist():
                if ((joins <= moment) & (leaves > moment)).any():
                    under_way = (begun <= moment).sum() - (ended <= moment).sum()
                    assert under_way >= self.seats(code, seat, moment)

    def check_hours(self, provinces: dict[Any, Province]) -> None:
        """The table of hours has the time of servers at work at the desk to which they belong."""
        found: Counter[Any] = Counter()
        for code, province in provinces.items():
            for service in province.services:
                start = service.starts
                while start < service.ends:
                    end = min(service.ends, (start // HALF_HOUR + 1) * HALF_HOUR)
                    day = self.date(start)
                    key = (day.replace(day=1), code, service.seat, day.isoweekday(), start % DAY // HALF_HOUR)
                    found[key] += end - start
                    start = end
        assert found == rows_of(self.run.hours, *HOURS, measure="busy_ms")

    def seats(self, province: int, channel: str, moment: int) -> int:
        """Return the seats of a desk at a moment, from the scenario."""
        desk = getattr(self.spec.desks, channel)
        people = {row.code: row.population for row in self.spec.population.provinces}
        today, minute = self.date(moment), moment % DAY // 60_000
        share = sum(
            shift.share
            for shift in desk.shifts
            if today.isoweekday() in shift.weekdays and shift.start <= minute < shift.end
        )
        staff = desk.staff * growth(desk.growth, today) * share * people[province] / sum(people.values())
        return max(1, int(staff * self.spec.scale + 0.5)) if staff > 0 else 0


def growth(how: Any, today: dt.date) -> float:
    """Return the factor by which a staff has grown until a day."""
    if how is None:
        return 1.0
    if how.steps is not None:
        begun = [step.factor for step in how.steps if step.from_ <= today]
        return float(begun[-1] if begun else how.steps[0].factor)
    ramp = how.ramp
    days = (today - ramp.midpoint).days / (ramp.width / DAY)
    return float(ramp.floor + (1.0 - ramp.floor) / (1.0 + math.exp(-days)))
