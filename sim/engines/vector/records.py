"""What event kernels read and write by the names of fields: records, rules, the calendar of events, inputs.

The records of a province: each declared once, for compiled code that reads them by the names of fields.

A compiled function that takes a record takes a reference, through which it may write. One that returned a record would
return a copy, so functions return rows: a row is the place of a record in its array.

The rules of a scenario that kernels read, as numbers and small arrays.

The calendar of a province: events as 64-bit integers that sort in the model's order, and a heap of them.

From the highest bit down: moment within the day 27 | phase 3 | stage 4 | step 3 | detector 1 | row 25. Two events of
one origin in one tick thus have the order of the reference engine; the order of two origins has no effect. The row is
that of an episode in the phase of stages, of an alert in all others.

Inputs of the event kernels: the tables of a run, the values of a day, and the current event.
"""

from enum import IntEnum
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import ReportTables
from sim.base import words
from sim.country.people import PeopleTables
from sim.draws.compiled import inlined, internal, wide
from sim.draws.identity import detector_of, stage_of
from sim.engines.tables import Phase, Tables
from sim.episode import EpisodeTables, WaitTables
from sim.scenario.schema.fraud import MAX_PAYMENTS
from sim.warning.detectors import DetectorTables, SignTables
from sim.warning.discipline import LineTables
from sim.warning.service import DelayTables, DissuasionTables, ServiceTables

Integers = NDArray[np.int64]
Records = NDArray[np.record]
Record = Any
"""A ``np.record``, whose fields the type checker does not know."""

TIERS: Final = len(words.Tier)
DESKS: Final = len(words.DESKS)
DETECTORS: Final = len(words.Detector)

CACHE_LINE: Final = 64
"""Bytes."""

NONE: Final = -1
"""Marks no row, no end or no event; never a valid code."""

# Types of fields.
IDENTITY = np.int64
MOMENT = np.int64
"""Ms from the start of the period; also sums of ms."""
COUNT = np.int64
PERSON = np.int64
"""Number of a person within the province."""
ROW = np.int32
CODE = np.int16
"""Code of a word of ``sim.base.words``, or a small number."""
SHORT_CODE = np.int8
"""The same where room is short."""
SHORT_MS = np.int32
"""Ms drawn ahead; NONE if not drawn, or too long for such an integer."""
LONGEST_AHEAD: Final = (1 << 31) - 1


class AlertState(IntEnum):
    """The state of an alert, and so of its row.

    ``BETWEEN``: between tries, before a visit, or given up in writing and on its way to the queue. A row stays
    ``ENDED`` while an event, or an entry of a queue, still refers to it: these are deleted lazily, when they come up.
    """

    FREE = 0
    UNISSUED = 1
    MESSAGE = 2
    WAITING = 3
    SERVING = 4
    BETWEEN = 5
    ENDED = 6


class Waiting(IntEnum):
    """Whether a transfer of an episode waits at its bank, and how the wait will end unless a warning ends it."""

    NOT = 0
    TO_BE_PAID = 1
    TO_BE_CANCELLED = 2


class OverflowTable(IntEnum):
    """Tables some of whose counts fall outside the days of their tally."""

    ALERTS = 0
    CONTACTS = 1
    WAITS = 2


def record(*fields: tuple[str, type] | tuple[str, type, int]) -> np.dtype[np.record]:
    """Return the type of a record whose fields, arrays if they have a length, are aligned to their own sizes.

    Where nothing is compiled they are ``wide``.
    """
    wider = [(name, wide(kind), *size) for name, kind, *size in fields]
    return cast("np.dtype[np.record]", np.dtype((np.record, np.dtype(wider, align=True))))


def lines_of_cache(count: int, kind: "np.dtype[np.record]") -> Records:
    """Return ``count`` records of zeros, the first of which begins a line of the cache."""
    room = np.zeros(count * kind.itemsize + CACHE_LINE, dtype=np.uint8)
    first = -room.ctypes.data % CACHE_LINE
    return room[first : first + count * kind.itemsize].view(kind)


def table(records: Records) -> Integers:
    """Return records whose fields are all 64-bit integers as an array (records, fields) of the same memory."""
    return records.view(np.int64).reshape(len(records), len(records.dtype.names or ()))


def as_bytes(records: Records) -> NDArray[np.uint8]:
    """Return a copy of the bytes of records (n,), (n x size of a record,)."""
    return np.frombuffer(records.tobytes(), dtype=np.uint8)


ALERT = record(
    ("identity", IDENTITY),
    ("deadline", MOMENT),  # the moment of issue is this less the deadline of its rule, see ``rules.issued``
    ("since", MOMENT),  # when it joined the queue, or its service began, or its message is delivered
    ("person", ROW),  # number of the person within the province
    ("row", ROW),  # its own, 0 before it has one
    ("episode", ROW),  # of the episode that it is about, or NONE
    ("service", SHORT_MS),  # of its next try or visit, if drawn ahead
    ("wait", SHORT_MS),  # after that, if it fails and another one follows
    ("sibling", ROW),  # of the next track of the same alert, the last of which leads back to the first, or NONE
    ("delay_or_score", SHORT_MS),  # ms from detection to issue, or NONE; where a queue is ordered by scores, the score
    ("kind", SHORT_CODE),  # true fraud type; of a legitimate contact one more than the last
    ("rule", SHORT_CODE),  # tier + 4 x group of ages, see ``rules.tier_of``
    ("truth", SHORT_CODE),
    ("state", SHORT_CODE),  # an AlertState
    ("channel", SHORT_CODE),  # contact channel
    ("number", SHORT_CODE),  # of the try, from 0, of a second visit from ``AGAIN``
    ("marked", SHORT_CODE),  # its end unless the current service succeeds, its end at issue before that, or NONE
    ("seats", SHORT_CODE),  # number of the desk whose server is busy with it
    ("right_class", np.bool_),  # whether the predicted fraud type is the true one
    ("case", SHORT_CODE),  # of the service, drawn ahead or current: see ``service.case_of``
    ("reached", np.bool_),  # whether another track, or this one before a second visit, has reached the person
    ("contacted", np.bool_),  # whether a call or a visit has begun, on any track
)
"""An alert, from the day of its detection to its end: one line of the cache, 64 bytes.

If its tier begins with several channels, each of these tracks has its own row, in a ring of those that have not ended.
"""

EPISODE = record(
    ("attempt", IDENTITY),
    ("person", PERSON),
    ("total", COUNT),  # cents of all scheduled payments
    ("payments", MOMENT, MAX_PAYMENTS),  # moments of those that were made
    ("warned_at", MOMENT),  # when an alert last reached the person
    ("living", ROW, TIERS),  # rows of the living alerts; no two have the same tier, as the second is superseded
    ("row", ROW),  # its own
    ("references", ROW),  # events and alerts that refer to the row; NONE for a free one
    ("kind", CODE),  # fraud type
    ("band", CODE),
    ("sex", CODE),
    ("segment", CODE),
    ("next_stage", CODE),
    ("scheduled", CODE),  # payments, if nothing ends the episode
    ("paid", CODE),  # payments made
    ("waiting", CODE),  # a Waiting
    ("warned_tier", CODE),  # tier of the alert that last reached the person, or NONE
    ("over", np.bool_),
)

CASE = record(
    ("attempt", IDENTITY),
    ("reported", MOMENT),
    ("filed", MOMENT),
    ("total", COUNT),  # cents of all scheduled payments
    ("loss", COUNT),  # cents of those that were made
    ("payments", MOMENT, MAX_PAYMENTS),  # moments of those
    ("kind", CODE),
    ("band", CODE),
    ("sex", CODE),
    ("scheduled", CODE),
    ("paid", CODE),
    ("delay_bin", CODE),  # of the delay of the report
)
"""A case on its way from the victim to the police; the recovered money depends on the day of its report."""

FILED_CASE = record(("moment", MOMENT), ("attempt", IDENTITY))

FINDING = record(
    ("origin", IDENTITY),
    ("moment", MOMENT),
    ("person", PERSON),
    ("tiers", CODE, DETECTORS),  # of the alert that each detector raises, NO_ALERT for none
    ("truth", CODE),
    ("kind", CODE),  # fraud type; of a legitimate contact one more than the last
)
"""A contact on which a detector raises an alert or an episode begins."""

LATER_EVENT = record(("moment", MOMENT), ("order", COUNT))
"""An event of a coming day, with the part of its key below the moment; see ``events``."""

WARNED = record(("day", COUNT), ("person", PERSON))
"""A person who read or heard an alert, and on which day number."""

ENTRY = record(("rank", COUNT), ("row", ROW))
"""A place in the queue of a desk: the rank and the row of an alert; see ``queue``."""

DESK = record(
    ("entries", COUNT),  # in its queue, lazily deleted ones included
    ("waiting", COUNT),  # alerts in the queue
    ("staffed", MOMENT),  # time on duty in the half hour
    ("busy", COUNT),  # servers
    ("debt", COUNT),  # see ``sim.warning.discipline.debt_after``, up to ``since``
    ("since", MOMENT),
    ("area", MOMENT),  # under the queue up to ``changed``: alerts x ms
    ("changed", MOMENT),  # when ``waiting`` last changed
    ("waited", MOMENT),  # by all that have left the queue, served or not
    ("expired", COUNT),  # alerts that left the queue at their deadline
    ("worked", MOMENT),  # ms from midnight up to which the work of busy servers is counted
)

OVERFLOW = record(
    ("table", COUNT),  # an OverflowTable
    ("day", COUNT),  # from the start of the period
    ("key", COUNT, 8),  # codes, as the tally's; no table has as many
    ("amounts", COUNT, 2),
)
"""A count on a day outside those of its tally."""

LOG_ENTRY = record(
    ("moment", MOMENT),
    ("phase", COUNT),
    ("event", COUNT),
    ("province", COUNT),
    ("origin", IDENTITY),
    ("detector", COUNT),
    ("stage", COUNT),
    ("number", COUNT),
    ("channel", COUNT),
    ("tier", COUNT),
    ("result", COUNT),
    ("person", PERSON),
    ("value", COUNT),
)
"""An event of the log: the columns of ``sim.store.tables.EVENTS``, integers all, -1 for none."""

COUNTERS = record(
    # Entries in use of the arrays of these names; for alerts and episodes, free rows.
    ("alerts_free", COUNT),
    ("episodes_free", COUNT),
    ("heap", COUNT),
    ("stream", COUNT),
    ("later", COUNT),
    ("cases", COUNT),
    ("warned", COUNT),
    ("victims", COUNT),
    ("filed", COUNT),
    ("found", COUNT),
    ("sent", COUNT),
    ("overflow", COUNT),
    ("log", COUNT),
    # Where interrupted work resumes.
    ("tick", MOMENT),  # ms from midnight of a tick that is not finished, or NONE
    ("midnight", MOMENT),  # of the day of the events in the stream
    ("stream_at", COUNT),  # next event of the stream
    ("shift", MOMENT),  # ms from midnight of the next change of shift
    ("spare", COUNT),  # events for which there is certainly room in every array
    ("pending", COUNT),  # alerts of the loop whose next try must be drawn ahead
    ("cell", COUNT),  # of the day's attempts, or contacts
    ("index", COUNT),  # of the next attempt or contact of the cell, finding, or alert that was sent
    ("kept", COUNT),  # alerts kept for a later day among those sent and examined
    # Totals of the run.
    ("issued", COUNT),
    ("messages", COUNT),  # delivered before the end of their alert and of the run
    ("episodes_begun", COUNT),
    ("episode_ends", COUNT, len(words.EpisodeEnd)),
    ("services_started", COUNT),
    ("services_ended", COUNT),
    ("filed_cases", COUNT),
)

LIMITS = record(
    *((name, COUNT) for name in ("heap", "later", "cases", "warned", "victims", "overflow", "log", "entries"))
)
"""How many entries of an array may be in use before one more event of the loop."""

SPARE: Final = 32
"""More entries than one event takes of any array; if fewer are free, the array grows first."""


TRACKS: Final = 3
"""Most channels with which a tier can begin: a message, calls, visits."""


class Rules(NamedTuple):
    """Numbers and small tables of a run.

    ``clock`` ms of a tick; ``start`` the day number at which moments are 0; ``end`` the moment at which the run stops;
    ``kept`` the threshold of origins that are logged, 0 for none; ``unread_wait`` ms after which a message counts as
    unread; ``quiet`` ms in which an alert about the same origin does not ring again, 0 for none; ``desk_knows`` whether
    desks know that an episode is over. By rule (tier + 4 x group of ages), (R,): ``tracks`` the number of channels with
    which it begins, the ``first`` (R, 3) ones in order, NONE beyond, ``also_if_reached`` 1 if the others continue after
    one has reached; ``deadline`` in ms, ``tries`` (R, 2) of call and visit, ``calls_unread`` and ``visits_unanswered``
    1 if a call follows an unread message and a visit unanswered calls, ``again`` 1 if a second visit follows a talk.
    ``rule_of_age`` (4, 100) by tier and age in years; ``has_groups`` whether ages matter.
    """

    seed: int
    clock: int
    start: int
    end: int
    kept: int
    unread_wait: int
    quiet: int
    desk_knows: bool
    tracks: NDArray[np.int64]
    first: NDArray[np.int64]
    also_if_reached: NDArray[np.int64]
    deadline: NDArray[np.int64]
    tries: NDArray[np.int64]
    calls_unread: NDArray[np.int64]
    visits_unanswered: NDArray[np.int64]
    again: NDArray[np.int64]
    rule_of_age: NDArray[np.int64]
    has_groups: bool


def rules_of(tables: Tables, end: int, kept: int) -> Rules:
    """Return the rules of a run."""
    tiers = tables.tiers
    return Rules(
        seed=tables.seed,
        clock=tables.clock,
        start=tables.calendar.start,
        end=end,
        kept=kept,
        unread_wait=tables.unread_wait,
        quiet=tables.quiet,
        desk_knows=tables.desk_knows,
        tracks=np.array([len(tier.first) for tier in tiers], dtype=np.int64),
        first=np.array([[*tier.first, *[NONE] * (TRACKS - len(tier.first))] for tier in tiers], dtype=np.int64),
        also_if_reached=np.array([tier.also_if_reached for tier in tiers], dtype=np.int64),
        deadline=np.array([tier.deadline for tier in tiers], dtype=np.int64),
        tries=np.array([tier.tries for tier in tiers], dtype=np.int64),
        calls_unread=np.array([tier.unread_to_call for tier in tiers], dtype=np.int64),
        visits_unanswered=np.array([tier.unanswered_to_visit for tier in tiers], dtype=np.int64),
        again=np.array([tier.again for tier in tiers], dtype=np.int64),
        rule_of_age=tables.rule_of_age,
        has_groups=tables.has_groups,
    )


@inlined
def issued(alert: Record, rules: Rules) -> int:
    """Return the moment of issue of an alert."""
    moment: int = alert.deadline - rules.deadline[alert.rule]
    return moment


@inlined
def tier_of(alert: Record) -> int:
    """Return the tier of an alert."""
    return int(alert.rule & (TIERS - 1))


ROW_BITS: Final = 25
ROW_MASK: Final = (1 << ROW_BITS) - 1
DETECTOR_AT: Final = ROW_BITS
STEP_AT: Final = DETECTOR_AT + 1
STEP_MASK: Final = 7
STAGE_AT: Final = STEP_AT + 3
PHASE_AT: Final = STAGE_AT + 4
PHASE_MASK: Final = 7
MOMENT_AT: Final = PHASE_AT + 3
ORDER_MASK: Final = (1 << MOMENT_AT) - 1
NEVER: Final = (1 << 63) - 1
"""A key after those of all events."""


@inlined
def unsigned(place: int) -> np.uint64:
    """Return the place of an array that is known not to be negative: checking its sign costs half a level of a heap."""
    return np.uint64(place)


@internal
def order_of(phase: int, stage: int, step: int, detector: int, row: int) -> int:
    """Return the part of an event's key below its moment."""
    return (phase << PHASE_AT) | (stage << STAGE_AT) | (step << STEP_AT) | (detector << DETECTOR_AT) | row


@internal
def order_at_row(phase: int, step: int, identity: int, row: int) -> int:
    """Return ``order_of_alert`` for an identity and a row, without reading the record."""
    return order_of(phase, stage_of(identity), step, detector_of(identity), row)


@internal
def order_of_alert(phase: int, step: int, alert: Record) -> int:
    """Return the part below its moment of the key of an alert's event."""
    return order_at_row(phase, step, alert.identity, alert.row)


@internal
def order_of_stage(stage: int, episode: Record) -> int:
    """Return the part below its moment of the key of an episode reaching a stage."""
    return order_of(Phase.STAGE_MOMENTS, stage, 0, 0, episode.row)


@inlined
def phase_of(order: int) -> int:
    """Return the phase of an event."""
    return (order >> PHASE_AT) & PHASE_MASK


@inlined
def step_of(order: int) -> int:
    """Return the step of an event within its phase."""
    return (order >> STEP_AT) & STEP_MASK


@internal
def push(heap: NDArray[np.int64], count: int, key: int) -> None:
    """Add a key to a heap of ``count``, each with four children; the smallest is first."""
    at = count
    while at > 0:
        parent = (at - 1) >> 2
        above = heap[unsigned(parent)]
        if above <= key:
            break
        heap[unsigned(at)] = above
        at = parent
    heap[unsigned(at)] = key


@internal
def pop(heap: NDArray[np.int64], count: int) -> int:
    """Remove the smallest key from a heap of ``count`` with room for three more; an empty one begins with ``NEVER``."""
    least = heap[0]
    last = count - 1
    key = heap[unsigned(last)]
    # A level reads four children, so up to three places beyond the last key.
    heap[unsigned(last)] = NEVER
    heap[unsigned(last + 1)] = NEVER
    heap[unsigned(last + 2)] = NEVER
    at = 0
    child = 1
    while child < last:
        # Products and sums, because the smallest child is unpredictable.
        first, second = heap[unsigned(child)], heap[unsigned(child + 1)]
        third, fourth = heap[unsigned(child + 2)], heap[unsigned(child + 3)]
        below = min(first, second)
        other = min(third, fourth)
        child += 2 + (fourth < third) if other < below else (second < first) * 1
        below = min(below, other)
        if below >= key:
            break
        heap[unsigned(at)] = below
        at = child
        child = 4 * at + 1
    if last > 0:
        heap[unsigned(at)] = key
    return int(least)


class RunTables(NamedTuple):
    """The fixed inputs of a run: its rules, and the tables for episodes and alerts."""

    rules: Rules
    people: PeopleTables
    detectors: DetectorTables
    delays: DelayTables
    signs: SignTables
    lines: LineTables
    service: ServiceTables
    episodes: EpisodeTables
    waits: WaitTables
    dissuasion: DissuasionTables
    reports: ReportTables


class ProvinceDay(NamedTuple):
    """The values of a day for a province.

    ``number`` is the day number, ``offset`` counts days from the start of the period, ``midnight`` is the moment at
    which the day begins. ``app``, ``held``, ``delayed`` (M,), ``reach``, ``searches`` (M, 4), ``known`` (S,),
    ``coverage`` (2,), ``data_sharing``, ``outage`` (2,), ``awareness`` (G,) and ``loss_factor`` are those of ``Today``;
    ``people_bytes`` (people,); ``staffed`` (2, 48) ms on duty by desk and half hour.
    """

    province: int
    number: int
    offset: int
    midnight: int
    app: int
    held: int
    delayed: Integers
    reach: float
    searches: NDArray[np.float64]
    known: NDArray[np.float64]
    data_sharing: float
    loss_factor: float
    coverage: Integers
    outage: Integers
    awareness: NDArray[np.float64]
    people_bytes: NDArray[np.uint8]
    staffed: Integers


class Now(NamedTuple):
    """The current event: its moment, and its order within the tick as in ``events``."""

    moment: int
    order: int


def run_tables(tables: Tables, rules: Rules) -> RunTables:
    """Return the fixed inputs of a run."""
    return RunTables(
        rules=rules,
        people=tables.people,
        detectors=tables.detectors,
        delays=tables.delays,
        signs=tables.signs,
        lines=tables.lines,
        service=tables.service,
        episodes=tables.episodes,
        waits=tables.waits,
        dissuasion=tables.dissuasion,
        reports=tables.reports,
    )
