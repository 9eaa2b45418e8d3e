"""The rules of the model that can be read off a log of events alone, each written down without the engine's code."""

import itertools
import math
from collections import Counter, defaultdict
from typing import Any

from sim.base.days import day_number
from sim.base.words import Channel
from sim.country.calendar import Measures
from sim.country.traffic import let_through
from sim.draws.distributions import CERTAIN, threshold
from sim.draws.identity import LIMITS, alert_id, fraud_type_of, unpack
from sim.episode import FIRST_PAYMENT, next_stage
from sim.scenario.schema.measures import BankHold
from sim.shield.engagement import most_engaging, propensities
from sim.warning.detectors import ENGAGING
from sim.warning.service import chain_delay
from tests.engines.line_rules import LineRules
from tests.engines.log import DAY, READS, STAGE_MOMENTS, TIERS, counted, rank, rows_of


class Rules(LineRules):
    """All rules of a log: of alerts, desks, episodes, and of the tables that count them."""

    def check(self) -> None:
        """Check every rule."""
        for life in self.lives.values():
            self.check_deadline(life)
            self.check_channels(life)
            self.check_issue(life)
            self.check_expiry(life)
            self.check_reached(life)
        self.check_attempts()
        self.check_superseding()
        self.check_moot()
        for life in self.lives.values():
            self.check_tracks(life)
            self.check_end(life)
        self.check_lines()
        self.check_scores()
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

    def check_scores(self) -> None:
        """The score by which lines may be ordered is that by which an alert was raised: it lies in its tier's band."""
        for life in self.lives.values():
            thresholds = getattr(self.spec.warning.detectors, ("central", "local")[life.detector]).thresholds
            edges = [math.inf, *(getattr(thresholds, tier) for tier in TIERS)]
            score = self.places.score(life) / 1024
            assert edges[rank(life) + 1] - 1 / 1024 <= score <= edges[rank(life)]

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
        for result in ("answered", "no_answer", "met", "not_met", "refused"):
            assert served[result] == contacts[result]
        assert sum(r["event"] == "read" for r in rows) == contacts["read"]
        staff = sum(r["value"] for r in rows if r["event"] == "service_end")
        assert staff == run.contacts["staff_ms"].sum()
        outcomes = run.outcomes[
            ["loss_cents", "recovered_cents", "filed", "held_cents", "prevented_cents", "victims"]
        ].sum()
        assert sum(r["value"] for r in rows if r["event"] == "payment") == outcomes["loss_cents"]
        assert sum(r["value"] for r in rows if r["event"] == "report") == outcomes["recovered_cents"]
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
        self.check_averted(paid)
        held = {origin for origin, stages in self.stages.items() if stages[-1]["result"] == "held"}
        assert (outcomes["held_cents"] > 0) == bool(held)
        stopped = {origin for origin, stages in self.stages.items() if stages[-1]["result"] == "stopped"}
        assert outcomes["prevented_cents"] == 0 or stopped
        self.check_waits()
        finished = Counter(r["event"] for r in rows if r["event"] in ("solved", "closed"))
        flows = run.flows.groupby("quantity")["count"].sum().to_dict()
        assert finished["solved"] == flows.get("cases_solved", 0)
        assert finished["closed"] == flows.get("cases_closed", 0)

    def check_averted(self, paid: set[int]) -> None:
        """Of those whom a warning stopped unpaid, they count who neither drop out nor are held up to the first payment.

        Args:
            paid: Origins of the episodes with a payment.
        """
        tables, found = self.places.tables, Counter[Any]()
        for origin, stages in self.stages.items():
            last = stages[-1]
            if last["result"] != "stopped" or origin in paid:
                continue
            day = self.date(last["moment"])
            held = self.held(day_number(day), last["province"])
            for stage in range(last["stage"], FIRST_PAYMENT + 1):
                kind = fraud_type_of(origin)
                _, drops_out, u_hold = next_stage(self.spec.seed, origin, stage, kind, tables.episodes, 1)
                if drops_out or (stage == FIRST_PAYMENT and u_hold < held):
                    break
            else:
                found[(day, last["province"])] += 1
        assert found == rows_of(self.run.outcomes, "day", "province", measure="averted")

    def held(self, day: int, code: int) -> int:
        """Return the threshold of a hold by a bank on a day in the province of a code."""
        measures = Measures(dict(self.spec.measures))
        holds = measures.over((day,), BankHold, code)
        through = float(let_through(measures, (day,), code)[0])
        paid = math.prod(1.0 - hold.intensity * float(ramp[0]) for hold, ramp in holds) * through
        return threshold(1.0 - paid)

    def check_waits(self) -> None:
        """Waits begin with a reading or a service; the first service of an alert counts from its detection on."""
        run, rows = self.run, self.rows
        waits = run.waits.groupby("channel")["count"].sum().to_dict()
        begun = Counter(r["channel"] for r in rows if r["event"] in ("service_start", "read"))
        assert begun == Counter(waits)
        first: Counter[Any] = Counter()
        for life in self.lives.values():
            starts = [e["moment"] for e in life.rest if e["event"] == "service_start"]
            if starts:
                # The way down the chain is drawn; the log begins with its end.
                identity = alert_id(life.origin, life.detector, life.stage)
                way = chain_delay(self.spec.seed, identity, life.detector, self.places.tables.delays, self.spec.clock)
                waited = 60_000
                while waited < way + min(starts) - life.issued:
                    waited *= 2
                first[(self.date(min(starts)).replace(day=1), life.issue["province"], life.issue["tier"], waited)] += 1
        assert first == rows_of(run.first_contacts, "month", "province", "tier", "bin")
