"""The rules of the desks: who is served next, by whose servers, and that nobody waits while a server is free."""

import datetime as dt
import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.draws.identity import alert_id
from sim.warning.discipline import line_tables
from tests.engines.alert_rules import AlertRules
from tests.engines.log import DAY, DESKS, Life, rank, rows_of
from tests.engines.places import EQUAL, Key, Places

HALF_HOUR = 1_800_000
HOURS = ("month", "province", "channel", "weekday", "half_hour")
"""Keys of the table of hours."""
NEARLY = 1e-6
"""Relative difference that rounding to ms may cause."""
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
    """A service: of whom, at which desk, when, and where they stood in line."""

    life: Life
    channel: str
    starts: int
    ends: int
    ranked: Ranked


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
        """Check order and free servers of all desks, and what their work adds up to."""
        self.places = Places(self)
        provinces: dict[Any, Province] = defaultdict(Province)
        for life in self.lives.values():
            self.note(life, provinces[life.issue["province"]])
        for code, province in provinces.items():
            for desk in DESKS:
                self.check_order(desk, province)
            self.check_begin(code, province)
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

    def check_begin(self, code: Any, province: Province) -> None:
        """Whenever a service begins, the desk has a free server, or one whom it may be ahead of.

        Where the other desk lends, the log does not say whose servers serve: then one of them must have staff on duty.
        Servers whom a desk itself lends only raise its debt.
        """
        for channel in DESKS:
            if self.lends(DESKS[1 - DESKS.index(channel)]):
                begun = [service.starts for service in province.services if service.channel == channel]
                assert all(any(self.staff(code, desk, one) > 0 for desk in DESKS) for one in begun), "nobody is on duty"
                continue
            debt, busy = Debt(self, code, channel), list[int]()
            services = sorted((s for s in province.services if s.channel == channel), key=lambda s: s.starts)
            for service in services:
                for end in sorted(one for one in busy if one <= service.starts):
                    debt.grow(end, len(busy))
                    busy.remove(end)
                debt.grow(service.starts, len(busy))
                assert debt.may_begin(len(busy), NEARLY), "no server is free"
                busy.append(service.ends)

    def check_free(self, code: Any, desk: str, province: Province) -> None:
        """Nobody waits in a line while a whole server of the desk is free, or one that is lent to it."""
        waiting = province.waiting[desk]
        if not waiting:
            return
        other = DESKS[1 - DESKS.index(desk)]
        serving = [desk, *([other] if self.lends(other) else [])]
        alone = not any(self.lends(one) for one in DESKS)
        joins = np.array([one[0] for one in waiting])
        leaves = np.array([one[1] for one in waiting])
        services = [s for s in province.services if not alone or s.channel == desk]
        begun = np.array([s.starts for s in services])
        ended = np.array([s.ends for s in services])
        ends = ended[ended < self.days * DAY] if alone else np.array([], dtype=np.int64)
        for moment in np.unique(np.concatenate([joins, ends])).astype(np.int64).tolist():
            if ((joins <= moment) & (leaves > moment)).any():
                under_way = (begun <= moment).sum() - (ended <= moment).sum()
                assert under_way >= sum(math.floor(self.staff(code, one, moment) + NEARLY) for one in serving)

    def check_hours(self, provinces: dict[Any, Province]) -> None:
        """The table of hours has the time of servers at work; where desks lend, of both together."""
        lent = any(self.lends(desk) for desk in DESKS)
        found: Counter[Any] = Counter()
        for code, province in provinces.items():
            for service in province.services:
                start = service.starts
                while start < service.ends:
                    end = min(service.ends, (start // HALF_HOUR + 1) * HALF_HOUR)
                    day = self.date(start)
                    key = (
                        day.replace(day=1),
                        code,
                        "" if lent else service.channel,
                        day.isoweekday(),
                        start % DAY // HALF_HOUR,
                    )
                    found[key] += end - start
                    start = end
        hours = self.run.hours.assign(channel="") if lent else self.run.hours
        assert found == rows_of(hours, *HOURS, measure="busy_ms")

    def lends(self, desk: str) -> bool:
        """Return whether the servers of a desk also serve the other one's line."""
        return bool(getattr(self.spec.desks, desk).lends)

    def staff(self, province: int, channel: str, moment: int) -> float:
        """Return how many servers are on duty at a moment, from the scenario."""
        desk = getattr(self.spec.desks, channel)
        people = {row.code: row.population for row in self.spec.population.provinces}
        today, minute = self.date(moment), moment % DAY // 60_000
        share = sum(
            shift.share
            for shift in desk.shifts
            if today.isoweekday() in shift.weekdays and shift.start <= minute < shift.end
        )
        staff = desk.staff * growth(desk.growth, today) * share * people[province] / sum(people.values())
        return float(staff * self.spec.scale)


class Debt:
    """The debt of a desk in servers x ms, as docs/model.md has it."""

    def __init__(self, rules: LineRules, code: int, channel: str) -> None:
        self._staff = lambda moment: rules.staff(code, channel, moment)
        self._service = float(line_tables(rules.spec).service[DESKS.index(channel)])
        self._most = self._service * (1 + 3 * (1 - rules.spec.scale))
        self._since, self._debt = 0, 0.0

    def grow(self, moment: int, busy: int) -> None:
        """Pass the time until a moment, in which as many are busy."""
        while self._since < moment:
            end = min(moment, (self._since // HALF_HOUR + 1) * HALF_HOUR)
            change = (busy - self._staff(self._since)) * (end - self._since)
            self._debt = min(max(self._debt + change, 0.0), self._most)
            self._since = end

    def may_begin(self, busy: int, nearly: float) -> bool:
        """Return whether a service may begin now."""
        staff = self._staff(self._since)
        extra = busy + 1 - staff
        return staff > 0 and (extra <= nearly or self._debt + extra * self._service < self._most * (1 + nearly))


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
