"""A day's attempts: counted from gate to gate; those that may have an effect are followed one by one."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.words import Channel, Event, Fate, OriginKind, Stage, Truth
from sim.country.people import has_app, home, target, traits
from sim.draws import purposes
from sim.draws.distributions import below, binomials, piecewise_moment
from sim.draws.identity import attempt_id, cell_id, origin_id, person_id, traffic_ids
from sim.draws.philox import draw4, uniform32, uniform52, uniform_pairs
from sim.engines.reference.alerts import NO_ALERTS, covered, detect, raised
from sim.engines.reference.episodes import Episode
from sim.engines.reference.track import Detection
from sim.engines.reference.world import Person, World, call_at, priority
from sim.engines.tables import ArrivalStep, Phase
from sim.midnight.people import VICTIM
from sim.shield.answering import MOST_TRIES, is_unanswered, uniform_given
from sim.shield.cards import FROM_CARDS
from sim.shield.engagement import is_engaged
from sim.store.recorder import LogEntry
from sim.warning.detectors import (
    ENGAGING,
    REST,
    SHARE,
    attempt_tiers,
    bands_above,
    height,
    least_score,
    legitimate_tiers,
    prospect_of,
    scores_in_band,
    tiers_of,
)

Counts = NDArray[np.int64]

GATES = tuple(Fate)[: Fate.IGNORED]
"""Where an attempt may end before anybody answers, in order."""


def open_day(world: World) -> None:
    """Count the day's attempts through the gates; schedule those that may have an effect, and legitimate contacts."""
    Arrivals(world).arrive()
    today = world.today
    cells = today.cells.tolist()
    places = (today.contacts > 0).nonzero()
    for p, c, k, count in zip(*(axis.tolist() for axis in places), today.contacts[places].tolist(), strict=True):
        row, column = cells[k]
        for index in range(count):
            contact = origin_id(int(OriginKind.LEGITIMATE), today.day, p, c, cell_id(row, column), index)
            meet_legitimate(world, contact, p, row, column)


def meet(world: World, province: int, u: float) -> Person:
    """Return the person that a contact finds."""
    tables = world.tables
    provinces, people = tables.provinces, tables.people
    number = target(u, int(provinces.people[province]), int(provinces.high[province]), tables.high_share)
    person = person_id(province, number)
    age, urban, online, u_app = home(tables.seed, person, province, people)
    sex, segment, frailty = traits(tables.seed, person, province, age, urban, people)
    return Person(province, number, age, int(people.band[age]), sex, segment, frailty, bool(online), u_app)


def meet_legitimate(world: World, contact: int, province: int, row: int, column: int) -> None:
    """Let the detectors score a legitimate contact; only those that raise an alert are followed."""
    tables = world.tables
    u_seen_central, u_central, u_local, u_seen_local = draw4(tables.seed, contact, purposes.LEGITIMATE_CONTACT, 0)
    seen = covered(world, province, u_seen_central, u_seen_local)
    if not any(seen):
        return
    tiers = raised(seen, legitimate_tiers(u_central, u_local, row, column, tables.detectors))
    if tiers == NO_ALERTS:
        return
    high, low, u_moment, _ = draw4(tables.seed, contact, purposes.LEGITIMATE_TARGET, 0)
    moment = world.now + piecewise_moment(uniform32(u_moment), tables.contact_moments, tables.clock)
    person = meet(world, province, uniform52(high, low))
    types = len(tables.detectors.classes) - 1
    detect(world, Detection(contact, Stage.CONTACT, moment, person, types, Truth.LEGITIMATE, None), tiers)


class Cell(NamedTuple):
    """A province, channel and fraud type, whose attempts of a day differ only in their person and moment."""

    province: int
    channel: int
    fraud_type: int


class Arrivals:
    """All attempts of a day, counted by cell: arrays have one number for each cell in which any arrive.

    ``ended`` (fates, cells) are those that have ended, by their fate.
    """

    def __init__(self, world: World) -> None:
        today = world.today
        self.world = world
        self.cells = self.province, self.channel, self.fraud_type = today.attempts.nonzero()
        self.traffic = traffic_ids(today.day, *self.cells)
        self.from_cards = np.array([channel in FROM_CARDS for channel in Channel])[self.channel]
        self.ended = np.zeros((len(Fate), len(self.traffic)), dtype=np.int64)

    def arrive(self) -> None:
        """Pass the gates: count how many attempts end at each, then follow those that may have an effect."""
        world = self.world
        unanswered, answered = self.pass_gates(world.today.attempts[self.cells])
        limits = world.tables.most_engaging[self.fraud_type]
        engaging = binomials(answered, limits, self.uniforms(purposes.ATTEMPT_PROSPECTS, 0, 0))
        self.ended[Fate.IGNORED] = ignored = answered - engaging
        self.count()
        for cell, attempt in self.each(ENGAGING, engaging):
            Attempt(world, cell, attempt).expect()
        self.alarm(Fate.UNANSWERED, unanswered)
        self.alarm(Fate.IGNORED, ignored)

    def pass_gates(self, count: Counts) -> tuple[Counts, Counts]:
        """Count the attempts that end at each gate; return how many reach people who do not answer, and who do."""
        world = self.world
        world.books.potential += int(count.sum())
        for gate in GATES:
            limits = world.today.stops[gate][self.cells]
            stopped = binomials(count, limits, self.uniforms(purposes.ATTEMPT_STOPS, gate // 2, gate % 2))
            self.ended[gate] = stopped
            count = count - stopped
            if gate == Fate.CARD_ELIMINATED:
                np.add.at(world.totals.from_cards, self.province, count * self.from_cards)
            elif gate == Fate.INTERCEPTED:
                np.add.at(world.totals.intercepted, (self.province, self.channel), stopped)
        return stopped, count

    def count(self) -> None:
        """Count the ended attempts under their fate."""
        fates, some = self.ended.nonzero()
        days = np.full_like(fates, self.world.day)
        keys = np.column_stack([days, *(axis[some] for axis in self.cells), fates])
        self.world.recorder.add("attempts", keys, self.ended[fates, some, None])
        self.world.books.fates.update(dict(enumerate(self.ended.sum(axis=1).tolist())))
        np.add.at(self.world.totals.attempts, (self.province[some], self.channel[some], fates), self.ended[fates, some])

    def uniforms(self, purpose: int, number: int, half: int) -> NDArray[np.float64]:
        """Return one uniform for each cell, from the first or the second half of its draw."""
        pairs: NDArray[np.float64] = uniform_pairs(self.world.tables.seed, self.traffic, purpose, number)[half]
        return pairs

    def each(self, prospect: int, counts: Counts) -> Iterator[tuple[Cell, int]]:
        """Yield the cell and the identity of each attempt of a prospect, given their ``counts`` by cell."""
        for place in counts.nonzero()[0].tolist():
            cell = Cell(*(int(axis[place]) for axis in self.cells))
            for index in range(int(counts[place])):
                yield cell, attempt_id(self.world.day, *cell, prospect, index)

    def alarm(self, fate: Fate, count: Counts) -> None:
        """Score, band by band, those of ``count`` attempts whose scores may reach a threshold."""
        least = least_scores(self.world, fate)
        bands = np.array([[bands_above(score) for score in row] for row in least])[self.province, self.channel]
        for band in range(bands.max(initial=0)):
            found = count = np.where(band < bands, count, 0)
            if band < REST:
                u = self.uniforms(purposes.ATTEMPT_PROSPECTS, 1 + band, fate - Fate.UNANSWERED)
                found = binomials(count, np.full_like(count, SHARE[band]), u)
            for cell, attempt in self.each(prospect_of(band, int(fate)), found):
                look(self.world, cell, attempt, band, fate, least[cell.province][cell.channel])
            count = count - found


def least_scores(world: World, fate: Fate) -> list[list[float]]:
    """Return by province and channel the least score at which a detector raises an alert on attempts of a fate."""
    today, detectors = world.today, world.tables.detectors
    central, local = (today.coverage > 0).tolist()
    provinces = list(zip(today.data_sharing.tolist(), central, local, strict=True))
    least = {
        (sharing, central, local): [
            least_score(int(channel), int(fate), sharing, central, local, detectors) for channel in Channel
        ]
        for sharing, central, local in set(provinces)
    }
    return [least[alike] for alike in provinces]


def look(world: World, cell: Cell, attempt: int, band: int, fate: Fate, least: float) -> None:
    """Let both detectors score an attempt of a band; its person is found only if one raises an alert."""
    tables = world.tables
    u_central, u_local, u_level, u_other = draw4(tables.seed, attempt, purposes.ATTEMPT_SCORES, 0)
    seen = covered(world, cell.province, u_central, u_local)
    if not any(seen):
        return
    larger = height(u_level, band)
    central, local = scores_in_band(tables.seed, attempt, larger, u_level, u_other, least, tables.detectors.correlation)
    d_prime = float(tables.detectors.contact[cell.channel, fate - Fate.UNANSWERED])
    d_prime += float(world.today.data_sharing[cell.province])
    tiers = raised(seen, tiers_of(central, local, d_prime, tables.detectors))
    if tiers == NO_ALERTS:
        return
    met = Attempt(world, cell, attempt, answers=fate == Fate.IGNORED)
    met.log(fate)
    truth = Truth(Fate.ENGAGED - fate)
    detect(world, Detection(attempt, Stage.CONTACT, met.moment, met.person, cell.fraud_type, truth, None), tiers)


class Attempt:
    """An attempt that is followed to its person: its moment, and whom it finds, given whether they answer.

    It is made at the midnight of its day.
    """

    def __init__(self, world: World, cell: Cell, attempt: int, answers: bool = True) -> None:
        tables = world.tables
        self.world = world
        self.cell = cell
        self.attempt = attempt
        u_moment, self.u_engage, self.u_central, self.u_local = draw4(tables.seed, attempt, purposes.ATTEMPT_MEETING, 0)
        profile = world.today.moments[int(answers), cell.province, cell.channel]
        self.moment = world.now + piecewise_moment(uniform32(u_moment), profile, tables.clock)
        self.person = self.find(answers)

    def find(self, answers: bool) -> Person:
        """Return the first person found who answers at this moment, or the first who does not."""
        world, p, c = self.world, self.cell.province, self.cell.channel
        answering = world.tables.answering
        half_hour = self.moment % DAY_MS // HALF_HOUR_MS
        least, most = int(answering.least[c, half_hour]), int(answering.most[c, half_hour])
        for number in range(MOST_TRIES):
            high, low, u, _ = draw4(world.tables.seed, self.attempt, purposes.ATTEMPT_PERSON, number)
            person = meet(world, p, uniform52(high, low))
            app = has_app(person.online, person.u_app, world.today.app)
            u_answer = uniform_given(u, answers, least, most)
            if answers != is_unanswered(u_answer, c, half_hour, person.band, person.online, app, answering.answered):
                break
        return person

    def expect(self) -> None:
        """Schedule the attempt."""
        order = priority(Phase.ARRIVALS, self.attempt, ArrivalStep.ATTEMPT)
        call_at(self.world.env, self.moment, order, self.happen)

    def happen(self) -> None:
        """Decide whether the person engages; count and log the fate, run the detectors, begin an episode."""
        world, tables, cell = self.world, self.world.tables, self.cell
        fate = Fate.ENGAGED if self.engages() else Fate.IGNORED
        world.recorder.attempts[(world.day, *cell, fate)] += 1
        world.books.fates[fate] += 1
        world.totals.attempts[cell.province, cell.channel, fate] += 1
        self.log(fate)
        episode = None
        if fate == Fate.ENGAGED:
            episode = Episode(world, self.attempt, cell.fraud_type, self.person)
            episode.begin()
        d_prime = float(tables.detectors.contact[cell.channel, fate - Fate.UNANSWERED])
        d_prime += float(world.today.data_sharing[cell.province])
        u_central, u_local, _, _ = draw4(tables.seed, self.attempt, purposes.ATTEMPT_COVERAGE, 0)
        seen = covered(world, cell.province, u_central, u_local)
        tiers = raised(seen, attempt_tiers(self.u_central, self.u_local, d_prime, tables.detectors))
        truth = Truth(Fate.ENGAGED - fate)
        finding = Detection(self.attempt, Stage.CONTACT, world.now, self.person, cell.fraud_type, truth, episode)
        detect(world, finding, tiers)

    def engages(self) -> bool:
        """Return whether the person who answered engages."""
        world, person, t = self.world, self.person, self.cell.fraud_type
        tables = world.tables
        victim = 1 if world.people_bytes[person.province][person.number] & VICTIM else 0
        return is_engaged(
            below(self.u_engage, int(tables.most_engaging[t])),
            float(tables.propensity[t, person.band, person.sex, person.frailty, victim]),
            float(world.today.unaware[person.province, person.segment]),
        )

    def log(self, fate: Fate) -> None:
        """Log the attempt under its fate."""
        if not self.world.recorder.records_events:
            return
        self.world.recorder.event(
            LogEntry(
                self.moment,
                Phase.ARRIVALS,
                Event.ATTEMPT.label,
                self.cell.province,
                self.attempt,
                stage=Stage.CONTACT,
                channel=Channel(self.cell.channel).label,
                result=fate.label,
                person=self.person.number,
            )
        )
