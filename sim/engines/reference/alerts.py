"""An alert: detected, passed down the chain, issued, then a process from channel to channel until it ends."""

from collections.abc import Generator
from typing import NamedTuple, Protocol, cast

import simpy
from simpy.events import EventPriority

from sim.country.people import has_app
from sim.draws.identity import alert_id
from sim.engines.phases import AlertStep, ArrivalStep, Phase
from sim.engines.reference.desk import Request
from sim.engines.reference.ticks import At, call_at, priority
from sim.engines.reference.world import Person, World
from sim.midnight.people_bytes import HEARD
from sim.midnight.today import LOST
from sim.results.recorder import LogEntry
from sim.warning.delays import chain_delay, escalation_wait, reading, retry_wait
from sim.warning.detectors import NO_ALERT, predicted_type
from sim.warning.dissuasion import is_dissuaded
from sim.warning.service import outcome, wait_bin
from sim.words import ContactChannel, ContactResult, End, Event, Tier


class Warned(Protocol):
    """An episode as its alerts see it: whether it is over, the alerts about it that are alive, how it is stopped."""

    over: bool
    alerts: "list[Alert]"

    def stop(self, phase: int) -> None:
        """End the episode because a warning persuaded the person."""


class Finding(NamedTuple):
    """What detectors saw: an origin at a stage and moment, its person, what it truly was, and of which fraud type."""

    origin: int
    stage: int
    moment: int
    person: Person
    true_type: int
    truth: int
    episode: Warned | None


NO_ALERTS = (NO_ALERT, NO_ALERT)


def covered(world: World, province: int, u_central: int, u_local: int) -> tuple[bool, bool]:
    """Return which detectors see a contact: those whose coverage reaches it."""
    central, local = world.today.coverage[:, province].tolist()
    return u_central < central, u_local < local


def raised(seen: tuple[bool, bool], tiers: tuple[int, int]) -> tuple[int, int]:
    """Return the tiers of the alerts that both detectors raise, -1 for one that does not see the contact."""
    return (tiers[0] if seen[0] else NO_ALERT, tiers[1] if seen[1] else NO_ALERT)


def detect(world: World, finding: Finding, tiers: tuple[int, int]) -> None:
    """Send an alert down the chain for each detector whose tier is not -1; an outage delays or loses it."""
    tables = world.tables
    for detector, tier in enumerate(tiers):
        if tier == NO_ALERT:
            continue
        outage = int(world.today.outage[detector, finding.person.province])
        if outage == LOST:
            continue
        identity = alert_id(finding.origin, detector, int(finding.stage))
        leaves = max(finding.moment, outage)
        issue = leaves + chain_delay(tables.seed, identity, detector, tables.delays, tables.clock)
        alert = Alert(world, finding, identity, detector, int(tier))
        call_at(world.env, issue, priority(Phase.ARRIVALS, identity, ArrivalStep.ISSUE), alert.issue)


class Alert:
    """One alert. ``serving`` is true while a server is at it; ``marked`` is the end that it gets if that is in vain."""

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
        self.delivered: tuple[int, ContactChannel] | None = None
        self.issued = self.deadline = 0
        self.right_class = False
        self.process: simpy.Process

    # Before its life: issue.

    def issue(self) -> None:
        """Count the alert; it may be superseded at birth, else it supersedes lower ones and begins its life."""
        world, episode = self.world, self.finding.episode
        self.issued = world.now
        self.issue_day = world.day
        self.deadline = self.issued + self.rules.deadline
        world.books.issued += 1
        predicted = predicted_type(world.tables.seed, self.identity, self.finding.true_type, world.tables.detectors)
        self.right_class = predicted == self.finding.true_type
        self.log(Phase.ARRIVALS, Event.ISSUE, person=self.finding.person.number, value=predicted)
        if episode is not None:
            if episode.over and world.tables.desk_knows:
                self.end(End.MOOT, Phase.ARRIVALS)
                return
            living = [alert for alert in episode.alerts if not alert.ended]
            if any(alert.tier <= self.tier for alert in living):
                self.end(End.SUPERSEDED, Phase.ARRIVALS)
                return
            for alert in living:
                alert.leave(End.SUPERSEDED, Phase.ARRIVALS)
            episode.alerts.append(self)
        world.alive[self.identity] = self
        call_at(world.env, self.deadline, self.order(Phase.READS, AlertStep.EXPIRY), self.expire)
        self.process = world.env.process(self.life())

    # Its life.

    def life(self) -> Generator[simpy.Event, None, None]:
        """Message, calls, visits: as the tier begins, and as it escalates."""
        rules = self.rules
        try:
            channel = rules.first
            if channel == ContactChannel.APP and not self.has_app():
                channel = ContactChannel.SMS
            if channel in (ContactChannel.APP, ContactChannel.SMS):
                read = yield from self.message(channel)
                if read or not rules.unread_to_call:
                    self.end(End.REACHED if read else End.UNREAD, Phase.READS)
                    return
                channel = ContactChannel.CALL
            if channel == ContactChannel.CALL:
                end = yield from self.tries(ContactChannel.CALL, then_more=rules.unanswered_to_visit)
                if end is not None or not rules.unanswered_to_visit:
                    self.end(End.UNANSWERED if end is None else end, Phase.SERVICE_ENDS)
                    return
                tables = self.world.tables
                wait = escalation_wait(tables.seed, self.identity, tables.delays, tables.clock)
                yield self.at(self.world.now + wait, Phase.READS, AlertStep.ESCALATION)
            end = yield from self.tries(ContactChannel.VISIT, then_more=False)
            self.end(End.UNANSWERED if end is None else end, Phase.SERVICE_ENDS)
        except simpy.Interrupt as interrupt:
            self.end(*cast(tuple[int, int], interrupt.cause))

    def message(self, channel: ContactChannel) -> Generator[simpy.Event, None, bool]:
        """Deliver a message and wait until it is read or given up; return whether it was read."""
        world, tables = self.world, self.world.tables
        delivery, read_delay = reading(tables.seed, self.identity, int(channel), tables.delays, tables.clock)
        yield self.at(world.now + delivery, Phase.READS, AlertStep.DELIVERY)
        self.delivered = (world.day, channel)
        world.books.delivered += 1
        if 0 <= read_delay <= tables.unread_wait:
            yield self.at(world.now + read_delay, Phase.READS, AlertStep.READ)
            self.delivered = None
            world.books.messages += 1
            self.count_contact(channel, ContactResult.READ, 0)
            world.recorder.waits[
                (world.day, self.finding.person.province, self.tier, channel, wait_bin(world.now - self.issued))
            ] += 1
            self.log(Phase.READS, Event.READ, channel=channel)
            self.persuade(channel, Phase.READS)
            return True
        yield self.at(world.now + tables.unread_wait, Phase.READS, AlertStep.UNREAD)
        self.delivered = None
        world.books.messages += 1
        self.count_contact(channel, ContactResult.UNREAD, 0)
        return False

    def tries(self, channel: ContactChannel, then_more: bool) -> Generator[simpy.Event, None, int | None]:
        """Try a staffed channel up to the tier's number of times.

        After an unsuccessful try a marked alert ends, and so does one at or past its deadline if a try or an
        escalation was left: it expires.

        Args:
            channel: Call or visit.
            then_more: Whether the alert escalates if all tries are in vain.

        Yields:
            The events that it waits for.

        Returns:
            The end of the alert, None if all tries were in vain.
        """
        world, tables = self.world, self.world.tables
        most = self.rules.tries[channel - ContactChannel.CALL]
        for number in range(most):
            success = yield from self.service(channel, number)
            if success:
                self.persuade(channel, Phase.SERVICE_ENDS)
                return End.REACHED
            if self.marked is not None:
                return self.marked
            last = number + 1 == most
            if world.now >= self.deadline and (then_more or not last):
                self.log(Phase.SERVICE_ENDS, Event.EXPIRY)
                return End.EXPIRED
            if not last:
                wait = retry_wait(
                    tables.seed, self.identity, self.tier, int(channel), number, tables.delays, tables.clock
                )
                yield self.at(world.now + wait, Phase.READS, AlertStep.RETRY)
        return None

    def service(self, channel: ContactChannel, number: int) -> Generator[simpy.Event, None, bool]:
        """Wait in line for a server, then be served; return whether the person was spoken to."""
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
        success, duration = outcome(tables.seed, self.identity, int(channel), number, tables.service, tables.clock)
        world.busy(province, channel, world.now, duration)
        self.log(Phase.DISPATCH, Event.SERVICE_START, channel=channel, number=number)
        yield self.at(world.now + duration, Phase.SERVICE_ENDS, channel)
        self.serving = False
        world.books.services_ended += 1
        desk.release()
        if channel == ContactChannel.CALL:
            result = ContactResult.ANSWERED if success else ContactResult.NO_ANSWER
        else:
            result = ContactResult.MET if success else ContactResult.NOT_MET
        self.count_contact(channel, result, duration)
        self.log(
            Phase.SERVICE_ENDS,
            Event.SERVICE_END,
            channel=channel,
            number=number,
            result=result.label,
            value=duration,
        )
        return success

    def persuade(self, channel: ContactChannel, phase: int) -> None:
        """Be heard; a person in an episode may stop."""
        world, tables, finding = self.world, self.world.tables, self.finding
        person = finding.person
        world.totals.heard[person.province].append(person.number)
        episode = finding.episode
        if episode is None or episode.over:
            return
        if is_dissuaded(
            tables.seed,
            self.identity,
            int(channel),
            self.right_class,
            int(world.night.bytes[person.province][person.number]) & HEARD,
            float(world.today.awareness[person.province, person.segment]),
            tables.dissuasion,
        ):
            episode.stop(phase)

    # What can end it from outside.

    def expire(self) -> None:
        """Its deadline has come: an alert that is not being served ends."""
        if not self.ended and not self.serving:
            self.log(Phase.READS, Event.EXPIRY)
            self.leave(End.EXPIRED, Phase.READS)

    def become_moot(self, phase: int) -> None:
        """Its episode is over and the desk knows."""
        if not self.ended:
            self.leave(End.MOOT, phase)

    def leave(self, end: int, phase: int) -> None:
        """End a waiting alert at once; one that is being served is marked and ends so if it does not reach."""
        if self.serving:
            if self.marked is None:
                self.marked = end
            return
        if self.waiting is not None:
            self.waiting.resource.renege(self.waiting)
        self.ended = True
        self.process.interrupt((end, phase))

    def end(self, how: int, phase: int) -> None:
        """Count the end, on the day of issue, and log it (but not that the run ended first)."""
        world, finding = self.world, self.finding
        self.ended = True
        world.alive.pop(self.identity, None)
        if finding.episode is not None and self in finding.episode.alerts:
            finding.episode.alerts.remove(self)
        if self.delivered is not None:
            day, channel = self.delivered
            delivered = (day, finding.person.province, self.tier, channel, ContactResult.DELIVERED, finding.truth)
            world.recorder.contacts[delivered][0] += 1
            world.books.messages += 1
        key = (self.issue_day, finding.person.province, self.detector, self.tier, finding.truth, how)
        world.recorder.alerts[key] += 1
        world.books.alert_ends[how] += 1
        if how != End.OPEN:
            self.log(phase, Event.END, result=End(how).label)

    # Shorthand.

    def has_app(self) -> bool:
        """Return whether the person has the app on this day."""
        person = self.finding.person
        return has_app(person.online, person.u_app, self.world.today.app)

    def order(self, phase: int, kind: int) -> EventPriority:
        """Return the priority of an event of this alert."""
        return priority(phase, self.identity, kind)

    def at(self, moment: int, phase: int, kind: int) -> At:
        """Return an event of this alert at a moment."""
        return At(self.world.env, moment, self.order(phase, kind))

    def count_contact(self, channel: ContactChannel, result: int, staff_ms: int) -> None:
        """Count a contact on the day of the moment, with the staff time that it took."""
        finding = self.finding
        key = (self.world.day, finding.person.province, self.tier, channel, result, finding.truth)
        row = self.world.recorder.contacts[key]
        row[0] += 1
        row[1] += staff_ms

    def log(
        self,
        phase: int,
        event: Event,
        channel: ContactChannel | None = None,
        number: int = -1,
        result: str | None = None,
        person: int = -1,
        value: int = -1,
    ) -> None:
        """Write an event of this alert into the log."""
        if not self.world.recorder.records_events:
            return
        finding = self.finding
        self.world.recorder.event(
            LogEntry(
                self.world.now,
                phase,
                event.label,
                finding.person.province,
                finding.origin,
                self.detector,
                finding.stage,
                number,
                channel.label if channel is not None else None,
                Tier(self.tier).label,
                result,
                person,
                value,
            )
        )
