"""The rules of an alert: how it may end, and which may go on when others are issued or an episode is over."""

import itertools

from sim.draws.identity import fraud_type_of
from tests.engines.log import (
    ARRIVALS,
    DAY,
    DESKS,
    DISPATCH,
    READS,
    SERVICE_ENDS,
    STAGE_MOMENTS,
    Life,
    Log,
    Place,
    Row,
    place,
    rank,
    reaches,
)

NEVER = (1 << 62, 0)
WRITTEN = ("app", "sms")


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
        """On each track messages first, then calls, then visits; tries count per channel and never overlap."""
        tier, tracks = self.tier(life), self.tracks(life)
        assert all(e["channel"] is None or any(e["channel"] in track for track in tracks) for e in life.rest)
        for track in tracks:
            events = [e for e in life.rest if e["channel"] in track]
            order = [track.index(e["channel"]) for e in events]
            assert order == sorted(order)
            free = life.issued
            for channel in DESKS:
                served = [e for e in events if e["channel"] == channel]
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
                if channel == "visit" and starts and track[0] != "visit":
                    calls = [e for e in events if e["channel"] == "call" and e["event"] == "service_end"]
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

    # When tracks end.

    def left(self, life: Life) -> tuple[Place, Place]:
        """Return when all tracks of an alert end from outside at the latest, and when perhaps they do already.

        Its person is reached and left in peace, it is superseded, or its episode is over and the desk knows. Whether a
        payment was the last one the log does not say.
        """
        sure = self.superseded.get(life.key, NEVER)
        if life.reached is not None and not self.tier(life).also_if_reached:
            sure = min(sure, place(life.reached))
        perhaps = sure
        if self.spec.warning.desk_knows_episode_over and life.origin in self.stages:
            over = self.over(life.origin)
            if over is not None:
                sure = min(sure, place(over))
                perhaps = min(perhaps, place(over))
            else:
                last = self.stages[life.origin][-1]
                if last["event"] == "payment":
                    perhaps = min(perhaps, (last["moment"], STAGE_MOMENTS))
        return sure, perhaps

    def own_end(self, life: Life, track: list[str]) -> int | None:
        """Return the position of the event with which a track has ended by itself: reached, tried out or expired.

        None for one that has not, or by what the log does not tell: a message given up, a deadline, others.
        """
        for position, e in enumerate(life.rest):
            if e["channel"] not in track:
                continue
            if reaches(e):
                return position
            if e["event"] == "service_end":
                if not self.more_is_left(life, e):
                    return position
                if e["moment"] >= self.deadline(life):
                    follows = life.rest[position + 1 : position + 2]
                    return position + 1 if follows and follows[0]["event"] == "expiry" else None
        return None

    def may_be_unread(self, life: Life, track: list[str], moment: int) -> bool:
        """Return whether the message of a track, the last thing on it, may have been given up before a moment."""
        later = life.issued + self.ticks(self.spec.warning.unread_wait)
        return track[-1] in WRITTEN and later < moment

    def check_tracks(self, life: Life) -> None:
        """What lives at the deadline expires there, a track each, but for one that is served; else nothing expires."""
        deadline, (sure, perhaps) = self.deadline(life), self.left(life)
        must = may = 0
        for track in self.tracks(life):
            own = self.own_end(life, track)
            if (own is not None and place(life.rest[own]) <= (deadline, READS)) or life.served_at(deadline, track):
                continue
            in_peace = life.reached is not None and sure == place(life.reached)
            if sure < (deadline, READS) or (in_peace and sure == (deadline, READS)):
                continue
            may += 1
            must += perhaps > (deadline, READS) and not self.may_be_unread(life, track, deadline)
        expired = [e for e in life.rest if e["event"] == "expiry" and e["phase"] == READS]
        assert all(e["moment"] == deadline for e in expired)
        if deadline < self.days * DAY:
            assert must <= len(expired) <= may
        else:
            assert not expired
        for position, e in enumerate(life.rest):
            if e["event"] == "expiry" and e["phase"] != READS:
                served = life.rest[position - 1]
                assert (served["event"], place(served)) == ("service_end", place(e))
                assert served["result"] in ("no_answer", "not_met")
                assert e["moment"] >= deadline
                assert self.more_is_left(life, served)
                assert sure >= place(e)
            elif e["event"] == "service_end" and not reaches(e) and e["moment"] >= deadline:
                follows = life.rest[position + 1] if position + 1 < len(life.rest) else None
                expires = follows is not None and (follows["event"], place(follows)) == ("expiry", place(e))
                assert expires or not self.more_is_left(life, e) or perhaps <= place(e)

    def check_reached(self, life: Life) -> None:
        """Whoever was reached counts so; in peace, nothing is left but what was under way."""
        for position, e in enumerate(life.rest):
            if not reaches(e):
                continue
            assert life.end is None or life.end["result"] == "reached"
            if not self.tier(life).also_if_reached:
                under_way = sum(
                    {"service_start": 1, "service_end": -1}.get(before["event"], 0)
                    for before in life.rest[: position + 1]
                )
                finishes(life.rest[position + 1 :], under_way, place(e))
                return

    def check_end(self, life: Life) -> None:
        """An alert ends once and for all, with the last of its tracks; what went before says how."""
        for e in life.rest[:-1]:
            assert e["event"] != "end"
        tracks, deadline, (sure, perhaps) = self.tracks(life), self.deadline(life), self.left(life)
        own = [self.own_end(life, track) for track in tracks]
        end = life.end
        if end is None:
            assert any(position is None for position in own)
            return
        at = place(end)
        for track, position in zip(tracks, own, strict=True):
            # No track goes on.
            events = [e["event"] for e in life.rest if e["channel"] in track]
            assert events.count("service_start") == events.count("service_end")
            assert (
                position is not None
                or perhaps <= at
                or (deadline, READS) <= at
                or self.may_be_unread(life, track, at[0])
            )
        if None not in own:
            assert place(life.rest[max(position for position in own if position is not None)]) == at
        last = life.rest[-2] if len(life.rest) > 1 else None
        with_last = last is not None and place(last) == at
        if end["result"] == "reached":
            assert life.reached is not None
            return
        if end["result"] == "unread":
            # A message was given up, so far as the tier goes; a delivery of at least a tick was before.
            assert end["phase"] == READS
            assert end["moment"] < deadline
            assert sum(position is None for position in own) == 1
            assert self.may_be_unread(life, tracks[own.index(None)], at[0])
        elif end["result"] == "unanswered":
            assert last is not None
            assert with_last
            assert last["result"] in ("no_answer", "not_met")
            assert not self.more_is_left(life, last)
            assert sure >= at
        elif end["result"] == "expired":
            assert last is not None
            assert with_last
            assert last["event"] == "expiry"
        else:
            # From outside: at once, or at the end of a service in vain.
            assert end["result"] in ("superseded", "moot")
            assert life.origin in self.stages or self.attempts[life.origin]["result"] == "engaged"
            if end["phase"] == SERVICE_ENDS and with_last:
                assert last is not None
                assert last["result"] in ("no_answer", "not_met")

    def check_expiry(self, life: Life) -> None:
        """Whatever lives at its deadline ends there, unless it is being served."""
        deadline = self.deadline(life)
        lasts = life.end is None or life.end["moment"] > deadline
        if lasts and deadline < self.days * DAY:
            assert life.served_at(deadline)
        if life.end is not None and life.end["result"] == "expired":
            if life.end["phase"] == SERVICE_ENDS:
                assert life.end["moment"] >= deadline
                served = life.rest[-3]
                assert (served["event"], served["moment"]) == ("service_end", life.end["moment"])
            else:
                assert place(life.end) == (deadline, READS)
                assert not life.served_at(deadline)

    def check_superseding(self) -> None:
        """An alert that is issued gives way to a living one at least as urgent, and else takes the place of all others.

        Of those the services under way may be finished, and no more.
        """
        self.superseded.clear()
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
                    replaced.add(newer.key)
                    self.superseded[newer.key] = (moment, ARRIVALS)
                    continue
                staying = []
                for older in living:
                    replaced.add(older.key)
                    self.superseded.setdefault(older.key, (moment, ARRIVALS))
                    after = [e for e in older.rest if place(e) > (moment, ARRIVALS)]
                    under_way = older.served_at(moment)
                    if under_way:
                        # It lives until these services end, and then no longer.
                        staying.append(older)
                        finishes(after, under_way, (moment, ARRIVALS))
                        assert older.end is None or older.end["result"] in ("reached", "superseded", "moot")
                    else:
                        assert older.end is not None
                        how = "superseded" if older.reached is None else "reached"
                        assert (older.end["result"], place(older.end)) == (how, (moment, ARRIVALS))
                living = [*staying, newer]
            # Who is superseded has a reason among the above.
            for life in lives:
                if life.end is not None and life.end["result"] == "superseded":
                    assert life.key in replaced

    def check_moot(self) -> None:
        """Where the desk knows, no alert outlives its episode, but for services under way; else none is moot."""
        knows = self.spec.warning.desk_knows_episode_over
        for lives in self.episodes():
            for life in lives:
                over = self.over(life.origin)
                if life.end is not None and life.end["result"] == "moot":
                    assert knows
                    last = self.stages[life.origin][-1]
                    moment, phase = place(last)
                    # No episode ends but by such an event, or by its last payment.
                    assert over is not None or last["event"] == "payment"
                    if life.end["phase"] == SERVICE_ENDS and life.rest[-2:][0]["event"] == "service_end":
                        served = life.rest[-2]
                        assert (served["moment"] - served["value"], DISPATCH) < (moment, phase) <= place(life.end)
                    elif place(life.end) == (life.issued, ARRIVALS):
                        assert moment <= life.issued
                    else:
                        assert place(life.end) == (moment, phase)
                if over is None or not knows:
                    continue
                if (life.issued, ARRIVALS) > place(over):
                    assert [(e["event"], e["result"], e["moment"]) for e in life.rest] == [("end", "moot", life.issued)]
                elif not life.ended_before(*place(over)):
                    after = [e for e in life.rest if place(e) > place(over)]
                    ends = [e["event"] for e in after]
                    under_way = life.served_at(over["moment"])
                    assert ends.count("service_end") <= under_way
                    assert ends in (
                        ["service_end"] * ends.count("service_end"),
                        ["service_end"] * (len(ends) - 1) + ["end"],
                    )
                    assert life.end is not None or under_way or over["phase"] == SERVICE_ENDS


def finishes(after: list[Row], under_way: int, since: Place) -> None:
    """Fail unless nothing follows but the ends of so many services and that of the alert, with the last of them.

    Args:
        after: What follows.
        under_way: Services under way.
        since: When the alert ends if there is none.
    """
    events = [e["event"] for e in after]
    ended = events.count("service_end")
    assert ended <= under_way
    if ended < under_way:
        # The run ended first.
        assert events == ["service_end"] * ended
    else:
        assert events == ["service_end"] * ended + ["end"]
        for before, end in itertools.pairwise([since, *(place(e) for e in after)]):
            assert before <= end
        assert place(after[-1]) == (place(after[-2]) if ended else since)
