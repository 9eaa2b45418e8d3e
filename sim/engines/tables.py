"""The order within one tick: phases, then within a phase and an origin the stage and the step.

Every part of a scenario that does not change during a run, as arrays that both engines read.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import ReportTables, report_tables
from sim.base.words import ContactChannel, Tier
from sim.country.calendar import Calendar
from sim.country.people import OLDEST, PeopleTables, people_tables
from sim.country.provinces import Provinces
from sim.country.traffic import profile
from sim.draws.distributions import to_ticks
from sim.episode import EpisodeTables, WaitTables, episode_tables, wait_tables
from sim.scenario.scalars import oldest
from sim.scenario.schema import ScenarioModel
from sim.shield.answering import Answering, answering_tables
from sim.shield.engagement import most_engaging, propensities
from sim.warning.detectors import DetectorTables, detector_tables
from sim.warning.discipline import LineTables, line_tables
from sim.warning.service import (
    DelayTables,
    DissuasionTables,
    ServiceTables,
    delay_tables,
    dissuasion_tables,
    service_tables,
)
from sim.warning.signs import SignTables, sign_tables


class Phase(IntEnum):
    """Phases of a tick, in their order."""

    MIDNIGHT = 0
    SHIFT_CHANGE = 1
    SERVICE_ENDS = 2
    STAGE_MOMENTS = 3
    READS = 4
    REPORTS = 5
    ARRIVALS = 6
    DISPATCH = 7


class AlertStep(IntEnum):
    """Steps of an alert in the phase of reads, in the order of one tick."""

    READ = 0
    EXPIRY = 1
    UNREAD = 2
    RETRY = 3
    ESCALATION = 4
    DELIVERY = 5


class CaseStep(IntEnum):
    """Steps of victims and police in the phase of reports, in the order of one tick."""

    REPORT = 0
    FILING = 1


class ArrivalStep(IntEnum):
    """Arrivals, in the order of one tick."""

    ATTEMPT = 0
    ISSUE = 1


@dataclass(frozen=True)
class TierRules:
    """What a tier prescribes: first channels, deadline in ms, tries of call and visit, what follows.

    ``first`` lists channels in the order of their codes; ``also_if_reached`` says whether the others continue after one
    of them has reached the person; ``again`` whether those who were called or met are visited once more.
    """

    first: tuple[ContactChannel, ...]
    also_if_reached: bool
    deadline: int
    tries: tuple[int, int]
    unread_to_call: bool
    unanswered_to_visit: bool
    again: bool


def rule_of_age(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the place among ``Tables.tiers`` of the rules of each tier for people of each age in years, (4, 100)."""
    rules = np.repeat(np.arange(len(Tier), dtype=np.int64)[:, np.newaxis], OLDEST + 1, axis=1)
    for tier, name in enumerate(Tier.labels()):
        for group, some in enumerate(getattr(spec.warning.tiers, name).by_age or (), start=1):
            rules[tier, some.ages[0] : oldest(some.ages) + 1] += len(Tier) * group
    return rules


@dataclass(frozen=True)
class Tables:
    """The fixed tables of a run; see the modules that make them for shapes and units.

    ``tiers`` has the rules of each tier, and of each tier for each group of ages, at tier + 4 x group; ``rule_of_age``
    (4, 100) the place of those for a tier and an age in years, and ``has_groups`` whether ages matter. Only
    ``detectors.thresholds`` may change: at midnights they become the ``scores`` of the day, in place, because all
    readers hold the same array.
    """

    seed: int
    clock: int
    calendar: Calendar
    provinces: Provinces
    people: PeopleTables
    high_share: float
    contact_moments: NDArray[np.float64]
    answering: Answering
    propensity: NDArray[np.float64]
    most_engaging: NDArray[np.int64]
    episodes: EpisodeTables
    waits: WaitTables
    detectors: DetectorTables
    delays: DelayTables
    signs: SignTables
    quiet: int
    tiers: tuple[TierRules, ...]
    rule_of_age: NDArray[np.int64]
    has_groups: bool
    unread_wait: int
    desk_knows: bool
    lines: LineTables
    service: ServiceTables
    dissuasion: DissuasionTables
    reports: ReportTables

    @classmethod
    def of(cls, spec: ScenarioModel) -> "Tables":
        """Return the tables of a scenario."""
        provinces = Provinces.of(spec)
        clock = spec.clock
        rules = tuple(
            TierRules(
                first=tuple(sorted(ContactChannel.of(label) for label in rule.first)),
                also_if_reached=rule.also_if_reached,
                deadline=to_ticks(float(rule.deadline), clock),
                tries=(rule.tries.call, rule.tries.visit),
                unread_to_call=rule.calls_unread(),
                unanswered_to_visit=rule.visits_unanswered(),
                again=rule.again is not None,
            )
            for rule in spec.warning.tiers.rules()
        )
        people, propensity = people_tables(spec), propensities(spec)
        return cls(
            seed=spec.seed,
            clock=clock,
            calendar=Calendar.of(spec.period),
            provinces=provinces,
            people=people,
            high_share=spec.population.exposure.high_contacts,
            contact_moments=profile(spec.population.legitimate.half_hours),
            answering=answering_tables(spec, people),
            propensity=propensity,
            most_engaging=most_engaging(propensity),
            episodes=episode_tables(spec),
            waits=wait_tables(spec),
            detectors=detector_tables(spec),
            delays=delay_tables(spec),
            signs=sign_tables(spec),
            quiet=spec.warning.quiet or 0,
            tiers=rules,
            rule_of_age=rule_of_age(spec),
            has_groups=spec.warning.tiers.groups > 1,
            unread_wait=to_ticks(float(spec.warning.unread_wait), clock),
            desk_knows=spec.warning.desk_knows_episode_over,
            lines=line_tables(spec),
            service=service_tables(spec),
            dissuasion=dissuasion_tables(spec),
            reports=report_tables(spec),
        )
