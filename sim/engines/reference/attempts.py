"""A day's attempts: each an event that passes the gates in order and, if it is answered and believed, goes on."""

import numpy as np
from numpy.typing import NDArray

from sim.country.people import has_app, home, target, traits
from sim.days import DAY_MS, HALF_HOUR_MS
from sim.draws.distributions import piecewise_moment
from sim.draws.identity import cell_id, origin_id, person_id
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import (
    ATTEMPT_COVERAGE,
    ATTEMPT_TARGET,
    LEGITIMATE_CONTACT,
    LEGITIMATE_TARGET,
)
from sim.engines.phases import ArrivalStep, Phase
from sim.engines.reference.alerts import Finding, covered, detect
from sim.engines.reference.episodes import Episode
from sim.engines.reference.ticks import call_at, priority
from sim.engines.reference.world import Person, World
from sim.gates.answering import is_unanswered
from sim.gates.cards import is_card_eliminated, is_from_card
from sim.gates.dens import is_den_destroyed, slot_of
from sim.gates.engagement import is_engaged
from sim.gates.interception import is_intercepted
from sim.gates.not_sent import is_not_sent
from sim.gates.sites import is_site_blocked
from sim.gates.uniforms import GateUniforms, gate_uniforms
from sim.midnight.people_bytes import VICTIM
from sim.results.recorder import LogEntry
from sim.warning.detectors import NO_ALERT, attempt_tiers, legitimate_tiers
from sim.words import Channel, Event, Fate, OriginKind, Stage, Truth


def open_day(world: World) -> None:
    """Put every potential attempt of the day, and every legitimate contact that raises an alert, on the calendar."""
    today, tables = world.today, world.tables
    midnight = tables.calendar.midnight(today.day)
    for (p, c, t), count in _nonzero(today.attempts):
        for index in range(count):
            attempt = origin_id(int(OriginKind.ATTEMPT), today.day, p, c, t, index)
            high, low, u_moment, u_engage = draw4(tables.seed, attempt, ATTEMPT_TARGET, 0)
            moment = midnight + piecewise_moment(uniform32(u_moment), tables.moments[c], tables.clock)
            arrival = Arrival(world, attempt, p, c, t, uniform52(high, low), u_engage)
            call_at(world.env, moment, priority(Phase.ARRIVALS, attempt, ArrivalStep.ATTEMPT), arrival.happen)
            world.books.potential += 1
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


class Arrival:
    """One potential attempt and what it needs at its moment."""

    __slots__ = (Event.ATTEMPT.label, "channel", "fraud_type", "province", "u_engage", "u_person", "world")

    def __init__(
        self, world: World, attempt: int, province: int, channel: int, fraud_type: int, u_person: float, u_engage: int
    ) -> None:
        self.world = world
        self.attempt = attempt
        self.province = province
        self.channel = channel
        self.fraud_type = fraud_type
        self.u_person = u_person
        self.u_engage = u_engage

    def happen(self) -> None:
        """Pass the gates; count and log the fate; let the detectors look; begin an episode."""
        world = self.world
        uniforms = gate_uniforms(world.tables.seed, self.attempt)
        fate = self.pass_filters(uniforms)
        person = None
        if fate is None:
            fate, person = self.reach(uniforms.answer)
        world.recorder.attempts[(world.day, self.province, self.channel, self.fraud_type, fate)] += 1
        world.books.fates[fate] += 1
        world.recorder.event(
            LogEntry(
                world.now,
                Phase.ARRIVALS,
                Event.ATTEMPT.label,
                self.province,
                self.attempt,
                stage=Stage.CONTACT,
                channel=Channel(self.channel).label,
                result=Fate(fate).label,
                person=person.number if person is not None else -1,
            )
        )
        if person is not None:
            self.leave_traces(fate, person, uniforms)

    def pass_filters(self, u: GateUniforms) -> int | None:
        """Return the fate at gates 1 to 5, None for an attempt that passed them all."""
        world, p, c, t = self.world, self.province, self.channel, self.fraud_type
        today, gates = world.today, world.today.gates
        if is_not_sent(u.not_sent, p, c, gates.not_sent):
            return Fate.NOT_SENT
        if is_den_destroyed(slot_of(u.slot, t, world.night.slots.cumulative), today.raided):
            return Fate.DEN_DESTROYED
        if is_from_card(c):
            if is_card_eliminated(u.card, p, gates.dead):
                return Fate.CARD_ELIMINATED
            world.totals.from_cards[p] += 1
            if is_intercepted(u.interception, p, c, t, gates.intercepted):
                world.totals.intercepted[p] += 1
                return Fate.INTERCEPTED
        if is_site_blocked(u.site, p, c, t, gates.down):
            return Fate.SITE_BLOCKED
        return None

    def reach(self, u_answer: int) -> tuple[int, Person]:
        """Return the fate at gates 6 and 7, and the person who was reached."""
        world, p, c = self.world, self.province, self.channel
        today, tables = world.today, world.tables
        person = meet(world, p, self.u_person)
        app = has_app(person.online, person.u_app, today.app)
        half_hour = world.now % DAY_MS // HALF_HOUR_MS
        if is_unanswered(u_answer, c, half_hour, person.band, person.online, app, tables.answered):
            return Fate.UNANSWERED, person
        victim = 1 if world.night.bytes[p][person.number] & VICTIM else 0
        if is_engaged(
            self.u_engage,
            self.fraud_type,
            person.band,
            person.sex,
            person.frailty,
            victim,
            person.segment,
            today.engaged[p],
        ):
            return Fate.ENGAGED, person
        return Fate.IGNORED, person

    def leave_traces(self, fate: int, person: Person, u: GateUniforms) -> None:
        """Begin the episode of an engaged attempt; let both detectors score the contact."""
        world, tables = self.world, self.world.tables
        today = world.today
        episode = None
        if fate == Fate.ENGAGED:
            episode = Episode(world, self.attempt, self.fraud_type, person)
            episode.begin()
        d_prime = float(tables.detectors.contact[self.channel, fate - Fate.UNANSWERED])
        d_prime += float(today.data_sharing[self.province])
        tiers = attempt_tiers(u.central, u.local, d_prime, tables.detectors)
        u_central, u_local, _, _ = draw4(tables.seed, self.attempt, ATTEMPT_COVERAGE, 0)
        seen = covered(world, self.province, (u_central, u_local), tiers)
        truth = Fate.ENGAGED - fate
        detect(world, Finding(self.attempt, Stage.CONTACT, world.now, person, self.fraud_type, truth, episode), seen)
