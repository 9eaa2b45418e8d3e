"""What both engines share beside midnight: tables, the order of a tick, and what is done around a run.

Tables are every part of a scenario that does not change during a run, as arrays. The order within a tick is by phase,
then within a phase and an origin by stage and step. Around a run midnight's counts go to the recorder and finished
cases to the log, Python's collection of reference cycles is off, because it slows engines, and conservation laws are
checked at the end: a violation is an error, never a warning.
"""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import CaseBook, Finished, ReportTables, report_tables
from sim.base.days import DAY_MS
from sim.base.failures import FailedError
from sim.base.words import DESK_LABELS, ContactChannel, Event, Fate, Stage, Tier
from sim.country.calendar import Calendar
from sim.country.people import OLDEST, PeopleTables, people_tables
from sim.country.provinces import Provinces
from sim.country.traffic import profile
from sim.draws.distributions import to_ticks
from sim.episode import EpisodeTables, WaitTables, episode_tables, wait_tables
from sim.scenario.bounds import oldest
from sim.scenario.schema import ScenarioModel
from sim.shield.answering import Answering, answering_tables
from sim.shield.engagement import most_engaging, propensities
from sim.store.recorder import LogEntry, Recorder
from sim.warning import service as warning_service
from sim.warning.detectors import DetectorTables, SignTables, detector_tables, sign_tables
from sim.warning.discipline import LineTables, line_tables


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
    delays: warning_service.DelayTables
    signs: SignTables
    quiet: int
    tiers: tuple[TierRules, ...]
    rule_of_age: NDArray[np.int64]
    has_groups: bool
    unread_wait: int
    desk_knows: bool
    lines: LineTables
    service: warning_service.ServiceTables
    dissuasion: warning_service.DissuasionTables
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
            delays=warning_service.delay_tables(spec),
            signs=sign_tables(spec),
            quiet=spec.warning.quiet or 0,
            tiers=rules,
            rule_of_age=rule_of_age(spec),
            has_groups=spec.warning.tiers.groups > 1,
            unread_wait=to_ticks(float(spec.warning.unread_wait), clock),
            desk_knows=spec.warning.desk_knows_episode_over,
            lines=line_tables(spec),
            service=warning_service.service_tables(spec),
            dissuasion=warning_service.dissuasion_tables(spec),
            reports=report_tables(spec),
        )


@contextmanager
def not_collecting(frozen: bool = False) -> Iterator[None]:
    """Switch off the collection of reference cycles within the context.

    Args:
        frozen: Whether manual collections also skip objects that exist already.
    """
    was_enabled = gc.isenabled()
    frozen = frozen and gc.get_freeze_count() == 0
    gc.disable()
    if frozen:
        gc.freeze()
    try:
        yield
    finally:
        if frozen:
            gc.unfreeze()
        if was_enabled:
            gc.enable()


class ConservationError(FailedError):
    """Counts of a run that do not add up: the engine, and so its results, are wrong."""


class LineTotals(NamedTuple):
    """The queue of a desk over a run, as Little's law needs it.

    Args:
        desk: Label of the desk.
        province: Position of the province.
        area: Area under the queue, alerts x ms.
        waits: Sum of the waits of all who left the queue or wait when the run ends, ms.
    """

    desk: str
    province: int
    area: int
    waits: int


@dataclass
class Books:
    """What an engine counts twice over a whole run, coming in and going out, and compares at its end.

    The recorder's tables cover the period alone; books cover all days, warm-up included, and are never written.

    ``potential`` attempts opened at midnights against ``fates``; ``episodes`` begun against ``episode_ends`` (saved,
    dropped_out, victims, held, running: without a payment yet); ``issued`` alerts against ``alert_ends``; messages
    ``delivered`` against those read, unread or left behind by their alert (``messages``); services started against
    those ended and those under way; ``filed`` cases against the case book.
    """

    potential: int = 0
    fates: Counter[int] = field(default_factory=Counter)
    episodes: int = 0
    episode_ends: Counter[str] = field(default_factory=Counter)
    issued: int = 0
    alert_ends: Counter[int] = field(default_factory=Counter)
    filed: int = 0
    delivered: int = 0
    messages: int = 0
    services_started: int = 0
    services_ended: int = 0
    services_under_way: int = 0

    def check(self, cases: CaseBook, filed_last: int, lines: Iterable[LineTotals]) -> None:
        """Check every law against the books.

        Args:
            cases: The case book after the last midnight.
            filed_last: Cases filed on the last day, which no midnight has put into the case book.
            lines: The queues of all desks.

        Raises:
            ConservationError: If laws are broken; it names each of them.
        """
        laws = [
            ("potential attempts = sum of fates", self.potential, sum(self.fates.values())),
            ("episodes = engaged attempts", self.episodes, self.fates[Fate.ENGAGED]),
            ("episodes = sum of their ends", self.episodes, sum(self.episode_ends.values())),
            ("alerts issued = sum of ends", self.issued, sum(self.alert_ends.values())),
            ("messages delivered = read + unread + left behind", self.delivered, self.messages),
            (
                "services started = ended + under way",
                self.services_started,
                self.services_ended + self.services_under_way,
            ),
            (
                "filed + backlog at start = solved + open + closed",
                self.filed + cases.at_start,
                cases.solved + cases.closed + cases.waiting + filed_last,
            ),
            *(
                (f"Little's law at the {line.desk} desk of province {line.province}", line.area, line.waits)
                for line in lines
            ),
        ]
        broken = [f"{law}: {left} against {right}" for law, left, right in laws if left != right]
        if broken:
            raise ConservationError("; ".join(broken))


class RunLedger:
    """The ledger of a run (see ``sim.midnight.today``), kept in the recorder's tables of flows and state."""

    def __init__(self, recorder: Recorder, tables: Tables) -> None:
        self._recorder = recorder
        self._calendar = tables.calendar

    def flow(self, day: int, province: int, quantity: str, count: int) -> None:
        """Add to a count of a day."""
        if count:
            self._recorder.flows[(day, province, quantity)] += count

    def level(self, day: int, province: int, quantity: str, value: float) -> None:
        """Note a level of the macro state on a day."""
        self._recorder.state[(day, province, quantity)] = value

    def flow_by_province(self, day: int, quantity: str, counts: NDArray[np.int64]) -> None:
        """Add to a count of a day in every province, (P,)."""
        self._recorder.add_provinces("flows", day, quantity, counts)

    def level_by_province(self, day: int, quantity: str, values: NDArray[np.float64]) -> None:
        """Note a level of the macro state on a day in every province, (P,)."""
        self._recorder.add_provinces("state", day, quantity, values)

    def filings(self, day: int, counts: NDArray[np.int64]) -> None:
        """Add the cases filed on a day, (P, R, T), by province, way of first contact and fraud type."""
        cells = np.flatnonzero(counts)
        self._recorder.add_cells("filings", day, cells, counts.reshape(-1)[cells, None])

    def lines(self, day: int, areas: NDArray[np.int64]) -> None:
        """Note the mean number of alerts that waited at each desk on a day, from the areas (P, desks) under its queues.

        Areas are below 2**53, so that the quotient is rounded once.
        """
        for desk, of_desk in zip(DESK_LABELS, areas.T, strict=True):
            self.level_by_province(day, f"line_{desk}", of_desk / DAY_MS)

    def cases(self, day: int, finished: Finished) -> None:
        """Log the cases finished at the midnight of a day."""
        if not self._recorder.records_events:
            return
        at = self._calendar.midnight(day)
        for p, (solved, closed) in enumerate(finished.by_province()):
            for event, cases in ((Event.SOLVED, solved), (Event.CLOSED, closed)):
                for case in cases.tolist():
                    entry = LogEntry(at, Phase.MIDNIGHT, event.label, p, case, stage=Stage.CONTACT)
                    self._recorder.event(entry)
