"""An alert: detected, sent down the chain, issued, then tried on its tracks until it ends."""

from simpy.events import EventPriority

from sim.base.words import ContactChannel, End, Event, Tier
from sim.draws.identity import alert_id
from sim.engines.reference.track import Detection, Track, Warned
from sim.engines.reference.world import World, call_at, priority
from sim.engines.tables import AlertStep, ArrivalStep, Phase
from sim.midnight.today import LOST
from sim.store.recorder import LogEntry
from sim.warning.detectors import NO_ALERT, predicted_type, repeats, weigh
from sim.warning.discipline import score_of
from sim.warning.service import chain_delay, wait_bin

NO_ALERTS = (NO_ALERT, NO_ALERT)


def covered(world: World, province: int, u_central: int, u_local: int) -> tuple[bool, bool]:
    """Return which detectors see a contact, by their coverage."""
    central, local = world.today.coverage[:, province].tolist()
    return u_central < central, u_local < local


def raised(seen: tuple[bool, bool], tiers: tuple[int, int]) -> tuple[int, int]:
    """Return the tiers of the alerts that both detectors raise, -1 for one that does not see the contact."""
    return (tiers[0] if seen[0] else NO_ALERT, tiers[1] if seen[1] else NO_ALERT)


def detect(world: World, finding: Detection, tiers: tuple[int, int]) -> None:
    """Send an alert down the chain for each detector whose tier by signs is not -1; an outage delays or loses it."""
    tables = world.tables
    sent: list[tuple[int, Alert]] = []
    known = world.today.known[finding.person.province]
    for detector, tier in enumerate(tiers):
        outage = int(world.today.outage[detector, finding.person.province])
        identity = alert_id(finding.origin, detector, int(finding.stage))
        given, wait = weigh(
            tables.seed, identity, int(finding.truth), finding.true_type, int(tier), tables.signs, known, tables.clock
        )
        if given == NO_ALERT or outage == LOST:
            continue
        leaves = max(finding.moment + wait, outage)
        issue = leaves + chain_delay(tables.seed, identity, detector, tables.delays, tables.clock)
        alert = Alert(world, finding, identity, detector, given)
        if tables.lines.is_scored:
            sharing = float(world.today.data_sharing[finding.person.province])
            alert.score = score_of(tables.seed, identity, int(finding.truth), sharing, tables.detectors)
        sent.append((issue, alert))
        call_at(world.env, issue, priority(Phase.ARRIVALS, identity, ArrivalStep.ISSUE), alert.issue)
    if len(sent) == len(tiers) and finding.episode is None:
        (issue, central), (other_issue, local) = sent
        central.repeats = repeats(central.tier, issue, local.tier, other_issue, False, tables.quiet)
        local.repeats = repeats(local.tier, other_issue, central.tier, issue, True, tables.quiet)


class Alert:
    """One alert: issued, then tried on one or several tracks at once, until it ends with the last of them.

    ``reached`` is true once its person was reached on a track, ``contacted`` once a call or a visit has begun;
    ``repeats`` if it is about a contact, not an episode, and the other detector's alert about it rings instead.
    """

    def __init__(self, world: World, finding: Detection, identity: int, detector: int, tier: int) -> None:
        self.world = world
        self.finding = finding
        self.identity = identity
        self.detector = detector
        self.tier = tier
        self.rule = int(world.tables.rule_of_age[tier, finding.person.age])
        self.rules = world.tables.tiers[self.rule]
        self.score = 0
        self.tracks: list[Track] = []
        self.reached = self.contacted = self.ended = self.repeats = False
        self.issued = self.deadline = 0
        self.right_class = False

    # Issue.

    def issue(self) -> None:
        """Count and start the alert: it supersedes lower ones, unless a higher one supersedes it at birth."""
        world, episode = self.world, self.finding.episode
        self.issued = world.now
        self.issue_day = world.day
        self.deadline = self.issued + self.rules.deadline
        world.books.issued += 1
        world.totals.issued[self.finding.person.province] += 1
        predicted = predicted_type(world.tables.seed, self.identity, self.finding.true_type, world.tables.detectors)
        self.right_class = predicted == self.finding.true_type
        self.log(Phase.ARRIVALS, Event.ISSUE, person=self.finding.person.number, value=predicted)
        if episode is not None:
            if episode.over and world.tables.desk_knows:
                self.end(End.MOOT, Phase.ARRIVALS)
                return
            living = list(episode.alerts)
            if any(alert.tier <= self.tier for alert in living) or self.rings_again(episode):
                self.end(End.SUPERSEDED, Phase.ARRIVALS)
                return
            for alert in living:
                alert.leave(End.SUPERSEDED, Phase.ARRIVALS)
            episode.alerts.append(self)
        elif self.repeats:
            self.end(End.SUPERSEDED, Phase.ARRIVALS)
            return
        world.alive[self.identity] = self
        call_at(world.env, self.deadline, self.order(Phase.READS, AlertStep.EXPIRY), self.expire)
        self.tracks = [Track(self, channel) for channel in self.rules.first]
        for track in self.tracks:
            track.begin()

    def rings_again(self, episode: Warned) -> bool:
        """Return whether an alert as urgent as this one has just reached the person of its episode."""
        if episode.warned is None:
            return False
        moment, tier = episode.warned
        return tier <= self.tier and self.world.now - moment < self.world.tables.quiet

    # Reports of its tracks.

    def note_first_contact(self, way: int) -> None:
        """Count the ms from the instruction to the first call, or a visit at the door ``way`` ms after its dispatch.

        The first of them to begin counts, on its day.
        """
        if not self.contacted:
            self.contacted = True
            world, tables = self.world, self.world.tables
            chain = chain_delay(tables.seed, self.identity, self.detector, tables.delays, tables.clock)
            waited = wait_bin(chain + world.now + way - self.issued)
            world.recorder.first_contacts[(world.day, self.finding.person.province, self.tier, waited)] += 1

    def track_ends(self, track: Track, end: int, phase: int) -> None:
        """End the other tracks when one has reached the person, unless the tier lets them continue.

        With its last track the alert ends: reached if any of them did, otherwise like that last one.
        """
        self.tracks.remove(track)
        if end == End.REACHED:
            self.note_reached(phase)
        if not self.tracks and not self.ended:
            self.end(End.REACHED if self.reached else end, phase)

    def note_reached(self, phase: int, by: Track | None = None) -> None:
        """Stop all tracks but ``by`` once the person is reached, unless the tier lets them continue."""
        if not self.reached:
            self.reached = True
            if not self.rules.also_if_reached:
                self.leave(End.REACHED, phase, by)

    # Ends from outside.

    def expire(self) -> None:
        """End the tracks that nobody serves, at the deadline."""
        for track in list(self.tracks):
            if not track.serving:
                self.log(Phase.READS, Event.EXPIRY)
                track.leave(End.EXPIRED, Phase.READS)

    def become_moot(self, phase: int) -> None:
        """End because the episode is over and the desk knows."""
        self.leave(End.MOOT, phase)

    def leave(self, end: int, phase: int, but: Track | None = None) -> None:
        """End all tracks ``but`` one at once; one in service ends so only if that service does not reach the person."""
        for track in list(self.tracks):
            if track is not but:
                track.leave(end, phase)

    def end(self, how: int, phase: int) -> None:
        """Count the end, on the day of issue, and log it (except an end by the end of the run)."""
        world, finding = self.world, self.finding
        self.ended = True
        world.alive.pop(self.identity, None)
        if finding.episode is not None and self in finding.episode.alerts:
            finding.episode.alerts.remove(self)
        key = (self.issue_day, finding.person.province, self.detector, self.tier, finding.truth, how)
        world.recorder.alerts[key] += 1
        world.books.alert_ends[how] += 1
        if how != End.OPEN:
            self.log(phase, Event.END, result=End(how).label)

    def outlive(self) -> None:
        """End with the run: open, unless its person was reached."""
        for track in self.tracks:
            track.leave_message()
        self.end(End.REACHED if self.reached else End.OPEN, Phase.ARRIVALS)

    # Shorthand.

    def order(self, phase: int, kind: int) -> EventPriority:
        """Return the priority of an event of this alert."""
        return priority(phase, self.identity, kind)

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
