"""A day's attempts: counted from gate to gate, and followed one by one where something may still come of them."""

import numpy as np
from numpy.typing import NDArray

from sim.country.people import has_app, home, target, traits
from sim.days import DAY_MS, HALF_HOUR_MS
from sim.draws.distributions import below, binomial, piecewise_moment
from sim.draws.identity import attempt_id, cell_id, origin_id, person_id, traffic_id
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import (
    ATTEMPT_COVERAGE,
    ATTEMPT_MEETING,
    ATTEMPT_PERSON,
    ATTEMPT_PROSPECTS,
    ATTEMPT_SCORES,
    ATTEMPT_STOPS,
    LEGITIMATE_CONTACT,
    LEGITIMATE_TARGET,
)
from sim.engines.phases import ArrivalStep, Phase
from sim.engines.reference.alerts import Finding, covered, detect
from sim.engines.reference.episodes import Episode
from sim.engines.reference.ticks import call_at, priority
from sim.engines.reference.world import Person, World
from sim.gates.answering import MOST_TRIES, is_unanswered, uniform_given
from sim.gates.cards import FROM_CARDS
from sim.gates.engagement import is_engaged
from sim.midnight.people_bytes import VICTIM
from sim.results.recorder import LogEntry
from sim.warning.bands import ENGAGING, REST, SHARE, bands_above, height, least_score, prospect_of, scores_in_band
from sim.warning.detectors import NO_ALERT, attempt_tiers, legitimate_tiers, tiers_of
from sim.words import Channel, Detector, Event, Fate, OriginKind, Stage, Truth

GATES = tuple(Fate)[: Fate.IGNORED]
"""Where an attempt may end before anybody answers, in order."""


def open_day(world: World) -> None:
    """Let the day's attempts pass the gates; put what may come of them, and of legitimate contacts, on the calendar."""
    today, tables = world.today, world.tables
    midnight = tables.calendar.midnight(today.day)
    for (p, c, t), count in _nonzero(today.attempts):
        Arrivals(world, p, c, t, midnight).arrive(count)
    for (p, c, k), count in _nonzero(today.contacts):
        row, column = (int(edge) for edge in today.cells[k])
        for index in range(count):
            contact = origin_id(int(OriginKind.LEGITIMATE), today.day, p, c, cell_id(row, column), index)
            meet_legitimate(world, contact, p, row, column, midnight)


def _nonzero(counts: NDArray[np.int64]) -> list[tuple[tuple[int, int, int], int]]:
    """Return ((province, channel, type or cell), count) of the cells in which something happens."""
    places = counts.nonzero()
    keys = zip(*(axis.tolist() for axis in places), strict=True)
    return [((p, c, k), int(count)) for (p, c, k), count in zip(keys, counts[places], strict=True)]


def meet(world: World, province: int, u: float) -> Person:
    """Return the person that a contact finds."""
    tables = world.tables
    provinces, people = tables.provinces, tables.people
    number = target(u, int(provinces.people[province]), int(provinces.high[province]), tables.high_share)
    person = person_id(province, number)
    age, urban, online, u_app = home(tables.seed, person, province, people)
    sex, segment, frailty = traits(tables.seed, person, province, age, urban, people)
    return Person(province, number, int(people.band[age]), sex, segment, frailty, bool(online), u_app)


def meet_legitimate(world: World, contact: int, province: int, row: int, column: int, midnight: int) -> None:
    """Let the detectors look at a legitimate contact; only those that raise an alert are followed."""
    tables = world.tables
    u_seen_central, u_central, u_local, u_seen_local = draw4(tables.seed, contact, LEGITIMATE_CONTACT, 0)
    tiers = legitimate_tiers(u_central, u_local, row, column, tables.detectors)
    seen = covered(world, province, (u_seen_central, u_seen_local), tiers)
    if seen == [NO_ALERT, NO_ALERT]:
        return
    high, low, u_moment, _ = draw4(tables.seed, contact, LEGITIMATE_TARGET, 0)
    moment = midnight + piecewise_moment(uniform32(u_moment), tables.contact_moments, tables.clock)
    person = meet(world, province, uniform52(high, low))
    types = len(tables.detectors.classes) - 1
    detect(world, Finding(contact, Stage.CONTACT, moment, person, types, Truth.LEGITIMATE, None), seen)


class Arrivals:
    """All attempts of a day, province, channel and fraud type."""

    def __init__(self, world: World, province: int, channel: int, fraud_type: int, midnight: int) -> None:
        self.world = world
        self.province = province
        self.channel = channel
        self.fraud_type = fraud_type
        self.midnight = midnight
        self.traffic = traffic_id(world.day, province, channel, fraud_type)

    def arrive(self, count: int) -> None:
        """Let ``count`` attempts pass the gates: first how many end at each, then those that may come to something."""
        world = self.world
        world.books.potential += count
        unanswered, answered = self.pass_gates(count)
        limit = int(world.night.most_engaging[self.fraud_type])
        engaging = binomial(answered, limit, self.uniform(ATTEMPT_PROSPECTS, 0, 0)) if answered else 0
        ignored = answered - engaging
        self.count(Fate.IGNORED, ignored)
        for index in range(engaging):
            Attempt(self, self.identity(ENGAGING, index)).expect()
        self.alarm(Fate.UNANSWERED, unanswered)
        self.alarm(Fate.IGNORED, ignored)

    def pass_gates(self, count: int) -> tuple[int, int]:
        """Count the attempts that end at each gate; return how many come to somebody who does not answer, or does."""
        stopped = 0
        limits = self.world.today.stops[:, self.province, self.channel, self.fraud_type].tolist()
        for gate, limit in zip(GATES, limits, strict=True):
            if count == 0:
                return 0, 0
            stopped = binomial(count, limit, self.uniform(ATTEMPT_STOPS, gate // 2, gate % 2)) if limit else 0
            self.count(gate, stopped)
            count -= stopped
        return stopped, count

    def count(self, fate: Fate, number: int) -> None:
        """Count attempts under their fate."""
        if number == 0:
            return
        world = self.world
        world.recorder.attempts[(world.day, self.province, self.channel, self.fraud_type, fate)] += number
        world.books.fates[fate] += number
        if self.channel in FROM_CARDS and fate >= Fate.INTERCEPTED:
            world.totals.from_cards[self.province] += number
            if fate == Fate.INTERCEPTED:
                world.totals.intercepted[self.province] += number

    def uniform(self, purpose: int, number: int, half: int) -> float:
        """Return a uniform of all these attempts together, from the first or the second half of a draw."""
        lanes = draw4(self.world.tables.seed, self.traffic, purpose, number)
        return uniform52(lanes[2 * half], lanes[2 * half + 1])

    def identity(self, prospect: int, index: int) -> int:
        """Return the identity of one of them."""
        return attempt_id(self.world.day, self.province, self.channel, self.fraud_type, prospect, index)

    def alarm(self, fate: Fate, count: int) -> None:
        """Let the detectors look at those of ``count`` attempts whose scores may reach a threshold, band by band."""
        if count == 0:
            return
        world, p = self.world, self.province
        detectors = world.tables.detectors
        sees = [bool(world.today.coverage[detector, p]) for detector in Detector]
        sharing = float(world.today.data_sharing[p])
        least = least_score(self.channel, int(fate), sharing, sees[0], sees[1], detectors)
        for band in range(bands_above(least)):
            found = count
            if band < REST:
                u = self.uniform(ATTEMPT_PROSPECTS, 1 + band, fate - Fate.UNANSWERED)
                found = binomial(count, int(SHARE[band]), u)
            for index in range(found):
                self.look(self.identity(prospect_of(band, int(fate)), index), band, fate, least)
            count -= found

    def look(self, attempt: int, band: int, fate: Fate, least: float) -> None:
        """Let both detectors look at an attempt of a band; whom it reached is asked only if one raises an alert."""
        world, tables = self.world, self.world.tables
        u_central, u_local, u_level, u_other = draw4(tables.seed, attempt, ATTEMPT_SCORES, 0)
        larger = height(u_level, band)
        central, local = scores_in_band(
            tables.seed, attempt, larger, u_level, u_other, least, tables.detectors.correlation
        )
        d_prime = float(tables.detectors.contact[self.channel, fate - Fate.UNANSWERED])
        d_prime += float(world.today.data_sharing[self.province])
        tiers = tiers_of(central, local, d_prime, tables.detectors)
        seen = covered(world, self.province, (u_central, u_local), tiers)
        if seen == [NO_ALERT, NO_ALERT]:
            return
        met = Attempt(self, attempt, answers=fate == Fate.IGNORED)
        met.log(fate)
        truth = Truth(Fate.ENGAGED - fate)
        detect(world, Finding(attempt, Stage.CONTACT, met.moment, met.person, self.fraud_type, truth, None), seen)


class Attempt:
    """An attempt that is followed to its person: the moment, and whom it finds, given that they answer or do not."""

    def __init__(self, of: Arrivals, attempt: int, answers: bool = True) -> None:
        world, tables = of.world, of.world.tables
        self.of = of
        self.world = world
        self.attempt = attempt
        u_moment, self.u_engage, self.u_central, self.u_local = draw4(tables.seed, attempt, ATTEMPT_MEETING, 0)
        profile = world.today.moments[int(answers), of.province, of.channel]
        self.moment = of.midnight + piecewise_moment(uniform32(u_moment), profile, tables.clock)
        self.person = self.find(answers)

    def find(self, answers: bool) -> Person:
        """Return the first person found who answers at this moment, or the first who does not."""
        world, c, p = self.world, self.of.channel, self.of.province
        answering = world.night.answering
        half_hour = self.moment % DAY_MS // HALF_HOUR_MS
        least, most = int(answering.least[c, half_hour]), int(answering.most[c, half_hour])
        for number in range(MOST_TRIES):
            high, low, u, _ = draw4(world.tables.seed, self.attempt, ATTEMPT_PERSON, number)
            person = meet(world, p, uniform52(high, low))
            app = has_app(person.online, person.u_app, world.today.app)
            u_answer = uniform_given(u, answers, least, most)
            if answers != is_unanswered(u_answer, c, half_hour, person.band, person.online, app, answering.answered):
                break
        return person

    def expect(self) -> None:
        """Put the attempt on the calendar."""
        order = priority(Phase.ARRIVALS, self.attempt, ArrivalStep.ATTEMPT)
        call_at(self.world.env, self.moment, order, self.happen)

    def happen(self) -> None:
        """Let the person engage or not; count and log the fate; let the detectors look; begin an episode."""
        world, tables, of = self.world, self.world.tables, self.of
        fate = Fate.ENGAGED if self.engages() else Fate.IGNORED
        of.count(fate, 1)
        self.log(fate)
        episode = None
        if fate == Fate.ENGAGED:
            episode = Episode(world, self.attempt, of.fraud_type, self.person)
            episode.begin()
        d_prime = float(tables.detectors.contact[of.channel, fate - Fate.UNANSWERED])
        d_prime += float(world.today.data_sharing[of.province])
        tiers = attempt_tiers(self.u_central, self.u_local, d_prime, tables.detectors)
        u_central, u_local, _, _ = draw4(tables.seed, self.attempt, ATTEMPT_COVERAGE, 0)
        seen = covered(world, of.province, (u_central, u_local), tiers)
        truth = Truth(Fate.ENGAGED - fate)
        detect(world, Finding(self.attempt, Stage.CONTACT, world.now, self.person, of.fraud_type, truth, episode), seen)

    def engages(self) -> bool:
        """Return whether the person who answered engages."""
        world, person, t = self.world, self.person, self.of.fraud_type
        victim = 1 if world.night.bytes[person.province][person.number] & VICTIM else 0
        return is_engaged(
            below(self.u_engage, int(world.night.most_engaging[t])),
            float(world.night.propensity[t, person.band, person.sex, person.frailty, victim]),
            float(world.today.unaware[person.province, person.segment]),
        )

    def log(self, fate: Fate) -> None:
        """Log the attempt under its fate."""
        self.world.recorder.event(
            LogEntry(
                self.moment,
                Phase.ARRIVALS,
                Event.ATTEMPT.label,
                self.of.province,
                self.attempt,
                stage=Stage.CONTACT,
                channel=Channel(self.of.channel).label,
                result=fate.label,
                person=self.person.number,
            )
        )
