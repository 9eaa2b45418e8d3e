"""The rules of the model that can be read off a log of events alone, each written down without the engine's code."""

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import sim
from sim.days import day_number, weekday
from sim.draws.identity import alert_id
from sim.scenario import ScenarioModel

DAY = 86_400_000
HALF_HOUR = 1_800_000
DESKS = ("call", "visit")
TIERS = ("red", "orange", "yellow", "blue")
DISPATCH = 7

Row = dict[str, Any]


@dataclass
class Life:
    """What the log says of one alert: its issue and then everything that happened to it, in order."""

    origin: int
    stage: int
    detector: int
    issue: Row
    rest: list[Row] = field(default_factory=list)

    @property
    def issued(self) -> int:
        """Moment of issue."""
        return int(self.issue["moment"])

    @property
    def reached(self) -> bool:
        """Whether somebody read it or was spoken to."""
        return any(e["event"] == "read" or e["result"] in ("answered", "met") for e in self.rest)

    @property
    def expired(self) -> bool:
        """Whether it expired."""
        return any(e["event"] == "expiry" for e in self.rest)

    def served_at(self, moment: int) -> bool:
        """Whether a service began before a moment and ended after it."""
        started = sum(e["event"] == "service_start" and e["moment"] < moment for e in self.rest)
        ended = sum(e["event"] == "service_end" and e["moment"] <= moment for e in self.rest)
        return started > ended

    def lives_after(self, moment: int) -> bool:
        """Whether anything began after a moment, for an event of issue at that moment; a service may be finished."""
        begun = moment
        for e in self.rest:
            begun = e["moment"] if e["event"] == "service_start" else begun
            at = begun if e["event"] == "service_end" else e["moment"]
            # A read or an expiry of the same tick comes before arrivals, a start of service after them.
            if at > moment or (at == moment and e["event"] == "service_start"):
                return True
        return False


class Log:
    """The events of a run without a warm-up, and the scenario that it was run with."""

    def __init__(self, run: sim.Run) -> None:
        self.run = run
        self.spec: ScenarioModel = run.scenario.spec
        columns = run.events.astype(object).where(run.events.notna(), None).to_dict("list")
        self.rows: list[Row] = [
            dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
        ]
        self.days = (self.spec.period.end - self.spec.period.start).days + 1
        self.lives: dict[tuple[int, int, int], Life] = {}
        # The file is in order but for a service that ends too late to be followed: its expiry stands before it.
        self.rows.sort(key=lambda r: (r["moment"], r["phase"], r["origin"], r["event"] == "expiry"))
        for row in self.rows:
            key = (row["origin"], row["stage"], row["detector"])
            if row["event"] == "issue":
                assert key not in self.lives, "issued twice"
                self.lives[key] = Life(*key, row)
            elif row["detector"] is not None:
                self.lives[key].rest.append(row)

    def check(self) -> None:
        """Check every rule."""
        for life in self.lives.values():
            self.check_deadline(life)
            self.check_channels(life)
            self.check_end(life)
        self.check_superseding()
        self.check_seats()
        self.check_line()
        self.check_episodes()
        self.check_ticks()
        self.check_tables()

    def tier(self, life: Life) -> Any:
        """Return the rules of an alert's tier."""
        return getattr(self.spec.warning.tiers, life.issue["tier"])

    def deadline(self, life: Life) -> int:
        """Return the moment of an alert's deadline."""
        clock = self.spec.clock
        return life.issued + max(1, int(self.tier(life).deadline / clock + 0.5)) * clock

    def check_deadline(self, life: Life) -> None:
        """No service begins at or after the deadline, nothing is read after it, and what expires does so there."""
        deadline = self.deadline(life)
        for e in life.rest:
            if e["event"] == "service_start":
                assert e["phase"] == DISPATCH
                assert life.issued <= e["moment"] < deadline
            elif e["event"] == "read":
                assert life.issued < e["moment"] <= deadline
            elif e["event"] == "expiry":
                served = life.rest[-2] if len(life.rest) > 1 else None
                late = served is not None and served["event"] == "service_end" and served["moment"] == e["moment"]
                assert e["moment"] == deadline or (late and e["moment"] > deadline)

    def check_channels(self, life: Life) -> None:
        """Messages first, then calls, then visits, as the tier says; tries count per channel and never overlap."""
        tier = self.tier(life)
        allowed = [tier.first]
        if allowed[-1] in ("app", "sms"):
            allowed = ["app", "sms"] if tier.first == "app" else ["sms"]
            if tier.escalate.unread == "call":
                allowed.append("call")
        if allowed[-1] == "call" and tier.escalate.unanswered == "visit":
            allowed.append("visit")
        order = [allowed.index(e["channel"]) for e in life.rest if e["channel"] is not None]
        assert order == sorted(order)
        free = life.issued
        for channel in DESKS:
            served = [e for e in life.rest if e["channel"] == channel]
            starts = [e for e in served if e["event"] == "service_start"]
            ends = [e for e in served if e["event"] == "service_end"]
            assert [e["number"] for e in starts] == list(range(len(starts)))
            assert [e["number"] for e in ends] == list(range(len(ends)))
            assert len(starts) <= getattr(tier.tries, channel)
            assert len(starts) - len(ends) in (0, 1)
            for number, start in enumerate(starts):
                # A wait of at least a tick lies between two tries, and before an escalated visit.
                assert start["moment"] > free or (free == life.issued and start["moment"] == free)
                if number < len(ends):
                    free = ends[number]["moment"]
                    assert free == start["moment"] + ends[number]["value"]
            if channel == "visit" and starts and tier.first != "visit":
                calls = [e for e in life.rest if e["channel"] == "call" and e["event"] == "service_end"]
                assert len(calls) == tier.tries.call

    def check_end(self, life: Life) -> None:
        """Nothing follows a reading, a successful try or an expiry."""
        for e in life.rest[:-1]:
            assert e["event"] not in ("read", "expiry")
            assert e["result"] not in ("answered", "met")

    def check_superseding(self) -> None:
        """When an alert of an episode is issued, one of the episode's alerts at most lives on: the more urgent one.

        Of two alike it is the older one. An alert that is being served may finish that, and no more.
        """

        def rank(life: Life) -> int:
            return TIERS.index(life.issue["tier"])

        episodes = defaultdict(list)
        engaged = {r["origin"] for r in self.rows if r["event"] == "attempt" and r["result"] == "engaged"}
        for life in self.lives.values():
            if life.origin in engaged:
                episodes[life.origin].append(life)
        for lives in episodes.values():
            lives.sort(key=lambda life: (life.issued, life.stage, life.detector))
            for k, newer in enumerate(lives):
                on = [life for life in lives[: k + 1] if life.lives_after(newer.issued)]
                assert len(on) <= 1
                if on and on[0] is newer:
                    assert all(rank(older) > rank(newer) for older in lives[:k] if older.served_at(newer.issued))
                elif on:
                    assert rank(on[0]) <= rank(newer)

    def check_seats(self) -> None:
        """Whenever a service begins at a desk, no more are under way there than staff has seats."""
        starts = defaultdict(list)
        ends = {}
        for row in self.rows:
            if row["event"] in ("service_start", "service_end"):
                key = (row["origin"], row["stage"], row["detector"], row["channel"], row["number"])
                if row["event"] == "service_start":
                    starts[(row["province"], row["channel"])].append((row["moment"], key))
                else:
                    ends[key] = row["moment"]
        for (province, channel), services in starts.items():
            services.sort(key=lambda service: service[0])
            for moment, _ in services:
                under_way = sum(m <= moment < ends.get(key, self.days * DAY) for m, key in services)
                assert under_way <= self.seats(province, channel, moment)

    def check_line(self) -> None:
        """Who is served is the first in line, and nobody waits while a seat is free.

        The alerts of which the log says when they wait are those whose first channel is the desk, until their first
        service or their expiry. Anybody who is served must come before all of them, by tier, issue and identity.
        """
        lines = defaultdict(list)
        served = defaultdict(list)
        for life in self.lives.values():
            rank = (TIERS.index(life.issue["tier"]), life.issued, alert_id(life.origin, life.detector, life.stage))
            starts = [e for e in life.rest if e["event"] == "service_start"]
            for start in starts:
                served[(life.issue["province"], start["channel"])].append((start["moment"], rank))
            left = starts or [e for e in life.rest if e["event"] == "expiry"]
            if self.tier(life).first in DESKS and left:
                desk = (life.issue["province"], self.tier(life).first)
                lines[desk].append((life.issued, left[0]["moment"], rank))
        for desk, line in lines.items():
            joined, left, ranks = (list(column) for column in zip(*sorted(line, key=lambda one: one[2]), strict=True))
            joins, leaves = np.array(joined), np.array(left)
            services = sorted(served[desk])
            begun = np.array([moment for moment, _ in services])
            for moment, same in itertools.groupby(services, key=lambda service: service[0]):
                waiting = np.flatnonzero((joins <= moment) & (leaves > moment))
                if len(waiting):
                    assert max(rank for _, rank in same) < ranks[waiting[0]]
            ends = np.array(self.ends(*desk))
            for moment in np.unique(joins[leaves > joins]).tolist():
                under_way = (begun <= moment).sum() - (ends <= moment).sum()
                assert under_way >= self.seats(*desk, moment)

    def ends(self, province: int, channel: str) -> list[int]:
        """Return the moments at which the services of a desk end."""
        return [
            row["moment"]
            for row in self.rows
            if row["event"] == "service_end" and row["province"] == province and row["channel"] == channel
        ]

    def seats(self, province: int, channel: str, moment: int) -> int:
        """Return the seats of a desk at a moment, from the scenario."""
        desk = getattr(self.spec.desks, channel)
        people = {row.code: row.population for row in self.spec.population.provinces}
        share = 0.0
        for shift in desk.shifts:
            today = weekday(day_number(self.spec.period.start) + moment // DAY)
            if today in shift.weekdays and shift.start <= moment % DAY // 60_000 < shift.end:
                share += shift.share
        staff = desk.staff * share * people[province] / sum(people.values())
        return max(1, int(staff * self.spec.scale + 0.5)) if staff > 0 else 0

    def check_episodes(self) -> None:
        """Stages follow each other, a hold is the last; who reports has paid, and what is filed was reported."""
        stages = defaultdict(list)
        after = defaultdict(list)
        for row in self.rows:
            if row["event"] in ("stage", "payment", "hold"):
                stages[row["origin"]].append(row)
            elif row["event"] in ("report", "filing"):
                after[row["origin"]].append(row)
        for rows in stages.values():
            assert [r["stage"] for r in rows] == list(range(1, len(rows) + 1))
            moments = [r["moment"] for r in rows]
            assert all(b > a for a, b in itertools.pairwise(moments))
            assert all(r["event"] == ("stage" if r["stage"] < 3 else "payment") for r in rows[:-1])
            assert all(r["value"] >= 0 for r in rows if r["event"] == "payment")
        for origin, rows in after.items():
            assert [r["event"] for r in rows] in (["report"], ["report", "filing"])
            assert any(r["event"] == "payment" for r in stages[origin])
            assert rows[0]["moment"] > max(r["moment"] for r in stages[origin])

    def check_ticks(self) -> None:
        """Every moment is a tick of the run, and the log is in order."""
        moments = [row["moment"] for row in self.rows]
        assert moments == sorted(moments)
        assert all(0 <= moment < self.days * DAY and moment % self.spec.clock == 0 for moment in moments)

    def check_tables(self) -> None:
        """The tables count what the log tells."""
        run, rows = self.run, self.rows
        fates = Counter(r["result"] for r in rows if r["event"] == "attempt")
        assert fates == counted(run.attempts, "fate")
        ends = counted(run.alerts, "end")
        assert len(self.lives) == sum(ends.values())
        assert sum(life.reached for life in self.lives.values()) == ends["reached"]
        assert sum(life.expired for life in self.lives.values()) == ends["expired"]
        contacts = counted(run.contacts, "result")
        served = Counter(r["result"] for r in rows if r["event"] == "service_end")
        for result in ("answered", "no_answer", "met", "not_met"):
            assert served[result] == contacts[result]
        assert sum(r["event"] == "read" for r in rows) == contacts["read"]
        staff = sum(r["value"] for r in rows if r["event"] == "service_end")
        assert staff == run.contacts["staff_ms"].sum()
        outcomes = run.outcomes[["loss_fen", "recovered_fen", "filed", "held", "victims"]].sum()
        assert sum(r["value"] for r in rows if r["event"] == "payment") == outcomes["loss_fen"]
        assert sum(r["value"] for r in rows if r["event"] == "report") == outcomes["recovered_fen"]
        assert sum(r["event"] == "filing" for r in rows) == outcomes["filed"]
        paid = {r["origin"] for r in rows if r["event"] == "payment"}
        assert len(paid) == outcomes["victims"]
        held = {r["origin"] for r in rows if r["event"] == "hold"}
        assert len(held - paid) == outcomes["held"]
        waits = run.waits.groupby("channel")["count"].sum().to_dict()
        begun = Counter(r["channel"] for r in rows if r["event"] in ("service_start", "read"))
        assert begun == Counter(waits)
        finished = Counter(r["event"] for r in rows if r["event"] in ("solved", "closed"))
        flows = run.flows.groupby("quantity")["count"].sum().to_dict()
        assert finished["solved"] == flows.get("cases_solved", 0)
        assert finished["closed"] == flows.get("cases_closed", 0)


def counted(table: Any, column: str) -> Counter[str]:
    """Return the counts of a table by one of its columns."""
    return Counter(table.groupby(column)["count"].sum().to_dict())
