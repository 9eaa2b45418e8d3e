"""The records of a province: each declared once, for compiled code that reads them by the names of fields.

A compiled function that takes a record takes a reference, through which it may write. One that returned a record would
return a copy, so functions return rows: a row is the place of a record in its array.
"""

from enum import IntEnum
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from sim.base import words
from sim.draws.compiled import wide
from sim.scenario.schema.fraud import MAX_PAYMENTS

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
