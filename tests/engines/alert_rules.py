"""The rules of an alert: how it may end, and which may go on when others are issued or an episode is over."""

import itertools

from sim.draws.identity import fraud_type_of
from tests.engines.log import ARRIVALS, DAY, DESKS, DISPATCH, READS, SERVICE_ENDS, Life, Log, rank


class AlertRules(Log):
    """The rules that each alert obeys, and those that the alerts of an episode obey together."""

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
            true = types[fraud_type_of(life.origin)]
        predicted = types[life.issue["value"]]
        assert any(
            row.true == true and row.predicted == predicted and row.probability > 0.0
            for row in self.spec.warning.confusion
        )

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
