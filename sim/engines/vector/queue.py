"""The queue of a desk, and the sums that Little's law compares.

Queues are ordered by tier, then by the place that the discipline of the desk gives, then by identity, and kept as
binary heaps of entries. An entry's rank is tier and place in one integer; identities are looked up only where ranks
tie. An alert that reneges leaves its entry behind, which is deleted lazily: when it comes to the front, or when the day
ends.
"""

from typing import Final

from sim.base.words import ContactChannel
from sim.draws.compiled import inlined, internal, part_of_caller
from sim.engines.vector.inputs import RunTables
from sim.engines.vector.records import AlertState, Record, Records
from sim.engines.vector.rules import issued
from sim.engines.vector.state import Arrays
from sim.warning.discipline import Waiting, place_of

TIER_AT: Final = 61
LEAST: Final = 1 << 60
"""Added to places to make them positive: their absolute values are smaller."""
AFTER_ALL: Final = (1 << 63) - 1
"""The rank of no entry."""


@inlined
def desk_of(channel: int) -> int:
    """Return the number of the desk whose staff serve a channel."""
    return channel - ContactChannel.CALL


@internal
def rank_of(tier: int, place: int) -> int:
    """Return one integer that sorts by tier, then by place."""
    return (tier << TIER_AT) | (place + LEAST)


@internal
def is_before(rank: int, row: int, other_rank: int, other_row: int, alerts: Records) -> bool:
    """Return whether an entry stands before another one."""
    if rank != other_rank:
        return rank < other_rank
    return bool(alerts[row].identity < alerts[other_row].identity)


@internal
def insert(line: Records, desk: Record, rank: int, row: int, alerts: Records) -> None:
    """Add an entry to a queue."""
    at = desk.entries
    desk.entries = at + 1
    while at > 0:
        parent = (at - 1) >> 1
        if not is_before(rank, row, line[parent].rank, line[parent].row, alerts):
            break
        line[at].rank = line[parent].rank
        line[at].row = line[parent].row
        at = parent
    line[at].rank = rank
    line[at].row = row


@internal
def drop_first(line: Records, desk: Record, alerts: Records) -> None:
    """Remove the first entry from a queue, which has at least one."""
    last = desk.entries - 1
    desk.entries = last
    rank = line[last].rank
    row = line[last].row
    line[last].rank = AFTER_ALL
    at = 0
    child = 1
    while child < last:
        first = line[child].rank
        second = line[child + 1].rank
        # Branches for ties only: the order of two children is unpredictable.
        if first == second:
            child += alerts[line[child + 1].row].identity < alerts[line[child].row].identity
        else:
            child += second < first
        if not is_before(line[child].rank, line[child].row, rank, row, alerts):
            break
        line[at].rank = line[child].rank
        line[at].row = line[child].row
        at = child
        child = 2 * at + 1
    line[at].rank = rank
    line[at].row = row


@internal
def change_line(desk: Record, moment: int, change: int) -> None:
    """Count alerts that join or leave a queue, and the area under it up to the moment."""
    desk.area += desk.waiting * (moment - desk.changed)
    desk.changed = moment
    desk.waiting += change


@part_of_caller
def join_line(alert: Record, moment: int, run: RunTables, arrays: Arrays) -> None:
    """Put an alert into the queue of the desk of its channel."""
    number = desk_of(alert.channel)
    desk = arrays.desks[number]
    alert.state = AlertState.WAITING
    alert.since = moment
    waiting = Waiting(
        alert.identity,
        alert.kind,
        alert.tier,
        number,
        alert.number,
        issued(alert, run.rules),
        alert.deadline,
        alert.delay_or_score,
    )
    place = place_of(waiting, run.rules.seed, run.lines, run.detectors)
    insert(arrays.lines[number], desk, rank_of(alert.tier, place), alert.row, arrays.alerts)
    change_line(desk, moment, 1)


@internal
def renege(alert: Record, moment: int, now: int, desk: Record) -> None:
    """Count that an alert left the queue unserved at a moment, noticed ``now``; its entry stays behind."""
    change_line(desk, now, -1)
    desk.area -= now - moment
    desk.waited += moment - alert.since
