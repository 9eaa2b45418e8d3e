"""The rules of the model that can be read off a log of events alone, each written down without the engine's code."""

import datetime as dt
import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import sim
from sim.days import day_number, weekday
from sim.draws.identity import alert_id, cell_of
from sim.scenario import ScenarioModel

DAY = 86_400_000
HALF_HOUR = 1_800_000
DESKS = ("call", "visit")
TIERS = ("red", "orange", "yellow", "blue")
SERVICE_ENDS, STAGE_MOMENTS, READS, ARRIVALS, DISPATCH = 2, 3, 4, 6, 7

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
    def end(self) -> Row | None:
        """How it ended; None if it was open when the run ended."""
        return next((e for e in self.rest if e["event"] == "end"), None)

    def ended_before(self, moment: int, phase: int) -> bool:
        """Return whether it had ended before a phase of a tick."""
        return self.end is not None and (self.end["moment"], self.end["phase"]) < (moment, phase)

    def served_at(self, moment: int) -> bool:
        """Whether a service began before a moment and ended after it."""
        started = sum(e["event"] == "service_start" and e["moment"] < moment for e in self.rest)
        ended = sum(e["event"] == "service_end" and e["moment"] <= moment for e in self.rest)
        return started > ended


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
        self.attempts: dict[int, Row] = {}
        self.stages: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            key = (row["origin"], row["stage"], row["detector"])
            if row["event"] == "issue":
                assert key not in self.lives, "issued twice"
                self.lives[key] = Life(*key, row)
            elif row["event"] == "attempt":
                assert row["origin"] not in self.attempts, "attempted twice"
                self.attempts[row["origin"]] = row
            elif row["event"] in ("stage", "payment"):
                self.stages[row["origin"]].append(row)
            elif row["detector"] is not None:
                self.lives[key].rest.append(row)

    def check(self) -> None:
        """Check every rule."""
        for life in self.lives.values():
            self.check_deadline(life)
            self.check_channels(life)
            self.check_issue(life)
            self.check_end(life)
            self.check_expiry(life)
        self.check_superseding()
        self.check_moot()
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
        """No service begins at or after the deadline, and nothing is read after it."""
        deadline = self.deadline(life)
        for e in life.rest:
            if e["event"] == "service_start":
                assert e["phase"] == DISPATCH
                assert life.issued <= e["moment"] < deadline
            elif e["event"] == "read":
                assert life.issued < e["moment"] <= deadline

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

    def check_issue(self, life: Life) -> None:
        """An alert is about the person whom its attempt reached, and taken for a type that the matrix allows."""
        types = list(self.spec.fraud.types)
        attempt = self.attempts.get(life.origin)
        assert life.issue["person"] >= 0
        true = "legitimate"
        if attempt is not None:
            assert life.issue["person"] == attempt["person"]
            true = types[cell_of(life.origin)]
        predicted = types[life.issue["value"]]
        assert any(
            row.true == true and row.predicted == predicted and row.probability > 0.0
            for row in self.spec.warning.confusion
        )

    def more_is_left(self, life: Life, service: Row) -> bool:
        """Return whether another try or an escalation could follow a service."""
        tier = self.tier(life)
        if service["number"] + 1 < getattr(tier.tries, service["channel"]):
            return True
        return service["channel"] == "call" and bool(tier.escalate.unanswered == "visit")

    def check_end(self, life: Life) -> None:
        """An alert ends once and for all; what went before says how."""
        ends = [e for e in life.rest if e["event"] == "end"]
        assert len(ends) <= 1
        for e in life.rest[:-1]:
            assert e["event"] != "end"
        for before, after in itertools.pairwise(life.rest):
            if before["event"] in ("read", "expiry") or before["result"] in ("answered", "met"):
                assert (after["event"], after["moment"], after["phase"]) == ("end", before["moment"], before["phase"])
        if not ends:
            assert all(e["event"] in ("service_start", "service_end") for e in life.rest)
            assert all(e["result"] in (None, "no_answer", "not_met") for e in life.rest)
            return
        end = ends[0]
        last = life.rest[-2] if len(life.rest) > 1 else None
        served = last is not None and last["event"] == "service_end" and last["moment"] == end["moment"]
        tier = self.tier(life)
        if end["result"] == "reached":
            assert last is not None
            assert last["event"] == "read" or (served and last["result"] in ("answered", "met"))
        elif end["result"] == "unread":
            # A message was given up, so far as the tier goes; a delivery of at least a tick was before.
            assert last is None
            assert tier.first in ("app", "sms")
            assert tier.escalate.unread == "none"
            assert end["phase"] == READS
            assert life.issued + self.ticks(self.spec.warning.unread_wait) < end["moment"] < self.deadline(life)
        elif end["result"] == "unanswered":
            assert last is not None
            assert served
            assert last["result"] in ("no_answer", "not_met")
            assert not self.more_is_left(life, last)
        elif end["result"] == "expired":
            assert last is not None
            assert last["event"] == "expiry"
        else:
            # From outside: at once, or at the end of a service in vain.
            assert end["result"] in ("superseded", "moot")
            assert life.origin in self.stages or self.attempts[life.origin]["result"] == "engaged"
            if end["phase"] == SERVICE_ENDS and served:
                assert last is not None
                assert last["result"] in ("no_answer", "not_met")

    def check_expiry(self, life: Life) -> None:
        """Whatever lives at its deadline expires there, unless it is being served.

        Then it does so when the service has been in vain, if there was more to come.
        """
        deadline = self.deadline(life)
        lasts = life.end is None or life.end["moment"] > deadline
        if lasts and deadline < self.days * DAY:
            assert life.served_at(deadline)
        if life.end is None or life.end["result"] != "expired":
            late = [e for e in life.rest if e["event"] == "service_end" and e["moment"] >= deadline]
            assert all(e["result"] in ("answered", "met") for e in late) or life.end["result"] in (  # type: ignore[index]
                "unanswered",
                "superseded",
                "moot",
            )
            return
        if life.end["phase"] == SERVICE_ENDS:
            assert life.end["moment"] >= deadline
            served = life.rest[-3]
            assert (served["event"], served["moment"]) == ("service_end", life.end["moment"])
            assert self.more_is_left(life, served)
        else:
            assert (life.end["moment"], life.end["phase"]) == (deadline, READS)
            assert not life.served_at(deadline)

    def ticks(self, ms: int) -> int:
        """Return a time on the clock, at least a tick."""
        return max(1, int(ms / self.spec.clock + 0.5)) * self.spec.clock

    def over(self, origin: int) -> Row | None:
        """Return the event that ended an episode; None if it went on or if the last payment may have ended it."""
        rows = self.stages.get(origin)
        return rows[-1] if rows and rows[-1]["result"] is not None else None

    def episodes(self) -> list[list[Life]]:
        """Return the alerts of each episode in the order of their issue."""
        episodes = defaultdict(list)
        for life in self.lives.values():
            attempt = self.attempts.get(life.origin)
            if attempt is not None and attempt["result"] == "engaged":
                episodes[life.origin].append(life)
            else:
                # Nothing else can take the place of another alert.
                assert life.end is None or life.end["result"] not in ("superseded", "moot")
        return [sorted(lives, key=lambda life: (life.issued, life.stage, life.detector)) for lives in episodes.values()]

    def check_superseding(self) -> None:
        """An alert that is issued gives way to a living one at least as urgent, and else takes the place of all others.

        Of those the ones being served may finish that, and no more.
        """
        replaced = set()
        for lives in self.episodes():
            living: list[Life] = []
            for newer in lives:
                living = [life for life in living if not life.ended_before(newer.issued, ARRIVALS)]
                moment = newer.issued
                at_birth = newer.rest[0] if newer.rest else None
                born_dead = at_birth is not None and at_birth["event"] == "end" and at_birth["phase"] == ARRIVALS
                born_dead = born_dead and at_birth is not None and at_birth["moment"] == moment
                if born_dead and at_birth is not None and at_birth["result"] == "moot":
                    continue
                if any(rank(life) <= rank(newer) for life in living):
                    assert born_dead
                    assert at_birth is not None
                    assert at_birth["result"] == "superseded"
                    replaced.add(id(newer))
                    continue
                staying = []
                for older in living:
                    replaced.add(id(older))
                    if older.served_at(moment):
                        # It lives until that service ends, and then no longer.
                        staying.append(older)
                        after = [e for e in older.rest if (e["moment"], e["phase"]) > (moment, ARRIVALS)]
                        assert all(e["event"] in ("service_end", "read", "end") for e in after)
                        assert [e["event"] for e in after] in ([], ["service_end", "end"])
                        assert older.end is None or older.end["result"] in ("reached", "superseded", "moot")
                    else:
                        assert older.end is not None
                        gone = (older.end["result"], older.end["moment"], older.end["phase"])
                        assert gone == ("superseded", moment, ARRIVALS)
                living = [*staying, newer]
            # Who is superseded has a reason among the above.
            for life in lives:
                if life.end is not None and life.end["result"] == "superseded":
                    assert id(life) in replaced

    def check_moot(self) -> None:
        """Where the desk knows, no alert outlives its episode, but for a service under way; else none is moot."""
        knows = self.spec.warning.desk_knows_episode_over
        for lives in self.episodes():
            for life in lives:
                over = self.over(life.origin)
                if life.end is not None and life.end["result"] == "moot":
                    assert knows
                    last = self.stages[life.origin][-1]
                    moment, phase = last["moment"], last["phase"]
                    # No episode ends but by such an event, or by its last payment.
                    assert over is not None or last["event"] == "payment"
                    if life.end["phase"] == SERVICE_ENDS and life.rest[-2:][0]["event"] == "service_end":
                        start = [e for e in life.rest if e["event"] == "service_start"][-1]["moment"]
                        assert (start, DISPATCH) < (moment, phase) <= (life.end["moment"], SERVICE_ENDS)
                    elif (life.end["moment"], life.end["phase"]) == (life.issued, ARRIVALS):
                        assert moment <= life.issued
                    else:
                        assert (life.end["moment"], life.end["phase"]) == (moment, phase)
                if over is None or not knows:
                    continue
                if (life.issued, ARRIVALS) > (over["moment"], over["phase"]):
                    assert [(e["event"], e["result"], e["moment"]) for e in life.rest] == [("end", "moot", life.issued)]
                elif not life.ended_before(over["moment"], over["phase"]):
                    after = [e for e in life.rest if (e["moment"], e["phase"]) > (over["moment"], over["phase"])]
                    assert [e["event"] for e in after] in ([], ["service_end", "end"])
                    assert after == [] or life.served_at(over["moment"]) or after[0]["moment"] == over["moment"]
                    if not after and life.end is None:
                        assert life.served_at(over["moment"])

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
        staff = desk.staff * share * people[province] / sum(people.values())
        return max(1, int(staff * self.spec.scale + 0.5)) if staff > 0 else 0

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

    def date(self, moment: int) -> dt.date:
        """Return the date of a moment."""
        return self.spec.period.start + dt.timedelta(days=moment // DAY)

    def ends_of_alerts(self) -> Counter[Any]:
        """Return how many alerts ended how, by day of issue, province, source, tier, truth and end."""
        ends: Counter[Any] = Counter()
        for life in self.lives.values():
            attempt = self.attempts.get(life.origin)
            truth = (
                "legitimate" if attempt is None else "episode" if attempt["result"] == "engaged" else attempt["result"]
            )
            end = "open" if life.end is None else life.end["result"]
            source = ("central", "local")[life.detector]
            ends[(self.date(life.issued), life.issue["province"], source, life.issue["tier"], truth, end)] += 1
        return ends

    def check_tables(self) -> None:
        """The tables count what the log tells."""
        run, rows = self.run, self.rows
        fates = Counter(r["result"] for r in rows if r["event"] == "attempt")
        assert fates == counted(run.attempts, "fate")
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


def counted(table: Any, column: str) -> Counter[str]:
    """Return the counts of a table by one of its columns."""
    return Counter(table.groupby(column)["count"].sum().to_dict())


def rows_of(table: Any, *columns: str, measure: str = "count") -> Counter[Any]:
    """Return the counts of a table by some of its columns; days as dates, and no zeros."""
    sums = table.groupby(list(columns), observed=True)[measure].sum()
    counts = {
        tuple(key.date() if hasattr(key, "date") else key for key in keys): int(count)
        for keys, count in sums.items()
        if count
    }
    return Counter(counts)


def rank(life: Life) -> int:
    """Return the urgency of an alert, 0 for red."""
    return TIERS.index(life.issue["tier"])
