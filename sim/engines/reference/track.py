"""A finding of the detectors, and its episode as alerts see it.

A track of an alert: one of the channels with which its tier begins, and its escalations.
"""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol, cast

import simpy
from simpy.events import EventPriority

from sim.base.words import DESKS, ContactChannel, ContactResult, End, Event
from sim.country.people import has_app
from sim.engines.reference.world import At, Desk, Person, Request, World
from sim.engines.tables import AlertStep, Phase, TierRules
from sim.midnight.people import HEARD
from sim.midnight.today import DESK_COUNTS
from sim.warning.discipline import Waiting, place_of
from sim.warning.service import (
    AGAIN,
    escalation_wait,
    is_dissuaded,
    is_warned,
    outcome,
    reading,
    result_of,
    retry_wait,
    second_visit_wait,
    wait_bin,
    way_of,
)


class Warned(Protocol):
    """An episode as its alerts see it: whether it is over, its living alerts, and how to stop it.

    ``warned`` is when an alert last reached its person, with the tier of that alert.
    """

    over: bool
    alerts: list[Any]
    warned: tuple[int, int] | None

    def stop(self, phase: int) -> None:
        """End the episode because a warning persuaded the person."""


class Detection(NamedTuple):
    """A finding: an origin at a stage and moment, its person, the truth about it, and its fraud type."""

    origin: int
    stage: int
    moment: int
    person: Person
    true_type: int
    truth: int
    episode: Warned | None


SERVED, EXPIRED = DESK_COUNTS.index("served"), DESK_COUNTS.index("expired")
"""Places among the counts of a desk."""


class Tried(Protocol):
    """An alert as its tracks see it."""

    world: World
    finding: Detection
    identity: int
    tier: int
    rule: int
    rules: TierRules
    score: int
    issued: int
    deadline: int
    right_class: bool
    reached: bool

    def note_first_contact(self, way: int) -> None:
        """Learn that a call begins, or a visit that is at the door ``way`` ms later."""

    def note_reached(self, phase: int, by: "Track") -> None:
        """Learn that a track that continues has reached the person."""

    def track_ends(self, track: "Track", end: int, phase: int) -> None:
        """Learn how a track ends."""

    def order(self, phase: int, kind: int) -> EventPriority:
        """Return the priority of an event of the alert."""
        ...

    def count_contact(self, channel: ContactChannel, result: int, staff_ms: int) -> None:
        """Count a contact."""

    @property
    def log(self) -> Callable[..., None]:
        """Write an event of the alert into the log."""


class Track:
    """A process from try to try.

    ``serving`` is true during a service; ``marked`` is the end of the track if that service fails.

    Args:
        alert: The alert; the track tells it how it ends.
        channel: The channel with which the track begins.
    """

    def __init__(self, alert: Tried, channel: ContactChannel) -> None:
        self.alert = alert
        self.world = alert.world
        self.channel = channel
        self.serving = False
        self.marked: int | None = None
        self.waiting: Request | None = None
        self.delivered: tuple[int, ContactChannel] | None = None
        self.process: simpy.Process

    def begin(self) -> None:
        """Start the process."""
        self.process = self.world.env.process(self.course())

    # Its course.

    def course(self) -> Generator[simpy.Event, None, None]:
        """Send messages, call and visit: from the first channel on, as the tier escalates."""
        rules, channel = self.alert.rules, self.channel
        try:
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
                    yield from self.finish(end)
                    return
                tables = self.world.tables
                wait = escalation_wait(tables.seed, self.alert.identity, tables.delays, tables.clock)
                yield self.at(self.world.now + wait, Phase.READS, AlertStep.ESCALATION)
            end = yield from self.tries(ContactChannel.VISIT, then_more=False)
            yield from self.finish(end)
        except simpy.Interrupt:
            # The code that interrupted it has counted the end.
            return

    def finish(self, end: int | None) -> Generator[simpy.Event, None, None]:
        """End after the last try, None if it failed; if the tier visits again, first visit whom this track reached."""
        world, tables, alert = self.world, self.world.tables, self.alert
        is_first = not alert.reached and self.marked is None and world.now < alert.deadline
        if end == End.REACHED and is_first and alert.rules.again:
            alert.note_reached(Phase.SERVICE_ENDS, self)
            wait = second_visit_wait(tables.seed, alert.identity, alert.rule, tables.delays, tables.clock)
            yield self.at(world.now + wait, Phase.READS, AlertStep.RETRY)
            end = yield from self.tries(ContactChannel.VISIT, then_more=False, first=AGAIN)
        self.end(End.UNANSWERED if end is None else end, Phase.SERVICE_ENDS)

    def message(self, channel: ContactChannel) -> Generator[simpy.Event, None, bool]:
        """Deliver a message and wait until it is read or given up; return whether it was read."""
        world, tables, alert = self.world, self.world.tables, self.alert
        delivery, read_delay = reading(tables.seed, alert.identity, int(channel), tables.delays, tables.clock)
        yield self.at(world.now + delivery, Phase.READS, AlertStep.DELIVERY)
        self.delivered = (world.day, channel)
        world.books.delivered += 1
        if 0 <= read_delay <= tables.unread_wait:
            yield self.at(world.now + read_delay, Phase.READS, AlertStep.READ)
            self.delivered = None
            world.books.messages += 1
            alert.count_contact(channel, ContactResult.READ, 0)
            world.recorder.waits[
                (world.day, alert.finding.person.province, alert.tier, channel, wait_bin(world.now - alert.issued))
            ] += 1
            alert.log(Phase.READS, Event.READ, channel=channel)
            self.persuade(channel, Phase.READS)
            return True
        yield self.at(world.now + tables.unread_wait, Phase.READS, AlertStep.UNREAD)
        self.delivered = None
        world.books.messages += 1
        alert.count_contact(channel, ContactResult.UNREAD, 0)
        return False

    def tries(
        self, channel: ContactChannel, then_more: bool, first: int = 0
    ) -> Generator[simpy.Event, None, int | None]:
        """Try a staffed channel up to the tier's number of times.

        After a failed try a marked track ends. A track at or past its deadline expires if a try or an escalation was
        left.

        Args:
            channel: Call or visit.
            then_more: Whether it escalates if all tries fail.
            first: Number of the first try.

        Yields:
            The events that it waits for.

        Returns:
            The end of the track, None if all tries failed.
        """
        world, tables, alert = self.world, self.world.tables, self.alert
        most = alert.rules.tries[channel - ContactChannel.CALL]
        for number in range(first, first + most):
            success = yield from self.service(channel, number)
            if success:
                self.persuade(channel, Phase.SERVICE_ENDS, is_second=first == AGAIN)
                return End.REACHED
            if self.marked is not None:
                return self.marked
            last = number + 1 == first + most
            if world.now >= alert.deadline and (then_more or not last):
                alert.log(Phase.SERVICE_ENDS, Event.EXPIRY)
                return End.EXPIRED
            if not last:
                wait = retry_wait(
                    tables.seed, alert.identity, alert.rule, int(channel), number, tables.delays, tables.clock
                )
                yield self.at(world.now + wait, Phase.READS, AlertStep.RETRY)
        return None

    def service(self, channel: ContactChannel, number: int) -> Generator[simpy.Event, object, bool]:
        """Wait in the queue for a server, then be served; return whether the person was spoken to."""
        world, tables, alert = self.world, self.world.tables, self.alert
        province = alert.finding.person.province
        self.waiting = world.desks[province][channel].request((alert.tier, self.place(channel, number), alert.identity))
        seats = cast(Desk, (yield self.waiting))
        waited = world.now - self.waiting.since
        self.waiting = None
        self.serving = True
        way = way_of(tables.seed, alert.identity, int(channel), number, tables.service, tables.clock)
        alert.note_first_contact(way)
        world.books.services_started += 1
        world.recorder.waits[(world.day, province, alert.tier, channel, wait_bin(waited))] += 1
        case, duration = outcome(tables.seed, alert.identity, int(channel), number, tables.service, tables.clock)
        world.busy(province, DESKS[seats.number % len(DESKS)], world.now, duration)
        alert.log(Phase.DISPATCH, Event.SERVICE_START, channel=channel, number=number)
        yield self.at(world.now + duration, Phase.SERVICE_ENDS, channel)
        self.serving = False
        world.books.services_ended += 1
        world.totals.desks[province, DESKS.index(channel), SERVED] += 1
        seats.release()
        result = ContactResult(result_of(case, int(channel)))
        alert.count_contact(channel, result, duration)
        alert.log(
            Phase.SERVICE_ENDS, Event.SERVICE_END, channel=channel, number=number, result=result.label, value=duration
        )
        return is_warned(case, int(channel))

    def place(self, channel: ContactChannel, number: int) -> int:
        """Return the place in the queue of a desk among the alerts of the same tier."""
        tables, alert = self.world.tables, self.alert
        waiting = Waiting(
            alert.identity,
            alert.finding.true_type,
            alert.rule,
            DESKS.index(channel),
            number,
            alert.issued if number < AGAIN else self.world.now,
            alert.deadline,
            alert.score,
        )
        return place_of(waiting, tables.seed, tables.lines, tables.detectors)

    def persuade(self, channel: ContactChannel, phase: int, is_second: bool = False) -> None:
        """Warn the person, once for all tracks; a person in an episode may stop."""
        world, tables, alert = self.world, self.world.tables, self.alert
        person = alert.finding.person
        if not alert.reached:
            world.totals.heard[person.province].append(person.number)
        episode = alert.finding.episode
        if episode is None:
            return
        episode.warned = (world.now, alert.tier)
        if episode.over:
            return
        if is_dissuaded(
            tables.seed,
            alert.identity,
            int(channel),
            is_second,
            alert.right_class,
            int(world.people_bytes[person.province][person.number]) & HEARD,
            float(world.today.awareness[person.province, person.segment]),
            tables.dissuasion,
        ):
            episode.stop(phase)

    # How it ends.

    def leave(self, end: int, phase: int) -> None:
        """End at once, from outside; during a service only mark the track, which then ends so if that try fails."""
        if self.serving:
            if self.marked is None:
                self.marked = end
            return
        if self.waiting is not None:
            desk = self.waiting.resource
            desk.renege(self.waiting)
            if end == End.EXPIRED:
                self.world.totals.desks[self.alert.finding.person.province, desk.number % len(DESKS), EXPIRED] += 1
        self.process.interrupt()
        self.end(end, phase)

    def end(self, end: int, phase: int) -> None:
        """Count a message that is left behind, and report the end to the alert."""
        self.leave_message()
        self.alert.track_ends(self, end, phase)

    def leave_message(self) -> None:
        """Count a message that was delivered but neither read nor given up, on the day of its delivery."""
        if self.delivered is not None:
            day, channel = self.delivered
            finding = self.alert.finding
            key = (day, finding.person.province, self.alert.tier, channel, ContactResult.DELIVERED, finding.truth)
            self.world.recorder.contacts[key][0] += 1
            self.world.books.messages += 1

    # Shorthand.

    def has_app(self) -> bool:
        """Return whether the person has the app on this day."""
        person = self.alert.finding.person
        return has_app(person.online, person.u_app, self.world.today.app)

    def at(self, moment: int, phase: int, kind: int) -> At:
        """Return an event of this track at a moment."""
        return At(self.world.env, moment, self.alert.order(phase, kind))
