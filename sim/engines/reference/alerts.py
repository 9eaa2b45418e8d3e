"""An alert: detected, passed down the chain, issued, then a process from channel to channel until it ends."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import simpy
from simpy.events import Event, EventPriority

from sim.draws.identity import alert_id
from sim.engines.phases import (
    ARRIVALS,
    DELIVERY,
    DISPATCH,
    ESCALATION,
    EXPIRY,
    ISSUE,
    READ,
    READS,
    RETRY,
    SERVICE_ENDS,
    UNREAD,
)
from sim.engines.reference.desk import Request
from sim.engines.reference.ticks import At, call_at, priority
from sim.engines.reference.world import Person, World
from sim.labels import CONTACT_CHANNELS, CONTACT_RESULTS, wait_bin
from sim.midnight.people_bytes import HEARD
from sim.midnight.today import LOST
from sim.warning.delays import APP, CALL, SMS, VISIT, chain_delay, escalation_wait, reading, retry_wait
from sim.warning.detectors import NO_ALERT, predicted_type
from sim.warning.dissuasion import is_dissuaded
from sim.warning.service import outcome

if TYPE_CHECKING:
    from sim.engines.reference.episodes import Episode

EPISODE_TRUTH, IGNORED_TRUTH, UNANSWERED_TRUTH, LEGITIMATE_TRUTH = range(4)
REACHED, UNREAD_END, UNANSWERED, EXPIRED, SUPERSEDED, MOOT, OPEN = range(7)
DELIVERED, WAS_READ, WAS_UNREAD, ANSWERED, NO_ANSWER, MET, NOT_MET = range(7)


@dataclass(frozen=True)
class Finding:
    """What a detector saw: an origin at a stage, at a moment, of a person; what it truly was, and of which type."""

    origin: int
    stage: int
    moment: int
    person: Person
    true_type: int
    truth: int
    episode: "Episode | None"


def detect(world: World, finding: Finding, tiers: list[int]) -> None:
    """Send an alert down the chain for each detector whose tier is not -1; an outage delays or loses it."""
    tables = world.tables
    for detector, tier in enumerate(tiers):
        if tier == NO_ALERT:
            continue
        outage = int(world.today.outage[detector])
        if outage == LOST:
            continue
        identity = alert_id(finding.origin, detector, finding.stage)
        leaves = max(finding.moment, outage)
        issue = leaves + chain_delay(tables.seed, identity, detector, tables.delays, tables.clock)
        alert = Alert(world, finding, identity, detector, int(tier))
        call_at(world.env, issue, priority(ARRIVALS, identity, ISSUE), alert.issue)


class Alert:
    """One alert. ``serving`` is true while a member of staff is at it; ``marked`` the end it gets if that fails."""

    def __init__(self, world: World, finding: Finding, identity: int, detector: int, tier: int) -> None:
        self.world = world
        self.finding = finding
        self.identity = identity
        self.detector = detector
        self.tier = tier
        self.rules = world.tables.tiers[tier]
        self.serving = False
        self.marked: int | None = None
        self.ended = False
        self.waiting: Request | None = None
        self.delivered: tuple[int, int] | None = None
        self.issued = self.deadline = 0
        self.process: simpy.Process

    # Before its life: issue.

    def issue(self) -> None:
        """Count the alert; it may be superseded at birth, else it supersedes lower ones and begins its life."""
        world, episode = self.world, self.finding.episode
        self.issued = world.now
        self.issue_day = world.day
        self.deadline = self.issued + self.rules.deadline
        world.books.issued += 1
        self.log(ARRIVALS, "issue")
        if episode is not None:
            if episode.over and world.tables.desk_knows:
                self.end(MOOT)
                return
            living = [alert for alert in episode.alerts if not alert.ended]
            if any(alert.tier <= self.tier for alert in living):
                self.end(SUPERSEDED)
                return
            for alert in living:
                alert.leave(SUPERSEDED)
            episode.alerts.append(self)
        world.alive[self.identity] = self
        call_at(world.env, self.deadline, self.order(READS, EXPIRY), self.expire)
        self.process = world.env.process(self.life())

    # Its life.

    def life(self) -> Generator[Event, None, None]:
        """Message, calls, visits: as the tier begins, and as it escalates."""
        rules = self.rules
        try:
            channel = rules.first
            if channel == APP and not self.has_app():
                channel = SMS
            if channel in (APP, SMS):
                read = yield from self.message(channel)
                if read or not rules.unread_to_call:
                    self.end(REACHED if read else UNREAD_END)
                    return
                channel = CALL
            if channel == CALL:
                end = yield from self.tries(CALL, then_more=rules.unanswered_to_visit)
                if end is not None or not rules.unanswered_to_visit:
                    self.end(UNANSWERED if end is None else end)
                    return
                tables = self.world.tables
                wait = escalation_wait(tables.seed, self.identity, tables.delays, tables.clock)
                yield self.at(self.world.now + wait, READS, ESCALATION)
            end = yield from self.tries(VISIT, then_more=False)
            self.end(UNANSWERED if end is None else end)
        except simpy.Interrupt as interrupt:
            self.end(cast(int, interrupt.cause))

    def message(self, channel: int) -> Generator[Event, None, bool]:
        """Deliver a message and wait until it is read or given up; return whether it was read."""
        world, tables = self.world, self.world.tables
        delivery, read_delay = reading(tables.seed, self.identity, channel, tables.delays, tables.clock)
        yield self.at(world.now + delivery, READS, DELIVERY)
        self.delivered = (world.day, channel)
        if 0 <= read_delay <= tables.unread_wait:
            yield self.at(world.now + read_delay, READS, READ)
            self.delivered = None
            self.count_contact(channel, WAS_READ, 0)
            world.recorder.waits[
                (world.day, self.finding.person.province, self.tier, channel, wait_bin(world.now - self.issued))
            ] += 1
            self.log(READS, "read", channel=channel)
            self.persuade(channel)
            return True
        yield self.at(world.now + tables.unread_wait, READS, UNREAD)
        self.delivered = None
        self.count_contact(channel, WAS_UNREAD, 0)
        return False

    def tries(self, channel: int, then_more: bool) -> Generator[Event, None, int | None]:
        """Try a staffed channel up to the tier's number of times; return the end, None if all tries were in vain.

        After an unsuccessful try a marked alert ends, and so does one at or past its deadline if a try or an
        escalation (``then_more``) was left: it expires.
        """
        world, tables = self.world, self.world.tables
        most = self.rules.tries[channel - CALL]
        for number in range(most):
            success = yield from self.service(channel, number)
            if success:
                self.persuade(channel)
                return REACHED
            if self.marked is not None:
                return self.marked
            last = number + 1 == most
            if world.now >= self.deadline and (then_more or not last):
                self.log(SERVICE_ENDS, "expiry")
                return EXPIRED
            if not last:
                wait = retry_wait(tables.seed, self.identity, channel, number, tables.delays, tables.clock)
                yield self.at(world.now + wait, READS, RETRY)
        return None

    def service(self, channel: int, number: int) -> Generator[Event, None, bool]:
        """Wait in line for a member of staff, then be served; return whether the person was spoken to."""
        world, tables = self.world, self.world.tables
        province = self.finding.person.province
        desk = world.desks[province][channel]
        self.waiting = desk.request((self.tier, self.issued, self.identity))
        yield self.waiting
        waited = world.now - self.waiting.since
        self.waiting = None
        self.serving = True
        world.books.services_started += 1
        world.recorder.waits[(world.day, province, self.tier, channel, wait_bin(waited))] += 1
        success, duration = outcome(tables.seed, self.identity, channel, number, tables.service, tables.clock)
        world.busy(province, channel, world.now, duration)
        self.log(DISPATCH, "service_start", channel=channel, number=number)
        yield self.at(world.now + duration, SERVICE_ENDS, channel)
        self.serving = False
        world.books.services_ended += 1
        desk.release()
        result = (ANSWERED if success else NO_ANSWER) if channel == CALL else (MET if success else NOT_MET)
        self.count_contact(channel, result, duration)
        self.log(
            SERVICE_ENDS, "service_end", channel=channel, number=number, result=CONTACT_RESULTS[result], value=duration
        )
        return success

    def persuade(self, channel: int) -> None:
        """Be heard; a person in an episode may stop."""
        world, tables, finding = self.world, self.world.tables, self.finding
        person = finding.person
        world.totals.heard[person.province].append(person.number)
        episode = finding.episode
        if episode is None or episode.over:
            return
        predicted = predicted_type(tables.seed, self.identity, finding.true_type, tables.detectors)
        if is_dissuaded(
            tables.seed,
            self.identity,
            channel,
            predicted == finding.true_type,
            int(world.night.bytes[person.province][person.number]) & HEARD,
            float(world.today.awareness[person.province, person.segment]),
            tables.dissuasion,
        ):
            episode.stop()

    # What can end it from outside.

    def expire(self) -> None:
        """Its deadline has come: an alert that is not being served ends."""
        if not self.ended and not self.serving:
            self.log(READS, "expiry")
            self.leave(EXPIRED)

    def become_moot(self) -> None:
        """Its episode is over and the desk knows."""
        if not self.ended:
            self.leave(MOOT)

    def leave(self, end: int) -> None:
        """End a waiting alert at once; one that is being served is marked and ends so if it does not reach."""
        if self.serving:
            if self.marked is None:
                self.marked = end
            return
        if self.waiting is not None:
            self.waiting.resource.withdraw(self.waiting)
        self.ended = True
        self.process.interrupt(end)

    def end(self, how: int) -> None:
        """Count the end, on the day of issue."""
        world, finding = self.world, self.finding
        self.ended = True
        world.alive.pop(self.identity, None)
        if finding.episode is not None and self in finding.episode.alerts:
            finding.episode.alerts.remove(self)
        if self.delivered is not None:
            day, channel = self.delivered
            world.recorder.contacts[(day, finding.person.province, self.tier, channel, DELIVERED)][0] += 1
        key = (self.issue_day, finding.person.province, self.detector, self.tier, finding.truth, how)
        world.recorder.alerts[key] += 1
        world.books.alert_ends[how] += 1

    # Shorthand.

    def has_app(self) -> bool:
        """Return whether the person has the app on this day."""
        person = self.finding.person
        return person.online and person.u_app < self.world.today.app

    def order(self, phase: int, kind: int) -> EventPriority:
        """Return the priority of an event of this alert."""
        return priority(phase, self.identity, kind)

    def at(self, moment: int, phase: int, kind: int) -> At:
        """Return an event of this alert at a moment."""
        return At(self.world.env, moment, self.order(phase, kind))

    def count_contact(self, channel: int, result: int, staff_ms: int) -> None:
        """Count a contact on the day of the moment, with the staff time that it took."""
        row = self.world.recorder.contacts[(self.world.day, self.finding.person.province, self.tier, channel, result)]
        row[0] += 1
        row[1] += staff_ms

    def log(
        self,
        phase: int,
        event: str,
        channel: int | None = None,
        number: int = -1,
        result: str | None = None,
        value: int = -1,
    ) -> None:
        """Write an event of this alert into the log."""
        finding = self.finding
        self.world.log(
            phase,
            event,
            finding.person.province,
            finding.origin,
            self.detector,
            finding.stage,
            number,
            CONTACT_CHANNELS[channel] if channel is not None else None,
            self.tier,
            result,
            value,
        )
