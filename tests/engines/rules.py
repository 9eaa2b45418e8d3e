"""The rules of the model that can be read off a log of events alone, each written down without the engine's code."""

import datetime as dt
import itertools
import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from sim.days import calendar_date, day_number, weekday
from sim.draws.distributions import CERTAIN
from sim.draws.identity import LIMITS, alert_id, fraud_type_of, unpack
from sim.gates.engagement import most_engaging, propensities
from sim.warning.bands import ENGAGING
from sim.words import Channel
from tests.engines.alert_rules import AlertRules
from tests.engines.log import DAY, DESKS, READS, STAGE_MOMENTS, counted, rank, rows_of


class Rules(AlertRules):
    """All rules of a log: of alerts, desks, episodes, and of the tables that count them."""

    def check(self) -> None:
        """Check every rule."""
        for life in self.lives.values():
            self.check_deadline(life)
            self.check_channels(life)
            self.check_issue(life)
            self.check_end(life)
            self.check_expiry(life)
        self.check_attempts()
        self.check_superseding()
        self.check_moot()
        self.check_seats()
        self.check_line()
        self.check_episodes()
        self.check_ticks()
        self.check_tables()

    def check_attempts(self) -> None:
        """Attempts that may engage are the first of their cell, without a gap; others are named for an alert alone."""
        named = defaultdict(list)
        for origin, row in self.attempts.items():
            assert row["result"] in ("unanswered", "ignored", "engaged")
            parts = unpack(origin)
            if parts.cell % LIMITS["prospect"] == ENGAGING:
                assert row["result"] != "unanswered"
                named[(parts.day, parts.province, parts.channel, fraud_type_of(origin))].append(parts.index)
            else:
                assert row["result"] != "engaged"
        codes, types = [row.code for row in self.spec.population.provinces], list(self.spec.fraud.types)
        answered = self.run.attempts[self.run.attempts["fate"].isin(["ignored", "engaged"])]
        most = most_engaging(propensities(self.spec))
        for indices in named.values():
            assert sorted(indices) == list(range(len(indices)))
        for (date, code, channel, name), count in rows_of(answered, "day", "province", "channel", "fraud_type").items():
            cell = (day_number(date), codes.index(code), Channel.of(channel), types.index(name))
            followed = len(named.pop(cell, ()))
            assert followed == count if most[cell[3]] == CERTAIN else followed <= count
        assert not named

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
        service, their end or that of the run. Anybody who is served must come before all of them, by tier, issue and
        identity.
        """
        lines = defaultdict(list)
        served = defaultdict(list)
        for life in self.lives.values():
            place = (rank(life), life.issued, alert_id(life.origin, life.detector, life.stage))
            starts = [e for e in life.rest if e["event"] == "service_start"]
            for start in starts:
                served[(life.issue["province"], start["channel"])].append((start["moment"], place))
            if self.tier(life).first in DESKS:
                desk = (life.issue["province"], self.tier(life).first)
                leaves = starts[0]["moment"] if starts else life.end["moment"] if life.end else self.days * DAY
                lines[desk].append((life.issued, leaves, place))
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
            moments = np.unique(np.concatenate([joins[leaves > joins], ends]))
            for moment in moments.tolist():
                if ((joins <= moment) & (leaves > moment)).any():
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
        growth = self.growth(channel, calendar_date(day_number(self.spec.period.start) + moment // DAY))
        staff = desk.staff * share * people[province] / sum(people.values()) * growth
        return max(1, int(staff * self.spec.scale + 0.5)) if staff > 0 else 0

    def growth(self, channel: str, day: dt.date) -> float:
        """Return the factor of a desk's staff on a day, from the scenario."""
        growth = getattr(self.spec.desks, channel).growth
        if growth is None:
            return 1.0
        if growth.ramp is not None:
            late = (day - growth.ramp.midpoint) / dt.timedelta(milliseconds=growth.ramp.width)
            return float(growth.ramp.floor + (1.0 - growth.ramp.floor) / (1.0 + math.exp(-late)))
        since = [step for step in growth.steps if step.from_ <= day] or growth.steps[:1]
        return float(since[-1].factor)

    def check_episodes(self) -> None:
        """Stages follow each other, and what ends an episode is the last; who reports has paid, and then files."""
        persuaded = {
            (life.origin, e["moment"], e["phase"])
            for life in self.lives.values()
            for e in life.rest
            if e["event"] == "read" or e["result"] in ("answered", "met")
        }
        for origin, rows in self.stages.items():
            assert self.attempts[origin]["result"] == "engaged"
            assert [r["stage"] for r in rows] == list(range(1, len(rows) + 1))
            assert all(r["result"] is None for r in rows[:-1])
            for before, after in itertools.pairwise(rows):
                # A warning may win in the tick of a stage, after it.
                assert after["moment"] > before["moment"] or (after["result"], before["moment"], after["phase"]) == (
                    "stopped",
                    after["moment"],
                    READS,
                )
            for row in rows:
                if row["result"] is None:
                    assert row["phase"] == STAGE_MOMENTS
                    assert row["event"] == ("stage" if row["stage"] < 3 else "payment")
                    assert row["event"] == "stage" or row["value"] >= 0
                elif row["result"] == "stopped":
                    assert (origin, row["moment"], row["phase"]) in persuaded
                else:
                    assert row["result"] in ("dropped_out", "held")
                    assert row["phase"] == STAGE_MOMENTS
                    assert row["result"] == "dropped_out" or row["stage"] >= 3
        after = defaultdict(list)
        for row in self.rows:
            if row["event"] in ("report", "filing"):
                after[row["origin"]].append(row)
        for origin, rows in after.items():
            assert [r["event"] for r in rows] in (["report"], ["report", "filing"])
            assert any(r["event"] == "payment" for r in self.stages[origin])
            assert rows[0]["moment"] > max(r["moment"] for r in self.stages[origin])
            paid = sum(r["value"] for r in self.stages[origin] if r["event"] == "payment")
            assert 0 <= rows[0]["value"] <= paid

    def check_ticks(self) -> None:
        """Every moment is a tick of the run, and the log is in order; who was reached has a number, and nobody else."""
        moments = [row["moment"] for row in self.rows]
        order = [(row["moment"], row["phase"], row["origin"]) for row in self.rows]
        assert order == sorted(order)
        for row in self.rows:
            met = row["event"] == "issue" or row["result"] in ("unanswered", "ignored", "engaged")
            assert (row["person"] is not None) == (met and row["event"] in ("issue", "attempt"))
        assert all(0 <= moment < self.days * DAY and moment % self.spec.clock == 0 for moment in moments)

    def check_tables(self) -> None:
        """The tables count what the log tells."""
        run, rows = self.run, self.rows
        fates = Counter(r["result"] for r in rows if r["event"] == "attempt")
        totals = counted(run.attempts, "fate")
        assert fates["engaged"] == totals["engaged"]
        assert all(number <= totals[fate] for fate, number in fates.items())
        assert self.ends_of_alerts() == rows_of(run.alerts, "day", "province", "source", "tier", "truth", "end")
        contacts = counted(run.contacts, "result")
        served = Counter(r["result"] for r in rows if r["event"] == "service_end")
        for result in ("answered", "no_answer", "met", "not_met"):
            assert served[result] == contacts[result]
        assert sum(r["event"] == "read" for r in rows) == contacts["read"]
        staff = sum(r["value"] for r in rows if r["event"] == "service_end")
        assert staff == run.contacts["staff_ms"].sum()
        outcomes = run.outcomes[["loss_fen", "recovered_fen", "filed", "held_fen", "prevented_fen", "victims"]].sum()
        assert sum(r["value"] for r in rows if r["event"] == "payment") == outcomes["loss_fen"]
        assert sum(r["value"] for r in rows if r["event"] == "report") == outcomes["recovered_fen"]
        assert sum(r["event"] == "filing" for r in rows) == outcomes["filed"]
        paid = {r["origin"] for r in rows if r["event"] == "payment"}
        assert len(paid) == outcomes["victims"]
        # An episode that ended without a payment counts by how it ended, where and on the day on which it did.
        for measure, result in (("saved", "stopped"), ("dropped_out", "dropped_out"), ("held", "held")):
            found: Counter[Any] = Counter()
            for origin, stages in self.stages.items():
                if stages[-1]["result"] == result and origin not in paid:
                    found[(self.date(stages[-1]["moment"]), stages[-1]["province"])] += 1
            assert found == rows_of(run.outcomes, "day", "province", measure=measure)
        held = {origin for origin, stages in self.stages.items() if stages[-1]["result"] == "held"}
        assert (outcomes["held_fen"] > 0) == bool(held)
        stopped = {origin for origin, stages in self.stages.items() if stages[-1]["result"] == "stopped"}
        assert outcomes["prevented_fen"] == 0 or stopped
        waits = run.waits.groupby("channel")["count"].sum().to_dict()
        begun = Counter(r["channel"] for r in rows if r["event"] in ("service_start", "read"))
        assert begun == Counter(waits)
        finished = Counter(r["event"] for r in rows if r["event"] in ("solved", "closed"))
        flows = run.flows.groupby("quantity")["count"].sum().to_dict()
        assert finished["solved"] == flows.get("cases_solved", 0)
        assert finished["closed"] == flows.get("cases_closed", 0)
